//! The definition of a record in words: a line for a summary, a sentence for a paper, and the
//! short description in a map's header.

use super::words::{by_run, fitted, in_a_row};
use crate::maps::{MapKind, Part, TSNR};
use crate::nuisance::{DummySource, LEAST_Z_SCORE, Use};
use crate::numbers::{count, counted};
use crate::recipe::{BEGINNING_VOLUMES, Dummies, MeanKept, TsnrDefinition, Widening};
use crate::record::{Record, RunRecord};
use crate::stats::formula::{Combine, Ddof, Formula, NotFinite, Sign};
use crate::stats::sampling::Scope;
use std::ops::Range;

/// The definition in a line: `tSNR = |mean| / std over 183 of 189 volumes, ...`.
pub fn line(record: &Record) -> String {
    let definition = &record.definition;
    let Formula { combine, ddof, sign, .. } = definition.formula;
    let mean = if sign == Sign::Absolute { "|mean|" } else { "mean" };
    let (used, all) = (record.volumes_used, record.volumes());
    let volumes = if used == all {
        "all volumes".to_owned()
    } else {
        format!("{} of {}", count(used), counted(all, "volume"))
    };
    let runs = match (combine, record.runs.len()) {
        (_, 1) => "",
        (Combine::Average, _) => ", averaged over runs, each with the same weight",
        (Combine::Weighted, _) => ", root mean square over runs, each volume with the same weight",
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

/// The definition as a sentence for the methods section of a paper: everything that makes the number,
/// with its figures.
pub fn sentence(record: &Record) -> String {
    let definition = &record.definition;
    let Formula { combine, not_finite, least_std, .. } = definition.formula;
    let numerator = numerator(record);
    let fit = fitted(record);
    let std = match fit {
        Some(_) => "the standard deviation over time of the residuals",
        None => "the standard deviation over time",
    };
    let by = match (definition.tool(), definition.modified_tool()) {
        (Some(tool), _) => format!(" by the definition of {},", tool.cited()),
        (None, Some(tool)) => {
            let (cited, changes) = (tool.cited(), definition.changes().join(", "));
            format!(" by a definition modified from {cited} (changed: {changes}),")
        }
        (None, None) => String::new(),
    };
    let mut text = format!(
        "Temporal SNR was computed with tsnr {}{by} as {numerator} divided by {std} ({}; {})",
        record.provenance.version,
        volumes(record),
        divisor(record)
    );
    text += match combine {
        _ if record.runs.len() == 1 => "",
        Combine::Concat => " of the runs concatenated as they are",
        Combine::Demean => " within runs, pooled",
        Combine::Average => ", averaged over runs with equal weight",
        Combine::Weighted => {
            " of each run, combined as the root mean square over runs with each volume weighted equally"
        }
    };
    if let Some(fit) = fit {
        text += &format!(", after regression of {fit}");
    }
    let parts = [chosen(record), dummies(record), censored(record), runs_left_out(record)];
    for part in parts.into_iter().flatten() {
        text += &format!("; {part}");
    }
    match not_finite {
        NotFinite::Undefined => {}
        NotFinite::NanIsZero => text += "; samples that are NaN counted as 0",
        NotFinite::Zero => text += "; samples that are NaN or infinite counted as 0",
    }
    if least_std > 0.0 {
        text += &format!("; voxels with a standard deviation of at most {least_std} have no value");
    }
    let voxels = counted(record.counts.defined, "voxel");
    text += &format!("; median, quartiles and mean are over the {voxels} with a value");
    match &record.mask {
        None => {}
        Some(mask) if mask.is_automatic => {
            let rule = mask.name.trim_start_matches("auto (").trim_end_matches(')');
            text += &format!(" in a brain mask of the temporal mean ({rule})");
        }
        Some(mask) => text += &format!(" in the mask {}", mask.in_words()),
    }
    text + "."
}

fn numerator(record: &Record) -> String {
    let definition = &record.definition;
    let mean = match (&record.recipe.definition.mean_from, definition.mean) {
        (Some(path), _) => format!("mean of another image ({})", path.display()),
        (None, MeanKept::Whole) => "temporal mean".to_owned(),
        (None, MeanKept::LessPolynomials) => {
            "temporal mean less the means of the fitted polynomials (nipype's regress_poly)"
                .to_owned()
        }
    };
    match definition.formula.sign {
        Sign::Absolute => format!("the absolute value of the {mean}"),
        Sign::Signed => format!("the {mean}"),
    }
}

/// How many volumes of how many runs there are, and their TR.
fn volumes(record: &Record) -> String {
    let (used, all) = (record.volumes_used, record.volumes());
    let volumes = match used == all {
        true => counted(used, "volume"),
        false => format!("{} of {}", count(used), counted(all, "volume")),
    };
    let runs = match record.runs.len() {
        1 => String::new(),
        runs => format!(" of {runs} runs"),
    };
    let mut trs: Vec<f64> = record.runs.iter().filter_map(|run| run.tr_seconds).collect();
    trs.sort_by(f64::total_cmp);
    trs.dedup();
    let tr = match trs.as_slice() {
        [] => "TR not stated".to_owned(),
        [one] => format!("TR {one} s"),
        several => format!("TR {} s", in_a_row(several)),
    };
    format!("N = {volumes}{runs}, {tr}")
}

/// The divisor of the sum of squares, in words.
fn divisor(record: &Record) -> String {
    let used = record.volumes_used as f64;
    let of_each = if record.runs.len() == 1 { "N" } else { "the volumes of each run" };
    match (record.definition.formula.ddof, record.divisor) {
        (Ddof::Fixed(0), Some(_)) => "divisor N".to_owned(),
        (Ddof::Fixed(ddof), Some(_)) => format!("divisor N - {ddof}"),
        (Ddof::Rank, Some(divisor)) => {
            format!("divisor N less the {} fitted parameters", used - divisor)
        }
        (Ddof::Fixed(0), None) => format!("divisor {of_each}"),
        (Ddof::Fixed(ddof), None) => format!("divisor {of_each} less {ddof}"),
        (Ddof::Rank, None) => {
            let fitted = record
                .runs
                .iter()
                .map(|run| 1 + run.regressors.len() - run.dependent_regressors.len());
            format!("divisor {of_each} less its fitted parameters ({})", by_run(fitted))
        }
    }
}

/// The part of each run that was looked at, if not all of it.
fn chosen(record: &Record) -> Option<String> {
    let Range { start, end } = record.recipe.volumes.chosen.clone()?;
    let longest = record.runs.iter().map(|run| run.uses.len()).max().unwrap_or(0);
    let part = match end {
        end if end >= longest && start == 0 => return None,
        end if end > longest => format!("from {start} on"),
        end => format!("{start} to {}", end - 1),
    };
    let each = if record.runs.len() == 1 { "the" } else { "each" };
    Some(format!("only volumes {part}, counted from 0, of {each} run were looked at"))
}

/// The dummy scans, also if none of those that were looked for were found.
fn dummies(record: &Record) -> Option<String> {
    let count: usize = record.runs.iter().map(|run| run.dummies).sum();
    let counts = by_run(record.runs.iter().map(|run| run.dummies));
    let were_left_out = match count {
        0 => "no dummy scans were found".to_owned(),
        1 => "1 dummy scan was left out".to_owned(),
        _ if record.runs.len() == 1 => format!("{count} dummy scans were left out"),
        _ => format!("{count} dummy scans ({counts}) were left out"),
    };
    let volumes = &record.recipe.volumes;
    match volumes.dummies {
        Dummies::Count(_) => (count > 0).then_some(were_left_out),
        Dummies::Auto => {
            let is_by_table = |run: &RunRecord| run.dummies_by == Some(DummySource::Table);
            let by_tables = record.runs.iter().filter(|run| is_by_table(run)).count();
            let by_signal = format!(
                "looked for among the first {BEGINNING_VOLUMES} volumes as outliers of the global \
                 signal (modified z-score above {LEAST_Z_SCORE})"
            );
            Some(match by_tables {
                0 => format!("{were_left_out}, {by_signal}"),
                all if all == record.runs.len() => {
                    format!("{were_left_out}, by the tables of confounds")
                }
                some => format!(
                    "{were_left_out}, of {} by the tables of confounds, of the others {by_signal}",
                    counted(some, "run")
                ),
            })
        }
    }
}

/// The censored volumes and the rules that found them, also if they found none.
fn censored(record: &Record) -> Option<String> {
    let volumes = &record.recipe.volumes;
    let Widening { before, after } = volumes.widening;
    let rules = [
        volumes.fd_threshold_mm.map(|mm| format!("framewise displacement above {mm} mm")),
        volumes.dvars_threshold.map(|least| format!("standardized DVARS above {least}")),
        (!volumes.censor_lists.is_empty()).then(|| "lists of volumes".to_owned()),
        (before + after > 0)
            .then(|| format!("with {} before and {after} after each", counted(before, "volume"))),
    ];
    let rules: Vec<String> = rules.into_iter().flatten().collect();
    let count = record.count(Use::Censored);
    let were = match count {
        0 if rules.is_empty() => return None,
        0 => "no volumes were".to_owned(),
        1 => "1 volume was".to_owned(),
        many => format!("{} were", counted(many, "volume")),
    };
    Some(format!("{were} censored ({})", rules.join(", ")))
}

/// How many runs were left out because they keep too few volumes, if any were.
fn runs_left_out(record: &Record) -> Option<String> {
    let count = record.findings.iter().filter(|finding| finding.name == "run-left-out").count();
    let were = if count == 1 { "was" } else { "were" };
    (count > 0).then(|| format!("{} with too few volumes {were} left out", counted(count, "run")))
}

/// The description of a map of this kind, for the field of a header that holds 79 bytes: a short
/// form for the eye, of which the end may be cut off. The header's extension has it whole.
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
        Combine::Weighted => ", weighted",
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
