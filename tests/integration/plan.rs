//! What is planned before a voxel is read, and that the plan is what runs.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use crate::program::bytes::{Header, INT16};
use crate::program::{self, Scratch};
use flate2::Compression;
use flate2::write::GzEncoder;
use tsnr::error::ErrorKind;
use tsnr::formats::{self, Progress, VolumeReader};
use tsnr::maps::{STD, TSNR};
use tsnr::pipeline::{self, Analysis, Mode, PassOutcome, Plan, Settings};
use tsnr::runs::Session;
use tsnr::taskgraph::{Cancellation, Observer, Outline};

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
        assert_eq!(counts[1], plan_of().outline().tasks.len());
        if threads == 1 {
            assert!(counts[1] < passes[0].before, "{passes:?}");
        }
        let raw = plan_of().unoptimized();
        assert_eq!(raw.outline(), plan_of().raw_outline());
        let [raw, optimized] =
            [raw, plan_of()].map(|plan| plan.run(&(), &Cancellation::default()).unwrap());
        for kind in [TSNR, STD] {
            let bits = |of: &PassOutcome| Some(program::bits(of.maps.get(kind)?.values()));
            assert_eq!(bits(&raw), bits(&optimized));
        }
        assert!(raw.maps.get(TSNR).is_some());
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
        plan.run(&log, &Cancellation::default()).unwrap();
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

const MIB: u64 = 1024 * 1024;
const VOLUME_BYTES: usize = 64 * 64 * 32 * 2;

/// A file of zeros of so many volumes, the header of which claims `claimed`; gzip as one member.
fn zeros(scratch: &Scratch, name: &str, claimed: i16, volumes: usize) -> PathBuf {
    let header = Header::new(INT16, 16, 64, 64, 32, claimed).file(&[]);
    let write = |to: &mut dyn Write| {
        to.write_all(&header[..352]).unwrap();
        (0..volumes).for_each(|_| to.write_all(&[0; VOLUME_BYTES]).unwrap());
    };
    let mut bytes = Vec::new();
    if name.ends_with(".gz") {
        let mut gzip = GzEncoder::new(&mut bytes, Compression::fast());
        write(&mut gzip);
        gzip.finish().unwrap();
    } else {
        write(&mut bytes);
    }
    scratch.file(name, &bytes)
}

/// Another thread cancels when the first bytes have been read.
struct Impatient {
    cancellation: Cancellation,
    read_bytes: AtomicU64,
    says_so_itself: bool,
}

impl Progress for Impatient {
    fn voxel_bytes_read(&self, count: u64) {
        self.read_bytes.fetch_add(count, SeqCst);
        let cancellation = self.cancellation.clone();
        std::thread::spawn(move || cancellation.cancel()).join().unwrap();
    }

    fn is_cancelled(&self) -> bool {
        self.says_so_itself && self.cancellation.is_cancelled()
    }
}

/// Bytes of voxels read of a run that is cancelled when the first of them are there.
fn read_before_it_ended(run: &Path, mode: Mode, threads: usize, says_so_itself: bool) -> u64 {
    let session = Session::open(&[run.to_owned()]).unwrap();
    let settings = Settings {
        mode,
        threads: NonZeroUsize::new(threads).unwrap(),
        // One task that reads it all, where a task reads chunks.
        chunk_length: NonZeroUsize::new(1000),
        analysis: Analysis::plain(&session),
    };
    let cancellation = Cancellation::default();
    let impatient = Arc::new(Impatient {
        cancellation: cancellation.clone(),
        read_bytes: AtomicU64::new(0),
        says_so_itself,
    });
    let plan = pipeline::plan(&session, &settings, impatient.clone()).unwrap();
    let given = if says_so_itself { Cancellation::default() } else { cancellation };
    let error = plan.run(&(), &given).unwrap_err();
    assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Cancelled, "cancelled"));
    impatient.read_bytes.load(SeqCst)
}

#[test]
fn a_cancelled_computation_stops_within_what_it_reads() {
    let scratch = Scratch::new();
    for name in ["zeros.nii.gz", "zeros.nii"] {
        let run = zeros(&scratch, name, 256, 256);
        for mode in [Mode::Serial, Mode::Delayed, Mode::Array] {
            for threads in [1, 2, 3] {
                for says_so_itself in [false, true] {
                    let read = read_before_it_ended(&run, mode, threads, says_so_itself);
                    let what = format!("{name}, {mode}, {threads} threads");
                    // Each thread may have begun a piece of 1 MiB; the run has 64.
                    assert!(read > 0 && read <= threads as u64 * MIB, "{read} bytes of {what}");
                }
            }
        }
    }
}

#[test]
fn what_was_cancelled_before_reads_nothing() {
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let session = session(2, "members.nii.gz");
    for mode in [Mode::Serial, Mode::Delayed, Mode::Array] {
        let log = Log::default();
        let error = plan(&session, mode, 2, 2).run(&log, &cancellation).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{mode}");
        assert!(log.0.into_inner().unwrap().is_empty(), "{mode}: no task is begun");
    }
}

/// Says that it is cancelled from the fourth time on that it is asked.
#[derive(Default)]
struct Asked(AtomicU64);

impl Progress for Asked {
    fn voxel_bytes_read(&self, _count: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.fetch_add(1, SeqCst) >= 3
    }
}

#[test]
fn what_follows_the_last_volume_is_checked_no_longer_once_cancelled() {
    let scratch = Scratch::new();
    let path = zeros(&scratch, "more.nii.gz", 1, 256);
    let image = formats::open(&path).unwrap();
    let none = || tsnr::voxels::Samples::none(image.datatype());
    let asked = Asked::default();
    let error = VolumeReader::open(&image).unwrap().read(1, none(), &asked).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(asked.0.load(SeqCst), 4, "once for the volume, and then each mebibyte");
    VolumeReader::open(&image).unwrap().read(1, none(), &()).unwrap();
}
