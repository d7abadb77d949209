//! The brain, told from what surrounds it by the intensities of the temporal mean.

use super::Mask;
use super::morphology::{dilation, erosion, largest_component};
use crate::stats::quantiles::of_ranks;

/// The greatest gap between intensities is looked for above this share of the voxels.
const LOWER_CUTOFF: f64 = 0.2;

/// ... and below this one.
const UPPER_CUTOFF: f64 = 0.85;

/// How many layers of voxels are taken away so that what hangs on the brain by a thread falls off.
const OPENING: usize = 2;

/// The rule by which a brain mask was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrainRule {
    /// nilearn's `compute_epi_mask`.
    Nilearn,
    /// nilearn's, but that an axis of one voxel is not eroded across, by which nilearn's is empty.
    Flat,
    /// nilearn's with `opening=False`, as what opening leaves is empty.
    Unopened,
    /// tsnr's: the largest component above the intensity that most voxels have, as there is no gap
    /// between intensities.
    Brightest,
}

impl BrainRule {
    /// The rule in words.
    pub fn in_words(self) -> &'static str {
        match self {
            BrainRule::Nilearn => "nilearn's compute_epi_mask",
            BrainRule::Flat => {
                "as nilearn's compute_epi_mask, but not eroded across an axis of one voxel"
            }
            BrainRule::Unopened => {
                "nilearn's compute_epi_mask with opening=False, as it is empty with opening"
            }
            BrainRule::Brightest => {
                "tsnr's own: the largest component above the commonest intensity, as there is no gap \
                 for nilearn's compute_epi_mask"
            }
        }
    }
}

/// The brain in a temporal mean of a grid, as nilearn's `compute_epi_mask` finds it.
///
/// An idea of T. Nichols: where the histogram of the intensities is least dense, between the
/// background and the brain, lies the threshold.
///
/// 1. The mean is smoothed by a Gaussian of 1 voxel full width at half maximum.
/// 2. Of the intensities in ascending order, from a fifth of the voxels to 85 % of them, the
///    middle of the first greatest gap between two neighbours is the threshold.
/// 3. Of the voxels at or above it two layers are eroded; the largest component is kept;
///    it is dilated by four layers and eroded by two.
///
/// Neighbours are the six voxels that share a face, and beyond the grid is outside: two layers at
/// its faces are never inside. A value that is not finite counts as 0 (in nilearn an infinite one
/// counts as what smoothing gives it of its neighbours).
///
/// The mask is that of nilearn 0.14.1, voxel by voxel, but where nilearn's would be empty or
/// the whole grid:
///
/// - An axis of length 1 has neither neighbours nor a face, so that a single slice is not eroded
///   away.
/// - Where erosion leaves nothing, as in three slices, the mean is not smoothed, and the largest
///   component is the mask: what nilearn gives with `opening=False`.
/// - Where there is no gap (one number from cutoff to cutoff, as where more than 85 % of the
///   voxels are 0) the mask is the largest component above that number, neither smoothed nor
///   eroded; an image without contrast has an empty mask.
///
/// # Panics
/// If the grid has another number of voxels than the mean.
pub fn brain_mask(mean: &[f64], shape: [usize; 3]) -> Mask {
    brain_mask_by(mean, shape).0
}

/// The [`brain_mask`], and the rule that made it.
///
/// # Panics
/// As [`brain_mask`].
pub fn brain_mask_by(mean: &[f64], shape: [usize; 3]) -> (Mask, BrainRule) {
    assert_eq!(mean.len(), shape.iter().product::<usize>(), "voxels of the grid");
    if mean.is_empty() {
        return (Mask::new(shape, Vec::new()), BrainRule::Brightest);
    }
    let finite = |value: &f64| if value.is_finite() { *value } else { 0.0 };
    let finite_mean = || mean.iter().map(finite).collect::<Vec<f64>>();
    let mut smooth_mean = smoothed(finite_mean(), shape);
    for (smooth, _) in smooth_mean.iter_mut().zip(mean).filter(|(_, value)| !value.is_finite()) {
        *smooth = 0.0;
    }

    let (below, above) = greatest_gap(&smooth_mean);
    if below < above {
        let threshold = 0.5 * (below + above);
        let mut brain: Vec<bool> = smooth_mean.iter().map(|&value| value >= threshold).collect();
        (0..OPENING).for_each(|_| brain = erosion(&brain, shape));
        if brain.contains(&true) {
            brain = largest_component(&brain, shape);
            (0..2 * OPENING).for_each(|_| brain = dilation(&brain, shape));
            (0..OPENING).for_each(|_| brain = erosion(&brain, shape));
            let is_flat = shape.contains(&1);
            let rule = if is_flat { BrainRule::Flat } else { BrainRule::Nilearn };
            return (Mask::new(shape, brain), rule);
        }
    }
    drop(smooth_mean);
    let (below, above) = greatest_gap(&finite_mean());
    let threshold = 0.5 * (below + above);
    let is_bright = |&value: &f64| if below < above { value >= threshold } else { value > below };
    let bright: Vec<bool> = mean.iter().map(finite).map(|it| is_bright(&it)).collect();
    let rule = if below < above { BrainRule::Unopened } else { BrainRule::Brightest };
    (Mask::new(shape, largest_component(&bright, shape)), rule)
}

/// The values on both sides of the first greatest gap between the cutoffs; one value twice if
/// there is no gap.
fn greatest_gap(values: &[f64]) -> (f64, f64) {
    let ranks = [LOWER_CUTOFF, UPPER_CUTOFF].map(|it| (it * values.len() as f64) as usize);
    let found = of_ranks(&mut values.to_vec(), &ranks);
    let (least, greatest) = (found[0], found[1]);
    let bins = Bins::new(least, greatest);
    let between = || values.iter().copied().filter(|it| (least..=greatest).contains(it));
    let mut limits = vec![(f64::INFINITY, f64::NEG_INFINITY); Bins::COUNT];
    for value in between() {
        let (lowest, highest) = &mut limits[bins.bin(value)];
        (*lowest, *highest) = (lowest.min(value), highest.max(value));
    }
    let length = |(below, above): (f64, f64)| above - below;
    let (mut gaps, mut below) = (Vec::new(), least);
    for &(lowest, highest) in limits.iter().filter(|(lowest, highest)| lowest <= highest) {
        gaps.push((below, lowest));
        below = highest;
    }
    // Only a bin as long as the greatest gap between two bins can hide a greater one.
    let between_bins = gaps.iter().copied().map(length).fold(0.0, f64::max);
    let may_hide_one = |bin: (f64, f64)| length(bin) >= between_bins && length(bin) > 0.0;
    let is_hidden = |value: &f64| may_hide_one(limits[bins.bin(*value)]);
    let mut looked_at: Vec<f64> = between().filter(is_hidden).collect();
    looked_at.sort_unstable_by(f64::total_cmp);
    let pairs = looked_at.windows(2).map(|pair| (pair[0], pair[1]));
    gaps.extend(pairs.filter(|&(below, above)| bins.bin(below) == bins.bin(above)));
    let wider = |a: (f64, f64), b: (f64, f64)| {
        let is_first = length(b) == length(a) && b.0 < a.0;
        if length(b) > length(a) || is_first { b } else { a }
    };
    gaps.into_iter().fold((least, least), wider)
}

/// Equal parts of the range of some values.
struct Bins {
    least: f64,
    scale: f64,
}

impl Bins {
    const COUNT: usize = 1 << 16;

    fn new(least: f64, greatest: f64) -> Bins {
        Bins { least, scale: Bins::COUNT as f64 / (greatest - least) }
    }

    /// The number of the bin of a value: of a greater one no less. All are in the first one where the
    /// range is 0 or not finite.
    fn bin(&self, value: f64) -> usize {
        (((value - self.least) * self.scale) as u32 as usize).min(Bins::COUNT - 1)
    }
}

/// Full width at half maximum of the Gaussian, in standard deviations: `sqrt(8 ln 2)`.
const WIDTH_OF_DEVIATION: f64 = 2.3548200450309493;

/// The values smoothed along each axis by a Gaussian of 1 voxel full width at half maximum, cut
/// off at two voxels (four standard deviations, rounded); the grid goes on beyond its faces
/// as its mirror image.
fn smoothed(mut values: Vec<f64>, shape: [usize; 3]) -> Vec<f64> {
    let weight = |distance: f64| (-0.5 * (distance * WIDTH_OF_DEVIATION).powi(2)).exp();
    let sum = 2.0 * (weight(1.0) + weight(2.0)) + 1.0;
    let [here, next, over] = [0.0, 1.0, 2.0].map(|distance| weight(distance) / sum);
    let mut result = vec![0.0; values.len()];
    let mut stride = 1;
    for length in shape {
        let span = stride * length;
        for (from, to) in values.chunks_exact(span).zip(result.chunks_exact_mut(span)) {
            if stride == 1 && length > 4 {
                // Within a line, where one layer is one voxel, all but the ends at once.
                let windows = from.windows(5).zip(&mut to[2..length - 2]);
                for (window, to) in windows {
                    *to = window[2] * here
                        + (window[0] + window[4]) * over
                        + (window[1] + window[3]) * next;
                }
            }
            for (place, to) in to.chunks_exact_mut(stride).enumerate() {
                if stride == 1 && (2..length.saturating_sub(2)).contains(&place) {
                    continue;
                }
                // The layer `steps - 2` behind this one, in the grid or in its mirror image.
                let layer = |steps: usize| {
                    let period = 2 * length;
                    let place = (place + steps + 2 * period - 2) % period;
                    &from[place.min(period - 1 - place) * stride..][..stride]
                };
                let layers: [&[f64]; 5] = std::array::from_fn(layer);
                for (voxel, to) in to.iter_mut().enumerate() {
                    let [a, b, c, d, e] = layers.map(|layer| layer[voxel]);
                    *to = c * here + (a + e) * over + (b + d) * next;
                }
            }
        }
        std::mem::swap(&mut values, &mut result);
        stride = span;
    }
    values
}
