//! The cost of the engine itself: `cargo bench --bench engine`.
//!
//! Tasks that do nothing, so that a median of 1 ms for [`TASKS`] of them is 1 µs a task. Beside
//! them the same functions as plain jobs of rayon, which knows no dependencies, order or values.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use std::num::NonZeroUsize;
use std::sync::OnceLock;
use taskgraph::{Delayed, Graph, Options, Pool, delayed};

const TASKS: usize = 1000;
const THREADS: [usize; 2] = [1, 2];

fn main() {
    divan::main();
}

/// Each takes the value of the one before.
fn chain() -> Delayed<usize> {
    (1..TASKS).fold(delayed("start", (), |()| 0), |it, _| delayed("next", &it, |it| *it + 1))
}

/// None takes another's value, but for one that takes all.
fn wide() -> Delayed<usize> {
    let ones: Vec<_> = (1..TASKS).map(|_| delayed("one", (), |()| 1)).collect();
    delayed("sum", &ones, |ones| ones.iter().map(|it| **it).sum())
}

/// A fold as array mode builds it: each chunk is loaded, and added to what was added before.
fn fold() -> Delayed<usize> {
    (1..TASKS / 2).fold(delayed("load", (), |()| 0), |sum, number| {
        let load = delayed("load", (), move |()| number);
        delayed("add", (&sum, &load), |(sum, load)| *sum + *load)
    })
}

fn run(bencher: Bencher, wanted: &Delayed<usize>, threads: usize) {
    let graph = Graph::needed_for(wanted);
    let pool = Pool::new(NonZeroUsize::new(threads).expect("a thread")).expect("threads");
    bencher.counter(ItemsCount::new(graph.outline().tasks.len())).bench_local(|| {
        graph.run(&pool, Options::default()).map(|mut it| it.take(wanted)).expect("no task fails")
    });
}

#[divan::bench(args = THREADS)]
fn run_a_chain(bencher: Bencher, threads: usize) {
    run(bencher, &chain(), threads);
}

#[divan::bench(args = THREADS)]
fn run_independent_tasks(bencher: Bencher, threads: usize) {
    run(bencher, &wide(), threads);
}

#[divan::bench(args = THREADS)]
fn run_a_fold(bencher: Bencher, threads: usize) {
    run(bencher, &fold(), threads);
}

/// Handles, numbers, passes: all that comes before the first task.
#[divan::bench]
fn declare_and_optimise_a_fold(bencher: Bencher) {
    bencher.counter(ItemsCount::new(TASKS)).bench_local(|| Graph::needed_for(fold()).optimized());
}

#[divan::bench(args = THREADS)]
fn rayon_spawns_independent_jobs(bencher: Bencher, threads: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    bencher.counter(ItemsCount::new(TASKS)).bench_local(|| {
        let values: Vec<OnceLock<usize>> = (0..TASKS).map(|_| OnceLock::new()).collect();
        pool.scope(|scope| {
            for value in &values {
                scope.spawn(move |_| {
                    value.get_or_init(|| black_box(1));
                });
            }
        });
        values
    });
}
