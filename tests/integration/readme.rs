//! The README's commands do what it says, in a folder with what they name.
//!
//! Every `sh` block is run as it stands, but what builds or tests the project: the program and the
//! example that were built for the tests stand in for it. `.ci/run` reads the test command from the
//! README, and `.ci/run-all` runs those that build as they stand.

#[path = "../../crates/taskgraph/examples/delayed.rs"]
mod delayed;

use crate::program;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
/// What the commands need of the project.
const NEEDED: [&str; 2] = ["docs", "testdata"];
/// How the README runs the program before it is installed.
const BUILD_AND_RUN: &str = "cargo run --release -- ";
/// What the README installs, runs and tests by cargo besides.
const BY_CARGO: [&str; 3] =
    ["cargo test", "cargo install --path .", "cargo run --release --example delayed"];

fn readme() -> String {
    fs::read_to_string(Path::new(PROJECT).join("README.md")).expect("the README")
}

/// A line of the README for the program that is built; none if it is cargo's alone.
fn for_built_program(line: &str) -> Option<String> {
    if let Some(arguments) = line.strip_prefix(BUILD_AND_RUN) {
        return Some(format!("tsnr {arguments}"));
    }
    let is_by_cargo = line.contains("cargo");
    let command = line.split('#').next().unwrap_or_default().trim();
    assert!(!is_by_cargo || BY_CARGO.contains(&command), "this test does not know: {line}");
    (!is_by_cargo).then(|| line.to_owned())
}

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

fn run(line: &str, folder: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_tsnr"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").expect("a PATH")
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", line]).current_dir(folder).env("PATH", path).output().expect("bash runs")
}

#[test]
fn every_command_runs() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
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

    let readme = readme();
    let blocks = sh_blocks(&readme);
    let lines: Vec<&str> = blocks.iter().flat_map(|block| block.lines()).collect();
    let commands: Vec<String> = lines.iter().filter_map(|line| for_built_program(line)).collect();
    assert_eq!(lines.len() - commands.len(), BY_CARGO.len(), "all others are run: {commands:?}");
    assert!(commands.len() >= 6, "commands were found: {commands:?}");
    for begin in BY_CARGO.iter().chain(&[BUILD_AND_RUN]) {
        let count = lines.iter().filter(|line| line.starts_with(begin)).count();
        assert_eq!(count, 1, "the README says once: {begin}");
    }
    for line in &commands {
        for map in ["tsnr.nii.gz", "tsnr.nii", "mean.nii.gz", "std.nii.gz"] {
            let _ = fs::remove_file(folder.join(map));
        }
        let output = run(line, folder);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{talk}");
        for map in ["-o tsnr.nii.gz", "-o tsnr.nii ", "--mean mean.nii.gz", "--std std.nii.gz"] {
            if line.contains(map) {
                let (_, name) = map.trim().split_once(' ').unwrap();
                assert!(folder.join(name).exists(), "{line} writes {name}");
            }
        }
    }
    for picture in &pictures {
        assert!(readme.contains(&format!("]({picture})")), "the README shows {picture}");
        let [shown, drawn] = [Path::new(PROJECT), folder]
            .map(|folder| fs::read(folder.join(picture)).expect("a picture"));
        assert!(shown == drawn, "{picture} is not what the README's command draws: run it again");
    }
    for name in ["graph.svg", "profile.html", "comparison.json", "session.html"] {
        assert!(folder.join(name).exists(), "a command writes {name}");
    }
}

#[test]
fn the_example_of_the_engine_runs() {
    delayed::main().expect("both ways give the sum");
}

#[test]
fn the_summary_shown_is_the_summary_printed() {
    let readme = readme();
    let scratch = tempfile::tempdir().unwrap();
    let output = program::program()
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
    let script = fs::read_to_string(Path::new(PROJECT).join(".ci/run")).unwrap();
    assert!(script.contains("README.md"));
}
