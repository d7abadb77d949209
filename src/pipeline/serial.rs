//! Serial mode: the plain loop, and the reference that the other modes are held against.
//!
//! One thread loads each run whole, puts the runs one behind the other in time, and takes
//! the mean, then the standard deviation, each in passes over everything, in float64:
//!
//! ```text
//! mean = y_0 + sum_t(y_t - y_0) / N
//! std  = sqrt(sum_t((y_t - mean)^2) / (N - ddof))
//! tSNR = mean / std
//! ```
//!
//! Memory: every run as stored (2 bytes a sample of int16), and three maps of 8 bytes a
//! voxel. The tutorial's loop holds every sample as float64 instead.

use super::{Session, Statistics, load};
use crate::error::Result;
use crate::image::Progress;
use crate::stats::series::Series;
use crate::stats::tsnr;
use std::sync::Arc;

pub(super) fn compute(
    session: &Session,
    ddof: usize,
    progress: &dyn Progress,
) -> Result<Statistics> {
    let mut runs = Vec::new();
    for run in session.runs() {
        runs.push(Arc::new(load(run, progress)?));
    }
    let series = Series::concatenate(&runs);
    let mean = series.temporal_mean();
    let std = series.temporal_std(ddof);
    let ratio = tsnr::divide(&mean, &std);
    Ok(Statistics { mean: Arc::new(mean), std: Arc::new(std), ratio: Arc::new(ratio) })
}
