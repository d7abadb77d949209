//! Mean and sum of squared deviations in float64.
//!
//! The mean is kept in two parts, an *origin*, which is the first sample, and an *offset*
//! from it. The difference of two numbers close to one another is exact in floating point
//! (Sterbenz 1974), so samples around 1e7 with a deviation of 1 lose no digits to the
//! offset they share, and a series of equal samples has exactly the deviation 0.
//!
//! Samples are added one by one as in Welford (1962), which looks at each of them once and
//! gives the same bits however the series is cut into blocks:
//!
//! ```text
//! d      = y - origin
//! e      = d - offset
//! offset = offset + e / n
//! M2     = M2 + e * (d - offset)
//! ```
//!
//! Two sets of volumes are merged as in Chan, Golub and LeVeque (1983, equation 2.1; the
//! same in Pebay 2008, equations II.3 and II.4):
//!
//! ```text
//! delta = mean_b - mean_a
//! mean  = mean_a + delta * n_b / n
//! M2    = M2_a + M2_b + delta^2 * n_a * n_b / n
//! ```

use super::Sample;
use crate::stats::peak::greater;
use crate::voxels::Scaling;
use crate::wide_instructions::{self, Kernel};
use std::ops::Range;

/// The number of voxels that are taken through all volumes of a block before the next ones: what is
/// kept of them stays in the first cache meanwhile.
pub(super) const VOXELS_IN_CACHE: usize = 256;
/// The number of them that are held in registers.
const VOXELS_AT_ONCE: usize = 32;

/// Mean and sum of squared deviations of each voxel's stored samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Deviations {
    origin: Vec<f64>,
    offset: Vec<f64>,
    m2: Vec<f64>,
    /// Whether all is zero so far, for each [`VOXELS_IN_CACHE`] voxels: zeros then add nothing.
    /// Most of a preprocessed image is background, whose moments need not be loaded.
    zero: Vec<bool>,
}

/// Mean, as `origin + offset`, and sum of squared deviations from it, of one voxel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deviation {
    pub origin: f64,
    pub offset: f64,
    pub m2: f64,
}

impl Deviation {
    pub fn mean(self) -> f64 {
        self.origin + self.offset
    }

    /// The deviation of the values that stored samples stand for.
    #[inline]
    pub fn scaled(self, scaling: Scaling) -> Deviation {
        Deviation {
            origin: scaling.apply(self.origin),
            offset: scaling.slope() * self.offset,
            m2: scaling.slope() * scaling.slope() * self.m2,
        }
    }
}

impl Deviations {
    pub fn zero(voxels: usize) -> Deviations {
        // Of the system's memory that is zero already: what stays background is never mapped.
        let zeros = || vec![0.0; voxels];
        let zero = vec![true; voxels.div_ceil(VOXELS_IN_CACHE)];
        Deviations { origin: zeros(), offset: zeros(), m2: zeros(), zero }
    }

    /// These means, with what `left` makes of each voxel's sum of squares.
    pub fn with_squares(mut self, left: impl Fn(usize, f64) -> f64) -> Deviations {
        let blocks = self.m2.chunks_mut(VOXELS_IN_CACHE).zip(&self.zero).enumerate();
        for (block, (m2, _)) in blocks.filter(|(_, (_, is_zero))| !**is_zero) {
            for (index, m2) in m2.iter_mut().enumerate() {
                *m2 = left(block * VOXELS_IN_CACHE + index, *m2);
            }
        }
        self
    }

    pub fn voxels(&self) -> usize {
        self.origin.len()
    }

    pub fn deviation(&self, voxel: usize) -> Deviation {
        Deviation { origin: self.origin[voxel], offset: self.offset[voxel], m2: self.m2[voxel] }
    }

    /// Gives `visit` some of the voxels with their deviations. Where all is zero, no memory is
    /// looked at: it may be the system's, which would be mapped for nothing.
    #[inline(always)]
    pub fn for_each(&self, voxels: Range<usize>, mut visit: impl FnMut(usize, Deviation)) {
        let mut start = voxels.start;
        while start < voxels.end {
            let block = start / VOXELS_IN_CACHE;
            let end = voxels.end.min((block + 1) * VOXELS_IN_CACHE);
            if self.zero[block] {
                let nothing = Deviation { origin: 0.0, offset: 0.0, m2: 0.0 };
                (start..end).for_each(|voxel| visit(voxel, nothing));
            } else {
                (start..end).for_each(|voxel| visit(voxel, self.deviation(voxel)));
            }
            start = end;
        }
    }

    /// Adds the volumes that follow the first `count` to the [`VOXELS_IN_CACHE`] voxels or fewer
    /// from `start` on; `rows` holds of each volume just those. Tells the greatest sample, of floats of
    /// those that are not NaN; nothing where all are zero and were.
    pub fn add<T: Sample>(&mut self, rows: &[&[T]], start: usize, count: u64) -> Option<T> {
        let voxels = start..start + rows.first().map_or(0, |row| row.len());
        let zero = &mut self.zero[start / VOXELS_IN_CACHE];
        *zero = *zero && wide_instructions::run(AreZeros { rows });
        if *zero {
            return None;
        }
        Some(wide_instructions::run(AddVolumes {
            origin: &mut self.origin[voxels.clone()],
            offset: &mut self.offset[voxels.clone()],
            m2: &mut self.m2[voxels],
            rows,
            count,
        }))
    }

    /// The first samples of some voxels, if a volume was added.
    pub fn origins(&self, voxels: Range<usize>) -> &[f64] {
        &self.origin[voxels]
    }

    /// Merges with `other`, which is over `other_count` volumes; these are over `count`.
    ///
    /// `is_zero` tells of some voxels whether all is surely zero in the other.
    pub fn merge(
        &mut self,
        count: u64,
        other_count: u64,
        is_zero: impl Fn(Range<usize>) -> bool,
        other: impl Fn(usize) -> Deviation,
    ) {
        let (n_a, n_b) = (count as f64, other_count as f64);
        let n = n_a + n_b;
        let (share_of_b, weight) = (n_b / n, n_a * n_b / n);
        let voxels = self.voxels();
        for start in (0..voxels).step_by(VOXELS_IN_CACHE) {
            let block = start..voxels.min(start + VOXELS_IN_CACHE);
            let zero = &mut self.zero[start / VOXELS_IN_CACHE];
            *zero &= is_zero(block.clone());
            if *zero {
                continue;
            }
            for voxel in block {
                let (a, b) = (self.deviation(voxel), other(voxel));
                if count == 0 {
                    self.origin[voxel] = b.origin;
                }
                let delta = (b.origin - self.origin[voxel]) + (b.offset - a.offset);
                self.offset[voxel] += delta * share_of_b;
                self.m2[voxel] += b.m2 + delta * delta * weight;
            }
        }
    }

    /// Whether all moments of `voxels` are surely zero.
    pub fn are_zero(&self, voxels: Range<usize>) -> bool {
        voxels.is_empty()
            || (voxels.start / VOXELS_IN_CACHE..=(voxels.end - 1) / VOXELS_IN_CACHE)
                .all(|block| self.zero[block])
    }
}

impl FromIterator<Deviation> for Deviations {
    fn from_iter<I: IntoIterator<Item = Deviation>>(deviations: I) -> Deviations {
        let mut collected = Deviations::default();
        for Deviation { origin, offset, m2 } in deviations {
            collected.origin.push(origin);
            collected.offset.push(offset);
            collected.m2.push(m2);
        }
        collected.zero = vec![false; collected.origin.len().div_ceil(VOXELS_IN_CACHE)];
        collected
    }
}

/// Whether every bit of some samples is 0.
struct AreZeros<'a, T> {
    rows: &'a [&'a [T]],
}

impl<T: Sample> Kernel for AreZeros<'_, T> {
    type Result = bool;

    #[inline(always)]
    fn run(self) -> bool {
        self.rows.iter().all(|row| T::are_zeros(row))
    }
}

/// Adds volumes that follow the first `count` to some voxels, and finds their greatest sample.
struct AddVolumes<'a, T> {
    origin: &'a mut [f64],
    offset: &'a mut [f64],
    m2: &'a mut [f64],
    rows: &'a [&'a [T]],
    count: u64,
}

impl<T: Sample> Kernel for AddVolumes<'_, T> {
    type Result = T;

    #[inline(always)]
    fn run(self) -> T {
        let AddVolumes { origin, offset, m2, mut rows, mut count } = self;
        let voxels = origin.len();
        let mut greatest = [T::LOWEST; VOXELS_AT_ONCE];
        if count == 0 {
            // Written, not added to: fresh memory that is read first is mapped twice.
            for (origin, &sample) in origin.iter_mut().zip(rows[0]) {
                *origin = sample.to_f64();
            }
            offset.fill(0.0);
            m2.fill(0.0);
            let (whole, rest) = rows[0].as_chunks::<VOXELS_AT_ONCE>();
            for samples in whole.iter().map(<[T; VOXELS_AT_ONCE]>::as_slice).chain([rest]) {
                greatest.iter_mut().zip(samples).for_each(|(most, &it)| *most = greater(*most, it));
            }
            (rows, count) = (&rows[1..], 1);
        }
        let whole = voxels / VOXELS_AT_ONCE * VOXELS_AT_ONCE;
        for start in (0..whole).step_by(VOXELS_AT_ONCE) {
            let found = add_tile::<T, VOXELS_AT_ONCE>(origin, offset, m2, rows, count, start);
            greatest.iter_mut().zip(found).for_each(|(most, it)| *most = greater(*most, it));
        }
        for start in whole..voxels {
            let [found] = add_tile::<T, 1>(origin, offset, m2, rows, count, start);
            greatest[0] = greater(greatest[0], found);
        }
        greatest.into_iter().fold(T::LOWEST, greater)
    }
}

/// Adds volumes to `V` voxels from `start` on, which stay in registers meanwhile; tells the greatest
/// sample of each.
#[inline(always)]
fn add_tile<T: Sample, const V: usize>(
    origin: &[f64],
    offset: &mut [f64],
    m2: &mut [f64],
    rows: &[&[T]],
    count: u64,
    start: usize,
) -> [T; V] {
    let tile = start..start + V;
    let origin: &[f64; V] = origin[tile.clone()].try_into().expect("V voxels");
    let offset: &mut [f64; V] = (&mut offset[tile.clone()]).try_into().expect("V voxels");
    let m2: &mut [f64; V] = (&mut m2[tile.clone()]).try_into().expect("V voxels");
    let (mut offsets, mut squares) = (*offset, *m2);
    let mut greatest = [T::LOWEST; V];
    let mut n = count as f64;
    for row in rows {
        let samples: &[T; V] = row[tile.clone()].try_into().expect("V samples");
        n += 1.0;
        let share = 1.0 / n;
        for voxel in 0..V {
            greatest[voxel] = greater(greatest[voxel], samples[voxel]);
            let d = samples[voxel].to_f64() - origin[voxel];
            let e = d - offsets[voxel];
            offsets[voxel] += e * share;
            squares[voxel] += e * (d - offsets[voxel]);
        }
    }
    (*offset, *m2) = (offsets, squares);
    greatest
}
