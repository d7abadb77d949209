//! `dummy-scans`: the dummy scans that were looked for.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "dummy-scans",
    severity: Severity::Note,
    about: "how many dummy scans were found in each run",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let Some(found) = &opened.prepared.decisions.dummies else { return Vec::new() };
    let source = if found.is_by_signal { "their global signals" } else { "their tables" };
    let counts: Vec<String> = found.counts.iter().map(usize::to_string).collect();
    let text = format!("dummy scans of the runs, by {source}: {}", counts.join(", "));
    vec![RULE.finding(text).figure("volumes", found.counts.clone())]
}
