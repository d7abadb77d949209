//! The tables of a page: runs, regions, inputs, time.

use crate::markup::escaped;
use crate::nuisance::Use;
use crate::numbers::{self, figure, mebibytes, seconds, share};
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

/// A figure, or that it is not known.
pub(super) fn known(value: Option<f64>) -> String {
    value.filter(|it| it.is_finite()).map_or("–".to_owned(), figure)
}

pub(super) fn runs(runs: &[RunRecord]) -> String {
    let row = |run: &RunRecord| {
        let count = |kind| numbers::count(run.count(kind));
        [
            run.name.clone(),
            numbers::count(run.uses.len()),
            count(Use::Used),
            count(Use::Dummy),
            count(Use::Censored),
            count(Use::NotChosen),
            run.tr_seconds.map_or("–".to_owned(), |it| it.to_string()),
            (run.regressors.len() - run.dependent_regressors.len()).to_string(),
            known(run.median_tsnr),
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
            [quantile(1), distribution.map(|it| it.median), quantile(2)].map(known);
        let voxels = region.summary.voxels - region.summary.undefined;
        [region.name.clone(), region.run.clone(), numbers::count(voxels), q25, median, q75]
    };
    table(["region", "run", "voxels", "25%", "median", "75%"], regions.iter().map(row))
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

pub(super) fn inputs(runs: &[RunRecord]) -> String {
    let files = runs.iter().flat_map(|run| &run.files);
    let row = |file: &FileRecord| {
        [file.path.display().to_string(), mebibytes(file.bytes as f64), file.header_sha256.clone()]
    };
    let table = table(["file", "size", "SHA-256 of the header"], files.map(row));
    format!("<div class=\"inputs\">{table}</div>\n")
}
