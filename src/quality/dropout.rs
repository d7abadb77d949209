//! Lost signal: dark places that the brain surrounds.
//!
//! The brain is taken with what lies between its voxels along two axes of the grid and more. In it, the
//! largest part that hangs together and has less than a third of the brain's median signal is where
//! signal is lost: beside air, by metal, or to something that lies on the head. All thresholds are ours.

use super::robust::median;
use crate::regions::largest_component;

/// The part of the brain's median below which a voxel is dark.
const DARK: f64 = 1.0 / 3.0;
/// The least part of the brain that is told,
const LEAST_PART: f64 = 0.004;
/// and the fewest voxels.
const FEWEST_VOXELS: usize = 8;

/// A dark place in the brain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// How many voxels hang together.
    pub voxels: usize,
    /// How many that is of the brain.
    pub part: f64,
    /// The voxel nearest to its middle, by its place in the grid.
    pub voxel: usize,
}

/// The largest dark place in a mean over a grid `[x, y, z]` with a brain, if there is one.
pub fn dropout(mean: &[f64], shape: [usize; 3], brain: &[bool]) -> Option<Dropout> {
    let values: Vec<f64> = (0..mean.len()).filter(|&it| brain[it]).map(|it| mean[it]).collect();
    let dark = DARK * median(&values);
    let surrounded = surrounded(brain, shape);
    let whole = surrounded.iter().filter(|it| **it).count();
    let is_dark = |voxel: usize| surrounded[voxel] && mean[voxel] < dark;
    let all: Vec<bool> = (0..mean.len()).map(is_dark).collect();
    if all.iter().filter(|it| **it).count() < FEWEST_VOXELS {
        return None;
    }
    let largest = largest_component(&all, shape);
    let places: Vec<usize> = (0..largest.len()).filter(|&it| largest[it]).collect();
    let part = places.len() as f64 / whole as f64;
    if places.len() < FEWEST_VOXELS || part < LEAST_PART {
        return None;
    }
    let position = |voxel: usize| {
        [voxel % shape[0], voxel / shape[0] % shape[1], voxel / (shape[0] * shape[1])]
    };
    let mut middle = [0.0; 3];
    for &voxel in &places {
        for (sum, at) in middle.iter_mut().zip(position(voxel)) {
            *sum += at as f64 / places.len() as f64;
        }
    }
    let distance = |&voxel: &usize| {
        let apart = position(voxel).into_iter().zip(middle).map(|(at, middle)| at as f64 - middle);
        apart.map(|it| it * it).sum::<f64>()
    };
    let nearest = places.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    Some(Dropout { voxels: places.len(), part, voxel: *nearest })
}

/// The voxels inside, and those that have some inside on both sides along two axes and more.
fn surrounded(inside: &[bool], shape: [usize; 3]) -> Vec<bool> {
    let mut axes = vec![0_u8; inside.len()];
    // Whether a voxel is inside, or one before it along the axis; and the same of those behind it.
    let mut behind_one = inside.to_vec();
    let mut before_one = Vec::new();
    let mut stride = 1;
    for length in shape {
        let span = stride * length;
        if stride == 1 {
            // Between the first and the last of a line.
            let lines = inside.chunks_exact(span).zip(axes.chunks_exact_mut(span));
            for (inside, axes) in lines {
                if let (Some(first), Some(last)) =
                    (inside.iter().position(|&it| it), inside.iter().rposition(|&it| it))
                {
                    axes[first..=last].iter_mut().for_each(|axes| *axes += 1);
                }
            }
            stride = span;
            continue;
        }
        for block in (0..inside.len()).step_by(span) {
            let inside = &inside[block..block + span];
            let behind_one = &mut behind_one[block..block + span];
            behind_one.copy_from_slice(inside);
            for at in 1..length {
                let (before, here) = behind_one.split_at_mut(at * stride);
                let before = &before[(at - 1) * stride..];
                here.iter_mut().zip(before).for_each(|(here, before)| *here |= before);
            }
            before_one.clear();
            before_one.resize(stride, false);
            for at in (0..length).rev() {
                let layer = at * stride..(at + 1) * stride;
                before_one.iter_mut().zip(&inside[layer.clone()]).for_each(|(it, now)| *it |= now);
                let both = behind_one[layer.clone()].iter().zip(&before_one);
                let axes = &mut axes[block..block + span][layer];
                axes.iter_mut().zip(both).for_each(|(axes, (a, b))| *axes += u8::from(a & b));
            }
        }
        stride = span;
    }
    axes.iter().zip(inside).map(|(&axes, &inside)| inside || axes >= 2).collect()
}
