//! Connectome Workbench computes the same of CIFTI and GIFTI files, and reads what is written.

use crate::program;

use program::{Map, Scratch, testdata};
use std::path::Path;
use std::process::Command;

/// Runs Workbench's `wb_command`: the one that TSNR_WB_COMMAND names, or else that of the path. A test that
/// needs it does not pass without.
fn workbench(arguments: &[&str], folder: &Path) -> String {
    let program = std::env::var("TSNR_WB_COMMAND").unwrap_or_else(|_| "wb_command".to_owned());
    let mut command = Command::new(&program);
    command.args(arguments).current_dir(folder).env("QT_QPA_PLATFORM", "offscreen");
    let output = command.output().unwrap_or_else(|error| {
        panic!("{program}: {error}: install connectome-workbench, or set TSNR_WB_COMMAND")
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{arguments:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

/// Holds values to those of Workbench, which it rounds to float32.
fn assert_workbenchs(found: &Map, expected: &Map, what: &str) {
    assert_eq!(found.shape, expected.shape, "{what}");
    for (place, (found, expected)) in found.values.iter().zip(&expected.values).enumerate() {
        let are_alike = match expected.is_finite() {
            true => (found - expected).abs() <= 4e-7 * expected.abs(),
            false => found.is_nan() == expected.is_nan() && (found == expected || found.is_nan()),
        };
        assert!(are_alike, "{what}: {found} at {place}, expected {expected}");
    }
}

/// Operators of Workbench, and the options that ask for the same map, whose file follows.
const OPERATORS: [(&str, &[&str]); 4] = [
    ("TSNR", &["--definition=workbench", "-o"]),
    ("MEAN", &["--definition=workbench", "--mean"]),
    ("SAMPSTDEV", &["--definition=workbench", "--std"]),
    ("STDEV", &["--definition=workbench", "--ddof=0", "--std"]),
];

// Connectome Workbench 1.5.0: wb_command -cifti-reduce IN OPERATION OUT.
#[test]
#[ignore = "needs Connectome Workbench (wb_command)"]
fn each_operator_that_is_offered_is_workbenchs() {
    for (run, kind) in [("cifti.dtseries.nii", "dscalar"), ("cifti.ptseries.nii", "pscalar")] {
        for (operator, options) in OPERATORS {
            let scratch = Scratch::new();
            let run = testdata(&format!("odd/{run}")).display().to_string();
            let (ours, theirs) = (format!("ours.{kind}.nii"), format!("theirs.{kind}.nii"));
            scratch.tsnr([&[&*run][..], options, &[&*ours]].concat()).succeeded();
            workbench(&["-cifti-reduce", &run, operator, &theirs], &scratch.path(""));
            let [found, expected] = [&ours, &theirs].map(|it| Map::read(&scratch.path(it)));
            assert_workbenchs(&found, &expected, &format!("{operator} of {run}"));
            let names =
                workbench(&["-file-information", &ours, "-only-map-names"], &scratch.path(""));
            assert_eq!(names.trim(), operator);
        }
        // Where the mean is 0, Workbench divides by it.
        let scratch = Scratch::new();
        let run = testdata(&format!("odd/{run}")).display().to_string();
        let ours = format!("ours.{kind}.nii");
        let cov = format!("cv={ours}");
        let options = ["--definition=workbench", "-q", "--dtype=float64", "--map", &cov];
        scratch.tsnr([&[&*run][..], &options].concat()).succeeded();
        workbench(&["-cifti-reduce", &run, "COV", "theirs.nii"], &scratch.path(""));
        let [mut found, mut expected] =
            [&*ours, "theirs.nii"].map(|it| Map::read(&scratch.path(it)));
        for (found, expected) in found.values.iter_mut().zip(&mut expected.values) {
            if !expected.is_finite() {
                assert!(!found.is_normal(), "{found}");
                (*found, *expected) = (0.0, 0.0);
            }
        }
        assert_workbenchs(&found, &expected, &format!("COV of {run}"));
    }
}

#[test]
#[ignore = "needs Connectome Workbench (wb_command)"]
fn workbench_reads_several_maps_with_their_names_and_takes_them_apart() {
    let scratch = Scratch::new();
    let run = testdata("odd/cifti.dtseries.nii").display().to_string();
    let all = "all.dscalar.nii";
    scratch.tsnr([&*run, "-q", "-o", all, "--mean", all, "--std", all]).succeeded();
    scratch.tsnr([&*run, "-q", "--mean", "mean.dscalar.nii"]).succeeded();
    let folder = scratch.path("");
    let names = workbench(&["-file-information", all, "-only-map-names"], &folder);
    assert_eq!(names.split_whitespace().collect::<Vec<_>>(), ["TSNR", "MEAN", "STDEV"]);
    workbench(&["-cifti-merge", "second.dscalar.nii", "-cifti", all, "-column", "2"], &folder);
    let [found, expected] =
        ["second.dscalar.nii", "mean.dscalar.nii"].map(|it| Map::read(&scratch.path(it)));
    assert_workbenchs(&found, &expected, "the second map");
    // What was taken out is a mean again.
    let options = [&*run, "-q", "-o", "t.dscalar.nii", "--mean-from", "second.dscalar.nii"];
    scratch.tsnr(options).succeeded();
    let said = workbench(
        &["-cifti-separate", all, "COLUMN", "-metric", "CORTEX_LEFT", "l.func.gii"],
        &folder,
    );
    assert_eq!(said.trim(), "");
}

// Connectome Workbench 1.5.0: wb_command -metric-reduce IN OPERATION OUT.
#[test]
#[ignore = "needs Connectome Workbench (wb_command)"]
fn each_operator_that_is_offered_is_that_of_metrics() {
    for run in ["gifti.func.gii", "gifti_big_endian.func.gii", "gifti_rows.time.gii"] {
        for (operator, options) in OPERATORS {
            let scratch = Scratch::new();
            let folder = scratch.path("");
            // Workbench tells what a file is by its name.
            scratch.file("run.func.gii", std::fs::read(testdata("odd").join(run)).expect("a run"));
            let run_here = ["run.func.gii"];
            scratch.tsnr([&run_here[..], options, &["ours.nii"]].concat()).succeeded();
            workbench(&["-metric-reduce", "run.func.gii", operator, "theirs.func.gii"], &folder);
            workbench(&["-metric-convert", "-to-nifti", "theirs.func.gii", "theirs.nii"], &folder);
            let [found, expected] =
                ["ours.nii", "theirs.nii"].map(|it| Map::read(&scratch.path(it)));
            assert_eq!(found.values.len(), 60, "{run}");
            let found = Map { shape: expected.shape.clone(), ..found };
            assert_workbenchs(&found, &expected, &format!("{operator} of {run}"));
        }
    }
}
