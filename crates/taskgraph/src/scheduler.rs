//! Runs a graph: at most one worker per thread, each beginning the ready task with the lowest
//! number as soon as it has finished another.
//!
//! No worker waits for a task. One that finds nothing ready ends; one that finds more ready than
//! it can begin starts others. Were there a job for every ready task instead, then a thread
//! waiting for a computation nested in one task could begin all the others on top of it.
//!
//! All that workers share is [`Progress`], behind one lock. How that locks and how workers are
//! started is given from outside ([`Lock`], [`Crew`]), so that a model checker can drive the very
//! code that a pool does.

#[cfg(test)]
mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::DerefMut;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use rayon::Scope;

use super::delayed::Value;
use super::task_graph::Task;
use super::{Cancellation, Cause, Error, Graph, Observer, Pool};

/// The terms on which a graph is run.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The observer of the run.
    pub observer: &'a dyn Observer,
    /// Bytes that the values alive may hold together, as far as [their sizes are
    /// declared](super::Delayed::value_bytes). A task's value counts from its beginning, and takes
    /// the place of those that the task is the last to take.
    pub budget_bytes: Option<u64>,
    /// Looked at before each task is begun.
    pub cancellation: Option<&'a Cancellation>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { observer: &(), budget_bytes: None, cancellation: None }
    }
}

/// The most ready tasks that are looked at for one that fits the budget.
const LOOKED_AT: usize = 64;

/// The values of the wanted tasks of `graph`, in their order.
///
/// # Errors
///
/// The failure with the lowest number among the tasks that had begun when the first one failed; of
/// a run that was cancelled before anything failed, the task that would have been next.
pub(super) fn run(graph: &Graph, pool: &Pool, options: Options) -> Result<Vec<Value>, Error> {
    let run: Run<Mutex<Progress>> = Run::new(graph, pool.threads().get(), options);
    pool.scope(|scope| run.work(scope, 0));
    run.progress.into_inner().expect(NOT_POISONED).outcome(graph)
}

const NOT_POISONED: &str = "no function of a task and no drop of a value runs under the lock";

/// The lock that the progress is kept behind.
trait Lock {
    fn around(progress: Progress) -> Self;
    fn lock(&self) -> impl DerefMut<Target = Progress>;
}

impl Lock for Mutex<Progress> {
    fn around(progress: Progress) -> Self {
        Mutex::new(progress)
    }

    fn lock(&self) -> impl DerefMut<Target = Progress> {
        self.lock().expect(NOT_POISONED)
    }
}

/// A starter of workers, each of which may start others.
trait Crew<'scope> {
    fn start(&self, worker: impl FnOnce(&Self) + Send + 'scope);
}

impl<'scope> Crew<'scope> for Scope<'scope> {
    fn start(&self, worker: impl FnOnce(&Self) + Send + 'scope) {
        self.spawn(worker);
    }
}

struct Run<'a, L> {
    graph: &'a Graph,
    options: Options<'a>,
    progress: L,
}

/// The state of a run.
struct Progress {
    /// How many of the tasks that each task needs have not ended. It waits until this is zero.
    missing: Vec<usize>,
    ready: BTreeSet<usize>,
    outputs: Vec<Output>,
    /// The name of what failed in a task and why, by task.
    failures: BTreeMap<usize, (String, Cause)>,
    /// The task that would have been begun when it was seen that the run is cancelled.
    cancelled_before: Option<usize>,
    /// Numbers for workers yet to be started; the others run or are about to.
    idle: Vec<usize>,
    /// Tasks begun and not ended.
    running: usize,
    /// Declared bytes of the values alive and of those being made.
    alive_bytes: u64,
    budget_bytes: u64,
}

/// The value of a task, from the end of the task to the last use.
struct Output {
    value: Option<Value>,
    uses_left: usize,
    bytes: u64,
}

/// A task that was begun: its inputs, of whose values it takes the last use, and whether anyone
/// takes its own.
struct Begun {
    inputs: Vec<Value>,
    released: Vec<usize>,
    is_taken: bool,
}

/// The value of a task that ended, if anyone takes it, or the name of what failed in it and why.
type Outcome = Result<Option<Value>, (String, Cause)>;

impl<'a, L: Lock + Sync> Run<'a, L> {
    /// Worker 0 is about to [work](Run::work).
    fn new(graph: &'a Graph, threads: usize, options: Options<'a>) -> Self {
        let progress = L::around(Progress::new(graph, threads, options.budget_bytes));
        Run { graph, options, progress }
    }

    fn work<'scope>(&'scope self, crew: &impl Crew<'scope>, worker: usize) {
        let observer = self.options.observer;
        let mut progress = self.progress.lock();
        while let Some(number) = progress.next(self.graph) {
            if self.options.cancellation.is_some_and(Cancellation::is_cancelled) {
                progress.cancel(number);
                break;
            }
            let Begun { inputs, released, is_taken } = progress.begin(self.graph, number);
            let helpers = progress.add_workers();
            drop(progress);
            for helper in helpers {
                crew.start(move |crew| self.work(crew, helper));
            }
            released.into_iter().for_each(|number| observer.released(number));
            observer.began(number, worker);
            let outcome = self.outcome(number, inputs, is_taken);
            observer.ended(number, worker);
            if let Ok(None) = outcome {
                observer.released(number);
            }
            progress = self.progress.lock();
            progress.finish(self.graph, number, outcome);
        }
        progress.idle.push(worker);
    }

    /// The value that the functions of a task make of its inputs, each of what the one before it made, or
    /// nothing if nobody takes it; or the name of the one that failed.
    fn outcome(&self, number: usize, inputs: Vec<Value>, is_taken: bool) -> Outcome {
        let mut inputs = inputs;
        let nodes = &self.graph.tasks[number].nodes;
        for node in nodes {
            let failed = |cause| (node.name.clone(), cause);
            match caught(|| (node.run)(std::mem::take(&mut inputs))) {
                Ok(Ok(value)) => inputs.push(value),
                Ok(Err(error)) => return Err(failed(Cause::Failed(error))),
                Err(message) => return Err(failed(Cause::Panicked(message))),
            }
        }
        let value = inputs.pop();
        if is_taken {
            return Ok(value);
        }
        let failed = |message| (self.graph.tasks[number].name(), Cause::Panicked(message));
        caught(|| drop(value)).map(|()| None).map_err(failed)
    }
}

impl Progress {
    /// Nothing begun, and worker 0 about to run.
    fn new(graph: &Graph, threads: usize, budget_bytes: Option<u64>) -> Self {
        let missing = graph.tasks.iter().map(|task| task.dependencies.len() + task.after.len());
        let missing: Vec<usize> = missing.collect();
        let ready = (0..missing.len()).filter(|&number| missing[number] == 0);
        let outputs = graph.tasks.iter().map(|task| Output {
            value: None,
            uses_left: task.consumers.len(),
            bytes: task.value_bytes().unwrap_or(0),
        });
        let mut progress = Self {
            ready: ready.collect(),
            missing,
            outputs: outputs.collect(),
            failures: BTreeMap::new(),
            cancelled_before: None,
            idle: (1..threads).rev().collect(),
            running: 0,
            alive_bytes: 0,
            budget_bytes: budget_bytes.unwrap_or(u64::MAX),
        };
        for &number in &graph.wanted {
            progress.outputs[number].uses_left += 1;
        }
        progress
    }

    /// The ready task with the lowest number of those that fit the budget.
    fn next(&self, graph: &Graph) -> Option<usize> {
        let fits = |&&number: &&usize| self.bytes_with(graph, number) <= self.budget_bytes;
        let fitting = self.ready.iter().take(LOOKED_AT).find(fits);
        let lowest = if self.running == 0 { self.ready.first() } else { None };
        fitting.or(lowest).copied()
    }

    /// No task is begun from here on.
    fn cancel(&mut self, next: usize) {
        self.ready.clear();
        self.cancelled_before = Some(next);
    }

    /// The ready task is running from here on.
    fn begin(&mut self, graph: &Graph, number: usize) -> Begun {
        self.ready.remove(&number);
        self.alive_bytes = self.bytes_with(graph, number);
        self.running += 1;
        let mut released = Vec::new();
        let inputs = graph.tasks[number].dependencies.iter().map(|&dependency| {
            let output = &mut self.outputs[dependency];
            let value = output.take();
            if output.uses_left == 0 {
                released.push(dependency);
            }
            value
        });
        let inputs = inputs.collect();
        Begun { inputs, released, is_taken: self.outputs[number].uses_left > 0 }
    }

    /// Bytes alive once the task has begun; none are counted without a budget.
    fn bytes_with(&self, graph: &Graph, number: usize) -> u64 {
        if self.budget_bytes == u64::MAX {
            return 0;
        }
        let mut dependencies = graph.tasks[number].dependencies.clone();
        dependencies.sort_unstable();
        let freed = dependencies.chunk_by(|a, b| a == b).map(|uses| {
            let output = &self.outputs[uses[0]];
            if output.uses_left == uses.len() { output.bytes } else { 0 }
        });
        let freed: u64 = freed.sum();
        (self.alive_bytes + self.outputs[number].bytes).saturating_sub(freed)
    }

    /// The numbers of the workers to start for the tasks still ready; they count from now on.
    fn add_workers(&mut self) -> Vec<usize> {
        let helpers = self.ready.len().min(self.idle.len());
        self.idle.split_off(self.idle.len() - helpers)
    }

    fn finish(&mut self, graph: &Graph, number: usize, outcome: Outcome) {
        self.running -= 1;
        match outcome {
            Ok(None) => {
                self.alive_bytes = self.alive_bytes.saturating_sub(self.outputs[number].bytes);
            }
            Ok(value) => self.outputs[number].value = value,
            Err(failure) => {
                self.failures.insert(number, failure);
            }
        }
        if !self.failures.is_empty() || self.cancelled_before.is_some() {
            self.ready.clear();
            return;
        }
        let Task { consumers, followers, .. } = &graph.tasks[number];
        for &next in consumers.iter().chain(followers) {
            self.missing[next] -= 1;
            if self.missing[next] == 0 {
                self.ready.insert(next);
            }
        }
    }

    /// The wanted values, once no worker is left; or why there are none.
    fn outcome(mut self, graph: &Graph) -> Result<Vec<Value>, Error> {
        let cancelled =
            self.cancelled_before.map(|task| (graph.tasks[task].name(), Cause::Cancelled));
        let failure = self.failures.pop_first().map(|(_, failure)| failure);
        let Some((task, cause)) = failure.or(cancelled) else {
            let wanted = graph.wanted.iter();
            return Ok(wanted.map(|&number| self.outputs[number].take()).collect());
        };
        // The error must reach the caller even if dropping one of the leftovers panics.
        for leftover in self.outputs {
            let _ = caught(|| drop(leftover));
        }
        Err(Error::new(&task, cause))
    }
}

impl Output {
    /// The value for one more use; for the last one, the scheduler's own reference.
    fn take(&mut self) -> Value {
        self.uses_left -= 1;
        let value = match self.uses_left {
            0 => self.value.take(),
            _ => self.value.clone(),
        };
        value.expect("a value is used after it is computed and as often as planned")
    }
}

/// The result of `action`, or the message of its panic.
///
/// Unwind safety: a function that leaves something it shares half changed when it panics is at
/// fault itself; the scheduler shares nothing with it.
fn caught<R>(action: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(action)).map_err(|payload| {
        let message = payload.downcast::<String>().map(|message| *message);
        message
            .or_else(|payload| payload.downcast::<&str>().map(|message| message.to_string()))
            .unwrap_or_else(|unknown| {
                // Its drop could panic again.
                std::mem::forget(unknown);
                "no message".to_owned()
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{panic_any, resume_unwind};

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[test]
    fn a_panic_of_any_payload_becomes_a_message() {
        assert_eq!(caught(|| 1), Ok(1));
        let message = |action: fn()| caught(action).unwrap_err();
        assert_eq!(message(|| panic!("plain")), "plain");
        assert_eq!(message(|| panic!("number {}", 1)), "number 1");
        assert_eq!(message(|| panic_any(1)), "no message");
        assert_eq!(message(|| drop(PanicsWhenDropped)), "dropped");
        let bomb = || resume_unwind(Box::new(PanicsWhenDropped));
        assert_eq!(message(bomb), "no message");
    }
}
