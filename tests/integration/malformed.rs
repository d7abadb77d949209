//! Whatever bytes a file holds, opening and computing it ends soon, in maps or in one line of
//! error that names the file: no panic, and no memory that the file does not account for.

use crate::program;

use program::bytes::{FLOAT32, FLOAT64, Header, Random, VOXELS_AT, gzip, gzip_in_members};
use program::{MODES, Map, Scratch};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tsnr::maps::Maps;
use tsnr::pipeline::{self, Analysis, Mode, Settings};
use tsnr::runs::Session;

/// More than any file of these tests takes, on a busy machine and without optimization.
const SOON: Duration = Duration::from_secs(5);

/// Opens and computes one file through the library. A panic in a task of the graph would be an
/// error there, so the text of each error is looked at.
fn compute(path: &Path, mode: Mode) -> Result<Maps, String> {
    let started = Instant::now();
    let compute = |session: Session| {
        let settings = Settings {
            mode,
            threads: NonZeroUsize::MIN,
            chunk_length: NonZeroUsize::new(2),
            analysis: Analysis::plain(&session),
        };
        Ok(pipeline::compute(&session, &settings, Arc::new(()))?.maps)
    };
    let result =
        Session::open(&[path.to_owned()]).and_then(compute).map_err(|error| error.to_string());
    assert!(started.elapsed() < SOON, "{mode} mode took {:?}", started.elapsed());
    match &result {
        Ok(maps) => {
            let counts = maps.counts();
            assert_eq!(counts.defined + counts.undefined(), maps.status().len());
        }
        Err(text) => {
            assert!(!text.contains("panic") && !text.contains("defect of tsnr"), "{text}");
            assert!(text.starts_with(&format!("{}: ", path.display())), "no file in: {text}");
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }
    result
}

const ALL_MODES: [Mode; 3] = [Mode::Serial, Mode::Delayed, Mode::Array];

/// Small sound files of several forms, uncompressed.
fn sound_files() -> Vec<Vec<u8>> {
    let mut random = Random::new("sound files");
    let mut voxels =
        |count: usize| -> Vec<f64> { (0..count).map(|_| 800.0 + 20.0 * random.normal()).collect() };
    let int16 = Header::int16(6);
    let big_endian = Header { big_endian: true, slope: 0.5, ..Header::int16(4) };
    let float32 = Header::new(FLOAT32, 32, 3, 2, 2, 5);
    let float64 = Header::new(FLOAT64, 64, 2, 2, 1, 7);
    let extension = [&32_i32.to_le_bytes()[..], &6_i32.to_le_bytes(), &[b'c'; 24]].concat();
    let extended = Header { vox_offset: VOXELS_AT as f32 + 32.0, ..Header::int16(3) };
    let extended_voxels = extended.encode(&voxels(180));
    vec![
        int16.file(&voxels(360)),
        big_endian.file(&voxels(240)),
        float32.file(&voxels(60)),
        float64.file(&voxels(28)),
        [extended.bytes(), vec![1, 0, 0, 0], extension, extended_voxels].concat(),
    ]
}

/// A copy with one random change: bytes replaced, cut off, inserted, removed, or repeated.
/// Half of the changes fall on the first bytes, where headers are.
fn changed(file: &[u8], random: &mut Random) -> Vec<u8> {
    let mut below = |end: usize| (random.uniform(0.0, end as f64) as usize).min(end - 1);
    let mut file = file.to_vec();
    let reach = if below(2) == 0 { file.len().min(VOXELS_AT) } else { file.len() };
    let at = below(reach);
    let count = 1 + below(8);
    match below(6) {
        0 | 1 => file[at] = below(256) as u8,
        2 => (0..count).for_each(|it| {
            let end = file.len() - 1;
            file[(at + it).min(end)] = [0, 0xFF, 0x7F, 0x80][below(4)];
        }),
        3 => file.truncate(at),
        4 => drop(file.splice(at..at, (0..count).map(|_| below(256) as u8).collect::<Vec<_>>())),
        _ => drop(file.drain(at..(at + count).min(file.len()))),
    }
    file
}

#[test]
fn sound_files_are_computed_in_each_form_that_is_changed_below() {
    let scratch = Scratch::new();
    for file in sound_files() {
        for content in [file.clone(), gzip(&file), gzip_in_members(&file)] {
            let path = scratch.file("run.nii", content);
            for mode in ALL_MODES {
                compute(&path, mode).unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
}

#[test]
fn random_changes_to_plain_and_compressed_files_end_in_maps_or_one_line() {
    let (scratch, mut random) = (Scratch::new(), Random::new("random changes"));
    let path = scratch.path("run.nii");
    let (mut maps, mut errors) = (0, 0);
    for round in 0..250 {
        for file in sound_files() {
            let change_once_or_twice = |file: &[u8], random: &mut Random| {
                let file = changed(file, random);
                if round % 3 == 0 && !file.is_empty() { changed(&file, random) } else { file }
            };
            let content = match round % 5 {
                0 => change_once_or_twice(&gzip(&file), &mut random),
                1 => gzip(&change_once_or_twice(&file, &mut random)),
                2 => change_once_or_twice(&gzip_in_members(&file), &mut random),
                _ => change_once_or_twice(&file, &mut random),
            };
            std::fs::write(&path, content).expect("a file");
            match compute(&path, ALL_MODES[round / 5 % 3]) {
                Ok(_) => maps += 1,
                Err(_) => errors += 1,
            }
        }
    }
    assert!(maps > 100 && errors > 100, "changes of both kinds: {maps} maps, {errors} errors");
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let scratch = Scratch::new();
    let path = scratch.path("run.nii");
    let plain = sound_files().swap_remove(3);
    for content in [plain.clone(), gzip(&plain), gzip_in_members(&plain)] {
        for length in 0..content.len() {
            std::fs::write(&path, &content[..length]).expect("a file");
            let mode = ALL_MODES[length % 3];
            assert!(compute(&path, mode).is_err(), "{length} of {} bytes", content.len());
        }
    }
}

#[test]
fn a_gzip_file_with_any_bit_of_its_data_or_trailer_changed_is_no_map() {
    let scratch = Scratch::new();
    let path = scratch.path("run.nii.gz");
    let sound = gzip(&sound_files().swap_remove(3));
    // Behind the end of the last block, its last byte holds bits that mean nothing.
    let last_of_deflate = sound.len() - 9;
    for at in (10..sound.len()).filter(|at| *at != last_of_deflate) {
        let mut content = sound.clone();
        content[at] ^= 1 << (at % 8);
        std::fs::write(&path, content).expect("a file");
        assert!(compute(&path, ALL_MODES[at % 3]).is_err(), "byte {at} of {}", sound.len());
    }
}

// ---- Hostile fields ---------------------------------------------------------------------------

const SHORTS: [i16; 10] = [i16::MIN, -32767, -2, -1, 0, 1, 2, 7, 8, i16::MAX];
const FLOATS: [f32; 13] = [
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    1e-45,
    0.0,
    -0.0,
    -1.0,
    1e10,
    352.5,
    16777217.0,
];

/// Fields by their offset (nifti1.h), and what is put there.
fn hostile_fields() -> Vec<(String, usize, Vec<u8>)> {
    let mut fields = Vec::new();
    let shorts = [40, 42, 44, 46, 48, 50, 52, 54, 68, 70, 72, 74, 120, 252, 254];
    for at in shorts {
        for value in SHORTS {
            fields.push((format!("{value} at {at}"), at, value.to_le_bytes().to_vec()));
        }
    }
    for datatype in [0_i16, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1280, 1536, 2304] {
        for bitpix in [0_i16, 1, 8, 16, 32, 64, 128, -16] {
            let bytes = [datatype.to_le_bytes(), bitpix.to_le_bytes()].concat();
            fields.push((format!("datatype {datatype}, bitpix {bitpix}"), 70, bytes));
        }
    }
    // pixdim, vox_offset, slope, inter, cal_*, slice_duration, toffset, quaternion, sform.
    let floats = (76..136).step_by(4).filter(|at| *at != 120).chain((256..328).step_by(4));
    for at in floats.chain([124, 128, 132, 136]) {
        for value in FLOATS {
            fields.push((format!("{value} at {at}"), at, value.to_le_bytes().to_vec()));
        }
    }
    for units in 0..=255 {
        fields.push((format!("units {units}"), 123, vec![units]));
    }
    for flag_and_size in [
        vec![1, 0, 0, 0],
        vec![0xFF; 4],
        [[1, 0, 0, 0], i32::MAX.to_le_bytes()].concat(),
        [[1, 0, 0, 0], i32::MIN.to_le_bytes()].concat(),
        [[1, 0, 0, 0], 7_i32.to_le_bytes()].concat(),
        [[1, 0, 0, 0], 0_i32.to_le_bytes()].concat(),
    ] {
        fields.push((format!("extension {flag_and_size:?}"), 348, flag_and_size));
    }
    fields
}

fn put(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn a_header_field_of_any_value_ends_in_maps_or_one_line() {
    let scratch = Scratch::new();
    let path = scratch.path("run.nii");
    let [plain, extended] = [0, 4].map(|index| sound_files().swap_remove(index));
    for (index, (what, at, bytes)) in hostile_fields().into_iter().enumerate() {
        let sound = if at == 348 { &extended } else { &plain };
        let content = put(sound, at, &bytes);
        let content = if index % 2 == 0 { content } else { gzip(&content) };
        std::fs::write(&path, content).expect("a file");
        let results = ALL_MODES.map(|mode| compute(&path, mode));
        let succeeded = results.each_ref().map(|result| result.is_ok());
        assert!(succeeded == [true; 3] || succeeded == [false; 3], "{what}: {results:?}");
    }
}

#[test]
fn a_geometry_that_makes_no_sense_is_told_and_not_passed_on() {
    let scratch = Scratch::new();
    let sound = sound_files().swap_remove(0);
    for (at, field) in
        [(76, "qfac"), (80, "pixdim[1]"), (256, "quatern_b"), (268, "qoffset_x"), (280, "srow_x")]
    {
        for value in FLOATS {
            let run = put(&sound, at, &value.to_le_bytes());
            scratch.file("run.nii", &run);
            let outcome = scratch.tsnr(["run.nii", "-o", "map.nii", "-v"]).succeeded();
            let map = std::fs::read(scratch.path("map.nii")).expect("a map");
            let found = f32::from_le_bytes(map[at..at + 4].try_into().expect("four bytes"));
            let is_passed_on = found.to_bits() == value.to_bits();
            let is_told = outcome.stderr.contains("warning: header-mended: run.nii: ");
            // Which side is up can be had without a word: what is no -1 means 1.
            assert!(is_passed_on != is_told || field == "qfac", "{field} {value}: {found}");
            let is_size = field == "pixdim[1]" && found > 0.0;
            assert!(
                found.is_finite()
                    && (is_passed_on || is_size || value.abs() >= 1.0 || !value.is_finite())
            );
            let quaternion = map[256..268].chunks_exact(4);
            let squares = quaternion.map(|it| {
                f64::from(f32::from_le_bytes(it.try_into().expect("four bytes"))).powi(2)
            });
            assert!(squares.sum::<f64>() < 1.0 + 1e-6, "{field} {value}");
        }
    }
    assert_eq!(Map::read(&scratch.path("map.nii")).shape, [5, 4, 3]);
}

/// Found with nibabel 5.4.2, which cannot open a run with the last of these quaternions and no
/// sform, nor save what it makes of forms that are not finite.
#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn nibabel_opens_and_saves_the_maps_of_geometries_that_make_no_sense() {
    let scratch = Scratch::new();
    let sound = sound_files().swap_remove(0);
    let only_qform = put(&sound, 254, &[0, 0]);
    let mut maps = Vec::new();
    for (run, places) in [(&sound, [76, 80, 280, 296]), (&only_qform, [80, 256, 264, 268])] {
        for at in places {
            for value in [f32::NAN, f32::INFINITY, 0.0, -1.0, 3.0, 1e10] {
                let (name, map) = ("run.nii", format!("map-{}.nii", maps.len()));
                scratch.file(name, put(run, at, &value.to_le_bytes()));
                scratch.tsnr([name, "-q", "-o", &map]).succeeded();
                maps.push(scratch.path(&map));
            }
        }
    }
    let script = "import sys, numpy as np, nibabel as nib\n\
                  for path in sys.argv[1:]:\n\
                  \x20   image = nib.load(path)\n\
                  \x20   assert np.isfinite(image.affine).all(), path\n\
                  \x20   assert np.isfinite(image.get_qform()).all(), path\n\
                  \x20   other = nib.Nifti1Image(image.get_fdata(), image.affine, image.header)\n\
                  \x20   nib.save(other, path)\n";
    let mut python = std::process::Command::new(program::python::with_numpy_and_nibabel());
    let output = python.args(["-c", script]).args(maps).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

// ---- Memory -----------------------------------------------------------------------------------

/// A header that claims this grid of float64, and `behind` it whatever there is.
fn claim(dim: [i16; 8], behind: &[u8]) -> Vec<u8> {
    let header = Header { dim, ..Header::new(FLOAT64, 64, 1, 1, 1, 1) };
    [&header.bytes()[..], &[0; 4], behind].concat()
}

#[test]
fn a_file_that_claims_much_and_holds_little_takes_no_memory() {
    let mut random = Random::new("no compression");
    let noise: Vec<u8> = (0..30_000).flat_map(|_| random.uniform(1.0, 2.0).to_le_bytes()).collect();
    let run = sound_files().swap_remove(0);
    let extended = sound_files().swap_remove(4);
    let all = i16::MAX;
    let claims: Vec<(&str, Vec<u8>)> = vec![
        ("below 2^63 bytes", claim([4, all, all, all, all, 1, 1, 1], &[0; 64])),
        ("2 GB a volume", claim([4, 640, 640, 640, 2, 1, 1, 1], &[0; 64])),
        ("one slice of 8 GB", claim([3, all, all, 1, 1, 1, 1, 1], &[0; 64])),
        ("many volumes", claim([4, 64, 64, 64, all, 1, 1, 1], &[0; 64])),
        ("time in the fifth dimension", claim([5, 64, 64, 64, 1, all, 1, 1], &[0; 64])),
        ("190 MB, as 240 kB of gzip might hold", claim([4, 120, 100, 100, 20, 1, 1, 1], &noise)),
        ("one volume of 190 MB", claim([4, 120, 100, 1000, 2, 1, 1, 1], &noise)),
        ("vox_offset 1e9", put(&run, 108, &1e9_f32.to_le_bytes())),
        ("vox_offset 1e19", put(&run, 108, &1e19_f32.to_le_bytes())),
        ("vox_offset 3e38", put(&run, 108, &3e38_f32.to_le_bytes())),
        ("vox_offset inf", put(&run, 108, &f32::INFINITY.to_le_bytes())),
    ];
    // 600 MB of address space: the program, its threads, and nothing of what is claimed.
    let limited = "ulimit -v 600000; exec \"$@\"";
    for (what, content) in claims {
        for (name, content) in [("run.nii.gz", gzip(&content)), ("run.nii", content)] {
            for mode in MODES {
                let scratch = Scratch::new();
                scratch.file(name, &content);
                let arguments = [name, "-o", "map.nii", "--mode", mode, "--threads", "2"];
                let outcome = scratch.bash(limited, arguments);
                assert_eq!(outcome.exit_code, Some(1), "{what}, {mode}: {}", outcome.stderr);
                assert!(outcome.error().contains(name), "{what}");
                assert_eq!(scratch.names(), [name]);
            }
        }
    }
    let scratch = Scratch::new();
    scratch.file("run.nii", put(&extended, 352, &i32::MAX.to_le_bytes()));
    let outcome = scratch.bash(limited, ["run.nii", "-o", "map.nii"]).succeeded();
    assert!(outcome.stderr.contains("extension"), "{}", outcome.stderr);
}

#[test]
fn a_small_file_that_inflates_to_much_is_read_in_a_few_megabytes() {
    // 600 volumes of 96 kB of zeros: 58 MB in less than 100 kB of gzip.
    let header = Header::new(4, 16, 48, 40, 25, 600);
    let content = [header.bytes(), vec![0; 4 + 2 * 48 * 40 * 25 * 600]].concat();
    let scratch = Scratch::new();
    scratch.file("run.nii.gz", gzip(&content));
    let outcome = scratch.tsnr(["run.nii.gz", "-o", "map.nii", "--threads", "2"]).succeeded();
    let time = outcome.summary("time");
    let memory = time.split_once("peak memory ").and_then(|(_, memory)| memory.split_once(' '));
    let mebibytes: f64 = memory.expect("a figure").0.parse().expect("a number");
    // Chunks of 4 MiB, a few at a time, and the program itself.
    assert!(mebibytes < 40.0, "{time}");
}

#[test]
fn memory_that_cannot_be_had_is_an_error_and_no_panic() {
    let mut random = Random::new("no compression either");
    let noise: Vec<u8> =
        (0..150_000).flat_map(|_| random.uniform(1.0, 2.0).to_le_bytes()).collect();
    // As far as its size tells, a gzip file of more than 1 MB may hold the 1.2 GB that it claims.
    let whole_run = gzip(&claim([4, 120, 100, 100, 125, 1, 1, 1], &noise));
    let one_volume = gzip(&claim([4, 1200, 1000, 100, 2, 1, 1, 1], &noise));
    let scratch = Scratch::new();
    scratch.file("whole_run.nii.gz", whole_run);
    scratch.file("one_volume.nii.gz", one_volume);
    // A plain file that does hold them, as zeros that take no room on the disk.
    let plain = scratch.file("plain.nii", claim([4, 120, 100, 100, 125, 1, 1, 1], &[]));
    let sparse = std::fs::OpenOptions::new().write(true).open(plain).expect("a file");
    sparse.set_len(352 + 120 * 100 * 100 * 125 * 8).expect("a sparse file");
    let before = scratch.names();
    for (name, modes) in [
        ("whole_run.nii.gz", &MODES[..]),
        ("one_volume.nii.gz", &MODES),
        ("plain.nii", &["serial", "delayed"]), // array mode computes it
    ] {
        for mode in modes {
            let arguments = [name, "-o", "map.nii", "--mode", mode, "--threads", "2"];
            let line = scratch.bash("ulimit -v 600000; exec \"$@\"", arguments).error();
            assert!(line.contains(name), "{line}");
            assert!(line.contains("memory") || line.contains("truncated"), "{mode}: {line}");
            assert_eq!(scratch.names(), before);
        }
    }
}
