//! What regressors explain of each voxel: its products with them.
//!
//! With `q_k(t)` the regressors of a run, orthonormal and orthogonal to the constant over the
//! volumes that are used, and `origin` any number near the samples, kept is
//!
//! ```text
//! c_k = sum_t q_k(t) * (y_t - origin)
//! ```
//!
//! added up in the order of the volumes, so that the bits do not depend on how the run is cut.
//! The sum of squares that the regressors explain is `sum_k c_k^2`; what they leave is
//! `M2 - sum_k c_k^2` (the Pythagorean theorem in the space of time series). Of two parts of a
//! run the products are added once both refer to one origin:
//!
//! ```text
//! c_k = c_k,a + c_k,b + (origin_b - origin_a) * sum_{t in b} q_k(t)
//! ```

use super::wide_instructions::{self, Kernel};
use crate::stats::sampling::Rows;
use crate::voxels::{Sample, Scaling};

/// So many regressors are taken through the volumes at once.
const REGRESSORS_AT_ONCE: usize = 4;
/// So many voxels are held in registers meanwhile.
const VOXELS_AT_ONCE: usize = 8;

/// The products of each voxel's samples with the regressors.
#[derive(Clone, Debug)]
pub(super) struct Projections {
    voxels: usize,
    rank: usize,
    /// `[k, voxel]`, the voxels of one regressor together.
    coefficients: Vec<f64>,
    /// The sum of each regressor over the volumes that were added.
    weight_sums: Vec<f64>,
    /// Of each voxel the origin that the products refer to, and both in values: once parts were
    /// merged. Before it they are of stored numbers, and who sums these knows the origin.
    origin: Option<Vec<f64>>,
}

/// The weights of some volumes: `[volume, k]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<'a> {
    pub rank: usize,
    pub values: &'a [f64],
}

impl<'a> Weights<'a> {
    pub fn of(rows: Rows<'a>) -> Weights<'a> {
        Weights { rank: rows.rank(), values: rows.weights() }
    }
}

impl Projections {
    pub fn rank(&self) -> usize {
        self.rank
    }

    pub fn zero(voxels: usize, rank: usize) -> Projections {
        let coefficients = super::written_zeros(voxels * rank);
        Projections { voxels, rank, coefficients, weight_sums: vec![0.0; rank], origin: None }
    }

    /// Adds the weights of the volumes whose samples are added as well.
    pub fn add_weights(&mut self, weights: Weights) {
        for volume in weights.values.chunks_exact(weights.rank) {
            for (sum, weight) in self.weight_sums.iter_mut().zip(volume) {
                *sum += weight;
            }
        }
    }

    /// Adds volumes to the voxels from `start` on: `rows` holds of each volume just those
    /// voxels, as does `origin`.
    pub fn add<T: Sample, O: Copy + Into<f64>>(
        &mut self,
        rows: &[&[T]],
        weights: Weights,
        origin: &[O],
        start: usize,
    ) {
        let Projections { voxels, coefficients, .. } = self;
        let mut first = 0;
        let mut planes = coefficients.chunks_exact_mut(*voxels);
        while first < weights.rank {
            let mut next = || planes.next().map(|plane| &mut plane[start..][..origin.len()]);
            match weights.rank - first {
                1 => add_planes::<T, O, 1>([next()], first, rows, weights, origin),
                2 => add_planes::<T, O, 2>([next(), next()], first, rows, weights, origin),
                3 => {
                    let planes = [next(), next(), next()];
                    add_planes::<T, O, 3>(planes, first, rows, weights, origin);
                }
                _ => {
                    let planes = [next(), next(), next(), next()];
                    add_planes::<T, O, REGRESSORS_AT_ONCE>(planes, first, rows, weights, origin);
                }
            }
            first += REGRESSORS_AT_ONCE;
        }
    }

    /// The products in values, with their origins in values: `stored` gives the origin of a
    /// voxel where they are still of stored numbers.
    pub fn into_values(self, scaling: Scaling, stored: impl Fn(usize) -> f64) -> Projections {
        if self.origin.is_some() {
            return self;
        }
        let origin = (0..self.voxels).map(|voxel| scaling.apply(stored(voxel))).collect();
        let mut coefficients = self.coefficients;
        coefficients.iter_mut().for_each(|it| *it *= scaling.slope());
        Projections { coefficients, origin: Some(origin), ..self }
    }

    /// Adds the products of other volumes of the same voxels. Both are in values, and each is of
    /// a volume at least.
    pub fn merge(&mut self, other: &Projections) {
        let Projections { voxels, coefficients, weight_sums, origin, .. } = self;
        let mine = origin.as_ref().expect("products in values");
        let theirs = other.origin.as_ref().expect("products in values");
        let planes = coefficients.chunks_exact_mut(*voxels);
        let their_planes = other.coefficients.chunks_exact(*voxels);
        for ((plane, their_plane), sum) in planes.zip(their_planes).zip(&other.weight_sums) {
            for (voxel, (a, b)) in plane.iter_mut().zip(their_plane).enumerate() {
                *a += b + (theirs[voxel] - mine[voxel]) * sum;
            }
        }
        for (sum, other) in weight_sums.iter_mut().zip(&other.weight_sums) {
            *sum += other;
        }
    }

    /// The product of one voxel's values with each regressor, if the stored numbers that it may
    /// still be of stand for values by `scaling`.
    pub fn of_values(&self, voxel: usize, scaling: Scaling) -> impl Iterator<Item = f64> + '_ {
        let factor = if self.origin.is_some() { 1.0 } else { scaling.slope() };
        (0..self.rank).map(move |k| factor * self.coefficients[k * self.voxels + voxel])
    }

    /// The sum of squares that the regressors explain of one voxel's values.
    pub fn explained(&self, voxel: usize, scaling: Scaling) -> f64 {
        self.of_values(voxel, scaling).map(|product| product * product).sum()
    }
}

fn add_planes<T: Sample, O: Copy + Into<f64>, const K: usize>(
    planes: [Option<&mut [f64]>; K],
    first: usize,
    rows: &[&[T]],
    weights: Weights,
    origin: &[O],
) {
    let planes = planes.map(|plane| plane.expect("a plane for each regressor"));
    wide_instructions::run(AddProducts { planes, first, rows, weights, origin });
}

/// Adds the products with the regressors from the `first` on.
struct AddProducts<'a, T, O, const K: usize> {
    planes: [&'a mut [f64]; K],
    first: usize,
    rows: &'a [&'a [T]],
    weights: Weights<'a>,
    origin: &'a [O],
}

impl<T: Sample, O: Copy + Into<f64>, const K: usize> Kernel for AddProducts<'_, T, O, K> {
    type Result = ();

    #[inline(always)]
    fn run(self) {
        let AddProducts { mut planes, first, rows, weights, origin } = self;
        let whole = origin.len() / VOXELS_AT_ONCE * VOXELS_AT_ONCE;
        for start in (0..whole).step_by(VOXELS_AT_ONCE) {
            add_tile::<T, O, K, VOXELS_AT_ONCE>(&mut planes, first, rows, weights, origin, start);
        }
        for start in whole..origin.len() {
            add_tile::<T, O, K, 1>(&mut planes, first, rows, weights, origin, start);
        }
    }
}

#[inline(always)]
fn add_tile<T: Sample, O: Copy + Into<f64>, const K: usize, const V: usize>(
    planes: &mut [&mut [f64]; K],
    first: usize,
    rows: &[&[T]],
    weights: Weights,
    origin: &[O],
    start: usize,
) {
    let origin: [f64; V] = std::array::from_fn(|voxel| origin[start + voxel].into());
    let mut sums: [[f64; V]; K] =
        std::array::from_fn(|k| std::array::from_fn(|voxel| planes[k][start + voxel]));
    for (row, weights) in rows.iter().zip(weights.values.chunks_exact(weights.rank)) {
        let samples: &[T; V] = row[start..start + V].try_into().expect("V samples");
        let weights: &[f64; K] = weights[first..first + K].try_into().expect("K weights");
        for voxel in 0..V {
            let distance = samples[voxel].to_f64() - origin[voxel];
            for k in 0..K {
                sums[k][voxel] += weights[k] * distance;
            }
        }
    }
    for (plane, sums) in planes.iter_mut().zip(sums) {
        plane[start..start + V].copy_from_slice(&sums);
    }
}
