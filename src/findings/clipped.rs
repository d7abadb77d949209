//! `clipped`: samples at the limit of their type.

use super::words::voxels_have;
use super::{Computed, Finding, Look, Rule, Severity};
use crate::error::Setting;

pub(super) const RULE: Rule = Rule {
    name: "clipped",
    severity: Severity::Warning,
    about: "voxels in the mask with samples at the limit of the stored integers",
    look: Look::After {
        looked_for: |computed| {
            let mut images = computed.prepared.session.images();
            let has_limits = images.any(|image| image.datatype().is_integer());
            has_limits.then(|| "samples at the limit of the stored integers".to_owned())
        },
        find,
    },
};

fn find(computed: &Computed) -> Vec<Finding> {
    let count = computed.at_limit;
    if count == 0 {
        return Vec::new();
    }
    let text = format!(
        "{} samples at the limit of the stored integers: they may be clipped",
        voxels_have(count)
    );
    let remedy = "look at the reconstruction, or leave them out with a mask";
    vec![RULE.finding(text).remedy(remedy, [Setting::Mask]).figure("voxels", count)]
}
