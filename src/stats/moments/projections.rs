//! Projections: what regressors explain of each voxel, as its products with them.
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

use crate::stats::sampling::Rows;
use crate::voxels::{Datatype, Sample, Samples, Scaling};
use crate::wide_instructions::{self, Kernel};

/// A residual sum of squares of which no more than this part of the whole is left counts as
/// nothing: rounding leaves as much of a voxel that is nothing but trend.
pub const NOTHING_LEFT: f64 = 1e-12;

/// The rest of a sum of squares of which a fit explains a part.
pub fn left_of(squares: f64, explained: f64) -> f64 {
    let left = squares - explained;
    // The other way round, NaN would become 0.
    if left <= squares * NOTHING_LEFT && explained > 0.0 { 0.0 } else { left }
}

/// The number of regressors that are taken through the volumes at once.
const REGRESSORS_AT_ONCE: usize = 4;
/// The number of voxels that are held in registers meanwhile.
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
    origin: Origin,
}

/// The values that are taken off each voxel's samples before they are multiplied.
#[derive(Clone, Debug)]
enum Origin {
    /// The first volume that was added; no volume before. The products are of stored numbers.
    First(Samples),
    /// The first samples, which the sums of floats keep. The products are of stored numbers.
    OfFloats,
    /// These, in values as the products are: once parts were merged.
    Values(Vec<f64>),
}

/// The weights of some volumes: `[volume, k]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<'a> {
    pub rank: usize,
    pub values: &'a [f64],
}

impl<'a> Weights<'a> {
    pub fn from_rows(rows: Rows<'a>) -> Weights<'a> {
        Weights { rank: rows.rank(), values: rows.weights() }
    }
}

impl Projections {
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Projections of no volume yet; `integers` is the type of the samples if first samples are to
    /// be kept.
    pub fn zero(voxels: usize, rank: usize, integers: Option<Datatype>) -> Projections {
        Projections {
            voxels,
            rank,
            coefficients: super::written_zeros(voxels * rank),
            weight_sums: vec![0.0; rank],
            origin: match integers {
                Some(datatype) => Origin::First(Samples::zeros(datatype, 1, voxels)),
                None => Origin::OfFloats,
            },
        }
    }

    /// Adds the weights of the volumes whose samples are added as well.
    pub fn add_weights(&mut self, weights: Weights) {
        for volume in weights.values.chunks_exact(weights.rank) {
            for (sum, weight) in self.weight_sums.iter_mut().zip(volume) {
                *sum += weight;
            }
        }
    }

    /// Adds volumes of integers to the voxels from `start` on: `rows` holds of each volume just
    /// those voxels. `is_first` says whether no volume was added to them before.
    pub fn add_integers<T: Sample>(
        &mut self,
        rows: &[&[T]],
        weights: Weights,
        start: usize,
        is_first: bool,
    ) {
        let Projections { voxels, coefficients, origin, .. } = self;
        let Origin::First(first) = origin else { panic!("integers whose products never merged") };
        let first = T::slice_mut(first).expect("integers of one type");
        let first = &mut first[start..][..rows[0].len()];
        if is_first {
            first.copy_from_slice(rows[0]);
        }
        add(coefficients.chunks_exact_mut(*voxels), rows, weights, first, start);
    }

    /// Adds floats, whose first samples are `origin`.
    pub fn add_floats<T: Sample>(
        &mut self,
        rows: &[&[T]],
        weights: Weights,
        origin: &[f64],
        start: usize,
    ) {
        add(self.coefficients.chunks_exact_mut(self.voxels), rows, weights, origin, start);
    }

    /// The products in values, with their origins in values: `of_floats` gives that of a voxel
    /// where the sums of floats keep it.
    pub fn into_values(self, scaling: Scaling, of_floats: impl Fn(usize) -> f64) -> Projections {
        let voxels = 0..self.voxels;
        let origin = match &self.origin {
            Origin::Values(_) => return self,
            Origin::OfFloats => voxels.map(|voxel| scaling.apply(of_floats(voxel))).collect(),
            Origin::First(samples) => {
                let mut values = Vec::new();
                samples.copy_to(0, voxels, &mut values);
                values.iter_mut().for_each(|it| *it = scaling.apply(*it));
                values
            }
        };
        let mut coefficients = self.coefficients;
        coefficients.iter_mut().for_each(|it| *it *= scaling.slope());
        Projections { coefficients, origin: Origin::Values(origin), ..self }
    }

    /// Adds the products of other volumes of the same voxels. Both are in values, and each is of
    /// a volume at least.
    pub fn merge(&mut self, other: &Projections) {
        let Projections { voxels, coefficients, weight_sums, origin, .. } = self;
        let (Origin::Values(mine), Origin::Values(theirs)) = (origin, &other.origin) else {
            panic!("products in values");
        };
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
        let factor = match self.origin {
            Origin::Values(_) => 1.0,
            Origin::First(_) | Origin::OfFloats => scaling.slope(),
        };
        (0..self.rank).map(move |k| factor * self.coefficients[k * self.voxels + voxel])
    }

    /// The sum of squares that the regressors explain of one voxel's values.
    pub fn explained(&self, voxel: usize, scaling: Scaling) -> f64 {
        self.of_values(voxel, scaling).map(|product| product * product).sum()
    }

    /// The rest of each voxel's sum of squares after the regressors, in values and in the memory of
    /// the products.
    pub fn left_of(mut self, scaling: Scaling, squares: impl Fn(usize) -> f64) -> Vec<f64> {
        for voxel in 0..self.voxels {
            self.coefficients[voxel] = left_of(squares(voxel), self.explained(voxel, scaling));
        }
        self.coefficients.truncate(self.voxels);
        self.coefficients.shrink_to_fit();
        self.coefficients
    }
}

/// Adds volumes to the voxels from `start` on of each plane of products.
fn add<'a, T: Sample, O: Sample>(
    mut planes: impl Iterator<Item = &'a mut [f64]>,
    rows: &[&[T]],
    weights: Weights,
    origin: &[O],
    start: usize,
) {
    let mut first = 0;
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

fn add_planes<T: Sample, O: Sample, const K: usize>(
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

impl<T: Sample, O: Sample, const K: usize> Kernel for AddProducts<'_, T, O, K> {
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
fn add_tile<T: Sample, O: Sample, const K: usize, const V: usize>(
    planes: &mut [&mut [f64]; K],
    first: usize,
    rows: &[&[T]],
    weights: Weights,
    origin: &[O],
    start: usize,
) {
    let origin: [f64; V] = std::array::from_fn(|voxel| origin[start + voxel].to_f64());
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
