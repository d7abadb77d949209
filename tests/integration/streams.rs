//! Runs that are read once: standard input, FIFOs, process substitutions, alone and among files. They
//! give the bits of the files, or are refused with the reason; addresses with the commands that stream
//! what they lead to.

use crate::program;

use program::bytes::{Header, bzip2, gzip, mgh, with_mgh_footer, zstd};
use program::{Outcome, Scratch, session_runs, testdata};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// The program's outcome, with these bytes in a pipe to it.
fn piped(scratch: &Scratch, arguments: &[&str], bytes: &[u8]) -> Outcome {
    let mut command = scratch.program();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    let bytes = bytes.to_vec();
    // Who refuses a stream does not read it to its end.
    let writer = thread::spawn(move || drop(pipe.write_all(&bytes)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("written");
    Outcome::from_output(output)
}

/// The content of a gzip file.
fn unpacked(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    let file = File::open(path).expect("a run");
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut content).expect("gzip");
    content
}

#[test]
fn a_pipe_gives_the_bits_of_the_file_however_it_is_compressed_and_whatever_is_asked_for() {
    let scratch = Scratch::new();
    let run = &session_runs()[2];
    let path = run.to_str().expect("UTF-8");
    let plain = unpacked(run);
    let forms = [fs::read(run).expect("a run"), plain.clone(), bzip2(&plain), zstd(&plain)];
    let options = [
        &["--threads=1"][..],
        &["--threads=2", "--mask=auto"],
        &["--dummy-scans=auto", "--detrend=2", "--tr=2.5", "--ddof=rank"],
        &["--dummy-scans=auto", "--threads=1", "--chunk-length=7"],
    ];
    for options in options {
        let map = |from: &str, bytes: &[u8]| {
            let fixed = [from, "-o", "o.nii", "--std", "s.nii", "--table", "t.tsv", "-q"];
            let arguments: Vec<&str> = fixed.into_iter().chain(options.iter().copied()).collect();
            piped(&scratch, &arguments, bytes).succeeded();
            let figures = fs::read_to_string(scratch.path("t.tsv")).expect("a table");
            // The runs have other names.
            let figures = figures.replace(&*path.replace(".nii.gz", ""), "-");
            let [tsnr, std] =
                ["o.nii", "s.nii"].map(|it| fs::read(scratch.path(it)).expect("a map"));
            (tsnr, std, figures.lines().count())
        };
        let expected = map(path, &[]);
        for (form, bytes) in forms.iter().enumerate() {
            assert!(map("-", bytes) == expected, "{options:?}, form {form}");
        }
    }
}

#[test]
fn formats_with_extensions_and_footers_are_read_from_a_pipe() {
    let scratch = Scratch::new();
    for name in ["extensions.nii.gz", "big_endian_gz.nii.gz", "mgh_tags.mgz", "trailing_bytes.nii"]
    {
        let file = testdata("odd").join(name);
        let path = file.to_str().expect("UTF-8");
        scratch.tsnr([path, "-o", "file.nii", "-q"]).succeeded();
        let bytes = fs::read(&file).expect("a specimen");
        piped(&scratch, &["-", "-o", "pipe.nii", "-q"], &bytes).succeeded();
        let [file, pipe] =
            ["file.nii", "pipe.nii"].map(|it| fs::read(scratch.path(it)).expect("a map"));
        // The TR of an MGH image is behind its voxels, and in what the header of a map records.
        let voxels = |map: Vec<u8>| map[map.len() - 4 * 60..].to_vec();
        let is_mgh = name.contains("mgh");
        assert!(file == pipe || (is_mgh && voxels(file) == voxels(pipe)), "{name}");
    }
}

#[test]
fn fifos_and_substitutions_stand_among_other_runs() {
    let scratch = Scratch::new();
    let runs = &session_runs()[..3];
    let [a, b, c] = [0, 1, 2].map(|it| runs[it].to_str().expect("UTF-8"));
    for options in ["", "--dummy-scans auto --combine demean", "--threads 1", "--threads 5"] {
        let map = |inputs: &str| {
            let script = format!("\"$TSNR\" {inputs} {options} -o o.nii -q");
            let mut command = Command::new("bash");
            command.args(["-c", &script]).current_dir(scratch.path("."));
            command.env("TSNR", program::program().get_program());
            let output = command.output().expect("bash starts");
            assert!(
                output.status.success(),
                "{inputs}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            fs::read(scratch.path("o.nii")).expect("a map")
        };
        let expected = map(&format!("{a} {b} {c}"));
        assert!(map(&format!("{a} <(cat {b}) {c}")) == expected, "{options}");
        assert!(map(&format!("<(cat {a}) <(gzip -dc {b}) <(cat {c})")) == expected, "{options}");
        assert!(map(&format!("<(cat {a}) - {c} < {b}")) == expected, "{options}");
        let fifo = scratch.path("fifo");
        drop(fs::remove_file(&fifo));
        assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo starts").success());
        let bytes = fs::read(b).expect("a run");
        let writer = thread::spawn(move || fs::write(fifo, bytes).expect("written"));
        assert!(map(&format!("{a} fifo {c}")) == expected, "{options}");
        writer.join().expect("written");
    }
}

#[test]
fn a_file_may_be_called_as_standard_input_is() {
    let scratch = Scratch::new();
    let run = Header::int16(6).file(&(0..360).map(|it| f64::from(it % 7)).collect::<Vec<_>>());
    scratch.file("-", &run);
    scratch.tsnr(["./-", "-o", "file.nii", "-q"]).succeeded();
    let both = piped(&scratch, &["-", "./-", "-o", "o.nii", "--verbose"], &run).succeeded();
    assert!(both.stderr.contains("run 2: ./-, 6 volumes"), "{}", both.stderr);
    let twice = piped(&scratch, &["-", "-", "-o", "o.nii", "--verbose"], &run).succeeded();
    assert!(!twice.stderr.contains("run 2:"), "{}", twice.stderr);
}

#[test]
fn a_stream_that_ends_early_or_is_damaged_is_told_in_one_line() {
    let scratch = Scratch::new();
    let run = &session_runs()[4];
    let packed = fs::read(run).expect("a run");
    let plain = unpacked(run);
    let flipped = |mut bytes: Vec<u8>, from_end: usize| {
        let place = bytes.len() - from_end;
        bytes[place] ^= 0xFF;
        bytes
    };
    let image = with_mgh_footer(&mgh(4, 4, [5, 4, 3, 6], &[7.0; 360]));
    let [bz, zst] = [bzip2(&plain), zstd(&plain)];
    for (what, bytes, says) in [
        ("nothing", vec![], "empty file"),
        ("a piece of a header", plain[..200].to_vec(), "truncated"),
        ("a header", plain[..352].to_vec(), "0 are whole"),
        ("some volumes", plain[..352 + 2 * 4000 * 3 + 5].to_vec(), "3 are whole"),
        ("half of gzip", packed[..packed.len() / 2].to_vec(), "are whole"),
        ("gzip without its trailer", packed[..packed.len() - 8].to_vec(), "truncated"),
        ("another CRC", flipped(packed.clone(), 8), "CRC"),
        ("half of bzip2", bz[..bz.len() / 2].to_vec(), "truncated"),
        ("half of zstd", zst[..zst.len() / 2].to_vec(), "truncated"),
        ("another checksum", flipped(zst.clone(), 1), "checksum"),
        ("a page", b"<!DOCTYPE html>\n<html></html>\n".to_vec(), "a web page"),
        ("half of an MGH image", image[..600].to_vec(), "2 are whole"),
        ("half of a packed one", gzip(&image[..600]), "2 are whole"),
        ("the half of a pair", pair(), "pair"),
    ] {
        for dummies in ["0", "auto"] {
            let arguments = ["-", "--dummy-scans", dummies, "-o", "o.nii"];
            let line = piped(&scratch, &arguments, &bytes).error();
            let begins = line.starts_with("tsnr: error: standard input: ");
            assert!(begins && line.contains(says), "{what}, {dummies}: {line}");
            assert_eq!(scratch.names(), [""; 0], "{what}");
        }
    }
}

/// The header of a pair.
fn pair() -> Vec<u8> {
    let mut half = Header::int16(6);
    (half.magic, half.vox_offset) = (*b"ni1\0", 0.0);
    half.bytes()
}

#[test]
fn what_reads_a_run_more_than_once_refuses_a_stream_with_the_reason() {
    let scratch = Scratch::new();
    let run = fs::read(&session_runs()[4]).expect("a run");
    let file = session_runs()[3].to_str().expect("UTF-8").to_owned();
    for (arguments, says) in [
        (&["-", "--mode", "serial"][..], "in the one pass of array mode; serial mode"),
        (&["-", "--mode", "delayed"], "in the one pass of array mode; delayed mode"),
        (&["-", "--compare"], "each run is read several times"),
        (&["compare", &file, "-"], "each run is read several times"),
        (&["-", "--definitions"], "each run is read several times"),
        (&[&file, "--mask", "-"], "only a run can be a stream"),
        (&[&file, "--mean-from", "/dev/stdin"], "only a run can be a stream"),
        (&["diff", "-", &file], "only a run can be a stream"),
        (&["https://example.org/a.nii.gz"], "curl -sSfL 'https://example.org/a.nii.gz' | tsnr -"),
        (&["s3://openneuro.org/ds000001/sub-*.nii.gz"], "aws s3 cp --no-sign-request 's3://"),
    ] {
        let line = piped(&scratch, arguments, &run).error();
        assert!(line.contains(says), "{arguments:?}: {line}");
    }
}

#[test]
fn what_is_held_of_a_stream_to_find_its_dummy_scans_is_predicted_and_kept_to_the_limit() {
    let scratch = Scratch::new();
    // 50 volumes of 64x64x40 int16 take 16 MiB.
    let header = Header::new(4, 16, 64, 64, 40, 70);
    let bytes = [header.bytes(), vec![0; 4], vec![1; 64 * 64 * 40 * 70 * 2]].concat();
    let pipe = |options: &[&str]| {
        let arguments = ["-", "-o", "o.nii", "--threads=1", "--json=j.json"];
        let arguments: Vec<&str> = arguments.into_iter().chain(options.iter().copied()).collect();
        piped(&scratch, &arguments, &bytes)
    };
    let memory = |options: &[&str]| {
        pipe(options).succeeded();
        let json = fs::read_to_string(scratch.path("j.json")).expect("a JSON");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let figure = |name: &str| json["program"][name].as_u64();
        (figure("peak_bytes"), figure("predicted_bytes").expect("a prediction"))
    };
    let (_, without) = memory(&[]);
    let (peak, with) = memory(&["--dummy-scans=auto"]);
    // Less what is not kept of the volumes that are left out.
    let held = 50 * 64 * 64 * 40 * 2;
    assert!((held - held / 20..=held).contains(&(with - without)), "{with}, {without}");
    assert!(peak.is_none_or(|peak| peak <= with + with / 32 + (1 << 20)), "{peak:?}, {with}");
    let line = pipe(&["--dummy-scans=auto", "--mem-limit=20M"]).error();
    assert!(line.contains("for its first 50 volumes") && line.contains("--dummy-scans"), "{line}");
}
