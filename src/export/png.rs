//! A slide: slices of the tSNR as a PNG, with what must be known of it.

use super::html::{check_slices, oddest_slice, tsnr_range};
use super::sentence;
use super::text::{left_out, median_tsnr};
use super::words::grid;
use crate::error::Result;
use crate::maps::MEAN;
use crate::numbers::{counted, figure};
use crate::pictures::{Crop, Grid, Paper, Slices, Slide, View, Volume};
use crate::record::Record;

pub use super::html::Shown;

/// Where sagittal slices are shown beside the axial ones, so many.
const SAGITTAL: usize = 7;
/// The most slices that are shown of many, the worst among them.
const MOST_SLICES: usize = 48;

/// The ground under the map.
#[derive(Clone, Debug, Default)]
pub enum Ground {
    /// The paper.
    #[default]
    None,
    /// The mean over time.
    Mean,
    /// An image on the grid, and what it is called.
    Image(Vec<f64>, String),
}

/// Hands on the slide of a record's tSNR, all of whose slices exist, to be written.
///
/// Without the mean, which a recipe asks for with
/// [`picture_bytes`](crate::recipe::Computing::picture_bytes), it is cropped to the voxels with a
/// value, and lies on the paper.
///
/// # Errors
/// Slices that the grid does not have; those of writing.
pub fn with_slide(
    record: &Record,
    shown: &Shown,
    ground: &Ground,
    paper: Paper,
    write: impl FnOnce(&Slide) -> Result<()>,
) -> Result<()> {
    check_slices(&record.geometry, shown)?;
    let grid = grid(&record.geometry);
    let volume = Volume::new(&grid, record.maps.tsnr())?;
    let whole = record.whole.iter().find(|map| map.kind() == MEAN);
    let mean = whole.or(record.maps.get(MEAN)).map(|map| map.values());
    let inside = record.mask.as_ref().map(|it| it.mask.inside());
    let head = match mean {
        Some(mean) => Crop::of_head(&Volume::new(&grid, mean)?, inside),
        None => Crop::of_values(&volume),
    };
    let (range, mut label) = tsnr_range(&volume, shown.range);
    let ground = match ground {
        Ground::None => None,
        Ground::Mean => {
            label += if mean.is_some() { ", over the mean" } else { "" };
            mean
        }
        Ground::Image(values, name) => {
            label += &format!(", over {name}");
            Some(&values[..])
        }
    };
    let slide = Slide {
        title: format!("tSNR of {}", record.title()),
        caption: caption(record, &grid),
        software: format!("tsnr {}", record.provenance.version),
        map: &volume,
        label,
        colormap: shown.colormap,
        range,
        ground,
        inside: ground.and(inside),
        slices: slices(shown, &volume, &head, ground.is_some())?,
        head,
        paper,
    };
    slide.check()?;
    write(&slide)
}

/// Median, N, definition, and where that is.
fn caption(record: &Record, grid: &Grid) -> Vec<String> {
    let mut volumes = format!("N = {}", counted(record.volumes_used, "volume"));
    volumes += &match record.runs.len() {
        1 => String::new(),
        runs => format!(" of {}", counted(runs, "run")),
    };
    let left_out = left_out(record);
    if !left_out.is_empty() {
        volumes += &format!("; left out {left_out}");
    }
    let quartiles = record.summary().distribution.map_or(String::new(), |distribution| {
        let [_, q25, q75, _] = distribution.quantiles.map(figure);
        format!(", quartiles {q25} to {q75}")
    });
    let median = format!("median {}{quartiles}; {volumes}", median_tsnr(record));
    let mask = match &record.mask {
        Some(mask) => format!("mask {}", mask.name),
        None => "no mask".to_owned(),
    };
    let place = format!("{mask}. {}", grid.sides_in_words());
    vec![median, sentence::line(record), place]
}

/// The slices of each view, within the head: those that were asked for, or all but of a great many,
/// and of the views from the side a few.
fn slices(
    shown: &Shown,
    map: &Volume,
    head: &Crop,
    has_ground: bool,
) -> Result<Vec<(View, Vec<usize>)>> {
    let is_default = shown.views[..] == [View::Axial] && shown.slices.is_none();
    let grid = map.grid();
    // Where nothing lies under the map, slices without a value are empty.
    let is_shown = |view: View, index: usize| {
        has_ground || map.plane_within(head, view, index).values.iter().any(|it| it.is_finite())
    };
    let in_head = |view: View, most: usize| -> Result<Vec<usize>> {
        let range = head.ranges[view.voxel_axis(grid)].clone();
        let all = Slices::All.indices(view, map)?.into_iter();
        let inside: Vec<usize> = all.filter(|it| range.contains(it)).collect();
        let shown: Vec<usize> = inside.iter().copied().filter(|it| is_shown(view, *it)).collect();
        let all = if shown.is_empty() { inside } else { shown };
        let count = all.len().min(most);
        Ok((0..count).map(|part| all[(2 * part + 1) * all.len() / (2 * count)]).collect())
    };
    let mut slices = Vec::new();
    for &view in &shown.views {
        let chosen = match &shown.slices {
            // Those that are listed are meant.
            Some(Slices::List(listed)) => listed.clone(),
            Some(slices) => with_worst(slices.indices(view, map)?, view, map),
            None => with_worst(in_head(view, MOST_SLICES)?, view, map),
        };
        slices.push((view, chosen));
    }
    let is_deep = grid.shape[View::Sagittal.voxel_axis(grid)] > 1;
    if is_default && is_deep && grid.shape[View::Axial.voxel_axis(grid)] > 1 {
        slices.push((View::Sagittal, in_head(View::Sagittal, SAGITTAL)?));
    }
    Ok(slices)
}

/// Slices of the scan among which the worst one is, in the place of the one next to it.
fn with_worst(mut chosen: Vec<usize>, view: View, map: &Volume) -> Vec<usize> {
    let is_of_scan = view.voxel_axis(map.grid()) == 2;
    let [nx, ny, _] = map.grid().shape;
    let worst = is_of_scan.then(|| oddest_slice(map.values(), nx * ny)).flatten();
    if let Some(worst) = worst.filter(|it| !chosen.contains(it)) {
        let nearest = (0..chosen.len()).min_by_key(|&at| chosen[at].abs_diff(worst));
        if let Some(nearest) = nearest {
            chosen[nearest] = worst;
        }
    }
    chosen
}
