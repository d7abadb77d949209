//! `files-skipped`: files that were passed over while patterns were expanded.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "files-skipped",
    severity: Severity::Note,
    about: "files that a pattern matches and that are no runs, or that were given before",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    opened.skipped_files.iter().map(|it| RULE.finding(it)).collect()
}
