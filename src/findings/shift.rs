//! `shift`: a step of the head within a run.

use super::{Computed, Finding, Look, Place, Rule, Severity, worst};
use crate::quality::Shift;

pub(super) const RULE: Rule = Rule {
    name: "shift",
    severity: Severity::Warning,
    about: "what changes within a run, and stays, looks like a step of the head of more than a quarter of a voxel",
    look: Look::Judge {
        looked_for,
        find,
        needs: "20 used volumes of a run, and a hundred voxels of which the neighbours are in the grid",
    },
};

fn looked_for(computed: &Computed) -> Option<String> {
    let in_runs = computed.in_runs(|it| it.shift.is_some())?;
    Some(format!("steps of the head{in_runs}"))
}

fn find(computed: &Computed) -> Vec<Finding> {
    let shifts = computed.quality.runs.iter().enumerate();
    let found = shifts.filter_map(|(run, it)| Some((run, it.shift??)));
    let finding = |(run, shift): (usize, Shift)| {
        let name = computed.name_of_run(run);
        let text = format!(
            "{name}: at volume {} (counted from 0) it looks as if the head moved by about {:.1} voxels \
             and stayed there: {:.0}% of what changes is as such a step has it",
            shift.volume,
            shift.length(),
            100.0 * shift.share
        );
        let finding = RULE
            .finding(text)
            .remedy("realign the volumes, or take the run as two", [])
            .place(Place { volume: Some(shift.volume), ..Place::run(&name) })
            .figure("voxels", shift.length())
            .figure("along_axes", shift.voxels.to_vec())
            .figure("share_of_change", shift.share);
        (shift.length(), finding)
    };
    worst(found.map(finding).collect())
}
