//! `low-tsnr`: a tSNR that is low for a brain.

use super::{Computed, Finding, Look, Rule, Severity};
use crate::numbers::figure;

pub(super) const RULE: Rule = Rule {
    name: "low-tsnr",
    severity: Severity::Note,
    about: "a median tSNR below 20, as small voxels, short TRs and noise give",
    look: Look::After {
        looked_for: |computed| computed.has_mean().then(|| format!("a median tSNR below {LOW}")),
        find,
    },
};

/// A tSNR below this is said, and judged by nobody: it is low for voxels of 3 mm, and usual for small
/// ones. Ours.
const LOW: f64 = 20.0;

fn find(computed: &Computed) -> Vec<Finding> {
    let found = match (computed.mask, computed.brain) {
        (None, Some(brain)) => brain.median(),
        _ => computed.summary.distribution.map(|it| it.median),
    };
    let low = found.filter(|it| *it < LOW);
    let text = |median: f64| {
        let finding = RULE.finding(format!(
            "the median tSNR is {} {}, below {LOW}: usual for small voxels and short TRs, low for \
             others",
            figure(median),
            computed.place()
        ));
        finding.figure("median", median)
    };
    low.map(text).into_iter().collect()
}
