//! What is wrong with a session is found and said; what is sound is not accused. Each finding is
//! planted into two runs that have none.

use crate::program;

use program::bytes::{FLOAT32, Header, INT16, Random};
use program::{Outcome, Scratch, session_runs, testdata};
use serde_json::Value;
use std::fs;
use tsnr::numbers::count;

const SHAPE: [i16; 3] = [5, 4, 3];
const VOXELS: usize = 60;
const VOLUMES: usize = 60;

/// A run, and what is to be planted into it.
#[derive(Clone)]
struct Run {
    header: Header,
    /// `[volume, voxel]`
    values: Vec<f64>,
}

impl Run {
    /// 1000 and noise of std 10: nothing is wrong.
    fn sound(name: &str, datatype: i16, volumes: usize) -> Run {
        let [x, y, z] = SHAPE;
        let bits = if datatype == FLOAT32 { 32 } else { 16 };
        let header = Header::new(datatype, bits, x, y, z, volumes as i16);
        let mut random = Random::new(name);
        let values = (0..volumes * VOXELS).map(|_| 1000.0 + 10.0 * random.normal()).collect();
        Run { header, values }
    }

    fn at(&mut self, volume: usize, voxel: usize) -> &mut f64 {
        &mut self.values[volume * VOXELS + voxel]
    }
}

/// Two sound runs of this datatype.
fn sound(datatype: i16) -> [Run; 2] {
    ["first", "second"].map(|name| Run::sound(name, datatype, VOLUMES))
}

fn write(scratch: &Scratch, runs: &[Run]) {
    for (number, run) in runs.iter().enumerate() {
        let name = format!("run-{}_bold.nii", number + 1);
        scratch.file(&name, run.header.file(&run.values));
    }
}

fn tsnr(scratch: &Scratch, options: &[&str]) -> Outcome {
    let base = ["run-?_bold.nii", "-o", "map.nii", "--json", "found.json", "-q"];
    scratch.tsnr(base.iter().chain(options))
}

fn remove_written(scratch: &Scratch) {
    for name in ["map.nii", "found.json"] {
        fs::remove_file(scratch.path(name)).expect("it was written");
    }
}

/// The names of the warnings in the JSON.
fn names_found(scratch: &Scratch) -> Vec<String> {
    names_of(scratch, "warning")
}

/// The names of the findings of a severity in the JSON.
fn names_of(scratch: &Scratch, severity: &str) -> Vec<String> {
    let text = fs::read_to_string(scratch.path("found.json")).expect("JSON");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let findings = json["findings"].as_array().expect("a list").iter();
    // What is said of any session without a mask and motion.
    let is_always = |it: &&Value| it["name"] == "no-mask" || it["name"] == "not-checked";
    let findings = findings.filter(|it| it["severity"] == severity && !is_always(it));
    findings.map(|it| it["name"].as_str().expect("a name").to_owned()).collect()
}

/// Sees that just this is found, said even where silence is asked for, and refused by --strict
/// unless it is allowed.
#[track_caller]
fn assert_found(runs: &[Run], name: &str, says: &str, options: &[&str]) {
    let scratch = Scratch::new();
    write(&scratch, runs);
    let inputs = scratch.names();
    for mode in program::MODES {
        let options = [options, &["--mode", mode]].concat();
        let outcome = tsnr(&scratch, &options).succeeded();
        assert_eq!(names_found(&scratch), [name], "{mode}: {}", outcome.stderr);
        let [told] = outcome.warnings()[..] else { panic!("one warning: {}", outcome.stderr) };
        assert!(told.starts_with(&format!("{name}: ")) && told.contains(says), "{told}");
        remove_written(&scratch);

        let strict = [&options[..], &["--strict"]].concat();
        let outcome = tsnr(&scratch, &strict);
        assert_eq!(outcome.exit_code, Some(1));
        let error = outcome.stderr.lines().last().expect("an error");
        assert!(error.starts_with(&format!("tsnr: error: {name}: ")), "{error}");
        assert!(error.contains(says) && error.contains(&format!("--allow {name}")), "{error}");
        assert_eq!(scratch.names(), inputs, "nothing is written");

        let allowed = [&strict[..], &["--allow", name]].concat();
        tsnr(&scratch, &allowed).succeeded();
        remove_written(&scratch);
    }
}

#[test]
fn sound_runs_have_no_finding() {
    for datatype in [INT16, FLOAT32] {
        let scratch = Scratch::new();
        write(&scratch, &sound(datatype));
        let outcome = tsnr(&scratch, &["--strict"]).succeeded();
        assert_eq!((names_found(&scratch).len(), &*outcome.stderr), (0, ""));
    }
}

#[test]
fn affines_units_and_tr_that_differ_are_found() {
    let mut runs = sound(INT16);
    runs[1].header.translation[0] += 2.0;
    assert_found(&runs, "affine-differs", "up to 2.000 mm", &[]);
    let mut runs = sound(INT16);
    runs[1].header.pixdim[4] = 3.0;
    // Cosines are made of the TR.
    assert_found(&runs, "tr-differs", "3 s in run-2_bold.nii", &["--highpass", "100"]);
    let scratch = Scratch::new();
    write(&scratch, &runs);
    tsnr(&scratch, &["--strict"]).succeeded();
    assert_eq!(names_of(&scratch, "note"), ["tr-differs"]);
    let mut runs = sound(INT16);
    runs[1].header.xyzt_units = 0;
    assert_found(&runs, "units-differ", "units differ", &[]);
}

#[test]
fn scaling_that_differs_is_found() {
    let mut runs = sound(INT16);
    runs[1].header.slope = 0.5;
    runs[1].values.iter_mut().for_each(|value| *value *= 2.0);
    assert_found(&runs, "slope-differs", "0.5 * stored", &[]);
}

#[test]
fn an_image_of_one_volume_among_runs_is_found() {
    let [first, second] = sound(INT16);
    let runs = [first, second, Run::sound("reference", INT16, 1)];
    assert_found(&runs, "single-volume", "one volume only in run-3_bold.nii", &[]);
}

#[test]
fn a_high_pass_filter_that_no_run_is_long_enough_for_is_found() {
    let says = "removes nothing of run-1_bold, run-2_bold";
    assert_found(&sound(INT16), "no-cosines", says, &["--highpass=1e6"]);
    let [first, second] = sound(INT16);
    let seconds = 1.5 * f64::from(first.header.pixdim[4]) * VOLUMES as f64;
    let longer = Run::sound("longer", INT16, 2 * VOLUMES);
    // One cosine, and three, are enough.
    for (runs, period) in [(vec![first.clone(), second], seconds), (vec![longer, first], seconds)] {
        let scratch = Scratch::new();
        write(&scratch, &runs);
        tsnr(&scratch, &["--strict", &format!("--highpass={period}")]).succeeded();
    }
}

#[test]
fn a_shift_between_runs_is_found_unless_it_is_taken_out() {
    let shifted = || {
        let mut runs = sound(INT16);
        runs[1].values.iter_mut().for_each(|value| *value += 30.0);
        runs
    };
    assert_found(&shifted(), "between-runs", "of the variance lies between the runs", &[]);
    for how in ["demean", "average", "weighted"] {
        let scratch = Scratch::new();
        write(&scratch, &shifted());
        tsnr(&scratch, &["--strict", "--combine", how]).succeeded();
    }
}

#[test]
fn volumes_that_are_not_steady_are_found_unless_they_are_dropped() {
    let unsteady = || {
        let mut runs = sound(INT16);
        for (volume, factor) in [(0, 1.3), (1, 1.1)] {
            for voxel in 0..VOXELS {
                *runs[1].at(volume, voxel) *= factor;
            }
        }
        runs
    };
    assert_found(&unsteady(), "non-steady", "and are used: 2 of run-2_bold", &[]);
    let scratch = Scratch::new();
    write(&scratch, &unsteady());
    for dropped in ["auto", "2"] {
        tsnr(&scratch, &["--strict", "--dummy-scans", dropped]).succeeded();
    }
}

#[test]
fn data_that_were_demeaned_are_found_unless_the_mean_is_given() {
    let demeaned = || {
        let mut runs = sound(FLOAT32);
        runs.iter_mut().flat_map(|run| &mut run.values).for_each(|value| *value -= 1000.0);
        runs
    };
    assert_found(&demeaned(), "demeaned", "look demeaned or detrended already", &[]);
    let scratch = Scratch::new();
    write(&scratch, &demeaned());
    let original = Run::sound("first", FLOAT32, 3);
    scratch.file("mean.nii", original.header.file(&original.values));
    tsnr(&scratch, &["--strict", "--mean-from", "mean.nii"]).succeeded();
}

#[test]
fn differences_of_images_are_said_to_look_like_them() {
    let differences = || {
        let mut runs = sound(FLOAT32);
        for run in &mut runs {
            let after = run.values[VOXELS..].to_vec();
            run.values.iter_mut().zip(after).for_each(|(value, after)| *value -= after);
            // The last volume has none behind it.
            let last = run.values.len() - VOXELS;
            run.values[last..].fill(0.0);
        }
        runs
    };
    assert_found(&differences(), "demeaned", "or are differences of images", &[]);
}

/// A mask without the first voxel.
fn mask_without_the_first(scratch: &Scratch) {
    let [x, y, z] = SHAPE;
    let mut header = Header::new(INT16, 16, x, y, z, 1);
    header.dim = [3, x, y, z, 1, 1, 1, 1];
    let values: Vec<f64> = (0..VOXELS).map(|voxel| f64::from(u8::from(voxel > 0))).collect();
    scratch.file("mask.nii", header.file(&values));
}

#[test]
fn samples_at_the_limit_are_found_unless_they_are_masked() {
    for limit in [f64::from(i16::MAX), f64::from(i16::MIN)] {
        let clipped = || {
            let mut runs = sound(INT16);
            *runs[1].at(7, 0) = limit;
            runs
        };
        assert_found(&clipped(), "clipped", "1 voxel has samples at the limit", &[]);
        let scratch = Scratch::new();
        write(&scratch, &clipped());
        mask_without_the_first(&scratch);
        tsnr(&scratch, &["--strict", "--mask", "mask.nii"]).succeeded();
        // A volume that is not used cannot spoil the map either.
        tsnr(&scratch, &["--strict", "--volumes", "8:"]).succeeded();
    }
}

#[test]
fn voxels_that_never_change_are_found_unless_they_are_0_or_masked() {
    let with = |value: f64| {
        let mut runs = sound(INT16);
        for run in &mut runs {
            (0..VOLUMES).for_each(|volume| *run.at(volume, 0) = value);
        }
        runs
    };
    assert_found(&with(7.0), "constant", "1 voxel has no variation over time", &[]);
    let scratch = Scratch::new();
    write(&scratch, &with(7.0));
    mask_without_the_first(&scratch);
    tsnr(&scratch, &["--strict", "--mask", "mask.nii"]).succeeded();
    // Background is always 0 in many runs; in a mask there should be none.
    write(&scratch, &with(0.0));
    tsnr(&scratch, &["--strict"]).succeeded();
    let [x, y, z] = SHAPE;
    let mut header = Header::new(INT16, 16, x, y, z, 1);
    header.dim = [3, x, y, z, 1, 1, 1, 1];
    scratch.file("everything.nii", header.file(&[1.0; VOXELS]));
    let error = tsnr(&scratch, &["--strict", "--mask", "everything.nii"]).error();
    assert!(error.contains("error: constant: 1 voxel"), "{error}");
}

#[test]
fn a_mask_of_which_most_voxels_have_no_tsnr_is_found() {
    let scratch = Scratch::new();
    let [x, y, z] = SHAPE;
    let mut header = Header::new(INT16, 16, x, y, z, 1);
    header.dim = [3, x, y, z, 1, 1, 1, 1];
    scratch.file("everything.nii", header.file(&[1.0; VOXELS]));
    let with_zeros = |voxels: usize| {
        let mut runs = sound(INT16);
        for run in &mut runs {
            for volume in 0..VOLUMES {
                (0..voxels).for_each(|voxel| *run.at(volume, voxel) = 0.0);
            }
        }
        write(&scratch, &runs);
    };
    for mode in program::MODES {
        let mask = ["--mode", mode, "--mask", "everything.nii"];
        // Half of the voxels is not most of them.
        with_zeros(VOXELS / 2);
        tsnr(&scratch, &mask).succeeded();
        assert_eq!(names_found(&scratch), ["constant"], "{mode}");
        with_zeros(VOXELS / 2 + 1);
        let outcome = tsnr(&scratch, &mask).succeeded();
        assert_eq!(names_found(&scratch), ["constant", "mostly-undefined"], "{mode}");
        let told = "mostly-undefined: 31 of 60 voxels in the mask have no tSNR; look at the mask";
        assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
        // Without a mask, background is no fault.
        tsnr(&scratch, &["--mode", mode, "--strict"]).succeeded();
    }
}

#[test]
fn samples_that_are_no_numbers_are_found_unless_they_count_as_0() {
    for sample in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut runs = sound(FLOAT32);
        *runs[0].at(3, 9) = sample;
        assert_found(&runs, "not-finite", "1 voxel has samples that are NaN or infinite", &[]);
        let scratch = Scratch::new();
        write(&scratch, &runs);
        tsnr(&scratch, &["--strict", "--definition", "afni"]).succeeded();
    }
}

/// What a page says of what was looked for, between the verdict and the figures.
fn looked_for(scratch: &Scratch, arguments: &[&str]) -> (String, String) {
    scratch.tsnr([arguments, &["--report", "page.html", "-q"]].concat()).succeeded();
    let page = fs::read_to_string(scratch.path("page.html")).expect("a page");
    let between = |start: &str, end: &str| {
        let (_, after) = page.split_once(start).unwrap_or_else(|| panic!("no {start}"));
        after.split_once(end).expect("an end").0.to_owned()
    };
    let verdict =
        between("<h2 class=\"verdict", "</h2>").split_once('>').expect("a tag").1.to_owned();
    (verdict, between("<b>Looked for</b>: ", ". <span class=\"faint\">Nothing else was: "))
}

#[test]
fn a_page_says_what_was_looked_for_and_calls_no_data_usable() {
    let scratch = Scratch::new();
    let mut runs = sound(INT16);
    // A slice that is lost for good is none of what is looked for.
    for volume in 30..VOLUMES {
        (0..VOXELS / 3).for_each(|voxel| *runs[1].at(volume, voxel) = 3.0);
    }
    // Nor is a short run asked whether it is steady.
    write(&scratch, &[&runs[..], &[Run::sound("short", INT16, 12)]].concat());
    let nothing = "Nothing was found of what was looked for";
    let names =
        "names that say phase, TRs that a sidecar contradicts or that look like milliseconds";
    let all = "headers that differ in affine, units, TR or scaling, or in having one volume only; \
               names and links that tell of one run, or of several subjects, reconstructions or \
               directions; runs of equal voxels; figures that are of more than the brain; a median tSNR \
               below 20; runs whose tSNR is far from the others'; volumes that differ from those \
               beside them, on a sample of 40 voxels in the automatic brain mask (in 2 of 3 runs); \
               drifts of the signal (in 2 of 3 runs); places in the brain without signal; variance between the runs; first volumes that are not yet steady (in 2 of 3 runs); \
               data that were demeaned before; samples at the limit of the stored integers or that \
               share the greatest value of their run; voxels that never change and are not 0; samples that are NaN or infinite";
    let found = looked_for(&scratch, &["run-?_bold.nii"]);
    assert_eq!(found, (nothing.to_owned(), format!("{names}; {all}")));
    let page = fs::read_to_string(scratch.path("page.html")).expect("a page");
    assert!(!page.to_lowercase().contains("usable"));

    mask_without_the_first(&scratch);
    let single = Run::sound("single", FLOAT32, VOLUMES);
    scratch.file("single.nii", single.header.file(&single.values));
    let options = ["single.nii", "--mask=mask.nii", "--mean-from=single.nii"];
    let expected = "a median tSNR below 20; volumes that differ from those beside them, on a sample \
                    of 59 voxels in the mask; drifts of the signal; places in the brain without signal; first volumes that are not yet \
                    steady; samples that share the greatest value of their run; voxels that never \
                    change; samples that are NaN or infinite; a mask \
                    that does not fit the runs";
    assert_eq!(
        looked_for(&scratch, &options),
        (nothing.to_owned(), format!("{names}; {expected}"))
    );
    let options = ["single.nii", "--definition=nipype", "--dummy-scans=2"];
    let expected = "figures that are of more than the brain; a median tSNR below 20; volumes that differ \
                    from those beside them, on a sample of 41 voxels in the automatic brain mask; \
                    drifts of the signal; places in the brain without signal; data that were demeaned before; samples that share the greatest value of their \
                    run; voxels that never change and are not 0; voxels below the least std of the \
                    definition; samples that are infinite";
    assert_eq!(looked_for(&scratch, &options).1, format!("{names}; {expected}"));
    let options = ["single.nii", "--definition=afni", "--volumes=5:"];
    let expected = "figures that are of more than the brain; a median tSNR below 20; volumes that differ \
                    from those beside them, on a sample of 3 voxels in the automatic brain mask; \
                    drifts of the signal; places in the brain without signal; data that were demeaned before; samples that share the greatest value of their \
                    run; voxels that never change and are not 0";
    assert_eq!(looked_for(&scratch, &options).1, format!("{names}; {expected}"));

    *runs[1].at(7, 40) = f64::from(i16::MAX);
    write(&scratch, &runs);
    let (verdict, found) = looked_for(&scratch, &["run-[12]_bold.nii", "--combine=demean"]);
    assert_eq!(verdict, "Look at 2 things");
    assert!(found.contains("; first volumes that are not yet steady; "), "{found}");
    assert!(!found.contains("between the runs"), "{found}");
}

/// 12 bits end at 4095: what is above piles up there.
#[test]
fn many_samples_of_the_greatest_value_are_clipped_and_extremes_of_scaled_integers_are_not() {
    let brightened = |most: f64, datatype: i16| {
        let mut runs = sound(datatype);
        for value in &mut runs[1].values {
            *value = (*value + 3080.0).min(most).round();
        }
        runs.map(|mut run| {
            // A voxel that never changes is none of it, at any value.
            (0..VOLUMES).for_each(|volume| *run.at(volume, 0) = 5000.0);
            run
        })
    };
    let options = ["--combine", "demean", "--allow", "constant", "--strict"];
    for datatype in [INT16, FLOAT32] {
        let [_, clipped] = brightened(4095.0, datatype);
        let at_most = |voxel: usize| {
            (0..VOLUMES).filter(|volume| clipped.values[volume * VOXELS + voxel] == 4095.0).count()
        };
        let voxels = (1..VOXELS).filter(|&it| at_most(it) > 0).count();
        let samples: usize = (1..VOXELS).map(at_most).sum();
        assert!(voxels > 50 && samples > 200, "{voxels}, {samples}");
        for mode in program::MODES {
            let scratch = Scratch::new();
            let mut runs = brightened(4095.0, datatype);
            // The constant one is no greater there.
            (0..VOLUMES).for_each(|volume| *runs[1].at(volume, 0) = 4095.0);
            write(&scratch, &runs);
            let outcome = tsnr(&scratch, &[&options[..], &["--mode", mode]].concat());
            let says = format!(
                "clipped: {} voxels have {} samples of the greatest value of run-2_bold.nii, 4095: they \
                 may be clipped",
                count(voxels),
                count(samples)
            );
            assert!(outcome.stderr.contains(&says), "{mode}: {says} in {}", outcome.stderr);
            // What is sound has none, and what lies outside a mask is not looked at.
            write(&scratch, &brightened(9000.0, datatype));
            tsnr(&scratch, &[&options[..], &["--mode", mode]].concat()).succeeded();
        }
    }
    // As nibabel stores floats in integers: the least and the greatest are at the limits.
    let mut run = Run::sound("scaled", INT16, VOLUMES);
    let (least, most) =
        run.values.iter().fold((f64::MAX, f64::MIN), |(a, b), &it| (a.min(it), b.max(it)));
    let slope = (most - least) / 65535.0;
    run.header.slope = slope as f32;
    run.header.inter = (least + 32768.0 * slope) as f32;
    run.values.iter_mut().for_each(|value| *value = ((*value - least) / slope - 32768.0).round());
    assert!(run.values.contains(&32767.0) && run.values.contains(&-32768.0));
    let scratch = Scratch::new();
    write(&scratch, &[run.clone()]);
    tsnr(&scratch, &["--strict"]).succeeded();
    // Without a slope they are at the limits of the type.
    (run.header.slope, run.header.inter) = (1.0, 0.0);
    write(&scratch, &[run]);
    let outcome = tsnr(&scratch, &["--strict", "--allow", "demeaned"]);
    assert!(outcome.stderr.contains("samples at the limit of the stored integers"));
}

#[test]
fn what_the_least_std_of_a_definition_leaves_undefined_is_said() {
    let scratch = Scratch::new();
    let mut run = Run::sound("small", FLOAT32, VOLUMES);
    run.values.iter_mut().for_each(|value| *value *= 1e-5);
    write(&scratch, &[run.clone()]);
    tsnr(&scratch, &["--strict"]).succeeded();
    for mode in program::MODES {
        let outcome = tsnr(&scratch, &["--definition=nipype", "--mode", mode]).succeeded();
        let [told] = outcome.warnings()[..] else { panic!("one warning: {}", outcome.stderr) };
        let says = "least-std: 60 voxels vary by a std of 0.001 at most, in the units of the data, which \
                    the definition takes for constant, and so without a tSNR: the map is empty";
        assert!(told.starts_with(says) && told.ends_with("(--definition)"), "{told}");
    }
    (0..VOLUMES).for_each(|volume| (1..VOXELS).for_each(|voxel| *run.at(volume, voxel) *= 1e5));
    write(&scratch, &[run]);
    let outcome = tsnr(&scratch, &["--definition=nipype"]).succeeded();
    assert!(outcome.warnings()[0].contains("1 voxel varies by a std"), "{}", outcome.stderr);
    assert!(outcome.warnings()[0].contains("; 59 voxels have one"), "{}", outcome.stderr);
}

#[test]
fn several_findings_are_refused_together_and_each_is_allowed_by_its_name() {
    let mut runs = sound(INT16);
    runs[1].header.xyzt_units = 0;
    *runs[1].at(7, 0) = f64::from(i16::MAX);
    let scratch = Scratch::new();
    write(&scratch, &runs);
    let outcome = tsnr(&scratch, &["--strict"]);
    assert_eq!(outcome.exit_code, Some(1));
    let error = outcome.stderr.lines().last().expect("an error");
    assert!(error.contains("units-differ") && error.contains("(1 more)"), "{error}");
    assert!(error.contains("--allow units-differ --allow clipped"), "{error}");
    let outcome = tsnr(&scratch, &["--strict", "--allow", "units-differ"]);
    assert!(outcome.stderr.contains("error: clipped: "), "{}", outcome.stderr);
    let both = ["--strict", "--allow", "units-differ", "--allow", "clipped"];
    tsnr(&scratch, &both).succeeded();
}

#[test]
fn the_summary_says_what_was_left_out_and_what_lies_between_runs() {
    let scratch = Scratch::new();
    let runs = testdata("definitions/run-?_bold.nii.gz").display().to_string();
    let tables = testdata("definitions/run-?_desc-confounds_timeseries.tsv").display().to_string();
    let confounds = format!("--confounds={tables}");
    let options = ["--dummy-scans=auto", "--fd-thresh=0.5", "--censor-after=1", "--detrend=1"];
    let base = [&*runs, &*confounds, "--json=found.json", "--map=run-tsnr=run_{run}.nii"];
    let outcome = scratch.tsnr([&base[..], &options].concat()).succeeded();
    // Three flagged and one; a volume in the middle with the next, and the last.
    let left_out = "4 volumes (3 + 1 + 0) as dummy scans, 9 volumes (3 + 3 + 3) as censored";
    assert_eq!(outcome.summary("left out"), left_out);
    assert!(outcome.summary("definition").contains("over 137 of 150 volumes"));
    assert_eq!(outcome.summary("each run").split(", ").count(), 3);
    let between = "between runs 49% of the variance that is left; median tSNR 92.72 without the runs' own means";
    assert!(outcome.stderr.lines().any(|line| line == between), "{}", outcome.stderr);
    assert_eq!(outcome.summary("written"), "run_1.nii, run_2.nii, run_3.nii (float32)");
    let note = "tsnr: dummy-scans: dummy scans of the runs, by their tables: 3, 1, 0";
    assert!(outcome.stderr.lines().any(|line| line == note), "{}", outcome.stderr);
}

#[test]
fn the_definitions_are_printed_with_their_medians() {
    let scratch = Scratch::new();
    let runs: Vec<String> = session_runs().iter().map(|it| it.display().to_string()).collect();
    let mut arguments: Vec<&str> = runs.iter().map(String::as_str).collect();
    arguments.extend(["--definitions", "--mask", "auto"]);
    let table = scratch.tsnr(&arguments).succeeded().stdout;
    let lines: Vec<Vec<&str>> =
        table.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    let names: Vec<&str> = lines.iter().map(|words| words[0]).collect();
    assert_eq!(names, ["numpy", "fsl", "afni", "afni-cvarinv", "nipype", "sfnr", "workbench"]);
    assert_eq!(scratch.names(), [""; 0], "no map is written");
    for words in lines {
        let definition = format!("--definition={}", words[0]);
        let mut arguments: Vec<&str> = runs.iter().map(String::as_str).collect();
        arguments.extend([&*definition, "--mask=auto", "-o", "map.nii"]);
        let summary = scratch.tsnr(&arguments).succeeded();
        let expected = format!("{} over {} defined voxels", words[1], words[2]);
        assert!(summary.summary("median tSNR").starts_with(&expected), "{expected}");
    }
}

#[test]
fn a_definition_that_an_option_does_not_go_with_is_said_in_its_line() {
    let scratch = Scratch::new();
    let runs: Vec<String> = session_runs().iter().map(|it| it.display().to_string()).collect();
    let arguments = runs.iter().map(String::as_str).chain(["--definitions", "--combine=demean"]);
    let table = scratch.tsnr(arguments).succeeded().stdout;
    let line = |name| table.lines().find(|it| it.starts_with(name)).expect("a line for each");
    let words: Vec<&str> = line("afni-cvarinv").split_whitespace().collect();
    assert_eq!(words[1..3], ["-", "-"], "{table}");
    assert!(line("afni-cvarinv").contains("one trend through the runs"), "{table}");
    assert!(line("sfnr").split_whitespace().nth(1).is_some_and(|it| it.parse::<f64>().is_ok()));
}
