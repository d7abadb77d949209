//! A picture of the difference of two maps.

use crate::diff::DiffRecord;
use crate::error::Result;
use crate::export::words::grid;
use crate::pictures::{Colormap, Look, Range, Slices, View, Volume, mosaic};

/// The slices of the difference as a PNG.
///
/// # Errors
/// A picture too large to be drawn.
pub fn slide(record: &DiffRecord) -> Result<Vec<u8>> {
    let (grid, difference) = (grid(&record.geometry), &record.pairs.difference);
    let look = Look {
        title: format!("{} - {}", record.b.name, record.a.name),
        label: "difference of tSNR (no unit): red where the second is higher".to_owned(),
        colormap: Colormap::Difference,
        range: Range::symmetric(difference, 0.0),
        views: vec![View::Axial],
        slices: Slices::All,
    };
    mosaic::png(&Volume::new(&grid, difference)?, &look)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::tests::record;

    #[test]
    fn the_picture_is_a_png() {
        let picture = slide(&record([None, None])).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
        assert_eq!(reader.info().width, 1600);
    }
}
