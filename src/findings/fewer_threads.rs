//! `fewer-threads`: threads that were left out for the sake of memory.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "fewer-threads",
    severity: Severity::Note,
    about: "fewer threads than asked for, to stay within the memory",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let [threads, asked] = opened.threads;
    if threads == asked {
        return Vec::new();
    }
    vec![RULE.finding(format!("{threads} of {asked} threads, to stay within the memory"))]
}
