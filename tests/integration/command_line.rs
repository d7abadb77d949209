//! What is typed is understood as a user means it, and what is said back is true: inputs and
//! patterns, usage errors, help, the summary, and silence where silence was asked for.

use crate::program;

use program::bytes::{Header, INT16, Random};
use program::{Map, Outcome, Scratch, session_image, session_pattern, testdata};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tsnr::numbers::count;

/// A small sound run.
fn run_bytes() -> Vec<u8> {
    fs::read(testdata("odd/int16_le.nii")).expect("a specimen")
}

/// A small run in which nothing is found.
fn sound_run_bytes() -> Vec<u8> {
    let mut random = Random::new("a sound run");
    let samples: Vec<f64> = (0..30 * 60).map(|_| 1000.0 + 10.0 * random.normal()).collect();
    Header::int16(30).file(&samples)
}

/// A folder with small runs of these names.
fn folder_of_runs(names: &[&str]) -> Scratch {
    let scratch = Scratch::new();
    names.iter().for_each(|name| drop(scratch.file(name, run_bytes())));
    scratch
}

/// The inputs that `-v` lists, in order, by the names that are given here.
fn listed<'a>(outcome: &Outcome, names: &[&'a str]) -> Vec<&'a str> {
    let lines =
        outcome.stderr.lines().filter(|line| line.starts_with("run ") && line.contains(':'));
    let name_in = |line: &str| {
        let is_named = |name: &&&str| line.split([' ', ',']).any(|word| word == **name);
        *names.iter().find(is_named).unwrap_or_else(|| panic!("a known input in: {line}"))
    };
    lines.map(name_in).collect()
}

// ---- Inputs -----------------------------------------------------------------------------------

#[test]
fn a_quoted_pattern_takes_its_files_in_natural_order_and_patterns_keep_theirs() {
    let names = ["run-1.nii", "run-2.nii", "run-10.nii", "a.nii", "b/run-3.nii", "b/c/run-4.nii"];
    let scratch = folder_of_runs(&names);
    for (inputs, order) in [
        (&["run-*.nii"][..], &["run-1.nii", "run-2.nii", "run-10.nii"][..]),
        (&["run-*.nii", "a*"], &["run-1.nii", "run-2.nii", "run-10.nii", "a.nii"]),
        (&["a*", "run-*.nii"], &["a.nii", "run-1.nii", "run-2.nii", "run-10.nii"]),
        (&["run-?.nii"], &["run-1.nii", "run-2.nii"]),
        (&["run-[2-9].nii", "a.nii"], &["run-2.nii", "a.nii"]),
        (&["b/**/run-*.nii"], &["b/c/run-4.nii", "b/run-3.nii"]),
        (&["*/*.nii"], &["b/run-3.nii"]),
        (&["run-10.nii", "run-2.nii"], &["run-10.nii", "run-2.nii"]),
    ] {
        let outcome = scratch.tsnr(inputs.iter().chain(&["-v", "-o", "map.nii"])).succeeded();
        let mut found = listed(&outcome, &names);
        if inputs[0].contains("**") {
            // Folders before or after the files beside them: both are natural.
            found.sort_unstable();
        }
        assert_eq!(found, order, "{inputs:?}");
        fs::remove_file(scratch.path("map.nii")).expect("the map");
    }
}

#[test]
fn what_the_shell_expands_and_what_is_quoted_may_be_mixed() {
    let names = ["a-1.nii", "a-2.nii", "b-2.nii", "b-10.nii"];
    let scratch = folder_of_runs(&names);
    let outcome = scratch.bash("\"$@\" a-?.nii 'b-*.nii' -v -o map.nii", [""; 0]).succeeded();
    assert_eq!(listed(&outcome, &names), names);
}

#[test]
fn a_file_matched_twice_is_taken_once_and_that_is_said() {
    let names = ["run-1.nii", "run-2.nii"];
    for inputs in [
        &["run-2.nii", "run-*.nii"][..],
        &["run-2.nii", "./run-2.nii", "run-1.nii"],
        &["run-2.nii", "run-1.nii", "folder/../*-2.nii"],
    ] {
        let scratch = folder_of_runs(&names);
        fs::create_dir(scratch.path("folder")).expect("a folder");
        let outcome = scratch.tsnr(inputs.iter().chain(&["-v", "-o", "map.nii"])).succeeded();
        assert_eq!(listed(&outcome, &names), ["run-2.nii", "run-1.nii"]);
        let said = outcome.stderr.lines().find(|line| line.contains("once"));
        let said = said.unwrap_or_else(|| panic!("'once' in: {}", outcome.stderr));
        assert!(said.contains("run-2.nii"), "{said}");
        assert!(outcome.summary("runs").contains("12 volumes"), "{}", outcome.stderr);
    }
}

#[test]
fn two_names_of_one_file_are_two_inputs() {
    let scratch = folder_of_runs(&["run-1.nii"]);
    symlink("run-1.nii", scratch.path("run-2.nii")).expect("a link");
    let outcome = scratch.tsnr(["run-*.nii", "-o", "map.nii"]).succeeded();
    assert!(outcome.summary("runs").contains("12 volumes"), "{}", outcome.stderr);
}

#[test]
fn companions_that_a_pattern_brings_are_skipped_with_a_word() {
    let scratch = folder_of_runs(&["s_bold.nii", "t_bold.nii"]);
    for (number, run) in ["s_bold.nii", "t_bold.nii"].into_iter().enumerate() {
        let mut bytes = sound_run_bytes();
        *bytes.last_mut().expect("voxels") ^= number as u8;
        scratch.file(run, bytes);
    }
    for companion in ["s_bold.json", "s_events.tsv", "bids.txt"] {
        scratch.file(companion, "{}");
    }
    fs::create_dir(scratch.path("folder")).expect("a folder");
    let outcome = scratch.tsnr(["*", "-v", "-o", "map.nii"]).succeeded();
    assert_eq!(listed(&outcome, &["s_bold.nii", "t_bold.nii"]), ["s_bold.nii", "t_bold.nii"]);
    let said: Vec<&str> = outcome.stderr.lines().filter(|line| line.contains("skipped")).collect();
    assert_eq!(said.len(), 1, "{}", outcome.stderr);
    assert!(said[0].starts_with("tsnr: files-skipped: "), "{}", said[0]);
    for companion in ["s_bold.json", "s_events.tsv", "bids.txt", "folder"] {
        assert!(said[0].contains(companion), "{companion} in: {}", said[0]);
    }
    fs::remove_file(scratch.path("map.nii")).expect("the map");
    assert_eq!(scratch.tsnr(["*", "-q", "-o", "map.nii"]).succeeded().stderr, "");
}

#[test]
fn a_companion_named_outright_is_an_error() {
    let scratch = folder_of_runs(&["s_bold.nii"]);
    for companion in ["s_bold.json", "s_events.tsv"] {
        scratch.file(companion, "onset\tduration\n");
        let line = scratch.tsnr(["s_bold.nii", companion, "-o", "map.nii"]).error();
        assert!(line.starts_with(&format!("tsnr: error: {companion}: ")), "{line}");
        assert!(line.contains("expected an image"), "{line}");
    }
    assert_eq!(scratch.names(), ["s_bold.json", "s_bold.nii", "s_events.tsv"]);
}

#[test]
fn a_pattern_without_a_match_is_an_error_that_names_it() {
    let scratch = folder_of_runs(&["run-1.nii"]);
    scratch.file("only/events.tsv", "");
    for (pattern, says, exit_code) in [
        ("nothing-*.nii.gz", "no file matches", 1),
        ("missing/folder/*.nii", "no file matches", 1),
        ("only/*", "events.tsv", 1),
        ("run-[1.nii", "pattern", 2),
        ("run-{1,2}*.nii", "braces", 1),
    ] {
        let line = scratch.tsnr(["run-1.nii", pattern, "-o", "map.nii"]).error_of(exit_code);
        assert!(line.contains(pattern) && line.contains(says), "'{says}' in: {line}");
    }
    assert_eq!(scratch.names(), ["only", "run-1.nii"]);
}

#[test]
fn a_file_whose_name_is_a_pattern_is_that_file() {
    let names = ["run[1].nii", "run1.nii", "run*.nii"];
    let scratch = folder_of_runs(&names);
    for name in ["run[1].nii", "run*.nii"] {
        let outcome = scratch.tsnr([name, "-v", "-o", "map.nii"]).succeeded();
        assert_eq!(listed(&outcome, &names), [name]);
    }
}

#[test]
fn a_name_that_is_no_text_is_read() {
    let scratch = Scratch::new();
    let name = OsString::from_vec(b"run-\xFF\xFE.nii".to_vec());
    fs::write(scratch.path("x").with_file_name(&name), run_bytes()).expect("a run");
    scratch.tsnr([name, "-o".into(), "map.nii".into()]).succeeded();
    assert_eq!(Map::read(&scratch.path("map.nii")).shape, [5, 4, 3]);
}

#[test]
fn a_name_that_is_no_text_beside_what_a_pattern_matches_does_no_harm() {
    let scratch = folder_of_runs(&["func/a-1.nii", "func/a-2.nii"]);
    let named = |bytes: &[u8]| scratch.path("func").join(OsString::from_vec(bytes.to_vec()));
    fs::write(named(b"notes_m\xFCller.txt"), "").expect("a file");
    fs::create_dir(named(b"\xC5rhus")).expect("a folder");
    fs::write(named(b"\xC5rhus/a-3.nii"), run_bytes()).expect("a run");
    fs::write(named(b"\xE9t\xE9.tsv"), "x\n1\n").expect("a table");
    fs::write(named(b"a.tsv"), "x\n").expect("a table");
    let volumes = |pattern: &str| {
        let outcome = scratch.tsnr([pattern, "-o", "map.nii"]).succeeded();
        outcome.summary("runs").split(':').next().map(str::to_owned)
    };
    for (pattern, runs) in [("func/a-*.nii", "2"), ("*/*/*.nii", "1"), ("**/a-?.nii", "3")] {
        assert_eq!(volumes(pattern).as_deref(), Some(runs), "{pattern}");
    }
    for option in ["--confounds", "--censor"] {
        let given = |pattern| match option {
            "--confounds" => vec![option, pattern, "--confound-columns=x"],
            _ => vec![option, pattern],
        };
        let run = ["func/a-1.nii", "-o", "map.nii"];
        let outcome = scratch.tsnr(run.iter().chain(&given("func/n*.none")));
        assert!(outcome.error().contains("no file matches this pattern"));
        // Both tables are found, one of them by its odd name.
        let outcome = scratch.tsnr(run.iter().chain(&given("func/*.tsv")));
        let error = outcome.error();
        assert!(error.contains("files: 2, runs: 1"), "{error}");
    }
}

#[test]
fn a_link_into_an_annex_whose_content_was_not_fetched_names_the_command_that_fetches_it() {
    let scratch = folder_of_runs(&["sub-01/run-1_bold.nii.gz"]);
    let target = "../.git/annex/objects/Xk/2J/MD5E-s22944165--0f.nii.gz/MD5E-s22944165--0f.nii.gz";
    symlink(target, scratch.path("sub-01/run-2_bold.nii.gz")).expect("a link");
    for input in ["sub-01/*_bold.nii.gz", "sub-01/run-2_bold.nii.gz"] {
        let line = scratch.tsnr([input, "-o", "map.nii"]).error();
        assert!(line.starts_with("tsnr: error: sub-01/run-2_bold.nii.gz: "), "{line}");
        assert!(line.contains("datalad get 'sub-01/run-2_bold.nii.gz'"), "{line}");
    }
}

#[test]
fn a_path_that_leads_to_no_file_is_said_to_be_what_it_is() {
    let scratch = folder_of_runs(&["run-1.nii", "folder/run-1.nii"]);
    symlink("gone.nii", scratch.path("link.nii")).expect("a link");
    for (input, says) in [
        ("missing.nii", "no such file"),
        ("link.nii", "gone.nii"),
        ("folder", "directory"),
        ("folder/", "directory"),
        ("/dev/null", "empty"),
        ("run-1.nii/run-2.nii", "cannot open"),
    ] {
        let line = scratch.tsnr(["run-1.nii", input, "-o", "map.nii"]).error();
        assert!(line.starts_with(&format!("tsnr: error: {input}: ")), "{line}");
        assert!(line.contains(says), "'{says}' in: {line}");
    }
    assert_eq!(scratch.names(), ["folder", "link.nii", "run-1.nii"]);
}

#[test]
fn a_file_that_may_not_be_read_is_an_error_that_says_so() {
    let scratch = folder_of_runs(&["run-1.nii"]);
    fs::set_permissions(scratch.path("run-1.nii"), fs::Permissions::from_mode(0o000))
        .expect("rights");
    for input in ["run-1.nii", "run-*.nii"] {
        let line = scratch.tsnr_without_privileges([input, "-o", "map.nii"]).error();
        assert!(line.starts_with("tsnr: error: run-1.nii: "), "{line}");
        assert!(line.contains("Permission denied"), "{line}");
    }
}

#[test]
fn a_named_pipe_is_no_match_of_a_pattern_and_nothing_but_a_run_and_is_not_waited_for() {
    let scratch = folder_of_runs(&["run-1.nii"]);
    for name in ["pipe.nii", "pipe"] {
        let made = Command::new("mkfifo").arg(scratch.path(name)).status().expect("mkfifo starts");
        assert!(made.success());
    }
    for (input, exit_code) in
        [("--mask=pipe.nii", 1), ("--atlas=pipe", 1), ("*.nii", 0), ("[pr]*[e1]*", 0), ("pip*", 1)]
    {
        let mut command = scratch.program();
        command.args(["run-1.nii", input, "-o", "map.nii", "--table=t.tsv"]).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let started = Instant::now();
        while child.try_wait().expect("a child").is_none() {
            if started.elapsed() > Duration::from_secs(10) {
                let _ = child.kill();
                panic!("'{input}': the program waits for a pipe");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let outcome = Outcome::from_output(child.wait_with_output().expect("its output"));
        assert_eq!(outcome.exit_code, Some(exit_code), "{input}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("pipe"), "{input}: {}", outcome.stderr);
    }
}

// ---- Usage ------------------------------------------------------------------------------------

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_is_wrong() {
    let scratch = folder_of_runs(&["run.nii"]);
    for (arguments, says) in [
        (&["-o", "map.nii"][..], "INPUTS"),
        (&["run.nii", "-o", "map.txt"], ".nii.gz"),
        (&["run.nii", "-o", "map"], ".nii.gz"),
        (&["run.nii", "-o", "map.nii", "--mean", "mean.gz"], ".nii.gz"),
        (&["run.nii", "-o", "map.nii", "--std", "std.NII.zip"], ".nii.gz"),
        (&["run.nii", "-o", "map.nii", "--mode", "fast"], "serial, delayed, array"),
        (&["run.nii", "-o", "map.nii", "--threads", "0"], "at least 1"),
        (&["run.nii", "-o", "map.nii", "--threads", "two"], "--threads"),
        (&["run.nii", "-o", "map.nii", "--chunk-length", "0"], "at least 1"),
        (&["run.nii", "-o", "map.nii", "--ddof", "-1"], "-1"),
        (&["run.nii", "-o", "map.nii", "--ddof", "x"], "--ddof"),
        (&["run.nii", "-o", "map.nii", "--dtype", "int16"], "float32, float64"),
        (&["run.nii", "-o", "map.nii", "--undefined", "minus"], "zero, nan"),
        (&["run.nii", "-o", "map.nii", "-q", "-v"], "cannot be used with"),
        (&["run.nii", "-o", "map.nii", "--mean", "map.nii"], "map.nii"),
        (&["run.nii", "-o", "map.nii", "--mean", "a.nii", "--std", "a.nii"], "a.nii"),
        (&["run.nii", "-o", "map.nii", "-o", "other.nii"], "--output"),
        (&["run.nii", "-o", "map.nii", "--no-such-option"], "--no-such-option"),
    ] {
        let outcome = scratch.tsnr(arguments);
        assert_eq!(outcome.exit_code, Some(2), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(says), "'{says}' in: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
        assert_eq!(scratch.names(), ["run.nii"]);
    }
}

#[test]
fn two_maps_are_not_written_to_one_file_however_it_is_spelled() {
    let scratch = folder_of_runs(&["run.nii", "folder/run.nii"]);
    for other in ["./map.nii", "folder/../map.nii", &scratch.path("map.nii").display().to_string()]
    {
        let outcome = scratch.tsnr(["run.nii", "-o", "map.nii", "--mean", other]);
        assert_eq!(outcome.exit_code, Some(2), "{other}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("one file"), "{}", outcome.stderr);
        assert_eq!(scratch.names(), ["folder", "run.nii"]);
    }
}

#[test]
fn ddof_that_leaves_nothing_of_the_volumes_is_an_error() {
    let scratch = folder_of_runs(&["run.nii"]);
    for ddof in ["6", "7", "18446744073709551615"] {
        let line = scratch.tsnr(["run.nii", "-o", "map.nii", "--ddof", ddof]).error();
        assert!(line.contains("6 volumes") && line.contains("--ddof"), "{line}");
    }
    scratch.tsnr(["run.nii", "-o", "map.nii", "--ddof", "5"]).succeeded();
}

#[test]
fn more_threads_than_work_do_no_harm() {
    let scratch = folder_of_runs(&["run.nii"]);
    scratch.tsnr(["run.nii", "-o", "map.nii", "--threads", "64"]).succeeded();
    let outcome = scratch.tsnr(["run.nii", "-o", "map.nii", "--threads", "18446744073709551615"]);
    if outcome.exit_code != Some(0) {
        assert!(outcome.error().contains("--threads"));
    }
}

#[test]
#[ignore = "needs root, to be a user without processes"]
fn where_threads_cannot_be_started_the_work_is_done_or_an_error_says_so() {
    let scratch = folder_of_runs(&["run-1.nii", "run-2.nii"]);
    let program = scratch.path("tsnr");
    fs::copy(env!("CARGO_BIN_EXE_tsnr"), &program).expect("a copy that others may run");
    fs::create_dir(scratch.path("new")).expect("a folder");
    for folder in ["", "new"] {
        let mode = fs::Permissions::from_mode(0o777);
        fs::set_permissions(scratch.path(folder), mode).expect("a mode");
    }
    let user = 1_000_000 + std::process::id();
    let mut ends = Vec::new();
    for processes in 1..=8 {
        let line = format!(
            "exec timeout --kill-after=1 60 setpriv --reuid={user} --regid={user} --clear-groups \
             bash -c 'ulimit -u {processes}; exec ./tsnr run-?.nii -q --threads 2 -o new/map.nii'"
        );
        let outcome = scratch.bash(&line, [""; 0]);
        let says = outcome.stderr.contains("cannot start") && !outcome.stderr.contains("defect");
        assert!(outcome.exit_code == Some(0) || says, "{processes}: {outcome:?}");
        ends.push(outcome.exit_code);
    }
    assert_eq!((ends[0], ends[7]), (Some(1), Some(0)), "{ends:?}");
    assert!(ends.is_sorted_by_key(|it| it.map(std::cmp::Reverse)), "{ends:?}");
}

#[test]
fn version_and_help_go_to_stdout() {
    let scratch = Scratch::new();
    for option in ["--version", "-V"] {
        let outcome = scratch.tsnr([option]).succeeded();
        assert_eq!(outcome.stdout, concat!("tsnr ", env!("CARGO_PKG_VERSION"), "\n"));
        assert_eq!(outcome.stderr, "");
    }
    for option in ["--help", "-h"] {
        let outcome = scratch.tsnr([option]).succeeded();
        assert!(outcome.stdout.contains("Usage: tsnr "), "{}", outcome.stdout);
        assert_eq!(outcome.stderr, "");
    }
}

#[test]
fn help_holds_every_option_the_definition_the_modes_and_examples() {
    let help = Scratch::new().tsnr(["--help"]).succeeded().stdout;
    for text in [
        "-o, --output",
        "--mean",
        "--std",
        "--dtype",
        "float32",
        "float64",
        "--undefined",
        "zero",
        "nan",
        "--mode",
        "serial",
        "delayed",
        "array",
        "--threads",
        "--atlas",
        "--table",
        "--ddof",
        "-q, --quiet",
        "-v, --verbose",
        "-h, --help",
        "-V, --version",
        "<INPUTS>",
        "tSNR = mean / std",
        "N - ddof",
        "numpy",
        "AFNI",
        "FSL",
        "Dask",
        "concatenated",
        "Examples:",
        "Exit status",
        "130",
        "[default: array]",
        "[default: 0]",
        "[default: float32]",
        "[default: zero, or that of --definition]",
    ] {
        assert!(help.contains(text), "'{text}' in: {help}");
    }
    // Grouped: more headings than one stand above the options.
    let is_heading = |line: &&str| line.ends_with(':') && !line.starts_with(' ');
    assert!(help.lines().filter(is_heading).count() >= 5, "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
}

/// As wide as many terminals are, with room for what was typed.
#[test]
fn the_short_help_fits_a_screen_and_no_line_of_help_is_a_single_word_at_any_width() {
    let scratch = Scratch::new();
    let help = |command: &[&str], columns: usize| {
        let mut program = scratch.program();
        let output = program.args(command).env("COLUMNS", columns.to_string()).output();
        Outcome::from_output(output.expect("the program starts")).succeeded().stdout
    };
    for command in [&["-h"][..], &["diff", "-h"], &["info", "-h"], &["compare", "-h"]] {
        let lines = help(command, 80).lines().count();
        assert!(lines <= 40, "{command:?}: {lines} lines");
    }
    for command in
        [&["-h"][..], &["--help"], &["diff", "--help"], &["info", "--help"], &["compare", "--help"]]
    {
        for columns in (60..=120).step_by(3) {
            let text = help(command, columns);
            let lines: Vec<&str> = text.lines().collect();
            for pair in lines.windows(2) {
                let (before, line) = (pair[0].chars().count(), pair[1]);
                let is_alone = line.starts_with("   ") && line.split_whitespace().count() == 1;
                let goes_on = 10 * before > 6 * columns && !line.trim_start().starts_with('-');
                assert!(!(is_alone && goes_on), "{command:?} in {columns}: {pair:?}");
            }
        }
    }
}

#[test]
fn every_example_of_the_help_runs() {
    let help = Scratch::new().tsnr(["--help"]).succeeded().stdout;
    let (_, examples) = help.split_once("\nExamples:\n").expect("examples");
    let examples: Vec<&str> =
        examples.lines().map(str::trim).filter(|line| line.starts_with("tsnr ")).collect();
    assert!(examples.len() >= 9, "{examples:?}");
    let program = env!("CARGO_BIN_EXE_tsnr");
    for example in examples {
        let scratch = folder_of_runs(&[
            "sub-01/func/sub-01_run-1_bold.nii.gz",
            "sub-01/func/sub-01_run-2_bold.nii.gz",
            "func/run-1.nii.gz",
            "run-1.nii.gz",
            "run-2.nii.gz",
        ]);
        scratch.file("sub-01/func/sub-01_run-1_bold.json", "{}");
        for map in ["before.nii.gz", "after.nii.gz"] {
            scratch.file(map, session_image(INT16, 16, |[x, ..]| x as f64));
        }
        let line = format!("tsnr() {{ '{program}' \"$@\"; }}; {example}");
        let outcome = scratch.bash(&line, [""; 0]).succeeded();
        let maps = ["tsnr.nii.gz", "mean.nii.gz", "std.nii.gz"];
        for output in maps.into_iter().chain(["graph.svg", "profile.html", "diff.html"]) {
            assert_eq!(scratch.path(output).exists(), example.contains(output), "{example}");
        }
        let prints =
            ["tsnr compare ", "tsnr info ", "--definitions"].iter().any(|it| example.contains(it));
        assert_eq!(outcome.stdout.is_empty(), !prints, "{example}");
    }
}

#[test]
fn completions_complete_what_can_be_typed() {
    let scratch = Scratch::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = scratch.tsnr(["completions", shell]).succeeded();
        assert!(outcome.stdout.contains("detrend"), "{shell}: {}", outcome.stdout);
        assert_eq!(outcome.stderr, "");
    }
    let complete = |words: &str| -> Vec<String> {
        let last = words.rsplit(' ').next().expect("a word");
        let line = format!(
            "source <(\"$1\" completions bash); COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _tsnr tsnr {last} \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let program = env!("CARGO_BIN_EXE_tsnr");
        let output = Command::new("bash").args(["-c", &line, "bash", program]).output();
        let outcome = Outcome::from_output(output.expect("bash starts")).succeeded();
        assert_eq!(outcome.stderr, "", "{words}");
        outcome.stdout.lines().map(str::to_owned).collect()
    };
    assert_eq!(complete("tsnr --detr"), ["--detrend"]);
    assert_eq!(complete("tsnr comp"), ["compare", "completions"]);
    assert_eq!(complete("tsnr compare --repe"), ["--repeat"]);
    let outcome = scratch.tsnr(["completions", "csh"]);
    assert_eq!(outcome.exit_code, Some(2));
    assert!(scratch.names().is_empty());
}

#[test]
fn the_man_pages_have_every_option_and_command() {
    let scratch = Scratch::new();
    let page = scratch.tsnr(["man"]).succeeded().stdout;
    assert!(page.contains(".TH tsnr 1") && page.contains("mean / std"), "{page}");
    assert!(page.contains("\\-\\-detrend") && !page.contains('\u{a0}'), "{page}");
    for command in ["run", "diff", "info", "compare", "completions", "man"] {
        assert!(page.contains(&format!("tsnr\\-{command}(1)")), "{command} in {page}");
        let page = scratch.tsnr(["man", command]).succeeded().stdout;
        let source = format!("\"tsnr-{command} {}\"", env!("CARGO_PKG_VERSION"));
        let title = page.lines().find(|it| it.starts_with(&format!(".TH tsnr-{command} 1")));
        assert!(title.is_some_and(|it| it.contains(&source)), "{page}");
    }
    let compare = scratch.tsnr(["man", "compare"]).succeeded().stdout;
    assert!(compare.contains("\\-\\-repeat"), "{compare}");
    let error = scratch.tsnr(["man", "woman"]).error_of(2);
    assert!(error.contains("no command 'woman'") && error.contains("compare"), "{error}");
}

// ---- What is said -----------------------------------------------------------------------------

#[test]
fn the_summary_says_what_was_read_and_what_came_out() {
    let scratch = Scratch::new();
    let runs = session_pattern();
    let arguments = ["-o", "map.nii.gz", "--mode", "delayed", "--threads", "3"];
    let outcome = scratch.tsnr([&*runs].iter().chain(&arguments)).succeeded();
    assert_eq!(outcome.stdout, "");
    let expected = Map::read(&testdata("expected/session_ddof0_tsnr.nii"));
    let mut defined: Vec<f64> = expected.values.into_iter().filter(|it| it.is_finite()).collect();
    defined.sort_by(f64::total_cmp);
    let middle = defined.len() / 2;
    let median = (defined[(defined.len() - 1) / 2] + defined[middle]) / 2.0;

    let runs = outcome.summary("runs");
    for text in ["5", "43 + 46 + 59 + 22 + 19", "189 volumes"] {
        assert!(runs.contains(text), "'{text}' in: {runs}");
    }
    let grid = outcome.summary("grid");
    assert!(grid.contains("20x20x10") && grid.contains("4x4x6 mm"), "{grid}");
    let definition = outcome.summary("definition");
    for text in ["mean / std", "ddof 0", "concatenated", "no detrending"] {
        assert!(definition.contains(text), "'{text}' in: {definition}");
    }
    assert_eq!(
        outcome.summary("undefined"),
        format!("{0} voxels, written as 0: {0} always 0", count(4000 - defined.len()))
    );
    let shown = outcome.summary("median tSNR");
    let (number, rest) = shown.split_once(' ').expect("a number");
    let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
    let found: f64 = number.parse().expect("a number");
    assert!((found - median).abs() <= 0.5 * 10_f64.powi(-decimals), "{shown}, expected {median}");
    assert!(number.len() >= 4 && rest.contains(&count(defined.len())), "{shown}");
    assert!(outcome.summary("written").contains("map.nii.gz"));
    let time = outcome.summary("time");
    let (seconds, memory) = time.split_once(", peak memory ").expect("time and memory");
    let number = seconds.split_once(" ms").or(seconds.split_once(" s")).expect("a unit").0;
    assert!(number.parse::<f64>().is_ok_and(|number| number < 1000.0), "{time}");
    let (actual, predicted) = memory.split_once(" of ").expect("actual and predicted memory");
    for memory in [actual, predicted.strip_suffix(" predicted").expect("a prediction")] {
        let mebibytes = memory.strip_suffix(" MiB").and_then(|number| number.parse::<f64>().ok());
        assert!(mebibytes.is_some_and(|number| (1.0..1000.0).contains(&number)), "{time}");
    }
    assert!(outcome.stderr.contains("delayed mode, 3 threads"), "{}", outcome.stderr);
}

#[test]
fn the_summary_says_why_voxels_are_undefined() {
    let scratch = Scratch::new();
    let run = testdata("odd/float32_nonfinite.nii.gz").display().to_string();
    let outcome = scratch.tsnr([&*run, "-o", "map.nii", "--undefined", "nan"]).succeeded();
    assert_eq!(
        outcome.summary("undefined"),
        "7 voxels, written as NaN: 1 always 0, 2 constant but not 0, 4 not finite"
    );
    assert!(outcome.summary("median tSNR").ends_with("over 53 defined voxels"));
}

#[test]
fn a_map_without_a_defined_voxel_is_written_and_said_to_be_so() {
    let scratch = Scratch::new();
    let header = program::bytes::Header::int16(3);
    scratch.file("run.nii", header.file(&[0.0; 180]));
    let outcome = scratch.tsnr(["run.nii", "-o", "map.nii"]).succeeded();
    assert!(outcome.summary("median tSNR").contains("no voxel is defined"), "{}", outcome.stderr);
    assert!(outcome.summary("undefined").starts_with("60 voxels"), "{}", outcome.stderr);
}

#[test]
fn a_series_of_volumes_is_one_run_in_the_summary() {
    let scratch = Scratch::new();
    let volumes = testdata("odd/series/vol_*.nii").display().to_string();
    let outcome = scratch.tsnr([&*volumes, "-o", "map.nii"]).succeeded();
    let runs = outcome.summary("runs");
    assert!(runs.starts_with("1: 12 volumes") && runs.contains("12 files"), "{runs}");
}

#[test]
fn quiet_is_silent_on_success_and_still_warns_and_fails_aloud() {
    let scratch = Scratch::new();
    let odd = |name: &str| testdata("odd").join(name).display().to_string();
    scratch.file("runs/sound_bold.nii", sound_run_bytes());
    scratch.file("runs/sound_bold.json", "{}");
    let noted = scratch.tsnr(["runs/*", "-o", "map.nii"]).succeeded();
    assert_eq!(noted.found_as("files-skipped").len(), 1, "{}", noted.stderr);
    for quiet in ["-q", "--quiet"] {
        let outcome = scratch.tsnr(["runs/*", "-o", "map.nii", quiet]).succeeded();
        assert_eq!((&*outcome.stdout, &*outcome.stderr), ("", ""));
        let runs = [odd("int16_le.nii"), odd("affine_shifted.nii")];
        let outcome = scratch.tsnr([&*runs[0], &*runs[1], "-o", "map.nii", quiet]).succeeded();
        let names: Vec<&str> = outcome.found().iter().map(|it| it.name).collect();
        assert_eq!(names, ["affine-differs", "between-runs", "constant"]);
        assert_eq!((outcome.warnings().len(), outcome.stderr.lines().count()), (3, 3));
        assert!(
            scratch.tsnr([&*odd("empty.nii"), "-o", "map.nii", quiet]).error().contains("empty")
        );
    }
}

#[test]
fn no_progress_bar_is_drawn_where_stderr_is_no_terminal() {
    let scratch = Scratch::new();
    let runs = session_pattern();
    for mode in program::MODES {
        let outcome = scratch.tsnr([&*runs, "-v", "-o", "map.nii", "--mode", mode]).succeeded();
        let is_control = |c: char| c.is_control() && c != '\n';
        assert!(!outcome.stderr.contains(is_control), "{:?}", outcome.stderr);
        assert!(!outcome.stderr.contains("left"), "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
    }
}

#[test]
fn a_closed_or_full_stderr_does_no_harm() {
    let run = testdata("odd/extensions.nii.gz").display().to_string();
    let runs = session_pattern(); // brings a warning
    for line in ["\"$@\" 2>&-", "\"$@\" 2>/dev/full", "\"$@\" 2>&- >&- <&-"] {
        for run in [&*run, &*runs] {
            let scratch = Scratch::new();
            scratch.bash(line, [run, "-v", "-o", "map.nii"]).succeeded();
            assert_eq!(scratch.names(), ["map.nii"]);
        }
        let scratch = Scratch::new();
        let outcome = scratch.bash(line, ["missing.nii", "-o", "map.nii"]);
        assert_eq!(outcome.exit_code, Some(1), "{line}");
    }
    // A reader that goes away.
    for run in [&*run, &*runs] {
        let scratch = Scratch::new();
        let mut command = scratch.program();
        command.args([run, "-v", "-o", "map.nii"]).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        drop(child.stderr.take());
        assert_eq!(child.wait().expect("an end").code(), Some(0));
        assert_eq!(scratch.names(), ["map.nii"]);
    }
}

#[test]
fn help_into_a_closed_pipe_is_a_normal_end() {
    let mut command = program::program();
    command.arg("--help").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop(child.stdout.take());
    let outcome = Outcome::from_output(child.wait_with_output().expect("an end"));
    assert_eq!((outcome.exit_code, &*outcome.stderr), (Some(0), ""));
}

#[test]
fn a_sentence_for_the_methods_section_says_what_was_done() {
    let scratch = Scratch::new();
    let sentence = |arguments: &[&str]| {
        let arguments = [arguments, &["-q", "--json", "said.json"]].concat();
        scratch.tsnr(arguments).succeeded();
        let text = fs::read_to_string(scratch.path("said.json")).expect("the file");
        let said: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        said["definition"]["sentence"].as_str().expect("a sentence").to_owned()
    };
    let version = env!("CARGO_PKG_VERSION");
    let start = format!(
        "Temporal SNR was computed with tsnr {version} as the temporal mean divided by the \
         standard deviation over time"
    );
    let run = testdata("odd/int16_le.nii").display().to_string();
    let over = "; median, quartiles and mean are over the 58 voxels with a value";
    assert_eq!(
        sentence(&[&run, "--ddof", "1"]),
        format!("{start} (N = 6 volumes, TR 2.5 s; divisor N - 1){over}.")
    );
    assert_eq!(
        sentence(&[&run, "--detrend", "1", "--dummy-scans", "1", "--volumes", "0:5"]),
        format!(
            "{start} of the residuals (N = 4 of 6 volumes, TR 2.5 s; divisor N), after regression \
             of a polynomial of order 1; only volumes 0 to 4, counted from 0, of the run were looked \
             at; 1 dummy scan was left out{over}."
        )
    );
    // Dummy scans that were not chosen are dummy scans all the same, and no volume is said that is not there.
    assert_eq!(
        sentence(&[&run, "--dummy-scans", "2", "--volumes", "1:1000"]),
        format!(
            "{start} (N = 4 of 6 volumes, TR 2.5 s; divisor N); only volumes from 1 on, counted from \
             0, of the run were looked at; 2 dummy scans were left out{over}."
        )
    );
    let none = "; no dummy scans were found, looked for among the first 50 volumes as outliers of \
                the global signal (modified z-score above 3.5)";
    assert_eq!(
        sentence(&[&run, "--dummy-scans", "auto", "--definition", "nipype", "--detrend", "2"]),
        format!(
            "Temporal SNR was computed with tsnr {version} by the definition of nipype's TSNR, as \
             the temporal mean less the means of the fitted polynomials (nipype's regress_poly) \
             divided by the standard deviation over time of the residuals (N = 6 volumes, TR 2.5 \
             s; divisor N), after regression of a polynomial of order 2{none}; samples that are NaN \
             counted as 0; voxels with a standard deviation of at most 0.001 have no value{over}."
        )
    );
    let tables = testdata("confounds/*_timeseries.tsv").display().to_string();
    let options = "--combine demean --ddof rank --highpass 60 --fd-thresh 0.5 --mask auto \
                   --confound-columns rot_?,csf --confounds";
    let arguments: Vec<&str> = options.split_whitespace().chain([&*tables]).collect();
    let session = session_pattern();
    // Means of 5 runs, 16 cosines and 20 confounds.
    let of_the_session = format!(
        "{start} of the residuals (N = 184 of 189 volumes of 5 runs, TR 2.5 and 5 s; divisor N less \
         the 41 fitted parameters) within runs, pooled, after regression of cosines slower than 60 s \
         (3, 3, 4, 3, 3 by run) and the confounds rot_?, csf (4 for each run); 5 volumes were \
         censored (framewise displacement above 0.5 mm); median, quartiles and mean are over the 1,088 \
         voxels with a value in a brain mask of the temporal mean (nilearn's compute_epi_mask)."
    );
    assert_eq!(sentence(&[&[&*session], &arguments[..]].concat()), of_the_session);
    let widened = ["--dvars-thresh=90", "--censor-after=2", "--fd-thresh=90", "--dummy-scans=auto"];
    let said = sentence(&[&[&*session, "--confounds", &*tables], &widened[..]].concat());
    let says = "; 3 dummy scans (2, 1, 0, 0, 0 by run) were left out, by the tables of confounds; no \
                volumes were censored (framewise displacement above 90 mm, standardized DVARS above \
                90, with 0 volumes before and 2 after each); ";
    assert!(said.contains(says), "{said}");
    let average = sentence(&[&session, "--combine=average", "--ddof=rank", "--highpass=60"]);
    let says = "; divisor the volumes of each run less its fitted parameters (4, 4, 5, 4, 4 by run)), \
                averaged over runs with equal weight, ";
    assert!(average.contains(says), "{average}");
    let weighted = sentence(&[&session, "--combine=weighted"]);
    let says = "; divisor the volumes of each run) of each run, combined as the root mean square over \
                runs with each volume weighted equally; ";
    assert!(weighted.contains(says), "{weighted}");
}

/// A tool's name stands only for its whole definition, in every output.
#[test]
fn a_definition_of_which_something_is_changed_is_no_longer_the_tools() {
    let scratch = Scratch::new();
    let run = program::session_runs()[2].display().to_string();
    let table =
        testdata("confounds/sub-01_ses-test_task-linebisection_desc-confounds_timeseries.tsv");
    let (table, mean) = (format!("--confounds={}", table.display()), format!("--mean-from={run}"));
    let said = |name: &str, options: &[&str]| {
        let definition = format!("--definition={name}");
        let base = [&*run, &definition, "--json=said.json", "--report=page.html"];
        let outcome = scratch.tsnr([&base[..], options].concat()).succeeded();
        let text = |name: &str| fs::read_to_string(scratch.path(name)).expect("the file");
        let json: serde_json::Value = serde_json::from_str(&text("said.json")).expect("JSON");
        let page = text("page.html");
        let shown = page.split(" as defined by <b>").nth(1).expect("a name").split('<').next();
        (outcome.summary("definition").to_owned(), json["definition"].clone(), {
            shown.unwrap().to_owned()
        })
    };
    for (name, cited, options) in [
        ("afni", "AFNI's 3dTstat -tsnr", &[][..]),
        ("afni", "AFNI's 3dTstat -tsnr", &["--ddof=1", "--combine=concat", "--undefined=zero"]),
        ("afni", "AFNI's 3dTstat -tsnr", &["--dummy-scans=2", "--volumes=1:40", "--mask=auto"]),
        ("afni-cvarinv", "AFNI's 3dTstat -cvarinv", &["--detrend=1"]),
        ("nipype", "nipype's TSNR", &["--detrend=2"]),
        ("sfnr", "SFNR (Friedman and Glover 2006)", &[]),
        ("numpy", "numpy's mean / std", &["--undefined=numpy"]),
        ("fsl", "fslmaths -Tmean / -Tstd", &[]),
        ("workbench", "Connectome Workbench's -cifti-reduce TSNR", &["--ddof=1"]),
    ] {
        let (summary, json, page) = said(name, options);
        assert!(summary.ends_with(&format!(" (as {name})")), "{options:?}: {summary}");
        assert_eq!((&json["name"], &json["based_on"]), (&name.into(), &name.into()));
        let sentence = json["sentence"].as_str().expect("a sentence");
        let by = format!(" by the definition of {cited}, as ");
        assert!(sentence.contains(&by), "{sentence}");
        assert_eq!(page, name);
    }
    for (name, cited, options, changes) in [
        ("afni", "AFNI's 3dTstat -tsnr", &["--ddof=0"][..], "ddof"),
        ("afni", "AFNI's 3dTstat -tsnr", &["--detrend=1"], "the trend"),
        ("afni", "AFNI's 3dTstat -tsnr", &[&*mean], "the mean from another image"),
        ("afni-cvarinv", "AFNI's 3dTstat -cvarinv", &["--detrend=2"], "the trend"),
        ("sfnr", "SFNR (Friedman and Glover 2006)", &["--detrend=0"], "the trend"),
        ("nipype", "nipype's TSNR", &["--combine=average"], "how runs are combined"),
        ("fsl", "fslmaths -Tmean / -Tstd", &["--highpass=60"], "a high-pass filter"),
        ("numpy", "numpy's mean / std", &[&*table, "--confound-columns=csf"], "confounds"),
        ("numpy", "numpy's mean / std", &["--undefined=nan"], "how undefined voxels are written"),
        ("fsl", "fslmaths -Tmean / -Tstd", &["--ddof=rank", "--detrend=1"], "ddof, the trend"),
    ] {
        let (summary, json, page) = said(name, options);
        let modified = format!("modified from {name}: {changes}");
        assert!(summary.ends_with(&format!(" ({modified})")), "{options:?}: {summary}");
        assert!(json["name"].is_null(), "{options:?}");
        assert_eq!(json["based_on"], name);
        let sentence = json["sentence"].as_str().expect("a sentence");
        let by = format!(" by a definition modified from {cited} (changed: {changes}), as ");
        assert!(sentence.contains(&by) && !sentence.contains("by the definition"), "{sentence}");
        assert_eq!(page, modified);
    }
    // Nobody's, though numpy's is the same but for the undefined voxels.
    let base = [&*run, "--json=said.json", "--report=page.html"];
    let outcome = scratch.tsnr(base).succeeded();
    assert!(!outcome.summary("definition").contains('('), "{}", outcome.stderr);
    let text = |name: &str| fs::read_to_string(scratch.path(name)).expect("the file");
    let json: serde_json::Value = serde_json::from_str(&text("said.json")).expect("JSON");
    let definition = &json["definition"];
    assert!(definition["name"].is_null() && definition["based_on"].is_null(), "{definition}");
    assert!(
        !definition["sentence"].as_str().expect("a sentence").contains(" by the def"),
        "{definition}"
    );
    assert!(text("page.html").contains(" as defined by <b>mean / std, ddof 0</b>."));
    let table = scratch.tsnr([&*run, "--definitions", "--ddof=0"]).succeeded().stdout;
    let line = |name: &str| table.lines().find(|it| it.starts_with(name)).expect("a line for each");
    assert!(line("afni ").ends_with("  modified from AFNI's 3dTstat -tsnr: ddof"), "{table}");
    assert!(line("numpy ").ends_with("  mean / std, ddof 0, nothing removed"), "{table}");
}

#[test]
fn a_negative_number_is_judged_as_the_value_of_its_option() {
    let run = testdata("odd/int16_le.nii").display().to_string();
    for (options, says) in [
        (&["--threads", "-1"][..], "invalid value '-1' for '--threads <N>'"),
        (&["--ddof", "-1"], "invalid value '-1' for '--ddof <N|rank>'"),
        (&["--slices", "-1,2", "--png", "p.png"], "invalid value '-1,2' for '--slices"),
        (&["-o", "-1"], "invalid value '-1' for '--output <FILE>'"),
    ] {
        let outcome = Scratch::new().tsnr([&[&*run], options].concat());
        let stderr = &outcome.stderr;
        assert!(outcome.exit_code == Some(2) && stderr.contains(says), "{stderr}");
        assert!(!stderr.contains("'-- -1'"), "{stderr}");
    }
    let range = [&*run, "--png", "p.png", "--range", "-5:50"];
    Scratch::new().tsnr(range).succeeded();
}

#[test]
fn options_that_did_nothing_are_refused_with_the_reason_or_say_what_they_do() {
    let run = testdata("odd/int16_le.nii").display().to_string();
    let scratch = Scratch::new();
    for (options, says) in [
        (&["--undefined", "nan"][..], "--undefined needs"),
        (&["--undefined", "nan", "--definitions"], "--undefined cannot be used with --definitions"),
        (&["--mode", "serial", "--no-optimize"], "which no pass optimises"),
        (&["--preview", "--range", "0:9"], "--range cannot be used with --preview"),
        (&["--preview", "--colormap", "magma"], "no terminal that shows colours"),
    ] {
        let outcome = scratch.tsnr([&[&*run], options].concat());
        assert_eq!(outcome.exit_code, Some(2), "{options:?}");
        assert!(outcome.stderr.contains(says), "{options:?}: {}", outcome.stderr);
    }
    let serial = scratch.tsnr([&*run, "--mode", "serial", "--threads", "4"]).succeeded();
    assert!(serial.found_as("fewer-threads")[0].contains("serial mode computes on one"));
    // Quiet, the notes of a table of definitions are not said.
    let all = scratch.tsnr([&*run, "--definitions", "--mode", "serial"]).succeeded();
    let quiet = scratch.tsnr([&*run, "--definitions", "--mode", "serial", "-q"]).succeeded();
    let is_told = [&all, &quiet].map(|it| it.stderr.contains("runs-in-memory"));
    assert_eq!(is_told, [true, false]);
    assert_eq!(all.stdout, quiet.stdout);
}
