//! The greatest value of a run, and how many of its samples share it: what is beyond the range of a
//! scanner is written as the end of the range, and piles up there.
//!
//! [`Peak::add`] takes samples volume after volume, of which all but a few are only compared;
//! [`Peak::merge`] joins other volumes of the voxels, [`RunPeak::join`] other voxels of the run.

use crate::voxels::{Sample, Samples, Scaling};
use crate::wide_instructions::{self, Kernel};

/// Fewer samples that share a value are no sign of anything,
const FEWEST_SAMPLES: u64 = 10;
/// nor are those of fewer voxels,
const FEWEST_VOXELS: usize = 3;
/// nor are they where so many times fewer have the next lower value: a tail that ends thins out.
const PILED_UP: u64 = 3;

/// The greatest value of some voxels over some volumes, as it grows. Where the slope is negative
/// nothing is kept: what is greatest there is least as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Peak {
    greatest: Option<f64>,
    /// Samples that have it.
    samples: u64,
    /// A bit for each voxel that has such a sample, the first in the lowest bit.
    voxels: Vec<u64>,
    /// The greatest of the other values, and how many samples have that.
    next: Option<(f64, u64)>,
}

/// The greatest value of a run or of some of its voxels, and how many samples share it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunPeak {
    /// The value; none if no sample is finite.
    pub value: Option<f64>,
    /// Samples that have it.
    pub samples: u64,
    /// The samples among them of voxels that never change: masked or empty ones.
    pub constant_samples: u64,
    /// The voxels that have it in some of their samples and change, by their places in the file.
    pub voxels: Vec<usize>,
    /// The next lower value that a sample has, and how many have it.
    pub next: Option<(f64, u64)>,
}

/// The number of samples that are compared side by side: each comparison of floats waits for the one
/// before it, and one after the other they would take longer than all the sums.
const LANES: usize = 64;

/// The greater of what was found and the next sample; a NaN is never greater.
#[inline(always)]
pub(super) fn greater<T: Sample>(most: T, sample: T) -> T {
    if sample > most { sample } else { most }
}

/// The samples of a row that are looked at one by one where one of them may count.
const PIECE: usize = 4 * LANES;

/// The greatest sample of some rows: of floats not those that are NaN.
struct Greatest<'a, T>(&'a [&'a [T]]);

impl<T: Sample> Kernel for Greatest<'_, T> {
    type Result = T;

    #[inline(always)]
    fn run(self) -> T {
        let mut greatest = [T::LOWEST; LANES];
        for row in self.0 {
            let (whole, rest) = row.as_chunks::<LANES>();
            for samples in whole {
                greatest.iter_mut().zip(samples).for_each(|(most, &it)| *most = greater(*most, it));
            }
            greatest.iter_mut().zip(rest).for_each(|(most, &it)| *most = greater(*most, it));
        }
        greatest.into_iter().fold(T::LOWEST, greater)
    }
}

impl Peak {
    /// Adds samples of the voxels from `start` on among `voxels` of them, a row a volume; the greatest
    /// of them is known.
    pub fn add<T: Sample>(
        &mut self,
        rows: &[&[T]],
        greatest: T,
        start: usize,
        voxels: usize,
        scaling: Scaling,
    ) {
        // Most samples have nothing to do with the two greatest values.
        let is_below = |greatest: T, next: Option<(f64, u64)>| {
            next.is_some_and(|(next, _)| scaling.apply(greatest.to_f64()) < next)
        };
        if scaling.slope() < 0.0 || is_below(greatest, self.next) {
            return;
        }
        let are_below = |rows: &[&[T]], next: Option<(f64, u64)>| {
            is_below(wide_instructions::run(Greatest(rows)), next)
        };
        for row in rows {
            if are_below(std::slice::from_ref(row), self.next) {
                continue;
            }
            // In the first volumes many rows have such a sample, but few pieces of them.
            for (number, piece) in row.chunks(PIECE).enumerate() {
                if are_below(std::slice::from_ref(&piece), self.next) {
                    continue;
                }
                for (voxel, &sample) in (start + number * PIECE..).zip(piece) {
                    self.add_one(scaling.apply(sample.to_f64()), voxel, voxels);
                }
            }
        }
    }

    /// Adds the volumes at `indexes`, whole.
    pub fn add_samples(
        &mut self,
        samples: &Samples,
        indexes: impl Iterator<Item = usize>,
        scaling: Scaling,
    ) {
        let voxels = samples.voxels();
        macro_rules! add {
            ($($variant:ident),+) => {
                match samples {
                    $(Samples::$variant(array) => for index in indexes {
                        let row = array.row(index);
                        let row = row.to_slice().expect("blocks are contiguous");
                        let greatest = wide_instructions::run(Greatest(&[row]));
                        self.add(&[row], greatest, 0, voxels, scaling);
                    }),+
                }
            };
        }
        add!(Uint8, Int8, Uint16, Int16, Uint32, Int32, Uint64, Int64, Float32, Float64);
    }

    #[inline]
    fn add_one(&mut self, value: f64, voxel: usize, voxels: usize) {
        match (self.greatest, self.next) {
            _ if !value.is_finite() => {}
            (Some(greatest), _) if value == greatest => self.count(voxel, voxels),
            (Some(greatest), next) if value < greatest => match next {
                Some((next, _)) if value < next => {}
                Some((next, ref samples)) if value == next => self.next = Some((next, samples + 1)),
                _ => self.next = Some((value, 1)),
            },
            (greatest, _) => {
                self.next = greatest.map(|greatest| (greatest, self.samples));
                (self.greatest, self.samples) = (Some(value), 0);
                self.voxels.fill(0);
                self.count(voxel, voxels);
            }
        }
    }

    fn count(&mut self, voxel: usize, voxels: usize) {
        self.samples += 1;
        self.voxels.resize(voxels.div_ceil(64), 0);
        self.voxels[voxel / 64] |= 1 << (voxel % 64);
    }

    /// How many samples have the greatest value.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Joins the peak of other volumes of the same voxels.
    pub fn merge(&mut self, other: Peak) {
        let next = next_of([self.of_samples(), other.of_samples()]);
        if other.greatest > self.greatest {
            *self = other;
        } else if other.greatest == self.greatest {
            self.samples += other.samples;
            self.voxels.iter_mut().zip(other.voxels).for_each(|(a, b)| *a |= b);
        }
        self.next = next;
    }

    fn of_samples(&self) -> [Option<(f64, u64)>; 2] {
        [self.greatest.map(|greatest| (greatest, self.samples)), self.next]
    }

    /// The peak of the run once all its volumes were added, from how many samples each voxel has,
    /// which of them never change, and the place of the first voxel.
    pub fn of_run(
        self,
        samples_of_voxel: u64,
        is_constant: impl Fn(usize) -> bool,
        first_voxel: usize,
    ) -> RunPeak {
        let words = self.voxels.iter().enumerate();
        let marked = words.flat_map(|(word, bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| 64 * word + bit)
        });
        let (constant, varying): (Vec<usize>, Vec<usize>) = marked.partition(|&it| is_constant(it));
        RunPeak {
            value: self.greatest,
            samples: self.samples,
            constant_samples: constant.len() as u64 * samples_of_voxel,
            voxels: varying.into_iter().map(|voxel| first_voxel + voxel).collect(),
            next: self.next,
        }
    }
}

/// The second greatest of some values, with all samples that have it.
fn next_of(of_samples: [[Option<(f64, u64)>; 2]; 2]) -> Option<(f64, u64)> {
    let all = || of_samples.into_iter().flatten().flatten();
    let greatest = all().map(|(value, _)| value).reduce(f64::max)?;
    let others = || all().filter(|(value, _)| *value < greatest);
    let next = others().map(|(value, _)| value).reduce(f64::max)?;
    Some((next, others().filter(|(value, _)| *value == next).map(|(_, samples)| samples).sum()))
}

impl RunPeak {
    /// Joins the peak of the voxels that follow, of the same run.
    pub fn join(&mut self, other: RunPeak) {
        let of_samples = |it: &RunPeak| [it.value.map(|value| (value, it.samples)), it.next];
        let next = next_of([of_samples(self), of_samples(&other)]);
        if other.value > self.value {
            *self = other;
        } else if other.value == self.value {
            self.samples += other.samples;
            self.constant_samples += other.constant_samples;
            self.voxels.extend(other.voxels);
        }
        self.next = next;
    }

    /// How many samples of voxels that change have the value, if so many do that the run looks
    /// clipped there: 10 at least, in 3 voxels at least, and 3 times as many as have the next lower
    /// value.
    pub fn piled_up(&self) -> Option<u64> {
        let samples = self.samples.saturating_sub(self.constant_samples);
        let next = self.next.map_or(0, |(_, samples)| samples);
        let is_pile = samples >= FEWEST_SAMPLES
            && self.voxels.len() >= FEWEST_VOXELS
            && samples >= PILED_UP * next;
        is_pile.then_some(samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak_of(rows: &[&[i16]]) -> Peak {
        let mut peak = Peak::default();
        let greatest = wide_instructions::run(Greatest(rows));
        peak.add(rows, greatest, 0, rows[0].len(), Scaling::IDENTITY);
        peak
    }

    fn known(peak: Peak, is_constant: impl Fn(usize) -> bool) -> RunPeak {
        peak.of_run(2, is_constant, 100)
    }

    #[test]
    fn the_greatest_value_its_samples_and_the_next_are_counted() {
        let peak = peak_of(&[&[3, 9, 9, 1], &[7, 9, 2, 7]]);
        let expected = RunPeak {
            value: Some(9.0),
            samples: 3,
            constant_samples: 0,
            voxels: vec![101, 102],
            next: Some((7.0, 2)),
        };
        assert_eq!(known(peak.clone(), |_| false), expected);
        let constant = known(peak, |voxel| voxel == 1);
        assert_eq!((constant.constant_samples, &constant.voxels[..]), (2, &[102][..]));
        assert_eq!(known(peak_of(&[&[5, 5]]), |_| false).next, None);
    }

    #[test]
    fn long_rows_are_counted_as_if_each_sample_were_looked_at() {
        const VOXELS: usize = 3 * PIECE + 17;
        let sample = |row: usize, voxel: usize| ((voxel * 7919 + row * 104_729) % 211) as i16;
        let rows: [Vec<i16>; 6] =
            std::array::from_fn(|row| (0..VOXELS).map(|voxel| sample(row, voxel)).collect());
        let found = known(peak_of(&rows.each_ref().map(|row| &row[..])), |_| false);
        let count = |value: i16| rows.iter().flatten().filter(|it| **it == value).count() as u64;
        let voxels = (0..VOXELS).filter(|&voxel| rows.iter().any(|row| row[voxel] == 210));
        assert_eq!((found.value, found.samples), (Some(210.0), count(210)));
        assert_eq!(found.next, Some((209.0, count(209))));
        assert_eq!(found.voxels, voxels.map(|voxel| 100 + voxel).collect::<Vec<_>>());
    }

    #[test]
    fn volumes_and_voxels_are_joined_as_if_they_came_at_once() {
        let rows: [&[i16]; 4] = [&[1, 5, 4], &[5, 2, 2], &[6, 6, 5], &[0, 6, 5]];
        let whole = known(peak_of(&rows), |_| false);
        for at in 1..4 {
            let mut peak = peak_of(&rows[..at]);
            peak.merge(peak_of(&rows[at..]));
            assert_eq!(known(peak, |_| false), whole, "{at}");
        }
        for at in 1..3 {
            let part = |range: std::ops::Range<usize>| {
                let cut: Vec<&[i16]> = rows.iter().map(|row| &row[range.clone()]).collect();
                peak_of(&cut).of_run(4, |_| false, 100 + range.start)
            };
            let mut joined = part(0..at);
            joined.join(part(at..3));
            assert_eq!(joined, whole, "{at}");
        }
    }

    #[test]
    fn values_are_compared_as_they_are_scaled_and_what_is_not_finite_is_none() {
        let mut peak = Peak::default();
        peak.add(
            &[&[1.0_f32, f32::NAN, f32::INFINITY, 2.0]],
            f32::INFINITY,
            0,
            4,
            Scaling::new(2.0, 1.0).unwrap(),
        );
        let peak = peak.of_run(1, |_| false, 0);
        assert_eq!((peak.value, peak.samples, peak.next), (Some(5.0), 1, Some((3.0, 1))));
        let mut none = Peak::default();
        none.add(&[&[1_i16, 2]], 2, 0, 2, Scaling::new(-1.0, 0.0).unwrap());
        assert_eq!(none.of_run(1, |_| false, 0), RunPeak::default());
    }

    #[test]
    fn a_pile_has_many_samples_of_some_voxels_and_few_below() {
        let peak = |samples, voxels: usize, next| RunPeak {
            value: Some(4095.0),
            samples,
            constant_samples: 0,
            voxels: (0..voxels).collect(),
            next: Some((4094.0, next)),
        };
        assert_eq!(peak(10, 3, 3).piled_up(), Some(10));
        assert_eq!(peak(9, 3, 3).piled_up(), None);
        assert_eq!(peak(10, 2, 3).piled_up(), None);
        assert_eq!(peak(11, 3, 4).piled_up(), None);
        assert_eq!(RunPeak { constant_samples: 5, ..peak(14, 3, 0) }.piled_up(), None);
    }
}
