//! `dummy-scans`: the dummy scans that were looked for.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::nuisance::DummySource;

pub(super) const RULE: Rule = Rule {
    name: "dummy-scans",
    severity: Severity::Note,
    about: "how many dummy scans were found in each run",
    look: Look::Before(find),
};

/// The counts of more runs than this stand in the data alone.
const MOST_COUNTS: usize = 40;

fn find(opened: &Opened) -> Vec<Finding> {
    let found = &opened.prepared.decisions.dummies;
    let by = |source: DummySource| {
        let counts: Vec<usize> = found.iter().filter(|it| it.1 == source).map(|it| it.0).collect();
        (!counts.is_empty()).then(|| {
            let words = match source {
                DummySource::Table => "their tables",
                DummySource::Signal => "their global signals",
                DummySource::SignalBesideTable => {
                    "their global signals, as their tables do not say"
                }
            };
            format!("by {words}: {}", listed(&counts))
        })
    };
    let sources = [DummySource::Table, DummySource::Signal, DummySource::SignalBesideTable];
    let parts: Vec<String> = sources.into_iter().filter_map(by).collect();
    if parts.is_empty() {
        return Vec::new();
    }
    let counts: Vec<usize> = found.iter().map(|it| it.0).collect();
    let text = format!("dummy scans of the runs, {}", parts.join("; "));
    vec![RULE.finding(text).figure("volumes", counts)]
}

fn listed(counts: &[usize]) -> String {
    let listed = counts.iter().take(MOST_COUNTS).map(usize::to_string);
    let mut listed = listed.collect::<Vec<_>>().join(", ");
    if let Some(more) = counts.len().checked_sub(MOST_COUNTS).filter(|&more| more > 0) {
        listed += &format!(", and those of {more} more");
    }
    listed
}
