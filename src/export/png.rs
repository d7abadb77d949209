//! A slide: slices of the tSNR as a PNG.

use super::html::tsnr_range;
use super::words::grid;
use crate::error::Result;
use crate::pictures::{Look, Slices, Volume, mosaic};
use crate::record::Record;

pub use super::html::Shown;

/// The slide of a record's tSNR.
///
/// # Errors
/// Slices that the grid does not have.
pub fn slide(record: &Record, shown: &Shown) -> Result<Vec<u8>> {
    let grid = grid(&record.geometry);
    let volume = Volume::new(&grid, record.maps.tsnr())?;
    let (range, label) = tsnr_range(&volume, shown.range);
    let look = Look {
        title: format!("tSNR of {}", record.title()),
        label,
        colormap: shown.colormap,
        range,
        views: shown.views.clone(),
        slices: shown.slices.clone().unwrap_or(Slices::All),
    };
    mosaic::png(&volume, &look)
}
