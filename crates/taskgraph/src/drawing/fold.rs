//! Repeated parts of a large graph, drawn once with a count.
//!
//! 1. Neighbours of one operation become one node: the chunks of a file, the merges of all files.
//! 2. Nodes of one operation that take from, and give to, the same kinds of nodes become one: the
//!    files beside one another. (The coarsest partition that is stable so: Kanellakis and Smolka
//!    1990, by plain refinement.)
//!
//! Tasks that only wait for one another are of other kinds only if their values are. In a folded
//! graph such an edge may lead back: a chunk to be read waits for an earlier one to be added.

use super::names::CommonParts;
use super::{Folded, MOST_TASKS_IN_FULL, Node};
use crate::{Outline, OutlineTask};
use std::collections::{BTreeMap, BTreeSet};

/// A graph that has more nodes after all this has one for each operation.
const MOST_NODES: usize = 60;

pub(super) fn folded(outline: &Outline, seconds: Option<&[f64]>) -> Folded {
    let count = outline.tasks.len();
    if count <= MOST_TASKS_IN_FULL {
        return joined(outline, seconds, &(0..count).collect::<Vec<_>>());
    }
    let groups = stable(outline, &neighbours(outline));
    let distinct: BTreeSet<usize> = groups.iter().copied().collect();
    let groups = if distinct.len() <= MOST_NODES { groups } else { by_operation(outline) };
    joined(outline, seconds, &groups)
}

/// The first task, for each task, of those of its operation that it hangs together with.
fn neighbours(outline: &Outline) -> Vec<usize> {
    let mut first: Vec<usize> = (0..outline.tasks.len()).collect();
    fn root(first: &mut [usize], mut task: usize) -> usize {
        while first[task] != task {
            first[task] = first[first[task]];
            task = first[task];
        }
        task
    }
    for (number, task) in outline.tasks.iter().enumerate() {
        for &dependency in task.dependencies.iter().chain(&task.after) {
            if outline.tasks[dependency].operation() == task.operation() {
                let (a, b) = (root(&mut first, dependency), root(&mut first, number));
                first[a.max(b)] = a.min(b);
            }
        }
    }
    (0..first.len()).map(|task| root(&mut first, task)).collect()
}

/// The groups, joined as far as they take from and give to the same kinds of groups.
fn stable(outline: &Outline, groups: &[usize]) -> Vec<usize> {
    let mut around: BTreeMap<usize, BTreeSet<(bool, usize)>> = BTreeMap::new();
    for (number, task) in outline.tasks.iter().enumerate() {
        around.entry(groups[number]).or_default();
        for &dependency in &task.dependencies {
            let (from, to) = (groups[dependency], groups[number]);
            if from != to {
                around.entry(to).or_default().insert((false, from));
                around.entry(from).or_default().insert((true, to));
            }
        }
    }
    let is_wanted: BTreeSet<usize> = outline.wanted.iter().map(|&it| groups[it]).collect();
    let operations: BTreeMap<&str, usize> =
        outline.tasks.iter().zip(0..).map(|(task, number)| (task.operation(), number)).collect();
    let mut kinds: BTreeMap<usize, usize> = around
        .keys()
        .map(|&group| {
            let operation = operations[outline.tasks[group].operation()];
            (group, 2 * operation + usize::from(is_wanted.contains(&group)))
        })
        .collect();
    loop {
        let mut numbers = BTreeMap::new();
        let refined: BTreeMap<usize, usize> = around
            .iter()
            .map(|(&group, others)| {
                let others: BTreeSet<_> =
                    others.iter().map(|&(gives, other)| (gives, kinds[&other])).collect();
                let next = numbers.len();
                (group, *numbers.entry((kinds[&group], others)).or_insert(next))
            })
            .collect();
        let count = |kinds: &BTreeMap<usize, usize>| kinds.values().collect::<BTreeSet<_>>().len();
        let is_stable = count(&refined) == count(&kinds);
        kinds = refined;
        // Too many kinds will not be drawn.
        if is_stable || count(&kinds) > MOST_NODES {
            return groups.iter().map(|group| kinds[group]).collect();
        }
    }
}

fn by_operation(outline: &Outline) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    let number = |task: &OutlineTask| {
        let next = numbers.len();
        *numbers.entry(task.operation().to_owned()).or_insert(next)
    };
    outline.tasks.iter().map(number).collect()
}

/// One node for each group, in the order of their first tasks.
fn joined(outline: &Outline, seconds: Option<&[f64]>, groups: &[usize]) -> Folded {
    let mut folded = Folded::default();
    let mut nodes: BTreeMap<usize, usize> = BTreeMap::new();
    for (number, (task, group)) in outline.tasks.iter().zip(groups).enumerate() {
        let node = *nodes.entry(*group).or_insert(folded.nodes.len());
        if node == folded.nodes.len() {
            folded.nodes.push(Node {
                operation: task.operation().to_owned(),
                subject: String::new(),
                tasks: vec![],
                is_wanted: false,
                value_bytes: task.value_bytes,
                values_differ: false,
                seconds: seconds.map(|_| 0.0),
            });
        }
        let node = &mut folded.nodes[node];
        node.tasks.push(number);
        node.is_wanted |= outline.wanted.contains(&number);
        node.values_differ |= node.value_bytes != task.value_bytes;
        // Of what is not known, the greatest is not known either.
        node.value_bytes = node.value_bytes.zip(task.value_bytes).map(|(a, b)| a.max(b));
        if let (Some(sum), Some(seconds)) = (&mut node.seconds, seconds) {
            *sum += seconds[number];
        }
    }
    let common = CommonParts::from_texts(outline.tasks.iter().map(|task| task.subject()));
    for node in &mut folded.nodes {
        let subjects: Vec<String> = node
            .tasks
            .iter()
            .map(|&task| common.removed_from(&outline.tasks[task].subject()))
            .collect();
        node.subject = reach(&subjects);
    }
    let edges = |of: fn(&OutlineTask) -> &Vec<usize>| -> BTreeSet<(usize, usize)> {
        let ends = outline.tasks.iter().zip(groups).flat_map(|(task, group)| {
            of(task).iter().map(|&from| (nodes[&groups[from]], nodes[group]))
        });
        ends.filter(|(from, to)| from != to).collect()
    };
    let (taken, waited_for) = (edges(|task| &task.dependencies), edges(|task| &task.after));
    folded.order = waited_for.difference(&taken).copied().collect();
    folded.edges = taken.into_iter().collect();
    folded
}

/// The first and the last of some subjects: `part-1 … part-12`, or of one file `part-1 [0..8) … [592..600)`.
fn reach(subjects: &[String]) -> String {
    let split = subjects.iter().map(|it| it.split_once(' ').unwrap_or((it, "")));
    let (words, rests): (Vec<&str>, Vec<&str>) = split.unzip();
    match (reach_of_words(&words), reach_of_words(&rests)) {
        (words, rests) if words.contains('…') || rests.is_empty() => words,
        (words, rests) => format!("{words} {rests}"),
    }
}

fn reach_of_words(words: &[&str]) -> String {
    // The shorter number is the lower: [8..16) comes before [16..24).
    let words: BTreeSet<_> = words.iter().map(|it| (it.len(), *it)).filter(|it| it.0 > 0).collect();
    match (words.first(), words.last()) {
        (Some(first), Some(last)) if first != last => format!("{} … {}", first.1, last.1),
        (only, _) => only.map_or_else(String::new, |it| it.1.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::layout::tests::{chains, read_ahead};

    fn counts(folded: &Folded) -> Vec<(String, usize)> {
        folded.nodes.iter().map(|node| (node.operation.clone(), node.tasks.len())).collect()
    }

    #[test]
    fn small_graphs_are_drawn_in_full() {
        let outline = chains(5, 1);
        let folded = folded(&outline, None);
        assert_eq!(folded.nodes.len(), outline.tasks.len());
        let edges: usize = outline.tasks.iter().map(|task| task.dependencies.len()).sum();
        assert_eq!(folded.edges.len(), edges);
        // When the first is there the fourth may begin, and when two are merged the fifth.
        assert_eq!(folded.order, [(0, 5), (2, 7)]);
    }

    #[test]
    fn files_and_chunks_of_a_large_graph_become_one_node() {
        for (files, chunks) in [(12, 30), (50, 100), (1, 200)] {
            let outline = chains(files, chunks);
            let folded = folded(&outline, None);
            let total: usize = folded.nodes.iter().map(|node| node.tasks.len()).sum();
            assert_eq!(total, outline.tasks.len(), "every task is counted once");
            assert_eq!(counts(&folded)[0], ("moments".to_owned(), files * chunks));
            assert!(folded.nodes.len() <= 5, "{:?}", counts(&folded));
        }
    }

    #[test]
    fn chains_that_wait_for_each_other_are_drawn_as_reading_and_adding() {
        let folded = folded(&read_ahead(2, 40, 3), None);
        let expected =
            [("read", 80), ("moments", 240), ("merge", 3), ("mean", 1), ("sqrt", 1), ("divide", 1)];
        let expected = expected.map(|(name, count)| (name.to_owned(), count));
        assert_eq!(counts(&folded), expected);
        assert_eq!(folded.edges, [(0, 1), (1, 2), (2, 3), (2, 4), (3, 5), (4, 5)]);
        assert_eq!(folded.order, [(1, 0)], "reading waits for what was added");
        assert_eq!(folded.nodes[0].subject, "part-1 … part-2");
    }

    #[test]
    fn values_of_several_sizes_are_no_larger_than_the_largest() {
        let mut outline = chains(50, 1);
        let size = |outline: &Outline| folded(outline, None).nodes[0].size();
        assert_eq!(size(&outline).as_deref(), Some("1.0 MiB"));
        outline.tasks[1].value_bytes = Some(3 << 20);
        assert_eq!(size(&outline).as_deref(), Some("≤ 3.0 MiB"));
        outline.tasks[1].value_bytes = None;
        assert_eq!(size(&outline), None);
    }

    #[test]
    fn a_node_says_what_its_tasks_reach_from_and_to() {
        let reach = |subjects: &[&str]| {
            reach(&subjects.iter().map(|&it| it.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(reach(&["part-2", "part-10", "part-1 [0..8)"]), "part-1 … part-10");
        assert_eq!(
            reach(&["part-1 [8..16)", "part-1 [0..8)", "part-1"]),
            "part-1 [0..8) … [8..16)"
        );
        assert_eq!(reach(&["part-1 [0..8)", "part-1 [0..8)"]), "part-1 [0..8)");
        assert_eq!([reach(&["a", "a"]), reach(&["", ""])], ["a", ""]);
    }

    #[test]
    fn times_add_up() {
        let outline = chains(12, 30);
        let seconds: Vec<f64> = (0..outline.tasks.len()).map(|it| it as f64).collect();
        let folded = folded(&outline, Some(&seconds));
        let total: f64 = folded.nodes.iter().filter_map(|node| node.seconds).sum();
        assert_eq!(total, seconds.iter().sum::<f64>());
    }
}
