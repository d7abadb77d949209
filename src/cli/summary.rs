//! What was read and what came out, in a few lines for a person.

use super::arguments::{Arguments, MapKind, UndefinedValue};
use super::resources;
use crate::image::SpatialUnit;
use crate::pipeline::{Maps, Mode, Session, Settings, mebibytes, predicted_bytes};
use crate::stats::quantiles::median;
use std::fmt::Write;
use std::time::Instant;

const VERSION: &str = concat!("tsnr ", env!("CARGO_PKG_VERSION"));

/// More runs than this are summed up, not listed.
const MOST_RUNS_LISTED: usize = 16;

/// What a map is, in at most 79 bytes, for its header.
pub(super) fn description(kind: MapKind, session: &Session, ddof: usize) -> String {
    let formula = match kind {
        MapKind::Tsnr => format!("mean/std, ddof {ddof}"),
        MapKind::Mean => "mean".to_owned(),
        MapKind::Std => format!("std, ddof {ddof}"),
    };
    format!("{VERSION}: {formula}, {} volumes, detrending none", session.volumes())
}

/// The inputs as they were understood, a line an image.
pub(super) fn of_inputs(session: &Session) -> String {
    let mut text = String::new();
    for (number, run) in session.runs().iter().enumerate() {
        for image in run.images() {
            let header = &image.header;
            let _ = write!(
                text,
                "run {}: {}, {} of {} {}",
                number + 1,
                image.path.display(),
                volumes(header.volumes),
                header.grid(),
                header.datatype
            );
            let (slope, intercept) = (header.scaling.slope(), header.scaling.intercept());
            if (slope, intercept) != (1.0, 0.0) {
                let _ = write!(text, " * {slope} + {intercept}");
            }
            if let Some(tr) = header.tr_seconds() {
                let _ = write!(text, ", TR {tr} s");
            }
            text.push('\n');
        }
    }
    text.pop();
    text
}

/// What was computed of what, how, and with what outcome.
pub(super) fn of_run(
    session: &Session,
    settings: &Settings,
    maps: &Maps,
    arguments: &Arguments,
    started: Instant,
) -> String {
    let header = session.header();
    let threads = threads(settings);
    let [dx, dy, dz] = header.voxel_sizes();
    let unit = match header.spatial_unit() {
        SpatialUnit::Unknown => "(unit unknown)".to_owned(),
        unit => unit.to_string(),
    };
    let files: Vec<String> =
        arguments.outputs().map(|(path, _)| path.display().to_string()).collect();
    let predicted = mebibytes(predicted_bytes(session, settings));
    let memory = match resources::peak_memory_bytes() {
        Some(bytes) => format!("peak memory {} of {predicted} predicted", mebibytes(bytes)),
        None => format!("{predicted} of memory predicted"),
    };
    let lines = [
        (VERSION, format!("{} mode, {threads}", settings.mode)),
        ("runs", runs(session)),
        ("grid", format!("{} voxels of {dx}x{dy}x{dz} {unit}", header.grid())),
        (
            "definition",
            format!(
                "tSNR = mean / std over all volumes, runs concatenated as they are; ddof {}, no \
                 detrending",
                arguments.ddof
            ),
        ),
        ("median tSNR", median_tsnr(maps)),
        ("undefined", undefined(maps, arguments.undefined)),
        ("written", format!("{} ({})", files.join(", "), arguments.dtype.name())),
        ("time", format!("{} s, {memory}", seconds(started))),
    ];
    let lines: Vec<String> =
        lines.iter().map(|(label, value)| format!("{label:<12} {value}")).collect();
    lines.join("\n")
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

fn median_tsnr(maps: &Maps) -> String {
    let mut defined: Vec<f64> = maps.tsnr.iter().copied().filter(|value| !value.is_nan()).collect();
    let count = defined.len();
    match median(&mut defined) {
        Some(median) => format!("{} over {count} defined voxels", significant(median)),
        None => "none: no voxel is defined".to_owned(),
    }
}

fn seconds(started: Instant) -> String {
    let seconds = started.elapsed().as_secs_f64();
    if seconds < 1.0 { format!("{seconds:.3}") } else { format!("{seconds:.1}") }
}

/// Four significant digits, as far as they lie behind the point.
fn significant(value: f64) -> String {
    let magnitude = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    if !(-4.0..7.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    format!("{value:.decimals$}")
}

fn undefined(maps: &Maps, value: UndefinedValue) -> String {
    let counts = maps.counts;
    let reasons = [
        (counts.all_zero, "always 0"),
        (counts.constant, "constant but not 0"),
        (counts.not_finite, "with NaN or infinite samples"),
    ];
    let reasons: Vec<String> = reasons
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, reason)| format!("{count} {reason}"))
        .collect();
    let written = match value {
        UndefinedValue::Zero => "0",
        UndefinedValue::Nan => "NaN",
    };
    match counts.undefined() {
        0 => "no voxel".to_owned(),
        1 => format!("1 voxel, written as {written}: {}", reasons.join(", ")),
        count => format!("{count} voxels, written as {written}: {}", reasons.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_shown() {
        let shown = [52.1987, 0.123456, 1234567.0, 1e9, -3.0, 0.0, 5e-7].map(significant);
        assert_eq!(shown, ["52.20", "0.1235", "1234567", "1.000e9", "-3.000", "0.000", "5.000e-7"]);
    }
}
