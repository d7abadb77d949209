//! The maps of a comparison: A and B in the same slices and colours, side by side or in turn, and what
//! lies between them.

use super::drawn::{Drawn, height_of_voxel};
use super::page::TSNR;
use crate::diff::DiffRecord;
use crate::error::Result;
use crate::markup::{base64, escaped};
use crate::numbers::figure;
use crate::pictures::{Colormap, Crop, Grid, Range, Slices, View, Volume, pixels};
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use std::fmt::Write;

/// The most slices that are shown of each view.
const MOST: [(View, usize); 2] = [(View::Axial, 21), (View::Sagittal, 7)];
/// How A and B are shown, in the order of the switch; the first is chosen where nothing is.
const SWITCH: [(&str, &str); 4] =
    [("side", "side by side"), ("a", "A"), ("b", "B"), ("turn", "A and B in turn")];

/// The slices of all maps.
struct ComparedMaps<'a> {
    grid: &'a Grid,
    head: Crop,
    /// View and index of each, and what stands below it.
    tiles: Vec<(View, usize, String)>,
}

/// The section, which needs no script: a switch is made of style alone.
///
/// # Errors
/// A picture too large to be drawn.
pub(super) fn section(page: &mut String, record: &DiffRecord, grid: &Grid) -> Result<()> {
    let pairs = &record.pairs;
    let seen = ComparedMaps::new(grid, &pairs.difference)?;
    let range = Range::from_zero(&pairs.a).union(Range::from_zero(&pairs.b));
    let [a, b] = [("A", &record.a.name, &pairs.a), ("B", &record.b.name, &pairs.b)].map(
        |(letter, name, values)| Drawn {
            title: format!("{letter}: {name}"),
            label: TSNR,
            values,
            colormap: Colormap::Viridis,
            range,
        },
    );
    let place = if grid.is_oriented() { ", and where its centre lies, in mm" } else { "" };
    let _ = write!(
        page,
        "<h2>A and B</h2>\n<p class=\"faint\">The same slices and the same colours. {} Below each slice: \
         its index along the voxel axis{place}.</p>\n<div class=\"pair\">",
        grid.sides_in_words()
    );
    for (number, (id, words)) in SWITCH.iter().enumerate() {
        let checked = if number == 0 { " checked" } else { "" };
        let _ = write!(
            page,
            "<input type=\"radio\" name=\"pair\" id=\"pair-{id}\"{checked}><label for=\"pair-{id}\">\
             {words}</label>"
        );
    }
    *page += "<div class=\"stage\">";
    for (class, map) in [("of-a", &a), ("of-b", &b)] {
        figure_of(page, &seen, map, class)?;
    }
    *page += "</div></div>\n<h2>What lies between them</h2>\n";
    let difference = Drawn {
        title: "B - A".to_owned(),
        label: "tSNR (no unit): red where B is higher",
        values: &pairs.difference,
        colormap: Colormap::Difference,
        range: Range::symmetric(&pairs.difference, 0.0),
    };
    figure_of(page, &seen, &difference, "between")?;
    let doublings: Vec<f64> = pairs.ratio.iter().map(|ratio| ratio.log2()).collect();
    let ratio = Drawn {
        title: "B / A".to_owned(),
        label: "log2(B / A): 0 alike, 1 twice as high, -1 half as high",
        values: &doublings,
        colormap: Colormap::Difference,
        range: Range::symmetric(&doublings, 0.0),
    };
    figure_of(page, &seen, &ratio, "between")
}

impl<'a> ComparedMaps<'a> {
    /// Slices evenly spread over what is compared, with the axial one that changed most.
    fn new(grid: &'a Grid, difference: &[f64]) -> Result<ComparedMaps<'a>> {
        let map = Volume::new(grid, difference)?;
        let head = Crop::of_values(&map);
        let mut tiles = Vec::new();
        for (view, most) in MOST {
            let axis = view.voxel_axis(grid);
            let all = Slices::All.indices(view, &map)?.into_iter();
            let has_value = |index: &usize| {
                let plane = map.plane_within(&head, view, *index);
                plane.values.iter().any(|value| value.is_finite())
            };
            let all: Vec<usize> = all.filter(has_value).collect();
            if view != View::Axial && all.len() < 3 {
                continue;
            }
            let count = all.len().min(most);
            let mut chosen: Vec<usize> =
                (0..count).map(|part| all[(2 * part + 1) * all.len() / (2 * count)]).collect();
            let change = |index: usize| {
                let plane = map.plane_within(&head, view, index);
                quantiles(&plane.values, [0.5]).map_or(0.0, |[median]| median.abs())
            };
            let most_changed = all.iter().copied().max_by(|a, b| change(*a).total_cmp(&change(*b)));
            if let Some(slice) = most_changed.filter(|it| !chosen.contains(it))
                && let Some(nearest) = (0..count).min_by_key(|&at| chosen[at].abs_diff(slice))
            {
                chosen[nearest] = slice;
            }
            let label = |index: usize| match grid.is_oriented() {
                true => format!("{index}: {} = {}", view.axis_name(), grid.place(axis, index)),
                false => index.to_string(),
            };
            tiles.extend(chosen.into_iter().map(|index| (view, index, label(index))));
        }
        Ok(ComparedMaps { grid, head, tiles })
    }
}

fn figure_of(page: &mut String, seen: &ComparedMaps, drawn: &Drawn, class: &str) -> Result<()> {
    let volume = Volume::new(seen.grid, drawn.values)?;
    let _ = write!(
        page,
        "<figure class=\"{class}\"><figcaption><b>{}</b> {} {} {} {}</figcaption>\n<div class=\"tiles\">",
        escaped(&drawn.title),
        figure(drawn.range.low()),
        drawn.bar(),
        figure(drawn.range.high()),
        escaped(drawn.label)
    );
    for (number, (view, index, label)) in seen.tiles.iter().enumerate() {
        let plane = volume.plane_within(&seen.head, *view, *index);
        let (columns, rows) = (plane.columns.max(1), plane.rows.max(1));
        let tall = rows as f64 * height_of_voxel(*view, seen.grid);
        let is_first = number == 0 || seen.tiles[number - 1].0 != *view;
        if is_first && number > 0 {
            // Each view begins a row.
            *page += "</div><div class=\"tiles\">";
        }
        let [left, right] = if is_first { view.sides(seen.grid) } else { ["", ""] };
        let side = |side: &str| match side {
            "" => String::new(),
            side if seen.grid.is_oriented() => format!("<b class=\"side\">{side}</b>"),
            side => format!("<b class=\"side unsure\">{side}</b>"),
        };
        let _ = write!(
            page,
            "<div><svg viewBox=\"0 0 {columns} {tall:.2}\" role=\"img\" aria-label=\"{}, {} slice {index}\">\
             <rect class=\"void\" width=\"{columns}\" height=\"{tall:.2}\"/><image width=\"{columns}\" \
             height=\"{tall:.2}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{}\"/></svg>\
             <span>{}{}{}</span></div>",
            escaped(&drawn.title),
            view.name(),
            base64(&pixels(&plane.values, columns, drawn.colormap, drawn.range)),
            side(left),
            escaped(label),
            side(right)
        );
    }
    *page += "</div></figure>\n";
    Ok(())
}
