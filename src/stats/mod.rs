//! What is computed: mean, standard deviation and their ratio over time, per voxel.
//!
//! [`series`] is the plain reference, two passes over samples that are all in memory.
//! [`moments`] is the same from partial results that merge. [`tsnr`] makes the ratio, and
//! says which voxels have none and why. This module knows numbers and counts; it does not
//! know files, threads or graphs.

pub mod definition;
pub mod fold;
pub mod moments;
pub mod sampling;
pub mod series;
pub mod signals;
pub mod tsnr;

/// Deterministic sums in float64 differ between algorithms by rounding. What modes, and
/// numpy, may differ by in a defined value, relative.
pub const TOLERANCE: f64 = 1e-12;

/// The same with regressors: one pass subtracts what they explain from the sum of squares, which
/// loses digits as the explained part outgrows what it leaves, see [`moments`].
pub const FIT_TOLERANCE: f64 = 1e-10;
