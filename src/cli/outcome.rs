//! What came out: the maps inside the mask, what they are like, and what is to be said of them.

use super::arguments::Arguments;
use super::choices::Chosen;
use crate::diagnostics::{self, BetweenRuns, Finding};
use crate::error::{Error, Result};
use crate::mask::{Mask, brain_mask};
use crate::modelling::{Prepared, Request};
use crate::pipeline::{self, Maps, OnGrid, Settings, in_file_order, in_file_order_mut};
use crate::stats::summary::Summary;
use crate::stats::tsnr::{Counts, outside};
use std::cell::OnceCell;
use std::path::Path;

/// What a mask that is made from the mean is called.
pub(super) const AUTOMATIC_MASK: &str = "auto (nilearn's compute_epi_mask)";

/// Where the maps are looked at.
pub(super) struct NamedMask {
    /// The file, or how it was made.
    pub name: String,
    pub mask: Mask,
    /// What a person should know if it lies elsewhere in space than the runs.
    pub misplaced: Option<String>,
}

/// What came out of a run.
pub(super) struct Outcome {
    /// What is outside the mask is [`outside`] in the tSNR and 0 elsewhere.
    pub maps: Maps,
    pub mask: Option<NamedMask>,
    /// In the mask.
    pub counts: Counts,
    /// The tSNR of the voxels in the mask that have one.
    defined: Vec<f64>,
    summary: OnceCell<Summary>,
    /// Of each run's own tSNR in the mask, if it was made.
    pub run_medians: Vec<Option<f64>>,
    pub between: Option<BetweenRuns>,
    pub findings: Vec<Finding>,
}

/// What was computed of what.
pub(super) struct Work<'a> {
    pub arguments: &'a Arguments,
    pub chosen: &'a Chosen,
    pub request: &'a Request,
    pub prepared: &'a Prepared,
    pub settings: &'a Settings,
}

/// The mask in a file, before anything is computed; none of `auto`.
///
/// # Errors
/// What reading it runs into; another grid; nothing inside.
pub(super) fn mask_of_file(
    arguments: &Arguments,
    prepared: &Prepared,
) -> Result<Option<NamedMask>> {
    let Some(path) = arguments.mask.as_deref().filter(|_| !arguments.is_mask_automatic()) else {
        return Ok(None);
    };
    let OnGrid { values, misplaced, .. } = pipeline::on_grid(path, "mask", &prepared.session)?;
    let mask = Mask::of_values(prepared.session.geometry().shape, &values);
    if mask.count() == 0 {
        return Err(Error::mismatch("the mask is empty: every voxel is 0")
            .remedy("give a mask that is not 0 in the brain")
            .at(path));
    }
    Ok(Some(NamedMask { name: path.display().to_string(), mask, misplaced }))
}

/// The mask made from the mean.
fn automatic_mask(maps: &Maps, path: &Path) -> Result<NamedMask> {
    let mean = maps.mean.as_ref().expect("the mean is made for the mask");
    let (x, y, z) = mean.dim();
    let mask = brain_mask(in_file_order(mean), [x, y, z]);
    if mask.count() == 0 {
        return Err(Error::mismatch("no brain was found in the mean image")
            .remedy("give a mask with --mask FILE")
            .at(path));
    }
    Ok(NamedMask { name: AUTOMATIC_MASK.to_owned(), mask, misplaced: None })
}

impl Outcome {
    /// Looks at what was computed, inside the mask.
    ///
    /// # Errors
    /// A mask that cannot be made.
    pub fn of(maps: Maps, mask: Option<NamedMask>, work: &Work) -> Result<Outcome> {
        let mut maps = maps;
        let mask = match work.arguments.is_mask_automatic() {
            true => Some(automatic_mask(&maps, work.prepared.session.runs()[0].path())?),
            false => mask,
        };
        if let Some(NamedMask { mask, .. }) = &mask {
            hide(&mut maps, mask);
        }
        let tsnr = in_file_order(&maps.tsnr);
        let counts = match &mask {
            Some(_) => Counts::of(tsnr.iter().copied()),
            None => maps.counts,
        };
        // Of the voxels that have a tSNR, as many as were counted, a map's values.
        let of_defined = |map: &[f64]| {
            let mut values = Vec::with_capacity(counts.defined);
            let defined = map.iter().zip(tsnr).filter(|(_, tsnr)| tsnr.is_finite());
            values.extend(defined.map(|(&value, _)| value));
            values
        };
        let defined = of_defined(tsnr);
        let share = maps.between.as_ref().map(|share| of_defined(in_file_order(share)));
        let analysis = &work.settings.analysis;
        let between = share.and_then(|share| BetweenRuns::of(&defined, share, analysis));
        let mut findings = diagnostics::of_headers(&work.prepared.session);
        findings.extend(diagnostics::of_maps(&diagnostics::Computed {
            prepared: work.prepared,
            analysis,
            maps: &maps,
            tsnr: &defined,
            counts,
            mask: mask.as_ref().map(|it| &it.mask),
            between,
        }));
        let median = |map| {
            let values = in_file_order(map).iter().copied();
            Summary::of(values.filter(|it| it.is_finite())).distribution.map(|it| it.median)
        };
        let run_medians = maps.runs.iter().map(median).collect();
        let summary = OnceCell::new();
        Ok(Outcome { maps, mask, counts, defined, summary, run_medians, between, findings })
    }

    /// What the tSNR in the mask is like.
    pub fn summary(&self) -> &Summary {
        self.summary.get_or_init(|| Summary::of(self.defined.iter().copied()))
    }

    /// Refuses findings that are not allowed, where they are errors.
    ///
    /// # Errors
    /// The findings, with their names.
    pub fn check(&self, arguments: &Arguments) -> Result<()> {
        if !arguments.strict {
            return Ok(());
        }
        let is_refused = |it: &&Finding| !arguments.allow.iter().any(|name| name == it.name);
        let refused: Vec<&Finding> = self.findings.iter().filter(is_refused).collect();
        let Some(first) = refused.first() else { return Ok(()) };
        let names: Vec<String> = refused.iter().map(|it| format!("--allow {}", it.name)).collect();
        let more = match refused.len() {
            1 => String::new(),
            count => format!(" ({} more)", count - 1),
        };
        Err(Error::mismatch(format!("{}: {}{more}", first.name, first.text)).remedy(format!(
            "mend it, or let it pass with {}; nothing was written",
            names.join(" ")
        )))
    }
}

/// Takes what is outside the mask out of the maps.
fn hide(maps: &mut Maps, mask: &Mask) {
    let Maps { tsnr, mean, std, between, runs, at_limit, .. } = maps;
    at_limit.retain(|&voxel| mask.inside()[voxel]);
    for map in std::iter::once(tsnr).chain(runs) {
        fill_outside(in_file_order_mut(map), mask, outside());
    }
    for map in [mean, std, between].into_iter().flatten() {
        fill_outside(in_file_order_mut(map), mask, 0.0);
    }
}

fn fill_outside(values: &mut [f64], mask: &Mask, value: f64) {
    for (it, &is_inside) in values.iter_mut().zip(mask.inside()) {
        if !is_inside {
            *it = value;
        }
    }
}
