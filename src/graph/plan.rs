//! From handles to a list: which tasks are needed, who takes whose value, and which goes first.

use std::collections::HashMap;
use std::sync::Arc;

use super::delayed::Node;

/// The tasks that some wanted values need.
///
/// A task's index in `tasks` is its number and its priority. Law: every task comes after its
/// dependencies, and the list is the depth-first post-order from the wanted tasks, so that what
/// one value needs stands together, just before it.
pub(super) struct Plan {
    pub tasks: Vec<Task>,
    /// The numbers of the wanted tasks, as asked for, repetitions included.
    pub wanted: Vec<usize>,
}

/// A task of a [`Plan`]; other tasks are given by their numbers.
pub(super) struct Task {
    pub node: Arc<Node>,
    /// In declared order, repetitions included.
    pub dependencies: Vec<usize>,
    /// The tasks that take this one's value, as often as they take it, in ascending order.
    pub consumers: Vec<usize>,
}

impl Plan {
    pub fn for_wanted(wanted: &[Arc<Node>]) -> Self {
        let mut tasks: Vec<Task> = Vec::new();
        let mut numbers: HashMap<*const Node, usize> = HashMap::new();
        for node in wanted {
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
                let dependencies: Vec<usize> =
                    dependencies.map(|node| numbers[&Arc::as_ptr(node)]).collect();
                for &dependency in &dependencies {
                    tasks[dependency].consumers.push(number);
                }
                numbers.insert(Arc::as_ptr(node), number);
                let node = Arc::clone(node);
                tasks.push(Task { node, dependencies, consumers: Vec::new() });
                path.pop();
            }
        }
        let wanted = wanted.iter().map(|node| numbers[&Arc::as_ptr(node)]);
        Self { wanted: wanted.collect(), tasks }
    }
}

impl Task {
    pub fn name(&self) -> &str {
        &self.node.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Delayed, Dependencies, delayed};

    fn task(name: &str, dependencies: &[&Delayed<()>]) -> Delayed<()> {
        let dependencies: Vec<_> = dependencies.iter().map(|&each| each.clone()).collect();
        delayed(name, &dependencies, |_| ())
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.tasks.iter().map(Task::name).collect()
    }

    #[test]
    fn a_plan_holds_what_is_needed_in_depth_first_post_order() {
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

        let plan = Plan::for_wanted(&(&merge).nodes());
        assert_eq!(names(&plan), ["load1", "mean1", "load2", "mean2", "merge"]);
        assert_eq!(plan.wanted, [4]);
        let dependencies = plan.tasks.iter().map(|task| task.dependencies.clone());
        let expected: [&[usize]; 5] = [&[], &[0], &[], &[2], &[1, 3]];
        assert_eq!(dependencies.collect::<Vec<_>>(), expected);
        let consumers = plan.tasks.iter().map(|task| task.consumers.clone());
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

        let plan = Plan::for_wanted(&(&both, &left, &both).nodes());
        assert_eq!(names(&plan), ["shared", "left", "right", "both"]);
        assert_eq!(plan.wanted, [3, 1, 3]);
        assert_eq!(plan.tasks[0].consumers, [1, 2, 3, 3]);
        assert_eq!(plan.tasks[3].dependencies, [1, 0, 0, 2]);
    }
}
