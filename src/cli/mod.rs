//! The command line: what was typed, the order of the steps, progress and summary.
//!
//! Exit codes: 0 when every output is complete, 1 for a run that failed, 2 for a command
//! line that cannot be understood, 130 after Ctrl-C, 143 after SIGTERM. This module does not
//! compute.

mod arguments;
mod choices;
mod clock;
mod compare;
mod definitions;
mod diff;
mod facts;
mod graphs;
mod json;
mod maps;
mod outcome;
mod progress;
mod regions;
mod resources;
mod show;
mod signals;
mod summary;
mod talk;
mod terminal;

use crate::diagnostics;
use crate::error::{Error, Result};
use crate::formats::Progress;
use crate::inputs;
use crate::modelling::{Prepared, Request, prepare};
use crate::output::{self, Batch};
use crate::pipeline::{self, Analysis, Mode, Session, Settings};
use crate::report::Facts;
use arguments::{Arguments, DiffArguments};
use choices::Chosen;
use graphs::{Graphs, Watchers};
use outcome::{Outcome, Work};
use progress::ByteBar;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use talk::Talk;
use terminal::Terminal;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let started = Instant::now();
    let (talk, outcome) = match DiffArguments::from_command_line() {
        Some(arguments) => {
            let talk = Talk::new(arguments.quiet);
            (talk, diff::run(&arguments, talk))
        }
        None => {
            let arguments = Arguments::from_command_line();
            let talk = Talk::new(arguments.quiet);
            (talk, run(&arguments, talk, started))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            talk.error(talk::worded(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, talk: Talk, started: Instant) -> Result<()> {
    signals::end_the_process_cleanly(talk)?;
    let inputs = inputs::expand(&arguments.inputs)?;
    inputs.remarks.iter().for_each(|remark| talk.note(remark));
    let session = Session::open(&inputs.images)?;
    for destination in arguments.files() {
        refuse_an_input(destination, arguments, &session)?;
        output::check_destination(destination)?;
    }
    if arguments.compare {
        diagnostics::of_headers(&session).iter().for_each(|it| talk.warning(it.line()));
        return compare::run(arguments, &session, talk);
    }
    if arguments.definitions {
        return definitions::run(arguments, &session, talk);
    }
    let chosen = Chosen::of(arguments, arguments.analysis.definition);
    let request = chosen.request(arguments)?;
    let prepared = prepared(arguments, &session, &request)?;
    let session = &prepared.session;
    diagnostics::of_headers(session).iter().for_each(|it| talk.warning(it.line()));
    prepared.notes.iter().for_each(|note| talk.note(note));
    let mask = outcome::mask_of_file(arguments, &prepared)?;
    mask.iter().filter_map(|it| it.misplaced.as_ref()).for_each(|it| talk.warning(it));
    let regions = regions::of_arguments(&arguments.regions, session, talk)?;
    let settings = settings(arguments, &chosen, &prepared, talk)?;
    let work = Work {
        arguments,
        chosen: &chosen,
        request: &request,
        prepared: &prepared,
        settings: &settings,
    };
    maps::check_names(&work)?;
    show::check_pictures(&work, talk)?;
    let sink = maps::sink(&work, talk)?;
    if arguments.verbose {
        talk.lines(summary::of_inputs(session));
    }

    let bar = ByteBar::new(session.voxel_bytes(), arguments.quiet || arguments.dry_run);
    let watchers = Arc::new(Watchers::new(arguments, bar, started));
    let opened = watchers.phase("open", 0.0);
    let plan = pipeline::plan(session, &settings, graphs::watched(&watchers))?;
    let plan = if arguments.no_optimize { plan.unoptimized() } else { plan };
    let plan = plan.within(arguments.mem_limit);
    let graphs = Graphs::of(&plan, arguments, session, &settings);
    graphs.draw_before()?;
    if arguments.explain {
        talk.lines(graphs::explanation(&plan));
    }
    if arguments.dry_run {
        talk.lines(graphs::dry_run(&plan, arguments, session, &settings));
        return Ok(());
    }
    watchers.bar.expect_tasks(plan.outline().tasks.len());
    let planned = watchers.phase("plan", opened);
    let maps = plan.run(&*watchers);
    watchers.bar.clear();
    let maps = maps?;
    let computed = watchers.phase("compute", planned);
    let mut outcome = Outcome::of(maps, mask, &work)?;
    outcome.check(arguments)?;
    let summarized = watchers.phase("summarize", computed);
    let mut batch = Batch::default();
    maps::write(&outcome, &*sink, &work, &mut batch)?;
    regions::write(&regions, &outcome, &work, talk, &mut batch)?;
    json::write(&outcome, &work, started, &mut batch)?;
    let written = watchers.phase("write", summarized);
    let preview = show::preview(&outcome, &work, Terminal::of_stderr())?;
    show::write_png(&outcome, &work, &mut batch)?;
    if let Some((path, recorder)) =
        arguments.pictures.report.as_ref().zip(watchers.recorder.as_ref())
    {
        let (graph, profile) = graphs.timed(recorder);
        let of_regions = regions::of_report(&regions, &outcome, &work);
        let facts = facts::of_run(&mut outcome, &work, graph, &profile)?;
        let facts = Facts { regions: of_regions, ..facts };
        show::write_page(path, &facts, &mut batch)?;
    }
    batch.commit()?;
    watchers.phase("draw", written);
    if let Some(recorder) = &watchers.recorder {
        graphs.write_profile(recorder)?;
    }
    let of_headers = diagnostics::of_headers(session).len();
    for finding in &outcome.findings[of_headers..] {
        if summary::is_warning(finding) {
            talk.warning(finding.line());
        }
    }
    if !arguments.quiet {
        talk.lines(summary::of_run(&outcome, &work, started) + &preview);
    }
    Ok(())
}

/// Which volumes are used of which runs, and what is fitted to them.
fn prepared(arguments: &Arguments, session: &Session, request: &Request) -> Result<Prepared> {
    let nobody: Arc<dyn Progress> = Arc::new(());
    prepare(session, request, asked_threads(arguments), &nobody)
}

fn asked_threads(arguments: &Arguments) -> NonZeroUsize {
    arguments.threads.first().copied().unwrap_or_else(resources::available_threads)
}

/// What to compute; `warn` is told of a mean that lies elsewhere.
///
/// # Errors
/// A mean from another image that cannot be had.
fn analysis(
    arguments: &Arguments,
    chosen: &Chosen,
    prepared: &Prepared,
    warn: impl Fn(&str),
) -> Result<Analysis> {
    let mean = match &arguments.analysis.mean_from {
        Some(path) => {
            let mean = pipeline::mean_from(path, &prepared.session, asked_threads(arguments))?;
            mean.misplaced.iter().for_each(|it| warn(it));
            Some(mean.values)
        }
        None => None,
    };
    Ok(Analysis {
        definition: chosen.definition,
        model: Arc::new(choices::with_numerator(&prepared.model, mean)),
        wanted: choices::wanted(arguments, chosen, &prepared.model),
        signals: choices::signals(arguments),
    })
}

/// What to compute and how; says what the memory has to do with it.
fn settings(
    arguments: &Arguments,
    chosen: &Chosen,
    prepared: &Prepared,
    talk: Talk,
) -> Result<Settings> {
    let session = &prepared.session;
    let analysis = analysis(arguments, chosen, prepared, |it| talk.warning(it))?;
    let settings = settings_within_memory(arguments, session, analysis)?;
    let (threads, asked) = (settings.threads, asked_threads(arguments));
    if threads < asked {
        talk.note(format_args!("{threads} of {asked} threads, to stay within the memory"));
    }
    if settings.mode != Mode::Array {
        let needed = pipeline::mebibytes(show::predicted_bytes(arguments, session, &settings));
        talk.note(format_args!("{} mode holds every run and will need {needed}", settings.mode));
    }
    Ok(settings)
}

/// How to compute, with as many threads as the memory allows.
///
/// # Errors
/// Memory that is too small for one.
fn settings_within_memory(
    arguments: &Arguments,
    session: &Session,
    analysis: Analysis,
) -> Result<Settings> {
    let asked = Settings {
        mode: arguments.mode.into(),
        threads: asked_threads(arguments),
        chunk_length: arguments.chunk_length,
        analysis,
    };
    let threads = match memory_limit(arguments) {
        Some(limit) => {
            let limit = limit.saturating_sub(show::bytes_beside(arguments, session));
            pipeline::threads_within(limit, session, &asked)?
        }
        None => asked.threads,
    };
    Ok(Settings { threads, ..asked })
}

/// The memory that may be taken, in bytes: what was said, or the machine has if that is less.
fn memory_limit(arguments: &Arguments) -> Option<u64> {
    [arguments.mem_limit, resources::available_memory_bytes()].into_iter().flatten().min()
}

/// An output must not replace what it is made from.
fn refuse_an_input(destination: &Path, arguments: &Arguments, session: &Session) -> Result<()> {
    let images = || session.images().map(|image| image.path());
    refuse_one_of(destination, images().chain(arguments.companions()))?;
    // What describes a run is no input of ours, and lost all the same.
    let sidecars: Vec<PathBuf> = images().map(sidecar_of).collect();
    refuse_one_of(destination, sidecars.iter().map(PathBuf::as_path))
}

fn refuse_one_of<'a>(destination: &Path, files: impl Iterator<Item = &'a Path>) -> Result<()> {
    let Ok(destination_file) = fs::canonicalize(destination) else { return Ok(()) };
    let mut files = files.filter_map(|file| fs::canonicalize(file).ok());
    if files.any(|file| file == destination_file) {
        return Err(Error::mismatch("the output is one of the inputs, which would be lost")
            .remedy("give another name, or a narrower pattern")
            .at(destination));
    }
    Ok(())
}

/// Where BIDS has the description of an image.
fn sidecar_of(image: &Path) -> PathBuf {
    let stem = image.with_extension("");
    let is_gzip = stem.extension().is_some_and(|ending| ending == "nii");
    if is_gzip { stem } else { image.to_owned() }.with_extension("json")
}
