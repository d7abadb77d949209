//! Blocks of samples in the type in which they were stored.

use super::{ByteOrder, Datatype, Scaling};
use crate::wide_instructions::{self, Kernel};
use ndarray::Array2;
use std::ops::Range;
use twox_hash::XxHash3_64;

/// A number that can be one voxel's sample.
pub trait Sample: bytemuck::Pod + PartialOrd + Send + Sync {
    /// No number of the type is lower.
    const LOWEST: Self;

    /// The sample as float64: exact but for 64-bit integers beyond 2^53, which are rounded
    /// as numpy rounds them.
    fn to_f64(self) -> f64;
    /// The sample with its bytes in reverse order.
    fn with_bytes_reversed(self) -> Self;
    /// Whether it is the largest number that its type holds, or of a signed integer the
    /// smallest: what a scanner writes for everything beyond. Never true of a float.
    fn is_at_limit(self) -> bool;
    /// 0 for what is no number: NaN, and infinities too where `infinities` says so.
    fn finite_or_zero(self, infinities: Infinities) -> Self;

    /// The sum of the samples that are finite, in an order that does not depend on anything else:
    /// of integers of up to 16 bits exactly.
    fn sum_of_finite(samples: &[Self]) -> f64;

    /// The sum of the squared changes from `before` to `now` that are finite, as
    /// [`sum_of_finite`](Sample::sum_of_finite).
    fn sum_of_squared_changes(before: &[Self], now: &[Self]) -> f64;

    /// All samples, if they are of this type.
    fn slice(samples: &Samples) -> Option<&[Self]>;

    /// All samples, to be changed, if they are of this type.
    fn slice_mut(samples: &mut Samples) -> Option<&mut [Self]>;

    /// Whether every bit of the samples is 0.
    #[inline(always)]
    fn are_zeros(samples: &[Self]) -> bool {
        let bytes: &[u8] = bytemuck::cast_slice(samples);
        bytes.iter().fold(0, |any, byte| any | byte) == 0
    }
}

/// The fate of infinite samples where NaN becomes 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Infinities {
    /// The samples stay as they are.
    Kept,
    /// Infinite samples become 0 as well.
    Zero,
}

/// Memory for samples that the system does not give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// How many bytes were asked for.
    pub bytes: usize,
}

macro_rules! samples {
    ($($variant:ident $number:ident $kind:ident),+) => {
        /// The samples of some volumes, `[t, voxel]`, voxels in the order of the file
        /// (first axis of the grid fastest).
        #[derive(Clone, Debug)]
        #[allow(missing_docs)]
        pub enum Samples {
            $($variant(Array2<$number>)),+
        }

        $(impl Sample for $number {
            const LOWEST: $number = rules_of!(lowest $kind $number);
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn with_bytes_reversed(self) -> $number {
                <$number>::from_ne_bytes({
                    let mut bytes = self.to_ne_bytes();
                    bytes.reverse();
                    bytes
                })
            }
            #[inline]
            fn slice(samples: &Samples) -> Option<&[$number]> {
                match samples {
                    Samples::$variant(array) => array.as_slice(),
                    _ => None,
                }
            }
            #[inline]
            fn slice_mut(samples: &mut Samples) -> Option<&mut [$number]> {
                match samples {
                    Samples::$variant(array) => array.as_slice_mut(),
                    _ => None,
                }
            }
            rules_of!($kind $number);
        })+

        impl Samples {
            /// The type of the samples.
            pub fn datatype(&self) -> Datatype {
                match self {
                    $(Samples::$variant(_) => Datatype::$variant),+
                }
            }

            /// No samples, of this type.
            pub fn none(datatype: Datatype) -> Samples {
                Samples::zeros(datatype, 0, 0)
            }

            /// Samples of this type that are 0.
            pub fn zeros(datatype: Datatype, volumes: usize, voxels: usize) -> Samples {
                let shape = (volumes, voxels);
                match datatype {
                    $(Datatype::$variant => Samples::$variant(Array2::default(shape))),+
                }
            }

            /// `volumes` volumes of `voxels` samples each, in the memory of these samples
            /// if it is large enough: `fill` is given the memory to fill with the bytes as
            /// they stand in the file, in `order`.
            ///
            /// # Errors
            /// Those of `fill`; memory that cannot be had.
            pub fn refilled<E: From<OutOfMemory>>(
                self,
                order: ByteOrder,
                volumes: usize,
                voxels: usize,
                fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
            ) -> Result<Samples, E> {
                match self {
                    $(Samples::$variant(array) => {
                        refilled(array, order, volumes, voxels, fill).map(Samples::$variant)
                    })+
                }
            }
        }

        /// Runs one generic expression on the array of samples, whatever its type.
        macro_rules! with_samples {
            ($samples:expr, $array:ident => $body:expr) => {
                match $samples {
                    $(Samples::$variant($array) => $body),+
                }
            };
        }
    };
}

/// The sum of what `number` makes of the pairs of two slices of one length, in a fixed order that
/// vector instructions can follow.
///
/// # Panics
/// If the slices are not as long.
#[inline(always)]
pub fn ordered_sum<T: Copy>(a: &[T], b: &[T], number: impl Fn(T, T) -> f64) -> f64 {
    /// The number of sums that are taken side by side.
    const LANES: usize = 16;
    assert_eq!(a.len(), b.len(), "pairs");
    let mut lanes = [0.0; LANES];
    let (mut groups, mut others) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (a, b) in (&mut groups).zip(&mut others) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += number(a[lane], b[lane]);
        }
    }
    for ((sum, &a), &b) in lanes.iter_mut().zip(groups.remainder()).zip(others.remainder()) {
        *sum += number(a, b);
    }
    lanes.iter().sum()
}

macro_rules! rules_of {
    (narrow $number:ident) => {
        rules_of!(limits $number);
        #[inline(always)]
        fn sum_of_finite(samples: &[$number]) -> f64 {
            // So many of 16 bits add up to less than 2^31.
            let sums = samples.chunks(1 << 14).map(|samples| {
                i64::from(samples.iter().map(|&sample| i32::from(sample)).sum::<i32>())
            });
            sums.sum::<i64>() as f64
        }
        #[inline(always)]
        fn sum_of_squared_changes(before: &[$number], now: &[$number]) -> f64 {
            let squared = |(before, now): (&$number, &$number)| {
                let change = u64::from(now.abs_diff(*before));
                change * change
            };
            before.iter().zip(now).map(squared).sum::<u64>() as f64
        }
    };
    (wide $number:ident) => {
        rules_of!(limits $number);
        #[inline(always)]
        fn sum_of_finite(samples: &[$number]) -> f64 {
            ordered_sum(samples, samples, |sample, _| sample.to_f64())
        }
        rules_of!(changes $number);
    };
    (lowest float $number:ident) => {
        $number::NEG_INFINITY
    };
    (lowest $kind:ident $number:ident) => {
        $number::MIN
    };
    (changes $number:ident) => {
        #[inline(always)]
        fn sum_of_squared_changes(before: &[$number], now: &[$number]) -> f64 {
            let squared = |before: $number, now: $number| {
                let change = now.to_f64() - before.to_f64();
                if change.is_finite() { change * change } else { 0.0 }
            };
            ordered_sum(before, now, squared)
        }
    };
    (limits $number:ident) => {
        #[inline]
        fn is_at_limit(self) -> bool {
            self == $number::MAX || ($number::MIN != 0 && self == $number::MIN)
        }
        #[inline]
        fn finite_or_zero(self, _: Infinities) -> $number {
            self
        }
    };
    (float $number:ident) => {
        rules_of!(changes $number);
        #[inline(always)]
        fn sum_of_finite(samples: &[$number]) -> f64 {
            let sum = ordered_sum(samples, samples, |sample, _| sample.to_f64());
            if sum.is_finite() {
                return sum;
            }
            // One that is not finite leaves no finite sum.
            let finite = |sample: $number| if sample.is_finite() { sample.to_f64() } else { 0.0 };
            ordered_sum(samples, samples, |sample, _| finite(sample))
        }
        #[inline]
        fn is_at_limit(self) -> bool {
            false
        }
        #[inline]
        fn finite_or_zero(self, infinities: Infinities) -> $number {
            let is_lost = match infinities {
                Infinities::Kept => self.is_nan(),
                Infinities::Zero => !self.is_finite(),
            };
            if is_lost { 0.0 } else { self }
        }
    };
}

samples!(
    Uint8 u8 narrow, Int8 i8 narrow, Uint16 u16 narrow, Int16 i16 narrow, Uint32 u32 wide,
    Int32 i32 wide, Uint64 u64 wide, Int64 i64 wide, Float32 f32 float, Float64 f64 float
);

fn refilled<T: Sample, E: From<OutOfMemory>>(
    array: Array2<T>,
    order: ByteOrder,
    volumes: usize,
    voxels: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> Result<Array2<T>, E> {
    let count = volumes * voxels;
    let (mut numbers, _) = array.into_raw_vec_and_offset();
    if numbers.capacity() < count {
        // Fresh memory that is zero already, rather than zeros written to it.
        numbers = bytemuck::try_zeroed_vec(count)
            .map_err(|()| OutOfMemory { bytes: count * size_of::<T>() })?;
    } else {
        numbers.resize(count, T::zeroed());
    }
    fill(bytemuck::cast_slice_mut(&mut numbers))?;
    if order != ByteOrder::NATIVE {
        for number in &mut numbers {
            *number = number.with_bytes_reversed();
        }
    }
    Ok(Array2::from_shape_vec((volumes, voxels), numbers).expect("the shape was allocated"))
}

/// [`Sample::sum_of_finite`].
struct SumOfFinite<'a, T>(&'a [T]);

impl<T: Sample> Kernel for SumOfFinite<'_, T> {
    type Result = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        T::sum_of_finite(self.0)
    }
}

/// [`Sample::sum_of_squared_changes`].
struct SumOfSquaredChanges<'a, T> {
    before: &'a [T],
    now: &'a [T],
}

impl<T: Sample> Kernel for SumOfSquaredChanges<'_, T> {
    type Result = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        T::sum_of_squared_changes(self.before, self.now)
    }
}

impl Samples {
    /// How many volumes the block holds.
    pub fn volumes(&self) -> usize {
        with_samples!(self, array => array.nrows())
    }

    /// How many voxels each volume has.
    pub fn voxels(&self) -> usize {
        with_samples!(self, array => array.ncols())
    }

    /// The sum of the samples of some voxels in one volume that are finite.
    ///
    /// # Panics
    /// If there is no such volume, or there are not so many voxels.
    pub fn sum_of_finite(&self, volume: usize, voxels: Range<usize>) -> f64 {
        with_samples!(self, array => {
            let row = array.row(volume).to_slice().expect("blocks are contiguous");
            wide_instructions::run(SumOfFinite(&row[voxels]))
        })
    }

    /// The sum of the squared changes of some voxels from the volume before, where they are
    /// finite.
    ///
    /// # Panics
    /// If there are no such two volumes, or there are not so many voxels.
    pub fn sum_of_squared_changes(&self, volume: usize, voxels: Range<usize>) -> f64 {
        with_samples!(self, array => {
            let [before, now] = [volume - 1, volume]
                .map(|it| array.row(it).to_slice().expect("blocks are contiguous"));
            let (before, now) = (&before[voxels.clone()], &now[voxels]);
            wide_instructions::run(SumOfSquaredChanges { before, now })
        })
    }

    /// The sum of the squared changes of some voxels in one volume from samples `before` of the same type, of
    /// which those at the places `at` are the voxels', where they are finite.
    ///
    /// # Panics
    /// If there is no such volume, there are not so many voxels, or the types differ.
    pub fn sum_of_squared_changes_from(
        &self,
        (before, at): (&Samples, Range<usize>),
        volume: usize,
        voxels: Range<usize>,
    ) -> f64 {
        with_samples!(self, array => {
            let before = &Sample::slice(before).expect("samples of one type")[at];
            let now = &array.row(volume).to_slice().expect("blocks are contiguous")[voxels];
            wide_instructions::run(SumOfSquaredChanges { before, now })
        })
    }

    /// Writes the samples of some voxels in one volume over `copy`, samples of the same type.
    ///
    /// # Panics
    /// If there is no such volume, there are not so many voxels, or `copy` has another type or length.
    pub fn copy_onto(&self, volume: usize, voxels: Range<usize>, copy: &mut Samples) {
        with_samples!(self, array => {
            let row = array.row(volume).to_slice().expect("blocks are contiguous");
            Sample::slice_mut(copy).expect("samples of one type").copy_from_slice(&row[voxels]);
        });
    }

    /// The samples of some voxels in one volume, as stored, in the memory of `values`.
    ///
    /// # Panics
    /// If there is no such volume, or there are not so many voxels.
    pub fn copy_to(&self, volume: usize, voxels: Range<usize>, values: &mut Vec<f64>) {
        values.clear();
        with_samples!(self, array => {
            let row = array.row(volume).to_slice().expect("blocks are contiguous");
            values.extend(row[voxels].iter().map(|sample| sample.to_f64()));
        });
    }

    /// The samples of some of these voxels in one volume, as [`copy_to`](Samples::copy_to): those at
    /// the places `chosen`, counted from the first of them.
    ///
    /// # Panics
    /// As [`copy_to`](Samples::copy_to).
    pub fn copy_some_to(
        &self,
        volume: usize,
        voxels: Range<usize>,
        chosen: &[usize],
        values: &mut Vec<f64>,
    ) {
        values.clear();
        with_samples!(self, array => {
            let row = array.row(volume).to_slice().expect("blocks are contiguous");
            let row = &row[voxels];
            values.extend(chosen.iter().map(|&place| row[place].to_f64()));
        });
    }

    /// The XXH3 hash, of 64 bits, of some voxels in one volume, as the bytes that they are in a little-endian
    /// file.
    ///
    /// # Panics
    /// If there is no such volume, or there are not so many voxels.
    pub fn hash(&self, volume: usize, voxels: Range<usize>) -> u64 {
        with_samples!(self, array => {
            let row = array.row(volume).to_slice().expect("blocks are contiguous");
            let row = &row[voxels];
            match ByteOrder::NATIVE {
                ByteOrder::Little => XxHash3_64::oneshot(bytemuck::cast_slice(row)),
                ByteOrder::Big => {
                    let turned: Vec<_> = row.iter().map(|it| it.with_bytes_reversed()).collect();
                    XxHash3_64::oneshot(bytemuck::cast_slice(&turned))
                }
            }
        })
    }

    /// Marks the voxels that have a sample [at the limit](Sample::is_at_limit) in one of the
    /// volumes at `indexes`.
    pub fn mark_limits(&self, indexes: impl Iterator<Item = usize>, marks: &mut [bool]) {
        with_samples!(self, array => for index in indexes {
            for (mark, sample) in marks.iter_mut().zip(array.row(index)) {
                *mark |= sample.is_at_limit();
            }
        });
    }

    /// These samples with 0 for what is no number.
    pub fn with_zeros_for_nan(mut self, infinities: Infinities) -> Samples {
        with_samples!(&mut self, array => {
            array.map_inplace(|sample| *sample = sample.finite_or_zero(infinities));
        });
        self
    }
}

/// Samples with the scaling that gives them their values.
#[derive(Clone, Debug)]
pub struct Block {
    /// The samples as stored, `[t, voxel]`.
    pub samples: Samples,
    /// The values that they stand for.
    pub scaling: Scaling,
}

impl Block {
    /// Visits the volumes at `indexes`: `visit` is given each volume's values in float64, one
    /// per voxel.
    pub fn for_each_volume(
        &self,
        indexes: impl Iterator<Item = usize>,
        mut visit: impl FnMut(&[f64]),
    ) {
        let mut values = vec![0.0; self.samples.voxels()];
        with_samples!(&self.samples, array => for index in indexes {
            for (value, stored) in values.iter_mut().zip(array.row(index)) {
                *value = self.scaling.apply(stored.to_f64());
            }
            visit(&values);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy_of(bytes: &[u8]) -> impl FnOnce(&mut [u8]) -> Result<(), OutOfMemory> + '_ {
        |memory| {
            memory.copy_from_slice(bytes);
            Ok(())
        }
    }

    #[test]
    fn both_byte_orders_give_the_same_numbers() {
        for (order, bytes) in [
            (ByteOrder::Little, [0xFF, 0x7F, 0x00, 0x80]),
            (ByteOrder::Big, [0x7F, 0xFF, 0x80, 0x00]),
        ] {
            let samples = Samples::none(Datatype::Int16);
            let samples = samples.refilled(order, 2, 1, copy_of(&bytes)).unwrap();
            let Samples::Int16(array) = samples else { panic!("another type: {samples:?}") };
            assert_eq!(array.as_slice().unwrap(), [32767, -32768]);
        }
    }

    #[test]
    fn integers_are_converted_before_they_are_scaled() {
        let stored = 16_777_217_i32.to_le_bytes();
        let block = Block {
            samples: Samples::none(Datatype::Int32)
                .refilled(ByteOrder::Little, 1, 1, copy_of(&stored))
                .unwrap(),
            scaling: Scaling::new(2.0, 1.0).unwrap(),
        };
        block.for_each_volume(0..1, |values| assert_eq!(values, [33_554_435.0]));
    }
}
