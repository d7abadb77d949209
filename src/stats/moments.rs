//! The moments of every voxel over some volumes, as values that merge.
//!
//! [`Moments::of`] takes a block of volumes, [`Moments::merge`] joins the moments of two
//! sets of volumes, [`Moments::mean`] and [`Moments::std`] are what follows from them. Laws:
//! merging is associative, and a series split anywhere and merged equals the whole:
//!
//! - exactly, whatever the order, while both sides are integers of one scaling. Of 8- to
//!   32-bit integers the sums of samples and of squares are kept as integers, wide enough
//!   for 2^31 volumes, and scaled at the end;
//! - to rounding (about 1e-15 of the standard deviation) otherwise. Then count, mean and
//!   sum of squared deviations are kept and merged as in Chan, Golub and LeVeque (1983,
//!   equation 2.1; the same in Pebay 2008, equations II.3 and II.4):
//!
//!   ```text
//!   delta = mean_b - mean_a
//!   mean  = mean_a + delta * n_b / n
//!   M2    = M2_a + M2_b + delta^2 * n_a * n_b / n
//!   ```
//!
//! The mean is kept in two parts, an *origin* that is one of the samples (or the integer
//! part of the mean) and a small *offset* from it. The difference of two origins close to
//! one another is exact in floating point (Sterbenz 1974), so delta loses no digits to a
//! large common offset: samples around 1e7 with a deviation of 1 lose none.
//!
//! A NaN or infinity makes the moments of its voxel NaN and of no other.

use crate::voxels::{Block, Sample, Samples, Scaling};
use ndarray::{Array2, ArrayView2};
use std::borrow::Cow;

/// The moments of every voxel of a grid over some volumes.
#[derive(Clone, Debug)]
pub struct Moments {
    count: u64,
    sums: Sums,
}

#[derive(Clone, Debug)]
enum Sums {
    /// 8- and 16-bit integers: squares below 2^32, so their sum below 2^63 for 2^31 volumes.
    Narrow(Scaling, Vec<IntegerSums<u64>>),
    /// 32-bit integers: squares below 2^64.
    Wide(Scaling, Vec<IntegerSums<u128>>),
    /// Everything else, scaled.
    Float(Vec<Deviations>),
}

/// Sum and sum of squares of one voxel's stored integers.
#[derive(Clone, Copy, Debug, Default)]
struct IntegerSums<Q> {
    sum: i64,
    squares: Q,
}

/// Mean, as `origin + offset`, and sum of squared deviations from it, of one voxel.
#[derive(Clone, Copy, Debug, Default)]
struct Deviations {
    origin: f64,
    offset: f64,
    m2: f64,
}

/// An integer whose sums are kept exactly, with squares summed in `Square`.
trait Integer: Sample {
    type Square: Copy + Default + std::ops::AddAssign;
    fn widened(self) -> i64;
    fn squared(self) -> Self::Square;
}

macro_rules! integers {
    ($($number:ty => $square:ty),+) => {
        $(impl Integer for $number {
            type Square = $square;
            #[inline]
            fn widened(self) -> i64 {
                i64::from(self)
            }
            #[inline]
            fn squared(self) -> $square {
                let magnitude = <$square>::from(self.unsigned_magnitude());
                magnitude * magnitude
            }
        })+
    };
}

/// The absolute value in the unsigned type of the same width.
trait UnsignedMagnitude {
    type Unsigned;
    fn unsigned_magnitude(self) -> Self::Unsigned;
}

macro_rules! magnitudes {
    ($($signed:ty, $unsigned:ty);+) => {
        $(impl UnsignedMagnitude for $signed {
            type Unsigned = $unsigned;
            #[inline]
            fn unsigned_magnitude(self) -> $unsigned {
                self.unsigned_abs()
            }
        }
        impl UnsignedMagnitude for $unsigned {
            type Unsigned = $unsigned;
            #[inline]
            fn unsigned_magnitude(self) -> $unsigned {
                self
            }
        })+
    };
}

magnitudes!(i8, u8; i16, u16; i32, u32);
integers!(u8 => u64, i8 => u64, u16 => u64, i16 => u64, u32 => u128, i32 => u128);

impl Moments {
    /// The moments over the volumes of a block.
    ///
    /// Integers up to 32 bits are summed exactly. Floats and 64-bit integers take two
    /// passes over the block: the mean, then the deviations from it.
    pub fn of(block: &Block) -> Moments {
        let scaling = block.scaling;
        let sums = match &block.samples {
            Samples::Uint8(samples) => Sums::Narrow(scaling, integer_sums(samples)),
            Samples::Int8(samples) => Sums::Narrow(scaling, integer_sums(samples)),
            Samples::Uint16(samples) => Sums::Narrow(scaling, integer_sums(samples)),
            Samples::Int16(samples) => Sums::Narrow(scaling, integer_sums(samples)),
            Samples::Uint32(samples) => Sums::Wide(scaling, integer_sums(samples)),
            Samples::Int32(samples) => Sums::Wide(scaling, integer_sums(samples)),
            Samples::Uint64(samples) => Sums::Float(deviations(samples.view(), scaling)),
            Samples::Int64(samples) => Sums::Float(deviations(samples.view(), scaling)),
            Samples::Float32(samples) => Sums::Float(deviations(samples.view(), scaling)),
            Samples::Float64(samples) => Sums::Float(deviations(samples.view(), scaling)),
        };
        Moments { count: block.samples.volumes() as u64, sums }
    }

    /// The moments over the volumes of both. The memory of `self` is used again where its
    /// form allows.
    ///
    /// # Panics
    /// If the two have different numbers of voxels.
    pub fn merge(self, other: &Moments) -> Moments {
        let count = self.count + other.count;
        let sums = match (self.sums, &other.sums) {
            (Sums::Narrow(scaling, a), Sums::Narrow(of_b, b)) if scaling == *of_b => {
                Sums::Narrow(scaling, added(a, b))
            }
            (Sums::Wide(scaling, a), Sums::Wide(of_b, b)) if scaling == *of_b => {
                Sums::Wide(scaling, added(a, b))
            }
            (a, b) => Sums::Float(chan_merge(
                (self.count, a.deviations(self.count).into_owned()),
                (other.count, &b.deviations(other.count)),
            )),
        };
        Moments { count, sums }
    }

    /// Over how many volumes the moments are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean of each voxel.
    pub fn mean(&self) -> Vec<f64> {
        self.sums.map(self.count, |it| it.origin + it.offset)
    }

    /// The standard deviation of each voxel: `sqrt(M2 / (N - ddof))`. A voxel whose samples
    /// are all the same has exactly 0.
    pub fn std(&self, ddof: usize) -> Vec<f64> {
        let freedom = self.count as f64 - ddof as f64;
        self.sums.map(self.count, |it| (it.m2 / freedom).sqrt())
    }
}

impl Sums {
    /// One number of each voxel's deviations.
    fn map(&self, count: u64, number: impl Fn(Deviations) -> f64) -> Vec<f64> {
        match self {
            Sums::Float(deviations) => deviations.iter().map(|&it| number(it)).collect(),
            Sums::Narrow(scaling, sums) => {
                sums.iter().map(|it| number(it.scaled(count, *scaling))).collect()
            }
            Sums::Wide(scaling, sums) => {
                sums.iter().map(|it| number(it.scaled(count, *scaling))).collect()
            }
        }
    }

    fn deviations(&self, count: u64) -> Cow<'_, [Deviations]> {
        match self {
            Sums::Float(deviations) => Cow::Borrowed(deviations),
            Sums::Narrow(scaling, sums) => {
                sums.iter().map(|it| it.scaled(count, *scaling)).collect()
            }
            Sums::Wide(scaling, sums) => sums.iter().map(|it| it.scaled(count, *scaling)).collect(),
        }
    }
}

fn integer_sums<T: Integer>(samples: &Array2<T>) -> Vec<IntegerSums<T::Square>> {
    let mut sums = vec![IntegerSums::default(); samples.ncols()];
    for volume in samples.rows() {
        for (sums, &sample) in sums.iter_mut().zip(volume) {
            sums.sum += sample.widened();
            sums.squares += sample.squared();
        }
    }
    sums
}

fn added<Q: Copy + std::ops::AddAssign>(
    mut a: Vec<IntegerSums<Q>>,
    b: &[IntegerSums<Q>],
) -> Vec<IntegerSums<Q>> {
    assert_eq!(a.len(), b.len(), "moments of one grid");
    for (a, b) in a.iter_mut().zip(b) {
        a.sum += b.sum;
        a.squares += b.squares;
    }
    a
}

impl<Q: Copy + Into<u128>> IntegerSums<Q> {
    /// Exact sums as scaled deviations: with S1 the sum and S2 the sum of squares,
    /// `M2 = slope^2 * (n*S2 - S1^2) / n`. The bracket is exact, so a constant voxel has
    /// exactly 0.
    fn scaled(self, count: u64, scaling: Scaling) -> Deviations {
        let n = i128::from(count);
        let sum_squared = u128::from(self.sum.unsigned_abs()).pow(2);
        let bracket = u128::from(count) * self.squares.into() - sum_squared;
        let whole = i128::from(self.sum).div_euclid(n);
        let remainder = i128::from(self.sum).rem_euclid(n);
        let slope = scaling.slope();
        Deviations {
            origin: scaling.apply(whole as f64),
            offset: slope * (remainder as f64 / n as f64),
            m2: slope * slope * (bracket as f64 / n as f64),
        }
    }
}

/// Two passes over a block: offsets from the first volume give the mean, deviations from
/// it the sum of squares.
fn deviations<T: Sample>(samples: ArrayView2<T>, scaling: Scaling) -> Vec<Deviations> {
    let start = |&sample: &T| Deviations { origin: sample.to_f64(), offset: 0.0, m2: 0.0 };
    let mut deviations: Vec<Deviations> = samples.row(0).iter().map(start).collect();
    for volume in samples.rows() {
        for (it, &sample) in deviations.iter_mut().zip(volume) {
            it.offset += sample.to_f64() - it.origin;
        }
    }
    let count = samples.nrows() as f64;
    for it in &mut deviations {
        it.offset /= count;
    }
    for volume in samples.rows() {
        for (it, &sample) in deviations.iter_mut().zip(volume) {
            let deviation = (sample.to_f64() - it.origin) - it.offset;
            it.m2 += deviation * deviation;
        }
    }
    let slope = scaling.slope();
    for it in &mut deviations {
        it.origin = scaling.apply(it.origin);
        it.offset *= slope;
        it.m2 *= slope * slope;
    }
    deviations
}

fn chan_merge(
    (count_a, mut a): (u64, Vec<Deviations>),
    (count_b, b): (u64, &[Deviations]),
) -> Vec<Deviations> {
    assert_eq!(a.len(), b.len(), "moments of one grid");
    let (n_a, n_b) = (count_a as f64, count_b as f64);
    let n = n_a + n_b;
    let (share_of_b, weight) = (n_b / n, n_a * n_b / n);
    for (a, b) in a.iter_mut().zip(b) {
        let delta = (b.origin - a.origin) + (b.offset - a.offset);
        a.offset += delta * share_of_b;
        a.m2 += b.m2 + delta * delta * weight;
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn int16(samples: &[i16], scaling: Scaling) -> Block {
        let array = Array2::from_shape_vec((samples.len(), 1), samples.to_vec()).unwrap();
        Block { samples: Samples::Int16(array), scaling }
    }

    fn float64(samples: &[f64]) -> Block {
        let array = Array2::from_shape_vec((samples.len(), 1), samples.to_vec()).unwrap();
        Block { samples: Samples::Float64(array), scaling: Scaling::IDENTITY }
    }

    /// Mean and sum of squared deviations of the only voxel.
    fn finished(moments: Moments) -> (f64, f64) {
        (moments.mean()[0], moments.sums.deviations(moments.count)[0].m2)
    }

    /// The moments of `parts`, merged from left to right.
    fn merged(parts: impl IntoIterator<Item = Block>) -> Moments {
        let mut parts = parts.into_iter().map(|block| Moments::of(&block));
        let first = parts.next().unwrap();
        parts.fold(first, |a, b| a.merge(&b))
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
            let whole = finished(Moments::of(&int16(&samples, scaling)));
            prop_assert_eq!(finished(merged([int16(a, scaling), int16(b, scaling)])), whole);
            prop_assert_eq!(finished(merged([int16(b, scaling), int16(a, scaling)])), whole);
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
            let merged = finished(merged(parts));
            let whole = finished(Moments::of(&float64(&samples)));
            prop_assert!((merged.1 / whole.1 - 1.0).abs() < 1e-13, "{merged:?} {whole:?}");
            // Sums of 60 samples of size 1 round to about 1e-15 of them, beside the offset's.
            prop_assert!((merged.0 - whole.0).abs() <= 1e-14 * offset.abs().max(1.0));
        }

        #[test]
        fn merging_floats_is_associative(
            parts in prop::collection::vec(prop::collection::vec(9e6..1.1e7_f64, 1..9), 3),
        ) {
            let [a, b, c] = [0, 1, 2].map(|part| Moments::of(&float64(&parts[part])));
            let left = finished(a.clone().merge(&b).merge(&c));
            let right = finished(a.merge(&b.merge(&c)));
            prop_assert!((left.1 - right.1).abs() <= 1e-13 * left.1, "{left:?} {right:?}");
            prop_assert!((left.0 / right.0 - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn the_limits_of_int16_do_not_overflow() {
        let samples: Vec<i16> =
            (0..4000).map(|t| if t % 2 == 0 { i16::MIN } else { i16::MAX }).collect();
        let whole = finished(Moments::of(&int16(&samples, Scaling::IDENTITY)));
        assert_eq!(whole, (-0.5, 4000.0 * 32767.5 * 32767.5));
    }

    #[test]
    fn the_limits_of_uint32_do_not_overflow() {
        let array = Array2::from_shape_vec((4, 1), vec![u32::MAX, 0, u32::MAX, 0]).unwrap();
        let block = Block { samples: Samples::Uint32(array), scaling: Scaling::IDENTITY };
        let half = f64::from(u32::MAX) / 2.0;
        assert_eq!(finished(Moments::of(&block)), (half, 4.0 * half * half));
    }

    #[test]
    fn a_constant_voxel_has_no_deviation_whatever_its_scaling() {
        let scaling = Scaling::from_header(0.1, 3.3).unwrap();
        assert_eq!(finished(merged([int16(&[7; 5], scaling), int16(&[7; 3], scaling)])).1, 0.0);
        assert_eq!(finished(merged([float64(&[0.1; 5]), float64(&[0.1; 3])])).1, 0.0);
    }

    #[test]
    fn runs_of_different_scaling_are_merged_as_values() {
        let doubled = Scaling::from_header(2.0, 0.0).unwrap();
        let mixed = merged([int16(&[1, 2, 3], doubled), int16(&[2, 4, 6], Scaling::IDENTITY)]);
        assert_eq!(mixed.count(), 6);
        assert_eq!(finished(mixed), (4.0, 16.0));
    }

    #[test]
    fn a_nan_or_infinity_spoils_its_voxel_only() {
        let array =
            Array2::from_shape_vec((2, 3), vec![1.0, f32::NAN, f32::INFINITY, 3.0, 2.0, 1.0]);
        let block = Block { samples: Samples::Float32(array.unwrap()), scaling: Scaling::IDENTITY };
        let moments = Moments::of(&block);
        assert_eq!((moments.mean()[0], moments.std(0)[0]), (2.0, 1.0));
        assert!(moments.std(0)[1].is_nan() && moments.std(0)[2].is_nan());
    }
}
