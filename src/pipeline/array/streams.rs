//! Images read from their beginning to their end, as a gzip file has to be.

use super::chunks::chunk_ranges;
use super::folding::{Chunk, Folding, PartSums};
use super::{Job, Part, Reading, Slab, moments_of};
use crate::error::Result;
use crate::formats::VolumeReader;
use crate::stats::signals::block_voxels;
use crate::voxels::{Datatype, Samples};
use std::mem::discriminant;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use taskgraph::{Delayed, delayed, try_delayed};

/// The decoder of a gzip stream, its window and its buffers.
const STREAM_BYTES: u64 = 1024 * 1024;

/// The memory that the allocator keeps for a further thread.
const THREAD_BYTES: u64 = 1024 * 1024;

/// An image being read, and what was accumulated of it.
struct Stream {
    reader: VolumeReader,
    memory: Samples,
    sums: PartSums,
}

impl Stream {
    fn open(job: &Job, part: &Part, spares: &Spares) -> Result<Stream> {
        let reader = VolumeReader::open(&part.image)?;
        let memory = spares.take(part.image.datatype());
        Ok(Stream { reader, memory, sums: PartSums::none(job, part, 0..job.voxels) })
    }

    /// The sums that were accumulated; the reader goes before anything is made of them, and the
    /// memory of chunks is there for another image.
    fn into_sums(self, spares: &Spares) -> PartSums {
        spares.give(self.memory);
        self.sums
    }
}

/// Memory of chunks of images that were read, for images to come: what is freed between two of them
/// is kept by the allocator where something small was put beside it.
#[derive(Default)]
struct Spares(Mutex<Vec<Samples>>);

impl Spares {
    fn give(&self, memory: Samples) {
        unpoisoned(&self.0).push(memory);
    }

    /// Memory for samples of a type; what is of another is freed.
    fn take(&self, datatype: Datatype) -> Samples {
        let none = Samples::none(datatype);
        let spare = unpoisoned(&self.0).pop();
        spare.filter(|it| discriminant(it) == discriminant(&none)).unwrap_or(none)
    }
}

/// Each image a chain of tasks that read and add a chunk each, folded in their order. An image is
/// begun when the [`most_begun`]th before it was folded: where one is far longer than the others,
/// the moments of these do not pile up behind it.
pub(super) fn folded(job: &Arc<Job>, threads: NonZeroUsize) -> Delayed<Folding> {
    let most_begun = most_begun(job, threads);
    let folded_bytes = (job.bytes.folded * job.voxels) as u64;
    let spares = Arc::new(Spares::default());
    let mut folded: Vec<Delayed<Folding>> = Vec::with_capacity(job.parts.len());
    for (index, part) in job.parts.all().enumerate() {
        let before = index.checked_sub(most_begun).map(|before| &folded[before]);
        let stream = read_and_added(job, index, &spares, before);
        let (name, job, spares) = (moments_of(&*part.image), Arc::clone(job), Arc::clone(&spares));
        let next = match folded.last().cloned() {
            None => delayed(name, stream, move |stream: Stream| {
                Folding::none(&job, 0..job.voxels).with(&job, stream.into_sums(&spares))
            }),
            Some(folded) => {
                let this = Arc::clone(&job);
                let complete = move |stream: Stream| {
                    stream.into_sums(&spares).complete(&this, &this.parts[index])
                };
                let sums = delayed(name, stream, complete).value_bytes(moments_bytes(&job));
                merged(folded, sums, job)
            }
        };
        folded.push(next.value_bytes(folded_bytes));
    }
    folded.pop().expect("there is an image")
}

/// The task that folds the next image onto those before it.
fn merged(folded: Delayed<Folding>, sums: Delayed<PartSums>, job: Arc<Job>) -> Delayed<Folding> {
    let merge = move |(folded, sums): (Folding, PartSums)| folded.with(&job, sums);
    delayed("merge", (folded, sums), merge)
}

/// Bytes of the moments of a whole image.
fn moments_bytes(job: &Job) -> u64 {
    (job.voxels * job.bytes.moments) as u64
}

/// A chain of tasks that read and add a chunk each, begun after `before`.
fn read_and_added(
    job: &Arc<Job>,
    index: usize,
    spares: &Arc<Spares>,
    before: Option<&Delayed<Folding>>,
) -> Delayed<Stream> {
    let image = &job.parts[index].image;
    let mut stream: Option<Delayed<Stream>> = None;
    for (label, range) in job.chunks(&**image) {
        let (name, this) = (format!("moments {label}"), Arc::clone(job));
        let range_length = range.len();
        let go_on = move |mut stream: Stream| -> Result<Stream> {
            let part = &this.parts[index];
            let memory = stream.reader.read(range.len(), stream.memory, &*this.progress)?;
            let chunk = Chunk::new(memory, &this);
            stream.sums.add(&chunk, &this, part, range.clone(), 0);
            stream.memory = chunk.samples;
            Ok(stream)
        };
        let bytes = moments_bytes(job) + (range_length * image.volume_bytes()) as u64;
        let next = match stream {
            None => {
                let (this, spares) = (Arc::clone(job), Arc::clone(spares));
                let begin = move |()| go_on(Stream::open(&this, &this.parts[index], &spares)?);
                let first = try_delayed(name, (), begin);
                before.into_iter().fold(first, Delayed::after)
            }
            Some(stream) => try_delayed(name, stream, go_on),
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
    let growing = job.bytes.moments;
    let a_thread = 32 + 8 * job.analysis.model.most_regressors();
    let allowed = a_thread.saturating_mul(threads).saturating_add(32);
    let taken = growing.saturating_mul(threads).saturating_add(job.bytes.folded);
    threads + allowed.saturating_sub(taken) / job.bytes.waiting
}

/// Each image a chain of tasks that read, and chains that add, each to a slab of voxels.
pub(super) fn folded_in_slabs(job: &Arc<Job>, threads: NonZeroUsize) -> Vec<Slab> {
    let slabs = slabs(job, threads);
    let of_images: Vec<_> =
        (0..job.parts.len()).map(|index| added_in_slabs(job, index, &slabs)).collect();
    let folded = |(number, slab): (usize, Range<usize>)| {
        let bytes = (job.bytes.folded * slab.len()) as u64;
        let mut folded: Option<Delayed<Folding>> = None;
        for (part, sums) in job.parts.all().zip(&of_images) {
            let (sums, job, voxels) = (sums[number].clone(), Arc::clone(job), slab.clone());
            let next = match folded {
                None => delayed(moments_of(&*part.image), sums, move |sums: PartSums| {
                    Folding::none(&job, voxels.clone()).with(&job, sums)
                }),
                Some(folded) => merged(folded, sums, job),
            };
            folded = Some(next.value_bytes(bytes));
        }
        (slab, folded.expect("there is an image"))
    };
    slabs.iter().cloned().enumerate().map(folded).collect()
}

/// A slab for each thread that does not read.
fn slabs(job: &Job, threads: NonZeroUsize) -> Vec<Range<usize>> {
    let helpers = ((threads.get() - 1) / job.parts.len()).max(1);
    let length = job.voxels.div_ceil(helpers).next_multiple_of(block_voxels(job.shape));
    let length = NonZeroUsize::new(length).expect("a grid has a voxel");
    chunk_ranges(job.voxels, length).collect()
}

/// A stream of volumes that several tasks read on, each after the one before it, and memory of
/// chunks that were added, for chunks to come; none once the last was read.
struct SharedReader {
    reader: Mutex<Option<VolumeReader>>,
    spares: Mutex<Option<Vec<Samples>>>,
}

impl SharedReader {
    /// The next volumes of the image, which is opened for the first and closed behind the last.
    fn read(&self, job: &Job, part: &Part, volumes: Range<usize>) -> Result<Chunk> {
        let mut source = unpoisoned(&self.reader);
        let mut reader = match volumes.start {
            0 => VolumeReader::open(&part.image)?,
            _ => source.take().expect("the chunk before has been read"),
        };
        let is_last = volumes.end == part.image.volumes();
        let mut spares = unpoisoned(&self.spares);
        let spare = spares.as_mut().and_then(Vec::pop);
        if is_last {
            *spares = None;
        }
        drop(spares);
        let memory = spare.unwrap_or_else(|| Samples::none(part.image.datatype()));
        let samples = reader.read(volumes.len(), memory, &*job.progress)?;
        *source = (!is_last).then_some(reader);
        Ok(Chunk::new(samples, job))
    }
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A chunk that was read. Its memory is the source's again once every task that adds it is done.
struct ReadChunk {
    chunk: Option<Chunk>,
    source: Arc<SharedReader>,
}

impl ReadChunk {
    fn chunk(&self) -> &Chunk {
        self.chunk.as_ref().expect("a chunk keeps its samples")
    }
}

impl Drop for ReadChunk {
    fn drop(&mut self) {
        let samples = self.chunk.take().map(|chunk| chunk.samples);
        if let Some(spares) = &mut *unpoisoned(&self.source.spares) {
            spares.extend(samples);
        }
    }
}

/// A chunk is read when the one before it has been and the one before that was added, so
/// reading runs ahead by one chunk, and by no more however much faster it is.
fn added_in_slabs(job: &Arc<Job>, index: usize, slabs: &[Range<usize>]) -> Vec<Delayed<PartSums>> {
    let (reader, spares) = (Mutex::default(), Mutex::new(Some(Vec::new())));
    let source = Arc::new(SharedReader { reader, spares });
    let mut read: Option<Delayed<ReadChunk>> = None;
    // What was accumulated after the last chunk, and after the one before it, by slabs.
    let mut added: Vec<Delayed<PartSums>> = Vec::new();
    let mut added_before: Vec<Delayed<PartSums>> = Vec::new();
    for (label, range) in job.chunks(&*job.parts[index].image) {
        let (this, source, volumes) = (Arc::clone(job), Arc::clone(&source), range.clone());
        let read_on = move |()| -> Result<ReadChunk> {
            let chunk = source.read(&this, &this.parts[index], volumes.clone())?;
            Ok(ReadChunk { chunk: Some(chunk), source: Arc::clone(&source) })
        };
        let chunk = try_delayed(format!("read {label}"), (), read_on);
        let chunk = read.iter().fold(chunk, Delayed::after).after(&added_before);
        let add = |slab: usize| {
            let (name, slab_voxels) = (format!("moments {label}"), slabs[slab].clone());
            let (this, range) = (Arc::clone(job), range.clone());
            let add = move |mut sums: PartSums, chunk: &ReadChunk| {
                let (part, first_voxel) = (&this.parts[index], slab_voxels.start);
                sums.add(chunk.chunk(), &this, part, range.clone(), first_voxel);
                sums
            };
            match added.get(slab).cloned() {
                None => {
                    let (this, voxels) = (Arc::clone(job), slabs[slab].clone());
                    let none = move || PartSums::none(&this, &this.parts[index], voxels.clone());
                    delayed(name, &chunk, move |chunk| add(none(), &chunk))
                }
                Some(sums) => delayed(name, (sums, &chunk), move |(sums, chunk)| add(sums, &chunk)),
            }
        };
        added_before = (0..slabs.len()).map(add).collect();
        std::mem::swap(&mut added, &mut added_before);
        read = Some(chunk);
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
    let chunk = job.parts.all().map(chunk_of).max().unwrap_or(0);
    let voxels = job.voxels as u64;
    // Of DVARS the volume before, which is made while another is let go.
    let of_image = moments_bytes(job) + 2 * voxels * job.bytes.signals as u64;
    let folded = voxels * job.bytes.folded as u64;
    let under_way = match images {
        few if few < threads_count => few * (2 * chunk + of_image + STREAM_BYTES),
        many => {
            let begun = many.min(most_begun(job, threads) as u64);
            let waiting = begun.saturating_sub(threads_count);
            threads_count * (chunk + STREAM_BYTES + of_image)
                + waiting * voxels * job.bytes.waiting as u64
                + (threads_count - 1) * THREAD_BYTES
        }
    };
    Reading { peak: folded + under_way, remains: folded }
}
