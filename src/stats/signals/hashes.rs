//! Hashes of volumes as they are stored.

use crate::voxels::Samples;
use twox_hash::XxHash3_64;

/// Hashes of volumes as they are stored, `[volume, block]`: of each block the XXH3 of its samples,
/// little-endian whatever the file is. Taken beforehand where a definition replaces samples.
#[derive(Clone, Debug)]
pub struct BlockHashes {
    of_volumes: Vec<Vec<u64>>,
}

impl BlockHashes {
    /// The hashes of all volumes of `samples`, whose first voxel begins a block of the grid, of so many voxels
    /// each.
    pub fn new(samples: &Samples, block_voxels: usize) -> BlockHashes {
        let voxels = samples.voxels();
        let of_volume = |volume: usize| {
            let starts = (0..voxels).step_by(block_voxels);
            let block = |start: usize| start..voxels.min(start + block_voxels);
            starts.map(|start| samples.hash(volume, block(start))).collect()
        };
        BlockHashes { of_volumes: (0..samples.volumes()).map(of_volume).collect() }
    }

    pub(super) fn volumes(&self) -> usize {
        self.of_volumes.len()
    }

    /// The hashes of one block, volume by volume.
    pub(super) fn of_block(&self, block: usize) -> impl Iterator<Item = u64> + '_ {
        self.of_volumes.iter().map(move |hashes| hashes[block])
    }
}

/// The hash of hashes in their order: the XXH3, of 64 bits, of their bytes, little-endian. Of a volume from
/// those of its blocks, of a run from those of its volumes.
pub fn hash_of_hashes(hashes: impl IntoIterator<Item = u64>) -> u64 {
    let bytes: Vec<u8> = hashes.into_iter().flat_map(u64::to_le_bytes).collect();
    XxHash3_64::oneshot(&bytes)
}
