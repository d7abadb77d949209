//! `--compare`: the three modes, each in a process of its own.

use super::arguments::Arguments;
use super::choices::Chosen;
use super::progress::RoundBar;
use super::talk::Talk;
use super::{resources, summary};
use crate::compare::{Contender, Difference, Disagreement, as_json, measure, table};
use crate::error::{Error, Result};
use crate::formats::{self, VolumeReader};
use crate::output::{Batch, ScratchFolder};
use crate::pipeline::{self, Mode, Session, Settings, mebibytes, predicted_bytes};
use crate::stats::TOLERANCE;
use crate::voxels::Samples;
use serde_json::json;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::{env, fs, io};

/// How often each mode is run, if that is not said.
const ROUNDS: usize = 3;

/// Runs the modes in turns and prints what each used, and how far its map is from the first's.
pub(super) fn run(arguments: &Arguments, session: &Session, talk: Talk) -> Result<()> {
    let mut contenders = contenders(arguments, session, talk)?;
    let scratch = ScratchFolder::create()?;
    read_once(session)?;
    let runnable: Vec<usize> =
        (0..contenders.len()).filter(|&index| contenders[index].skipped.is_none()).collect();
    let map = |index: usize| scratch.path().join(format!("{index}.nii"));
    let rounds = arguments.repeat.map_or(ROUNDS, NonZeroUsize::get);
    let bar = RoundBar::new(rounds * runnable.len(), arguments.quiet);
    for round in 0..rounds {
        for turn in 0..runnable.len() {
            let index = runnable[(turn + round) % runnable.len()];
            let contender = &mut contenders[index];
            let mut command = command(arguments, session, contender, &map(index))?;
            contender.runs.push(measure(&mut command)?);
            bar.advance();
        }
    }
    bar.clear();
    let shape = session.geometry().shape;
    let agreement = compare_maps(&mut contenders, |index| values(&map(index)), shape);
    report(arguments, session, rounds, &contenders)?;
    agreement
}

/// Notes how far each map, of a grid of this shape, is from the first that was computed.
///
/// # Errors
/// The first two that disagree; a map that cannot be read.
fn compare_maps(
    contenders: &mut [Contender],
    map: impl Fn(usize) -> Result<Vec<f64>>,
    shape: [usize; 3],
) -> Result<()> {
    let mut runnable = (0..contenders.len()).filter(|&it| contenders[it].skipped.is_none());
    let Some(first) = runnable.next() else { return Ok(()) };
    let (others, reference) = (runnable.collect::<Vec<_>>(), map(first)?);
    let mut outcome = Ok(());
    for index in others {
        match Difference::between(&map(index)?, &reference, tolerance) {
            Ok(difference) => contenders[index].difference = Some(difference),
            Err(at) => {
                let disagreement = disagreement(&contenders[index], &contenders[first], at, shape);
                outcome = outcome.and(Err(disagreement));
            }
        }
    }
    outcome
}

/// How far a value may be from the reference, relatively: serial and delayed round each scaled
/// sample, array mode does not, which shows where the tSNR is above about 4500.
fn tolerance(tsnr: f64) -> f64 {
    TOLERANCE.max(4.0 * tsnr.abs() * f64::EPSILON)
}

fn contenders(arguments: &Arguments, session: &Session, talk: Talk) -> Result<Vec<Contender>> {
    let asked = match arguments.threads.as_slice() {
        [] => vec![resources::available_threads()],
        asked => asked.to_vec(),
    };
    let limit = super::memory_limit(arguments).unwrap_or(u64::MAX);
    let chosen = Chosen::of(arguments, arguments.analysis.definition);
    let prepared = super::prepared(arguments, session, &chosen.request(arguments)?)?;
    let analysis = super::analysis(arguments, &chosen, &prepared, |it| talk.warning(it))?;
    let session = &prepared.session;
    let mut contenders = Vec::new();
    for mode in [Mode::Serial, Mode::Delayed, Mode::Array] {
        let threads = if mode == Mode::Serial { &[NonZeroUsize::MIN] } else { asked.as_slice() };
        for &threads in threads {
            let settings = Settings {
                mode,
                threads,
                chunk_length: arguments.chunk_length,
                analysis: analysis.clone(),
            };
            let needed = predicted_bytes(session, &settings);
            let plan = pipeline::plan(session, &settings, Arc::new(()))?;
            contenders.push(Contender {
                mode: mode.to_string(),
                threads: threads.get(),
                tasks: plan.outline().tasks.len(),
                runs: vec![],
                difference: None,
                skipped: (needed > limit)
                    .then(|| format!("needs {} of memory: not run", mebibytes(needed))),
            });
        }
    }
    Ok(contenders)
}

/// Reads every file, so that no mode is the one that waits for the disk.
fn read_once(session: &Session) -> Result<()> {
    for image in session.images() {
        let read = || io::copy(&mut fs::File::open(image.path())?, &mut io::sink());
        read().map_err(|error| Error::io("cannot read", error).at(image.path()))?;
    }
    Ok(())
}

/// This program, asked for one map.
fn command(
    arguments: &Arguments,
    session: &Session,
    contender: &Contender,
    map: &Path,
) -> Result<Command> {
    let program =
        env::current_exe().map_err(|error| Error::io("cannot find this program", error))?;
    let mut command = Command::new(program);
    command.args(["-q", "--dtype", "float64", "--undefined", "nan", "--mode", &contender.mode]);
    command.args(["--threads", &contender.threads.to_string()]);
    command.args(arguments.analysis.words());
    if let Some(length) = arguments.chunk_length {
        command.args(["--chunk-length", &length.to_string()]);
    }
    if let Some(limit) = arguments.mem_limit {
        command.args(["--mem-limit", &limit.to_string()]);
    }
    command.arg("-o").arg(map).arg("--").args(session.images().map(|image| image.path()));
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
    [nx, ny, _]: [usize; 3],
) -> Error {
    let [x, y, z] = [at.voxel % nx, at.voxel / nx % ny, at.voxel / (nx * ny)];
    let name = |it: &Contender| format!("{} mode, {} threads", it.mode, it.threads);
    Error::defect(format!(
        "the modes disagree in voxel [{x}, {y}, {z}]: {} has {}, {} has {}",
        name(this),
        at.value,
        name(reference),
        at.reference
    ))
    .remedy(
        "unless an intercept is so large that it swallows the scaled samples, this is a defect of \
         tsnr: please report it",
    )
}

fn report(
    arguments: &Arguments,
    session: &Session,
    rounds: usize,
    contenders: &[Contender],
) -> Result<()> {
    let voxel_mebibytes = mebibytes(session.voxel_bytes());
    let cores = resources::available_threads();
    let head = format!(
        "tsnr {}: {}, {} volumes of {}, {voxel_mebibytes} of voxels\n{cores} cores, medians of {}; \
         all files were read once before\nabsolute, relative, ULP: the greatest difference from \
         the first row's tSNR\n\n",
        env!("CARGO_PKG_VERSION"),
        summary::counted(session.runs().len(), "run"),
        session.volumes(),
        session.geometry().grid(),
        summary::counted(rounds, "round"),
    );
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all((head + &table(contenders)).as_bytes());
    match printed.and_then(|()| stdout.flush()) {
        // Who closed the pipe has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(Error::io("cannot print the table", error));
        }
        _ => {}
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
    let mut batch = Batch::default();
    batch.write(path, |to| to.write_all(as_json(session, contenders).as_bytes()))?;
    batch.commit()
}

#[cfg(test)]
mod tests {
    use super::super::arguments::ModeName;
    use super::*;
    use clap::ValueEnum;

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
            let outcome = compare_maps(&mut contenders, |it| Ok(maps[it].clone()), [2, 3, 2]);
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
        assert!(differences[1].is_some() && differences[3].is_none());
        let said = outcome.unwrap_err().to_string();
        let expected = "voxel [1, 1, 1]: array mode, 2 threads has 1.00000000001, serial mode";
        assert!(said.contains(expected), "{said}");
        maps[3][9] = f64::NAN;
        assert!(compared(&maps).0.is_err(), "only one of them defines it");
    }

    #[test]
    fn the_modes_are_called_as_they_are_typed() {
        for (mode, name) in
            [Mode::Serial, Mode::Delayed, Mode::Array].iter().zip(ModeName::value_variants())
        {
            let typed = name.to_possible_value().expect("a name");
            assert_eq!(typed.get_name(), mode.to_string());
        }
    }
}
