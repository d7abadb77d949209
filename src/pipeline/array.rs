//! Array mode: lazy arrays, chunked along time, as the Dask tutorial builds them with
//! `dask.array`, and what follows from doing it without waste.
//!
//! Each image is a lazy array of chunks of some volumes; the arrays of all images,
//! concatenated, are a longer list of chunks. For each chunk one task reads it and one takes
//! its [moments](crate::stats::moments) (count, mean, sum of squared deviations); the
//! moments are merged two by two in a tree whose shape depends on the number of chunks
//! alone. Of what remains, one task gives the mean, one takes the square root, one divides.
//! Every sample is looked at in one traversal, where Dask makes two for mean and std.
//!
//! Of a gzip file each read needs the one before it, since a stream can only be read in
//! order; runs are read in parallel, and moments are taken while the next chunk is read.
//! Chunks of a plain file are read independently. Results do not depend on the threads; of
//! integers up to 32 bits, not on the chunk length either.
//!
//! Memory: the scheduler finishes what it has begun, so no more chunks are alive than there
//! are threads, one more being read for each; of moments (16 to 32 bytes a voxel each) about
//! as many as the tree is deep, log2 of the number of chunks. Nothing grows with the length
//! of a run but that depth.

use super::session::image_name;
use super::{Session, Statistics, task_error};
use crate::array::{Chunk, Chunked, chunk_ranges};
use crate::error::Result;
use crate::graph::{self, Delayed, Pool, delayed, try_delayed};
use crate::image::{Header, Image, Progress, VolumeReader};
use crate::stats::moments::Moments;
use crate::stats::tsnr;
use crate::voxels::Block;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The size of a chunk, if no length is asked for: as many volumes as fit, and at least one.
/// Large enough that a task's own cost vanishes, small enough to stay out of the way.
pub const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// Some volumes, and the reader that stands behind them for the task that reads on.
struct Piece {
    block: Block,
    reader: Mutex<Option<VolumeReader>>,
}

pub(super) fn compute(
    session: &Session,
    ddof: usize,
    chunk_length: Option<NonZeroUsize>,
    progress: &Arc<dyn Progress>,
    pool: &Pool,
) -> Result<Statistics> {
    let arrays = session.images().map(|image| {
        let length = chunk_length.unwrap_or_else(|| default_chunk_length(&image.header));
        lazy_array(image, length, progress)
    });
    let moments = Chunked::concatenate(arrays).map_reduce(
        "moments",
        |piece: &Piece| Moments::of(&piece.block),
        Moments::merge,
    );
    let mean = delayed("mean", &moments, |moments| moments.mean());
    let std = delayed("square root", &moments, move |moments| moments.std(ddof));
    let ratio = delayed("divide", (&mean, &std), |(mean, std)| tsnr::divide(&mean, &std));
    let (mean, std, ratio) = graph::compute((&mean, &std, &ratio), pool).map_err(task_error)?;
    Ok(Statistics { mean, std, ratio })
}

fn default_chunk_length(header: &Header) -> NonZeroUsize {
    NonZeroUsize::new(CHUNK_BYTES / header.volume_bytes()).unwrap_or(NonZeroUsize::MIN)
}

/// The volumes of an image as a lazy array. A chunk that cannot be read by itself depends
/// on the one before it and takes over its reader.
fn lazy_array(
    image: &Arc<Image>,
    chunk_length: NonZeroUsize,
    progress: &Arc<dyn Progress>,
) -> Chunked<Piece> {
    let mut chunks: Vec<Chunk<Piece>> = Vec::new();
    for range in chunk_ranges(image.header.volumes, chunk_length) {
        let label = format!("{} [{}..{})", image_name(image), range.start, range.end);
        let previous = chunks.last().filter(|_| !image.is_seekable()).map(|chunk| &chunk.value);
        let value = read_task(image, &label, range, previous, progress);
        chunks.push(Chunk { label, value });
    }
    Chunked::new(chunks)
}

fn read_task(
    image: &Arc<Image>,
    label: &str,
    range: Range<usize>,
    previous: Option<&Delayed<Piece>>,
    progress: &Arc<dyn Progress>,
) -> Delayed<Piece> {
    let (image, progress, name) =
        (Arc::clone(image), Arc::clone(progress), format!("read {label}"));
    let read_on = move |mut reader: VolumeReader, volumes: usize| -> Result<Piece> {
        let block = reader.read(volumes, &*progress)?;
        Ok(Piece { block, reader: Mutex::new(Some(reader)) })
    };
    match previous {
        None => try_delayed(name, (), move |()| {
            read_on(VolumeReader::open(&image, range.start)?, range.len())
        }),
        Some(previous) => try_delayed(name, previous, move |previous| {
            let reader = previous.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(previous);
            read_on(reader.expect("one task reads on"), range.len())
        }),
    }
}
