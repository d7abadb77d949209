//! Drift: a straight course of the mean signal over a run.

use super::Series;
use super::robust::line;

/// The fewest volumes that are looked at: of fewer chance draws lines.
pub const FEWEST_VOLUMES: usize = 20;

/// A straight course of the mean signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// The change of the line from the first volume to the last, in percent of the mean.
    pub percent: f64,
    /// The standard error that the choice of voxels gives the percent.
    pub percent_error: f64,
    /// The share of the variance of the mean signal that the line takes.
    pub share: f64,
}

impl Trend {
    /// More than this in percent, with
    const MOST_PERCENT: f64 = 4.0;
    /// more than this share, is a drift. Both are ours.
    const LEAST_SHARE: f64 = 0.5;

    /// Whether it is a drift that a person should know of.
    pub fn is_drift(&self) -> bool {
        self.percent.abs() > Trend::MOST_PERCENT && self.share > Trend::LEAST_SHARE
    }
}

/// The line through the mean over the voxels; nothing of too few volumes, or of a mean that is not above
/// 0 or never changes.
pub fn trend(series: &Series) -> Option<Trend> {
    let volumes: Vec<f64> = series.volumes().iter().map(|&it| it as f64).collect();
    if volumes.len() < FEWEST_VOLUMES || series.voxels() == 0 {
        return None;
    }
    let means = series.means();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let (slope, share) = line(&volumes, &means)?;
    if !(mean > 0.0 && mean.is_finite()) {
        return None;
    }
    let length = volumes.last()? - volumes.first()?;
    let percent = |slope: f64| 100.0 * slope * length / mean;
    // The slope of the mean is the mean of the slopes.
    let centre = volumes.iter().sum::<f64>() / volumes.len() as f64;
    let squares: f64 = volumes.iter().map(|it| (it - centre) * (it - centre)).sum();
    let mut slopes = vec![0.0; series.voxels()];
    for (row, volume) in series.rows().zip(&volumes) {
        for (slope, &value) in slopes.iter_mut().zip(row) {
            *slope += (volume - centre) / squares * f64::from(value);
        }
    }
    let voxels = slopes.len() as f64;
    let spread: f64 = slopes.iter().map(|it| (it - slope) * (it - slope)).sum();
    let error = (spread / (voxels - 1.0).max(1.0) / voxels).sqrt();
    Some(Trend { percent: percent(slope), percent_error: percent(error).abs(), share })
}
