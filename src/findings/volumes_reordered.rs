//! `volumes-reordered`: series whose files were given in another order than their numbers have.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::runs::{Run, names_of};

pub(super) const RULE: Rule = Rule {
    name: "volumes-reordered",
    severity: Severity::Note,
    about: "a series of volumes whose names differ in one number, and which was put into the order of these",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let runs = opened.prepared.session.runs().iter().filter(|run| run.is_reordered());
    let finding = |run: &Run| {
        let paths: Vec<_> = run.images().iter().map(|image| image.path()).collect();
        let text = format!(
            "volumes are taken in the order of the numbers in their names, not as they were given: {}",
            names_of(&paths)
        );
        RULE.finding(text).figure("files", paths.len())
    };
    runs.map(finding).collect()
}
