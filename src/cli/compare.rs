//! `--compare`: the three modes, each in a process of its own.

use super::arguments::CompareArguments;
use super::progress::RoundBar;
use super::{Process, outputs, print};
use crate::analysis::{Observer, Planned, check_read_again};
use crate::compare::{
    ComparedRuns, Contender, Measured, Rounding, compare_maps, json, measure, table, tolerance,
};
use crate::error::{Error, ErrorKind, Result};
use crate::maps::{STD, WrittenUndefined};
use crate::output::STDOUT;
use crate::pipeline::{Beside, Mode, single_volume};
use crate::recipe::Recipe;
use crate::resources;
use crate::runs::Session;
use std::fs::File;
use std::io::{self, Seek};
use std::num::NonZeroUsize;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::{env, fs};

/// How often each mode is run, if that is not said.
const ROUNDS: usize = 3;

/// Runs the modes in turns and prints what each used, and how far its map is from the first's.
pub(super) fn run(arguments: &CompareArguments, process: &Process) -> Result<()> {
    process.under_way.check(arguments.json.as_deref())?;
    let mut recipe = arguments.recipe();
    check_read_again(&recipe.inputs)?;
    recipe.definition.undefined = Some(WrittenUndefined::Nan);
    let (session, mut contenders) = contenders(arguments, &recipe, process)?;
    let new_file = |_: &Contender| process.under_way.unnamed_file();
    let maps: Vec<File> = contenders.iter().map(new_file).collect::<Result<_>>()?;
    read_once(&session)?;
    let runnable: Vec<usize> =
        (0..contenders.len()).filter(|&index| contenders[index].skipped.is_none()).collect();
    let rounds = arguments.repeat.map_or(ROUNDS, NonZeroUsize::get);
    let bar = RoundBar::new(rounds * runnable.len(), process.messages);
    for round in 0..rounds {
        for turn in 0..runnable.len() {
            let index = runnable[(turn + round) % runnable.len()];
            let contender = &mut contenders[index];
            contender.runs.push(run_once(&recipe, contender, &[], &maps[index])?);
            if process.interruption.cancellation.is_cancelled() {
                return Err(Error::cancelled());
            }
            bar.advance();
        }
    }
    bar.clear();
    let shape = session.geometry().shape;
    let rounding = Rounding::of_session(&recipe, &session)?;
    // Only beside an intercept does the std matter; the last is the most sparing.
    let std = match runnable.last() {
        Some(&last) if rounding.intercept.is_some_and(|it| it > 0.0) => {
            let std = process.under_way.unnamed_file()?;
            let mut recipe = recipe.clone();
            recipe.maps.extend([STD]);
            run_once(&recipe, &contenders[last], &["--write-std"], &std)?;
            values(&std)?
        }
        _ => vec![],
    };
    let tolerance =
        |voxel: usize, tsnr| tolerance(tsnr, std.get(voxel).copied().unwrap_or(f64::NAN), rounding);
    let agreement = compare_maps(&mut contenders, |index| values(&maps[index]), tolerance, shape);
    match agreement {
        // Of maps that disagree the rows are shown; of one that cannot be read nothing is.
        Err(error) if error.kind() != ErrorKind::Defect => Err(error),
        agreement => {
            report(arguments.json.as_deref(), &session, rounds, &contenders, process)?;
            agreement
        }
    }
}

/// The modes to compare, and the runs; a mode that would need too much memory is skipped.
fn contenders(
    arguments: &CompareArguments,
    recipe: &Recipe,
    process: &Process,
) -> Result<(Session, Vec<Contender>)> {
    let asked = match arguments.computing.threads.as_slice() {
        [] => vec![resources::available_threads()],
        asked => asked.to_vec(),
    };
    let (mut contenders, mut session) = (Vec::new(), None);
    for mode in [Mode::Array, Mode::Serial, Mode::Delayed] {
        let threads = if mode == Mode::Serial { &[NonZeroUsize::MIN] } else { asked.as_slice() };
        for &threads in threads {
            let mut recipe = recipe.clone();
            recipe.computing.mode = mode;
            recipe.computing.threads = Some(threads);
            // What is found in the runs holds for all modes, and is told once.
            let observer: Arc<dyn Observer> = match session {
                None => Arc::new(process.messages),
                Some(_) => Arc::new(()),
            };
            let contender = |tasks| Contender::new(mode.name(), threads.get(), tasks);
            contenders.push(
                match Planned::new(&recipe, observer, &process.interruption.cancellation) {
                    Ok(planned) => {
                        let files: Vec<PathBuf> = arguments.json.iter().cloned().collect();
                        outputs::check(&files, planned.files_read(), process)?;
                        session.get_or_insert_with(|| planned.session().clone());
                        contender(planned.outline().tasks.len())
                    }
                    Err(error) if error.kind() == ErrorKind::Memory && mode != Mode::Array => {
                        let skipped = Some(format!("{}: not run", error.problem()));
                        Contender { skipped, ..contender(0) }
                    }
                    Err(error) => return Err(error),
                },
            );
        }
    }
    // As they are listed: serial first, which the others are held against.
    contenders.rotate_left(asked.len());
    Ok((session.expect("array mode is planned"), contenders))
}

/// Reads every file, so that no mode is the one that waits for the disk.
fn read_once(session: &Session) -> Result<()> {
    for file in session.images().flat_map(|image| image.files()) {
        let read = || io::copy(&mut fs::File::open(&file)?, &mut io::sink());
        read().map_err(|error| Error::io("cannot read", error).at(&file))?;
    }
    Ok(())
}

/// Has this program, in a process of its own, write a map of a recipe in one mode.
fn run_once(
    recipe: &Recipe,
    contender: &Contender,
    options: &[&str],
    map: &File,
) -> Result<Measured> {
    let mut recipe = recipe.clone();
    recipe.computing.mode =
        Mode::ALL.into_iter().find(|it| it.name() == contender.mode).expect("a mode");
    recipe.computing.threads = NonZeroUsize::new(contender.threads);
    let recipe = serde_json::to_string(&recipe).map_err(|error| {
        Error::unsupported(format!("cannot hand the runs to another process: {error}"))
            .remedy("give names that are UTF-8")
    })?;
    let program =
        env::current_exe().map_err(|error| Error::io("cannot find this program", error))?;
    let mut command = Command::new(program);
    measure(command.args(["recipe", "-q"]).args(options), &(recipe + "\n"), map)
}

/// The values of a map that a mode made.
fn values(mut map: &File) -> Result<Vec<f64>> {
    map.rewind().map_err(|error| Error::io("cannot read a map", error))?;
    let path = format!("/dev/fd/{}", map.as_raw_fd());
    single_volume(Path::new(&path), &mut Beside::default()).map(|(values, _)| values)
}

/// Prints the table, and writes the JSON if it was asked for.
fn report(
    json: Option<&Path>,
    session: &Session,
    rounds: usize,
    contenders: &[Contender],
    process: &Process,
) -> Result<()> {
    let compared = ComparedRuns::new(session);
    let text = compared.headline(rounds) + &table(contenders);
    match json == Some(Path::new(STDOUT)) {
        true => process.messages.lines(text),
        false => print(&text)?,
    }
    let Some(path) = json else { return Ok(()) };
    let mut batch = process.under_way.batch();
    batch.write_text(path, &json::text(&compared, contenders))?;
    process.commit(batch)
}
