//! Writes the runs of the peer benchmark, uncompressed.
//!
//! `cargo run --release --example make_benchmark_data [-- FOLDER CASE... --scale=small]`, by default
//! all into `target/benchmark-data`. `run.py` packs the files with zlib; README.md says why.
//!
//! | case | runs | like |
//! |---|---|---|
//! | D1 | five of 64x64x30 int16, 184, 238, 76, 173 and 88 volumes | a session of ds000114 |
//! | D2 | one of 104x104x72 int16, 600 volumes | a multiband run as it leaves the scanner |
//! | D3 | two of 97x115x97 float32, 200 volumes each | preprocessed runs, masked, in MNI space |
//!
//! The generators are seeded by the names of the runs, and the arithmetic is fixed by IEEE 754, so
//! every machine writes the same bytes. One volume of a run is in memory at a time; a file that is
//! complete is left as it is.

#[allow(dead_code, reason = "the specimens of the tests use the rest")]
#[path = "../../testdata/make/bytes.rs"]
mod bytes;

use bytes::{FLOAT32, Header, INT16, Random, VOXELS_AT};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{env, thread};

/// Part of each header. Change it with whatever changes voxels, and old files are made anew.
const DESCRIPTION: &str = "tsnr benchmark data, version 1";

/// The standard deviation of the scanner's noise in each of the two channels of a raw image.
const THERMAL_NOISE: f32 = 9.0;

/// `--scale small` divides the number of volumes by this.
const SMALL: i16 = 20;

/// The kind of voxels.
#[derive(Clone, Copy)]
enum Kind {
    /// int16 from the scanner: magnitudes, so the background is Rician noise.
    Raw,
    /// float32 from a pipeline: masked, so the background is exactly 0.
    Preprocessed,
}

/// A file to write.
struct Run {
    name: String,
    kind: Kind,
    shape: [i16; 3],
    volumes: i16,
    voxel_millimetres: f32,
    tr_seconds: f32,
}

fn main() -> io::Result<()> {
    let (mut folder, mut volume_divisor, mut cases) = (None, 1, Vec::new());
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--scale=full" => volume_divisor = 1,
            "--scale=small" => volume_divisor = SMALL,
            _ if folder.is_none() => folder = Some(argument),
            _ => cases.push(argument),
        }
    }
    let folder = PathBuf::from(folder.as_deref().unwrap_or("target/benchmark-data"));
    fs::create_dir_all(&folder)?;
    let mut runs = all_runs(volume_divisor);
    runs.retain(|run| cases.is_empty() || cases.iter().any(|case| run.name.starts_with(case)));
    runs.sort_by_key(Run::voxel_bytes); // taken from the end, so the longest first
    write_on_all_cores(&folder, runs)
}

fn all_runs(volume_divisor: i16) -> Vec<Run> {
    let mut runs = Vec::new();
    for (case, kind, shape, lengths, voxel_millimetres, tr_seconds) in [
        ("D1", Kind::Raw, [64, 64, 30], &[184, 238, 76, 173, 88][..], 4.0, 2.5),
        ("D2", Kind::Raw, [104, 104, 72], &[600], 2.0, 0.8),
        ("D3", Kind::Preprocessed, [97, 115, 97], &[200, 200], 2.0, 2.0),
    ] {
        for (index, length) in lengths.iter().enumerate() {
            let name = format!("{case}_run-{}_bold.nii", index + 1);
            let volumes = length / volume_divisor;
            runs.push(Run { name, kind, shape, volumes, voxel_millimetres, tr_seconds });
        }
    }
    runs
}

/// Threads take the last run of the list until there is none.
fn write_on_all_cores(folder: &Path, runs: Vec<Run>) -> io::Result<()> {
    let runs = Mutex::new(runs);
    let next = || runs.lock().expect("no thread panics with the lock").pop();
    let work = || {
        while let Some(run) = next() {
            run.write_unless_complete(folder)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no thread panics"))
    })
}

impl Run {
    fn header(&self) -> Vec<u8> {
        let (datatype, bitpix) = match self.kind {
            Kind::Raw => (INT16, 16),
            Kind::Preprocessed => (FLOAT32, 32),
        };
        let [x, y, z] = self.shape;
        let mut header = Header::new(datatype, bitpix, x, y, z, self.volumes);
        header.descrip = DESCRIPTION;
        header.pixdim[1..4].fill(self.voxel_millimetres);
        header.pixdim[4] = self.tr_seconds;
        let mut bytes = header.bytes();
        bytes.resize(VOXELS_AT, 0); // no extension
        bytes
    }

    fn voxel_bytes(&self) -> u64 {
        let bytes_per_voxel = match self.kind {
            Kind::Raw => 2,
            Kind::Preprocessed => 4,
        };
        let lengths = self.shape.iter().chain([&self.volumes]);
        lengths.map(|&length| length as u64).product::<u64>() * bytes_per_voxel
    }

    fn write_unless_complete(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(&self.name);
        let header = self.header();
        if is_complete(&path, &header, self.voxel_bytes()) {
            return Ok(());
        }
        let unfinished = PathBuf::from(format!("{}.part", path.display()));
        let mut file = File::create(&unfinished)?;
        file.write_all(&header)?;
        self.write_volumes(&mut file)?;
        fs::rename(&unfinished, &path)?;
        eprintln!("wrote {}", path.display());
        Ok(())
    }

    fn write_volumes(&self, to: &mut impl Write) -> io::Result<()> {
        let case = &self.name[..2];
        let head = head(case, self.shape.map(|length| length as usize));
        let mut random = Random::new(&self.name);
        let baseline = random.uniform(0.98, 1.02) as f32; // the runs of a session differ
        let mut volume = Vec::with_capacity(head.len() * 4);
        for time in 0..self.volumes {
            let elapsed = 2.0 * f32::from(time) / f32::from(self.volumes) - 1.0; // -1 to 1
            volume.clear();
            for tissue in &head {
                let mut normal = || random.normal() as f32;
                let value = if tissue.signal > 0.0 {
                    let expected = tissue.signal * (baseline + tissue.drift * elapsed);
                    expected + tissue.noise * normal()
                } else {
                    0.0
                };
                match self.kind {
                    Kind::Raw => {
                        let real = value + THERMAL_NOISE * normal();
                        let imaginary = THERMAL_NOISE * normal();
                        let magnitude = (real * real + imaginary * imaginary).sqrt();
                        volume.extend((magnitude.round() as i16).to_le_bytes());
                    }
                    Kind::Preprocessed => volume.extend(value.to_le_bytes()),
                }
            }
            to.write_all(&volume)?;
        }
        Ok(())
    }
}

/// A file of the right length with the right header: files appear under their name when whole.
fn is_complete(path: &Path, header: &[u8], voxel_bytes: u64) -> bool {
    let mut found = vec![0; header.len()];
    let opened = File::open(path).and_then(|mut file| {
        file.read_exact(&mut found)?;
        file.metadata()
    });
    opened.is_ok_and(|file| file.len() == header.len() as u64 + voxel_bytes && found == header)
}

/// The source of a voxel's time series. Outside the head, all is 0.
#[derive(Clone, Copy, Default)]
struct Tissue {
    signal: f32,
    /// The standard deviation of the physiological noise.
    noise: f32,
    /// The part of the signal that is gained from the middle of the run to its end.
    drift: f32,
}

/// An ellipsoid that all runs of a case share, `[x, y, z]`, x fastest: signals of 400 to 1500 that
/// vary smoothly, with 3% of texture from voxel to voxel, and noise of 1 to 2% of the signal.
fn head(case: &str, shape: [usize; 3]) -> Vec<Tissue> {
    let coil = SmoothField::new(&format!("{case} coil"), 3);
    let anatomy = SmoothField::new(&format!("{case} anatomy"), 9);
    let physiology = SmoothField::new(&format!("{case} physiology"), 5);
    let mut texture = Random::new(&format!("{case} texture"));
    let mut head = Vec::with_capacity(shape.iter().product());
    for z in 0..shape[2] {
        for y in 0..shape[1] {
            for x in 0..shape[0] {
                // 0 to 1 along each axis.
                let at = [0, 1, 2].map(|axis| [x, y, z][axis] as f32 / shape[axis] as f32);
                let [right, front, up] = at.map(|position| 2.0 * position - 1.0);
                let (right, front, up) = (right / 0.79, front / 0.93, up / 0.97);
                if right * right + front * front + up * up > 1.0 {
                    head.push(Tissue::default());
                    continue;
                }
                let smooth = 400.0 + 1100.0 * (0.5 * coil.value(at) + 0.5 * anatomy.value(at));
                let signal = smooth * texture.uniform(0.97, 1.03) as f32;
                let noise = signal * (0.01 + 0.01 * physiology.value(at));
                let drift = texture.uniform(-0.005, 0.005) as f32;
                head.push(Tissue { signal, noise, drift });
            }
        }
    }
    head
}

/// Random numbers from 0 to 1 on a coarse lattice over the grid, interpolated linearly.
struct SmoothField {
    cells: usize,
    lattice: Vec<f32>,
}

impl SmoothField {
    fn new(name: &str, cells: usize) -> SmoothField {
        let mut random = Random::new(name);
        let points = (cells + 1).pow(3);
        let lattice = (0..points).map(|_| random.uniform(0.0, 1.0) as f32).collect();
        SmoothField { cells, lattice }
    }

    /// The value at a position of 0 to below 1 along each axis.
    fn value(&self, at: [f32; 3]) -> f32 {
        let scaled = at.map(|position| position * self.cells as f32);
        let cell = scaled.map(|position| position as usize);
        let inside = [0, 1, 2].map(|axis| scaled[axis] - cell[axis] as f32);
        let points = self.cells + 1;
        let mut value = 0.0;
        for corner in 0..8 {
            let step = [corner & 1, corner >> 1 & 1, corner >> 2];
            let [x, y, z] = [0, 1, 2].map(|axis| cell[axis] + step[axis]);
            let [u, v, w] = [0, 1, 2]
                .map(|axis| if step[axis] == 1 { inside[axis] } else { 1.0 - inside[axis] });
            value += u * v * w * self.lattice[x + points * (y + points * z)];
        }
        value
    }
}
