//! A row for each region and run, as BIDS writes tables.

use super::{Mask, Regions};
use crate::stats::summary::Summary;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// A region in one map.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The label of the region.
    pub index: i64,
    /// The name of the region.
    pub name: String,
    /// The name of the map: a run's name, or `all`; or one of the maps that are compared.
    pub run: String,
    /// The summary of the region's voxels in the map.
    pub summary: Summary,
}

/// Summaries of each region, and within a region of each map, from the map's name and values.
/// With a mask, voxels outside it are in no region.
///
/// # Panics
/// If a map or the mask is of another grid than the regions.
pub fn table(regions: &Regions, maps: &[(&str, &[f64])], mask: Option<&Mask>) -> Vec<Row> {
    let voxels = regions.shape().iter().product::<usize>();
    assert!(maps.iter().all(|(_, map)| map.len() == voxels), "maps of one grid");
    assert!(mask.is_none_or(|mask| mask.shape() == regions.shape()), "a mask of the grid");
    let is_inside = |voxel: &usize| mask.is_none_or(|mask| mask.inside()[*voxel]);
    let mut rows = Vec::new();
    for region in regions.iter() {
        for (run, map) in maps {
            let voxels = region.voxels.iter().copied().filter(is_inside);
            rows.push(Row {
                index: region.index,
                name: region.name.clone(),
                run: (*run).to_owned(),
                summary: Summary::from_values(voxels.map(|voxel| map[voxel])),
            });
        }
    }
    rows
}

/// The rows as tab-separated values, `n/a` for what there is none of. Reading a number gives
/// the same float64.
pub fn tsv(rows: &[Row]) -> String {
    written(rows, "run")
}

/// The table of maps that are compared, in which a row's `run` is the map.
pub fn tsv_of_maps(rows: &[Row]) -> String {
    written(rows, "map")
}

fn written(rows: &[Row], source: &str) -> String {
    let mut text =
        format!("index\tname\t{source}\tvoxels\tundefined\tmean\tmedian\tq05\tq25\tq75\tq95\n");
    for Row { index, name, run, summary } in rows {
        let Summary { voxels, undefined, distribution } = summary;
        let (name, run) = (field(name), field(run));
        let _ = write!(text, "{index}\t{name}\t{run}\t{voxels}\t{undefined}");
        match distribution {
            Some(it) => {
                for figure in [it.mean, it.median].iter().chain(&it.quantiles) {
                    // As short as can be read back, and with an exponent where that is shorter.
                    let _ = write!(text, "\t{figure:?}");
                }
            }
            None => text += &"\tn/a".repeat(6),
        }
        text.push('\n');
    }
    text
}

/// A text that is one field of a table.
fn field(text: &str) -> String {
    match text.replace(char::is_control, " ").trim() {
        "" => "n/a".to_owned(),
        text => text.to_owned(),
    }
}

/// The JSON that describes the columns of the table of a quantity without unit, such as `tSNR`;
/// `resampled` are the images that were brought to the grid, in words.
pub fn sidecar(quantity: &str, resampled: &[String]) -> String {
    let run = json!({
        "LongName": "Run",
        "Description": format!("The run whose {quantity} it is."),
        "Levels": {"all": "All runs together"},
    });
    described(quantity, "run", &run, resampled)
}

/// The description of the table of maps that are compared, each with what it is; `resampled` as of
/// [`sidecar`].
pub fn sidecar_of_maps(maps: &[(&str, &str)], resampled: &[String]) -> String {
    let levels: Map<String, Value> =
        maps.iter().map(|&(name, what)| (name.to_owned(), what.into())).collect();
    let map = json!({
        "LongName": "Map",
        "Description": "The map whose values they are.",
        "Levels": levels,
    });
    described("the map", "map", &map, resampled)
}

fn described(quantity: &str, source: &str, about_source: &Value, resampled: &[String]) -> String {
    let resampled = match resampled {
        [] => String::new(),
        images => format!(
            " Resampled to the grid, each voxel from the nearest one: {}.",
            images.join(", ")
        ),
    };
    let figure = |long_name: &str, description: &str| {
        let description =
            format!("{description} of {quantity} over the region's voxels where it is defined.");
        json!({"LongName": format!("{long_name} {quantity}"), "Description": description, "Units": "1"})
    };
    let quantile = |percent: &str| {
        figure(
            &format!("{percent} % quantile of"),
            &format!("{percent} % quantile (linear between the nearest two values)"),
        )
    };
    let columns = json!({
        "index": {
            "LongName": "Index of the region",
            "Description": "Value of the region's voxels in the label image; of slices their \
                            number from 0, of probability maps theirs from 1, of the whole grid \
                            or mask 1.",
        },
        "name": {"LongName": "Name of the region", "Description": "Name of the region."},
        source: about_source,
        "voxels": {
            "LongName": "Number of voxels",
            "Description": format!("Voxels of the region, in the mask if there is one.{resampled}"),
            "Units": "1",
        },
        "undefined": {
            "LongName": "Number of undefined voxels",
            "Description": format!("Those of the region's voxels where {quantity} is not defined."),
            "Units": "1",
        },
        "mean": figure("Mean", "Arithmetic mean"),
        "median": figure("Median", "Median"),
        "q05": quantile("5"),
        "q25": quantile("25"),
        "q75": quantile("75"),
        "q95": quantile("95"),
    });
    format!("{columns:#}\n")
}
