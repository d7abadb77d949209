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
//! count, mean and sum of squared deviations are kept (in `float.rs`).

mod float;
mod integer;
mod wide_instructions;

use crate::voxels::{Datatype, Sample, Samples, Scaling};
use float::{Deviation, Deviations};
use integer::IntegerSums;
use std::ops::Range;

/// The moments of the voxels of a grid, or of a slab of it, over some volumes.
#[derive(Clone, Debug)]
pub struct Moments {
    count: u64,
    scaling: Scaling,
    sums: Sums,
}

#[derive(Clone, Debug)]
enum Sums {
    /// 8- and 16-bit integers: squares below 2^32, so their sum below 2^63 for 2^31 volumes.
    Narrow(IntegerSums<u64>),
    /// 32-bit integers: squares below 2^64.
    Wide(IntegerSums<u128>),
    /// Floats, and 64-bit integers as floats.
    Float(Deviations),
}

impl Moments {
    /// The moments of `voxels` voxels over no volume, for samples of this type and scaling.
    pub fn empty(datatype: Datatype, scaling: Scaling, voxels: usize) -> Moments {
        let sums = match datatype {
            Datatype::Uint8 | Datatype::Int8 | Datatype::Uint16 | Datatype::Int16 => {
                Sums::Narrow(IntegerSums::zero(voxels))
            }
            Datatype::Uint32 | Datatype::Int32 => Sums::Wide(IntegerSums::zero(voxels)),
            Datatype::Uint64 | Datatype::Int64 | Datatype::Float32 | Datatype::Float64 => {
                Sums::Float(Deviations::zero(voxels))
            }
        };
        Moments { count: 0, scaling, sums }
    }

    /// Bytes that the moments of one voxel of this type take.
    pub fn bytes_per_voxel(datatype: Datatype) -> usize {
        match Moments::empty(datatype, Scaling::IDENTITY, 0).sums {
            Sums::Narrow(_) => 16,
            Sums::Wide(_) | Sums::Float(_) => 24,
        }
    }

    /// Adds the next volumes of the series: of each the voxels from `first_voxel` on, as
    /// many as these are the moments of.
    ///
    /// # Panics
    /// If the samples are of another type, or have too few voxels.
    pub fn add(&mut self, samples: &Samples, first_voxel: usize) {
        let before = self.count;
        match (&mut self.sums, samples) {
            (Sums::Narrow(sums), Samples::Uint8(it)) => sums.add(it.view(), first_voxel),
            (Sums::Narrow(sums), Samples::Int8(it)) => sums.add(it.view(), first_voxel),
            (Sums::Narrow(sums), Samples::Uint16(it)) => sums.add(it.view(), first_voxel),
            (Sums::Narrow(sums), Samples::Int16(it)) => sums.add(it.view(), first_voxel),
            (Sums::Wide(sums), Samples::Uint32(it)) => sums.add(it.view(), first_voxel),
            (Sums::Wide(sums), Samples::Int32(it)) => sums.add(it.view(), first_voxel),
            (Sums::Float(sums), Samples::Uint64(it)) => sums.add(it.view(), first_voxel, before),
            (Sums::Float(sums), Samples::Int64(it)) => sums.add(it.view(), first_voxel, before),
            (Sums::Float(sums), Samples::Float32(it)) => sums.add(it.view(), first_voxel, before),
            (Sums::Float(sums), Samples::Float64(it)) => sums.add(it.view(), first_voxel, before),
            _ => panic!("samples of the type that the moments were made for"),
        }
        self.count += samples.volumes() as u64;
    }

    /// The moments over the volumes of both; `other` may be of a larger grid, in which these
    /// voxels begin at `first_voxel`.
    ///
    /// # Panics
    /// If `other` has too few voxels.
    pub fn merge(mut self, other: &Moments, first_voxel: usize) -> Moments {
        if other.count == 0 {
            return self;
        }
        let is_one_scaling = self.scaling == other.scaling;
        match (&mut self.sums, &other.sums) {
            (Sums::Narrow(a), Sums::Narrow(b)) if is_one_scaling => a.merge(b, first_voxel),
            (Sums::Wide(a), Sums::Wide(b)) if is_one_scaling => a.merge(b, first_voxel),
            _ => {
                let mut deviations = self.take_deviations();
                let theirs = |voxel| other.deviation(first_voxel + voxel);
                let are_zero = |block: Range<usize>| {
                    other.are_zero(first_voxel + block.start..first_voxel + block.end)
                };
                deviations.merge(self.count, other.count, are_zero, theirs);
                self.sums = Sums::Float(deviations);
                self.scaling = Scaling::IDENTITY;
            }
        }
        self.count += other.count;
        self
    }

    /// Over how many volumes the moments are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Of how many voxels the moments are.
    pub fn voxels(&self) -> usize {
        match &self.sums {
            Sums::Narrow(sums) => sums.voxels(),
            Sums::Wide(sums) => sums.voxels(),
            Sums::Float(sums) => sums.voxels(),
        }
    }

    /// The mean of each voxel.
    pub fn mean(&self) -> impl Iterator<Item = f64> {
        (0..self.voxels()).map(|voxel| self.deviation(voxel).mean())
    }

    /// The standard deviation of each voxel: `sqrt(M2 / (N - ddof))`. A voxel whose samples
    /// are all the same has exactly 0.
    pub fn std(&self, ddof: usize) -> impl Iterator<Item = f64> {
        let freedom = self.count as f64 - ddof as f64;
        (0..self.voxels()).map(move |voxel| (self.deviation(voxel).m2 / freedom).sqrt())
    }

    /// Mean and sum of squared deviations of one voxel's values.
    #[inline]
    fn deviation(&self, voxel: usize) -> Deviation {
        match &self.sums {
            Sums::Narrow(sums) => sums.deviation(voxel, self.count, self.scaling),
            Sums::Wide(sums) => sums.deviation(voxel, self.count, self.scaling),
            Sums::Float(sums) => sums.deviation(voxel).scaled(self.scaling),
        }
    }

    /// Whether all values of `voxels` are surely zero.
    fn are_zero(&self, voxels: Range<usize>) -> bool {
        match &self.sums {
            Sums::Float(sums) => self.scaling.intercept() == 0.0 && sums.are_zero(voxels),
            Sums::Narrow(_) | Sums::Wide(_) => false,
        }
    }

    /// The deviations of the values of all voxels; leaves nothing of the sums.
    fn take_deviations(&mut self) -> Deviations {
        match &mut self.sums {
            Sums::Float(sums) if self.scaling == Scaling::IDENTITY => std::mem::take(sums),
            _ => (0..self.voxels()).map(|voxel| self.deviation(voxel)).collect(),
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

    fn of((samples, scaling): &Block) -> Moments {
        let mut moments = Moments::empty(samples.datatype(), *scaling, samples.voxels());
        moments.add(samples, 0);
        moments
    }

    /// Mean and sum of squared deviations of the only voxel.
    fn finished(moments: &Moments) -> (f64, f64) {
        assert_eq!(moments.voxels(), 1);
        (moments.mean().next().unwrap(), moments.deviation(0).m2)
    }

    /// The moments of `parts`, merged from left to right.
    fn merged(parts: impl IntoIterator<Item = Block>) -> Moments {
        parts.into_iter().map(|block| of(&block)).reduce(|a, b| a.merge(&b, 0)).unwrap()
    }

    proptest! {
        #[test]
        fn integers_split_anywhere_and_merged_equal_the_whole_exactly(
            samples in prop::collection::vec(any::<i16>(), 2..60),
            cut in any::<prop::sample::Index>(),
        ) {
            let scaling = Scaling::from_header(0.3, -7.0).unwrap();
            let cut = 1 + cut.index(samples.len() - 1);
            let (a, b) = samples.split_at(cut);
            let whole = finished(&of(&int16(&samples, scaling)));
            prop_assert_eq!(finished(&merged([int16(a, scaling), int16(b, scaling)])), whole);
            prop_assert_eq!(finished(&merged([int16(b, scaling), int16(a, scaling)])), whole);
        }

        #[test]
        fn samples_added_in_pieces_give_the_bits_of_the_whole(
            samples in prop::collection::vec(-1e3..1e3_f64, 2..60),
            cut in any::<prop::sample::Index>(),
        ) {
            let (a, b) = samples.split_at(1 + cut.index(samples.len() - 1));
            let mut pieces = of(&float64(a));
            pieces.add(&float64(b).0, 0);
            let whole = of(&float64(&samples));
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
            let whole = finished(&of(&float64(&samples)));
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
            let one_pass = finished(&of(&float64(&samples)));
            prop_assert!((one_pass.1 / m2 - 1.0).abs() < 1e-12, "{one_pass:?} {m2}");
        }

        #[test]
        fn merging_floats_is_associative(
            parts in prop::collection::vec(prop::collection::vec(9e6..1.1e7_f64, 1..9), 3),
        ) {
            let [a, b, c] = [0, 1, 2].map(|part| of(&float64(&parts[part])));
            let left = finished(&a.clone().merge(&b, 0).merge(&c, 0));
            let right = finished(&a.merge(&b.merge(&c, 0), 0));
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
        let whole = finished(&of(&int16(&samples, Scaling::IDENTITY)));
        assert_eq!(whole, (-0.5, 4000.0 * 32767.5 * 32767.5));
        let lowest = finished(&of(&int16(&[i16::MIN; 32767], Scaling::IDENTITY)));
        assert_eq!(lowest, (-32768.0, 0.0));
    }

    #[test]
    fn the_limits_of_uint32_do_not_overflow() {
        let array = Array2::from_shape_vec((4, 1), vec![u32::MAX, 0, u32::MAX, 0]).unwrap();
        let block = (Samples::Uint32(array), Scaling::IDENTITY);
        let half = f64::from(u32::MAX) / 2.0;
        assert_eq!(finished(&of(&block)), (half, 4.0 * half * half));
    }

    #[test]
    fn a_constant_voxel_has_no_deviation_whatever_its_scaling() {
        let scaling = Scaling::from_header(0.1, 3.3).unwrap();
        let integers = merged([int16(&[7; 5], scaling), int16(&[7; 3], scaling)]);
        assert_eq!(finished(&integers).1, 0.0);
        assert_eq!(finished(&merged([float64(&[0.1; 5]), float64(&[0.1; 3])])).1, 0.0);
    }

    #[test]
    fn runs_of_different_scaling_are_merged_as_values() {
        let doubled = Scaling::from_header(2.0, 0.0).unwrap();
        let mixed = merged([int16(&[1, 2, 3], doubled), int16(&[2, 4, 6], Scaling::IDENTITY)]);
        assert_eq!(mixed.count(), 6);
        assert_eq!(finished(&mixed), (4.0, 16.0));
    }

    #[test]
    fn the_moments_of_no_volume_are_the_identity() {
        let block = float64(&[1.0, 2.0, 6.0]);
        let empty = Moments::empty(Datatype::Int16, Scaling::IDENTITY, 1);
        assert_eq!(finished(&empty.clone().merge(&of(&block), 0)), finished(&of(&block)));
        assert_eq!(finished(&of(&block).merge(&empty, 0)), finished(&of(&block)));
    }

    #[test]
    fn a_slab_of_a_grid_has_the_moments_of_its_voxels() {
        let array = Array2::from_shape_fn((5, 4000), |(t, voxel)| (t * voxel % 97) as i16);
        let samples = Samples::Int16(array);
        let whole = of(&(samples.clone(), Scaling::IDENTITY));
        let mut slab = Moments::empty(Datatype::Int16, Scaling::IDENTITY, 1500);
        slab.add(&samples, 2000);
        let expected: Vec<f64> = whole.std(0).skip(2000).take(1500).collect();
        assert_eq!(slab.std(0).collect::<Vec<_>>(), expected);
        let doubled = slab.merge(&whole, 2000);
        assert_eq!(doubled.std(0).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_nan_or_infinity_spoils_its_voxel_only() {
        let samples = vec![1.0, f32::NAN, f32::INFINITY, 3.0, 2.0, 1.0];
        let array = Array2::from_shape_vec((2, 3), samples).unwrap();
        let moments = of(&(Samples::Float32(array), Scaling::IDENTITY));
        let (mean, std): (Vec<f64>, Vec<f64>) = moments.mean().zip(moments.std(0)).unzip();
        assert_eq!((mean[0], std[0]), (2.0, 1.0));
        assert!(std[1].is_nan() && std[2].is_nan());
    }
}
