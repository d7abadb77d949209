//! The colour of each node: that of its operation, or of when it is begun.

use super::{Coloring, Folded, Node, Picture};

/// Five samples of a perceptually uniform colour map (viridis), from the first task to the last.
const FIRST_TO_LAST: [[f64; 3]; 5] = [
    [72.0, 33.0, 115.0],
    [59.0, 82.0, 139.0],
    [33.0, 145.0, 140.0],
    [94.0, 201.0, 98.0],
    [220.0, 210.0, 40.0],
];

/// A colour for each operation, in the order in which they first appear.
pub(super) fn of_operations<'a>(
    picture: &Picture,
    folded: &'a Folded,
) -> Vec<(&'a str, &'static str)> {
    let mut palette = picture.palette.clone();
    let mut colors: Vec<(&str, &'static str)> = Vec::new();
    for node in &folded.nodes {
        if colors.iter().all(|(operation, _)| *operation != node.operation) {
            colors.push((&node.operation, palette.color(&node.operation)));
        }
    }
    colors
}

/// A colour for each node, as `#rrggbb`.
pub(super) fn of_nodes(picture: &Picture, folded: &Folded) -> Vec<String> {
    let operations = of_operations(picture, folded);
    let of_kind = |node: &Node| {
        let (_, color) = operations
            .iter()
            .find(|(operation, _)| *operation == node.operation)
            .expect("every operation has a colour");
        (*color).to_owned()
    };
    let last = picture.outline.tasks.len().max(2) - 1;
    let of_order = |node: &Node| {
        let middle = node.tasks.iter().sum::<usize>() as f64 / node.tasks.len() as f64;
        of_place(middle / last as f64)
    };
    let color = |node: &Node| match picture.coloring {
        Coloring::Kind => of_kind(node),
        Coloring::Order => of_order(node),
    };
    folded.nodes.iter().map(color).collect()
}

/// The colour of a place in the order, from 0 for the first to 1 for the last.
pub(super) fn of_place(place: f64) -> String {
    let place = place * (FIRST_TO_LAST.len() - 1) as f64;
    let below = (place as usize).min(FIRST_TO_LAST.len() - 2);
    let [r, g, b] = [0, 1, 2].map(|part| {
        let (low, high) = (FIRST_TO_LAST[below][part], FIRST_TO_LAST[below + 1][part]);
        (low + (high - low) * (place - below as f64)).round() as u8
    });
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_have_the_ends_of_the_map() {
        assert_eq!(
            [of_place(0.0), of_place(0.5), of_place(1.0)],
            ["#482173", "#21918c", "#dcd228"]
        );
    }
}
