//! `--compare`: the three modes in processes of their own, and a table that can be trusted.

use crate::program;

use program::{Scratch, bytes, session_pattern, testdata};
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
    let outcome = program::Outcome::from_output(command.output().unwrap()).succeeded();
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
    let values: Vec<f64> = (0..4_000_000).map(|it| f64::from(it % 101)).collect();
    let run = bytes::Header::new(bytes::FLOAT32, 32, 100, 100, 50, 8).file(&values);
    scratch.file("run.nii", &run);
    let little = ["--compare", "run.nii", "--mem-limit=50M", "--threads=1", "--repeat=1"];
    let outcome = scratch.tsnr(little).succeeded();
    for mode in ["serial", "delayed"] {
        let mut lines = outcome.stdout.lines();
        let line = lines.find(|line| line.starts_with(mode)).expect("a row");
        let is_told = line.contains("MiB of memory for this run") && line.ends_with(": not run");
        assert!(line.contains(&format!(" {mode} mode needs ")) && is_told, "{line}");
    }
    let rows = rows(&outcome.stdout);
    assert_eq!(rows.last().unwrap().last(), Some(&"reference"), "array is compared to nothing");

    let broken = testdata("odd/wrong_crc.nii.gz").display().to_string();
    let outcome = scratch.tsnr(["--compare", &broken]);
    assert_eq!(outcome.exit_code, Some(1));
    assert!(outcome.stderr.contains("wrong_crc.nii.gz"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("CRC-32"), "{}", outcome.stderr);
}

/// Two runs of this type and scaling; the stored samples are around `centre`.
fn runs(scratch: &Scratch, datatype: i16, scaling: (f32, f32), centre: f64, spread: f64) {
    for name in ["a.nii", "b.nii"] {
        let bits = if datatype == bytes::FLOAT64 { 64 } else { 32 };
        let mut header = bytes::Header::new(datatype, bits, 5, 4, 3, 40);
        (header.slope, header.inter) = scaling;
        let mut random = bytes::Random::new(name);
        let samples = (0..40 * 60).map(|_| centre + spread * random.normal());
        scratch.file(name, header.file(&samples.collect::<Vec<f64>>()));
    }
}

/// Near a tSNR of 0 a relative difference says nothing, and scaled samples are rounded.
#[test]
fn modes_agree_where_rounding_alone_sets_them_apart() {
    for (datatype, scaling, centre, spread) in [
        (bytes::FLOAT32, (1.0, 0.0), 0.0, 5.0),
        (bytes::FLOAT64, (1.0, 0.0), 0.0, 5.0),
        (bytes::FLOAT64, (0.1, -1e5), 1e6, 1.0),
        (bytes::FLOAT64, (0.37, -3.7e8), 1e9, 1.0),
        (8, (0.1, -1e8), 1e9, 10.0),
        (bytes::FLOAT32, (0.37, 1e5), 0.0, 1.0),
        (bytes::FLOAT64, (0.1, 0.0), 1e9, 1.0),
    ] {
        let scratch = Scratch::new();
        runs(&scratch, datatype, scaling, centre, spread);
        for options in [&[][..], &["--detrend=2"], &["--combine=average"], &["--combine=weighted"]]
        {
            let base = ["--compare", "a.nii", "b.nii", "--repeat=1", "--threads=1"];
            let outcome = scratch.tsnr([&base[..], options].concat()).succeeded();
            let lines = outcome.stdout.lines();
            assert!(lines.clone().all(|line| line.len() <= 80), "{}", outcome.stdout);
        }
    }
}

#[test]
fn modes_that_disagree_are_told_with_exit_status_1() {
    // Serial mode rounds each scaled sample, as numpy does: beside this intercept all are one.
    let mut header = bytes::Header::int16(4);
    (header.slope, header.inter) = (1e-9, 1e9);
    let voxels = header.dim[1..4].iter().map(|&it| it as usize).product::<usize>();
    let samples: Vec<f64> = (0..4 * voxels).map(|it| (it % 7) as f64).collect();
    let scratch = Scratch::new();
    scratch.file("swallowed.nii", header.file(&samples));
    let words = ["--compare", "swallowed.nii", "--repeat=1", "--threads=1", "--json=c.json"];
    let outcome = scratch.tsnr(words);
    assert_eq!(outcome.exit_code, Some(1), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("the modes disagree in voxel [0, 0, 0]"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("unless an intercept is so large"), "{}", outcome.stderr);
    let rows = rows(&outcome.stdout);
    assert_eq!(rows.len(), 3, "the table is printed nevertheless");
    assert_eq!(rows[2][7..], ["60", "defined", "by", "one"], "{rows:?}");
    let json = fs::read_to_string(scratch.path("c.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["contenders"][2]["difference"]["defined_by_one"], 60);
}

/// The tolerance is worded where it is computed.
#[test]
fn the_documents_quote_the_tolerance() {
    let read = |path: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        fs::read_to_string(path).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let source = read("src/compare/difference.rs");
    let formula = source.split("```text /// ").nth(1).unwrap().split(" /// ```").next().unwrap();
    assert!(formula.contains("eps"), "{formula}");
    for document in ["docs/engine.md", "docs/definitions.md"] {
        let text = read(document);
        assert!(text.contains(formula), "{document} has no '{formula}'");
    }
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
    for option in ["--mask-out=m.nii", "--strict", "--reproducible", "--atlas=a.nii", "-v"] {
        let more = ["--compare", &pattern, option, "--mask=auto"];
        assert_eq!(scratch.tsnr(more).exit_code, Some(2), "{option}");
    }
    let outcome = scratch.tsnr([pattern.as_str(), "-o", "map.nii", "--repeat", "2"]);
    assert_eq!(outcome.exit_code, Some(2));
}

/// A child is stopped, so that it is there when its parent ends, and then goes on.
#[test]
fn what_was_started_ends_with_its_parent() {
    let values: Vec<f64> = (0..4_000_000).map(|it| f64::from(it % 100)).collect();
    let run = bytes::Header::new(bytes::FLOAT32, 32, 100, 100, 50, 8).file(&values);
    for signal in ["KILL", "TERM", "HUP"] {
        let scratch = Scratch::new();
        fs::create_dir(scratch.path("temporary")).unwrap();
        scratch.file("run.nii", &run);
        let line = format!(
            "export TMPDIR=$PWD/temporary; \
             env --default-signal \"$@\" > /dev/null 2>&1 & parent=$!; \
             until child=$(pgrep -P $parent) && kill -STOP $child && sleep 0.1 && \
             grep -q 'State:.T' /proc/$child/status; do kill -0 $parent || exit 9; sleep 0.01; \
             done 2> /dev/null; \
             kill -{signal} $parent; wait $parent; code=$?; kill -CONT $child; \
             for turn in {{1..100}}; do grep -q 'State:.[^Z]' /proc/$child/status || break; \
             sleep 0.05; done 2> /dev/null; ls -A temporary; echo $turn $code"
        );
        let outcome = scratch.bash(&line, ["compare", "run.nii", "--repeat=100", "--threads=1"]);
        let (turns, code) = outcome.stdout.trim().split_once(' ').expect("nothing is left");
        let expected = [("KILL", "137"), ("TERM", "143"), ("HUP", "129")];
        assert!(expected.contains(&(signal, code)), "{signal}: {}", outcome.stdout);
        assert!(turns.parse::<u32>().unwrap() < 100, "the child goes on: {}", outcome.stdout);
    }
}

/// Whether a child is there or not: nothing that was made has a name.
#[test]
fn nothing_is_left_of_a_comparison_that_is_killed_at_any_time() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("temporary")).unwrap();
    let line = "export TMPDIR=$PWD/temporary; \
                for delay in {01..40}; do \"$@\" > /dev/null 2>&1 & sleep 0.1$delay; \
                kill -KILL $! || exit 9; wait $!; ls -A temporary; done 2> /dev/null";
    let run = program::session_runs()[3].display().to_string();
    let killed = scratch.bash(line, ["compare", &run, "--repeat=1000", "--threads=1"]);
    assert_eq!(killed.succeeded().stdout, "");
}

#[test]
fn a_mode_that_fails_says_why_and_is_called_no_defect() {
    let scratch = Scratch::new();
    let run = program::session_runs()[3].display().to_string();
    let line = "ulimit -f 8; exec \"$@\"";
    let error = scratch.bash(line, ["compare", &run, "--repeat=1", "--threads=1"]).error();
    assert!(error.contains("a mode failed") && error.contains("File too large"), "{error}");
}
