//! The guide says what the program says: every command, table, listing and picture of
//! `docs/guide.md` is run as it stands there, in a folder with the data that it speaks of.
//!
//! - A `sh` or `python` block runs; a `text` block behind one is what that prints.
//! - In a `console` block each line behind `$ ` runs, and what follows is all that is said, but
//!   for what differs by machine (the line of the mode, and that of time and memory).
//! - A table whose first column is `OPTIONS` has a run in each row: the command in front of it
//!   that holds the word, and the figures by the name of their column.
//! - A picture in `docs/guide/` is what a command of the guide draws, to the byte.
//!
//! The repository's own session is always there, and what the guide says of it is always held.
//! Commands on the Haxby runs and the other real data need `../shared/data`, and those on files
//! that Python makes need Python with numpy and nibabel: the test of the whole guide, run by
//! `.ci/run`, has all of it. With `TSNR_WRITE_GUIDE` set, it writes what it finds into the guide.

use crate::program;

use program::python::with_numpy_and_nibabel as python;
use program::{Outcome, Scratch, shared_data, testdata};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use tsnr::recipe::Tool;

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// Folders that the guide's commands name, and that only the test of the whole guide has.
const ELSEWHERE: [&str; 3] = ["haxby/", "single/", "made/"];

/// The beginning of a command that finds figures with numpy.
const PROOF: &str = "python docs/proof/guide.py ";

fn guide() -> String {
    fs::read_to_string(Path::new(PROJECT).join("docs/guide.md")).expect("the guide")
}

/// A folder with the repository's own session, in which the guide is read.
fn room_of_the_session() -> Scratch {
    let room = Scratch::new();
    symlink(testdata("sub-01"), room.path("sub-01")).expect("a link");
    symlink(testdata("confounds"), room.path("confounds")).expect("a link");
    symlink(Path::new(PROJECT).join("docs"), room.path("docs")).expect("a link");
    room
}

/// A folder with all that the guide speaks of.
fn room_of_everything() -> Scratch {
    let room = room_of_the_session();
    for name in ["haxby", "single"] {
        symlink(shared_data(name), room.path(name)).expect("a link");
    }
    fs::create_dir(room.path("made")).expect("a folder");
    room
}

/// Whether everything is there that a command names.
fn can_run(command: &str, room: &Scratch) -> bool {
    let needs_python = command.starts_with("python ");
    ELSEWHERE.iter().all(|name| !command.contains(name) || room.path(name).exists())
        && (!needs_python || room.path("made").exists())
}

/// Runs a line of bash that names the program as `tsnr`, and the Python of the tests as `python`.
fn run(line: &str, room: &Scratch) -> Outcome {
    let functions = "tsnr() { \"$0\" \"$@\"; }; python() { \"$TSNR_PYTHON\" -B \"$@\"; };";
    let needs_python = line.starts_with("python ");
    let line = format!("{functions} {line}");
    let mut command = Command::new("bash");
    command.args(["-c", &line, env!("CARGO_BIN_EXE_tsnr")]).current_dir(room.path(""));
    command.env_remove("COLUMNS");
    if needs_python {
        command.env("TSNR_PYTHON", python());
    }
    let outcome = Outcome::from_output(command.output().expect("bash starts"));
    assert_eq!(outcome.exit_code, Some(0), "{line}\n{}", outcome.stderr);
    outcome
}

/// What a command prints, without what differs by machine.
fn printed(line: &str, room: &Scratch) -> Vec<String> {
    let Outcome { stdout, stderr, .. } = run(line, room);
    let of_machine = |line: &&str| {
        line.starts_with("time  ")
            || line.starts_with(concat!("tsnr ", env!("CARGO_PKG_VERSION"), "   "))
    };
    let lines = stderr.lines().chain(stdout.lines());
    lines.filter(|line| !of_machine(line)).map(str::to_owned).collect()
}

fn run_python(script: &str, room: &Scratch) -> Vec<String> {
    let output =
        Command::new(python()).args(["-c", script]).current_dir(room.path("")).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

/// The figure of a run that stands in a column of this name; none of a column of words.
fn figure(column: &str, said: &Value) -> Option<String> {
    let number = |value: &Value| value.as_f64().expect("a number");
    let two_digits = |value: &Value| format!("{:.2}", number(value));
    let tsnr = &said["tsnr"];
    Some(match column {
        "median" => two_digits(&tsnr["median"]),
        "quartiles" => format!("{} to {}", two_digits(&tsnr["q25"]), two_digits(&tsnr["q75"])),
        "voxels" => tsnr["voxels"].to_string(),
        "volumes" => said["volumes_used"].to_string(),
        "divisor" => number(&said["definition"]["divisor"]).to_string(),
        "between runs" => {
            format!("{:.0}%", 100.0 * number(&said["between_runs"]["share_of_variance"]))
        }
        _ => return None,
    })
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The guide as it reads with what the program says today.
struct Rewritten {
    text: String,
    commands: usize,
    rows: usize,
}

fn rewritten(guide: &str, room: &Scratch) -> Rewritten {
    let mut new: Vec<String> = Vec::new();
    let (mut commands, mut rows) = (0, 0);
    let mut last_printed: Option<Vec<String>> = None;
    let mut columns: Option<Vec<String>> = None;
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        new.push(line.to_owned());
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let text = block.join("\n");
            let shown = || block.iter().map(|line| line.to_string());
            match (language, last_printed.take()) {
                ("text", Some(printed)) => new.extend(printed),
                ("python", _) => {
                    // Python is where the folder of what it makes is.
                    if room.path("made").exists() {
                        last_printed = Some(run_python(&text, room));
                        commands += 1;
                    }
                    new.extend(shown());
                }
                ("sh", _) => {
                    for line in text.lines().filter(|line| can_run(line, room)) {
                        last_printed = Some(printed(line, room));
                        commands += 1;
                    }
                    new.extend(shown());
                }
                ("console", _) => {
                    // Behind a command that cannot run none does: it may need what that leaves.
                    let mut is_run = true;
                    for line in &block {
                        if let Some(command) = line.strip_prefix("$ ") {
                            new.push(line.to_string());
                            is_run = is_run && can_run(command, room);
                            if is_run {
                                new.extend(printed(command, room));
                                commands += 1;
                            }
                        } else if !is_run {
                            new.push(line.to_string());
                        }
                    }
                }
                _ => new.extend(shown()),
            }
            new.push("```".to_owned());
        } else if line.starts_with("| OPTIONS") {
            columns = Some(cells(line));
        } else if !line.starts_with('|') {
            columns = None;
        } else if let (Some(columns), false) = (&columns, line.starts_with("|-"))
            && let Some(said) = row_said(&cells(line)[0], &new.join("\n"), room)
        {
            rows += 1;
            let filled = columns.iter().zip(cells(line)).map(|(column, cell)| {
                if column == "OPTIONS" { cell } else { figure(column, &said).unwrap_or(cell) }
            });
            let filled: Vec<String> = filled.collect();
            new.pop();
            new.push(format!("| {} |", filled.join(" | ")));
        }
    }
    Rewritten { text: new.join("\n") + "\n", commands, rows }
}

/// What the command of a table's row says: that in code before the row which has the word
/// OPTIONS, with what the row's first cell gives in code, if anything.
fn row_said(first_cell: &str, before: &str, room: &Scratch) -> Option<Value> {
    let is_command = |code: &&str| code.starts_with("tsnr ") && code.contains("OPTIONS");
    let command = before.split('`').rev().find(is_command).expect("a command with OPTIONS");
    let options = first_cell.split('`').nth(1).unwrap_or("");
    let command = format!("{} -q --json said.json", command.replace("OPTIONS", options));
    if !can_run(&command, room) {
        return None;
    }
    run(&command, room);
    let said = fs::read_to_string(room.path("said.json")).expect("the figures");
    Some(serde_json::from_str(&said).expect("JSON"))
}

/// The pictures that the guide shows.
fn pictures(guide: &str) -> Vec<PathBuf> {
    let links = guide.split("](guide/").skip(1).filter_map(|rest| rest.split(')').next());
    links.map(|name| Path::new(PROJECT).join("docs/guide").join(name)).collect()
}

#[track_caller]
fn assert_holds(guide: &str, text: &str) {
    for (number, (shown, said)) in guide.lines().zip(text.lines()).enumerate() {
        assert_eq!(shown, said, "docs/guide.md, line {}", number + 1);
    }
    assert_eq!(guide.lines().count(), text.lines().count(), "lines of docs/guide.md");
}

#[test]
fn the_guide_holds_what_the_program_says_of_the_session() {
    let guide = guide();
    let Rewritten { text, commands, rows } = rewritten(&guide, &room_of_the_session());
    assert!(commands >= 3 && rows >= 5, "{commands} commands and {rows} rows were run");
    assert_holds(&guide, &text);
}

#[test]
#[ignore = "needs ../shared/data, and Python with numpy and nibabel"]
fn the_guide_holds_what_the_program_says() {
    let (guide, room) = (guide(), room_of_everything());
    let Rewritten { text, commands, rows } = rewritten(&guide, &room);
    assert!(commands >= 20 && rows >= 20, "{commands} commands and {rows} rows were run");
    let is_writing = std::env::var_os("TSNR_WRITE_GUIDE").is_some();
    for shown in pictures(&guide) {
        let drawn = room.path(shown.file_name().unwrap().to_str().unwrap());
        match (drawn.exists(), is_writing) {
            (false, _) => panic!("no command of the guide draws {}", shown.display()),
            (true, true) => {
                fs::create_dir_all(shown.parent().unwrap()).unwrap();
                fs::copy(&drawn, &shown).unwrap();
            }
            (true, false) => {
                let is_same = fs::read(&drawn).unwrap() == fs::read(&shown).unwrap_or_default();
                assert!(is_same, "{} is not what is drawn today", shown.display());
            }
        }
    }
    if is_writing {
        fs::write(Path::new(PROJECT).join("docs/guide.md"), text).unwrap();
        return;
    }
    assert_holds(&guide, &text);
}

#[test]
#[ignore = "needs ../shared/data, and Python with numpy and nibabel"]
fn numpy_finds_the_medians_of_the_guide() {
    let room = room_of_everything();
    // The rows on files that Python makes and on a mask that a command writes need the commands.
    rewritten(&guide(), &room);
    let mut check = Command::new(python());
    let [script, guide] = ["tests/guide_check.py", "docs/guide.md"];
    check.arg(Path::new(PROJECT).join(script)).arg(Path::new(PROJECT).join(guide));
    check.arg(env!("CARGO_BIN_EXE_tsnr")).current_dir(room.path(""));
    let outcome = Outcome::from_output(check.output().expect("Python starts")).succeeded();
    let rows: usize = outcome.stdout.trim().parse().expect("a number of rows");
    assert!(rows >= 11, "{rows} rows were checked");
}

/// The figures of the guide that need no data: each is printed by the command above it.
#[test]
#[ignore = "needs Python with numpy"]
fn simulations_find_the_figures_of_the_guide() {
    let (guide, room) = (guide(), room_of_the_session());
    let script = fs::read_to_string(room.path("docs/proof/guide.py")).expect("the script");
    let names = script.split("@simulation\ndef ").skip(1);
    for name in names.filter_map(|it| it.split('(').next()) {
        let command = format!("{PROOF}{name}");
        let shown = guide.split(&format!("$ {command}\n")).nth(1);
        let shown = shown.unwrap_or_else(|| panic!("the guide shows {name}"));
        let shown: Vec<&str> = shown.lines().take_while(|line| *line != "```").collect();
        assert_eq!(printed(&command, &room), shown, "{command}");
    }
}

#[test]
fn the_guide_explains_every_finding_and_every_definition() {
    let guide = guide();
    for name in tsnr::findings::names().chain(Tool::ALL.map(Tool::name)) {
        assert!(guide.contains(&format!("`{name}`")), "the guide speaks of {name}");
    }
}

#[test]
fn the_guides_pictures_are_shown_and_small() {
    let shown = pictures(&guide());
    let folder = Path::new(PROJECT).join("docs/guide");
    let mut kept: Vec<PathBuf> =
        program::names(&folder).into_iter().map(|name| folder.join(name)).collect();
    let mut shown_once = shown.clone();
    shown_once.sort();
    kept.sort();
    assert_eq!(shown_once, kept, "each picture of docs/guide is shown once");
    for picture in shown {
        let bytes = fs::metadata(&picture).unwrap().len();
        assert!(bytes < 150_000, "{}: {bytes} bytes", picture.display());
    }
}
