//! `short-run`: runs without a tSNR of their own.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "short-run",
    severity: Severity::Note,
    about: "a run too short for a tSNR of its own, where those of the runs were asked for",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    if opened.have_own_tsnr {
        return Vec::new();
    }
    let text = "a run is too short for a tSNR of its own: figures are of all runs together only";
    vec![RULE.finding(text)]
}
