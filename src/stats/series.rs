//! Mean and standard deviation in two passes over a series that is all in memory.

use crate::voxels::Block;
use std::sync::Arc;

/// Blocks of samples that follow one another in time, on one grid: a concatenation that
/// copies nothing.
#[derive(Clone, Debug)]
pub struct Series {
    blocks: Vec<Arc<Block>>,
    voxels: usize,
}

impl Series {
    /// The blocks, in their order, as one series.
    ///
    /// # Panics
    /// If there is no block, or blocks differ in their number of voxels.
    pub fn new(blocks: Vec<Arc<Block>>) -> Series {
        let voxels = blocks.first().expect("a series has a block").samples.voxels();
        assert!(blocks.iter().all(|block| block.samples.voxels() == voxels), "blocks of one grid");
        Series { blocks, voxels }
    }

    /// Series that follow one another in time, as one series.
    ///
    /// # Panics
    /// As [`Series::new`].
    pub fn concatenate(series: &[Arc<Series>]) -> Series {
        Series::new(series.iter().flat_map(|series| series.blocks.iter().cloned()).collect())
    }

    /// Number of time points.
    pub fn volumes(&self) -> usize {
        self.blocks.iter().map(|block| block.samples.volumes()).sum()
    }

    fn for_each_volume(&self, mut visit: impl FnMut(&[f64])) {
        self.blocks.iter().for_each(|block| block.for_each_volume(&mut visit));
    }

    /// The mean over time of each voxel.
    ///
    /// Computed as `y_0 + sum_t(y_t - y_0) / N`, so that a large offset costs no digits and
    /// the mean of a constant series is that constant, exactly.
    pub fn temporal_mean(&self) -> Vec<f64> {
        let mut first: Option<Vec<f64>> = None;
        let mut sum = vec![0.0; self.voxels];
        self.for_each_volume(|volume| {
            let first = first.get_or_insert_with(|| volume.to_vec());
            for ((sum, &first), &value) in sum.iter_mut().zip(&*first).zip(volume) {
                *sum += value - first;
            }
        });
        let volumes = self.volumes() as f64;
        let first = first.expect("a series has a volume");
        sum.iter().zip(first).map(|(sum, first)| first + sum / volumes).collect()
    }

    /// The standard deviation over time of each voxel:
    /// `sqrt(sum_t((y_t - mean)^2) / (N - ddof))`. A constant series has exactly 0.
    pub fn temporal_std(&self, ddof: usize) -> Vec<f64> {
        let mean = self.temporal_mean();
        let mut squares = vec![0.0; self.voxels];
        self.for_each_volume(|volume| {
            for ((squares, &mean), &value) in squares.iter_mut().zip(&mean).zip(volume) {
                *squares += (value - mean) * (value - mean);
            }
        });
        let freedom = self.volumes() as f64 - ddof as f64;
        squares.into_iter().map(|squares| (squares / freedom).sqrt()).collect()
    }
}
