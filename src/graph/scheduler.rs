//! Runs a plan: at most one worker per thread, each beginning the ready task with the lowest
//! number as soon as it has finished another.
//!
//! No worker waits for a task. One that finds nothing ready ends; one that finds more ready than
//! it can begin starts others. Were there a job for every ready task instead, then a thread
//! waiting for a computation nested in one task could begin all the others on top of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard};

use rayon::Scope;

use super::delayed::Value;
use super::plan::Plan;
use super::{Cause, Error, Pool};

/// The values of the wanted tasks of `plan`, in their order.
///
/// # Errors
///
/// The failure with the lowest number among the tasks that had begun when the first one failed.
pub(super) fn run(plan: &Plan, pool: &Pool) -> Result<Vec<Value>, Error> {
    let progress = Mutex::new(Progress::new(plan, pool.threads().get()));
    let run = Run { plan, progress };
    pool.scope(|scope| run.work(scope));

    let mut progress = run.progress.into_inner().expect(NOT_POISONED);
    let Some((number, cause)) = progress.failures.pop_first() else {
        let wanted = plan.wanted.iter();
        return Ok(wanted.map(|&number| progress.outputs[number].take()).collect());
    };
    // The error must reach the caller even if dropping one of the leftovers panics.
    for leftover in progress.outputs {
        let _ = caught(|| drop(leftover));
    }
    Err(Error::new(plan.tasks[number].name(), cause))
}

const NOT_POISONED: &str = "no function of a task and no drop of a value runs under the lock";

struct Run<'plan> {
    plan: &'plan Plan,
    progress: Mutex<Progress>,
}

/// How far a run has come.
struct Progress {
    /// For each task, how many of its inputs have no value yet. A task waits until this is zero.
    missing: Vec<usize>,
    ready: BinaryHeap<Reverse<usize>>,
    outputs: Vec<Output>,
    failures: BTreeMap<usize, Cause>,
    /// Workers running or about to; at most `threads`.
    workers: usize,
    threads: usize,
}

/// The value of a task, from the end of the task to the last use.
struct Output {
    value: Option<Value>,
    uses_left: usize,
}

impl Run<'_> {
    fn work<'scope>(&'scope self, scope: &Scope<'scope>) {
        let mut progress = self.lock();
        while let Some((number, inputs)) = progress.begin(self.plan) {
            let helpers = progress.add_workers();
            drop(progress);
            for _ in 0..helpers {
                scope.spawn(|scope| self.work(scope));
            }
            let outcome = match caught(|| (self.plan.tasks[number].node.run)(inputs)) {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) => Err(Cause::Failed(error)),
                Err(message) => Err(Cause::Panicked(message)),
            };
            progress = self.lock();
            progress.finish(self.plan, number, outcome);
        }
        progress.workers -= 1;
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().expect(NOT_POISONED)
    }
}

impl Progress {
    /// Nothing begun, and one worker about to run.
    fn new(plan: &Plan, threads: usize) -> Self {
        let missing = plan.tasks.iter().map(|task| task.dependencies.len());
        let missing: Vec<usize> = missing.collect();
        let ready = (0..missing.len()).filter(|&number| missing[number] == 0);
        let uses = plan.tasks.iter().map(|task| task.consumers.len());
        let outputs = uses.map(|uses_left| Output { value: None, uses_left });
        let mut progress = Self {
            ready: ready.map(Reverse).collect(),
            missing,
            outputs: outputs.collect(),
            failures: BTreeMap::new(),
            workers: 1,
            threads,
        };
        for &number in &plan.wanted {
            progress.outputs[number].uses_left += 1;
        }
        progress
    }

    /// The ready task with the lowest number, and its inputs.
    fn begin(&mut self, plan: &Plan) -> Option<(usize, Vec<Value>)> {
        let Reverse(number) = self.ready.pop()?;
        let dependencies = plan.tasks[number].dependencies.iter();
        let inputs = dependencies.map(|&dependency| self.outputs[dependency].take());
        Some((number, inputs.collect()))
    }

    /// How many workers to start for the tasks still ready; they count from now on.
    fn add_workers(&mut self) -> usize {
        let helpers = self.ready.len().min(self.threads - self.workers);
        self.workers += helpers;
        helpers
    }

    fn finish(&mut self, plan: &Plan, number: usize, outcome: Result<Value, Cause>) {
        match outcome {
            Ok(value) => self.outputs[number].value = Some(value),
            Err(cause) => {
                self.failures.insert(number, cause);
            }
        }
        if !self.failures.is_empty() {
            self.ready.clear();
            return;
        }
        for &consumer in &plan.tasks[number].consumers {
            self.missing[consumer] -= 1;
            if self.missing[consumer] == 0 {
                self.ready.push(Reverse(consumer));
            }
        }
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
