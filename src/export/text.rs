//! The summary of a record, in a few lines for a person.

use super::Context;
use super::html::{Shown, tsnr_range};
use super::sentence;
use super::words::{MOST_RUNS_LISTED, counted, grid, printable, reasons, runs};
use crate::analysis::Planned;
use crate::error::Result;
use crate::findings::between_runs::variance;
use crate::formats::SpatialUnit;
use crate::maps::{Counts, RUN_TSNR, WrittenUndefined};
use crate::nuisance::Use;
use crate::pictures::Volume;
use crate::pictures::preview::{self, Colors};
use crate::pipeline::mebibytes;
use crate::record::Record;
use crate::runs::Session;
use crate::stats::summary::significant;
use std::path::PathBuf;
use taskgraph::PassReport;

/// The figures of a summary that its caller measured: the whole process, with everything that was
/// written.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// How long the process has run, in seconds.
    pub seconds: f64,
    /// The most memory that it has held, in bytes, where the system tells.
    pub peak_bytes: Option<u64>,
}

/// The summary: what was computed, how, and with what outcome, in lines of a label and its text.
pub fn summary(record: &Record, context: &Context, measured: Measured) -> String {
    let geometry = &record.geometry;
    let [dx, dy, dz] = geometry.voxel_sizes;
    let unit = match geometry.unit {
        SpatialUnit::Unknown => "(unit unknown)".to_owned(),
        unit => unit.to_string(),
    };
    let provenance = &record.provenance;
    let threads = counted(provenance.threads, "thread");
    let lengths: Vec<usize> = record.runs.iter().map(|run| run.uses.len()).collect();
    let files = record.runs.iter().map(|run| run.files.len()).sum();
    let program = format!("tsnr {}", provenance.version);
    let mut lines = vec![
        (program.as_str(), format!("{} mode, {threads}", provenance.mode)),
        ("runs", runs(&lengths, files)),
    ];
    let left_out = left_out(record);
    if !left_out.is_empty() {
        lines.push(("left out", left_out));
    }
    lines.push(("grid", format!("{} voxels of {dx}x{dy}x{dz} {unit}", geometry.grid())));
    lines.push(("definition", sentence::line(record)));
    if let Some(mask) = &record.mask {
        let count = mask.mask.count();
        lines.push((
            "mask",
            format!("{count} of {} voxels, {}", geometry.voxels(), mask.in_words()),
        ));
    }
    lines.push(("median tSNR", median_tsnr(record)));
    if let Some(distribution) = &record.summary().distribution {
        let [_, q25, q75, _] = distribution.quantiles.map(significant);
        lines.push(("quartiles", format!("{q25} to {q75}")));
    }
    if record.runs.len() > 1 && record.maps.get(RUN_TSNR).is_some() {
        let medians = record.runs.iter().map(|it| it.median_tsnr);
        let medians = medians.map(|it| it.map_or("none".to_owned(), significant));
        lines.push(("each run", medians.collect::<Vec<_>>().join(", ")));
    }
    if let Some(between) = &record.between_runs {
        lines.push((
            "between runs",
            format!(
                "{:.0}% of {}; median tSNR {} without the runs' own means",
                100.0 * between.share,
                variance(record.definition.fits_something()),
                significant(between.demean_median)
            ),
        ));
    }
    lines.push(("undefined", undefined(record.counts, record.definition.undefined)));
    let listed = |files: &[PathBuf]| -> String {
        files.iter().map(|it| it.display().to_string()).collect::<Vec<_>>().join(", ")
    };
    if !context.images.is_empty() {
        let precision = context.precision.name();
        lines.push(("written", format!("{} ({precision})", listed(&context.images))));
    }
    match context.tables.as_slice() {
        [] => {}
        [table, sidecar] => lines
            .push(("table", format!("{}, described in {}", table.display(), sidecar.display()))),
        tables => lines.push(("table", listed(tables))),
    }
    if !context.pictures.is_empty() {
        lines.push(("pictures", listed(&context.pictures)));
    }
    let predicted = mebibytes(provenance.predicted_bytes);
    let memory = match measured.peak_bytes {
        Some(bytes) => format!("peak memory {} of {predicted} predicted", mebibytes(bytes)),
        None => format!("{predicted} of memory predicted"),
    };
    if !context.is_reproducible {
        lines.push(("time", format!("{} s, {memory}", seconds(measured.seconds))));
    }
    let lines: Vec<String> =
        lines.iter().map(|(label, value)| format!("{label:<12} {}", printable(value))).collect();
    lines.join("\n")
}

/// The inputs as they were understood, a line an image.
pub fn inputs(session: &Session) -> String {
    let mut lines = Vec::new();
    for (number, run) in session.runs().iter().enumerate() {
        for image in run.images() {
            let mut line = format!(
                "run {}: {}, {} of {} {}",
                number + 1,
                image.path().display(),
                counted(image.volumes(), "volume"),
                image.geometry().grid(),
                image.datatype()
            );
            let (slope, intercept) = (image.scaling().slope(), image.scaling().intercept());
            if (slope, intercept) != (1.0, 0.0) {
                line += &format!(" * {slope} + {intercept}");
            }
            if let Some(tr) = run.tr_seconds() {
                line += &format!(", TR {tr} s");
            }
            lines.push(printable(&line));
        }
    }
    lines.join("\n")
}

/// The effect of each pass on the task graph, a line each; `tasks` is how many there are in the
/// end.
pub fn passes(passes: &[PassReport], tasks: usize) -> String {
    if passes.is_empty() {
        return format!("graph        {tasks} tasks, as they are declared");
    }
    let line = |pass: &PassReport| {
        let PassReport { name, description, before, after } = pass;
        format!("{name:<12} {before:>6} -> {after:>6} tasks   {description}")
    };
    passes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The plan of a dry run: what would be done, and which files would be written.
pub fn dry_run(planned: &Planned, files: &[String]) -> String {
    let session = planned.session();
    let lengths: Vec<usize> = session.runs().iter().map(|run| run.volumes()).collect();
    let written = match files {
        [] => "no file".to_owned(),
        files => printable(&files.join(", ")),
    };
    format!(
        "dry run      {} mode, {}, {} tasks\nruns         {}\ngrid         {} voxels\nmemory       \
         {} predicted\nto write     {written}\nnothing was computed",
        planned.mode(),
        counted(planned.threads(), "thread"),
        planned.outline().tasks.len(),
        runs(&lengths, session.images().count()),
        session.geometry().grid(),
        mebibytes(planned.predicted_bytes()),
    )
}

/// The tSNR as a terminal shows it: its distribution and, with colours, axial slices. Each line
/// ends with a line break but the last.
///
/// # Errors
/// Slices that the grid does not have.
pub fn preview(record: &Record, shown: &Shown, colors: Option<Colors>) -> Result<String> {
    let grid = grid(&record.geometry);
    let volume = Volume::new(&grid, record.maps.tsnr())?;
    let mut text = preview::histogram(volume.values());
    if let (Some(colors), false) = (colors, text.is_empty()) {
        let (range, _) = tsnr_range(&volume, shown.range);
        text += &preview::axial_slices(&volume, shown.colormap, range, colors);
    }
    Ok(match text.trim_end_matches('\n') {
        "" => String::new(),
        text => format!("tSNR, and the share of the defined voxels with it:\n{text}"),
    })
}

/// The volumes of the runs that were not used, in words.
fn left_out(record: &Record) -> String {
    let uses = [
        (Use::Dummy, "as dummy scans"),
        (Use::Censored, "as censored"),
        (Use::NotChosen, "as not chosen"),
    ];
    let parts = uses.iter().filter_map(|&(wanted, words)| {
        let counts: Vec<usize> = record.runs.iter().map(|run| run.count(wanted)).collect();
        let total: usize = counts.iter().sum();
        let each: Vec<String> = counts.iter().map(usize::to_string).collect();
        let each = match counts.len() {
            2..=MOST_RUNS_LISTED => format!(" ({})", each.join(" + ")),
            _ => String::new(),
        };
        (total > 0).then(|| format!("{}{each} {words}", counted(total, "volume")))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn median_tsnr(record: &Record) -> String {
    let place = if record.mask.is_some() { " in the mask" } else { "" };
    match &record.summary().distribution {
        Some(distribution) => format!(
            "{} over {} defined voxels{place}",
            significant(distribution.median),
            record.counts.defined
        ),
        None => format!("none: no voxel{place} is defined"),
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{seconds:.3}") } else { format!("{seconds:.1}") }
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
