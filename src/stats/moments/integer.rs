//! Exact sums of integers.

use super::Sample;
use super::float::Deviation;
use super::wide_instructions::with_wide_instructions;
use crate::voxels::Scaling;
use ndarray::ArrayView2;

/// So many voxels are summed over all volumes of a block before the next ones: their sums
/// stay in the first cache meanwhile.
const VOXELS_IN_CACHE: usize = 1024;

/// Sum and sum of squares of each voxel's stored integers; `Q` is wide enough for the
/// squares.
#[derive(Clone, Debug)]
pub(super) struct IntegerSums<Q> {
    sums: Vec<i64>,
    squares: Vec<Q>,
}

/// The type that sums of squares are kept in.
pub(super) trait SquareSum: Copy + Default + std::ops::AddAssign + Into<u128> {}
impl SquareSum for u64 {}
impl SquareSum for u128 {}

/// An integer whose sums are kept exactly.
pub(super) trait Integer: Sample {
    /// The type of its sums of squares.
    type Squares: SquareSum;

    /// Adds volumes of [`VOXELS_IN_CACHE`] voxels or fewer.
    fn add_rows(rows: &[&[Self]], sums: &mut [i64], squares: &mut [Self::Squares]);
}

/// How many squares of a 16-bit integer, of at most 2^30, a u32 can sum.
const SQUARES_OF_INT16: usize = 3;
/// One square of an unsigned 16-bit integer fills a u32.
const SQUARES_OF_UINT16: usize = 1;
/// Squares of 8-bit integers are below 2^16.
const SQUARES_OF_BYTES: usize = 8;

macro_rules! narrow_integers {
    ($($number:ty, $group:expr);+) => {
        $(impl Integer for $number {
            type Squares = u64;

            #[inline]
            fn add_rows(rows: &[&[$number]], sums: &mut [i64], squares: &mut [u64]) {
                // Rows of a run are fewer than 2^15 (a dimension is an i16), so 32 bits hold
                // their sum; a group's squares fit 32 bits, which keeps the lanes narrow.
                let voxels = sums.len();
                let mut block_sums = [0_i32; VOXELS_IN_CACHE];
                let mut block_squares = [0_u64; VOXELS_IN_CACHE];
                let (block_sums, block_squares) =
                    (&mut block_sums[..voxels], &mut block_squares[..voxels]);
                let mut groups = rows.chunks_exact($group);
                for group in &mut groups {
                    let group: [&[$number]; $group] =
                        std::array::from_fn(|row| &group[row][..voxels]);
                    for voxel in 0..voxels {
                        let mut sum = 0_i32;
                        let mut square = 0_u32;
                        for row in group {
                            let sample = i32::from(row[voxel]);
                            sum += sample;
                            square = square.wrapping_add(sample.wrapping_mul(sample) as u32);
                        }
                        block_sums[voxel] += sum;
                        block_squares[voxel] += u64::from(square);
                    }
                }
                for row in groups.remainder() {
                    for ((sum, square), &sample) in
                        block_sums.iter_mut().zip(&mut *block_squares).zip(&row[..voxels])
                    {
                        let sample = i32::from(sample);
                        *sum += sample;
                        *square += u64::from(sample.wrapping_mul(sample) as u32);
                    }
                }
                for (sum, &block) in sums.iter_mut().zip(&*block_sums) {
                    *sum += i64::from(block);
                }
                for (square, &block) in squares.iter_mut().zip(&*block_squares) {
                    *square += block;
                }
            }
        })+
    };
}

narrow_integers!(
    u8, SQUARES_OF_BYTES; i8, SQUARES_OF_BYTES; u16, SQUARES_OF_UINT16; i16, SQUARES_OF_INT16
);

macro_rules! wide_integers {
    ($($number:ty),+) => {
        $(impl Integer for $number {
            type Squares = u128;

            #[inline]
            fn add_rows(rows: &[&[$number]], sums: &mut [i64], squares: &mut [u128]) {
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
            }
        })+
    };
}

wide_integers!(u32, i32);

impl<Q: SquareSum> IntegerSums<Q> {
    pub fn zero(voxels: usize) -> IntegerSums<Q> {
        IntegerSums { sums: vec![0; voxels], squares: vec![Q::default(); voxels] }
    }

    pub fn voxels(&self) -> usize {
        self.sums.len()
    }

    /// Adds volumes, of each the voxels from `first_voxel` on.
    pub fn add<T: Integer<Squares = Q>>(&mut self, samples: ArrayView2<T>, first_voxel: usize) {
        let samples = samples.as_slice().map(|all| (all, samples.ncols()));
        let (samples, stride) = samples.expect("blocks are contiguous");
        with_wide_instructions(|| {
            let mut rows: Vec<&[T]> = Vec::with_capacity(samples.len() / stride);
            let pieces =
                self.sums.chunks_mut(VOXELS_IN_CACHE).zip(self.squares.chunks_mut(VOXELS_IN_CACHE));
            for (piece, (sums, squares)) in pieces.enumerate() {
                let start = first_voxel + piece * VOXELS_IN_CACHE;
                rows.clear();
                rows.extend(
                    samples.chunks_exact(stride).map(|volume| &volume[start..start + sums.len()]),
                );
                T::add_rows(&rows, sums, squares);
            }
        });
    }

    /// Adds the sums of `other` from `first_voxel` on.
    pub fn merge(&mut self, other: &IntegerSums<Q>, first_voxel: usize) {
        let voxels = first_voxel..first_voxel + self.voxels();
        for (a, &b) in self.sums.iter_mut().zip(&other.sums[voxels.clone()]) {
            *a += b;
        }
        for (a, &b) in self.squares.iter_mut().zip(&other.squares[voxels]) {
            *a += b;
        }
    }

    /// Exact sums as the deviation of values: with S1 the sum and S2 the sum of squares,
    /// `M2 = slope^2 * (n*S2 - S1^2) / n`. The bracket is exact, so a constant voxel has
    /// exactly 0.
    #[inline]
    pub fn deviation(&self, voxel: usize, count: u64, scaling: Scaling) -> Deviation {
        let (sum, squares) = (self.sums[voxel], self.squares[voxel].into());
        let sum_squared = u128::from(sum.unsigned_abs()).pow(2);
        let bracket = u128::from(count) * squares - sum_squared;
        let n = count.max(1) as i64;
        let (whole, remainder) = (sum.div_euclid(n), sum.rem_euclid(n));
        Deviation {
            origin: whole as f64,
            offset: remainder as f64 / n as f64,
            m2: bracket as f64 / n as f64,
        }
        .scaled(scaling)
    }
}
