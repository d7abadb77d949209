//! `--compare`: the three modes in processes of their own, and a table that can be trusted.

use crate::program;

use program::{Scratch, session_pattern, testdata};
use serde_json::Value;
use std::fs;

/// The rows of the table, by columns.
fn rows(stdout: &str) -> Vec<Vec<&str>> {
    let lines = stdout.lines().skip_while(|line| !line.starts_with("mode "));
    lines.skip(1).map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn every_mode_and_number_of_threads_has_a_row() {
    let scratch = Scratch::new();
    let pattern = session_pattern();
    let temporary = scratch.path("temporary");
    fs::create_dir(&temporary).unwrap();
    let mut command = scratch.program();
    command.env("TMPDIR", &temporary);
    command.args(["--compare", &pattern, "--threads", "1,2", "--repeat", "2", "--json", "c.json"]);
    let outcome = program::Outcome::of(command.output().unwrap()).succeeded();
    assert!(outcome.stdout.lines().all(|line| line.chars().count() <= 80), "{}", outcome.stdout);
    let rows = rows(&outcome.stdout);
    let modes: Vec<_> = rows.iter().map(|row| (row[0], row[1])).collect();
    let expected =
        [("serial", "1"), ("delayed", "1"), ("delayed", "2"), ("array", "1"), ("array", "2")];
    assert_eq!(modes, expected);
    assert_eq!(rows[0][5..], ["9", "1.00", "reference"], "{rows:?}");

    let json: Value =
        serde_json::from_str(&fs::read_to_string(scratch.path("c.json")).unwrap()).unwrap();
    assert_eq!(json["schema"], "tsnr-compare/1");
    assert_eq!(json["session"]["volumes"], 189);
    for (contender, row) in json["contenders"].as_array().unwrap().iter().zip(&rows) {
        assert_eq!(contender["mode"], row[0]);
        assert_eq!(contender["runs"].as_array().unwrap().len(), 2);
        let median = contender["median"]["wall_seconds"].as_f64().unwrap();
        assert_eq!(format!("{median:.3}"), row[2]);
        assert!(contender["median"]["peak_bytes"].as_u64().unwrap() > 1 << 20);
        let relative = contender["difference"]["relative"].as_f64().unwrap_or(0.0);
        assert!(relative <= program::TOLERANCE);
    }
    assert_eq!(program::names(&temporary), [""; 0], "nothing is left behind");
}

#[test]
fn a_mode_that_does_not_fit_is_a_row_and_a_failure_is_told() {
    let scratch = Scratch::new();
    let pattern = session_pattern();
    let little = ["--compare", &pattern, "--mem-limit", "11.5M", "--threads", "1", "--repeat", "1"];
    let outcome = scratch.tsnr(little).succeeded();
    assert!(outcome.stdout.contains("of memory: not run"), "{}", outcome.stdout);
    let rows = rows(&outcome.stdout);
    assert_eq!(rows.last().unwrap().last(), Some(&"reference"), "array is compared to nothing");

    let broken = testdata("odd/wrong_crc.nii.gz").display().to_string();
    let outcome = scratch.tsnr(["--compare", &broken]);
    assert_eq!(outcome.exit_code, Some(1));
    assert!(outcome.stderr.contains("wrong_crc.nii.gz"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("CRC-32"), "{}", outcome.stderr);
}

#[test]
fn modes_that_disagree_are_told_with_exit_status_1() {
    // Serial mode rounds each scaled sample, as numpy does: beside this intercept all are one.
    let mut header = program::bytes::Header::int16(4);
    (header.slope, header.inter) = (1e-9, 1e9);
    let voxels = header.dim[1..4].iter().map(|&it| it as usize).product::<usize>();
    let samples: Vec<f64> = (0..4 * voxels).map(|it| (it % 7) as f64).collect();
    let scratch = Scratch::new();
    scratch.file("swallowed.nii", header.file(&samples));
    let outcome = scratch.tsnr(["--compare", "swallowed.nii", "--repeat", "1", "--threads", "1"]);
    assert_eq!(outcome.exit_code, Some(1), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("the modes disagree in voxel [0, 0, 0]"), "{}", outcome.stderr);
    assert_eq!(rows(&outcome.stdout).len(), 3, "the table is printed nevertheless");
}

#[test]
fn a_comparison_writes_no_map() {
    let scratch = Scratch::new();
    let pattern = session_pattern();
    for arguments in [&["-o", "map.nii"][..], &["--mean", "map.nii"], &["--mode", "array"]] {
        let outcome = scratch.tsnr(["--compare", &pattern].iter().chain(arguments));
        assert_eq!(outcome.exit_code, Some(2), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("cannot be used with"), "{}", outcome.stderr);
    }
    let outcome = scratch.tsnr([pattern.as_str(), "-o", "map.nii", "--repeat", "2"]);
    assert_eq!(outcome.exit_code, Some(2));
}
