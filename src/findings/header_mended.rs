//! `header-mended`: headers that contradict themselves and were read all the same.

use super::{Finding, Look, Opened, Pair, Rule, Severity, odd_files, oddities};
use crate::formats::Oddity;
use std::path::Path;

pub(super) const RULE: Rule = Rule {
    name: "header-mended",
    severity: Severity::Warning,
    about: "a header that contradicts itself or cannot be, and what was made of it",
    look: Look::Before(find),
};

pub(super) const DIFF_RULE: Rule =
    Rule { look: Look::Pair(|pair: &Pair| found(pair.beside.oddities())), ..RULE };

pub(super) const IMAGE_RULE: Rule =
    Rule { look: Look::Image(|image| found(oddities(image.images().iter()))), ..RULE };

fn find(opened: &Opened) -> Vec<Finding> {
    let of_runs = oddities(opened.prepared.session.images());
    found(of_runs.chain(opened.beside.oddities()))
}

fn found<'a>(oddities: impl Iterator<Item = (&'a Path, Oddity)>) -> Vec<Finding> {
    let found = odd_files(oddities, |oddity| match oddity {
        Oddity::Header(what) => Some(what),
        Oddity::Surplus(_) => None,
    });
    let finding = |(what, files)| {
        let finding = RULE.finding(format!("{files}: {what}"));
        finding.remedy("check that this is meant, or convert the file again", [])
    };
    found.map(finding).collect()
}
