//! Exact sums of integers.

use super::float::Deviation;
use super::{Sample, written_zeros};
use crate::voxels::Scaling;
use crate::wide_instructions::{self, Kernel};

/// The number of voxels that are summed over all volumes of a block before the next ones: their
/// sums stay in the first cache meanwhile.
pub(super) const VOXELS_IN_CACHE: usize = 1024;

/// Sum and sum of squares of each voxel's stored integers; `Q` is wide enough for the
/// squares.
#[derive(Clone, Debug)]
pub(super) struct IntegerSums<Q: SquareSum> {
    sums: Vec<i64>,
    squares: Vec<Q>,
}

/// The type that sums of squares are kept in.
pub(super) trait SquareSum: Copy + Default + std::ops::AddAssign + Into<u128> {
    /// `n * S2 - S1^2`, exact before it is rounded to a float.
    fn bracket(count: u64, sum: i64, squares: Self) -> f64;
}

fn wide_bracket(count: u64, sum: i64, squares: u128) -> f64 {
    (u128::from(count) * squares - u128::from(sum.unsigned_abs()).pow(2)) as f64
}

impl SquareSum for u64 {
    #[inline]
    fn bracket(count: u64, sum: i64, squares: u64) -> f64 {
        match count.checked_mul(squares) {
            // Then the square of the sum, which is no greater, fits as well.
            Some(product) => (product - sum.unsigned_abs().pow(2)) as f64,
            None => wide_bracket(count, sum, squares.into()),
        }
    }
}

impl SquareSum for u128 {
    #[inline]
    fn bracket(count: u64, sum: i64, squares: u128) -> f64 {
        wide_bracket(count, sum, squares)
    }
}

/// An integer whose sums are kept exactly.
pub(super) trait Integer: Sample {
    /// The type of its sums of squares.
    type Squares: SquareSum;

    /// Adds volumes of [`VOXELS_IN_CACHE`] voxels or fewer, and tells their least and greatest
    /// sample.
    fn add_rows(
        rows: &[&[Self]],
        sums: &mut [i64],
        squares: &mut [Self::Squares],
    ) -> Extremes<Self>;
}

/// The least and the greatest of some samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremes<T> {
    pub least: T,
    pub greatest: T,
}

impl<T: Sample> Extremes<T> {
    /// Whether one of the samples is at the limit of its type.
    pub fn reach_a_limit(self) -> bool {
        self.least.is_at_limit() || self.greatest.is_at_limit()
    }
}

/// The number of volumes that are added to one voxel before its sums are stored again.
const ROWS_AT_ONCE: usize = 8;

macro_rules! extremes_of {
    ($number:ident, $rows:expr) => {{
        let (mut least, mut greatest) = ($number::MAX, $number::MIN);
        for row in $rows {
            let of_both = |(least, greatest): ($number, $number), &it: &$number| {
                (least.min(it), greatest.max(it))
            };
            (least, greatest) = row.iter().fold((least, greatest), of_both);
        }
        Extremes { least, greatest }
    }};
}

macro_rules! narrow_integers {
    ($($number:ident $unsigned:ident $bits:expr),+) => {
        $(impl Integer for $number {
            type Squares = u64;

            #[inline(always)]
            fn add_rows(
                rows: &[&[$number]],
                sums: &mut [i64],
                squares: &mut [u64],
            ) -> Extremes<$number> {
                let extremes = extremes_of!($number, rows);
                let [least, greatest] =
                    [extremes.least, extremes.greatest].map(|it| ($bits)(it) as $unsigned);
                let most = (u64::from(least.max(greatest)) + 1).pow(2) * rows.len() as u64;
                if most <= u64::from(u32::MAX) {
                    add_groups::<$number, SmallBlock>(rows, sums, squares);
                } else {
                    add_groups::<$number, NarrowBlock>(rows, sums, squares);
                }
                extremes
            }
        })+
    };
}

// With what the magnitude of a sample is told by: of a negative one, its complement.
narrow_integers!(
    u8 u8 |sample: u8| sample, i8 u8 |sample: i8| sample ^ (sample >> 7),
    u16 u16 |sample: u16| sample, i16 u16 |sample: i16| sample ^ (sample >> 15)
);

/// Sums over the volumes of a block, in 32 bits, so that a vector holds many.
trait Block: Default {
    /// Adds volumes of `voxels` voxels.
    fn add<T: Copy + Into<i32>, const ROWS: usize>(&mut self, rows: [&[T]; ROWS], voxels: usize);
    /// Adds what was summed to wider sums.
    fn flush(&self, sums: &mut [i64], squares: &mut [u64]);
}

#[inline(always)]
fn add_groups<T: Copy + Into<i32>, B: Block>(rows: &[&[T]], sums: &mut [i64], squares: &mut [u64]) {
    let mut block = B::default();
    let mut groups = rows.chunks_exact(ROWS_AT_ONCE);
    for group in &mut groups {
        let rows: [&[T]; ROWS_AT_ONCE] = std::array::from_fn(|row| group[row]);
        block.add(rows, sums.len());
    }
    for &row in groups.remainder() {
        block.add([row], sums.len());
    }
    block.flush(sums, squares);
}

/// A block of samples so small that the sum of their squares fits 32 bits.
struct SmallBlock {
    sums: [i32; VOXELS_IN_CACHE],
    squares: [u32; VOXELS_IN_CACHE],
}

impl Default for SmallBlock {
    fn default() -> SmallBlock {
        SmallBlock { sums: [0; VOXELS_IN_CACHE], squares: [0; VOXELS_IN_CACHE] }
    }
}

impl Block for SmallBlock {
    #[inline(always)]
    fn add<T: Copy + Into<i32>, const ROWS: usize>(&mut self, rows: [&[T]; ROWS], voxels: usize) {
        let rows = rows.map(|row| &row[..voxels]);
        let (sums, squares) = (&mut self.sums[..voxels], &mut self.squares[..voxels]);
        for voxel in 0..voxels {
            let (mut sum, mut square) = (0_i32, 0_u32);
            for row in rows {
                let sample: i32 = row[voxel].into();
                sum += sample;
                square = square.wrapping_add(sample.wrapping_mul(sample) as u32);
            }
            sums[voxel] += sum;
            squares[voxel] = squares[voxel].wrapping_add(square);
        }
    }

    #[inline(always)]
    fn flush(&self, sums: &mut [i64], squares: &mut [u64]) {
        for (sum, &block) in sums.iter_mut().zip(&self.sums) {
            *sum += i64::from(block);
        }
        for (square, &block) in squares.iter_mut().zip(&self.squares) {
            *square += u64::from(block);
        }
    }
}

/// A block of any 16-bit samples. It has fewer than 2^15 volumes (a dimension is an i16), so a sum
/// of them fits, and so do the sums of the lower and the upper halves of their squares.
struct NarrowBlock {
    sums: [i32; VOXELS_IN_CACHE],
    low: [u32; VOXELS_IN_CACHE],
    high: [u32; VOXELS_IN_CACHE],
}

impl Default for NarrowBlock {
    fn default() -> NarrowBlock {
        let (sums, halves) = ([0; VOXELS_IN_CACHE], [0; VOXELS_IN_CACHE]);
        NarrowBlock { sums, low: halves, high: halves }
    }
}

impl Block for NarrowBlock {
    #[inline(always)]
    fn add<T: Copy + Into<i32>, const ROWS: usize>(&mut self, rows: [&[T]; ROWS], voxels: usize) {
        let rows = rows.map(|row| &row[..voxels]);
        let (sums, low, high) =
            (&mut self.sums[..voxels], &mut self.low[..voxels], &mut self.high[..voxels]);
        for voxel in 0..voxels {
            let (mut sum, mut low_half, mut high_half) = (0_i32, 0_u32, 0_u32);
            for row in rows {
                let sample: i32 = row[voxel].into();
                let square = sample.wrapping_mul(sample) as u32;
                sum += sample;
                low_half += square & 0xFFFF;
                high_half += square >> 16;
            }
            sums[voxel] += sum;
            low[voxel] += low_half;
            high[voxel] += high_half;
        }
    }

    #[inline(always)]
    fn flush(&self, sums: &mut [i64], squares: &mut [u64]) {
        for (sum, &block) in sums.iter_mut().zip(&self.sums) {
            *sum += i64::from(block);
        }
        for ((square, &low), &high) in squares.iter_mut().zip(&self.low).zip(&self.high) {
            *square += u64::from(low) + (u64::from(high) << 16);
        }
    }
}

macro_rules! wide_integers {
    ($($number:ident),+) => {
        $(impl Integer for $number {
            type Squares = u128;

            #[inline(always)]
            fn add_rows(
                rows: &[&[$number]],
                sums: &mut [i64],
                squares: &mut [u128],
            ) -> Extremes<$number> {
                // A square is split into halves whose sums cannot overflow 64 bits.
                let voxels = sums.len();
                let mut low = [0_u64; VOXELS_IN_CACHE];
                let mut high = [0_u64; VOXELS_IN_CACHE];
                for row in rows {
                    for voxel in 0..voxels {
                        let sample = i64::from(row[voxel]);
                        sums[voxel] += sample;
                        let magnitude = sample.unsigned_abs() & 0xFFFF_FFFF;
                        let square = magnitude * magnitude;
                        low[voxel] += square & 0xFFFF_FFFF;
                        high[voxel] += square >> 32;
                    }
                }
                for (voxel, square) in squares.iter_mut().enumerate() {
                    *square += u128::from(low[voxel]) + (u128::from(high[voxel]) << 32);
                }
                extremes_of!($number, rows)
            }
        })+
    };
}

wide_integers!(u32, i32);

/// [`Integer::add_rows`].
struct AddRows<'a, T: Integer> {
    rows: &'a [&'a [T]],
    sums: &'a mut [i64],
    squares: &'a mut [T::Squares],
}

impl<T: Integer> Kernel for AddRows<'_, T> {
    type Result = Extremes<T>;

    #[inline(always)]
    fn run(self) -> Extremes<T> {
        T::add_rows(self.rows, self.sums, self.squares)
    }
}

impl<Q: SquareSum> IntegerSums<Q> {
    pub fn zero(voxels: usize) -> IntegerSums<Q> {
        IntegerSums { sums: written_zeros(voxels), squares: written_zeros(voxels) }
    }

    pub fn voxels(&self) -> usize {
        self.sums.len()
    }

    /// Adds volumes to the voxels from `start` on: `rows` holds of each volume just those voxels,
    /// [`VOXELS_IN_CACHE`] or fewer. Tells the least and the greatest sample.
    pub fn add<T: Integer<Squares = Q>>(&mut self, rows: &[&[T]], start: usize) -> Extremes<T> {
        let voxels = rows.first().map_or(0, |row| row.len());
        let (sums, squares) =
            (&mut self.sums[start..][..voxels], &mut self.squares[start..][..voxels]);
        wide_instructions::run(AddRows { rows, sums, squares })
    }

    /// Adds the sums of `other`.
    pub fn merge(&mut self, other: &IntegerSums<Q>) {
        for (a, &b) in self.sums.iter_mut().zip(&other.sums) {
            *a += b;
        }
        for (a, &b) in self.squares.iter_mut().zip(&other.squares) {
            *a += b;
        }
    }

    /// The sum of one voxel's squared deviations from their mean: with S1 the sum and S2 the sum
    /// of squares, `M2 = (n*S2 - S1^2) / n`. The bracket is exact, so a constant voxel has
    /// exactly 0.
    #[inline]
    fn m2(&self, voxel: usize, count: u64) -> f64 {
        Q::bracket(count, self.sums[voxel], self.squares[voxel]) / count.max(1) as f64
    }

    /// The mean of one voxel's values, and the sum of their squared deviations from it.
    #[inline]
    pub fn mean_and_squares(&self, voxel: usize, count: u64, scaling: Scaling) -> (f64, f64) {
        let mean = scaling.apply(self.sums[voxel] as f64 / count.max(1) as f64);
        (mean, scaling.slope() * scaling.slope() * self.m2(voxel, count))
    }

    /// These sums as a deviation.
    #[inline]
    pub fn deviation(&self, voxel: usize, count: u64, scaling: Scaling) -> Deviation {
        deviation(self.sums[voxel], self.m2(voxel, count), count).scaled(scaling)
    }

    /// The sums alone, beside what a fit leaves of the squares.
    pub fn fitted(self, left: Vec<f64>) -> FittedSums {
        FittedSums { sums: self.sums, left }
    }
}

/// Exact sums of the integers of complete runs, and in values what is left of their squared
/// deviations: after each run's fit about its own mean, and between these means.
#[derive(Clone, Debug)]
pub(super) struct FittedSums {
    sums: Vec<i64>,
    left: Vec<f64>,
}

impl FittedSums {
    pub fn voxels(&self) -> usize {
        self.sums.len()
    }

    /// Merges with `other`, which is over `other_count` volumes; these are over `count`. As
    /// deviations are merged, but for the difference of the means, which is exact.
    pub fn merge(&mut self, count: u64, other: &FittedSums, other_count: u64, scaling: Scaling) {
        let (n_a, n_b) = (count as f64, other_count as f64);
        let weight = scaling.slope() * scaling.slope() / (n_a * n_b * (n_a + n_b));
        for (voxel, (sum, left)) in self.sums.iter_mut().zip(&mut self.left).enumerate() {
            let (a, b) = (i128::from(*sum), i128::from(other.sums[voxel]));
            let delta = (b * i128::from(count) - a * i128::from(other_count)) as f64;
            *left += other.left[voxel] + delta * delta * weight;
            *sum += other.sums[voxel];
        }
    }

    /// The mean of one voxel's values, and what is left of their squares.
    #[inline]
    pub fn mean_and_squares(&self, voxel: usize, count: u64, scaling: Scaling) -> (f64, f64) {
        (scaling.apply(self.sums[voxel] as f64 / count as f64), self.left[voxel])
    }

    /// These sums as a deviation.
    pub fn deviation(&self, voxel: usize, count: u64, scaling: Scaling) -> Deviation {
        let mean = deviation(self.sums[voxel], 0.0, count).scaled(scaling);
        Deviation { m2: self.left[voxel], ..mean }
    }
}

/// The deviation of stored integers with this sum.
#[inline]
fn deviation(sum: i64, m2: f64, count: u64) -> Deviation {
    let n = count.max(1) as i64;
    let (whole, remainder) = (sum.div_euclid(n), sum.rem_euclid(n));
    Deviation { origin: whole as f64, offset: remainder as f64 / n as f64, m2 }
}
