//! Plain files: a task a slab of voxels, which reads just that of every volume of every image.

use super::chunks::chunk_ranges;
use super::folding::{Chunk, Folding, PartSums};
use super::{Job, Part, Reading, Slab, part_of_run};
use crate::error::{Error, Result};
use crate::formats::{Source, Voxels};
use crate::stats::signals::block_voxels;
use crate::voxels::Samples;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use taskgraph::try_delayed;

/// Voxels of a slab: a block of the signals. Of a grid of int16, 64 KiB are read at a time.
fn slab_voxels(shape: [usize; 3]) -> NonZeroUsize {
    NonZeroUsize::new(block_voxels(shape)).expect("a block has a voxel")
}

/// Bytes of a slab's samples that are read before they are added: they fit the second cache.
const SLAB_CHUNK_BYTES: usize = 1024 * 1024;

/// The same, where the samples of a voxel lie one behind the other: the fewer volumes are taken at a time,
/// the smaller the pieces are that are read of each.
const TIME_FASTEST_CHUNK_BYTES: usize = 16 * 1024 * 1024;

/// Volumes of a slab of so many voxels that are read before they are added.
fn volumes_at_once(image: &dyn Source, voxels: usize) -> NonZeroUsize {
    let most = if image.is_time_fastest() { TIME_FASTEST_CHUNK_BYTES } else { SLAB_CHUNK_BYTES };
    part_of_run(most / (voxels * image.datatype().bytes()), image)
}

/// The most bytes of a slab's samples that are held.
fn chunk_bytes(image: &dyn Source) -> usize {
    if !image.is_time_fastest() {
        return SLAB_CHUNK_BYTES;
    }
    let voxels = slab_voxels(image.geometry().shape).get().min(image.voxels());
    volumes_at_once(image, voxels).get() * voxels * image.datatype().bytes()
}

pub(super) fn folded(job: &Arc<Job>) -> Vec<Slab> {
    let bytes_per_voxel = job.bytes.folded as u64;
    let slab = |slab: Range<usize>| {
        let (job, voxels) = (Arc::clone(job), slab.clone());
        let name = format!("moments voxels [{}..{})", slab.start, slab.end);
        let fold = move |()| {
            let mut folding = Folding::none(&job, voxels.clone());
            for part in job.parts.all() {
                folding = folding.with(&job, sums_of(&job, part, &voxels)?);
            }
            Ok::<_, Error>(folding)
        };
        let folded = try_delayed(name, (), fold).value_bytes(bytes_per_voxel * slab.len() as u64);
        (slab, folded)
    };
    chunk_ranges(job.voxels, slab_voxels(job.shape)).map(slab).collect()
}

fn sums_of(job: &Job, part: &Part, voxels: &Range<usize>) -> Result<PartSums> {
    let image = &part.image;
    let Voxels::Blocks(reader) = image.open_voxels()? else {
        return Err(Error::defect("a stream, expected any block: the image said it was seekable")
            .at(image.path()));
    };
    let length = volumes_at_once(&**image, voxels.len());
    let mut sums = PartSums::none(job, part, voxels.clone());
    let mut memory = Samples::none(image.datatype());
    for volumes in chunk_ranges(image.volumes(), length) {
        memory = reader.read(volumes.clone(), voxels.clone(), memory, &*job.progress)?;
        let chunk = Chunk::new(memory, job);
        sums.add(&chunk, job, part, volumes, 0);
        memory = chunk.samples;
    }
    Ok(sums)
}

pub(super) fn predicted_bytes(job: &Job, threads: NonZeroUsize) -> Reading {
    let slab_voxels = slab_voxels(job.shape).get() as u64;
    let slab_count = (job.voxels as u64).div_ceil(slab_voxels);
    let sums = job.bytes.moments + job.bytes.folded + job.bytes.signals;
    let chunk = job.parts.all().map(|part| chunk_bytes(&*part.image)).max().unwrap_or(0) as u64;
    let of_one = (8 * slab_voxels).max(chunk) + sums as u64 * slab_voxels;
    let maps = job.voxels as u64 * job.map_bytes_per_voxel();
    // Gathered from slabs, whose memory the allocator keeps.
    Reading { peak: 2 * maps + (threads.get() as u64).min(slab_count) * of_one, remains: maps }
}
