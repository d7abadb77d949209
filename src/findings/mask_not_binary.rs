//! `mask-not-binary`: an image that is given as a mask and is none by its values.

use super::{Finding, Look, Opened, Pair, Rule, Severity};
use crate::error::Setting;

pub(super) const RULE: Rule = Rule {
    name: "mask-not-binary",
    severity: Severity::Warning,
    about: "a mask of more than two values, or without a 0: an interpolated mask, a probability map",
    look: Look::Before(|opened: &Opened| found(&opened.beside.not_binary)),
};

pub(super) const DIFF_RULE: Rule =
    Rule { look: Look::Pair(|pair: &Pair| found(&pair.beside.not_binary)), ..RULE };

fn found(not_binary: &[String]) -> Vec<Finding> {
    let finding = |it: &String| {
        RULE.finding(it)
            .remedy("say from which value on a voxel is inside", [Setting::MaskThreshold])
    };
    not_binary.iter().map(finding).collect()
}
