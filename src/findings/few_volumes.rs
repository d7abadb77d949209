//! `few-volumes`: too few used volumes for a std that is worth a number.

use super::words::some_of;
use super::{Finding, Look, Opened, Rule, Severity};
use crate::maps::RUN_TSNR;
use crate::nuisance::{PreparedRun, Use};
use crate::runs::Run;
use crate::stats::formula::Combine;

pub(super) const RULE: Rule = Rule {
    name: "few-volumes",
    severity: Severity::Warning,
    about: "fewer than 10 used volumes, of which a std is mostly chance",
    look: Look::Before(find),
};

/// The fewest volumes that are not warned of: of fewer the std of white noise, and so the tSNR, is
/// off by a quarter or more (`1 / sqrt(2 (N - 1))`).
const FEWEST_VOLUMES: usize = 10;

fn find(opened: &Opened) -> Vec<Finding> {
    let prepared = opened.prepared;
    let used = prepared.model.volumes();
    let is_each_looked_at =
        opened.definition.formula.combine != Combine::Concat || opened.recipe.maps.has(RUN_TSNR);
    let few = |(run, prepared): (&Run, &PreparedRun)| {
        let used = prepared.count(Use::Used);
        (used < FEWEST_VOLUMES).then(|| format!("{used} of {}", run.name()))
    };
    let runs = prepared.session.runs().iter().zip(&prepared.runs);
    let text = if used < FEWEST_VOLUMES {
        format!("{used} volumes are used in all")
    } else if is_each_looked_at {
        let few: Vec<String> = runs.filter_map(few).collect();
        if few.is_empty() {
            return Vec::new();
        }
        format!("few volumes are used: {}", some_of(&few))
    } else {
        return Vec::new();
    };
    let text = format!("{text}: of fewer than {FEWEST_VOLUMES} the std is mostly chance");
    vec![RULE.finding(text).figure("used", used)]
}
