//! `header-mended`: headers that contradict themselves and were read all the same.

use super::{Finding, Look, Opened, Rule, Severity, odd_files};
use crate::formats::Oddity;

pub(super) const RULE: Rule = Rule {
    name: "header-mended",
    severity: Severity::Warning,
    about: "a header that contradicts itself or cannot be, and what was made of it",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let found = odd_files(opened.prepared.session.images(), |oddity| match oddity {
        Oddity::Header(what) => Some(what),
        Oddity::Surplus(_) => None,
    });
    let finding = |(what, files)| {
        let finding = RULE.finding(format!("{files}: {what}"));
        finding.remedy("check that this is meant, or convert the file again", [])
    };
    found.map(finding).collect()
}
