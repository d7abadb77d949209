//! Sums of an image, and images folded one after the other.

use super::{Job, Part};
use crate::maps::Maps;
use crate::pipeline::hashed_and_counted;
use crate::stats::fold::Fold;
use crate::stats::moments::Moments;
use crate::stats::peak::RunPeak;
use crate::stats::sampling::Scope;
use crate::stats::signals::{BlockHashes, Signals};
use crate::voxels::Samples;
use std::ops::Range;
use std::sync::Arc;

/// Samples as the definition counts them, and the hashes of what they were, if these are wanted and differ.
pub(super) struct Chunk {
    pub samples: Samples,
    hashes: Option<BlockHashes>,
}

impl Chunk {
    /// The chunk of samples that were read.
    pub fn new(stored: Samples, job: &Job) -> Chunk {
        let (samples, hashes) = hashed_and_counted(stored, job.shape, &job.analysis);
        Chunk { samples, hashes }
    }
}

/// The sums of some voxels of an image.
pub(super) struct PartSums {
    moments: Moments,
    signals: Signals,
}

impl PartSums {
    pub fn none(job: &Job, part: &Part, voxels: Range<usize>) -> PartSums {
        let image = &*part.image;
        let (datatype, scaling, shape) =
            (image.datatype(), image.scaling(), image.geometry().shape);
        let rank = job.analysis.model.runs()[part.run].rank();
        let moments = Moments::with_regressors(datatype, scaling, voxels.len(), rank);
        let signals = Signals::none(&job.analysis.signals, scaling, shape, voxels);
        PartSums { moments, signals: signals.with_room_for(image.volumes()) }
    }

    /// Adds these volumes of the image, the next ones: of each the voxels from `first_voxel` on.
    pub fn add(
        &mut self,
        chunk: &Chunk,
        job: &Job,
        part: &Part,
        volumes: Range<usize>,
        first_voxel: usize,
    ) {
        let first = part.first_volume;
        let of_run = first + volumes.start..first + volumes.end;
        let rows = job.analysis.model.runs()[part.run].rows(of_run);
        let PartSums { moments, signals } = self;
        signals.add_beside(&chunk.samples, chunk.hashes.as_ref(), first_voxel, |block| {
            moments.add_block(&chunk.samples, rows, first_voxel, block);
        });
        moments.end_rows(rows);
    }

    /// These sums once the image was read to its end, without what is no longer needed.
    pub fn complete(self, job: &Job, part: &Part) -> PartSums {
        match part.is_whole_run() && job.analysis.model.scope() == Scope::Run {
            true => PartSums { moments: self.moments.fitted(), ..self },
            false => self,
        }
    }
}

/// Some voxels of the images that were folded.
pub(super) struct Folding {
    runs: Fold,
    /// The run of which not every image was folded.
    begun: Option<Moments>,
    /// The signals of each image.
    signals: Arc<Vec<Signals>>,
}

impl Folding {
    /// A folding of no image yet, for some voxels of the grid.
    pub fn none(job: &Job, voxels: Range<usize>) -> Folding {
        let analysis = &job.analysis;
        let runs = Fold::new(voxels, &analysis.model, &analysis.definition, &analysis.wanted);
        Folding { runs, begun: None, signals: Arc::default() }
    }

    /// This folding with the next image added.
    pub fn with(mut self, job: &Job, sums: PartSums) -> Folding {
        let part = &job.parts[self.signals.len()];
        Arc::make_mut(&mut self.signals).push(sums.signals.complete());
        let moments = match self.begun.take() {
            None => sums.moments,
            Some(begun) => begun.merge(sums.moments),
        };
        match part.ends_its_run {
            true => {
                let analysis = &job.analysis;
                self.runs.add(part.run, moments, &analysis.model, &analysis.definition);
            }
            false => self.begun = Some(moments),
        }
        self
    }

    /// The maps of `voxels`, once every image was folded.
    pub fn finished(&self, job: &Job, voxels: Range<usize>) -> Finished {
        let analysis = &job.analysis;
        let is_first = voxels.start == 0;
        let maps = self.runs.maps(voxels, &analysis.model, &analysis.definition, &analysis.wanted);
        Finished {
            maps,
            at_limit: if is_first { self.runs.at_limit() } else { Vec::new() },
            peaks: if is_first { self.runs.peaks().to_vec() } else { Vec::new() },
            signals: if is_first { Arc::clone(&self.signals) } else { Arc::default() },
        }
    }
}

/// The maps of some voxels. What is not of single voxels comes with the first of those that were
/// folded together.
pub(super) struct Finished {
    pub maps: Maps,
    pub at_limit: Vec<usize>,
    pub peaks: Vec<RunPeak>,
    pub signals: Arc<Vec<Signals>>,
}

impl Finished {
    /// The maps of a grid `[x, y, z]`, put together from those of its voxels in their order.
    pub fn gathered(parts: impl Iterator<Item = Finished>, shape: [usize; 3]) -> Finished {
        let (mut all_at_limit, mut all_peaks) = (Vec::new(), Vec::<RunPeak>::new());
        let mut all_signals = Vec::<Signals>::new();
        let of_parts = parts.map(|Finished { maps, at_limit, peaks, signals }| {
            all_at_limit.extend(at_limit);
            match all_peaks.is_empty() {
                true => all_peaks = peaks,
                false => all_peaks.iter_mut().zip(peaks).for_each(|(all, next)| all.join(next)),
            }
            let signals = Arc::unwrap_or_clone(signals);
            if all_signals.is_empty() {
                all_signals = signals;
            } else {
                all_signals.iter_mut().zip(signals).for_each(|(all, next)| all.append(next));
            }
            maps
        });
        let maps = Maps::joined(of_parts, shape);
        Finished { maps, at_limit: all_at_limit, peaks: all_peaks, signals: Arc::new(all_signals) }
    }
}
