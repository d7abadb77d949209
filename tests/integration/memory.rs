//! Array mode's memory does not grow with the length or number of the runs, `--mem-limit`
//! is kept, and the modes that hold every run say so, or refuse, before they read.

use crate::program;

use program::bytes::{FLOAT32, FLOAT64, Header, INT16};
use program::{Outcome, Scratch};
use std::io::Write;
use std::os::unix::fs::FileExt;

const MIB: f64 = 1024.0 * 1024.0;
const GRID: [i16; 3] = [64, 64, 30];
const VOXELS: f64 = 64.0 * 64.0 * 30.0;

/// What array mode may take, in MiB: 48, 64 bytes a voxel, and 32 more for each further
/// thread.
fn bound(threads: f64) -> f64 {
    48.0 + VOXELS * (64.0 + 32.0 * (threads - 1.0)) / MIB
}

/// A run of zeros, plain: it takes no room on the disk.
fn plain(scratch: &Scratch, name: &str, volumes: i16) {
    let [x, y, z] = GRID;
    let mut header = Header::new(INT16, 16, x, y, z, volumes).file(&[]);
    header.truncate(352);
    let path = scratch.file(name, &header);
    let file = std::fs::OpenOptions::new().write(true).open(path).expect("a file");
    file.set_len(352 + VOXELS as u64 * 2 * volumes as u64).expect("a sparse file");
}

/// The same, compressed.
fn gzip(scratch: &Scratch, name: &str, volumes: i16) {
    let [x, y, z] = GRID;
    let header = Header::new(INT16, 16, x, y, z, volumes).file(&[]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&header[..352]).expect("memory");
    let volume = vec![0; VOXELS as usize * 2];
    for _ in 0..volumes {
        encoder.write_all(&volume).expect("memory");
    }
    scratch.file(name, encoder.finish().expect("memory"));
}

/// Actual and predicted peak memory in MiB, as the summary states them.
fn memory(outcome: &Outcome) -> (f64, f64) {
    let time = outcome.summary("time");
    let (_, memory) = time.split_once("peak memory ").expect("memory is stated");
    let (actual, predicted) = memory.split_once(" MiB of ").expect("actual of predicted");
    let predicted = predicted.split_once(' ').expect("a unit").0;
    (actual.parse().expect("a number"), predicted.parse().expect("a number"))
}

#[test]
fn array_mode_stays_within_its_bound_whatever_the_runs() {
    let scratch = Scratch::new();
    for run in 1..=4 {
        plain(&scratch, &format!("plain-{run}.nii"), 150);
        gzip(&scratch, &format!("gzip-{run}.nii.gz"), 30);
    }
    for pattern in ["plain-1.nii", "plain-*.nii", "gzip-1.nii.gz", "gzip-*.nii.gz", "*-[12].nii*"] {
        for threads in [1, 2, 3] {
            let arguments = [pattern, "-o", "map.nii.gz", "--threads", &threads.to_string()];
            let outcome = scratch.tsnr(arguments).succeeded();
            let (actual, predicted) = memory(&outcome);
            assert!(actual <= predicted, "{pattern}, {threads} threads: {actual} of {predicted}");
            assert!(predicted <= bound(f64::from(threads)), "{pattern}, {threads}: {predicted}");
        }
    }
}

/// One more map of 8 bytes a voxel for each regressor and thread, and no more.
#[test]
fn regressors_take_a_map_each_a_thread() {
    let scratch = Scratch::new();
    for run in 1..=4 {
        gzip(&scratch, &format!("gzip-{run}.nii.gz"), 30);
    }
    for pattern in ["gzip-1.nii.gz", "gzip-*.nii.gz"] {
        for threads in [1_u32, 2, 3] {
            let told = |order: u32| {
                let (threads, order) = (threads.to_string(), order.to_string());
                let options = ["--threads", &*threads, "--detrend", &*order];
                let arguments = [&[pattern, "-o", "map.nii.gz"][..], &options].concat();
                memory(&scratch.tsnr(arguments).succeeded())
            };
            let (_, plain) = told(0);
            for order in [1, 2, 9] {
                let (actual, predicted) = told(order);
                let what = format!("{pattern}, {threads} threads, order {order}");
                assert!(actual <= predicted, "{what}: {actual} of {predicted}");
                let maps = VOXELS * 8.0 * f64::from(order * threads) / MIB;
                assert!(predicted <= plain + maps + 1.0, "{what}: {predicted}, plain {plain}");
            }
        }
    }
}

/// The places of the voxels in their slices, the values of a slice while they are ordered, and the
/// run's own tSNR, of which the table has a row.
#[test]
fn regions_are_in_the_prediction() {
    let scratch = Scratch::new();
    gzip(&scratch, "run.nii.gz", 30);
    let plain = memory(&scratch.tsnr(["run.nii.gz", "-o", "map.nii"]).succeeded());
    let arguments = ["run.nii.gz", "-o", "map.nii", "--by-slice", "--table", "slices.tsv"];
    let (actual, predicted) = memory(&scratch.tsnr(arguments).succeeded());
    assert!(actual <= predicted, "{actual} of {predicted}");
    assert!((predicted - plain.1 - 3.0 * 8.0 * VOXELS / MIB).abs() <= 2.0, "{predicted} {plain:?}");
}

#[test]
fn short_runs_do_not_pile_up_behind_a_long_one() {
    let scratch = Scratch::new();
    gzip(&scratch, "long.nii.gz", 150);
    for run in 1..=20 {
        gzip(&scratch, &format!("short-{run}.nii.gz"), 3);
    }
    for threads in ["1", "2", "3"] {
        let arguments = ["*.nii.gz", "-o", "map.nii", "--threads", threads];
        let (actual, predicted) = memory(&scratch.tsnr(arguments).succeeded());
        assert!(actual <= predicted, "{threads} threads: {actual} of {predicted}");
        assert!(predicted <= bound(threads.parse().expect("a number")), "{predicted}");
    }
}

#[test]
fn a_memory_limit_that_many_threads_exceed_is_judged_at_once() {
    let scratch = Scratch::new();
    gzip(&scratch, "run.nii.gz", 60);
    let threads = "18446744073709551615";
    let arguments = ["run.nii.gz", "-o", "map.nii", "--threads", threads, "--mem-limit", "1M"];
    assert!(scratch.tsnr(arguments).error().contains("needs"));
}

#[test]
fn a_memory_limit_costs_threads_and_a_tight_one_is_refused_with_what_is_needed() {
    let scratch = Scratch::new();
    for run in 1..=3 {
        gzip(&scratch, &format!("gzip-{run}.nii.gz"), 30);
    }
    let limited = |limit: &str| {
        scratch.tsnr(["gzip-*", "-o", "map.nii", "--threads", "3", "--mem-limit", limit])
    };
    let outcome = limited("24M").succeeded();
    let (actual, predicted) = memory(&outcome);
    assert!(actual <= predicted && predicted <= 24.0, "{actual} of {predicted}");
    assert!(outcome.stderr.contains("of 3 threads, to stay within"), "{}", outcome.stderr);
    let line = limited("10M").error();
    assert!(line.contains("needs") && line.contains("--mem-limit"), "{line}");
    assert!(limited("1G").succeeded().stderr.contains("array mode, 3 threads"));
}

#[test]
fn modes_that_hold_every_run_say_what_they_need_or_refuse() {
    let scratch = Scratch::new();
    plain(&scratch, "run.nii", 100);
    for mode in ["serial", "delayed"] {
        let arguments = ["run.nii", "-o", "map.nii", "--mode", mode];
        let outcome = scratch.tsnr(arguments).succeeded();
        let (actual, predicted) = memory(&outcome);
        assert!(actual <= predicted, "{mode}: {actual} of {predicted}");
        let needs = format!("{mode} mode holds every run and will need {predicted:.0} MiB");
        assert!(outcome.stderr.contains(&needs), "{needs}: {}", outcome.stderr);
        let line = scratch.tsnr(arguments.iter().chain(&["--mem-limit", "30M"])).error();
        assert!(
            line.contains("30 MiB") && line.contains("array mode") && line.contains("(--mode)"),
            "{line}"
        );
    }
}

/// Where the voxels of a little-endian file begin.
fn voxels_at(file: &[u8]) -> usize {
    f32::from_le_bytes(file[108..112].try_into().expect("four bytes")) as usize
}

/// What a header claims to lie before its voxels is skipped, not held, and of a plain file not even
/// read.
#[test]
fn voxels_far_behind_the_header_take_no_memory() {
    let scratch = Scratch::new();
    let header = |offset: u64| {
        Header { vox_offset: offset as f32, ..Header::int16(4) }.file(&[])[..352].to_vec()
    };
    let voxels = Header::int16(4).encode(&(0..240).map(f64::from).collect::<Vec<_>>());
    let compressed = |offset: u64, extender: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut content = header(offset);
        content.truncate(348);
        content.extend(extender);
        encoder.write_all(&content).expect("memory");
        let mut left = offset as usize - content.len();
        let zeros = vec![0; 1 << 20];
        while left > 0 {
            left -= encoder.write(&zeros[..left.min(zeros.len())]).expect("memory");
        }
        encoder.write_all(&voxels).expect("memory");
        encoder.finish().expect("memory")
    };
    // Two extensions, of which the second is said to take all that lies before the voxels.
    let size = (1_i32 << 27) - 384;
    let claims = [&[1, 0, 0, 0][..], &32_i32.to_le_bytes(), &6_i32.to_le_bytes(), &[b'c'; 24]];
    let claims = [&claims.concat()[..], &size.to_le_bytes(), &6_i32.to_le_bytes()].concat();
    scratch.file("gap.nii.gz", compressed(1 << 27, &[0; 4]));
    scratch.file("claims.nii.gz", compressed(1 << 27, &claims));
    let sparse = scratch.file("sparse.nii", header(1 << 36));
    let sparse = std::fs::OpenOptions::new().write(true).open(sparse).expect("a file");
    sparse.write_all_at(&voxels, 1 << 36).expect("a sparse file");
    scratch.file("near.nii", [header(352), voxels.clone()].concat());
    let expected = {
        scratch.tsnr(["near.nii", "-o", "near-map.nii", "--threads", "1"]).succeeded();
        std::fs::read(scratch.path("near-map.nii")).expect("a map")
    };
    for name in ["gap.nii.gz", "claims.nii.gz", "sparse.nii"] {
        for mode in program::MODES {
            let limit = ["--mem-limit", "32M", "--threads", "1", "--mode", mode];
            let arguments = [name, "-o", "map.nii"].into_iter().chain(limit);
            let outcome = scratch.tsnr(arguments).succeeded();
            let (actual, predicted) = memory(&outcome);
            assert!(
                actual <= predicted && predicted <= 32.0,
                "{name}, {mode}: {actual}, {predicted}"
            );
            let says = outcome.stderr.contains("with which they exceed 4 MiB, is not copied");
            assert_eq!(says, name == "claims.nii.gz", "{}", outcome.stderr);
            let map = std::fs::read(scratch.path("map.nii")).expect("a map");
            // The definition, and the one comment that is kept.
            let kept = if name == "claims.nii.gz" { 32 } else { 0 };
            assert_eq!(voxels_at(&map), voxels_at(&expected) + kept, "{name}, {mode}");
            assert!(map[voxels_at(&map)..] == expected[voxels_at(&expected)..], "{name}, {mode}");
        }
    }
}

/// An image beside the runs that claims 8 GB, as zeros that take no room on the disk.
fn large_mask(scratch: &Scratch) {
    let header = Header::new(64, 64, 1000, 1000, 1000, 1);
    let mut bytes = header.file(&[]);
    bytes[40..42].copy_from_slice(&3_i16.to_le_bytes());
    let path = scratch.file("large.nii", &bytes);
    let file = std::fs::OpenOptions::new().write(true).open(path).expect("a file");
    file.set_len(352 + 8_000_000_000).expect("a sparse file");
}

#[test]
fn an_image_beside_the_runs_is_not_read_where_its_grid_or_its_size_forbids_it() {
    let scratch = Scratch::new();
    plain(&scratch, "run.nii", 20);
    large_mask(&scratch);
    let limited = "ulimit -v 900000; exec \"$@\"";
    let run = ["run.nii", "-o", "map.nii", "--threads", "1"];
    for options in [&["--mask"][..], &["--mean-from"], &["--table", "regions.tsv", "--atlas"]] {
        let arguments = [&run[..], options, &["large.nii"]].concat();
        let line = scratch.bash(limited, arguments).error();
        assert!(line.contains("1000x1000x1000"), "{line}");
    }
    let arguments =
        [&run[..], &["--mask", "large.nii", "--resample", "--mem-limit", "64M"]].concat();
    let line = scratch.bash(limited, arguments).error();
    assert!(
        line.contains("large.nii: reading it takes") && line.contains("(--mem-limit)"),
        "{line}"
    );
}

#[test]
fn the_mean_of_another_run_is_computed_within_the_limit_and_the_prediction() {
    let scratch = Scratch::new();
    plain(&scratch, "run.nii", 20);
    gzip(&scratch, "other.nii.gz", 60);
    let arguments = ["run.nii", "-o", "map.nii", "--mean-from", "other.nii.gz", "--threads", "3"];
    let (actual, predicted) = memory(&scratch.tsnr(arguments).succeeded());
    assert!(actual <= predicted, "{actual} of {predicted}");
    let limited = arguments.iter().chain(&["--mem-limit", "24M"]);
    let (actual, predicted) = memory(&scratch.tsnr(limited).succeeded());
    assert!(actual <= predicted && predicted <= 24.0, "{actual} of {predicted}");
    let line = scratch.tsnr(arguments.iter().chain(&["--mem-limit", "12M"])).error();
    assert!(line.contains("other.nii.gz: array mode needs"), "{line}");
}

// ---- The prediction against the peak, whatever is asked for -----------------------------------------

/// The largest peak beside a prediction: by so much more, and a mebibyte; the figures are rounded up.
const MOST_ABOVE: f64 = 1.03;
/// The largest prediction beside a peak: so many times as much, and so many mebibytes.
const MOST_BELOW: (f64, f64) = (1.5, 16.0);

/// Samples that look random, of volumes on a grid, about a mean for each voxel; others for each seed.
fn noise(voxels: usize, volumes: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f64 / (1 << 24) as f64
    };
    let means: Vec<f64> = (0..voxels).map(|_| (500.0 + 500.0 * next()).round()).collect();
    (0..voxels * volumes).map(|at| means[at % voxels] + (40.0 * next()).round()).collect()
}

/// A run of noise, compressed if its name says so.
fn noisy(scratch: &Scratch, name: &str, (datatype, bits): (i16, i16), shape: [i16; 4]) {
    let [x, y, z, volumes] = shape;
    let header = Header::new(datatype, bits, x, y, z, volumes);
    let voxels: usize = [x, y, z].iter().map(|&it| it as usize).product();
    let file = header.file(&noise(voxels, volumes as usize, name.bytes().map(u64::from).sum()));
    if name.ends_with(".gz") {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&file).expect("memory");
        scratch.file(name, encoder.finish().expect("memory"));
    } else {
        scratch.file(name, file);
    }
}

/// A mask or an atlas: a box of ones, or of layers.
fn boxed(scratch: &Scratch, name: &str, [x, y, z]: [i16; 3], label: impl Fn(i16) -> f64) {
    let mut header = Header::new(INT16, 16, x, y, z, 1);
    header.dim[0] = 3;
    let mut values = Vec::new();
    for k in 0..z {
        for j in 0..y {
            let is_inside = |it: i16, of: i16| it >= of / 8 && it < of - of / 8;
            values.extend((0..x).map(|i| {
                let is_inside = is_inside(i, x) && is_inside(j, y) && is_inside(k, z);
                if is_inside { label(k) } else { 0.0 }
            }));
        }
    }
    scratch.file(name, header.file(&values));
}

#[track_caller]
fn assert_predicted(outcome: &Outcome, what: &str) {
    let (actual, predicted) = memory(outcome);
    assert!(actual <= MOST_ABOVE * predicted + 2.0, "{what}: {actual} of {predicted} MiB");
    let (times, more) = MOST_BELOW;
    assert!(predicted <= times * actual + more, "{what}: {actual} of {predicted} MiB");
}

const ALL_MAPS: [&str; 13] = [
    "--combine=demean",
    "--map=mean=mean.nii.gz",
    "--map=std=std.nii",
    "--map=cv=cv.nii.gz",
    "--map=volumes=volumes.nii",
    "--map=stderr=stderr.nii.gz",
    "--map=run-tsnr=own-{run}.nii.gz",
    "--mask=auto",
    "--report=page.html",
    "--json=all.json",
    "--detrend=2",
    "--by-slice",
    "--table=slices.tsv",
];

/// What is asked for, by words that are no names of files.
fn asked(has_beside: bool) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut asked = vec![
        ("a map", vec![]),
        ("JSON", vec!["--json=all.json"]),
        ("a page", vec!["--report=page.html"]),
        ("a picture", vec!["--png=slide.png"]),
        ("a large one", vec!["--png=slide.png", "--width=8000"]),
        ("a large slice", vec!["--png=slide.png", "--width=8000", "--slices=3,", "--overlay=mean"]),
        ("an automatic mask", vec!["--mask=auto"]),
        ("all maps", ALL_MAPS.to_vec()),
        ("a trend", vec!["--detrend=3"]),
        ("a graph", vec!["--visualize=graph.svg", "--profile=profile.html"]),
    ];
    if has_beside {
        asked.push(("a mask and a page", vec!["--mask=mask.nii", "--report=page.html"]));
        asked.push(("an atlas", vec!["--atlas=atlas.nii", "--table=regions.tsv"]));
        asked.push(("a mean", vec!["--mean-from=mean-of.nii"]));
        asked.push(("the mean of a run", vec!["--mean-from=other.nii.gz"]));
    }
    asked
}

/// Every mode and thread, whatever is asked for of these images.
fn see_predictions(scratch: &Scratch, images: &[&str], has_beside: bool) {
    for (words, options) in asked(has_beside) {
        for (mode, threads) in [("serial", "1"), ("delayed", "2"), ("array", "1"), ("array", "2")] {
            let how = ["-o", "map.nii.gz", "--mode", mode, "--threads", threads];
            let outcome = scratch.tsnr([images, &options, &how].concat()).succeeded();
            assert_predicted(
                &outcome,
                &format!("{words} of {images:?}, {mode}, {threads} threads"),
            );
        }
    }
}

#[test]
#[ignore = "takes a minute"]
fn the_peak_is_what_was_predicted_whatever_is_asked_for() {
    let scratch = Scratch::new();
    let grid = [56, 56, 28];
    for run in 1..=3 {
        noisy(&scratch, &format!("run-{run}.nii.gz"), (INT16, 16), [56, 56, 28, 24]);
    }
    noisy(&scratch, "other.nii.gz", (INT16, 16), [56, 56, 28, 12]);
    noisy(&scratch, "mean-of.nii", (FLOAT64, 64), [56, 56, 28, 1]);
    boxed(&scratch, "mask.nii", grid, |_| 1.0);
    boxed(&scratch, "atlas.nii", grid, |layer| f64::from(layer / 4 + 1));
    see_predictions(&scratch, &["run-1.nii.gz", "run-2.nii.gz", "run-3.nii.gz"], true);
    noisy(&scratch, "plain.nii", (FLOAT32, 32), [56, 56, 28, 24]);
    see_predictions(&scratch, &["plain.nii"], true);
}

#[test]
#[ignore = "takes minutes"]
fn the_peak_is_what_was_predicted_of_runs_of_all_sorts_without_end() {
    let scratch = Scratch::new();
    let grid = [112, 112, 60];
    noisy(&scratch, "other.nii.gz", (INT16, 16), [112, 112, 60, 6]);
    noisy(&scratch, "mean-of.nii", (FLOAT32, 32), [112, 112, 60, 1]);
    boxed(&scratch, "mask.nii", grid, |_| 1.0);
    boxed(&scratch, "atlas.nii", grid, |layer| f64::from(layer / 4 + 1));
    for (name, datatype) in [("run.nii.gz", (INT16, 16)), ("run.nii", (FLOAT64, 64))] {
        noisy(&scratch, name, datatype, [112, 112, 60, 10]);
        see_predictions(&scratch, &[name], true);
    }
    for name in ["long.nii.gz", "long.nii"] {
        noisy(&scratch, name, (INT16, 16), [10, 10, 6, 20_000]);
        see_predictions(&scratch, &[name], false);
    }
}

/// Writes so many images of one volume, and gives the pattern that brings them.
fn series(scratch: &Scratch, volumes: usize) -> String {
    let mut header = Header::new(INT16, 16, 6, 6, 4, 1);
    header.dim[0] = 3;
    std::fs::create_dir(scratch.path("series")).expect("a folder");
    let values = noise(144, 50, 1);
    for volume in 0..volumes {
        let values = &values[volume % 50 * 144..][..144];
        scratch.file(&format!("series/v_{volume:05}.nii"), header.file(values));
    }
    "series/v_*.nii".to_owned()
}

#[test]
#[ignore = "takes minutes"]
fn the_peak_of_70_000_files_is_what_was_predicted_without_end() {
    let scratch = Scratch::new();
    let pattern = series(&scratch, 70_000);
    for mode in program::MODES {
        for options in [&["--json=all.json"][..], &["--report=page.html"], &[]] {
            let arguments = [&pattern, "-o", "map.nii", "--mode", mode].into_iter();
            let outcome = scratch.tsnr(arguments.chain(options.iter().copied())).succeeded();
            assert_predicted(&outcome, &format!("{options:?}, {mode}"));
        }
    }
}

/// An axis of a NIfTI-1 image has 32,767 steps at most: more volumes come as files.
#[test]
#[ignore = "takes a minute"]
fn more_volumes_than_an_axis_can_have_are_counted_in_maps_tables_and_json() {
    let scratch = Scratch::new();
    let pattern = series(&scratch, 33_000);
    let outputs = ["--map=volumes=volumes.nii", "--json=all.json", "--table=whole.tsv"];
    let arguments = [&pattern, "-o", "map.nii"].into_iter().chain(outputs);
    let outcome = scratch.tsnr(arguments).succeeded();
    assert_predicted(&outcome, "33,000 volumes");
    let map = std::fs::read(scratch.path("volumes.nii")).expect("a map");
    let voxels = map[voxels_at(&map)..].chunks_exact(4);
    let counts = voxels.map(|it| f32::from_le_bytes(it.try_into().expect("four bytes")));
    assert!(counts.clone().count() == 144 && counts.into_iter().all(|it| it == 33_000.0));
    let json = std::fs::read_to_string(scratch.path("all.json")).expect("JSON");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["runs"][0]["volumes"], 33_000);
    assert_eq!(json["runs"][0]["global_signal"].as_array().expect("a list").len(), 33_000);
    let table = std::fs::read_to_string(scratch.path("whole.tsv")).expect("a table");
    assert!(table.lines().nth(1).is_some_and(|row| row.contains("\t144\t")), "{table}");
}

/// A header that claims what a small gzip file could just hold, but does not.
#[test]
fn a_claim_of_many_volumes_takes_no_memory_for_what_is_to_be_fitted_to_them() {
    let scratch = Scratch::new();
    let mut header = Header::new(INT16, 16, 2, 3, 2, 20_065);
    header.pixdim[4] = 2.0;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&header.file(&[])[..352]).expect("memory");
    encoder.write_all(&[7; 4000]).expect("memory");
    scratch.file("claims.nii.gz", encoder.finish().expect("memory"));
    let line = scratch.tsnr(["claims.nii.gz", "-o", "map.nii", "--highpass", "400"]).error();
    assert!(line.contains("truncated"), "{line}");
}

#[test]
fn a_fit_that_takes_too_long_is_refused_before_anything_is_spent() {
    let scratch = Scratch::new();
    let mut header = Header::new(INT16, 16, 2, 2, 1, i16::MAX);
    header.pixdim[4] = 2.0;
    scratch.file("long.nii", header.file(&noise(4, i16::MAX as usize, 1)));
    let began = std::time::Instant::now();
    let line =
        scratch.tsnr(["long.nii", "-o", "map.nii", "--detrend", "9", "--highpass", "100"]).error();
    assert!(line.contains("a fit of 1319 columns to its 32767 volumes takes about"), "{line}");
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

#[test]
fn a_comparison_says_what_it_takes_and_is_refused_where_that_is_more_than_it_may() {
    let scratch = Scratch::new();
    for name in ["a.nii", "b.nii"] {
        noisy(&scratch, name, (FLOAT32, 32), [112, 112, 60, 1]);
    }
    boxed(&scratch, "atlas.nii", [112, 112, 60], |layer| f64::from(layer / 4 + 1));
    let told = |options: &[&str]| {
        let arguments = ["diff", "a.nii", "b.nii", "--json", "diff.json"].into_iter();
        scratch.tsnr(arguments.chain(options.iter().copied())).succeeded();
        let json = std::fs::read_to_string(scratch.path("diff.json")).expect("JSON");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let of = |name: &str| json["program"][name].as_f64().expect("a number") / MIB;
        (of("peak_bytes"), of("predicted_bytes"))
    };
    for options in [
        &[][..],
        &["--mask", "auto", "--difference", "d.nii.gz", "--ratio", "r.nii"],
        &["--atlas", "atlas.nii", "--table", "regions.tsv"],
        &["--report", "page.html", "--png", "slide.png"],
    ] {
        let (actual, predicted) = told(options);
        assert!(actual <= MOST_ABOVE * predicted + 1.0, "{options:?}: {actual} of {predicted}");
        let (times, more) = MOST_BELOW;
        let outputs = if options.contains(&"--report") { 2.0 } else { 1.0 };
        assert!(predicted <= outputs * times * actual + more, "{options:?}: {actual}, {predicted}");
    }
    let line = scratch.tsnr(["diff", "a.nii", "b.nii", "--mem-limit", "20M"]).error();
    assert!(line.contains("of memory, more than the 20 MiB") && line.contains("(--mem-limit)"));
}
