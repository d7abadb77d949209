//! `affine-differs`: runs that lie differently in space.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::runs::{name_of, names_within};

pub(super) const RULE: Rule = Rule {
    name: "affine-differs",
    severity: Severity::Warning,
    about: "runs whose voxels lie elsewhere in space than those of the first",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let session = &opened.prepared.session;
    let first = session.first_image();
    let mut greatest_mm = 0.0_f64;
    let mut differing = Vec::new();
    for image in session.images().skip(1) {
        if first.geometry().lies_apart_from(image.geometry()) {
            let apart_mm = first.geometry().greatest_displacement_mm(image.geometry());
            greatest_mm = greatest_mm.max(apart_mm);
            differing.push(image.path());
        }
    }
    if differing.is_empty() {
        return Vec::new();
    }
    let text = format!(
        "affines differ: in {} voxels lie up to {greatest_mm:.3} mm from where {} has them; the \
         runs are compared voxel by voxel all the same, so check that they are aligned",
        names_within(&differing, 80),
        name_of(first.path())
    );
    vec![RULE.finding(text).figure("greatest_mm", greatest_mm).figure("files", differing.len())]
}
