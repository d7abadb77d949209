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

/// The published schema of what is written.
fn schema() -> Value {
    json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/tsnr-run-2.json"))
}

/// The part of a schema that another refers to, or itself.
fn resolved<'a>(part: &'a Value, schema: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(name) => &schema["$defs"][name.trim_start_matches("#/$defs/")],
        None => part,
    }
}

/// Holds a value against a part of a schema, as JSON Schema 2020-12 means the words that are used.
#[track_caller]
fn assert_conforms(value: &Value, part: &Value, schema: &Value, place: &str) {
    let part = resolved(part, schema);
    let fits = |part: &Value| is_of_type(value, resolved(part, schema));
    if let Some(parts) = part["anyOf"].as_array().or(part["oneOf"].as_array()) {
        let part = parts.iter().find(|part| fits(part));
        let part = part.unwrap_or_else(|| panic!("{place}: {value} is none of {parts:?}"));
        return assert_conforms(value, part, schema, place);
    }
    assert!(is_of_type(value, part), "{place}: {value} is not {part}");
    if let Some(fields) = value.as_object() {
        let required = part["required"].as_array().into_iter().flatten();
        let missing: Vec<&Value> =
            required.filter(|it| !fields.contains_key(it.as_str().expect("a name"))).collect();
        assert!(missing.is_empty(), "{place}: {missing:?}");
        for (key, value) in fields.iter().filter(|_| part["additionalProperties"] != true) {
            let part = part["properties"].get(key);
            let part = part.unwrap_or_else(|| panic!("{place}.{key} is not in the schema"));
            assert_conforms(value, part, schema, &format!("{place}.{key}"));
        }
    }
    for (index, value) in value.as_array().into_iter().flatten().enumerate() {
        assert_conforms(value, &part["items"], schema, &format!("{place}[{index}]"));
    }
    let Some(count) = value.as_array().map(|it| it.len() as u64) else { return };
    assert!(part["minItems"].as_u64().is_none_or(|least| count >= least), "{place}: {value}");
    assert!(part["maxItems"].as_u64().is_none_or(|most| count <= most), "{place}: {value}");
}

/// Whether a value is of the type, and the constant, that a part of a schema names.
fn is_of_type(value: &Value, part: &Value) -> bool {
    let named = |name: &Value| match name.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other}"),
    };
    let is_typed = match &part["type"] {
        Value::Null => true,
        Value::Array(names) => names.iter().any(named),
        name => named(name),
    };
    is_typed && (part["const"].is_null() || part["const"] == *value)
}

#[test]
fn what_is_written_conforms_to_the_published_schema() {
    let (_, told) = told();
    let scratch = Scratch::new();
    let header = program::bytes::Header::int16(6);
    scratch.file("nothing.nii", header.file(&[0.0; 360]));
    let run = in_testdata("run-1_bold.nii.gz");
    let written = "--json=found.json";
    for arguments in [
        told.iter().map(String::as_str).collect::<Vec<_>>(),
        vec!["nothing.nii", written],
        vec![&*run, written, "--by-slice", "--definition=afni", "--ddof=rank"],
        vec![&*run, written, "--reproducible", "--combine=average", "--mask=auto"],
    ] {
        scratch.tsnr(&arguments).succeeded();
        let (found, schema) = (json(&scratch.path("found.json")), schema());
        assert_eq!(schema["title"], found["schema"]);
        assert_conforms(&found, &schema, &schema, "");
    }
}

/// The fields that a part of a schema has, as docs/json.md writes them: `a.b`, and `[]` for the
/// items of a list of objects.
fn fields(part: &Value, schema: &Value, place: &str, found: &mut BTreeSet<String>) {
    let part = resolved(part, schema);
    if let Some(parts) = part["anyOf"].as_array() {
        found.insert(place.to_owned());
        parts.iter().for_each(|part| fields(part, schema, place, found));
    } else if let Some(properties) = part["properties"].as_object() {
        for (key, part) in properties {
            let dot = if place.is_empty() { "" } else { "." };
            fields(part, schema, &format!("{place}{dot}{key}"), found);
        }
    } else {
        found.insert(place.to_owned());
        if resolved(&part["items"], schema)["properties"].is_object() {
            fields(&part["items"], schema, &format!("{place}[]"), found);
        }
    }
}

/// The names in the first column of the table in docs/json.md.
fn documented() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let page = fs::read_to_string(page).expect("docs/json.md");
    let (page, _) = page.split_once("\n## ").expect("a section behind the table");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let names = |row: &str| -> Vec<String> {
        let first = row.split(" | ").next().expect("a column");
        first.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    rows.flat_map(names).collect()
}

#[test]
fn every_field_of_the_schema_is_documented_and_every_documented_field_is_there() {
    let (schema, mut found) = (schema(), BTreeSet::new());
    fields(&schema, &schema, "", &mut found);
    assert!(found.len() > 80, "{found:?}");
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
    scratch.tsnr(["nothing.nii", "--json=figures.json"]).succeeded();
    let nothing = json(&scratch.path("figures.json"));
    assert_eq!(nothing["tsnr"]["voxels"], 0);
    assert_eq!(nothing["tsnr"]["median"], Value::Null);
    assert_eq!(nothing["undefined"]["always_zero"], 60);
    assert_eq!(nothing["runs"][0]["median_tsnr"], Value::Null);
}

/// nipype 1.11.0 with nitime 0.12.1 and numpy 2.4.6, all volumes of each run by themselves:
/// `compute_dvars(run, mask, intensity_normalization=0, remove_zerovariance=True)[0]`, which reckons
/// in float32: the first values, and the sum of all.
#[test]
fn standardised_dvars_is_nipypes() {
    let scratch = Scratch::new();
    let expected = [
        ([6.921_424_94, 13.339_013_42, 0.945_238_12, 1.097_249_13], 76.279_171_68),
        ([15.071_089_77, 1.019_723_57, 0.665_717_89, 0.678_243_48], 50.540_779_29),
        ([0.851_441_03, 1.084_692_23, 0.655_693_12, 1.040_618_77], 40.011_260_11),
    ];
    for (number, (first, sum)) in (1..).zip(expected) {
        let run = in_testdata(&format!("run-{number}_bold.nii.gz"));
        let mask = format!("--mask={}", in_testdata("mask.nii.gz"));
        scratch.tsnr([&*run, &mask, "--json=found.json"]).succeeded();
        let found = &json(&scratch.path("found.json"))["runs"][0]["std_dvars"];
        let found = found.as_array().expect("a list");
        assert!(found[0].is_null(), "nothing lies before the first");
        let found: Vec<f64> = found[1..].iter().map(|it| it.as_f64().expect("a number")).collect();
        for (found, expected) in found.iter().zip(first) {
            assert!((found / expected - 1.0).abs() < 1e-6, "run {number}: {found}, {expected}");
        }
        let found: f64 = found.iter().sum();
        assert!((found / sum - 1.0).abs() < 1e-6, "run {number}: {found}, {sum}");
    }
}

/// The program of `docs/definitions.md` with python-xxhash 4.1.0, numpy 2.4.6 and nibabel 5.4.2.
#[test]
fn the_hash_of_a_run_is_that_of_its_voxels_in_any_form() {
    let hashes = |scratch: &Scratch, arguments: &[&str]| -> Vec<String> {
        scratch.tsnr(arguments.iter().chain(&["--json=found.json"])).succeeded();
        let runs = json(&scratch.path("found.json"))["runs"].as_array().expect("runs").clone();
        let hash = |run: &Value| run["data_xxh3"].as_str().expect("a hash").to_owned();
        runs.iter().map(hash).collect()
    };
    let scratch = Scratch::new();
    let expected = [
        "1c852b1700d119c6",
        "a4b9e09b503ca345",
        "2419b0d6e07e52d2",
        "231588ef87500430",
        "49b0afdd7c32bcb3",
    ];
    let session = program::session_pattern();
    for mode in program::MODES {
        let found = hashes(&scratch, &[&*session, "--combine=demean", &format!("--mode={mode}")]);
        assert_eq!(found, expected, "{mode}");
    }
    let used = hashes(&scratch, &[&*session, "--volumes=3:15", "--chunk-length=2"]);
    assert_eq!(used, expected, "of all volumes");

    // More voxels than a block has, in both byte orders, plain and gzip.
    let voxels: Vec<f64> = (0..3 * 40_000_u32)
        .map(|at| f64::from(at.wrapping_mul(7919) % 65_536) - 32_768.0)
        .collect();
    let header = program::bytes::Header::new(program::bytes::INT16, 16, 40, 40, 25, 3);
    let big_endian = program::bytes::Header { big_endian: true, slope: 2.0, ..header.clone() };
    scratch.file("one.nii", header.file(&voxels));
    scratch.file("two.nii", big_endian.file(&voxels));
    scratch.file("three.nii.gz", program::bytes::gzip(&header.file(&voxels)));
    for name in ["one.nii", "two.nii", "three.nii.gz"] {
        assert_eq!(hashes(&scratch, &[name, "--threads=2"]), ["a7daa6971e80786c"], "{name}");
    }
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
