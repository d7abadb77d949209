//! The hand-over between workers in every order in which they can take the lock, and with no more
//! of the others' memory than each is sure to see, by the `loom` model checker. It finds deadlocks
//! and lost wake-ups that a test on real threads meets once a year.
//!
//! Loom's threads outlive the borrow of a run, so what they share is leaked, a little each time.

use std::any::Any;
use std::sync::Arc;

use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::sync::{Condvar, Mutex};
use loom::thread::JoinHandle;

use super::*;
use crate::{Delayed, Dependencies, delayed, try_delayed};

impl Lock for Mutex<Progress> {
    fn around(progress: Progress) -> Self {
        Mutex::new(progress)
    }

    fn lock(&self) -> impl DerefMut<Target = Progress> {
        self.lock().expect(NOT_POISONED)
    }
}

/// Workers on threads of the model.
#[derive(Default)]
struct Modelled(std::sync::Mutex<Vec<JoinHandle<()>>>);

impl Crew<'static> for &'static Modelled {
    fn start(&self, worker: impl FnOnce(&Self) + Send + 'static) {
        let crew = *self;
        let thread = loom::thread::spawn(move || worker(&crew));
        self.0.lock().unwrap().push(thread);
    }
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// A run as [`run`] does it, on `threads` threads of the model.
fn modelled(
    wanted: impl Dependencies,
    threads: usize,
    cancellation: Option<&'static Cancellation>,
) -> Result<Vec<Value>, Error> {
    let graph = leaked(Graph::needed_for(wanted));
    let options = Options { cancellation, ..Options::default() };
    let run: &Run<Mutex<Progress>> = leaked(Run::new(graph, threads, options));
    let crew: &Modelled = leaked(Modelled::default());
    run.work(&crew, 0);
    loop {
        let thread = crew.0.lock().unwrap().pop();
        let Some(thread) = thread else { break };
        thread.join().unwrap();
    }
    let mut progress = Lock::lock(&run.progress);
    let workers = progress.idle.len();
    assert_eq!(workers, threads, "every worker has ended");
    std::mem::replace(&mut *progress, Progress::new(graph, threads, None)).outcome(graph)
}

fn value<T: Any + Send + Sync + Copy>(values: &[Value], index: usize) -> T {
    *values[index].downcast_ref().expect("the type of the value")
}

#[test]
fn each_task_runs_once_and_sees_what_those_before_it_wrote() {
    //      load
    //     /    \
    //  mean    std
    //     \    /
    //     divide       by two workers, and by three
    let scenario = |threads: usize| {
        let runs: Arc<[AtomicUsize; 4]> = Arc::new([0; 4].map(AtomicUsize::new));
        // Relaxed: whatever is seen is seen because of the scheduler's lock.
        let count = |task: usize| {
            let runs = Arc::clone(&runs);
            move |before: &[usize]| {
                before.iter().for_each(|&it| assert_eq!(runs[it].load(Relaxed), 1));
                runs[task].fetch_add(1, Relaxed);
            }
        };
        let (first, second, third, last) = (count(0), count(1), count(2), count(3));
        let load = delayed("load", (), move |()| first(&[]));
        let mean = delayed("mean", &load, move |_| second(&[0]));
        let std = delayed("std", &load, move |_| third(&[0]));
        let divide = delayed("divide", (&mean, &std), move |(mean, std)| {
            last(&[0, 1, 2]);
            assert!(Arc::try_unwrap(mean).is_ok() && Arc::try_unwrap(std).is_ok(), "handed over");
        });
        modelled(&divide, threads, None).unwrap();
        assert!(runs.iter().all(|it| it.load(Relaxed) == 1));
    };
    loom::model(move || scenario(2));
    loom::model(move || scenario(3));
}

/// A task that ends when so many have begun.
fn meeting(of: usize, after: &Delayed<()>, place: &Arc<(Mutex<usize>, Condvar)>) -> Delayed<()> {
    let place = Arc::clone(place);
    delayed("meet", after, move |_| {
        let (come, all_have_come) = &*place;
        let mut come = come.lock().unwrap();
        *come += 1;
        all_have_come.notify_all();
        while *come < of {
            come = all_have_come.wait(come).unwrap();
        }
    })
}

#[test]
fn a_task_that_becomes_ready_finds_a_worker_while_there_is_one() {
    // start -- meet
    //       \- meet      a worker that is not woken leaves the other waiting: a deadlock
    // other
    loom::model(|| {
        let place = Arc::new((Mutex::new(0), Condvar::new()));
        let start = delayed("start", (), |()| ());
        let other = delayed("other", (), |()| ());
        let meet = [(); 2].map(|()| meeting(2, &start, &place));
        modelled((&meet[0], &other, &meet[1]), 2, None).unwrap();
    });
}

#[test]
fn who_waits_sees_what_those_before_it_did_and_the_value_that_is_given_away() {
    //  write ---- add (wanted)     `add` gets the value itself
    //      :.. read (wanted)       order alone
    loom::model(|| {
        let place = Arc::new(AtomicUsize::new(0));
        let [written, read] = [(); 2].map(|()| Arc::clone(&place));
        let write = delayed("write", (), move |()| written.store(1, Relaxed));
        let read = delayed("read", (), move |()| read.load(Relaxed)).after(&write);
        let add = delayed("add", write, |()| 2_usize);
        let values = modelled((&read, &add), 2, None).unwrap();
        assert_eq!([value::<usize>(&values, 0), value(&values, 1)], [1, 2]);
    });
}

#[test]
fn a_failure_ends_every_worker_and_is_the_one_reported() {
    // fail   add
    //    \   /
    //     sum
    loom::model(|| {
        let fail = try_delayed("fail", (), |()| Err::<u8, _>("on purpose"));
        let add = delayed("add", (), |()| 1_u8);
        let sum = delayed("sum", (&fail, &add), |(a, b)| *a + *b);
        let error = modelled(&sum, 2, None).unwrap_err();
        assert_eq!(error.to_string(), "task `fail` failed: on purpose");
    });
}

#[test]
fn a_cancelled_run_ends_with_all_values_or_with_none() {
    // cancel   add
    //       \  /
    //       (both wanted)
    loom::model(|| {
        let cancellation: &Cancellation = leaked(Cancellation::default());
        let cancel = delayed("cancel", (), |()| cancellation.cancel());
        let add = delayed("add", (), |()| 1_u8);
        match modelled((&cancel, &add), 2, Some(cancellation)) {
            Ok(values) => assert_eq!(value::<u8>(&values, 1), 1),
            Err(error) => assert_eq!(error.to_string(), "cancelled before task `add`"),
        }
    });
}
