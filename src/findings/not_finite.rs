//! `not-finite`: voxels with samples that are no numbers.

use super::{Computed, Finding, Look, Rule, Severity};
use super::words::voxels_have;

pub(super) const RULE: Rule = Rule {
    name: "not-finite",
    severity: Severity::Warning,
    about: "voxels with samples that are NaN or infinite",
    look: Look::After(find),
};

fn find(computed: &Computed) -> Vec<Finding> {
    let count = computed.counts.not_finite;
    if count == 0 {
        return Vec::new();
    }
    let text = format!("{} samples that are NaN or infinite", voxels_have(count));
    vec![RULE.finding(text).figure("voxels", count)]
}
