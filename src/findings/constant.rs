//! `constant`: voxels that never change.

use super::words::voxels_have;
use super::{Computed, Finding, Look, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "constant",
    severity: Severity::Warning,
    about: "voxels that never change; those that are always 0 count in a given mask only",
    look: Look::After {
        looked_for: |computed| {
            let but = if computed.mask.is_some() { "" } else { " and are not 0" };
            Some(format!("voxels that never change{but}"))
        },
        find,
    },
};

fn find(computed: &Computed) -> Vec<Finding> {
    let zeros = if computed.mask.is_some() { computed.counts.all_zero } else { 0 };
    // Those that vary too little for a definition are another finding.
    let count = (computed.counts.constant + zeros).saturating_sub(computed.below_least_std);
    if count == 0 {
        return Vec::new();
    }
    let or =
        if computed.has_float64() { ", or too little to be squared (below 1e-150)" } else { "" };
    let text = format!("{} no variation over time{or}", voxels_have(count));
    vec![RULE.finding(text).figure("voxels", count)]
}
