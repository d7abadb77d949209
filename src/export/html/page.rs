//! The page of a session, from the verdict down to the provenance.

use super::data_element;
use super::histogram::{self, Histogram};
use super::{by_slice, over_time, tables};
use crate::error::Result;
use crate::export::graph::Subject;
use crate::export::words::{grid, quoted, reasons};
use crate::export::{Context, date, json, sentence};
use crate::findings::between_runs::variance;
use crate::findings::{Finding, Severity};
use crate::formats::Geometry;
use crate::maps::{self, MapKind, RUN_TSNR};
use crate::markup::{self, base64, escaped};
use crate::nuisance::Use;
use crate::numbers::{count, counted, figure, mebibytes, seconds, share};
use crate::pictures::{Colormap, Grid, Look, Range, Room, Slices, View, Volume, mosaic};
use crate::record::{Record, short_names};
use std::fmt::Write;
use std::num::NonZeroUsize;
use taskgraph::drawing::{Coloring, Format};

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

/// How the maps are looked at, where that was chosen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// From where slices are seen, each once.
    pub views: Vec<View>,
    /// Which slices of each view are shown of the maps of all runs together.
    pub slices: Option<Slices>,
    /// The tSNR at the ends of the colours.
    pub range: Option<Range>,
    /// The colours of the tSNR.
    pub colormap: Colormap,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { views: vec![View::Axial], slices: None, range: None, colormap: Colormap::Viridis }
    }
}

/// The page, as the text of an HTML file.
///
/// # Errors
/// Slices that the grid does not have.
///
/// # Panics
/// If the record lacks the maps of mean and std: its recipe asks for them with
/// [`is_reported`](crate::recipe::Computing::is_reported).
pub fn page(record: &Record, shown: &Shown, context: &Context) -> Result<String> {
    let grid = grid(&record.geometry);
    let made = |kind: MapKind| -> Vec<f64> {
        record.maps.get(kind).expect("a page needs mean and std").values().to_vec()
    };
    let (mut mean, mut std) = (made(maps::MEAN), made(maps::STD));
    // Where a voxel is always 0, there is nothing in any of the maps.
    for (mean, std) in mean.iter_mut().zip(&mut std) {
        if *mean == 0.0 && *std == 0.0 {
            (*mean, *std) = (f64::NAN, f64::NAN);
        }
    }
    let (tsnr, mean, std) = (
        volume(record, &grid, record.maps.tsnr())?,
        volume(record, &grid, &mean)?,
        volume(record, &grid, &std)?,
    );
    let names = short_names(&record.runs);
    let mut runs: Vec<(&str, Volume)> = Vec::new();
    for (map, name) in record.maps.of_kind(RUN_TSNR).zip(&names) {
        runs.push((name, volume(record, &grid, map.values())?));
    }

    let mut page = head(&record.title());
    verdict(&mut page, record, context);
    if tsnr.values().iter().any(|value| value.is_finite()) {
        maps(&mut page, shown, &grid, [&tsnr, &mean, &std])?;
        if runs.len() < 2 {
            // The one map has been drawn.
            runs.clear();
        } else {
            single_runs(&mut page, shown, &tsnr, &runs)?;
        }
        distribution(&mut page, &tsnr, &runs);
        let of_runs: Vec<(&str, &[f64])> =
            runs.iter().map(|(name, volume)| (*name, volume.values())).collect();
        if let Some(chart) = by_slice::chart(&grid, tsnr.values(), &of_runs) {
            let _ = write!(page, "<h2>tSNR by slice</h2>\n{chart}");
        }
    }
    page += "<h2>Over time</h2>\n";
    page += &over_time::charts(&record.runs);
    page += "<h2>Runs</h2>\n";
    page += &tables::runs(&record.runs);
    if record.recipe.regions.is_any_named() {
        page += "<h2>Regions</h2>\n";
        page += &tables::regions(&record.regions);
    }
    if !context.is_reproducible {
        computation(&mut page, record);
    }
    provenance(&mut page, record, &grid, context);
    page += &data_element(&json::embedded(record, context));
    page += "</body>\n</html>\n";
    Ok(page)
}

/// Refuses slices that a grid does not have.
///
/// # Errors
/// The first of them.
pub fn check_slices(geometry: &Geometry, shown: &Shown) -> Result<()> {
    let Some(slices) = &shown.slices else { return Ok(()) };
    let grid = grid(geometry);
    shown.views.iter().try_for_each(|view| slices.check(*view, &grid))
}

/// A map in the mask of a record.
fn volume<'a>(record: &Record, grid: &'a Grid, values: &'a [f64]) -> Result<Volume<'a>> {
    let volume = Volume::new(grid, values)?;
    match &record.mask {
        Some(mask) => volume.within(mask.mask.inside()),
        None => Ok(volume),
    }
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

fn verdict(page: &mut String, record: &Record, context: &Context) {
    let (volumes, used) = (record.volumes(), record.volumes_used);
    let date = match context.is_reproducible {
        true => String::new(),
        false => format!(", {}", date::date(record.provenance.began)),
    };
    let _ = writeln!(
        page,
        "<p class=\"faint\">tSNR of {}, {} as defined by <b>{}</b>. tsnr {}{}.</p>",
        counted(record.runs.len(), "run"),
        counted(volumes, "volume"),
        escaped(&record.definition.title()),
        escaped(record.provenance.version),
        escaped(&date)
    );
    let names: Vec<String> =
        record.findings_from(Severity::Warning).map(|it| escaped(it.name)).collect();
    if record.counts.defined == 0 {
        *page +=
            "<p class=\"verdict look\">Look at: no voxel has a tSNR, so no map is drawn.</p>\n";
    } else if names.is_empty() {
        *page += "<p class=\"verdict\">Nothing was found of what was looked for.</p>\n";
    } else {
        let _ = writeln!(page, "<p class=\"verdict look\">Look at: {}.</p>", names.join(", "));
    }
    let _ = writeln!(
        page,
        "<p>Looked for: {}. Nothing else was: whether the data are sound is for who looks at the \
         maps and at the courses over time.</p>",
        escaped(&record.looked_for.join("; "))
    );
    if record.mask.is_none() && record.counts.defined > 0 {
        *page += "<p class=\"faint\">No mask was given: the figures are of every voxel that varies, \
                  in the brain or not. The mask <code>auto</code> finds the brain.</p>\n";
    }
    *page += "<div class=\"figures\">";
    let place = record.place();
    match record.summary().distribution {
        Some(it) => {
            let ([q05, q25, q75, q95], median) = (it.quantiles, it.median);
            key_figure(page, &figure(median), "median tSNR", &place);
            key_figure(
                page,
                &format!("{} to {}", figure(q25), figure(q75)),
                "half of the voxels",
                &format!("90% from {} to {}", figure(q05), figure(q95)),
            );
            let undefined = count(record.counts.undefined());
            let voxels = count(record.counts.defined);
            key_figure(page, &voxels, "voxels", &format!("{undefined} undefined"));
        }
        None => key_figure(page, "none", "median tSNR", "no voxel is defined"),
    }
    key_figure(
        page,
        &count(record.runs.len()),
        if record.runs.len() == 1 { "run" } else { "runs" },
        "",
    );
    let left_out =
        [(Use::Dummy, "dropped"), (Use::Censored, "censored"), (Use::NotChosen, "not chosen")];
    let left_out: Vec<String> = left_out
        .into_iter()
        .filter(|(kind, _)| record.count(*kind) > 0)
        .map(|(kind, word)| format!("{} {word}", count(record.count(kind))))
        .collect();
    key_figure(
        page,
        &format!("{} of {}", count(used), count(volumes)),
        "volumes used",
        &left_out.join(", "),
    );
    if let Some(between) = &record.between_runs {
        let medians = format!(
            "median {}; without it {}",
            figure(between.concat_median),
            figure(between.demean_median)
        );
        let share = share(between.share);
        let of_what =
            format!("of {} lies between runs", variance(record.definition.fits_something()));
        key_figure(page, &share, &of_what, &medians);
    }
    *page += "</div>\n";
    findings(page, &record.findings);
    let _ = writeln!(
        page,
        "<p>{}</p>\n<p class=\"formula\">{}</p>",
        escaped(&sentence::sentence(record)),
        escaped(&sentence::line(record))
    );
}

/// The findings as lists: warnings with what to do, then notes.
pub(super) fn findings(page: &mut String, findings: &[Finding]) {
    let (warnings, notes): (Vec<_>, Vec<_>) =
        findings.iter().partition(|it| it.severity >= Severity::Warning);
    for (class, findings) in [("warnings", warnings), ("notes faint", notes)] {
        if findings.is_empty() {
            continue;
        }
        let _ = writeln!(page, "<ul class=\"{class}\">");
        for finding in findings {
            let [name, text, remedy] = [finding.name, &finding.text, &finding.remedy].map(escaped);
            let _ = write!(page, "<li><b>{name}</b>: {text}");
            if !remedy.is_empty() {
                let _ = write!(page, "<br><span class=\"faint\">What to do: {remedy}</span>");
            }
            *page += "</li>\n";
        }
        *page += "</ul>\n";
    }
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

fn maps(
    page: &mut String,
    shown: &Shown,
    grid: &Grid,
    [tsnr, mean, std]: [&Volume; 3],
) -> Result<()> {
    let Shown { views, slices, range, colormap } = shown;
    let so_many = |number| NonZeroUsize::new(number).map_or(Slices::All, Slices::Count);
    let (all, some) = match (slices, &views[..]) {
        (Some(slices), _) => (slices.clone(), slices.clone()),
        (None, [view]) => {
            let depth = grid.shape[view.voxel_axis(grid)];
            (Slices::All, so_many(depth.div_ceil(2)))
        }
        (None, _) => (so_many(SLICES_OF_A_VIEW), so_many(SLICES_OF_A_VIEW / 2)),
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
    let place = if grid.is_oriented() { ", and where its centre lies, in mm" } else { "" };
    let _ = writeln!(
        page,
        "<p class=\"faint\">{} Above each slice: its index along the voxel axis{place}.</p>",
        grid.sides_in_words()
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
    let all = Histogram::from_values(tsnr.values(), bins);
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
            .map(|(name, volume)| (*name, Histogram::from_values(volume.values(), bins)))
            .collect();
        *page += &histogram::of_runs(&runs, &all, TSNR);
        *page += "<p class=\"faint\">The outline is the distribution of all runs together.</p>\n";
    }
}

fn computation(page: &mut String, record: &Record) {
    let Some(profile) = &record.timings.profile else { return };
    let subject = Subject::from_record(record);
    let picture = subject.picture(Coloring::Kind).with_seconds(profile.task_seconds());
    // As a picture of its own, so that its style and the page's do not mix.
    let _ = writeln!(
        page,
        "<h2>Computation</h2>\n<div class=\"scroll\"><img class=\"graph\" alt=\"The task graph: \
         what was computed from what\" src=\"data:image/svg+xml;base64,{}\"></div>",
        base64(picture.text(Format::Svg).as_bytes())
    );
    *page += &tables::phases(profile);
}

/// Where the voxel axes lead, in letters.
pub(super) fn directions(grid: &Grid) -> String {
    if grid.is_oriented() { grid.orientation().codes() } else { "unknown".to_owned() }
}

fn provenance(page: &mut String, record: &Record, grid: &Grid, context: &Context) {
    let provenance = &record.provenance;
    let [x, y, z] = grid.shape;
    let [dx, dy, dz] = grid.voxel_sizes();
    let rows = grid.affine.map(|row| row.map(|it| format!("{it:.4}")).join(" "));
    let undefined: Vec<String> = reasons(record.counts)
        .iter()
        .map(|(voxels, reason)| format!("{} {reason}", count(*voxels)))
        .collect();
    let mut entries = vec![("program", format!("tsnr {}", provenance.version))];
    if !context.is_reproducible {
        let peak = provenance.peak_bytes;
        entries.extend([
            ("command", quoted(&context.command)),
            ("date", date::date(provenance.began)),
            (
                "computed by",
                format!("{} mode on {}", provenance.mode, counted(provenance.threads, "thread")),
            ),
            ("wall time", seconds(provenance.seconds)),
            ("most memory held", peak.map_or("not known".to_owned(), |it| mebibytes(it as f64))),
        ]);
    }
    let definition = format!("{}: {}", record.definition.title(), sentence::line(record));
    entries.extend([
        ("definition", definition),
        ("grid", format!("{x} x {y} x {z} voxels of {dx:.2} x {dy:.2} x {dz:.2} mm")),
        ("voxel axes lead to", directions(grid)),
        ("affine (mm)", rows.join("; ") + if grid.is_oriented() { "" } else { " (a guess)" }),
        ("looked at", record.place()),
    ]);
    if !undefined.is_empty() {
        entries.push(("undefined voxels", undefined.join(", ")));
    }
    *page += "<h2>Provenance</h2>\n";
    *page += &tables::entries(entries);
    *page += &tables::inputs(&record.runs);
}
