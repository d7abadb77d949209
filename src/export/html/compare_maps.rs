//! One page about two maps of one grid: before and after a correction, two protocols, two days.
//!
//! Both the difference `B - A` and the ratio `B / A` are those of the second map against the first,
//! so red is where the second is higher. Only voxels count in which both maps are defined.

use super::chart::{Axis, Chart};
use super::histogram::{self, Histogram, bins};
use super::page::{TSNR, directions, head, key_figure, large_map};
use super::{data_element, tables};
use crate::error::Result;
use crate::markup::{base64, escaped};
use crate::pictures::{Colormap, Grid, Look, Range, Slices, View, Volume, pixels};
use crate::record::NamedMask;
use crate::stats::paired::Pairs;
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use serde_json::{Value, json};
use std::fmt::Write;
use std::num::NonZeroUsize;

/// Two maps, and what is known of them.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The headline.
    pub title: String,
    /// The first map, against which the second is held.
    pub a: Side,
    /// The second map.
    pub b: Side,
    /// Where the voxels of both lie.
    pub grid: Grid,
    /// Where the maps are looked at; everywhere if there is none.
    pub mask: Option<NamedMask>,
    /// By region, if an atlas was given.
    pub regions: Vec<RegionPair>,
    /// Of the program.
    pub version: String,
    /// What was typed.
    pub command_line: String,
    /// When, in words.
    pub date: String,
}

/// One of the two maps.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its name: the file's.
    pub name: String,
    /// What tSNR means in it, as far as it is recorded.
    pub definition: Option<String>,
    /// Its tSNR, the first axis fastest, NaN where undefined.
    pub tsnr: Vec<f64>,
}

/// Both maps in a region of an atlas.
#[derive(Clone, Debug)]
pub struct RegionPair {
    /// The region's name.
    pub name: String,
    /// In how many of its voxels both maps are defined.
    pub voxels: usize,
    /// The median of the first map.
    pub median_a: f64,
    /// The median of the second map.
    pub median_b: f64,
    /// The median of the differences, second less first.
    pub median_difference: f64,
    /// The median of the ratios, second by first.
    pub median_ratio: f64,
}

/// Of the scatter plot, along both axes.
const BINS: usize = 128;
const SCATTER_WIDTH: f64 = 560.0;
const SCATTER_HEIGHT: f64 = 480.0;

/// The maps where both are defined, in the mask.
fn pairs(comparison: &Comparison) -> Result<Pairs> {
    let volume = |side| {
        let volume = Volume::new(&comparison.grid, side)?;
        match &comparison.mask {
            Some(mask) => volume.within(mask.mask.inside()),
            None => Ok(volume),
        }
    };
    let (a, b) = (volume(&comparison.a.tsnr)?, volume(&comparison.b.tsnr)?);
    Ok(Pairs::of(a.values(), b.values()))
}

/// The page, as the text of an HTML file.
///
/// # Errors
/// If a map or the mask does not have one value for each voxel of the grid.
pub fn page(comparison: &Comparison) -> Result<String> {
    let pairs = pairs(comparison)?;
    let mut page = head(&comparison.title);
    let summaries = summaries(&pairs);
    verdict(&mut page, comparison, &pairs, &summaries);
    if summaries[2].1 > 0 {
        maps(&mut page, comparison, &pairs)?;
        let sides = comparison.grid.sides_in_words();
        let _ = writeln!(page, "<p class=\"faint\">{sides}</p>");
        page += "<h2>Voxel by voxel</h2>\n";
        page += &scatter(&pairs);
        let _ = write!(
            page,
            "<h2>Distribution of the difference</h2>\n<div class=\"scroll\">{}</div>\n",
            histogram::overall(
                &Histogram::of(&pairs.difference, bins([&pairs.difference[..]])),
                "difference of tSNR, B - A (no unit)",
                "all voxels compared",
            )
        );
    }
    if !comparison.regions.is_empty() {
        page += "<h2>Regions</h2>\n";
        page += &regions(&comparison.regions);
    }
    provenance(&mut page, comparison, &pairs);
    page += &data_element(&all_figures(comparison, &summaries).to_string());
    page += "</body>\n</html>\n";
    Ok(page)
}

/// What is summarised, how many values, and their quantiles.
type Summary = (&'static str, usize, Option<[f64; 5]>);

fn summaries(pairs: &Pairs) -> [Summary; 4] {
    let all =
        [("A", &pairs.a), ("B", &pairs.b), ("B - A", &pairs.difference), ("B / A", &pairs.ratio)];
    all.map(|(name, values)| {
        let count = values.iter().filter(|it| it.is_finite()).count();
        (name, count, quantiles(values, [0.05, 0.25, 0.5, 0.75, 0.95]))
    })
}

fn verdict(page: &mut String, comparison: &Comparison, pairs: &Pairs, summaries: &[Summary; 4]) {
    let (a, b) = (&comparison.a, &comparison.b);
    let _ = writeln!(
        page,
        "<p class=\"faint\">tsnr {}, {}.</p>\n<dl><dt>A</dt><dd>{}</dd><dt>B</dt><dd>{}</dd></dl>",
        escaped(&comparison.version),
        escaped(&comparison.date),
        escaped(&a.name),
        escaped(&b.name)
    );
    let definition = |side: &Side| match &side.definition {
        Some(definition) => escaped(definition),
        None => "not recorded".to_owned(),
    };
    let words = match (&a.definition, &b.definition) {
        (Some(first), Some(second)) if first == second => {
            format!("<p>Both are defined as: {}</p>", escaped(first))
        }
        _ => format!(
            "<p class=\"verdict look\">Look at: the maps may not mean the same.</p>\n\
             <p>A is defined as: {}<br>B is defined as: {}</p>",
            definition(a),
            definition(b)
        ),
    };
    *page += &words;
    *page += "\n<div class=\"figures\">";
    let median = |number: usize| summaries[number].2.map(|quantiles| quantiles[2]);
    let middle = |number: usize| match summaries[number].2 {
        Some([_, q25, _, q75, _]) => format!("half from {q25:.2} to {q75:.2}"),
        None => "no voxel is defined in both".to_owned(),
    };
    for (number, name, decimals) in [
        (0, "median of A", 1),
        (1, "median of B", 1),
        (2, "median of B - A", 2),
        (3, "median of B / A", 3),
    ] {
        key_figure(page, &tables::known(median(number), decimals), name, &middle(number));
    }
    let higher = pairs.higher_count();
    let count = summaries[2].1;
    let share = format!("{:.0}%", 100.0 * higher as f64 / count.max(1) as f64);
    key_figure(page, &share, "of the voxels higher in B", &format!("of {count} compared"));
    *page += "</div>\n";
    let row = |(name, count, quantiles): &Summary| {
        let text = |it: usize| tables::known(quantiles.map(|quantiles| quantiles[it]), 3);
        [(*name).to_owned(), count.to_string(), text(0), text(1), text(2), text(3), text(4)]
    };
    *page += &tables::table(
        ["tSNR", "voxels", "5%", "25%", "median", "75%", "95%"],
        summaries.iter().map(row),
    );
}

fn maps(page: &mut String, comparison: &Comparison, pairs: &Pairs) -> Result<()> {
    let grid = &comparison.grid;
    let depth = grid.shape[View::Axial.voxel_axis(grid)];
    let half = NonZeroUsize::new(depth.div_ceil(2)).map_or(Slices::All, Slices::Count);
    let mut map = |title: &str, label: &str, values: &[f64], colormap, range, slices: &Slices| {
        let look = Look {
            title: title.to_owned(),
            label: label.to_owned(),
            colormap,
            range,
            views: vec![View::Axial],
            slices: slices.clone(),
        };
        large_map(page, &Volume::new(grid, values)?, &look)
    };
    let range = Range::symmetric(&pairs.difference, 0.0);
    let label = "B - A (no unit): red where B is higher";
    map("Difference", label, &pairs.difference, Colormap::Difference, range, &Slices::All)?;
    let doublings: Vec<f64> = pairs.ratio.iter().map(|ratio| ratio.log2()).collect();
    let range = Range::symmetric(&doublings, 0.0);
    let label = "log2(B / A): 0 alike, 1 twice as high, -1 half as high";
    map("Ratio", label, &doublings, Colormap::Difference, range, &half)?;
    let range = Range::from_zero(&pairs.a).union(Range::from_zero(&pairs.b));
    let [title_a, title_b] = [("A", &comparison.a), ("B", &comparison.b)]
        .map(|(it, side)| format!("{it}: {}", side.name));
    map(&title_a, &format!("{TSNR}, as in B"), &pairs.a, Colormap::Viridis, range, &half)?;
    map(&title_b, &format!("{TSNR}, as in A"), &pairs.b, Colormap::Viridis, range, &half)
}

/// How many voxels have which pair of values, in colours from few to many.
fn scatter(pairs: &Pairs) -> String {
    let range = bins([&pairs.a[..], &pairs.b[..]]);
    let place = |value: f64| ((range.fraction(value) * BINS as f64) as usize).min(BINS - 1);
    let mut counts = vec![0.0; BINS * BINS];
    for (a, b) in pairs.a.iter().zip(&pairs.b).filter(|(a, _)| a.is_finite()) {
        counts[(BINS - 1 - place(*b)) * BINS + place(*a)] += 1.0;
    }
    let most: f64 = counts.iter().copied().fold(1.0, f64::max);
    let logs: Vec<f64> = counts
        .iter()
        .map(|count: &f64| if *count > 0.0 { count.log10() } else { f64::NAN })
        .collect();
    let colors = Range::containing(0.0, most.log10().max(0.1));
    let picture = pixels(&logs, BINS, Colormap::Viridis, colors);
    let mut chart = Chart::new(
        SCATTER_WIDTH,
        SCATTER_HEIGHT,
        Axis { range, label: "tSNR of A (no unit)" },
        Axis { range, label: "tSNR of B (no unit)" },
        "How many voxels have which tSNR in A and in B; on the dashed line both are alike",
    );
    let [left, top, right, bottom] = chart.plot();
    chart.push(&format!(
        "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
        right - left,
        bottom - top,
        base64(&picture)
    ));
    let ends = [[range.low(); 2], [range.high(); 2]].map(|end| chart.at(end));
    chart.line("identity", ends[0], ends[1]);
    format!(
        "<div class=\"scatter\">{}</div>\n<p class=\"faint\">From violet, one voxel, to yellow, {most} \
         voxels, on a logarithmic scale. On the dashed line both are alike; above it B is higher. \
         Values beyond an end of an axis are counted at its end.</p>\n",
        chart.finish()
    )
}

fn regions(regions: &[RegionPair]) -> String {
    let row = |region: &RegionPair| {
        let [a, b] = [region.median_a, region.median_b].map(|it| tables::known(Some(it), 1));
        [
            region.name.clone(),
            region.voxels.to_string(),
            a,
            b,
            tables::known(Some(region.median_difference), 2),
            tables::known(Some(region.median_ratio), 3),
        ]
    };
    tables::table(
        ["region", "voxels", "median of A", "median of B", "median of B - A", "median of B / A"],
        regions.iter().map(row),
    )
}

fn provenance(page: &mut String, comparison: &Comparison, pairs: &Pairs) {
    let grid = &comparison.grid;
    let [x, y, z] = grid.shape;
    let [dx, dy, dz] = grid.voxel_sizes();
    let (place, voxels) = match &comparison.mask {
        Some(mask) => {
            let voxels = mask.mask.count();
            (format!("where both are defined in the mask {}", mask.name), voxels)
        }
        None => ("where both are defined".to_owned(), grid.voxel_count()),
    };
    let place = format!("{place}: {} of {voxels} voxels", pairs.count());
    let entries = [
        ("program", format!("tsnr {}", comparison.version)),
        ("command", comparison.command_line.clone()),
        ("date", comparison.date.clone()),
        ("grid", format!("{x} x {y} x {z} voxels of {dx:.2} x {dy:.2} x {dz:.2} mm")),
        ("voxel axes lead to", directions(grid)),
        ("looked at", place),
    ];
    *page += "<h2>Provenance</h2>\n";
    *page += &tables::entries(entries);
}

/// `{"schema": "tsnr-compare-maps/1", "version", "a": {"name", "definition"}, "b", "mask",
/// "summaries": [{"of": "A", "B", "B - A" or "B / A", "voxels", "q05", "q25", "median", "q75",
/// "q95"}], "regions"}`; what is not known is null.
fn all_figures(comparison: &Comparison, summaries: &[Summary; 4]) -> Value {
    let side = |side: &Side| json!({ "name": side.name, "definition": side.definition });
    let summary = |(name, count, quantiles): &Summary| {
        let at = |it: usize| quantiles.map(|quantiles| quantiles[it]);
        json!({
            "of": name,
            "voxels": count,
            "q05": at(0),
            "q25": at(1),
            "median": at(2),
            "q75": at(3),
            "q95": at(4),
        })
    };
    let region = |region: &RegionPair| {
        json!({
            "name": region.name,
            "voxels": region.voxels,
            "median_a": region.median_a,
            "median_b": region.median_b,
            "median_difference": region.median_difference,
            "median_ratio": region.median_ratio,
        })
    };
    json!({
        "schema": "tsnr-compare-maps/1",
        "version": comparison.version,
        "a": side(&comparison.a),
        "b": side(&comparison.b),
        "mask": comparison.mask.as_ref().map(|mask| &mask.name),
        "summaries": summaries.iter().map(summary).collect::<Vec<_>>(),
        "regions": comparison.regions.iter().map(region).collect::<Vec<_>>(),
    })
}
