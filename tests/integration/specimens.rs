//! Each specimen of `testdata/odd` becomes what its row in `index.tsv` says, in every mode: the
//! maps that numpy computes, a warning beside them, or one line of error and nothing written.

use crate::program;

use program::{Found, MODES, Map, Outcome, Scratch, assert_same, names, testdata};
use std::collections::BTreeSet;
use std::fs;

struct Row {
    /// Arguments: relative to `testdata/odd`, patterns unexpanded.
    files: Vec<String>,
    outcome: String,
    says: String,
    expected: String,
}

fn rows() -> Vec<Row> {
    let index = fs::read_to_string(testdata("odd/index.tsv")).expect("the index");
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [files, outcome, says, expected, _why] = columns[..] else {
            panic!("five columns, found: {line}")
        };
        let [outcome, says, expected] = [outcome, says, expected].map(str::to_owned);
        Row { files: files.split(' ').map(str::to_owned).collect(), outcome, says, expected }
    };
    let rows: Vec<Row> = index.lines().skip(1).map(row).collect();
    assert!(rows.iter().all(|row| ["ok", "warns", "error"].contains(&&*row.outcome)));
    rows
}

fn rows_that_are(outcomes: &[&str]) -> Vec<Row> {
    rows().into_iter().filter(|row| outcomes.contains(&&*row.outcome)).collect()
}

/// Runs the program on a row's files, into `tsnr.nii`, `mean.nii` and `std.nii`.
fn run(scratch: &Scratch, row: &Row, mode: &str) -> Outcome {
    let mut command = scratch.program();
    command.args(row.files.iter().map(|file| testdata("odd").join(file)));
    command.args(["-o", "tsnr.nii", "--mean", "mean.nii", "--std", "std.nii"]);
    command.args(["--dtype", "float64", "--undefined", "nan", "--mode", mode]);
    Outcome::from_output(command.output().expect("the program starts"))
}

fn assert_expected_maps(row: &Row, mode: &str) -> Outcome {
    let scratch = Scratch::new();
    let what = format!("{} in {mode} mode", row.files.join(" "));
    let outcome = run(&scratch, row, mode);
    assert_eq!(outcome.exit_code, Some(0), "{what}: {}", outcome.stderr);
    for statistic in ["tsnr", "mean", "std"] {
        let found = Map::read(&scratch.path(&format!("{statistic}.nii")));
        let expected = testdata(&format!("expected/{}_{statistic}.nii", row.expected));
        let expected = Map::read(&expected);
        assert_eq!(found.shape, expected.shape, "{what}");
        assert_same(&found.values, &expected.values, &format!("{what}: {statistic}"));
    }
    assert_eq!(scratch.names(), ["mean.nii", "std.nii", "tsnr.nii"], "{what}");
    outcome
}

#[test]
fn every_specimen_has_a_row() {
    let mut named = BTreeSet::new();
    for file in rows().iter().flat_map(|row| &row.files) {
        match file.split_once('*') {
            None => assert!(named.insert(file.clone()) || file == "int16_le.nii", "{file} twice"),
            Some((before, after)) => {
                let (folder, before) = before.split_once('/').expect("a folder of its own");
                for name in names(&testdata("odd").join(folder)) {
                    assert!(name.starts_with(before) && name.ends_with(after), "{name}");
                }
                named.insert(folder.to_owned());
            }
        }
    }
    named.insert("index.tsv".to_owned());
    let present: BTreeSet<String> = names(&testdata("odd")).into_iter().collect();
    assert_eq!(named, present);
}

/// Whether a finding is of the files, not of the data in them: small and extreme as these are,
/// most runs differ from others and reach the limits of their types.
fn is_of_files(name: &str) -> bool {
    let of_data = [
        "between-runs",
        "clipped",
        "slope-differs",
        "constant",
        "not-finite",
        "few-volumes",
        "low-tsnr",
        "outlier-run",
        "outlier-slice",
        "outlier-volume",
        "drift",
        "shift",
    ];
    !of_data.contains(&name)
}

#[test]
fn valid_specimens_give_the_maps_of_numpy_without_a_warning() {
    for row in rows_that_are(&["ok"]) {
        for mode in MODES {
            let outcome = assert_expected_maps(&row, mode);
            let is_warned = |it: &Found| it.is_warning && is_of_files(it.name);
            assert!(!outcome.found().iter().any(is_warned), "{:?}: {}", row.files, outcome.stderr);
            assert_eq!(outcome.stdout, "");
        }
    }
}

#[test]
fn doubtful_specimens_give_the_maps_and_a_warning_that_names_the_files() {
    for row in rows_that_are(&["warns"]) {
        for mode in MODES {
            let outcome = assert_expected_maps(&row, mode);
            let found = outcome.found().into_iter();
            let found: Vec<Found> =
                found.filter(|it| it.name != "runs-in-memory" && is_of_files(it.name)).collect();
            let [Found { line, is_warning, name, text }] = found[..] else {
                panic!("one finding of {:?}: {}", row.files, outcome.stderr)
            };
            // Only a high-pass filter depends on the TR.
            assert_eq!(is_warning, name != "tr-differs", "{line}");
            let mut text = text.to_owned();
            for file in &row.files {
                assert!(text.contains(file), "{file} in: {line}");
                text = text.replace(file, "");
            }
            assert!(text.contains(&row.says), "'{}' in: {line}", row.says);
        }
    }
}

#[test]
fn bad_specimens_get_one_line_that_names_the_file_and_nothing_is_written() {
    for row in rows_that_are(&["error"]) {
        let mut lines = BTreeSet::new();
        for mode in MODES {
            let scratch = Scratch::new();
            let line = run(&scratch, &row, mode).error();
            let path = testdata("odd").join(row.files.last().expect("a file"));
            let begin = format!("tsnr: error: {}: ", path.display());
            let text = line.strip_prefix(&begin).unwrap_or_else(|| panic!("{begin} in: {line}"));
            // A remedy may name the file again, and a file's name may hold the word.
            let text = text.replace(&path.display().to_string(), "");
            assert!(text.contains(&row.says), "'{}' in: {line}", row.says);
            assert_eq!(scratch.names(), [""; 0], "{:?}", row.files);
            lines.insert(line);
        }
        assert_eq!(lines.len(), 1, "every mode says the same: {lines:#?}");
    }
}

#[test]
fn a_truncated_file_is_said_to_hold_as_many_volumes_as_are_whole() {
    let content = fs::read(testdata("odd/truncated.nii.gz")).expect("a specimen");
    let mut inflated = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&content[..]);
    // An error at the end is what the specimen is for; what came before it counts.
    let _ = std::io::Read::read_to_end(&mut decoder, &mut inflated);
    let whole_in_gzip = (inflated.len() - 352) / 120;

    for (name, whole) in [
        ("header_only.nii", 0),
        ("truncated.nii", 2),
        ("truncated.nii.gz", whole_in_gzip),
        ("short_inside_gzip.nii.gz", 4),
    ] {
        for mode in MODES {
            let scratch = Scratch::new();
            let file = testdata("odd").join(name);
            let mut command = scratch.program();
            command.arg(&file).args(["-o", "map.nii", "--mode", mode]);
            let line = Outcome::from_output(command.output().expect("the program starts")).error();
            let said: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).collect();
            assert!(said.contains(&"6") && line.contains("whole"), "{line}");
            assert!(said.contains(&&*whole.to_string()), "{whole} whole volumes in: {line}");
        }
    }
}
