//! A ghost: a faint copy of the head, half of the grid away from it along an axis, as echoes that differ
//! from one to the next make it along the phase axis.
//!
//! Voxels that lie half of the grid from the brain, and outside of it, are held against those that lie as
//! many layers away from the brain and of which neither they nor what is half of the grid away are in
//! it: a scalp or a neck is in both. Of each layer the lower third is compared, as squares, since
//! magnitudes of noise and signal add so; of what the layers have more, the lower quarter counts, each layer
//! by its voxels.

use super::robust::quantile;
use crate::regions::layers_around;

/// Along shorter axes there is no room for a ghost beside the head.
const FEWEST_ALONG_AXIS: usize = 16;
/// The fewest voxels that have a figure.
const FEWEST_VOXELS: usize = 50;
/// The layers around the brain that are not looked at,
const NEAR: u8 = 2;
/// and so many are told apart.
const LAYERS: u8 = 12;
/// The fewest voxels of both kinds that a layer needs.
const FEWEST_OF_LAYER: usize = 8;
/// The quantile of the voxels of a layer that is compared.
const QUANTILE: f64 = 0.3;
/// The least part of the brain's signal that is a ghost: less may be a scalp that is not the same on
/// all sides. Ours.
const LEAST_PART: f64 = 0.04;
/// The part of the brain's signal from which on a ghost is one to do something about. Ours.
const LARGE_PART: f64 = 0.12;

/// A copy of the head beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ghost {
    /// The axis of the grid along which it lies.
    pub axis: usize,
    /// The signal of the ghost, as a part of that of the brain.
    pub part: f64,
    /// The voxel in which it is brightest, by its place in the grid.
    pub voxel: usize,
}

impl Ghost {
    /// Whether it is one to do something about.
    pub fn is_large(&self) -> bool {
        self.part > LARGE_PART
    }
}

/// The ghost in a mean over a grid `[x, y, z]` with a brain. None outside where there are too few voxels
/// beside the head, none inside where there is no ghost.
pub fn ghost(mean: &[f64], shape: [usize; 3], brain: &[bool]) -> Option<Option<Ghost>> {
    let layers = layers_around(brain, shape, LAYERS);
    let along = |axis: usize| along(axis, mean, shape, &layers);
    let found: Vec<Ghost> = (0..2).filter_map(along).collect();
    let largest = found.iter().copied().max_by(|a, b| a.part.total_cmp(&b.part))?;
    Some((largest.part > LEAST_PART).then_some(largest))
}

/// The voxels of a layer: those opposite the brain, with the brain's values there, and the others.
#[derive(Clone, Default)]
struct Layer {
    ghost: Vec<f64>,
    source: Vec<f64>,
    rest: Vec<f64>,
}

fn along(axis: usize, mean: &[f64], shape: [usize; 3], layers: &[u8]) -> Option<Ghost> {
    let length = shape[axis];
    if length < FEWEST_ALONG_AXIS {
        return None;
    }
    let stride: usize = shape[..axis].iter().product();
    let span = stride * length;
    let mut of_layers = vec![Layer::default(); usize::from(LAYERS) + 1];
    let mut brightest = (f64::NEG_INFINITY, 0);
    // Voxels that follow one another, and those that are half of the grid away from them.
    let mut visit = |first: usize, first_there: usize, count: usize| {
        let part = |first: usize| {
            let voxels = first..first + count;
            layers[voxels.clone()].iter().copied().zip(mean[voxels].iter().copied())
        };
        let pairs = part(first).zip(part(first_there)).enumerate();
        for (at, ((layer, here), (layer_there, there))) in pairs {
            if layer <= NEAR || !here.is_finite() {
                continue;
            }
            let of_layer = &mut of_layers[usize::from(layer)];
            if layer_there == 0 && there.is_finite() {
                of_layer.ghost.push(here);
                of_layer.source.push(there);
                if there > brightest.0 {
                    brightest = (there, first + at);
                }
            } else if layer_there > NEAR {
                of_layer.rest.push(here);
            }
        }
    };
    let half = length / 2;
    for block in (0..mean.len()).step_by(span) {
        let (ends, begins) = (block + half * stride, block + (length - half) * stride);
        visit(block, ends, (length - half) * stride);
        visit(begins, block, half * stride);
    }
    of_layers.retain(|it| it.ghost.len().min(it.rest.len()) >= FEWEST_OF_LAYER);
    let voxels: usize = of_layers.iter().map(|it| it.ghost.len()).sum();
    if voxels < FEWEST_VOXELS {
        return None;
    }
    let mut parts: Vec<(f64, usize)> =
        of_layers.iter().map(|it| (it.part(), it.ghost.len())).collect();
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0;
    let lower = parts.iter().find(|(_, count)| {
        below += count;
        4 * below >= voxels
    });
    Some(Ghost { axis, part: lower?.0, voxel: brightest.1 })
}

impl Layer {
    /// The signal that lies opposite the brain more than elsewhere, as a part of the brain's signal.
    fn part(&self) -> f64 {
        let [ghost, source, rest] =
            [&self.ghost, &self.source, &self.rest].map(|it| quantile(it, QUANTILE));
        let square = ghost * ghost - rest * rest;
        if ghost > rest && source > 0.0 { square.max(0.0).sqrt() / source } else { 0.0 }
    }
}
