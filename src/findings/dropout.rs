//! `dropout`: a place in the brain that has lost its signal.

use super::{Computed, Finding, Look, Place, Rule, Severity};
use crate::numbers::{counted, share};
use crate::quality::Dropout;

pub(super) const RULE: Rule = Rule {
    name: "dropout",
    severity: Severity::Note,
    about: "voxels that hang together, surrounded by the brain, with less than a third of its median signal: 0.4% of the brain and more",
    look: Look::Judge {
        looked_for: |computed| {
            let dropout = computed.quality.dropout.filter(|_| computed.has_mean());
            dropout.map(|_| "places in the brain without signal".to_owned())
        },
        find,
        needs: "a brain in data that have a mean",
    },
};

fn find(computed: &Computed) -> Vec<Finding> {
    let finding = |dropout: Dropout| {
        let text = format!(
            "{} that hang together have less than a third of the brain's median signal: {} of the \
             brain has lost it, as beside air or metal",
            counted(dropout.voxels, "voxel"),
            share(dropout.part)
        );
        RULE.finding(text)
            .place(Place::voxel(computed.position(dropout.voxel)))
            .figure("voxels", dropout.voxels)
            .figure("share_of_brain", dropout.part)
    };
    computed.quality.dropout.flatten().map(finding).into_iter().collect()
}
