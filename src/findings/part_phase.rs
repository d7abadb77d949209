//! `part-phase`: runs that are not magnitudes by their names.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::runs::{Run, Session, names_of};

pub(super) const RULE: Rule = Rule {
    name: "part-phase",
    severity: Severity::Warning,
    about: "runs that are phase (or a real or imaginary part) by their names, whose mean / std is no signal to noise",
    look: Look::Before(find),
};

pub(super) const IMAGE_RULE: Rule =
    Rule { look: Look::Image(|image| found(std::slice::from_ref(image))), ..RULE };

/// The part of a complex image that a run is by its name, if it is not the magnitude.
fn part(run: &Run) -> Option<&'static str> {
    let entities = run.entities();
    match (entities.get("part"), entities.suffix()) {
        (Some("phase"), _) | (None, "phase") => Some("phase"),
        (Some("real"), _) => Some("the real part"),
        (Some("imag"), _) => Some("the imaginary part"),
        _ => None,
    }
}

/// Whether a run of a session is no magnitude by its name.
pub(super) fn has_other_parts(session: &Session) -> bool {
    session.runs().iter().any(|run| part(run).is_some())
}

fn find(opened: &Opened) -> Vec<Finding> {
    found(opened.prepared.session.runs())
}

fn found(runs: &[Run]) -> Vec<Finding> {
    let parts: Vec<_> = runs.iter().filter_map(|run| Some((part(run)?, run.path()))).collect();
    let Some(&(what, _)) = parts.first() else { return Vec::new() };
    let paths: Vec<_> = parts.iter().map(|(_, path)| path).collect();
    let text = format!(
        "{what} by its name, not magnitude, so that mean / std is no signal to noise: {}",
        names_of(&paths)
    );
    vec![
        RULE.finding(text).remedy("give the magnitude (part-mag)", []).figure("files", paths.len()),
    ]
}
