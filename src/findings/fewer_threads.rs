//! `fewer-threads`: threads that were left out for the sake of memory, or would have had no work.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "fewer-threads",
    severity: Severity::Note,
    about: "fewer threads than asked for, to stay within the memory, or as there is no work for more",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let [threads, fit, asked] = opened.threads;
    if threads == asked {
        return Vec::new();
    }
    let reason =
        if threads < fit { "as there is no work for more" } else { "to stay within the memory" };
    vec![RULE.finding(format!("{threads} of {asked} threads, {reason}"))]
}
