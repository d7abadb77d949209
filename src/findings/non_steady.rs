//! `non-steady`: first volumes that are not yet steady and were used.

use super::{Computed, Finding, Look, Rule, Severity};
use super::words::some_of;
use crate::design::{Use, non_steady_volumes};
use crate::error::Setting;
use crate::recipe::BEGINNING_VOLUMES;

pub(super) const RULE: Rule = Rule {
    name: "non-steady",
    severity: Severity::Warning,
    about: "volumes at the beginning of a run that look as if the signal were not yet steady, and were used",
    look: Look::After(find),
};

/// So many first volumes tell whether the signal becomes steady: of fewer, one is an outlier by
/// chance.
const FEWEST_VOLUMES: usize = 20;

fn find(computed: &Computed) -> Vec<Finding> {
    let runs = &computed.prepared.session.runs();
    let signals = runs.iter().zip(&computed.prepared.runs).zip(&computed.maps.signals);
    let found: Vec<String> = signals
        .filter(|((_, prepared), _)| prepared.uses.first() == Some(&Use::Used))
        .filter_map(|((run, _), signals)| {
            let first = &signals.global;
            let most = first.len().min(BEGINNING_VOLUMES);
            match non_steady_volumes(&first[..most]) {
                _ if most < FEWEST_VOLUMES => None,
                0 => None,
                count => Some(format!("{count} of {}", run.name())),
            }
        })
        .collect();
    if found.is_empty() {
        return Vec::new();
    }
    let text = format!(
        "the first volumes look as if the signal were not yet steady, and are used: {}",
        some_of(&found)
    );
    let remedy = "consider leaving out dummy scans (auto)";
    vec![RULE.finding(text).remedy(remedy, [Setting::DummyScans]).figure("runs", found)]
}
