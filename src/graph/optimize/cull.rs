//! Cull: drops the tasks that no wanted value needs.

use super::{Graph, rearranged};

pub(super) fn cull(graph: Graph) -> Graph {
    let mut is_needed = vec![false; graph.tasks.len()];
    graph.wanted.iter().for_each(|&number| is_needed[number] = true);
    // Consumers stand behind what they take, so backwards each is known before its dependencies.
    for number in (0..graph.tasks.len()).rev().collect::<Vec<_>>() {
        if is_needed[number] {
            graph.tasks[number].dependencies.iter().for_each(|&it| is_needed[it] = true);
        }
    }
    let kept: Vec<usize> = (0..graph.tasks.len()).filter(|&number| is_needed[number]).collect();
    rearranged(graph, &kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::delayed;

    #[test]
    fn what_is_not_wanted_is_dropped() {
        //  load -- mean (wanted)
        //      \-- histogram
        let load = delayed("load", (), |()| 1);
        let mean = delayed("mean", &load, |it| *it);
        let histogram = delayed("histogram", &load, |it| *it);
        let graph = Graph::declared((&histogram, &mean), &mean);
        assert_eq!(graph.outline().tasks.len(), 3);
        let names: Vec<_> = cull(graph).outline().tasks.into_iter().map(|task| task.name).collect();
        assert_eq!(names, ["load", "mean"]);
    }
}
