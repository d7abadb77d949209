//! `dummy-scans`: the dummy scans that were looked for.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "dummy-scans",
    severity: Severity::Note,
    about: "how many dummy scans were found in each run",
    look: Look::Before(find),
};

/// The counts of more runs than this stand in the data alone.
const MOST_COUNTS: usize = 40;

fn find(opened: &Opened) -> Vec<Finding> {
    let Some(found) = &opened.prepared.decisions.dummies else { return Vec::new() };
    let source = if found.is_by_signal { "their global signals" } else { "their tables" };
    let counts = found.counts.iter().take(MOST_COUNTS).map(usize::to_string);
    let mut counts = counts.collect::<Vec<_>>().join(", ");
    if let Some(more) = found.counts.len().checked_sub(MOST_COUNTS).filter(|&more| more > 0) {
        counts += &format!(", and those of {more} more");
    }
    let text = format!("dummy scans of the runs, by {source}: {counts}");
    vec![RULE.finding(text).figure("volumes", found.counts.clone())]
}
