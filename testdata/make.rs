//! Writes the test data: one small fMRI session, its confounds, and the odd specimens with their
//! index.
//!
//! `cargo run --example make_testdata [-- OUTPUT_DIR]`, by default into `testdata`.
//!
//! Nothing is random but a generator seeded by the specimen's name, so a specimen keeps its bytes
//! when others are added. Voxels are computed with arithmetic that IEEE 754 fixes (no logarithm,
//! no cosine), so they are the same on every machine. They are in file order: `[x, y, z, t]`, x
//! fastest.

#[path = "make/afni.rs"]
mod afni;
#[path = "make/bytes.rs"]
pub(crate) mod bytes;
#[path = "make/cifti.rs"]
pub(crate) mod cifti;
#[path = "make/gifti.rs"]
pub(crate) mod gifti;
#[path = "make/mgh.rs"]
mod mgh;
#[path = "make/nifti2.rs"]
mod nifti2;
#[path = "make/packed.rs"]
mod packed;
#[path = "make/pairs.rs"]
mod pairs;

use bytes::{FLOAT32, FLOAT64, Header, INT16, Random, UINT16, VOXELS_AT};
use bytes::{gzip, gzip_in_members, gzip_with_bad_block, with_flipped_byte};
use std::{env, fs, io, path::Path, path::PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::args_os().nth(1).unwrap_or_else(|| "testdata".into()));
    write_all(&root)
}

/// Writes everything below `root`.
pub fn write_all(root: &Path) -> io::Result<()> {
    write_session(&root.join("sub-01/ses-test/func"))?;
    write_confounds(&root.join("confounds"))?;
    let mut odd = Specimens::new(root.join("odd"))?;
    write_datatypes(&mut odd)?;
    write_numbers(&mut odd)?;
    write_scalings(&mut odd)?;
    write_layouts(&mut odd)?;
    write_shapes(&mut odd)?;
    write_second_runs(&mut odd)?;
    write_damaged_files(&mut odd)?;
    write_damaged_gzip(&mut odd)?;
    write_doubtful_headers(&mut odd)?;
    write_wrong_headers(&mut odd)?;
    write_unwanted_datatypes(&mut odd)?;
    nifti2::write_specimens(&mut odd)?;
    pairs::write_specimens(&mut odd)?;
    cifti::write_specimens(&mut odd)?;
    gifti::write_specimens(&mut odd)?;
    write_other_formats(&mut odd)?;
    mgh::write(&mut odd)?;
    afni::write(&mut odd)?;
    packed::write(&mut odd)?;
    fs::write(root.join("odd/index.tsv"), odd.index)
}

// ---- The session ------------------------------------------------------------------------------

/// Task, number of volumes, TR in seconds and baseline of each run.
const SESSION: [(&str, i16, f32, f64); 5] = [
    ("covertverbgeneration", 43, 2.5, 1.0),
    ("fingerfootlips", 46, 2.5, 1.012),
    ("linebisection", 59, 2.5, 0.992),
    ("overtverbgeneration", 22, 5.0, 1.02),
    ("overtwordrepetition", 19, 5.0, 0.985),
];

/// Five runs shaped like a session of ds000114, at a quarter of its length.
fn write_session(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for (task, volume_count, tr_seconds, baseline) in SESSION {
        let stem = format!("sub-01_ses-test_task-{task}");
        let mut header = Header::new(INT16, 16, 20, 20, 10, volume_count);
        header.pixdim[4] = tr_seconds;
        // What belongs to the run only, set so that a test can see it gone from the map.
        header.cal_max = 1500.0;
        header.slice_code = 3; // every other slice, upwards
        header.slice_end = 9;
        header.slice_duration = tr_seconds / 10.0;
        header.toffset = 1.5;
        header.descrip = "tsnr phantom, not a scan";
        header.aux_file = "phantom.par";
        let voxels = phantom(&stem, volume_count as usize, baseline);
        fs::write(dir.join(format!("{stem}_bold.nii.gz")), gzip(&header.file(&voxels)))?;

        let json =
            format!("{{\n  \"RepetitionTime\": {tr_seconds:.1},\n  \"TaskName\": \"{task}\"\n}}\n");
        fs::write(dir.join(format!("{stem}_bold.json")), json)?;
        let mut events = String::from("onset\tduration\ttrial_type\n");
        for block in 0..(f32::from(volume_count) * tr_seconds / 30.0) as usize {
            events += &format!("{}\t15\t{task}\n", 15 + 30 * block);
        }
        fs::write(dir.join(format!("{stem}_events.tsv")), events)?;
    }
    Ok(())
}

/// A head of 20 x 20 x 10 voxels: nested ellipsoids in a background of zeros. Signal, noise (a
/// tSNR of 30 to 100) and drift differ by voxel and are the same in all runs.
fn phantom(run: &str, volume_count: usize, baseline: f64) -> Vec<f64> {
    let mut head = Random::new("phantom");
    let mut voxels = Vec::new(); // signal, noise, drift
    for index in 0..20 * 20 * 10 {
        let [x, y, z] = [index % 20, index / 20 % 20, index / 400].map(f64::from);
        let [x, y, z] = [(x - 9.5) / 8.2, (y - 9.5) / 9.0, (z - 4.5) / 4.6];
        let tissue = match x * x + y * y + z * z {
            radius if radius > 1.0 => 0.0,
            radius if radius > 0.75 => 550.0,
            radius if radius > 0.35 => 1000.0,
            radius if radius > 0.06 => 800.0,
            _ => 1400.0,
        };
        let signal = tissue * head.uniform(0.95, 1.05);
        let noise = signal / head.uniform(30.0, 100.0);
        voxels.push([signal, noise, signal * head.uniform(-0.005, 0.005)]);
    }
    let mut random = Random::new(run);
    let mut series = Vec::with_capacity(voxels.len() * volume_count);
    for time in 0..volume_count {
        let drift_now = 2.0 * time as f64 / (volume_count - 1) as f64 - 1.0;
        series.extend(voxels.iter().map(|[signal, noise, drift]| {
            signal * baseline + drift * drift_now + noise * random.normal()
        }));
    }
    series
}

// ---- Its confounds ----------------------------------------------------------------------------

/// A table of confounds for each run with columns as fMRIPrep names them, and a list of volumes
/// to keep: those whose framewise displacement is at most 0.5 mm. The head drifts, and moves at
/// once in the middle of each run. The first run begins with two volumes that are not steady,
/// the second with one.
fn write_confounds(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for (index, (task, volume_count, ..)) in SESSION.into_iter().enumerate() {
        let stem = format!("sub-01_ses-test_task-{task}");
        let mut random = Random::new(&format!("confounds {task}"));
        let volume_count = volume_count as usize;
        let jolt = volume_count / 2;
        let mut table = Confounds { volume_count, names: Vec::new(), columns: Vec::new() };

        for (name, mean, std) in
            [("global_signal", 700.0, 3.0), ("csf", 900.0, 6.0), ("white_matter", 650.0, 1.5)]
        {
            let values: Vec<f64> =
                (0..volume_count).map(|_| mean + std * random.normal()).collect();
            table.add_with_derivative(name, &values);
            table.add(&format!("{name}_power2"), |volume| Some(values[volume] * values[volume]));
        }
        let motion = motion(&mut random, volume_count, jolt);
        let displacement = |volume| framewise_displacement(&motion, volume);
        table.add("std_dvars", |volume| {
            let change = 1.0 + 0.05 * random.normal() + if volume == jolt { 2.0 } else { 0.0 };
            (volume > 0).then_some(change)
        });
        table.add("framewise_displacement", displacement);
        for component in 0..7 {
            table.add(&format!("a_comp_cor_{component:02}"), |_| Some(0.1 * random.normal()));
        }
        table.add_indicators("non_steady_state_outlier", 0..2_usize.saturating_sub(index));
        for (name, values) in MOTION.iter().zip(&motion) {
            table.add_with_derivative(name, values);
        }
        let is_kept = |volume| displacement(volume).unwrap_or(0.0) <= 0.5;
        table.add_indicators("motion_outlier", (0..volume_count).filter(|&it| !is_kept(it)));
        let name = format!("{stem}_desc-confounds_timeseries.tsv");
        fs::write(dir.join(name), table.text())?;

        // The forms that AFNI reads: a number a line, all in one line, repetitions.
        let kept: Vec<&str> =
            (0..volume_count).map(|it| if is_kept(it) { "1" } else { "0" }).collect();
        let list = match index {
            0 => format!("# 1 keeps a volume\n{}\n", kept.join("\n")),
            1 => format!("{}\n", kept.join(" ")),
            _ => kept
                .chunk_by(|a, b| a == b)
                .fold(String::new(), |list, same| list + &format!("{}@{}\n", same.len(), same[0])),
        };
        fs::write(dir.join(format!("{stem}_desc-keep_censor.1D")), list)?;
    }
    Ok(())
}

/// Translations in mm, and rotations in radians.
const MOTION: [&str; 6] = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"];

/// A random walk of each, with a step twenty times as long at the `jolt`.
fn motion(random: &mut Random, volume_count: usize, jolt: usize) -> [Vec<f64>; 6] {
    [0.02, 0.02, 0.03, 0.0004, 0.0002, 0.0002].map(|step| {
        let mut now = 0.0;
        let mut next = |volume| {
            now += step * random.normal() * if volume == jolt { 20.0 } else { 1.0 };
            now
        };
        (0..volume_count).map(&mut next).collect()
    })
}

/// Power et al. 2012: how far the head moved since the volume before, in mm, with rotations on a
/// sphere of 50 mm.
fn framewise_displacement(motion: &[Vec<f64>; 6], volume: usize) -> Option<f64> {
    let before = volume.checked_sub(1)?;
    let radii = [1.0, 1.0, 1.0, 50.0, 50.0, 50.0];
    let moved = motion
        .iter()
        .zip(radii)
        .map(|(values, radius)| radius * (values[volume] - values[before]).abs());
    Some(moved.sum())
}

/// A table with a row for each volume.
struct Confounds {
    volume_count: usize,
    names: Vec<String>,
    columns: Vec<Vec<Option<f64>>>,
}

impl Confounds {
    fn add(&mut self, name: &str, value_at: impl FnMut(usize) -> Option<f64>) {
        self.names.push(name.to_owned());
        self.columns.push((0..self.volume_count).map(value_at).collect());
    }

    fn add_with_derivative(&mut self, name: &str, values: &[f64]) {
        self.add(name, |volume| Some(values[volume]));
        self.add(&format!("{name}_derivative1"), |volume| {
            Some(values[volume] - values[volume.checked_sub(1)?])
        });
    }

    /// For each of these volumes a column that is 1 there.
    fn add_indicators(&mut self, name: &str, volumes: impl Iterator<Item = usize>) {
        for (count, volume) in volumes.enumerate() {
            let is_there = |it| f64::from(u8::from(it == volume));
            self.add(&format!("{name}{count:02}"), |it| Some(is_there(it)));
        }
    }

    fn text(&self) -> String {
        let cell = |value: Option<f64>| value.map_or("n/a".to_owned(), |value| value.to_string());
        let row = |volume: usize| {
            let cells = self.columns.iter().map(|column| cell(column[volume]));
            cells.collect::<Vec<_>>().join("\t")
        };
        let rows: Vec<String> = (0..self.volume_count).map(row).collect();
        format!("{}\n{}\n", self.names.join("\t"), rows.join("\n"))
    }
}

// ---- The odd specimens ------------------------------------------------------------------------

/// Writes specimens and keeps the index, one row for each set of files that are given together.
struct Specimens {
    dir: PathBuf,
    index: String,
}

impl Specimens {
    fn new(dir: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(dir.join("series"))?;
        Ok(Specimens { dir, index: "files\toutcome\tsays\texpected\twhy\n".into() })
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        fs::write(self.dir.join(name), content)
    }

    fn row(&mut self, files: &str, outcome: &str, says: &str, expected: &str, why: &str) {
        self.index += &format!("{files}\t{outcome}\t{says}\t{expected}\t{why}\n");
    }

    /// A valid file whose maps bear its name.
    fn ok(&mut self, name: &str, content: impl AsRef<[u8]>, why: &str) -> io::Result<()> {
        self.row(name, "ok", "", name.split('.').next().unwrap_or(name), why);
        self.file(name, content)
    }

    /// A valid file with the voxels and the affine of `int16_le.nii`, and so its maps.
    fn same(&mut self, name: &str, content: impl AsRef<[u8]>, why: &str) -> io::Result<()> {
        self.row(name, "ok", "", "int16", why);
        self.file(name, content)
    }

    /// The same, with a warning that holds `says`.
    fn doubtful(
        &mut self,
        name: &str,
        content: impl AsRef<[u8]>,
        says: &str,
        why: &str,
    ) -> io::Result<()> {
        self.row(name, "warns", says, "int16", why);
        self.file(name, content)
    }

    /// A file to refuse with a message that holds `says`.
    fn no(
        &mut self,
        name: &str,
        content: impl AsRef<[u8]>,
        says: &str,
        why: &str,
    ) -> io::Result<()> {
        self.row(name, "error", says, "", why);
        self.file(name, content)
    }
}

/// `volume_count` volumes of noise about one mean per voxel, drawn from `means`; voxel 0 is
/// constant at 0 and voxel 1 at `constant`.
fn noisy(
    seed: &str,
    [voxel_count, volume_count]: [usize; 2],
    means: [f64; 2],
    std: f64,
    constant: f64,
) -> Vec<f64> {
    let mut random = Random::new(seed);
    let voxel_means: Vec<f64> =
        (0..voxel_count).map(|_| random.uniform(means[0], means[1])).collect();
    let mut voxels = Vec::with_capacity(voxel_count * volume_count);
    for _ in 0..volume_count {
        let volume = voxels.len();
        voxels.extend(voxel_means.iter().map(|mean| mean + std * random.normal()));
        (voxels[volume], voxels[volume + 1]) = (0.0, constant);
    }
    voxels
}

/// Noise like that of a BOLD run.
fn noisy_bold(seed: &str, shape: [usize; 2]) -> Vec<f64> {
    noisy(seed, shape, [300.0, 1500.0], 20.0, 700.0)
}

/// The 60 x 6 voxels of `int16_le.nii`.
fn plain_voxels() -> Vec<f64> {
    noisy_bold("int16", [60, 6])
}

/// The file `int16_le.nii` with another header.
fn changed(change: impl Fn(&mut Header)) -> Vec<u8> {
    let mut run = Header::int16(6);
    change(&mut run);
    run.file(&plain_voxels())
}

/// Replaces the time series of one voxel of a 60-voxel grid.
fn set_series(voxels: &mut [f64], voxel: usize, value_at: impl Fn(usize) -> f64) {
    for (time, volume) in voxels.chunks_mut(60).enumerate() {
        volume[voxel] = value_at(time);
    }
}

/// Each datatype that has a mean, in both byte orders.
fn write_datatypes(odd: &mut Specimens) -> io::Result<()> {
    let power = |exponent| 2.0_f64.powi(exponent);
    for (name, datatype, bitpix, means, std, constant, is_mirrored) in [
        ("int8", 256, 8, [40.0, 110.0], 8.0, -7.0, true),
        ("uint8", 2, 8, [60.0, 220.0], 10.0, 200.0, false),
        ("int16", INT16, 16, [300.0, 1500.0], 20.0, 700.0, false),
        ("uint16", UINT16, 16, [33e3, 65e3], 300.0, 65535.0, false),
        ("int32", 8, 32, [2.0e9, 2.14e9], 1e7, 16_777_217.0, true),
        ("uint32", 768, 32, [4.0e9, 4.29e9], 1e7, 4_294_967_295.0, false),
        ("int64", 1024, 64, [power(48), power(49)], power(43), power(50) - 1.0, true),
        ("uint64", 1280, 64, [power(48), power(49)], power(43), power(50) - 1.0, false),
        ("float32", FLOAT32, 32, [1e-3, 2e-3], 1e-5, 12.5, false),
        ("float64", FLOAT64, 64, [-2e5, 3e5], 1e3, 12.5, false),
    ] {
        let mut voxels = noisy(name, [60, 6], means, std, constant);
        if is_mirrored {
            voxels.iter_mut().skip(2).step_by(2).for_each(|voxel| *voxel = -*voxel);
        }
        if name == "int32" {
            set_series(&mut voxels, 2, |time| 16_777_217.0 + time as f64); // not exact in float32
        }
        for (suffix, order) in [("le", "little"), ("be", "big")] {
            let mut header = Header::new(datatype, bitpix, 5, 4, 3, 6);
            header.big_endian = suffix == "be";
            let file = format!("{name}_{suffix}.nii");
            odd.row(&file, "ok", "", name, &format!("{name} voxels, {order}-endian"));
            odd.file(&file, header.file(&voxels))?;
        }
        mgh::write_datatype(odd, name, datatype, &voxels)?;
    }
    Ok(())
}

/// Values that are hard on the arithmetic.
fn write_numbers(odd: &mut Specimens) -> io::Result<()> {
    let mut limits = plain_voxels();
    for voxel in 2..8 {
        set_series(&mut limits, voxel, |time| [-32768.0, 32767.0][(voxel + time) % 2]);
    }
    set_series(&mut limits, 8, |_| -32768.0);
    let limits = gzip(&Header::int16(6).file(&limits));
    odd.ok("int16_limits.nii.gz", limits, "voxels 2 to 7 spread as far as int16 can")?;

    let voxels = noisy("float64_offset", [60, 40], [1e7, 1e7], 1.0, 1e7);
    let offset = gzip(&Header::new(FLOAT64, 64, 5, 4, 3, 40).file(&voxels));
    odd.ok("float64_offset.nii.gz", offset, "mean 1e7, std 1: a sum of squares cancels")?;

    let (infinity, step) = (f64::INFINITY, 1.0 / 16384.0); // float32's step just below 1024
    let mut voxels = noisy("float32_nonfinite", [60, 6], [100.0, 1000.0], 10.0, 5.0);
    for (voxel, series) in [
        (2, [450.0, 455.0, f64::NAN, 447.0, 452.0, 449.0]),
        (3, [450.0, infinity, 455.0, 447.0, 452.0, 449.0]),
        (4, [450.0, 455.0, 447.0, -infinity, 452.0, 449.0]),
        (5, [infinity, 455.0, 447.0, 452.0, 449.0, -infinity]),
        (6, [-450.0, -455.0, -447.0, -452.0, -449.0, -460.0]),
        (7, [0.1; 6]),
        (8, [1.0, -2.0, 2.0, -1.0, 2.0, -1.0].map(|steps| 1000.0 + steps * step)),
    ] {
        set_series(&mut voxels, voxel, |time| series[time]);
    }
    let file = gzip(&Header::new(FLOAT32, 32, 5, 4, 3, 6).file(&voxels));
    let why = "voxels 2 to 8: NaN, +Inf, -Inf, both, negative, constant 0.1, std 1e-4 around 1000";
    odd.ok("float32_nonfinite.nii.gz", file, why)
}

/// scl_slope and scl_inter.
fn write_scalings(odd: &mut Specimens) -> io::Result<()> {
    let scaled = |slope, inter| changed(|run| (run.slope, run.inter) = (slope, inter));
    odd.same("slope_zero.nii", scaled(0.0, 7.0), "slope 0 means unscaled, inter 7 or not")?;
    odd.same("slope_nan.nii", scaled(f32::NAN, f32::NAN), "slope NaN means unscaled")?;
    odd.same("slope_infinite.nii", scaled(f32::INFINITY, 7.0), "slope Inf means unscaled")?;
    odd.ok("slope_negative.nii", scaled(-0.75, 10.0), "std is |slope| times the raw std")?;
    odd.ok("slope_half_inter.nii", scaled(0.5, -100.0), "inter moves the mean only")?;

    let mut a = Header::int16(6);
    (a.slope, a.inter) = (0.0754, 3100.76);
    let voxels = noisy("run_scaled_a", [60, 6], [2e3, 20e3], 300.0, 9e3);
    odd.file("run_scaled_a.nii.gz", gzip(&a.file(&voxels)))?;
    let mut b = Header::new(UINT16, 16, 5, 4, 3, 9);
    (b.slope, b.inter) = (0.05, 2900.5);
    let voxels = noisy("run_scaled_b", [60, 9], [8e3, 40e3], 450.0, 9e3);
    odd.file("run_scaled_b.nii", b.file(&voxels))?;
    let why = "two runs that differ in slope, inter, datatype and length";
    odd.row("run_scaled_a.nii.gz run_scaled_b.nii", "ok", "", "run_scaled", why);
    Ok(())
}

/// The voxels of `int16_le.nii`, otherwise laid out or packed.
fn write_layouts(odd: &mut Specimens) -> io::Result<()> {
    let mut header = Header::int16(6);
    let plain = header.file(&plain_voxels());
    let voxels = &plain[VOXELS_AT..];

    header.vox_offset = 416.0;
    let moved = [&header.bytes()[..], &[0; 4], &[0x55; 64], voxels].concat();
    odd.same("vox_offset_416_no_extension.nii", moved, "padding before the voxels, no extension")?;
    let zero = changed(|run| run.vox_offset = 0.0);
    odd.same("vox_offset_zero.nii", zero, "vox_offset 0 in a single file means 352")?;
    let extension = |code: i32, size: i32, text: &str| {
        let mut bytes = [size.to_le_bytes(), code.to_le_bytes()].concat();
        bytes.extend(text.as_bytes());
        bytes.resize(size as usize, 0);
        bytes
    };
    let comment = extension(6, 48, "a comment of the scanner");
    let afni = extension(4, 96, "<?xml version='1.0' ?>\n<AFNI_attributes />");
    header.vox_offset = (VOXELS_AT + comment.len() + afni.len()) as f32;
    let extended = [&header.bytes()[..], &[1, 0, 0, 0], &comment, &afni, voxels].concat();
    odd.same("extensions.nii.gz", gzip(&extended), "a comment and an AFNI extension")?;

    let (members, padding) = (gzip_in_members(&plain), [0; 512]);
    let padded = [&gzip(&plain)[..], &padding].concat();
    odd.same("padded.nii.gz", padded, "zeros after the gzip stream, as on tape")?;
    let members_padded = [&members[..], &padding].concat();
    odd.same("members_padded.nii.gz", members_padded, "several members, then zeros")?;
    odd.same("members.nii.gz", members, "three gzip members, as from bgzip, pigz -i or cat")?;
    odd.same("gzip_named_plain.nii", gzip(&plain), "gzip, though the name says plain")?;
    odd.same("plain_named_gzip.nii.gz", &plain, "plain, though the name says gzip")?;
    let trailing = [&plain[..], &[0xaa; 100]].concat();
    odd.same("trailing_bytes.nii", &trailing, "100 bytes after the voxels")?;
    let why = "100 bytes after the voxels, inside the gzip stream";
    odd.same("trailing_bytes.nii.gz", gzip(&trailing), why)?;
    let swapped = changed(|run| run.big_endian = true);
    odd.same("big_endian_gz.nii.gz", gzip(&swapped), "big-endian and gzip together")
}

/// Grids, axes and affines.
fn write_shapes(odd: &mut Specimens) -> io::Result<()> {
    let fifth = changed(|run| run.dim = [5, 5, 4, 3, 1, 6, 1, 1]);
    odd.same("five_d.nii", fifth, "time in the fifth dimension")?;
    let fourth = changed(|run| run.dim = [5, 5, 4, 3, 6, 1, 1, 1]);
    odd.same("five_d_time_fourth.nii", fourth, "a fifth dimension of 1")?;
    let slice = Header::new(INT16, 16, 8, 6, 1, 10).file(&noisy_bold("one_slice", [48, 10]));
    odd.ok("one_slice.nii", slice, "a grid 8x6x1: the map stays 3-D")?;
    let two = Header::int16(2).file(&plain_voxels()[..120]);
    odd.ok("two_volumes.nii", two, "the shortest run that has a std")?;

    let series = noisy_bold("series", [60, 12]);
    for (volume, number) in series.chunks(60).zip(1..) {
        let mut header = Header::int16(1);
        header.dim[0] = 3;
        odd.file(&format!("series/vol_{number}.nii"), header.file(volume))?;
    }
    let why = "twelve 3-D volumes; vol_10 comes after vol_9";
    odd.row("series/vol_*.nii", "ok", "", "series", why);
    odd.row("series_4d.nii", "ok", "", "series", "the 3-D series, stacked");
    odd.file("series_4d.nii", Header::int16(12).file(&series))?;

    let qform = changed(|run| run.sform_code = 0);
    odd.ok("affine_qform_only.nii", qform, "sform_code 0: the qform holds the affine")?;
    let none = changed(|run| (run.qform_code, run.sform_code) = (0, 0));
    odd.ok("affine_none.nii", none, "both codes 0: no affine but the voxel size")
}

/// Runs to be given after `int16_le.nii`.
fn write_second_runs(odd: &mut Specimens) -> io::Result<()> {
    let mut second = |name: &str, change: fn(&mut Header), outcome: &str, says: &str, why: &str| {
        let mut run = Header::int16(6);
        change(&mut run);
        odd.row(&format!("int16_le.nii {name}"), outcome, says, "two_runs", why);
        odd.file(name, run.file(&noisy_bold("second run", [60, 6])))
    };
    let why = "the second run lies 2 mm off";
    second("affine_shifted.nii", |run| run.translation[0] += 2.0, "warns", "affine", why)?;
    let why = "the second run's spatial unit is metres";
    second("units_differ.nii", |run| run.xyzt_units = 1 + 8, "warns", "unit", why)?;
    let why = "TR 5 s after TR 2.5 s, as in one session of ds000114";
    second("tr_differs.nii", |run| run.pixdim[4] = 5.0, "warns", "TR", why)?;
    let milliseconds = |run: &mut Header| (run.pixdim[4], run.xyzt_units) = (2500.0, 2 + 16);
    let why = "2500 ms are the first run's 2.5 s: the units differ, the TR does not";
    second("tr_milliseconds.nii", milliseconds, "warns", "unit", why)?;

    let larger = Header::new(INT16, 16, 5, 4, 4, 6).file(&noisy_bold("grid_differs", [80, 6]));
    odd.row("int16_le.nii grid_differs.nii", "error", "grid", "", "5x4x4 voxels after 5x4x3");
    odd.file("grid_differs.nii", larger)
}

/// Files that end early.
fn write_damaged_files(odd: &mut Specimens) -> io::Result<()> {
    let plain = Header::int16(6).file(&plain_voxels());
    odd.no("empty.nii", [], "empty", "no bytes at all")?;
    odd.no("empty.nii.gz", [], "empty", "no bytes at all, named gzip")?;
    odd.no("header_only.nii", &plain[..348], "truncated", "a header and nothing else")?;
    odd.no("header_cut.nii", &plain[..100], "header", "100 of the header's 348 bytes")?;
    let claim = gzip(&Header::new(INT16, 16, 512, 512, 64, 4).file(&[0.0; 8]));
    odd.no("claims_134MB.nii.gz", claim, "truncated", "claims 134 MB of voxels, holds 16 bytes")?;
    odd.no("truncated.nii", &plain[..VOXELS_AT + 300], "truncated", "two and a half of six volumes")
}

/// Gzip streams that are broken.
fn write_damaged_gzip(odd: &mut Specimens) -> io::Result<()> {
    let plain = Header::int16(6).file(&plain_voxels());
    let whole = gzip(&plain);
    let content = &whole[..whole.len() - 8];
    let cut = &whole[..whole.len() * 2 / 3];
    odd.no("truncated.nii.gz", cut, "truncated", "the last third of the stream is missing")?;
    let wrong_crc = with_flipped_byte(&whole, 8);
    odd.no("wrong_crc.nii.gz", wrong_crc, "CRC", "the trailer's CRC is not the content's")?;
    let wrong_length = with_flipped_byte(&whole, 4);
    let why = "the trailer's length is not the content's";
    odd.no("wrong_length.nii.gz", wrong_length, "length", why)?;
    odd.no("no_trailer.nii.gz", content, "truncated", "the trailer is missing")?;
    let garbage = [&whole[..], b"neither zeros nor a gzip member"].concat();
    let why = "other bytes than zeros after the stream, whose checksums are right";
    odd.doubtful("garbage_after_end.nii.gz", garbage, "behind the end", why)?;
    let spaced = [&gzip(&plain[..477])[..], &[0; 512], &gzip(&plain[477..])].concat();
    let why = "zeros between two members, as of padded files that were joined";
    odd.doubtful("zeros_between_members.nii.gz", spaced, "between the members", why)?;
    let early = [&gzip(&plain[..477])[..], b"the rest is lost"].concat();
    let why = "other bytes than zeros after a member that is not the last";
    odd.no("garbage_too_early.nii.gz", early, "truncated", why)?;
    let broken = [gzip(&plain[..500]), gzip_with_bad_block(&plain[500..])].concat();
    let why = "the second of two members does not inflate";
    odd.no("second_member_broken.nii.gz", broken, "malformed", why)?;
    let corrupt = gzip_with_bad_block(&plain);
    let why = "half of the content inflates, then comes a block of the reserved type";
    odd.no("corrupt_deflate.nii.gz", corrupt, "malformed", why)?;
    let short = gzip(&plain[..plain.len() - 180]);
    odd.no("short_inside_gzip.nii.gz", short, "truncated", "sound gzip, 4.5 of 6 volumes inside")
}

/// Headers with one wrong field whose meaning is not in doubt.
fn write_doubtful_headers(odd: &mut Specimens) -> io::Result<()> {
    let mut doubtful = |name: &str, change: fn(&mut Header), says: &str, why: &str| {
        odd.doubtful(name, changed(change), says, why)
    };
    doubtful("bitpix_0.nii", |run| run.bitpix = 0, "bitpix 0 contradicts", "int16 has 16 bits")?;
    let mut vector = Header::new(INT16, 16, -1, 1, 1, 6);
    vector.glmin = 60;
    let why = "a vector as FreeSurfer writes long ones: dim[1] -1, the length in glmin";
    odd.row("long_vector.nii", "warns", "glmin", "long_vector", why);
    odd.file("long_vector.nii", vector.file(&plain_voxels()))?;
    let by_bits = changed(|run| run.bitpix = 32);
    let twice = [&by_bits[..], &by_bits[VOXELS_AT..]].concat();
    let why = "bitpix 32 of int16, and the voxels are as many bytes as bitpix says";
    odd.no("bitpix_32_long.nii", &twice, "it is not known which", why)?;
    odd.no("bitpix_32_long.nii.gz", gzip(&twice), "it is not known which", "the same, compressed")
}

/// Headers with one wrong field; the voxels behind them are sound.
fn write_wrong_headers(odd: &mut Specimens) -> io::Result<()> {
    let mut wrong = |name: &str, change: fn(&mut Header), says: &str, why: &str| {
        odd.no(name, changed(change), says, why)
    };
    wrong("sizeof_hdr_7.nii", |run| run.sizeof_hdr = 7, "sizeof_hdr", "neither 348 nor 540")?;
    wrong("dim_zero.nii", |run| run.dim[2] = 0, "dim[2]", "no voxels along y")?;
    wrong("dim_negative.nii", |run| run.dim[2] = -4, "dim[2]", "-4 voxels along y")?;
    let huge = |run: &mut Header| {
        run.dim[1..5].fill(32767);
        (run.datatype, run.bitpix) = (FLOAT64, 64);
    };
    wrong("dim_overflow.nii", huge, "truncated", "claims voxels of just below 2^63 bytes")?;
    wrong("dim0_zero.nii", |run| run.dim[0] = 0, "dim[0]", "no dimensions")?;
    wrong("dim0_nine.nii", |run| run.dim[0] = 9, "dim[0]", "9 dimensions; 7 is the limit")?;
    let five = |run: &mut Header| run.dim = [5, 5, 4, 3, 3, 2, 1, 1];
    wrong("five_d_two_times.nii", five, "5x4x3x3x2", "3 along t and 2 along the fifth dimension")?;
    let six = |run: &mut Header| run.dim = [6, 5, 4, 3, 3, 1, 2, 1];
    wrong("six_d.nii", six, "5x4x3x3x1x2", "2 along the sixth dimension")?;
    let at = "vox_offset";
    wrong("vox_offset_nan.nii", |run| run.vox_offset = f32::NAN, at, "voxels start nowhere")?;
    let why = "voxels start before the file";
    wrong("vox_offset_negative.nii", |run| run.vox_offset = -352.0, at, why)?;
    let why = "voxels start inside the header";
    wrong("vox_offset_100.nii", |run| run.vox_offset = 100.0, at, why)?;
    let why = "voxels start after the file's end";
    wrong("vox_offset_beyond_end.nii", |run| run.vox_offset = 1e6, "byte 1000000", why)?;
    let half_scaled = |run: &mut Header| (run.slope, run.inter) = (2.0, f32::NAN);
    wrong("inter_nan.nii", half_scaled, "scl_inter", "slope 2 is sound, inter NaN is not")?;
    let one = Header::int16(1).file(&plain_voxels()[..60]);
    odd.no("one_volume.nii", one, "1 volume", "one time point has no std")
}

/// Datatypes of which a tSNR makes no sense, or that Rust has no number for.
fn write_unwanted_datatypes(odd: &mut Specimens) -> io::Result<()> {
    for (name, datatype, bitpix, why) in [
        ("rgb24", 128, 24, "three colours a voxel"),
        ("rgba32", 2304, 32, "three colours and an opacity a voxel"),
        ("complex64", 32, 64, "pairs of float32"),
        ("complex128", 1792, 128, "pairs of float64"),
        ("float128", 1536, 128, "floats of 16 bytes"),
        ("complex256", 2048, 256, "pairs of 16-byte floats"),
        ("binary", 1, 1, "one bit a voxel"),
        ("unknown_datatype", 999, 16, "a code that the standard does not know"),
    ] {
        let header = Header::new(datatype, bitpix, 5, 4, 3, 6);
        let voxels = vec![0x3c; 360 * bitpix as usize / 8];
        let file = [header.bytes(), vec![0; 4], voxels].concat();
        odd.no(&format!("{name}.nii"), file, "datatype", why)?;
    }
    Ok(())
}

/// What is no NIfTI single file at all.
fn write_other_formats(odd: &mut Specimens) -> io::Result<()> {
    let text = "This is a text, not an image.\n".repeat(40);
    odd.no("text.nii", text, "a text, expected an image", "a text, long enough for a header")?;

    let packed = [&b"\xfd7zXZ\0"[..], &[0; 20]].concat();
    odd.no("run.nii.xz", packed, "unxz", "the beginning of what xz writes")?;
    let page = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n";
    let why = "the page of a download that failed, saved as an image";
    odd.no("page.nii.gz", page, "HTML", why)?;
    let twice = gzip(&gzip(&Header::int16(6).file(&plain_voxels())));
    odd.no("twice.nii.gz", twice, "gzip -dc", "sound, and compressed once more")?;
    let brik = Header::int16(6).encode(&plain_voxels());
    let minc = [&b"CDF\x01"[..], &[0; 28]].concat();
    odd.no("minc1.mnc", minc, "mnc2nii", "the beginning of MINC 1, which is netCDF")?;
    let minc = [&b"\x89HDF\r\n\x1a\n"[..], &[0; 24]].concat();
    odd.no("minc2.mnc", minc, "mnc2nii", "the beginning of MINC 2, which is HDF5")?;
    let par = "# === DATA DESCRIPTION FILE ======================\n#\n# CAUTION - ...\n";
    odd.no("philips.PAR", par, "parrec2nii", "the header of a PAR/REC image")?;
    odd.no("philips.REC", &brik, "parrec2nii", "its voxels, told by the name alone")?;
    let nrrd = "NRRD0004\ntype: short\ndimension: 4\nsizes: 5 4 3 6\nencoding: raw\n\n";
    odd.no("image.nrrd", nrrd, "SimpleITK", "the header of an NRRD image")?;
    let dicom = [&[0; 128][..], b"DICM", &[2, 0, 0, 0, b'U', b'L', 4, 0]].concat();
    odd.no("IM0001.dcm", dicom, "dcm2niix", "the beginning of a DICOM file")?;
    let tar = [&b"run.nii"[..], &[0; 250], b"ustar\x0000", &[0; 247]].concat();
    odd.no("run.tar.gz", gzip(&tar), "tar -xf", "an archive that holds an image")?;

    let key = "0123456789abcdef".repeat(2);
    let annex = format!("/annex/objects/MD5E-s22944165--{key}.nii.gz\n");
    odd.no("annex_pointer.nii.gz", annex, "datalad get", "git-annex content not fetched")?;
    let version = "version https://git-lfs.github.com/spec/v1";
    let lfs = format!("{version}\noid sha256:{key}{key}\nsize 22944165\n");
    odd.no("lfs_pointer.nii.gz", lfs, "git lfs pull", "git LFS content not fetched")
}
