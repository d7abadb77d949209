//! Made sessions: runs of a head of which every volume is drawn at random, with faults where a test
//! plants them, as files.

use crate::program::Scratch;
use crate::program::bytes::{Header, INT16};

/// Random numbers that are the same each time (xorshift64*, Vigna 2016).
pub struct Noise(pub u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal, with variance 1: a sum of three uniform numbers.
    pub fn normal(&mut self) -> f64 {
        2.0 * (self.uniform() + self.uniform() + self.uniform() - 1.5)
    }
}

/// What is wrong in a session. Runs count from 0.
#[derive(Clone, Copy, PartialEq)]
pub enum Fault {
    /// A volume of a run is brighter by a tenth.
    Spike { run: usize, volume: usize },
    /// A slice of a run is lost in half of its volumes.
    DroppedSlice { run: usize, slice: usize },
    /// A run lies two voxels to anterior, and is brighter.
    Shift { run: usize },
    /// The first volumes of every run are brighter.
    NonSteady { volumes: usize },
    /// The brightest part at the right is at the limit of what is stored.
    Clip,
}

/// How a session is made.
pub struct Plan {
    pub shape: [usize; 3],
    pub voxel: [f32; 3],
    pub runs: usize,
    pub volumes: usize,
    pub faults: Vec<Fault>,
}

/// What a stored number of 1 stands for, times this.
const STORED: f64 = 25.0;

/// The signal of a head without noise, 0 outside: brighter in front, with dark ventricles.
pub fn head(shape: [usize; 3], voxel: [usize; 3], shift: usize) -> f64 {
    let at = |axis: usize, moved: usize| {
        let half = shape[axis] as f64 / 2.0;
        (voxel[axis] as f64 - moved as f64 + 0.5 - half) / half
    };
    let [x, y] = [at(0, 0), at(1, shift)];
    let z = if shape[2] == 1 { 0.1 } else { at(2, 0) };
    let radius = (x / 0.72).powi(2) + (y / 0.9).powi(2) + (z / 1.05).powi(2);
    let folds = 60.0 * ((9.0 * x).sin() * (8.0 * y).cos() * (7.0 * z + 1.0).sin());
    let ventricle = ((x.abs() - 0.12) / 0.1).powi(2) + (y / 0.3).powi(2) + (z / 0.35).powi(2);
    match radius {
        outside if outside > 1.0 => 0.0,
        rim if rim > 0.86 => 420.0,
        _ if ventricle < 1.0 => 1150.0,
        _ => 800.0 + 120.0 * y + folds,
    }
}

/// The name of a run's file, from 1.
pub fn name(run: usize) -> String {
    format!("sub-01_ses-test_task-rest_run-{run}_bold.nii")
}

/// A header of int16 whose first axis runs to the left, so that low indices lie at the right.
pub fn header(plan: &Plan, volumes: usize) -> Vec<u8> {
    let [nx, ny, nz] = plan.shape;
    let [dx, dy, dz] = plan.voxel;
    let mut header = Header::new(INT16, 16, nx as i16, ny as i16, nz as i16, volumes as i16);
    header.pixdim = [1.0, dx, dy, dz, 2.5, 0.0, 0.0, 0.0];
    header.qform_code = 0;
    if volumes == 1 {
        header.dim[0] = 3;
    }
    let middle = |count: usize, size: f32| size * (count as f32 - 1.0) / 2.0;
    let rows = [
        [-dx, 0.0, 0.0, middle(nx, dx)],
        [0.0, dy, 0.0, -middle(ny, dy) - 15.0],
        [0.0, 0.0, dz, -middle(nz, dz) + 12.0],
    ];
    let mut bytes = [header.bytes(), vec![0; 4]].concat();
    for (at, value) in rows.as_flattened().iter().enumerate() {
        bytes[280 + 4 * at..284 + 4 * at].copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

impl Plan {
    /// Writes the runs.
    pub fn write(&self, scratch: &Scratch) {
        let [nx, ny, nz] = self.shape;
        let count = nx * ny * nz;
        let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
        let voxel = |it: usize| [it % nx, it / nx % ny, it / nx / ny];
        let has = |fault: Fault| self.faults.contains(&fault);
        let unsteady = |volume: usize| {
            let is_before =
                |it: &Fault| matches!(it, Fault::NonSteady { volumes } if volume < *volumes);
            self.faults.iter().any(is_before)
        };
        for run in 0..self.runs {
            let is_shifted = has(Fault::Shift { run });
            let (shift, level) = if is_shifted { (2, 1.06) } else { (0, 1.0 + 0.004 * run as f64) };
            let signal: Vec<f64> =
                (0..count).map(|it| level * head(self.shape, voxel(it), shift)).collect();
            let mut file = header(self, self.volumes);
            for volume in 0..self.volumes {
                let mut gain = 1.0 + 0.0015 * noise.normal();
                if unsteady(volume) {
                    gain *= 1.0 + 0.35 * (-(volume as f64)).exp();
                }
                if has(Fault::Spike { run, volume }) {
                    gain *= 1.1;
                }
                for (it, &signal) in signal.iter().enumerate() {
                    let [x, _, z] = voxel(it);
                    let lost = volume % 2 == 1 && has(Fault::DroppedSlice { run, slice: z });
                    let kept = if lost { 0.3 } else { 1.0 };
                    let value = match signal {
                        0.0 => 0.0,
                        bright if bright > 880.0 && x < nx / 2 && has(Fault::Clip) => {
                            (1316.0 + 11.0 * noise.normal()) * kept
                        }
                        _ => (signal * gain + 11.0 * noise.normal()) * kept,
                    };
                    // A cast saturates.
                    file.extend(((STORED * value).round() as i16).to_le_bytes());
                }
            }
            scratch.file(&name(run + 1), file);
        }
    }

    /// An image of one volume on the grid of the runs.
    pub fn image(&self, value: impl Fn(usize) -> i16) -> Vec<u8> {
        let count = self.shape.iter().product();
        let mut file = header(self, 1);
        file.extend((0..count).flat_map(|it| value(it).to_le_bytes()));
        file
    }
}
