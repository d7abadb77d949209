//! Runs folded one after the other, and the maps that a definition makes of them.

use super::formula::{Combine, Formula};
use super::moments::{Moments, left_of};
use super::peak::RunPeak;
use super::sampling::{Model, Scope};
use super::tsnr::tsnr;
use crate::maps::{Extent, Maps, Need, Status, Totals, VoxelFigures, Wanted};
use std::ops::Range;

/// Where a fit leaves nothing within the runs, their means count as one if they differ by no more
/// than this part of them, which is rounding.
const SAME_MEANS: f64 = 1e-12;

/// A sum of squares below this has lost digits to the smallest number that float64 has, and counts as
/// nothing; one above its inverse may have overflowed on its way, and counts as infinite. So all modes
/// say the same of it.
const LEAST_SQUARES: f64 = 1e-300;

/// The figures of so many voxels are gathered before the maps are made of them, one map after the
/// other: they stay in the first cache.
const VOXELS_AT_A_TIME: usize = 256;

/// The figures that one run leaves of a voxel, in values.
#[derive(Clone, Copy, Debug)]
pub struct RunVoxel {
    /// The mean over the used volumes.
    pub mean: f64,
    /// The sum of squared residuals, about that mean and after the fit.
    pub residual: f64,
}

/// The figures that are kept of runs one by one, where their concatenation does not tell.
#[derive(Clone, Debug)]
pub struct OfRuns {
    /// Sum over runs of the residual sums of squares about their own means.
    within: Vec<f64>,
    /// Sums over runs, for a tSNR that is [made of theirs](Combine::is_of_the_runs_own): of their
    /// tSNR, mean and std; for [`Combine::Weighted`], of `n_r` times the tSNR squared, the mean, and
    /// 1 over the std squared.
    averaged: [Vec<f64>; 3],
    /// The kinds of maps that are made of each run.
    own_kinds: Wanted,
    /// The maps of each run, in the order of the session; empty if none are wanted.
    own: Vec<Maps>,
    /// The places of the voxels in the grid.
    voxels: Range<usize>,
}

impl OfRuns {
    /// No run yet of some voxels of the grid.
    pub fn new(
        voxels: Range<usize>,
        model: &Model,
        definition: &Formula,
        wanted: &Wanted,
    ) -> OfRuns {
        let runs = model.runs().len();
        let is_averaged = definition.combine.is_of_the_runs_own();
        // What a fit leaves within the runs may be nothing, see `beside_rounding`.
        let is_within_kept = runs > 1
            && (definition.combine == Combine::Demean
                || wanted.needs(Need::SpreadWithinRuns)
                || model.most_regressors() > 0);
        let zeros = |is_kept| if is_kept { vec![0.0; voxels.len()] } else { Vec::new() };
        let own_kinds: Wanted = wanted.of_extent(Extent::EachRun).collect();
        OfRuns {
            within: zeros(is_within_kept),
            averaged: [zeros(is_averaged), zeros(is_averaged), zeros(is_averaged)],
            own: vec![Maps::default(); if own_kinds.is_empty() { 0 } else { runs }],
            own_kinds,
            voxels,
        }
    }

    /// Bytes that are kept of one voxel.
    pub fn bytes_per_voxel(model: &Model, definition: &Formula, wanted: &Wanted) -> usize {
        let one = OfRuns::new(0..1, model, definition, wanted);
        let averaged: usize = one.averaged.iter().map(Vec::len).sum();
        8 * (one.within.len() + averaged) + wanted.run_bytes(one.own.len())
    }

    /// Whether runs need not be added.
    pub fn is_empty(&self) -> bool {
        self.within.is_empty() && self.averaged[0].is_empty() && self.own.is_empty()
    }

    /// Adds the run of this number in the session, voxel by voxel: `add_all` is to
    /// [add](RunBeingAdded::add) each once, in their order.
    pub fn add(
        &mut self,
        run: usize,
        model: &Model,
        definition: &Formula,
        add_all: impl FnOnce(&mut RunBeingAdded),
    ) {
        let [mean_variance, std_variance] = definition.variances_of_run(model, run);
        let totals = Totals {
            volumes: model.runs()[run].used().len() as f64,
            freedom: definition.freedom_of_run(model, run),
            mean_variance,
            std_variance,
            is_fit_within_runs: model.scope() == Scope::Run,
        };
        let has_own = !self.own.is_empty();
        let own = Maps::of_run(&self.own_kinds, run, self.voxels.len());
        let mut being_added = RunBeingAdded {
            needs_ratio: has_own || !self.averaged[0].is_empty(),
            own: has_own.then(|| Growing::new(own)),
            of_runs: self,
            model,
            definition,
            totals: &totals,
        };
        add_all(&mut being_added);
        if let Some(own) = being_added.own.map(Growing::complete) {
            self.own[run] = own;
        }
    }
}

/// A run of which voxel after voxel is added.
pub struct RunBeingAdded<'a> {
    of_runs: &'a mut OfRuns,
    model: &'a Model,
    definition: &'a Formula,
    totals: &'a Totals,
    needs_ratio: bool,
    /// The run's own maps so far, if there are any.
    own: Option<Growing<'a>>,
}

impl RunBeingAdded<'_> {
    /// Adds the next voxel, at this place among those that are kept.
    #[inline]
    pub fn add(&mut self, voxel: usize, mut it: RunVoxel) {
        it.residual = in_range(it.residual);
        if let Some(within) = self.of_runs.within.get_mut(voxel) {
            *within += it.residual;
        }
        if self.needs_ratio {
            self.add_ratio(voxel, it);
        }
    }

    fn add_ratio(&mut self, voxel: usize, it: RunVoxel) {
        let OfRuns { averaged: [tsnrs, means, stds], voxels, .. } = self.of_runs;
        let std = (it.residual / self.totals.freedom).sqrt();
        let mean = self.model.numerator(voxels.start + voxel).unwrap_or(it.mean);
        let ratio = tsnr(mean, std, self.definition);
        if !tsnrs.is_empty() {
            let own = ratio.unwrap_or(f64::NAN);
            let added = match self.definition.combine {
                Combine::Weighted => {
                    [own * own, mean, 1.0 / (std * std)].map(|it| it * self.totals.volumes)
                }
                _ => [own, mean, std],
            };
            tsnrs[voxel] += added[0];
            means[voxel] += added[1];
            stds[voxel] += added[2];
        }
        if let Some(own) = &mut self.own {
            own.add(figures(mean, std, ratio, it.residual, None, self.totals));
        }
    }
}

/// A sum of squares as far as float64 can tell it, see [`LEAST_SQUARES`].
#[inline]
fn in_range(squares: f64) -> f64 {
    if squares < LEAST_SQUARES {
        0.0
    } else if squares > 1.0 / LEAST_SQUARES {
        f64::INFINITY
    } else {
        squares
    }
}

/// The figures of a voxel; its mean and std are NaN where one of them is not finite.
#[inline]
fn figures<'a>(
    mean: f64,
    std: f64,
    ratio: Result<f64, Status>,
    squares: f64,
    within: Option<f64>,
    totals: &'a Totals,
) -> VoxelFigures<'a> {
    // An infinity leaves a mean or not, depending on where it stands: say NaN always.
    let is_finite = mean.is_finite() && std.is_finite();
    VoxelFigures {
        mean: if is_finite { mean } else { f64::NAN },
        std: if is_finite { std } else { f64::NAN },
        tsnr: ratio.unwrap_or(f64::NAN),
        status: ratio.err().unwrap_or(Status::Defined),
        squares,
        within,
        totals,
    }
}

/// Maps of which voxel after voxel is made.
struct Growing<'a> {
    maps: Maps,
    figures: Vec<VoxelFigures<'a>>,
}

impl<'a> Growing<'a> {
    fn new(maps: Maps) -> Growing<'a> {
        Growing { maps, figures: Vec::with_capacity(VOXELS_AT_A_TIME) }
    }

    #[inline]
    fn add(&mut self, voxel: VoxelFigures<'a>) {
        self.figures.push(voxel);
        if self.figures.len() == VOXELS_AT_A_TIME {
            self.make();
        }
    }

    fn make(&mut self) {
        self.maps.add(&self.figures);
        self.figures.clear();
    }

    fn complete(mut self) -> Maps {
        self.make();
        self.maps
    }
}

/// The runs so far.
#[derive(Debug)]
pub struct Fold {
    total: Option<Moments>,
    /// The peak of each run, in the order of the session.
    peaks: Vec<RunPeak>,
    of_runs: OfRuns,
}

impl Fold {
    /// No run yet of some voxels of the grid.
    pub fn new(voxels: Range<usize>, model: &Model, definition: &Formula, wanted: &Wanted) -> Fold {
        let peaks = vec![RunPeak::default(); model.runs().len()];
        Fold { total: None, peaks, of_runs: OfRuns::new(voxels, model, definition, wanted) }
    }

    /// Adds the moments of the run of this number in the session.
    pub fn add(&mut self, run: usize, moments: Moments, model: &Model, definition: &Formula) {
        let mut moments = match model.scope() {
            Scope::Run => moments.fitted(),
            Scope::Concatenation => moments,
        };
        let peak = moments.take_peak();
        let is_constant = |voxel| moments.squares(voxel) == 0.0;
        self.peaks[run] = peak.of_run(moments.count(), is_constant, self.of_runs.voxels.start);
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

    /// The number of voxels of the runs.
    pub fn voxels(&self) -> usize {
        self.total().voxels()
    }

    /// The places in the grid of the voxels that have a sample at the limit of its type.
    pub fn at_limit(&self) -> Vec<usize> {
        let first_voxel = self.of_runs.voxels.start;
        self.total().voxels_at_limit().map(|voxel| first_voxel + voxel).collect()
    }

    /// The greatest value of each run in these voxels, in the order of the session.
    pub fn peaks(&self) -> &[RunPeak] {
        &self.peaks
    }

    /// The maps of `voxels` of those that were folded, once all runs were added.
    pub fn maps(
        &self,
        voxels: Range<usize>,
        model: &Model,
        definition: &Formula,
        wanted: &Wanted,
    ) -> Maps {
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
    definition: &Formula,
    wanted: &Wanted,
    add_all: impl FnOnce(&mut MapsBeingMade),
) -> Maps {
    let runs = model.runs().len();
    let [mean_variance, std_variance] = definition.variances(model);
    let totals = Totals {
        volumes: model.volumes() as f64,
        freedom: definition.freedom(model),
        mean_variance,
        std_variance,
        is_fit_within_runs: model.scope() == Scope::Run,
    };
    let mut being_made = MapsBeingMade {
        of_runs,
        model,
        definition,
        totals: &totals,
        maps: Growing::new(Maps::of_session(wanted, runs, voxels.len())),
    };
    add_all(&mut being_made);
    being_made.maps.complete().with_runs(&of_runs.own, voxels, wanted)
}

/// Maps of all runs together, of which voxel after voxel is made.
pub struct MapsBeingMade<'a> {
    of_runs: &'a OfRuns,
    model: &'a Model,
    definition: &'a Formula,
    totals: &'a Totals,
    maps: Growing<'a>,
}

impl MapsBeingMade<'_> {
    /// Adds the next voxel, at this place among those that are kept: its mean over all runs, and
    /// the sum of squared residuals about it after the fit.
    #[inline]
    pub fn add(&mut self, voxel: usize, mean: f64, squares: f64) {
        let MapsBeingMade { of_runs, model, definition, totals, .. } = self;
        let squares = in_range(squares);
        let mut mean = model.numerator(of_runs.voxels.start + voxel).unwrap_or(mean);
        let within = of_runs.within.get(voxel).copied();
        let runs = model.runs().len() as f64;
        let std = match definition.combine {
            Combine::Concat => (squares / totals.freedom).sqrt(),
            Combine::Demean => (within.unwrap_or(squares) / totals.freedom).sqrt(),
            Combine::Average => of_runs.averaged[2][voxel] / runs,
            Combine::Weighted => (totals.volumes / of_runs.averaged[2][voxel]).sqrt(),
        };
        let mut ratio = tsnr(mean, std, definition);
        if definition.combine.is_of_the_runs_own() {
            let of_all = [0, 1].map(|it| of_runs.averaged[it][voxel]);
            let average;
            [average, mean] = match definition.combine {
                Combine::Weighted => {
                    let [squares, mean] = of_all.map(|it| it / totals.volumes);
                    [squares.sqrt(), mean]
                }
                _ => of_all.map(|it| it / runs),
            };
            // Undefined in one run, undefined on average: for the reason of the whole.
            ratio = match (average.is_nan(), ratio) {
                (false, _) => Ok(average),
                (true, Err(Status::AlwaysZero | Status::NotFinite)) => ratio,
                (true, _) => Err(Status::constant(mean)),
            };
        }
        self.maps.add(figures(mean, std, ratio, squares, within, totals));
    }
}
