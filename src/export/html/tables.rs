//! The tables of a page: runs, regions, inputs, time.

use crate::markup::{escaped, mebibytes, seconds};
use crate::nuisance::Use;
use crate::record::{FileRecord, RunRecord};
use crate::regions::Row;
use std::fmt::Write;
use taskgraph::profile::{Profile, What};

/// A table with a heading for each column; cells are escaped here.
pub(super) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let cells = |cells: &[String], tag: &str| -> String {
        cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect()
    };
    let mut text = "<div class=\"scroll\"><table>\n<thead><tr>".to_owned();
    text += &cells(&headings.map(str::to_owned), "th");
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

/// A number, or that it is not known.
pub(super) fn known(value: Option<f64>, decimals: usize) -> String {
    value.filter(|it| it.is_finite()).map_or("–".to_owned(), |it| format!("{it:.decimals$}"))
}

pub(super) fn runs(runs: &[RunRecord]) -> String {
    let row = |run: &RunRecord| {
        let count = |kind| run.count(kind).to_string();
        [
            run.name.clone(),
            run.uses.len().to_string(),
            count(Use::Used),
            count(Use::Dummy),
            count(Use::Censored),
            count(Use::NotChosen),
            known(run.tr_seconds, 3),
            (run.regressors.len() - run.dependent_regressors.len()).to_string(),
            known(run.median_tsnr, 1),
        ]
    };
    table(
        [
            "run",
            "volumes",
            "used",
            "dropped",
            "censored",
            "not chosen",
            "TR (s)",
            "regressors",
            "median tSNR",
        ],
        runs.iter().map(row),
    )
}

pub(super) fn regions(regions: &[Row]) -> String {
    let row = |region: &Row| {
        let distribution = region.summary.distribution;
        let quantile = |number: usize| distribution.map(|it| it.quantiles[number]);
        let [q25, median, q75] =
            [quantile(1), distribution.map(|it| it.median), quantile(2)].map(|it| known(it, 1));
        let voxels = region.summary.voxels - region.summary.undefined;
        [region.name.clone(), region.run.clone(), voxels.to_string(), q25, median, q75]
    };
    table(["region", "run", "voxels", "25%", "median", "75%"], regions.iter().map(row))
}

pub(super) fn phases(profile: &Profile) -> String {
    let wall = profile.wall_seconds.max(1e-9);
    let row =
        |name: &str, of: f64| [name.to_owned(), seconds(of), format!("{:.0}%", 100.0 * of / wall)];
    let phases = profile.spans.iter().filter_map(|span| match span.what {
        What::Phase(name) => Some(row(name, span.seconds)),
        What::Task { .. } => None,
    });
    table(["what", "time", "share"], phases.chain([row("all of it", profile.wall_seconds)]))
}

pub(super) fn inputs(runs: &[RunRecord]) -> String {
    let files = runs.iter().flat_map(|run| &run.files);
    let row = |file: &FileRecord| {
        [file.path.display().to_string(), mebibytes(file.bytes as f64), file.header_sha256.clone()]
    };
    let table = table(["file", "size", "SHA-256 of the header"], files.map(row));
    format!("<div class=\"inputs\">{table}</div>\n")
}
