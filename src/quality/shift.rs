//! A step of the head: what changes from some volumes to those after them looks as the mean does when
//! it is shifted a little.
//!
//! Where a head moves by `p` voxels between two volumes, their difference is near `-p . grad m`, with
//! `m` the mean: bright on one side of each edge, and dark on the other. The mean of some volumes after
//! a point in time less that of as many before it is fitted by the three derivatives of the mean and
//! the mean itself, so that a change of brightness is no shift. It looks like a shift where the
//! derivatives take more than a quarter of the difference's squares and the length of `p` is more than
//! a quarter of a voxel. Both thresholds are ours. For `p` above a voxel its length is too small, as
//! the difference is no longer in proportion to it.

use super::Series;

/// The fewest volumes of which there are enough before and after.
pub const FEWEST_VOLUMES: usize = 20;

/// The least share of the squares that a shift takes.
const LEAST_SHARE: f64 = 0.25;
/// The least shift, in voxels.
const LEAST_VOXELS: f64 = 0.25;
/// The part of the shift of some volumes' mean that has to be there from one volume to the next but one.
const LEAST_ABRUPT: f64 = 0.5;
/// The most volumes before and after that are compared,
const MOST_BESIDE: usize = 20;
/// and so many at least.
const FEWEST_BESIDE: usize = 4;

/// The most voxels whose series are looked at: those where the mean is steepest.
const MOST_VOXELS: usize = 1024;

/// The fewest voxels that are looked at: of fewer chance draws steps.
const FEWEST_VOXELS: usize = 100;

/// The derivatives of a mean along the axes of the grid, and the mean, at some voxels.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// The numbers of the voxels among those that there were to choose from, ascending.
    chosen: Vec<usize>,
    /// `[voxel]`: along x, y, z, and the mean. 0 along an axis of fewer than four voxels.
    columns: Vec<[f64; 4]>,
    /// The inverse of the products of the columns over the voxels; rows of axes without a derivative
    /// are 0.
    inverse: [[f64; 4]; 4],
}

impl Gradients {
    /// The derivatives at those of some places of a mean over a grid `[x, y, z]` where it is steepest;
    /// nothing where they tell of no axis, or there are too few.
    pub fn at_edges(mean: &[f64], shape: [usize; 3], places: &[usize]) -> Option<Gradients> {
        let strides = [1, shape[0], shape[0] * shape[1]];
        let column = |&place: &usize| {
            let mut column = [0.0; 4];
            for axis in 0..3 {
                let at = place / strides[axis] % shape[axis];
                if shape[axis] >= 4 && at > 0 && at + 1 < shape[axis] {
                    let (before, after) =
                        (mean[place - strides[axis]], mean[place + strides[axis]]);
                    column[axis] = 0.5 * (after - before);
                }
            }
            column[3] = mean[place];
            if column.iter().all(|it| it.is_finite()) { column } else { [0.0; 4] }
        };
        let all: Vec<[f64; 4]> = places.iter().map(column).collect();
        let steepness = |it: &usize| all[*it][..3].iter().map(|it| it * it).sum::<f64>();
        let mut chosen: Vec<usize> = (0..all.len()).filter(|it| steepness(it) > 0.0).collect();
        chosen.sort_by(|a, b| steepness(b).total_cmp(&steepness(a)).then(a.cmp(b)));
        chosen.truncate(MOST_VOXELS);
        chosen.sort_unstable();
        let columns: Vec<[f64; 4]> = chosen.iter().map(|&it| all[it]).collect();
        let mut products = [[0.0; 4]; 4];
        for column in &columns {
            for (row, a) in products.iter_mut().zip(column) {
                for (product, b) in row.iter_mut().zip(column) {
                    *product += a * b;
                }
            }
        }
        let is_any = chosen.len() >= FEWEST_VOXELS && (0..3).any(|axis| products[axis][axis] > 0.0);
        is_any.then(|| Gradients { chosen, columns, inverse: inverse(products) })
    }

    /// The numbers, among the places that they were chosen from, of the voxels whose series are
    /// looked at, ascending.
    pub fn chosen(&self) -> &[usize] {
        &self.chosen
    }

    /// The part of a difference that the columns take: the shift along each axis, in voxels, and the share of
    /// the squares that the three derivatives take beside the mean.
    fn fit(&self, difference: &[f64]) -> ([f64; 3], f64) {
        let mut products = [0.0; 4];
        let mut squares = 0.0;
        for (column, value) in self.columns.iter().zip(difference) {
            for (product, factor) in products.iter_mut().zip(column) {
                *product += factor * value;
            }
            squares += value * value;
        }
        let fitted: [f64; 4] =
            std::array::from_fn(|row| (0..4).map(|it| self.inverse[row][it] * products[it]).sum());
        let taken: f64 = fitted.iter().zip(products).map(|(a, b)| a * b).sum();
        // What the mean takes alone is a change of brightness.
        let means: f64 = self.columns.iter().map(|it| it[3] * it[3]).sum();
        let of_mean = if means > 0.0 { products[3] * products[3] / means } else { 0.0 };
        let share = (taken - of_mean) / (squares - of_mean);
        ([-fitted[0], -fitted[1], -fitted[2]], if share.is_finite() { share } else { 0.0 })
    }

    /// The shift of each volume of a series from the mean over all.
    fn course(&self, series: &Series) -> Vec<[f64; 3]> {
        let mean = series.mean();
        let mut difference = vec![0.0; mean.len()];
        let mut shift = |row: &[f32]| {
            for ((difference, &value), mean) in difference.iter_mut().zip(row).zip(&mean) {
                *difference = f64::from(value) - mean;
            }
            self.fit(&difference).0
        };
        series.rows().map(&mut shift).collect()
    }
}

/// The inverse of a symmetric matrix by Gauss and Jordan; rows and columns whose diagonal is nothing
/// beside what it was are left out, and 0.
fn inverse(matrix: [[f64; 4]; 4]) -> [[f64; 4]; 4] {
    let (mut left, mut right) = (matrix, [[0.0; 4]; 4]);
    for (at, row) in right.iter_mut().enumerate() {
        row[at] = 1.0;
    }
    for pivot in 0..4 {
        let value = left[pivot][pivot];
        if value.is_nan() || value <= 1e-9 * matrix[pivot][pivot] || value <= 0.0 {
            for row in 0..4 {
                (left[row][pivot], left[pivot][row]) = (0.0, 0.0);
                (right[row][pivot], right[pivot][row]) = (0.0, 0.0);
            }
            continue;
        }
        for column in 0..4 {
            left[pivot][column] /= value;
            right[pivot][column] /= value;
        }
        for row in (0..4).filter(|&row| row != pivot) {
            let factor = left[row][pivot];
            for column in 0..4 {
                left[row][column] -= factor * left[pivot][column];
                right[row][column] -= factor * right[pivot][column];
            }
        }
    }
    right
}

/// A step of the head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The first volume after it, by its number in the run.
    pub volume: usize,
    /// Along the axes of the grid, in voxels.
    pub voxels: [f64; 3],
    /// The share of the squares of the change that it takes.
    pub share: f64,
}

impl Shift {
    /// The length of the shift, in voxels.
    pub fn length(&self) -> f64 {
        length(self.voxels)
    }
}

fn length(it: [f64; 3]) -> f64 {
    it.iter().map(|it| it * it).sum::<f64>().sqrt()
}

/// The largest step in a run, if there is one, by the series of the voxels that were
/// [chosen](Gradients::chosen).
pub fn shift(series: &Series, gradients: &Gradients) -> Option<Shift> {
    let count = series.volumes().len();
    if count < FEWEST_VOLUMES {
        return None;
    }
    let beside = (count / 4).clamp(FEWEST_BESIDE, MOST_BESIDE);
    let course = gradients.course(series);
    let mean = |volumes: std::ops::Range<usize>| -> [f64; 3] {
        let length = volumes.len() as f64;
        let sum = |axis: usize| course[volumes.clone()].iter().map(|it| it[axis]).sum::<f64>();
        std::array::from_fn(|axis| sum(axis) / length)
    };
    let step = |at: usize, wide: usize| {
        let (before, after) = (mean(at.saturating_sub(wide)..at), mean(at..count.min(at + wide)));
        length([0, 1, 2].map(|axis| after[axis] - before[axis]))
    };
    let places = FEWEST_BESIDE..=count - FEWEST_BESIDE;
    let at = places.max_by(|&a, &b| step(a, beside).total_cmp(&step(b, beside)))?;
    let (before, after) = (at.saturating_sub(beside)..at, at..count.min(at + beside));
    let (before, after) = (series.mean_over(before), series.mean_over(after));
    let difference: Vec<f64> = before.iter().zip(&after).map(|(a, b)| b - a).collect();
    let (voxels, share) = gradients.fit(&difference);
    let is_abrupt = step(at, 2) > LEAST_ABRUPT * length(voxels);
    let found = Shift { volume: series.volumes()[at], voxels, share };
    (share > LEAST_SHARE && found.length() > LEAST_VOXELS && is_abrupt).then_some(found)
}
