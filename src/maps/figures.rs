//! The figures of which maps are made.

use super::Status;

/// The figures of one voxel once its time series was seen: over all runs, or for the maps [of each
/// run](super::Extent::EachRun) in that run. Each map makes its value of these.
#[derive(Clone, Copy, Debug)]
pub struct VoxelFigures<'a> {
    /// The mean that the tSNR is made of, in the units of the data; NaN if it or the std is not
    /// finite.
    pub mean: f64,
    /// The standard deviation that the tSNR is made of, in the units of the data; NaN as the mean.
    pub std: f64,
    /// The tSNR; NaN where it is undefined.
    pub tsnr: f64,
    /// Whether the tSNR is defined, and why not.
    pub status: Status,
    /// The sum of squared residuals about the mean over all runs, after the fit.
    pub squares: f64,
    /// The sum over runs of the squared residuals about each run's own mean, after the fit; none
    /// of a single run, or if no map [needs](super::Need::SpreadWithinRuns) it.
    pub within: Option<f64>,
    /// The figures that all voxels share.
    pub totals: &'a Totals,
}

/// The figures that all voxels share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Totals {
    /// Number of used volumes.
    pub volumes: f64,
    /// The divisor of the sum of squares for the variance.
    pub freedom: f64,
    /// The variance of the mean of independent noise, in units of that of the noise: 1 / N.
    pub mean_variance: f64,
    /// The variance of the std of independent normal noise, as a part of its square, to first
    /// order: 1 / (2 nu).
    pub std_variance: f64,
    /// Whether what is fitted is fitted to each run by itself, and not through all of them.
    pub is_fit_within_runs: bool,
}
