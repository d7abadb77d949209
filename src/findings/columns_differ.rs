//! `columns-differ`: patterns that select other columns of one run's table than of another's.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::recipe::is_trend;
use crate::runs::grouped_by;

pub(super) const RULE: Rule = Rule {
    name: "columns-differ",
    severity: Severity::Note,
    about: "a pattern that selects other columns of one run's table than of another's",
    look: Look::Before(find),
};

/// More runs than this have their counts in the data alone.
const MOST_COUNTS: usize = 40;

fn find(opened: &Opened) -> Vec<Finding> {
    let runs = opened.prepared.runs.iter();
    let columns = runs.map(|run| -> Vec<&String> {
        run.regressors.iter().filter(|name| !is_trend(name)).collect()
    });
    let columns: Vec<Vec<&String>> = columns.collect();
    let sets = grouped_by(columns.iter().map(|it| (it, ()))).len();
    if sets < 2 {
        return Vec::new();
    }
    let counts: Vec<usize> = columns.iter().map(Vec::len).collect();
    let listed = counts.iter().take(MOST_COUNTS).map(usize::to_string).collect::<Vec<_>>();
    let more = counts.len().saturating_sub(MOST_COUNTS);
    let more = if more > 0 { format!(", and those of {more} more") } else { String::new() };
    let text = format!(
        "the columns that are regressed out are not those of every run: {sets} sets; columns a run: \
         {}{more}",
        listed.join(", ")
    );
    vec![RULE.finding(text).figure("columns", counts)]
}
