//! Options that make no sense are refused with what was found, what was expected and what to do:
//! exit 2 for a wrong command line, 1 where only the files tell.

use crate::program;

use program::bytes::Header;
use program::{MODES, Map, Scratch, testdata};
use std::fs;

fn made(name: &str) -> String {
    testdata("definitions").join(name).display().to_string()
}

#[test]
fn a_value_that_cannot_be_meant_ends_with_2() {
    let scratch = Scratch::new();
    let run = made("run-1_bold.nii.gz");
    for (arguments, says) in [
        (&["--combine", "pooled"][..], "concat, demean, average, weighted"),
        (&["--detrend", "10"], "an order from 0 to 9"),
        (&["--detrend", "-1"], "-1"),
        (&["--highpass", "0"], "above 0"),
        (&["--highpass", "inf"], "above 0"),
        (&["--highpass", "nan"], "above 0"),
        (&["--ddof", "ranks"], "a whole number, or 'rank'"),
        (&["--dummy-scans", "some"], "a number of volumes, or 'auto'"),
        (&["--dummy-scans", "1.5"], "a number of volumes, or 'auto'"),
        (&["--volumes", "5"], "FROM:TO"),
        (&["--volumes", "7:7"], "FROM:TO"),
        (&["--volumes", "a:b"], "FROM:TO"),
        (&["--censor-before", "-1"], "-1"),
        (&["--censor-after", "x"], "a whole number"),
        (&["--fd-thresh", "0.5"], "--confounds"),
        (&["--dvars-thresh", "1.5"], "--confounds"),
        (&["--confound-columns", "csf"], "--confounds"),
        (&["--confounds", "a.tsv", "--fd-thresh", "-0.5"], "-0"),
        (&["--confounds", "a.tsv", "--dvars-thresh", "0"], "above 0"),
        (&["--definition", "spm"], "numpy, fsl, afni, afni-cvarinv, nipype, sfnr"),
        (&["--undefined", "inf"], "zero, nan, numpy, fsl"),
        (&["--map", "tsnr"], "NAME=FILE"),
        (&["--map", "snr=a.nii"], "tsnr, mean, std, run-tsnr, between, volumes, stderr"),
        (&["--map", "mean=a.txt"], ".nii, .nii.gz, .mgz or .func.gii"),
        (&["--map", "mean=map.nii"], "one file"),
        (&["--mask-out", "m.nii"], "--mask"),
        (&["--mask", "auto", "--mask-out", "m.png"], ".nii, .nii.gz, .mgz or .func.gii"),
        (&["--mask", "auto", "--mask-out", "map.nii"], "one file"),
        (&["--json", "map.nii"], "one file"),
        (&["--allow", "clipped"], "--strict"),
        (&["--strict", "--allow", "anything"], "between-runs"),
        (&["--definitions"], "cannot be used with"),
    ] {
        let base = [&*run, "-o", "map.nii"];
        let outcome = scratch.tsnr(base.iter().chain(arguments));
        assert_eq!(outcome.exit_code, Some(2), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(says), "'{says}' in: {}", outcome.stderr);
        assert_eq!((outcome.stdout, scratch.names().len()), (String::new(), 0));
    }
}

/// Sees that the run fails with a line that holds all these, in every mode, and writes nothing.
#[track_caller]
fn assert_refused(scratch: &Scratch, arguments: &[&str], says: &[&str]) {
    assert_ends_with(1, scratch, arguments, says);
}

/// Sees the same, of a run that ends with this exit status.
#[track_caller]
fn assert_ends_with(exit_code: i32, scratch: &Scratch, arguments: &[&str], says: &[&str]) {
    let names = scratch.names();
    for mode in MODES {
        let base = ["-o", "map.nii", "-q", "--mode", mode];
        let outcome = scratch.tsnr(arguments.iter().chain(&base));
        assert_eq!(outcome.exit_code, Some(exit_code), "{}", outcome.stderr);
        let lines = outcome.stderr.lines();
        let errors: Vec<&str> = lines.filter(|it| it.starts_with("tsnr: error: ")).collect();
        let [line] = errors[..] else { panic!("one error in: {}", outcome.stderr) };
        for text in says {
            assert!(line.contains(text), "'{text}' in: {line}");
        }
        assert!(!outcome.stderr.contains("panic"), "{}", outcome.stderr);
        assert_eq!(scratch.names(), names, "nothing is written");
    }
}

#[test]
fn tables_and_lists_that_do_not_go_with_the_runs_are_refused() {
    let scratch = Scratch::new();
    let (one, all) = (made("run-1_bold.nii.gz"), made("run-?_bold.nii.gz"));
    let table = |run: u8| {
        let name = format!("run-{run}_desc-confounds_timeseries.tsv");
        format!("--confounds={}", made(&name))
    };
    let list = |run: u8| format!("--censor={}", made(&format!("run-{run}_keep.1D")));
    let columns = "--confound-columns=csf";
    let settle = "give one for each run, with its BIDS entities in its name or in the runs' order";
    for (given, says) in [
        // A table of another run, by its name.
        (&[&*one, &table(2), columns][..], &["run-1_bold.nii.gz", "no file is named", settle][..]),
        (&[&*one, &list(3)], &["run-1_bold.nii.gz", "no file is named", settle]),
        // Two for three runs.
        (
            &[&*all, &table(1), &table(2), columns],
            &["run-3_bold.nii.gz", "files: 2, runs: 3", settle],
        ),
        (&[&*one, &table(1), "--confound-columns=nothing_*"], &["timeseries.tsv", "nothing_*"]),
        (&[&*one, "--confounds=missing.tsv", columns], &["missing.tsv", "No such file"]),
        (&[&*one, "--censor=missing.1D"], &["missing.1D", "No such file"]),
        (&[&*one, "--confounds=*.tsv", columns], &["*.tsv", "no file"]),
    ] {
        assert_refused(&scratch, given, says);
    }

    // Of the right name, and the wrong length or content.
    let rows = |count: usize| format!("a\tb\n{}", "1\t2\n".repeat(count));
    scratch.file("c.tsv", rows(59));
    scratch.file("text.tsv", rows(60).replacen("1\t2", "one\t2", 1));
    scratch.file("missing.tsv", rows(59) + "n/a\t2\n");
    scratch.file("k.1D", "1 ".repeat(61));
    scratch.file("two.1D", "1 ".repeat(59) + "2");
    for (given, says) in [
        (["--confounds=c.tsv", "--confound-columns=a"], &["c.tsv", "59 rows", "60 volumes"][..]),
        (["--confounds=text.tsv", "--confound-columns=a"], &["text.tsv", "line 2", "'a'", "one"]),
        (["--confounds=missing.tsv", "--confound-columns=a"], &["line 61", "'a'", "no value"]),
        (["--confounds=text.tsv", "--fd-thresh=1"], &["text.tsv", "framewise_displacement"]),
        (["--confounds=text.tsv", "--dvars-thresh=1"], &["text.tsv", "std_dvars"]),
        (["--censor=k.1D", "--detrend=1"], &["k.1D", "61 numbers", "60 volumes"]),
        (["--censor=two.1D", "--detrend=1"], &["two.1D", "found", "0 censors a volume"]),
    ] {
        assert_refused(&scratch, &[&[&*one][..], &given].concat(), says);
    }
}

#[test]
fn too_few_volumes_are_refused_with_the_run_and_the_way_out() {
    let scratch = Scratch::new();
    let run = made("run-1_bold.nii.gz");
    let all = made("run-?_bold.nii.gz");
    let lists = format!("--censor={}", made("run-?_few.1D"));
    let skip = "--skip-short-runs";
    for (given, says) in [
        // One volume less than a trend needs; the least that do are tried below.
        (&[&*run, "--volumes=0:5", "--detrend=4"][..], &["5 of 60 volumes", "6 are needed"][..]),
        (&[&*run, "--dummy-scans=60"], &["run-1_bold.nii.gz", "none of its 60 volumes"]),
        (&[&*run, "--dummy-scans=99"], &["run-1_bold.nii.gz", "none of its 60 volumes"]),
        (&[&*run, "--volumes=70:"], &["run-1_bold.nii.gz", "none of its 60 volumes"]),
        (&[&*run, "--volumes=3:4", "--ddof=1"], &["1 of 60 volumes", "nothing varies over time"]),
        (&[&*all, &lists, "--detrend=3"], &["run-2_bold.nii.gz", "3 of 50 volumes", skip]),
        (&[&*run, "--highpass=4"], &["run-1_bold.nii.gz", "cosines", "60 volumes", "longer"]),
        (&[&*run, "--dummy-scans=60", skip], &["no run keeps enough", "censor less"]),
    ] {
        assert_refused(&scratch, given, says);
    }
    for mode in MODES {
        let least = [&*run, "--volumes=0:6", "--detrend=4", "--ddof=rank", "-o", "map.nii"];
        scratch.tsnr(least.iter().chain(&["--mode", mode])).succeeded();
    }
    let given = [&*all, &lists, "--detrend=3", skip, "-o", "map.nii", "--json", "said.json"];
    let outcome = scratch.tsnr(given).succeeded();
    let said = fs::read_to_string(scratch.path("said.json")).expect("JSON");
    assert!(said.contains("; 1 run with too few volumes was left out; "), "{said}");
    assert!(outcome.stderr.contains("run-2_bold: left out: 3 of 50 volumes"), "{}", outcome.stderr);
    assert_eq!(outcome.summary("runs"), "2: 60 + 40 = 100 volumes");
    // Only the run that is left out is scaled otherwise.
    assert!(!outcome.stderr.contains("slope-differs"), "{}", outcome.stderr);
}

/// In the summary, for a paper, and in the header of the map, by which maps are compared.
#[test]
fn a_mean_from_another_image_is_said_wherever_the_definition_is() {
    let scratch = Scratch::new();
    let (run, mean) = (made("run-1_bold.nii.gz"), made("mean_3d.nii.gz"));
    scratch.tsnr([&*run, "-o", "own.nii"]).succeeded();
    let arguments = [&*run, "--mean-from", &mean, "-o", "other.nii", "--json", "other.json"];
    let outcome = scratch.tsnr(arguments).succeeded();
    let definition = outcome.summary("definition");
    assert!(definition.ends_with("; the mean is from another image"), "{definition}");
    let json = fs::read_to_string(scratch.path("other.json")).expect("JSON");
    let says = format!("as the mean of another image ({mean}) divided by");
    assert!(json.contains(&says), "{json}");
    let error = scratch.tsnr(["diff", "own.nii", "other.nii"]).error();
    assert!(error.contains("is_mean_replaced (A no, B yes)"), "{error}");
}

#[test]
fn images_on_another_grid_are_refused_with_both_grids() {
    let scratch = Scratch::new();
    let run = made("run-1_bold.nii.gz");
    let other = testdata("odd/int16_le.nii").display().to_string();
    let empty = {
        let mut header = Header::new(program::bytes::INT16, 16, 4, 3, 2, 1);
        header.dim = [3, 4, 3, 2, 1, 1, 1, 1];
        scratch.file("empty.nii", header.file(&[0.0; 24])).display().to_string()
    };
    let grids = ["5x4x3", "4x3x2", "resample it", "int16_le.nii", "run-1_bold.nii.gz"];
    // A mask is one volume; a mean may be a run.
    scratch.file("mask.nii", fs::read(testdata("odd/one_volume.nii")).expect("a specimen"));
    let grids_of_mask = ["5x4x3", "4x3x2", "resample it", "mask.nii", "run-1_bold.nii.gz"];
    assert_refused(&scratch, &[&*run, "--mask", "mask.nii"], &grids_of_mask);
    assert_refused(&scratch, &[&*run, "--mean-from", &other], &grids);
    assert_refused(&scratch, &[&*run, "--mask", &run], &["60 volumes, expected one"]);
    assert_refused(&scratch, &[&*run, "--mask", &empty], &["the mask is empty", "give a mask"]);
    assert_refused(&scratch, &[&*run, "--mask", "absent.nii"], &["absent.nii"]);
    assert_refused(&scratch, &[&*run, "--mean-from", "absent.nii"], &["absent.nii"]);
}

/// The grid is the same, so the voxels are taken as they are, and the person is told.
#[test]
fn a_mean_or_mask_that_lies_elsewhere_is_warned_of() {
    let scratch = Scratch::new();
    let run = made("run-1_bold.nii.gz");
    let mut header = Header::new(program::bytes::FLOAT32, 32, 4, 3, 2, 2);
    header.translation = [500.0, 0.0, 0.0];
    scratch.file("means.nii", header.file(&[100.0; 48]));
    header.dim = [3, 4, 3, 2, 1, 1, 1, 1];
    scratch.file("mean.nii", header.file(&[100.0; 24]));
    for (option, file, what) in [
        ("--mean-from", "mean.nii", "the affine of the mean differs"),
        ("--mean-from", "means.nii", "the affine of the mean differs"),
        ("--mask", "mean.nii", "the affine of the mask differs"),
    ] {
        for rest in [&["-o", "map.nii"][..], &["--definitions"]] {
            let outcome = scratch.tsnr([&[&*run, option, file], rest].concat()).succeeded();
            let count = outcome.stderr.matches(what).count();
            assert_eq!(count, 1, "{option} {file} {rest:?}: {}", outcome.stderr);
        }
    }
}

#[test]
fn a_high_pass_filter_needs_a_tr() {
    let scratch = Scratch::new();
    let mut header = Header::int16(20);
    header.pixdim[4] = 0.0;
    scratch.file("run.nii", header.file(&(0..1200).map(f64::from).collect::<Vec<f64>>()));
    let says = ["run.nii", "no TR", "pixdim[4]", "--detrend"];
    assert_refused(&scratch, &["run.nii", "--highpass=30"], &says);
}

#[test]
fn options_that_contradict_a_definition_are_refused() {
    let scratch = Scratch::new();
    let run = made("run-1_bold.nii.gz");
    let cvarinv = "--definition=afni-cvarinv";
    let says = ["afni-cvarinv fits one trend through all runs", "leave out one", "(--highpass, "];
    assert_ends_with(2, &scratch, &[&*run, cvarinv, "--highpass=50"], &says);
    let says = ["afni-cvarinv fits one trend through the runs", "concatenate them", "(--combine)"];
    assert_ends_with(2, &scratch, &[&*run, cvarinv, "--combine=demean"], &says);
    let nipype = ["--definition=nipype", "--detrend=2", "--combine=average"];
    assert_ends_with(2, &scratch, &[&[&*run][..], &nipype].concat(), &["nipype fits one trend"]);
}

#[test]
fn several_runs_need_a_file_each_for_their_own_maps() {
    let scratch = Scratch::new();
    let all = made("run-?_bold.nii.gz");
    let says = ["one.nii", "3 runs", "{run}"];
    assert_refused(&scratch, &[&*all, "--map", "run-tsnr=one.nii"], &says);
    let run = made("run-1_bold.nii.gz");
    scratch.tsnr([&*run, "--map", "run-tsnr=one.nii"]).succeeded();
    assert_eq!(Map::read(&scratch.path("one.nii")).shape, [4, 3, 2]);
}

/// numpy 2.4.6, nibabel 5.4.2: `x.std(-1) / x.mean(-1)`, NaN where the mean is 0.
#[test]
fn the_coefficient_of_variation_is_numpys_in_every_mode() {
    let scratch = Scratch::new();
    let run = testdata("odd/int16_le.nii").display().to_string();
    for mode in MODES {
        let options = ["--map=cv=cv.nii", "--dtype=float64", "--undefined=nan", "--mode", mode];
        scratch.tsnr([&[&*run][..], &options].concat()).succeeded();
        let map = Map::read(&scratch.path("cv.nii"));
        assert_eq!(map.finite_count(), 59, "{mode}");
        assert!(map.values[0].is_nan());
        let expected = [(7, 0.019331041325646264), (31, 0.024823887804692336)];
        for (voxel, value) in expected.into_iter().chain([(59, 0.015254693504548188)]) {
            assert!((map.values[voxel] - value).abs() <= 1e-15, "{mode}: {}", map.values[voxel]);
        }
        assert!((map.finite_sum() - 1.4497653777533668).abs() <= 1e-13, "{mode}");
    }
}

/// `definitions.rs` holds its values to numpy's. Of one run it is made whatever `--combine` says.
#[test]
fn there_is_no_standard_error_of_runs_that_are_concatenated_as_they_are() {
    let scratch = Scratch::new();
    let (one, all) = (made("run-1_bold.nii.gz"), made("run-?_bold.nii.gz"));
    let says = ["no stderr of 3 runs", "as they are", "(combine demean)", "(--combine)"];
    for definition in ["numpy", "sfnr", "afni-cvarinv"] {
        let options = [&*all, "--map=stderr=error.nii", "--definition", definition];
        assert_ends_with(2, &scratch, &options, &says);
    }
    let allowed = ["demean", "average", "weighted"].map(|how| vec![&*all, "--combine", how]);
    for options in [vec![&*one]].into_iter().chain(allowed) {
        scratch.tsnr([&options[..], &["--map=stderr=error.nii"]].concat()).succeeded();
        assert!(Map::read(&scratch.path("error.nii")).finite_sum() > 0.0, "{options:?}");
    }
}

/// The way through the command line of what `tests/integration/mask.rs` holds to nilearn.
#[test]
fn the_mask_that_is_written_is_nilearns() {
    let scratch = Scratch::new();
    let runs = program::session_pattern();
    for mode in MODES {
        let options = ["--mask=auto", "--mask-out=mask.nii", "-o", "map.nii", "--mode", mode];
        let outcome = scratch.tsnr([&[&*runs][..], &options].concat()).succeeded();
        assert!(outcome.summary("mask").starts_with("1,088 of 4,000 voxels"), "{}", outcome.stderr);
        let mask = Map::read(&scratch.path("mask.nii")).values;
        let bytes: Vec<u8> = mask.iter().map(|&value| value as u8).collect();
        // python tests/mask_check.py expected RUN..., nilearn 0.14.1
        assert_eq!((bytes.iter().filter(|&&it| it == 1).count(), bytes.len()), (1088, 4000));
        assert_eq!(crc32fast::hash(&bytes), 0x0c049574);
        let map = Map::read(&scratch.path("map.nii")).values;
        let outside = map.iter().zip(&mask).filter(|(_, mask)| **mask == 0.0);
        assert!(outside.map(|(value, _)| *value).all(|value| value == 0.0));
    }
}
