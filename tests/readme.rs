//! The README's commands do what it says, in a fresh copy of the project.
//!
//! Every `sh` block is run as it stands, but for `cargo test`, which would run this test
//! again: that line is what `.ci/run` reads from the README and runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
/// What a build and the commands need of the project.
const NEEDED: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "docs",
    "src",
    "examples",
    "testdata",
    "tests",
    "benches",
];

fn sh_blocks(readme: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = readme;
    while let Some((_, opened)) = rest.split_once("```sh\n") {
        let (block, after) = opened.split_once("```").expect("a block ends");
        blocks.push(block.to_owned());
        rest = after;
    }
    blocks
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

fn run(line: &str, folder: &Path, scratch: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_tsnr"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").expect("a PATH")
    );
    // The same target folder as this build's, so that dependencies are built once.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    Command::new("bash")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INSTALL_ROOT", scratch.join("installed"))
        .output()
        .expect("bash runs")
}

#[test]
fn every_command_runs_in_a_fresh_copy() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("tsnr");
    fs::create_dir(&folder).unwrap();
    for name in NEEDED {
        copy(&Path::new(PROJECT).join(name), &folder.join(name));
    }
    // The examples of use speak of a BIDS folder that one stands in.
    copy(&folder.join("testdata/sub-01"), &folder.join("sub-01"));

    let graphs = ["serial", "delayed", "array"].map(|mode| format!("docs/graph-{mode}.svg"));
    let pictures: Vec<String> =
        graphs.into_iter().chain(["docs/tsnr-map.png".to_owned()]).collect();
    for picture in &pictures {
        fs::remove_file(folder.join(picture)).expect("a picture to draw again");
    }

    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let blocks = sh_blocks(&readme);
    assert!(blocks.len() >= 4, "blocks were found: {blocks:?}");
    let mut commands = 0;
    for line in blocks.iter().flat_map(|block| block.lines()) {
        if line.starts_with("cargo test") {
            continue;
        }
        commands += 1;
        for map in ["tsnr.nii.gz", "tsnr.nii", "mean.nii.gz", "std.nii.gz"] {
            let _ = fs::remove_file(folder.join(map));
        }
        let output = run(line, &folder, scratch.path());
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{talk}");
        for map in ["-o tsnr.nii.gz", "-o tsnr.nii ", "--mean mean.nii.gz", "--std std.nii.gz"] {
            if line.contains(map) {
                let (_, name) = map.trim().split_once(' ').unwrap();
                assert!(folder.join(name).exists(), "{line} writes {name}");
            }
        }
    }
    assert!(commands >= 6, "{commands} commands were run");
    for picture in &pictures {
        assert!(readme.contains(&format!("]({picture})")), "the README shows {picture}");
        let [shown, drawn] = [Path::new(PROJECT), &folder]
            .map(|folder| fs::read(folder.join(picture)).expect("a picture"));
        assert!(shown == drawn, "{picture} is not what the README's command draws: run it again");
    }
    for name in ["graph.svg", "profile.html", "comparison.json", "session.html"] {
        assert!(folder.join(name).exists(), "a command writes {name}");
    }
    assert!(scratch.path().join("installed/bin/tsnr").exists());
}

#[test]
fn the_summary_shown_is_the_summary_printed() {
    let readme = fs::read_to_string(Path::new(PROJECT).join("README.md")).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tsnr"))
        .current_dir(scratch.path())
        .arg(format!("{PROJECT}/testdata/sub-01/ses-test/func/*_bold.nii.gz"))
        .args(["-o", "tsnr.nii.gz", "--threads", "2"])
        .output()
        .unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    let summary = talk.lines().skip_while(|line| !line.starts_with("tsnr 0"));
    let mut lines = 0;
    for line in summary.filter(|line| !line.starts_with("time")) {
        assert!(readme.contains(line), "the README shows: {line}");
        lines += 1;
    }
    assert_eq!(lines, 8, "{talk}");
}

#[test]
fn the_test_command_is_there_for_continuous_integration_to_run() {
    let readme = fs::read_to_string(Path::new(PROJECT).join("README.md")).unwrap();
    let tests = readme.lines().filter(|line| line.starts_with("cargo test")).count();
    assert_eq!(tests, 1);
    let script = fs::read_to_string(Path::new(PROJECT).join(".ci/run")).unwrap();
    assert!(script.contains("README.md"));
}
