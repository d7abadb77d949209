//! The quality of the runs as their series tell it, from what the pass kept: the values
//! of a sample of voxels, the means of the slices, and the maps.

use crate::nuisance::{Prepared, Use, non_steady_volumes};
use crate::pipeline::RunSignals;
use crate::quality::{
    FEWEST_SLICES, FEWEST_VOLUMES_OF_SHIFT, FEWEST_VOLUMES_OF_SLICES, Gradients, OutlierSlice,
    Quality, RunQuality, Series, changes, dropout, figure_of_run, ghost, low_slices,
    outlier_slices, shift, standardised_dvars, trend,
};
use crate::recipe::BEGINNING_VOLUMES;
use crate::regions::{NamedMask, largest_component};
use crate::stats::quantiles::median;
use crate::stats::sampling::{Model, Scope};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Slices whose times differ by less were excited together.
const SAME_TIME_SECONDS: f64 = 0.001;

/// More first volumes than these are not unsteady, but something else that changes later.
const MOST_NON_STEADY: usize = 10;

/// Voxels whose mean is above this part of the brain's median are looked at where an automatic mask leaves
/// out the slices at the ends of the grid.
const BRIGHT: f64 = 0.5;

/// The things that are looked at.
pub(super) struct Seen<'a> {
    pub prepared: &'a Prepared,
    pub model: &'a Model,
    pub signals: &'a [RunSignals],
    /// The grid, `[x, y, z]`.
    pub shape: [usize; 3],
    /// Whether neighbours in it are neighbours in space.
    pub is_grid: bool,
    /// The maps of mean and tSNR.
    pub mean: &'a [f64],
    pub tsnr: &'a [f64],
    /// Whether the courses of the runs are shown.
    pub is_described: bool,
    /// The share of the variance that lies between the runs, where the tSNR has that in it.
    pub between: Option<&'a [f64]>,
    /// The voxels that are looked at; if none is known, those with a tSNR.
    pub inside: Option<&'a NamedMask>,
}

impl Seen<'_> {
    fn is_looked_at(&self, voxel: usize) -> bool {
        self.tsnr[voxel].is_finite() && self.inside.is_none_or(|it| it.mask.inside()[voxel])
    }

    /// The quality that was found, by as many threads.
    pub fn quality(&self, threads: NonZeroUsize) -> Quality {
        let places: &[usize] = match self.signals.first().and_then(|it| it.sampled.as_ref()) {
            Some(sampled) => &sampled.places,
            None => &[],
        };
        let looked_at: Vec<usize> =
            (0..places.len()).filter(|&it| self.is_looked_at(places[it])).collect();
        let gradients =
            if self.is_grid { Gradients::at_edges(self.mean, self.shape, places) } else { None };
        let next = AtomicUsize::new(0);
        let found = Mutex::new(vec![RunQuality::default(); self.signals.len()]);
        let of_runs = || {
            loop {
                let run = next.fetch_add(1, Ordering::Relaxed);
                if run >= self.signals.len() {
                    return;
                }
                let quality = self.of_run(run, &looked_at, gradients.as_ref());
                found.lock().unwrap_or_else(PoisonError::into_inner)[run] = quality;
            }
        };
        let of_maps = OnceLock::new();
        let of_maps_too = || {
            of_maps.get_or_init(|| self.of_maps());
            of_runs();
        };
        std::thread::scope(|scope| {
            let helpers = threads.get().min(1 + self.signals.len()).saturating_sub(1);
            for helper in 0..helpers {
                // A thread that cannot start leaves its work to the others.
                let builder = std::thread::Builder::new();
                let _ = match helper {
                    0 => builder.spawn_scoped(scope, of_maps_too),
                    _ => builder.spawn_scoped(scope, of_runs),
                };
            }
            of_runs();
        });
        Quality {
            runs: found.into_inner().unwrap_or_else(PoisonError::into_inner),
            sampled: looked_at.len(),
            ..of_maps.into_inner().unwrap_or_else(|| self.of_maps())
        }
    }

    /// The part of the quality that the maps tell.
    fn of_maps(&self) -> Quality {
        if !self.is_grid {
            return Quality::default();
        }
        let brain = self.inside.map(|it| self.whole_brain(it));
        let medians = self.medians_of_slices(brain.as_deref());
        let ghost_beside = |it: &NamedMask| ghost(self.mean, self.shape, it.mask.inside());
        Quality {
            ghost: self.inside.and_then(ghost_beside),
            dropout: brain.as_deref().map(|brain| dropout(self.mean, self.shape, brain)),
            of_slices: brain,
            low_slices: low_slices(&medians),
            are_slices_compared: medians.iter().filter(|it| it.is_some()).count() >= FEWEST_SLICES,
            ..Quality::default()
        }
    }

    /// The brain with what an automatic mask leaves out of it at the ends of the grid: the voxels that are
    /// as bright as half of it and hang together.
    fn whole_brain(&self, brain: &NamedMask) -> Vec<bool> {
        let inside = brain.mask.inside();
        if !brain.is_automatic {
            return inside.to_vec();
        }
        let of_brain = self.mean.iter().zip(inside).filter(|(mean, it)| **it && mean.is_finite());
        let mut of_brain: Vec<f64> = of_brain.map(|it| *it.0).collect();
        let least = BRIGHT * median(&mut of_brain).unwrap_or(f64::NAN);
        let bright: Vec<bool> = self.mean.iter().map(|&it| it > least).collect();
        let bright = largest_component(&bright, self.shape);
        bright.iter().zip(inside).map(|(&bright, &inside)| bright || inside).collect()
    }

    /// The tSNR of a voxel without what lies between the runs: runs that lie a little apart along the
    /// third axis make some slices of a concatenation noisier than others.
    fn within_runs(&self, voxel: usize) -> f64 {
        let share = self.between.map_or(0.0, |it| it[voxel]);
        self.tsnr[voxel] / (1.0 - share).sqrt()
    }

    /// The median tSNR of each slice within the runs, and of how many voxels it is.
    fn medians_of_slices(&self, brain: Option<&[bool]>) -> Vec<Option<(f64, usize)>> {
        let slice_voxels = self.shape[0] * self.shape[1];
        let of_slice = |slice: usize| {
            let voxels = slice * slice_voxels..(slice + 1) * slice_voxels;
            let is_inside = |it: usize| brain.is_none_or(|brain| brain[it]);
            let within = |it: usize| self.within_runs(it);
            let mut tsnr: Vec<f64> = voxels
                .filter(|&it| is_inside(it))
                .map(within)
                .filter(|it| it.is_finite())
                .collect();
            let count = tsnr.len();
            median(&mut tsnr).map(|it| (it, count))
        };
        (0..self.shape[2]).map(of_slice).collect()
    }

    fn of_run(&self, run: usize, looked_at: &[usize], gradients: Option<&Gradients>) -> RunQuality {
        let signals = &self.signals[run];
        let sampling = &self.model.runs()[run];
        let uses = &self.prepared.runs[run].uses;
        let first = &signals.global[..signals.global.len().min(BEGINNING_VOLUMES)];
        let steady = match non_steady_volumes(first) {
            many if many > MOST_NON_STEADY => 0,
            some => some,
        };
        let used = |from: usize| -> Vec<usize> {
            (from..uses.len()).filter(|&it| uses[it] == Use::Used).collect()
        };
        let all = used(0);
        // Without first volumes that are not yet steady, which are another finding.
        let volumes = used(steady);
        let mut quality = RunQuality::default();
        if let Some(sampled) = &signals.sampled {
            let series = |volumes: &[usize], chosen: &[usize]| {
                Series::new(volumes.to_vec(), chosen.len(), sampled.picked(volumes, chosen))
            };
            if !looked_at.is_empty() {
                let of_brain = series(&volumes, looked_at);
                quality.changes = changes(&of_brain);
                quality.trend = trend(&of_brain);
                let (rank, weights) = match self.model.scope() {
                    Scope::Run => (sampling.rank(), sampling.weights()),
                    Scope::Concatenation => (0, &[][..]),
                };
                let of_brain = if volumes == all { of_brain } else { series(&all, looked_at) };
                quality.figure = figure_of_run(&of_brain, rank, weights);
                if self.is_described {
                    quality.standardised_dvars = standardised_dvars(&of_brain, uses.len());
                }
            }
            if let Some(gradients) = gradients.filter(|_| volumes.len() >= FEWEST_VOLUMES_OF_SHIFT)
            {
                quality.shift = Some(shift(&series(&volumes, gradients.chosen()), gradients));
            }
        }
        let means = &signals.slice_means;
        if self.is_grid
            && volumes.len() >= FEWEST_VOLUMES_OF_SLICES
            && means.ncols() >= FEWEST_SLICES
            && means.nrows() == uses.len()
        {
            let rows: Vec<Vec<f64>> = volumes.iter().map(|&it| means.row(it).to_vec()).collect();
            let times = self.prepared.session.runs()[run].slice_times();
            let together = |a: usize, b: usize| {
                times.len() == means.ncols() && (times[a] - times[b]).abs() < SAME_TIME_SECONDS
            };
            let found = outlier_slices(&rows, together);
            let in_run = |it: OutlierSlice| OutlierSlice { volume: volumes[it.volume], ..it };
            quality.slices = Some(found.into_iter().map(in_run).collect());
        }
        quality
    }
}
