//! Where the nodes of a picture stand: in columns, each to the right of what it takes; and the ways
//! that the edges take between them.
//!
//! Layers by the longest way from a source, the order in a layer by the mean place of the
//! neighbours, some sweeps to and fro (Sugiyama, Tagawa, Toda 1981), then each node is drawn
//! towards its neighbours as far as its layer has room. Where an edge crosses a layer it has a
//! place there as a node has, so that it passes between the nodes. Deterministic.

/// A point, and a node's place: its upper left corner. The unit is the pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
}

/// The course of an edge.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Way {
    /// An edge to the right, by the points at which it leaves a column and enters the next, by
    /// turns: bent from a point at an even index to the next, straight from one at an odd index.
    Forward(Vec<Place>),
    /// An edge below the nodes, from the foot of one to the foot of another, at most [`DEPTH`] deep.
    Back(Place, Place),
}

/// Where everything stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// The place of each node.
    pub places: Vec<Place>,
    /// The course of each edge.
    pub ways: Vec<Way>,
    pub width: f64,
    pub height: f64,
}

/// The depth to which an edge that leads back hangs down.
pub(super) const DEPTH: f64 = 30.0;
/// Space between the nodes of a column.
const ROW_GAP: f64 = 14.0;
const SWEEPS: usize = 12;

/// The layout of nodes of these sizes (width, height), with so much space between columns. A
/// folded graph may have edges against the numbers of the nodes: they lead back.
pub(super) fn layout(sizes: &[(f64, f64)], edges: &[(usize, usize)], column_gap: f64) -> Layout {
    let mut layers = layers(sizes.len(), edges);
    // Behind the nodes, the places at which edges cross a layer.
    let mut items = sizes.to_vec();
    let mut stops: Vec<Vec<usize>> = Vec::with_capacity(edges.len());
    for &(from, to) in edges {
        // None, of an edge that leads back.
        let crossed = layers[from] + 1..layers[to].max(layers[from] + 1);
        let crossings = items.len()..items.len() + crossed.len();
        items.extend(crossed.clone().map(|_| (0.0, 0.0)));
        layers.extend(crossed);
        stops.push([from].into_iter().chain(crossings).chain([to]).collect());
    }
    let mut columns: Vec<Vec<usize>> = vec![vec![]; layers.iter().max().map_or(0, |it| it + 1)];
    (0..items.len()).for_each(|item| columns[layers[item]].push(item));
    let (mut before, mut after) = (vec![vec![]; items.len()], vec![vec![]; items.len()]);
    let forward = stops.iter().filter(|stops| stops[0] < stops[stops.len() - 1]);
    for pair in forward.flat_map(|stops| stops.windows(2)) {
        before[pair[1]].push(pair[0]);
        after[pair[0]].push(pair[1]);
    }
    let mut centre = vec![0.0; items.len()];
    for column in &columns {
        stack(column, &items, &mut centre);
    }
    for sweep in 0..SWEEPS {
        let is_forth = sweep % 2 == 0;
        let others = if is_forth { &before } else { &after };
        for turn in 0..columns.len() {
            let column = if is_forth { turn } else { columns.len() - 1 - turn };
            let column = &mut columns[column];
            let wish = |item: &usize| match others[*item].as_slice() {
                [] => centre[*item],
                others => others.iter().map(|&it| centre[it]).sum::<f64>() / others.len() as f64,
            };
            let mut wishes: Vec<(f64, usize)> = column.iter().map(|it| (wish(it), *it)).collect();
            wishes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            *column = wishes.iter().map(|it| it.1).collect();
            settle(&wishes, &items, &mut centre);
        }
    }
    let top = (0..items.len()).map(|it| centre[it] - items[it].1 / 2.0).fold(f64::MAX, f64::min);
    let (mut lefts, mut widths) = (vec![], vec![]);
    let (mut x, mut height) = (0.0, 0.0_f64);
    for column in &columns {
        let width = column.iter().map(|&item| items[item].0).fold(0.0, f64::max);
        for &item in column {
            centre[item] -= top;
            height = height.max(centre[item] + items[item].1 / 2.0);
        }
        lefts.push(x);
        widths.push(width);
        x += width + column_gap;
    }
    let place =
        |item: usize| Place { x: lefts[layers[item]], y: centre[item] - items[item].1 / 2.0 };
    let way = |stops: &Vec<usize>| {
        let (from, to) = (stops[0], stops[stops.len() - 1]);
        if from > to {
            let [from, to] = [from, to].map(|item| Place {
                x: place(item).x + items[item].0 / 2.0,
                y: place(item).y + items[item].1,
            });
            return Way::Back(from, to);
        }
        let begin = Place { x: place(from).x + items[from].0, y: centre[from] };
        let crossings = stops[1..stops.len() - 1].iter().flat_map(|&item| {
            let Place { x, y } = place(item);
            [Place { x, y }, Place { x: x + widths[layers[item]], y }]
        });
        let end = Place { x: place(to).x, y: centre[to] };
        Way::Forward([begin].into_iter().chain(crossings).chain([end]).collect())
    };
    let ways: Vec<Way> = stops.iter().map(way).collect();
    for way in &ways {
        if let Way::Back(from, to) = way {
            height = height.max(from.y.max(to.y) + DEPTH);
        }
    }
    Layout {
        places: (0..sizes.len()).map(place).collect(),
        ways,
        width: (x - column_gap).max(0.0),
        height,
    }
}

/// The length of the longest way that leads to each node, by the edges that go with the numbers.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut forward: Vec<(usize, usize)> =
        edges.iter().copied().filter(|(from, to)| from < to).collect();
    forward.sort_unstable_by_key(|&(_, to)| to);
    let mut layers = vec![0; count];
    for (from, to) in forward {
        layers[to] = layers[to].max(layers[from] + 1);
    }
    layers
}

/// One below the other, around zero.
fn stack(column: &[usize], sizes: &[(f64, f64)], centre: &mut [f64]) {
    let height: f64 = column.iter().map(|&node| sizes[node].1 + ROW_GAP).sum();
    let mut y = -height / 2.0;
    for &node in column {
        centre[node] = y + sizes[node].1 / 2.0;
        y += sizes[node].1 + ROW_GAP;
    }
}

/// Puts nodes as close to their wishes as they can stand, which are ascending: those that would overlap form
/// a block around the mean of their wishes.
fn settle(wishes: &[(f64, usize)], sizes: &[(f64, f64)], centre: &mut [f64]) {
    // Blocks of nodes: the first and the last, the height, and the sum of where the top should be.
    let mut blocks: Vec<(usize, f64, f64, usize)> = Vec::new();
    for (index, &(wish, node)) in wishes.iter().enumerate() {
        let height = sizes[node].1 + ROW_GAP;
        let mut block = (index, height, wish - height / 2.0, 1);
        while let Some(&(first, above, sum, count)) = blocks.last() {
            if sum / count as f64 + above <= block.2 / block.3 as f64 {
                break;
            }
            // What follows wants to begin so much above its own place in the block.
            let wanted = block.2 - above * block.3 as f64;
            block = (first, above + block.1, sum + wanted, count + block.3);
            blocks.pop();
        }
        blocks.push(block);
    }
    for (number, &(first, _, sum, count)) in blocks.iter().enumerate() {
        let end = blocks.get(number + 1).map_or(wishes.len(), |next| next.0);
        let mut y = sum / count as f64;
        for &(_, node) in &wishes[first..end] {
            centre[node] = y + (sizes[node].1 + ROW_GAP) / 2.0;
            y += sizes[node].1 + ROW_GAP;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{Outline, OutlineTask};
    use proptest::prelude::*;

    fn push(outline: &mut Outline, name: String, dependencies: &[usize]) -> usize {
        push_after(outline, name, dependencies, &[])
    }

    fn push_after(
        outline: &mut Outline,
        name: String,
        dependencies: &[usize],
        after: &[usize],
    ) -> usize {
        let (dependencies, after) = (dependencies.to_vec(), after.to_vec());
        outline.tasks.push(OutlineTask { name, dependencies, after, value_bytes: Some(1 << 20) });
        outline.tasks.len() - 1
    }

    fn finish(mut outline: Outline, moments: &[usize]) -> Outline {
        let mean = push(&mut outline, "mean".to_owned(), moments);
        let sqrt = push(&mut outline, "sqrt".to_owned(), moments);
        let divide = push(&mut outline, "divide".to_owned(), &[mean, sqrt]);
        outline.wanted = vec![mean, sqrt, divide];
        outline
    }

    /// A chain a file, merged from the left; a file is begun when the third before it has been
    /// merged.
    pub(in crate::drawing) fn chains(files: usize, chunks: usize) -> Outline {
        let mut outline = Outline::default();
        let mut merged: Vec<usize> = vec![];
        for file in 1..=files {
            let before = merged.len().checked_sub(3).map(|index| merged[index]);
            let mut last: Option<usize> = None;
            for chunk in 0..chunks {
                let name = format!("moments part-{file} [{}..{})", 8 * chunk, 8 * chunk + 8);
                let after = if chunk == 0 { before.as_slice() } else { &[] };
                last = Some(push_after(&mut outline, name, last.as_slice(), after));
            }
            let moments = last.expect("a file has a chunk");
            merged.push(match merged.last() {
                None => moments,
                Some(&left) => push(&mut outline, "merge".to_owned(), &[left, moments]),
            });
        }
        finish(outline, &[merged[files - 1]])
    }

    /// Files of which a chunk is read, and slabs of it added, at most one chunk behind.
    pub(in crate::drawing) fn read_ahead(files: usize, chunks: usize, slabs: usize) -> Outline {
        let mut outline = Outline::default();
        let mut of_files: Vec<Vec<usize>> = vec![];
        for file in 1..=files {
            let (mut read, mut added, mut before) = (vec![], vec![], vec![]);
            for chunk in 0..chunks {
                let label = format!("part-{file} [{}..{})", 8 * chunk, 8 * chunk + 8);
                let after: Vec<usize> = [read, before].concat();
                let piece = push_after(&mut outline, format!("read {label}"), &[], &after);
                before = added;
                added = (0..slabs)
                    .map(|slab| {
                        let taken: Vec<usize> =
                            before.get(slab).copied().into_iter().chain([piece]).collect();
                        push(&mut outline, format!("moments {label}"), &taken)
                    })
                    .collect();
                read = vec![piece];
            }
            of_files.push(added);
        }
        let merged: Vec<usize> = (0..slabs)
            .map(|slab| {
                let of_slab = of_files.iter().map(|slabs| slabs[slab]);
                let join = |left, right| push(&mut outline, "merge".to_owned(), &[left, right]);
                of_slab.reduce(join).expect("a file")
            })
            .collect();
        finish(outline, &merged)
    }

    #[test]
    fn an_edge_against_the_numbers_leads_back_below_the_nodes() {
        let Layout { places, ways, height, .. } =
            layout(&[(100.0, 40.0), (60.0, 40.0)], &[(0, 1), (1, 0)], 30.0);
        assert_eq!(places, [Place { x: 0.0, y: 0.0 }, Place { x: 130.0, y: 0.0 }]);
        assert_eq!(ways[1], Way::Back(Place { x: 160.0, y: 40.0 }, Place { x: 50.0, y: 40.0 }));
        assert_eq!(height, 40.0 + DEPTH);
    }

    proptest! {
        #[test]
        fn no_two_nodes_overlap_and_edges_lead_to_the_right_between_them(
            sizes in prop::collection::vec((20.0..200.0_f64, 20.0..60.0_f64), 1..40),
            edges in prop::collection::vec(any::<[prop::sample::Index; 2]>(), 0..60),
        ) {
            let edges: Vec<_> = edges
                .iter()
                .map(|[a, b]| (a.index(sizes.len()), b.index(sizes.len())))
                .filter(|(from, to)| from < to)
                .collect();
            let Layout { places, ways, width, height } = layout(&sizes, &edges, 40.0);
            for (a, (at, size)) in places.iter().zip(&sizes).enumerate() {
                prop_assert!(at.x >= 0.0 && at.y >= -1e-6);
                prop_assert!(at.x + size.0 <= width + 1e-6 && at.y + size.1 <= height + 1e-6);
                for (other, other_size) in places.iter().zip(&sizes).skip(a + 1) {
                    let apart = at.x + size.0 <= other.x
                        || other.x + other_size.0 <= at.x
                        || at.y + size.1 <= other.y + 1e-6
                        || other.y + other_size.1 <= at.y + 1e-6;
                    prop_assert!(apart);
                }
            }
            prop_assert_eq!(ways.len(), edges.len());
            for (way, (from, to)) in ways.iter().zip(edges) {
                let Way::Forward(way) = way else { panic!("no edge leads back") };
                prop_assert!(way.windows(2).all(|pair| pair[0].x <= pair[1].x));
                prop_assert_eq!(way[0].x, places[from].x + sizes[from].0);
                prop_assert_eq!(way[way.len() - 1].x, places[to].x);
                for straight in way[1..way.len() - 1].chunks(2) {
                    prop_assert_eq!(straight[0].y, straight[1].y);
                    for (place, size) in places.iter().zip(&sizes) {
                        let is_beside = place.x + size.0 <= straight[0].x
                            || straight[1].x <= place.x
                            || straight[0].y <= place.y + 1e-6
                            || straight[0].y >= place.y + size.1 - 1e-6;
                        prop_assert!(is_beside);
                    }
                }
            }
        }
    }
}
