//! The picture for Graphviz: tasks are ellipses, the wanted values boxes.

use super::{Folded, Picture};
use std::fmt::Write;

pub(super) fn text(picture: &Picture, folded: &Folded) -> String {
    let mut text = String::from("digraph tasks {\n  rankdir=LR;\n  labelloc=t;\n");
    let _ =
        writeln!(text, "  label={};", quoted(&format!("{}\n{}", picture.title, picture.caption)));
    text.push_str("  node [fontname=\"Helvetica\"];\n");
    for (number, node) in folded.nodes.iter().enumerate() {
        let lines = [Some(node.headline()), Some(node.subject.clone()), node.time()];
        let lines: Vec<String> = lines.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        let _ = writeln!(text, "  t{number} [label={}];", quoted(&lines.join("\n")));
        if node.is_wanted {
            let value = node.size().unwrap_or_else(|| "result".to_owned());
            let _ = writeln!(text, "  v{number} [shape=box, label={}];", quoted(&value));
            let _ = writeln!(text, "  t{number} -> v{number};");
        }
    }
    for (from, to) in &folded.edges {
        let from =
            if folded.nodes[*from].is_wanted { format!("v{from}") } else { format!("t{from}") };
        let _ = writeln!(text, "  {from} -> t{to};");
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
