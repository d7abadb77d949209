//! `single-volume`: single volumes among runs of many.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::runs::{Run, names_of};
use std::path::Path;

pub(super) const RULE: Rule = Rule {
    name: "single-volume",
    severity: Severity::Warning,
    about: "an image of one volume among runs of many",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let runs = opened.prepared.session.runs().iter();
    let (single, many): (Vec<&Run>, Vec<_>) = runs.partition(|run| run.volumes() == 1);
    if single.is_empty() || many.is_empty() {
        return Vec::new();
    }
    let paths: Vec<&Path> = single.iter().map(|run| run.path()).collect();
    let text = format!(
        "one volume only in {}, among runs of many: it counts as one more time point; leave a \
         reference image (sbref) out",
        names_of(&paths)
    );
    vec![RULE.finding(text).figure("files", paths.len())]
}
