//! The picture for Mermaid: tasks are rounded, the wanted values boxes.

use super::{Folded, Picture};
use std::fmt::Write;

pub(super) fn text(picture: &Picture, folded: &Folded) -> String {
    let mut text = format!("---\ntitle: {}\n---\nflowchart LR\n", quoted(&picture.title));
    let _ = writeln!(text, "  %% {}", picture.caption.replace('\n', " "));
    for (number, node) in folded.nodes.iter().enumerate() {
        let lines = [Some(node.headline()), Some(node.subject.clone()), node.time()];
        let lines: Vec<String> = lines.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        let _ = writeln!(text, "  t{number}([{}])", quoted(&lines.join("<br/>")));
        if node.is_wanted {
            let value = node.size().unwrap_or_else(|| "result".to_owned());
            let _ = writeln!(text, "  t{number} --> v{number}[{}]", quoted(&value));
        }
    }
    for (from, to) in &folded.edges {
        let kind = if folded.nodes[*from].is_wanted { 'v' } else { 't' };
        let _ = writeln!(text, "  {kind}{from} --> t{to}");
    }
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;"))
}
