//! Volumes that differ from those beside them by far more than others do.
//!
//! The mean squared change `D_t = mean_v (y_t(v) - y_{t-1}(v))^2`, the square of DVARS, is tested as
//! Afyouni and Nichols do (*Insight and inference for DVARS*, NeuroImage 172, 2018): under the null it
//! is distributed as `s^2 / (2 m)` times a chi-squared variable of `2 m^2 / s^2` degrees, with `m` the
//! median over the run and `s` the std that the lower half of its interquartile range has in a normal
//! distribution, so that spikes do not hide themselves. What is significant also has to matter: a
//! quarter of the excess over the median, which is what the volume adds to the variance, has to be
//! more than 5% of the mean variance over time (their practical significance), and, for runs of which
//! the changes have a long tail all along, the excess more than [`GAPS`] of the distance from the
//! median to the upper quartile (ours).

use super::Series;
use super::distributions::chi_squared_above;
use super::robust::{NORMAL_QUARTILE, median, quartiles};

/// The fewest changes of which it can be told which is an outlier.
pub const FEWEST_CHANGES: usize = 20;

/// The probability of a false alarm in a run, before Bonferroni's division by the number of changes.
const PROBABILITY: f64 = 0.01;

/// The least share of the mean variance that matters.
const LEAST_SHARE: f64 = 0.05;

/// The least excess, in distances from the median to the upper quartile. Ours.
const GAPS: f64 = 28.0;

/// Beside a change that stands out, one with this part of such an excess is the other side of the same
/// volume. Ours.
const OTHER_SIDE: f64 = 0.4;

/// A jump, which has no other side, has to be so many times as far out. Ours.
const JUMP: f64 = 1.5;

/// A volume that is unlike those beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutlierVolume {
    /// The number of the volume in the run.
    pub volume: usize,
    /// The larger of the changes into and out of it, as DVARS over the median DVARS of the run.
    pub times_median: f64,
    /// The part of the mean variance that the change adds to the variance.
    pub share: f64,
    /// Whether what changed there stays, so that the volumes after it are unlike those before.
    pub is_step: bool,
}

/// The changes from volume to volume of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// How many there are: of volumes that follow one another and are both used.
    pub count: usize,
    /// The median DVARS, in the units of the data.
    pub median_dvars: f64,
    /// The volumes that stand out.
    pub outliers: Vec<OutlierVolume>,
}

/// Tests the changes of a run; nothing where there are too few, or nothing ever changes.
pub fn changes(series: &Series) -> Option<Changes> {
    let voxels = series.voxels() as f64;
    let volumes = series.volumes();
    let squared = |now: usize| {
        let pairs = series.row(now - 1).iter().zip(series.row(now));
        let change = |(&a, &b): (&f32, &f32)| f64::from(b) - f64::from(a);
        pairs.map(change).map(|it| it * it).sum::<f64>() / voxels
    };
    // Of each volume but the first, the change into it, if the one before is used.
    let into: Vec<f64> = (1..volumes.len())
        .map(|now| if volumes[now] == volumes[now - 1] + 1 { squared(now) } else { f64::NAN })
        .collect();
    let count = into.iter().filter(|it| it.is_finite()).count();
    if count < FEWEST_CHANGES {
        return None;
    }
    let [lower, middle, upper] = quartiles(&into)?;
    let (lower, upper) = (middle - lower, upper - middle);
    let variance = mean_variance(series);
    if !(middle > 0.0 && lower > 0.0 && variance > 0.0) {
        return None;
    }
    let std = lower / NORMAL_QUARTILE;
    let (scale, degrees) = (2.0 * middle / (std * std), 2.0 * middle * middle / (std * std));
    let share = |change: f64| (change - middle) / 4.0 / variance;
    let exceeds = |change: f64, part: f64| {
        share(change) > part * LEAST_SHARE && change - middle > part * GAPS * upper
    };
    let is_significant =
        |change: f64| chi_squared_above(scale * change, degrees) < PROBABILITY / count as f64;
    let stands_out = |&change: &f64| exceeds(change, 1.0) && is_significant(change);
    let far: Vec<bool> = into.iter().map(stands_out).collect();
    let is_beside = |at: usize| {
        let is_far = |it: Option<usize>| it.and_then(|it| far.get(it)).is_some_and(|it| *it);
        is_far(at.checked_sub(1)) || is_far(Some(at + 1))
    };
    let flags: Vec<bool> = (0..into.len())
        .map(|at| far[at] || (is_beside(at) && exceeds(into[at], OTHER_SIDE)))
        .collect();
    let mut outliers = Vec::new();
    let mut start = 0;
    for alike in flags.chunk_by(|a, b| a == b) {
        let end = start + alike.len();
        if alike[0] {
            // Change `k` leads from volume `k` to volume `k + 1`.
            let is_last = end == into.len();
            let (first, last) = match alike.len() {
                1 if start == 0 => (0, 0),
                1 => (start + 1, start + 1),
                _ if is_last => (start + 1, end),
                _ => (start + 1, end - 1),
            };
            let is_step = alike.len() == 1 && start > 0 && !is_last;
            for (place, &volume) in volumes.iter().enumerate().take(last + 1).skip(first) {
                let beside = [place.checked_sub(1), Some(place)].into_iter().flatten();
                let largest = beside.filter_map(|it| into.get(it)).fold(0.0, |a: f64, &b| a.max(b));
                outliers.push(OutlierVolume {
                    volume,
                    times_median: (largest / middle).sqrt(),
                    share: share(largest),
                    is_step,
                });
            }
        }
        start = end;
    }
    let mut outliers = with_excursions(series, outliers);
    let is_far = |it: &OutlierVolume| exceeds(it.times_median.powi(2) * middle, JUMP);
    outliers.retain(|it| !it.is_step || is_far(it));
    Some(Changes { count, median_dvars: middle.sqrt(), outliers })
}

/// The number of volumes before and after some that are held against them.
const BESIDE: usize = 5;

/// The outliers, where a jump that the next one takes back is the volumes from the one to the other: if
/// those after are nearer to those before than to them, and they are less than half of the run.
fn with_excursions(series: &Series, outliers: Vec<OutlierVolume>) -> Vec<OutlierVolume> {
    let volumes = series.volumes();
    let place = |it: &OutlierVolume| volumes.partition_point(|&volume| volume < it.volume);
    let apart = |a: std::ops::Range<usize>, b: std::ops::Range<usize>| {
        let (a, b) = (series.mean_over(a), series.mean_over(b));
        a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
    };
    let returns = |first: usize, after: usize| {
        let before = first.saturating_sub(BESIDE)..first;
        let behind = after..volumes.len().min(after + BESIDE);
        2 * (after - first) < volumes.len()
            && 2.0 * apart(before.clone(), behind) < apart(before, first..after)
    };
    let mut found = Vec::new();
    let mut left = outliers.into_iter().peekable();
    while let Some(jump) = left.next() {
        let first = place(&jump);
        let next = left.peek().filter(|it| jump.is_step && it.is_step).copied();
        match next.map(|next| (next, place(&next))) {
            Some((next, after)) if returns(first, after) => {
                left.next();
                let larger = if next.share > jump.share { next } else { jump };
                let of = |&volume: &usize| OutlierVolume { volume, is_step: false, ..larger };
                found.extend(volumes[first..after].iter().map(of));
            }
            _ => found.push(jump),
        }
    }
    found
}

/// The variance over time, over the voxels: as a median over volumes of the mean over voxels of the
/// squared distance from their means, which a few volumes do not move.
fn mean_variance(series: &Series) -> f64 {
    let means = series.mean();
    let squared = |row: &[f32]| {
        let distances = row.iter().zip(&means).map(|(&value, mean)| f64::from(value) - mean);
        distances.map(|it| it * it).sum::<f64>() / series.voxels() as f64
    };
    median(&series.rows().map(squared).collect::<Vec<_>>())
}
