//! The definition of a record in words: a line for a summary, a sentence for a paper, and the
//! short description in a map's header.

use super::words::{counted, fitted};
use crate::maps::{MapKind, Part, TSNR};
use crate::nuisance::Use;
use crate::recipe::TsnrDefinition;
use crate::record::Record;
use crate::stats::formula::{Combine, Ddof, Formula, NotFinite, Sign};
use crate::stats::sampling::Scope;

/// The definition in a line: `tSNR = |mean| / std over 183 of 189 volumes, ...`.
pub fn line(record: &Record) -> String {
    let definition = &record.definition;
    let Formula { combine, ddof, sign, .. } = definition.formula;
    let mean = if sign == Sign::Absolute { "|mean|" } else { "mean" };
    let (used, all) = (record.volumes_used, record.volumes());
    let volumes =
        if used == all { "all volumes".to_owned() } else { format!("{used} of {all} volumes") };
    let runs = match (combine, record.runs.len()) {
        (_, 1) => "",
        (Combine::Average, _) => ", averaged over runs, each with the same weight",
        (Combine::Demean, _) => ", the std within runs, pooled",
        (Combine::Concat, _) => ", runs concatenated as they are",
    };
    let ddof = match (ddof, record.divisor) {
        (Ddof::Rank, Some(divisor)) => format!("{ddof} (N - {})", used as f64 - divisor),
        _ => ddof.to_string(),
    };
    let fit = fitted(record);
    let fit = fit.as_deref().unwrap_or("no detrending");
    let mut text = format!("tSNR = {mean} / std over {volumes}{runs}; {ddof}, {fit}");
    if definition.is_mean_replaced {
        text += "; the mean is from another image";
    }
    match (definition.tool(), definition.modified_tool()) {
        (Some(tool), _) => text += &format!(" (as {})", tool.name()),
        (None, Some(tool)) => text += &format!(" ({})", definition.modified_from(tool.name())),
        (None, None) => {}
    }
    text
}

/// The definition as a sentence for the methods section of a paper.
pub fn sentence(record: &Record) -> String {
    let definition = &record.definition;
    let Formula { combine, ddof, sign, not_finite, .. } = definition.formula;
    let numerator = match (sign, definition.is_mean_replaced) {
        (Sign::Absolute, false) => "the absolute value of the temporal mean",
        (Sign::Signed, false) => "the temporal mean",
        (Sign::Absolute, true) => "the absolute value of the mean of the original images",
        (Sign::Signed, true) => "the mean of the original images",
    };
    let fit = fitted(record);
    let std = match fit {
        Some(_) => "the standard deviation over time of the residuals",
        None => "the standard deviation over time",
    };
    let by = match (definition.tool(), definition.modified_tool()) {
        (Some(tool), _) => format!(" by the definition of {},", tool.cited()),
        (None, Some(tool)) => format!(" by a definition modified from {},", tool.cited()),
        (None, None) => String::new(),
    };
    let mut text = format!(
        "Temporal SNR was computed with tsnr {}{by} as {numerator} divided by {std}",
        record.provenance.version
    );
    text += match ddof {
        Ddof::Fixed(0) => " (divisor N)",
        Ddof::Fixed(1) => " (divisor N - 1)",
        Ddof::Fixed(_) => " (divisor N - ddof)",
        Ddof::Rank => " (divisor N less the fitted parameters)",
    };
    let runs = record.runs.len();
    text += &match combine {
        _ if runs == 1 => String::new(),
        Combine::Concat => format!(" of {runs} runs concatenated as they are"),
        Combine::Demean => format!(" within {runs} runs, pooled"),
        Combine::Average => format!(", averaged over {runs} runs"),
    };
    if let Some(fit) = fit {
        text += &format!(", after regression of {fit}");
    }
    let (dummies, censored) = (record.count(Use::Dummy), record.count(Use::Censored));
    let were = |count| if count == 1 { "was" } else { "were" };
    if dummies > 0 {
        text += &format!("; {} {} left out", counted(dummies, "dummy scan"), were(dummies));
    }
    if censored > 0 {
        text += &format!("; {} {} censored", counted(censored, "volume"), were(censored));
    }
    match not_finite {
        NotFinite::Undefined => {}
        NotFinite::NanIsZero => text += "; samples that are NaN counted as 0",
        NotFinite::Zero => text += "; samples that are NaN or infinite counted as 0",
    }
    match &record.mask {
        None => {}
        Some(mask) if mask.is_automatic => {
            text += "; summaries are over the voxels of a brain mask of the temporal mean \
                     (nilearn's compute_epi_mask)";
        }
        Some(mask) => {
            text += &format!("; summaries are over the voxels of the mask {}", mask.name);
        }
    }
    text + "."
}

/// What a map of this kind is, for the field of a header that holds 79 bytes: a short form for
/// the eye, of which the end may be cut off. The header's extension has it whole.
pub fn description(record: &Record, kind: MapKind) -> String {
    let short = short(&record.definition, kind);
    let (version, volumes) = (record.provenance.version, record.volumes_used);
    format!("tsnr {version}: {short}, {volumes} volumes")
}

/// A definition of the tSNR in its short form: `mean/std, ddof 0, detrending none`.
pub fn short_tsnr(definition: &TsnrDefinition) -> String {
    short(definition, TSNR)
}

fn short(definition: &TsnrDefinition, kind: MapKind) -> String {
    let Formula { combine, ddof, sign, .. } = definition.formula;
    let formula = match sign {
        Sign::Signed => kind.recorded_as.to_owned(),
        Sign::Absolute => kind.recorded_as.replace("mean/", "|mean|/"),
    };
    let ddof = if kind.has(Part::Std) { format!(", {ddof}") } else { String::new() };
    let combine = match combine {
        Combine::Concat => "",
        Combine::Demean => ", demean",
        Combine::Average => ", average",
    };
    let source =
        if definition.is_mean_replaced && kind.has(Part::Mean) { ", mean-from" } else { "" };
    let order = definition.polynomial_order;
    let mut fit = if order == 0 { "none".to_owned() } else { order.to_string() };
    if definition.trend_through == Scope::Concatenation {
        fit += " through";
    }
    if let Some(seconds) = definition.highpass_seconds {
        fit += &format!(", hp {seconds}");
    }
    if definition.confound_columns.is_some() {
        fit += ", confounds";
    }
    format!("{formula}{ddof}{combine}{source}, detrending {fit}")
}
