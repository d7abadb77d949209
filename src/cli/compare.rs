//! `--compare`: the three modes, each in a process of its own.

use super::all_definitions::print;
use super::arguments::CompareArguments;
use super::progress::RoundBar;
use super::{Process, outputs};
use crate::analysis::{Observer, Planned};
use crate::compare::{
    Contender, Difference, Disagreement, Rounding, as_json, measure, table, tolerance,
};
use crate::error::{Error, ErrorKind, Result};
use crate::findings::Finding;
use crate::formats::{self, VolumeReader};
use crate::maps::{STD, WrittenUndefined};
use crate::numbers::counted;
use crate::output::STDOUT;
use crate::pipeline::{Mode, mebibytes};
use crate::recipe::Recipe;
use crate::resources;
use crate::runs::Session;
use crate::voxels::{Samples, Scaling};
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::{env, fs, io};

/// How often each mode is run, if that is not said.
const ROUNDS: usize = 3;

/// Runs the modes in turns and prints what each used, and how far its map is from the first's.
pub(super) fn run(arguments: &CompareArguments, process: &Process) -> Result<()> {
    process.under_way.check(arguments.json.as_deref())?;
    let mut recipe = arguments.recipe();
    recipe.definition.undefined = Some(WrittenUndefined::Nan);
    let (session, mut contenders) = contenders(arguments, &recipe, process)?;
    let scratch = process.under_way.scratch_folder()?;
    read_once(&session)?;
    let runnable: Vec<usize> =
        (0..contenders.len()).filter(|&index| contenders[index].skipped.is_none()).collect();
    let map = |index: usize| scratch.path().join(format!("{index}.nii"));
    let rounds = arguments.repeat.map_or(ROUNDS, NonZeroUsize::get);
    let bar = RoundBar::new(rounds * runnable.len(), process.messages);
    for round in 0..rounds {
        for turn in 0..runnable.len() {
            let index = runnable[(turn + round) % runnable.len()];
            let contender = &mut contenders[index];
            let mut command = command(&recipe, contender, &scratch.path().join("recipe.json"))?;
            command.arg("-o").arg(map(index));
            contender.runs.push(measure(&mut command)?);
            if process.interruption.cancellation.is_cancelled() {
                return Err(Error::cancelled());
            }
            bar.advance();
        }
    }
    bar.clear();
    let shape = session.geometry().shape;
    let rounding = rounding(&recipe, &session)?;
    // Only beside an intercept does the std matter; the last is the most sparing.
    let std = match runnable.last() {
        Some(&last) if rounding.intercept.is_some_and(|it| it > 0.0) => {
            let std = scratch.path().join("std.nii");
            let mut recipe = recipe.clone();
            recipe.maps.extend([STD]);
            let file = scratch.path().join("recipe.json");
            let mut command = command(&recipe, &contenders[last], &file)?;
            measure(command.arg("-o").arg(map(last)).arg("--std").arg(&std))?;
            values(&std)?
        }
        _ => vec![],
    };
    let tolerance =
        |voxel: usize, tsnr| tolerance(tsnr, std.get(voxel).copied().unwrap_or(f64::NAN), rounding);
    let agreement = compare_maps(&mut contenders, |index| values(&map(index)), tolerance, shape);
    match agreement {
        // Of maps that disagree the rows are shown; of one that cannot be read nothing is.
        Err(error) if error.kind() != ErrorKind::Defect => Err(error),
        agreement => {
            report(arguments, &session, rounds, &contenders, process)?;
            agreement
        }
    }
}

/// Notes how far each map, of a grid of this shape, is from the first that was computed.
///
/// # Errors
/// The first two that disagree; a map that cannot be read.
fn compare_maps(
    contenders: &mut [Contender],
    map: impl Fn(usize) -> Result<Vec<f64>>,
    tolerance: impl Fn(usize, f64) -> f64,
    shape: [usize; 3],
) -> Result<()> {
    let mut runnable = (0..contenders.len()).filter(|&it| contenders[it].skipped.is_none());
    let Some(first) = runnable.next() else { return Ok(()) };
    let (others, reference) = (runnable.collect::<Vec<_>>(), map(first)?);
    let mut outcome = Ok(());
    for index in others {
        let (difference, at) = Difference::between(&map(index)?, &reference, &tolerance);
        contenders[index].difference = Some(difference);
        if let Some(at) = at {
            let allowed = tolerance(at.voxel, at.reference);
            let error = disagreement(&contenders[index], &contenders[first], at, allowed, shape);
            outcome = outcome.and(Err(error));
        }
    }
    outcome
}

/// How exactly the modes agree on these runs.
fn rounding(recipe: &Recipe, session: &Session) -> Result<Rounding> {
    let scalings = session.images().map(|image| image.scaling());
    let intercepts = scalings.filter(|it| *it != Scaling::IDENTITY).map(|it| it.intercept().abs());
    Ok(Rounding {
        is_fitted: recipe.resolved()?.fits_something(),
        intercept: intercepts.reduce(f64::max),
    })
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
                None => Arc::new(Warned(process.messages)),
                Some(_) => Arc::new(()),
            };
            let contender = |tasks, skipped| Contender {
                mode: mode.to_string(),
                threads: threads.get(),
                tasks,
                runs: vec![],
                difference: None,
                skipped,
            };
            contenders.push(
                match Planned::new(&recipe, observer, &process.interruption.cancellation) {
                    Ok(planned) => {
                        let files: Vec<PathBuf> = arguments.json.iter().cloned().collect();
                        outputs::check(&files, &outputs::inputs(&planned), process)?;
                        session.get_or_insert_with(|| planned.session().clone());
                        contender(planned.outline().tasks.len(), None)
                    }
                    Err(error) if error.kind() == ErrorKind::Memory && mode != Mode::Array => {
                        contender(0, Some(format!("{}: not run", error.problem())))
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

/// Passes on what is found.
struct Warned(super::messages::Messages);

impl Observer for Warned {
    fn found(&self, finding: &Finding) {
        self.0.finding(finding);
    }
}

/// Reads every file, so that no mode is the one that waits for the disk.
fn read_once(session: &Session) -> Result<()> {
    for image in session.images() {
        let read = || io::copy(&mut fs::File::open(image.path())?, &mut io::sink());
        read().map_err(|error| Error::io("cannot read", error).at(image.path()))?;
    }
    Ok(())
}

/// This program, asked for the map of a recipe in one mode.
fn command(recipe: &Recipe, contender: &Contender, file: &Path) -> Result<Command> {
    let mut recipe = recipe.clone();
    recipe.computing.mode =
        Mode::ALL.into_iter().find(|it| it.name() == contender.mode).expect("a mode");
    recipe.computing.threads = NonZeroUsize::new(contender.threads);
    let text = serde_json::to_string(&recipe).map_err(|error| {
        Error::unsupported(format!("cannot hand the runs to another process: {error}"))
            .remedy("give names that are UTF-8")
    })?;
    fs::write(file, text).map_err(|error| Error::io("cannot write", error).at(file))?;
    let program =
        env::current_exe().map_err(|error| Error::io("cannot find this program", error))?;
    let mut command = Command::new(program);
    command.arg("recipe").arg(file).args(["-q", "--dtype", "float64", "--scratch-of-parent"]);
    command.arg(file.with_file_name(""));
    Ok(command)
}

fn values(map: &Path) -> Result<Vec<f64>> {
    let image = formats::open(map)?;
    let none = Samples::none(image.datatype());
    match VolumeReader::open(&image)?.read(1, none, &())? {
        Samples::Float64(array) => Ok(array.into_iter().collect()),
        _ => Err(Error::defect("a map that is not float64").at(map)),
    }
}

fn disagreement(
    this: &Contender,
    reference: &Contender,
    at: Disagreement,
    allowed: f64,
    [nx, ny, _]: [usize; 3],
) -> Error {
    let [x, y, z] = [at.voxel % nx, at.voxel / nx % ny, at.voxel / (nx * ny)];
    let name = |it: &Contender| {
        let threads = if it.threads == 1 { "thread" } else { "threads" };
        format!("{} mode, {} {threads}", it.mode, it.threads)
    };
    let values = format!(
        "the modes disagree in voxel [{x}, {y}, {z}]: {} has {}, {} has {}",
        name(this),
        at.value,
        name(reference),
        at.reference
    );
    let apart = (at.value - at.reference).abs();
    if apart.is_nan() {
        return Error::defect(values).remedy(
            "unless an intercept is so large that it swallows the scaled samples, or a fit leaves \
             almost nothing, so that rounding decides whether the voxel is constant, this is a \
             defect of tsnr: please report it",
        );
    }
    Error::defect(format!("{values}, {apart:.1e} apart where rounding explains {allowed:.1e}"))
        .remedy("this is a defect of tsnr: please report it")
}

fn report(
    arguments: &CompareArguments,
    session: &Session,
    rounds: usize,
    contenders: &[Contender],
    process: &Process,
) -> Result<()> {
    let voxel_mebibytes = mebibytes(session.voxel_bytes());
    let cores = resources::available_threads();
    let version = env!("CARGO_PKG_VERSION");
    let head = format!(
        "tsnr {version}: {}, {} of {}, {voxel_mebibytes} of voxels\n{}, medians of {}; all files were read once before\nabsolute, relative, ULP: the \
         greatest difference from the first row's tSNR\n\n",
        counted(session.runs().len(), "run"),
        counted(session.volumes(), "volume"),
        session.geometry().grid(),
        counted(cores.get(), "core"),
        counted(rounds, "round"),
    );
    match arguments.json.as_deref() == Some(Path::new(STDOUT)) {
        true => process.messages.lines(head + &table(contenders)),
        false => print(&(head + &table(contenders)))?,
    }
    let Some(path) = &arguments.json else { return Ok(()) };
    let files: Vec<_> = session.images().map(|it| it.path().display().to_string()).collect();
    let session = json!({
        "files": files,
        "volumes": session.volumes(),
        "shape": session.geometry().shape,
        "voxel_bytes": session.voxel_bytes(),
        "cores": cores,
        "version": env!("CARGO_PKG_VERSION"),
    });
    let mut batch = process.under_way.batch();
    batch.write(path, |to| to.write_all(as_json(session, contenders).as_bytes()))?;
    batch.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(mode: &str) -> Contender {
        Contender {
            mode: mode.to_owned(),
            threads: 2,
            tasks: 9,
            runs: vec![],
            difference: None,
            skipped: None,
        }
    }

    #[test]
    fn modes_that_disagree_are_an_error_that_names_both_and_the_voxel() {
        let maps = [vec![1.0; 12], vec![1.0 + 1e-13; 12], vec![1.0; 12], vec![1.0; 12]];
        let compared = |maps: &[Vec<f64>]| {
            let mut contenders = ["serial", "delayed", "array", "array"].map(contender);
            contenders[2].skipped = Some("not run".to_owned());
            let map = |it: usize| Ok(maps[it].clone());
            let outcome = compare_maps(&mut contenders, map, |_, _| 1e-12, [2, 3, 2]);
            (outcome, contenders.map(|it| it.difference))
        };
        let (outcome, differences) = compared(&maps);
        outcome.unwrap();
        assert_eq!([differences[0], differences[2]], [None, None]);
        assert_eq!(differences[1].unwrap().absolute, 1.0 + 1e-13 - 1.0);
        assert_eq!(differences[3], Some(Difference::default()));

        let mut maps = maps;
        maps[3][9] = 1.0 + 1e-11;
        let (outcome, differences) = compared(&maps);
        assert!(differences[1].is_some());
        assert_eq!(differences[3].unwrap().absolute, 1.0 + 1e-11 - 1.0, "its row shows it");
        let said = outcome.unwrap_err().to_string();
        assert!(!said.contains("1 threads"), "{said}");
        let expected = "voxel [1, 1, 1]: array mode, 2 threads has 1.00000000001, serial mode";
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("1.0e-11 apart where rounding explains 1.0e-12"), "{said}");
        maps[3][9] = f64::NAN;
        assert!(compared(&maps).0.is_err(), "only one of them defines it");
    }
}
