//! `--json` has what docs/json.md says, no more and no less, and its figures are numpy's.

use crate::program;

use program::{Scratch, testdata};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How far a figure may lie from numpy's, relative: those of regressors, see
/// `tests/integration/definitions.rs`.
const TOLERANCE: f64 = 1e-9;

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

fn in_testdata(name: &str) -> String {
    testdata("definitions").join(name).display().to_string()
}

/// The options of `told.json`, with the files that they go with.
fn told() -> (Value, Vec<String>) {
    let told = json(&testdata("definitions/told.json"));
    let options = told["options"].as_array().expect("options").clone();
    let mut arguments = vec![
        in_testdata("run-?_bold.nii.gz"),
        format!("--confounds={}", in_testdata("run-?_desc-confounds_timeseries.tsv")),
        format!("--censor={}", in_testdata("run-?_keep.1D")),
        format!("--mask={}", in_testdata("mask.nii.gz")),
        "--json=found.json".to_owned(),
    ];
    arguments.extend(options.iter().map(|it| it.as_str().expect("text").to_owned()));
    (told["json"].clone(), arguments)
}

/// Sees that every figure that is expected is there.
#[track_caller]
fn assert_holds(found: &Value, expected: &Value, place: &str) {
    match expected {
        Value::Object(fields) => {
            for (key, expected) in fields {
                assert_holds(&found[key], expected, &format!("{place}.{key}"));
            }
        }
        Value::Array(values) => {
            let list = found.as_array().unwrap_or_else(|| panic!("{place}: {found}"));
            assert_eq!(list.len(), values.len(), "{place}");
            for (index, (found, expected)) in list.iter().zip(values).enumerate() {
                assert_holds(found, expected, &format!("{place}[{index}]"));
            }
        }
        Value::Number(number) => {
            let expected = number.as_f64().expect("a number");
            let number = found.as_f64().unwrap_or_else(|| panic!("{place}: {found}"));
            let is_near = (number - expected).abs() <= TOLERANCE * expected.abs();
            assert!(is_near, "{place}: {number}, expected {expected}");
        }
        other => assert_eq!(found, other, "{place}"),
    }
}

#[test]
fn the_figures_are_numpys_in_every_mode() {
    let (expected, arguments) = told();
    for mode in program::MODES {
        let scratch = Scratch::new();
        let mode = format!("--mode={mode}");
        scratch.tsnr(arguments.iter().chain([&mode])).succeeded();
        assert_holds(&json(&scratch.path("found.json")), &expected, &mode);
    }
}

/// The fields of a value, as docs/json.md writes them: `a.b`, and `[]` for the items of a list
/// of objects.
fn fields(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let dot = if place.is_empty() { "" } else { "." };
                fields(value, &format!("{place}{dot}{key}"), found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            found.insert(place.to_owned());
            items.iter().for_each(|item| fields(item, &format!("{place}[]"), found));
        }
        _ => drop(found.insert(place.to_owned())),
    }
}

/// The names in the first column of the table in docs/json.md.
fn documented() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let page = fs::read_to_string(page).expect("docs/json.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let names = |row: &str| -> Vec<String> {
        let first = row.split(" | ").next().expect("a column");
        first.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    rows.flat_map(names).collect()
}

#[test]
fn every_field_is_documented_and_every_documented_field_is_there() {
    let (_, arguments) = told();
    let scratch = Scratch::new();
    scratch.tsnr(&arguments).succeeded();
    let mut found = BTreeSet::new();
    fields(&json(&scratch.path("found.json")), "", &mut found);
    // Objects that may be null are fields of their own in the table.
    found.extend(["mask", "between_runs"].map(str::to_owned));
    assert_eq!(found, documented());
}

#[test]
fn the_names_of_findings_are_documented() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/definitions.md");
    let page = fs::read_to_string(page).expect("docs/definitions.md");
    for name in tsnr::findings::names() {
        assert!(page.lines().any(|line| line.starts_with(&format!("| `{name}` |"))), "{name}");
    }
}

#[test]
fn what_does_not_exist_is_null() {
    let scratch = Scratch::new();
    let run = in_testdata("run-1_bold.nii.gz");
    scratch.tsnr([&*run, "--json=one.json"]).succeeded();
    let one = json(&scratch.path("one.json"));
    for field in ["mask", "between_runs"] {
        assert_eq!(one[field], Value::Null, "{field}");
    }
    assert_eq!(one["definition"]["name"], Value::Null);
    assert_eq!(one["schema"], "tsnr-run/2");
    assert_eq!(one["written"], Value::Array(vec![]));

    // A run of zeros: no voxel has a tSNR.
    let header = program::bytes::Header::int16(6);
    scratch.file("nothing.nii", header.file(&[0.0; 360]));
    scratch.tsnr(["nothing.nii", "--json=nothing.json"]).succeeded();
    let nothing = json(&scratch.path("nothing.json"));
    assert_eq!(nothing["tsnr"]["voxels"], 0);
    assert_eq!(nothing["tsnr"]["median"], Value::Null);
    assert_eq!(nothing["undefined"]["always_zero"], 60);
    assert_eq!(nothing["runs"][0]["median_tsnr"], Value::Null);
}

#[test]
fn names_that_are_no_text_do_no_harm() {
    let scratch = Scratch::new();
    let name = OsStr::from_bytes(b"run-\xff.nii");
    let run = fs::read(testdata("odd/int16_le.nii")).expect("a specimen");
    fs::write(scratch.path("").join(name), run).expect("a file");
    let mean_from = OsStr::from_bytes(b"--mean-from=run-\xff.nii");
    scratch.tsnr([name, mean_from, OsStr::new("--json=found.json")]).succeeded();
    let found = json(&scratch.path("found.json"));
    assert_eq!(found["runs"][0]["files"][0]["path"], "run-\u{fffd}.nii");
    assert_eq!(found["definition"]["mean_from"], "run-\u{fffd}.nii");
}

#[test]
fn every_image_that_was_written_is_listed() {
    let scratch = Scratch::new();
    let runs = in_testdata("run-?_bold.nii.gz");
    let mask = format!("--mask={}", in_testdata("mask.nii.gz"));
    let outputs = ["-o", "map.nii", "--map=run-tsnr=run_{run}.nii", "--mask-out=mask.nii"];
    let base = [&*runs, &*mask, "--json=found.json"];
    scratch.tsnr([&base[..], &outputs].concat()).succeeded();
    let written = &json(&scratch.path("found.json"))["written"];
    let names: Vec<&str> =
        written.as_array().expect("a list").iter().map(|it| it.as_str().expect("text")).collect();
    assert_eq!(names, ["map.nii", "run_1.nii", "run_2.nii", "run_3.nii", "mask.nii"]);
    assert!(names.iter().all(|name| scratch.path(name).exists()));
}
