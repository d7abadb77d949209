//! `image-resampled`: images that were brought to the grid of the runs or maps.

use super::{Finding, Look, Opened, Pair, Rule, Severity};
use crate::pipeline::Resampled;

pub(super) const RULE: Rule = Rule {
    name: "image-resampled",
    severity: Severity::Note,
    about: "a mask, atlas or tissue that was resampled to the grid of the runs, as was asked for",
    look: Look::Before(|opened: &Opened| found(&opened.beside.resampled)),
};

pub(super) const DIFF_RULE: Rule = Rule {
    about: "a mask or atlas that was resampled to the grid of the first map, as was asked for",
    look: Look::Pair(|pair: &Pair| found(&pair.beside.resampled)),
    ..RULE
};

fn found(resampled: &[Resampled]) -> Vec<Finding> {
    let finding = |it: &Resampled| {
        let finding = RULE.finding(&it.words).figure("image", it.what.as_str());
        finding.figure("file", it.path.display().to_string())
    };
    resampled.iter().map(finding).collect()
}
