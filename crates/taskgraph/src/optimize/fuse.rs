//! Fuse: makes one task of a chain, in which each task is all that takes the value before it.
//!
//! The value between them then never reaches the scheduler. What is wanted, or taken by several
//! tasks or several times, stays a task's own value. A chain ends at a task that another waits for,
//! since that would wait longer, and begins at one that waits for others, since what is before it
//! need not. So no parallelism is lost: the tasks of a chain could only run one after the other.

use super::{Graph, Task, rearranged};

pub(super) fn fuse(graph: Graph) -> Graph {
    let mut graph = graph;
    let mut is_wanted = vec![false; graph.tasks.len()];
    graph.wanted.iter().for_each(|&number| is_wanted[number] = true);
    // Dependencies come first, so a chain grows at its end.
    for number in 0..graph.tasks.len() {
        let Task { dependencies, after, .. } = &graph.tasks[number];
        let (&[before], []) = (dependencies.as_slice(), after.as_slice()) else { continue };
        let Task { consumers, followers, .. } = &graph.tasks[before];
        if consumers.len() == 1 && followers.is_empty() && !is_wanted[before] {
            let Task { mut nodes, dependencies, after, .. } =
                std::mem::replace(&mut graph.tasks[before], Task::new(vec![], vec![], vec![]));
            let task = &mut graph.tasks[number];
            (task.dependencies, task.after) = (dependencies, after);
            nodes.append(&mut task.nodes);
            task.nodes = nodes;
        }
    }
    let kept = (0..graph.tasks.len()).filter(|&number| !graph.tasks[number].nodes.is_empty());
    let kept: Vec<usize> = kept.collect();
    rearranged(graph, &kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delayed;

    #[test]
    fn a_chain_becomes_one_task_and_what_is_shared_stays() {
        //  load a [0..2) -- load a [2..4) -- mean -- square (wanted)
        //                                       \-- root
        let first = delayed("load a [0..2)", (), |()| 1);
        let second = delayed("load a [2..4)", &first, |it| *it);
        let mean = delayed("mean", &second, |it| *it);
        let root = delayed("root", &mean, |it| *it);
        let square = delayed("square", (&mean, &root), |(a, b)| *a + *b);
        let graph = fuse(Graph::needed_for((&square, &mean)));
        let tasks = graph.outline().tasks;
        let names: Vec<_> = tasks.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(names, ["load a [0..2), mean", "root", "square"]);
        assert_eq!(tasks[2].dependencies, [0, 1]);
        let graph = fuse(Graph::needed_for(&second));
        assert_eq!(graph.outline().tasks[0].name, "load a [0..2) to [2..4)");
    }

    #[test]
    fn a_chain_is_cut_where_a_task_waits_or_is_waited_for() {
        //  a -- b -- c -- d -- e (wanted)       f waits for b, d waits for f
        //        :..f..:
        let a = delayed("a", (), |()| 1);
        let b = delayed("b", a, |it: i32| it);
        let c = delayed("c", &b, |it| *it);
        let f = delayed("f", (), |()| 1).after(&b);
        let d = delayed("d", c, |it: i32| it).after(&f);
        let e = delayed("e", d, |it: i32| it);
        let tasks = fuse(Graph::needed_for(&e)).outline().tasks;
        let names: Vec<_> = tasks.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(names, ["a, b", "c", "f", "d, e"]);
        assert_eq!([&*tasks[2].after, &*tasks[3].after], [[0], [2]]);
        assert_eq!(tasks[3].dependencies, [1]);
    }

    #[test]
    fn a_chain_that_is_long_is_fused_in_no_time() {
        let start = delayed("start", (), |()| 0);
        let end = (0..100_000).fold(start, |it, _| delayed("next", &it, |it| *it + 1));
        let graph = fuse(Graph::needed_for(&end));
        assert_eq!(graph.outline().tasks.len(), 1);
    }
}
