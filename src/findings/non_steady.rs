//! `non-steady`: first volumes that are not yet steady and were used.

use super::words::some_of;
use super::{Computed, Finding, Look, Place, Rule, Severity};
use crate::error::Setting;
use crate::nuisance::{Use, non_steady_volumes};
use crate::recipe::BEGINNING_VOLUMES;
use crate::stats::quantiles::median;

pub(super) const RULE: Rule = Rule {
    name: "non-steady",
    severity: Severity::Warning,
    about: "volumes at the beginning of a run that look as if the signal were not yet steady, and were used",
    look: Look::After { looked_for, find },
};

/// The fewest first volumes that tell whether the signal becomes steady: of fewer, one is an outlier
/// by chance.
const FEWEST_VOLUMES: usize = 20;

/// The runs whose first volumes can tell whether they are steady, and are used: their names, and
/// the global signal of these volumes.
fn beginnings<'a>(computed: &'a Computed) -> impl Iterator<Item = (String, &'a [f64])> {
    let runs = computed.prepared.session.runs();
    let signals = runs.iter().zip(&computed.prepared.runs).zip(computed.signals);
    signals.filter_map(|((run, prepared), signals)| {
        let first = &signals.global[..signals.global.len().min(BEGINNING_VOLUMES)];
        let is_used = prepared.uses.first() == Some(&Use::Used);
        (is_used && first.len() >= FEWEST_VOLUMES).then(|| (run.name(), first))
    })
}

fn looked_for(computed: &Computed) -> Option<String> {
    let (count, runs) = (beginnings(computed).count(), computed.prepared.runs.len());
    let of = if count < runs { format!(" (in {count} of {runs} runs)") } else { String::new() };
    (count > 0).then(|| format!("first volumes that are not yet steady{of}"))
}

/// The part of the median by which a first volume has to be off: signals that wander for some volumes put it
/// beyond the rule for dummy scans in one clean run of a hundred. Ours.
const LEAST_PART: f64 = 0.02;

/// Whether the first of some volumes is far enough from their median to matter.
fn matters(first: &[f64]) -> bool {
    let usual = median(&mut first.to_vec()).unwrap_or(f64::NAN);
    (first[0] - usual).abs() > LEAST_PART * usual.abs()
}

fn find(computed: &Computed) -> Vec<Finding> {
    let telling = beginnings(computed).filter(|(_, first)| matters(first));
    let found = telling.filter_map(|(name, first)| match non_steady_volumes(first) {
        0 => None,
        count => Some((format!("{count} of {name}"), name)),
    });
    let (found, names): (Vec<String>, Vec<String>) = found.unzip();
    let Some(first) = names.into_iter().next() else { return Vec::new() };
    let text = format!(
        "the first volumes look as if the signal were not yet steady, and are used: {}",
        some_of(&found)
    );
    let are_by_tables = computed.prepared.runs.iter().any(|it| it.dummies_by.is_some());
    let remedy = match are_by_tables {
        true => "their tables flag none; consider leaving out a number of dummy scans",
        false => "consider leaving out dummy scans (auto)",
    };
    let finding = RULE.finding(text).remedy(remedy, [Setting::DummyScans]);
    vec![finding.place(Place { volume: Some(0), ..Place::run(first) }).figure("runs", found)]
}
