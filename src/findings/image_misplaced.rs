//! `image-misplaced`: images beside the runs that lie elsewhere in space.

use super::{Finding, Look, Opened, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "image-misplaced",
    severity: Severity::Warning,
    about: "a mask, mean, atlas or tissue whose voxels lie elsewhere than those of the runs",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    opened.misplaced.iter().map(|it| RULE.finding(it)).collect()
}
