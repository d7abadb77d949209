//! The plain reference: means, fits and squares in passes over series that are all in memory.
//!
//! With `q_k(t)` the regressors of a run (orthonormal, orthogonal to the constant), in float64:
//!
//! ```text
//! mean   = y_0 + sum_t(y_t - y_0) / N                 over the used volumes of all runs
//! mean_r = the same over those of run r
//! c_k    = sum_t q_k(t) (y_t - mean_r)                least squares, as the q_k are orthonormal
//! e_t    = (y_t - mean_r) - sum_k c_k q_k(t)          what the fit leaves
//! R_r    = sum_t e_t^2,   M2 = sum_t (e_t + (mean_r - mean))^2
//! ```
//!
//! Residuals are squared as they are: nothing is lost to the difference of two large sums. The
//! mean comes off first: beside one of 1e9, a residual of 1 would keep seven digits.

use super::fold::{OfRuns, RunVoxel, maps};
use super::formula::Formula;
use super::moments::NOTHING_LEFT;
use super::peak::{Peak, RunPeak};
use super::sampling::{Model, Rows, Scope};
use crate::maps::{Maps, Wanted};
use crate::voxels::Block;
use std::sync::Arc;

/// Runs, each of blocks of samples that follow one another in time, on one grid: a
/// concatenation that copies nothing.
#[derive(Clone, Debug)]
pub struct Series {
    runs: Vec<Vec<Arc<Block>>>,
    voxels: usize,
}

impl Series {
    /// One run: the blocks in their order.
    ///
    /// # Panics
    /// If there is no block, or blocks differ in their number of voxels.
    pub fn new(blocks: Vec<Arc<Block>>) -> Series {
        let voxels = blocks.first().expect("a series has a block").samples.voxels();
        assert!(blocks.iter().all(|block| block.samples.voxels() == voxels), "blocks of one grid");
        Series { runs: vec![blocks], voxels }
    }

    /// The runs of some series, one after the other.
    ///
    /// # Panics
    /// If there is none, or they differ in their number of voxels.
    pub fn concatenate(series: &[Arc<Series>]) -> Series {
        let voxels = series.first().expect("a series at least").voxels;
        assert!(series.iter().all(|series| series.voxels == voxels), "runs of one grid");
        Series { runs: series.iter().flat_map(|it| it.runs.iter().cloned()).collect(), voxels }
    }

    fn for_each_block<'a>(
        &self,
        run: usize,
        model: &'a Model,
        mut visit: impl FnMut(&Block, Rows<'a>),
    ) {
        let mut first = 0;
        for block in &self.runs[run] {
            let end = first + block.samples.volumes();
            visit(block, model.runs()[run].rows(first..end));
            first = end;
        }
    }

    /// Visits the used volumes of a run in order: their values, and the regressors there.
    fn for_each_volume(&self, run: usize, model: &Model, mut visit: impl FnMut(&[f64], &[f64])) {
        self.for_each_block(run, model, |block, rows| {
            let rank = rows.rank();
            let mut used = 0;
            block.for_each_volume(rows.indexes(), |values| {
                visit(values, &rows.weights()[used * rank..][..rank]);
                used += 1;
            });
        });
    }

    /// The mean of each voxel over the used volumes of some runs: of a constant series that
    /// constant, exactly.
    fn mean_of(&self, runs: impl Iterator<Item = usize>, model: &Model) -> Vec<f64> {
        let mut first: Option<Vec<f64>> = None;
        let (mut sum, mut volumes) = (vec![0.0; self.voxels], 0.0);
        for run in runs {
            self.for_each_volume(run, model, |volume, _| {
                let first = first.get_or_insert_with(|| volume.to_vec());
                for ((sum, &first), &value) in sum.iter_mut().zip(&*first).zip(volume) {
                    *sum += value - first;
                }
                volumes += 1.0;
            });
        }
        let first = first.expect("a volume is used");
        sum.iter().zip(first).map(|(sum, first)| first + sum / volumes).collect()
    }

    /// The mean over time of each voxel, over the used volumes of all runs.
    pub fn temporal_mean(&self, model: &Model) -> Vec<f64> {
        self.mean_of(0..self.runs.len(), model)
    }

    /// The products of some runs' deviations from `mean` with the regressors, `[k][voxel]`.
    fn products(
        &self,
        runs: impl Iterator<Item = usize>,
        rank: usize,
        mean: &[f64],
        model: &Model,
    ) -> Vec<Vec<f64>> {
        let mut products = vec![vec![0.0; self.voxels]; rank];
        if rank == 0 {
            return products;
        }
        for run in runs {
            self.for_each_volume(run, model, |volume, weights| {
                for (product, weight) in products.iter_mut().zip(weights) {
                    for ((product, value), mean) in product.iter_mut().zip(volume).zip(mean) {
                        *product += weight * (value - mean);
                    }
                }
            });
        }
        products
    }

    /// The part of each voxel's variation that the maps are made of.
    pub fn spread(&self, model: &Model, definition: &Formula, wanted: &Wanted) -> Spread {
        let mean = self.temporal_mean(model);
        let mut of_runs = OfRuns::new(0..self.voxels, model, definition, wanted);
        let mut squares = vec![0.0; self.voxels];
        let mut left = Vec::with_capacity(self.voxels);
        // What the fits of the runs explain.
        let mut explained = vec![0.0; self.voxels];
        let of_all = match model.scope() {
            Scope::Run => None,
            Scope::Concatenation => {
                let rank = model.most_regressors();
                Some(self.products(0..self.runs.len(), rank, &mean, model))
            }
        };
        for run in 0..self.runs.len() {
            let is_alone = self.runs.len() == 1;
            let own_mean = match is_alone || (of_all.is_some() && of_runs.is_empty()) {
                true => mean.clone(),
                false => self.mean_of(run..run + 1, model),
            };
            let own_products = match of_all {
                Some(_) => vec![],
                None => {
                    let rank = model.runs()[run].rank();
                    self.products(run..run + 1, rank, &own_mean, model)
                }
            };
            let products = of_all.as_ref().unwrap_or(&own_products);
            let mut residual = vec![0.0; self.voxels];
            self.for_each_volume(run, model, |volume, weights| {
                left.clear();
                left.extend(volume.iter().zip(&own_mean).map(|(value, own)| value - own));
                if !of_runs.is_empty() && of_all.is_some() {
                    // A fit through all runs is none of this run.
                    add_squares(&mut residual, &left);
                }
                for (product, weight) in products.iter().zip(weights) {
                    for (left, product) in left.iter_mut().zip(product) {
                        *left -= weight * product;
                    }
                }
                if !of_runs.is_empty() && of_all.is_none() {
                    add_squares(&mut residual, &left);
                }
                for ((left, own), mean) in left.iter_mut().zip(&own_mean).zip(&mean) {
                    *left += own - mean;
                }
                add_squares(&mut squares, &left);
            });
            let explained_by = |products: &[Vec<f64>], voxel: usize| -> f64 {
                products.iter().map(|it| it[voxel] * it[voxel]).sum()
            };
            of_runs.add(run, model, definition, |run| {
                for (voxel, &mean) in own_mean.iter().enumerate() {
                    let residual = beside(residual[voxel], explained_by(&own_products, voxel));
                    run.add(voxel, RunVoxel { mean, residual });
                }
            });
            let is_last = run + 1 == self.runs.len();
            if is_last || of_all.is_none() {
                for (voxel, explained) in explained.iter_mut().enumerate() {
                    *explained += explained_by(products, voxel);
                }
            }
        }
        for (squares, explained) in squares.iter_mut().zip(explained) {
            *squares = beside(*squares, explained);
        }
        let mut at_limit = vec![false; self.voxels];
        for run in 0..self.runs.len() {
            self.for_each_block(run, model, |block, rows| {
                if block.scaling.slope() == 1.0 {
                    block.samples.mark_limits(rows.indexes(), &mut at_limit);
                }
            });
        }
        let peaks = (0..self.runs.len()).map(|run| self.peak(run, model)).collect();
        let at_limit = (0..self.voxels).filter(|&voxel| at_limit[voxel]).collect();
        let bias = of_all.iter().filter(|_| !model.keeps_the_mean()).flat_map(|products| {
            let products = move |voxel: usize| products.iter().map(move |it| it[voxel]);
            (0..self.voxels).map(move |voxel| model.mean_bias(products(voxel)))
        });
        Spread { squares, of_runs, mean_bias: bias.collect(), at_limit, peaks }
    }

    /// The greatest value of a run, and who has it.
    fn peak(&self, run: usize, model: &Model) -> RunPeak {
        let (mut peak, mut volumes) = (Peak::default(), 0);
        self.for_each_block(run, model, |block, rows| {
            volumes += rows.len() as u64;
            peak.add_samples(&block.samples, rows.indexes(), block.scaling);
        });
        // A voxel that never changes has the value in each of its samples.
        if peak.samples() < volumes {
            return peak.of_run(volumes, |_| false, 0);
        }
        // The first value of each voxel, and whether it never changes.
        let (mut first, mut is_constant) = (Vec::new(), vec![true; self.voxels]);
        self.for_each_block(run, model, |block, rows| {
            block.for_each_volume(rows.indexes(), |values| {
                if first.is_empty() {
                    first = values.to_vec();
                }
                for ((is_constant, first), value) in is_constant.iter_mut().zip(&first).zip(values)
                {
                    *is_constant &= first == value;
                }
            });
        });
        peak.of_run(volumes, |voxel| is_constant[voxel], 0)
    }
}

fn add_squares(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value * value;
    }
}

/// A residual sum of squares beside what was explained: nothing, if it is no more than what
/// rounding leaves.
fn beside(residual: f64, explained: f64) -> f64 {
    if !(residual + explained).is_finite() {
        // Squares that are no numbers leave none, whatever the fit leaves.
        f64::NAN
    } else if explained > 0.0 && residual <= (residual + explained) * NOTHING_LEFT {
        0.0
    } else {
        residual
    }
}

/// How each voxel varies.
#[derive(Clone, Debug)]
pub struct Spread {
    squares: Vec<f64>,
    of_runs: OfRuns,
    /// The part that is taken off each voxel's mean; empty if the mean is that of the data.
    mean_bias: Vec<f64>,
    at_limit: Vec<usize>,
    peaks: Vec<RunPeak>,
}

impl Spread {
    /// The greatest value of each run.
    pub fn peaks(&self) -> &[RunPeak] {
        &self.peaks
    }

    /// The voxels that have a sample at the limit of its type among the used volumes, unscaled.
    pub fn at_limit(&self) -> &[usize] {
        &self.at_limit
    }

    /// The maps that a definition makes of this and of the means of all voxels.
    pub fn maps(&self, mean: &[f64], model: &Model, definition: &Formula, wanted: &Wanted) -> Maps {
        maps(0..mean.len(), &self.of_runs, model, definition, wanted, |maps| {
            for (voxel, (mean, &squares)) in mean.iter().zip(&self.squares).enumerate() {
                let bias = self.mean_bias.get(voxel).copied().unwrap_or(0.0);
                maps.add(voxel, mean - bias, squares);
            }
        })
    }
}
