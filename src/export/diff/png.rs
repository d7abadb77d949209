//! A picture of the difference of two maps.

use super::text;
use crate::diff::DiffRecord;
use crate::error::Result;
use crate::export::words::grid;
use crate::numbers::{count, figure_or_none};
use crate::pictures::{Colormap, Crop, Paper, Range, Slices, Slide, View, Volume};

/// Hands on the slices of the difference, all of which exist, to be written.
///
/// # Errors
/// No slice with a value; those of writing.
pub fn with_slide(record: &DiffRecord, write: impl FnOnce(&Slide) -> Result<()>) -> Result<()> {
    let (grid, difference) = (grid(&record.geometry), &record.pairs.difference);
    let map = Volume::new(&grid, difference)?;
    let head = Crop::of_values(&map);
    let has_value =
        |index: &usize| map.plane(View::Axial, *index).values.iter().any(|value| value.is_finite());
    let axial = Slices::All.indices(View::Axial, &map)?.into_iter().filter(has_value).collect();
    let [a, b, difference_median] = [0, 1, 2]
        .map(|it| figure_or_none(record.whole.summaries[it].distribution.map(|them| them.median)));
    let place = record.mask.as_ref().map_or("no mask".to_owned(), |it| format!("mask {}", it.name));
    let slide = Slide {
        title: format!("{} - {}", record.b.name, record.a.name),
        caption: vec![
            format!(
                "medians: {b} (B), {a} (A), difference {difference_median}; {} of {} voxels compared",
                count(record.counts.both),
                count(record.counts.voxels)
            ),
            text::definition(record),
            format!("{place}. {}", grid.sides_in_words()),
        ],
        software: format!("tsnr {}", record.provenance.version),
        label: "difference of tSNR (no unit): red where the second is higher".to_owned(),
        colormap: Colormap::Difference,
        range: Range::symmetric(difference, 0.0),
        ground: None,
        inside: None,
        slices: vec![(View::Axial, axial)],
        map: &map,
        head,
        paper: Paper::SLIDE,
    };
    slide.check()?;
    write(&slide)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::tests::record;

    #[test]
    fn the_picture_is_a_png() {
        let mut picture = Vec::new();
        with_slide(&record([None, None]), |slide| {
            slide.write(&mut picture).expect("memory takes any bytes");
            Ok(())
        })
        .unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
        assert_eq!(reader.info().width, 1600);
    }
}
