//! What is written: the header of a map is the first run's geometry and nothing of its time
//! axis, the same input gives the same bytes, and a file appears whole or not at all, whatever
//! goes wrong on the way.

use crate::program;

use program::bytes::{Header, INT16, Random};
use program::{MODES, Map, Outcome, Scratch, names, session_pattern, session_runs};
use program::{assert_same, testdata};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A file's content, decompressed where it is gzip.
fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if !bytes.starts_with(&[0x1F, 0x8B]) {
        return bytes;
    }
    let mut content = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut content).expect("sound gzip");
    content
}

fn odd(name: &str) -> PathBuf {
    testdata("odd").join(name)
}

// ---- The header -------------------------------------------------------------------------------

/// The 348 bytes that a map of float32 has after `run`, a little-endian header (offsets as in
/// nifti1.h). `descrip` is not foreseen here, but copied.
fn header_of_map(run: &[u8], shape: [i16; 3], vox_offset: f32, descrip: &[u8]) -> Vec<u8> {
    let [x, y, z] = shape;
    let shorts = |values: &[i16]| values.iter().flat_map(|it| it.to_le_bytes()).collect();
    let mut header = vec![0; 348];
    let mut put = |at: usize, field: Vec<u8>| header[at..at + field.len()].copy_from_slice(&field);
    put(0, 348_i32.to_le_bytes().to_vec()); // sizeof_hdr
    put(38, vec![b'r', run[39]]); // regular, dim_info
    put(40, shorts(&[3, x, y, z, 1, 1, 1, 1])); // dim
    put(70, shorts(&[16, 32])); // datatype float32, bitpix
    put(76, run[76..92].to_vec()); // pixdim[0..3]; pixdim[4..7] are 0
    put(108, vox_offset.to_le_bytes().to_vec());
    put(112, 1_f32.to_le_bytes().to_vec()); // scl_slope; scl_inter is 0
    put(123, vec![run[123] & 0b111]); // xyzt_units: the unit of space
    put(148, descrip.to_vec());
    put(252, run[252..328].to_vec()); // qform, sform, their codes
    put(328, b"tSNR".to_vec()); // intent_name; intent_code is 0, NONE
    put(344, b"n+1\0".to_vec());
    header
}

/// Where the voxels of a map begin, behind the one extension that every map has, its definition.
#[track_caller]
fn end_of_definition(map: &[u8]) -> usize {
    assert_eq!(map[348..352], [1, 0, 0, 0], "extensions follow");
    let number = |at: usize| i32::from_le_bytes(map[at..at + 4].try_into().expect("four bytes"));
    let size = usize::try_from(number(352)).expect("a size");
    assert_eq!((size % 16, number(356)), (0, 6), "a comment");
    assert!(map[360..].starts_with(b"{\"tsnr\":{"), "the definition");
    352 + size
}

#[test]
fn a_folder_that_is_not_there_is_told_before_anything_is_read() {
    let scratch = Scratch::new();
    let run = testdata("odd/int16_le.nii").display().to_string();
    for absent in ["--mask=absent.nii", "--mean-from=absent.nii"] {
        let line = scratch.tsnr([&*run, "-o", "none/t.nii", absent]).error();
        assert!(line.contains("there is no folder none"), "{absent}: {line}");
    }
}

#[test]
fn the_header_is_the_first_runs_geometry_and_nothing_of_its_time_axis() {
    for (runs, shape) in [
        (session_runs(), [20, 20, 10]),
        (vec![odd("units_differ.nii"), odd("int16_le.nii")], [5, 4, 3]),
        (vec![odd("affine_shifted.nii"), odd("int16_le.nii")], [5, 4, 3]),
        (vec![odd("affine_qform_only.nii")], [5, 4, 3]),
        (vec![odd("affine_none.nii")], [5, 4, 3]),
        (vec![odd("slope_half_inter.nii")], [5, 4, 3]),
        (vec![odd("vox_offset_416_no_extension.nii")], [5, 4, 3]),
        (vec![odd("five_d.nii")], [5, 4, 3]),
        (vec![odd("one_slice.nii")], [8, 6, 1]),
        (vec![odd("series/vol_1.nii"), odd("series/vol_2.nii")], [5, 4, 3]),
    ] {
        let scratch = Scratch::new();
        let mut command = scratch.program();
        command.args(&runs).args(["-o", "map.nii"]);
        Outcome::from_output(command.output().expect("the program starts")).succeeded();
        let (run, map) = (content(&runs[0]), content(&scratch.path("map.nii")));
        let voxels_at = end_of_definition(&map);
        let expected = header_of_map(&run, shape, voxels_at as f32, &map[148..228]);
        for (at, (found, expected)) in map.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "byte {at} of the header after {}", runs[0].display());
        }
        let voxel_count = shape.map(|length| length as usize).iter().product::<usize>();
        assert_eq!(map.len(), voxels_at + 4 * voxel_count, "no other extension");
    }
}

#[test]
fn the_session_has_in_its_runs_what_must_be_gone_from_the_map() {
    // Were the specimens empty here, the test above would show nothing.
    let run = content(&session_runs()[0]);
    for (at, field) in [
        (92, "pixdim[4]"),
        (120, "slice_end"),
        (122, "slice_code"),
        (124, "cal_max"),
        (132, "slice_duration"),
        (136, "toffset"),
        (148, "descrip"),
        (228, "aux_file"),
    ] {
        assert!(run[at..at + 4].iter().any(|&byte| byte != 0), "{field}");
    }
    assert_eq!(run[123], 2 + 8, "mm and s");
}

#[test]
fn a_name_with_points_in_it_is_the_name_of_the_map() {
    let scratch = Scratch::new();
    let run = odd("int16_le.nii").display().to_string();
    for name in ["a.b.nii", "sub.01.task.nii.gz"] {
        scratch.tsnr([&*run, "-o", name]).succeeded();
        assert!(scratch.names().contains(&name.to_owned()), "{:?}", scratch.names());
    }
    assert_eq!(scratch.names().len(), 2);
}

#[test]
fn the_description_says_what_made_the_map_and_fits() {
    let scratch = Scratch::new();
    let runs = session_pattern();
    let arguments = ["-o", "t.nii", "--mean", "m.nii", "--std", "s.nii", "--ddof", "1"];
    scratch.tsnr([&*runs].into_iter().chain(arguments)).succeeded();
    for (file, name, words) in [
        ("t.nii", "tSNR", &["mean/std", "ddof 1", "detrending none"][..]),
        ("m.nii", "mean", &["mean"]),
        ("s.nii", "std", &["std", "ddof 1"]),
    ] {
        let map = content(&scratch.path(file));
        let text = |range: std::ops::Range<usize>| {
            let field = map[range].split(|&byte| byte == 0).next().expect("a part");
            String::from_utf8(field.to_vec()).expect("a text")
        };
        assert_eq!(map[227], 0, "descrip ends with a zero");
        let description = text(148..228);
        let version = concat!("tsnr ", env!("CARGO_PKG_VERSION"));
        assert!(description.starts_with(version), "{description}");
        for words in words {
            assert!(description.contains(words), "'{words}' in: {description}");
        }
        assert_eq!(text(328..344), name, "intent_name");
    }
}

#[test]
fn a_run_of_either_byte_order_gives_the_same_file() {
    let scratch = Scratch::new();
    for order in ["le", "be"] {
        let run = odd(&format!("int16_{order}.nii")).display().to_string();
        scratch.tsnr([&run, "-o", &format!("{order}.nii")]).succeeded();
    }
    assert!(content(&scratch.path("le.nii")) == content(&scratch.path("be.nii")));
}

#[test]
fn an_extension_about_the_time_course_is_dropped_and_that_is_said_and_a_comment_is_kept() {
    let scratch = Scratch::new();
    let run = odd("extensions.nii.gz");
    for name in ["map.nii", "map.nii.gz"] {
        let outcome = scratch.tsnr([run.as_os_str(), "-o".as_ref(), name.as_ref()]).succeeded();
        let said = outcome.stderr.lines().find(|line| line.contains("AFNI"));
        let said = said.unwrap_or_else(|| panic!("AFNI in: {}", outcome.stderr));
        assert!(said.starts_with("tsnr: extension-dropped: "), "{said}");
        assert!(said.contains("extensions.nii.gz") && said.contains("extension"), "{said}");

        let map = content(&scratch.path(name));
        let at = end_of_definition(&map);
        let expected = header_of_map(&content(&run), [5, 4, 3], (at + 48) as f32, &map[148..228]);
        assert!(map[..348] == expected[..]);
        assert_eq!(map[at..at + 8], [48, 0, 0, 0, 6, 0, 0, 0], "48 bytes, code 6: a comment");
        assert!(map[at + 8..at + 48].starts_with(b"a comment of the scanner\0"));
        assert_eq!(map.len(), at + 48 + 4 * 60);
        let read = Map::read(&scratch.path(name));
        assert_eq!((&*read.shape, read.finite_count()), (&[5, 4, 3][..], 60));
    }
}

// ---- The values -------------------------------------------------------------------------------

#[test]
fn values_are_float32_unless_float64_is_asked_for_and_another_reader_finds_them() {
    let scratch = Scratch::new();
    let runs = session_pattern();
    scratch.tsnr([&*runs, "-o", "narrow.nii.gz"]).succeeded();
    scratch.tsnr([&*runs, "-o", "wide.nii.gz", "--dtype", "float64"]).succeeded();
    let [narrow, wide] = ["narrow", "wide"].map(|name| {
        let map = Map::read(&scratch.path(&format!("{name}.nii.gz")));
        assert_eq!(map.shape, [20, 20, 10]);
        map
    });
    assert_eq!((narrow.header.datatype, narrow.header.bitpix), (16, 32));
    assert_eq!((wide.header.datatype, wide.header.bitpix), (64, 64));
    let rounded: Vec<f64> = wide.values.iter().map(|&value| f64::from(value as f32)).collect();
    assert!(narrow.values == rounded);
}

#[test]
fn undefined_voxels_are_zero_by_default_and_nan_on_request() {
    let scratch = Scratch::new();
    let run = odd("float32_nonfinite.nii.gz").display().to_string();
    let expected = Map::read(&testdata("expected/float32_nonfinite_tsnr.nii")).values;
    let outputs = ["-o", "t.nii", "--mean", "m.nii", "--std", "s.nii", "--dtype", "float64"];
    for (arguments, written) in
        [(&[][..], 0.0_f64), (&["--undefined", "zero"], 0.0), (&["--undefined", "nan"], f64::NAN)]
    {
        scratch.tsnr([&*run].iter().chain(&outputs).chain(arguments)).succeeded();
        let [tsnr, mean, std] =
            ["t", "m", "s"].map(|name| Map::read(&scratch.path(&format!("{name}.nii"))).values);
        for (voxel, expected) in expected.iter().enumerate() {
            if !expected.is_finite() {
                assert_eq!(tsnr[voxel].to_bits(), written.to_bits(), "voxel {voxel}");
            }
        }
        // Samples that are not finite leave no mean; a constant has one, and a std of 0.
        for voxel in 2..6 {
            assert_eq!(mean[voxel].to_bits(), written.to_bits(), "mean of voxel {voxel}");
            assert_eq!(std[voxel].to_bits(), written.to_bits(), "std of voxel {voxel}");
        }
        assert_eq!((mean[7], std[7]), (f64::from(0.1_f32), 0.0), "a constant voxel");
    }
}

#[test]
fn mean_and_std_are_numpys() {
    let scratch = Scratch::new();
    let runs = session_pattern();
    let arguments = ["-o", "t.nii", "--mean", "m.nii.gz", "--std", "s.nii", "--dtype", "float64"];
    scratch.tsnr([&*runs].iter().chain(&arguments)).succeeded();
    for (file, statistic) in [("m.nii.gz", "mean"), ("s.nii", "std")] {
        let expected = testdata(&format!("expected/session_ddof0_{statistic}.nii"));
        let found = Map::read(&scratch.path(file)).values;
        assert_same(&found, &Map::read(&expected).values, statistic);
    }
    assert_eq!(scratch.names(), ["m.nii.gz", "s.nii", "t.nii"]);
}

#[test]
fn a_compressed_map_has_the_same_bytes_each_time_and_no_time_stamp() {
    let scratch = Scratch::new();
    let runs = session_pattern();
    scratch.tsnr([&*runs, "-o", "first.nii.gz"]).succeeded();
    // A time stamp counts seconds.
    std::thread::sleep(Duration::from_millis(1100));
    scratch.tsnr([&*runs, "-o", "second.nii.gz"]).succeeded();
    let [first, second] =
        ["first.nii.gz", "second.nii.gz"].map(|name| fs::read(scratch.path(name)).expect("a map"));
    assert!(first == second);
    assert_eq!(first[..8], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "no name (RFC 1952, FLG), MTIME 0");
    scratch.tsnr([&*runs, "-o", "plain.nii"]).succeeded();
    assert!(content(&scratch.path("first.nii.gz")) == content(&scratch.path("plain.nii")));
}

// ---- Whole or not at all ----------------------------------------------------------------------

/// A folder with old outputs in it, which a failure must leave as they are.
struct OldOutputs {
    scratch: Scratch,
}

const OUTPUTS: [&str; 6] = ["-o", "map.nii.gz", "--mean", "mean.nii", "--std", "std.nii"];

impl OldOutputs {
    fn new() -> OldOutputs {
        let scratch = Scratch::new();
        for name in ["map.nii.gz", "mean.nii"] {
            scratch.file(name, format!("the old {name}"));
        }
        OldOutputs { scratch }
    }

    #[track_caller]
    fn assert_untouched(&self) {
        assert_eq!(self.scratch.names(), ["map.nii.gz", "mean.nii"]);
        for name in ["map.nii.gz", "mean.nii"] {
            let found = fs::read(self.scratch.path(name)).expect("an old output");
            assert!(found == format!("the old {name}").as_bytes(), "{name}");
        }
    }
}

#[test]
fn an_existing_output_is_replaced_by_a_complete_one() {
    let old = OldOutputs::new();
    let run = odd("int16_le.nii").display().to_string();
    old.scratch.tsnr([&*run].iter().chain(&OUTPUTS)).succeeded();
    assert_eq!(old.scratch.names(), ["map.nii.gz", "mean.nii", "std.nii"]);
    assert_eq!(Map::read(&old.scratch.path("map.nii.gz")).shape, [5, 4, 3]);
    assert_eq!(Map::read(&old.scratch.path("mean.nii")).shape, [5, 4, 3]);
}

#[test]
fn an_output_has_the_permissions_of_any_new_file() {
    let scratch = Scratch::new();
    scratch.tsnr([odd("int16_le.nii").as_os_str(), "-o".as_ref(), "map.nii".as_ref()]).succeeded();
    let mode = |path: PathBuf| fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode(scratch.path("map.nii")), mode(scratch.file("other", "")));
}

#[test]
fn existing_outputs_survive_a_second_run_that_is_truncated_or_damaged() {
    for damaged in ["truncated.nii.gz", "wrong_crc.nii.gz", "short_inside_gzip.nii.gz"] {
        for mode in MODES {
            let old = OldOutputs::new();
            let runs = [odd("int16_le.nii"), odd(damaged)].map(|run| run.display().to_string());
            let runs = [&*runs[0], &*runs[1], "--mode", mode];
            let line = old.scratch.tsnr(runs.iter().chain(&OUTPUTS)).error();
            assert!(line.contains(damaged), "{line}");
            old.assert_untouched();
        }
    }
}

#[test]
fn a_full_disk_is_an_error_that_leaves_the_old_files() {
    // A limit on the size of files stands for the disk: writing fails, whether the signal of it is
    // ignored or not.
    let run = session_runs()[0].display().to_string();
    for (mode, signal) in MODES.into_iter().zip(["trap '' XFSZ", "true", "true"]) {
        let old = OldOutputs::new();
        let arguments = [&*run, "-q", "--mode", mode];
        let full_disk = format!("{signal}; ulimit -f 1; exec \"$@\"");
        let line = old.scratch.bash(&full_disk, arguments.iter().chain(&OUTPUTS)).error();
        assert!(line.contains("map.nii.gz: cannot write"), "{line}");
        assert!(!line.contains(".partial"), "the file is named as the user knows it: {line}");
        old.assert_untouched();
    }
}

#[test]
fn a_disk_that_fills_up_at_the_second_map_leaves_the_first_as_it_was() {
    let old = OldOutputs::new();
    let run = session_runs()[0].display().to_string();
    let first = Scratch::new();
    first.tsnr([&*run].iter().chain(&OUTPUTS)).succeeded();
    let kibibytes = |name: &str| fs::metadata(first.path(name)).expect("a map").len() / 1024;
    let (small, large) = (kibibytes("map.nii.gz"), kibibytes("mean.nii"));
    assert!(small + 1 < large, "{small} KiB fit where {large} do not");
    let line = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", small + 1);
    let error = old.scratch.bash(&line, [&*run, "-q"].iter().chain(&OUTPUTS)).error();
    assert!(error.contains("mean.nii: cannot write"), "{error}");
    old.assert_untouched();
}

#[test]
fn an_output_that_is_one_of_the_inputs_is_refused_however_it_is_spelled() {
    let scratch = Scratch::new();
    let specimen = fs::read(odd("int16_le.nii")).expect("a specimen");
    for name in ["run-1.nii", "run-2.nii", "folder/other.nii"] {
        scratch.file(name, &specimen);
    }
    symlink("run-2.nii", scratch.path("link.nii")).expect("a link");
    symlink("folder", scratch.path("folder-link")).expect("a link");
    let before = scratch.names();
    let absolute = scratch.path("run-2.nii").display().to_string();
    for (inputs, outputs) in [
        (&["run-1.nii", "run-2.nii"][..], &["-o", "run-2.nii"][..]),
        (&["run-*.nii"], &["-o", "./run-2.nii"]),
        (&["run-*.nii"], &["-o", "folder/../run-1.nii"]),
        (&["run-*.nii"], &["-o", &absolute]),
        (&["run-*.nii"], &["-o", "link.nii"]),
        (&["run-1.nii", "link.nii"], &["-o", "run-2.nii"]),
        (&["run-1.nii", "link.nii"], &["-o", "link.nii"]),
        (&["run-1.nii", "folder/other.nii"], &["-o", "folder-link/other.nii"]),
        (&["run-*.nii"], &["-o", "new.nii", "--mean", "run-1.nii"]),
        (&["run-*.nii"], &["-o", "new.nii", "--std", "./run-2.nii"]),
    ] {
        let line = scratch.tsnr(inputs.iter().chain(outputs)).error();
        assert!(line.contains("one of the inputs"), "{line}");
        assert!(line.contains(outputs.last().expect("a name")), "{line}");
        assert_eq!(scratch.names(), before);
        assert_eq!(names(&scratch.path("folder")), ["other.nii"]);
        for name in ["run-1.nii", "run-2.nii", "folder/other.nii"] {
            assert!(fs::read(scratch.path(name)).expect("a run") == specimen, "{name}");
        }
        assert!(scratch.path("link.nii").is_symlink());
    }
}

#[test]
fn the_sidecar_of_a_run_that_is_left_out_is_guarded_like_any_other() {
    let scratch = Scratch::new();
    let specimen = fs::read(odd("int16_le.nii")).expect("a specimen");
    let mut header = Header::int16(1);
    header.dim = [4, 5, 4, 3, 1, 1, 1, 1];
    scratch.file("run-1.nii", &specimen);
    scratch.file("run-2.nii", header.file(&[1.0; 60]));
    for name in ["run-1.json", "run-2.json"] {
        scratch.file(name, "{}");
    }
    let before = scratch.names();
    let given = ["run-*.nii", "--detrend=1", "--skip-short-runs", "-o", "t.nii", "--json"];
    for sidecar in ["run-1.json", "run-2.json"] {
        let line = scratch.tsnr(given.iter().chain(&[sidecar])).error();
        assert!(line.contains(&format!("{sidecar}: the output is one of the inputs")), "{line}");
        assert_eq!(scratch.names(), before);
    }
    // Nor is one made, which would refuse the same command when it is given again.
    fs::remove_file(scratch.path("run-1.json")).expect("a sidecar");
    let line = scratch.tsnr(given.iter().chain(&["./run-1.json"])).error();
    let says = "./run-1.json: a file of this name describes one of the inputs, and would be read";
    assert!(line.contains(says), "{line}");
    let outcome = scratch.tsnr(given.iter().chain(&["t.json"])).succeeded();
    assert!(outcome.stderr.contains("run-2: left out"), "{}", outcome.stderr);
}

#[test]
fn the_maps_of_runs_are_refused_where_they_would_replace_an_input_or_one_another() {
    let scratch = Scratch::new();
    let specimen = fs::read(odd("int16_le.nii")).expect("a specimen");
    for name in ["run-1.nii", "run-2.nii"] {
        scratch.file(name, &specimen);
    }
    let mut header = Header::int16(1);
    header.dim = [3, 5, 4, 3, 1, 1, 1, 1];
    let mask = header.file(&[1.0; 60]);
    scratch.file("mask-2.nii", &mask);
    for name in ["run-2.json", "list-2.nii", "list-1.nii"] {
        scratch.file(name, "1\n".repeat(6));
    }
    let before = scratch.names();
    let is_input = "one of the inputs";
    let is_output = "two outputs cannot be written to one file";
    for (arguments, file, says) in [
        (&["--map=run-tsnr=run-{run}.nii"][..], "run-1.nii", is_input),
        (&["--map=run-tsnr=mask-{run}.nii", "--mask=mask-2.nii"], "mask-2.nii", is_input),
        (&["--map=run-tsnr=list-{run}.nii", "--censor=list-*.nii"], "list-1.nii", is_input),
        (&["--map=run-tsnr=t{run}.nii", "--std=t2.nii"], "t2.nii", is_output),
        (&["--map=run-tsnr=t{run}.nii", "--mask=auto", "--mask-out=./t2.nii"], "t2.nii", is_output),
        (
            &["--map=run-tsnr=t{run}.nii", "--map=run-tsnr=t{run}{run}.nii", "--mean=t11.nii"],
            "t11.nii",
            is_output,
        ),
        (&["--json=list-1.nii", "--censor=list-?.nii"], "list-1.nii", is_input),
        (&["--map=run-tsnr=none-{run}/t.nii"], "none-1/t.nii", "there is no folder none-1"),
    ] {
        let base = ["run-1.nii", "run-2.nii", "-o", "t.nii"];
        let line = scratch.tsnr(base.iter().chain(arguments)).error();
        assert!(line.contains(says) && line.contains(file), "{arguments:?}: {line}");
        assert_eq!(scratch.names(), before);
        for (name, content) in
            [("run-1.nii", &specimen), ("run-2.nii", &specimen), ("mask-2.nii", &mask)]
        {
            assert!(&fs::read(scratch.path(name)).expect("an input") == content, "{name}");
        }
    }
}

#[test]
fn the_number_of_a_run_can_stand_in_the_name_of_a_folder() {
    let scratch = Scratch::new();
    for folder in ["1", "2"] {
        fs::create_dir(scratch.path(folder)).expect("a folder");
    }
    let run = odd("int16_le.nii").display().to_string();
    let other = odd("slope_half_inter.nii").display().to_string();
    scratch.tsnr([&*run, &other, "--map", "run-tsnr={run}/t.nii"]).succeeded();
    assert_eq!(scratch.names(), ["1", "2"]);
    for folder in ["1", "2"] {
        assert_eq!(names(&scratch.path(folder)), ["t.nii"]);
    }
}

#[test]
fn an_output_in_a_missing_folder_or_in_the_place_of_one_is_refused_before_the_work() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("folder.nii")).expect("a folder");
    scratch.file("file", "");
    // The run is damaged at its end: who reads it all first says that instead.
    let run = odd("wrong_crc.nii.gz").display().to_string();
    for (output, says) in [
        ("none/map.nii", "no folder none"),
        ("none/deeper/map.nii.gz", "no folder none/deeper"),
        ("folder.nii", "folder"),
        ("file/map.nii", "file"),
    ] {
        let line = scratch.tsnr([&*run, "-o", output]).error();
        assert!(line.starts_with(&format!("tsnr: error: {output}: cannot write")), "{line}");
        assert!(line.contains(says), "'{says}' in: {line}");
        assert_eq!(scratch.names(), ["file", "folder.nii"]);
        assert_eq!(names(&scratch.path("folder.nii")), [""; 0]);
    }
}

#[test]
fn a_folder_that_takes_no_files_is_an_error_that_names_it() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("closed")).expect("a folder");
    let closed = fs::Permissions::from_mode(0o500);
    fs::set_permissions(scratch.path("closed"), closed).expect("permissions");
    let run = odd("int16_le.nii").display().to_string();
    let line = scratch.tsnr_without_privileges([&*run, "-o", "closed/map.nii"]).error();
    assert!(line.contains("closed/map.nii: cannot write"), "{line}");
    assert!(line.contains("Permission denied"), "{line}");
}

/// The hidden folder in which outputs are made.
fn hidden_folder(scratch: &Scratch) -> Option<PathBuf> {
    let name = scratch.names().into_iter().find(|it| it.ends_with(".partial"));
    name.map(|it| scratch.path(&it))
}

/// The names of the files that are being made.
fn partial_files(scratch: &Scratch) -> Option<Vec<String>> {
    hidden_folder(scratch).filter(|it| it.is_dir()).map(|it| names(&it))
}

#[test]
fn names_that_are_taken_are_passed_over_whoever_has_them() {
    let scratch = Scratch::new();
    let run = odd("int16_le.nii").display().to_string();
    // The number of bash is the program's, which takes its place. Another container has it too.
    let left = "for n in {0..9}; do mkdir .tsnr-$$-$n.partial; cd .tsnr-$$-$n.partial; touch 0 lock; \
                exec {held}< lock; flock $held; cd ..; done; echo old > .tsnr-$$-10.partial; \"$@\"";
    // bash has the locks.
    let arguments = [&*run, "-o", "map.nii", "--mean", "mean.nii", "--json", "map.json"];
    scratch.bash(left, arguments).succeeded();
    let names = scratch.names();
    let (old, new): (Vec<_>, Vec<_>) = names.iter().partition(|it| it.ends_with(".partial"));
    assert_eq!(new, ["map.json", "map.nii", "mean.nii"]);
    assert_eq!(old.len(), 11, "they are those of a process that lives");
    assert_eq!(Map::read(&scratch.path("map.nii")).shape, [5, 4, 3]);

    // Those processes have ended, and the next run takes their folders away.
    scratch.tsnr([&*run, "-o", "map.nii"]).succeeded();
    let names = scratch.names();
    let left: Vec<_> = names.iter().filter(|it| it.ends_with(".partial")).collect();
    assert_eq!(left.len(), 1, "a file is none of ours: {names:?}");
}

// ---- Links, and what is no regular file ---------------------------------------------------------

impl Scratch {
    fn fifo(&self, name: &str) -> PathBuf {
        let made = Command::new("mkfifo").arg(self.path(name)).status().expect("mkfifo starts");
        assert!(made.success());
        self.path(name)
    }

    fn is_fifo(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path(name)).expect("an entry").file_type().is_fifo()
    }

    /// What comes out of these FIFOs, each of which has a reader, while the program runs.
    fn read_from(&self, fifos: &[&str], arguments: &[&str]) -> Vec<Vec<u8>> {
        let readers = fifos.iter().map(|name| {
            let fifo = self.fifo(name);
            std::thread::spawn(move || fs::read(fifo).expect("what was written"))
        });
        let readers: Vec<_> = readers.collect();
        self.tsnr(arguments).succeeded();
        let contents = readers.into_iter().map(|it| it.join().expect("a reader")).collect();
        assert!(fifos.iter().all(|name| self.is_fifo(name)), "{:?}", self.names());
        contents
    }
}

#[test]
fn a_link_stays_and_the_file_behind_it_is_replaced_by_a_complete_one() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("behind")).expect("a folder");
    scratch.file("behind/old.nii", "old");
    for (link, to) in
        [("a.nii", "b.nii"), ("b.nii", "behind/old.nii"), ("new.nii", "behind/../behind/new.nii")]
    {
        symlink(to, scratch.path(link)).expect("a link");
    }
    let run = odd("int16_le.nii").display().to_string();
    let damaged = odd("wrong_crc.nii.gz").display().to_string();
    let old = File::open(scratch.path("behind/old.nii")).expect("the old file");
    scratch.tsnr([&*damaged, "-o", "a.nii"]).error();
    assert_eq!(content(&scratch.path("behind/old.nii")), b"old");
    scratch.tsnr([&*run, "-o", "a.nii", "--mean", "new.nii"]).succeeded();
    assert_eq!(scratch.names(), ["a.nii", "b.nii", "behind", "new.nii"]);
    assert!(["a.nii", "b.nii", "new.nii"].iter().all(|it| scratch.path(it).is_symlink()));
    assert_eq!(names(&scratch.path("behind")), ["new.nii", "old.nii"]);
    for name in ["behind/old.nii", "behind/new.nii"] {
        assert_eq!(Map::read(&scratch.path(name)).shape, [5, 4, 3]);
    }
    // Who has the old file open still reads the old one.
    assert_eq!(std::io::read_to_string(old).expect("the old file"), "old");

    let two = scratch.tsnr([&*run, "-o", "a.nii", "--mean", "behind/old.nii"]);
    assert_eq!(two.exit_code, Some(2), "{}", two.stderr);
    assert!(two.stderr.contains("two outputs cannot be written to one file"), "{}", two.stderr);
    symlink("loop.nii", scratch.path("loop.nii")).expect("a link");
    symlink("none/map.nii", scratch.path("astray.nii")).expect("a link");
    for (output, says) in [("loop.nii", "40 links"), ("astray.nii", "there is no folder none")] {
        let line = scratch.tsnr([&*run, "-o", output]).error();
        assert!(line.contains(&format!("{output}: cannot write")) && line.contains(says), "{line}");
    }
}

#[test]
fn every_output_of_a_run_is_written_whole_into_a_fifo() {
    let scratch = Scratch::new();
    let runs = session_runs()[..2].iter().map(|it| it.display().to_string()).collect::<Vec<_>>();
    let fifos = [
        "tsnr.nii",
        "mean.nii.gz",
        "std.nii",
        "run-1.nii",
        "run-2.nii",
        "mask.nii",
        "run.json",
        "page.html",
        "map.png",
        "t.tsv",
        "t.json",
        "graph.svg",
        "profile.json",
    ];
    let arguments = [
        &*runs[0],
        &runs[1],
        "-q",
        "-o",
        "tsnr.nii",
        "--mean=mean.nii.gz",
        "--std=std.nii",
        "--map=run-tsnr=run-{run}.nii",
        "--mask=auto",
        "--mask-out=mask.nii",
        "--json=run.json",
        "--report=page.html",
        "--png=map.png",
        "--table=t.tsv",
        "--visualize=graph.svg",
        "--profile=profile.json",
    ];
    let through = scratch.read_from(&fifos, &arguments);
    let plain = Scratch::new();
    plain.tsnr(arguments).succeeded();
    for (name, through) in fifos.iter().zip(through) {
        let file = fs::read(plain.path(name)).expect("a file");
        // These tell of the time that the run took.
        match ["run.json", "page.html", "graph.svg", "profile.json"].contains(name) {
            true => assert_eq!(through[through.len() - 2..], file[file.len() - 2..], "{name}"),
            false => assert!(through == file, "{name}"),
        }
    }

    let scratch = Scratch::new();
    let fifos =
        ["diff.html", "diff.png", "difference.nii", "ratio.nii", "diff.json", "t.tsv", "t.json"];
    let [a, b] = ["tsnr.nii", "run-1.nii"].map(|name| plain.path(name).display().to_string());
    let arguments = [
        "diff",
        &a,
        &b,
        "-q",
        "--any-definition",
        "--report=diff.html",
        "--png=diff.png",
        "--difference=difference.nii",
        "--ratio=ratio.nii",
        "--json=diff.json",
        "--table=t.tsv",
    ];
    assert!(scratch.read_from(&fifos, &arguments).iter().all(|it| !it.is_empty()));
}

#[test]
fn a_fifo_without_a_reader_is_waited_for_after_the_work_only_and_nothing_appears_before() {
    let old = OldOutputs::new();
    old.scratch.fifo("run.json");
    let run = odd("int16_le.nii").display().to_string();
    let damaged = odd("wrong_crc.nii.gz").display().to_string();
    old.scratch.tsnr([&*run, "--json", "run.json", "--dry-run"]).succeeded();
    old.scratch.tsnr([&*damaged, "--json", "run.json"]).error();
    let mut command = interruptible(&old.scratch);
    command.args([&*run, "-q", "--json", "run.json"]).args(OUTPUTS).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    let are_complete =
        || partial_files(&old.scratch).is_some_and(|it| it == ["0", "1", "2", "lock"]);
    assert!(wait_until(&mut child, are_complete), "it did not wait");
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(interrupt(&mut child, "-INT"), Some(130));
    assert!(old.scratch.is_fifo("run.json"));
    fs::remove_file(old.scratch.path("run.json")).expect("a FIFO");
    old.assert_untouched();
}

#[test]
fn what_is_open_already_is_written_into_behind_what_it_has() {
    let scratch = Scratch::new();
    // Nothing is found in it, so that nothing else is written.
    let run = session_runs()[3].display().to_string();
    for (number, name) in
        [("1", "/dev/stdout"), ("1", "link"), ("2", "/dev/stderr"), ("3", "/dev/fd/3")]
    {
        let _ = fs::remove_file(scratch.path("link"));
        symlink("/proc/self/fd/1", scratch.path("link")).expect("a link");
        scratch.file("log", "before\n");
        let line = format!("exec {number}>> log; \"$@\"; echo behind $? >&{number}");
        let outcome = scratch.bash(&line, [&*run, "-q", "--json", name]);
        assert_eq!(outcome.exit_code, Some(0), "{name}: {}", outcome.stderr);
        assert!(scratch.path("link").is_symlink());
        let log = fs::read_to_string(scratch.path("log")).expect("the log");
        let json = log.strip_prefix("before\n").and_then(|it| it.strip_suffix("behind 0\n"));
        let json = json.unwrap_or_else(|| panic!("{name}: {log}"));
        let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
        assert_eq!(value["schema"], "tsnr-run/2");
        assert_eq!(scratch.names(), ["link", "log"]);
    }
    // Not appended: the shell and the program write at one place of the file.
    scratch.bash("{ echo before; \"$@\"; echo behind; } > log", [&*run, "-q", "--json", "link"]);
    let log = fs::read_to_string(scratch.path("log")).expect("the log");
    assert!(log.starts_with("before\n{") && log.ends_with("}\nbehind\n"), "{log}");
    let piped = scratch.bash("\"$@\" | cat", [&*run, "-q", "--json", "/dev/stdout"]);
    assert!(piped.stdout.starts_with('{') && piped.stdout.ends_with("}\n"), "{}", piped.stdout);
}

#[test]
fn a_device_stays_and_one_that_takes_nothing_is_an_error_that_leaves_the_old_files() {
    let old = OldOutputs::new();
    let run = odd("int16_le.nii").display().to_string();
    for device in ["null", "full"] {
        // Behind a link: who replaces what a name stands for harms no device here.
        symlink(format!("/dev/{device}"), old.scratch.path(device)).expect("a link");
    }
    old.scratch.tsnr([&*run, "--json", "null"]).succeeded();
    old.scratch.tsnr([&*run, "-o", "/dev/null"]).succeeded();
    let arguments = [&*run, "-q", "--json", "full"];
    let line = old.scratch.tsnr(arguments.iter().chain(&OUTPUTS)).error();
    assert!(line.contains("full: cannot write: No space left"), "{line}");
    for device in ["null", "full"] {
        assert!(old.scratch.path(device).is_symlink());
        fs::remove_file(old.scratch.path(device)).expect("a link");
    }
    old.assert_untouched();
}

// ---- Signals ----------------------------------------------------------------------------------

/// The program in a folder, with all signals as they are by default: who runs tests with nohup or
/// in the background has told their children to outlive some.
fn interruptible(scratch: &Scratch) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal", env!("CARGO_BIN_EXE_tsnr")]);
    command.current_dir(scratch.path("")).stdin(Stdio::null());
    command
}

/// Longest time that the program may take to end after a signal: "at once", and much for a machine
/// on which everything waits. One that did not heed the signal would end with another exit code.
const AT_ONCE: Duration = Duration::from_secs(20);

/// Waits until `is_so`; false if the program ended before.
fn wait_until(child: &mut Child, mut is_so: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !is_so() {
        if started.elapsed() > Duration::from_secs(60) {
            let _ = child.kill();
            panic!("the program never got there");
        }
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Sends a signal, waits for the end, and gives the exit code.
fn interrupt(child: &mut Child, signal: &str) -> Option<i32> {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().expect("kill starts");
    assert!(sent.success());
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        if started.elapsed() > AT_ONCE {
            let _ = child.kill();
            panic!("still running {AT_ONCE:?} after {signal}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_signal_while_runs_are_read_ends_the_program_at_once_and_leaves_no_trace() {
    // A long session: the same run under many names.
    let inputs = Scratch::new();
    for number in 0..600 {
        let link = inputs.path(&format!("run-{number}_bold.nii.gz"));
        symlink(&session_runs()[number % 5], link).expect("a link");
    }
    let pattern = inputs.path("run-*_bold.nii.gz").display().to_string();
    for (signal, exit_code, mode) in [
        ("-INT", 130, "array"),
        ("-TERM", 143, "array"),
        ("-HUP", 129, "array"),
        ("-INT", 130, "serial"),
        ("-INT", 130, "delayed"),
    ] {
        let old = OldOutputs::new();
        let talk = Scratch::new();
        let stderr = File::create(talk.path("stderr")).expect("a file");
        let mut command = interruptible(&old.scratch);
        command.args([&*pattern, "-v", "--mode", mode]).args(OUTPUTS).stderr(stderr);
        let mut child = command.spawn().expect("the program starts");
        // The last input is listed just before reading begins.
        let said = || fs::read_to_string(talk.path("stderr")).expect("stderr");
        assert!(wait_until(&mut child, || said().contains("run-599_bold")), "{}", said());
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(interrupt(&mut child, signal), Some(exit_code), "{mode}: {}", said());
        assert!(said().ends_with("interrupted\n"), "{}", said());
        old.assert_untouched();
    }
}

/// A program that outlives no test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_signal_that_ends_a_process_ends_the_program_cleanly() {
    let run = odd("int16_le.nii").display().to_string();
    let signals =
        ["HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "TERM", "XCPU", "VTALRM", "PROF", "IO"];
    let mut begun = signals.map(|signal| {
        let old = OldOutputs::new();
        // It waits for a reader of the FIFO, when all files are complete.
        old.scratch.fifo("run.json");
        let mut command = interruptible(&old.scratch);
        command.args([&*run, "-q", "--json", "run.json"]).args(OUTPUTS).stderr(Stdio::piped());
        (signal, old, Ended(command.spawn().expect("the program starts")))
    });
    for (signal, old, Ended(child)) in &mut begun {
        let are_complete =
            || partial_files(&old.scratch).is_some_and(|it| it == ["0", "1", "2", "lock"]);
        assert!(wait_until(child, are_complete), "it did not wait");
        let number = Scratch::new().bash(&format!("kill -l {signal}"), [""; 0]).succeeded().stdout;
        let number: i32 = number.trim().parse().expect("a number");
        assert_eq!(interrupt(child, &format!("-{signal}")), Some(128 + number), "{signal}");
        let mut said = String::new();
        child.stderr.take().expect("stderr").read_to_string(&mut said).expect("text");
        assert!(said.ends_with("tsnr: error: interrupted\n"), "{signal}: {said}");
        fs::remove_file(old.scratch.path("run.json")).expect("a FIFO");
        old.assert_untouched();
    }
}

#[test]
fn who_waits_for_the_reader_of_a_fifo_says_so_and_goes_on_when_there_is_one() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("run.json");
    let run = odd("int16_le.nii").display().to_string();
    let talk = Scratch::new();
    let stderr = File::create(talk.path("stderr")).expect("a file");
    let mut command = interruptible(&scratch);
    command.args([&*run, "-q", "-o", "map.nii", "--json", "run.json"]).stderr(stderr);
    let mut ended = Ended(command.spawn().expect("the program starts"));
    let said = || fs::read_to_string(talk.path("stderr")).expect("stderr");
    assert!(wait_until(&mut ended.0, || said().contains("run.json: a FIFO that nobody reads")));
    assert!(!scratch.path("map.nii").exists());
    let written = fs::read_to_string(fifo).expect("what was written");
    assert!(written.ends_with("}\n"), "{written}");
    assert!(ended.0.wait().expect("a child").success(), "{}", said());
    assert!(scratch.path("map.nii").exists());
}

#[test]
#[ignore = "takes a minute"]
fn a_fifo_that_nobody_reads_is_an_error_after_a_minute() {
    let old = OldOutputs::new();
    old.scratch.fifo("run.json");
    let run = odd("int16_le.nii").display().to_string();
    let arguments = [&[&*run, "-q", "--json", "run.json"][..], &OUTPUTS].concat();
    let outcome = old.scratch.tsnr(arguments);
    let says = "run.json: cannot write: nobody read this FIFO within a minute; start its reader";
    assert!(outcome.exit_code == Some(1) && outcome.stderr.contains(says), "{outcome:?}");
    fs::remove_file(old.scratch.path("run.json")).expect("a FIFO");
    old.assert_untouched();
}

#[test]
fn signals_that_were_ignored_at_the_start_stay_ignored() {
    let scratch = Scratch::new();
    scratch.fifo("pipe");
    // It waits for a reader, and so is still there.
    let line = "ignored='HUP INT QUIT USR1 XCPU TERM'; trap '' $ignored; \"$@\" & sleep 0.5; \
                for it in $ignored; do kill -$it $!; done; sleep 1; cat pipe; wait $!";
    let run = session_runs()[3].display().to_string();
    let outcome = scratch.bash(line, [&*run, "-o", "map.nii", "-q", "--json", "pipe"]);
    let waits = "tsnr: pipe: a FIFO that nobody reads: waiting a minute for a reader\n";
    assert_eq!((outcome.exit_code, &*outcome.stderr), (Some(0), waits));
    assert!(outcome.stdout.starts_with('{') && outcome.stdout.ends_with("}\n"));
    assert_eq!(scratch.names(), ["map.nii", "pipe"]);
}

#[test]
fn ctrl_c_takes_the_progress_line_away() {
    let scratch = Scratch::new();
    for number in 0..600 {
        let link = scratch.path(&format!("run-{number}_bold.nii.gz"));
        symlink(&session_runs()[number % 5], link).expect("a link");
    }
    // In a terminal, which is written to a file.
    let line = "export TSNR=$1 TERM=xterm; script -qefc 'echo $$ > number; exec env --default-signal \
                \"$TSNR\" run-*_bold.nii.gz --threads 1 -o map.nii' shown > /dev/null & \
                until grep -q reading shown 2> /dev/null; do sleep 0.02; done; \
                sleep 0.2; kill -INT $(cat number); wait $!";
    let outcome = scratch.bash(line, [""; 0]);
    assert_eq!(outcome.exit_code, Some(130), "{}", outcome.stderr);
    let shown = fs::read_to_string(scratch.path("shown")).expect("what was shown");
    let behind = shown.rsplit("reading").next().expect("a bar");
    let (_, said) = behind.rsplit_once("\x1b[2K").expect("the line is cleared");
    let said = said.split("Script done").next().unwrap_or_default().trim();
    let said = said.replace("\x1b[1;31m", "").replace("\x1b[0m", "");
    assert!(said.ends_with("tsnr: error: interrupted") && !said.contains("tasks"), "{shown}");
    assert!(!scratch.path("map.nii").exists());
}

#[test]
fn a_signal_while_a_map_is_written_removes_the_partial_file() {
    let inputs = Scratch::new();
    let mut run = Header::new(INT16, 16, 160, 160, 100, 2).file(&[]);
    let mut random = Random::new("noise that does not compress");
    let voxels = (0..160 * 160 * 100 / 2).flat_map(|_| random.uniform(0.0, 1.0).to_le_bytes());
    run.extend(voxels);
    let run = inputs.file("run.nii", run).display().to_string();

    let old = OldOutputs::new();
    let mut command = interruptible(&old.scratch);
    command.args([&*run, "-q"]).args(OUTPUTS).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    let is_being_written = || {
        let hidden = hidden_folder(&old.scratch);
        hidden.is_some_and(|it| fs::metadata(it.join("0")).is_ok_and(|file| file.len() > 0))
    };
    assert!(wait_until(&mut child, is_being_written), "it ended before a map was begun");
    assert_eq!(interrupt(&mut child, "-INT"), Some(130));
    old.assert_untouched();
}

/// The runtime of Rust opens /dev/null where there is no standard output.
#[test]
#[cfg(target_os = "linux")]
fn what_is_for_a_closed_stdout_is_an_error() {
    let run = testdata("odd/int16_le.nii").display().to_string();
    let scratch = Scratch::new();
    for arguments in [&["--definitions", &*run][..], &[&run, "--json", "-"], &["man"]] {
        let outcome = scratch.bash("exec \"$@\" >&-", arguments);
        let stderr = &outcome.stderr;
        assert_eq!(outcome.exit_code, Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("cannot print: standard output is closed"), "{stderr}");
    }
    // What prints nothing needs none, and what is thrown away is.
    scratch.bash("exec \"$@\" >&-", [&run, "-o", "o.nii"]).succeeded();
    scratch.bash("exec \"$@\" > /dev/null", ["man"]).succeeded();
}
