//! From handles to a list: which tasks there are, who takes whose value, and which goes first.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use super::delayed::{Edge, Node, Value};
use super::optimize::PASSES;
use super::scheduler::{self, Options};
use super::{Delayed, Dependencies, Error, Outline, OutlineTask, Pool};

/// Tasks that can be looked at, rearranged, and run.
///
/// A task's index is its number and its priority. Law: every task comes after its dependencies and
/// what it waits for. As [made](Graph::needed_for), the tasks stand in depth-first post-order, so that what one value needs
/// stands together, just before it.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) tasks: Vec<Task>,
    /// The numbers of the wanted tasks, as asked for, repetitions included.
    pub(super) wanted: Vec<usize>,
}

/// A task of a [`Graph`]; other tasks are given by their numbers.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// The functions as declared: one function, or several of which each takes the value before it.
    pub nodes: Vec<Arc<Node>>,
    /// The tasks whose values it takes, in declared order, repetitions included.
    pub dependencies: Vec<usize>,
    /// The tasks that this one waits for, without taking their values; repetitions included.
    pub after: Vec<usize>,
    /// The tasks that wait for this one without taking its value, as often as they do.
    pub followers: Vec<usize>,
    /// The tasks that take this one's value, as often as they take it, in ascending order.
    pub consumers: Vec<usize>,
}

/// The number of tasks before and after a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassReport {
    /// The name of the pass.
    pub name: &'static str,
    /// The effect of the pass, in a few words.
    pub description: &'static str,
    /// Tasks before it.
    pub before: usize,
    /// Tasks after it.
    pub after: usize,
}

/// The wanted values of a graph that was run.
pub struct Results(Vec<(Arc<Node>, Value)>);

impl Results {
    /// The value of a task that was wanted.
    ///
    /// # Panics
    /// If it was not wanted, or was taken before.
    pub fn take<T: Send + Sync + 'static>(&mut self, handle: &Delayed<T>) -> Arc<T> {
        let is_it = |(node, _): &(Arc<Node>, Value)| Arc::ptr_eq(node, handle.node());
        let index = self.0.iter().position(is_it).expect("a wanted value, taken once");
        let value: Arc<dyn Any + Send + Sync> = self.0.swap_remove(index).1;
        value.downcast().expect("a handle has the type of its value")
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        self.0.into_iter().map(|(_, value)| value).collect()
    }
}

impl Graph {
    /// The graph of what `wanted` values need.
    ///
    /// # Panics
    ///
    /// If a value that is [given away](Dependencies) has another taker.
    pub fn needed_for(wanted: impl Dependencies) -> Graph {
        let wanted = wanted.edges();
        let mut tasks: Vec<Task> = Vec::new();
        let mut numbers: HashMap<*const Node, usize> = HashMap::new();
        for Edge { from: node, .. } in &wanted {
            // Tasks of which what they need is being numbered, each needed by the one before it.
            let mut path = Vec::new();
            if !numbers.contains_key(&Arc::as_ptr(node)) {
                path.push((node, needed(node)));
            }
            while let Some((node, unvisited)) = path.last_mut() {
                let unnumbered = |node: &&Arc<Node>| !numbers.contains_key(&Arc::as_ptr(node));
                if let Some(dependency) = unvisited.find(unnumbered) {
                    path.push((dependency, needed(dependency)));
                    continue;
                }
                let number_of = |node: &Arc<Node>| numbers[&Arc::as_ptr(node)];
                let dependencies = node.dependencies.iter().map(|it| number_of(&it.from)).collect();
                let after = node.after.iter().map(number_of).collect();
                numbers.insert(Arc::as_ptr(node), tasks.len());
                tasks.push(Task::new(vec![Arc::clone(node)], dependencies, after));
                path.pop();
            }
        }
        let numbered = wanted.iter().map(|edge| numbers[&Arc::as_ptr(&edge.from)]).collect();
        let graph = Graph { wanted: numbered, tasks }.connected();
        graph.refuse_other_takers(&wanted);
        graph
    }

    fn refuse_other_takers(&self, wanted: &[Edge]) {
        let mut takers: Vec<usize> = self.tasks.iter().map(|task| task.consumers.len()).collect();
        self.wanted.iter().for_each(|&number| takers[number] += 1);
        let check = |edges: &[Edge], numbers: &[usize], taker: &str| {
            for (edge, &number) in edges.iter().zip(numbers) {
                assert!(
                    !edge.is_moved || takers[number] == 1,
                    "the value of task `{}` is given away to {taker}, and taken by another as well",
                    edge.from.name
                );
            }
        };
        check(wanted, &self.wanted, "the caller");
        for Task { nodes, dependencies, .. } in &self.tasks {
            check(&nodes[0].dependencies, dependencies, &format!("task `{}`", nodes[0].name));
        }
    }

    /// This graph, with the consumers and followers that follow from the dependencies.
    pub(super) fn connected(mut self) -> Graph {
        for task in &mut self.tasks {
            task.consumers.clear();
            task.followers.clear();
        }
        for number in 0..self.tasks.len() {
            let (before, rest) = self.tasks.split_at_mut(number);
            let Task { dependencies, after, .. } = &rest[0];
            dependencies.iter().for_each(|&it| before[it].consumers.push(number));
            after.iter().for_each(|&it| before[it].followers.push(number));
        }
        self
    }

    /// The graph after all [passes](super::optimize), and what each did. Its values are the same.
    pub fn optimized(self) -> (Graph, Vec<PassReport>) {
        let mut graph = self;
        let reports = PASSES.iter().map(|pass| {
            let before = graph.tasks.len();
            let taken = std::mem::replace(&mut graph, Graph { tasks: vec![], wanted: vec![] });
            graph = (pass.run)(taken);
            let after = graph.tasks.len();
            PassReport { name: pass.name, description: pass.description, before, after }
        });
        let reports = reports.collect();
        (graph, reports)
    }

    /// The names and edges of the tasks, without what they compute.
    pub fn outline(&self) -> Outline {
        let outline = |task: &Task| OutlineTask {
            name: task.name(),
            dependencies: task.dependencies.clone(),
            after: task.after.clone(),
            value_bytes: task.value_bytes(),
        };
        Outline { tasks: self.tasks.iter().map(outline).collect(), wanted: self.wanted.clone() }
    }

    /// Runs every task once, on the threads of `pool`; see [`compute`](super::compute).
    ///
    /// # Errors
    ///
    /// As [`compute`](super::compute).
    pub fn run(&self, pool: &Pool, options: Options) -> Result<Results, Error> {
        let values = scheduler::run(self, pool, options)?;
        let nodes = self.wanted.iter().map(|&number| self.tasks[number].last());
        Ok(Results(nodes.map(Arc::clone).zip(values).collect()))
    }
}

/// The tasks that must have ended before one: whose values it takes, then what it waits for.
fn needed(node: &Node) -> impl Iterator<Item = &Arc<Node>> {
    node.dependencies.iter().map(|edge| &edge.from).chain(&node.after)
}

impl Task {
    pub fn new(nodes: Vec<Arc<Node>>, dependencies: Vec<usize>, after: Vec<usize>) -> Task {
        Task { nodes, dependencies, after, followers: Vec::new(), consumers: Vec::new() }
    }

    fn last(&self) -> &Arc<Node> {
        self.nodes.last().expect("a task has a function")
    }

    /// The name: of several functions what the first shares with the last, or both.
    pub fn name(&self) -> String {
        let (first, last) = (&self.nodes[0].name, &self.last().name);
        if first.starts_with(last.as_str()) {
            return last.clone();
        }
        let same = first.split_inclusive(' ').zip(last.split_inclusive(' '));
        let same: usize = same.take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
        match same {
            0 => format!("{first}, {last}"),
            same => format!("{first} to {}", &last[same.min(last.len())..]),
        }
    }

    pub fn value_bytes(&self) -> Option<u64> {
        self.last().value_bytes.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Delayed, delayed};

    fn task(name: &str, dependencies: &[&Delayed<()>]) -> Delayed<()> {
        let dependencies: Vec<_> = dependencies.iter().map(|&each| each.clone()).collect();
        delayed(name, &dependencies, |_| ())
    }

    fn names(graph: &Graph) -> Vec<String> {
        graph.tasks.iter().map(Task::name).collect()
    }

    #[test]
    fn a_graph_holds_what_is_needed_in_depth_first_post_order() {
        //  load1   load2   unused
        //    |       |  \    |
        //  mean1   mean2  unwanted
        //      \   /
        //      merge
        let [load1, load2] = ["load1", "load2"].map(|name| task(name, &[]));
        let mean1 = task("mean1", &[&load1]);
        let mean2 = task("mean2", &[&load2]);
        let merge = task("merge", &[&mean1, &mean2]);
        let _unwanted = task("unwanted", &[&load2, &task("unused", &[])]);

        let graph = Graph::needed_for(&merge);
        assert_eq!(names(&graph), ["load1", "mean1", "load2", "mean2", "merge"]);
        assert_eq!(graph.wanted, [4]);
        let dependencies = graph.tasks.iter().map(|task| task.dependencies.clone());
        let expected: [&[usize]; 5] = [&[], &[0], &[], &[2], &[1, 3]];
        assert_eq!(dependencies.collect::<Vec<_>>(), expected);
        let consumers = graph.tasks.iter().map(|task| task.consumers.clone());
        let expected: [&[usize]; 5] = [&[1], &[4], &[3], &[4], &[]];
        assert_eq!(consumers.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_waited_for_is_needed_and_comes_before() {
        //  open -- read ---- close (wanted)
        //             \\......:     close waits for `log`, which waits for `read`
        //              log
        let open = task("open", &[]);
        let read = task("read", &[&open]);
        let log = task("log", &[]).after(&read);
        let close = task("close", &[&read]).after((&log, &open));
        let graph = Graph::needed_for(&close);
        assert_eq!(names(&graph), ["open", "read", "log", "close"]);
        let outline = graph.outline().tasks;
        assert_eq!((&*outline[2].dependencies, &*outline[2].after), (&[][..], &[1][..]));
        assert_eq!((&*outline[3].dependencies, &*outline[3].after), (&[1][..], &[2, 0][..]));
        assert_eq!((&*graph.tasks[1].consumers, &*graph.tasks[1].followers), (&[3][..], &[2][..]));
    }

    #[test]
    fn a_shared_task_has_one_number_and_its_consumers_count_every_use() {
        //    shared
        //    / ||  \
        // left || right      both takes shared twice
        //    \ || /
        //     both
        let shared = task("shared", &[]);
        let left = task("left", &[&shared]);
        let right = task("right", &[&shared]);
        let both = task("both", &[&left, &shared, &shared, &right]);

        let graph = Graph::needed_for((&both, &left, &both));
        assert_eq!(names(&graph), ["shared", "left", "right", "both"]);
        assert_eq!(graph.wanted, [3, 1, 3]);
        assert_eq!(graph.tasks[0].consumers, [1, 2, 3, 3]);
        assert_eq!(graph.tasks[3].dependencies, [1, 0, 0, 2]);
    }
}
