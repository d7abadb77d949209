//! With `--reproducible`, or where SOURCE_DATE_EPOCH is set, two runs write the same bytes.

use crate::program;

use program::{Outcome, Scratch, names, session_pattern};
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// Every output that there is, below a name.
fn outputs(name: &str) -> Vec<String> {
    let given = [
        ("-o=", "tsnr.nii.gz"),
        ("--mean=", "mean.nii"),
        ("--std=", "std.nii.gz"),
        ("--map=run-tsnr=", "run-{run}.nii"),
        ("--map=between=", "between.nii"),
        ("--mask-out=", "mask.nii.gz"),
        ("--json=", "run.json"),
        ("--table=", "regions.tsv"),
        ("--report=", "page.html"),
        ("--png=", "map.png"),
        ("--visualize=", "graph.svg"),
    ];
    given.iter().map(|(option, file)| format!("{option}{name}/{file}")).collect()
}

/// Runs with every output in a folder of a name; what each file has, by its name.
fn written(
    scratch: &Scratch,
    name: &str,
    more: &[&str],
    epoch: Option<&str>,
) -> Vec<(String, Vec<u8>)> {
    fs::create_dir(scratch.path(name)).expect("a folder");
    let mut command = scratch.program();
    command.env_remove("SOURCE_DATE_EPOCH");
    command.envs(epoch.map(|epoch| ("SOURCE_DATE_EPOCH", epoch)));
    command.arg(session_pattern()).args(["--mask=auto", "--by-slice", "--threads=2"]);
    command.args(outputs(name)).args(more);
    Outcome::from_output(command.output().expect("the program starts")).succeeded();
    let folder = scratch.path(name);
    let content = |file: String| (file.clone(), fs::read(folder.join(file)).expect("an output"));
    names(&folder).into_iter().map(content).collect()
}

#[test]
fn two_runs_of_every_output_are_one_byte_string() {
    let scratch = Scratch::new();
    let first = written(&scratch, "first", &["--reproducible"], None);
    assert_eq!(first.len(), outputs("first").len() + 4 + 1, "5 maps of runs, a table's sidecar");
    // The clock goes on.
    std::thread::sleep(Duration::from_millis(1100));
    for (name, more, epoch) in
        [("second", &["--reproducible", "-q"][..], None), ("third", &[], Some("1700000000"))]
    {
        let other = written(&scratch, name, more, epoch);
        assert_eq!(other.len(), first.len());
        for ((file, content), (_, expected)) in other.iter().zip(&first) {
            assert!(content == expected, "{file} of the {name}");
        }
    }
}

#[test]
fn nothing_is_left_out_unless_that_is_asked_for() {
    let scratch = Scratch::new();
    let json = |files: &[(String, Vec<u8>)]| -> Value {
        let (_, content) = files.iter().find(|(name, _)| name == "run.json").expect("JSON");
        serde_json::from_slice(content).expect("JSON")
    };
    let page = |files: &[(String, Vec<u8>)]| -> String {
        let (_, content) = files.iter().find(|(name, _)| name == "page.html").expect("a page");
        String::from_utf8(content.clone()).expect("UTF-8")
    };
    let plain = written(&scratch, "plain", &[], None);
    let same = written(&scratch, "same", &["--reproducible"], None);
    for field in ["command", "date", "seconds", "peak_bytes"] {
        assert!(!json(&plain)["program"][field].is_null(), "{field}");
        assert!(json(&same)["program"][field].is_null(), "{field}");
    }
    for field in ["written", "tables", "pictures"] {
        assert!(!json(&plain)[field].as_array().expect("a list").is_empty(), "{field}");
        assert!(json(&same)[field].as_array().expect("a list").is_empty(), "{field}");
    }
    for text in [" UTC", "plain/page.html", "<td>compute</td>"] {
        assert!(page(&plain).contains(text), "{text}");
        let text = text.replace("plain", "same");
        assert!(!page(&same).contains(&text), "{text}");
    }
}
