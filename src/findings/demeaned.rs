//! `demeaned`: data that look as if their mean had been removed.

use super::part_phase::has_other_parts;
use super::{Computed, Finding, Look, Rule, Severity};
use crate::error::Setting;
use crate::numbers::figure;
use crate::stats::quantiles::median;

pub(super) const RULE: Rule = Rule {
    name: "demeaned",
    severity: Severity::Warning,
    about: "half of the voxels have a mean of less than one std: the data look demeaned",
    look: Look::After {
        looked_for: |computed| {
            is_looked_for(computed).then(|| "data that were demeaned before".to_owned())
        },
        find,
    },
};

/// A temporal SNR below which data are no images of a brain as they were measured.
const LEAST_PLAUSIBLE: f64 = 1.0;

fn is_looked_for(computed: &Computed) -> bool {
    let is_of_the_data = computed.analysis.model.numerator(0).is_none();
    // Phase has no mean that could be taken out.
    is_of_the_data && !computed.tsnr.is_empty() && !has_other_parts(&computed.prepared.session)
}

/// Whether a tSNR is that of data without a mean.
pub(super) fn is_none(tsnr: f64) -> bool {
    tsnr.abs() < LEAST_PLAUSIBLE
}

/// Whether the data look as if their mean had been removed.
pub(super) fn is_demeaned(computed: &Computed) -> bool {
    let small = || computed.tsnr.iter().filter(|tsnr| is_none(**tsnr)).count();
    is_looked_for(computed) && 2 * small() > computed.tsnr.len()
}

fn find(computed: &Computed) -> Vec<Finding> {
    if !is_demeaned(computed) {
        return Vec::new();
    }
    let mut magnitudes: Vec<f64> = computed.tsnr.iter().map(|tsnr| tsnr.abs()).collect();
    let Some(median) = median(&mut magnitudes) else { return Vec::new() };
    let text = format!(
        "the median of |mean| / std is {}: the data look demeaned or detrended already, or are \
         differences of images",
        figure(median)
    );
    let remedy = "if the mean was removed, take it from the data as they were";
    vec![RULE.finding(text).remedy(remedy, [Setting::MeanFrom]).figure("median", median)]
}
