//! `orientation-unknown`: an image that does not say how its voxels lie in the body.

use super::{Finding, Look, Opened, Pair, Place, Rule, Severity};
use crate::formats::Geometry;
use crate::pictures::unknown_sides;
use crate::recipe::Recipe;
use crate::runs::{Run, name_of};
use std::path::Path;

pub(super) const RULE: Rule = Rule {
    name: "orientation-unknown",
    severity: Severity::Note,
    about: "an image that does not say which side is left; a warning where pictures show it, or an atlas or tissues are laid over it",
    look: Look::Before(find),
};

pub(super) const DIFF_RULE: Rule = Rule { look: Look::Pair(find_of_pair), ..RULE };

pub(super) const IMAGE_RULE: Rule = Rule { look: Look::Image(find_of_image), ..RULE };

fn find(opened: &Opened) -> Vec<Finding> {
    let session = &opened.prepared.session;
    let image = session.first_image();
    let found = found(image.path(), image.geometry(), matters(opened.recipe));
    // What leads to the maps, where the sides are shown as unknown.
    found.map(|it| it.place(Place::run(session.runs()[0].name()))).into_iter().collect()
}

fn find_of_pair(pair: &Pair) -> Vec<Finding> {
    found(pair.paths[0], pair.geometry, false).into_iter().collect()
}

fn find_of_image(image: &Run) -> Vec<Finding> {
    found(image.path(), image.images()[0].geometry(), false).into_iter().collect()
}

/// Whether somebody will look for a side, or something that has sides is laid over the runs.
fn matters(recipe: &Recipe) -> bool {
    let regions = &recipe.regions;
    let is_shown = recipe.computing.is_reported || recipe.computing.picture_bytes > 0;
    is_shown || regions.atlas.is_some() || !regions.tissues.is_empty()
}

fn found(path: &Path, geometry: &Geometry, matters: bool) -> Option<Finding> {
    if geometry.points.is_some() {
        return None;
    }
    let reason = geometry.orientation.unknown_reason();
    let finding = |reason| {
        let text = format!("{}: {}", name_of(path), unknown_sides(reason));
        match matters {
            true => RULE
                .finding(text.trim_end_matches('.'))
                .severity(Severity::Warning)
                .remedy("look up the side elsewhere before anything is said of it", []),
            false => RULE.finding(text),
        }
    };
    reason.map(finding)
}
