//! `tr-milliseconds`: repetition times that are too long for seconds.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::error::Setting;
use crate::runs::{Run, names_of};

pub(super) const RULE: Rule = Rule {
    name: "tr-milliseconds",
    severity: Severity::Note,
    about: "a repetition time above 30 s, which looks like milliseconds and is not converted; a warning where a high-pass filter makes cosines of it",
    look: Look::Before(find),
};

pub(super) const IMAGE_RULE: Rule =
    Rule { look: Look::Image(|image| found(std::slice::from_ref(image))), ..RULE };

/// No run has a longer repetition time.
const LONGEST_SECONDS: f64 = 30.0;

fn find(opened: &Opened) -> Vec<Finding> {
    let found = found(opened.prepared.session.runs()).into_iter();
    found.map(|it| it.severity(opened.severity_of_tr())).collect()
}

fn found(runs: &[Run]) -> Vec<Finding> {
    let long: Vec<_> = runs
        .iter()
        .filter_map(|run| Some((run, run.tr_seconds().filter(|&tr| tr > LONGEST_SECONDS)?)))
        .collect();
    let Some(&(_, seconds)) = long.first() else { return Vec::new() };
    let paths: Vec<_> = long.iter().map(|(run, _)| run.path()).collect();
    let text = format!(
        "a TR of {seconds} s looks like milliseconds in disguise, and is taken as it is: {}",
        names_of(&paths)
    );
    let finding = RULE.finding(text);
    let finding = finding.remedy("mend the header or sidecar, or say it in seconds", [Setting::Tr]);
    vec![finding.figure("seconds", seconds).figure("files", paths.len())]
}
