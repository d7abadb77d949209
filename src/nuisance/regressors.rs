//! The columns that are fitted to a run, and the basis that they become.

use super::prepare::sampling;
use super::{
    Basis, Column, PreparedRun, Table, Use, Volumes, cosine_columns, cosine_count,
    polynomial_columns,
};
use crate::error::{Error, Result, Setting};
use crate::formats::Progress;
use crate::numbers::mebibytes_needed;
use crate::pipeline::read_to_the_end;
use crate::recipe::{COSINE, MeanKept, POLYNOMIAL, Selection, TsnrDefinition};
use crate::runs::{Run, Session};
use crate::stats::sampling::{Model, Scope};
use std::path::Path;

/// The columns over all volumes of a run: trends first, then confounds.
pub(super) struct Columns {
    trends: Vec<Column>,
    confounds: Vec<Column>,
}

impl Columns {
    pub fn len(&self) -> usize {
        self.trends.len() + self.confounds.len()
    }

    fn iter(&self) -> impl Iterator<Item = &Column> {
        self.trends.iter().chain(&self.confounds)
    }
}

/// How often a column is held while a basis is made: as it was made, picked, of norm 1, as what is left
/// of it, as a vector of the basis, and twice in the model.
const HELD: u64 = 7;

/// Bytes of what is fitted to a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FitBytes {
    /// Bytes of its columns, which are held until the bases of all runs are made.
    pub columns: u64,
    /// The most that is held while its basis is made.
    pub most: u64,
}

/// The products of numbers that are taken in a second to make a basis, on two busy cores.
const PRODUCTS_PER_SECOND: f64 = 6e8;
/// A basis that takes longer to make is refused. The runs are read for about as long, where there are so
/// many columns and volumes.
const MOST_SECONDS: f64 = 60.0;

/// A fit that takes more memory than this, and than its run, is begun when all of the run was seen to be
/// there: a header's claim is cheaper to check than to compute with.
const BELIEVED_BYTES: u64 = 32 * 1024 * 1024;

/// Refuses a fit of so many columns to so many volumes whose basis would take too long to make, or
/// more memory than `limit_bytes` beside the `taken_bytes` of other runs.
///
/// A column takes 8 bytes a volume. Of the run whose basis is made each is held [so often](HELD). Each is
/// multiplied with all others about three times.
fn check_size(
    columns: usize,
    run: &Run,
    taken_bytes: u64,
    limit_bytes: Option<u64>,
) -> Result<FitBytes> {
    let volumes = run.volumes();
    let of_columns = 8 * volumes as u64 * columns as u64;
    let bytes = HELD * of_columns + 4 * (columns * columns) as u64;
    let to_make = 3.0 * (columns as f64).powi(2) * volumes as f64 / PRODUCTS_PER_SECOND;
    let problem = if to_make > MOST_SECONDS {
        format!("takes about {to_make:.0} s to prepare, more than the {MOST_SECONDS} s it may take")
    } else if let Some(limit) = limit_bytes.filter(|&limit| taken_bytes + bytes > limit) {
        let needed = mebibytes_needed(taken_bytes + bytes);
        format!("takes {needed} of memory, more than the {} it may use", mebibytes_needed(limit))
    } else {
        return Ok(FitBytes { columns: of_columns, most: taken_bytes + bytes });
    };
    Err(Error::memory(format!("a fit of {columns} columns to its {volumes} volumes {problem}"))
        .remedy("give a longer period, or select fewer columns")
        .settings([Setting::Highpass, Setting::Confounds])
        .at(run.path()))
}

/// The columns to be fitted to a run, and the bytes that this takes; `taken_bytes` are those of tables
/// and of the columns of the runs before it.
///
/// # Errors
/// More than memory and time allow. A header without a TR, where there are periods in seconds; a
/// cut-off too short for the run; a table that lacks columns.
pub(super) fn columns(
    definition: &TsnrDefinition,
    selection: Option<&Selection>,
    run: &Run,
    table: Option<&Table>,
    (taken_bytes, limit_bytes): (u64, Option<u64>),
    progress: &dyn Progress,
) -> Result<(Columns, FitBytes)> {
    let volumes = run.volumes();
    let confounds = match (table, selection) {
        (Some(table), Some(selection)) => table.selected(selection)?,
        _ => Vec::new(),
    };
    let of_tables = confounds.len() + definition.polynomial_order;
    let mut bytes = check_size(of_tables, run, taken_bytes, limit_bytes)?;
    let mut trends = match definition.trend_through {
        Scope::Run => {
            named(POLYNOMIAL, 1, polynomial_columns(volumes, definition.polynomial_order))
        }
        Scope::Concatenation => Vec::new(),
    };
    if let Some(cutoff) = definition.highpass_seconds {
        let tr = run.tr_seconds().ok_or_else(|| {
            let place = run.images()[0].time().tr_place;
            let problem =
                "its header states no TR, nor does a sidecar, and a high-pass filter needs one";
            Error::mismatch(problem)
                .remedy(format!("say it, set {place}, or remove a polynomial trend"))
                .settings([Setting::Tr, Setting::Detrend])
                .at(run.path())
        })?;
        let count = cosine_count(volumes, tr, cutoff);
        if count + 2 > volumes {
            return Err(Error::mismatch(format!(
                "a cut-off of {cutoff} s with a TR of {tr} s takes {count} cosines, too many for its \
                 {volumes} volumes"
            ))
            .remedy("give a longer period")
            .settings([Setting::Highpass])
            .at(run.path()));
        }
        bytes = check_size(of_tables + count, run, taken_bytes, limit_bytes)?;
        let claimed_bytes: u64 = run.images().iter().map(|image| image.voxel_bytes()).sum();
        if bytes.most - taken_bytes > BELIEVED_BYTES.max(claimed_bytes) {
            read_to_the_end(run, progress)?;
        }
        trends.extend(named(COSINE, 1, cosine_columns(volumes, tr, cutoff)));
    }
    Ok((Columns { trends, confounds }, bytes))
}

fn named(kind: &str, first: usize, columns: Vec<Vec<f64>>) -> Vec<Column> {
    let name = |(index, values)| Column { name: format!("{kind} {}", index + first), values };
    columns.into_iter().enumerate().map(name).collect()
}

/// A model in which each run has regressors of its own.
///
/// # Errors
/// Trends that cannot be told apart at the volumes that are used.
pub(super) fn of_runs(
    session: &Session,
    runs: Vec<(usize, Volumes, Columns)>,
) -> Result<(Model, Vec<PreparedRun>)> {
    let (mut samplings, mut prepared) = (Vec::new(), Vec::new());
    for (run, (_, volumes, columns)) in session.runs().iter().zip(runs) {
        let used = volumes.count(Use::Used);
        let picked: Vec<_> = columns.iter().map(|it| volumes.picked(&it.values)).collect();
        let basis = Basis::new(used, &picked);
        check_trends(&basis, &columns, used, run.path())?;
        let weights = (0..used).flat_map(|volume| basis.row(volume)).copied().collect();
        samplings.push(sampling(&volumes, basis.rank(), weights));
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let dependent = basis.dependent().iter().map(|&index| names[index].clone()).collect();
        prepared.push(PreparedRun {
            uses: volumes.uses().to_vec(),
            regressors: names,
            dependent,
            ..PreparedRun::default()
        });
    }
    Ok((Model::of_runs(samplings), prepared))
}

/// Refuses trends of which some add nothing: at so few volumes they say the same.
fn check_trends(basis: &Basis, columns: &Columns, used: usize, run: &Path) -> Result<()> {
    match basis.dependent().iter().find(|&&index| index < columns.trends.len()) {
        None => Ok(()),
        Some(&index) => Err(Error::mismatch(format!(
            "{} trends cannot be told apart at its {used} used volumes: '{}' adds nothing",
            columns.trends.len(),
            columns.trends[index].name
        ))
        .remedy("fit a lower order, a longer period, or one of them only")
        .settings([Setting::Detrend, Setting::Highpass])
        .at(run)),
    }
}

/// A model in which the polynomial runs through the concatenation of all runs.
///
/// # Errors
/// A polynomial of too high an order for the volumes that are used.
pub(super) fn of_concatenation(
    definition: &TsnrDefinition,
    runs: Vec<(usize, Volumes, Columns)>,
) -> Result<(Model, Vec<PreparedRun>)> {
    let order = definition.polynomial_order;
    let used: usize = runs.iter().map(|(_, volumes, _)| volumes.count(Use::Used)).sum();
    let columns = polynomial_columns(used, order);
    let basis = Basis::new(used, &columns);
    if basis.rank() < order || used < order + 2 {
        return Err(Error::mismatch(format!(
            "{used} volumes are used, too few for a polynomial of order {order}"
        ))
        .remedy("fit a lower order")
        .settings([Setting::Detrend]));
    }
    let (mut samplings, mut prepared, mut first) = (Vec::new(), Vec::new(), 0);
    for (_, volumes, _) in runs {
        let end = first + volumes.count(Use::Used);
        let weights = (first..end).flat_map(|volume| basis.row(volume)).copied().collect();
        samplings.push(sampling(&volumes, basis.rank(), weights));
        prepared.push(PreparedRun { uses: volumes.uses().to_vec(), ..PreparedRun::default() });
        first = end;
    }
    let mean_weights = match definition.mean {
        MeanKept::Whole => Vec::new(),
        MeanKept::LessPolynomials => mean_weights(&basis, &columns),
    };
    Ok((Model::of_concatenation(samplings, mean_weights), prepared))
}

/// The part of the mean that each product with a basis vector takes, if every column is taken out of the
/// data as it is, with its mean: `sum_k mean(x_k) * d beta_k / d c_j`.
fn mean_weights(basis: &Basis, columns: &[Vec<f64>]) -> Vec<f64> {
    let mean = |column: &Vec<f64>| column.iter().sum::<f64>() / column.len() as f64;
    let weight = |vector: usize| {
        let mut unit = vec![0.0; basis.rank()];
        unit[vector] = 1.0;
        let coefficients = basis.coefficients(&unit);
        columns.iter().zip(coefficients).map(|(column, it)| mean(column) * it).sum()
    };
    (0..basis.rank()).map(weight).collect()
}
