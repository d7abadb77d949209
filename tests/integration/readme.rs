//! The commands of the README, and of the pages that it leads to, do what they say, in a folder with
//! what they name.
//!
//! Every `sh` block is run as it stands, but what builds or tests the project: the program and the
//! example that were built for the tests stand in for it. `.ci/run` reads the test command from the
//! README, and `.ci/run-all` runs those that build as they stand. The guide has a test of its own.
//! The README is short, every page says first for whom it is, and no link leads nowhere.

#[path = "../../crates/taskgraph/examples/delayed.rs"]
mod delayed;

use crate::program;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
/// What the commands need of the project.
const NEEDED: [&str; 2] = ["docs", "testdata"];
/// The pages whose commands are run, in one folder and in this order.
const PAGES: [&str; 4] = ["README.md", "docs/files.md", "docs/regions.md", "docs/engine.md"];
/// The most words of the README, as `wc -w` counts them.
const MOST_WORDS: usize = 1000;
/// How the README runs the program before it is installed.
const BUILD_AND_RUN: &str = "cargo run --release -- ";
/// What the pages install, run and test by cargo besides.
const BY_CARGO: [&str; 3] =
    ["cargo test", "cargo install --path .", "cargo run --release --example delayed"];

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(PROJECT).join(name)).expect("a page")
}

/// A line of a page for the program that is built; none if it is cargo's alone.
fn for_built_program(line: &str) -> Option<String> {
    if let Some(arguments) = line.strip_prefix(BUILD_AND_RUN) {
        return Some(format!("tsnr {arguments}"));
    }
    let is_by_cargo = line.contains("cargo");
    let command = line.split('#').next().unwrap_or_default().trim();
    assert!(!is_by_cargo || BY_CARGO.contains(&command), "this test does not know: {line}");
    (!is_by_cargo).then(|| line.to_owned())
}

fn sh_blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((_, opened)) = rest.split_once("```sh\n") {
        let (block, after) = opened.split_once("```").expect("a block ends");
        blocks.push(block.to_owned());
        rest = after;
    }
    blocks
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

fn run(line: &str, folder: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_tsnr"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").expect("a PATH")
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", line]).current_dir(folder).env("PATH", path).output().expect("bash runs")
}

#[test]
fn every_command_runs() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    for name in NEEDED {
        copy(&Path::new(PROJECT).join(name), &folder.join(name));
    }
    // The examples of use speak of a BIDS folder that one stands in.
    copy(&folder.join("testdata/sub-01"), &folder.join("sub-01"));

    let graphs = ["serial", "delayed", "array"].map(|mode| format!("docs/graph-{mode}.svg"));
    let pictures: Vec<String> =
        graphs.into_iter().chain(["docs/tsnr-map.png".to_owned()]).collect();
    for picture in &pictures {
        fs::remove_file(folder.join(picture)).expect("a picture to draw again");
    }

    let blocks: Vec<String> = PAGES.iter().flat_map(|name| sh_blocks(&page(name))).collect();
    let lines: Vec<&str> = blocks.iter().flat_map(|block| block.lines()).collect();
    let commands: Vec<String> = lines.iter().filter_map(|line| for_built_program(line)).collect();
    assert_eq!(lines.len() - commands.len(), BY_CARGO.len(), "all others are run: {commands:?}");
    assert!(commands.len() >= 6, "commands were found: {commands:?}");
    for begin in BY_CARGO.iter().chain(&[BUILD_AND_RUN]) {
        let count = lines.iter().filter(|line| line.starts_with(begin)).count();
        assert_eq!(count, 1, "the pages say once: {begin}");
    }
    for line in &commands {
        for map in ["tsnr.nii.gz", "tsnr.nii", "mean.nii.gz", "std.nii.gz"] {
            let _ = fs::remove_file(folder.join(map));
        }
        let output = run(line, folder);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{talk}");
        for map in ["-o tsnr.nii.gz", "-o tsnr.nii ", "--mean mean.nii.gz", "--std std.nii.gz"] {
            if line.contains(map) {
                let (_, name) = map.trim().split_once(' ').unwrap();
                assert!(folder.join(name).exists(), "{line} writes {name}");
            }
        }
    }
    let shown: String = PAGES.iter().map(|name| page(name)).collect();
    for picture in &pictures {
        let name = picture.trim_start_matches("docs/");
        assert!(shown.contains(&format!("]({name})")), "a page shows {picture}");
        let [shown, drawn] = [Path::new(PROJECT), folder]
            .map(|folder| fs::read(folder.join(picture)).expect("a picture"));
        assert!(shown == drawn, "{picture} is not what the page's command draws: run it again");
    }
    for name in ["graph.svg", "profile.html", "comparison.json", "session.html"] {
        assert!(folder.join(name).exists(), "a command writes {name}");
    }
}

#[test]
fn the_example_of_the_engine_runs() {
    delayed::main().expect("both ways give the sum");
}

#[test]
fn the_summary_shown_is_the_summary_printed() {
    let readme = page("README.md");
    let scratch = tempfile::tempdir().unwrap();
    let output = program::program()
        .current_dir(scratch.path())
        .arg(format!("{PROJECT}/testdata/sub-01/ses-test/func/*_task-[cfl]*_bold.nii.gz"))
        .args(["--combine", "demean", "-o", "tsnr.nii.gz", "--threads", "2"])
        .output()
        .unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(!talk.contains("warning"), "a newcomer's first output has no warning: {talk}");
    let summary = talk.lines().skip_while(|line| !line.starts_with("tsnr 0"));
    let mut lines = 0;
    for line in summary.filter(|line| !line.starts_with("time")) {
        assert!(readme.contains(line), "the README shows: {line}");
        lines += 1;
    }
    assert_eq!(lines, 10, "{talk}");
}

#[test]
fn the_test_command_is_there_for_continuous_integration_to_run() {
    let script = fs::read_to_string(Path::new(PROJECT).join(".ci/run")).unwrap();
    assert!(script.contains("README.md"));
}

#[test]
fn the_readme_is_short_and_shows_a_real_brain() {
    let readme = page("README.md");
    let words = readme.split_whitespace().count();
    assert!(words <= MOST_WORDS, "{words} words, expected {MOST_WORDS} at most");
    assert!(readme.contains("](docs/guide/whole-head.png)"), "the README shows a real run");
}

/// The Markdown pages of the project that readers are sent to, each with its path.
fn pages() -> Vec<String> {
    let of_folder = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(Path::new(PROJECT).join(folder)).expect("a folder");
        let names = entries.map(|it| it.expect("an entry").file_name().into_string().unwrap());
        let pages = names.filter(|name| name.ends_with(".md"));
        pages.map(|name| format!("{folder}/{name}").trim_start_matches("./").to_owned()).collect()
    };
    let mut pages = of_folder(".");
    pages.extend(of_folder("docs"));
    pages.sort();
    pages
}

#[test]
fn every_page_says_first_for_whom_it_is() {
    for name in pages().iter().filter(|name| name.starts_with("docs/")) {
        let page = page(name);
        let first = page.lines().skip(1).find(|line| !line.is_empty()).unwrap_or_default();
        assert!(first.starts_with("For "), "{name}: expected for whom it is, found: {first}");
    }
}

#[test]
fn no_link_leads_nowhere() {
    let mut links = 0;
    for name in pages() {
        let page = page(&name);
        let folder = Path::new(PROJECT).join(&name).parent().expect("a folder").to_owned();
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") {
                continue;
            }
            links += 1;
            let target =
                if file.is_empty() { Path::new(PROJECT).join(&name) } else { folder.join(file) };
            assert!(target.exists(), "{name} leads to {link}, which does not exist");
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).expect("a page");
                assert!(anchors(&text).any(|it| it == heading), "{name}: no heading for {link}");
            }
        }
    }
    assert!(links > 30, "only {links} links were found: the search is broken");
}

/// The anchors of a page's headings, as forges make them.
fn anchors(page: &str) -> impl Iterator<Item = String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| -> String {
        let kept = |c: char| c.is_alphanumeric() || c == ' ' || c == '-' || c == '_';
        let text = line.trim_start_matches('#').trim().to_lowercase();
        text.chars().filter(|&c| kept(c)).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor)
}
