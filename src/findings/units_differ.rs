//! `units-differ`: headers that state different units.

use super::words::grouped;
use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "units-differ",
    severity: Severity::Warning,
    about: "runs whose headers state different units",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let groups = grouped(opened.prepared.session.images(), |image| Some(image.units()));
    let text = groups.map(|groups| format!("units differ between files: {groups}"));
    text.map(|text| RULE.finding(text)).into_iter().collect()
}
