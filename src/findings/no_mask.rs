//! `no-mask`: figures of every voxel that varies, in the brain or not.

use super::{Computed, Finding, Look, Rule, Severity};
use crate::error::Setting;
use crate::numbers::{count, figure};

pub(super) const RULE: Rule = Rule {
    name: "no-mask",
    severity: Severity::Note,
    about: "no mask was asked for: figures are of all voxels that vary, and beside them of the brain that an automatic mask finds",
    look: Look::After {
        looked_for: |computed| {
            matters(computed).then(|| "figures that are of more than the brain".to_owned())
        },
        find,
    },
};

/// Whether there may be more than the brain: points that lie on no grid were chosen in it.
fn matters(computed: &Computed) -> bool {
    computed.mask.is_none() && computed.prepared.session.geometry().points.is_none()
}

fn find(computed: &Computed) -> Vec<Finding> {
    if !matters(computed) {
        return Vec::new();
    }
    let Some(all) = computed.summary.distribution.map(|it| it.median) else { return Vec::new() };
    let voxels = computed.tsnr.len();
    let of_all = format!("{} over all {} voxels that have one", figure(all), count(voxels));
    let brain = computed.brain.and_then(|brain| Some((brain.median()?, brain.mask.mask.count())));
    let finding = match brain {
        Some((median, inside)) => RULE
            .finding(format!(
                "no mask was given: the median tSNR is {} in the {} voxels of an automatic brain \
                 mask, and {of_all}",
                figure(median),
                count(inside)
            ))
            .figure("median_in_brain", median)
            .figure("voxels_of_brain", inside),
        None => RULE.finding(format!(
            "no mask was given, and no brain was found: the median tSNR is {of_all}"
        )),
    };
    let finding = finding.figure("median", all).figure("voxels", voxels);
    vec![finding.remedy("give a mask of the brain", [Setting::Mask])]
}
