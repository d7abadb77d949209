//! `mostly-undefined`: a mask of which most voxels have no tSNR.

use super::{Computed, Finding, Look, Rule, Severity};
use crate::error::Setting;

pub(super) const RULE: Rule = Rule {
    name: "mostly-undefined",
    severity: Severity::Warning,
    about: "more than half of the voxels in the mask have no tSNR",
    look: Look::After {
        looked_for: |computed| {
            computed.mask.map(|_| "a mask that does not fit the runs".to_owned())
        },
        find,
    },
};

fn find(computed: &Computed) -> Vec<Finding> {
    let (defined, undefined) = (computed.counts.defined, computed.counts.undefined());
    if undefined <= defined {
        return Vec::new();
    }
    let voxels = defined + undefined;
    let finding = RULE.finding(format!("{undefined} of {voxels} voxels in the mask have no tSNR"));
    vec![
        finding
            .remedy("look at the mask beside the mean", [Setting::Mask])
            .figure("voxels", undefined),
    ]
}
