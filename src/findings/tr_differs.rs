//! `tr-differs`: runs with different repetition times, which a high-pass filter depends on.

use super::words::grouped;
use super::{Finding, Look, Opened, Rule, Severity};
use crate::runs::Run;

pub(super) const RULE: Rule = Rule {
    name: "tr-differs",
    severity: Severity::Note,
    about: "runs with different repetition times, or some of unknown ones; a warning where a high-pass filter makes cosines of them",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let tr = |run: &Run| match run.tr_seconds() {
        Some(tr) => format!("{tr} s"),
        None => "an unknown one".to_owned(),
    };
    let runs = opened.prepared.session.runs().iter();
    let Some(groups) = grouped(runs.map(|run| (run.path(), tr(run)))) else { return Vec::new() };
    let finding = RULE.finding(format!("the TR differs between runs: {groups}"));
    vec![finding.severity(opened.severity_of_tr())]
}
