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
    let images = || opened.prepared.session.images();
    let of_space = images().map(|image| (image.path(), image.geometry().unit.to_string()));
    // An image without a time axis says nothing of the unit of time.
    let of_time = images().filter(|image| image.time().has_axis);
    let of_time = of_time.map(|image| (image.path(), image.units()));
    let groups = grouped(of_space).or_else(|| grouped(of_time));
    let text = groups.map(|groups| format!("units differ between files: {groups}"));
    text.map(|text| RULE.finding(text)).into_iter().collect()
}
