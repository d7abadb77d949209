//! From handles to a list: which tasks there are, who takes whose value, and which goes first.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use super::delayed::{Node, Value};
use super::optimize::PASSES;
use super::scheduler::{self, Options};
use super::{Delayed, Dependencies, Error, Outline, OutlineTask, Pool};

/// Tasks that can be looked at, rearranged, and run.
///
/// A task's index is its number and its priority. Law: every task comes after its dependencies.
/// As [made](Graph::of), the tasks stand in depth-first post-order, so that what one value needs
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
    /// What was declared: one function, or several of which each takes the value before it.
    pub nodes: Vec<Arc<Node>>,
    /// In declared order, repetitions included.
    pub dependencies: Vec<usize>,
    /// The tasks that take this one's value, as often as they take it, in ascending order.
    pub consumers: Vec<usize>,
}

/// What a pass did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassReport {
    /// The name of the pass.
    pub name: &'static str,
    /// What it does.
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
    pub fn of(wanted: impl Dependencies) -> Graph {
        let wanted = wanted.nodes();
        let mut tasks: Vec<Task> = Vec::new();
        let mut numbers: HashMap<*const Node, usize> = HashMap::new();
        for node in &wanted {
            // Tasks whose dependencies are being numbered, each a dependency of the one before it.
            let mut path = Vec::new();
            if !numbers.contains_key(&Arc::as_ptr(node)) {
                path.push((node, node.dependencies.iter()));
            }
            while let Some((node, unvisited)) = path.last_mut() {
                let unnumbered = |node: &&Arc<Node>| !numbers.contains_key(&Arc::as_ptr(node));
                if let Some(dependency) = unvisited.find(unnumbered) {
                    path.push((dependency, dependency.dependencies.iter()));
                    continue;
                }
                let number = tasks.len();
                let dependencies = node.dependencies.iter();
                let dependencies = dependencies.map(|node| numbers[&Arc::as_ptr(node)]).collect();
                numbers.insert(Arc::as_ptr(node), number);
                tasks.push(Task::new(vec![Arc::clone(node)], dependencies));
                path.pop();
            }
        }
        let wanted = wanted.iter().map(|node| numbers[&Arc::as_ptr(node)]);
        Graph { wanted: wanted.collect(), tasks }.connected()
    }

    /// With the consumers that follow from the dependencies.
    pub(super) fn connected(mut self) -> Graph {
        self.tasks.iter_mut().for_each(|task| task.consumers.clear());
        for number in 0..self.tasks.len() {
            for index in 0..self.tasks[number].dependencies.len() {
                let dependency = self.tasks[number].dependencies[index];
                self.tasks[dependency].consumers.push(number);
            }
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

    /// What it looks like.
    pub fn outline(&self) -> Outline {
        let outline = |task: &Task| OutlineTask {
            name: task.name(),
            dependencies: task.dependencies.clone(),
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

impl Task {
    pub fn new(nodes: Vec<Arc<Node>>, dependencies: Vec<usize>) -> Task {
        Task { nodes, dependencies, consumers: Vec::new() }
    }

    fn last(&self) -> &Arc<Node> {
        self.nodes.last().expect("a task has a function")
    }

    /// Of several functions the name that the first shares with the last, or both.
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

        let graph = Graph::of(&merge);
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

        let graph = Graph::of((&both, &left, &both));
        assert_eq!(names(&graph), ["shared", "left", "right", "both"]);
        assert_eq!(graph.wanted, [3, 1, 3]);
        assert_eq!(graph.tasks[0].consumers, [1, 2, 3, 3]);
        assert_eq!(graph.tasks[3].dependencies, [1, 0, 0, 2]);
    }
}
