//! The summary of a record, in a few lines for a person.

use super::Context;
use super::html::{Shown, tsnr_range};
use super::sentence;
use super::words::{
    LABEL_COLUMNS, MOST_RUNS_LISTED, grid, printable, reasons, resampled_line, runs, stored,
};
use crate::analysis::Planned;
use crate::error::Result;
use crate::findings::between_runs::variance;
use crate::formats::{Geometry, Points, SpatialUnit};
use crate::maps::{Counts, RUN_TSNR, WrittenUndefined};
use crate::nuisance::Use;
use crate::numbers::{self, counted, figure, figure_or_none, mebibytes_needed, seconds, share};
use crate::pictures::Volume;
use crate::pictures::preview::{self, Colors};
use crate::record::{Record, RunRecord, short_names};
use crate::runs::Session;
use std::path::PathBuf;
use taskgraph::PassReport;

/// The number of runs with the lowest medians that are named of many.
const LOWEST_NAMED: usize = 3;
/// More files than this are counted, not listed.
const MOST_FILES_LISTED: usize = 16;

/// The figures of a summary that its caller measured: the whole process, with everything that was
/// written.
#[derive(Clone, Copy, Debug)]
pub struct ProcessFigures {
    /// How long the process has run, in seconds.
    pub seconds: f64,
    /// The most memory that it has held, in bytes, where the system tells.
    pub peak_bytes: Option<u64>,
}

/// The summary: what was computed, how, and with what outcome, in lines of a label and its text.
pub fn summary(record: &Record, context: &Context, measured: ProcessFigures) -> String {
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
    lines.push(match &geometry.points {
        None => ("grid", format!("{} voxels of {dx}x{dy}x{dz} {unit}", geometry.grid())),
        Some(points) => ("points", of_structures(points, geometry)),
    });
    lines.push(("definition", sentence::line(record)));
    if let Some(mask) = &record.mask {
        let count = mask.mask.count();
        let (count, all) = (numbers::count(count), geometry.voxels());
        let all = format!("{} {}", numbers::count(all), geometry.thing(all));
        lines.push(("mask", format!("{count} of {all}, {}", mask.in_words())));
    }
    lines.extend(resampled_line(&record.findings).map(|it| ("resampled", it)));
    if let Some(median) = record.brain.as_ref().and_then(|it| it.median()) {
        let brain = record.brain.as_ref().map_or(0, |it| it.mask.mask.count());
        let brain = numbers::count(brain);
        let of = format!("median tSNR in the {brain} voxels of an automatic brain mask");
        lines.push(("brain", format!("{}, {of}", figure(median))));
    }
    let have_own = record.runs.len() > 1 && record.maps.get(RUN_TSNR).is_some();
    if have_own && record.brain.is_some() {
        let in_brain = each_run(record, |run| run.brain_median_tsnr);
        lines.push(("each run", format!("{in_brain} (in the brain)")));
    }
    lines.push(("median tSNR", median_tsnr(record)));
    if let Some(distribution) = &record.summary().distribution {
        let [_, q25, q75, _] = distribution.quantiles.map(figure);
        lines.push(("quartiles", format!("{q25} to {q75}")));
    }
    if have_own {
        lines.push(("each run", each_run(record, |run| run.median_tsnr)));
    }
    if let Some(between) = &record.between_runs {
        lines.push((
            "between runs",
            format!(
                "{} of {}; median tSNR {} without the runs' own means",
                share(between.share),
                variance(record.definition.fits_something()),
                figure(between.demean_median)
            ),
        ));
    }
    let written = (!context.images.is_empty()).then_some(record.definition.undefined);
    lines.push(("undefined", undefined(record.counts, written, geometry)));
    let unchecked = record.findings.iter().filter(|it| it.name == "not-checked");
    let unchecked: Vec<&str> = unchecked.filter_map(|it| it.data.get("rule")?.as_str()).collect();
    if !unchecked.is_empty() {
        lines.push(("not checked", unchecked.join(", ")));
    }
    if !context.images.is_empty() {
        lines.push((
            "written",
            format!("{} ({})", listed(&context.images), stored(record, context)),
        ));
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
    let predicted = mebibytes_needed(provenance.predicted_bytes);
    let memory = match measured.peak_bytes {
        Some(bytes) => format!("peak memory {} of {predicted} predicted", mebibytes_needed(bytes)),
        None => format!("{predicted} of memory predicted"),
    };
    if !context.is_reproducible {
        lines.push(("time", format!("{}, {memory}", seconds(measured.seconds))));
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|(label, value)| format!("{label:<0$}{1}", LABEL_COLUMNS, printable(value)))
        .collect();
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
        return format!("graph        {}, as they are declared", counted(tasks, "task"));
    }
    let line = |pass: &PassReport| {
        let PassReport { name, description, before, after } = pass;
        format!(
            "{name:<12} {:>6} -> {:>6} tasks   {description}",
            numbers::count(*before),
            numbers::count(*after)
        )
    };
    passes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The plan of a dry run: what would be done, and which files would be written.
pub fn dry_run(planned: &Planned, files: &[PathBuf]) -> String {
    let session = planned.session();
    let lengths: Vec<usize> = session.runs().iter().map(|run| run.volumes()).collect();
    let written = match files {
        [] => "no file".to_owned(),
        files => printable(&listed(files)),
    };
    let geometry = session.geometry();
    let (label, grid) = match &geometry.points {
        None => ("grid", format!("{} voxels", geometry.grid())),
        Some(points) => ("points", of_structures(points, geometry)),
    };
    format!(
        "dry run      {} mode, {}, {}\nruns         {}\n{:<LABEL_COLUMNS$}{}\nmemory       {} \
         predicted\nto write     {written}\nnothing was computed",
        planned.mode(),
        counted(planned.threads(), "thread"),
        counted(planned.outline().tasks.len(), "task"),
        runs(&lengths, session.images().count()),
        label,
        grid,
        mebibytes_needed(planned.predicted_bytes()),
    )
}

/// Points that lie on no grid, and of how many structures they are.
fn of_structures(points: &Points, geometry: &Geometry) -> String {
    match points.structures.len() {
        0 | 1 => geometry.grid(),
        some => format!("{} of {}", geometry.grid(), counted(some, "structure")),
    }
}

/// The tSNR as a terminal shows it: its distribution and, with colours, axial slices. Each line
/// ends with a line break but the last, and has at most so many columns.
///
/// # Errors
/// Slices that the grid does not have.
pub fn preview(
    record: &Record,
    shown: &Shown,
    colors: Option<Colors>,
    columns: usize,
) -> Result<String> {
    if record.geometry.points.is_some() {
        return Ok(preview::histogram(record.maps.tsnr(), columns));
    }
    let grid = grid(&record.geometry);
    let volume = Volume::new(&grid, record.maps.tsnr())?;
    let mut text = preview::histogram(volume.values(), columns);
    if let (Some(colors), false) = (colors, text.is_empty()) {
        let (range, _) = tsnr_range(&volume, shown.range);
        text += &preview::axial_slices(&volume, shown.colormap, range, colors, columns);
    }
    Ok(match text.trim_end_matches('\n') {
        "" => String::new(),
        text => format!("tSNR, and the share of the defined voxels with it:\n{text}"),
    })
}

/// The volumes of the runs that were not used, in words.
pub(super) fn left_out(record: &Record) -> String {
    let uses = [
        (Use::Dummy, "as dummy scans"),
        (Use::Censored, "as censored"),
        (Use::NotChosen, "as not chosen"),
    ];
    let parts = uses.iter().filter_map(|&(wanted, words)| {
        let counts: Vec<usize> = record.runs.iter().map(|run| run.count(wanted)).collect();
        let total: usize = counts.iter().sum();
        let each: Vec<String> = counts.iter().copied().map(numbers::count).collect();
        let each = match counts.len() {
            2..=MOST_RUNS_LISTED => format!(" ({})", each.join(" + ")),
            _ => String::new(),
        };
        (total > 0).then(|| format!("{}{each} {words}", counted(total, "volume")))
    });
    parts.collect::<Vec<_>>().join(", ")
}

pub(super) fn median_tsnr(record: &Record) -> String {
    let place = if record.mask.is_some() { " in the mask" } else { "" };
    match &record.summary().distribution {
        Some(distribution) => format!(
            "{} over {}{place}",
            figure(distribution.median),
            counted(record.counts.defined, "defined voxel")
        ),
        None => format!("none: no voxel{place} is defined"),
    }
}

/// The median of each run by name; of many the range, and the worst three.
fn each_run(record: &Record, median: fn(&RunRecord) -> Option<f64>) -> String {
    let names = short_names(&record.runs);
    let medians = record.runs.iter().map(median);
    let mut named: Vec<(String, Option<f64>)> = names.into_iter().zip(medians).collect();
    let said = |runs: &[(String, Option<f64>)]| {
        let said = runs.iter().map(|(name, it)| format!("{name} {}", figure_or_none(*it)));
        said.collect::<Vec<_>>().join(", ")
    };
    if named.len() <= MOST_RUNS_LISTED {
        return said(&named);
    }
    // Runs without a median are the worst of all.
    let place = |run: &(String, Option<f64>)| run.1.unwrap_or(f64::NEG_INFINITY);
    named.sort_by(|a, b| place(a).total_cmp(&place(b)));
    let known: Vec<f64> = named.iter().filter_map(|it| it.1).collect();
    let (Some(least), Some(most)) = (known.first(), known.last()) else {
        return "none has a median".to_owned();
    };
    format!("{} to {}; lowest {}", figure(*least), figure(*most), said(&named[..LOWEST_NAMED]))
}

/// Names of files: of many the first and the last, and how many there are.
fn listed(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
    match names.as_slice() {
        [first, .., last] if names.len() > MOST_FILES_LISTED => {
            format!("{}: {first} to {last}", counted(names.len(), "file"))
        }
        names => names.join(", "),
    }
}

/// How many voxels are undefined, what is written for them if a map is, and why.
fn undefined(counts: Counts, written: Option<WrittenUndefined>, geometry: &Geometry) -> String {
    let reasons = reasons(counts)
        .into_iter()
        .map(|(count, reason)| format!("{} {reason}", numbers::count(count)));
    let reasons: Vec<String> = reasons.collect();
    let written = match written {
        None => "",
        Some(WrittenUndefined::Zero) => ", written as 0",
        Some(WrittenUndefined::Nan) => ", written as NaN",
        Some(WrittenUndefined::Division) => ", written as NaN or infinite",
        Some(WrittenUndefined::ZeroOrNan) => ", written as 0 or NaN",
    };
    match counts.undefined() {
        0 => format!("no {}", geometry.thing(1)),
        count => {
            let voxels = format!("{} {}", numbers::count(count), geometry.thing(count));
            format!("{voxels}{written}: {}", reasons.join(", "))
        }
    }
}
