//! Whatever system call on a file fails, and wherever the program is ended, old outputs are intact or
//! all are new, nothing is left, and the message names a file.

use crate::program;

use program::{Scratch, testdata};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

/// The system calls that the program makes on files, each with an error that it may give.
const CALLS: [(&str, &str); 23] = [
    ("openat", "EACCES"),
    ("read", "EIO"),
    ("pread64", "EIO"),
    ("lseek", "EINVAL"),
    ("write", "ENOSPC"),
    ("fsync", "EIO"),
    ("close", "EIO"),
    ("statx", "EIO"),
    ("newfstatat", "EIO"),
    ("fstat", "EIO"),
    ("lstat,stat", "EIO"),
    ("readlink,readlinkat", "EIO"),
    ("getdents64", "EIO"),
    ("mkdir,mkdirat", "ENOSPC"),
    ("rmdir", "EIO"),
    ("unlink,unlinkat", "EIO"),
    ("link,linkat", "EMLINK"),
    ("rename,renameat,renameat2", "EPERM"),
    ("flock", "ENOLCK"),
    ("fchmod,chmod", "EPERM"),
    ("fchown,chown,fchownat", "EPERM"),
    ("getcwd", "EACCES"),
    ("ftruncate", "EIO"),
];

const OUTPUTS: [&str; 10] = [
    "-o",
    "a.nii.gz",
    "--mean",
    "folder/b.nii",
    "--table",
    "t.tsv",
    "--json",
    "c.json",
    "--visualize",
    "g.svg",
];

/// The files in a folder and the one below, hidden ones too.
fn files(scratch: &Scratch) -> BTreeMap<String, Vec<u8>> {
    let in_folder = |folder: &str| {
        let names = program::names(&scratch.path(folder)).into_iter();
        names.map(|name| format!("{folder}{name}")).collect::<Vec<_>>()
    };
    let names = [in_folder(""), in_folder("folder/")].concat();
    let content = |name: String| (name.clone(), fs::read(scratch.path(&name)).unwrap_or_default());
    names.into_iter().map(content).collect()
}

/// A folder with a run, and old outputs of some names.
fn before() -> Scratch {
    let scratch = Scratch::new();
    fs::copy(testdata("odd/int16_le.nii"), scratch.path("run.nii")).expect("a run");
    for name in ["a.nii.gz", "folder/b.nii", "c.json"] {
        scratch.file(name, "old");
    }
    scratch
}

/// What came of one run with an injection.
struct Traced {
    exit_code: Option<i32>,
    stderr: String,
    /// The calls that were tampered with.
    injected: Vec<String>,
}

/// Runs the program under strace, where the k-th of these calls is tampered with in every thread.
fn traced(scratch: &Scratch, injection: &str) -> Traced {
    let log = Scratch::new();
    let line = format!(
        "exec strace -f -qq -y -o '{}' -e trace='{}' -e inject='{injection}' \"$@\"",
        log.path("log").display(),
        injection.split(':').next().expect("names of calls")
    );
    let arguments = ["run.nii", "-q", "--threads=1", "--reproducible"];
    let outcome = scratch.bash(&line, arguments.iter().chain(&OUTPUTS));
    let log = fs::read(log.path("log")).expect("strace is installed");
    let log = String::from_utf8_lossy(&log);
    let injected = log.lines().filter(|line| line.contains("(INJECTED)"));
    Traced {
        exit_code: outcome.exit_code,
        stderr: outcome.stderr,
        injected: injected.map(str::to_owned).collect(),
    }
}

/// What the folder looks like after a run in which nothing fails.
fn after() -> BTreeMap<String, Vec<u8>> {
    let scratch = before();
    let arguments = ["run.nii", "-q", "--threads=1", "--reproducible"];
    scratch.tsnr(arguments.iter().chain(&OUTPUTS)).succeeded();
    files(&scratch)
}

/// The next run takes away what one could not, and is not disturbed by it.
fn assert_next_run_clears(scratch: &Scratch, after: &BTreeMap<String, Vec<u8>>, what: &str) {
    if !files(scratch).keys().any(|name| name.contains(".partial")) {
        return;
    }
    let arguments = ["run.nii", "-q", "--threads=1", "--reproducible"];
    scratch.tsnr(arguments.iter().chain(&OUTPUTS)).succeeded();
    let files = files(scratch);
    assert!(files == *after, "{what}: {:?}", files.keys());
}

#[test]
#[ignore = "needs strace"]
fn where_a_call_fails_the_old_outputs_are_intact_and_nothing_is_left_and_the_file_is_named() {
    let (old, new) = (files(&before()), after());
    let mut count = 0;
    for (calls, error) in CALLS {
        for number in 1.. {
            let scratch = before();
            let what = format!("{calls}:error={error}:when={number}");
            let Traced { exit_code, stderr, injected } = traced(&scratch, &what);
            if injected.is_empty() {
                break;
            }
            count += 1;
            let what = format!("{what}: {injected:?}: {exit_code:?}: {stderr}");
            if stderr.contains("unexpected error during closedir") {
                // The standard library's, of an error that no file system gives.
                assert_eq!(calls, "close", "{what}");
                assert_next_run_clears(&scratch, &new, &what);
                continue;
            }
            assert!(!stderr.contains("panicked"), "{what}");
            let mut left = files(&scratch);
            // What cannot be removed stays for the next run.
            let cannot_remove = [
                "unlink",
                "rmdir",
                "getdents64",
                "openat",
                "statx",
                "lstat",
                "close",
                "newfstatat",
                "fstat",
            ]
            .iter()
            .any(|it| calls.contains(it));
            if cannot_remove {
                left.retain(|name, _| !name.contains(".partial"));
            }
            match exit_code {
                Some(0) => assert!(left == new, "{what}: {:?}", left.keys()),
                _ => {
                    assert!(left == old, "{what}: {:?}", left.keys());
                    let is_ours = injected.iter().any(|it| {
                        it.contains(&scratch.path("").display().to_string())
                            || it.contains("\"run.nii\"")
                    });
                    let is_silenced = injected.iter().any(|it| it.contains("write(2<"));
                    let names =
                        ["run.nii", "a.nii.gz", "b.nii", "t.tsv", "t.json", "c.json", "g.svg"];
                    let is_named = names.iter().any(|it| stderr.contains(it));
                    assert!(is_named || !is_ours || is_silenced, "{what}");
                }
            }
            assert_next_run_clears(&scratch, &new, &what);
        }
    }
    assert!(count > 200, "{count} calls failed");
}

#[test]
#[ignore = "needs strace"]
fn wherever_the_program_is_killed_each_output_is_whole_and_the_next_run_clears() {
    let (old, new) = (files(&before()), after());
    let mut killed = 0;
    for calls in [
        "openat",
        "write",
        "fsync",
        "mkdir",
        "link,linkat",
        "rename",
        "unlink,unlinkat",
        "rmdir",
        "flock",
    ] {
        for number in 1.. {
            let scratch = before();
            let what = format!("{calls}:signal=KILL:when={number}");
            if traced(&scratch, &what).exit_code == Some(0) {
                break;
            }
            killed += 1;
            for (name, content) in files(&scratch) {
                let is_whole = [&old, &new].iter().any(|it| it.get(&name) == Some(&content));
                assert!(is_whole || name.contains(".partial"), "{what}: {name}");
            }
            assert_next_run_clears(&scratch, &new, &what);
        }
    }
    assert!(killed > 50, "{killed} were killed");
}

#[test]
#[ignore = "needs strace"]
fn where_one_file_cannot_be_placed_all_are_put_back_or_the_error_says_which_are_new() {
    let (old, new) = (files(&before()), after());
    for number in 1..=6 {
        let scratch = before();
        let failed = traced(&scratch, &format!("rename:error=EPERM:when={number}"));
        assert_eq!(failed.exit_code, Some(1), "{}", failed.stderr);
        let says = "cannot write: Operation not permitted; all outputs are as they were";
        assert!(failed.stderr.contains(says), "{}", failed.stderr);
        assert!(files(&scratch) == old);
    }
    // No second names are to be had.
    let scratch = before();
    let line = "exec strace -f -qq -o /dev/null -e inject=link,linkat:error=EPERM \
                -e inject=rename:error=EPERM:when=3 \"$@\"";
    let arguments = ["run.nii", "-q", "--threads=1", "--reproducible"];
    let line = scratch.bash(line, arguments.iter().chain(&OUTPUTS)).error();
    let says = "these outputs are new and complete, the others as they were: ";
    let named = line.split(says).nth(1).unwrap_or_else(|| panic!("{line}"));
    let files = files(&scratch);
    for (name, content) in &files {
        let is_new = new[name] == *content && old.get(name) != Some(content);
        assert_eq!(is_new, named.split(", ").any(|it| it == name), "{name}: {line}");
    }
    assert!(!named.is_empty() && !files.keys().any(|it| it.contains(".partial")));
}

#[test]
#[ignore = "needs strace"]
fn a_link_is_followed_or_told_where_a_call_fails() {
    for call in ["readlink,readlinkat", "statx"] {
        for number in 1..40 {
            let scratch = before();
            fs::remove_file(scratch.path("a.nii.gz")).expect("an old output");
            symlink("folder/old.nii.gz", scratch.path("a.nii.gz")).expect("a link");
            traced(&scratch, &format!("{call}:error=EIO:when={number}"));
            assert!(scratch.path("a.nii.gz").is_symlink(), "{call} {number}");
        }
    }
}
