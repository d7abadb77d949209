//! Pictures of a task graph, made from its [`Outline`] alone.
//!
//! | format | what it is |
//! |---|---|
//! | `.svg` | a drawing for a browser: light and dark, no fonts and no network needed |
//! | `.dot` | the same picture for Graphviz |
//! | `.mmd` | the same picture for Mermaid |
//! | `.json` | every task, for a program; see [`Format::Json`] |
//!
//! An arrow is a value that is taken; a dashed one leads to a task that waits and takes nothing.
//! A graph of more than [`MOST_TASKS_IN_FULL`] tasks is folded: what repeats is drawn once,
//! with a count. This module does not know what the tasks do, nor where the picture goes.

mod colors;
mod dot;
mod fold;
mod json;
mod layout;
mod mermaid;
pub(crate) mod names;
mod svg;

use crate::Outline;
use crate::palette::Palette;
use std::path::Path;

/// A graph of so many tasks is drawn task by task.
pub const MOST_TASKS_IN_FULL: usize = 36;

/// The format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable Vector Graphics.
    Svg,
    /// Graphviz.
    Dot,
    /// Mermaid.
    Mermaid,
    /// `{"schema": "taskgraph/1", "title", "caption", "tasks": [{"number", "name", "operation",
    /// "dependencies", "after", "value_bytes", "seconds"}], "wanted"}`: all tasks, never folded;
    /// what is not known is null. `after` are the tasks that it waits for and takes nothing of.
    Json,
}

/// The meaning of the colours of the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coloring {
    /// A colour for each operation.
    Kind,
    /// A colour by the number of the task, which says when it is begun.
    Order,
}

/// A graph, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Picture {
    outline: Outline,
    title: String,
    caption: String,
    coloring: Coloring,
    palette: Palette,
    /// The time that each task took.
    seconds: Option<Vec<f64>>,
}

/// Tasks that are drawn as one.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    operation: String,
    /// The subjects of the first task and the last, without what all have in common.
    subject: String,
    /// The numbers of the tasks, ascending.
    tasks: Vec<usize>,
    is_wanted: bool,
    /// The size of the largest value, where all are known.
    value_bytes: Option<u64>,
    values_differ: bool,
    /// The time of all tasks together.
    seconds: Option<f64>,
}

/// Nodes, which takes values of which, and which only waits for which: `(from, to)`.
#[derive(Clone, Debug, Default, PartialEq)]
struct Folded {
    nodes: Vec<Node>,
    edges: Vec<(usize, usize)>,
    /// Drawn dashed.
    order: Vec<(usize, usize)>,
}

impl Format {
    /// The format that the end of a file's name stands for.
    pub fn of_name(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "svg" => Some(Format::Svg),
            "dot" | "gv" => Some(Format::Dot),
            "mmd" | "mermaid" => Some(Format::Mermaid),
            "json" => Some(Format::Json),
            _ => None,
        }
    }
}

impl Picture {
    /// A picture of a graph, under a title and a line that explains it.
    pub fn new(outline: Outline, title: &str, caption: &str) -> Picture {
        Picture {
            outline,
            title: title.to_owned(),
            caption: caption.to_owned(),
            coloring: Coloring::Kind,
            palette: Palette::default(),
            seconds: None,
        }
    }

    /// This picture, coloured by `coloring`.
    pub fn colored_by(self, coloring: Coloring) -> Picture {
        Picture { coloring, ..self }
    }

    /// This picture, in which these operations have the colours that they have in every picture and
    /// profile where the same are named in the same order.
    pub fn naming(self, operations: &[&str]) -> Picture {
        Picture { palette: Palette::new(operations), ..self }
    }

    /// This picture, with the time that each task took, in seconds, by number.
    ///
    /// # Panics
    /// If there is not one for each task.
    pub fn with_seconds(self, seconds: Vec<f64>) -> Picture {
        assert_eq!(seconds.len(), self.outline.tasks.len(), "one time a task");
        Picture { seconds: Some(seconds), ..self }
    }

    /// The picture as the text of a file.
    pub fn text(&self, format: Format) -> String {
        match format {
            Format::Svg => svg::text(self, &self.folded()),
            Format::Dot => dot::text(self, &self.folded()),
            Format::Mermaid => mermaid::text(self, &self.folded()),
            Format::Json => json::text(self),
        }
    }

    fn folded(&self) -> Folded {
        fold::folded(&self.outline, self.seconds.as_deref())
    }
}

impl Node {
    /// The operation, and of how many tasks.
    fn headline(&self) -> String {
        match self.tasks.len() {
            1 => self.operation.clone(),
            count => format!("{} ×{count}", self.operation),
        }
    }

    /// The time that it took, in words.
    fn time(&self) -> Option<String> {
        self.seconds.map(|seconds| match seconds {
            long if long >= 0.9995 => format!("{long:.2} s"),
            middle if middle >= 0.001 => format!("{:.0} ms", 1e3 * middle),
            short => format!("{:.0} µs", 1e6 * short),
        })
    }

    /// The size of its value, in words.
    fn size(&self) -> Option<String> {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        self.value_bytes.map(|bytes| {
            let power = (0..4).take_while(|power| bytes >> (10 * (power + 1)) > 0).count();
            let number = bytes as f64 / 1024_f64.powi(power as i32);
            let decimals = usize::from(number < 9.95 && power > 0);
            let most = if self.values_differ { "≤ " } else { "" };
            format!("{most}{number:.decimals$} {}", UNITS[power])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_format() {
        let of = |name: &str| Format::of_name(Path::new(name));
        assert_eq!(of("a/graph.SVG"), Some(Format::Svg));
        assert_eq!([of("g.dot"), of("g.mmd")], [Some(Format::Dot), Some(Format::Mermaid)]);
        assert_eq!([of("g.png"), of("svg"), of(".json")], [None, None, None]);
    }
}
