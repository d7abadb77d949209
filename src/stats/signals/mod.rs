//! Signals of volumes, each as a whole: the global signal, how much changed since the volume
//! before, the mean of each slice, the values of some voxels, and a hash of what is stored.
//!
//! ```text
//! global signal  g_t = sum_v y_t(v) / V
//! DVARS          d_t = sqrt( sum_v (y_t(v) - y_{t-1}(v))^2 / V )
//! slice mean     s_t(z) = sum_v y_t(v) / S         over the S voxels of slice z of the third axis
//! ```
//!
//! over all V voxels of the grid, or beside that over those of a mask, in the units of the data
//! (DVARS as defined in Nichols 2017, "Notes on creating a standardized version of DVARS", equation
//! 1). A sample that is not finite counts as 0 in the means, as stored, and its change as none in
//! DVARS. The voxels are added up in blocks of fixed size, so that no bit depends on who adds them;
//! a slice is added up in its parts in each block.
//!
//! The hash of a volume is the XXH3 of the hashes of its blocks, each the XXH3 of its samples as
//! they are stored, little-endian whatever the file is; that of a run is the XXH3 of the hashes of
//! its volumes. So it depends neither on the byte order nor on the compression of a file, nor on how
//! the volumes of a run are shared among files; it does on the type of the samples, and not on their
//! scaling.

mod hashes;
mod sample;
mod wanted;

pub use hashes::{BlockHashes, hash_of_hashes};
pub use sample::Sampled;
pub use wanted::{SamplePrecision, SignalsWanted, Spans, VolumesWanted, VoxelSample};

use crate::voxels::{Samples, Scaling};
use ndarray::Array2;
use sample::BlockSample;
use std::ops::Range;

/// Voxels of a block of a grid, of which a volume is read at a time; and of points that lie in one row, whose
/// series are read one after the other: so many of these fit the cache.
const BLOCK_VOXELS: usize = 32 * 1024;
const BLOCK_POINTS: usize = 1024;

/// The voxels of a block of a grid `[x, y, z]`, by which signals are added up.
pub fn block_voxels(shape: [usize; 3]) -> usize {
    if shape[1..] == [1, 1] { BLOCK_POINTS } else { BLOCK_VOXELS }
}

/// The signals of consecutive volumes of an image, or of a slab of its voxels, as far as they
/// were added.
#[derive(Clone, Debug)]
pub struct Signals {
    wanted: SignalsWanted,
    scaling: Scaling,
    /// The grid, `[x, y, z]`.
    shape: [usize; 3],
    volumes: usize,
    blocks: Vec<Block>,
}

/// The signals of a block of voxels, volume by volume.
#[derive(Clone, Debug)]
struct Block {
    /// The places in the grid.
    voxels: Range<usize>,
    /// Sums over the voxels of samples as stored.
    sums: Vec<f64>,
    /// Sums of their squared changes; the first volume has no change.
    squared_changes: Vec<f64>,
    /// The places in the block of the voxels over which both are wanted as well, and both.
    inside: Vec<Range<usize>>,
    sums_inside: Vec<f64>,
    squared_changes_inside: Vec<f64>,
    /// `[volume, slice]`: sums over the part of each slice that is in the block.
    slice_sums: Vec<f64>,
    /// The places in the block of the voxels whose values are wanted, and the values.
    chosen: Vec<usize>,
    sampled: Option<BlockSample>,
    hashes: Vec<u64>,
    /// The samples of the last volume that was added, if changes are wanted.
    previous: Option<Samples>,
}

impl Block {
    fn none(voxels: Range<usize>, wanted: &SignalsWanted) -> Block {
        let chosen = wanted.sample.as_ref().map_or(Vec::new(), |it| it.within(&voxels));
        Block {
            chosen,
            sums: Vec::new(),
            squared_changes: Vec::new(),
            inside: wanted.inside.as_ref().map_or(Vec::new(), |it| it.within(&voxels)),
            sums_inside: Vec::new(),
            squared_changes_inside: Vec::new(),
            slice_sums: Vec::new(),
            sampled: wanted.sample.as_ref().map(|it| BlockSample::none(it.precision())),
            hashes: Vec::new(),
            previous: None,
            voxels,
        }
    }

    /// The slices that the block has a part of.
    fn slices(&self, slice_voxels: usize) -> Range<usize> {
        self.voxels.start / slice_voxels..self.voxels.end.div_ceil(slice_voxels)
    }

    /// The places in the block of its part of a slice.
    fn part_of(&self, slice: usize, slice_voxels: usize) -> Range<usize> {
        let Range { start, end } = self.voxels;
        let place = |voxel: usize| voxel.clamp(start, end) - start;
        place(slice * slice_voxels)..place((slice + 1) * slice_voxels)
    }
}

impl Signals {
    /// The signals of no volume yet, for samples of this scaling on a grid `[x, y, z]`, of the
    /// voxels at these places.
    ///
    /// # Panics
    /// If the places do not begin where a block of the grid does.
    pub fn none(
        wanted: &SignalsWanted,
        scaling: Scaling,
        shape: [usize; 3],
        voxels: Range<usize>,
    ) -> Signals {
        let length = block_voxels(shape);
        assert_eq!(voxels.start % length, 0, "blocks of the whole grid");
        let block = |start: usize| Block::none(start..voxels.end.min(start + length), wanted);
        let blocks = voxels.clone().step_by(length).map(block).collect();
        let wanted = wanted.clone();
        Signals { wanted, scaling, shape, volumes: 0, blocks }
    }

    /// These signals, with memory for what is kept of so many volumes, which else grows by doubling.
    pub fn with_room_for(mut self, volumes: usize) -> Signals {
        for block in &mut self.blocks {
            if let Some(sampled) = &mut block.sampled {
                sampled.reserve(volumes * block.chosen.len());
            }
        }
        self
    }

    /// Adds all volumes of `samples`, the next of the image: of each the voxels from
    /// `first_voxel` on. `hashes` are those of these volumes as they are stored, where that is not what
    /// `samples` are.
    pub fn add(&mut self, samples: &Samples, hashes: Option<&BlockHashes>, first_voxel: usize) {
        self.add_beside(samples, hashes, first_voxel, |_| ());
    }

    /// Adds volumes as [`add`](Signals::add) does. Before each block of voxels is added `beside` is told
    /// which these are, counted from the first of those that these are the signals of: who does something
    /// else with their samples then brings them into the cache for both.
    pub fn add_beside(
        &mut self,
        samples: &Samples,
        hashes: Option<&BlockHashes>,
        first_voxel: usize,
        mut beside: impl FnMut(Range<usize>),
    ) {
        let volumes = samples.volumes();
        let with_global = self.wanted.global.of_next(volumes, self.volumes);
        let looked_at = if self.wanted.needs_all() { volumes } else { with_global };
        let is_first = self.volumes == 0;
        self.volumes += volumes;
        if looked_at == 0 {
            beside(0..self.voxels());
            return;
        }
        let (slice_voxels, length) = (self.slice_voxels(), block_voxels(self.shape));
        let mut values = Vec::new();
        let first_place = self.blocks.first().map_or(0, |block| block.voxels.start);
        for block in &mut self.blocks {
            let start = block.voxels.start - first_place;
            let voxels = first_voxel + start..first_voxel + start + block.voxels.len();
            beside(start..start + block.voxels.len());
            for volume in 0..looked_at {
                let of_global = volume < with_global;
                if self.wanted.slice_means {
                    let slices = block.slices(slice_voxels);
                    let before = block.slice_sums.len();
                    for slice in slices {
                        let part = block.part_of(slice, slice_voxels);
                        let part = voxels.start + part.start..voxels.start + part.end;
                        block.slice_sums.push(samples.sum_of_finite(volume, part));
                    }
                    if of_global {
                        block.sums.push(block.slice_sums[before..].iter().sum());
                    }
                } else if of_global {
                    block.sums.push(samples.sum_of_finite(volume, voxels.clone()));
                }
                if self.wanted.inside.is_some() {
                    let sum = |it: &Range<usize>| {
                        samples
                            .sum_of_finite(volume, voxels.start + it.start..voxels.start + it.end)
                    };
                    block.sums_inside.push(block.inside.iter().map(sum).sum());
                }
                if self.wanted.dvars && !(volume == 0 && is_first) {
                    let changes = |part: Range<usize>| {
                        let there = voxels.start + part.start..voxels.start + part.end;
                        match (volume, &block.previous) {
                            (0, Some(previous)) => {
                                samples.sum_of_squared_changes_from((previous, part), 0, there)
                            }
                            _ => samples.sum_of_squared_changes(volume, there),
                        }
                    };
                    block.squared_changes.push(changes(0..voxels.len()));
                    if self.wanted.inside.is_some() {
                        let inside = block.inside.iter().cloned().map(changes).sum();
                        block.squared_changes_inside.push(inside);
                    }
                }
                if self.wanted.hashes && hashes.is_none() {
                    block.hashes.push(samples.hash(volume, voxels.clone()));
                }
                if let Some(sampled) = &mut block.sampled {
                    samples.copy_some_to(volume, voxels.clone(), &block.chosen, &mut values);
                    sampled.add(values.iter().map(|&stored| self.scaling.apply(stored)));
                }
            }
            if self.wanted.dvars {
                // What follows begins with the change from the last volume.
                let none = || Samples::zeros(samples.datatype(), 1, voxels.len());
                let previous = block.previous.get_or_insert_with(none);
                samples.copy_onto(volumes - 1, voxels.clone(), previous);
            }
            if let (true, Some(hashes)) = (self.wanted.hashes, hashes) {
                assert_eq!(hashes.volumes(), volumes, "hashes of the same volumes");
                block.hashes.extend(hashes.of_block(voxels.start / length));
            }
        }
    }

    /// These signals once all volumes were added, without what only adding needs.
    pub fn complete(mut self) -> Signals {
        for block in &mut self.blocks {
            (block.chosen, block.inside, block.previous) = (Vec::new(), Vec::new(), None);
        }
        self
    }

    fn slice_voxels(&self) -> usize {
        self.shape[0] * self.shape[1]
    }

    /// How many voxels there are.
    fn voxels(&self) -> usize {
        self.blocks.iter().map(|block| block.voxels.len()).sum()
    }

    /// Appends the voxels that follow these, of the same volumes.
    ///
    /// # Panics
    /// If others follow.
    pub fn append(&mut self, next: Signals) {
        let end = self.blocks.last().map_or(0, |block| block.voxels.end);
        assert_eq!(next.blocks.first().map(|it| it.voxels.start), Some(end), "what follows");
        self.blocks.extend(next.blocks);
    }

    /// The global signal of each volume, in values.
    pub fn global_signal(&self) -> Vec<f64> {
        let sums = over_blocks(self.blocks.iter().map(|it| &it.sums));
        self.means(sums, self.voxels())
    }

    /// DVARS of each volume, in values; the first has none (NaN). Empty if not wanted.
    pub fn dvars(&self) -> Vec<f64> {
        let changes = over_blocks(self.blocks.iter().map(|it| &it.squared_changes));
        self.roots(changes, self.voxels())
    }

    /// Global signal and DVARS over the voxels that are wanted beside the grid; nothing if none are.
    pub fn inside(&self) -> Option<[Vec<f64>; 2]> {
        let voxels = self.wanted.inside.as_ref()?.voxels();
        let sums = over_blocks(self.blocks.iter().map(|it| &it.sums_inside));
        let changes = over_blocks(self.blocks.iter().map(|it| &it.squared_changes_inside));
        Some([self.means(sums, voxels), self.roots(changes, voxels)])
    }

    fn means(&self, sums: Vec<f64>, voxels: usize) -> Vec<f64> {
        sums.into_iter().map(|sum| self.scaling.apply(sum / voxels as f64)).collect()
    }

    /// DVARS of sums of squared changes, if it is wanted; the first volume has none (NaN).
    fn roots(&self, squared_changes: Vec<f64>, voxels: usize) -> Vec<f64> {
        if !self.wanted.dvars || self.volumes == 0 {
            return Vec::new();
        }
        let root = |sum: f64| self.scaling.slope().abs() * (sum / voxels as f64).sqrt();
        std::iter::once(f64::NAN).chain(squared_changes.into_iter().map(root)).collect()
    }

    /// The mean of each slice of the third axis, `[volume, slice]`, in values. No volume if not
    /// wanted.
    pub fn slice_means(&self) -> Array2<f64> {
        let (slices, slice_voxels) = (self.shape[2], self.slice_voxels());
        if !self.wanted.slice_means {
            return Array2::default((0, slices));
        }
        let mut sums: Array2<f64> = Array2::default((self.volumes, slices));
        for block in &self.blocks {
            let slices = block.slices(slice_voxels);
            let rows = block.slice_sums.chunks_exact(slices.len());
            for (volume, row) in rows.enumerate() {
                for (slice, sum) in slices.clone().zip(row) {
                    sums[[volume, slice]] += sum;
                }
            }
        }
        sums.mapv_into(|sum| self.scaling.apply(sum / slice_voxels as f64))
    }

    /// The values of the chosen voxels; none if not wanted.
    pub fn into_sampled(self) -> Option<Sampled> {
        let sample = self.wanted.sample.as_ref()?;
        let blocks = self.blocks.into_iter().filter_map(|it| it.sampled);
        Some(Sampled::of_blocks(sample, self.volumes, blocks))
    }

    /// The hash of each volume as it is stored. Empty if not wanted.
    pub fn volume_hashes(&self) -> Vec<u64> {
        let volumes = if self.wanted.hashes { self.volumes } else { 0 };
        let of_volume = |volume| hash_of_hashes(self.blocks.iter().map(|it| it.hashes[volume]));
        (0..volumes).map(of_volume).collect()
    }
}

/// The sum over all blocks, volume by volume.
fn over_blocks<'a>(blocks: impl Iterator<Item = &'a Vec<f64>>) -> Vec<f64> {
    let blocks: Vec<&Vec<f64>> = blocks.collect();
    let volumes = blocks.first().map_or(0, |block| block.len());
    (0..volumes).map(|volume| blocks.iter().map(|block| block[volume]).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayView2, s};

    /// The signals of all volumes of an array `[t, voxel]`, added so many volumes at a time, and
    /// in slabs that end at these places.
    fn signals(
        wanted: &SignalsWanted,
        scaling: Scaling,
        shape: [usize; 3],
        samples: &dyn Fn(Range<usize>) -> Samples,
        volumes: usize,
        (step, ends): (usize, &[usize]),
    ) -> Signals {
        let mut start = 0;
        let mut slabs = Vec::new();
        for &end in ends {
            slabs.push(Signals::none(wanted, scaling, shape, start..end));
            start = end;
        }
        for first in (0..volumes).step_by(step) {
            let samples = samples(first..volumes.min(first + step));
            for (slab, start) in slabs.iter_mut().zip([0].iter().chain(ends)) {
                slab.add(&samples, None, *start);
            }
        }
        let mut slabs = slabs.into_iter();
        let mut all = slabs.next().expect("a slab");
        slabs.for_each(|next| all.append(next));
        all
    }

    /// numpy 2.4.6, for `y = (t * 7 + v * 3) % 11` as `[t, v]` of 3 x 5, times 0.5:
    /// `y.mean(1)`, `np.sqrt((np.diff(y, axis=0) ** 2).mean(1))`.
    #[test]
    fn signals_are_numpys_however_the_volumes_come() {
        let array = Array2::from_shape_fn((3, 5), |(t, v)| ((t * 7 + v * 3) % 11) as i16);
        let half = Scaling::new(0.5, 0.0).unwrap();
        let some = |range: Range<usize>| Samples::Int16(array.slice(s![range, ..]).to_owned());
        let wanted = SignalsWanted::global_and_dvars();
        for step in [1, 2, 3] {
            let signals = signals(&wanted, half, [5, 1, 1], &some, 3, (step, &[5]));
            assert_eq!(signals.global_signal(), [1.9, 3.2, 2.3]);
            let dvars = signals.dvars();
            assert!(dvars[0].is_nan());
            assert_eq!(dvars[1..], [2.9916550603303182, 2.3769728648009427]);
            assert_eq!(signals.slice_means().nrows(), 0, "not wanted");
            assert_eq!((signals.inside(), signals.volume_hashes()), (None, vec![]));
            assert_eq!(signals.into_sampled(), None);
        }
        // The same of `y[:, [1, 2, 4]]`.
        let inside = Some(Spans::of_mask(&[false, true, true, false, true]));
        let wanted = SignalsWanted { inside, ..wanted };
        for step in [1, 2, 3] {
            let signals = signals(&wanted, half, [5, 1, 1], &some, 3, (step, &[5]));
            let [global, dvars] = signals.inside().expect("voxels that are wanted");
            assert_eq!(global, [1.6666666666666667, 3.3333333333333335, 3.1666666666666665]);
            assert_eq!(dvars[1..], [3.082207001484488, 2.598076211353316]);
        }
    }

    /// Changes within a block are taken from the samples as stored, those between blocks from
    /// values.
    #[test]
    fn no_bit_of_the_changes_depends_on_blocks_whatever_the_type() {
        const VOXELS: usize = BLOCK_VOXELS + 13;
        macro_rules! check {
            ($variant:ident, $number:expr) => {
                let array = Array2::from_shape_fn((4, VOXELS), $number);
                let some =
                    |range: Range<usize>| Samples::$variant(array.slice(s![range, ..]).to_owned());
                let bits = |step: usize, ends: &[usize]| -> Vec<u64> {
                    let wanted = SignalsWanted::global_and_dvars();
                    let (one, shape) = (Scaling::IDENTITY, [VOXELS, 1, 1]);
                    let signals = signals(&wanted, one, shape, &some, 4, (step, ends));
                    signals.dvars()[1..].iter().map(|it| it.to_bits()).collect()
                };
                let whole = bits(4, &[VOXELS]);
                assert!(whole.iter().all(|&it| f64::from_bits(it) > 0.0));
                assert_eq!(whole, bits(1, &[VOXELS]), stringify!($variant));
                assert_eq!(whole, bits(3, &[BLOCK_VOXELS, VOXELS]), stringify!($variant));
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
        let array = Array2::from_shape_fn((3, 2), |(t, _)| t as f32);
        let wanted = SignalsWanted::beginning(4);
        let mut signals = Signals::none(&wanted, Scaling::IDENTITY, [2, 1, 1], 0..2);
        for _ in 0..2 {
            signals.add(&Samples::Float32(array.clone()), None, 0);
        }
        assert_eq!(signals.global_signal(), [0.0, 1.0, 2.0, 0.0]);
        assert!(signals.dvars().is_empty());
    }

    /// Slices that end within blocks, and blocks within slices.
    const SHAPE: [usize; 3] = [181, 199, 3];
    const VOXELS: usize = SHAPE[0] * SHAPE[1] * SHAPE[2];

    fn mixed((t, v): (usize, usize)) -> u16 {
        ((t * 40_503 + v * 25_173) % 65_536) as u16
    }

    /// The ways in which volumes come: so many at a time, slabs that end there.
    const WAYS: [(usize, &[usize]); 4] = [
        (3, &[VOXELS]),
        (1, &[VOXELS]),
        (2, &[BLOCK_VOXELS, 3 * BLOCK_VOXELS, VOXELS]),
        (1, &[2 * BLOCK_VOXELS, VOXELS]),
    ];

    fn near(found: ArrayView2<f64>, expected: [[f64; 3]; 3]) -> bool {
        let pairs = found.iter().zip(expected.iter().flatten());
        found.len() == 9 && pairs.into_iter().all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs())
    }

    /// numpy 2.4.6, python-xxhash 4.1.0, for `y = ((t * 40503 + v * 25173) % 65536)` as uint16
    /// `[t, v]`, times 0.5 less 3: `y.reshape(3, 3, 181 * 199).mean(2)`, `y[:, places]`, and
    /// `xxh3_64` of `struct.pack('<Q', ...)` of the `xxh3_64` of each 32768 samples.
    #[test]
    fn slices_samples_and_hashes_are_numpys_however_the_volumes_come() {
        let array = Array2::from_shape_fn((3, VOXELS), mixed);
        let some = |range: Range<usize>| Samples::Uint16(array.slice(s![range, ..]).to_owned());
        let scaling = Scaling::new(0.5, -3.0).unwrap();
        let places = [0, 5, 32_767, 32_768, 70_000, 108_056];
        let mut first_bits: Option<Vec<u64>> = None;
        for way in WAYS {
            for precision in [SamplePrecision::Float64, SamplePrecision::Float32] {
                let wanted = SignalsWanted {
                    slice_means: true,
                    sample: Some(VoxelSample::new(places, precision)),
                    hashes: true,
                    ..SignalsWanted::default()
                };
                let signals = signals(&wanted, scaling, SHAPE, &some, 3, way);
                assert!(signals.global_signal().is_empty() && signals.dvars().is_empty());
                let means = signals.slice_means();
                let expected = [
                    [16380.280699075487, 16379.970154640607, 16381.479094366861],
                    [16380.921985618701, 16381.521183264389, 16382.120380910075],
                    [16381.563272161915, 16381.252727727033, 16380.032441211582],
                ];
                assert!(near(means.view(), expected), "{way:?}: {means}");
                let bits: Vec<u64> = means.iter().map(|it| it.to_bits()).collect();
                assert_eq!(first_bits.get_or_insert(bits.clone()), &bits, "{way:?}");
                let hashes = signals.volume_hashes();
                let sampled = signals.into_sampled().expect("a sample is wanted");
                assert_eq!(sampled.places[..], places);
                let expected = ndarray::array![
                    [-3.0, 30161.5, 3794.5, 16381.0, 21781.0, 11001.0],
                    [20248.5, 17645.0, 24046.0, 3864.5, 9264.5, 31252.5],
                    [7732.0, 5128.5, 11529.5, 24116.0, 29516.0, 18736.0]
                ];
                assert_eq!(sampled.values(), expected, "{precision:?} {way:?}");
                let picked = sampled.picked(&[0, 2], &[1, 3, 4]);
                assert_eq!(picked, [30161.5, 16381.0, 21781.0, 5128.5, 24116.0, 29516.0]);
                let expected =
                    [0x9210_7339_9536_628d, 0x64bd_bb84_d468_cc41, 0x3975_f849_5762_d0b4];
                assert_eq!(hashes, expected, "{way:?}");
                assert_eq!(hash_of_hashes(hashes), 0x3a62_0d9c_9a01_b8f0);
            }
        }
    }

    /// numpy 2.4.6: the same divided by 7 in float32, with NaN at voxel 40000 of the second volume
    /// and infinity at voxel 3 of the third:
    /// `np.where(np.isfinite(y), y, 0).astype(float).reshape(3, 3, 181 * 199).mean(2)`.
    #[test]
    fn samples_that_are_not_finite_count_as_0_in_slices() {
        let array = Array2::from_shape_fn((3, VOXELS), |at| match at {
            (1, 40_000) => f32::NAN,
            (2, 3) => f32::INFINITY,
            at => f32::from(mixed(at)) / 7.0,
        });
        let some = |range: Range<usize>| Samples::Float32(array.slice(s![range, ..]).to_owned());
        let wanted = SignalsWanted { slice_means: true, ..SignalsWanted::default() };
        let mut first_bits: Option<Vec<u64>> = None;
        for way in WAYS {
            let means = signals(&wanted, Scaling::IDENTITY, SHAPE, &some, 3, way).slice_means();
            let expected = [
                [4680.937342771777, 4680.848615396076, 4681.279740971826],
                [4681.120567603012, 4681.032383540432, 4681.462965663607],
                [4681.202841744348, 4681.215064942199, 4680.866411476744],
            ];
            assert!(near(means.view(), expected), "{way:?}: {means}");
            let bits: Vec<u64> = means.iter().map(|it| it.to_bits()).collect();
            assert_eq!(first_bits.get_or_insert(bits.clone()), &bits, "{way:?}");
        }
    }
}
