//! Images read from their beginning to their end, as a gzip file has to be.

use super::folding::{Folding, PartSums};
use super::{Job, Part, Reading, Slab, moments_of};
use crate::array::{Baton, chunk_ranges};
use crate::error::Result;
use crate::formats::VolumeReader;
use crate::graph::{Delayed, delayed, try_delayed};
use crate::pipeline::counted;
use crate::stats::signals::BLOCK_VOXELS;
use crate::voxels::Samples;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The decoder of a gzip stream, its window and its buffers.
const STREAM_BYTES: u64 = 1024 * 1024;

/// An image being read, and what was accumulated of it.
struct Stream {
    reader: VolumeReader,
    memory: Samples,
    sums: PartSums,
}

impl Stream {
    fn open(job: &Job, part: &Part) -> Result<Stream> {
        let reader = VolumeReader::open(&part.image)?;
        let memory = Samples::none(part.image.datatype());
        Ok(Stream { reader, memory, sums: PartSums::none(job, part, job.voxels) })
    }
}

/// Each image a chain of tasks that read and add a chunk each, folded in their order. An image is
/// begun when the [`most_begun`]th before it was folded: where one is far longer than the others,
/// the moments of these do not pile up behind it.
pub(super) fn folded(job: &Arc<Job>, threads: NonZeroUsize) -> Delayed<Folding> {
    let most_begun = most_begun(job, threads);
    let folded_bytes = (job.folded_bytes_per_voxel() * job.voxels) as u64;
    let mut folded: Vec<Delayed<Baton<Folding>>> = Vec::with_capacity(job.parts.len());
    for (index, part) in job.parts.iter().enumerate() {
        let before = folded.len().checked_sub(most_begun).map(|index| folded[index].clone());
        let stream = read_and_added(job, index, before.as_slice());
        let (name, job) = (moments_of(&*part.image), Arc::clone(job));
        let next = match folded.last() {
            None => delayed(name, &stream, move |stream| {
                let folding = Folding::none(&job, 0..job.voxels);
                Baton::new(folding.with(&job, stream.take().sums))
            }),
            Some(folded) => {
                let this = Arc::clone(&job);
                let complete = move |stream: Arc<Baton<Stream>>| {
                    Baton::new(stream.take().sums.complete(&this, &this.parts[index]))
                };
                let sums = delayed(name, &stream, complete).value_bytes(moments_bytes(&job));
                delayed("merge", (folded, &sums), move |(folded, sums)| {
                    Baton::new(folded.take().with(&job, sums.take()))
                })
            }
        };
        folded.push(next.value_bytes(folded_bytes));
    }
    let name = match job.parts.as_slice() {
        [part] => moments_of(&*part.image),
        _ => "merge".to_owned(),
    };
    let folded = folded.pop().expect("there is an image");
    delayed(name, &folded, |folded| folded.take()).value_bytes(folded_bytes)
}

/// Bytes of the moments of a whole image.
fn moments_bytes(job: &Job) -> u64 {
    (job.voxels * job.moments_bytes_per_voxel()) as u64
}

/// A chain of tasks that read and add a chunk each, begun after `before`.
fn read_and_added(
    job: &Arc<Job>,
    index: usize,
    before: &[Delayed<Baton<Folding>>],
) -> Delayed<Baton<Stream>> {
    let image = &job.parts[index].image;
    let mut stream: Option<Delayed<Baton<Stream>>> = None;
    for (label, range) in job.chunks(&**image) {
        let (name, this) = (format!("moments {label}"), Arc::clone(job));
        let range_length = range.len();
        let go_on = move |mut stream: Stream| -> Result<_> {
            let part = &this.parts[index];
            let memory = stream.reader.read(range.len(), stream.memory, &*this.progress)?;
            stream.memory = counted(memory, this.analysis.definition.not_finite);
            stream.sums.add(&stream.memory, &this, part, range.clone(), 0);
            Ok(Baton::new(stream))
        };
        let bytes = moments_bytes(job) + (range_length * image.volume_bytes()) as u64;
        let next = match &stream {
            None => {
                let this = Arc::clone(job);
                try_delayed(name, before, move |before| {
                    drop(before);
                    go_on(Stream::open(&this, &this.parts[index])?)
                })
            }
            Some(stream) => try_delayed(name, stream, move |it| go_on(it.take())),
        };
        stream = Some(next.value_bytes(bytes));
    }
    stream.expect("an image has a volume")
}

/// How many images may be begun and not yet folded: one a thread, and so many more, which wait, as
/// stay within the memory that array mode may take a voxel: 64 bytes and 32 for each further
/// thread, and a map more a thread for each regressor.
fn most_begun(job: &Job, threads: NonZeroUsize) -> usize {
    if threads.get() == 1 {
        // What one thread has read, it folds before it begins another.
        return 1;
    }
    let threads = threads.get();
    let growing = job.moments_bytes_per_voxel();
    let a_thread = 32 + 8 * job.analysis.model.most_regressors();
    let allowed = a_thread.saturating_mul(threads).saturating_add(32);
    let taken = growing.saturating_mul(threads).saturating_add(job.folded_bytes_per_voxel());
    threads + allowed.saturating_sub(taken) / job.waiting_bytes_per_voxel()
}

/// Each image a chain of tasks that read, and chains that add, each to a slab of voxels.
pub(super) fn folded_in_slabs(job: &Arc<Job>, threads: NonZeroUsize) -> Vec<Slab> {
    let slabs = slabs(job, threads);
    let of_images: Vec<_> =
        (0..job.parts.len()).map(|index| added_in_slabs(job, index, &slabs)).collect();
    let folded = |(number, slab): (usize, Range<usize>)| {
        let bytes = (job.folded_bytes_per_voxel() * slab.len()) as u64;
        let mut folded: Option<Delayed<Baton<Folding>>> = None;
        for (part, sums) in job.parts.iter().zip(&of_images) {
            let (sums, job, voxels) = (&sums[number], Arc::clone(job), slab.clone());
            let next = match &folded {
                None => delayed(moments_of(&*part.image), sums, move |sums| {
                    Baton::new(Folding::none(&job, voxels.clone()).with(&job, sums.take()))
                }),
                Some(folded) => delayed("merge", (folded, sums), move |(folded, sums)| {
                    Baton::new(folded.take().with(&job, sums.take()))
                }),
            };
            folded = Some(next.value_bytes(bytes));
        }
        let folded = folded.expect("there is an image");
        let name = folded.name().to_owned();
        (slab, delayed(name, &folded, |folded| folded.take()).value_bytes(bytes))
    };
    slabs.iter().cloned().enumerate().map(folded).collect()
}

/// A slab for each thread that does not read.
fn slabs(job: &Job, threads: NonZeroUsize) -> Vec<Range<usize>> {
    let helpers = ((threads.get() - 1) / job.parts.len()).max(1);
    let length = job.voxels.div_ceil(helpers).next_multiple_of(BLOCK_VOXELS);
    let length = NonZeroUsize::new(length).expect("a grid has a voxel");
    chunk_ranges(job.voxels, length).collect()
}

/// A chunk that was read, for the tasks that add it, and the reader for the one that reads on.
struct Piece {
    samples: Option<Samples>,
    reader: Baton<VolumeReader>,
    spares: Arc<Spares>,
}

/// Memory of chunks that were added, for chunks to come.
#[derive(Default)]
struct Spares(Mutex<Vec<Samples>>);

impl Spares {
    fn take(&self) -> Option<Samples> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl Piece {
    fn samples(&self) -> &Samples {
        self.samples.as_ref().expect("a piece keeps its samples")
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let samples = self.samples.take();
        self.spares.0.lock().unwrap_or_else(PoisonError::into_inner).extend(samples);
    }
}

/// A chunk is read when the one before it has been and the one before that was added, so
/// reading runs ahead by one chunk, and by no more however much faster it is.
fn added_in_slabs(
    job: &Arc<Job>,
    index: usize,
    slabs: &[Range<usize>],
) -> Vec<Delayed<Baton<PartSums>>> {
    let image = &job.parts[index].image;
    let spares = Arc::new(Spares::default());
    let mut read: Option<Delayed<Piece>> = None;
    // What was accumulated after the last chunk, and after the one before it, by slabs.
    let mut added: Vec<Delayed<Baton<PartSums>>> = Vec::new();
    let mut added_before: Vec<Delayed<Baton<PartSums>>> = Vec::new();
    for (label, range) in job.chunks(&**image) {
        let (name, length) = (format!("read {label}"), range.len());
        let (this, spares) = (Arc::clone(job), Arc::clone(&spares));
        let read_on = move |mut reader: VolumeReader| -> Result<Piece> {
            let datatype = this.parts[index].image.datatype();
            let memory = spares.take().unwrap_or_else(|| Samples::none(datatype));
            let samples = reader.read(length, memory, &*this.progress)?;
            let samples = Some(counted(samples, this.analysis.definition.not_finite));
            Ok(Piece { samples, reader: Baton::new(reader), spares: Arc::clone(&spares) })
        };
        let piece = match &read {
            None => {
                let image = Arc::clone(image);
                try_delayed(name, (), move |()| read_on(VolumeReader::open(&image)?))
            }
            Some(read) => {
                let previous = (read, added_before.as_slice());
                try_delayed(name, previous, move |(previous, added_before)| {
                    drop(added_before);
                    let reader = previous.reader.take();
                    drop(previous);
                    read_on(reader)
                })
            }
        };
        let add = |slab: usize| {
            let (name, slab_voxels) = (format!("moments {label}"), slabs[slab].clone());
            let (this, range) = (Arc::clone(job), range.clone());
            let add = move |sums: Option<PartSums>, piece: Arc<Piece>| {
                let part = &this.parts[index];
                let mut sums =
                    sums.unwrap_or_else(|| PartSums::none(&this, part, slab_voxels.len()));
                sums.add(piece.samples(), &this, part, range.clone(), slab_voxels.start);
                Baton::new(sums)
            };
            match added.get(slab) {
                None => delayed(name, &piece, move |piece| add(None, piece)),
                Some(sums) => delayed(name, (sums, &piece), move |(sums, piece)| {
                    add(Some(sums.take()), piece)
                }),
            }
        };
        added_before = (0..slabs.len()).map(add).collect();
        std::mem::swap(&mut added, &mut added_before);
        read = Some(piece);
    }
    added
}

pub(super) fn predicted_bytes(job: &Job, threads: NonZeroUsize) -> Reading {
    let (images, threads_count) = (job.parts.len() as u64, threads.get() as u64);
    let chunk_of = |part: &Part| {
        let image = &*part.image;
        let length = job.chunk_volumes(image).get();
        length.min(image.volumes()) as u64 * image.volume_bytes() as u64
    };
    let chunk = job.parts.iter().map(chunk_of).max().unwrap_or(0);
    let voxels = job.voxels as u64;
    let of_image = moments_bytes(job) + voxels * job.signals_bytes_per_voxel() as u64;
    let folded = voxels * job.folded_bytes_per_voxel() as u64;
    let under_way = match images {
        few if few < threads_count => few * (2 * chunk + of_image + STREAM_BYTES),
        many => {
            let begun = many.min(most_begun(job, threads) as u64);
            let waiting = begun.saturating_sub(threads_count);
            threads_count * (chunk + STREAM_BYTES + of_image)
                + waiting * voxels * job.waiting_bytes_per_voxel() as u64
        }
    };
    Reading { peak: folded + under_way, remains: folded }
}
