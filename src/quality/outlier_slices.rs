//! Slices that lose or gain signal at a volume or from one on, or are noisier than those beside them over
//! a run.
//!
//! Of the mean `s_t(z)` of each slice at each volume: how far it is from its median over the run, in
//! parts of that, less a robust straight line, less the median over the slices at that volume, less
//! what the slices beside it do at that volume on average. So neither a drift, nor a spike of the whole
//! volume, nor the head moving through the slices is taken for a slice's own. What is left is compared
//! with its spread in that slice over the run. Slices that were excited together are not held against
//! each other.
//!
//! What is lost for good has no usual level to be held against: there the medians of some volumes after
//! a point in time are held against those of as many before, less the median of this over the slices,
//! if most of them do the same. All thresholds are ours.

use super::distributions::normal_above;
use super::robust::{deviation, median};

/// The fewest slices of which it can be told what all of them do.
pub const FEWEST_SLICES: usize = 4;

/// The fewest volumes of which it can be told how a slice usually is.
pub const FEWEST_VOLUMES: usize = 20;

/// The least deviation of a slice's mean that matters, as a part of it.
const LEAST_DEVIATION: f64 = 0.07;

/// The probability of a false alarm in a run, before Bonferroni's division.
const PROBABILITY: f64 = 0.01;

/// A slice counts if its mean is at least this part of the largest: others hold little but air.
const LEAST_SIGNAL: f64 = 0.25;

/// A slice at a volume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutlierSlice {
    /// The volume's place among those that are used.
    pub volume: usize,
    /// The slice.
    pub slice: usize,
    /// How far its mean is from what it usually is, as a part of that: -0.3 is a loss of 30%. Of one that
    /// lasts, how far it is from what it was before, as a part of the larger of both.
    pub deviation: f64,
    /// Whether it stays so, from this volume on.
    pub lasts: bool,
}

/// A change that lasts has to be of this part of the signal.
const LEAST_STEP: f64 = 0.15;
/// The number of volumes before and after a point in time that are compared.
const BESIDE: usize = 5;
/// The part of a lasting change that has to be there from one volume to the next.
const LEAST_ABRUPT: f64 = 0.5;
/// The part of the slices whose doing is common to all.
const MOST_SLICES: f64 = 0.75;

/// The slices that stand out at some volume, by volume and slice, of `means`, which has a row of slices
/// a volume. `together` tells of two slices whether they were excited at one time, so that what befalls
/// one befalls the other.
pub fn outlier_slices(
    means: &[Vec<f64>],
    together: impl Fn(usize, usize) -> bool,
) -> Vec<OutlierSlice> {
    let slices = means.first().map_or(0, Vec::len);
    if slices < FEWEST_SLICES || means.len() < FEWEST_VOLUMES {
        return Vec::new();
    }
    let column = |slice: usize| means.iter().map(|row| row[slice]).collect::<Vec<f64>>();
    let usual: Vec<f64> = (0..slices).map(|slice| median(&column(slice))).collect();
    let largest = usual.iter().copied().fold(0.0, f64::max);
    let counts: Vec<bool> = usual.iter().map(|&it| it > LEAST_SIGNAL * largest).collect();
    if largest <= 0.0 || counts.iter().filter(|&&it| it).count() < FEWEST_SLICES {
        return Vec::new();
    }
    // [slice][volume]: the relative distance from the median, less a line.
    let mut own: Vec<Vec<f64>> = (0..slices)
        .map(|slice| match counts[slice] {
            true => {
                let relative = column(slice).into_iter().map(|it| it / usual[slice] - 1.0);
                without_line(relative.collect())
            }
            false => Vec::new(),
        })
        .collect();
    for volume in 0..means.len() {
        let at: Vec<f64> = own.iter().filter_map(|it| it.get(volume).copied()).collect();
        let common = median(&at);
        for it in own.iter_mut().filter_map(|it| it.get_mut(volume)) {
            *it -= common;
        }
    }
    let beside: Vec<Vec<usize>> = (0..slices)
        .map(|slice| {
            let near = [slice.checked_sub(1), Some(slice + 1)];
            let near = near.into_iter().flatten().filter(|&it| it < slices && counts[it]);
            near.filter(|&it| !together(slice, it)).collect()
        })
        .collect();
    let tests = means.len() * counts.iter().filter(|&&it| it).count();
    let threshold = normal_above(PROBABILITY / 2.0 / tests as f64);
    let mut found = Vec::new();
    for slice in (0..slices).filter(|&it| counts[it]) {
        let beyond: Vec<f64> = (0..means.len())
            .map(|volume| {
                let near = beside[slice].iter().map(|&it| own[it][volume]).sum::<f64>();
                own[slice][volume] - near / beside[slice].len().max(1) as f64
            })
            .collect();
        let [of_own, of_beyond] = [&own[slice], &beyond].map(|it| threshold * deviation(it));
        for volume in 0..means.len() {
            let (deviation, beyond) = (own[slice][volume], beyond[volume]);
            let is_large = deviation.abs() > LEAST_DEVIATION.max(of_own)
                && beyond.abs() > LEAST_DEVIATION.max(of_beyond)
                && deviation.signum() == beyond.signum();
            if is_large {
                found.push(OutlierSlice { volume, slice, deviation, lasts: false });
            }
        }
    }
    let steps = steps(means, &counts);
    found.retain(|it| steps.iter().all(|step| step.slice != it.slice));
    found.extend(steps);
    found.sort_by_key(|it| (it.volume, it.slice));
    found
}

/// The largest lasting change of each slice that counts.
fn steps(means: &[Vec<f64>], counts: &[bool]) -> Vec<OutlierSlice> {
    let slices: Vec<usize> = (0..counts.len()).filter(|&it| counts[it]).collect();
    let mut largest = vec![(0.0_f64, 0); slices.len()];
    // The level of each slice from each volume on.
    let level = |rows: &[Vec<f64>], slice: usize| {
        let mut values: [f64; BESIDE] = std::array::from_fn(|row| rows[row][slice]);
        if values.iter().any(|it| !it.is_finite()) {
            return median(&values);
        }
        values.sort_unstable_by(f64::total_cmp);
        values[BESIDE / 2]
    };
    let levels_from = |rows: &[Vec<f64>]| slices.iter().map(|&it| level(rows, it)).collect();
    let levels: Vec<Vec<f64>> = means.windows(BESIDE).map(levels_from).collect();
    for volume in BESIDE..=means.len() - BESIDE {
        let step = |(at, &slice): (usize, &usize)| {
            let (before, after) = (levels[volume - BESIDE][at], levels[volume][at]);
            let larger = before.abs().max(after.abs());
            let at_once = (means[volume][slice] - means[volume - 1][slice]) / larger;
            ((after - before) / larger, at_once)
        };
        let steps: Vec<(f64, f64)> = slices.iter().enumerate().map(step).collect();
        let centre = median(&steps.iter().map(|it| it.0).collect::<Vec<_>>());
        let alike = steps.iter().filter(|it| (it.0 - centre).abs() < LEAST_DEVIATION).count();
        let common = if alike as f64 >= MOST_SLICES * steps.len() as f64 { centre } else { 0.0 };
        for (largest, (step, at_once)) in largest.iter_mut().zip(steps) {
            let (own, at_once) = (step - common, at_once - common);
            if own.abs() > largest.0.abs() && at_once * own.signum() > LEAST_ABRUPT * own.abs() {
                *largest = (own, volume);
            }
        }
    }
    let of_slice = |(&slice, (own, volume)): (&usize, (f64, usize))| {
        (own.abs() > LEAST_STEP).then_some(OutlierSlice {
            volume,
            slice,
            deviation: own,
            lasts: true,
        })
    };
    slices.iter().zip(largest).filter_map(of_slice).collect()
}

/// A series less the line through the medians of its first and last third.
fn without_line(values: Vec<f64>) -> Vec<f64> {
    let third = values.len() / 3;
    let (first, last) = (median(&values[..third]), median(&values[values.len() - third..]));
    let slope = (last - first) / (values.len() - third) as f64;
    let centre = 0.5 * (first + last);
    let middle = 0.5 * (values.len() - 1) as f64;
    let line = |volume: usize| centre + slope * (volume as f64 - middle);
    values.iter().enumerate().map(|(volume, it)| it - line(volume)).collect()
}

/// A slice whose tSNR is held against that of the slices beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparedSlice {
    /// The slice.
    pub slice: usize,
    /// The median tSNR of the slice.
    pub tsnr: f64,
    /// The lower of the medians of the slices beside it.
    pub beside: f64,
}

/// A slice has to have at least so many voxels for a median,
const FEWEST_VOXELS: usize = 30;
/// and this part of the voxels of the larger of its neighbours.
const LEAST_VOXELS: f64 = 0.5;
/// The part of the tSNR of both its neighbours below which that of a slice has to be.
const LOW_SLICE: f64 = 0.7;

impl ComparedSlice {
    /// The tSNR as a part of that beside it.
    pub fn part(&self) -> f64 {
        self.tsnr / self.beside
    }

    /// Whether it is below 70% of that of both slices beside it.
    pub fn is_low(&self) -> bool {
        self.part() < LOW_SLICE
    }
}

/// The slices that have a slice on both sides, and enough voxels there and here for medians that can be
/// compared. Of each slice `medians` has the median and the number of voxels that it is of.
pub fn compared_slices(medians: &[Option<(f64, usize)>]) -> Vec<ComparedSlice> {
    let compared = |(at, near): (usize, &[Option<(f64, usize)>])| {
        let [Some(below), Some((tsnr, voxels)), Some(above)] = *near else { return None };
        let least = (LEAST_VOXELS * below.1.max(above.1) as f64).max(FEWEST_VOXELS as f64);
        let beside = below.0.min(above.0);
        let is_full = voxels as f64 >= least && below.1.min(above.1) >= FEWEST_VOXELS;
        (is_full && beside > 0.0).then_some(ComparedSlice { slice: at + 1, tsnr, beside })
    };
    medians.windows(3).enumerate().filter_map(compared).collect()
}

/// The slices that are low beside their neighbours, of those that can be [compared](compared_slices).
pub fn low_slices(medians: &[Option<(f64, usize)>]) -> Vec<ComparedSlice> {
    let mut compared = compared_slices(medians);
    compared.retain(ComparedSlice::is_low);
    compared
}
