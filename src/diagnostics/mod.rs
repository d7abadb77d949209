//! What is wrong, or may be, with a session and its maps: findings, each with a stable name.
//!
//! All of it follows from what the one pass left: maps, counts, and the signals of the first
//! volumes. This module decides; it does not print.
//!
//! | name | what was found |
//! |---|---|
//! | `affine-differs`, `units-differ`, `tr-differs`, `slope-differs` | headers of the runs that do not say the same |
//! | `single-volume` | an image of one volume among runs of many |
//! | `between-runs` | the median tSNR of the concatenation and that without the runs' means differ by more than [`TELLING_DIFFERENCE`] |
//! | `non-steady` | volumes at the beginning of a run that look as if the signal were not yet steady, and were used |
//! | `demeaned` | half of the voxels have a mean of less than [`LEAST_PLAUSIBLE`] std: the data look demeaned |
//! | `clipped` | voxels in the mask with samples at the limit of the stored integers |
//! | `constant` | voxels that never change; those that are always 0 count in a given mask only |
//! | `not-finite` | voxels with samples that are NaN or infinite |

use crate::design::{Use, non_steady_volumes};
use crate::maps::Counts;
use crate::mask::Mask;
use crate::modelling::Prepared;
use crate::pipeline::{Analysis, RunSignals, Session, Warning};
use crate::stats::definition::Combine;
use crate::stats::quantiles::median;
use crate::stats::sampling::Scope;
use crate::stats::summary::significant;

/// The names of all findings.
pub const NAMES: [&str; 11] = [
    "affine-differs",
    "units-differ",
    "tr-differs",
    "slope-differs",
    "single-volume",
    "between-runs",
    "non-steady",
    "demeaned",
    "clipped",
    "constant",
    "not-finite",
];

/// A difference between two medians that a person should know of, as a part of one.
pub const TELLING_DIFFERENCE: f64 = 0.1;

/// A temporal SNR below which data are no images of a brain as they were measured.
pub const LEAST_PLAUSIBLE: f64 = 1.0;

/// So many first volumes tell whether the signal becomes steady: of fewer, one is an outlier by
/// chance.
const FEWEST_VOLUMES: usize = 20;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// One of [`NAMES`].
    pub name: &'static str,
    /// What was found, in plain words.
    pub text: String,
    /// What to do; empty if the text says it.
    pub remedy: String,
}

impl Finding {
    fn new(name: &'static str, text: String, remedy: &str) -> Finding {
        debug_assert!(NAMES.contains(&name), "a known name");
        Finding { name, text, remedy: remedy.to_owned() }
    }

    /// In one line, the name first: by it the finding is looked up, or allowed.
    pub fn line(&self) -> String {
        match self.remedy.as_str() {
            "" => format!("{}: {}", self.name, self.text),
            remedy => format!("{}: {}; {remedy}", self.name, self.text),
        }
    }
}

/// What the headers tell, before a voxel is read.
pub fn of_headers(session: &Session) -> Vec<Finding> {
    let finding = |warning: &Warning| Finding::new(warning.name(), warning.to_string(), "");
    session.warnings().iter().map(finding).collect()
}

/// What lies between the runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetweenRuns {
    /// The median over voxels of the share of variance that lies between runs, 0 to 1.
    pub share: f64,
    /// The median tSNR of the runs concatenated as they are.
    pub concat_median: f64,
    /// The median tSNR of the same runs, each without its own mean.
    pub demean_median: f64,
}

impl BetweenRuns {
    /// Of maps of several runs concatenated as they are; `tsnr` and `share` are those of the same
    /// voxels, all of them with a tSNR.
    pub fn of(tsnr: &[f64], share: Vec<f64>, analysis: &Analysis) -> Option<BetweenRuns> {
        let Analysis { definition, model, .. } = analysis;
        if definition.combine != Combine::Concat
            || model.runs().len() < 2
            || model.scope() != Scope::Run
        {
            return None;
        }
        let demean =
            crate::stats::definition::Definition { combine: Combine::Demean, ..*definition };
        // Of the same squares, so that the ratio of the two is all that is needed.
        let freedom = demean.freedom(model) / definition.freedom(model);
        let demeaned = |(tsnr, share): (&f64, &f64)| tsnr * (freedom / (1.0 - share)).sqrt();
        let demeaned: Vec<f64> = tsnr.iter().zip(&share).map(demeaned).collect();
        let median = |values: Vec<f64>| {
            let mut finite = values;
            finite.retain(|value| value.is_finite());
            median(&mut finite)
        };
        // Side by side: of a plain run, they would take as long as a fifth of it.
        let [share, concat_median, demean_median] = std::thread::scope(|scope| {
            let share = scope.spawn(|| median(share));
            let demeaned = scope.spawn(|| median(demeaned));
            let concat = median(tsnr.to_vec());
            let joined = |it: std::thread::ScopedJoinHandle<Option<f64>>| it.join().ok().flatten();
            [joined(share), concat, joined(demeaned)]
        });
        Some(BetweenRuns {
            share: share?,
            concat_median: concat_median?,
            demean_median: demean_median?,
        })
    }

    fn is_telling(&self) -> bool {
        let difference = (self.demean_median - self.concat_median).abs();
        difference > TELLING_DIFFERENCE * self.concat_median.abs()
    }
}

/// What was computed, as far as it tells something.
pub struct Computed<'a> {
    /// The runs, and what was used of them.
    pub prepared: &'a Prepared,
    /// What was asked for.
    pub analysis: &'a Analysis,
    /// Of each run, what its volumes are like.
    pub signals: &'a [RunSignals],
    /// How many voxels in the mask have a sample at the limit of its type.
    pub at_limit: usize,
    /// The tSNR of the voxels in the mask that have one.
    pub tsnr: &'a [f64],
    /// How many voxels in the mask have a tSNR, and why the others have none.
    pub counts: Counts,
    /// The mask, if one was given.
    pub mask: Option<&'a Mask>,
    /// What lies between the runs.
    pub between: Option<BetweenRuns>,
}

/// What the maps tell.
pub fn of_maps(computed: &Computed) -> Vec<Finding> {
    let rules = [between_runs, non_steady, demeaned, clipped, constant, not_finite];
    rules.iter().filter_map(|rule| rule(computed)).collect()
}

fn between_runs(computed: &Computed) -> Option<Finding> {
    let between = computed.between.filter(BetweenRuns::is_telling)?;
    let text = format!(
        "{:.0}% of the variance lies between the runs: the median tSNR is {} with the runs \
         concatenated as they are, {} with each run's own mean removed",
        100.0 * between.share,
        significant(between.concat_median),
        significant(between.demean_median)
    );
    Some(Finding::new("between-runs", text, "consider --combine demean"))
}

fn non_steady(computed: &Computed) -> Option<Finding> {
    let runs = &computed.prepared.session.runs();
    let signals = runs.iter().zip(&computed.prepared.runs).zip(computed.signals);
    let found: Vec<String> = signals
        .filter(|((_, prepared), _)| prepared.uses.first() == Some(&Use::Used))
        .filter_map(|((run, _), signals)| {
            let first = &signals.global;
            let most = first.len().min(crate::modelling::BEGINNING_VOLUMES);
            match non_steady_volumes(&first[..most]) {
                _ if most < FEWEST_VOLUMES => None,
                0 => None,
                count => Some(format!("{count} of {}", run.name())),
            }
        })
        .collect();
    if found.is_empty() {
        return None;
    }
    let text = format!(
        "the first volumes look as if the signal were not yet steady, and are used: {}",
        listed(&found)
    );
    Some(Finding::new("non-steady", text, "consider --dummy-scans auto"))
}

fn demeaned(computed: &Computed) -> Option<Finding> {
    let is_replaced = computed.analysis.model.numerator(0).is_some();
    let small = computed.tsnr.iter().filter(|tsnr| tsnr.abs() < LEAST_PLAUSIBLE).count();
    if is_replaced || 2 * small <= computed.tsnr.len() {
        return None;
    }
    let mut magnitudes: Vec<f64> = computed.tsnr.iter().map(|tsnr| tsnr.abs()).collect();
    let median = median(&mut magnitudes)?;
    let text = format!(
        "the median of |mean| / std is {median:.2}: the data look demeaned or detrended already"
    );
    Some(Finding::new("demeaned", text, "give the mean with --mean-from"))
}

fn clipped(computed: &Computed) -> Option<Finding> {
    let count = computed.at_limit;
    (count > 0).then(|| {
        let text = format!(
            "{} samples at the limit of the stored integers: they may be clipped",
            voxels_with(count)
        );
        Finding::new("clipped", text, "look at the reconstruction, or leave them out with --mask")
    })
}

fn constant(computed: &Computed) -> Option<Finding> {
    let zeros = if computed.mask.is_some() { computed.counts.all_zero } else { 0 };
    let count = computed.counts.constant + zeros;
    (count > 0).then(|| {
        let text = format!("{} no variation over time", voxels_with(count));
        Finding::new("constant", text, "")
    })
}

fn not_finite(computed: &Computed) -> Option<Finding> {
    let count = computed.counts.not_finite;
    (count > 0).then(|| {
        let text = format!("{} samples that are NaN or infinite", voxels_with(count));
        Finding::new("not-finite", text, "")
    })
}

fn voxels_with(count: usize) -> String {
    match count {
        1 => "1 voxel has".to_owned(),
        count => format!("{count} voxels have"),
    }
}

/// Some of many things, and how many more there are.
fn listed(things: &[String]) -> String {
    const MOST: usize = 4;
    let mut named = things[..things.len().min(MOST)].join(", ");
    if things.len() > MOST {
        named += &format!(", and {} more", things.len() - MOST);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maps::Wanted;
    use crate::stats::definition::{Ddof, Definition};
    use crate::stats::sampling::Model;
    use crate::stats::signals::SignalsWanted;
    use std::sync::Arc;

    #[test]
    fn the_demeaned_median_follows_from_the_share() {
        // Two runs of 50 volumes; half of the variance lies between them.
        let analysis = |ddof| Analysis {
            definition: Definition { ddof, ..Definition::default() },
            model: Arc::new(Model::all([50, 50])),
            wanted: Wanted::default(),
            signals: SignalsWanted::default(),
        };
        let of =
            |ddof| BetweenRuns::of(&[30.0, 40.0, 50.0], vec![0.5; 3], &analysis(ddof)).unwrap();
        let plain = of(Ddof::Fixed(0));
        assert_eq!((plain.share, plain.concat_median), (0.5, 40.0));
        assert!((plain.demean_median - 40.0 * 2.0_f64.sqrt()).abs() < 1e-12);
        assert!(plain.is_telling());
        let rank = of(Ddof::Rank).demean_median;
        assert!((rank - 40.0 * (2.0 * 98.0 / 99.0_f64).sqrt()).abs() < 1e-12);
        let one = Analysis { model: Arc::new(Model::all([100])), ..analysis(Ddof::Rank) };
        assert_eq!(BetweenRuns::of(&[1.0], vec![0.0], &one), None);
    }
}
