//! The values of some voxels at each volume.

use super::{SamplePrecision, VoxelSample};
use ndarray::{Array2, ArrayView2, Axis, concatenate};
use std::sync::Arc;

/// The values of chosen voxels over time, in the units of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// The places of the voxels in the file, ascending.
    pub places: Arc<[usize]>,
    /// The value of each at each volume.
    pub values: SampledValues,
}

/// Values `[volume, voxel]`, of each voxel in the order of its place.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum SampledValues {
    Float32(Array2<f32>),
    Float64(Array2<f64>),
}

impl Sampled {
    /// No volume yet.
    pub fn none(sample: &VoxelSample) -> Sampled {
        let shape = (0, sample.places().len());
        let values = match sample.precision() {
            SamplePrecision::Float32 => SampledValues::Float32(Array2::default(shape)),
            SamplePrecision::Float64 => SampledValues::Float64(Array2::default(shape)),
        };
        Sampled { places: Arc::clone(sample.places()), values }
    }

    /// Appends the volumes that follow, of the same voxels.
    ///
    /// # Panics
    /// If they are of another sample.
    pub fn append(&mut self, next: Sampled) {
        assert_eq!(self.places, next.places, "one sample");
        let one = "one sample";
        match (&mut self.values, next.values) {
            (SampledValues::Float32(all), SampledValues::Float32(next)) => {
                all.append(Axis(0), next.view()).expect(one);
            }
            (SampledValues::Float64(all), SampledValues::Float64(next)) => {
                all.append(Axis(0), next.view()).expect(one);
            }
            _ => panic!("{one}"),
        }
    }
}

/// The values of a sample in one block of voxels, volume after volume.
#[derive(Clone, Debug)]
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

    /// The values of all blocks side by side, of so many volumes.
    pub fn joined<'a>(
        blocks: impl Iterator<Item = &'a BlockSample>,
        volumes: usize,
        sample: &VoxelSample,
    ) -> SampledValues {
        let (mut singles, mut doubles) = (Vec::new(), Vec::new());
        for block in blocks {
            match block {
                BlockSample::Float32(values) => singles.push(rows(values, volumes)),
                BlockSample::Float64(values) => doubles.push(rows(values, volumes)),
            }
        }
        match sample.precision() {
            SamplePrecision::Float32 => SampledValues::Float32(side_by_side(&singles, volumes)),
            SamplePrecision::Float64 => SampledValues::Float64(side_by_side(&doubles, volumes)),
        }
    }
}

fn rows<T>(values: &[T], volumes: usize) -> ArrayView2<'_, T> {
    let columns = values.len().checked_div(volumes).unwrap_or(0);
    ArrayView2::from_shape((volumes, columns), values).expect("a value a voxel and volume")
}

fn side_by_side<T: Clone + Default>(blocks: &[ArrayView2<T>], volumes: usize) -> Array2<T> {
    match blocks {
        [] => Array2::default((volumes, 0)),
        blocks => concatenate(Axis(1), blocks).expect("blocks of the same volumes"),
    }
}
