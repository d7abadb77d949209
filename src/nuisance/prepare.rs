//! From what is asked for to what is computed: which volumes of each run are used, and what is
//! fitted to them, before a voxel is summed.
//!
//! [`prepare`] takes the runs of a session and the [`Recipe`], reads the files that lie beside
//! them, and gives the [`Model`] that all modes compute with. It computes no statistics of voxels.
//!
//! The order of the rules, for each run: the chosen part, the dummies at the run's beginning, the
//! censored volumes (from lists and thresholds together, widened); then the trends are made over
//! the whole run, and all columns are looked at at the volumes that are left.

use super::{
    Matching, Motion, Table, Use, Volumes, censored_of_all, censored_volumes, matched,
    matched_side_by_side, may_be_of_all, non_steady_volumes, regressors,
};
use crate::error::{Error, Result, Setting};
use crate::formats::Progress;
use crate::numbers::mebibytes_needed;
use crate::pipeline::{BASE_BYTES, RunSignals, beginnings};
use crate::recipe::{
    BEGINNING_VOLUMES, Dummies, Recipe, Selection, ShortRuns, TsnrDefinition, VolumeChoice,
};
use crate::runs::{self, Run, Session};
use crate::stats::sampling::{Model, Sampling, Scope};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why one volume has no std over time.
const NOTHING_VARIES: &str = "nothing varies over time";

/// The runs that are computed, and the model of them.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The runs, without those that were too short.
    pub session: Session,
    /// The model: which volumes count, and what is fitted.
    pub model: Arc<Model>,
    /// The outcome of each run.
    pub runs: Vec<PreparedRun>,
    /// The decisions on the way, for the findings.
    pub decisions: Decisions,
    /// The most memory that tables and the bases of what is fitted take, in bytes.
    pub most_bytes: u64,
}

/// The decisions that were made while runs were prepared, and that a person may want to check.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// The match of tables of confounds and runs, a line each.
    pub tables: Vec<String>,
    /// The match of lists of volumes and runs, a line each.
    pub lists: Vec<String>,
    /// Whether nothing is taken of the tables that were given.
    pub are_tables_unused: bool,
    /// How many dummy scans each run was found to have, and by what, if they were looked for; those
    /// left out later are among the runs.
    pub dummies: Vec<(usize, DummySource)>,
    /// Runs that were left out, each with the reason.
    pub left_out: Vec<(String, String)>,
}

/// The source that says which volumes of a run are dummy scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DummySource {
    /// The columns of its table of confounds.
    Table,
    /// The global signal of the run, as it has no table.
    Signal,
    /// The global signal of the run, as its table says nothing of dummy scans.
    SignalBesideTable,
}

/// The outcome of preparing a run.
#[derive(Clone, Debug, Default)]
pub struct PreparedRun {
    /// The use of each volume.
    pub uses: Vec<Use>,
    /// The regressors that were asked for, by name.
    pub regressors: Vec<String>,
    /// The regressors among them that others make up, or that are constant: they add nothing.
    pub dependent: Vec<String>,
    /// How many first volumes are dummy scans, as was said or found, whether they were chosen or not.
    pub dummies: usize,
    /// The source by which dummy scans were looked for, if they were.
    pub dummies_by: Option<DummySource>,
    /// How the head moved, if a table of the run says so.
    pub motion: Option<Motion>,
}

impl PreparedRun {
    /// How many volumes have this use.
    pub fn count(&self, wanted: Use) -> usize {
        self.uses.iter().filter(|&&it| it == wanted).count()
    }
}

/// Finds out what is used of a session, and what is fitted to it, within `limit_bytes` of memory.
///
/// # Errors
/// A fit that takes more memory or time than it may. Files that cannot be read or do not go with
/// the runs; a run that keeps too few volumes.
pub fn prepare(
    session: &Session,
    recipe: &Recipe,
    definition: &TsnrDefinition,
    threads: NonZeroUsize,
    limit_bytes: Option<u64>,
    progress: &Arc<dyn Progress>,
) -> Result<Prepared> {
    let request = &recipe.volumes;
    let selection = recipe.confounds.columns.as_deref().map(Selection::parse).transpose()?;
    let mut decisions = Decisions::default();
    let tables = tables_of(session, &recipe.confounds.tables, &mut decisions.tables)?;
    let lists = lists_of(session, &request.censor_lists, &mut decisions.lists)?;
    if let Some(selection) = &selection {
        let names = tables.iter().flatten().map(|table| table.names().collect());
        let first = tables.iter().flatten().map(Table::path).next();
        let checked = selection.check_patterns(&names.collect::<Vec<_>>());
        checked.map_err(|error| match first {
            Some(path) => error.at(path),
            None => error,
        })?;
    }
    let is_table_used = selection.is_some()
        || request.fd_threshold_mm.is_some()
        || request.dvars_threshold.is_some()
        || request.dummies == Dummies::Auto;
    decisions.are_tables_unused = !recipe.confounds.tables.is_empty() && !is_table_used;
    let is_auto = request.dummies == Dummies::Auto;
    let by_table = |table: &Option<Table>| match table {
        Some(table) if is_auto => table.non_steady_volumes(),
        _ => Ok(None),
    };
    let by_table: Vec<Option<usize>> = tables.iter().map(by_table).collect::<Result<_>>()?;
    let signals = match is_auto && by_table.iter().any(Option::is_none) {
        true => {
            check_held(session, limit_bytes)?;
            beginnings(session, BEGINNING_VOLUMES, threads, progress)?
        }
        false => vec![RunSignals::default(); session.runs().len()],
    };

    let (mut runs, mut found) = (Vec::new(), Vec::new());
    let mut skipped = Vec::new();
    let tables_bytes: u64 = tables.iter().flatten().map(Table::bytes).sum();
    let (mut taken_bytes, mut most_bytes) = (tables_bytes, tables_bytes);
    let fewest_beside_fit = definition.fewest_volumes_beside_fit();
    for (number, run) in session.runs().iter().enumerate() {
        let table = tables[number].as_ref();
        let dummies = match (request.dummies, by_table[number], table) {
            (Dummies::Count(count), _, _) => (count, None),
            (Dummies::Auto, Some(count), _) => (count, Some(DummySource::Table)),
            (Dummies::Auto, None, table) => {
                let by = match table {
                    Some(_) => DummySource::SignalBesideTable,
                    None => DummySource::Signal,
                };
                (non_steady_volumes(&signals[number].global), Some(by))
            }
        };
        if let (count, Some(by)) = dummies {
            decisions.dummies.push((count, by));
        }
        let mut volumes = Volumes::all(run.volumes());
        if let Some(chosen) = &request.chosen {
            volumes = volumes.choose(chosen.clone());
        }
        volumes = volumes.drop_dummies(dummies.0);
        let censored = censored(request, lists[number].clone(), table)?;
        volumes = volumes.censor(&censored, request.widening);
        let sizes = (taken_bytes, limit_bytes);
        let (columns, bytes) =
            regressors::columns(definition, selection.as_ref(), run, table, sizes, &**progress)?;
        taken_bytes += bytes.columns;
        most_bytes = most_bytes.max(bytes.most);
        let used = volumes.count(Use::Used);
        if used >= columns.len() + fewest_beside_fit {
            let motion = table.and_then(Table::motion);
            found.push((dummies, motion));
            runs.push((number, volumes, columns));
            continue;
        }
        let of = volumes.uses().len();
        let problem = match (used, columns.len()) {
            (0, 0) => format!("none of its {of} volumes is used"),
            (1, 0) => format!("1 of its {of} volumes is used: {NOTHING_VARIES}"),
            (used, columns) => format!(
                "{used} of {of} volumes are used, too few for {columns} regressors: {} are needed",
                columns + fewest_beside_fit
            ),
        };
        match request.short_runs {
            ShortRuns::Refused => {
                let remedy = match columns.len() {
                    0 => "use more of its volumes, or leave such runs out",
                    _ => "fit less, or leave such runs out",
                };
                return Err(Error::mismatch(problem)
                    .remedy(remedy)
                    .settings([Setting::SkipShortRuns])
                    .at(run.path()));
            }
            ShortRuns::Skipped => {
                decisions.left_out.push((run.name(), problem));
                skipped.push(number);
            }
        }
    }
    if runs.is_empty() {
        return Err(Error::mismatch("no run keeps enough volumes for what is fitted")
            .remedy("fit less, or censor less")
            .at(session.runs()[0].path()));
    }
    let used: usize = runs.iter().map(|(_, volumes, _)| volumes.count(Use::Used)).sum();
    if used == 1 {
        let volumes: usize = session.runs().iter().map(Run::volumes).sum();
        return Err(Error::mismatch(format!(
            "1 of {volumes} volumes is used, expected at least 2: {NOTHING_VARIES}"
        ))
        .remedy("leave fewer volumes out")
        .at(session.runs()[0].path()));
    }
    let session = session.without(&skipped)?;
    let (model, mut prepared) = match definition.trend_through {
        Scope::Run => regressors::of_runs(&session, runs)?,
        Scope::Concatenation => regressors::of_concatenation(definition, runs)?,
    };
    for (prepared, (dummies, motion)) in prepared.iter_mut().zip(found) {
        (prepared.dummies, prepared.dummies_by) = dummies;
        prepared.motion = motion;
    }
    let most_bytes = BASE_BYTES + most_bytes;
    Ok(Prepared { session, model: Arc::new(model), runs: prepared, decisions, most_bytes })
}

/// Refuses streams whose first volumes, which are held until they are read again, take more memory than
/// may be used.
fn check_held(session: &Session, limit_bytes: Option<u64>) -> Result<()> {
    let mut streams = session.images().filter(|image| image.stream_bytes().is_some()).peekable();
    let Some(first) = streams.peek().map(|image| image.path().to_owned()) else { return Ok(()) };
    let held = streams.map(|it| (it.volume_bytes() * it.volumes().min(BEGINNING_VOLUMES)) as u64);
    let bytes = BASE_BYTES + held.sum::<u64>();
    match limit_bytes.filter(|&limit| limit < bytes) {
        None => Ok(()),
        Some(limit) => Err(Error::memory(format!(
            "finding the dummy scans of a stream takes {} of memory for its first {BEGINNING_VOLUMES} \
             volumes, more than the {} that may be used",
            mebibytes_needed(bytes),
            mebibytes_needed(limit)
        ))
        .remedy("give their number or a table of confounds, or allow more memory")
        .settings([Setting::DummyScans, Setting::Confounds, Setting::MemoryLimit])
        .at(first)),
    }
}

/// The paths of the runs, by which files beside them are matched.
fn paths_of(session: &Session) -> Vec<PathBuf> {
    session.runs().iter().map(|run| run.path().to_owned()).collect()
}

fn lengths_of(session: &Session) -> Vec<usize> {
    session.runs().iter().map(Run::volumes).collect()
}

/// The one file that may be of all of several runs, one after the other.
fn of_all<'a>(runs: &[PathBuf], files: &'a [PathBuf]) -> Option<&'a Path> {
    match files {
        [file] if runs.len() > 1 && may_be_of_all(runs, file) => Some(file),
        _ => None,
    }
}

/// The line that says how a file is taken of all runs.
fn line_of_all(file: &Path, lengths: &[usize]) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    format!("all {} runs <- {name}, their volumes one after the other", lengths.len())
}

/// The table of each run, if any were given: the columns of several side by side.
fn tables_of(
    session: &Session,
    patterns: &[PathBuf],
    report: &mut Vec<String>,
) -> Result<Vec<Option<Table>>> {
    let (runs, lengths) = (paths_of(session), lengths_of(session));
    if patterns.is_empty() {
        return Ok(vec![None; runs.len()]);
    }
    let groups = runs::expand_each(patterns)?;
    let read = |sets: Vec<Matching>, report: &mut Vec<String>| -> Result<Vec<Table>> {
        let of_run = |(number, (run, &volumes)): (usize, (&PathBuf, &usize))| {
            let files = sets.iter().map(|set| &set.companions[number]);
            Table::beside(files.map(|file| Table::read(file, run, volumes)).collect::<Result<_>>()?)
        };
        let tables = runs.iter().zip(&lengths).enumerate().map(of_run).collect();
        report.extend(sets.iter().flat_map(|set| set.report.clone()));
        tables
    };
    let tables = match (matched_side_by_side(&runs, &groups), of_all(&runs, &groups.concat())) {
        (Ok(sets), _) => read(sets, report)?,
        (Err(_), Some(file)) => {
            report.push(line_of_all(file, &lengths));
            Table::read_of_all(file, &lengths)?
        }
        (Err(error), None) => return Err(error),
    };
    let mut programs: Vec<String> = tables.iter().flat_map(Table::programs).collect();
    programs.dedup();
    report.extend(programs);
    Ok(tables.into_iter().map(Some).collect())
}

/// The volumes of each run that a list censors, if any were given.
fn lists_of(
    session: &Session,
    patterns: &[PathBuf],
    report: &mut Vec<String>,
) -> Result<Vec<Vec<usize>>> {
    let (runs, lengths) = (paths_of(session), lengths_of(session));
    if patterns.is_empty() {
        return Ok(vec![Vec::new(); runs.len()]);
    }
    let files = runs::expand_files(patterns)?;
    match (matched(&runs, &files), of_all(&runs, &files)) {
        (Ok(matching), _) => {
            let of_run = |(list, (run, &volumes)): (&PathBuf, (&PathBuf, &usize))| {
                censored_volumes(list, run, volumes)
            };
            let lists = matching.companions.iter().zip(runs.iter().zip(&lengths)).map(of_run);
            let lists = lists.collect();
            *report = matching.report;
            lists
        }
        (Err(_), Some(file)) => {
            report.push(line_of_all(file, &lengths));
            censored_of_all(file, &lengths)
        }
        (Err(error), None) => Err(error),
    }
}

/// The volumes that lists and thresholds censor.
fn censored(
    request: &VolumeChoice,
    listed: Vec<usize>,
    table: Option<&Table>,
) -> Result<Vec<usize>> {
    let mut censored = listed;
    if let (Some(threshold), Some(table)) = (request.fd_threshold_mm, table) {
        censored.extend(table.framewise_displacement_above(threshold)?);
    }
    if let (Some(threshold), Some(table)) = (request.dvars_threshold, table) {
        censored.extend(table.std_dvars_above(threshold)?);
    }
    Ok(censored)
}

/// The used volumes of a run, and what is fitted at each.
pub(super) fn sampling(volumes: &Volumes, rank: usize, weights: Vec<f64>) -> Sampling {
    Sampling::new(volumes.used().collect(), rank, weights)
}
