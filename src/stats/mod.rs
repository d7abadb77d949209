//! Statistics: mean, standard deviation and their ratio over time, per voxel.
//!
//! [`formula`] has the choices that make a number, [`sampling`] what of each run counts.
//! [`series`] is the plain reference, passes over samples that are all in memory. [`moments`] is
//! the same from partial results that merge, and [`fold`] puts runs together. [`tsnr`] makes the
//! ratio, and says which voxels have none and why; what becomes of it and the rest of a voxel's
//! figures, [`maps`](crate::maps) know. [`peak`] finds values that many samples share. [`signals`] tell what volumes are like as wholes. [`quantiles`] is the rule of medians and quantiles, [`summary`] has them of some voxels
//! of a map, and [`paired`] two maps beside each other. This module knows numbers and counts; it
//! does not know files or graphs.

pub mod fold;
pub mod formula;
pub mod moments;
pub mod paired;
pub mod peak;
pub mod quantiles;
pub mod sampling;
pub mod series;
pub mod signals;
pub mod summary;
pub mod tsnr;

/// Deterministic sums in float64 differ between algorithms by rounding. What modes, and
/// numpy, may differ by in a defined value, relative.
pub const TOLERANCE: f64 = 1e-12;

/// The tolerance of modes with regressors: one pass subtracts what they explain from the sum of
/// squares, which loses digits as the explained part outgrows what it leaves, see [`moments`].
pub const FIT_TOLERANCE: f64 = 1e-10;
