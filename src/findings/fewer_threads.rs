//! `fewer-threads`: threads that were left out for the sake of memory, or would have had no work.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::numbers::count;
use crate::recipe::Mode;

pub(super) const RULE: Rule = Rule {
    name: "fewer-threads",
    severity: Severity::Note,
    about: "fewer threads than asked for, to stay within the memory, as there is no work for more, or as serial mode computes on one",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let [threads, fit, asked] = opened.threads;
    let computing = &opened.recipe.computing;
    if computing.mode == Mode::Serial && computing.threads.is_some_and(|it| it.get() > 1) {
        let asked = count(asked.get());
        let text =
            format!("1 of {asked} threads, as serial mode computes on one; others judge the runs");
        return vec![RULE.finding(text)];
    }
    if threads == asked {
        return Vec::new();
    }
    let reason =
        if threads < fit { "as there is no work for more" } else { "to stay within the memory" };
    let [threads, asked] = [threads, asked].map(|it| count(it.get()));
    vec![RULE.finding(format!("{threads} of {asked} threads, {reason}"))]
}
