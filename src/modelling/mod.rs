//! From what is asked for to what is computed: which volumes of each run are used, and what is
//! fitted to them, before a voxel is summed.
//!
//! [`prepare`] takes the runs of a session and the [`Request`], reads the files that lie beside
//! them, and gives the [`Model`] that all modes compute with. It does not know options as they are
//! typed, and computes no statistics of voxels.
//!
//! The order of the rules, for each run: the chosen part, the dummies at the run's beginning, the
//! censored volumes (from lists and thresholds together, widened); then the trends are made over
//! the whole run, and all columns are looked at at the volumes that are left.

mod named;
mod regressors;

pub use named::{NAMED, Named};

use crate::confounds::{Selection, Table, censored_volumes, matched};
use crate::design::{Use, Volumes, Widening, non_steady_volumes};
use crate::error::{Error, Result, Setting};
use crate::formats::Progress;
use crate::pipeline::{RunSignals, Session, beginnings};
use crate::stats::sampling::{Model, Sampling, Scope};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The steady state is looked for in so many first volumes (nipype's `NonSteadyStateDetector`).
pub const BEGINNING_VOLUMES: usize = 50;

/// How many volumes at the beginning of each run are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dummies {
    /// So many.
    Count(usize),
    /// As many as are not yet steady: those that the table of confounds flags, if there is one,
    /// else by [`non_steady_volumes`] of the global signal of the first
    /// [`BEGINNING_VOLUMES`].
    Auto,
}

/// What is done with a run that keeps too few volumes for what is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortRuns {
    /// It is an error.
    Refused,
    /// It is left out.
    Skipped,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The part of each run that is looked at, in volumes from 0.
    pub chosen: Option<Range<usize>>,
    /// How many volumes at the beginning are left out.
    pub dummies: Dummies,
    /// Lists of volumes to keep, for the runs.
    pub censor_lists: Vec<PathBuf>,
    /// Volumes with a framewise displacement above so many mm are censored.
    pub fd_threshold_mm: Option<f64>,
    /// Volumes with a standardized DVARS above this are censored.
    pub dvars_threshold: Option<f64>,
    /// Neighbours of censored volumes that are censored as well.
    pub widening: Widening,
    /// Tables of confounds, for the runs.
    pub confound_tables: Vec<PathBuf>,
    /// The columns of them that are regressed out.
    pub confound_columns: Option<Selection>,
    /// The order of the polynomial trend: 0 for none.
    pub polynomial_order: usize,
    /// The cut-off period of the cosine set.
    pub highpass_seconds: Option<f64>,
    /// Over what the polynomial runs.
    pub scope: Scope,
    /// Whether the mean is that of the data, or loses what nipype's `regress_poly` takes of it.
    pub mean: MeanKept,
    /// What is done with a run that is too short.
    pub short_runs: ShortRuns,
    /// The fewest volumes a run must keep beside what is fitted.
    pub fewest_beside_fit: usize,
}

/// What a fit does to the mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeanKept {
    /// It is that of the data.
    Whole,
    /// Each Legendre polynomial is taken out of the data with its own mean, which is not 0 for
    /// those of even order (nipype's `regress_poly` with `remove_mean=False`).
    LessPolynomials,
}

impl Default for Request {
    /// All volumes, and nothing fitted.
    fn default() -> Request {
        Request {
            chosen: None,
            dummies: Dummies::Count(0),
            censor_lists: Vec::new(),
            fd_threshold_mm: None,
            dvars_threshold: None,
            widening: Widening { before: 0, after: 0 },
            confound_tables: Vec::new(),
            confound_columns: None,
            polynomial_order: 0,
            highpass_seconds: None,
            scope: Scope::Run,
            mean: MeanKept::Whole,
            short_runs: ShortRuns::Refused,
            fewest_beside_fit: 1,
        }
    }
}

/// What is computed of which runs.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The runs, without those that were too short.
    pub session: Session,
    /// Which volumes count, and what is fitted.
    pub model: Arc<Model>,
    /// Of each run, what became of it.
    pub runs: Vec<PreparedRun>,
    /// What was done and need not worry, a line each.
    pub notes: Vec<String>,
}

/// What became of a run.
#[derive(Clone, Debug, Default)]
pub struct PreparedRun {
    /// What became of each volume.
    pub uses: Vec<Use>,
    /// The regressors that were asked for, by name.
    pub regressors: Vec<String>,
    /// Those of them that others make up, or that are constant: they add nothing.
    pub dependent: Vec<String>,
}

impl PreparedRun {
    /// How many volumes have this use.
    pub fn count(&self, wanted: Use) -> usize {
        self.uses.iter().filter(|&&it| it == wanted).count()
    }
}

/// Finds out what is used of a session, and what is fitted to it.
///
/// # Errors
/// Files that cannot be read or do not go with the runs; a run that keeps too few volumes.
pub fn prepare(
    session: &Session,
    request: &Request,
    threads: NonZeroUsize,
    progress: &Arc<dyn Progress>,
) -> Result<Prepared> {
    let mut notes = Vec::new();
    let tables = companions(session, &request.confound_tables, "confounds", &mut notes)?;
    let lists = companions(session, &request.censor_lists, "censor lists", &mut notes)?;
    let is_table_used = request.confound_columns.is_some()
        || request.fd_threshold_mm.is_some()
        || request.dvars_threshold.is_some()
        || request.dummies == Dummies::Auto;
    if !request.confound_tables.is_empty() && !is_table_used {
        notes.push(
            "nothing is taken of the tables of confounds: no columns, thresholds or dummy scans"
                .to_owned(),
        );
    }
    let mut read_tables = Vec::new();
    for (run, table) in session.runs().iter().zip(&tables) {
        read_tables.push(match table {
            Some(table) => Some(Table::read(table, run.path(), run.volumes())?),
            None => None,
        });
    }
    let is_signal_needed =
        request.dummies == Dummies::Auto && read_tables.iter().any(Option::is_none);
    let signals = match is_signal_needed {
        true => beginnings(session, BEGINNING_VOLUMES, threads, progress)?,
        false => vec![RunSignals::default(); session.runs().len()],
    };

    let (mut runs, mut found_dummies) = (Vec::new(), Vec::new());
    let mut skipped = Vec::new();
    for (number, run) in session.runs().iter().enumerate() {
        let table = read_tables[number].as_ref();
        let dummies = match (request.dummies, table) {
            (Dummies::Count(count), _) => count,
            (Dummies::Auto, Some(table)) => table.non_steady_volumes()?,
            (Dummies::Auto, None) => non_steady_volumes(&signals[number].global),
        };
        found_dummies.push(dummies.to_string());
        let mut volumes = Volumes::all(run.volumes());
        if let Some(chosen) = &request.chosen {
            volumes = volumes.choose(chosen.clone());
        }
        volumes = volumes.drop_dummies(dummies);
        let censored = censored(request, run.path(), lists[number].as_deref(), table, &volumes)?;
        volumes = volumes.censor(&censored, request.widening);
        let columns = regressors::columns(request, run, table)?;
        let used = volumes.count(Use::Used);
        if used >= columns.len() + request.fewest_beside_fit {
            runs.push((number, volumes, columns));
            continue;
        }
        let problem = format!(
            "{used} of {} volumes are used, too few for {} regressors: {} are needed",
            volumes.uses().len(),
            columns.len(),
            columns.len() + request.fewest_beside_fit
        );
        match request.short_runs {
            ShortRuns::Refused => {
                return Err(Error::mismatch(problem)
                    .remedy("fit less, or leave such runs out")
                    .settings([Setting::SkipShortRuns])
                    .at(run.path()));
            }
            ShortRuns::Skipped => {
                notes.push(format!("{}: left out: {problem}", run.name()));
                skipped.push(number);
            }
        }
    }
    if request.dummies == Dummies::Auto {
        let source = if is_signal_needed { "their global signals" } else { "their tables" };
        notes.push(format!("dummy scans of the runs, by {source}: {}", found_dummies.join(", ")));
    }
    if runs.is_empty() {
        return Err(Error::mismatch("no run keeps enough volumes for what is fitted")
            .remedy("fit less, or censor less")
            .at(session.runs()[0].path()));
    }
    let session = session.without(&skipped)?;
    let (model, prepared) = match request.scope {
        Scope::Run => regressors::of_runs(&session, runs)?,
        Scope::Concatenation => regressors::of_concatenation(request, runs)?,
    };
    for (run, prepared) in session.runs().iter().zip(&prepared) {
        if !prepared.dependent.is_empty() {
            let names = prepared.dependent.join(", ");
            notes.push(format!(
                "{}: {names}: constant or made up of other regressors, so not counted",
                run.name()
            ));
        }
    }
    Ok(Prepared { session, model: Arc::new(model), runs: prepared, notes })
}

/// The file that goes with each run, if any were given.
fn companions(
    session: &Session,
    files: &[PathBuf],
    what: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<Option<PathBuf>>> {
    let runs: Vec<PathBuf> = session.runs().iter().map(|run| run.path().to_owned()).collect();
    if files.is_empty() {
        return Ok(vec![None; runs.len()]);
    }
    let matching = matched(&runs, files)?;
    notes.extend(matching.report.into_iter().map(|line| format!("{what}: {line}")));
    Ok(matching.companions.into_iter().map(Some).collect())
}

/// The volumes that lists and thresholds censor.
fn censored(
    request: &Request,
    run: &Path,
    list: Option<&Path>,
    table: Option<&Table>,
    volumes: &Volumes,
) -> Result<Vec<usize>> {
    let mut censored = Vec::new();
    if let Some(list) = list {
        censored.extend(censored_volumes(list, run, volumes.uses().len())?);
    }
    if let (Some(threshold), Some(table)) = (request.fd_threshold_mm, table) {
        censored.extend(table.framewise_displacement_above(threshold)?);
    }
    if let (Some(threshold), Some(table)) = (request.dvars_threshold, table) {
        censored.extend(table.std_dvars_above(threshold)?);
    }
    Ok(censored)
}

/// The used volumes of a run, and what is fitted at each.
fn sampling(volumes: &Volumes, rank: usize, weights: Vec<f64>) -> Sampling {
    Sampling::new(volumes.used().collect(), rank, weights)
}
