//! `--log-format json`: what is said on stderr is an object a line, with all that the text has.

use crate::program;

use program::{Outcome, Scratch, session_pattern, testdata};
use serde_json::Value;

/// The objects of stderr, one of each line.
#[track_caller]
fn said(outcome: &Outcome) -> Vec<Value> {
    let object = |line: &str| -> Value {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(value.is_object() && value["text"].is_string(), "{line}");
        value
    };
    outcome.stderr.lines().map(object).collect()
}

fn levels(said: &[Value]) -> Vec<&str> {
    said.iter().map(|it| it["level"].as_str().expect("a level")).collect()
}

#[test]
fn findings_and_the_summary_are_objects_with_what_the_text_says() {
    let scratch = Scratch::new();
    let odd = |name: &str| testdata("odd").join(name).display().to_string();
    let arguments = [&*odd("int16_le.nii"), &*odd("affine_shifted.nii"), "-o", "map.nii"];
    let arguments = [&arguments[..], &["--mode=serial"]].concat();
    let text = scratch.tsnr(&arguments).succeeded();
    let outcome = scratch.tsnr([&arguments[..], &["--log-format=json"]].concat()).succeeded();
    assert_eq!(outcome.stdout, "");
    let said = said(&outcome);
    assert_eq!(levels(&said), ["warning", "note", "warning", "warning", "summary"]);
    for (object, line) in said.iter().zip(text.found()) {
        assert_eq!(object["name"], line.name);
        assert_eq!(object["severity"], object["level"]);
        assert!(line.text.starts_with(object["text"].as_str().expect("a text")), "{object}");
        assert!(line.text.contains(object["remedy"].as_str().expect("a remedy")), "{object}");
        for option in object["options"].as_array().expect("options") {
            assert!(line.text.contains(option.as_str().expect("an option")), "{object}");
        }
    }
    assert_eq!(said[2]["options"], serde_json::json!(["--combine"]));
    assert!(said[2]["data"]["concat_median"].is_number(), "{}", said[2]);
    let summary = said[4]["text"].as_str().expect("a text");
    assert!(summary.contains("\nmedian tSNR  3.797 over 58"), "{summary}");

    let quiet = [&arguments[..], &["--log-format=json", "-q"]].concat();
    let outcome = scratch.tsnr(quiet).succeeded();
    assert_eq!(levels(&self::said(&outcome)), ["warning", "warning", "warning"]);
}

#[test]
fn an_error_is_one_object_with_its_kind_file_and_options() {
    let scratch = Scratch::new();
    let runs = session_pattern();
    let error = |arguments: &[&str], exit_code: i32| -> Value {
        let outcome = scratch.tsnr([arguments, &["-q", "--log-format=json"]].concat());
        assert_eq!(outcome.exit_code, Some(exit_code), "{}", outcome.stderr);
        let said = said(&outcome);
        let [error] = &said[..] else { panic!("one object: {}", outcome.stderr) };
        assert_eq!(error["level"], "error");
        error.clone()
    };
    let missing = error(&["missing.nii", "-o", "map.nii"], 1);
    assert_eq!((&missing["kind"], &missing["path"]), (&"NotFound".into(), &"missing.nii".into()));
    let ddof = error(&[&runs, "--ddof=500", "-o", "map.nii"], 1);
    assert_eq!(ddof["options"], serde_json::json!(["--ddof"]));
    for part in ["problem", "remedy"] {
        let part = ddof[part].as_str().expect("a text");
        assert!(ddof["text"].as_str().expect("a text").contains(part), "{ddof}");
    }
    assert!(ddof["text"].as_str().expect("a text").ends_with(" (--ddof)"), "{ddof}");
    let usage = error(&[&runs, "--definition=afni-cvarinv", "--combine=demean", "-o", "m.nii"], 2);
    assert_eq!(usage["kind"], "Usage");
    assert!(scratch.names().is_empty());
}
