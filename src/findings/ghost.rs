//! `ghost`: a faint copy of the head half of the grid away from it.

use super::{Computed, Finding, Look, Place, Rule, Severity};
use crate::quality::Ghost;

pub(super) const RULE: Rule = Rule {
    name: "ghost",
    severity: Severity::Warning,
    about: "a copy of the head, half of the grid away, with more than 4% of the brain's signal: a warning above 12%, else a note",
    look: Look::Judge {
        looked_for: |computed| {
            computed.quality.ghost.map(|_| "a ghost along the first and second axis".to_owned())
        },
        find,
        needs: "a brain, and 50 voxels beside the head half of the grid away from it",
    },
};

const AXES: [&str; 3] = ["first", "second", "third"];

fn find(computed: &Computed) -> Vec<Finding> {
    let finding = |ghost: Ghost| {
        let text = format!(
            "half of the grid away from the head, along the {} axis, lies what looks like a copy of it \
             with {:.1}% of its signal",
            AXES[ghost.axis],
            100.0 * ghost.part
        );
        let severity = if ghost.is_large() { Severity::Warning } else { Severity::Note };
        RULE.finding(text)
            .severity(severity)
            .remedy("look at the mean with a low window, and at the reconstruction", [])
            .place(Place::voxel(computed.position(ghost.voxel)))
            .figure("axis", ghost.axis)
            .figure("share_of_signal", ghost.part)
    };
    computed.quality.ghost.flatten().map(finding).into_iter().collect()
}
