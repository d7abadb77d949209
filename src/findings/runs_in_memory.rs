//! `runs-in-memory`: modes that hold every run in memory.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::numbers::mebibytes_needed;
use crate::recipe::Mode;

pub(super) const RULE: Rule = Rule {
    name: "runs-in-memory",
    severity: Severity::Note,
    about: "a mode that holds every run, and what it will need",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let mode = opened.recipe.computing.mode;
    if mode == Mode::Array {
        return Vec::new();
    }
    let needed = mebibytes_needed(opened.predicted_bytes);
    vec![RULE.finding(format!("{mode} mode holds every run and will need {needed}"))]
}
