//! The voxels whose values are kept from volume to volume, chosen before any is read.

use crate::regions::Mask;
use crate::runs::{Run, Session};
use crate::stats::signals::{SamplePrecision, VoxelSample};

/// The most voxels that are sampled of the grid, and again of a mask that is known.
const MOST_VOXELS: usize = 4096;
/// The values of all runs take no more memory,
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// nor more than this part of what a limit allows, unless that would leave fewer voxels than
const PART_OF_LIMIT: u64 = 64;
/// so many of each.
const FEWEST_VOXELS: usize = 256;

/// A sample of the grid's voxels, and of those of the mask if one is known before the pass: evenly
/// spread over both, and the same whenever grid, mask, number of volumes and limit of memory are.
pub(super) fn chosen(
    session: &Session,
    mask: Option<&Mask>,
    limit_bytes: Option<u64>,
) -> VoxelSample {
    let volumes: usize = session.runs().iter().map(Run::volumes).sum();
    let kinds = 1 + usize::from(mask.is_some());
    let allowed = limit_bytes.map_or(MOST_BYTES, |it| (it / PART_OF_LIMIT).min(MOST_BYTES));
    let affordable = allowed as usize / (size_of::<f32>() * volumes.max(1) * kinds);
    let most = affordable.clamp(FEWEST_VOXELS, MOST_VOXELS);
    let voxels = session.geometry().voxels();
    let mut places = VoxelSample::spread_over_grid(voxels, most);
    if let Some(mask) = mask {
        let inside: Vec<usize> = (0..voxels).filter(|&it| mask.inside()[it]).collect();
        places.extend(VoxelSample::spread(&inside, most));
        places.sort_unstable();
        places.dedup();
    }
    VoxelSample::new(places, SamplePrecision::Float32)
}
