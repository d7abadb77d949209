//! The moments of every voxel over some volumes, as values that grow and merge.
//!
//! [`Moments::add`] takes the next volumes of a series, [`Moments::merge`] joins the moments
//! of two sets of volumes, [`Moments::mean`] and [`Moments::std`] are what follows from
//! them. Laws:
//!
//! - a series added in pieces of any lengths gives the same bits as added at once;
//! - merging is associative, and a series split anywhere and merged equals the whole:
//!   exactly, whatever the order, while both sides are integers of one scaling; to rounding
//!   (about 1e-15 of the standard deviation) otherwise;
//! - a NaN or infinity makes the moments of its voxel NaN and of no other.
//!
//! Of 8- to 32-bit integers the sums of samples and of squares are kept as integers
//! (in `integer.rs`), wide enough for 2^31 volumes, and scaled at the end. Of everything else
//! count, mean and sum of squared deviations are kept (in `float.rs`). Where there are regressors,
//! so are the products with them (in `projections.rs`), until the run is complete and its sum of
//! squares can be replaced by what they [leave of it](Moments::fitted).

mod float;
mod integer;
mod projections;

use super::peak::Peak;
use super::sampling::Rows;
use crate::voxels::{Datatype, Sample, Samples, Scaling};
use float::{Deviation, Deviations};
use integer::{FittedSums, Integer, IntegerSums, SquareSum};
use ndarray::ArrayView2;
pub use projections::{NOTHING_LEFT, left_of};
use projections::{Projections, Weights};
use std::ops::Range;

/// The moments of the voxels of a grid, or of a slab of it, over some volumes.
#[derive(Clone, Debug)]
pub struct Moments {
    count: u64,
    /// The values that the numbers in the sums stand for.
    scaling: Scaling,
    /// The values that samples of float64 stand for, which are scaled before they are added: of a
    /// stored number the square may overflow where that of its value does not.
    scaling_before: Scaling,
    sums: Sums,
    projections: Option<Projections>,
    /// Whether each voxel has a sample at the limit of its type that stands for itself, unscaled; empty
    /// while none has.
    at_limit: Vec<bool>,
    /// The peak of the run.
    peak: Peak,
}

#[derive(Clone, Debug)]
enum Sums {
    /// 8- and 16-bit integers: squares below 2^32, so their sum below 2^63 for 2^31 volumes.
    Narrow(IntegerSums<u64>),
    /// 32-bit integers: squares below 2^64.
    Wide(IntegerSums<u128>),
    /// Floats, and 64-bit integers as floats.
    Float(Deviations),
    /// Integers of [complete runs](Moments::fitted).
    Fitted(FittedSums),
}

impl Moments {
    /// The moments of `voxels` voxels over no volume, for samples of this type and scaling.
    pub fn empty(datatype: Datatype, scaling: Scaling, voxels: usize) -> Moments {
        Moments::with_regressors(datatype, scaling, voxels, 0)
    }

    /// Moments of no sample, with the products with `rank` regressors.
    pub fn with_regressors(
        datatype: Datatype,
        scaling: Scaling,
        voxels: usize,
        rank: usize,
    ) -> Moments {
        let (sums, integers) = match datatype {
            Datatype::Uint8 | Datatype::Int8 | Datatype::Uint16 | Datatype::Int16 => {
                (Sums::Narrow(IntegerSums::zero(voxels)), Some(datatype))
            }
            Datatype::Uint32 | Datatype::Int32 => {
                (Sums::Wide(IntegerSums::zero(voxels)), Some(datatype))
            }
            Datatype::Uint64 | Datatype::Int64 | Datatype::Float32 | Datatype::Float64 => {
                (Sums::Float(Deviations::zero(voxels)), None)
            }
        };
        let projections = (rank > 0).then(|| Projections::zero(voxels, rank, integers));
        let (scaling, scaling_before) = match datatype {
            Datatype::Float64 => (Scaling::IDENTITY, scaling),
            _ => (scaling, Scaling::IDENTITY),
        };
        Moments {
            count: 0,
            scaling,
            scaling_before,
            sums,
            projections,
            at_limit: Vec::new(),
            peak: Peak::default(),
        }
    }

    /// Bytes that the moments of one voxel of this type take, with the products with `rank`
    /// regressors.
    pub fn bytes_per_voxel(datatype: Datatype, rank: usize) -> usize {
        let sums = match Moments::empty(datatype, Scaling::IDENTITY, 0).sums {
            Sums::Narrow(_) => 16,
            Sums::Wide(_) | Sums::Float(_) | Sums::Fitted(_) => 24,
        };
        sums + 8 * rank + Moments::volumes_kept(datatype, rank) * datatype.bytes()
    }

    /// How many volumes are kept as they are: of integers the first, if there are regressors.
    pub fn volumes_kept(datatype: Datatype, rank: usize) -> usize {
        let is_kept = match Moments::empty(datatype, Scaling::IDENTITY, 0).sums {
            Sums::Narrow(_) | Sums::Wide(_) => rank > 0,
            Sums::Float(_) | Sums::Fitted(_) => false,
        };
        usize::from(is_kept)
    }

    /// Bytes a voxel of a complete run whose regressors are [fitted](Moments::fitted).
    pub fn fitted_bytes_per_voxel(datatype: Datatype) -> usize {
        match Moments::empty(datatype, Scaling::IDENTITY, 0).sums {
            Sums::Narrow(_) | Sums::Wide(_) | Sums::Fitted(_) => 16,
            Sums::Float(_) => 24,
        }
    }

    /// Adds all volumes of `samples`, the next of the series: of each the voxels from
    /// `first_voxel` on, as many as these are the moments of.
    ///
    /// # Panics
    /// If the samples are of another type, or have too few voxels; if there are regressors.
    pub fn add(&mut self, samples: &Samples, first_voxel: usize) {
        let all: Vec<usize> = (0..samples.volumes()).collect();
        self.add_rows(samples, Rows::without_regressors(&all), first_voxel);
    }

    /// Adds some of the volumes of `samples`, with the weights that the regressors have there;
    /// otherwise as [`add`](Moments::add).
    ///
    /// # Panics
    /// As [`add`](Moments::add), and if there are not as many regressors.
    pub fn add_rows(&mut self, samples: &Samples, rows: Rows, first_voxel: usize) {
        self.add_block(samples, rows, first_voxel, 0..self.voxels());
        self.end_rows(rows);
    }

    /// Adds what [`add_rows`](Moments::add_rows) does to some of the voxels. Once all of them have it,
    /// [`end_rows`](Moments::end_rows) has to be called: meanwhile the samples of a block may be looked
    /// at while they are in the cache.
    ///
    /// # Panics
    /// As [`add_rows`](Moments::add_rows), and if the voxels do not begin where a block does.
    pub(crate) fn add_block(
        &mut self,
        samples: &Samples,
        rows: Rows,
        first_voxel: usize,
        voxels: Range<usize>,
    ) {
        assert_eq!(voxels.start % integer::VOXELS_IN_CACHE, 0, "blocks of voxels");
        let rank = self.projections.as_ref().map_or(0, Projections::rank);
        assert_eq!(rank, rows.rank(), "as many regressors as the moments were made for");
        if rows.is_empty() {
            return;
        }
        macro_rules! pieces {
            ($samples:expr) => {
                Pieces { samples: $samples.view(), rows, first_voxel, voxels }
            };
        }
        match samples {
            Samples::Uint8(it) => self.add_narrow(pieces!(it)),
            Samples::Int8(it) => self.add_narrow(pieces!(it)),
            Samples::Uint16(it) => self.add_narrow(pieces!(it)),
            Samples::Int16(it) => self.add_narrow(pieces!(it)),
            Samples::Uint32(it) => self.add_wide(pieces!(it)),
            Samples::Int32(it) => self.add_wide(pieces!(it)),
            Samples::Uint64(it) => self.add_floats(pieces!(it)),
            Samples::Int64(it) => self.add_floats(pieces!(it)),
            Samples::Float32(it) => self.add_floats(pieces!(it)),
            Samples::Float64(it) => self.add_floats(pieces!(it)),
        }
    }

    /// Counts volumes that were added to every voxel.
    pub(crate) fn end_rows(&mut self, rows: Rows) {
        if rows.is_empty() {
            return;
        }
        if let Some(projections) = &mut self.projections {
            projections.add_weights(Weights::from_rows(rows));
        }
        self.count += rows.len() as u64;
    }

    fn add_narrow<T: Integer<Squares = u64>>(&mut self, pieces: Pieces<T>) {
        let Sums::Narrow(sums) = &mut self.sums else { wrong_type() };
        let looked_at =
            LookedAt { scaling: self.scaling, at_limit: &mut self.at_limit, peak: &mut self.peak };
        add_integers(sums, pieces, self.count, &mut self.projections, looked_at);
    }

    fn add_wide<T: Integer<Squares = u128>>(&mut self, pieces: Pieces<T>) {
        let Sums::Wide(sums) = &mut self.sums else { wrong_type() };
        let looked_at =
            LookedAt { scaling: self.scaling, at_limit: &mut self.at_limit, peak: &mut self.peak };
        add_integers(sums, pieces, self.count, &mut self.projections, looked_at);
    }

    fn add_floats<T: Sample>(&mut self, pieces: Pieces<T>) {
        let (scaling, rows) = (self.scaling_before, pieces.rows);
        pieces.for_each(float::VOXELS_IN_CACHE, |start, samples| {
            if scaling == Scaling::IDENTITY {
                return self.add_piece(samples, rows, start);
            }
            let values = |row: &&[T]| row.iter().map(|it| scaling.apply(it.to_f64())).collect();
            let values: Vec<Vec<f64>> = samples.iter().map(values).collect();
            let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
            self.add_piece(&values, rows, start);
        });
    }

    /// Adds of each volume the voxels from `start` on that stay in the first cache.
    fn add_piece<T: Sample>(&mut self, samples: &[&[T]], rows: Rows, start: usize) {
        let Sums::Float(sums) = &mut self.sums else { wrong_type() };
        let greatest = sums.add(samples, start, self.count);
        let (voxels, most) = (sums.voxels(), greatest.unwrap_or(T::zeroed()));
        self.peak.add(samples, most, start, voxels, self.scaling);
        if greatest.is_some()
            && let Some(projections) = &mut self.projections
        {
            let origins = sums.origins(start..start + samples[0].len());
            projections.add_floats(samples, Weights::from_rows(rows), origins, start);
        }
    }

    /// The moments over the volumes of both, which are of the same voxels.
    ///
    /// # Panics
    /// If the voxels, or the regressors, are not as many.
    pub fn merge(mut self, mut other: Moments) -> Moments {
        assert_eq!(self.voxels(), other.voxels(), "moments of the same voxels");
        if other.count == 0 {
            return self;
        }
        if self.count == 0 {
            return other;
        }
        self.projections = match (self.projections_of_values(), other.projections_of_values()) {
            (Some(mut a), Some(b)) => {
                a.merge(&b);
                Some(a)
            }
            (a, b) => {
                assert!(a.is_none() && b.is_none(), "both with regressors or both without");
                None
            }
        };
        if self.at_limit.is_empty() {
            self.at_limit = std::mem::take(&mut other.at_limit);
        } else {
            self.at_limit.iter_mut().zip(&other.at_limit).for_each(|(a, b)| *a |= b);
        }
        self.peak.merge(std::mem::take(&mut other.peak));
        let is_one_scaling = self.scaling == other.scaling;
        match (&mut self.sums, &other.sums) {
            (Sums::Narrow(a), Sums::Narrow(b)) if is_one_scaling => a.merge(b),
            (Sums::Wide(a), Sums::Wide(b)) if is_one_scaling => a.merge(b),
            (Sums::Fitted(a), Sums::Fitted(b)) if is_one_scaling => {
                a.merge(self.count, b, other.count, self.scaling);
            }
            _ => {
                let mut deviations = self.take_deviations();
                let theirs = |voxel| other.deviation(voxel);
                let are_zero = |block: Range<usize>| other.are_zero(block);
                deviations.merge(self.count, other.count, are_zero, theirs);
                self.sums = Sums::Float(deviations);
                self.scaling = Scaling::IDENTITY;
            }
        }
        self.count += other.count;
        self
    }

    /// How many volumes the moments are over.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The number of voxels.
    pub fn voxels(&self) -> usize {
        match &self.sums {
            Sums::Narrow(sums) => sums.voxels(),
            Sums::Wide(sums) => sums.voxels(),
            Sums::Float(sums) => sums.voxels(),
            Sums::Fitted(sums) => sums.voxels(),
        }
    }

    /// The mean of each voxel.
    pub fn mean(&self) -> Vec<f64> {
        let mut means = Vec::with_capacity(self.voxels());
        self.for_each(0..self.voxels(), |_, mean, _| means.push(mean));
        means
    }

    /// The standard deviation of each voxel: `sqrt(M2 / (N - ddof))`. A voxel whose samples
    /// are all the same has exactly 0.
    pub fn std(&self, ddof: usize) -> Vec<f64> {
        let freedom = self.count as f64 - ddof as f64;
        let mut stds = Vec::with_capacity(self.voxels());
        self.for_each(0..self.voxels(), |_, _, squares| stds.push((squares / freedom).sqrt()));
        stds
    }

    /// Gives `visit` each of some voxels: its place, the mean of its values, and the sum of their
    /// squared deviations from it (M2).
    #[inline]
    pub fn for_each(&self, voxels: Range<usize>, mut visit: impl FnMut(usize, f64, f64)) {
        let (count, scaling) = (self.count, self.scaling);
        // One loop for each kind of sums, not a choice for each voxel.
        match &self.sums {
            Sums::Narrow(sums) => voxels.for_each(|voxel| {
                let (mean, squares) = sums.mean_and_squares(voxel, count, scaling);
                visit(voxel, mean, squares);
            }),
            Sums::Wide(sums) => voxels.for_each(|voxel| {
                let (mean, squares) = sums.mean_and_squares(voxel, count, scaling);
                visit(voxel, mean, squares);
            }),
            Sums::Float(sums) => sums.for_each(voxels, |voxel, deviation| {
                let deviation = deviation.scaled(scaling);
                visit(voxel, deviation.mean(), deviation.m2);
            }),
            Sums::Fitted(sums) => voxels.for_each(|voxel| {
                let (mean, left) = sums.mean_and_squares(voxel, count, scaling);
                visit(voxel, mean, left);
            }),
        }
    }

    /// The sum of squares that the regressors explain of one voxel's values.
    #[inline]
    pub fn explained(&self, voxel: usize) -> f64 {
        let explained = |it: &Projections| it.explained(voxel, self.scaling);
        self.projections.as_ref().map_or(0.0, explained)
    }

    /// Moments of a run that is complete, with each voxel's squared deviations after the fit of the
    /// run's regressors: as if its samples were the residuals beside the mean. Such moments of
    /// several runs merge; then the sum of squares is what is left within runs and between them.
    pub fn fitted(mut self) -> Moments {
        let Some(projections) = self.projections.take() else { return self };
        let scaling = self.scaling;
        if let Sums::Float(_) = self.sums {
            let left = |voxel, squares| left_of(squares, projections.explained(voxel, scaling));
            self.sums = Sums::Float(self.take_deviations().with_squares(left));
            self.scaling = Scaling::IDENTITY;
            return self;
        }
        let left = projections.left_of(scaling, |voxel| self.deviation(voxel).m2);
        self.sums = match self.sums {
            Sums::Narrow(sums) => Sums::Fitted(sums.fitted(left)),
            Sums::Wide(sums) => Sums::Fitted(sums.fitted(left)),
            as_they_are => as_they_are,
        };
        self
    }

    /// The products of one voxel's values with the regressors.
    pub fn products(&self, voxel: usize) -> impl Iterator<Item = f64> {
        self.projections.iter().flat_map(move |it| it.of_values(voxel, self.scaling))
    }

    /// The greatest value of the run; leaves none, for moments of several runs.
    pub fn take_peak(&mut self) -> Peak {
        std::mem::take(&mut self.peak)
    }

    /// The voxels that have a sample at the limit of its type, of those that are not scaled: scaling
    /// puts the extremes of any data there.
    pub fn voxels_at_limit(&self) -> impl Iterator<Item = usize> {
        (0..self.at_limit.len()).filter(|&voxel| self.at_limit[voxel])
    }

    /// The sum of squared deviations of one voxel's values, or what a fit leaves of it.
    pub fn squares(&self, voxel: usize) -> f64 {
        self.deviation(voxel).m2
    }

    /// Mean and sum of squared deviations of one voxel's values.
    #[inline]
    fn deviation(&self, voxel: usize) -> Deviation {
        match &self.sums {
            Sums::Narrow(sums) => sums.deviation(voxel, self.count, self.scaling),
            Sums::Wide(sums) => sums.deviation(voxel, self.count, self.scaling),
            Sums::Float(sums) => sums.deviation(voxel).scaled(self.scaling),
            Sums::Fitted(sums) => sums.deviation(voxel, self.count, self.scaling),
        }
    }

    /// Whether all values of `voxels` are surely zero.
    fn are_zero(&self, voxels: Range<usize>) -> bool {
        match &self.sums {
            Sums::Float(sums) => self.scaling.intercept() == 0.0 && sums.are_zero(voxels),
            Sums::Narrow(_) | Sums::Wide(_) | Sums::Fitted(_) => false,
        }
    }

    /// The products with regressors, in values; leaves none.
    fn projections_of_values(&mut self) -> Option<Projections> {
        let projections = self.projections.take()?;
        let of_floats = |voxel: usize| match &self.sums {
            Sums::Float(sums) => sums.origins(voxel..voxel + 1)[0],
            Sums::Narrow(_) | Sums::Wide(_) | Sums::Fitted(_) => wrong_type(),
        };
        Some(projections.into_values(self.scaling, of_floats))
    }

    /// The deviations of the values of all voxels; leaves nothing of the sums.
    fn take_deviations(&mut self) -> Deviations {
        match &mut self.sums {
            Sums::Float(sums) if self.scaling == Scaling::IDENTITY => std::mem::take(sums),
            _ => (0..self.voxels()).map(|voxel| self.deviation(voxel)).collect(),
        }
    }
}

fn wrong_type() -> ! {
    panic!("samples of the type that the moments were made for")
}

/// The accumulators of what is looked at beside the sums: limits of the type, and the peak.
struct LookedAt<'a> {
    scaling: Scaling,
    at_limit: &'a mut Vec<bool>,
    peak: &'a mut Peak,
}

fn add_integers<T: Integer>(
    sums: &mut IntegerSums<T::Squares>,
    pieces: Pieces<T>,
    count: u64,
    projections: &mut Option<Projections>,
    looked_at: LookedAt,
) where
    T::Squares: SquareSum,
{
    let (voxels, weights) = (sums.voxels(), Weights::from_rows(pieces.rows));
    let LookedAt { scaling, at_limit, peak } = looked_at;
    let piece_voxels = match projections {
        None => integer::VOXELS_IN_CACHE,
        // The products with regressors need room, too.
        Some(_) => integer::VOXELS_IN_CACHE / 2,
    };
    pieces.for_each(piece_voxels, |start, samples| {
        let extremes = sums.add(samples, start);
        peak.add(samples, extremes.greatest, start, voxels, scaling);
        if scaling.slope() == 1.0 && extremes.reach_a_limit() {
            mark_limits(samples, start, voxels, at_limit);
        }
        if let Some(projections) = projections {
            projections.add_integers(samples, weights, start, count == 0);
        }
    });
}

/// Marks the voxels from `start` on that have a sample at the limit of its type.
#[cold]
fn mark_limits<T: Sample>(samples: &[&[T]], start: usize, voxels: usize, marks: &mut Vec<bool>) {
    marks.resize(voxels, false);
    for row in samples {
        for (mark, sample) in marks[start..].iter_mut().zip(*row) {
            *mark |= sample.is_at_limit();
        }
    }
}

/// Samples that are to be added, cut into pieces that stay in the first cache while all that is
/// kept of them is added up.
struct Pieces<'a, T> {
    samples: ArrayView2<'a, T>,
    rows: Rows<'a>,
    first_voxel: usize,
    /// Those of the voxels that are kept.
    voxels: Range<usize>,
}

impl<T> Pieces<'_, T> {
    /// Gives `visit` each piece: where it starts, and of each volume just its samples.
    fn for_each(self, piece_voxels: usize, mut visit: impl FnMut(usize, &[&[T]])) {
        let stride = self.samples.ncols();
        let samples = self.samples.as_slice().expect("blocks are contiguous");
        let mut pieces: Vec<&[T]> = Vec::with_capacity(self.rows.len());
        for start in self.voxels.clone().step_by(piece_voxels) {
            let length = piece_voxels.min(self.voxels.end - start);
            let of_row = |row: usize| &samples[row * stride + self.first_voxel + start..][..length];
            pieces.clear();
            pieces.extend(self.rows.indexes().map(of_row));
            visit(start, &pieces);
        }
    }
}

/// Zeros that were written. Fresh memory that is only known to be zero is mapped twice, once
/// when it is read and again when it is written, and the second time stops the other threads:
/// a twentieth of the time of two large runs.
fn written_zeros<T: Copy + Default>(count: usize) -> Vec<T> {
    // Hidden from the compiler, which would make one allocation of zeros of the two steps.
    let mut zeros = std::hint::black_box(Vec::with_capacity(count));
    zeros.extend(std::iter::repeat_n(T::default(), count));
    zeros
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    /// Samples `[t, voxel]` with what they stand for.
    type Block = (Samples, Scaling);

    fn int16(samples: &[i16], scaling: Scaling) -> Block {
        let array = Array2::from_shape_vec((samples.len(), 1), samples.to_vec()).unwrap();
        (Samples::Int16(array), scaling)
    }

    fn float64(samples: &[f64]) -> Block {
        let array = Array2::from_shape_vec((samples.len(), 1), samples.to_vec()).unwrap();
        (Samples::Float64(array), Scaling::IDENTITY)
    }

    fn summed((samples, scaling): &Block) -> Moments {
        let mut moments = Moments::empty(samples.datatype(), *scaling, samples.voxels());
        moments.add(samples, 0);
        moments
    }

    /// Mean and sum of squared deviations of the only voxel.
    fn finished(moments: &Moments) -> (f64, f64) {
        assert_eq!(moments.voxels(), 1);
        (moments.mean()[0], moments.deviation(0).m2)
    }

    /// The moments of `parts`, merged from left to right.
    fn merged(parts: impl IntoIterator<Item = Block>) -> Moments {
        parts.into_iter().map(|block| summed(&block)).reduce(Moments::merge).unwrap()
    }

    proptest! {
        #[test]
        fn integers_split_anywhere_and_merged_equal_the_whole_exactly(
            samples in prop::collection::vec(any::<i16>(), 2..60),
            cut in any::<prop::sample::Index>(),
        ) {
            let scaling = Scaling::new(0.3, -7.0).unwrap();
            let cut = 1 + cut.index(samples.len() - 1);
            let (a, b) = samples.split_at(cut);
            let whole = finished(&summed(&int16(&samples, scaling)));
            prop_assert_eq!(finished(&merged([int16(a, scaling), int16(b, scaling)])), whole);
            prop_assert_eq!(finished(&merged([int16(b, scaling), int16(a, scaling)])), whole);
        }

        #[test]
        fn samples_added_in_pieces_give_the_bits_of_the_whole(
            samples in prop::collection::vec(-1e3..1e3_f64, 2..60),
            cut in any::<prop::sample::Index>(),
        ) {
            let (a, b) = samples.split_at(1 + cut.index(samples.len() - 1));
            let mut pieces = summed(&float64(a));
            pieces.add(&float64(b).0, 0);
            let whole = summed(&float64(&samples));
            prop_assert_eq!(finished(&pieces), finished(&whole));
        }

        #[test]
        fn floats_split_anywhere_and_merged_equal_the_whole(
            noise in prop::collection::vec(-1.0..1.0_f64, 3..60),
            offset in prop::sample::select(vec![0.0, 1e3, 1e7, -1e12]),
            cuts in any::<[prop::sample::Index; 2]>(),
        ) {
            // Noise that survives beside the offset: its square is what is looked for.
            let samples: Vec<f64> = noise.iter().map(|noise| offset + noise).collect();
            prop_assume!(samples.iter().any(|sample| (sample - samples[0]).abs() > 1e-2));
            let [first, second] = cuts.map(|cut| 1 + cut.index(samples.len() - 1));
            let (first, second) = (first.min(second), first.max(second));
            let parts = [&samples[..first], &samples[first..second], &samples[second..]];
            let parts = parts.into_iter().filter(|part| !part.is_empty()).map(float64);
            let merged = finished(&merged(parts));
            let whole = finished(&summed(&float64(&samples)));
            prop_assert!((merged.1 / whole.1 - 1.0).abs() < 1e-13, "{merged:?} {whole:?}");
            // Sums of 60 samples of size 1 round to about 1e-15 of them, beside the offset's.
            prop_assert!((merged.0 - whole.0).abs() <= 1e-14 * offset.abs().max(1.0));
        }

        #[test]
        fn one_pass_equals_two_passes(
            noise in prop::collection::vec(-1.0..1.0_f64, 3..200),
            offset in prop::sample::select(vec![0.0, 1e3, 1e7, -1e12]),
            first in prop::sample::select(vec![0.0, 1.0, 1e3]),
        ) {
            // A first sample far from the others, as before the steady state, is the origin.
            let mut samples: Vec<f64> = noise.iter().map(|noise| offset + noise).collect();
            samples[0] += first;
            prop_assume!(samples.iter().any(|sample| (sample - samples[0]).abs() > 1e-2));
            let n = samples.len() as f64;
            let mean = samples.iter().map(|y| y - samples[0]).sum::<f64>() / n;
            let m2: f64 = samples.iter().map(|y| (y - samples[0] - mean).powi(2)).sum();
            let one_pass = finished(&summed(&float64(&samples)));
            prop_assert!((one_pass.1 / m2 - 1.0).abs() < 1e-12, "{one_pass:?} {m2}");
        }

        #[test]
        fn merging_floats_is_associative(
            parts in prop::collection::vec(prop::collection::vec(9e6..1.1e7_f64, 1..9), 3),
        ) {
            let [a, b, c] = [0, 1, 2].map(|part| summed(&float64(&parts[part])));
            let left = finished(&a.clone().merge(b.clone()).merge(c.clone()));
            let right = finished(&a.merge(b.merge(c)));
            prop_assert!((left.1 - right.1).abs() <= 1e-13 * left.1, "{left:?} {right:?}");
            prop_assert!((left.0 / right.0 - 1.0).abs() < 1e-14);
        }

        #[test]
        fn any_integers_of_any_type_are_summed_exactly(
            stored in prop::collection::vec(any::<[u32; 3]>(), 1..40),
            first_voxel in 0_usize..3,
        ) {
            macro_rules! check {
                ($($variant:ident $number:ty),+) => {$({
                    let numbers = stored.iter().flatten().map(|&it| it as $number).collect();
                    let array = Array2::from_shape_vec((stored.len(), 3), numbers).unwrap();
                    let column = array.column(2).to_vec();
                    let samples = Samples::$variant(array);
                    let voxels = 3 - first_voxel;
                    let (datatype, scaling) = (samples.datatype(), Scaling::IDENTITY);
                    let mut moments = Moments::empty(datatype, scaling, voxels);
                    moments.add(&samples, first_voxel);
                    let n = column.len() as i128;
                    let sum: i128 = column.iter().map(|&it| i128::from(it)).sum();
                    let squares: i128 = column.iter().map(|&it| i128::from(it).pow(2)).sum();
                    let m2 = (n * squares - sum * sum) as f64 / n as f64;
                    prop_assert_eq!(moments.deviation(voxels - 1).m2, m2);
                })+};
            }
            check!(Uint8 u8, Int8 i8, Uint16 u16, Int16 i16, Uint32 u32, Int32 i32);
        }
    }

    #[test]
    fn the_limits_of_int16_do_not_overflow() {
        let samples: Vec<i16> =
            (0..4000).map(|t| if t % 2 == 0 { i16::MIN } else { i16::MAX }).collect();
        let whole = finished(&summed(&int16(&samples, Scaling::IDENTITY)));
        assert_eq!(whole, (-0.5, 4000.0 * 32767.5 * 32767.5));
        let lowest = finished(&summed(&int16(&[i16::MIN; 32767], Scaling::IDENTITY)));
        assert_eq!(lowest, (-32768.0, 0.0));
    }

    #[test]
    fn the_limits_of_uint32_do_not_overflow() {
        let array = Array2::from_shape_vec((4, 1), vec![u32::MAX, 0, u32::MAX, 0]).unwrap();
        let block = (Samples::Uint32(array), Scaling::IDENTITY);
        let half = f64::from(u32::MAX) / 2.0;
        assert_eq!(finished(&summed(&block)), (half, 4.0 * half * half));
    }

    #[test]
    fn a_constant_voxel_has_no_deviation_whatever_its_scaling() {
        let scaling = Scaling::new(0.1, 3.3).unwrap();
        let integers = merged([int16(&[7; 5], scaling), int16(&[7; 3], scaling)]);
        assert_eq!(finished(&integers).1, 0.0);
        assert_eq!(finished(&merged([float64(&[0.1; 5]), float64(&[0.1; 3])])).1, 0.0);
    }

    #[test]
    fn runs_of_different_scaling_are_merged_as_values() {
        let doubled = Scaling::new(2.0, 0.0).unwrap();
        let mixed = merged([int16(&[1, 2, 3], doubled), int16(&[2, 4, 6], Scaling::IDENTITY)]);
        assert_eq!(mixed.count(), 6);
        assert_eq!(finished(&mixed), (4.0, 16.0));
    }

    #[test]
    fn the_moments_of_no_volume_are_the_identity() {
        let block = float64(&[1.0, 2.0, 6.0]);
        let empty = Moments::empty(Datatype::Int16, Scaling::IDENTITY, 1);
        assert_eq!(finished(&empty.clone().merge(summed(&block))), finished(&summed(&block)));
        assert_eq!(finished(&summed(&block).merge(empty)), finished(&summed(&block)));
    }

    #[test]
    fn a_slab_of_a_grid_has_the_moments_of_its_voxels() {
        let array = Array2::from_shape_fn((5, 4000), |(t, voxel)| (t * voxel % 97) as i16);
        let samples = Samples::Int16(array);
        let whole = summed(&(samples.clone(), Scaling::IDENTITY));
        let mut slab = Moments::empty(Datatype::Int16, Scaling::IDENTITY, 1500);
        slab.add(&samples, 2000);
        let expected = &whole.std(0)[2000..3500];
        assert_eq!(slab.std(0), expected);
        let doubled = slab.clone().merge(slab);
        assert_eq!(doubled.std(0), expected);
    }

    #[test]
    fn a_nan_or_infinity_spoils_its_voxel_only() {
        let samples = vec![1.0, f32::NAN, f32::INFINITY, 3.0, 2.0, 1.0];
        let array = Array2::from_shape_vec((2, 3), samples).unwrap();
        let moments = summed(&(Samples::Float32(array), Scaling::IDENTITY));
        let (mean, std) = (moments.mean(), moments.std(0));
        assert_eq!((mean[0], std[0]), (2.0, 1.0));
        assert!(std[1].is_nan() && std[2].is_nan());
    }
}
