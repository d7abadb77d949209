//! Tables, lists and masks beside the runs: what they say is taken, told, or refused with what to do.

use crate::program;

use program::bytes::{FLOAT32, Header, INT16, Random};
use program::{Map, Outcome, Scratch, assert_same, session_runs};
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};

const VOXELS: usize = 60;
const VOLUMES: usize = 40;

/// A run of 1000 and noise of std 20, which its name seeds; the volumes below `bright` are brighter.
fn run(seed: &str, volumes: usize, bright: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let value = |at: usize| {
        let level = if at / VOXELS < bright { 1500.0 } else { 1000.0 };
        (level + 20.0 * random.normal()).round()
    };
    let values: Vec<f64> = (0..volumes * VOXELS).map(value).collect();
    Header::new(INT16, 16, 5, 4, 3, volumes as i16).file(&values)
}

fn runs() -> Scratch {
    let scratch = Scratch::new();
    for name in ["run-1_bold.nii", "run-2_bold.nii"] {
        scratch.file(name, run(name, VOLUMES, 0));
    }
    scratch
}

fn map(scratch: &Scratch, arguments: &[&str]) -> Outcome {
    scratch.tsnr(arguments.iter().chain(&["-o", "o.nii", "--json", "o.json"]))
}

fn values(scratch: &Scratch, arguments: &[&str]) -> Vec<f64> {
    map(scratch, arguments).succeeded();
    Map::read(&scratch.path("o.nii")).values
}

fn json(scratch: &Scratch) -> Value {
    serde_json::from_str(&fs::read_to_string(scratch.path("o.json")).expect("JSON")).expect("JSON")
}

/// Rows of numbers that look random, `digits` behind the point.
fn rows(seed: &str, columns: usize, volumes: usize) -> Vec<Vec<f64>> {
    let mut random = Random::new(seed);
    let mut number = || (1e4 * random.normal()).round() / 1e6;
    (0..volumes).map(|_| (0..columns).map(|_| number()).collect()).collect()
}

fn text(rows: &[Vec<f64>], between: &str) -> String {
    let row = |row: &Vec<f64>| row.iter().map(f64::to_string).collect::<Vec<_>>().join(between);
    rows.iter().map(|it| row(it) + "\n").collect()
}

/// The same rows with their columns in another order.
fn reordered(rows: &[Vec<f64>], order: [usize; 6]) -> Vec<Vec<f64>> {
    rows.iter().map(|row| order.map(|at| row[at]).to_vec()).collect()
}

const NAMES: &str = "trans_x\ttrans_y\ttrans_z\trot_x\trot_y\trot_z\n";

#[test]
fn one_used_volume_is_the_error_that_a_file_of_one_is() {
    let scratch = runs();
    scratch.file("one.nii", run("one", 1, 0));
    scratch.file("keep.1D", format!("{}1\n", "0\n".repeat(VOLUMES - 1)));
    let says = "nothing varies over time";
    let error = map(&scratch, &["one.nii"]).error();
    assert!(error.contains(says), "{error}");
    for how in [&["--volumes", "3:4"][..], &["--dummy-scans", "39"], &["--censor", "keep.1D"]] {
        for combine in ["concat", "demean", "average", "weighted"] {
            let error = map(&scratch, &[&["run-1_bold.nii", "--combine", combine], how].concat());
            let error = error.error();
            assert!(error.contains("run-1_bold.nii: 1 of ") && error.contains(says), "{error}");
        }
    }
    let error = map(&scratch, &["run-1_bold.nii", "--dummy-scans", "40"]).error();
    assert!(error.contains("none of its 40 volumes is used"), "{error}");
    // Of two runs one volume each is two, concatenated as they are; by itself each has nothing.
    let both = ["run-?_bold.nii", "--dummy-scans", "39"];
    let outcome = map(&scratch, &both).succeeded();
    assert!(outcome.found_as("few-volumes")[0].starts_with("2 volumes are used in all"));
    let error = map(&scratch, &[&both[..], &["--combine", "demean"]].concat()).error();
    assert!(error.contains("run-1_bold.nii: 1 of its 40 volumes is used"), "{error}");
}

#[test]
fn few_volumes_are_told_in_all_or_of_each_run_by_what_is_computed() {
    let scratch = runs();
    let found = |arguments: &[&str]| {
        let outcome = map(&scratch, &[&["run-?_bold.nii"], arguments].concat()).succeeded();
        outcome.found_as("few-volumes").iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()
    };
    let nine = ["--volumes", "0:9"];
    assert_eq!(found(&nine), [""; 0], "18 in all");
    assert_eq!(found(&["--volumes", "0:10", "--combine", "demean"]), [""; 0]);
    for each in [
        &["--combine", "demean"][..],
        &["--combine", "average"],
        &["--combine", "weighted"],
        &["--map", "run-tsnr=r{run}.nii"],
    ] {
        let told = found(&[&nine[..], each].concat());
        let says = "few volumes are used: 9 of run-1_bold, 9 of run-2_bold: of fewer than 10";
        assert!(told.len() == 1 && told[0].starts_with(says), "{told:?}");
    }
    let told = found(&["--volumes", "0:4"]);
    assert!(told[0].starts_with("8 volumes are used in all"), "{told:?}");
    let error = map(&scratch, &["run-1_bold.nii", "--volumes", "0:9", "--strict"]).error();
    assert!(error.contains("few-volumes"), "{error}");
}

#[test]
fn dummy_scans_are_by_a_table_that_says_and_else_by_the_global_signal() {
    let scratch = Scratch::new();
    scratch.file("bold.nii", run("bold", VOLUMES, 2));
    let table = |names: &str, first: &str, other: &str| {
        format!("{names}\n{first}\n{}", format!("{other}\n").repeat(VOLUMES - 1))
    };
    for (names, first, other, expected, source) in [
        // 1 flagged, whatever the signal says.
        ("non_steady_state_outlier00\tcsf", "1\t5", "0\t5", 1, "their tables"),
        // fMRIPrep's own, and none flagged.
        ("std_dvars\tcsf", "n/a\t5", "1\t5", 0, "their tables"),
        ("cosine00\tcsf", "1\t5", "1\t5", 0, "their tables"),
        ("trans_x\tcsf", "1\t5", "1\t5", 2, "as their tables do not say"),
        ("NonSteadyStateOutlier0\tcsf", "1\t5", "0\t5", 2, "as their tables do not say"),
    ] {
        scratch.file("table.tsv", table(names, first, other));
        let outcome =
            map(&scratch, &["bold.nii", "--confounds", "table.tsv", "--dummy-scans", "auto"]);
        let outcome = outcome.succeeded();
        let dummies = json(&scratch)["runs"][0]["dummies"].as_array().expect("a list").len();
        assert_eq!(dummies, expected, "{names}");
        let said = outcome.found_as("dummy-scans")[0];
        assert!(said.contains(source), "{names}: {said}");
        let sentence = json(&scratch)["definition"]["sentence"].to_string();
        assert_eq!(sentence.contains("by the tables of confounds"), source == "their tables");
        // What was given is not advised.
        let warned = outcome.found_as("non-steady");
        assert_eq!(warned.len(), usize::from(expected == 0), "{names}");
        assert!(warned.iter().all(|it| !it.contains("(auto)")), "{warned:?}");
    }
}

#[test]
fn motion_files_without_names_are_read_in_the_units_of_their_program() {
    let scratch = runs();
    let motion = rows("motion", 6, VOLUMES);
    scratch.file("named.tsv", NAMES.to_owned() + &text(&motion, "\t"));
    scratch.file("rp_bold.txt", text(&motion, "  "));
    scratch.file("mc.par", text(&reordered(&motion, [3, 4, 5, 0, 1, 2]), "  "));
    let degrees = |row: &Vec<f64>| {
        let [roll, pitch, yaw] = [5, 3, 4].map(|at: usize| row[at].to_degrees());
        vec![roll, pitch, yaw, row[2], row[0], row[1]]
    };
    let afni: Vec<Vec<f64>> = motion.iter().map(degrees).collect();
    scratch.file("dfile.1D", format!("# 3dvolreg\n{}", text(&afni, "\t")));
    let with = |file: &str| {
        let columns = ["--confounds", file, "--confound-columns", "trans_*,rot_*"];
        let values = values(&scratch, &[&["run-1_bold.nii"], &columns[..]].concat());
        (values, json(&scratch)["runs"][0]["motion"].clone())
    };
    let (expected, named) = with("named.tsv");
    let numbers = |of: &Value| -> Vec<f64> {
        let lists = ["translations", "rotations"].map(|it| of[it].as_array().expect("three"));
        let lists = lists.into_iter().flatten().flat_map(|it| it.as_array().expect("a list"));
        lists.map(|it| it.as_f64().expect("a number")).collect()
    };
    for file in ["rp_bold.txt", "mc.par", "dfile.1D"] {
        let (found, motion) = with(file);
        assert_same(&found, &expected, file);
        for (found, expected) in numbers(&motion).iter().zip(numbers(&named)) {
            assert!((found - expected).abs() <= 1e-15, "{file}");
        }
    }
    // Power's framewise displacement, of the first two volumes by hand.
    let change = |at: usize| (motion[1][at] - motion[0][at]).abs();
    let expected: f64 = (0..3).map(change).sum::<f64>() + 50.0 * (3..6).map(change).sum::<f64>();
    let displacement = named["framewise_displacement"].as_array().expect("a list");
    assert_eq!((displacement.len(), &displacement[0]), (VOLUMES, &Value::Null));
    assert!((displacement[1].as_f64().unwrap() - expected).abs() < 1e-12);
    let above = displacement.iter().filter(|it| it.as_f64().is_some_and(|it| it > 1.5)).count();
    let censored = ["run-1_bold.nii", "--confounds", "mc.par", "--fd-thresh", "1.5"];
    map(&scratch, &censored).succeeded();
    let found = json(&scratch)["runs"][0]["censored"].as_array().expect("a list").len();
    assert!(found == above && above > 0 && above < VOLUMES, "{found}, {above}");
    // A line of numbers is not taken for names, also where there is one line more.
    scratch.file("more.txt", text(&rows("more", 6, VOLUMES + 1), "\t"));
    let arguments = ["run-1_bold.nii", "--confounds", "more.txt", "--confound-columns", "*"];
    let error = map(&scratch, &arguments).error();
    assert!(error.contains("line 1 holds numbers where the names of columns are expected"));
}

#[test]
fn one_file_of_all_runs_is_cut_where_they_end() {
    let scratch = runs();
    let keeps = |from: usize, to: usize| -> String {
        (from..to).map(|it| if it % 7 == 3 { "0\n" } else { "1\n" }).collect()
    };
    scratch.file("censor_combined.1D", keeps(0, 2 * VOLUMES));
    scratch.file("run-1_censor.1D", keeps(0, VOLUMES));
    scratch.file("run-2_censor.1D", keeps(VOLUMES, 2 * VOLUMES));
    let motion = rows("motion", 6, 2 * VOLUMES);
    scratch.file("dfile_rall.1D", text(&motion, " "));
    scratch.file("run-1_dfile.1D", text(&motion[..VOLUMES], " "));
    scratch.file("run-2_dfile.1D", text(&motion[VOLUMES..], " "));
    let arguments = |censor: &'static str, motion: &'static str| {
        ["run-?_bold.nii", "--censor", censor, "--confounds", motion, "--confound-columns", "*"]
    };
    let expected = values(&scratch, &arguments("run-?_censor.1D", "run-?_dfile.1D"));
    let found = values(&scratch, &arguments("censor_combined.1D", "dfile_rall.1D"));
    assert_same(&found, &expected, "one file of both runs");
    scratch.file("censor_short.1D", keeps(0, VOLUMES + 5));
    let error = map(&scratch, &["run-?_bold.nii", "--censor", "censor_short.1D"]).error();
    assert!(error.contains("45 numbers, but the 2 runs have 80 volumes together"), "{error}");
}

#[test]
fn columns_may_differ_by_a_pattern_and_tables_lie_side_by_side() {
    let scratch = runs();
    let [a, b] = ["a", "b"].map(|seed| rows(seed, 2, VOLUMES));
    scratch.file("run-1_desc-a_timeseries.tsv", format!("csf\tica_1\n{}", text(&a, "\t")));
    let one: Vec<Vec<f64>> = a.iter().map(|row| vec![row[0]]).collect();
    scratch.file("run-2_desc-a_timeseries.tsv", format!("csf\n{}", text(&one, "\t")));
    let with = |tables: &[&str], columns: &str| {
        let tables: Vec<&str> = tables.iter().flat_map(|it| ["--confounds", it]).collect();
        map(&scratch, &[&["run-?_bold.nii", "--confound-columns", columns], &tables[..]].concat())
    };
    let outcome = with(&["*desc-a*.tsv"], "csf,ica_*").succeeded();
    assert!(outcome.found_as("columns-differ")[0].ends_with("columns a run: 2, 1"));
    let error = with(&["*desc-a*.tsv"], "csf,ica_1").error();
    assert!(error.contains("run-2_desc-a_timeseries.tsv: no column matches 'ica_1'"), "{error}");
    assert!(with(&["*desc-a*.tsv"], "aroma_*").error().contains("no column matches 'aroma_*'"));

    for run in [1, 2] {
        let table = format!("x\ty\n{}", text(&b, "\t"));
        scratch.file(&format!("run-{run}_desc-tedana_timeseries.tsv"), table);
    }
    for tables in [&["*_timeseries.tsv"][..], &["*desc-a*.tsv", "*desc-tedana*.tsv"]] {
        with(tables, "csf,x,y").succeeded();
        let regressors = &json(&scratch)["runs"][1]["regressors"];
        assert_eq!(regressors, &serde_json::json!(["csf", "x", "y"]), "{tables:?}");
    }
    scratch.file("twice.tsv", format!("csf\n{}", text(&one, "\t")));
    let both = ["--confounds", "run-1_desc-a_timeseries.tsv", "--confounds", "twice.tsv"];
    let both = [&["run-1_bold.nii", "--confound-columns", "csf"], &both[..]].concat();
    let error = map(&scratch, &both).error();
    assert!(error.contains("column 'csf' is in run-1_desc-a_timeseries.tsv too"), "{error}");
}

#[test]
fn a_table_of_another_part_or_run_is_refused() {
    let scratch = Scratch::new();
    scratch.file("sub-1_part-mag_bold.nii", run("part", VOLUMES, 0));
    for name in ["sub-1_part-phase_timeseries.tsv", "sub-2_timeseries.tsv"] {
        scratch.file(name, format!("{NAMES}{}", text(&rows("part", 6, VOLUMES), "\t")));
        let table = ["sub-1_part-mag_bold.nii", "--confounds", name, "--confound-columns", "*"];
        let error = map(&scratch, &table).error();
        assert!(error.contains("no file is named for this run (files: 1, runs: 1)"), "{error}");
    }
}

#[test]
fn a_fit_that_would_take_minutes_or_more_memory_is_refused_at_once() {
    let scratch = Scratch::new();
    let values: Vec<f64> = (0..32767).map(|it| f64::from(it * 7919 % 1009)).collect();
    scratch.file("long.nii", Header::new(INT16, 16, 1, 1, 1, 32767).file(&values));
    let began = Instant::now();
    let error = map(&scratch, &["long.nii", "--highpass", "6", "--tr", "2"]).error();
    assert!(error.contains("a fit of 21844 columns to its 32767 volumes takes"), "{error}");
    assert!(error.contains("--highpass"), "{error}");
    let limited = ["long.nii", "--highpass", "900", "--tr", "2", "--mem-limit", "32M"];
    let error = map(&scratch, &limited).error();
    assert!(error.contains("of memory, more than the 32 MiB it may use"), "{error}");
    map(&scratch, &["long.nii", "--detrend", "9"]).succeeded();
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

// ---- Masks ------------------------------------------------------------------------------------

/// An image of one volume on a grid of this shape, whose voxels lie `shift` voxels further along x.
fn image(shape: [i16; 3], shift: f32, value: impl Fn(usize) -> f64) -> Vec<u8> {
    let [x, y, z] = shape;
    let mut header = Header::new(FLOAT32, 32, x, y, z, 1);
    header.dim[0] = 3;
    let step = header.affine().map(|row| row[0]);
    for (place, step) in header.translation.iter_mut().zip(step) {
        *place += shift * step;
    }
    let voxels = shape.iter().map(|&it| it as usize).product();
    header.file(&(0..voxels).map(value).collect::<Vec<_>>())
}

#[test]
fn images_that_lie_elsewhere_are_findings_with_a_name() {
    let scratch = runs();
    scratch.file("there.nii", image([5, 4, 3], 1.0, |voxel| f64::from(voxel % 2 == 0)));
    for how in [
        &["--mask", "there.nii"][..],
        &["--atlas", "there.nii"],
        &["--tissue", "GM=there.nii"],
        &["--mean-from", "there.nii"],
    ] {
        let arguments = [&["run-1_bold.nii", "-q"], how].concat();
        let outcome = map(&scratch, &arguments).succeeded();
        assert_eq!(outcome.found_as("image-misplaced").len(), 1, "{how:?}");
        let findings = json(&scratch)["findings"].clone();
        let mut findings = findings.as_array().expect("a list").iter();
        let finding = findings.find(|it| it["name"] == "image-misplaced").expect("a finding");
        let greatest_mm = finding["data"]["greatest_mm"].as_f64().expect("millimetres");
        assert!(greatest_mm > 0.01, "{how:?}: {greatest_mm}");
        let error = map(&scratch, &[&arguments[..], &["--strict"]].concat()).error();
        assert!(error.contains("image-misplaced"), "{error}");
    }
}

#[test]
fn what_is_no_mask_by_its_values_is_told_unless_a_threshold_is_given() {
    let scratch = runs();
    scratch.file("interpolated.nii", image([5, 4, 3], 0.0, |it| if it < 20 { 1.0 } else { 1e-15 }));
    scratch.file("probability.nii", image([5, 4, 3], 0.0, |it| it as f64 / 60.0));
    scratch.file("mask.nii", image([5, 4, 3], 0.0, |it| if it < 20 { 255.0 } else { 0.0 }));
    let found = |mask: &str, options: &[&str]| {
        let outcome = map(&scratch, &[&["run-1_bold.nii", "--mask", mask], options].concat());
        let outcome = outcome.succeeded();
        let told = outcome.found_as("mask-not-binary").iter().map(|it| (*it).to_owned()).collect();
        (told, json(&scratch)["mask"].clone())
    };
    let (told, mask): (Vec<String>, _) = found("interpolated.nii", &[]);
    let says =
        "2 values, none of them 0: 60 of 60 voxels are not 0 and so inside; 0.5 and more are 20";
    assert!(told[0].contains(says) && told[0].ends_with("(--mask-threshold)"), "{told:?}");
    assert_eq!((&mask["voxels"], &mask["threshold"]), (&60.into(), &Value::Null));
    let (told, _): (Vec<String>, _) = found("probability.nii", &[]);
    assert!(
        told[0].contains("60 values: 59 of 60 voxels are not 0 and so inside; 0.5 and more are 30")
    );
    for (mask, options, voxels) in [
        ("interpolated.nii", &["--mask-threshold", "0.5", "--strict"][..], 20),
        ("probability.nii", &["--mask-threshold", "0.84", "--strict"], 9),
        ("mask.nii", &["--strict"], 20),
    ] {
        let (told, mask): (Vec<String>, _) = found(mask, options);
        assert_eq!((told.len(), &mask["voxels"]), (0, &voxels.into()));
    }
    for wrong in [
        &["--mask", "auto", "--mask-threshold", "0.5"][..],
        &["--mask-threshold", "0.5"],
        &["--resample"],
    ] {
        let outcome = map(&scratch, &[&["run-1_bold.nii"], wrong].concat());
        assert_eq!(outcome.exit_code, Some(2), "{wrong:?}");
    }
}

#[test]
fn a_mask_of_another_grid_is_refused_with_commands_or_resampled() {
    let scratch = runs();
    // One voxel more on the left: its voxel 1 lies where that of the runs with x = 0 does.
    scratch.file("wide.nii", image([7, 4, 3], -1.0, |it| f64::from(it % 7 < 3)));
    let mask = ["run-1_bold.nii", "--mask", "wide.nii"];
    let error = map(&scratch, &mask).error();
    for says in [
        "the mask's grid 7x4x3 differs from 5x4x3",
        "resample_to_img('wide.nii', 'run-1_bold.nii', interpolation='nearest')",
        "3dresample -rmode NN -master 'run-1_bold.nii' -input 'wide.nii'",
        "flirt -applyxfm -usesqform -interp nearestneighbour -ref 'run-1_bold.nii' -in 'wide.nii'",
        "(--resample)",
    ] {
        assert!(error.contains(says), "'{says}' in: {error}");
    }
    let resampled = [&mask[..], &["--resample", "--mask-out", "m.nii", "--strict"]].concat();
    let outcome = map(&scratch, &resampled).succeeded();
    let found = Map::read(&scratch.path("m.nii"));
    let expected: Vec<f64> = (0..VOXELS).map(|it| f64::from(u8::from(it % 5 < 2))).collect();
    assert_eq!(found.values, expected);
    assert!(outcome.summary("mask").ends_with("resampled to the grid of the runs (nearest voxel)"));
    let json = json(&scratch);
    assert_eq!(json["mask"]["resampled"], true);
    let sentence = json["definition"]["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("wide.nii, resampled to the grid of the runs"), "{sentence}");
    let told = outcome.found_as("image-resampled");
    assert!(told[0].contains("the mask of 7x4x3 voxels was resampled to the 5x4x3 of"), "{told:?}");
    // One that lies elsewhere on the same grid as well; one that lies there is left as it is.
    scratch.file("shifted.nii", image([5, 4, 3], -1.0, |it| f64::from(it % 5 < 3)));
    let shifted = ["run-1_bold.nii", "--mask", "shifted.nii", "--resample", "--mask-out", "m.nii"];
    let outcome = map(&scratch, &shifted).succeeded();
    assert_eq!(Map::read(&scratch.path("m.nii")).values, expected);
    assert_eq!(outcome.found_as("image-misplaced").len(), 0);
    scratch.file("there.nii", image([5, 4, 3], 0.0, |it| f64::from(it % 5 < 3)));
    let there = ["run-1_bold.nii", "--mask", "there.nii", "--resample"];
    assert_eq!(map(&scratch, &there).succeeded().found_as("image-resampled").len(), 0);
    let far = image([5, 4, 3], 50.0, |_| 1.0);
    scratch.file("far.nii", far);
    let error = map(&scratch, &["run-1_bold.nii", "--mask", "far.nii", "--resample"]).error();
    assert!(error.contains("on the grid of the runs nothing of it is inside"), "{error}");
    // Labels keep their numbers.
    scratch.file("atlas.nii", image([7, 4, 3], -1.0, |it| (it % 7) as f64));
    let atlas = ["run-1_bold.nii", "--atlas", "atlas.nii", "--resample"];
    map(&scratch, &atlas).succeeded();
    let text = fs::read_to_string(scratch.path("o.json")).expect("JSON");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let all = json["regions"].as_array().expect("regions").iter();
    let all: Vec<(i64, u64)> = all
        .filter(|it| it["run"] == "all")
        .map(|it| (it["index"].as_i64().unwrap(), it["voxels"].as_u64().unwrap()))
        .collect();
    assert_eq!(all, [(1, 12), (2, 12), (3, 12), (4, 12), (5, 12)]);
    // Told in the summary and beside the table, too.
    let table = [&atlas[..], &["--table", "t.tsv"]].concat();
    let outcome = map(&scratch, &table).succeeded();
    let summary = outcome.summary("resampled");
    assert_eq!(summary, "atlas atlas.nii: each voxel from the nearest one");
    let sidecar = fs::read_to_string(scratch.path("t.json")).expect("the sidecar");
    let says = "Resampled to the grid, each voxel from the nearest one: atlas atlas.nii.";
    assert!(sidecar.contains(says), "{sidecar}");
    map(&scratch, &["run-1_bold.nii", "--atlas", "there.nii", "--table", "t.tsv"]).succeeded();
    assert!(!fs::read_to_string(scratch.path("t.json")).expect("it").contains("Resampled"));
    // A tissue that lies far away is empty then, as a mask or an atlas is.
    let far = ["run-1_bold.nii", "--tissue", "GM=far.nii", "--resample"];
    let error = map(&scratch, &far).error();
    let says = "far.nii: the tissue is empty: on the grid of the runs no voxel is 0.5 or more";
    assert!(error.contains(says), "{error}");
    let high = ["run-1_bold.nii", "--tissue", "GM=probable.nii"];
    scratch.file("probable.nii", image([5, 4, 3], 0.0, |_| 0.4));
    let error = map(&scratch, &high).error();
    assert!(error.contains("no voxel is 0.5 or more; give a lower threshold"), "{error}");
}

#[test]
fn a_mask_without_a_number_says_what_it_has_instead() {
    let scratch = runs();
    let odd = |it: usize| if it.is_multiple_of(2) { f64::INFINITY } else { 0.0 };
    scratch.file("odd.nii", image([5, 4, 3], 0.0, odd));
    for (options, says) in [
        (&[][..], "no voxel is a number other than 0 (NaN or infinite: 30)"),
        (&["--mask-threshold", "0.5"], "no voxel is a number from 0.5 on (NaN or infinite: 30)"),
    ] {
        let error =
            map(&scratch, &[&["run-1_bold.nii", "--mask", "odd.nii"], options].concat()).error();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn an_automatic_mask_is_called_nilearns_only_where_it_is() {
    // nilearn 0.14.1's compute_epi_mask has 0 voxels for 1 to 4 slices.
    for (slices, says) in [
        (1, "auto (as nilearn's compute_epi_mask, but not eroded across an axis of one voxel)"),
        (3, "auto (nilearn's compute_epi_mask with opening=False, as it is empty with opening)"),
        (9, "auto (nilearn's compute_epi_mask)"),
    ] {
        let scratch = Scratch::new();
        let mut random = Random::new("head");
        let [x, y] = [16, 16];
        let voxels = x * y * slices;
        let is_head = |voxel: usize| {
            let (x, y) = (voxel % 16, voxel / 16 % 16);
            (2..14).contains(&x) && (2..14).contains(&y)
        };
        let value = |at: usize| {
            let level = if is_head(at % voxels) { 1000.0 } else { 50.0 };
            level + 10.0 * random.normal()
        };
        let values: Vec<f64> = (0..20 * voxels).map(value).collect();
        let header = Header::new(FLOAT32, 32, x as i16, y as i16, slices as i16, 20);
        scratch.file("bold.nii", header.file(&values));
        let outcome = map(&scratch, &["bold.nii", "--mask", "auto"]).succeeded();
        assert!(outcome.summary("mask").ends_with(says), "{slices}: {}", outcome.summary("mask"));
        let rule = says.trim_start_matches("auto ");
        let sentence = json(&scratch)["definition"]["sentence"].as_str().unwrap().to_owned();
        assert!(
            sentence.contains(&format!("a brain mask of the temporal mean {rule}")),
            "{sentence}"
        );
    }
}

/// Without an option that takes something of it.
#[test]
fn a_motion_file_by_itself_tells_how_the_head_moved() {
    let scratch = Scratch::new();
    let run = session_runs()[0].display().to_string();
    // FSL's: rotations in radians, translations in mm; the head moves by 3 mm into volume 20.
    let row = |volume: usize| format!("0 0 0 0 {} 0\n", if volume < 20 { 0.0 } else { 3.0 });
    scratch.file("run.par", (0..43).map(row).collect::<String>());
    let outcome =
        scratch.tsnr([&*run, "-o", "map.nii", "--confounds", "run.par", "--json", "out.json"]);
    let found = outcome.succeeded();
    let motion = found.found_as("motion");
    let [motion] = motion[..] else { panic!("{}", found.stderr) };
    for part in ["3.000 mm at most, into volume 20", "more than 0.5 mm into 1 of 42 volumes"] {
        assert!(motion.contains(part), "{motion}");
    }
    // 3 mm of 42 steps.
    assert!(motion.contains("by 0.07143 mm from volume to volume on average"), "{motion}");
    let json = fs::read_to_string(scratch.path("out.json")).expect("a file");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let findings = json["findings"].as_array().expect("findings");
    let motion = findings.iter().find(|it| it["name"] == "motion").expect("a finding");
    assert_eq!(motion["place"]["volume"], 20);
    assert_eq!(motion["severity"], "warning");
}
