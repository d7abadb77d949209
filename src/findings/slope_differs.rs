//! `slope-differs`: runs with different scalings.

use super::words::grouped;
use super::{Finding, Look, Opened, Rule, Severity};
use crate::formats::Source;

pub(super) const RULE: Rule = Rule {
    name: "slope-differs",
    severity: Severity::Warning,
    about: "runs whose stored numbers are scaled differently",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let scaling = |image: &dyn Source| {
        let scaling = image.scaling();
        Some(format!("{} * stored + {}", scaling.slope(), scaling.intercept()))
    };
    let groups = grouped(opened.prepared.session.images(), scaling);
    let text = groups.map(|groups| format!("the scaling differs between runs: {groups}"));
    text.map(|text| RULE.finding(text)).into_iter().collect()
}
