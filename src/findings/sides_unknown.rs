//! `sides-unknown`: an image that does not say how its voxels lie in the body.

use super::{Finding, Look, Opened, Pair, Rule, Severity};
use crate::image::Header;
use crate::pictures::UNKNOWN_SIDES;
use std::path::Path;

pub(super) const RULE: Rule = Rule {
    name: "sides-unknown",
    severity: Severity::Note,
    about: "neither sform nor qform says which side is left",
    look: Look::Before(find),
};

pub(super) const DIFF_RULE: Rule = Rule { look: Look::Pair(find_of_pair), ..RULE };

fn find(opened: &Opened) -> Vec<Finding> {
    let image = opened.prepared.session.first_image();
    found(&image.path, &image.header)
}

fn find_of_pair(pair: &Pair) -> Vec<Finding> {
    found(pair.paths[0], pair.header)
}

fn found(path: &Path, header: &Header) -> Vec<Finding> {
    if header.is_oriented() {
        return Vec::new();
    }
    vec![RULE.finding(format!("{}: {UNKNOWN_SIDES}", path.display()))]
}
