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
    // Notes that are lines of the summary are objects beside it.
    let in_summary = |it: &Value| ["no-mask", "not-checked"].map(Value::from).contains(&it["name"]);
    let (beside, said): (Vec<Value>, Vec<Value>) = said.into_iter().partition(in_summary);
    assert!(beside.len() > 1 && beside.iter().all(|it| it["level"] == "note"), "{beside:?}");
    assert_eq!(levels(&said), ["warning", "note", "note", "warning", "warning", "summary"]);
    for (object, line) in said.iter().zip(text.found()) {
        assert_eq!(object["name"], line.name);
        assert_eq!(object["severity"], object["level"]);
        assert!(line.text.starts_with(object["text"].as_str().expect("a text")), "{object}");
        assert!(line.text.contains(object["remedy"].as_str().expect("a remedy")), "{object}");
        for option in object["options"].as_array().expect("options") {
            assert!(line.text.contains(option.as_str().expect("an option")), "{object}");
        }
    }
    assert_eq!(said[3]["options"], serde_json::json!(["--combine"]));
    assert!(said[3]["data"]["concat_median"].is_number(), "{}", said[3]);
    let summary = said[5]["text"].as_str().expect("a text");
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
    let unknown = error(&[&runs, "--no-such-option"], 2);
    assert_eq!(unknown["kind"], "Usage");
    assert!(unknown["text"].as_str().expect("a text").contains("--no-such-option"), "{unknown}");
    assert!(scratch.names().is_empty());
}

/// What steers a terminal, as it stands in names, and as it is said.
const STEERING: [&str; 2] = ["a\x1b]0;b\x07\x1b[31m\n%c", "a\\u{1b}]0;b\\u{7}\\u{1b}[31m\\n%c"];

/// Whatever holds it, nothing that is said steers a terminal, or looks like another message.
#[test]
fn control_characters_are_said_escaped_wherever_they_stand() {
    let [name, said] = STEERING;
    let scratch = Scratch::new();
    let run = std::fs::read(testdata("odd/int16_le.nii")).expect("a run");
    for file in ["run.nii", &format!("{name}.nii"), &format!("{name}_mask.nii")] {
        scratch.file(file, &run);
    }
    let rows: String = (0..6).map(|it| format!("{it}\t{}\n", it * it)).collect();
    scratch.file("c.tsv", format!("{}\tb\n{rows}", name.replace('\n', "")));
    scratch.file(&format!("{name}.json"), "{");
    let (run_name, map) = (format!("{name}.nii"), format!("{name}-map.nii"));
    let columns = ["--confounds=c.tsv", "--confound-columns=zz"];
    let pattern = format!("{}*.nii", &name[..4]);
    for (arguments, exit_code) in [
        (&[&*run_name, "-v", "-o", &map, "--json", &format!("{name}-o.json")][..], 0),
        (&[&run_name, "-o", &map, "--dry-run"], 0),
        (&[&pattern, "-o", &map, "--log-format=json"], 0),
        (&["diff", &map, &map], 0),
        (&["compare", &run_name, "--repeat=1", "--threads=1"], 0),
        (&[&run_name, "--definitions"], 0),
        (&["run.nii", "-o", "o.nii", columns[0], columns[1]], 1),
        (&[name, "-o", "o.nii"], 2),
        (&["run.nii", "-o", &format!("{name}/o.nii")], 1),
        (&["run.nii", "-o", &run_name, "--mean", &run_name], 2),
        (&["run.nii", "-o", name], 2),
        (&["run.nii", "--mode", name], 2),
        (&["run.nii", &format!("--{name}")], 2),
        (&["man", name], 2),
    ] {
        let outcome = scratch.tsnr(arguments);
        assert_eq!(outcome.exit_code, Some(exit_code), "{arguments:?}: {}", outcome.stderr);
        let text = outcome.stdout + &outcome.stderr;
        let is_steering = |it: char| it.is_control() && it != '\n';
        assert!(!text.contains(is_steering), "{arguments:?}: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with('%')), "{arguments:?}: {text}");
        let is_said =
            [said, &said.replace("\\n", ""), "\\\\u{1b}"].iter().any(|it| text.contains(it));
        assert!(is_said || exit_code == 0, "{arguments:?}: {text}");
    }
    // A terminal has colours, and nothing of the names all the same.
    let shown = scratch.bash(
        "export TSNR=$1 NAME=$2; script -qec '\"$TSNR\" run.nii --mode \"$NAME\"' /dev/null",
        [name],
    );
    assert!(shown.stdout.contains("u{1b}]0;b") && !shown.stdout.contains("\x1b]0;"), "{shown:?}");
}

#[test]
fn nobody_waits_for_a_stderr_that_is_blocked() {
    let scratch = Scratch::new();
    scratch.file("run.nii", std::fs::read(testdata("odd/int16_le.nii")).expect("a run"));
    let pipe = "mkfifo pipe; exec 7<> pipe; dd if=/dev/zero bs=4096 count=1000 oflag=nonblock \
                >&7 2> /dev/null; timeout 30 \"$@\" 2> pipe";
    for (arguments, exit_code) in [
        (&["run.nii", "-v", "-o", "o.nii"][..], 0),
        (&["none.nii", "-o", "o.nii"], 1),
        (&["run.nii", "-o", "bad"], 2),
        (&["run.nii", "-o", "a.nii", "--mean", "a.nii"], 2),
    ] {
        let outcome = scratch.bash(pipe, arguments);
        assert_eq!(outcome.exit_code, Some(exit_code), "{arguments:?}");
        std::fs::remove_file(scratch.path("pipe")).expect("a FIFO");
    }
    assert_eq!(scratch.names(), ["o.nii", "run.nii"]);
}
