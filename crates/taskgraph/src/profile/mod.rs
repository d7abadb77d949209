//! The profile of a run: when each task ran and where, what it waited for, and what the process
//! held and used meanwhile.
//!
//! A [`Recorder`] is an [`Observer`] of the graph. Beside the tasks it notes *phases* of the main
//! thread, such as writing the results, and of each task the time that it spent reading files, from
//! the disk or its cache, and decoding, as far as it is told. [`Recorder::finish`] gives a
//! [`Profile`], which is written as a [trace](Profile::trace) or as a [page](Profile::page). The
//! rest of a task's time counts as computing. It does not know what the tasks do.

mod page;
mod sampling;
mod trace;

pub use sampling::Sample;

use crate::{Observer, Outline};
use sampling::{Sampler, storage_bytes};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Notes what happens. All times are counted from its `started`.
pub struct Recorder {
    started: Instant,
    notes: Mutex<Notes>,
    sampler: Sampler,
    /// The bytes that this process had read from storage when it began, where the system tells.
    storage_bytes: Option<u64>,
}

#[derive(Default)]
struct Notes {
    /// The task that each thread is at.
    open: HashMap<ThreadId, Span>,
    spans: Vec<Span>,
}

/// A task or a phase that ran. Times are in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The task or the phase.
    pub what: What,
    /// The time at which the task began, in seconds.
    pub begin: f64,
    /// The time that it took.
    pub seconds: f64,
    /// The part of them that was spent reading files, from the disk or its cache.
    pub waiting: f64,
    /// The part of them that was spent decoding what was read.
    pub decoding: f64,
    /// Bytes that it read.
    pub bytes: u64,
}

/// The sort of a [`Span`].
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A task of the graph, by its number, on a worker.
    Task {
        /// The number of the task.
        task: usize,
        /// The worker's.
        worker: usize,
    },
    /// A phase of the main thread.
    Phase(&'static str),
}

/// A record of a run that is over: its tasks, phases, memory and processors.
#[derive(Clone, Debug)]
pub struct Profile {
    outline: Outline,
    /// Tasks and phases, in the order in which they ended.
    pub spans: Vec<Span>,
    /// The process, every few milliseconds; none where the system does not tell.
    pub samples: Vec<Sample>,
    /// The time that it all took, in seconds.
    pub wall_seconds: f64,
    /// Bytes that the process fetched from the disk, where the system tells; what it read beyond them
    /// was in the page cache.
    pub storage_bytes: Option<u64>,
}

impl Recorder {
    /// Begins to record. The time since `started` counts as well.
    pub fn new(started: Instant) -> Recorder {
        Recorder {
            started,
            notes: Mutex::default(),
            sampler: Sampler::start(started),
            storage_bytes: storage_bytes(),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes fetched from the disk since it began.
    fn fetched(&self) -> Option<u64> {
        Some(storage_bytes()?.saturating_sub(self.storage_bytes?))
    }

    fn now(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// A phase of the main thread that began at `begin` seconds and ends now. Returns the time.
    pub fn phase(&self, name: &'static str, begin: f64) -> f64 {
        let now = self.now();
        let (what, seconds) = (What::Phase(name), now - begin);
        let span = Span { what, begin, seconds, waiting: 0.0, decoding: 0.0, bytes: 0 };
        self.notes().spans.push(span);
        now
    }

    /// The task of this thread has read so many bytes.
    pub fn bytes_read(&self, count: u64) {
        if let Some(span) = self.notes().open.get_mut(&thread::current().id()) {
            span.bytes += count;
        }
    }

    /// The task of this thread has spent so long waiting and decoding.
    pub fn time_spent(&self, waiting: Duration, decoding: Duration) {
        if let Some(span) = self.notes().open.get_mut(&thread::current().id()) {
            span.waiting += waiting.as_secs_f64();
            span.decoding += decoding.as_secs_f64();
        }
    }

    /// The profile so far, of the tasks of `outline`; without samples of the process.
    pub fn so_far(&self, outline: Outline) -> Profile {
        let spans = self.notes().spans.clone();
        Profile {
            outline,
            spans,
            samples: Vec::new(),
            wall_seconds: self.now(),
            storage_bytes: self.fetched(),
        }
    }

    /// The profile of the tasks of `outline`; ends the sampling.
    pub fn finish(&self, outline: Outline) -> Profile {
        // What follows is no part of what is told of.
        let wall_seconds = self.now();
        let spans = std::mem::take(&mut self.notes().spans);
        Profile {
            outline,
            spans,
            samples: self.sampler.stop(),
            wall_seconds,
            storage_bytes: self.fetched(),
        }
    }
}

impl Observer for Recorder {
    fn began(&self, task: usize, worker: usize) {
        let begin = self.now();
        let what = What::Task { task, worker };
        let span = Span { what, begin, seconds: 0.0, waiting: 0.0, decoding: 0.0, bytes: 0 };
        self.notes().open.insert(thread::current().id(), span);
    }

    fn ended(&self, _task: usize, _worker: usize) {
        let now = self.now();
        let mut notes = self.notes();
        if let Some(mut span) = notes.open.remove(&thread::current().id()) {
            span.seconds = now - span.begin;
            notes.spans.push(span);
        }
    }
}

impl Profile {
    /// The time that each task took, in seconds, by number.
    pub fn task_seconds(&self) -> Vec<f64> {
        let mut seconds = vec![0.0; self.outline.tasks.len()];
        for span in &self.spans {
            if let What::Task { task, .. } = span.what {
                seconds[task] += span.seconds;
            }
        }
        seconds
    }

    /// Adds a phase of the main thread that follows the end, and took so many seconds.
    pub fn add_phase(&mut self, name: &'static str, seconds: f64) {
        let (what, begin) = (What::Phase(name), self.wall_seconds);
        self.spans.push(Span { what, begin, seconds, waiting: 0.0, decoding: 0.0, bytes: 0 });
        self.wall_seconds += seconds;
    }

    /// The trace in Chrome's event format, which Perfetto opens; the process is called `program`.
    pub fn trace(&self, program: &str) -> String {
        trace::text(self, program)
    }

    /// The page of HTML, which needs nothing beside it. `picture` is an SVG of the graph, and
    /// `operations` those that have their own colours, as in [`Picture::naming`].
    ///
    /// [`Picture::naming`]: crate::drawing::Picture::naming
    pub fn page(&self, title: &str, caption: &str, picture: &str, operations: &[&str]) -> String {
        page::text(self, title, caption, picture, operations)
    }

    fn name(&self, span: &Span) -> &str {
        match span.what {
            What::Task { task, .. } => &self.outline.tasks[task].name,
            What::Phase(name) => name,
        }
    }

    /// The number of workers, counted by those that did something.
    fn workers(&self) -> usize {
        let worker = |span: &Span| match span.what {
            What::Task { worker, .. } => worker + 1,
            What::Phase(_) => 0,
        };
        self.spans.iter().map(worker).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Graph, Options, Pool, delayed};
    use std::num::NonZeroUsize;

    pub(super) fn recorded() -> Profile {
        let recorder = Recorder::new(Instant::now());
        let nap = |()| thread::sleep(Duration::from_millis(20));
        let naps = ["nap one", "nap \"two\" <&>", "nap three"].map(|name| delayed(name, (), nap));
        let all = delayed("count", &naps[..], |naps| naps.len());
        let graph = Graph::needed_for(&all);
        let begin = recorder.phase("plan", 0.0);
        let pool = Pool::new(NonZeroUsize::new(2).unwrap()).unwrap();
        let options = Options { observer: &recorder, ..Options::default() };
        graph.run(&pool, options).unwrap();
        recorder.phase("compute", begin);
        recorder.finish(graph.outline())
    }

    #[test]
    fn spans_and_idle_time_add_up_to_the_wall_time() {
        let profile = recorded();
        assert_eq!(profile.task_seconds().len(), 4);
        let phases = profile.spans.iter().filter(|span| matches!(span.what, What::Phase(_)));
        let phases: f64 = phases.map(|span| span.seconds).sum();
        assert!((phases / profile.wall_seconds - 1.0).abs() < 0.05);
        for worker in 0..2 {
            let of_worker =
                |span: &&Span| matches!(span.what, What::Task { worker: it, .. } if it == worker);
            let mut spans: Vec<_> = profile.spans.iter().filter(of_worker).collect();
            spans.sort_by(|a, b| a.begin.total_cmp(&b.begin));
            assert!(spans.windows(2).all(|pair| pair[0].begin + pair[0].seconds <= pair[1].begin));
        }
        assert!(profile.task_seconds()[..3].iter().all(|&seconds| seconds >= 0.02));
    }
}
