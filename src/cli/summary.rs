//! What was read and what came out, in a few lines for a person.

use super::outcome::{NamedMask, Outcome, Work};
use super::{resources, show};
use crate::design::Use;
use crate::diagnostics::Finding;
use crate::formats::SpatialUnit;
use crate::modelling::Prepared;
use crate::pipeline::{Mode, Session, Settings, mebibytes};
use crate::stats::summary::significant;
use crate::stats::tsnr::{Counts, WrittenUndefined};
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

const VERSION: &str = concat!("tsnr ", env!("CARGO_PKG_VERSION"));

/// More runs than this are summed up, not listed.
const MOST_RUNS_LISTED: usize = 16;

/// The inputs as they were understood, a line an image.
pub(super) fn of_inputs(session: &Session) -> String {
    let mut text = String::new();
    for (number, run) in session.runs().iter().enumerate() {
        for image in run.images() {
            let _ = write!(
                text,
                "run {}: {}, {} of {} {}",
                number + 1,
                image.path().display(),
                volumes(image.volumes()),
                image.geometry().grid(),
                image.datatype()
            );
            let (slope, intercept) = (image.scaling().slope(), image.scaling().intercept());
            if (slope, intercept) != (1.0, 0.0) {
                let _ = write!(text, " * {slope} + {intercept}");
            }
            if let Some(tr) = image.time().tr_seconds {
                let _ = write!(text, ", TR {tr} s");
            }
            text.push('\n');
        }
    }
    text.pop();
    text
}

/// Whether a finding is told as a warning: the others stand in the line on undefined voxels.
pub(super) fn is_warning(finding: &Finding) -> bool {
    !["constant", "not-finite"].contains(&finding.name)
}

/// What was computed of what, how, and with what outcome.
pub(super) fn of_run(outcome: &Outcome, work: &Work, started: Instant) -> String {
    let Work { arguments, chosen, request, prepared, settings } = *work;
    let session = &prepared.session;
    let geometry = session.geometry();
    let threads = threads(settings);
    let [dx, dy, dz] = geometry.voxel_sizes;
    let unit = match geometry.unit {
        SpatialUnit::Unknown => "(unit unknown)".to_owned(),
        unit => unit.to_string(),
    };
    let predicted = mebibytes(show::predicted_bytes(arguments, session, settings));
    let memory = match resources::peak_memory_bytes() {
        Some(bytes) => format!("peak memory {} of {predicted} predicted", mebibytes(bytes)),
        None => format!("{predicted} of memory predicted"),
    };
    let mut lines =
        vec![(VERSION, format!("{} mode, {threads}", settings.mode)), ("runs", runs(session))];
    let left_out = left_out(prepared);
    if !left_out.is_empty() {
        lines.push(("left out", left_out));
    }
    lines.push(("grid", format!("{} voxels of {dx}x{dy}x{dz} {unit}", geometry.grid())));
    lines.push(("definition", chosen.in_words(prepared, request)));
    if let Some(NamedMask { name, mask, .. }) = &outcome.mask {
        lines.push(("mask", format!("{} of {} voxels, {name}", mask.count(), geometry.voxels())));
    }
    lines.push(("median tSNR", median_tsnr(outcome)));
    if outcome.run_medians.len() > 1 {
        let medians =
            outcome.run_medians.iter().map(|it| it.map_or("none".to_owned(), significant));
        lines.push(("each run", medians.collect::<Vec<_>>().join(", ")));
    }
    if let Some(between) = &outcome.between {
        lines.push((
            "between runs",
            format!(
                "{:.0}% of the variance; median tSNR {} without the runs' own means",
                100.0 * between.share,
                significant(between.demean_median)
            ),
        ));
    }
    lines.push(("undefined", undefined(outcome.counts, chosen.undefined)));
    let files = written(work);
    if !files.is_empty() {
        lines.push(("written", format!("{} ({})", files.join(", "), arguments.dtype.name())));
    }
    if let Some(table) = &arguments.regions.table {
        let [table, sidecar] = table.files().map(Path::display);
        lines.push(("table", format!("{table}, described in {sidecar}")));
    }
    let pictures: Vec<String> =
        arguments.pictures.files().map(|path| path.display().to_string()).collect();
    if !pictures.is_empty() {
        lines.push(("pictures", pictures.join(", ")));
    }
    lines.push(("time", format!("{} s, {memory}", seconds(started))));
    let lines: Vec<String> =
        lines.iter().map(|(label, value)| format!("{label:<12} {value}")).collect();
    lines.join("\n")
}

/// The images that were written.
pub(super) fn written(work: &Work) -> Vec<String> {
    let runs = work.prepared.runs.len();
    let files =
        work.arguments.outputs().flat_map(|(path, kind)| super::maps::files(path, kind, runs));
    let files = files.chain(work.arguments.mask_out.clone());
    files.map(|path| path.display().to_string()).collect()
}

/// What of the runs was not used, in words.
fn left_out(prepared: &Prepared) -> String {
    let uses = [
        (Use::Dummy, "as dummy scans"),
        (Use::Censored, "as censored"),
        (Use::NotChosen, "as not chosen"),
    ];
    let parts = uses.iter().filter_map(|&(wanted, words)| {
        let counts: Vec<usize> = prepared.runs.iter().map(|run| run.count(wanted)).collect();
        let total: usize = counts.iter().sum();
        let each: Vec<String> = counts.iter().map(usize::to_string).collect();
        let each = match counts.len() {
            2..=MOST_RUNS_LISTED => format!(" ({})", each.join(" + ")),
            _ => String::new(),
        };
        (total > 0).then(|| format!("{}{each} {words}", volumes(total)))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn volumes(count: usize) -> String {
    counted(count, "volume")
}

/// A number of things.
pub(super) fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// How many threads work.
pub(super) fn threads(settings: &Settings) -> String {
    match (settings.mode, settings.threads.get()) {
        (Mode::Serial, _) | (_, 1) => "1 thread".to_owned(),
        (_, threads) => format!("{threads} threads"),
    }
}

/// How many runs there are, and their lengths.
pub(super) fn runs(session: &Session) -> String {
    let lengths: Vec<usize> = session.runs().iter().map(|run| run.volumes()).collect();
    let total = session.volumes();
    match lengths.as_slice() {
        [length] => {
            let files = session.images().count();
            let series = if files > 1 { format!(" in {files} files") } else { String::new() };
            format!("1: {length} volumes{series}")
        }
        lengths if lengths.len() <= MOST_RUNS_LISTED => {
            let listed: Vec<String> = lengths.iter().map(usize::to_string).collect();
            format!("{}: {} = {total} volumes", lengths.len(), listed.join(" + "))
        }
        lengths => {
            let (shortest, longest) = (lengths.iter().min(), lengths.iter().max());
            format!(
                "{}: {} to {} volumes each, {total} in all",
                lengths.len(),
                shortest.copied().unwrap_or_default(),
                longest.copied().unwrap_or_default()
            )
        }
    }
}

fn median_tsnr(outcome: &Outcome) -> String {
    let place = if outcome.mask.is_some() { " in the mask" } else { "" };
    match &outcome.summary().distribution {
        Some(distribution) => format!(
            "{} over {} defined voxels{place}",
            significant(distribution.median),
            outcome.counts.defined
        ),
        None => format!("none: no voxel{place} is defined"),
    }
}

fn seconds(started: Instant) -> String {
    let seconds = started.elapsed().as_secs_f64();
    if seconds < 1.0 { format!("{seconds:.3}") } else { format!("{seconds:.1}") }
}

/// Why how many voxels have no tSNR.
pub(super) fn reasons(counts: Counts) -> Vec<(usize, &'static str)> {
    let reasons = [
        (counts.all_zero, "always 0"),
        (counts.constant, "constant but not 0"),
        (counts.not_finite, "with NaN or infinite samples"),
    ];
    reasons.into_iter().filter(|(count, _)| *count > 0).collect()
}

fn undefined(counts: Counts, value: WrittenUndefined) -> String {
    let reasons = reasons(counts).into_iter().map(|(count, reason)| format!("{count} {reason}"));
    let reasons: Vec<String> = reasons.collect();
    let written = match value {
        WrittenUndefined::Zero => "0",
        WrittenUndefined::Nan => "NaN",
        WrittenUndefined::Division => "NaN or infinite",
        WrittenUndefined::ZeroOrNan => "0 or NaN",
    };
    match counts.undefined() {
        0 => "no voxel".to_owned(),
        1 => format!("1 voxel, written as {written}: {}", reasons.join(", ")),
        count => format!("{count} voxels, written as {written}: {}", reasons.join(", ")),
    }
}
