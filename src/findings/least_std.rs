//! `least-std`: voxels that a definition calls constant though they vary.

use super::{Computed, Finding, Look, Rule, Severity};
use crate::error::Setting;
use crate::numbers;

pub(super) const RULE: Rule = Rule {
    name: "least-std",
    severity: Severity::Warning,
    about: "voxels that vary, but by no more than the least std that a definition asks for (nipype's: 0.001), so that they have no tSNR",
    look: Look::After {
        looked_for: |computed| {
            let has_least = computed.analysis.definition.least_std > 0.0;
            has_least.then(|| "voxels below the least std of the definition".to_owned())
        },
        find,
    },
};

fn find(computed: &Computed) -> Vec<Finding> {
    let (count, least) = (computed.below_least_std, computed.analysis.definition.least_std);
    if count == 0 {
        return Vec::new();
    }
    let left = match computed.counts.defined {
        0 => ": the map is empty".to_owned(),
        defined => format!("; {} voxels have one", numbers::count(defined)),
    };
    let voxels = if count == 1 {
        "1 voxel varies"
    } else {
        &format!("{} voxels vary", numbers::count(count))
    };
    let text = format!(
        "{voxels} by a std of {least} at most, in the units of the data, which the definition takes \
         for constant, and so without a tSNR{left}"
    );
    let remedy = "give data in larger units, or take another definition";
    vec![RULE.finding(text).remedy(remedy, [Setting::Definition]).figure("voxels", count)]
}
