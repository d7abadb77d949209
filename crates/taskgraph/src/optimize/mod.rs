//! Passes: functions from graph to graph that leave the wanted values as they are.
//!
//! [`PASSES`] lists them in the order in which [`Graph::optimized`] applies them. Each keeps the
//! law of a [`Graph`]: a task comes after its dependencies and what it waits for.

mod fuse;
mod order;

use crate::Graph;
use crate::task_graph::Task;

/// A pass, with what is said of it.
pub struct Pass {
    /// The name of the pass.
    pub name: &'static str,
    /// The effect, in a few words.
    pub description: &'static str,
    pub(super) run: fn(Graph) -> Graph,
}

/// All passes, in order.
pub const PASSES: [Pass; 2] = [
    Pass { name: "fuse", description: "make one task of a chain", run: fuse::fuse },
    Pass { name: "order", description: "finish first what was begun", run: order::order },
];

/// The graph with the tasks at `kept`, in this order; each stands behind what it needs.
fn rearranged(graph: Graph, kept: &[usize]) -> Graph {
    let mut numbers = vec![None; graph.tasks.len()];
    kept.iter().enumerate().for_each(|(number, &old)| numbers[old] = Some(number));
    let new = |old: usize| numbers[old].expect("what a task needs is kept");
    let mut old: Vec<_> = graph.tasks.into_iter().map(Some).collect();
    let tasks = kept.iter().map(|&number| {
        let mut task = old[number].take().expect("each task is kept once");
        task.dependencies.iter_mut().chain(&mut task.after).for_each(|it| *it = new(*it));
        task
    });
    let tasks = tasks.collect();
    Graph { tasks, wanted: graph.wanted.into_iter().map(new).collect() }.connected()
}
