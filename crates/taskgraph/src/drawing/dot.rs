//! The picture for Graphviz: tasks are ellipses, the wanted values boxes; an arrow is a value that
//! is taken, with its size,
//! a dashed one order alone.

use super::{Folded, Picture, colors};
use std::fmt::Write;

pub(super) fn text(picture: &Picture, folded: &Folded) -> String {
    let mut text = String::from("digraph tasks {\n  rankdir=LR;\n  labelloc=t;\n");
    let _ =
        writeln!(text, "  label={};", quoted(&format!("{}\n{}", picture.title, picture.caption)));
    text.push_str(
        "  node [fontname=\"Helvetica\"];\n  edge [fontname=\"Helvetica\", fontsize=10];\n",
    );
    let colors = colors::of_nodes(picture, folded);
    for (number, (node, color)) in folded.nodes.iter().zip(colors).enumerate() {
        let lines = [Some(node.headline()), Some(node.subject.clone()), node.time()];
        let lines: Vec<String> = lines.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        // The last two digits are the opacity.
        let _ = writeln!(
            text,
            "  t{number} [label={}, style=filled, color=\"{color}\", fillcolor=\"{color}47\"];",
            quoted(&lines.join("\n"))
        );
        if node.is_wanted {
            let value = node.size().unwrap_or_else(|| "result".to_owned());
            let _ = writeln!(text, "  v{number} [shape=box, label={}];", quoted(&value));
            let _ = writeln!(text, "  t{number} -> v{number};");
        }
    }
    for &(from, to) in &folded.edges {
        let node = &folded.nodes[from];
        let _ = match node.size() {
            _ if node.is_wanted => writeln!(text, "  v{from} -> t{to};"),
            Some(size) => writeln!(text, "  t{from} -> t{to} [label={}];", quoted(&size)),
            None => writeln!(text, "  t{from} -> t{to};"),
        };
    }
    for (from, to) in &folded.order {
        let _ = writeln!(text, "  t{from} -> t{to} [style=dashed];");
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        assert_eq!(quoted("a \"b\" \\ c\nd"), r#""a \"b\" \\ c\nd""#);
    }
}
