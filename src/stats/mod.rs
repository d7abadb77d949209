//! What is computed: mean, standard deviation and their ratio over time, per voxel.
//!
//! [`series`] is the plain reference, two passes over samples that are all in memory.
//! [`moments`] is the same from partial results that merge. [`tsnr`] makes the ratio, and
//! says which voxels have none and why. [`quantiles`] is the rule of medians and quantiles, and
//! [`summary`] has them of some voxels of a map. This module knows numbers and counts; it does
//! not know files, threads or graphs.

pub mod moments;
pub mod quantiles;
pub mod series;
pub mod summary;
pub mod tsnr;

/// Deterministic sums in float64 differ between algorithms by rounding. What modes, and
/// numpy, may differ by in a defined value, relative.
pub const TOLERANCE: f64 = 1e-12;
