//! The sampling of a run: the volumes that are used, and the regressors at each of them.

use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// The volumes of one run that are used, in order, and the values there of the regressors that
/// are fitted to each voxel.
///
/// The regressors are orthonormal over the used volumes and orthogonal to the constant there.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    used: Vec<usize>,
    rank: usize,
    /// `[volume, k]`
    weights: Vec<f64>,
}

impl Sampling {
    /// All of `volumes` volumes, and no regressor.
    pub fn all(volumes: usize) -> Sampling {
        Sampling { used: (0..volumes).collect(), rank: 0, weights: Vec::new() }
    }

    /// The volumes `used`, ascending, with `rank` regressors whose values at each of them are
    /// `weights`, `[volume, k]`.
    ///
    /// # Panics
    /// If the volumes do not ascend, or the weights are not `rank` for each.
    pub fn new(used: Vec<usize>, rank: usize, weights: Vec<f64>) -> Sampling {
        assert!(used.is_sorted_by(|a, b| a < b), "volumes in order");
        assert_eq!(weights.len(), rank * used.len(), "the regressors at each volume");
        Sampling { used, rank, weights }
    }

    /// The volumes that are used.
    pub fn used(&self) -> &[usize] {
        &self.used
    }

    /// Number of regressors.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The values of the regressors at each used volume, `[volume, k]`.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The rows of a block that holds these volumes.
    pub fn rows(&self, volumes: Range<usize>) -> Rows<'_> {
        let place = |volume| self.used.partition_point(|&used| used < volume);
        let (start, end) = (place(volumes.start), place(volumes.end));
        Rows {
            used: &self.used[start..end],
            first_volume: volumes.start,
            rank: self.rank,
            weights: &self.weights[start * self.rank..end * self.rank],
        }
    }
}

/// The volumes over which the regressors are orthonormal, and orthogonal to the constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Scope {
    /// Each run has regressors of its own, fitted to it alone.
    #[serde(rename = "each run")]
    Run,
    /// The regressors run through the concatenation of all runs, as those of tools that know
    /// nothing of runs.
    #[serde(rename = "all runs")]
    Concatenation,
}

/// The model of a session: the sampling of all its runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    runs: Vec<Sampling>,
    /// The totals over all runs, of which there may be thousands, while this is asked for everywhere.
    totals: ModelTotals,
    scope: Scope,
    mean_weights: Vec<f64>,
    numerator: Option<Arc<[f64]>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct ModelTotals {
    volumes: usize,
    regressors: usize,
    most_regressors: usize,
}

impl ModelTotals {
    fn over(runs: &[Sampling]) -> ModelTotals {
        let ranks = || runs.iter().map(Sampling::rank);
        ModelTotals {
            volumes: runs.iter().map(|run| run.used().len()).sum(),
            regressors: ranks().sum(),
            most_regressors: ranks().max().unwrap_or(0),
        }
    }
}

impl Model {
    /// All volumes of runs of these lengths, and no regressor.
    pub fn all(lengths: impl IntoIterator<Item = usize>) -> Model {
        Model::of_runs(lengths.into_iter().map(Sampling::all).collect())
    }

    /// Runs with regressors of their own.
    pub fn of_runs(runs: Vec<Sampling>) -> Model {
        let (totals, mean_weights) = (ModelTotals::over(&runs), Vec::new());
        Model { runs, totals, scope: Scope::Run, mean_weights, numerator: None }
    }

    /// Runs through whose concatenation the regressors run. `mean_weights` are what is taken of
    /// the products with them from the mean: nothing, but to equal a tool whose regressors are
    /// not orthogonal to the constant.
    ///
    /// # Panics
    /// If runs have not as many regressors as others, or as there are mean weights (or none).
    pub fn of_concatenation(runs: Vec<Sampling>, mean_weights: Vec<f64>) -> Model {
        let rank = runs.first().map_or(0, Sampling::rank);
        assert!(runs.iter().all(|run| run.rank() == rank), "one set of regressors");
        assert!(mean_weights.is_empty() || mean_weights.len() == rank, "a weight each");
        let totals = ModelTotals::over(&runs);
        Model { runs, totals, scope: Scope::Concatenation, mean_weights, numerator: None }
    }

    /// This model, with these means of all voxels of the grid in the place of the data's own: of
    /// data that were demeaned.
    pub fn with_numerator(self, means: Vec<f64>) -> Model {
        Model { numerator: Some(means.into()), ..self }
    }

    /// The mean of a voxel of the grid that takes the place of the data's own.
    #[inline]
    pub fn numerator(&self, voxel: usize) -> Option<f64> {
        self.numerator.as_ref().map(|means| means[voxel])
    }

    /// The sampling of each run, in the order of the session.
    pub fn runs(&self) -> &[Sampling] {
        &self.runs
    }

    /// The bytes of the regressors at all used volumes.
    pub fn bytes(&self) -> usize {
        self.runs.iter().map(|run| size_of_val(run.weights.as_slice())).sum()
    }

    /// The volumes over which the regressors run.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// How many volumes of all runs are used.
    pub fn volumes(&self) -> usize {
        self.totals.volumes
    }

    /// How many regressors are fitted, in all runs together.
    pub fn regressors(&self) -> usize {
        match self.scope {
            Scope::Run => self.totals.regressors,
            Scope::Concatenation => self.most_regressors(),
        }
    }

    /// The most regressors of a run.
    pub fn most_regressors(&self) -> usize {
        self.totals.most_regressors
    }

    /// The excess of a voxel's mean, from its products with the regressors.
    pub fn mean_bias(&self, products: impl Iterator<Item = f64>) -> f64 {
        self.mean_weights.iter().zip(products).map(|(weight, product)| weight * product).sum()
    }

    /// Whether the mean is that of the data.
    pub fn keeps_the_mean(&self) -> bool {
        self.mean_weights.is_empty()
    }
}

/// The rows of the model for a block of consecutive volumes.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    used: &'a [usize],
    first_volume: usize,
    rank: usize,
    weights: &'a [f64],
}

impl<'a> Rows<'a> {
    /// The volumes of a block at these indexes, and no regressor.
    pub fn without_regressors(indexes: &'a [usize]) -> Rows<'a> {
        Rows { used: indexes, first_volume: 0, rank: 0, weights: &[] }
    }

    /// The indexes of the volumes in the block.
    pub fn indexes(self) -> impl Iterator<Item = usize> + use<'a> {
        self.used.iter().map(move |used| used - self.first_volume)
    }

    /// How many volumes there are.
    pub fn len(self) -> usize {
        self.used.len()
    }

    /// Whether no volume of the block is used.
    pub fn is_empty(self) -> bool {
        self.used.is_empty()
    }

    /// Number of regressors.
    pub fn rank(self) -> usize {
        self.rank
    }

    /// The regressors at each volume, `[volume, k]`.
    pub fn weights(self) -> &'a [f64] {
        self.weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_the_rows_of_its_volumes() {
        let sampling = Sampling::new(vec![1, 2, 5, 6], 1, vec![0.1, 0.2, 0.5, 0.6]);
        let rows = sampling.rows(2..6);
        assert_eq!(rows.indexes().collect::<Vec<_>>(), [0, 3]);
        assert_eq!(rows.weights(), [0.2, 0.5]);
        assert!(sampling.rows(3..5).is_empty());
        assert_eq!(Sampling::all(7).rows(3..7).indexes().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }
}
