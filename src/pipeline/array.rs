//! Array mode: lazy arrays, chunked along time, as the Dask tutorial builds them with
//! `dask.array`, and what follows from doing it without waste.
//!
//! The volumes of all images, concatenated, are a lazy array of chunks. Of each image the
//! [moments](crate::stats::moments) (count, mean, sum of squared deviations; exact sums of
//! integers) are accumulated chunk by chunk, and those of the images are merged: a tree of
//! fixed shape, left-deep, in which the chunks of an image come in order and the images the
//! longest first. Then one task gives the mean, one takes the square root, one divides. Every
//! sample is looked at once, where Dask makes a traversal for the mean and one for the std.
//!
//! | images | how they are read | parallel over |
//! |---|---|---|
//! | gzip, at least as many as threads | a chain of tasks an image, each decompresses a chunk and adds it | images |
//! | gzip, fewer | a chain that decompresses, and chains that add, each to a slab of voxels | decompressing and adding |
//! | plain | a task a slab of voxels, which reads just that of every volume | slabs |
//!
//! Results do not depend on the threads nor on the length of the chunks.
//!
//! Memory, beside the maps: for each image under way a chunk ([`CHUNK_BYTES`], or
//! [`FEWEST_VOLUMES`] volumes if that is more, up to [`MOST_CHUNK_BYTES`]; two chunks where
//! decompressing and adding are separate) and its moments (16 bytes a voxel, of
//! 32-bit integers and floats 24), the moments of a few that wait to be merged, and the merged
//! ones. Nothing grows with the length or number of the images: no more are under way than
//! there are threads, and of those that wait there are few as well.

use super::session::image_name;
use super::{Session, Settings, Wanted};
use crate::array::{Baton, chunk_ranges, fold};
use crate::error::Result;
use crate::graph::{Delayed, delayed, try_delayed};
use crate::image::{Header, Image, Progress, SlabReader, VolumeReader};
use crate::stats::moments::Moments;
use crate::stats::tsnr;
use crate::voxels::{Datatype, Samples};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The size of a chunk, if no length is asked for: as many volumes as fit. Large enough that
/// a task's own cost vanishes.
pub const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// Large volumes are taken so many at a time: the moments of a grid that fits no cache are
/// loaded and stored once a chunk.
pub const FEWEST_VOLUMES: usize = 8;

/// Still larger volumes are taken fewer at a time, and one at least. Memory of less than
/// 32 MiB the system allocator keeps for what comes next; more it returns at once.
pub const MOST_CHUNK_BYTES: usize = 28 * 1024 * 1024;

/// Voxels of a slab of plain images: of int16, 64 KiB are read at a time.
const SLAB_VOXELS: NonZeroUsize = NonZeroUsize::new(32 * 1024).unwrap();

/// Bytes of a slab's samples that are read before they are added: they fit the second cache.
const SLAB_CHUNK_BYTES: usize = 1024 * 1024;

/// The decoder of a gzip stream, its window and its buffers.
const STREAM_BYTES: u64 = 1024 * 1024;

/// The moments of all volumes, by slabs of voxels in order.
type Slabs = Vec<Delayed<Moments>>;

pub(super) fn tasks(
    session: &Session,
    settings: &Settings,
    progress: &Arc<dyn Progress>,
) -> Wanted {
    let Settings { ddof, chunk_length, .. } = *settings;
    let mut images: Vec<Arc<Image>> = session.images().cloned().collect();
    // The longest first, so that no thread is left with a long one at the end.
    images.sort_by_key(|image| std::cmp::Reverse(image.header.voxel_bytes()));
    let (plain, gzip): (Vec<_>, Vec<_>) = images.into_iter().partition(|it| it.is_seekable());

    let (voxels, threads) = (session.header().voxels(), settings.threads.get());
    let tasks = Tasks { voxels, chunk_length, progress: Arc::clone(progress) };
    let slabs = match (gzip.is_empty(), plain.is_empty()) {
        (true, _) => tasks.of_plain_images(&Arc::new(plain)),
        (false, true) if gzip.len() < threads => {
            let helpers = (threads - 1) / gzip.len();
            tasks.of_few_streams(&gzip, NonZeroUsize::new(helpers).unwrap_or(NonZeroUsize::MIN))
        }
        (false, true) => vec![tasks.of_streams(&gzip, threads)],
        (false, false) => {
            let streamed = tasks.of_streams(&gzip, threads);
            let slabs = tasks.of_plain_images(&Arc::new(plain)).into_iter();
            let starts = (0..voxels).step_by(SLAB_VOXELS.get());
            slabs.zip(starts).map(|(slab, start)| joined(&slab, &streamed, start)).collect()
        }
    };
    let mean = delayed("mean", &slabs, move |slabs| {
        let mut mean = Vec::with_capacity(voxels);
        slabs.iter().for_each(|slab| mean.extend(slab.mean()));
        mean
    });
    let std = delayed("sqrt", &slabs, move |slabs| {
        let mut std = Vec::with_capacity(voxels);
        slabs.iter().for_each(|slab| std.extend(slab.std(ddof)));
        std
    });
    let ratio = delayed("divide", (&mean, &std), |(mean, std)| tsnr::divide(&mean, &std));
    let map_bytes = 8 * voxels as u64;
    let [mean, std] = [mean, std].map(|map| map.value_bytes(map_bytes));
    Wanted { mean, std, ratio: ratio.value_bytes(map_bytes) }
}

/// What is in memory while images are read.
pub(super) struct Reading {
    /// The most that is held, in bytes.
    pub peak: u64,
    /// What remains of it when the last image was read: the moments.
    pub moments: u64,
}

/// What array mode will hold while it reads. See the module's account of memory.
pub(super) fn predicted_bytes(session: &Session, settings: &Settings) -> Reading {
    let threads = settings.threads.get() as u64;
    let most = |of: fn(&Image) -> u64| session.images().map(|image| of(image)).max().unwrap_or(0);
    let moments = session.header().voxels() as u64
        * most(|image| Moments::bytes_per_voxel(image.header.datatype) as u64);
    let gzip = session.images().filter(|image| !image.is_seekable()).count() as u64;
    let chunk_of = |image: &Arc<Image>| {
        let length = chunk_length(&image.header, settings.chunk_length).get();
        length.min(image.header.volumes) as u64 * image.header.volume_bytes() as u64
    };
    let chunk = session.images().map(chunk_of).max().unwrap_or(0);
    let streams = match gzip {
        0 => 0,
        few if few < threads => few * (2 * chunk + moments + STREAM_BYTES),
        many => {
            let datatypes = session.images().map(|image| image.header.datatype);
            let begun = many.min(most_begun(datatypes, settings.threads.get()) as u64);
            threads * (chunk + STREAM_BYTES) + begun * moments
        }
    };
    let slabs = if session.images().any(|image| image.is_seekable()) {
        let slab_voxels = SLAB_VOXELS.get() as u64;
        let slab_count = (session.header().voxels() as u64).div_ceil(slab_voxels);
        let of_one = (8 * slab_voxels).max(SLAB_CHUNK_BYTES as u64) + 24 * slab_voxels;
        threads.min(slab_count) * of_one
    } else {
        0
    };
    Reading { peak: moments + streams + slabs, moments }
}

/// Makes the tasks of a computation.
struct Tasks {
    voxels: usize,
    chunk_length: Option<NonZeroUsize>,
    progress: Arc<dyn Progress>,
}

/// An image being read, and the moments of what was read of it.
struct Stream {
    reader: VolumeReader,
    memory: Samples,
    moments: Moments,
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

impl Tasks {
    /// Chunks of an image, along time, with their labels.
    fn chunks(&self, image: &Image) -> Vec<(String, Range<usize>)> {
        let length = chunk_length(&image.header, self.chunk_length);
        chunk_ranges(image.header.volumes, length)
            .map(|range| (format!("{} [{}..{})", image_name(image), range.start, range.end), range))
            .collect()
    }

    /// Bytes of the moments of all volumes of some images.
    fn moments_bytes(&self, images: &[Arc<Image>]) -> u64 {
        let of_one = |image: &Arc<Image>| Moments::bytes_per_voxel(image.header.datatype);
        (self.voxels * images.iter().map(of_one).max().unwrap_or(0)) as u64
    }

    /// Each image a chain of tasks that decompress and add a chunk each, merged from left to
    /// right. An image is begun when the [`most_begun`]th before it has been merged: where
    /// one is far longer than the others, the moments of these do not pile up behind it.
    fn of_streams(&self, images: &[Arc<Image>], threads: usize) -> Delayed<Moments> {
        let most_begun = most_begun(images.iter().map(|image| image.header.datatype), threads);
        let mut merged: Vec<Delayed<Baton<Moments>>> = Vec::with_capacity(images.len());
        for image in images {
            let before = merged.len().checked_sub(most_begun).map(|index| merged[index].clone());
            let moments = self.of_one_stream(image, before.as_slice());
            merged.push(match merged.last() {
                None => moments,
                Some(left) => delayed("merge", (left, &moments), |(left, right)| {
                    Baton::new(left.take().merge(&right.take(), 0))
                }),
            });
        }
        let name = match images {
            [image] => moments_of(image),
            _ => "merge".to_owned(),
        };
        let merged = merged.pop().expect("there is an image");
        delayed(name, &merged, |merged| merged.take()).value_bytes(self.moments_bytes(images))
    }

    /// A chain of tasks that decompress and add a chunk each, begun after `before`.
    fn of_one_stream(
        &self,
        image: &Arc<Image>,
        before: &[Delayed<Baton<Moments>>],
    ) -> Delayed<Baton<Moments>> {
        let mut stream: Option<Delayed<Baton<Stream>>> = None;
        for (label, range) in self.chunks(image) {
            let (name, progress) = (format!("moments {label}"), Arc::clone(&self.progress));
            let range_length = range.len();
            let go_on = move |mut stream: Stream| -> Result<_> {
                let memory = stream.memory;
                stream.memory = stream.reader.read(range.len(), memory, &*progress)?;
                stream.moments.add(&stream.memory, 0);
                Ok(Baton::new(stream))
            };
            let bytes = self.moments_bytes(std::slice::from_ref(image))
                + (range_length * image.header.volume_bytes()) as u64;
            let image = Arc::clone(image);
            let next = match &stream {
                None => try_delayed(name, before, move |before| {
                    drop(before);
                    go_on(Stream::open(&image)?)
                }),
                Some(stream) => try_delayed(name, stream, move |it| go_on(it.take())),
            };
            stream = Some(next.value_bytes(bytes));
        }
        let stream = stream.expect("an image has a volume");
        delayed(moments_of(image), &stream, |it| Baton::new(it.take().moments))
            .value_bytes(self.moments_bytes(std::slice::from_ref(image)))
    }

    /// Each image a chain of tasks that decompress, and `slab_count` chains that add.
    fn of_few_streams(&self, images: &[Arc<Image>], slab_count: NonZeroUsize) -> Slabs {
        let slab_length = self.voxels.div_ceil(slab_count.get());
        let slab_length = NonZeroUsize::new(slab_length).expect("a grid has a voxel");
        let slabs: Vec<Range<usize>> = chunk_ranges(self.voxels, slab_length).collect();
        let of_images: Vec<Slabs> =
            images.iter().map(|image| self.of_one_of_few(image, &slabs)).collect();
        let of_slab = |slab: usize| of_images.iter().map(|slabs| slabs[slab].clone()).collect();
        (0..slabs.len()).map(|slab| fold("merge", of_slab(slab), |a, b| a.merge(b, 0))).collect()
    }

    /// A chunk is read when the one before it has been and the one before that was added, so
    /// reading runs ahead by one chunk, and by no more however much faster it is.
    fn of_one_of_few(&self, image: &Arc<Image>, slabs: &[Range<usize>]) -> Slabs {
        let Header { datatype, scaling, .. } = image.header;
        let spares = Arc::new(Spares::default());
        let mut read: Option<Delayed<Piece>> = None;
        // The moments after the last chunk, and after the one before it, by slabs.
        let mut added: Vec<Delayed<Baton<Moments>>> = Vec::new();
        let mut added_before: Vec<Delayed<Baton<Moments>>> = Vec::new();
        for (label, range) in self.chunks(image) {
            let (name, progress) = (format!("read {label}"), Arc::clone(&self.progress));
            let (image, spares) = (Arc::clone(image), Arc::clone(&spares));
            let read_on = move |mut reader: VolumeReader| -> Result<Piece> {
                let memory = spares.take().unwrap_or_else(|| Samples::none(datatype));
                let samples = Some(reader.read(range.len(), memory, &*progress)?);
                Ok(Piece { samples, reader: Baton::new(reader), spares: Arc::clone(&spares) })
            };
            let piece = match &read {
                None => try_delayed(name, (), move |()| read_on(VolumeReader::open(&image)?)),
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
                let (name, first_voxel) = (format!("moments {label}"), slabs[slab].start);
                let add = move |mut moments: Moments, piece: Arc<Piece>| {
                    moments.add(piece.samples(), first_voxel);
                    Baton::new(moments)
                };
                let voxels = slabs[slab].len();
                match added.get(slab) {
                    None => delayed(name, &piece, move |piece| {
                        add(Moments::empty(datatype, scaling, voxels), piece)
                    }),
                    Some(moments) => delayed(name, (moments, &piece), move |(moments, piece)| {
                        add(moments.take(), piece)
                    }),
                }
            };
            added_before = (0..slabs.len()).map(add).collect();
            std::mem::swap(&mut added, &mut added_before);
            read = Some(piece);
        }
        let close =
            |moments: &Delayed<Baton<Moments>>| delayed(moments_of(image), moments, |it| it.take());
        added.iter().map(close).collect()
    }

    /// Each slab of voxels a task that reads it from every image.
    fn of_plain_images(&self, images: &Arc<Vec<Arc<Image>>>) -> Slabs {
        let slab = |slab: Range<usize>| {
            let (images, progress) = (Arc::clone(images), Arc::clone(&self.progress));
            let name = format!("moments of voxels [{}..{})", slab.start, slab.end);
            try_delayed(name, (), move |()| {
                let of_one = |image| moments_of_slab(image, &slab, &*progress);
                let mut moments = of_one(&images[0])?;
                for image in &images[1..] {
                    moments = moments.merge(&of_one(image)?, 0);
                }
                Ok::<_, crate::error::Error>(moments)
            })
        };
        chunk_ranges(self.voxels, SLAB_VOXELS).map(slab).collect()
    }
}

/// The task that has the moments of all volumes of an image.
fn moments_of(image: &Image) -> String {
    format!("moments {}", image_name(image))
}

/// How many images may be begun and not yet merged: one a thread, and so many more as stay
/// within the memory that array mode may take a voxel, 64 bytes and 32 for each further
/// thread, of which one image's worth is the merged moments'.
fn most_begun(datatypes: impl Iterator<Item = Datatype>, threads: usize) -> usize {
    if threads == 1 {
        // What one thread has read, it merges before it begins another.
        return 1;
    }
    let bytes = datatypes.map(Moments::bytes_per_voxel).max().unwrap_or(1);
    let allowed = 32_usize.saturating_mul(threads).saturating_add(32);
    (allowed / bytes).saturating_sub(1).max(threads)
}

impl Stream {
    fn open(image: &Arc<Image>) -> Result<Stream> {
        let Header { datatype, scaling, .. } = image.header;
        Ok(Stream {
            reader: VolumeReader::open(image)?,
            memory: Samples::none(datatype),
            moments: Moments::empty(datatype, scaling, image.header.voxels()),
        })
    }
}

/// Volumes in a chunk: those asked for, or the default.
fn chunk_length(header: &Header, asked: Option<NonZeroUsize>) -> NonZeroUsize {
    let volume_bytes = header.volume_bytes();
    let length = (CHUNK_BYTES / volume_bytes).max(FEWEST_VOLUMES);
    asked.unwrap_or_else(|| part_of_run(length.min(MOST_CHUNK_BYTES / volume_bytes), header))
}

/// So many volumes, but never a whole run, however short it is, and one at least.
fn part_of_run(volumes: usize, header: &Header) -> NonZeroUsize {
    NonZeroUsize::new(volumes.min(header.volumes.div_ceil(2))).unwrap_or(NonZeroUsize::MIN)
}

fn moments_of_slab(
    image: &Arc<Image>,
    slab: &Range<usize>,
    progress: &dyn Progress,
) -> Result<Moments> {
    let header = &image.header;
    let reader = SlabReader::open(image)?;
    let row_bytes = slab.len() * header.datatype.bytes();
    let length = part_of_run(SLAB_CHUNK_BYTES / row_bytes, header);
    let mut moments = Moments::empty(header.datatype, header.scaling, slab.len());
    let mut memory = Samples::none(header.datatype);
    for volumes in chunk_ranges(header.volumes, length) {
        memory = reader.read(volumes, slab.clone(), memory, progress)?;
        moments.add(&memory, 0);
    }
    Ok(moments)
}

/// A slab's moments of plain images with those of streamed ones, in which it begins at
/// `first_voxel`.
fn joined(
    slab: &Delayed<Moments>,
    streamed: &Delayed<Moments>,
    first_voxel: usize,
) -> Delayed<Moments> {
    delayed("merge", (slab, streamed), move |(slab, streamed)| {
        Arc::unwrap_or_clone(slab).merge(&streamed, first_voxel)
    })
}
