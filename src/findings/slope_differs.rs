//! `slope-differs`: runs with different scalings.

use super::words::grouped;
use super::{Finding, Look, Opened, Rule, Severity};
use crate::runs::{Run, name_of};
use crate::voxels::Scaling;

pub(super) const RULE: Rule = Rule {
    name: "slope-differs",
    severity: Severity::Warning,
    about: "runs whose stored numbers are scaled differently; a note within a series of volumes",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let runs = opened.prepared.session.runs();
    let scalings = |run: &Run| -> Vec<Scaling> {
        let mut all: Vec<Scaling> = run.images().iter().map(|image| image.scaling()).collect();
        all.dedup();
        all
    };
    let (alike, varying): (Vec<_>, Vec<_>) =
        runs.iter().map(|run| (run, scalings(run))).partition(|(_, all)| all.len() == 1);
    let in_words = |it: &Scaling| format!("{} * stored + {}", it.slope(), it.intercept());
    let said = alike.iter().map(|(run, all)| (run.path(), in_words(&all[0])));
    let between = grouped(said);
    let between =
        between.map(|groups| RULE.finding(format!("the scaling differs between runs: {groups}")));
    between.into_iter().chain(within_series(&varying)).collect()
}

/// A note of series whose volumes are scaled differently, as SPM writes them.
fn within_series(varying: &[(&Run, Vec<Scaling>)]) -> Option<Finding> {
    let (first, _) = varying.first()?;
    let slopes = || varying.iter().flat_map(|(_, all)| all).map(|it| it.slope());
    let (least, greatest) =
        (slopes().fold(f64::INFINITY, f64::min), slopes().fold(f64::NEG_INFINITY, f64::max));
    let series = match varying.len() {
        1 => format!("the series of {}", name_of(first.path())),
        count => format!("{count} series, the first of them that of {}", name_of(first.path())),
    };
    let text = format!(
        "the scaling differs between the volumes of {series}: slopes from {least} to {greatest}, \
         which is taken into account"
    );
    let finding = RULE.finding(text).severity(Severity::Note);
    Some(finding.figure("least_slope", least).figure("greatest_slope", greatest))
}
