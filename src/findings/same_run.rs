//! `same-run`: one run that was taken several times, or parts of one taken for runs.

use super::{Computed, Finding, Look, Opened, Rule, Severity};
use crate::pipeline::RunSignals;
use crate::runs::{EXTENSION, OneRun, names_of, names_within, one_run_by_files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use twox_hash::XxHash3_64;

pub(super) const RULE: Rule = Rule {
    name: "same-run",
    severity: Severity::Warning,
    about: "one run taken several times: links to one file, equal voxels, or names that differ only in echo, part, space, res, den, desc, hemi or extension",
    look: Look::BeforeAndAfter { before, looked_for, find },
};

fn before(opened: &Opened) -> Vec<Finding> {
    let mut alike: BTreeMap<BTreeSet<&str>, Vec<OneRun>> = BTreeMap::new();
    for one_run in one_run_by_files(&opened.prepared.session) {
        alike.entry(one_run.differ_in.clone()).or_default().push(one_run);
    }
    alike.into_iter().map(|(differ_in, runs)| finding(&differ_in, &runs)).collect()
}

/// A finding for all runs whose files differ in the same.
fn finding(differ_in: &BTreeSet<&str>, runs: &[OneRun]) -> Finding {
    let files: Vec<&PathBuf> = runs.iter().flat_map(|it| &it.files).collect();
    let entities: Vec<&str> = differ_in.iter().copied().collect();
    let times = match runs.len() {
        1 => String::new(),
        count => format!("of {count} runs, "),
    };
    let names = names_of(&files);
    let (text, remedy) = match entities.as_slice() {
        [] => (
            format!("{times}links to one file are taken as several: {names}"),
            "give one of them".to_owned(),
        ),
        ["echo"] => (
            format!("{times}the echoes of one run are taken as runs (it is multi-echo): {names}"),
            "give one echo, or the echoes combined (desc-optcom)".to_owned(),
        ),
        ["part"] => (
            format!(
                "{times}magnitude and phase of one run are taken as runs: their names differ in 'part' only: {names}"
            ),
            "give the magnitude (part-mag)".to_owned(),
        ),
        entities => {
            let listed = entities.iter().map(|it| format!("'{it}'")).collect::<Vec<_>>();
            let listed = listed.join(" and ");
            let echoes = if entities.contains(&"echo") { " (it is multi-echo)" } else { "" };
            (
                format!(
                    "{times}one run is taken several times{echoes}: the names differ in {listed} only: {names}"
                ),
                match entities {
                    [EXTENSION, ..] => "give one of them".to_owned(),
                    [entity, ..] => format!("give the files of one '{entity}'"),
                    [] => unreachable!("links come first"),
                },
            )
        }
    };
    RULE.finding(text)
        .remedy(&remedy, [])
        .figure("differ_in", entities)
        .figure("files", files.len())
}

/// The most first volumes that are compared by slices and sampled voxels; those that follow are by slices.
const COMPARED_VOLUMES: usize = 16;

fn looked_for(computed: &Computed) -> Option<String> {
    (computed.prepared.session.runs().len() > 1).then(|| "runs of equal voxels".to_owned())
}

/// A hash of the means of all slices and of the values of the sampled voxels in so many first volumes: two
/// runs that have these in common begin with the same voxels.
fn fingerprint(signals: &RunSignals, volumes: usize) -> u64 {
    let means = signals.slice_means.iter().take(volumes * signals.slice_means.ncols());
    let mut values: Vec<f64> = means.copied().collect();
    if let Some(sampled) = &signals.sampled {
        let volumes: Vec<usize> = (0..volumes).collect();
        let voxels: Vec<usize> = (0..sampled.places.len()).collect();
        values.extend(sampled.picked(&volumes, &voxels).into_iter().map(f64::from));
    }
    XxHash3_64::oneshot(bytemuck::cast_slice(&values))
}

/// Whether the slices of two runs have the same means as far as both go.
fn go_on_alike(one: &RunSignals, other: &RunSignals) -> bool {
    let pairs = one.slice_means.iter().zip(&other.slice_means);
    pairs.into_iter().all(|(a, b)| a.to_bits() == b.to_bits())
}

fn find(computed: &Computed) -> Vec<Finding> {
    let session = &computed.prepared.session;
    if session.runs().len() < 2 {
        return Vec::new();
    }
    let mut alike: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    // Of a copy that was cut, the volumes that all have.
    let shortest = computed.signals.iter().map(|it| it.slice_means.nrows()).min().unwrap_or(0);
    let volumes = shortest.min(COMPARED_VOLUMES);
    for (number, signals) in computed.signals.iter().enumerate() {
        let runs = alike.entry(fingerprint(signals, volumes)).or_default();
        if runs.first().is_none_or(|&first| go_on_alike(&computed.signals[first], signals)) {
            runs.push(number);
        }
    }
    let mut groups: Vec<Vec<usize>> = alike.into_values().filter(|runs| runs.len() > 1).collect();
    if !groups.is_empty() {
        let told = one_run_by_files(session);
        let is_told =
            |runs: &Vec<usize>| told.iter().any(|it| runs.iter().all(|run| it.runs.contains(run)));
        groups.retain(|runs| !is_told(runs));
    }
    groups.sort();
    let Some(first) = groups.first() else { return Vec::new() };
    let paths: Vec<&Path> = first.iter().map(|&run| session.runs()[run].path()).collect();
    let more = match groups.len() - 1 {
        0 => String::new(),
        1 => ", and so is 1 other".to_owned(),
        more => format!(", and so are {more} others"),
    };
    let text = format!(
        "one run is taken several times, by equal voxels in the first volumes of {}{more}",
        names_within(&paths, 140)
    );
    let files: usize = groups.iter().map(Vec::len).sum();
    vec![RULE.finding(text).remedy("give one of them", []).figure("files", files)]
}
