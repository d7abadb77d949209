//! `tr-sidecar`: runs whose header states another repetition time than the JSON beside them, or
//! whose JSON cannot be read.

use super::{Finding, Look, Opened, Rule, Severity};
use crate::error::Setting;
use crate::runs::{Run, name_of, names_within, shortened};

pub(super) const RULE: Rule = Rule {
    name: "tr-sidecar",
    severity: Severity::Note,
    about: "a header and the BIDS sidecar state different repetition times, of which the sidecar's is used, or the sidecar cannot be read or states none that can be; a warning where a high-pass filter makes cosines of it",
    look: Look::Before(find),
};

pub(super) const IMAGE_RULE: Rule =
    Rule { look: Look::Image(|image| found(std::slice::from_ref(image))), ..RULE };

/// How far two statements of a repetition time lie apart by rounding, in seconds.
const ROUNDING_SECONDS: f64 = 1e-3;

fn find(opened: &Opened) -> Vec<Finding> {
    let found = found(opened.prepared.session.runs()).into_iter();
    found.map(|it| it.severity(opened.severity_of_tr())).collect()
}

fn found(runs: &[Run]) -> Vec<Finding> {
    // What was given goes before both.
    let runs: Vec<&Run> = runs.iter().filter(|run| run.given_tr_seconds().is_none()).collect();
    unread(&runs).into_iter().chain(differing(&runs)).collect()
}

fn differing(runs: &[&Run]) -> Option<Finding> {
    let differing: Vec<_> = runs
        .iter()
        .filter_map(|run| Some((run, run.header_tr_seconds()?, run.sidecar_tr()?)))
        .filter(|(_, header, sidecar)| (header - sidecar.seconds).abs() > ROUNDING_SECONDS)
        .collect();
    let &(_, header, sidecar) = differing.first()?;
    let paths: Vec<_> = differing.iter().map(|(run, ..)| run.path()).collect();
    let text = format!(
        "the TR is {header} s by the header and {} s by {}, which is used, in {}",
        sidecar.seconds,
        name_of(&sidecar.path),
        names_within(&paths, 80)
    );
    let finding = RULE.finding(text).remedy("say which is right", [Setting::Tr]);
    let finding = finding.figure("header_seconds", header);
    Some(finding.figure("sidecar_seconds", sidecar.seconds).figure("files", paths.len()))
}

fn unread(runs: &[&Run]) -> Option<Finding> {
    let unread: Vec<_> =
        runs.iter().filter_map(|run| Some((run.path(), run.unread_sidecar()?))).collect();
    let (_, first) = unread.first()?;
    let paths: Vec<_> = unread.iter().map(|(path, _)| path).collect();
    let text = format!(
        "{} is of no use ({}), so that the TR is taken without it in {}",
        name_of(&first.path),
        shortened(&first.problem, 80),
        names_within(&paths, 80)
    );
    let finding = RULE.finding(text).remedy("mend it, or say the TR", [Setting::Tr]);
    Some(finding.figure("files", paths.len()))
}
