//! From the files beside the runs to what is regressed out: the whole way gives what pandas,
//! nilearn and numpy give on the tables of `testdata/confounds`.

use crate::program;

use program::{session_runs, testdata};
use std::path::PathBuf;
use tsnr::nuisance::{Basis, Use, Volumes, cosine_columns, polynomial_columns};
use tsnr::nuisance::{Table, censored_volumes, matched};
use tsnr::recipe::{Selection, Widening};
use tsnr::runs::expand_files;

/// How far a sum of squares and a coefficient may lie from numpy's, relative. numpy's own lie
/// within 5e-13 of what mpmath 1.4.1 gives with 50 digits.
const TOLERANCE: f64 = 1e-11;

/// Number of volumes, TR in seconds, and what the tools of [`the_whole_way_gives_numpys_fit`]
/// give.
struct Run {
    volumes: usize,
    tr_seconds: f64,
    dummies: usize,
    moved: usize,
    used: usize,
    rank: usize,
    sum_of_squares: f64,
    coefficient_of_csf: f64,
}

const RUNS: [Run; 5] = [
    Run {
        volumes: 43,
        tr_seconds: 2.5,
        dummies: 2,
        moved: 21,
        used: 37,
        rank: 12,
        sum_of_squares: 231.8008865528294,
        coefficient_of_csf: -0.15517856601317281,
    },
    Run {
        volumes: 46,
        tr_seconds: 2.5,
        dummies: 1,
        moved: 23,
        used: 41,
        rank: 12,
        sum_of_squares: 252.07104815887195,
        coefficient_of_csf: 0.40082774967439727,
    },
    Run {
        volumes: 59,
        tr_seconds: 2.5,
        dummies: 0,
        moved: 29,
        used: 55,
        rank: 12,
        sum_of_squares: 388.9263650119335,
        coefficient_of_csf: 0.03571149559712383,
    },
    Run {
        volumes: 22,
        tr_seconds: 5.0,
        dummies: 0,
        moved: 11,
        used: 18,
        rank: 12,
        sum_of_squares: 36.95309466207465,
        coefficient_of_csf: 0.8612179062141715,
    },
    Run {
        volumes: 19,
        tr_seconds: 5.0,
        dummies: 0,
        moved: 9,
        used: 15,
        rank: 11,
        sum_of_squares: 20.80908537373769,
        coefficient_of_csf: -0.34565408237606277,
    },
];

/// The files of `testdata/confounds` that end so, from one pattern, matched to the session's runs.
fn companions(ending: &str) -> (Vec<PathBuf>, Vec<String>) {
    let pattern = testdata(&format!("confounds/*{ending}"));
    let mut files = expand_files(&[pattern]).expect("files");
    files.reverse();
    let matching = matched(&session_runs(), &files).expect("one for each run");
    (matching.companions, matching.report)
}

#[test]
fn tables_are_matched_to_their_runs_by_the_task_whatever_their_order() {
    let (tables, report) = companions("_timeseries.tsv");
    assert!(tables[0].ends_with(
        "confounds/sub-01_ses-test_task-covertverbgeneration_desc-confounds_timeseries.tsv"
    ));
    assert_eq!(
        report[4],
        "sub-01_ses-test_task-overtwordrepetition_bold.nii.gz <- \
         sub-01_ses-test_task-overtwordrepetition_desc-confounds_timeseries.tsv \
         (by task-overtwordrepetition)"
    );
}

#[test]
fn lists_in_each_of_afnis_forms_censor_what_the_threshold_does() {
    let (lists, _) = companions("_censor.1D");
    let (tables, _) = companions("_timeseries.tsv");
    for (((list, table), path), run) in lists.iter().zip(tables).zip(session_runs()).zip(RUNS) {
        let table = Table::read(&table, &path, run.volumes).unwrap();
        assert_eq!(table.framewise_displacement_above(0.5).unwrap(), [run.moved]);
        assert_eq!(table.std_dvars_above(1.5).unwrap(), [run.moved]);
        assert_eq!(censored_volumes(list, &path, run.volumes).unwrap(), [run.moved]);
    }
}

#[test]
fn a_file_of_another_run_is_refused_with_both_named() {
    let (tables, _) = companions("_timeseries.tsv");
    let (lists, _) = companions("_censor.1D");
    let run = session_runs().swap_remove(1);
    let [table, list] = [
        Table::read(&tables[0], &run, 46).unwrap_err().to_string(),
        censored_volumes(&lists[0], &run, 46).unwrap_err().to_string(),
    ];
    let (run, remedy) = (run.display(), "give the table of this run");
    let path = tables[0].display();
    assert_eq!(table, format!("{path}: 43 rows of values, but {run} has 46 volumes; {remedy}"));
    let (path, remedy) = (lists[0].display(), "give one number for each volume of this run");
    assert_eq!(list, format!("{path}: 43 numbers, but {run} has 46 volumes; {remedy}"));
}

// Expected: Python 3.11.7, pandas 3.1.1, nilearn 0.14.1, numpy 2.4.6, for a run of n volumes:
//   raw = pd.read_csv(table, sep="\t")
//   _, conf = load_confounds_utils.prepare_output(raw[columns], demean=False)
//   X = [legendre of order 1 and 2, create_cosine_drift(1 / 100, np.arange(n) * TR)[:, :-1],
//        conf], its rows in `keep`: without the first volumes, one for each column
//        non_steady_state_outlier*, and without v - 1 to v + 2 for v with
//        raw["framewise_displacement"] > 0.5; each column less its mean, of norm 1; and a 1
//   b, _, rank, _ = np.linalg.lstsq(X, y), with y = raw["global_signal"][keep]
//   sum_of_squares = ((y - X @ b) ** 2).sum(); coefficient_of_csf = b[csf] / its norm
#[test]
fn the_whole_way_gives_numpys_fit() {
    let selection = Selection::parse("csf,trans_?,rot_?,csf_derivative1").unwrap();
    let (tables, _) = companions("_timeseries.tsv");
    for ((path, run_path), run) in tables.iter().zip(session_runs()).zip(RUNS) {
        let table = Table::read(path, &run_path, run.volumes).unwrap();
        let dummies = table.non_steady_volumes().unwrap();
        let censored = table.framewise_displacement_above(0.5).unwrap();
        let volumes = Volumes::all(run.volumes)
            .drop_dummies(dummies.unwrap())
            .censor(&censored, Widening { before: 1, after: 2 });
        assert_eq!((dummies, &*censored), (Some(run.dummies), &[run.moved][..]));
        let counts = [Use::Used, Use::Dummy, Use::Censored].map(|it| volumes.count(it));
        assert_eq!(counts, [run.used, run.dummies, 4]);

        let chosen = table.selected(&selection).unwrap();
        assert_eq!(chosen[0].name, "csf");
        let mut columns: Vec<Vec<f64>> = chosen.into_iter().map(|it| it.values).collect();
        columns.extend(polynomial_columns(run.volumes, 2));
        columns.extend(cosine_columns(run.volumes, run.tr_seconds, 100.0));
        let columns: Vec<Vec<f64>> = columns.iter().map(|it| volumes.picked(it)).collect();
        let basis = Basis::new(run.used, &columns);
        assert_eq!((basis.rank(), basis.volumes()), (run.rank, run.used));

        let series = &table.selected(&Selection::parse("global_signal").unwrap()).unwrap()[0];
        let series = volumes.picked(&series.values);
        let mean = series.iter().sum::<f64>() / series.len() as f64;
        let mut projections = vec![0.0; basis.rank()];
        for (volume, value) in series.iter().enumerate() {
            for (projection, basis_value) in projections.iter_mut().zip(basis.row(volume)) {
                *projection += basis_value * (value - mean);
            }
        }
        let total: f64 = series.iter().map(|value| (value - mean).powi(2)).sum();
        let explained: f64 = projections.iter().map(|it| it * it).sum();
        for (found, expected) in [
            (total - explained, run.sum_of_squares),
            (basis.coefficients(&projections)[0], run.coefficient_of_csf),
        ] {
            let off = (found / expected - 1.0).abs();
            assert!(off <= TOLERANCE, "{found} is not {expected}: off by {off:e}");
        }
    }
}
