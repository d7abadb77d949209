//! `tsnr diff`: figures are numpy's, wherever they stand; only voxels with a value in both maps
//! count; and what cannot be compared is refused with both sides named.

use crate::program;

use program::bytes::{FLOAT32, Header, INT16};
use program::{
    ATLAS_LABELS, Map, Outcome, Scratch, TOLERANCE, assert_same_table, regions_check,
    session_atlas, session_pattern, session_runs, shared_data, testdata,
};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A folder with two maps in float64, `a.nii` of the runs concatenated as they are and `b.nii` of
/// each run without its own mean, and an atlas.
fn folder(runs: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.tsnr([runs, "-q", "--dtype=float64", "-o", "a.nii"]).succeeded();
    let demean = [runs, "-q", "--dtype=float64", "--combine=demean", "-o", "b.nii"];
    scratch.tsnr(demean).succeeded();
    scratch.file("atlas.nii", session_atlas());
    scratch.file("labels.tsv", ATLAS_LABELS);
    scratch
}

/// A map of 5 x 4 x 3 voxels by another program, and what its header says.
fn map_of(values: impl Fn(usize) -> f64, descrip: &'static str) -> Vec<u8> {
    let header = Header { descrip, ..Header::new(FLOAT32, 32, 5, 4, 3, 1) };
    header.file(&(0..60).map(values).collect::<Vec<f64>>())
}

/// A folder with maps of 5 x 4 x 3 voxels of which no definition is known.
fn small_folder() -> Scratch {
    let scratch = Scratch::new();
    let nan = f64::NAN;
    let a = |it: usize| [0.0, nan, 0.0, 4.0, f64::INFINITY].get(it).copied().unwrap_or(it as f64);
    let b = |it: usize| [0.0, 7.0, nan, 0.0, 9.0].get(it).copied().unwrap_or(2.0 * it as f64);
    scratch.file("a.nii", map_of(a, ""));
    scratch.file("b.nii", map_of(b, ""));
    scratch
}

// ---- Figures ----------------------------------------------------------------------------------

#[test]
fn the_table_of_regions_is_numpys() {
    let scratch = folder(&session_pattern());
    // numpy 2.4.6, nibabel 5.4.2: python tests/regions_check.py diff.
    let expected = read(&testdata("expected/diff.tsv"));
    let atlas = ["--atlas=atlas.nii", "--atlas-labels=labels.tsv", "--table=t.tsv"];
    let words = ["diff", "a.nii", "b.nii", "--any-definition"];
    scratch.tsnr([&words[..], &atlas].concat()).succeeded();
    // A difference is as exact as what it is taken of.
    assert_same_table(&read(&scratch.path("t.tsv")), &expected, 100.0);
    let described = json(&read(&scratch.path("t.json")));
    let levels = &described["map"]["Levels"];
    assert_eq!([&levels["A"], &levels["B"], &levels["difference"]], ["a.nii", "b.nii", "B - A"]);
}

#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn numpy_computes_the_committed_table() {
    let recomputed = regions_check("diff", session_runs());
    assert_same_table(&recomputed, &read(&testdata("expected/diff.tsv")), 100.0);
}

#[test]
#[ignore = "needs ../shared/data"]
fn twelve_real_runs_concatenated_and_demeaned_differ_as_numpy_says() {
    let scratch = folder(&shared_data("haxby/*_bold.nii.gz").display().to_string());
    let words = ["diff", "a.nii", "b.nii", "--any-definition", "--table=t.tsv"];
    let outcome = scratch.tsnr(words).succeeded();
    // numpy 2.4.6, nibabel 5.4.2: python tests/regions_check.py diff-haxby.
    let expected = "\
        index\tname\tmap\tvoxels\tundefined\tmean\tmedian\tq05\tq25\tq75\tq95\n\
        1\tall voxels\tA\t800\t270\t42.587561250220915\t41.21578607424588\t6.495246716511908\t21.449827268050463\t60.439657632038056\t86.15434202569095\n\
        1\tall voxels\tB\t800\t270\t75.28444718192779\t80.22968302959727\t15.606453577013992\t45.729456514044884\t102.149318935145\t127.36155163532755\n\
        1\tall voxels\tdifference\t800\t270\t32.69688593170687\t31.32929013029742\t5.865939409352072\t17.04978885690592\t46.65025467678186\t63.74764704272325\n\
        1\tall voxels\tratio\t800\t270\t1.9889652573483485\t1.847424175088552\t1.1978569726769503\t1.4822686015964641\t2.3763123730958826\t3.1913832565050613\n";
    assert_same_table(&read(&scratch.path("t.tsv")), expected, 100.0);
    assert_eq!(outcome.summary("compared"), "530 of 800 voxels, 270 without a value in both");
    assert_eq!(outcome.summary("B - A"), "median 31.33, half of the voxels 17.05 to 46.65");
    assert_eq!(outcome.summary("B / A"), "median 1.847, half of the voxels 1.482 to 2.376");
    assert_eq!(outcome.summary("higher in B"), "100% of the voxels");
}

/// The object for programs in a page.
fn embedded(page: &str) -> Value {
    let (_, text) = page.split_once("id=\"tsnr\">").expect("an object for programs");
    json(text.split_once("</script>").expect("its end").0)
}

#[test]
fn page_json_and_table_say_the_same() {
    let scratch = folder(&session_pattern());
    let outputs = ["--report=d.html", "--json=d.json", "--table=t.tsv", "--atlas=atlas.nii"];
    let words = ["diff", "a.nii", "b.nii", "--any-definition", "--mask=atlas.nii"];
    scratch.tsnr([&words[..], &outputs].concat()).succeeded();
    let said = json(&read(&scratch.path("d.json")));
    assert_eq!(said["schema"], "tsnr-diff/2");
    assert_eq!(embedded(&read(&scratch.path("d.html"))), said);
    assert_eq!(said["voxels"]["compared"], said["tsnr"]["ratio"]["voxels"]);
    let table = read(&scratch.path("t.tsv"));
    let rows: Vec<Vec<&str>> =
        table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let regions = said["regions"].as_array().expect("regions");
    assert_eq!((regions.len(), rows.len()), (3, 12));
    for (region, rows) in regions.iter().zip(rows.chunks(4)) {
        assert_eq!(region["name"], rows[0][1]);
        for (row, name) in rows.iter().zip(["a", "b", "difference", "ratio"]) {
            let median: f64 = row[6].parse().expect("a number");
            // serde_json reads a number to the last bit but one.
            let said = region[name]["median"].as_f64().expect("a number");
            assert!((said - median).abs() <= TOLERANCE * median.abs(), "{said} {median}");
        }
    }
}

#[test]
fn the_maps_hold_each_voxels_difference_and_ratio() {
    let scratch = folder(&session_pattern());
    let maps = ["--difference=d.nii.gz", "--ratio=r.nii", "--dtype=float64"];
    let words = ["diff", "a.nii", "b.nii", "--any-definition"];
    scratch.tsnr([&words[..], &maps].concat()).succeeded();
    let [a, b, d, r] =
        ["a.nii", "b.nii", "d.nii.gz", "r.nii"].map(|name| Map::read(&scratch.path(name)));
    let mut compared = 0;
    for voxel in 0..a.values.len() {
        let (a, b) = (a.values[voxel], b.values[voxel]);
        let expected = if a == 0.0 || b == 0.0 { [0.0, 0.0] } else { [b - a, b / a] };
        assert_eq!([d.values[voxel], r.values[voxel]], expected, "voxel {voxel}");
        compared += usize::from(expected[1] != 0.0);
    }
    assert_eq!((compared, d.shape), (1432, vec![20, 20, 10]));
    assert_eq!(d.header.srow_x, a.header.srow_x);
    assert_eq!(&d.header.intent_name[..9], b"tSNR diff");
    // They are no maps of the tSNR, and are not taken for such.
    let error = scratch.tsnr(["diff", "d.nii.gz", "a.nii"]).error();
    assert!(error.contains("d.nii.gz: a map of 'difference' by its header"), "{error}");
}

#[test]
fn voxels_without_a_value_in_either_map_are_counted_and_not_compared() {
    let scratch = small_folder();
    let outcome = scratch.tsnr(["diff", "a.nii", "b.nii", "--json=d.json"]).succeeded();
    assert_eq!(
        outcome.summary("compared"),
        "55 of 60 voxels, 2 without a value in both, 1 with one in A only, 2 with one in B only"
    );
    let said = json(&read(&scratch.path("d.json")));
    let voxels = serde_json::json!(
        {"compared": 55, "neither": 2, "only_a": 1, "only_b": 2, "higher_in_b": 55}
    );
    assert_eq!(said["voxels"], voxels);
    // Of 5, 6, ... 59 and twice as much.
    assert_eq!(said["tsnr"]["difference"]["median"], 32.0);
    assert_eq!(said["tsnr"]["ratio"]["mean"], 2.0);
    let swapped = scratch.tsnr(["diff", "b.nii", "a.nii"]).succeeded();
    assert_eq!(swapped.summary("higher in B"), "0% of the voxels");
    assert_eq!(swapped.summary("B / A"), "median 0.5000, half of the voxels 0.5000 to 0.5000");
}

#[test]
fn a_mask_restricts_everything_and_may_be_where_both_have_a_value() {
    let scratch = small_folder();
    scratch.file("mask.nii", map_of(|it| f64::from(u8::from(it < 10)), ""));
    let words = ["diff", "a.nii", "b.nii", "--table=t.tsv", "--ratio=r.nii"];
    let outcome = scratch.tsnr([&words[..], &["--mask=mask.nii"]].concat()).succeeded();
    assert_eq!(outcome.summary("mask"), "10 of 60 voxels, mask.nii");
    assert!(outcome.summary("compared").starts_with("5 of 10 voxels, 2 without"));
    assert!(read(&scratch.path("t.tsv")).contains("\n1\tmask\tratio\t10\t5\t2.0\t2.0\t"));
    let ratio = Map::read(&scratch.path("r.nii")).values;
    assert_eq!(ratio[..11], [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.0]);
    let outcome = scratch.tsnr([&words[..], &["--mask=auto"]].concat()).succeeded();
    assert_eq!(outcome.summary("compared"), "55 of 55 voxels");
    assert!(read(&scratch.path("t.tsv")).contains("\n1\tmask\tA\t55\t0\t32.0\t32.0\t"));
}

// ---- Definitions ------------------------------------------------------------------------------

#[test]
fn maps_of_two_definitions_are_refused_unless_that_is_asked_for() {
    let scratch = folder(&session_pattern());
    let error = scratch.tsnr(["diff", "a.nii", "b.nii", "--report=d.html"]).error();
    let says = "b.nii: its tSNR is not defined as that of a.nii: combine (A concat, B demean); compute \
                both alike, or compare them all the same (--any-definition)";
    assert!(error.contains(says), "{error}");
    assert!(!scratch.path("d.html").exists());
    let words = ["diff", "a.nii", "b.nii", "--report=d.html", "--any-definition"];
    let outcome = scratch.tsnr(words).succeeded();
    let both = "A: mean/std, ddof 0, detrending none; B: mean/std, ddof 0, demean, detrending none; \
                they differ in combine";
    assert_eq!(outcome.summary("definition"), both);
    let says = "definitions-differ: the maps do not mean the same: combine (A concat, B demean)";
    assert_eq!(outcome.warnings(), [says]);
    assert!(read(&scratch.path("d.html")).contains("Look at: the maps may not mean the same."));
}

#[test]
fn the_number_of_volumes_is_no_difference_of_definition() {
    let scratch = folder(&session_pattern());
    let run = session_runs()[3].display().to_string();
    scratch.tsnr([&*run, "-q", "-o", "one.nii.gz"]).succeeded();
    let outcome = scratch.tsnr(["diff", "a.nii", "one.nii.gz", "--report=d.html"]).succeeded();
    assert_eq!(outcome.summary("definition"), "mean/std, ddof 0, detrending none");
    let told = "tsnr: definitions-differ: the maps were made differently: runs (A 5, B 1)";
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("warning"), "{}", outcome.stderr);
    let page = read(&scratch.path("d.html"));
    assert!(page.contains("Both are defined as: mean/std, ddof 0, detrending none"));
}

#[test]
fn definitions_are_told_apart_by_the_names_of_regressors_and_not_by_the_length_of_runs() {
    let scratch = Scratch::new();
    let tables = testdata("confounds/*_timeseries.tsv").display().to_string();
    let [all, one] = [session_pattern(), session_runs()[2].display().to_string()];
    let one_table =
        testdata("confounds/sub-01_ses-test_task-linebisection_desc-confounds_timeseries.tsv");
    let one_table = one_table.display().to_string();
    let fit = ["-q", "--combine=demean", "--ddof=rank", "--detrend=2", "--highpass=64.25"];
    let columns = "--confound-columns=trans_*";
    let map = |runs: &str, tables: &[&str], map: &str| {
        scratch.tsnr([&fit[..], tables, &["-o", map, runs]].concat()).succeeded();
    };
    map(&all, &["--confounds", &tables, columns], "all.nii");
    map(&one, &["--confounds", &one_table, columns], "one.nii");
    map(&one, &[], "plain.nii");
    let outcome = scratch.tsnr(["diff", "all.nii", "one.nii"]).succeeded();
    let definition = "mean/std, ddof rank, demean, detrending 2, hp 64.25, confounds";
    assert_eq!(outcome.summary("definition"), definition);
    let error = scratch.tsnr(["diff", "all.nii", "plain.nii"]).error();
    assert!(error.contains("regressors (only in A trans_x, trans_x_derivative1, "), "{error}");
    // Other patterns for the same columns are of one definition, others' columns are not.
    let confounds = ["--confounds", &*one_table];
    let of = |columns: &str, name: &str| {
        map(&one, &[&confounds[..], &["--confound-columns", columns]].concat(), name);
    };
    of("trans_x,trans_y", "names.nii");
    of("trans_[xy]", "pattern.nii");
    of("trans_x,trans_z", "others.nii");
    scratch.tsnr(["diff", "names.nii", "pattern.nii"]).succeeded();
    let error = scratch.tsnr(["diff", "names.nii", "others.nii"]).error();
    let says = "regressors (only in A trans_y; only in B trans_z)";
    assert!(error.contains(says), "{error}");
}

#[test]
fn a_map_of_another_program_has_no_definition_and_that_is_said() {
    let scratch = small_folder();
    let outcome = scratch.tsnr(["diff", "a.nii", "b.nii"]).succeeded();
    for name in ["a.nii", "b.nii"] {
        let says = format!(
            "tsnr: definition-not-recorded: {name}: no definition of tSNR is recorded in its header"
        );
        assert!(outcome.stderr.contains(&says), "{}", outcome.stderr);
    }
    let quiet = scratch.tsnr(["diff", "a.nii", "b.nii", "-q", "--json=d.json"]).succeeded();
    assert_eq!((&*quiet.stderr, &*quiet.stdout), ("", ""));
}

#[test]
fn every_finding_of_a_comparison_is_described() {
    let described = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/regions.md"));
    for rule in tsnr::findings::DIFF_RULES {
        assert!(described.contains(&format!("\n| `{}` | ", rule.name)), "{}", rule.name);
    }
}

// ---- What is refused --------------------------------------------------------------------------

#[test]
fn what_cannot_be_compared_is_refused_and_leaves_no_file() {
    let scratch = small_folder();
    let small = Header::new(FLOAT32, 32, 5, 4, 2, 1).file(&[1.0; 40]);
    scratch.file("small.nii", small);
    scratch.file("zero.nii", map_of(|_| 0.0, ""));
    scratch.file("fraction.nii", map_of(|_| 0.5, ""));
    scratch.file("run.nii", fs::read(testdata("odd/int16_le.nii")).expect("a specimen"));
    scratch.tsnr(["run.nii", "-q", "--map=mean=mean.nii"]).succeeded();
    let grids = "grid 5x4x2 differs from 5x4x3 of a.nii; resample it to that grid";
    let before = scratch.names();
    for (words, says) in [
        (&["a.nii", "small.nii"][..], &*format!("small.nii: the map's {grids}")),
        (&["a.nii", "b.nii", "--mask=small.nii"], &format!("small.nii: the mask's {grids}")),
        (&["a.nii", "b.nii", "--atlas=small.nii"], &format!("small.nii: the atlas's {grids}")),
        (&["a.nii", "b.nii", "--atlas=zero.nii"], "zero.nii: the atlas is empty: every voxel is 0"),
        (&["a.nii", "b.nii", "--atlas=fraction.nii"], "fraction.nii: voxel (0, 0, 0) is 0.5"),
        (&["a.nii", "zero.nii"], "a.nii: no voxel has a value in both maps"),
        (&["a.nii", "b.nii", "--mask=zero.nii"], "zero.nii: the mask is empty: every voxel is 0"),
        (&["a.nii", "mean.nii"], "mean.nii: a map of 'mean' by its header, expected one"),
        (&["a.nii", "run.nii"], "run.nii: 6 volumes, expected one"),
        (&["a.nii", "none.nii"], "none.nii: no such file"),
        (&["a.nii", "b.nii", "--png=none/d.png"], "none/d.png: cannot write: there is no folder"),
    ] {
        let outputs = ["--report=d.html", "--json=d.json", "--table=t.tsv", "--ratio=r.nii"];
        let outcome = scratch.tsnr([&["diff"], words, &outputs, &["-q"]].concat());
        let error = outcome.error();
        assert!(error.contains(says), "{words:?}: {error}");
        assert_eq!(scratch.names(), before, "{words:?}");
    }
}

#[test]
fn an_output_never_replaces_an_input() {
    let scratch = small_folder();
    scratch.file("atlas.nii", map_of(|it| (it % 3) as f64, ""));
    scratch.file("labels.tsv", "index\tname\n1\tone\n");
    let bytes = |scratch: &Scratch| {
        scratch.names().iter().map(|it| fs::read(scratch.path(it)).unwrap()).collect::<Vec<_>>()
    };
    let before = bytes(&scratch);
    for option in [
        "--difference=a.nii",
        "--ratio=./b.nii",
        "--ratio=atlas.nii",
        "--table=labels.tsv",
        "--json=labels.tsv",
    ] {
        let atlas = ["--atlas=atlas.nii", "--atlas-labels=labels.tsv", "--report=d.html"];
        let error =
            scratch.tsnr([&["diff", "a.nii", "b.nii", option][..], &atlas].concat()).error();
        assert!(error.contains("the output is one of the inputs, which would be lost"), "{error}");
    }
    assert_eq!(bytes(&scratch), before);
}

#[test]
fn maps_that_lie_elsewhere_are_compared_with_a_warning() {
    let scratch = small_folder();
    let moved =
        Header { translation: [-37.5, -41.25, -20.0], ..Header::new(INT16, 16, 5, 4, 3, 1) };
    scratch.file("moved.nii", moved.file(&[3.0; 60]));
    let outcome = scratch.tsnr(["diff", "a.nii", "moved.nii", "--mask=moved.nii"]).succeeded();
    let said: Vec<&str> = outcome.warnings();
    assert_eq!(said.len(), 2, "{said:?}");
    for (warning, what) in said.iter().zip(["map", "mask"]) {
        let says = format!(
            "image-misplaced: moved.nii: the affine of the {what} differs: voxels lie up to"
        );
        assert!(warning.starts_with(&says), "{warning}");
    }
}

// ---- The command line -------------------------------------------------------------------------

#[test]
fn a_wrong_command_line_ends_with_2() {
    let scratch = small_folder();
    for (words, says) in [
        (&["diff"][..], "required arguments were not provided"),
        (&["diff", "a.nii"], "<B>"),
        (&["diff", "a.nii", "b.nii", "c.nii"], "unexpected argument 'c.nii'"),
        (&["diff", "a.nii", "b.nii", "-o", "c.nii"], "unexpected argument '-o'"),
        (&["diff", "a.nii", "b.nii", "--names=one"], "two different names"),
        (&["diff", "a.nii", "b.nii", "--names=one,one"], "two different names"),
        (&["diff", "a.nii", "b.nii", "--ratio=r.tsv"], "ends in .nii, .nii.gz, .mgz or .func.gii"),
        (
            &["diff", "a.nii", "b.nii", "--atlas=atlas.nii"],
            "--atlas needs --table, --report or --json",
        ),
        (&["diff", "a.nii", "b.nii", "--atlas-labels=t.tsv"], "--atlas-labels needs --atlas"),
        (
            &["diff", "a.nii", "b.nii", "--table=d.tsv", "--json=d.json"],
            "two outputs cannot be written to one file: d.json, in which --table describes",
        ),
    ] {
        let outcome = scratch.tsnr(words);
        assert_eq!(outcome.exit_code, Some(2), "{words:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(says), "{words:?}: {}", outcome.stderr);
    }
    assert_eq!(scratch.names(), ["a.nii", "b.nii"]);
}

#[test]
fn help_of_its_own_is_named_in_the_programs() {
    let scratch = Scratch::new();
    let help = |words: &[&str]| -> Outcome { scratch.tsnr(words).succeeded() };
    assert!(help(&["--help"]).stdout.contains("tsnr diff --help"));
    assert!(help(&["-h"]).stdout.contains("\n  diff         Compare two maps"));
    let own = help(&["diff", "--help"]).stdout;
    assert!(own.contains("Usage: tsnr diff [OPTIONS] <A> <B>"), "{own}");
    for option in ["--report", "--png", "--difference", "--ratio", "--mask", "--atlas", "--names"] {
        assert!(own.contains(option), "{option}");
    }
    assert!(help(&["diff", "--version"]).stdout.starts_with("tsnr diff "));
}

#[test]
fn every_example_of_the_help_runs() {
    let help = Scratch::new().tsnr(["diff", "--help"]).succeeded().stdout;
    let examples: Vec<&str> =
        help.lines().filter_map(|line| line.trim().strip_prefix("tsnr ")).collect();
    let examples: Vec<&&str> = examples.iter().filter(|it| it.contains(".nii.gz ")).collect();
    assert_eq!(examples.len(), 3, "{help}");
    for example in examples {
        let scratch = Scratch::new();
        for name in ["before", "after", "day-1", "day-2", "dseg"] {
            scratch.file(&format!("{name}.nii.gz"), map_of(|it| (it % 7) as f64, ""));
        }
        let line = format!("tsnr() {{ '{}' \"$@\"; }}; tsnr {example}", env!("CARGO_BIN_EXE_tsnr"));
        scratch.bash(&line, [""; 0]).succeeded();
        for output in ["diff.html", "regions.tsv", "regions.json", "diff.png", "difference.nii.gz"]
        {
            let named = example.contains(output)
                || output == "regions.json" && example.contains("regions.tsv");
            assert_eq!(scratch.path(output).exists(), named, "{output} of {example}");
        }
    }
}

#[test]
fn a_run_that_is_called_diff_is_given_with_its_folder() {
    let scratch = Scratch::new();
    scratch.file("diff", fs::read(testdata("odd/int16_le.nii")).expect("a specimen"));
    scratch.tsnr(["./diff", "-o", "map.nii"]).succeeded();
    assert_eq!(scratch.names(), ["diff", "map.nii"]);
}

#[test]
fn maps_are_called_by_their_files_by_their_paths_or_as_one_says() {
    let scratch = small_folder();
    scratch.file("before/tsnr.nii", map_of(|it| 1.0 + it as f64, ""));
    scratch.file("after/tsnr.nii", map_of(|it| 2.0 + it as f64, ""));
    for (words, says) in [
        (&["a.nii", "before/tsnr.nii"][..], "tsnr.nii (B) against a.nii (A)"),
        (&["before/tsnr.nii", "after/tsnr.nii"], "after/tsnr.nii (B) against before/tsnr.nii (A)"),
        (&["a.nii", "b.nii", "--names=day 1, day <2>"], "day <2> (B) against day 1 (A)"),
    ] {
        let words = [&["diff"], words, &["--report=d.html"]].concat();
        let outcome = scratch.tsnr(&words).succeeded();
        assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    }
    let page = read(&scratch.path("d.html"));
    assert!(page.contains("<title>day &lt;2&gt; against day 1</title>"));
    assert!(page.contains("'--names=day 1, day &lt;2&gt;' --report=d.html"));
}

#[test]
fn the_page_needs_nothing_else_and_its_drawings_are_well_formed() {
    let scratch = folder(&session_pattern());
    let words = ["diff", "a.nii", "b.nii", "--any-definition", "--report=d.html", "--png=d.png"];
    scratch.tsnr([&words[..], &["--atlas=atlas.nii"]].concat()).succeeded();
    let page = read(&scratch.path("d.html"));
    for fetched in ["http:", "https:", "<link rel=\"stylesheet", "@import", "src=\"/", "url("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    let drawings: Vec<&str> = page
        .match_indices("<svg")
        .map(|(at, _)| &page[at..at + page[at..].find("</svg>").expect("an end") + 6])
        .collect();
    assert!(
        drawings.len() > 4 * 10 + 2,
        "slices of A, B, difference and ratio, scatter, histogram"
    );
    drawings.iter().for_each(|it| drop(roxmltree::Document::parse(it).expect("well-formed XML")));
    assert!(page.contains("where both are defined: 1,432 of 4,000 voxels"));
    assert!(page.contains("<th scope=\"row\">label-8</th><td>358</td>"));
    let mut picture = png::Decoder::new(std::io::BufReader::new(
        fs::File::open(scratch.path("d.png")).expect("a picture"),
    ))
    .read_info()
    .expect("a PNG");
    let mut pixels = vec![0; picture.output_buffer_size().expect("a size")];
    picture.next_frame(&mut pixels).expect("its pixels");
    assert_eq!(picture.info().width, 1600);
}
