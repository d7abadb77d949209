//! From what is asked for to what is computed: which volumes of each run are used, and what is
//! fitted to them, before a voxel is summed.
//!
//! [`prepare`] takes the runs of a session and the [`Recipe`], reads the files that lie beside
//! them, and gives the [`Model`] that all modes compute with. It computes no statistics of voxels.
//!
//! The order of the rules, for each run: the chosen part, the dummies at the run's beginning, the
//! censored volumes (from lists and thresholds together, widened); then the trends are made over
//! the whole run, and all columns are looked at at the volumes that are left.

use super::{Table, Use, Volumes, censored_volumes, matched, non_steady_volumes, regressors};
use crate::error::{Error, Result, Setting};
use crate::formats::Progress;
use crate::pipeline::{RunSignals, beginnings};
use crate::recipe::{
    BEGINNING_VOLUMES, Dummies, Recipe, Selection, ShortRuns, TsnrDefinition, VolumeChoice,
};
use crate::runs::{self, Session};
use crate::stats::sampling::{Model, Sampling, Scope};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is computed of which runs.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The runs, without those that were too short.
    pub session: Session,
    /// Which volumes count, and what is fitted.
    pub model: Arc<Model>,
    /// Of each run, what became of it.
    pub runs: Vec<PreparedRun>,
    /// What was done on the way, for the findings.
    pub decisions: Decisions,
}

/// What was decided while runs were prepared, that a person may want to check.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// Which table of confounds goes with which run, a line each.
    pub tables: Vec<String>,
    /// Which list of volumes goes with which run, a line each.
    pub lists: Vec<String>,
    /// Whether nothing is taken of the tables that were given.
    pub are_tables_unused: bool,
    /// How many dummy scans each run was found to have, if they were looked for.
    pub dummies: Option<FoundDummies>,
    /// Runs that were left out, each with the reason.
    pub left_out: Vec<(String, String)>,
}

/// Dummy scans as they were found in each run, those left out later among them.
#[derive(Clone, Debug)]
pub struct FoundDummies {
    /// Whether by the global signals; else by the tables of confounds.
    pub is_by_signal: bool,
    /// By run.
    pub counts: Vec<usize>,
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
    recipe: &Recipe,
    definition: &TsnrDefinition,
    threads: NonZeroUsize,
    progress: &Arc<dyn Progress>,
) -> Result<Prepared> {
    let request = &recipe.volumes;
    let selection = recipe.confounds.columns.as_deref().map(Selection::parse).transpose()?;
    let mut decisions = Decisions::default();
    let tables = companions(session, &recipe.confounds.tables, &mut decisions.tables)?;
    let lists = companions(session, &request.censor_lists, &mut decisions.lists)?;
    let is_table_used = selection.is_some()
        || request.fd_threshold_mm.is_some()
        || request.dvars_threshold.is_some()
        || request.dummies == Dummies::Auto;
    decisions.are_tables_unused = !recipe.confounds.tables.is_empty() && !is_table_used;
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

    let (mut runs, mut counts) = (Vec::new(), Vec::new());
    let mut skipped = Vec::new();
    let fewest_beside_fit = definition.fewest_volumes_beside_fit();
    for (number, run) in session.runs().iter().enumerate() {
        let table = read_tables[number].as_ref();
        let dummies = match (request.dummies, table) {
            (Dummies::Count(count), _) => count,
            (Dummies::Auto, Some(table)) => table.non_steady_volumes()?,
            (Dummies::Auto, None) => non_steady_volumes(&signals[number].global),
        };
        counts.push(dummies);
        let mut volumes = Volumes::all(run.volumes());
        if let Some(chosen) = &request.chosen {
            volumes = volumes.choose(chosen.clone());
        }
        volumes = volumes.drop_dummies(dummies);
        let censored = censored(request, run.path(), lists[number].as_deref(), table, &volumes)?;
        volumes = volumes.censor(&censored, request.widening);
        let columns = regressors::columns(definition, selection.as_ref(), run, table)?;
        let used = volumes.count(Use::Used);
        if used >= columns.len() + fewest_beside_fit {
            runs.push((number, volumes, columns));
            continue;
        }
        let problem = format!(
            "{used} of {} volumes are used, too few for {} regressors: {} are needed",
            volumes.uses().len(),
            columns.len(),
            columns.len() + fewest_beside_fit
        );
        match request.short_runs {
            ShortRuns::Refused => {
                return Err(Error::mismatch(problem)
                    .remedy("fit less, or leave such runs out")
                    .settings([Setting::SkipShortRuns])
                    .at(run.path()));
            }
            ShortRuns::Skipped => {
                decisions.left_out.push((run.name(), problem));
                skipped.push(number);
            }
        }
    }
    if request.dummies == Dummies::Auto {
        decisions.dummies = Some(FoundDummies { is_by_signal: is_signal_needed, counts });
    }
    if runs.is_empty() {
        return Err(Error::mismatch("no run keeps enough volumes for what is fitted")
            .remedy("fit less, or censor less")
            .at(session.runs()[0].path()));
    }
    let session = session.without(&skipped)?;
    let (model, prepared) = match definition.trend_through {
        Scope::Run => regressors::of_runs(&session, runs)?,
        Scope::Concatenation => regressors::of_concatenation(definition, runs)?,
    };
    Ok(Prepared { session, model: Arc::new(model), runs: prepared, decisions })
}

/// The file that goes with each run, if any were given.
fn companions(
    session: &Session,
    patterns: &[PathBuf],
    report: &mut Vec<String>,
) -> Result<Vec<Option<PathBuf>>> {
    let runs: Vec<PathBuf> = session.runs().iter().map(|run| run.path().to_owned()).collect();
    if patterns.is_empty() {
        return Ok(vec![None; runs.len()]);
    }
    let matching = matched(&runs, &runs::expand_files(patterns)?)?;
    *report = matching.report;
    Ok(matching.companions.into_iter().map(Some).collect())
}

/// The volumes that lists and thresholds censor.
fn censored(
    request: &VolumeChoice,
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
pub(super) fn sampling(volumes: &Volumes, rank: usize, weights: Vec<f64>) -> Sampling {
    Sampling::new(volumes.used().collect(), rank, weights)
}
