//! Array mode: lazy arrays, chunked along time, as the Dask lesson builds them with
//! `dask.array`, and what follows from doing it without waste.
//!
//! The volumes of all images, concatenated, are a lazy array of chunks. Of each image the
//! [moments](crate::stats::moments) (count, mean, sum of squared deviations; exact sums of
//! integers; products with regressors) are accumulated chunk by chunk, those of the images of a
//! run are merged, and the runs are [folded](crate::stats::fold) one after the other, the longest
//! first: a tree of fixed shape. Then mean, square root and ratio of all voxels follow, a slab of
//! them a task. Every sample is looked at once, where Dask makes a traversal for the mean and one
//! for the std.
//!
//! | images | how they are read | parallel over |
//! |---|---|---|
//! | at least as many as threads, some of them gzip | a chain of tasks an image, each reads a chunk and adds it (`streams.rs`) | images |
//! | fewer, some of them gzip | a chain that reads, and chains that add, each to a slab of voxels (`streams.rs`) | reading and adding |
//! | all plain | a task a slab of voxels, which reads just that of every volume (`slabs.rs`) | slabs |
//!
//! Results do not depend on the threads nor on the length of the chunks.
//!
//! Memory, beside the maps: for each image under way a chunk ([`CHUNK_BYTES`], or
//! [`FEWEST_VOLUMES`] volumes if that is more, up to [`MOST_CHUNK_BYTES`]; two chunks where
//! reading and adding are separate) and its moments (16 bytes a voxel, of
//! 32-bit integers and floats 24; with regressors 8 more for each, and of integers the first
//! volume, for which a chunk has one volume fewer), the moments of a few that wait to be folded,
//! and the runs folded so far (as much as the moments without regressors; 8 bytes more for the
//! spread within runs if there are several). Nothing grows with the length or number of the
//! images: no more are under way than there are threads, and of those that wait there are few as
//! well.

mod chunks;
mod folding;
mod slabs;
mod streams;

use super::{Analysis, PassOutcome, RunSignals, Settings};
use crate::formats::{Progress, Source};
use crate::runs::Session;
use crate::stats::fold::OfRuns;
use crate::stats::moments::Moments;
use crate::stats::sampling::Scope;
use crate::stats::signals::Signals;
use crate::voxels::Datatype;
use chunks::chunk_ranges;
use folding::{Finished, Folding};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use taskgraph::{Delayed, delayed};

/// The size of a chunk, if no length is asked for: as many volumes as fit. Large enough that
/// a task's own cost vanishes.
pub const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// Large volumes are taken so many at a time: the moments of a grid that fits no cache are
/// loaded and stored once a chunk.
pub const FEWEST_VOLUMES: usize = 8;

/// Still larger volumes are taken fewer at a time, and one at least. Memory of less than
/// 32 MiB the system allocator keeps for what comes next; more it returns at once.
pub const MOST_CHUNK_BYTES: usize = 28 * 1024 * 1024;

/// The maps of a grid are made by a task a thread, of so many voxels at least.
const FEWEST_VOXELS_FINISHED: usize = 32 * 1024;

/// Some voxels of the grid, and the task that has the runs folded over them.
type Slab = (Range<usize>, Delayed<Folding>);

pub(super) fn tasks(
    session: &Session,
    settings: &Settings,
    progress: &Arc<dyn Progress>,
) -> Delayed<PassOutcome> {
    let threads = settings.threads;
    let job = Arc::new(Job::new(session, settings, progress));
    let folded = match job.parts.all().all(|part| part.image.is_seekable()) {
        true => slabs::folded(&job),
        false if job.parts.len() < threads.get() => streams::folded_in_slabs(&job, threads),
        false => vec![(0..job.voxels, streams::folded(&job, threads))],
    };
    // As few tasks as keep every thread busy.
    let pieces = threads.get().div_ceil(folded.len());
    let finished: Vec<Delayed<Finished>> = folded
        .iter()
        .flat_map(|(slab, folded)| {
            let length = slab.len().div_ceil(pieces).max(FEWEST_VOXELS_FINISHED);
            let length = NonZeroUsize::new(length).expect("a slab has a voxel");
            let slab_start = slab.start;
            let job = &job;
            chunk_ranges(slab.len(), length).map(move |piece| {
                let job = Arc::clone(job);
                let (start, end) = (slab_start + piece.start, slab_start + piece.end);
                let bytes = job.map_bytes_per_voxel() * (end - start) as u64;
                let finish = move |folded: Arc<Folding>| folded.finished(&job, piece.clone());
                delayed(format!("sqrt/divide voxels [{start}..{end})"), folded, finish)
                    .value_bytes(bytes)
            })
        })
        .collect();
    let map_bytes = job.map_bytes_per_voxel() * job.voxels as u64;
    let shape = session.geometry().shape;
    let gathered = move |finished: Vec<Finished>| {
        let finished = finished.into_iter();
        let Finished { maps, at_limit, peaks, signals } = Finished::gathered(finished, shape);
        let signals = Arc::unwrap_or_clone(signals);
        PassOutcome { maps, at_limit, peaks, signals: job.signals_of_runs(signals) }
    };
    delayed("gather", finished, gathered).value_bytes(map_bytes)
}

/// The facts that all tasks of a computation have in common.
struct Job {
    analysis: Analysis,
    /// The grid, `[x, y, z]`, and how many voxels it has.
    shape: [usize; 3],
    voxels: usize,
    chunk_length: Option<NonZeroUsize>,
    progress: Arc<dyn Progress>,
    /// The parts in the order in which they are folded: the longest run first, so that no thread is left
    /// with a long one at the end.
    parts: Parts,
    bytes: VoxelBytes,
}

/// The images, asked for by number. There may be thousands: a walk past all of them is for what is
/// found out once, not for each task.
struct Parts(Vec<Part>);

impl Parts {
    fn all(&self) -> impl Iterator<Item = &Part> {
        #[cfg(test)]
        tests::LOOKED_AT.set(tests::LOOKED_AT.get() + self.0.len());
        self.0.iter()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl std::ops::Index<usize> for Parts {
    type Output = Part;

    fn index(&self, number: usize) -> &Part {
        &self.0[number]
    }
}

/// Bytes that are held of one voxel, which follow from all images.
struct VoxelBytes {
    /// The moments in any of the images.
    moments: usize,
    /// An image that was read and waits to be folded.
    waiting: usize,
    /// The runs folded.
    folded: usize,
    /// The signals: a volume.
    signals: usize,
}

impl VoxelBytes {
    fn needed(parts: &Parts, analysis: &Analysis) -> VoxelBytes {
        let Analysis { model, definition, wanted, .. } = analysis;
        let datatypes = || parts.all().map(|part| part.image.datatype());
        let rank = model.most_regressors();
        let moments = datatypes().map(|it| Moments::bytes_per_voxel(it, rank)).max().unwrap_or(0);
        let run = match model.scope() == Scope::Concatenation || rank == 0 {
            true => moments,
            false => datatypes().map(Moments::fitted_bytes_per_voxel).max().unwrap_or(0),
        };
        let waiting = if parts.all().all(Part::is_whole_run) { run } else { moments };
        let sorts = |part: &Part| part.image.voxel_encoding();
        let is_one_sort = parts.all().all(|part| sorts(part) == sorts(&parts[0]));
        // Integers that stand for values in several ways are merged as floats.
        let floats = if is_one_sort { 0 } else { Moments::bytes_per_voxel(Datatype::Float64, 0) };
        let folded = run.max(floats) + OfRuns::bytes_per_voxel(model, definition, wanted);
        let signals = analysis.signals.bytes_per_voxel();
        VoxelBytes { moments, waiting, folded, signals }
    }
}

/// An image as a part of its run.
struct Part {
    image: Arc<dyn Source>,
    /// The number of the run in the session.
    run: usize,
    /// Volumes of the run before the image.
    first_volume: usize,
    ends_its_run: bool,
}

impl Part {
    fn is_whole_run(&self) -> bool {
        self.first_volume == 0 && self.ends_its_run
    }
}

impl Job {
    fn new(session: &Session, settings: &Settings, progress: &Arc<dyn Progress>) -> Job {
        let mut runs: Vec<_> = session.runs().iter().enumerate().collect();
        let bytes = |image: &Arc<dyn Source>| image.voxel_bytes();
        runs.sort_by_key(|(_, run)| std::cmp::Reverse(run.images().iter().map(bytes).sum::<u64>()));
        let mut parts = Vec::new();
        for (number, run) in runs {
            let mut first_volume = 0;
            for (index, image) in run.images().iter().enumerate() {
                let ends_its_run = index + 1 == run.images().len();
                parts.push(Part {
                    image: Arc::clone(image),
                    run: number,
                    first_volume,
                    ends_its_run,
                });
                first_volume += image.volumes();
            }
        }
        let parts = Parts(parts);
        Job {
            bytes: VoxelBytes::needed(&parts, &settings.analysis),
            analysis: settings.analysis.clone(),
            shape: session.geometry().shape,
            voxels: session.geometry().voxels(),
            chunk_length: settings.chunk_length,
            progress: Arc::clone(progress),
            parts,
        }
    }

    /// Bytes of all maps that are made, of one voxel.
    fn map_bytes_per_voxel(&self) -> u64 {
        super::memory::map_bytes_per_voxel(&self.analysis)
    }

    /// Chunks of an image along time, with their labels.
    fn chunks(&self, image: &dyn Source) -> Vec<(String, Range<usize>)> {
        chunk_ranges(image.volumes(), self.chunk_volumes(image))
            .map(|range| (format!("{} [{}..{})", image.name(), range.start, range.end), range))
            .collect()
    }

    /// Volumes in a chunk: those asked for, or the default.
    fn chunk_volumes(&self, image: &dyn Source) -> NonZeroUsize {
        let volume_bytes = image.volume_bytes();
        let most = (CHUNK_BYTES / volume_bytes).max(FEWEST_VOLUMES);
        let length = part_of_run(most.min(MOST_CHUNK_BYTES / volume_bytes), image).get();
        let kept = Moments::volumes_kept(image.datatype(), self.analysis.model.most_regressors());
        let default = NonZeroUsize::new(length - kept).unwrap_or(NonZeroUsize::MIN);
        self.chunk_length.unwrap_or(default)
    }

    /// The signals of the parts as those of the runs, in the order of the session.
    fn signals_of_runs(&self, of_parts: Vec<Signals>) -> Vec<RunSignals> {
        let runs = self.analysis.model.runs().len();
        let mut of_runs = vec![RunSignals::default(); runs];
        for (part, signals) in self.parts.all().zip(of_parts) {
            of_runs[part.run].append(signals);
        }
        of_runs
    }
}

/// The bytes in memory while images are read.
pub(super) struct Reading {
    /// The most that is held, in bytes.
    pub peak: u64,
    /// The part of it that remains when the last image was read.
    pub remains: u64,
}

/// The bytes that array mode will hold while it reads. See the module's account of memory.
pub(super) fn predicted_bytes(session: &Session, settings: &Settings) -> Reading {
    let job = Job::new(session, settings, &(Arc::new(()) as Arc<dyn Progress>));
    if job.parts.all().all(|part| part.image.is_seekable()) {
        return slabs::predicted_bytes(&job, settings.threads);
    }
    streams::predicted_bytes(&job, settings.threads)
}

/// The task that has the moments of all volumes of an image.
fn moments_of(image: &dyn Source) -> String {
    format!("moments {}", image.name())
}

/// The length of a part of a run: at most `volumes`, but never a whole run, however short it is,
/// and one at least.
fn part_of_run(volumes: usize, image: &dyn Source) -> NonZeroUsize {
    NonZeroUsize::new(volumes.min(image.volumes().div_ceil(2))).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Mode;
    use std::cell::Cell;
    use std::fs;
    use std::path::Path;

    thread_local! {
        /// How many images were passed on walks past all of them.
        pub(super) static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    /// A walk past all images for each chunk would look at three times as many nine times as often.
    #[test]
    fn planning_looks_at_each_image_a_fixed_number_of_times_however_many_there_are() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/odd");
        let folder = tempfile::tempdir().unwrap();
        for name in ["int16_le.nii", "members.nii.gz"] {
            let looked_at_by = |images: usize, threads: usize| {
                let paths: Vec<_> = (0..images)
                    .map(|number| {
                        let path = folder.path().join(format!("{number}-{name}"));
                        fs::copy(data.join(name), &path).unwrap();
                        path
                    })
                    .collect();
                let session = Session::open(&paths).unwrap();
                let settings = Settings {
                    mode: Mode::Array,
                    threads: NonZeroUsize::new(threads).unwrap(),
                    chunk_length: NonZeroUsize::new(1),
                    analysis: Analysis::plain(&session),
                };
                LOOKED_AT.set(0);
                predicted_bytes(&session, &settings);
                drop(tasks(&session, &settings, &(Arc::new(()) as Arc<dyn Progress>)));
                LOOKED_AT.get()
            };
            for threads in [1, 2, 16] {
                let [few, many] = [4, 12].map(|images| looked_at_by(images, threads));
                assert!(few > 0, "{name}, {threads} threads");
                assert_eq!(many, 3 * few, "{name}, {threads} threads");
            }
        }
    }
}
