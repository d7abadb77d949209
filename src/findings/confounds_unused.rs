//! `confounds-unused`: tables of confounds of which nothing is taken but how the head moved.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "confounds-unused",
    severity: Severity::Note,
    about: "tables of confounds of which nothing is taken but how the head moved",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    if !opened.prepared.decisions.are_tables_unused {
        return Vec::new();
    }
    let text = "nothing is taken of the tables of confounds but how the head moved: no columns, thresholds \
                or dummy scans";
    vec![RULE.finding(text)]
}
