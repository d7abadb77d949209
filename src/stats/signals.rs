//! What each volume is like as a whole: the global signal, and how much changed since the volume
//! before.
//!
//! ```text
//! global signal  g_t = sum_v y_t(v) / V
//! DVARS          d_t = sqrt( sum_v (y_t(v) - y_{t-1}(v))^2 / V )
//! ```
//!
//! over all V voxels of the grid, in the units of the data (DVARS as defined in Nichols 2017,
//! "Notes on creating a standardized version of DVARS", equation 1). A sample that is not finite
//! counts as 0 in the first and its change as none in the second. The voxels are added up in
//! blocks of fixed size, so that no bit depends on who adds them.

use crate::voxels::{Samples, Scaling, ordered_sum};

/// Voxels of a block.
pub const BLOCK_VOXELS: usize = 32 * 1024;

/// What is wanted of the volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalsWanted {
    /// The global signal of so many first volumes.
    Beginning(usize),
    /// Global signal and DVARS of all volumes.
    All,
}

/// The signals of consecutive volumes of an image, or of a slab of its voxels, as far as they
/// were added.
#[derive(Clone, Debug)]
pub struct Signals {
    wanted: SignalsWanted,
    scaling: Scaling,
    voxels: usize,
    volumes: usize,
    /// `[block, volume]`: sums over the voxels of a block, of samples as stored and of their
    /// squared changes; the first volume has no change.
    sums: Vec<Vec<f64>>,
    squared_changes: Vec<Vec<f64>>,
    /// The last volume that was added, if changes are wanted.
    previous: Vec<f64>,
}

impl Signals {
    /// Of no volume yet, for samples of this scaling and so many voxels.
    pub fn none(wanted: SignalsWanted, scaling: Scaling, voxels: usize) -> Signals {
        let sums = vec![Vec::new(); voxels.div_ceil(BLOCK_VOXELS)];
        let squared_changes = sums.clone();
        Signals { wanted, scaling, voxels, volumes: 0, sums, squared_changes, previous: Vec::new() }
    }

    /// Adds all volumes of `samples`, the next of the image: of each the voxels from
    /// `first_voxel` on.
    pub fn add(&mut self, samples: &Samples, first_voxel: usize) {
        let volumes = match self.wanted {
            SignalsWanted::Beginning(most) => {
                samples.volumes().min(most.saturating_sub(self.volumes))
            }
            SignalsWanted::All => samples.volumes(),
        };
        if volumes == 0 {
            return;
        }
        let is_first = self.volumes == 0;
        self.volumes += volumes;
        if self.wanted == SignalsWanted::All {
            self.previous.resize(self.voxels, 0.0);
        }
        let mut values = Vec::new();
        for block in 0..self.sums.len() {
            let start = block * BLOCK_VOXELS;
            let end = self.voxels.min(start + BLOCK_VOXELS);
            for volume in 0..volumes {
                let voxels = first_voxel + start..first_voxel + end;
                self.sums[block].push(samples.sum_of_finite(volume, voxels.clone()));
                if self.wanted != SignalsWanted::All || (volume == 0 && is_first) {
                    continue;
                }
                self.squared_changes[block].push(match volume {
                    0 => {
                        samples.copy_to(0, voxels, &mut values);
                        let previous = &self.previous[start..end];
                        let squared = |before: f64, now: f64| finite(now - before).powi(2);
                        ordered_sum(previous, &values, squared)
                    }
                    _ => samples.sum_of_squared_changes(volume, voxels),
                });
            }
            if self.wanted == SignalsWanted::All {
                // What follows begins with the change from the last volume.
                samples.copy_to(volumes - 1, first_voxel + start..first_voxel + end, &mut values);
                self.previous[start..end].copy_from_slice(&values);
            }
        }
    }

    /// Appends the voxels that follow these, of the same volumes.
    pub fn append(&mut self, next: Signals) {
        debug_assert_eq!(self.voxels % BLOCK_VOXELS, 0, "blocks of the whole grid");
        self.voxels += next.voxels;
        self.sums.extend(next.sums);
        self.squared_changes.extend(next.squared_changes);
    }

    /// The global signal of each volume, in values.
    pub fn global_signal(&self) -> Vec<f64> {
        let mean = |sum: f64| self.scaling.apply(sum / self.voxels as f64);
        over_blocks(&self.sums).into_iter().map(mean).collect()
    }

    /// DVARS of each volume, in values; the first has none (NaN). Empty if not wanted.
    pub fn dvars(&self) -> Vec<f64> {
        if self.wanted != SignalsWanted::All || self.volumes == 0 {
            return Vec::new();
        }
        let root = |sum: f64| self.scaling.slope().abs() * (sum / self.voxels as f64).sqrt();
        let changes = over_blocks(&self.squared_changes).into_iter().map(root);
        std::iter::once(f64::NAN).chain(changes).collect()
    }
}

/// The sum over all blocks, volume by volume.
fn over_blocks(blocks: &[Vec<f64>]) -> Vec<f64> {
    let volumes = blocks.first().map_or(0, Vec::len);
    (0..volumes).map(|volume| blocks.iter().map(|block| block[volume]).sum()).collect()
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// numpy 2.4.6, for `y = (t * 7 + v * 3) % 11` as `[t, v]` of 3 x 5, times 0.5:
    /// `y.mean(1)`, `np.sqrt((np.diff(y, axis=0) ** 2).mean(1))`.
    #[test]
    fn signals_are_numpys_however_the_volumes_come() {
        let array = Array2::from_shape_fn((3, 5), |(t, v)| ((t * 7 + v * 3) % 11) as i16);
        let half = Scaling::new(0.5, 0.0).unwrap();
        let mut whole = Signals::none(SignalsWanted::All, half, 5);
        whole.add(&Samples::Int16(array.clone()), 0);
        let mut pieces = Signals::none(SignalsWanted::All, half, 5);
        for row in array.rows() {
            let volume = row.insert_axis(ndarray::Axis(0)).to_owned();
            pieces.add(&Samples::Int16(volume), 0);
        }
        for signals in [whole, pieces] {
            assert_eq!(signals.global_signal(), [1.9, 3.2, 2.3]);
            let dvars = signals.dvars();
            assert!(dvars[0].is_nan());
            assert_eq!(dvars[1..], [2.9916550603303182, 2.3769728648009427]);
        }
    }

    /// Changes within a block are taken from the samples as stored, those between blocks from
    /// values.
    #[test]
    fn no_bit_of_the_changes_depends_on_blocks_whatever_the_type() {
        const VOXELS: usize = BLOCK_VOXELS + 13;
        let bits = |blocks: &[Samples]| -> Vec<u64> {
            let mut signals = Signals::none(SignalsWanted::All, Scaling::IDENTITY, VOXELS);
            blocks.iter().for_each(|block| signals.add(block, 0));
            signals.dvars()[1..].iter().map(|it| it.to_bits()).collect()
        };
        macro_rules! check {
            ($variant:ident, $number:expr) => {
                let array = Array2::from_shape_fn((4, VOXELS), $number);
                let rows = array.rows().into_iter();
                let single: Vec<Samples> = rows
                    .map(|row| Samples::$variant(row.insert_axis(ndarray::Axis(0)).to_owned()))
                    .collect();
                let whole = bits(&[Samples::$variant(array.clone())]);
                assert!(whole.iter().all(|&it| f64::from_bits(it) > 0.0));
                assert_eq!(whole, bits(&single), stringify!($variant));
            };
        }
        let mixed = |(t, v): (usize, usize)| (t * 40_503 + v * 25_173) % 65_536;
        check!(Int16, |at| if at.0 % 2 == 0 { i16::MIN } else { i16::MAX });
        check!(Int16, |at| mixed(at) as u16 as i16);
        check!(Uint16, |at| mixed(at) as u16);
        check!(Int8, |at| mixed(at) as u8 as i8);
        check!(Uint8, |at| mixed(at) as u8);
        check!(Int32, |at| (mixed(at) as i32 - 32_768) * 65_535);
        check!(Uint64, |at| mixed(at) as u64 * 12_345_678_901);
        check!(Float32, |at| if at.1 % 1000 == at.0 { f32::NAN } else { mixed(at) as f32 / 7.0 });
        check!(Float64, |at| if at.1 == 5 { f64::INFINITY } else { mixed(at) as f64 / 7.0 });
    }

    #[test]
    fn the_beginning_is_so_many_volumes() {
        let samples = Samples::Float32(Array2::from_shape_fn((3, 2), |(t, _)| t as f32));
        let mut signals = Signals::none(SignalsWanted::Beginning(4), Scaling::IDENTITY, 2);
        signals.add(&samples, 0);
        signals.add(&samples, 0);
        assert_eq!(signals.global_signal(), [0.0, 1.0, 2.0, 0.0]);
        assert!(signals.dvars().is_empty());
    }
}
