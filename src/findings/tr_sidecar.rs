//! `tr-sidecar`: runs whose header states another repetition time than the JSON beside them.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::error::Setting;
use crate::runs::{name_of, names_within};

pub(super) const RULE: Rule = Rule {
    name: "tr-sidecar",
    severity: Severity::Note,
    about: "a header and the BIDS sidecar state different repetition times, of which the sidecar's is used; a warning where a high-pass filter makes cosines of it",
    look: Look::Before(find),
};

/// How far two statements of a repetition time lie apart by rounding, in seconds.
const ROUNDING_SECONDS: f64 = 1e-3;

fn find(opened: &Opened) -> Vec<Finding> {
    let runs = opened.prepared.session.runs().iter().filter(|run| run.given_tr_seconds().is_none());
    let differing: Vec<_> = runs
        .filter_map(|run| Some((run, run.header_tr_seconds()?, run.sidecar_tr()?)))
        .filter(|(_, header, sidecar)| (header - sidecar.seconds).abs() > ROUNDING_SECONDS)
        .collect();
    let Some(&(_, header, sidecar)) = differing.first() else { return Vec::new() };
    let paths: Vec<_> = differing.iter().map(|(run, ..)| run.path()).collect();
    let text = format!(
        "the TR is {header} s by the header and {} s by {}, which is used, in {}",
        sidecar.seconds,
        name_of(&sidecar.path),
        names_within(&paths, 80)
    );
    let finding = RULE.finding(text).severity(opened.severity_of_tr());
    vec![
        finding
            .remedy("say which is right", [Setting::Tr])
            .figure("header_seconds", header)
            .figure("sidecar_seconds", sidecar.seconds)
            .figure("files", paths.len()),
    ]
}
