//! Random graphs against plain evaluation, one task after the other.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::sample::Index;
use taskgraph::{Cause, Delayed, Pool, compute, try_delayed};

static POOLS: LazyLock<[Pool; 3]> =
    LazyLock::new(|| [1, 2, 7].map(|n| Pool::new(NonZeroUsize::new(n).unwrap()).unwrap()));

/// Each task's dependencies, all of them earlier tasks, and the wanted tasks.
#[derive(Debug)]
struct Dag {
    dependencies: Vec<Vec<usize>>,
    wanted: Vec<usize>,
}

fn dag() -> impl Strategy<Value = Dag> {
    let dependencies = prop::collection::vec(any::<Index>(), 0..=4);
    let tasks = prop::collection::vec(dependencies, 1..=60);
    let wanted = prop::collection::vec(any::<Index>(), 1..=3);
    (tasks, wanted).prop_map(|(tasks, wanted)| Dag {
        wanted: wanted.iter().map(|index| index.index(tasks.len())).collect(),
        dependencies: tasks
            .iter()
            .enumerate()
            .map(|(number, indices)| match number {
                0 => Vec::new(),
                _ => indices.iter().map(|index| index.index(number)).collect(),
            })
            .collect(),
    })
}

/// Depends on the order of the inputs, so that a swap shows.
fn value(number: usize, inputs: impl Iterator<Item = u64>) -> u64 {
    inputs.fold(number as u64 + 1, |hash, input| {
        hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(input)
    })
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Error,
    Panic,
}

impl Dag {
    fn values(&self) -> Vec<u64> {
        let mut values = Vec::new();
        for (number, dependencies) in self.dependencies.iter().enumerate() {
            let inputs = dependencies.iter().map(|&dependency| values[dependency]);
            values.push(value(number, inputs));
        }
        values
    }

    /// For each task, whether a wanted one needs it.
    fn needed(&self) -> Vec<bool> {
        let mut needed = vec![false; self.dependencies.len()];
        for &number in &self.wanted {
            needed[number] = true;
        }
        for number in (0..needed.len()).rev().collect::<Vec<_>>() {
            if needed[number] {
                for &dependency in &self.dependencies[number] {
                    needed[dependency] = true;
                }
            }
        }
        needed
    }

    /// For each task, whether it needs one of those with a fault, directly or not.
    fn downstream(&self, faults: &[Option<Fault>]) -> Vec<bool> {
        let mut downstream = vec![false; faults.len()];
        for (number, dependencies) in self.dependencies.iter().enumerate() {
            let mut dependencies = dependencies.iter();
            downstream[number] = dependencies.any(|&d| downstream[d] || faults[d].is_some());
        }
        downstream
    }

    /// The wanted handles, and how often each task has begun.
    fn graph(&self, faults: &[Option<Fault>]) -> (Vec<Delayed<u64>>, Arc<[AtomicUsize]>) {
        let runs: Arc<[AtomicUsize]> = faults.iter().map(|_| AtomicUsize::new(0)).collect();
        let mut handles: Vec<Delayed<u64>> = Vec::new();
        for (number, dependencies) in self.dependencies.iter().enumerate() {
            let dependencies: Vec<_> = dependencies.iter().map(|&d| handles[d].clone()).collect();
            let (runs, fault) = (Arc::clone(&runs), faults[number]);
            handles.push(try_delayed(number.to_string(), &dependencies, move |inputs| {
                runs[number].fetch_add(1, SeqCst);
                match fault {
                    None => Ok(value(number, inputs.iter().map(|input| **input))),
                    Some(Fault::Error) => Err("on purpose"),
                    // As `panic!`, without printing.
                    Some(Fault::Panic) => resume_unwind(Box::new("on purpose")),
                }
            }));
        }
        let wanted = self.wanted.iter().map(|&number| handles[number].clone());
        (wanted.collect(), runs)
    }
}

fn counts(runs: &[AtomicUsize]) -> Vec<usize> {
    runs.iter().map(|count| count.load(SeqCst)).collect()
}

proptest! {
    #[test]
    fn a_graph_computes_what_plain_evaluation_does_and_runs_only_what_is_needed(dag in dag()) {
        let values = dag.values();
        let expected: Vec<u64> = dag.wanted.iter().map(|&number| values[number]).collect();
        let once: Vec<usize> = dag.needed().into_iter().map(usize::from).collect();
        for pool in POOLS.iter() {
            let (wanted, runs) = dag.graph(&vec![None; dag.dependencies.len()]);
            let computed = compute(&wanted, pool).unwrap();
            prop_assert_eq!(computed.iter().map(|v| **v).collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(counts(&runs), once.clone());
        }
    }

    #[test]
    fn a_failing_task_is_named_and_nothing_that_depends_on_it_runs(
        dag in dag(),
        faulty in prop::collection::vec(any::<Index>(), 1..=3),
        fault in prop_oneof![Just(Fault::Error), Just(Fault::Panic)],
    ) {
        let mut faults = vec![None; dag.dependencies.len()];
        for index in faulty {
            *index.get_mut(&mut faults) = Some(fault);
        }
        let (needed, downstream) = (dag.needed(), dag.downstream(&faults));
        let fails = needed.iter().zip(&faults).any(|(needed, fault)| *needed && fault.is_some());
        for pool in POOLS.iter() {
            let (wanted, runs) = dag.graph(&faults);
            let result = compute(&wanted, pool);
            let runs = counts(&runs);
            prop_assert_eq!(result.is_err(), fails);
            for (number, &count) in runs.iter().enumerate() {
                let may_run = needed[number] && !downstream[number];
                prop_assert!(count <= usize::from(may_run), "{} ran {} times", number, count);
            }
            let Err(error) = result else { continue };
            let named: usize = error.task().parse().unwrap();
            prop_assert_eq!(runs[named], 1);
            match (faults[named], error.cause()) {
                (Some(Fault::Error), Cause::Failed(cause)) => {
                    prop_assert_eq!(cause.to_string(), "on purpose");
                }
                (Some(Fault::Panic), Cause::Panicked(message)) => {
                    prop_assert_eq!(message, "on purpose");
                }
                (fault, cause) => prop_assert!(false, "{fault:?} was reported as {cause:?}"),
            }
        }
    }
}
