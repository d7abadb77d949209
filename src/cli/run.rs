//! The command that computes maps: plan, check, compute, write, sum up.

use super::arguments::RunArguments;
use super::progress::ReadingBar;
use super::terminal::{Terminal, columns_of_stderr};
use super::{Process, compare, outputs, print};
use crate::analysis::{Planned, by_each_tool};
use crate::error::{Error, Result};
use crate::export::graph::Subject;
use crate::export::html::Shown;
use crate::export::png::Ground;
use crate::export::{
    Context, MapOutput, check_names, check_several, definitions, encoding, graph, html, json,
    nifti, png, text, tsv,
};
use crate::findings::{Finding, refused};
use crate::output::Batch;
use crate::record::Record;
use crate::resources;
use crate::runs::{by_hemisphere, name_of};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use taskgraph::drawing::{Format, Picture};
use taskgraph::profile::Profile;

/// The width of what is drawn where there is no terminal.
const PREVIEW_COLUMNS: usize = 79;

/// Computes what was asked for, writes it and says what came out: for each hemisphere, if the name of an output
/// asks for that.
pub(super) fn run(arguments: &RunArguments, process: &Process) -> Result<()> {
    if arguments.compare {
        return compare::run(&arguments.as_comparison(), process);
    }
    if arguments.definitions {
        let (observer, cancellation) = (process.messages, &process.interruption.cancellation);
        return print(&definitions::table(&by_each_tool(
            &arguments.recipe(),
            Arc::new(observer),
            cancellation,
        )?));
    }
    if !arguments.asks_for_hemispheres() {
        return run_all(std::slice::from_ref(arguments), process);
    }
    let each = by_hemisphere(&arguments.inputs)?.into_iter();
    let each = each.map(|(name, runs)| RunArguments::of_hemisphere(name, runs));
    run_all(&each.collect::<Vec<_>>(), process)
}

/// The outputs that are asked for of an analysis.
struct Asked<'a> {
    arguments: &'a RunArguments,
    maps: Vec<MapOutput>,
    files: Vec<PathBuf>,
    context: Context,
    ground: Ground,
    shown: Shown,
    /// The graph as it was before optimisation, if it is to be drawn.
    raw: Option<taskgraph::Outline>,
}

/// Computes analyses one after the other, and writes the files of all of them together.
fn run_all(each: &[RunArguments], process: &Process) -> Result<()> {
    let mut all = each.iter().map(|it| planned(it, process)).collect::<Result<Vec<_>>>()?;
    let files: Vec<PathBuf> = all.iter().flat_map(|(_, asked)| asked.files.clone()).collect();
    let read = all.iter().flat_map(|(planned, asked)| {
        planned.files_read().chain(asked.arguments.pictures.files_read())
    });
    outputs::check(&files, read, process)?;
    all.iter_mut().try_for_each(|(planned, asked)| asked.look(planned, process))?;
    let mut computed = Vec::new();
    for (planned, mut asked) in all {
        if asked.arguments.dry_run {
            refuse_findings(asked.arguments, planned.findings())?;
            dry_run(asked.arguments, &planned, &asked.files, process)?;
            continue;
        }
        asked.raw = asked.arguments.visualize_raw.then(|| planned.raw_outline());
        let record = planned.run()?;
        refuse_findings(asked.arguments, &record.findings)?;
        computed.push((record, asked));
    }
    let mut batch = process.under_way.batch();
    let written = computed
        .iter()
        .try_for_each(|(record, asked)| write(record, asked, &mut batch, process))
        .and_then(|()| process.commit(batch));
    for (record, Asked { arguments, context, .. }) in &computed {
        if !process.messages.is_quiet && !process.interruption.is_there() {
            let nothing = outputs::context_of_process(context.is_reproducible);
            say(arguments, record, if written.is_ok() { context } else { &nothing }, process)?;
        }
    }
    written
}

/// Plans an analysis, and names its files.
fn planned<'a>(arguments: &'a RunArguments, process: &Process) -> Result<(Planned, Asked<'a>)> {
    outputs::check_folders(arguments, process)?;
    let progress = Arc::new(ReadingBar::new(process.messages, arguments.dry_run));
    let cancellation = &process.interruption.cancellation;
    let planned = Planned::new(&arguments.recipe(), progress, cancellation)?;
    let maps = MapOutput::named(arguments.maps_to_write(), planned.session().runs().len())?;
    let context = outputs::context(arguments, &maps);
    let format = planned.map_format(context.format)?;
    check_names(format, &context.images)?;
    check_several(format, &maps)?;
    let files = maps.iter().map(|it| it.path.clone()).chain(arguments.files_beside_maps());
    let (files, shown, ground) = (files.collect(), arguments.pictures.shown(), Ground::None);
    Ok((planned, Asked { arguments, maps, files, context, ground, shown, raw: None }))
}

impl Asked<'_> {
    /// Reads what is drawn on or over, and says what was asked of the plan.
    fn look(&mut self, planned: &Planned, process: &Process) -> Result<()> {
        let pictures = &self.arguments.pictures;
        self.ground = match (pictures.overlay_file(), &pictures.overlay) {
            (Some(path), _) => {
                Ground::Image(planned.values_on_grid(path, "overlay")?, name_of(path))
            }
            (None, Some(_)) => Ground::Mean,
            (None, None) => Ground::None,
        };
        self.shown.surfaces = html::meshes(planned.surfaces(&pictures.surfaces)?)?;
        html::check_slices(planned.session().geometry(), &self.shown)?;
        if self.arguments.verbose {
            process.messages.lines(text::inputs(planned.session()));
        }
        if self.arguments.explain {
            let tasks = planned.outline().tasks.len();
            process.messages.lines(text::passes(planned.passes(), tasks));
        }
        Ok(())
    }
}

/// Writes all files that were asked for of an analysis.
fn write(record: &Record, asked: &Asked, batch: &mut Batch, process: &Process) -> Result<()> {
    let Asked { arguments, maps, context, ground, shown, raw, .. } = asked;
    let mut profile = record.timings.profile.clone();
    let began_writing = process.started.elapsed();
    for MapOutput { path, maps } in maps {
        batch.write(path, |to| {
            nifti::write(record, maps, encoding(path, context.format), context, to)
        })?;
    }
    if let Some(path) = &arguments.mask_out {
        batch.write(path, |to| {
            nifti::write_mask(record, encoding(path, context.format), context, to)
        })?;
    }
    if let Some(name) = &arguments.regions.table {
        batch.write_text(&name.table, &tsv::table(record))?;
        if let Some(path) = &name.sidecar {
            batch.write_text(path, &tsv::sidecar(record))?;
        }
    }
    if let Some(path) = &arguments.json {
        batch.write_text(path, &json::text(record, context))?;
    }
    let began_drawing = process.started.elapsed();
    if let Some(path) = &arguments.pictures.png {
        let paper = arguments.pictures.paper();
        png::with_slide(record, shown, ground, paper, |slide| {
            batch.write(path, |to| slide.write(to))
        })?;
    }
    if let Some(path) = &arguments.pictures.report {
        batch.write_text(path, &html::page(record, shown, context)?)?;
    }
    if let Some(profile) = &mut profile {
        profile.add_phase("write", (began_drawing - began_writing).as_secs_f64());
        profile.add_phase("draw", (process.started.elapsed() - began_drawing).as_secs_f64());
    }
    write_graph(arguments, record, raw.as_ref(), profile.as_ref(), batch)
}

/// Says the summary, and shows what a terminal shows of the map.
fn say(
    arguments: &RunArguments,
    record: &Record,
    context: &Context,
    process: &Process,
) -> Result<()> {
    let measured = text::ProcessFigures {
        seconds: process.started.elapsed().as_secs_f64(),
        peak_bytes: resources::peak_memory_bytes(),
    };
    process.messages.lines(text::summary(record, context, measured));
    let options = &arguments.pictures;
    let terminal = Terminal::of_stderr();
    if process.messages.is_json || (terminal == Terminal::None && !options.preview) {
        return Ok(());
    }
    let colors = match terminal {
        Terminal::Colored(colors) if options.preview => Some(colors),
        _ => None,
    };
    // The last column is left free: a terminal may break the line there.
    let columns = columns_of_stderr().map_or(PREVIEW_COLUMNS, |columns| columns.saturating_sub(1));
    process.messages.drawn(text::preview(record, &options.shown(), colors, columns)?);
    Ok(())
}

/// Draws the graph and the profile of it, where they were asked for.
fn write_graph(
    arguments: &RunArguments,
    record: &Record,
    raw: Option<&taskgraph::Outline>,
    profile: Option<&Profile>,
    batch: &mut Batch,
) -> Result<()> {
    if let Some(path) = &arguments.visualize {
        let subject = Subject::from_record(record);
        let coloring = arguments.color_by.into();
        let picture = match (raw, profile) {
            // The tasks that ran are others.
            (Some(raw), _) => Subject { outline: raw, is_raw: true, ..subject }.picture(coloring),
            (None, Some(profile)) if arguments.profile.is_some() => {
                subject.picture(coloring).with_seconds(profile.task_seconds())
            }
            (None, _) => subject.picture(coloring),
        };
        write_picture(batch, path, &picture)?;
    }
    let Some((path, profile)) = arguments.profile.as_ref().zip(profile) else { return Ok(()) };
    let is_trace = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"));
    let text = if is_trace { profile.trace("tsnr") } else { graph::profile_page(record, profile) };
    batch.write_text(path, &text)
}

/// Writes a picture of a graph, in the format that its name says.
fn write_picture(batch: &mut Batch, path: &Path, picture: &Picture) -> Result<()> {
    let format = Format::of_name(path).expect("the arguments were checked");
    batch.write_text(path, &picture.text(format))
}

/// Says what would be done, and draws the graph of it.
fn dry_run(
    arguments: &RunArguments,
    planned: &Planned,
    files: &[PathBuf],
    process: &Process,
) -> Result<()> {
    if let Some(path) = &arguments.visualize {
        let is_raw = arguments.visualize_raw;
        let outline = if is_raw { planned.raw_outline() } else { planned.outline() };
        let subject = Subject::from_plan(planned, &outline, is_raw);
        let mut batch = process.under_way.batch();
        write_picture(&mut batch, path, &subject.picture(arguments.color_by.into()))?;
        process.commit(batch)?;
    }
    let drawn = arguments.visualize.as_ref();
    let others = files.iter().filter(|file| Some(*file) != drawn);
    let others: Vec<PathBuf> = others.cloned().collect();
    process.messages.lines(text::dry_run(planned, &others));
    Ok(())
}

/// Refuses findings that are not allowed, where they are errors.
///
/// # Errors
/// The findings, with their names.
fn refuse_findings(arguments: &RunArguments, findings: &[Finding]) -> Result<()> {
    if !arguments.strict {
        return Ok(());
    }
    let refused = refused(findings, &arguments.allow);
    let Some(first) = refused.first() else { return Ok(()) };
    let mut names: Vec<&str> = refused.iter().map(|it| it.name).collect();
    names.dedup();
    let names: Vec<String> = names.iter().map(|it| format!("--allow {it}")).collect();
    let more = match refused.len() {
        1 => String::new(),
        count => format!(" ({} more)", count - 1),
    };
    Err(Error::mismatch(format!("{}: {}{more}", first.name, first.text))
        .remedy(format!("mend it, or let it pass with {}; nothing was written", names.join(" "))))
}
