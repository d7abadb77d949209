//! Order: numbers the tasks so that what one value needs stands together, just before it.
//!
//! The scheduler begins the lowest number that is ready, so that what was begun is finished
//! first and values are released early: depth-first post-order from the wanted tasks, as
//! declared.

use super::{Graph, rearranged};

pub(super) fn order(graph: Graph) -> Graph {
    let mut is_numbered = vec![false; graph.tasks.len()];
    let mut order = Vec::with_capacity(graph.tasks.len());
    let needs = |number: usize| {
        let task = &graph.tasks[number];
        task.dependencies.iter().chain(&task.after).copied()
    };
    for &root in &graph.wanted {
        // Tasks on the way from the root, with what they need and was not looked at.
        let mut path = if is_numbered[root] { vec![] } else { vec![(root, needs(root))] };
        while let Some((number, unvisited)) = path.last_mut() {
            match unvisited.find(|&it| !is_numbered[it]) {
                Some(needed) => path.push((needed, needs(needed))),
                None => {
                    is_numbered[*number] = true;
                    order.push(*number);
                    path.pop();
                }
            }
        }
    }
    rearranged(graph, &order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delayed;

    #[test]
    fn what_a_wanted_value_needs_stands_together() {
        //  a1 -- a2 \
        //            sum      numbered otherwise: b1, a1, b2, a2
        //  b1 -- b2 /
        let [a1, b1] = ["a1", "b1"].map(|name| delayed(name, (), |()| 1));
        let [a2, b2] = [("a2", &a1), ("b2", &b1)].map(|(name, it)| delayed(name, it, |it| *it));
        let sum = delayed("sum", (&a2, &b2), |(a, b)| *a + *b);
        let graph = order(rearranged(Graph::needed_for(&sum), &[2, 0, 3, 1, 4]));
        let names: Vec<_> = graph.outline().tasks.into_iter().map(|task| task.name).collect();
        assert_eq!(names, ["a1", "a2", "b1", "b2", "sum"]);
    }
}
