//! `not-finite`: voxels with samples that are no numbers.

use super::words::voxels_have;
use super::{Computed, Finding, Look, Rule, Severity};
use crate::stats::formula::NotFinite;

pub(super) const RULE: Rule = Rule {
    name: "not-finite",
    severity: Severity::Warning,
    about: "voxels with samples that are NaN or infinite, or in float64 too large to be squared",
    look: Look::After {
        looked_for: |computed| match computed.analysis.definition.not_finite {
            NotFinite::Undefined => Some("samples that are NaN or infinite".to_owned()),
            NotFinite::NanIsZero => Some("samples that are infinite".to_owned()),
            NotFinite::Zero => None,
        },
        find,
    },
};

fn find(computed: &Computed) -> Vec<Finding> {
    let count = computed.counts.not_finite;
    if count == 0 {
        return Vec::new();
    }
    let or = if computed.has_float64() { ", or too large to be squared (above 1e150)" } else { "" };
    let text = format!("{} samples that are NaN or infinite{or}", voxels_have(count));
    vec![RULE.finding(text).figure("voxels", count)]
}
