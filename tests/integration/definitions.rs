//! Each option gives what plain least squares give, in every mode, whatever threads and chunks.
//!
//! `testdata/definitions.py` makes the runs and `cases.json`: options, and the maps that numpy
//! (of the hard cases mpmath) makes of them.

use crate::program;

use program::{MODES, Map, Scratch, testdata};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// How far a defined value may lie from least squares in float64, relative.
const REFERENCE_TOLERANCE: f64 = 1e-9;

/// How far array mode may lie from serial, relative; not taken from the library, so that a
/// promise loosened there is noticed here.
const MODE_TOLERANCE: f64 = 1e-10;

/// Below this a share of the variance is compared as it is: it is the difference of 1 and another
/// share, which rounding leaves so far off.
const SHARE_TOLERANCE: f64 = 1e-12;

/// Options, and the maps that they stand for.
struct Case {
    name: String,
    arguments: Vec<String>,
    /// Every how many voxels are expected.
    stride: usize,
    maps: Vec<(String, Vec<Vec<f64>>)>,
}

fn cases() -> Vec<Case> {
    let path = testdata("definitions/cases.json");
    let text = fs::read_to_string(path).expect("cases.json");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let maps = |value: &Value| {
        let each = |values: &Value| list(values).iter().map(number).collect();
        list(value).iter().map(each).collect()
    };
    let case = |case: &Value| Case {
        name: case["name"].as_str().expect("a name").to_owned(),
        arguments: list(&case["arguments"]).iter().map(argument).collect(),
        stride: case["stride"].as_u64().expect("a stride") as usize,
        maps: case["maps"]
            .as_object()
            .expect("maps")
            .iter()
            .map(|(kind, value)| (kind.clone(), maps(value)))
            .collect(),
    };
    let cases: Vec<Case> = list(&file["cases"]).iter().map(case).collect();
    assert!(cases.len() > 100, "only {} cases", cases.len());
    cases
}

/// An argument in which `@` is the folder of the test data.
fn argument(value: &Value) -> String {
    let folder = format!("{}/", testdata("").display());
    value.as_str().expect("an argument").replace('@', folder.replace("//", "/").as_str())
}

impl Case {
    /// The files of a map: one, or one for each run.
    fn files(&self, kind: &str, count: usize) -> Vec<String> {
        match kind {
            "run-tsnr" => (1..=count).map(|run| format!("run-tsnr_{run}.nii")).collect(),
            _ => vec![format!("{kind}.nii")],
        }
    }

    /// Runs the program, and reads what it wrote.
    #[track_caller]
    fn found(&self, scratch: &Scratch, more: &[&str]) -> Vec<(String, Vec<Vec<f64>>)> {
        let mut arguments = self.arguments.clone();
        for (kind, _) in &self.maps {
            arguments.push(match kind.as_str() {
                "run-tsnr" => "--map=run-tsnr=run-tsnr_{run}.nii".to_owned(),
                kind => format!("--map={kind}={kind}.nii"),
            });
        }
        arguments.extend(["--dtype=float64", "--undefined=nan", "-q"].map(str::to_owned));
        arguments.extend(more.iter().map(|&it| it.to_owned()));
        let outcome = scratch.tsnr(&arguments);
        assert_eq!(outcome.exit_code, Some(0), "{}: {}", self.name, outcome.stderr);
        let read = |file: String| {
            Map::read(&scratch.path(&file)).values.into_iter().step_by(self.stride).collect()
        };
        let map = |(kind, each): &(String, Vec<Vec<f64>>)| {
            (kind.clone(), self.files(kind, each.len()).into_iter().map(read).collect())
        };
        self.maps.iter().map(map).collect()
    }

    #[track_caller]
    fn assert_near(
        &self,
        found: &[(String, Vec<Vec<f64>>)],
        expected: &[(String, Vec<Vec<f64>>)],
        tolerance: f64,
        what: &str,
    ) {
        for ((kind, found), (_, expected)) in found.iter().zip(expected) {
            assert_eq!(found.len(), expected.len(), "{}: {kind}", self.name);
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found.len(), expected.len(), "{}: {kind}: voxels", self.name);
                for (voxel, (found, expected)) in found.iter().zip(expected).enumerate() {
                    let least = if kind == "between" { SHARE_TOLERANCE } else { 0.0 };
                    let is_near = match expected.is_nan() {
                        true => found.is_nan(),
                        false => {
                            (found - expected).abs() <= (tolerance * expected.abs()).max(least)
                        }
                    };
                    assert!(
                        is_near,
                        "{}, {kind} of voxel {voxel} {what}: {found}, expected {expected}",
                        self.name
                    );
                }
            }
        }
    }
}

#[test]
fn every_mode_gives_least_squares_and_array_what_serial_gives() {
    for case in cases() {
        let [serial, _, array] = MODES.map(|mode| {
            let found = case.found(&Scratch::new(), &["--mode", mode]);
            let what = format!("in {mode} mode");
            case.assert_near(&found, &case.maps, REFERENCE_TOLERANCE, &what);
            found
        });
        case.assert_near(&array, &serial, MODE_TOLERANCE, "in array mode beside serial");
    }
}

#[test]
fn threads_and_chunks_do_not_change_a_bit() {
    for case in cases() {
        let bits = |threads: &str, chunk: Option<&str>| {
            let scratch = Scratch::new();
            let mut more = vec!["--threads", threads];
            more.extend(chunk.iter().flat_map(|chunk| ["--chunk-length", chunk]));
            let found = case.found(&scratch, &more);
            let flat = found.into_iter().flat_map(|(_, each)| each).flatten();
            program::bits(&flat.collect::<Vec<f64>>())
        };
        let one = bits("1", None);
        for (threads, chunk) in [("2", Some("1")), ("3", Some("7")), ("8", None)] {
            assert!(one == bits(threads, chunk), "{}, {threads} threads, {chunk:?}", case.name);
        }
    }
}

/// A definition by name, with its own small rules, and the options that spell it out.
#[test]
fn a_name_stands_for_its_options() {
    let run = testdata("definitions/run-1_bold.nii.gz");
    let words: [(&str, &[&str]); 5] = [
        ("numpy", &["--ddof=0", "--undefined=numpy"]),
        ("fsl", &["--ddof=1", "--undefined=fsl"]),
        ("sfnr", &["--ddof=1", "--detrend=2", "--undefined=zero"]),
        ("nipype", &["--ddof=0", "--undefined=zero"]),
        ("workbench", &["--ddof=1", "--undefined=numpy"]),
    ];
    for (name, options) in words {
        let scratch = Scratch::new();
        let run = run.display().to_string();
        let by_name = format!("--definition={name}");
        scratch.tsnr([&*run, &by_name, "-o", "name.nii", "-q"]).succeeded();
        let mut spelled = vec![&*run, "-o", "options.nii", "-q"];
        spelled.extend(options);
        scratch.tsnr(spelled).succeeded();
        let [a, b] = ["name.nii", "options.nii"].map(|it| Map::read(&scratch.path(it)).values);
        assert_eq!(program::bits(&a), program::bits(&b), "{name}");
    }
}

/// The voxels that tools treat differently: NaN, Inf, constants, negative and small signals. The
/// maps are those of numpy 2.4.6, nipype 1.11.0 and niimath 1.0.20261016 (in double), which were
/// run, and AFNI's formula; `docs/proof/definitions.py` made them.
#[test]
fn voxels_that_tools_treat_differently_are_each_tools() {
    let text = fs::read_to_string(testdata("definitions/edges.json")).expect("edges.json");
    let tools: Value = serde_json::from_str(&text).expect("JSON");
    let run = testdata("definitions/edges.nii").display().to_string();
    for (name, tolerance) in [("numpy", 1e-12), ("fsl", 1e-12), ("afni", 1e-12), ("nipype", 1e-6)] {
        for mode in MODES {
            let scratch = Scratch::new();
            let definition = format!("--definition={name}");
            let options = ["-o", "map.nii", "--dtype=float64", "-q", "--mode", mode];
            scratch.tsnr([&[&*run, &*definition][..], &options].concat()).succeeded();
            let found = Map::read(&scratch.path("map.nii")).values;
            let expected = tools[name].as_array().expect("a map");
            assert_eq!((found.len(), expected.len()), (12, 12));
            for (voxel, (found, expected)) in found.iter().zip(expected).enumerate() {
                let expected: f64 = expected.as_str().expect("text").parse().expect("a number");
                let is_same = found == &expected
                    || (found.is_nan() && expected.is_nan())
                    || (found - expected).abs() <= tolerance * expected.abs();
                let is_same = is_same && found.is_infinite() == expected.is_infinite();
                assert!(is_same, "{name}, voxel {voxel}, {mode}: {found}, expected {expected}");
            }
        }
    }
}

/// As `numpy.linalg.lstsq` does, which gives such columns no rank: the map is that without them.
#[test]
fn columns_that_add_nothing_change_nothing_and_are_named() {
    let run = testdata("definitions/run-1_bold.nii.gz").display().to_string();
    let column: Vec<f64> = (0..60).map(|t| f64::from(t * 37 % 101)).collect();
    let row = |value: &f64| format!("{value}\t{}\t7.5\n", 3.0 - 2.0 * value);
    let table = "a\tb\tc\n".to_owned() + &column.iter().map(row).collect::<String>();
    for mode in MODES {
        let scratch = Scratch::new();
        scratch.file("table.tsv", &table);
        let base = [&*run, "--confounds=table.tsv", "--ddof=rank", "--dtype=float64"];
        let options = ["--confound-columns=*", "-o", "all.nii", "--mode", mode];
        let outcome = scratch.tsnr([&base[..], &options].concat()).succeeded();
        let note = "run-1_bold: b, c: constant or made up of other regressors, so not counted";
        assert!(outcome.stderr.contains(note), "{}", outcome.stderr);
        assert!(outcome.summary("definition").contains("ddof rank (N - 2)"), "{}", outcome.stderr);
        let options = ["--confound-columns=a", "-o", "one.nii", "--mode", mode];
        scratch.tsnr([&base[..], &options].concat()).succeeded();
        let [all, one] = ["all.nii", "one.nii"].map(|it| Map::read(&scratch.path(it)).values);
        assert_eq!(program::bits(&all), program::bits(&one), "{mode}");
    }
}

#[test]
fn what_is_typed_goes_before_what_a_name_sets() {
    let run = testdata("definitions/run-1_bold.nii.gz").display().to_string();
    let scratch = Scratch::new();
    let by_name = ["--definition=sfnr", "--detrend=0", "--ddof=0", "-o", "a.nii", "-q"];
    scratch.tsnr([&[&*run][..], &by_name].concat()).succeeded();
    scratch.tsnr([&*run, "-o", "b.nii", "-q"]).succeeded();
    let [a, b] = ["a.nii", "b.nii"].map(|it| Map::read(&scratch.path(it)).values);
    assert_eq!(program::bits(&a), program::bits(&b));
}

/// Where this project's own files of expected maps come from is said in them.
#[test]
fn the_cases_say_what_they_were_made_with() {
    let path: PathBuf = testdata("definitions/cases.json");
    let text = fs::read_to_string(path).expect("cases.json");
    assert!(text.starts_with(r#"{"made_with": "numpy 2.4.6, nibabel 5.4.2, mpmath 1.4.1""#));
}
