//! Runs folded one after the other, and the maps that a definition makes of them.

use super::definition::{Combine, Definition};
use super::moments::{Moments, left_of};
use super::sampling::{Model, Scope};
use super::tsnr::{Counts, tsnr};
use std::ops::Range;

/// Where a fit leaves nothing within the runs, their means count as one if they differ by no more
/// than this part of them, which is rounding.
const SAME_MEANS: f64 = 1e-12;

/// Which maps are made beside that of the tSNR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
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
    /// The maps of voxels that follow one another as those of all of them, which are so many. Maps
    /// are joined side by side: to get their memory takes longer than to copy them.
    pub fn joined(parts: impl Iterator<Item = VoxelMaps>, voxels: usize) -> VoxelMaps {
        let mut counts = Counts::default();
        let mut pieces_of_maps: Vec<Vec<Vec<f64>>> = Vec::new();
        for VoxelMaps { tsnr, mean, std, between, runs, counts: more } in parts {
            counts += more;
            pieces_of_maps.resize(4 + runs.len(), Vec::new());
            let maps = [tsnr, mean, std, between].into_iter().chain(runs);
            pieces_of_maps.iter_mut().zip(maps).for_each(|(pieces, map)| pieces.push(map));
        }
        let join = |pieces: &mut Vec<Vec<f64>>| {
            let mut map = Vec::with_capacity(voxels);
            pieces.drain(..).for_each(|piece| map.extend(piece));
            *pieces = vec![map];
        };
        std::thread::scope(|scope| {
            let is_wanted = |pieces: &&mut Vec<Vec<f64>>| pieces.iter().any(|it| !it.is_empty());
            let mut wanted = pieces_of_maps.iter_mut().filter(is_wanted);
            let on_this_thread = wanted.next();
            wanted.for_each(|pieces| drop(scope.spawn(move || join(pieces))));
            on_this_thread.into_iter().for_each(join);
        });
        // One piece is left of each, empty or whole.
        let mut maps = pieces_of_maps.into_iter().map(|mut pieces| pieces.swap_remove(0));
        let mut next = || maps.next().unwrap_or_default();
        let [tsnr, mean, std, between] = [next(), next(), next(), next()];
        VoxelMaps { tsnr, mean, std, between, runs: maps.collect(), counts }
    }
}

/// What one run leaves of a voxel, in values.
#[derive(Clone, Copy, Debug)]
pub struct RunVoxel {
    /// The mean over the used volumes.
    pub mean: f64,
    /// The sum of squared residuals, about that mean and after the fit.
    pub residual: f64,
}

/// What is kept of runs one by one, where their concatenation does not tell.
#[derive(Clone, Debug, Default)]
pub struct OfRuns {
    /// Sum over runs of the residual sums of squares about their own means.
    within: Vec<f64>,
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
            averaged: [zeros(is_averaged), zeros(is_averaged), zeros(is_averaged)],
            each: if wanted.runs { vec![Vec::new(); runs] } else { Vec::new() },
            first_voxel,
        }
    }

    /// Bytes that are kept of one voxel, whatever is wanted beside.
    pub fn bytes_per_voxel(model: &Model, definition: &Definition, wanted: Wanted) -> usize {
        let one = OfRuns::new(0..1, model, definition, wanted);
        let averaged: usize = one.averaged.iter().map(Vec::len).sum();
        8 * (one.within.len() + averaged + one.each.len())
    }

    /// Whether runs need not be added.
    pub fn is_empty(&self) -> bool {
        self.within.is_empty() && self.averaged[0].is_empty() && self.each.is_empty()
    }

    /// Adds the run of this number in the session, voxel by voxel: `add_all` is to
    /// [add](RunBeingAdded::add) each once.
    pub fn add(
        &mut self,
        run: usize,
        model: &Model,
        definition: &Definition,
        add_all: impl FnOnce(&mut RunBeingAdded),
    ) {
        let needs_ratio = !self.averaged[0].is_empty() || !self.each.is_empty();
        let mut being_added = RunBeingAdded {
            freedom: definition.freedom_of_run(model, run),
            of_runs: self,
            model,
            definition,
            ratios: needs_ratio.then(Vec::new),
        };
        add_all(&mut being_added);
        let ratios = being_added.ratios;
        if let (Some(each), Some(ratios)) = (self.each.get_mut(run), ratios) {
            *each = ratios;
        }
    }
}

/// A run of which voxel after voxel is added.
pub struct RunBeingAdded<'a> {
    freedom: f64,
    of_runs: &'a mut OfRuns,
    model: &'a Model,
    definition: &'a Definition,
    /// The run's own tSNR so far, if it is needed.
    ratios: Option<Vec<f64>>,
}

impl RunBeingAdded<'_> {
    /// Adds the next voxel, at this place among those that are kept.
    #[inline]
    pub fn add(&mut self, voxel: usize, it: RunVoxel) {
        if let Some(within) = self.of_runs.within.get_mut(voxel) {
            *within += it.residual;
        }
        if self.ratios.is_some() {
            self.add_ratio(voxel, it);
        }
    }

    fn add_ratio(&mut self, voxel: usize, it: RunVoxel) {
        let OfRuns { averaged: [tsnrs, means, stds], first_voxel, .. } = self.of_runs;
        let std = (it.residual / self.freedom).sqrt();
        let mean = self.model.numerator(*first_voxel + voxel).unwrap_or(it.mean);
        let ratio = tsnr(mean, std, self.definition);
        let ratio = ratio.unwrap_or_else(|why| why.marked(mean));
        if !tsnrs.is_empty() {
            tsnrs[voxel] += ratio;
            means[voxel] += mean;
            stds[voxel] += std;
        }
        self.ratios.iter_mut().for_each(|ratios| ratios.push(ratio));
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
        let moments = match model.scope() {
            Scope::Run => moments.fitted(),
            Scope::Concatenation => moments,
        };
        if !self.of_runs.is_empty() {
            self.of_runs.add(run, model, definition, |run| {
                moments.for_each(0..moments.voxels(), |voxel, mean, residual| {
                    run.add(voxel, RunVoxel { mean, residual });
                });
            });
        }
        self.total = Some(match self.total.take() {
            None => moments,
            Some(total) => total.merge(moments),
        });
    }

    fn total(&self) -> &Moments {
        self.total.as_ref().expect("there is a run")
    }

    /// A sum of squares, or nothing where it is no more than the rounding of the runs' means.
    fn beside_rounding(&self, voxel: usize, mean: f64, squares: f64, model: &Model) -> f64 {
        let is_within = self.of_runs.within.get(voxel).is_none_or(|&within| within != 0.0);
        if is_within || model.most_regressors() == 0 {
            return squares;
        }
        let rounding = self.total().count() as f64 * (SAME_MEANS * mean).powi(2);
        if squares <= rounding { 0.0 } else { squares }
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
        maps(voxels.clone(), &self.of_runs, model, definition, wanted, |maps| {
            total.for_each(voxels, |voxel, mean, squares| {
                let mean = match model.keeps_the_mean() {
                    true => mean,
                    false => mean - model.mean_bias(total.products(voxel)),
                };
                // A fit of each run by itself was taken off when the run was added.
                let squares = left_of(squares, total.explained(voxel));
                maps.add(voxel, mean, self.beside_rounding(voxel, mean, squares, model));
            });
        })
    }
}

/// The maps of `voxels`: `add_all` is to [add](MapsBeingMade::add) each of them in order.
pub fn maps(
    voxels: Range<usize>,
    of_runs: &OfRuns,
    model: &Model,
    definition: &Definition,
    wanted: Wanted,
    add_all: impl FnOnce(&mut MapsBeingMade),
) -> VoxelMaps {
    let room = |is_wanted| Vec::with_capacity(if is_wanted { voxels.len() } else { 0 });
    let mut being_made = MapsBeingMade {
        freedom: definition.freedom(model),
        of_runs,
        model,
        definition,
        wanted,
        maps: VoxelMaps {
            tsnr: room(true),
            mean: room(wanted.mean),
            std: room(wanted.std),
            between: room(wanted.between),
            runs: of_runs.each.iter().map(|each| each[voxels.clone()].to_vec()).collect(),
            counts: Counts::default(),
        },
    };
    add_all(&mut being_made);
    being_made.maps
}

/// Maps of which voxel after voxel is made.
pub struct MapsBeingMade<'a> {
    freedom: f64,
    of_runs: &'a OfRuns,
    model: &'a Model,
    definition: &'a Definition,
    wanted: Wanted,
    maps: VoxelMaps,
}

impl MapsBeingMade<'_> {
    /// Adds the next voxel, at this place among those that are kept: its mean over all runs, and
    /// the sum of squared residuals about it after the fit.
    #[inline]
    pub fn add(&mut self, voxel: usize, mean: f64, squares: f64) {
        let MapsBeingMade { of_runs, model, definition, wanted, maps, .. } = self;
        let mut mean = model.numerator(of_runs.first_voxel + voxel).unwrap_or(mean);
        let within = of_runs.within.get(voxel).copied();
        let runs = model.runs().len() as f64;
        let mut std = match definition.combine {
            Combine::Concat => (squares / self.freedom).sqrt(),
            Combine::Demean => (within.unwrap_or(squares) / self.freedom).sqrt(),
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
}
