//! The choice of signals.

use super::block_voxels;
use std::ops::Range;
use std::sync::Arc;
use twox_hash::XxHash64;

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
    /// The voxels over which global signal and DVARS are wanted beside those over the grid.
    pub inside: Option<Spans>,
    /// Whether a hash of the voxels of each volume as they are stored is wanted.
    pub hashes: bool,
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

/// Voxels of the grid as the ranges of places in the file that they fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    spans: Arc<[Range<usize>]>,
    voxels: usize,
}

impl Spans {
    /// The voxels that are `inside`, which has one a voxel of the grid.
    pub fn of_mask(inside: &[bool]) -> Spans {
        let mut spans = Vec::new();
        let mut start = 0;
        for alike in inside.chunk_by(|a, b| a == b) {
            if alike[0] {
                spans.push(start..start + alike.len());
            }
            start += alike.len();
        }
        let voxels = spans.iter().map(Range::len).sum();
        Spans { spans: spans.into(), voxels }
    }

    /// How many voxels there are.
    pub(super) fn voxels(&self) -> usize {
        self.voxels
    }

    /// The parts of the ranges among `voxels`, counted from the first of these.
    pub(super) fn within(&self, voxels: &Range<usize>) -> Vec<Range<usize>> {
        let clipped = |span: &Range<usize>| {
            let (start, end) = (span.start.max(voxels.start), span.end.min(voxels.end));
            (start < end).then(|| start - voxels.start..end - voxels.start)
        };
        self.spans.iter().filter_map(clipped).collect()
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

    /// A number of `candidates`, evenly spread, or all of them if there are no more: they are cut into
    /// as many parts of one length, and of each part one is taken, by a hash of its number. No column
    /// or row of a grid is preferred, and the same candidates give the same places.
    ///
    /// # Panics
    /// If the candidates do not ascend.
    pub fn spread(candidates: &[usize], most: usize) -> Vec<usize> {
        assert!(candidates.is_sorted_by(|a, b| a < b), "places in order");
        let numbers = VoxelSample::spread_over_grid(candidates.len(), most);
        numbers.into_iter().map(|number| candidates[number]).collect()
    }

    /// As [`spread`](VoxelSample::spread), of all voxels of a grid with so many.
    pub fn spread_over_grid(voxels: usize, most: usize) -> Vec<usize> {
        if voxels <= most {
            return (0..voxels).collect();
        }
        let of_part = |part: usize| {
            let (start, end) = (part * voxels / most, (part + 1) * voxels / most);
            let hash = XxHash64::oneshot(0, &(part as u64).to_le_bytes());
            start + (hash % (end - start) as u64) as usize
        };
        (0..most).map(of_part).collect()
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

    /// Whether anything but the global signal is wanted, which needs all volumes.
    pub(super) fn needs_all(&self) -> bool {
        self.dvars
            || self.slice_means
            || self.sample.is_some()
            || self.inside.is_some()
            || self.hashes
    }

    /// Bytes that are kept of one voxel while its volumes pass: of DVARS the volume before.
    pub fn bytes_per_voxel(&self) -> usize {
        if self.dvars { size_of::<f64>() } else { 0 }
    }

    /// Bytes of the values that are sampled of one volume.
    pub fn sampled_bytes_per_volume(&self) -> usize {
        self.sample.as_ref().map_or(0, |sample| {
            sample.places.len()
                * match sample.precision {
                    SamplePrecision::Float32 => size_of::<f32>(),
                    SamplePrecision::Float64 => size_of::<f64>(),
                }
        })
    }

    /// Bytes that are kept in the end of one volume of a grid `[x, y, z]`, beside what is sampled.
    pub fn bytes_per_volume(&self, shape: [usize; 3]) -> usize {
        let slices = if self.slice_means { shape[2] * size_of::<f64>() } else { 0 };
        let blocks = shape.iter().product::<usize>().div_ceil(block_voxels(shape));
        let hashes = usize::from(self.hashes);
        let sums = usize::from(self.global == VolumesWanted::All)
            + usize::from(self.dvars)
            + 2 * usize::from(self.inside.is_some());
        slices + blocks * (hashes + sums) * size_of::<f64>()
    }

    /// Bytes that are kept in the end of one image of a grid `[x, y, z]`, beside those of its
    /// volumes.
    pub fn bytes_per_image(shape: [usize; 3]) -> usize {
        let blocks = shape.iter().product::<usize>().div_ceil(block_voxels(shape));
        size_of::<super::Signals>() + blocks * (size_of::<super::Block>() + SMALL_VECTORS)
    }
}

/// Bytes that the allocator takes for the lists of a block that have a few numbers.
const SMALL_VECTORS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_one_voxel_of_each_part_and_prefers_no_column() {
        let grid: Vec<usize> = (0..64 * 64 * 30).collect();
        let places = VoxelSample::spread(&grid, 4096);
        assert_eq!(places, VoxelSample::spread(&grid, 4096));
        let mut columns = [0; 64];
        for (part, &place) in places.iter().enumerate() {
            assert!((30 * part..30 * (part + 1)).contains(&place), "{part}: {place}");
            columns[place % 64] += 1;
        }
        let (least, most) = (columns.iter().min().unwrap(), columns.iter().max().unwrap());
        assert!(*least > 40 && *most < 90, "{columns:?}");
        assert_eq!(VoxelSample::spread(&[3, 5, 8], 4), [3, 5, 8], "no more than there are");
        assert!(VoxelSample::spread(&[], 4).is_empty());
    }

    #[test]
    fn spans_are_the_ranges_inside() {
        let spans = Spans::of_mask(&[true, true, false, true, false, false, true]);
        assert_eq!(spans.voxels(), 4);
        assert_eq!(spans.within(&(0..7)), [0..2, 3..4, 6..7]);
        assert_eq!(spans.within(&(1..4)), [0..1, 2..3]);
        assert!(spans.within(&(4..6)).is_empty());
        assert_eq!(Spans::of_mask(&[]).voxels(), 0);
    }
}
