//! The committed test data are what their programs make.

use crate::make;
use crate::program::python::with_numpy_and_nibabel as python;
use flate2::read::MultiGzDecoder;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

/// The content of a file, or the file itself where it is no whole gzip stream. Compressed
/// bytes may change with the version of the compressor.
fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let mut content = Vec::new();
    let is_gzip = MultiGzDecoder::new(&*bytes).read_to_end(&mut content).is_ok();
    if is_gzip { content } else { bytes }
}

#[test]
fn the_generator_makes_the_committed_files() {
    let scratch = tempfile::tempdir().unwrap();
    make::write_all(scratch.path()).unwrap();
    let made = files_below(scratch.path());
    assert!(made.len() > 100);
    for path in &made {
        let committed = Path::new(TESTDATA).join(path.strip_prefix(scratch.path()).unwrap());
        assert!(content(path) == content(&committed), "{}", committed.display());
    }
    let committed = ["confounds", "odd", "sub-01"]
        .map(|part| files_below(&Path::new(TESTDATA).join(part)).len());
    assert_eq!(committed.iter().sum::<usize>(), made.len(), "no file is left over");
}

/// Runs a check in Python.
fn check(arguments: &[&Path]) {
    let output = Command::new(python()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn numpy_computes_the_committed_maps() {
    let scratch = tempfile::tempdir().unwrap();
    make::write_all(scratch.path()).unwrap();
    let [script, checks] = ["expected.py", "../tests/nibabel_check.py"];
    check(&[&Path::new(TESTDATA).join(script), scratch.path()]);
    let committed = Path::new(TESTDATA).join("expected");
    let recomputed = scratch.path().join("expected");
    check(&[&Path::new(TESTDATA).join(checks), "expected".as_ref(), &committed, &recomputed]);
}

#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn nibabel_finds_the_first_runs_geometry_in_a_map_and_nothing_of_its_time_axis() {
    let scratch = tempfile::tempdir().unwrap();
    let map = scratch.path().join("tsnr.nii.gz");
    let runs = format!("{TESTDATA}/sub-01/ses-test/func/*_bold.nii.gz");
    let mut program = Command::new(env!("CARGO_BIN_EXE_tsnr"));
    assert!(program.args(["-q", "-o"]).arg(&map).arg(runs).status().unwrap().success());
    let first = "sub-01/ses-test/func/sub-01_ses-test_task-covertverbgeneration_bold.nii.gz";
    let script = Path::new(TESTDATA).join("../tests/nibabel_check.py");
    check(&[&script, "output".as_ref(), &map, &Path::new(TESTDATA).join(first)]);
}
