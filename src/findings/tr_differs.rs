//! `tr-differs`: runs with different repetition times, which a high-pass filter depends on.

use super::words::grouped;
use super::{Finding, Look, Opened, Rule, Severity};
use crate::formats::Source;

pub(super) const RULE: Rule = Rule {
    name: "tr-differs",
    severity: Severity::Note,
    about: "runs with different repetition times; a warning where a high-pass filter makes cosines of them",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let tr = |image: &dyn Source| image.time().tr_seconds.map(|tr| format!("{tr} s"));
    let Some(groups) = grouped(opened.prepared.session.images(), tr) else { return Vec::new() };
    let finding = RULE.finding(format!("the TR differs between runs: {groups}"));
    vec![match opened.definition.highpass_seconds {
        Some(_) => finding.severity(Severity::Warning),
        None => finding,
    }]
}
