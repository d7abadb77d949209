//! The command line: what was typed, the order of the steps, progress and summary.
//!
//! Exit codes: 0 when every output is complete, 1 for a run that failed, 2 for a command
//! line that cannot be understood, 130 after Ctrl-C, 143 after SIGTERM. This module does not
//! compute.

mod arguments;
mod compare;
mod graphs;
mod progress;
mod resources;
mod signals;
mod summary;
mod talk;

use crate::error::{Error, Result};
use crate::image::{Encoding, Extension, MapHeader, write_map};
use crate::inputs;
use crate::output::{self, Batch};
use crate::pipeline::{self, Analysis, Maps, Mode, Session, Settings};
use crate::stats::definition::{Ddof, Definition};
use crate::stats::fold::Wanted;
use arguments::{Arguments, UndefinedValue};
use graphs::{Graphs, Watchers};
use progress::ByteBar;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use talk::Talk;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let started = Instant::now();
    let arguments = Arguments::from_command_line();
    let talk = Talk::new(arguments.quiet);
    match run(&arguments, talk, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            talk.error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, talk: Talk, started: Instant) -> Result<()> {
    signals::end_the_process_cleanly(talk)?;
    let inputs = inputs::expand(&arguments.inputs)?;
    inputs.remarks.iter().for_each(|remark| talk.note(remark));
    let session = Session::open(&inputs.images)?;
    session.warnings().iter().for_each(|warning| talk.warning(warning));
    for destination in arguments.files() {
        refuse_an_input(destination, &session)?;
        output::check_destination(destination)?;
    }
    if arguments.compare {
        return compare::run(arguments, &session);
    }
    let header = map_header(&session, arguments, talk)?;
    if arguments.verbose {
        talk.lines(summary::of_inputs(&session));
    }

    let settings = settings(arguments, &session, talk)?;
    let bar = ByteBar::new(session.voxel_bytes(), arguments.quiet || arguments.dry_run);
    let watchers = Arc::new(Watchers::new(arguments, bar, started));
    let opened = watchers.phase("open", 0.0);
    let plan = pipeline::plan(&session, &settings, graphs::watched(&watchers))?;
    let plan = if arguments.no_optimize { plan.unoptimized() } else { plan };
    let plan = plan.within(arguments.mem_limit);
    let graphs = Graphs::of(&plan, arguments, &session, &settings);
    graphs.draw_before()?;
    if arguments.explain {
        talk.lines(graphs::explanation(&plan));
    }
    if arguments.dry_run {
        talk.lines(graphs::dry_run(&plan, &session, &settings));
        return Ok(());
    }
    watchers.bar.expect_tasks(plan.outline().tasks.len());
    let planned = watchers.phase("plan", opened);
    let maps = plan.run(&*watchers);
    watchers.bar.clear();
    let maps = maps?;
    let computed = watchers.phase("compute", planned);
    write(&maps, &header, &session, arguments)?;
    watchers.phase("write", computed);
    if let Some(recorder) = &watchers.recorder {
        graphs.write_profile(recorder)?;
    }
    if !arguments.quiet {
        talk.lines(summary::of_run(&session, &settings, &maps, arguments, started));
    }
    Ok(())
}

/// What to compute.
fn analysis(arguments: &Arguments, session: &Session) -> Analysis {
    let plain = Analysis::plain(session);
    let definition = Definition { ddof: Ddof::Fixed(arguments.ddof), ..plain.definition };
    let wanted = Wanted {
        mean: arguments.mean.is_some(),
        std: arguments.std.is_some(),
        ..Wanted::default()
    };
    Analysis { definition, wanted, ..plain }
}

/// What to compute and how, with as many threads as the memory allows.
fn settings(arguments: &Arguments, session: &Session, talk: Talk) -> Result<Settings> {
    let asked = Settings {
        mode: arguments.mode.into(),
        threads: arguments.threads.first().copied().unwrap_or_else(resources::available_threads),
        chunk_length: arguments.chunk_length,
        analysis: analysis(arguments, session),
    };
    let limits = [arguments.mem_limit, resources::available_memory_bytes()];
    let threads = match limits.into_iter().flatten().min() {
        Some(limit) => pipeline::threads_within(limit, session, &asked)?,
        None => asked.threads,
    };
    let (asked_threads, settings) = (asked.threads, Settings { threads, ..asked });
    if threads < asked_threads {
        talk.note(format_args!("{threads} of {asked_threads} threads, to stay within the memory"));
    }
    if settings.mode != Mode::Array {
        let needed = pipeline::mebibytes(pipeline::predicted_bytes(session, &settings));
        talk.note(format_args!("{} mode holds every run and will need {needed}", settings.mode));
    }
    Ok(settings)
}

/// An output must not replace what it is made from.
fn refuse_an_input(destination: &Path, session: &Session) -> Result<()> {
    let Ok(destination_file) = fs::canonicalize(destination) else { return Ok(()) };
    let is_input = session
        .images()
        .any(|image| fs::canonicalize(&image.path).is_ok_and(|input| input == destination_file));
    if is_input {
        return Err(Error::new("the output is one of the inputs, which would be lost")
            .remedy("give another name, or a narrower pattern")
            .at(destination));
    }
    Ok(())
}

/// The header that the maps share, without extensions that speak of the run.
fn map_header(session: &Session, arguments: &Arguments, talk: Talk) -> Result<MapHeader> {
    let image = session.first_image();
    let (extensions, is_damaged) = image.extensions()?;
    let (dropped, kept): (Vec<_>, Vec<_>) = extensions
        .into_iter()
        .partition(|extension| extension.describes_the_time_course().is_some());
    for owner in dropped.iter().filter_map(Extension::describes_the_time_course) {
        talk.note(format_args!(
            "{}: its {owner} header extension describes the run and is not copied to the map",
            image.path.display()
        ));
    }
    if is_damaged {
        talk.note(format_args!(
            "{}: a damaged header extension is not copied to the map",
            image.path.display()
        ));
    }
    Ok(MapHeader::new(&image.header, kept, arguments.dtype.into()))
}

fn write(maps: &Maps, header: &MapHeader, session: &Session, arguments: &Arguments) -> Result<()> {
    let mut batch = Batch::default();
    for (destination, kind) in arguments.outputs() {
        let map = kind.of(maps);
        let description = summary::description(kind, session, arguments.ddof);
        let header = header.named(kind.name(), &description);
        let encoding = Encoding::of_output_name(destination).expect("the arguments were checked");
        // What is undefined is NaN in memory.
        let written = |value: f64| match arguments.undefined {
            UndefinedValue::Zero if value.is_nan() => 0.0,
            _ => value,
        };
        batch.write(destination, |to| write_map(to, encoding, &header, map, written))?;
    }
    batch.commit()
}
