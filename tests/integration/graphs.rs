//! The task graph as a user sees it: drawn, explained, planned only, and profiled.

use crate::program;

use program::bytes::{Header, INT16};
use program::{MODES, Map, Scratch, bits, session_pattern};
use serde_json::Value;
use std::fs;

#[test]
fn each_mode_is_drawn_in_each_format_without_computing() {
    for mode in MODES {
        let scratch = Scratch::new();
        for name in ["graph.svg", "graph.dot", "graph.mmd", "graph.json"] {
            let pattern = session_pattern();
            let arguments = [&pattern, "--dry-run", "--visualize", name, "--mode", mode];
            let outcome = scratch.tsnr(arguments).succeeded();
            assert!(outcome.stderr.contains("nothing was computed"), "{}", outcome.stderr);
            let drawing = fs::read_to_string(scratch.path(name)).expect("a drawing");
            // The drawing of a large graph breaks long names.
            assert!(["divide", "gather"].iter().any(|it| drawing.contains(it)), "{drawing}");
        }
        assert_eq!(scratch.names(), ["graph.dot", "graph.json", "graph.mmd", "graph.svg"]);
        let svg = fs::read_to_string(scratch.path("graph.svg")).unwrap();
        roxmltree::Document::parse(&svg).expect("well-formed XML");
        let json: Value =
            serde_json::from_str(&fs::read_to_string(scratch.path("graph.json")).unwrap()).unwrap();
        assert_eq!(json["schema"], "taskgraph/1");
        // As many as the lesson's graph of five runs has, at most.
        let most = if mode == "array" { 32 } else { 9 };
        assert!(json["tasks"].as_array().unwrap().len() <= most, "{mode}");
    }
}

#[test]
fn the_graph_before_optimisation_is_larger_and_gives_the_same_map() {
    let scratch = Scratch::new();
    let pattern = session_pattern();
    let run = |map: &str, more: &[&str]| {
        let arguments = [&pattern, "-o", map, "--threads", "2", "--chunk-length", "4"];
        scratch.tsnr(arguments.iter().chain(more)).succeeded()
    };
    let explained = run("optimized.nii", &["--explain", "--visualize", "after.json"]);
    let passes: Vec<&str> =
        explained.stderr.lines().filter(|line| line.contains(" tasks   ")).collect();
    let names: Vec<_> = passes.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["fuse", "order"], "{}", explained.stderr);
    run("raw.nii", &["--no-optimize", "--visualize-raw", "--visualize", "before.json"]);
    let tasks = |name: &str| {
        let json: Value =
            serde_json::from_str(&fs::read_to_string(scratch.path(name)).unwrap()).unwrap();
        json["tasks"].as_array().unwrap().len()
    };
    assert!(tasks("before.json") > tasks("after.json"));
    assert!(passes[0].contains(&format!(" {} -> ", tasks("before.json"))), "{}", passes[0]);
    let [raw, optimized] =
        ["raw.nii", "optimized.nii"].map(|name| Map::read(&scratch.path(name)).values);
    assert_eq!(bits(&raw), bits(&optimized));
}

#[test]
fn a_profile_accounts_for_the_time_of_every_task() {
    for mode in MODES {
        let scratch = Scratch::new();
        let pattern = session_pattern();
        for profile in ["profile.json", "profile.html"] {
            let arguments = [
                &pattern,
                "-o",
                "map.nii",
                "--mode",
                mode,
                "--threads",
                "2",
                "--profile",
                profile,
                "--visualize",
                "graph.json",
            ];
            scratch.tsnr(arguments).succeeded();
        }
        let parsed = |name: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(scratch.path(name)).unwrap()).unwrap()
        };
        let (trace, graph) = (parsed("profile.json"), parsed("graph.json"));
        let events = trace["traceEvents"].as_array().expect("events");
        let number = |event: &Value, key: &str| event[key].as_f64().expect("a number");
        let spans = |kind: &str| -> Vec<&Value> {
            events.iter().filter(|event| event["ph"] == "X" && event["cat"] == kind).collect()
        };
        let tasks = graph["tasks"].as_array().expect("tasks");
        assert_eq!(spans("task").len(), tasks.len(), "{mode}: every task has a span");
        assert!(tasks.iter().all(|task| task["seconds"].as_f64().is_some_and(|it| it > 0.0)));
        // Every voxel was read by some task.
        let read: f64 = spans("task").iter().map(|span| number(&span["args"], "bytes_read")).sum();
        assert_eq!(read, 2.0 * 20.0 * 20.0 * 10.0 * 189.0, "{mode}");
        let page = fs::read_to_string(scratch.path("profile.html")).unwrap();
        assert!(page.contains("<svg") && page.contains("Timeline") && page.len() < 1_000_000);
        assert!(!page.contains("<script") && !page.contains("src="), "it needs nothing beside it");
    }
}

#[test]
fn the_tasks_of_one_worker_and_what_surrounds_them_add_up_to_the_wall_time() {
    let scratch = Scratch::new();
    let (header, volumes) = (Header::new(INT16, 16, 64, 64, 30, 120), 120);
    let volume: Vec<u8> = (0..2 * 64 * 64 * 30).map(|it| (it % 5) as u8).collect();
    let start = header.file(&[]);
    scratch.file("run.nii", [&start[..352], &volume.repeat(volumes)[..]].concat());
    for mode in MODES {
        // Seconds of the tasks and the phases around them, of the phases alone, and of it all.
        let trace = |_| -> [f64; 3] {
            let arguments = ["run.nii", "-o", "map.nii", "--threads", "1", "--mode", mode];
            scratch.tsnr(arguments.iter().chain(&["--profile", "p.json"])).succeeded();
            let text = fs::read_to_string(scratch.path("p.json")).unwrap();
            let trace: Value = serde_json::from_str(&text).unwrap();
            let events = trace["traceEvents"].as_array().expect("events");
            let sum = |is_meant: &dyn Fn(&Value) -> bool| -> f64 {
                let spans = events.iter().filter(|event| event["ph"] == "X" && is_meant(event));
                spans.map(|span| span["dur"].as_f64().expect("a number") / 1e6).sum()
            };
            // In `compute` the main thread waits for the tasks.
            let tasks_and_others = sum(&|span| span["name"] != "compute");
            let wall = trace["otherData"]["wall_seconds"].as_f64().expect("a number");
            [tasks_and_others, sum(&|span| span["cat"] == "phase"), wall]
        };
        let traces: Vec<_> = (0..5).map(trace).collect();
        let is_whole = |part: f64, wall: f64| part <= wall && part > 0.95 * wall;
        // Another program may be in the way between two spans, but hardly each time.
        let adds_up = traces.iter().any(|&[tasks_and_others, phases, wall]| {
            is_whole(tasks_and_others, wall) && is_whole(phases, wall)
        });
        assert!(adds_up, "{mode}: {traces:?}");
    }
}

#[test]
fn wrong_names_and_combinations_are_usage_errors() {
    let scratch = Scratch::new();
    let pattern = session_pattern();
    for (arguments, says) in [
        (&["-o", "m.nii", "--visualize", "graph.png"][..], ".svg, .dot, .mmd or .json"),
        (&["-o", "m.nii", "--profile", "profile.txt"], ".html or .json"),
        (&["-o", "m.nii", "--visualize-raw"], "--visualize"),
        (&["--reproducible", "--profile", "p.html"], "cannot be used with"),
        (&["-o", "m.nii", "--visualize", "g.json", "--profile", "g.json"], "one file"),
        (&["-o", "m.nii", "--threads", "1,2"], "only be used with tsnr compare"),
    ] {
        let outcome = scratch.tsnr([pattern.as_str()].iter().chain(arguments));
        assert_eq!(outcome.exit_code, Some(2), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(says), "{arguments:?}: {}", outcome.stderr);
    }
    assert!(scratch.names().is_empty());
}

#[test]
fn a_dry_run_says_what_would_be_written_and_writes_nothing() {
    let scratch = Scratch::new();
    let pattern = session_pattern();
    let outputs = [
        ("-o", "map.nii.gz", "map.nii.gz"),
        ("--mean", "mean.nii", "mean.nii"),
        ("--std", "std.nii", "std.nii"),
        ("--map", "run-tsnr=r{run}.nii", "r1.nii, r2.nii, r3.nii, r4.nii, r5.nii"),
        ("--profile", "profile.html", "profile.html"),
        ("--json", "run.json", "run.json"),
        ("--mask-out", "mask.nii", "mask.nii"),
        ("--table", "t.tsv", "t.tsv, t.json"),
        ("--report", "page.html", "page.html"),
        ("--png", "map.png", "map.png"),
    ];
    for mode in MODES {
        let mut arguments = vec![&*pattern, "--dry-run", "--mask=auto", "--mode", mode];
        outputs.iter().for_each(|(option, file, _)| arguments.extend([option, file]));
        let outcome = scratch.tsnr(arguments).succeeded();
        let files: Vec<&str> = outputs.iter().map(|(_, _, files)| *files).collect();
        assert_eq!(outcome.summary("to write"), files.join(", "), "{}", outcome.stderr);
        assert!(outcome.stderr.ends_with("nothing was computed\n"), "{}", outcome.stderr);
        assert!(outcome.summary("memory").ends_with(" predicted"));
        assert!(scratch.names().is_empty(), "{:?}", scratch.names());
    }
    let none = scratch.tsnr([&*pattern, "--dry-run"]).succeeded();
    assert_eq!(none.summary("to write"), "no file");
    // What would fail at the end fails at once.
    let error = scratch.tsnr([&*pattern, "--dry-run", "--json", "none/run.json"]).error();
    assert!(error.contains("there is no folder none"), "{error}");
}

#[test]
fn a_graph_appears_with_the_other_outputs_or_not_at_all() {
    let scratch = Scratch::new();
    let damaged = program::testdata("odd/wrong_crc.nii.gz").display().to_string();
    let outputs = ["-o", "map.nii", "--visualize", "graph.svg"];
    scratch.tsnr([&*damaged].iter().chain(&outputs)).error();
    assert!(scratch.names().is_empty(), "{:?}", scratch.names());
    scratch.tsnr([&*session_pattern(), "--visualize", "graph.svg"]).succeeded();
    assert_eq!(scratch.names(), ["graph.svg"]);
}
