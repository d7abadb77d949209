//! The plain tables of a page: inputs, time, names and what they stand for.

use crate::export::json::hexadecimal;
use crate::markup::escaped;
use crate::numbers::{count, figure, mebibytes, seconds, share};
use crate::record::{FileRecord, RunRecord};
use std::fmt::Write;
use taskgraph::profile::{Profile, What};

/// A table with a heading for each column; cells are escaped here.
pub(super) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    captioned("", headings, rows)
}

/// A table with a caption, which is escaped as the cells are.
pub(super) fn captioned<const N: usize>(
    caption: &str,
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let cells = |cells: &[String], tag: &str| -> String {
        cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect()
    };
    let caption = match caption {
        "" => String::new(),
        caption => format!("<caption>{}</caption>\n", escaped(caption)),
    };
    let mut text = format!("<div class=\"scroll\" tabindex=\"0\"><table>{caption}<thead><tr>",);
    text += &cells(&headings.map(str::to_owned), "th").replace("<th>", "<th scope=\"col\">");
    text += "</tr></thead>\n<tbody>\n";
    for row in rows {
        let _ = writeln!(text, "<tr>{}</tr>", cells(&row, "td"));
    }
    text + "</tbody></table></div>\n"
}

/// Names and what they stand for; both are escaped here.
pub(super) fn entries<'a>(entries: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let entry = |(name, value): (&str, String)| {
        format!("<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(&value))
    };
    format!("<dl>{}</dl>\n", entries.into_iter().map(entry).collect::<String>())
}

/// A figure, or that it is not known.
pub(super) fn known(value: Option<f64>) -> String {
    value.filter(|it| it.is_finite()).map_or("–".to_owned(), figure)
}

pub(super) fn phases(profile: &Profile) -> String {
    let wall = profile.wall_seconds.max(1e-9);
    let row = |name: &str, of: f64| [name.to_owned(), seconds(of), share(of / wall)];
    let phases = profile.spans.iter().filter_map(|span| match span.what {
        What::Phase(name) => Some(row(name, span.seconds)),
        What::Task { .. } => None,
    });
    table(["what", "time", "share"], phases.chain([row("all of it", profile.wall_seconds)]))
}

/// The files of each run, their size, and the hash of their voxels.
pub(super) fn inputs(runs: &[RunRecord]) -> String {
    let row = |run: &RunRecord| {
        let path = |file: &FileRecord| file.path.display().to_string();
        let files = match run.files.as_slice() {
            [] => String::new(),
            [one] => path(one),
            [first, between @ .., last] => match between.len() {
                0 => format!("{}, {}", path(first), path(last)),
                more => format!("{}, {} more, {}", path(first), count(more), path(last)),
            },
        };
        let bytes: u64 = run.files.iter().map(|file| file.bytes).sum();
        let hash = run.data_hash.map_or_else(|| "–".to_owned(), hexadecimal);
        [files, mebibytes(bytes as f64), hash]
    };
    let table = table(["file", "size", "XXH3 of the voxels"], runs.iter().map(row));
    format!("<div class=\"inputs\">{table}</div>\n")
}
