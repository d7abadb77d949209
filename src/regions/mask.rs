//! Brain masks: which voxels of a grid are inside, and how far two of them agree.

use crate::numbers::count as in_full;
use crate::stats::summary::Summary;
use std::collections::HashSet;

/// More values than this are not counted.
const MOST_VALUES: usize = 1000;

/// The threshold that a probability map or an interpolated mask is looked at with.
const HALF: f64 = 0.5;

/// The voxels of a grid that are inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    shape: [usize; 3],
    inside: Vec<bool>,
    count: usize,
}

impl Mask {
    /// A mask of a grid, from whether each voxel is inside.
    ///
    /// # Panics
    /// If the grid has another number of voxels.
    pub fn new(shape: [usize; 3], inside: Vec<bool>) -> Mask {
        assert_eq!(inside.len(), shape.iter().product::<usize>(), "voxels of the grid");
        let count = inside.iter().filter(|&&inside| inside).count();
        Mask { shape, inside, count }
    }

    /// The voxels whose value is a number other than 0. NaN and infinity are outside.
    ///
    /// # Panics
    /// As [`Mask::new`].
    pub fn of_values(shape: [usize; 3], values: &[f64]) -> Mask {
        let is_inside = |value: &f64| value.is_finite() && *value != 0.0;
        Mask::new(shape, values.iter().map(is_inside).collect())
    }

    /// The voxels whose value is a number and at least `threshold`.
    ///
    /// # Panics
    /// As [`Mask::new`].
    pub fn from_threshold(shape: [usize; 3], values: &[f64], threshold: f64) -> Mask {
        let is_inside = |value: &f64| value.is_finite() && *value >= threshold;
        Mask::new(shape, values.iter().map(is_inside).collect())
    }

    /// The oddity of the values of a mask, in words: more than two, or two of which none is 0. A
    /// value that is not finite counts as 0, which it is taken for.
    pub fn oddity(values: &[f64]) -> Option<String> {
        let mut found = HashSet::new();
        for value in values {
            // -0 is 0.
            found.insert((if value.is_finite() { value + 0.0 } else { 0.0 }).to_bits());
            if found.len() > MOST_VALUES {
                break;
            }
        }
        let has_zero = found.contains(&0);
        let inside = values.iter().filter(|it| it.is_finite() && **it != 0.0).count();
        let count = match found.len() {
            0 | 1 => return None,
            2 if has_zero => return None,
            many if many > MOST_VALUES => format!("more than {} values", in_full(MOST_VALUES)),
            count => format!("{count} values"),
        };
        let kept = values.iter().filter(|it| it.is_finite() && **it >= HALF).count();
        let [inside, voxels, kept] = [inside, values.len(), kept].map(in_full);
        let which = if has_zero { "" } else { ", none of them 0" };
        Some(format!(
            "{count}{which}: {inside} of {voxels} voxels are not 0 and so inside; {HALF} and more \
             are {kept}"
        ))
    }

    /// The grid, `[x, y, z]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Whether each voxel is inside, first axis fastest.
    pub fn inside(&self) -> &[bool] {
        &self.inside
    }

    /// The values of a map in the voxels inside, in their order.
    pub fn values_inside(&self, values: &[f64]) -> Vec<f64> {
        let voxels = values.iter().zip(self.inside());
        voxels.filter(|(_, is_inside)| **is_inside).map(|(&value, _)| value).collect()
    }

    /// How many voxels are inside.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// A mask and what it is called.
#[derive(Clone, Debug)]
pub struct NamedMask {
    /// The file, or how the mask was made.
    pub name: String,
    /// The mask: which voxels are inside.
    pub mask: Mask,
    /// Whether it was made from the mean, or of where two maps have a value.
    pub is_automatic: bool,
    /// The value from which on voxels of the file are inside, if it is not that they are not 0.
    pub threshold: Option<f64>,
    /// Whether the file was resampled to the grid.
    pub is_resampled: bool,
}

impl NamedMask {
    /// A mask that was made, not read.
    pub fn automatic(name: String, mask: Mask) -> NamedMask {
        NamedMask { name, mask, is_automatic: true, threshold: None, is_resampled: false }
    }

    /// The name of the mask, and what was done to its file.
    pub fn in_words(&self) -> String {
        let threshold = self.threshold.map(|it| format!(" from {it} on"));
        let resampled =
            self.is_resampled.then_some(", resampled to the grid of the runs (nearest voxel)");
        format!("{}{}{}", self.name, threshold.unwrap_or_default(), resampled.unwrap_or_default())
    }
}

/// The brain, and what the tSNR is there.
#[derive(Clone, Debug)]
pub struct Brain {
    /// The mask: which voxels it is.
    pub mask: NamedMask,
    /// The distribution of the tSNR over its voxels that have one.
    pub summary: Summary,
}

impl Brain {
    /// The brain by a mask, with the tSNR of a map in it.
    pub(crate) fn in_map(mask: NamedMask, tsnr: &[f64]) -> Brain {
        let mut inside = mask.mask.values_inside(tsnr);
        inside.retain(|it| it.is_finite());
        let summary = Summary::from_finite(&mut inside);
        Brain { mask, summary }
    }

    /// The median of the tSNR; none where no voxel has one.
    pub fn median(&self) -> Option<f64> {
        self.summary.distribution.map(|it| it.median)
    }
}

/// How far two masks agree, from 0 to 1: `2 |A and B| / (|A| + |B|)`. None if both are empty.
///
/// Dice, *Measures of the amount of ecologic association between species*, Ecology 26 (1945).
///
/// # Panics
/// If the masks are of different grids.
pub fn dice(a: &Mask, b: &Mask) -> Option<f64> {
    assert_eq!(a.shape, b.shape, "masks of one grid");
    let both = a.inside.iter().zip(&b.inside).filter(|&(&a, &b)| a && b).count();
    let sum = a.count + b.count;
    (sum > 0).then(|| 2.0 * both as f64 / sum as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_numbers_other_than_0_are_inside() {
        let values = [0.0, -0.0, 1.0, -3.0, f64::NAN, f64::INFINITY, 1e-300, 0.5];
        let mask = Mask::of_values([2, 2, 2], &values);
        assert_eq!(mask.inside(), [false, false, true, true, false, false, true, true]);
        assert_eq!((mask.count(), mask.shape()), (4, [2, 2, 2]));
    }

    #[test]
    fn values_from_a_threshold_on_are_inside() {
        let values = [0.0, 0.49, 0.5, -3.0, f64::NAN, f64::INFINITY, 1.0, 0.9];
        let mask = Mask::from_threshold([2, 2, 2], &values, 0.5);
        assert_eq!(mask.inside(), [false, false, true, false, false, false, true, true]);
    }

    #[test]
    fn a_mask_is_0_and_one_other_value() {
        for values in [&[0.0, 1.0][..], &[0.0, -0.0, 255.0], &[1.0], &[f64::NAN, 1.0], &[0.0]] {
            assert_eq!(Mask::oddity(values), None, "{values:?}");
        }
        assert_eq!(
            Mask::oddity(&[1e-15, 1e-15, 1.0]).unwrap(),
            "2 values, none of them 0: 3 of 3 voxels are not 0 and so inside; 0.5 and more are 1"
        );
        assert_eq!(
            Mask::oddity(&[0.0, 0.2, 0.5, 0.9]).unwrap(),
            "4 values: 3 of 4 voxels are not 0 and so inside; 0.5 and more are 2"
        );
        let many: Vec<f64> = (0..5000).map(f64::from).collect();
        assert!(Mask::oddity(&many).unwrap().starts_with("more than 1,000 values: 4,999 of 5,000"));
    }

    #[test]
    fn dice_is_1_for_equal_masks_0_for_disjoint_ones_and_nothing_for_empty_ones() {
        let mask = |values: [f64; 4]| Mask::of_values([4, 1, 1], &values);
        let a = mask([1.0, 1.0, 0.0, 0.0]);
        assert_eq!(dice(&a, &a), Some(1.0));
        assert_eq!(dice(&a, &mask([0.0, 0.0, 1.0, 1.0])), Some(0.0));
        // scipy 1.17.1: 1 - scipy.spatial.distance.dice([1, 1, 0, 0], [1, 1, 1, 0]).
        assert_eq!(dice(&a, &mask([1.0, 1.0, 1.0, 0.0])), Some(0.8));
        let empty = mask([0.0; 4]);
        assert_eq!((dice(&a, &empty), dice(&empty, &empty)), (Some(0.0), None));
    }
}
