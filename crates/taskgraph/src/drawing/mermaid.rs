//! The picture for Mermaid: tasks are rounded, the wanted values boxes; an arrow is a value that is
//! taken, with its size, a dashed one order alone.

use super::{Folded, Picture, colors};
use std::fmt::Write;

pub(super) fn text(picture: &Picture, folded: &Folded) -> String {
    let mut text = format!("---\ntitle: {}\n---\nflowchart LR\n", quoted(&picture.title));
    let _ = writeln!(text, "  %% {}", picture.caption.replace('\n', " "));
    let colors = colors::of_nodes(picture, folded);
    for (number, (node, color)) in folded.nodes.iter().zip(colors).enumerate() {
        let lines = [Some(node.headline()), Some(node.subject.clone()), node.time()];
        let lines: Vec<String> = lines.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        let _ = writeln!(text, "  t{number}([{}])", quoted(&lines.join("<br/>")));
        // The last two digits are the opacity.
        let _ = writeln!(text, "  style t{number} fill:{color}47,stroke:{color}");
        if node.is_wanted {
            let value = node.size().unwrap_or_else(|| "result".to_owned());
            let _ = writeln!(text, "  t{number} --> v{number}[{}]", quoted(&value));
        }
    }
    for &(from, to) in &folded.edges {
        let node = &folded.nodes[from];
        let _ = match node.size() {
            _ if node.is_wanted => writeln!(text, "  v{from} --> t{to}"),
            Some(size) => writeln!(text, "  t{from} -->|{}| t{to}", quoted(&size)),
            None => writeln!(text, "  t{from} --> t{to}"),
        };
    }
    for (from, to) in &folded.order {
        let _ = writeln!(text, "  t{from} -.-> t{to}");
    }
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;"))
}
