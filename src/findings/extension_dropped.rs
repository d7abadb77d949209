//! `extension-dropped`: header extensions that do not come with the maps.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "extension-dropped",
    severity: Severity::Note,
    about: "a header extension that maps do not get: it describes the run, or is damaged",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    opened.dropped_extensions.iter().map(|it| RULE.finding(it)).collect()
}
