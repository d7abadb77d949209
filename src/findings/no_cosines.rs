//! `no-cosines`: a high-pass filter that removes nothing, because runs are too short for it.

use super::words::some_of;
use super::{Finding, Look, Opened, Rule, Severity};
use crate::error::Setting;
use crate::recipe::{COSINE, is_named};

pub(super) const RULE: Rule = Rule {
    name: "no-cosines",
    severity: Severity::Warning,
    about: "runs too short for a cosine of the high-pass filter, of which nothing is removed",
    look: Look::Before(find),
};

fn find(opened: &Opened) -> Vec<Finding> {
    let Some(seconds) = opened.definition.highpass_seconds else { return Vec::new() };
    let prepared = opened.prepared;
    let is_unfiltered = |names: &[String]| !names.iter().any(|name| is_named(COSINE, name));
    let runs = prepared.session.runs().iter().zip(&prepared.runs);
    let unfiltered: Vec<String> = runs
        .filter(|(_, prepared)| is_unfiltered(&prepared.regressors))
        .map(|(run, _)| run.name())
        .collect();
    if unfiltered.is_empty() {
        return Vec::new();
    }
    let text = format!(
        "a period of {seconds} s is more than twice the run: no cosine is that slow, and the filter \
         removes nothing of {}",
        some_of(&unfiltered)
    );
    let remedy = match opened.definition.polynomial_order {
        0 => "remove a linear trend (order 1), or give a shorter period",
        _ => "leave the filter out, or give a shorter period",
    };
    let finding = RULE.finding(text).remedy(remedy, [Setting::Detrend, Setting::Highpass]);
    vec![finding.figure("runs", unfiltered)]
}
