//! The values of some voxels at each volume.

use super::{SamplePrecision, VoxelSample};
use ndarray::Array2;
use std::sync::Arc;

/// The values of chosen voxels over time, in the units of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// The places of the voxels in the file, ascending.
    pub places: Arc<[usize]>,
    volumes: usize,
    /// The values in each block of the grid, as they were added: to put them side by side would hold all
    /// of them twice.
    blocks: Vec<BlockSample>,
}

impl Sampled {
    /// The values `[volume, voxel]` of the voxels at these places.
    ///
    /// # Panics
    /// If there is not a column for each place.
    pub fn new(places: impl Into<Arc<[usize]>>, values: &Array2<f64>) -> Sampled {
        let places = places.into();
        assert_eq!(values.ncols(), places.len(), "a column a place");
        let block = BlockSample::Float64(values.iter().copied().collect());
        Sampled { places, volumes: values.nrows(), blocks: vec![block] }
    }

    /// The values of all blocks of the grid, of so many volumes.
    pub(super) fn of_blocks(
        sample: &VoxelSample,
        volumes: usize,
        blocks: impl Iterator<Item = BlockSample>,
    ) -> Sampled {
        Sampled { places: Arc::clone(sample.places()), volumes, blocks: blocks.collect() }
    }

    /// How many volumes there are.
    pub fn volumes(&self) -> usize {
        self.volumes
    }

    /// Appends the volumes that follow, of the same voxels.
    ///
    /// # Panics
    /// If they are of another sample.
    pub fn append(&mut self, next: Sampled) {
        assert_eq!(self.places, next.places, "one sample");
        self.volumes += next.volumes;
        for (all, next) in self.blocks.iter_mut().zip(next.blocks) {
            match (all, next) {
                (BlockSample::Float32(all), BlockSample::Float32(next)) => all.extend(next),
                (BlockSample::Float64(all), BlockSample::Float64(next)) => all.extend(next),
                _ => panic!("one sample"),
            }
        }
    }

    /// The series of a voxel, by its number among the places.
    pub fn series(&self, voxel: usize) -> Vec<f64> {
        let mut series = Vec::with_capacity(self.volumes);
        let mut first = 0;
        for block in &self.blocks {
            let columns = block.columns(self.volumes);
            if (first..first + columns).contains(&voxel) {
                let of_volume = |volume: usize| block.value(volume * columns + voxel - first);
                series.extend((0..self.volumes).map(of_volume));
            }
            first += columns;
        }
        series
    }

    /// The values `[volume, voxel]` of some voxels at some volumes: of the voxels by their numbers
    /// among the places, ascending.
    pub fn picked(&self, volumes: &[usize], chosen: &[usize]) -> Vec<f32> {
        // Of each block the chosen columns.
        let (mut first, mut left) = (0, chosen);
        let mut of_blocks = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let columns = block.columns(self.volumes);
            let here = left.partition_point(|&it| it < first + columns);
            let (these, others) = left.split_at(here);
            if !these.is_empty() {
                of_blocks.push((block, columns, first, these));
            }
            (first, left) = (first + columns, others);
        }
        let mut picked = Vec::with_capacity(volumes.len() * chosen.len());
        for volume in volumes {
            for &(block, columns, first, these) in &of_blocks {
                let row = volume * columns..(volume + 1) * columns;
                match block {
                    BlockSample::Float32(all) => {
                        let row = &all[row];
                        picked.extend(these.iter().map(|&it| row[it - first]));
                    }
                    BlockSample::Float64(all) => {
                        let row = &all[row];
                        picked.extend(these.iter().map(|&it| row[it - first] as f32));
                    }
                }
            }
        }
        picked
    }

    /// All values, `[volume, voxel]`.
    pub fn values(&self) -> Array2<f64> {
        let mut values = Array2::default((self.volumes, self.places.len()));
        for (voxel, mut column) in values.columns_mut().into_iter().enumerate() {
            column.iter_mut().zip(self.series(voxel)).for_each(|(to, from)| *to = from);
        }
        values
    }
}

/// The values of a sample in one block of voxels, volume after volume.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum BlockSample {
    Float32(Vec<f32>),
    Float64(Vec<f64>),
}

impl BlockSample {
    pub fn none(precision: SamplePrecision) -> BlockSample {
        match precision {
            SamplePrecision::Float32 => BlockSample::Float32(Vec::new()),
            SamplePrecision::Float64 => BlockSample::Float64(Vec::new()),
        }
    }

    /// Makes room for so many values more.
    pub fn reserve(&mut self, values: usize) {
        match self {
            BlockSample::Float32(all) => all.reserve_exact(values),
            BlockSample::Float64(all) => all.reserve_exact(values),
        }
    }

    /// Adds the values of the next volume.
    pub fn add(&mut self, values: impl Iterator<Item = f64>) {
        match self {
            BlockSample::Float32(all) => all.extend(values.map(|value| value as f32)),
            BlockSample::Float64(all) => all.extend(values),
        }
    }

    /// How many voxels the block has, of which so many volumes were added.
    fn columns(&self, volumes: usize) -> usize {
        let values = match self {
            BlockSample::Float32(all) => all.len(),
            BlockSample::Float64(all) => all.len(),
        };
        values.checked_div(volumes).unwrap_or(0)
    }

    fn value(&self, at: usize) -> f64 {
        match self {
            BlockSample::Float32(all) => f64::from(all[at]),
            BlockSample::Float64(all) => all[at],
        }
    }
}
