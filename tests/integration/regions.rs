//! Tables of regions are numpy's, region by region and run by run, and what cannot be a region is
//! refused with the file, what was found and what to do.

use crate::program;

use program::bytes::{FLOAT32, Header};
use program::{
    ATLAS_LABELS, MODES, Scratch, assert_same_table, regions_check, session_atlas, session_image,
    session_pattern, session_runs, shared_data, testdata,
};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with the made images of tests/regions_check.py.
fn folder() -> Scratch {
    let scratch = Scratch::new();
    scratch.file("atlas.nii", session_atlas());
    scratch.file("labels.tsv", ATLAS_LABELS);
    scratch.file("gm.nii", session_image(FLOAT32, 32, |[_, _, z]| z as f64 / 9.0));
    let white = |[x, y, _]: [usize; 3]| ((7 * x + 3 * y) % 11) as f64 / 10.0;
    scratch.file("wm.nii", session_image(FLOAT32, 32, white));
    let mask = |[x, y, z]: [usize; 3]| f64::from(u8::from((x + y + z) % 3 != 0));
    scratch.file("mask.nii", session_image(FLOAT32, 32, mask));
    scratch
}

const REGIONS: [&str; 7] = [
    "--atlas=atlas.nii",
    "--atlas-labels=labels.tsv",
    "--tissue=GM=gm.nii",
    "--tissue=WM=wm.nii",
    "--by-slice",
    "--table=regions.tsv",
    "--threads=2",
];

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_table_of_an_atlas_tissues_and_slices_is_numpys_in_every_mode() {
    let scratch = folder();
    for (more, expected) in [(&[][..], "regions.tsv"), (&["--mask=mask.nii"], "regions_masked.tsv")]
    {
        // numpy 2.4.6, nibabel 5.4.2: python tests/regions_check.py session, and masked.
        let expected = read(&testdata(&format!("expected/{expected}")));
        for mode in MODES {
            let pattern = session_pattern();
            let arguments = [&REGIONS, more, &["--mode", mode, &pattern]].concat();
            let outcome = scratch.tsnr(&arguments).succeeded();
            assert_same_table(&read(&scratch.path("regions.tsv")), &expected, 1.0);
            assert!(outcome.warnings().iter().all(|it| !it.contains("nii: ")), "nothing misplaced");
            assert_eq!(outcome.summary("table"), "regions.tsv, described in regions.json");
        }
    }
}

#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn the_committed_tables_are_what_numpy_says_today() {
    for (what, name) in [("session", "regions.tsv"), ("masked", "regions_masked.tsv")] {
        let recomputed = regions_check(what, session_runs());
        assert_same_table(&recomputed, &read(&testdata(&format!("expected/{name}"))), 1.0);
    }
}

#[test]
fn every_column_is_described_beside_the_table() {
    let scratch = folder();
    scratch.tsnr(["--table=t.tsv", "--by-slice", &session_pattern()]).succeeded();
    let described: serde_json::Value =
        serde_json::from_str(&read(&scratch.path("t.json"))).expect("JSON");
    let table = read(&scratch.path("t.tsv"));
    let mut columns: Vec<&str> = table.lines().next().expect("a head").split('\t').collect();
    columns.sort_unstable();
    let keys: Vec<&String> = described.as_object().expect("an object").keys().collect();
    assert_eq!(keys, columns);
    assert_eq!(described["run"]["Levels"]["all"], "All runs together");
}

/// The rows of a table, their columns up to `undefined`.
fn heads(table: &str) -> Vec<String> {
    table
        .lines()
        .skip(1)
        .map(|line| line.split('\t').take(5).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn without_regions_the_table_is_of_the_mask_or_of_all_voxels() {
    let scratch = folder();
    let run = &session_runs()[3].display().to_string();
    let name = "sub-01_ses-test_task-overtverbgeneration_bold";
    scratch.tsnr(["--table=t.tsv", run]).succeeded();
    let all = read(&scratch.path("t.tsv"));
    assert_eq!(
        heads(&all),
        ["1 all voxels all 4000 2568".to_owned(), format!("1 all voxels {name} 4000 2568")]
    );
    let figures =
        |row: usize| all.lines().nth(row).unwrap().split('\t').skip(5).collect::<Vec<_>>();
    assert_eq!(figures(1), figures(2), "of a single run, all runs together are that run");
    scratch.tsnr(["--table=t.tsv", "--mask=mask.nii", run]).succeeded();
    let heads = heads(&read(&scratch.path("t.tsv")));
    let voxels = (0..4000).filter(|it| (it % 20 + it / 20 % 20 + it / 400) % 3 != 0).count();
    assert!(heads[0].starts_with(&format!("1 mask all {voxels} ")), "{heads:?}");
}

#[test]
fn runs_of_one_name_are_told_apart_and_none_is_taken_for_all_of_them() {
    let scratch = Scratch::new();
    let run = fs::read(testdata("odd/int16_le.nii")).expect("a specimen");
    let files = ["a/bold.nii", "b/bold.nii", "all.nii", "c/other.nii"];
    files.iter().for_each(|name| drop(scratch.file(name, &run)));
    scratch.tsnr(files.iter().copied().chain(["--table=t.tsv"])).succeeded();
    let table = read(&scratch.path("t.tsv"));
    let runs: Vec<&str> = table.lines().skip(1).filter_map(|it| it.split('\t').nth(2)).collect();
    assert_eq!(runs, ["all", "a/bold.nii", "b/bold.nii", "all.nii", "other"]);
}

#[test]
fn regions_have_no_names_but_their_labels_where_no_table_gives_them() {
    let scratch = folder();
    let run = &session_runs()[3].display().to_string();
    scratch.tsnr(["--table=t.tsv", "--atlas=atlas.nii", run]).succeeded();
    let heads = heads(&read(&scratch.path("t.tsv")));
    let names: Vec<&str> =
        heads.iter().step_by(2).map(|it| it.split(" all").next().unwrap()).collect();
    assert_eq!(names, ["-2 label--2", "3 label-3", "8 label-8"]);
}

#[test]
fn a_tissue_is_what_is_as_likely_as_the_threshold() {
    let scratch = folder();
    let run = &session_runs()[3].display().to_string();
    for (threshold, slices) in [("0.5", 5), ("0.99", 1), ("0.1", 9), ("1", 1)] {
        let arguments =
            ["--table=t.tsv", "--tissue=GM=gm.nii", "--tissue-threshold", threshold, run];
        scratch.tsnr(arguments).succeeded();
        let heads = heads(&read(&scratch.path("t.tsv")));
        assert!(heads[0].starts_with(&format!("1 GM all {} ", 400 * slices)), "{heads:?}");
    }
}

#[test]
#[ignore = "needs ../shared/data, and Python with numpy and nibabel"]
fn twelve_real_runs_have_the_regions_that_numpy_finds() {
    let data = shared_data("haxby");
    let scratch = Scratch::new();
    let halves = (0..800).map(|it| if it % 40 < 20 { 1.0 } else { 2.0 }).collect::<Vec<f64>>();
    scratch.file("atlas.nii", Header::new(FLOAT32, 32, 40, 20, 1, 1).file(&halves));
    let pattern = data.join("*_bold.nii.gz").display().to_string();
    let outcome = scratch.tsnr(["--atlas=atlas.nii", "--table=t.tsv", &pattern]).succeeded();
    // The made atlas does not lie where the runs do.
    let is_misplaced =
        |it: &&str| it.starts_with("atlas.nii: the affine of the atlas differs: voxels lie up to ");
    let misplaced = outcome.found_as("image-misplaced");
    assert_eq!(misplaced.iter().filter(|it| is_misplaced(it)).count(), 1, "{}", outcome.stderr);
    // numpy 2.4.6, nibabel 5.4.2: python tests/regions_check.py haxby.
    let expected = [
        "1\tlabel-1\tall\t400\t147\t44.695792409679534\t44.63358418480727\t6.36284041964392\t25.16553797575494\t62.99939683321787\t84.43568258592197",
        "1\tlabel-1\tsub-001_task-objectviewing_run-07_bold\t400\t147\t82.20238641005447\t86.75154562891683\t18.414499080254185\t49.22409885015667\t112.89218265658548\t138.97042990476237",
        "2\tlabel-2\tall\t400\t123\t40.6619927182966\t38.00742050799345\t7.2047801945851395\t18.718489247905094\t58.09791940903384\t86.91508110841298",
        "2\tlabel-2\tsub-001_task-objectviewing_run-07_bold\t400\t123\t81.90077050968283\t87.09391998655842\t15.903965781314621\t49.57337205469686\t114.29917842470111\t144.57466317656932",
    ];
    let table = read(&scratch.path("t.tsv"));
    assert_eq!(table.lines().count(), 1 + 2 * 13);
    let is_listed = |line: &&str| line.contains("\tall\t") || line.contains("run-07");
    let found: Vec<&str> = table.lines().filter(is_listed).collect();
    assert_same_table(&found.join("\n"), &expected.join("\n"), 1.0);
    let mut runs: Vec<PathBuf> =
        fs::read_dir(data).expect("runs").map(|it| it.expect("a run").path()).collect();
    runs.sort();
    assert_same_table(&table, &regions_check("haxby", runs), 1.0);
}

#[test]
fn what_is_no_region_of_these_runs_is_refused_before_anything_is_computed() {
    let scratch = folder();
    let run = &session_runs()[3].display().to_string();
    let small = Header::new(FLOAT32, 32, 20, 20, 9, 1).file(&[0.0; 3600]);
    scratch.file("small.nii", small);
    scratch.file("percent.nii", session_image(FLOAT32, 32, |[x, _, _]| 5.0 * x as f64));
    scratch.file("damaged.tsv", "index\tname\n3\tGrey\nthree\tWhite\n");
    scratch.file("empty.tsv", "");
    let grids = format!("grid 20x20x9 differs from 20x20x10 of {run}; resample it to that grid");
    for (options, says) in [
        (&["--atlas=small.nii"][..], &*format!("small.nii: the atlas's {grids}")),
        (&["--tissue=GM=small.nii"], &format!("small.nii: the tissue's {grids}")),
        (&["--mask=small.nii"], &format!("small.nii: the mask's {grids}")),
        (
            &["--atlas=gm.nii"],
            "gm.nii: voxel (0, 0, 1) is 0.1111111119389534, expected the whole number of a region",
        ),
        (
            &["--tissue=GM=percent.nii"],
            "percent.nii: voxel (1, 0, 0) is 5, expected a probability from 0 to 1; divide percentages by 100",
        ),
        (
            &["--atlas=atlas.nii", "--atlas-labels=damaged.tsv"],
            "damaged.tsv: line 3: 'three' is the index of a label",
        ),
        (&["--atlas=atlas.nii", "--atlas-labels=empty.tsv"], "empty.tsv: no label in it"),
        (&["--atlas=atlas.nii", "--atlas-labels=none.tsv"], "none.tsv: cannot open: No such file"),
        (&[&*format!("--atlas={run}")], "22 volumes, expected one"),
    ] {
        let before = scratch.names();
        let error = scratch.tsnr([options, &["--table=t.tsv", run]].concat()).error();
        assert!(error.contains(says), "{error}");
        assert_eq!(scratch.names(), before, "{options:?}");
    }
}

#[test]
fn a_table_never_replaces_what_it_is_made_from() {
    let scratch = folder();
    scratch.file("run_bold.nii.gz", fs::read(&session_runs()[3]).expect("a run"));
    scratch.file("run_bold.json", "{}");
    let before = read(&scratch.path("labels.tsv"));
    for (options, file) in [
        (
            &["--table=labels.tsv", "--atlas=atlas.nii", "--atlas-labels=labels.tsv"][..],
            "labels.tsv",
        ),
        (&["--table=run_bold.tsv"], "run_bold.json"),
        (&["-o", "atlas.nii", "--atlas=atlas.nii", "--table=t.tsv"], "atlas.nii"),
        (&["-o", "mask.nii", "--mask=mask.nii"], "mask.nii"),
    ] {
        let error = scratch.tsnr([&["run_bold.nii.gz"], options].concat()).error();
        let says = format!("{file}: the output is one of the inputs, which would be lost");
        assert!(error.contains(&says), "{error}");
    }
    assert_eq!(read(&scratch.path("labels.tsv")), before);
    assert_eq!(read(&scratch.path("run_bold.json")), "{}");
}

#[test]
fn a_wrong_command_line_about_regions_ends_with_2() {
    let scratch = folder();
    let run = &session_runs()[3].display().to_string();
    for (options, says) in [
        (&["-o", "m.nii", "--atlas=atlas.nii"][..], "--atlas needs --table"),
        (&["-o", "m.nii", "--by-slice"], "--by-slice needs --table"),
        (&["-o", "m.nii", "--tissue=GM=gm.nii"], "--tissue needs --table"),
        (&["--table=t.tsv", "--atlas-labels=labels.tsv"], "--atlas-labels needs --atlas"),
        (&["--table=t.csv"], "expected a name that ends in .tsv"),
        (&["--table=t.tsv", "--tissue=gm.nii"], "expected NAME=FILE"),
        (&["--table=t.tsv", "--tissue-threshold=0.3"], "--tissue-threshold needs --tissue"),
        (
            &["--table=t.tsv", "--tissue=GM=gm.nii", "--tissue-threshold=50"],
            "expected a probability",
        ),
        (
            &["--table=t.tsv", "--tissue=GM=gm.nii", "--tissue=GM=wm.nii"],
            "two tissues are called GM",
        ),
        (&["--table=t.tsv", "--json=t.json"], "two outputs cannot be written to one file: t.json"),
        (&["--table=t.tsv", "--definitions"], "cannot be used with"),
        (&["--table=t.tsv", "--compare"], "cannot be used with"),
    ] {
        let outcome = scratch.tsnr([options, &[run]].concat());
        assert_eq!(outcome.exit_code, Some(2), "{options:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(says), "{options:?}: {}", outcome.stderr);
    }
    assert!(!scratch.path("m.nii").exists() && !scratch.path("t.tsv").exists());
}

#[test]
fn runs_too_short_for_a_tsnr_of_their_own_are_in_the_table_together_only() {
    let scratch = Scratch::new();
    let two = fs::read(testdata("odd/two_volumes.nii")).expect("a specimen");
    ["a.nii", "b.nii"].iter().for_each(|name| drop(scratch.file(name, &two)));
    let outcome = scratch.tsnr(["a.nii", "b.nii", "--ddof=2", "--table=t.tsv"]).succeeded();
    assert!(outcome.stderr.contains("figures are of all runs together only"), "{}", outcome.stderr);
    assert_eq!(heads(&read(&scratch.path("t.tsv"))).len(), 1);
}
