//! From what was typed to what is computed: the definition, the volumes, the fit, in words too.

use super::arguments::Arguments;
use super::outcome::AUTOMATIC_MASK;
use super::summary::counted;
use crate::confounds::Selection;
use crate::design::Widening;
use crate::error::{Error, Result};
use crate::inputs;
use crate::maps::{BETWEEN, MEAN, MapKind, Part, RUN_TSNR, STD, TSNR, Wanted, WrittenUndefined};
use crate::modelling::{BEGINNING_VOLUMES, Dummies, Named, Prepared, Request, ShortRuns};
use crate::stats::definition::{Combine, Ddof, Definition, NotFinite, Sign};
use crate::stats::sampling::{Model, Scope};
use crate::stats::signals::SignalsWanted;

/// What is meant by the tSNR, as it was chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    pub named: Option<Named>,
    pub definition: Definition,
    pub undefined: WrittenUndefined,
    /// Whether the mean is from another image.
    pub is_mean_replaced: bool,
}

impl Chosen {
    /// What was typed, on top of what the name sets.
    pub fn of(arguments: &Arguments, named: Option<Named>) -> Chosen {
        let options = &arguments.analysis;
        let base = named.map(Named::definition).unwrap_or_default();
        let definition = Definition {
            combine: options.combine.map_or(base.combine, Combine::from),
            ddof: options.ddof.map_or(base.ddof, |it| it.0),
            ..base
        };
        let of_name = named.map_or(WrittenUndefined::Zero, Named::undefined);
        let undefined = arguments.undefined.map_or(of_name, WrittenUndefined::from);
        let is_mean_replaced = options.mean_from.is_some();
        Chosen { named, definition, undefined, is_mean_replaced }
    }

    /// What is used and fitted.
    ///
    /// # Errors
    /// Patterns without a match; options that do not go together.
    pub fn request(&self, arguments: &Arguments) -> Result<Request> {
        let options = &arguments.analysis;
        let order = self.named.map_or(0, Named::polynomial_order);
        let polynomial_order = options.detrend.unwrap_or(order);
        let confound_columns: Option<Selection> = options.selection()?;
        let needs_own_freedom = polynomial_order > 0
            || options.highpass.is_some()
            || confound_columns.is_some()
            || self.definition.combine != Combine::Concat
            || self.definition.ddof == Ddof::Rank;
        let request = Request {
            chosen: options.volumes.as_ref().map(|it| it.range.clone()),
            dummies: options.dummy_scans.unwrap_or(Dummies::Count(0)),
            censor_lists: inputs::expand_files(&options.censor)?,
            fd_threshold_mm: options.fd_thresh,
            dvars_threshold: options.dvars_thresh,
            widening: Widening { before: options.censor_before, after: options.censor_after },
            confound_tables: inputs::expand_files(&options.confounds)?,
            confound_columns,
            polynomial_order,
            highpass_seconds: options.highpass,
            short_runs: match options.skip_short_runs {
                true => ShortRuns::Skipped,
                false => ShortRuns::Refused,
            },
            fewest_beside_fit: if needs_own_freedom { 2 } else { 1 },
            ..Request::default()
        };
        let request = match self.named {
            Some(named) => named.requested(request),
            None => request,
        };
        let fits_runs = request.highpass_seconds.is_some() || request.confound_columns.is_some();
        if request.scope == Scope::Concatenation && fits_runs {
            let name = self.named.map_or("", Named::name);
            return Err(Error::usage(format!(
                "--definition {name} fits one trend through all runs, and --highpass and \
                 --confound-columns fit each run"
            ))
            .remedy("leave out one of them; sfnr or --detrend fit each run"));
        }
        if request.scope == Scope::Concatenation && self.definition.combine != Combine::Concat {
            let name = self.named.map_or("", Named::name);
            return Err(Error::usage(format!(
                "--definition {name} fits one trend through the runs concatenated as they are"
            ))
            .remedy("leave out --combine, or use --definition sfnr or --detrend"));
        }
        Ok(request)
    }

    /// `tSNR = |mean| / std over 183 of 189 volumes, ...`: in a line for the summary.
    pub fn in_words(&self, prepared: &Prepared, request: &Request) -> String {
        let Definition { combine, ddof, sign, .. } = self.definition;
        let mean = if sign == Sign::Absolute { "|mean|" } else { "mean" };
        let all: usize = prepared.runs.iter().map(|run| run.uses.len()).sum();
        let used = prepared.model.volumes();
        let volumes =
            if used == all { "all volumes".to_owned() } else { format!("{used} of {all} volumes") };
        let runs = match (combine, prepared.runs.len()) {
            (_, 1) => "",
            (Combine::Average, _) => ", averaged over runs, each with the same weight",
            (Combine::Demean, _) => ", the std within runs, pooled",
            (Combine::Concat, _) => ", runs concatenated as they are",
        };
        let ddof = match ddof {
            Ddof::Fixed(ddof) => format!("ddof {ddof}"),
            Ddof::Rank => {
                let divisor = self.definition.freedom(&prepared.model);
                format!("ddof rank (N - {})", used as f64 - divisor)
            }
        };
        let fit = fitted(request, prepared.runs.len());
        let fit = fit.as_deref().unwrap_or("no detrending");
        let mut text = format!("tSNR = {mean} / std over {volumes}{runs}; {ddof}, {fit}");
        if self.is_mean_replaced {
            text += "; the mean is from another image";
        }
        if let Some(named) = self.named {
            text += &format!(" (as {})", named.name());
        }
        text
    }

    /// A sentence for the methods section of a paper.
    pub fn sentence(&self, prepared: &Prepared, request: &Request, mask: Option<&str>) -> String {
        let Definition { combine, ddof, sign, not_finite, .. } = self.definition;
        let numerator = match (sign, self.is_mean_replaced) {
            (Sign::Absolute, false) => "the absolute value of the temporal mean",
            (Sign::Signed, false) => "the temporal mean",
            (Sign::Absolute, true) => "the absolute value of the mean of the original images",
            (Sign::Signed, true) => "the mean of the original images",
        };
        let fit = fitted(request, prepared.runs.len());
        let std = match fit {
            Some(_) => "the standard deviation over time of the residuals",
            None => "the standard deviation over time",
        };
        let by = match self.named {
            Some(named) => format!(" by the definition of {},", named.cited()),
            None => String::new(),
        };
        let mut text = format!(
            "Temporal SNR was computed with tsnr {}{by} as {numerator} divided by {std}",
            env!("CARGO_PKG_VERSION")
        );
        text += match ddof {
            Ddof::Fixed(0) => " (divisor N)",
            Ddof::Fixed(1) => " (divisor N - 1)",
            Ddof::Fixed(_) => " (divisor N - ddof)",
            Ddof::Rank => " (divisor N less the fitted parameters)",
        };
        let runs = prepared.runs.len();
        text += &match combine {
            _ if runs == 1 => String::new(),
            Combine::Concat => format!(" of {runs} runs concatenated as they are"),
            Combine::Demean => format!(" within {runs} runs, pooled"),
            Combine::Average => format!(", averaged over {runs} runs"),
        };
        if let Some(fit) = fit {
            text += &format!(", after regression of {fit}");
        }
        let dropped = |wanted| prepared.runs.iter().map(|run| run.count(wanted)).sum::<usize>();
        let (dummies, censored) =
            (dropped(crate::design::Use::Dummy), dropped(crate::design::Use::Censored));
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
        match mask {
            None => {}
            Some(AUTOMATIC_MASK) => {
                text += "; summaries are over the voxels of a brain mask of the temporal mean \
                         (nilearn's compute_epi_mask)";
            }
            Some(file) => text += &format!("; summaries are over the voxels of the mask {file}"),
        }
        text + "."
    }

    /// What a map of this kind is, for its header: at most 79 bytes count, so what may be cut off
    /// stands last.
    pub fn description(&self, kind: MapKind, prepared: &Prepared, request: &Request) -> String {
        let Definition { combine, ddof, sign, .. } = self.definition;
        let ddof = match ddof {
            Ddof::Fixed(ddof) => format!("ddof {ddof}"),
            Ddof::Rank => "ddof rank".to_owned(),
        };
        let mut formula = match sign {
            Sign::Signed => kind.recorded_as.to_owned(),
            Sign::Absolute => kind.recorded_as.replace("mean/", "|mean|/"),
        };
        if kind.has(Part::Std) {
            formula += &format!(", {ddof}");
        }
        let combine = match combine {
            Combine::Concat => "",
            Combine::Demean => ", demean",
            Combine::Average => ", average",
        };
        let is_elsewhere = self.is_mean_replaced && kind.has(Part::Mean);
        let source = if is_elsewhere { ", mean-from" } else { "" };
        let order = request.polynomial_order;
        let mut fit = if order == 0 { "none".to_owned() } else { order.to_string() };
        if request.scope == Scope::Concatenation {
            fit += " through";
        }
        if let Some(seconds) = request.highpass_seconds {
            fit += &format!(", hp {seconds}");
        }
        if request.confound_columns.is_some() {
            fit += ", confounds";
        }
        let volumes = prepared.model.volumes();
        let version = env!("CARGO_PKG_VERSION");
        format!("tsnr {version}: {formula}{combine}{source}, detrending {fit}, {volumes} volumes")
    }
}

/// The definition in a map's description, without the number of volumes, which alone begins with a
/// digit and may be cut off; none in what another program wrote. The inverse of
/// [`Chosen::description`].
pub(super) fn recorded_definition(description: &str) -> Option<String> {
    let (program, definition) = description.split_once(": ")?;
    program.strip_prefix("tsnr ")?;
    let parts = definition.split(',').map(str::trim);
    let is_defining = |part: &&str| !part.is_empty() && !part.starts_with(char::is_numeric);
    let parts: Vec<&str> = parts.filter(is_defining).collect();
    Some(parts.join(", "))
}

/// Whether a recorded definition is one of tSNR, and not of another map.
pub(super) fn is_of_tsnr(definition: &str) -> bool {
    ["mean/std", "|mean|/std"].contains(&definition.split(", ").next().unwrap_or_default())
}

/// What is fitted, in words, if anything is.
fn fitted(request: &Request, runs: usize) -> Option<String> {
    let each = if runs == 1 { "" } else { " for each run" };
    let mut parts = Vec::new();
    match (request.polynomial_order, request.scope) {
        (0, _) => {}
        (order, Scope::Concatenation) if runs > 1 => {
            parts.push(format!("a polynomial of order {order} through all runs"));
        }
        (order, _) => parts.push(format!("a polynomial of order {order}{each}")),
    }
    if let Some(seconds) = request.highpass_seconds {
        parts.push(format!("cosines slower than {seconds} s{each}"));
    }
    if let Some(columns) = &request.confound_columns {
        parts.push(format!("the confounds {columns}{each}"));
    }
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// Which maps are made: the tSNR, what is to be written, and what the rest is made from.
pub(super) fn wanted(arguments: &Arguments, chosen: &Chosen, model: &Model) -> Wanted {
    let (is_reported, runs) = (arguments.is_reported(), model.runs().len());
    // Where a run is too short for a tSNR of its own, only who asked for that is told.
    let have_own = (0..runs).all(|run| chosen.definition.freedom_of_run(model, run) > 0.0);
    let for_others = [
        (MEAN, is_reported || arguments.is_mask_automatic()),
        (STD, is_reported),
        (BETWEEN, runs > 1),
        (RUN_TSNR, arguments.needs_runs() && have_own),
    ];
    let for_others = for_others.into_iter().filter(|(_, is_needed)| *is_needed);
    let written = arguments.outputs().map(|(_, kind)| kind);
    std::iter::once(TSNR).chain(written).chain(for_others.map(|(kind, _)| kind)).collect()
}

/// What is kept of each volume.
pub(super) fn signals(arguments: &Arguments) -> SignalsWanted {
    match arguments.json.is_some() || arguments.is_reported() {
        true => SignalsWanted::global_and_dvars(),
        false => SignalsWanted::beginning(BEGINNING_VOLUMES),
    }
}

/// The model, with the mean of another image where one was given.
pub(super) fn with_numerator(model: &Model, mean: Option<Vec<f64>>) -> Model {
    match mean {
        Some(mean) => model.clone().with_numerator(mean),
        None => model.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_read_back_without_its_volumes() {
        let recorded = |text: &str| recorded_definition(text);
        let whole = "tsnr 0.1.0: |mean|/std, ddof 1, demean, detrending 2, 1834 volumes";
        let definition = "|mean|/std, ddof 1, demean, detrending 2";
        assert!(is_of_tsnr(definition));
        for cut in 0..=", 1834 volumes".len() {
            let found = recorded(&whole[..whole.len() - cut]);
            assert_eq!(found.as_deref(), Some(definition), "{cut} bytes are cut off");
        }
        let mean = recorded("tsnr 0.1.0: mean, detrending none, 183 volumes").unwrap();
        assert!(!is_of_tsnr(&mean), "{mean}");
        for other in ["", "FSL5.0", "tsnr phantom, not a scan", "3dTstat: -tsnr", "a: b, 3 volumes"]
        {
            assert_eq!(recorded(other), None, "{other}");
        }
    }
}
