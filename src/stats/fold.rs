//! Runs folded one after the other, and the maps that a definition makes of them.

use super::definition::{Combine, Definition};
use super::moments::Moments;
use super::sampling::{Model, Scope};
use super::tsnr::{Counts, tsnr};
use std::ops::Range;

/// A residual sum of squares of which no more than this part of the whole is left counts as
/// nothing: rounding leaves as much of a voxel that is nothing but trend.
pub const NOTHING_LEFT: f64 = 1e-12;

/// What a fit leaves of a sum of squares of which it explains a part.
pub fn left_of(squares: f64, explained: f64) -> f64 {
    let left = squares - explained;
    // The other way round, NaN would become 0.
    if left <= squares * NOTHING_LEFT && explained > 0.0 { 0.0 } else { left }
}

/// Which maps are made beside that of the tSNR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The mean.
    pub mean: bool,
    /// The standard deviation.
    pub std: bool,
    /// The share of variance between runs.
    pub between: bool,
    /// The tSNR of each run by itself.
    pub runs: bool,
}

/// The maps of some voxels.
#[derive(Clone, Debug, Default)]
pub struct VoxelMaps {
    /// The tSNR, NaN where it is undefined.
    pub tsnr: Vec<f64>,
    /// The mean over the used volumes; NaN with samples that are not finite. Empty if not wanted.
    pub mean: Vec<f64>,
    /// The standard deviation that the tSNR is made of; as the mean.
    pub std: Vec<f64>,
    /// The share of the variance about the grand mean that lies between runs, 0 to 1; NaN where
    /// nothing varies. Empty if not wanted, or if there is one run.
    pub between: Vec<f64>,
    /// Of each run, in the order of the session, its own tSNR. Empty if not wanted.
    pub runs: Vec<Vec<f64>>,
    /// How many voxels have a tSNR, and why the others have none.
    pub counts: Counts,
}

impl VoxelMaps {
    /// Makes room for the maps of so many voxels in all.
    pub fn reserve(&mut self, voxels: usize) {
        let maps = [&mut self.tsnr, &mut self.mean, &mut self.std, &mut self.between];
        for map in maps.into_iter().chain(&mut self.runs).filter(|map| !map.is_empty()) {
            map.reserve_exact(voxels - map.len());
        }
    }

    /// Appends the maps of the voxels that follow.
    pub fn append(&mut self, next: VoxelMaps) {
        let VoxelMaps { tsnr, mean, std, between, runs, counts } = next;
        self.tsnr.extend(tsnr);
        self.mean.extend(mean);
        self.std.extend(std);
        self.between.extend(between);
        self.runs.resize(runs.len(), Vec::new());
        for (map, next) in self.runs.iter_mut().zip(runs) {
            map.extend(next);
        }
        self.counts += counts;
    }
}

/// What one run leaves of a voxel, in values.
#[derive(Clone, Copy, Debug)]
pub struct RunVoxel {
    /// The mean over the used volumes.
    pub mean: f64,
    /// The sum of squared residuals, about that mean and after the fit.
    pub residual: f64,
    /// The sum of squares that the fit explains.
    pub explained: f64,
}

/// What is kept of runs one by one, where their concatenation does not tell.
#[derive(Clone, Debug, Default)]
pub struct OfRuns {
    /// Sum over runs of the residual sums of squares about their own means.
    within: Vec<f64>,
    /// Sum over runs of what the fits explain; empty without regressors.
    explained: Vec<f64>,
    /// Sums over runs of their tSNR, mean and std, for [`Combine::Average`].
    averaged: [Vec<f64>; 3],
    each: Vec<Vec<f64>>,
    /// The place of the first voxel in the grid.
    first_voxel: usize,
}

impl OfRuns {
    /// No run yet of some voxels of the grid.
    pub fn new(
        voxels: Range<usize>,
        model: &Model,
        definition: &Definition,
        wanted: Wanted,
    ) -> OfRuns {
        let (runs, first_voxel, voxels) = (model.runs().len(), voxels.start, voxels.len());
        let is_averaged = definition.combine == Combine::Average;
        let zeros = |is_kept| if is_kept { vec![0.0; voxels] } else { Vec::new() };
        OfRuns {
            within: zeros(runs > 1),
            explained: zeros(model.scope() == Scope::Run && model.most_regressors() > 0),
            averaged: [zeros(is_averaged), zeros(is_averaged), zeros(is_averaged)],
            each: if wanted.runs { vec![Vec::new(); runs] } else { Vec::new() },
            first_voxel,
        }
    }

    /// Bytes that are kept of one voxel, whatever is wanted beside.
    pub fn bytes_per_voxel(model: &Model, definition: &Definition, wanted: Wanted) -> usize {
        let one = OfRuns::new(0..1, model, definition, wanted);
        let kept = one.within.len() + one.explained.len();
        8 * (kept + one.averaged.iter().map(Vec::len).sum::<usize>() + one.each.len())
    }

    /// Whether runs need not be added.
    pub fn is_empty(&self) -> bool {
        self.within.is_empty()
            && self.explained.is_empty()
            && self.averaged[0].is_empty()
            && self.each.is_empty()
    }

    /// Adds the run of this number in the session.
    pub fn add(
        &mut self,
        run: usize,
        model: &Model,
        definition: &Definition,
        voxels: impl Iterator<Item = RunVoxel>,
    ) {
        let freedom = definition.freedom_of_run(model, run);
        let OfRuns { within, explained, averaged: [tsnrs, means, stds], each, first_voxel } = self;
        let mut own = Vec::new();
        for (voxel, it) in voxels.enumerate() {
            if let Some(within) = within.get_mut(voxel) {
                *within += it.residual;
            }
            if let Some(explained) = explained.get_mut(voxel) {
                *explained += it.explained;
            }
            if !tsnrs.is_empty() || !each.is_empty() {
                let std = (it.residual / freedom).sqrt();
                let mean = model.numerator(*first_voxel + voxel).unwrap_or(it.mean);
                let ratio = tsnr(mean, std, definition);
                let ratio = ratio.unwrap_or_else(|why| why.marked(mean));
                if !tsnrs.is_empty() {
                    tsnrs[voxel] += ratio;
                    means[voxel] += mean;
                    stds[voxel] += std;
                }
                own.push(ratio);
            }
        }
        if let Some(each) = each.get_mut(run) {
            *each = own;
        }
    }

    /// What all fits explain of a voxel.
    pub fn explained(&self, voxel: usize) -> f64 {
        self.explained.get(voxel).copied().unwrap_or(0.0)
    }
}

/// The runs so far.
#[derive(Debug)]
pub struct Fold {
    total: Option<Moments>,
    of_runs: OfRuns,
}

impl Fold {
    /// No run yet of some voxels of the grid.
    pub fn new(
        voxels: Range<usize>,
        model: &Model,
        definition: &Definition,
        wanted: Wanted,
    ) -> Fold {
        Fold { total: None, of_runs: OfRuns::new(voxels, model, definition, wanted) }
    }

    /// Adds the moments of the run of this number in the session.
    pub fn add(&mut self, run: usize, moments: Moments, model: &Model, definition: &Definition) {
        if !self.of_runs.is_empty() {
            let voxel = |voxel| {
                let ((mean, squares), explained) = (moments.voxel(voxel), moments.explained(voxel));
                let explained = match model.scope() {
                    Scope::Run => explained.min(squares),
                    Scope::Concatenation => 0.0,
                };
                RunVoxel { mean, residual: left_of(squares, explained), explained }
            };
            self.of_runs.add(run, model, definition, (0..moments.voxels()).map(voxel));
        }
        let moments = match model.scope() {
            Scope::Run => moments.without_regressors(),
            Scope::Concatenation => moments,
        };
        self.total = Some(match self.total.take() {
            None => moments,
            Some(total) => total.merge(moments),
        });
    }

    fn total(&self) -> &Moments {
        self.total.as_ref().expect("there is a run")
    }

    /// Of how many voxels the runs are.
    pub fn voxels(&self) -> usize {
        self.total().voxels()
    }

    /// The places in the grid of the voxels that have a sample at the limit of its type.
    pub fn at_limit(&self) -> Vec<usize> {
        let first_voxel = self.of_runs.first_voxel;
        self.total().voxels_at_limit().map(|voxel| first_voxel + voxel).collect()
    }

    /// The maps of `voxels` of those that were folded, once all runs were added.
    pub fn maps(
        &self,
        voxels: Range<usize>,
        model: &Model,
        definition: &Definition,
        wanted: Wanted,
    ) -> VoxelMaps {
        let total = self.total();
        let mean_and_squares = |voxel: usize| {
            let (mean, squares) = total.voxel(voxel);
            let explained = match model.scope() {
                Scope::Run => self.of_runs.explained(voxel),
                Scope::Concatenation => total.explained(voxel),
            };
            let mean = match model.keeps_the_mean() {
                true => mean,
                false => mean - model.mean_bias(total.products(voxel)),
            };
            (mean, left_of(squares, explained))
        };
        maps(voxels, mean_and_squares, &self.of_runs, model, definition, wanted)
    }
}

/// The maps of `voxels`: `mean_and_squares` gives the mean of a voxel over all runs, and the sum
/// of squared residuals about it after the fit.
pub fn maps(
    voxels: Range<usize>,
    mean_and_squares: impl Fn(usize) -> (f64, f64),
    of_runs: &OfRuns,
    model: &Model,
    definition: &Definition,
    wanted: Wanted,
) -> VoxelMaps {
    let (freedom, runs) = (definition.freedom(model), model.runs().len() as f64);
    let room = |is_wanted| Vec::with_capacity(if is_wanted { voxels.len() } else { 0 });
    let mut maps = VoxelMaps {
        tsnr: room(true),
        mean: room(wanted.mean),
        std: room(wanted.std),
        between: room(wanted.between),
        runs: of_runs.each.iter().map(|each| each[voxels.clone()].to_vec()).collect(),
        counts: Counts::default(),
    };
    for voxel in voxels {
        let (mut mean, squares) = mean_and_squares(voxel);
        mean = model.numerator(of_runs.first_voxel + voxel).unwrap_or(mean);
        let within = of_runs.within.get(voxel).copied();
        let mut std = match definition.combine {
            Combine::Concat => (squares / freedom).sqrt(),
            Combine::Demean => (within.unwrap_or(squares) / freedom).sqrt(),
            Combine::Average => of_runs.averaged[2][voxel] / runs,
        };
        let mut ratio = tsnr(mean, std, definition);
        if definition.combine == Combine::Average {
            mean = of_runs.averaged[1][voxel] / runs;
            let average = of_runs.averaged[0][voxel] / runs;
            // Undefined in one run, undefined on average: for the reason of the whole.
            ratio = match average.is_nan() {
                false => Ok(average),
                true => ratio.and(Err(super::tsnr::Undefined::Constant)),
            };
        }
        maps.counts.add(ratio);
        maps.tsnr.push(ratio.unwrap_or_else(|why| why.marked(mean)));
        if !mean.is_finite() || !std.is_finite() {
            // An infinity leaves a mean or not, depending on where it stands: say NaN always.
            (mean, std) = (f64::NAN, f64::NAN);
        }
        if wanted.mean {
            maps.mean.push(mean);
        }
        if wanted.std {
            maps.std.push(std);
        }
        if wanted.between
            && let Some(within) = within
        {
            // Where the fit knows no runs, what is within them after it is not known either.
            let is_known = squares > 0.0 && model.scope() == Scope::Run;
            let share = if is_known { 1.0 - within / squares } else { f64::NAN };
            maps.between.push(share.clamp(0.0, 1.0));
        }
    }
    maps
}
