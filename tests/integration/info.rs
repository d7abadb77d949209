//! `tsnr info`: what images say of themselves, held to nibabel, and that no voxel is read for it.

use crate::program;

use program::bytes::{FLOAT32, Header};
use program::{Scratch, python, testdata};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn specimen(name: &str) -> String {
    testdata("odd").join(name).display().to_string()
}

/// The JSON of files, and the exit status.
fn json(files: &[&str]) -> (Value, Option<i32>) {
    let scratch = Scratch::new();
    let outcome = scratch.tsnr([&["info", "--json=-"][..], files].concat());
    (serde_json::from_str(&outcome.stdout).expect("JSON"), outcome.exit_code)
}

#[test]
fn an_image_says_what_it_is() {
    let scratch = Scratch::new();
    let run = Header::new(FLOAT32, 32, 5, 4, 3, 6).file(&[1.0; 360]);
    scratch.file("sub-01_task-rest_bold.nii", run);
    scratch.file("sub-01_task-rest_bold.json", br#"{"RepetitionTime": 1.5}"#);
    let outcome = scratch.tsnr(["info", "sub-01_task-rest_bold.nii"]).succeeded();
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let says = |label: &str, text: &str| {
        let line = format!("  {label:<13}{text}");
        assert!(lines.contains(&&*line), "{line}\n{}", outcome.stdout);
    };
    assert_eq!((lines[0], &*outcome.stderr), ("sub-01_task-rest_bold.nii", ""));
    says("format", "NIfTI-1, little-endian, 1,792 bytes");
    says("holds", "a run: 6 volumes, 9.000 s");
    says("TR", "1.5 s by sub-01_task-rest_bold.json");
    says("samples", "float32, 1,440 bytes of voxels, all there by the size of the file");
    says("sidecars", "sub-01_task-rest_bold.json");
    let quiet = ["info", "-q", "sub-01_task-rest_bold.nii", "--json", "i.json"];
    let quiet = scratch.tsnr(quiet).succeeded();
    assert_eq!((&*quiet.stdout, &*quiet.stderr), ("", ""));
}

// nibabel 5.4.2: load(FILE).shape, .header.get_zooms(), .header.get_data_dtype(), .dataobj.slope.
#[test]
fn every_format_says_it_in_one_form() {
    let names =
        ["afni_factor+orig.HEAD", "cifti.dtseries.nii", "bzip2.mgh.bz2", "big_endian_gz.nii.gz"];
    let files = names.map(specimen);
    let (info, exit_code) = json(&files.each_ref().map(String::as_str));
    assert_eq!((exit_code, &info["schema"]), (Some(0), &"tsnr-info/1".into()));
    let field = |image: usize, name: &str| info["images"][image][name].clone();
    let formats = [0, 1, 2, 3].map(|it| field(it, "format"));
    assert_eq!(formats, ["AFNI", "CIFTI-2", "MGH", "NIfTI-1"]);
    let compressions = [2, 3].map(|it| field(it, "compression"));
    assert_eq!(compressions, ["bzip2", "gzip"]);
    assert_eq!([0, 1, 2, 3].map(|it| field(it, "byte_order")), ["little", "little", "big", "big"]);
    assert_eq!(
        [0, 1].map(|it| field(0, "particulars")[it]["value"].clone()),
        ["+orig", "#0 to #5"]
    );
    assert_eq!(field(0, "files").as_array().expect("both halves").len(), 2);
    assert_eq!((field(1, "grid"), field(1, "points")["count"].clone()), (Value::Null, 60.into()));
    assert_eq!(field(1, "points")["structures"][2]["name"], "CIFTI_STRUCTURE_THALAMUS_LEFT");
    assert_eq!(field(1, "tr_seconds"), 2.5);
    assert_eq!(
        [0, 1, 2, 3].map(|it| field(it, "complete").as_bool()),
        [Some(true), Some(true), None, None]
    );
}

#[test]
fn a_map_of_tsnr_says_its_definition() {
    let scratch = Scratch::new();
    let run = specimen("int16_le.nii");
    scratch.tsnr([&*run, "-q", "-o", "map.nii.gz", "--ddof", "1"]).succeeded();
    let outcome = scratch.tsnr(["info", "map.nii.gz", "--json", "i.json"]).succeeded();
    assert!(
        outcome.stdout.contains("  holds        the map 'tsnr' of tsnr\n"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("mean/std, ddof 1"), "{}", outcome.stdout);
    let text = fs::read_to_string(scratch.path("i.json")).expect("JSON");
    let info: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(info["images"][0]["content_name"], "tsnr");
    assert_eq!(info["images"][0]["definition"]["definition"]["ddof"], 1);
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_the_others_too() {
    let files = ["truncated.nii", "int16_le.nii", "none.nii"].map(specimen);
    let files = files.each_ref().map(String::as_str);
    let (info, exit_code) = json(&files);
    assert_eq!(exit_code, Some(1));
    assert_eq!(info["images"].as_array().expect("images").len(), 1);
    let refused = info["refused"].as_array().expect("files");
    assert!(refused[0]["problem"].as_str().expect("a text").contains("truncated"), "{info}");
    let error = Scratch::new().tsnr([&["info"][..], &files].concat()).stderr;
    assert_eq!(error.lines().count(), 3, "{error}");
    assert!(error.ends_with("2 of 3 files cannot be read\n"), "{error}");
}

/// AFNI's programs are given the name without an ending.
#[test]
fn an_afni_dataset_without_an_ending_is_told_its_header() {
    let line = Scratch::new().tsnr(["info", &specimen("afni_factor+orig")]).stderr;
    let says = "afni_factor+orig: no such file; give the header of the AFNI dataset, \
                afni_factor+orig.HEAD";
    assert!(line.contains(says), "{line}");
}

#[test]
fn what_is_odd_is_said() {
    let scratch = Scratch::new();
    let mut header = Header::new(FLOAT32, 32, 5, 4, 3, 6);
    header.pixdim[4] = 2000.0;
    (header.qform_code, header.sform_code) = (0, 0);
    scratch.file("run_part-phase_bold.nii", header.file(&[1.0; 360]));
    let outcome = scratch.tsnr(["info", "run_part-phase_bold.nii"]).succeeded();
    for name in ["part-phase: ", "tr-milliseconds: a TR of 2000 s", "orientation-unknown: "] {
        let line = format!("  odd          {name}");
        assert!(outcome.stdout.contains(&line), "{line}\n{}", outcome.stdout);
    }
}

#[test]
fn standard_input_is_an_image_too() {
    let scratch = Scratch::new();
    let mut program = scratch.program();
    program
        .args(["info", "-"])
        .stdin(fs::File::open(specimen("big_endian_gz.nii.gz")).expect("a file"));
    let output = program.output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.starts_with("-\n  format       NIfTI-1, gzip, big-endian, read once\n"), "{text}");
}

/// A terabyte that is not there is not read.
#[test]
fn no_voxel_is_read() {
    let scratch = Scratch::new();
    let header = Header::new(FLOAT32, 32, 2000, 2000, 2000, 30).file(&[]);
    let bytes = header.len() as u64 + 2000_u64.pow(3) * 30 * 4;
    scratch.file("run.nii", header);
    let file = fs::OpenOptions::new().write(true).open(scratch.path("run.nii")).expect("a file");
    if file.set_len(bytes).is_err() {
        eprintln!("this file system has no file of a terabyte: a smaller one");
        file.set_len(1 << 40).expect_err("smaller than its voxels");
        return;
    }
    let outcome = scratch.tsnr(["info", "run.nii"]).succeeded();
    assert!(outcome.stdout.contains("960,000,000,000 bytes of voxels"), "{}", outcome.stdout);
}

#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn nibabel_says_the_same_of_every_specimen() {
    let scratch = Scratch::new();
    let odd = testdata("odd").display().to_string();
    let names = ["*.nii", "*.nii.gz", "*.mgh", "*.mgz", "*.HEAD", "*.hdr"];
    let mut files: Vec<String> = names.iter().map(|it| format!("{odd}/{it}")).collect();
    files.push(testdata("sub-01/ses-test/func/*_bold.nii.gz").display().to_string());
    let outcome = scratch.tsnr(
        [vec!["info", "-q", "--json=i.json"], files.iter().map(String::as_str).collect()].concat(),
    );
    assert_eq!(outcome.exit_code, Some(1), "some specimens are damaged");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/info_check.py");
    let output = Command::new(python::with_numpy_and_nibabel())
        .arg(script)
        .arg(scratch.path("i.json"))
        .arg("80")
        .output();
    let output = output.expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
