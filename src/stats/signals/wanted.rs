//! The choice of signals.

use std::ops::Range;
use std::sync::Arc;

/// The signals that are to be kept of each volume as a whole, beside the maps. Nothing that is not
/// wanted is computed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalsWanted {
    /// The volumes whose global signal is wanted.
    pub global: VolumesWanted,
    /// Whether DVARS of all volumes is wanted.
    pub dvars: bool,
    /// Whether the mean of each slice of the third axis is wanted, in all volumes.
    pub slice_means: bool,
    /// The voxels whose values are wanted, in all volumes.
    pub sample: Option<VoxelSample>,
    /// The volumes of which a hash of the voxels as stored is wanted.
    pub hashes: VolumesWanted,
}

/// Some volumes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumesWanted {
    /// The first volumes, by their number.
    First(usize),
    /// All of them.
    All,
}

impl VolumesWanted {
    /// How many of `volumes` volumes are wanted, which so many of the file come before.
    pub fn of_next(self, volumes: usize, before: usize) -> usize {
        match self {
            VolumesWanted::First(most) => volumes.min(most.saturating_sub(before)),
            VolumesWanted::All => volumes,
        }
    }
}

impl Default for VolumesWanted {
    fn default() -> VolumesWanted {
        VolumesWanted::First(0)
    }
}

/// Voxels of the grid, chosen before they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoxelSample {
    places: Arc<[usize]>,
    precision: SamplePrecision,
}

/// The type in which the values of a sample are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplePrecision {
    /// 32-bit floats, rounded from what is computed in 64 bits.
    Float32,
    /// 64-bit floats.
    Float64,
}

impl VoxelSample {
    /// The voxels at these places in the file, first axis fastest.
    ///
    /// # Panics
    /// If the places do not ascend.
    pub fn new(places: impl Into<Arc<[usize]>>, precision: SamplePrecision) -> VoxelSample {
        let places = places.into();
        assert!(places.is_sorted_by(|a, b| a < b), "places in order");
        VoxelSample { places, precision }
    }

    /// The places in the file, ascending.
    pub fn places(&self) -> &Arc<[usize]> {
        &self.places
    }

    /// The places of those among `voxels`, counted from the first of these.
    pub(super) fn within(&self, voxels: &Range<usize>) -> Vec<usize> {
        let number = |voxel| self.places.partition_point(|&place| place < voxel);
        let chosen = &self.places[number(voxels.start)..number(voxels.end)];
        chosen.iter().map(|place| place - voxels.start).collect()
    }

    /// The type in which the values are kept.
    pub fn precision(&self) -> SamplePrecision {
        self.precision
    }
}

impl SignalsWanted {
    /// The global signal of so many first volumes.
    pub fn beginning(volumes: usize) -> SignalsWanted {
        SignalsWanted { global: VolumesWanted::First(volumes), ..SignalsWanted::default() }
    }

    /// Global signal and DVARS of all volumes.
    pub fn global_and_dvars() -> SignalsWanted {
        SignalsWanted { global: VolumesWanted::All, dvars: true, ..SignalsWanted::default() }
    }

    /// Whether anything but the global signal and hashes is wanted, which needs all volumes.
    pub(super) fn needs_all(&self) -> bool {
        self.dvars || self.slice_means || self.sample.is_some()
    }

    /// Bytes that are kept of one voxel while its volumes pass: of DVARS the volume before.
    pub fn bytes_per_voxel(&self) -> usize {
        if self.dvars { size_of::<f64>() } else { 0 }
    }

    /// Bytes that are kept in the end of one volume of a grid `[x, y, z]`.
    pub fn bytes_per_volume(&self, shape: [usize; 3]) -> usize {
        let sampled = self.sample.as_ref().map_or(0, |sample| {
            sample.places.len()
                * match sample.precision {
                    SamplePrecision::Float32 => size_of::<f32>(),
                    SamplePrecision::Float64 => size_of::<f64>(),
                }
        });
        let slices = if self.slice_means { shape[2] * size_of::<f64>() } else { 0 };
        sampled + slices
    }
}
