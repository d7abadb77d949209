//! `entities-differ`: runs of several subjects, reconstructions, directions, sessions or tasks by
//! their names.

use super::words::grouped;
use super::{Finding, Look, Opened, Rule, Severity};
use crate::runs::Entities;
use std::path::Path;

pub(super) const RULE: Rule = Rule {
    name: "entities-differ",
    severity: Severity::Warning,
    about: "runs whose names differ in sub, rec or dir; a note where they do in ses, task or acq",
    look: Look::Before(find),
};

/// The entities that are looked at: what they tell apart, and what to give instead where that does
/// not belong into one map.
const LOOKED_AT: [(&str, Severity, &str); 6] = [
    ("sub", Severity::Warning, "give the runs of one subject"),
    ("rec", Severity::Warning, "give the runs of one reconstruction"),
    ("dir", Severity::Warning, "give the runs of one phase-encoding direction"),
    ("ses", Severity::Note, ""),
    ("task", Severity::Note, ""),
    ("acq", Severity::Note, ""),
];

fn find(opened: &Opened) -> Vec<Finding> {
    let runs = opened.prepared.session.runs().iter().map(|run| (run.path(), run.entities()));
    // A name without any of them says nothing of what it lacks.
    let runs: Vec<(&Path, Entities)> = runs
        .filter(|(_, name)| LOOKED_AT.iter().any(|(key, ..)| name.get(key).is_some()))
        .collect();
    let finding = |(key, severity, remedy): (&str, Severity, &str)| {
        let value = |name: &Entities| match name.get(key) {
            Some(value) => value.to_owned(),
            None => "none".to_owned(),
        };
        let groups = grouped(runs.iter().map(|(path, name)| (*path, value(name))))?;
        let finding = RULE.finding(format!("the runs differ in '{key}': {groups}"));
        Some(finding.severity(severity).remedy(remedy, []).figure("entity", key))
    };
    LOOKED_AT.into_iter().filter_map(finding).collect()
}
