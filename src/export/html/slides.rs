//! Maps as rows of slices, for print and for readers without script: of every map the same slices,
//! the same part of the head, and of every tSNR the same colours.

use super::drawn::{Drawn, height_of_voxel};
use super::seen::Seen;
use crate::error::Result;
use crate::findings::Severity;
use crate::markup::{base64, escaped};
use crate::numbers::millimetres;
use crate::pictures::{Colormap, Crop, Plane, Range, Slices, View, Volume, pixels};
use std::fmt::Write;
use std::num::NonZeroUsize;

/// How many slices of the first view, and of the others, are shown unless another number is asked for.
const FIRST: usize = 11;
const OTHERS: usize = 3;
/// The most slices that are shown of all runs together; of a great many runs it is one each.
const MOST_OF_RUNS: usize = 240;
/// More slices than this, of all maps, are not drawn.
const MOST_RUNS: usize = 500;
/// The most slices that findings name and that are put among those shown.
const MOST_NAMED: usize = 4;
/// The mean that is to show what lies in the air is raised to this power.
const ENHANCED: f64 = 0.45;

/// A slice that is shown, and where the outline of the mask lies in it.
struct Tile {
    view: View,
    index: usize,
    label: String,
    is_odd: bool,
}

/// The section.
///
/// # Errors
/// Slices that the grid does not have.
pub(super) fn section(page: &mut String, seen: &Seen) -> Result<()> {
    let tiles = tiles(seen)?;
    let outlines = Outlines::new(seen, &tiles);
    let is_grid = seen.record.geometry.points.is_none();
    let _ = write!(
        page,
        "<section id=\"pictures\"><h2>{}</h2>\n<p class=\"faint\">Every row has the same \
         slices, and every tSNR the same colours. {} Below each slice: its index along the voxel \
         axis{}.{}</p>\n",
        if is_grid { "Slices of each map" } else { "Slices below the cortex" },
        seen.grid.sides_in_words(),
        if seen.grid.is_oriented() { ", and where its centre lies, in mm" } else { "" },
        if seen.inside.is_some() { " The line is the edge of the mask." } else { "" }
    );
    *page += &outlines.definitions;
    let tsnr = |title: String, values| Drawn {
        title,
        label: "tSNR (no unit)",
        values,
        colormap: seen.shown.colormap,
        range: seen.tsnr_range,
    };
    let together = if seen.runs.is_empty() { "tSNR" } else { "tSNR of all runs together" };
    row(page, seen, &tiles, &outlines, &tsnr(together.to_owned(), seen.tsnr))?;
    let enhanced: Vec<f64> = seen.mean.iter().map(|it| it.max(0.0).powf(ENHANCED)).collect();
    let mean = Drawn {
        title: "Mean over time".to_owned(),
        label: "unit of the data",
        values: seen.mean,
        colormap: Colormap::Gray,
        range: seen.range_of(seen.mean),
    };
    row(page, seen, &tiles, &outlines, &mean)?;
    let std = Drawn {
        title: "Standard deviation over time".to_owned(),
        label: "unit of the data",
        values: seen.std,
        colormap: Colormap::Magma,
        range: seen.range_of(seen.std),
    };
    row(page, seen, &tiles, &outlines, &std)?;
    if is_grid {
        background(page, seen, &tiles, &enhanced)?;
    }
    if !seen.runs.is_empty() {
        runs(page, seen, &tiles, &outlines, &tsnr)?;
    }
    *page += "</section>\n";
    Ok(())
}

/// The runs' own maps: the same slices, fewer of them where there are many runs.
fn runs<'a>(
    page: &mut String,
    seen: &Seen<'a>,
    tiles: &[Tile],
    outlines: &Outlines,
    tsnr: &impl Fn(String, &'a [f64]) -> Drawn<'a>,
) -> Result<()> {
    let each = (MOST_OF_RUNS / seen.runs.len()).clamp(1, tiles.len());
    let is_worst = |it: &Tile| {
        let axis = it.view.voxel_axis(&seen.grid);
        axis == 2 && seen.oddest_slice().is_some_and(|odd| odd.slice == it.index)
    };
    let worst = tiles.iter().position(is_worst).unwrap_or(tiles.len() / 2);
    // The worst slice is the one that is kept.
    let chosen: Vec<usize> = match each {
        all if all == tiles.len() => (0..all).collect(),
        1 => vec![worst],
        some => {
            let mut chosen: Vec<usize> =
                (0..some).map(|part| (2 * part + 1) * tiles.len() / (2 * some)).collect();
            if !chosen.contains(&worst) {
                let nearest = (0..some).min_by_key(|&it| chosen[it].abs_diff(worst));
                chosen[nearest.expect("a slice at least")] = worst;
            }
            chosen
        }
    };
    let few: Vec<Tile> =
        chosen.iter().map(|&at| Tile { label: tiles[at].label.clone(), ..tiles[at] }).collect();
    // As many runs side by side as there is room for their slices.
    let width = (few.len() * 84).clamp(190, 1400);
    let _ = write!(page, "<div class=\"small\" style=\"--width:{width}px\">");
    for (name, values) in seen.names.iter().zip(&seen.runs).take(MOST_RUNS) {
        row(page, seen, &few, outlines, &tsnr(format!("tSNR of {name}"), values))?;
    }
    *page += "</div>\n";
    Ok(())
}

fn row(
    page: &mut String,
    seen: &Seen,
    tiles: &[Tile],
    outlines: &Outlines,
    drawn: &Drawn,
) -> Result<()> {
    let volume = Volume::new(&seen.grid, drawn.values)?;
    let _ = write!(
        page,
        "<figure class=\"slides\"><figcaption><b>{}</b>{}</figcaption>\n<div class=\"tiles\">",
        escaped(&drawn.title),
        drawn.scale()
    );
    for (number, tile) in tiles.iter().enumerate() {
        let plane = volume.plane_within(&seen.head, tile.view, tile.index);
        let is_first = number == 0 || tiles[number - 1].view != tile.view;
        let outline = outlines.of_tile(tile);
        picture(page, seen, tile, &plane, drawn, outline, is_first);
    }
    *page += "</div></figure>\n";
    Ok(())
}

/// The mean of the whole field of view, so that ghosts and wrapped signal are seen.
fn background(page: &mut String, seen: &Seen, tiles: &[Tile], enhanced: &[f64]) -> Result<()> {
    let drawn = Drawn {
        title: "Background of the mean".to_owned(),
        label: "mean, its dark end stretched; the whole field of view",
        values: enhanced,
        colormap: Colormap::Gray,
        range: Range::from_zero(enhanced),
    };
    let volume = Volume::new(&seen.grid, enhanced)?;
    let _ = write!(
        page,
        "<figure class=\"slides\"><figcaption><b>{}</b> <span class=\"faint\">{}</span></figcaption>\n\
         <div class=\"tiles\">",
        drawn.title, drawn.label
    );
    let whole = Crop::whole(&seen.grid);
    for tile in tiles.iter().step_by(2) {
        let plane = volume.plane_within(&whole, tile.view, tile.index);
        picture(page, seen, tile, &plane, &drawn, None, false);
    }
    *page += "</div></figure>\n";
    Ok(())
}

/// One slice, with its label, and the sides where it is the first of its view.
fn picture(
    page: &mut String,
    seen: &Seen,
    tile: &Tile,
    plane: &Plane,
    drawn: &Drawn,
    outline: Option<usize>,
    is_first: bool,
) {
    let (columns, rows) = (plane.columns.max(1), plane.rows.max(1));
    let tall = height_of_voxel(tile.view, &seen.grid);
    let file = pixels(&plane.values, columns, drawn.colormap, drawn.range);
    let _ = write!(
        page,
        "<div class=\"tile{}\"><svg viewBox=\"0 0 {columns} {:.2}\" role=\"img\" aria-label=\"{}: {} \
         slice {}\"><image width=\"{columns}\" height=\"{:.2}\" preserveAspectRatio=\"none\" \
         href=\"data:image/png;base64,{}\"/>",
        if tile.is_odd { " odd" } else { "" },
        rows as f64 * tall,
        escaped(&drawn.title),
        tile.view.name(),
        tile.index,
        rows as f64 * tall,
        base64(&file)
    );
    if let Some(number) = outline {
        let _ = write!(page, "<use href=\"#o{number}\" transform=\"scale(1 {tall:.4})\"/>");
    }
    *page += "</svg>";
    let sides = tile.view.sides(&seen.grid);
    let [left, right] = if is_first { sides } else { ["", ""] };
    let class = if seen.grid.is_oriented() { "side" } else { "side unknown" };
    let side = |side: &str, place| match side {
        "" => String::new(),
        side => format!("<b class=\"{class} {place}\">{side}</b>"),
    };
    let _ = write!(
        page,
        "{}{}<span>{}</span></div>",
        side(left, "at-left"),
        side(right, "at-right"),
        escaped(&tile.label)
    );
}

/// The slices that are shown: evenly spread over the head, with those that findings name and the one
/// that is oddest beside its neighbours.
fn tiles(seen: &Seen) -> Result<Vec<Tile>> {
    let grid = &seen.grid;
    let mut views = seen.shown.views.clone();
    if views[..] == [View::Axial] && seen.shown.slices.is_none() {
        views.push(View::Sagittal);
    }
    // Of a few slices of a scan the other views are but lines.
    let is_picture = |view: &View| {
        view.in_plane().into_iter().all(|body| grid.shape[grid.orientation().voxel_axis(body)] > 4)
    };
    views.retain(|view| seen.shown.views.contains(view) || is_picture(view));
    let of_scan = |view: &View| view.voxel_axis(grid) == 2;
    if !views.iter().any(of_scan) {
        views.extend(View::ALL.into_iter().filter(of_scan));
    }
    let oddest = seen.oddest_slice();
    let mut named: Vec<usize> = oddest.iter().map(|it| it.slice).collect();
    let is_marked = |slice: usize| oddest.is_none_or(|it| it.slice != slice || it.is_low());
    let warnings = seen.record.findings_from(Severity::Warning);
    for slice in warnings.filter_map(|it| it.place.as_ref()?.slice) {
        if named.len() < MOST_NAMED && !named.contains(&slice) && slice < grid.shape[2] {
            named.push(slice);
        }
    }
    let volume = Volume::new(grid, seen.tsnr)?;
    let mut tiles = Vec::new();
    for (number, view) in views.into_iter().enumerate() {
        let axis = view.voxel_axis(grid);
        let range = &seen.head.ranges[axis];
        let count = if number == 0 { FIRST } else { OTHERS };
        let mut indices = match &seen.shown.slices {
            Some(slices) => slices.indices(view, &volume)?,
            None => match NonZeroUsize::new(count.min(range.len())) {
                Some(count) => Slices::Count(count).indices(view, &volume)?,
                None => Vec::new(),
            },
        };
        let named: &[usize] = if axis == 2 { &named } else { &[] };
        for slice in named.iter().filter(|it| range.contains(it)) {
            if indices.contains(slice) {
                continue;
            }
            let free = (0..indices.len()).filter(|&it| !named.contains(&indices[it]));
            let nearest = free.min_by_key(|&it| indices[it].abs_diff(*slice));
            match (nearest, &seen.shown.slices) {
                (Some(nearest), None) => indices[nearest] = *slice,
                _ => indices.push(*slice),
            }
        }
        indices.sort_unstable();
        if grid.orientation().axes[axis].is_reversed {
            indices.reverse();
        }
        for index in indices {
            let label = match grid.is_oriented() {
                true => {
                    let at =
                        millimetres(grid.slice_position(axis, index), grid.voxel_sizes()[axis]);
                    format!("{index} · {} {at}", view.axis_name())
                }
                false => index.to_string(),
            };
            tiles.push(Tile {
                view,
                index,
                label,
                is_odd: named.contains(&index) && is_marked(index),
            });
        }
    }
    Ok(tiles)
}

/// The edges of the mask in the slices that are shown, each drawn once and used in every map.
struct Outlines {
    definitions: String,
    /// Views and slices that have one, in order.
    places: Vec<(View, usize)>,
}

impl Outlines {
    fn new(seen: &Seen, tiles: &[Tile]) -> Outlines {
        let Some(inside) = seen.inside else {
            return Outlines { definitions: String::new(), places: Vec::new() };
        };
        let values: Vec<f64> = inside.iter().map(|&it| f64::from(u8::from(it))).collect();
        let volume = Volume::new(&seen.grid, &values).expect("a mask of the grid");
        let mut definitions = "<svg class=\"defs\" aria-hidden=\"true\"><defs>".to_owned();
        let mut places = Vec::new();
        for tile in tiles {
            let plane = volume.plane_within(&seen.head, tile.view, tile.index);
            let number = places.len();
            let _ = write!(
                definitions,
                "<path id=\"o{number}\" class=\"outline\" vector-effect=\"non-scaling-stroke\" d=\"{}\"/>",
                edges(&plane)
            );
            places.push((tile.view, tile.index));
        }
        Outlines { definitions: definitions + "</defs></svg>\n", places }
    }

    fn of_tile(&self, tile: &Tile) -> Option<usize> {
        self.places.iter().position(|&place| place == (tile.view, tile.index))
    }
}

/// The borders between pixels above 0 and others, as lines of a path.
fn edges(plane: &Plane) -> String {
    let (columns, rows) = (plane.columns, plane.rows);
    let is_in = |column: isize, row: isize| {
        let is_on = (0..columns as isize).contains(&column) && (0..rows as isize).contains(&row);
        is_on && plane.values[row as usize * columns + column as usize] > 0.0
    };
    let mut path = String::new();
    let mut lines = |length: usize, others: usize, is_row: bool| {
        for line in 0..=others as isize {
            let at = |step: isize| match is_row {
                true => is_in(step, line - 1) != is_in(step, line),
                false => is_in(line - 1, step) != is_in(line, step),
            };
            let mut start = None;
            for step in 0..=length as isize {
                let is_edge = step < length as isize && at(step);
                match (start, is_edge) {
                    (None, true) => start = Some(step),
                    (Some(from), false) => {
                        let _ = match is_row {
                            true => write!(path, "M{from} {line}h{}", step - from),
                            false => write!(path, "M{line} {from}v{}", step - from),
                        };
                        start = None;
                    }
                    _ => {}
                }
            }
        }
    };
    lines(columns, rows, true);
    lines(rows, columns, false);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_of_a_mask_is_drawn_once_around_it() {
        let values = vec![0.0, 1.0, 1.0, 0.0, 1.0, 0.0];
        let path = edges(&Plane { columns: 3, rows: 2, values });
        assert_eq!(path, "M1 0h2M2 1h1M1 2h1M1 0v2M2 1v1M3 0v1");
    }
}
