//! The quality of a session by its series and means: spikes, lost slices, drifts, steps of the head,
//! ghosts, lost signal, and runs unlike the others.
//!
//! Everything here is a function of numbers: the values of a sample of voxels at each used volume, the
//! means of the slices, and maps. Where a threshold is ours, it says so; it was set on made sessions
//! without a fault, and is held to others (see `docs/findings.md`). What becomes of what is found, the
//! [findings](crate::findings) know.

mod distributions;
mod drift;
mod dropout;
mod ghost;
mod outlier_runs;
mod outlier_slices;
mod outlier_volumes;
mod robust;
mod shift;
mod standardised_dvars;
#[cfg(test)]
mod tests;

pub use drift::{FEWEST_VOLUMES as FEWEST_VOLUMES_OF_DRIFT, Trend, trend};
pub use dropout::{Dropout, dropout};
pub use ghost::{Ghost, ghost};
pub use outlier_runs::{FEWEST_SAMPLED, OutlierRun, RunFigure, figure_of_run, outlier_runs};
pub use outlier_slices::{
    ComparedSlice, FEWEST_SLICES, FEWEST_VOLUMES as FEWEST_VOLUMES_OF_SLICES, OutlierSlice,
    compared_slices, low_slices, outlier_slices,
};
pub use outlier_volumes::{Changes, FEWEST_CHANGES, OutlierVolume, changes};
pub use shift::{FEWEST_VOLUMES as FEWEST_VOLUMES_OF_SHIFT, Gradients, Shift, shift};
pub use standardised_dvars::standardised_dvars;

/// The quality of a session, as far as it was looked for.
#[derive(Clone, Debug, Default)]
pub struct Quality {
    /// The quality of each run.
    pub runs: Vec<RunQuality>,
    /// The voxels of the slices that are compared: the brain, and where its mask is automatic what hangs
    /// on it and is half as bright, as in slices at the ends of the grid. None where no brain was found.
    pub of_slices: Option<Vec<bool>>,
    /// The slices whose tSNR is low beside their neighbours.
    pub low_slices: Vec<ComparedSlice>,
    /// Whether there are slices beside slices to look at.
    pub are_slices_compared: bool,
    /// The ghost beside the head; none inside if there is none, none if it could not be looked for.
    pub ghost: Option<Option<Ghost>>,
    /// Where the brain has lost its signal; likewise.
    pub dropout: Option<Option<Dropout>>,
    /// The number of voxels that the runs' figures are of: those of the sample that are looked at.
    pub sampled: usize,
}

/// The quality of a run; nothing where it could not be looked for.
#[derive(Clone, Debug, Default)]
pub struct RunQuality {
    /// The changes from volume to volume.
    pub changes: Option<Changes>,
    /// The standardised DVARS, a value for each volume; NaN of those that are left out and behind them.
    /// None where nothing that shows it was asked for.
    pub standardised_dvars: Option<Vec<f64>>,
    /// The slices that stand out at a volume, by the volumes' numbers in the run.
    pub slices: Option<Vec<OutlierSlice>>,
    /// The line through its mean signal.
    pub trend: Option<Trend>,
    /// The largest step of the head; none inside if there is none.
    pub shift: Option<Option<Shift>>,
    /// The median tSNR in the sample.
    pub figure: Option<RunFigure>,
}

/// Values of some voxels at some volumes of a run, `[volume, voxel]`.
#[derive(Clone, Debug)]
pub struct Series {
    volumes: Vec<usize>,
    voxels: usize,
    values: Vec<f32>,
}

impl Series {
    /// The values at these volumes, given by their numbers in the run, ascending.
    ///
    /// # Panics
    /// If there is not a value for each volume and voxel.
    pub fn new(volumes: Vec<usize>, voxels: usize, values: Vec<f32>) -> Series {
        assert_eq!(values.len(), volumes.len() * voxels, "a value a volume and voxel");
        Series { volumes, voxels, values }
    }

    /// The numbers of the volumes in the run.
    pub fn volumes(&self) -> &[usize] {
        &self.volumes
    }

    /// How many voxels there are.
    pub fn voxels(&self) -> usize {
        self.voxels
    }

    /// The values of each volume.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> + Clone {
        // No voxel has no row, but as many volumes.
        (0..self.volumes.len()).map(|volume| self.row(volume))
    }

    /// The values of a volume, by its place among those that there are.
    pub fn row(&self, volume: usize) -> &[f32] {
        &self.values[volume * self.voxels..(volume + 1) * self.voxels]
    }

    /// The mean over the voxels at each volume.
    pub fn means(&self) -> Vec<f64> {
        let sum = |row: &[f32]| row.iter().map(|&it| f64::from(it)).sum::<f64>();
        self.rows().map(|row| sum(row) / self.voxels as f64).collect()
    }

    /// The mean of each voxel over all volumes.
    fn mean(&self) -> Vec<f64> {
        self.mean_over(0..self.volumes.len())
    }

    /// The mean of each voxel over some of the volumes.
    fn mean_over(&self, volumes: std::ops::Range<usize>) -> Vec<f64> {
        let count = volumes.len() as f64;
        let mut sums = vec![0.0; self.voxels];
        for volume in volumes {
            for (sum, &value) in sums.iter_mut().zip(self.row(volume)) {
                *sum += f64::from(value);
            }
        }
        sums.iter_mut().for_each(|it| *it /= count);
        sums
    }
}
