//! `sides-unknown`: an image that does not say how its voxels lie in the body.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::pictures::UNKNOWN_SIDES;

pub(super) const RULE: Rule = Rule {
    name: "sides-unknown",
    severity: Severity::Note,
    about: "neither sform nor qform says which side is left",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let image = opened.prepared.session.first_image();
    if image.header.is_oriented() {
        return Vec::new();
    }
    vec![RULE.finding(format!("{}: {UNKNOWN_SIDES}", image.path.display()))]
}
