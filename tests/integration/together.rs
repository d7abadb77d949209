//! All outputs of a run appear together or none does, and what is replaced keeps its permissions;
//! what is in the way is told before the work. What dead processes left is removed.

use crate::program;

use program::bytes::Header;
use program::{Map, Outcome, Scratch, names, session_runs, testdata};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

fn run() -> String {
    testdata("odd/int16_le.nii").display().to_string()
}

/// A damaged run: who reads it before the outputs are checked says that instead.
fn damaged() -> String {
    testdata("odd/wrong_crc.nii.gz").display().to_string()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").mode() & 0o7777
}

// ---- What is in the way -----------------------------------------------------------------------

#[test]
#[ignore = "needs root, to be another user"]
fn another_users_file_in_a_sticky_folder_is_told_before_the_work_and_nothing_is_new() {
    let scratch = Scratch::new();
    fs::set_permissions(scratch.path(""), Permissions::from_mode(0o1777)).expect("permissions");
    fs::set_permissions(scratch.file("mean.nii", "old"), Permissions::from_mode(0o666)).unwrap();
    let program = scratch.path("tsnr");
    fs::copy(env!("CARGO_BIN_EXE_tsnr"), &program).expect("a copy that others may run");
    fs::copy(damaged(), scratch.path("run.nii.gz")).expect("a copy that others may read");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
    command.args(["run.nii.gz", "-o", "map.nii", "--mean", "mean.nii"]);
    command.current_dir(scratch.path("")).stdin(Stdio::null());
    let line = Outcome::from_output(command.output().expect("setpriv starts")).error();
    assert!(
        line.contains("mean.nii: cannot write: the file of this name is another user's"),
        "{line}"
    );
    assert_eq!(scratch.names(), ["mean.nii", "run.nii.gz", "tsnr"]);
    assert_eq!(fs::read(scratch.path("mean.nii")).unwrap(), b"old");
}

#[test]
#[ignore = "needs a user that may mount (unshare), and chattr where the file system has it"]
fn an_immutable_or_mounted_file_is_told_before_the_work() {
    let scratch = Scratch::new();
    let damaged = damaged();
    for name in ["mounted.nii", "other.nii"] {
        scratch.file(name, "old");
    }
    let line =
        "exec unshare -m bash -c 'mount --bind other.nii mounted.nii && exec \"$@\"' bash \"$@\"";
    let line = scratch.bash(line, [&*damaged, "-o", "mounted.nii"]).error();
    assert!(line.contains("mounted.nii: cannot write: the file of this name is mounted"), "{line}");

    scratch.file("fixed.nii", "old");
    let line = "exec unshare -m bash -c 'mount -t tmpfs t . && echo old > fixed.nii && \
                { chattr +i fixed.nii || chattr +a fixed.nii; } && \"$@\"' bash \"$@\"";
    let outcome = scratch.bash(line, [&*damaged, "-o", "fixed.nii"]);
    let is_told =
        outcome.stderr.contains("fixed.nii: cannot write: the file of this name is immutable");
    assert!(is_told || outcome.stderr.contains("chattr: "), "{}", outcome.stderr);
}

// ---- Permissions ------------------------------------------------------------------------------

#[test]
fn a_replaced_file_keeps_its_permissions_and_a_new_one_obeys_the_umask() {
    let scratch = Scratch::new();
    for (name, bits) in [("closed.nii", 0o600), ("open.nii", 0o666), ("fixed.json", 0o440)] {
        let file = scratch.file(name, "old");
        fs::set_permissions(file, Permissions::from_mode(bits)).expect("permissions");
    }
    let outputs =
        ["-o", "closed.nii", "--std", "open.nii", "--json", "fixed.json", "--mean", "new.nii"];
    let run = run();
    scratch.bash("umask 027; \"$@\"", [&*run].iter().chain(&outputs)).succeeded();
    let modes =
        ["closed.nii", "open.nii", "fixed.json", "new.nii"].map(|it| mode(&scratch.path(it)));
    assert_eq!(modes, [0o600, 0o666, 0o440, 0o640]);
    assert_eq!(Map::read(&scratch.path("closed.nii")).shape, [5, 4, 3]);
}

#[test]
#[ignore = "needs root, to have files of other users"]
fn a_replaced_file_keeps_its_owner_and_group() {
    let scratch = Scratch::new();
    std::os::unix::fs::chown(scratch.file("map.nii", "old"), Some(1234), Some(5678)).expect("root");
    scratch.tsnr([&*run(), "-o", "map.nii"]).succeeded();
    let map = fs::metadata(scratch.path("map.nii")).expect("a map");
    assert_eq!((map.uid(), map.gid()), (1234, 5678));
}

#[test]
fn nobody_else_looks_into_the_folder_where_outputs_are_made() {
    let scratch = Scratch::new();
    let made = Command::new("mkfifo").arg(scratch.path("pipe")).status().expect("mkfifo starts");
    assert!(made.success());
    // It waits for a reader of the FIFO, when all files are complete.
    let line = "umask 0; \"$@\" & until ls .tsnr-*/1; do sleep 0.05; done >/dev/null 2>&1; \
                stat -c %a .tsnr-*; cat pipe > /dev/null; wait $!";
    let outcome =
        scratch.bash(line, [&*run(), "-q", "-o", "a.nii", "--std", "b.nii", "--json", "pipe"]);
    assert_eq!(outcome.succeeded().stdout, "700\n");
    assert_eq!(mode(&scratch.path("a.nii")), 0o666);
}

// ---- Many outputs -----------------------------------------------------------------------------

#[test]
fn there_are_more_outputs_in_more_folders_than_files_can_be_open() {
    let scratch = Scratch::new();
    let run = fs::read(run()).expect("a run");
    for number in 1..=150 {
        scratch.file(&format!("runs/run-{number}_bold.nii"), &run);
        fs::create_dir(scratch.path(&format!("{number}"))).expect("a folder");
    }
    let line = "ulimit -n 100; exec \"$@\"";
    let base = ["runs/*.nii", "-q", "--threads=1", "--map"];
    let in_one = [&base[..], &["run-tsnr=map-{run}.nii"]].concat();
    scratch.bash(line, in_one).succeeded();
    let in_many = [&base[..], &["run-tsnr={run}/map.nii"]].concat();
    scratch.bash(line, in_many).succeeded();
    for number in [1, 150] {
        assert_eq!(names(&scratch.path(&format!("{number}"))), ["map.nii"]);
        assert_eq!(Map::read(&scratch.path(&format!("map-{number}.nii"))).shape, [5, 4, 3]);
    }
    assert!(!scratch.names().iter().any(|it| it.starts_with('.')), "{:?}", scratch.names());
}

// ---- Standard output, sockets, links into git-annex ---------------------------------------------

#[test]
fn a_hyphen_is_standard_output() {
    let scratch = Scratch::new();
    let run = session_runs()[3].display().to_string();
    for (option, ending) in
        [("-o", ".nii"), ("--mean", ".nii"), ("--json", ".json"), ("--table", ".tsv")]
    {
        let name = format!("file{ending}");
        scratch.tsnr([&*run, "-q", "--reproducible", option, &name]).succeeded();
        let line = "\"$@\" > piped";
        scratch.bash(line, [&*run, "-q", "--reproducible", option, "-"]).succeeded();
        let [file, piped] = [&*name, "piped"].map(|it| fs::read(scratch.path(it)).expect("a file"));
        assert!(file == piped, "{option}");
    }
    assert!(!scratch.path("-").exists());
    let two = scratch.tsnr([&*run, "-o", "-", "--json", "-"]);
    assert_eq!(two.exit_code, Some(2));
    assert!(two.stderr.contains("two outputs cannot be written to one file"), "{}", two.stderr);
    let closed = scratch.bash("\"$@\" | true; exit ${PIPESTATUS[0]}", [&*run, "-q", "-o", "-"]);
    assert_eq!(closed.exit_code, Some(1));
    assert!(closed.stderr.contains("/dev/stdout: cannot write: Broken pipe"), "{}", closed.stderr);
    let shown = Command::new("script")
        .args(["-qec", "\"$TSNR\" \"$RUN\" -o -", "/dev/null"])
        .env("TSNR", env!("CARGO_BIN_EXE_tsnr"))
        .env("RUN", &run)
        .stdin(Stdio::null())
        .output();
    let shown = Outcome::from_output(shown.expect("script starts"));
    assert_eq!(shown.exit_code, Some(2));
    assert!(shown.stdout.contains("a map is no text for a terminal"), "{}", shown.stdout);

    let compared = scratch.tsnr(["compare", &run, "--repeat=1", "--threads=1", "--json", "-"]);
    let value: serde_json::Value = serde_json::from_str(&compared.stdout).expect("only JSON");
    assert_eq!(value["schema"], "tsnr-compare/1");
    assert!(compared.stderr.contains("reference"), "{}", compared.stderr);
    scratch.tsnr([&*run, "-q", "-o", "file.nii"]).succeeded();
    for option in ["--difference", "--ratio"] {
        scratch
            .bash("\"$@\" > piped.nii", ["diff", "file.nii", "file.nii", "-q", option, "-"])
            .succeeded();
        assert_eq!(Map::read(&scratch.path("piped.nii")).shape, [20, 20, 10]);
    }
}

#[test]
fn a_socket_is_written_into() {
    let scratch = Scratch::new();
    let listener = UnixListener::bind(scratch.path("socket")).expect("a socket");
    let reader = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        std::io::read_to_string(stream).expect("what was written")
    });
    scratch.tsnr([&*run(), "-q", "--json", "socket"]).succeeded();
    assert!(reader.join().expect("a reader").ends_with("}\n"));
    assert_eq!(scratch.names(), ["socket"]);
    let line = scratch.tsnr([&*run(), "-q", "--json", "socket"]).error();
    assert!(line.contains("socket: cannot write: Connection refused"), "{line}");
}

#[test]
fn a_link_into_git_annex_becomes_a_file_and_the_store_stays_as_it_is() {
    let scratch = Scratch::new();
    let key = ".git/annex/objects/Xk/9p/MD5E-s3--0.nii/MD5E-s3--0.nii";
    let store = scratch.file(key, "old");
    let folder = store.parent().expect("a folder");
    symlink(key, scratch.path("map.nii")).expect("a link");
    symlink(format!("{key}-absent"), scratch.path("mean.nii")).expect("a link");
    scratch.tsnr([&*run(), "-o", "map.nii", "--mean", "mean.nii"]).succeeded();
    for name in ["map.nii", "mean.nii"] {
        assert!(!scratch.path(name).is_symlink(), "{name}");
        assert_eq!(Map::read(&scratch.path(name)).shape, [5, 4, 3]);
    }
    assert_eq!(fs::read(&store).expect("the object"), b"old");
    assert_eq!(names(folder), ["MD5E-s3--0.nii"]);
    // An input is an input, whatever it links to.
    let other = scratch.file(".git/annex/objects/a/b/k/k", fs::read(run()).expect("a run"));
    symlink(other, scratch.path("run.nii")).expect("a link");
    let line = scratch.tsnr(["run.nii", "-o", "run.nii"]).error();
    assert!(line.contains("one of the inputs"), "{line}");
    assert!(scratch.path("run.nii").is_symlink());
}

// ---- What is read is never replaced -------------------------------------------------------------

#[test]
fn no_command_replaces_what_it_reads_or_what_describes_that() {
    let scratch = Scratch::new();
    let image = fs::read(run()).expect("a run");
    let [a, b] = ["a.nii", "b_dseg.nii"];
    scratch.file(a, &image);
    let mut header = Header::int16(1);
    header.dim = [3, 5, 4, 3, 1, 1, 1, 1];
    for name in [b, "mask.nii"] {
        scratch.file(name, header.file(&[1.0; 60]));
    }
    scratch.tsnr([a, "-q", "-o", "t.nii"]).succeeded();
    scratch.tsnr([a, "-q", "-o", "u.nii"]).succeeded();
    scratch.file("list.1D", "1\n".repeat(6));
    for name in
        ["a.json", "mask.json", "list.json", "b_dseg.json", "b_dseg.tsv", "t.json", "u.bval"]
    {
        scratch.file(name, "old");
    }
    let before = scratch.names();
    for (arguments, file) in [
        (&["compare", a, "--json", a][..], a),
        (&["compare", a, "--json", "a.json"], "a.json"),
        (&["compare", a, "--censor", "list.1D", "--json", "list.1D"], "list.1D"),
        (&[a, "--censor=list.1D", "--json=list.json"], "list.json"),
        (&[a, "--mask=mask.nii", "--json=mask.json"], "mask.json"),
        (&[a, "--mean-from=t.nii", "--json=t.json"], "t.json"),
        (&[a, "--atlas=b_dseg.nii", "--json=b_dseg.json"], "b_dseg.json"),
        (&[a, "--atlas=b_dseg.nii", "--table=b_dseg.tsv"], "b_dseg.tsv"),
        (&["diff", "t.nii", "u.nii", "--json=t.json"], "t.json"),
        (&["diff", "t.nii", "u.nii", "--json=u.bval"], "u.bval"),
        (&["diff", "t.nii", "u.nii", "--atlas=b_dseg.nii", "--table=b_dseg.tsv"], "b_dseg.tsv"),
        (&["diff", "t.nii", "u.nii", "--mask=mask.nii", "--json=mask.json"], "mask.json"),
    ] {
        let line = scratch.tsnr(arguments).error();
        assert!(line.contains(&format!("{file}: the output is one of the inputs")), "{line}");
        assert_eq!(scratch.names(), before);
        assert_eq!(fs::read(scratch.path(a)).expect("a run"), image);
    }
}

// ---- What is said ---------------------------------------------------------------------------------

#[test]
fn the_summary_is_said_also_where_an_output_fails() {
    let scratch = Scratch::new();
    symlink("/dev/full", scratch.path("full")).expect("a link");
    let outcome = scratch.tsnr([&*run(), "-o", "map.nii", "--json", "full"]);
    assert_eq!(outcome.exit_code, Some(1));
    assert!(outcome.summary("median tSNR").contains("defined voxels"));
    assert!(!outcome.stderr.contains("\nwritten"), "nothing was: {}", outcome.stderr);
    let last = outcome.stderr.lines().last().expect("a line");
    assert_eq!(last, "tsnr: error: full: cannot write: No space left on device");
    assert_eq!(scratch.names(), ["full"]);

    scratch.tsnr([&*run(), "-q", "-o", "a.nii"]).succeeded();
    let outcome = scratch.tsnr(["diff", "a.nii", "a.nii", "--json", "full"]);
    assert_eq!(outcome.exit_code, Some(1));
    assert!(outcome.stderr.contains("\ncompared ") && !outcome.stderr.contains("\nwritten"));
}
