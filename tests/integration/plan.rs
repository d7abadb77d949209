//! What is planned before a voxel is read, and that the plan is what runs.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tsnr::graph::{Observer, Outline};
use tsnr::pipeline::{self, Analysis, Mode, Plan, Session, Settings};

/// Tasks of the graphs that Dask 2026.8.0 makes of the lesson's code for five runs of one chunk each,
/// after its own optimisation.
const OF_DASK: [(Mode, usize); 2] = [(Mode::Delayed, 9), (Mode::Array, 32)];

fn session(runs: usize, file: &str) -> Session {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/odd").join(file);
    Session::open(&vec![path; runs]).unwrap()
}

fn plan(session: &Session, mode: Mode, threads: usize, chunk_length: usize) -> Plan {
    let settings = Settings {
        mode,
        threads: NonZeroUsize::new(threads).unwrap(),
        chunk_length: NonZeroUsize::new(chunk_length),
        analysis: Analysis::plain(session),
    };
    pipeline::plan(session, &settings, Arc::new(())).unwrap()
}

fn names(outline: &Outline) -> Vec<&str> {
    outline.tasks.iter().map(|task| task.name.as_str()).collect()
}

#[test]
fn five_runs_take_no_more_tasks_than_with_dask() {
    for file in ["int16_le.nii", "members.nii.gz"] {
        let session = session(5, file);
        for (mode, most) in OF_DASK {
            for threads in [1, 2, 8] {
                let plan = plan(&session, mode, threads, 1000);
                for outline in [plan.raw_outline(), plan.outline()] {
                    let count = outline.tasks.len();
                    assert!(count <= most, "{mode} of {file}: {:?}", names(&outline));
                }
            }
        }
    }
}

#[test]
fn optimisation_leaves_fewer_tasks_and_the_same_maps() {
    let session = session(3, "members.nii.gz");
    for threads in [1, 2, 7] {
        let plan_of = || plan(&session, Mode::Array, threads, 2);
        let passes = plan_of().passes().to_vec();
        let counts: Vec<usize> = passes.iter().map(|pass| pass.after).collect();
        assert_eq!(passes[0].before, plan_of().raw_outline().tasks.len());
        assert_eq!(counts[2], plan_of().outline().tasks.len());
        if threads == 1 {
            assert!(counts[2] < passes[0].before, "{passes:?}");
        }
        let raw = plan_of().unoptimized();
        assert_eq!(raw.outline(), plan_of().raw_outline());
        let [raw, optimized] = [raw, plan_of()].map(|plan| plan.run(&()).unwrap());
        let bits =
            |map: &ndarray::Array3<f64>| map.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&raw.tsnr), bits(&optimized.tsnr));
        assert_eq!(raw.std.as_ref().map(bits), optimized.std.as_ref().map(bits));
    }
}

#[test]
fn mean_and_std_share_one_traversal_of_the_chunks() {
    let session = session(5, "members.nii.gz");
    let outline = plan(&session, Mode::Array, 2, 2).raw_outline();
    let operations = outline.tasks.iter().map(|task| task.operation());
    let mut operations: Vec<_> = operations.collect();
    operations.dedup();
    operations.sort_unstable();
    operations.dedup();
    assert_eq!(operations, ["gather", "merge", "moments", "sqrt/divide"]);
    // Every chunk is added by one task.
    let mut chunks: Vec<_> =
        names(&outline).into_iter().filter(|name| name.contains("[0..2)")).collect();
    assert_eq!(chunks.len(), 5);
    chunks.dedup();
    assert_eq!(chunks.len(), 1, "the same file five times");
}

/// Writes down what it is told.
#[derive(Default)]
struct Log(Mutex<Vec<(char, usize)>>);

impl Observer for Log {
    fn began(&self, task: usize, _worker: usize) {
        self.0.lock().unwrap().push(('b', task));
    }

    fn ended(&self, task: usize, _worker: usize) {
        self.0.lock().unwrap().push(('e', task));
    }
}

#[test]
fn an_observer_is_told_of_every_task_of_the_outline_once() {
    let session = session(3, "members.nii.gz");
    for mode in [Mode::Serial, Mode::Delayed, Mode::Array] {
        let plan = plan(&session, mode, 2, 2);
        let count = plan.outline().tasks.len();
        let log = Log::default();
        plan.run(&log).unwrap();
        let mut told = log.0.into_inner().unwrap();
        for what in ['b', 'e'] {
            let mut tasks: Vec<_> = told.iter().filter(|it| it.0 == what).map(|it| it.1).collect();
            tasks.sort_unstable();
            assert_eq!(tasks, (0..count).collect::<Vec<_>>(), "{mode}");
        }
        told.truncate(1);
        assert_eq!(told[0].0, 'b');
    }
}

#[test]
fn serial_mode_is_a_chain() {
    let outline = plan(&session(2, "int16_le.nii"), Mode::Serial, 1, 1).outline();
    let expected = ["load int16_le", "load int16_le", "concatenate", "mean", "std", "divide"];
    assert_eq!(names(&outline), expected);
    for (number, task) in outline.tasks.iter().enumerate().skip(1) {
        assert_eq!(task.dependencies, [number - 1]);
    }
}
