//! Real files, published by others, give what numpy and nibabel give: the figures are those of
//! the table in `../shared/data/README.md` (nibabel 5.4.2, numpy 2.4, float64, ddof 0). Files of
//! which a tSNR makes no sense, and those that made other readers crash, get one clear line.
//!
//! The files are not part of the project, so these tests are ignored, and run by `.ci/run`.

use crate::program;

use program::{MODES, Map, Outcome, Scratch, assert_same, names, shared_data as data};

/// How far a sum of tSNR may lie from numpy's, relative: it adds up what each voxel may differ by
/// and the rounding of the sum itself.
const SUM_TOLERANCE: f64 = 1e-9;

/// A row of the table: what voxels are, and the sum of the finite tSNR.
struct Figures {
    finite: usize,
    zero_by_zero: usize,
    infinite: usize,
    sum: f64,
}

/// The voxels that the summary says are undefined for this reason.
fn stated(outcome: &Outcome, reason: &str) -> usize {
    let undefined = outcome.summary("undefined");
    let reasons = undefined.split_once(": ").map_or("", |(_, reasons)| reasons);
    let found = reasons.split(", ").find_map(|it| it.strip_suffix(reason));
    found.map_or(0, |count| count.trim().replace(',', "").parse().expect("a count"))
}

fn compute(input: &str, mode: &str) -> (Outcome, Map) {
    let input = data(input).display().to_string();
    let scratch = Scratch::new();
    let arguments =
        [&*input, "-o", "map.nii", "--dtype", "float64", "--undefined", "nan", "--mode", mode];
    let outcome = scratch.tsnr(arguments).succeeded();
    assert_eq!(scratch.names(), ["map.nii"]);
    (outcome, Map::read(&scratch.path("map.nii")))
}

fn assert_figures(input: &str, shape: [usize; 3], expected: Figures) {
    for mode in MODES {
        let (outcome, map) = compute(input, mode);
        let what = format!("{input} in {mode} mode");
        assert_eq!(map.shape, shape, "{what}");
        assert_eq!(map.finite_count(), expected.finite, "{what}: finite");
        assert_eq!(stated(&outcome, "always 0"), expected.zero_by_zero, "{what}: 0/0");
        assert_eq!(stated(&outcome, "constant but not 0"), expected.infinite, "{what}: a/0");
        let undefined = map.values.len() - expected.finite;
        assert_eq!(undefined, expected.zero_by_zero + expected.infinite, "{what}: undefined");
        let sum = map.finite_sum();
        let error = (sum - expected.sum).abs() / expected.sum;
        assert!(error <= SUM_TOLERANCE, "{what}: the sum is {sum}, expected {}", expected.sum);
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn twelve_runs_of_haxby_2001_given_as_one_pattern() {
    assert_figures(
        "haxby/sub-001_task-objectviewing_run-*_bold.nii.gz",
        [40, 20, 1],
        Figures { finite: 530, zero_by_zero: 270, infinite: 0, sum: 22571.407462617 },
    );
}

#[test]
#[ignore = "needs ../shared/data"]
fn twelve_runs_are_read_in_the_order_of_their_numbers() {
    let pattern = data("haxby/*.nii.gz");
    let scratch = Scratch::new();
    let outcome = scratch.tsnr([&*pattern.display().to_string(), "-v", "-o", "map.nii"]);
    let outcome = outcome.succeeded();
    let listed: Vec<&str> =
        outcome.stderr.lines().filter(|line| line.starts_with("run ")).collect();
    assert_eq!(listed.len(), 12, "{}", outcome.stderr);
    for (line, number) in listed.iter().zip(1..) {
        assert!(line.contains(&format!("_run-{number:02}_")), "{line}");
    }
    assert!(outcome.summary("runs").contains("1,452 volumes"), "{}", outcome.stderr);
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_run_with_three_quarters_of_its_voxels_constant() {
    assert_figures(
        "single/filtered_func_data.nii.gz",
        [64, 64, 21],
        Figures { finite: 22468, zero_by_zero: 63548, infinite: 0, sum: 3278283.009032 },
    );
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_scaled_run() {
    assert_figures(
        "single/functional_scaled_int16.nii",
        [17, 21, 3],
        Figures { finite: 1071, zero_by_zero: 0, infinite: 0, sum: 109097.047301 },
    );
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_run_of_arterial_spin_labelling() {
    assert_figures(
        "single/pcasl_int16.nii.gz",
        [52, 68, 20],
        Figures { finite: 37892, zero_by_zero: 32828, infinite: 0, sum: 3781061.869575 },
    );
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_series_of_three_dimensional_files_and_its_four_dimensional_file() {
    for input in ["series3d/dmri_T*.nii.gz", "series3d/dmri_4d.nii.gz"] {
        assert_figures(
            input,
            [40, 42, 5],
            Figures { finite: 8400, zero_by_zero: 0, infinite: 0, sum: 17895.629534 },
        );
    }
    for mode in MODES {
        let [series, stacked] = ["series3d/dmri_T*.nii.gz", "series3d/dmri_4d.nii.gz"]
            .map(|input| compute(input, mode).1.values);
        assert!(program::bits(&series) == program::bits(&stacked), "{mode}");
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_run_of_two_volumes_with_constant_voxels_of_both_kinds() {
    // The single file, and the pair by either half.
    for input in ["pair/example4d.nii.gz", "pair/example4d.hdr.gz", "pair/example4d.img.gz"] {
        assert_figures(
            input,
            [128, 96, 24],
            Figures { finite: 110798, zero_by_zero: 180047, infinite: 4067, sum: 21984523.137611 },
        );
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_run_in_nifti_2() {
    assert_figures(
        "odd/nifti2_4d.nii.gz",
        [32, 20, 12],
        Figures { finite: 7417, zero_by_zero: 0, infinite: 263, sum: 1364535.524440 },
    );
}

// nibabel 5.4.2, numpy 2.4.6: d = nib.load(FILE).get_fdata(); t = d.mean(0) / d.std(0);
// t[np.isfinite(t)].sum().
#[test]
#[ignore = "needs ../shared/data"]
fn a_series_of_grayordinates() {
    assert_figures(
        "cifti/Conte69.MyelinAndCorrThickness.32k_fs_LR.dtseries.nii",
        [60951, 1, 1],
        Figures { finite: 60951, zero_by_zero: 0, infinite: 0, sum: 339072.920662 },
    );
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_file_that_goes_on_behind_its_voxels() {
    assert_figures(
        "odd/trailing_352_bytes.nii.gz",
        [10, 10, 18],
        Figures { finite: 1800, zero_by_zero: 0, infinite: 0, sum: 53974.347684 },
    );
}

#[test]
#[ignore = "needs ../shared/data"]
fn time_in_the_fifth_dimension_is_read_the_same_in_every_mode() {
    let [serial, delayed, array] = MODES.map(|mode| compute("odd/5D_small.nii", mode).1);
    assert_eq!(serial.shape, [1, 2, 3]);
    assert_same(&delayed.values, &serial.values, "delayed");
    assert_same(&array.values, &serial.values, "array");
}

#[test]
#[ignore = "needs ../shared/data"]
fn ten_volumes_of_ten_datatypes_make_a_series() {
    for mode in MODES {
        let (outcome, map) = compute("odd/dtypes/*.nii", mode);
        assert!(outcome.summary("runs").contains("10 volumes"), "{}", outcome.stderr);
        // Each holds the numbers 0 to 26, so nothing varies.
        assert_eq!(map.finite_count(), 0);
        assert_eq!((stated(&outcome, "always 0"), stated(&outcome, "constant but not 0")), (1, 26));
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn two_grids_are_refused_with_both_names_and_both_shapes() {
    for mode in MODES {
        let pattern = data("mismatch/*.nii");
        let scratch = Scratch::new();
        let pattern = pattern.display().to_string();
        let line = scratch.tsnr([&*pattern, "-o", "map.nii", "--mode", mode]).error();
        for text in ["ax_asc_35sl_6.nii", "ax_asc_36sl_11.nii", "64x64x35", "64x64x36", "grid"] {
            assert!(line.contains(text), "'{text}' in: {line}");
        }
        assert_eq!(scratch.names(), [""; 0]);
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn what_has_no_tsnr_or_is_no_nifti_gets_one_clear_line() {
    let folder = data("odd");
    let mut inputs = vec![
        ("odd/rgb_4d.nii".to_owned(), "RGB"),
        ("odd/complex64.nii".to_owned(), "complex"),
        ("odd/not-nifti.nii".to_owned(), "not a NIfTI"),
        ("odd/header_only_claims_134MB.nii.gz".to_owned(), "truncated"),
        ("odd/with_extension.nii.gz".to_owned(), "1 volume"),
        ("odd/big_endian_3d.nii.gz".to_owned(), "1 volume"),
    ];
    let files_in = |subfolder: &str| names(&folder.join(subfolder));
    inputs.extend(files_in("dtypes").iter().map(|name| (format!("odd/dtypes/{name}"), "1 volume")));
    inputs.extend(files_in("crash").iter().map(|name| (format!("odd/crash/{name}"), "sizeof_hdr")));
    assert_eq!(inputs.len(), 6 + 10 + 5);
    for (input, says) in inputs {
        let path = data(&input).display().to_string();
        let mut lines = Vec::new();
        for mode in MODES {
            let scratch = Scratch::new();
            let line = scratch.tsnr([&*path, "-o", "map.nii", "--mode", mode]).error();
            assert!(line.starts_with(&format!("tsnr: error: {path}: ")), "{line}");
            let text = line.replace(&path, "");
            assert!(text.contains(says), "'{says}' in: {text}");
            assert_eq!(scratch.names(), [""; 0]);
            lines.push(line);
        }
        assert!(lines.iter().all(|line| *line == lines[0]), "{lines:#?}");
    }
}
