//! `dependent-regressors`: regressors that add nothing.

use super::Place;
use super::words::some_of;
use super::{Finding, Look, Opened, Rule, Severity};
use crate::nuisance::{Prepared, PreparedRun};
use crate::runs::Run;

pub(super) const RULE: Rule = Rule {
    name: "dependent-regressors",
    severity: Severity::Note,
    about: "regressors that others make up, or that are constant",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let Prepared { session, runs, .. } = opened.prepared;
    let dependent = session.runs().iter().zip(runs).filter(|(_, it)| !it.dependent.is_empty());
    let finding = |(run, prepared): (&Run, &PreparedRun)| {
        let (run, names) = (run.name(), some_of(&prepared.dependent));
        let text =
            format!("{run}: {names}: constant or made up of other regressors, so not counted");
        RULE.finding(text).place(Place::run(run))
    };
    dependent.map(finding).collect()
}
