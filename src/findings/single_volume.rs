//! `single-volume`: single volumes among runs of many.

use super::words::file_names;
use super::{Finding, Look, Opened, Rule, Severity};
use std::path::Path;

pub(super) const RULE: Rule = Rule {
    name: "single-volume",
    severity: Severity::Warning,
    about: "an image of one volume among runs of many",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let images = opened.prepared.session.images();
    let (single, many): (Vec<_>, Vec<_>) = images.partition(|image| image.volumes() == 1);
    if single.is_empty() || many.is_empty() {
        return Vec::new();
    }
    let paths: Vec<&Path> = single.iter().map(|image| image.path()).collect();
    let text = format!(
        "one volume only in {}, among runs of many: it counts as one more time point; leave a \
         reference image (sbref) out",
        file_names(&paths)
    );
    vec![RULE.finding(text).figure("files", paths.len())]
}
