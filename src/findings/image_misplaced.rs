//! `image-misplaced`: images that lie elsewhere in space than the runs or the map beside them.

use super::{Finding, Look, Opened, Pair, Rule, Severity};
use crate::pipeline::Misplaced;

pub(super) const RULE: Rule = Rule {
    name: "image-misplaced",
    severity: Severity::Warning,
    about: "a mask, mean, atlas or tissue whose voxels lie elsewhere than those of the runs",
    look: Look::Before(|opened: &Opened| found(&opened.beside.misplaced)),
};

pub(super) const DIFF_RULE: Rule = Rule {
    about: "a second map, mask or atlas whose voxels lie elsewhere than those of the first map",
    look: Look::Pair(|pair: &Pair| found(&pair.beside.misplaced)),
    ..RULE
};

fn found(misplaced: &[Misplaced]) -> Vec<Finding> {
    let finding = |it: &Misplaced| RULE.finding(&it.words).figure("greatest_mm", it.greatest_mm);
    misplaced.iter().map(finding).collect()
}
