//! `sides-unknown`: an image that does not say how its voxels lie in the body.

use super::{Finding, Look, Opened, Pair, Rule, Severity};
use crate::formats::Geometry;
use crate::pictures::unknown_sides;
use crate::runs::name_of;
use std::path::Path;

pub(super) const RULE: Rule = Rule {
    name: "sides-unknown",
    severity: Severity::Note,
    about: "an image that does not say which side is left",
    look: Look::Before(find),
};

pub(super) const DIFF_RULE: Rule = Rule { look: Look::Pair(find_of_pair), ..RULE };

fn find(opened: &Opened) -> Vec<Finding> {
    let image = opened.prepared.session.first_image();
    found(image.path(), image.geometry())
}

fn find_of_pair(pair: &Pair) -> Vec<Finding> {
    found(pair.paths[0], pair.geometry)
}

fn found(path: &Path, geometry: &Geometry) -> Vec<Finding> {
    let reason = geometry.orientation.unknown_reason();
    let text = reason.map(|reason| format!("{}: {}", name_of(path), unknown_sides(reason)));
    text.map(|text| RULE.finding(text)).into_iter().collect()
}
