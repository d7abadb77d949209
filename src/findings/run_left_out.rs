//! `run-left-out`: runs that were left out as too short.

use super::Place;
use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "run-left-out",
    severity: Severity::Note,
    about: "a run that was left out because it keeps too few volumes",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let left_out = opened.prepared.decisions.left_out.iter();
    let finding = |(run, problem): &(String, String)| {
        RULE.finding(format!("{run}: left out: {problem}")).place(Place::run(run))
    };
    left_out.map(finding).collect()
}
