//! The page of a session, from the verdict down to the provenance.

use super::facts::{Facts, Quartiles, Shown, Use, short_names};
use super::histogram::{self, Histogram};
use super::{by_slice, figures, over_time, tables};
use crate::error::Result;
use crate::markup::{self, base64, escaped, mebibytes, seconds};
use crate::pictures::{Colormap, Grid, Look, Range, Room, Slices, View, Volume, mosaic};
use std::fmt::Write;
use std::num::NonZeroUsize;

const STYLE: &str = include_str!("style.css");
/// What tSNR is measured in.
pub(super) const TSNR: &str = "tSNR (no unit)";
const MEAN: &str = "mean over time (unit of the data)";
const STD: &str = "standard deviation over time (unit of the data)";
/// Of a mosaic across the page, and the room of those of single runs.
const WIDTH: usize = 1060;
const TALLEST: usize = 900;
const SMALL: Room = Room { width: 330, height: 360 };
/// Where there are several views, so many slices of each are shown, so that the page stays small.
const SLICES_OF_A_VIEW: usize = 24;
/// Of a single run so many slices are shown.
const RUN_SLICES: NonZeroUsize = NonZeroUsize::new(6).expect("not 0");

/// The page, as the text of an HTML file.
///
/// # Errors
/// If a map or the mask does not have one value for each voxel of the grid.
pub fn page(facts: &Facts) -> Result<String> {
    let volume = |values| {
        let volume = Volume::new(&facts.grid, values)?;
        match &facts.mask {
            Some(mask) => volume.within(&mask.voxels),
            None => Ok(volume),
        }
    };
    let (tsnr, mean, std) =
        (volume(&facts.maps.tsnr)?, volume(&facts.maps.mean)?, volume(&facts.maps.std)?);
    let names = short_names(&facts.runs);
    let mut runs: Vec<(&str, Volume)> = Vec::new();
    for (run, name) in facts.runs.iter().zip(&names) {
        if let Some(values) = &run.tsnr {
            runs.push((name, volume(values)?));
        }
    }

    let mut page = head(&facts.title);
    verdict(&mut page, facts);
    if tsnr.values().iter().any(|value| value.is_finite()) {
        maps(&mut page, facts, [&tsnr, &mean, &std])?;
        if runs.len() < 2 {
            // The one map has been drawn.
            runs.clear();
        } else {
            single_runs(&mut page, &facts.shown, &tsnr, &runs)?;
        }
        distribution(&mut page, &tsnr, &runs);
        let of_runs: Vec<(&str, &[f64])> =
            runs.iter().map(|(name, volume)| (*name, volume.values())).collect();
        if let Some(chart) = by_slice::chart(&facts.grid, tsnr.values(), &of_runs) {
            let _ = write!(page, "<h2>tSNR by slice</h2>\n{chart}");
        }
    }
    page += "<h2>Over time</h2>\n";
    page += &over_time::charts(&facts.runs);
    page += "<h2>Runs</h2>\n";
    page += &tables::runs(&facts.runs);
    if !facts.regions.is_empty() {
        page += "<h2>Regions</h2>\n";
        page += &tables::regions(&facts.regions);
    }
    computation(&mut page, facts);
    provenance(&mut page, facts);
    page += &figures::element(&figures::figures(facts));
    page += "</body>\n</html>\n";
    Ok(page)
}

/// What a browser may load for the page: nothing but the pictures inside, and no script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A page up to its headline.
pub(super) fn head(title: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{0}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{1}{STYLE}</style></head>\n\
         <body>\n<h1>{0}</h1>\n",
        escaped(title),
        markup::STYLE
    )
}

/// A figure, what it is, and what must be known with it.
pub(super) fn key_figure(page: &mut String, value: &str, name: &str, note: &str) {
    let [value, name, note] = [value, name, note].map(escaped);
    let _ = write!(page, "<div><b>{value}</b>{name}<small>{note}</small></div>");
}

/// `one run`, `5 runs`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn verdict(page: &mut String, facts: &Facts) {
    let [volumes, used] = facts.volumes();
    let name = facts.definition.name.as_ref();
    let _ = writeln!(
        page,
        "<p class=\"faint\">tSNR of {}, {}{}. tsnr {}, {}.</p>",
        counted(facts.runs.len(), "run"),
        counted(volumes, "volume"),
        name.map_or(String::new(), |it| format!("; definition: <b>{}</b>", escaped(it))),
        escaped(&facts.provenance.version),
        escaped(&facts.provenance.date)
    );
    if facts.summary.is_none() {
        *page +=
            "<p class=\"verdict look\">Look at: no voxel has a tSNR, so no map is drawn.</p>\n";
    } else if facts.warnings.is_empty() {
        *page += "<p class=\"verdict\">Nothing was found of what was looked for.</p>\n";
    } else {
        let names: Vec<String> = facts.warnings.iter().map(|it| escaped(&it.name)).collect();
        let _ = writeln!(page, "<p class=\"verdict look\">Look at: {}.</p>", names.join(", "));
    }
    let _ = writeln!(
        page,
        "<p>Looked for: {}. Nothing else was: whether the data are sound is for who looks at the \
         maps and at the courses over time.</p>",
        escaped(&facts.looked_for.join("; "))
    );
    if facts.mask.is_none() && facts.summary.is_some() {
        *page += "<p class=\"faint\">No mask was given: the figures are of every voxel that varies, \
                  in the brain or not. <code>--mask auto</code> finds the brain.</p>\n";
    }
    *page += "<div class=\"figures\">";
    let place = facts.place();
    match facts.summary {
        Some(Quartiles { voxels, q05, q25, median, q75, q95 }) => {
            key_figure(page, &format!("{median:.1}"), "median tSNR", &place);
            key_figure(
                page,
                &format!("{q25:.1} to {q75:.1}"),
                "half of the voxels",
                &format!("90% from {q05:.1} to {q95:.1}"),
            );
            let undefined: usize = facts.undefined.iter().map(|it| it.voxels).sum();
            key_figure(page, &voxels.to_string(), "voxels", &format!("{undefined} undefined"));
        }
        None => key_figure(page, "none", "median tSNR", "no voxel is defined"),
    }
    key_figure(
        page,
        &facts.runs.len().to_string(),
        if facts.runs.len() == 1 { "run" } else { "runs" },
        "",
    );
    let count = |kind| facts.runs.iter().map(|run| run.count(kind)).sum::<usize>();
    let left_out =
        [(Use::Dummy, "dropped"), (Use::Censored, "censored"), (Use::NotChosen, "not chosen")];
    let left_out: Vec<String> = left_out
        .into_iter()
        .filter(|(kind, _)| count(*kind) > 0)
        .map(|(kind, word)| format!("{} {word}", count(kind)))
        .collect();
    key_figure(page, &format!("{used} of {volumes}"), "volumes used", &left_out.join(", "));
    if let Some(share) = facts.between_runs_share {
        let medians = match (facts.concat_median, facts.demean_median) {
            (Some(concat), Some(demean)) => {
                format!("median {concat:.1}; without it {demean:.1}")
            }
            _ => String::new(),
        };
        let share = format!("{:.0}%", 100.0 * share);
        key_figure(page, &share, "of the variance lies between runs", &medians);
    }
    *page += "</div>\n";
    if !facts.warnings.is_empty() {
        *page += "<ul class=\"warnings\">\n";
        for warning in &facts.warnings {
            let [name, text, remedy] =
                [&warning.name, &warning.text, &warning.remedy].map(|it| escaped(it));
            let _ = write!(page, "<li><b>{name}</b>: {text}");
            if !remedy.is_empty() {
                let _ = write!(page, "<br><span class=\"faint\">What to do: {remedy}</span>");
            }
            *page += "</li>\n";
        }
        *page += "</ul>\n";
    }
    let _ = writeln!(
        page,
        "<p>{}</p>\n<p class=\"formula\">{}</p>",
        escaped(&facts.definition.sentence),
        escaped(&facts.definition.formula)
    );
}

/// A map across the page, with a heading.
pub(super) fn large_map(page: &mut String, volume: &Volume, look: &Look) -> Result<()> {
    let mut height = 0;
    for view in &look.views {
        // A few slices need not fill the page.
        height += (250 + 150 * look.slices.indices(*view, volume)?.len()).min(TALLEST);
    }
    let room = Room { width: WIDTH, height };
    let drawing = mosaic::svg(volume, look, room)?;
    let _ =
        write!(page, "<h2>{}</h2>\n<div class=\"scroll\">{drawing}</div>\n", escaped(&look.title));
    Ok(())
}

fn maps(page: &mut String, facts: &Facts, [tsnr, mean, std]: [&Volume; 3]) -> Result<()> {
    let Shown { views, slices, range, colormap } = &facts.shown;
    let views = if views.is_empty() { vec![View::Axial] } else { views.clone() };
    let count = |count| NonZeroUsize::new(count).map_or(Slices::All, Slices::Count);
    let (all, some) = match (slices, &views[..]) {
        (Some(slices), _) => (slices.clone(), slices.clone()),
        (None, [view]) => {
            let depth = facts.grid.shape[view.voxel_axis(&facts.grid)];
            (Slices::All, count(depth.div_ceil(2)))
        }
        (None, _) => (count(SLICES_OF_A_VIEW), count(SLICES_OF_A_VIEW / 2)),
    };
    let look = |title: &str, label: &str, colormap, range, slices| Look {
        title: title.to_owned(),
        label: label.to_owned(),
        colormap,
        range,
        views: views.clone(),
        slices,
    };
    let (range, label) = tsnr_range(tsnr, *range);
    large_map(page, tsnr, &look("tSNR", &label, *colormap, range, all))?;
    let place = if facts.grid.is_oriented { ", and where its centre lies, in mm" } else { "" };
    let _ = writeln!(
        page,
        "<p class=\"faint\">{} Above each slice: its index along the voxel axis{place}.</p>",
        facts.grid.sides_in_words()
    );
    let range = Range::robust(mean.values());
    large_map(page, mean, &look("Mean", MEAN, Colormap::Gray, range, some.clone()))?;
    let range = Range::robust(std.values());
    large_map(page, std, &look("Standard deviation", STD, Colormap::Magma, range, some))
}

/// The values at the ends of the colours of a map of tSNR, and what they mean.
pub fn tsnr_range(tsnr: &Volume, chosen: Option<Range>) -> (Range, String) {
    match chosen {
        Some(range) => (range, TSNR.to_owned()),
        None => {
            (Range::from_zero(tsnr.values()), format!("{TSNR}, colours end at the 98th percentile"))
        }
    }
}

fn single_runs(
    page: &mut String,
    shown: &Shown,
    all: &Volume,
    runs: &[(&str, Volume)],
) -> Result<()> {
    let own = || {
        let ranges: Vec<Range> =
            runs.iter().map(|(_, volume)| Range::from_zero(volume.values())).collect();
        Range::shared(&ranges).expect("a run at least")
    };
    let range = shown.range.unwrap_or_else(own);
    // The same slices of each, also where a run has lost its first or last.
    let slices = Slices::List(Slices::Count(RUN_SLICES).indices(View::Axial, all)?);
    *page += "<h2>tSNR of single runs</h2>\n<p class=\"faint\">The same colours mean the same in all \
              of them.</p>\n<div class=\"grid\">";
    for (name, volume) in runs {
        let look = Look {
            title: format!("tSNR of {name}"),
            label: TSNR.to_owned(),
            colormap: shown.colormap,
            range,
            views: vec![View::Axial],
            slices: slices.clone(),
        };
        let drawing = mosaic::svg(volume, &look, SMALL)?;
        let _ =
            write!(page, "<figure><figcaption>{}</figcaption>{drawing}</figure>", escaped(name));
    }
    *page += "</div>\n";
    Ok(())
}

fn distribution(page: &mut String, tsnr: &Volume, runs: &[(&str, Volume)]) {
    let sets = runs.iter().map(|(_, volume)| volume.values()).chain([tsnr.values()]);
    let bins = histogram::bins(sets);
    let all = Histogram::of(tsnr.values(), bins);
    let _ = write!(
        page,
        "<h2>Distribution of tSNR</h2>\n<div class=\"scroll\">{}</div>\n<p class=\"faint\">The dashed \
         line is the median. Values beyond an end of the axis are counted in its last bar.</p>\n",
        histogram::overall(
            &all,
            TSNR,
            if runs.is_empty() { "the run" } else { "all runs together" }
        )
    );
    if !runs.is_empty() {
        let runs: Vec<(&str, Histogram)> = runs
            .iter()
            .map(|(name, volume)| (*name, Histogram::of(volume.values(), bins)))
            .collect();
        *page += &histogram::of_runs(&runs, &all, TSNR);
        *page += "<p class=\"faint\">The outline is the distribution of all runs together.</p>\n";
    }
}

fn computation(page: &mut String, facts: &Facts) {
    *page += "<h2>Computation</h2>\n";
    if let Some(graph) = &facts.graph_svg {
        // As a picture of its own, so that its style and the page's do not mix.
        let _ = writeln!(
            page,
            "<div class=\"scroll\"><img class=\"graph\" alt=\"The task graph: what was computed from \
             what\" src=\"data:image/svg+xml;base64,{}\"></div>",
            base64(graph.as_bytes())
        );
    }
    *page += &tables::phases(facts);
}

/// Where the voxel axes lead, in letters.
pub(super) fn directions(grid: &Grid) -> String {
    if grid.is_oriented { grid.orientation().codes() } else { "unknown".to_owned() }
}

fn provenance(page: &mut String, facts: &Facts) {
    let provenance = &facts.provenance;
    let grid = &facts.grid;
    let [x, y, z] = grid.shape;
    let [dx, dy, dz] = grid.voxel_sizes();
    let rows = grid.affine.map(|row| row.map(|it| format!("{it:.4}")).join(" "));
    let undefined: Vec<String> =
        facts.undefined.iter().map(|it| format!("{} {}", it.voxels, it.reason)).collect();
    let mut entries = vec![
        ("program", format!("tsnr {}", provenance.version)),
        ("command", provenance.command_line.clone()),
        ("date", provenance.date.clone()),
        (
            "computed by",
            format!("{} mode on {}", provenance.mode, counted(provenance.threads, "thread")),
        ),
        ("wall time", seconds(provenance.wall_seconds)),
        (
            "most memory held",
            provenance.peak_bytes.map_or("not known".to_owned(), |it| mebibytes(it as f64)),
        ),
        ("definition", facts.definition.formula.clone()),
        ("grid", format!("{x} x {y} x {z} voxels of {dx:.2} x {dy:.2} x {dz:.2} mm")),
        ("voxel axes lead to", directions(grid)),
        ("affine (mm)", rows.join("; ") + if grid.is_oriented { "" } else { " (a guess)" }),
        ("looked at", facts.place()),
    ];
    if !undefined.is_empty() {
        entries.push(("undefined voxels", undefined.join(", ")));
    }
    *page += "<h2>Provenance</h2>\n";
    *page += &tables::entries(entries);
    *page += &tables::inputs(&facts.runs);
}
