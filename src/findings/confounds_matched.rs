//! `confounds-matched`: the files beside the runs, and the runs that they go with.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "confounds-matched",
    severity: Severity::Note,
    about: "which table of confounds, and which list of volumes, goes with which run",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let decisions = &opened.prepared.decisions;
    let named = |what: &'static str, lines: &'_ [String]| -> Vec<Finding> {
        lines.iter().map(|line| RULE.finding(format!("{what}: {line}"))).collect()
    };
    [named("confounds", &decisions.tables), named("censor lists", &decisions.lists)].concat()
}
