//! What one call takes for its runs is what a person means by them: patterns, series of volumes,
//! one run under several names, repetition times.

use crate::program;

use program::bytes::{FLOAT32, Header, INT16, Random, gzip};
use program::{Map, Outcome, Scratch, assert_same};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

const VOXELS: usize = 60;
const VOLUMES: usize = 20;

/// A run of `level` and noise of std 20, which its name seeds.
fn run(seed: &str, level: f64, volumes: usize) -> (Header, Vec<f64>) {
    let header = Header::new(INT16, 16, 5, 4, 3, volumes as i16);
    let mut random = Random::new(seed);
    let values = (0..volumes * VOXELS).map(|_| (level + 20.0 * random.normal()).round());
    (header, values.collect())
}

fn file(seed: &str) -> Vec<u8> {
    let (header, values) = run(seed, 1000.0, VOLUMES);
    header.file(&values)
}

/// A volume of a series, of any slope.
fn volume(values: &[f64], slope: f32) -> Vec<u8> {
    let mut header = Header::new(FLOAT32, 32, 5, 4, 3, 1);
    header.dim[0] = 3;
    header.slope = slope;
    let stored: Vec<f64> = values.iter().map(|value| value / f64::from(slope)).collect();
    header.file(&stored)
}

fn folder(files: &[&str]) -> Scratch {
    let scratch = Scratch::new();
    for name in files {
        let bytes = file(name);
        scratch.file(name, if name.ends_with(".gz") { gzip(&bytes) } else { bytes });
    }
    scratch
}

fn map(scratch: &Scratch, inputs: &[&str]) -> Outcome {
    scratch.tsnr(inputs.iter().chain(&["-o", "o.nii", "--json", "o.json"]))
}

fn json(scratch: &Scratch) -> Value {
    serde_json::from_str(&fs::read_to_string(scratch.path("o.json")).expect("JSON")).expect("JSON")
}

/// The volumes of each run, as the summary has them.
fn volumes(outcome: &Outcome) -> String {
    outcome.summary("runs").to_owned()
}

#[test]
fn a_pattern_passes_over_what_is_no_run() {
    let beside = [
        "sub-1_task-a_desc-brain_mask.nii",
        "sub-1_task-a_boldref.nii",
        "sub-1_task-a_sbref.nii",
        "sub-1_T1w.nii",
        "sub-1_dir-AP_epi.nii",
    ];
    let scratch = folder(&["sub-1_task-a_desc-preproc_bold.nii", "rest.nii"]);
    let alone = map(&scratch, &["sub-1_task-a_desc-preproc_bold.nii", "rest.nii"]).succeeded();
    let expected = Map::read(&scratch.path("o.nii")).values;
    for name in beside {
        scratch.file(name, file(name));
    }
    // The map of tsnr that lies there is none either.
    let outcome = map(&scratch, &["*.nii"]).succeeded();
    assert_same(&Map::read(&scratch.path("o.nii")).values, &expected, "the runs alone");
    assert_eq!(volumes(&outcome), volumes(&alone));
    let said = outcome.found_as("files-skipped");
    assert_eq!(said.len(), 2, "{}", outcome.stderr);
    assert!(said[0].contains("no runs by their BIDS suffix: ") && said[0].contains("*_sbref.nii"));
    assert_eq!(said[1], "'*.nii': skipped, maps that tsnr wrote: o.nii");

    let outright = map(&scratch, &["sub-1_task-a_sbref.nii"]).succeeded();
    assert_eq!(volumes(&outright), "1: 20 volumes");
    let error = map(&scratch, &["*_[ms]*ef.nii"]).error();
    let passed_over = "no run matches, only images that are no runs by their BIDS suffix: \
                       sub-1_task-a_sbref.nii; give the runs; a file that is named outright is taken";
    assert!(error.contains(passed_over), "{error}");
    let error = map(&scratch, &["rest.nii", "o*.nii"]).error();
    assert!(error.contains("no run matches, only maps that tsnr wrote: o.nii"), "{error}");
}

#[test]
fn the_home_folder_is_meant_in_quotes_and_behind_an_option() {
    let scratch = folder(&["home/run-1.nii", "home/mask.nii"]);
    let tsnr = |arguments: &[&str]| {
        let home = scratch.path("home");
        let output = scratch.program().args(arguments).env("HOME", home).output().unwrap();
        Outcome::from_output(output)
    };
    tsnr(&["~/run-?.nii", "--output=~/a.nii", "--map=cv=~/b.nii", "-q"]).succeeded();
    tsnr(&["~/run-1.nii", "-o", "~/c.nii", "--map", "cv=~/d.nii", "-q"]).succeeded();
    tsnr(&["~/run-1.nii", "-o~/e.nii", "-q"]).succeeded();
    let home = ["a.nii", "b.nii", "c.nii", "d.nii", "e.nii", "mask.nii", "run-1.nii"];
    assert_eq!(program::names(&scratch.path("home")), home);
    assert_eq!(scratch.names(), ["home"]);
    let error = tsnr(&["~nobody/run-?.nii", "-o", "o.nii"]).error();
    assert!(error.contains("only ~/ stands for a home folder"), "{error}");
}

#[test]
fn brackets_on_the_disk_are_taken_as_they_are_and_others_have_a_hint() {
    let scratch = folder(&["study[1]/a_bold.nii", "study1/b_bold.nii"]);
    let outcome = map(&scratch, &["study[1]/*.nii", "-v"]).succeeded();
    assert!(outcome.stderr.contains("run 1: study[1]/a_bold.nii"), "{}", outcome.stderr);
    let outcome = map(&scratch, &["study[12]/*.nii", "-v"]).succeeded();
    assert!(outcome.stderr.contains("run 1: study1/b_bold.nii"), "{}", outcome.stderr);
    let error = map(&scratch, &["study[2]/*.nii"]).error();
    assert!(error.contains("for a bracket itself write [[] or []]"), "{error}");
}

#[test]
fn names_that_are_not_utf_8_end_nothing_and_arguments_are_named() {
    let scratch = folder(&["a_bold.nii", "tables/x.txt"]);
    let odd = |bytes: &[u8]| scratch.path("").join(OsStr::from_bytes(bytes));
    fs::write(odd(b"notes_m\xFCller.txt"), "").expect("a file");
    fs::create_dir(odd(b"\xC5rhus")).expect("a folder");
    fs::write(odd(b"m\xFCller_bold.nii"), file("odd")).expect("a file");
    for (pattern, runs) in
        [("a*_bold.nii", "1: 20"), ("*_bold.nii", "2: 20"), ("**/*.nii", "2: 20")]
    {
        let outcome = map(&scratch, &[pattern]).succeeded();
        assert!(volumes(&outcome).starts_with(runs), "{pattern}: {}", outcome.stderr);
        fs::remove_file(scratch.path("o.nii")).expect("the map");
    }
    // An input may have any name; what has to be UTF-8 is named.
    let input = OsStr::from_bytes(b"m\xFCller_bold.nii");
    let words = |last: &[u8]| scratch.tsnr([input, OsStr::new("-o"), OsStr::from_bytes(last)]);
    words(b"o.nii").succeeded();
    let outcome = words(b"\xFF.nii");
    assert_eq!(outcome.exit_code, Some(2));
    let said = "error: \"\\xFF.nii\", behind \"-o\", is not UTF-8";
    assert!(outcome.stderr.starts_with(said), "{}", outcome.stderr);
}

#[test]
fn a_cycle_of_links_is_called_so() {
    let scratch = Scratch::new();
    symlink("b.nii", scratch.path("a.nii")).expect("a link");
    symlink("a.nii", scratch.path("b.nii")).expect("a link");
    for (inputs, output) in [("a.nii", "o.nii"), ("*.nii", "o.nii"), ("a.nii/*", "o.nii")] {
        let error = scratch.tsnr([inputs, "-o", output]).error();
        assert!(error.ends_with("a cycle of links"), "{error}");
    }
    scratch.file("run.nii", file("run"));
    let error = scratch.tsnr(["run.nii", "-o", "a.nii"]).error();
    assert!(error.contains("a cycle of links"), "{error}");
}

/// Two sessions of 3-D files, of other levels, and the same as two 4-D runs.
fn sessions_of_volumes(slope: impl Fn(usize) -> f32) -> Scratch {
    let scratch = Scratch::new();
    for (session, level) in [(1, 1000.0), (2, 1150.0)] {
        let (header, values) = run(&format!("session {session}"), level, VOLUMES);
        scratch.file(&format!("whole/s{session}_bold.nii"), header.file(&values));
        for (number, values) in values.chunks(VOXELS).enumerate() {
            scratch.file(&format!("s{session}/f_{number}.nii"), volume(values, slope(number)));
        }
    }
    scratch
}

#[test]
fn a_new_folder_or_pattern_begins_a_run_of_volumes() {
    let scratch = sessions_of_volumes(|_| 1.0);
    let of_files = |how: &str| -> Vec<f64> {
        map(&scratch, &["whole/*.nii", "--combine", how, "-q"]).succeeded();
        Map::read(&scratch.path("o.nii")).values
    };
    let files = |session: usize| (0..VOLUMES).map(move |it| format!("s{session}/f_{it}.nii"));
    let typed: Vec<String> = files(1).chain(files(2)).collect();
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    for how in ["concat", "demean"] {
        let expected = of_files(how);
        for inputs in [&["s1/*.nii", "s2/*.nii"][..], &["s?/*.nii"], &typed] {
            let outcome = map(&scratch, &[inputs, &["--combine", how]].concat()).succeeded();
            assert_eq!(volumes(&outcome), "2: 20 volumes each = 40 volumes");
            assert_same(&Map::read(&scratch.path("o.nii")).values, &expected, how);
            assert_eq!(outcome.found_as("between-runs").len(), usize::from(how == "concat"));
        }
    }
    let outcome = map(&scratch, &["s?/*.nii", "--dummy-scans", "2"]).succeeded();
    assert!(outcome.summary("left out").starts_with("4 volumes (2 + 2)"), "{}", outcome.stderr);
    // Within a folder patterns begin runs, and plain paths go on.
    let outcome = map(&scratch, &["s1/f_?.nii", "s1/f_1?.nii"]).succeeded();
    assert_eq!(volumes(&outcome), "2: 10 volumes each = 20 volumes");
    let outcome = map(&scratch, &["s1/f_?.nii", "s1/f_10.nii", "./s1/f_11.nii"]).succeeded();
    assert_eq!(volumes(&outcome), "1: 12 volumes in 12 files");
}

#[test]
fn images_of_four_dimensions_and_one_volume_are_a_series_where_all_are_such() {
    let scratch = sessions_of_volumes(|_| 1.0);
    let (_, values) = run("session 1", 1000.0, VOLUMES);
    let one = Header::new(FLOAT32, 32, 5, 4, 3, 1);
    for (number, values) in values.chunks(VOXELS).enumerate() {
        scratch.file(&format!("four/f_{number}.nii"), one.file(values));
    }
    let outcome = map(&scratch, &["four/*.nii"]).succeeded();
    assert_eq!(volumes(&outcome), "1: 20 volumes in 20 files");
    let found = Map::read(&scratch.path("o.nii")).values;
    map(&scratch, &["whole/s1_bold.nii"]).succeeded();
    assert_same(&found, &Map::read(&scratch.path("o.nii")).values, "one file");
    fs::remove_file(scratch.path("o.nii")).expect("the map");
    // Beside a run of many volumes it is a run that broke off.
    let outcome = map(&scratch, &["whole/s1_bold.nii", "four/f_0.nii", "four/f_1.nii"]);
    assert!(outcome.found_as("single-volume").len() == 1, "{}", outcome.stderr);
}

#[test]
fn files_of_one_name_are_told_apart_by_their_folders() {
    let scratch = Scratch::new();
    for folder in ["a", "b"] {
        scratch.file(&format!("{folder}/sub-01_bold.nii"), file("a_bold.nii"));
    }
    let outcome = map(&scratch, &["a/sub-01_bold.nii", "b/sub-01_bold.nii"]).succeeded();
    let said = outcome.found_as("same-run");
    assert!(said[0].contains("a/sub-01_bold.nii, b/sub-01_bold.nii"), "{said:?}");
}

#[test]
fn volumes_are_taken_in_the_order_of_their_numbers_with_a_note() {
    let scratch = sessions_of_volumes(|_| 1.0);
    // As a shell sorts them: f_0, f_1, f_10, f_11, ...
    let outcome = scratch.bash("exec \"$@\" s1/*.nii -v -o o.nii", [""; 0]).succeeded();
    let lines = outcome.stderr.lines().filter_map(|line| line.strip_prefix("run 1: s1/f_"));
    let order: Vec<String> = lines.map(|it| it.split('.').next().unwrap().to_owned()).collect();
    assert_eq!(order, (0..VOLUMES).map(|it| it.to_string()).collect::<Vec<_>>());
    let said = outcome.found_as("volumes-reordered");
    assert!(
        said.len() == 1 && said[0].ends_with("f_0.nii, f_1.nii, f_2.nii, f_3.nii, and 16 more")
    );
    assert_eq!(outcome.warnings(), [""; 0]);
    // Names that differ otherwise are taken as they are given.
    scratch.file("s1/g_1.nii", volume(&[7.0; VOXELS], 1.0));
    let outcome = map(&scratch, &["s1/g_1.nii", "s1/f_1.nii", "s1/f_0.nii", "-v"]).succeeded();
    assert!(outcome.stderr.contains("run 1: s1/g_1.nii"), "{}", outcome.stderr);
    assert_eq!(outcome.found_as("volumes-reordered"), [""; 0]);
}

#[test]
fn volumes_of_a_series_that_are_scaled_differently_are_a_note() {
    let scratch = sessions_of_volumes(|number| 0.5 + number as f32 / 64.0);
    let outcome = map(&scratch, &["s?/*.nii", "--combine", "demean", "--strict"]).succeeded();
    let said = outcome.found_as("slope-differs");
    assert!(said.len() == 1 && said[0].contains("slopes from 0.5 to 0.796875"), "{said:?}");
    assert_eq!(outcome.warnings(), [""; 0]);
}

#[test]
fn a_series_beside_a_run_differs_in_no_unit_and_is_no_single_volume() {
    let scratch = sessions_of_volumes(|_| 1.0);
    let inputs = ["s1/*.nii", "whole/s2_bold.nii", "--combine", "demean", "--strict"];
    let outcome = map(&scratch, &inputs).succeeded();
    assert_eq!(outcome.warnings(), [""; 0]);
    // What differs is that the TR of files without a time axis is unknown.
    assert!(outcome.found_as("tr-differs")[0].contains("an unknown one in f_0.nii"));
}

/// The warnings of runs of these names, by their names.
fn warnings(files: &[&str]) -> Vec<String> {
    let scratch = folder(files);
    let outcome = map(&scratch, files).succeeded();
    outcome.warnings().iter().map(|&it| it.to_owned()).collect()
}

#[test]
fn one_run_under_several_names_is_told_with_what_to_give() {
    for (files, says) in [
        (
            ["s_desc-a_bold.nii", "s_desc-b_bold.nii"],
            "differ in 'desc' only: s_desc-a_bold.nii, s_desc-b_bold.nii; give the files of one 'desc'",
        ),
        (
            ["s_space-T1w_bold.nii", "s_space-MNI_desc-x_bold.nii"],
            "differ in 'desc' and 'space' only",
        ),
        (["sub-1_bold.nii", "d/sub-1_res-2_bold.nii"], "differ in 'res' only"),
        (
            ["r1_bold.nii", "r1_bold.nii.gz"],
            "differ in 'extension' only: r1_bold.nii, r1_bold.nii.gz; give one of them",
        ),
        (["s_echo-1_bold.nii", "s_echo-2_bold.nii"], "it is multi-echo"),
        (
            ["s_echo-1_part-mag_bold.nii", "s_echo-2_part-real_bold.nii"],
            "(it is multi-echo): the names differ in 'echo' and 'part' only",
        ),
    ] {
        let told = warnings(&files).into_iter().filter(|it| !it.starts_with("part-phase: "));
        let [told] = &told.collect::<Vec<_>>()[..] else { panic!("one warning of {files:?}") };
        assert!(told.starts_with("same-run: ") && told.contains(says), "{told}");
    }
    let told = warnings(&["s_part-mag_bold.nii", "s_part-phase_bold.nii"]);
    assert!(told[0].contains("'part' only") && told[0].ends_with("give the magnitude (part-mag)"));
    assert!(told[1].starts_with("part-phase: phase by its name"), "{told:?}");
    for files in [
        ["run-1_bold.nii", "run-2_bold.nii"],
        ["s1/bold.nii", "s2/bold.nii"],
        ["s1/echo-1_bold.nii", "s2/echo-2_bold.nii"],
        ["rest.1.nii", "rest.2.nii"],
        ["sub-1_task-a_bold.nii", "sub-1_task-b_desc-x_bold.nii"],
    ] {
        assert_eq!(warnings(&files), [""; 0], "{files:?}");
    }
    // Of many runs one finding.
    let names: Vec<String> =
        (1..=9).map(|it| format!("s_run-{}_echo-{}_bold.nii", 1 + it / 3, it % 3)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let told = warnings(&names);
    assert!(
        told.len() == 1 && told[0].contains("of 3 runs, the echoes") && told[0].contains("more")
    );
}

#[test]
fn links_and_equal_voxels_are_one_run() {
    let scratch = folder(&["a_bold.nii", "b_bold.nii"]);
    symlink("a_bold.nii", scratch.path("c_bold.nii")).expect("a link");
    fs::hard_link(scratch.path("b_bold.nii"), scratch.path("d_bold.nii")).expect("a link");
    let told = map(&scratch, &["?_bold.nii"]).succeeded();
    let [told] = told.warnings()[..] else { panic!("one warning: {}", told.stderr) };
    let links =
        "links to one file are taken as several: a_bold.nii, c_bold.nii, b_bold.nii, d_bold.nii";
    assert!(told.contains(links), "{told}");
    // The same voxels in another byte order and encoding, but not those of another run.
    let (mut header, values) = run("a_bold.nii", 1000.0, VOLUMES);
    header.big_endian = true;
    scratch.file("e_bold.nii", gzip(&header.file(&values)));
    for mode in program::MODES {
        let inputs = ["a_bold.nii", "b_bold.nii", "e_bold.nii", "--mode", mode];
        let told = map(&scratch, &inputs).succeeded();
        let [told] = told.warnings()[..] else { panic!("one warning: {}", told.stderr) };
        assert!(
            told.contains(
                "by equal voxels in the first volumes of a_bold.nii, e_bold.nii; give one of them"
            ),
            "{told}"
        );
    }
    map(&scratch, &["a_bold.nii", "b_bold.nii", "--strict"]).succeeded();
    // A part of a run is taken twice as well; another run that begins like it is none.
    let (header, values) = run("a_bold.nii", 1000.0, VOLUMES - 2);
    scratch.file("f_bold.nii", header.file(&values[..(VOLUMES - 2) * VOXELS]));
    let told = map(&scratch, &["a_bold.nii", "f_bold.nii"]).succeeded();
    assert!(told.warnings()[0].contains("equal voxels in the first volumes"), "{}", told.stderr);
    let (header, mut values) = run("a_bold.nii", 1000.0, VOLUMES);
    values[VOLUMES * VOXELS - 1] += 9.0;
    scratch.file("g_bold.nii", header.file(&values));
    map(&scratch, &["a_bold.nii", "g_bold.nii", "--strict"]).succeeded();
    let strict = map(&scratch, &["a_bold.nii", "e_bold.nii", "--strict"]);
    assert_eq!(strict.exit_code, Some(1), "{}", strict.stderr);
}

#[test]
fn several_subjects_reconstructions_and_directions_are_warned_of() {
    for (files, says) in [
        (
            ["sub-1_bold.nii", "sub-2_bold.nii"],
            "differ in 'sub': 1 in sub-1_bold.nii; 2 in sub-2_bold.nii; give the runs of one subject",
        ),
        (
            ["sub-1_rec-x_bold.nii", "sub-1_run-2_bold.nii"],
            "differ in 'rec': x in sub-1_rec-x_bold.nii; none in",
        ),
        (["sub-1_dir-AP_bold.nii", "sub-1_dir-PA_bold.nii"], "one phase-encoding direction"),
    ] {
        let [told] = &warnings(&files)[..] else { panic!("one warning of {files:?}") };
        assert!(told.starts_with("entities-differ: ") && told.contains(says), "{told}");
    }
    let files = ["sub-1_ses-1_task-a_acq-x_bold.nii", "sub-1_ses-2_task-b_acq-y_bold.nii"];
    let scratch = folder(&files);
    let outcome = map(&scratch, &[&files[..], &["--strict"]].concat()).succeeded();
    let said = outcome.found_as("entities-differ");
    assert_eq!(said.len(), 3, "{}", outcome.stderr);
    assert!(said[1].contains("differ in 'task': a in "), "{said:?}");
}

#[test]
fn phase_is_not_said_to_be_demeaned() {
    let scratch = Scratch::new();
    let (header, values) = run("phase", 0.0, VOLUMES);
    scratch.file("s_part-phase_bold.nii", header.file(&values));
    let outcome = map(&scratch, &["s_part-phase_bold.nii"]).succeeded();
    let [told] = outcome.warnings()[..] else { panic!("one warning: {}", outcome.stderr) };
    assert!(told.starts_with("part-phase: "), "{told}");
}

#[test]
fn the_tr_is_that_of_the_option_else_the_sidecar_else_the_header() {
    let scratch = folder(&["sub-1/func/sub-1_task-a_bold.nii"]);
    let run = "sub-1/func/sub-1_task-a_bold.nii";
    let tr_and_found = |options: &[&str]| {
        let outcome = map(&scratch, &[&[run], options].concat()).succeeded();
        let tr = json(&scratch)["runs"][0]["tr_seconds"].as_f64();
        (tr, outcome)
    };
    assert_eq!(tr_and_found(&[]).0, Some(2.5));
    scratch.file("task-a_bold.json", "{\"RepetitionTime\": 1.5}");
    let (tr, outcome) = tr_and_found(&["--strict"]);
    let said = "the TR is 2.5 s by the header and 1.5 s by task-a_bold.json, which is used";
    assert!(tr == Some(1.5) && outcome.found_as("tr-sidecar")[0].starts_with(said));
    let (tr, outcome) = tr_and_found(&["--tr", "0.8", "-v"]);
    assert!(tr == Some(0.8) && outcome.stderr.contains("TR 0.8 s"), "{}", outcome.stderr);
    assert_eq!(outcome.found_as("tr-sidecar"), [""; 0]);
    // A high-pass filter depends on it: the cut-off decides how many cosines there are.
    let cosines = |tr: &str| {
        map(&scratch, &[run, "--highpass", "10", "--tr", tr]).succeeded();
        json(&scratch)["runs"][0]["regressors"].as_array().expect("a list").len()
    };
    assert_eq!([cosines("1"), cosines("2")], [4, 8]);
    let (_, outcome) = tr_and_found(&["--highpass", "10"]);
    assert!(outcome.warnings()[0].starts_with("tr-sidecar: "), "{}", outcome.stderr);
    // Rounding is no difference.
    scratch.file("task-a_bold.json", "{\"RepetitionTime\": 2.5009}");
    assert_eq!(tr_and_found(&[]).1.found_as("tr-sidecar"), [""; 0]);
    // Not to be replaced, wherever it lies.
    let outcome = scratch.tsnr([run, "-o", "o.nii", "--json", "task-a_bold.json"]);
    assert!(outcome.error().contains("the output is one of the inputs"));
    scratch.file("task-a_bold.json", "{}");
    let outcome = scratch.tsnr([run, "-o", "o.nii", "--json", "task-a_bold.json"]);
    assert!(outcome.error().contains("the output is one of the inputs"), "it states no TR");
    scratch.file("task-a_bold.json", "{");
    let (tr, outcome) = tr_and_found(&["--highpass", "40"]);
    let said = "tr-sidecar: task-a_bold.json is of no use (no JSON: EOF while parsing an object \
                at line 1 column 1), so that the TR is taken without it in sub-1_task-a_bold.nii; \
                mend it, or say the TR (--tr)";
    assert!(tr == Some(2.5) && outcome.warnings().contains(&said), "{}", outcome.stderr);
    for found in ["\"2.5\"", "0", "-2", "null"] {
        scratch.file("task-a_bold.json", format!("{{\"RepetitionTime\": {found}}}"));
        let (tr, outcome) = tr_and_found(&[]);
        let said = format!("is of no use (its RepetitionTime is {found}, expected a number of");
        let told = outcome.found_as("tr-sidecar");
        assert!(tr == Some(2.5) && told.len() == 1 && told[0].contains(&said), "{told:?}");
    }
    // Nor is what the run would inherit from, where there is none yet.
    fs::remove_file(scratch.path("task-a_bold.json")).expect("the sidecar");
    for name in ["task-a_bold.json", "bold.json"] {
        let error = scratch.tsnr([run, "-o", "o.nii", "--json", name]).error();
        assert!(error.contains("describes one of the inputs"), "{error}");
    }
    for wrong in ["0", "-2", "nan", "x"] {
        assert_eq!(map(&scratch, &[run, "--tr", wrong]).exit_code, Some(2), "{wrong}");
    }
}

#[test]
fn a_tr_in_milliseconds_is_told_and_one_that_is_not_positive_is_unknown() {
    let scratch = Scratch::new();
    for (name, tr) in [("a", 2000.0), ("b", 0.0), ("c", -2.0), ("d", 2.0)] {
        let (mut header, values) = run(name, 1000.0, VOLUMES);
        header.pixdim[4] = tr;
        scratch.file(&format!("{name}_bold.nii"), header.file(&values));
    }
    let outcome = map(&scratch, &["a_bold.nii", "--strict"]).succeeded();
    let said =
        "a TR of 2000 s looks like milliseconds in disguise, and is taken as it is: a_bold.nii";
    assert!(outcome.found_as("tr-milliseconds")[0].starts_with(said), "{}", outcome.stderr);
    assert_eq!(json(&scratch)["runs"][0]["tr_seconds"], 2000.0);
    let outcome = map(&scratch, &["[bcd]_bold.nii", "--strict"]).succeeded();
    let said =
        "the TR differs between runs: an unknown one in b_bold.nii, c_bold.nii; 2 s in d_bold.nii";
    assert_eq!(outcome.found_as("tr-differs"), [said]);
    assert_eq!(json(&scratch)["runs"][0]["tr_seconds"], Value::Null);
    let outcome = map(&scratch, &["[bc]_bold.nii", "--strict"]).succeeded();
    assert_eq!(outcome.found_as("tr-differs"), [""; 0]);
    let error = map(&scratch, &["b_bold.nii", "--highpass", "20"]).error();
    assert!(error.contains("states no TR") && error.ends_with("(--tr, --detrend)"), "{error}");
    map(&scratch, &["b_bold.nii", "--highpass", "20", "--tr", "2"]).succeeded();
}

/// Hundreds of runs with the longest names that there can be, everything about them wrong.
#[test]
fn no_text_of_a_finding_is_long_however_many_and_long_the_names_are() {
    let scratch = Scratch::new();
    let mut names = Vec::new();
    for number in 0..40 {
        let label = format!("{number:0>170}");
        let (mut header, values) = run(&label, 1000.0 + 50.0 * f64::from(number % 7), 30);
        header.slope = 1.0 + number as f32;
        header.pixdim[4] = 100.0 + number as f32;
        header.translation[0] += number as f32;
        header.xyzt_units = [2 + 8, 0, 2 + 16, 1 + 8][number as usize % 4];
        header.qform_code = 0;
        header.sform_code = 0;
        let stored: Vec<f64> = values
            .iter()
            .enumerate()
            .map(|(at, it)| match at {
                0..60 => 9000.0,
                7000..7010 => 32767.0,
                _ => *it,
            })
            .collect();
        let key = ["sub", "rec", "dir", "ses", "task", "acq", "echo", "part"][number as usize % 8];
        let name = format!("{key}-{label}_part-phase_desc-{}_bold.nii", number % 3);
        scratch.file(&name, header.file(&stored));
        scratch.file(&name.replace(".nii", ".json"), "{\"RepetitionTime\": 1.5}");
        scratch.file(&name.replace("_bold", "_mask"), "");
        names.push(name);
    }
    for options in [&[][..], &["--highpass", "40"], &["--dummy-scans", "auto", "--mode", "serial"]]
    {
        let outcome = map(&scratch, &[&["*"], options].concat()).succeeded();
        let json = json(&scratch);
        let findings = json["findings"].as_array().expect("a list");
        assert!(findings.len() > 8, "{}", outcome.stderr);
        for finding in findings {
            let text = finding["text"].as_str().expect("a text");
            assert!(text.chars().count() <= 300, "{}: {text}", finding["name"]);
        }
        fs::remove_file(scratch.path("o.nii")).expect("the map");
    }
}
