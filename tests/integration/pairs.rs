//! A `.hdr/.img` pair is one image, by whichever half it is given, and both halves are kept from
//! outputs and watched while they are read. (What is in the files, `specimens` holds to numpy.)

use crate::program;

use program::bytes::Header;
use program::{Map, Scratch, bits, testdata};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use tsnr::analysis::Planned;
use tsnr::formats::{self, VolumeReader};
use tsnr::voxels::Samples;
use tsnr::{Cancellation, Recipe};

/// The pair of `testdata/odd` under another name.
fn pair(scratch: &Scratch, stem: &str) -> [PathBuf; 2] {
    ["hdr", "img"].map(|half| {
        let content = fs::read(testdata(&format!("odd/pair.{half}"))).expect("a specimen");
        scratch.file(&format!("{stem}.{half}"), content)
    })
}

#[test]
fn a_pattern_that_matches_both_halves_takes_the_run_once() {
    let scratch = Scratch::new();
    pair(&scratch, "run-1_bold");
    pair(&scratch, "run-2_bold");
    for pattern in ["run-*", "*.hdr", "*.img"] {
        let outcome = scratch.tsnr([pattern, "-o", "map.nii"]).succeeded();
        assert_eq!(outcome.summary("runs"), "2: 6 volumes each = 12 volumes", "{pattern}");
        assert_eq!(outcome.found_as("files-skipped"), [""; 0], "{pattern}");
        fs::remove_file(scratch.path("map.nii")).expect("a map");
    }
    let outcome = scratch.tsnr(["run-1_bold.img", "run-1_bold.hdr", "-o", "map.nii"]).succeeded();
    assert_eq!(outcome.summary("runs"), "1: 6 volumes");
    assert!(outcome.found_as("files-skipped")[0].contains("given before, taken once"));
}

#[test]
fn a_pair_has_a_name_and_a_sidecar_as_a_single_file_has() {
    let scratch = Scratch::new();
    for half in pair(&scratch, "sub-1_task-rest_bold") {
        scratch.file("sub-1_task-rest_bold.json", r#"{"RepetitionTime": 1.5}"#);
        let run = half.to_str().expect("UTF-8");
        scratch.tsnr([run, "--json", "out.json"]).succeeded();
        let json = fs::read_to_string(scratch.path("out.json")).expect("JSON");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["runs"][0]["name"], "sub-1_task-rest_bold");
        assert_eq!(json["runs"][0]["tr_seconds"], 1.5);
        assert_eq!(json["runs"][0]["files"][0]["bytes"], 348 + 720);
        fs::remove_file(scratch.path("sub-1_task-rest_bold.json")).expect("a sidecar");
    }
}

#[test]
fn no_output_replaces_either_half_or_describes_it() {
    let scratch = Scratch::new();
    let halves = pair(&scratch, "run");
    for given in &halves {
        for half in &halves {
            let link = scratch.path("map.nii");
            symlink(half, &link).expect("a link");
            let line = scratch.tsnr([given.as_path(), "-o".as_ref(), &link]).error();
            assert!(line.contains("map.nii: the output is one of the inputs"), "{line}");
            fs::remove_file(link).expect("a link");
        }
        let mask = [testdata("odd/int16_le.nii"), PathBuf::from("--mask"), given.clone()];
        let line = scratch.tsnr(mask.iter().chain(&["--json".into(), "run.json".into()])).error();
        // A run is no mask, but that is found out later.
        assert!(line.contains("run.json") || line.contains("volumes"), "{line}");
        let line = scratch.tsnr([given.to_str().expect("UTF-8"), "--json", "run.json"]).error();
        assert!(
            line.contains("run.json: a file of this name describes one of the inputs"),
            "{line}"
        );
    }
    assert_eq!(scratch.names(), ["run.hdr", "run.img"]);
}

#[test]
fn a_change_of_either_half_while_they_are_read_is_told() {
    for changed in ["run.hdr", "run.img"] {
        let scratch = Scratch::new();
        let [header, _] = pair(&scratch, "run");
        let image = formats::open(&header).expect("a pair");
        let mut reader = VolumeReader::open(&image).expect("its voxels");
        let memory = Samples::none(image.datatype());
        let memory = reader.read(3, memory, &()).expect("three volumes");
        let mut content = fs::read(scratch.path(changed)).expect("a half");
        content.push(0);
        scratch.file(changed, content);
        let error = reader.read(3, memory, &()).expect_err("a change").to_string();
        let says = format!("{changed}: the file was changed while it was read");
        assert!(error.contains(&says), "{error}");
    }
}

#[test]
fn masks_and_means_may_be_pairs_and_the_memory_is_that_of_a_plain_file() {
    let scratch = Scratch::new();
    let header = |single: bool| Header {
        dim: [3, 5, 4, 3, 1, 1, 1, 1],
        magic: if single { *b"n+1\0" } else { *b"ni1\0" },
        vox_offset: if single { 352.0 } else { 0.0 },
        ..Header::new(4, 16, 5, 4, 3, 1)
    };
    let mask: Vec<f64> = (0..60).map(|it| f64::from(u8::from(it >= 20))).collect();
    scratch.file("one.nii", header(true).file(&mask));
    scratch.file("mask.hdr", header(false).bytes());
    scratch.file("mask.img", header(false).encode(&mask));
    let run = testdata("odd/pair.img");
    let maps = ["one.nii", "mask.hdr", "mask.img"].map(|beside| {
        let options = ["-o", "map.nii", "--mask", beside, "--mean-from", beside];
        let run = run.to_str().expect("UTF-8");
        scratch.tsnr([&[run][..], &options].concat()).succeeded();
        bits(&Map::read(&scratch.path("map.nii")).values)
    });
    assert_eq!(maps[0], maps[1]);
    assert_eq!(maps[0], maps[2]);

    let predicted = ["odd/int16_le.nii", "odd/pair.hdr", "odd/pair.img"].map(|run| {
        let recipe = Recipe::new([testdata(run)]);
        let planned = Planned::new(&recipe, Arc::new(()), &Cancellation::default());
        planned.expect("a plan").predicted_bytes()
    });
    assert!(predicted.iter().all(|it| it.abs_diff(predicted[0]) < 1024), "{predicted:?}");
}
