//! A map as the pages draw it: its colours, and the shape of its slices.

use crate::markup::{base64, escaped};
use crate::numbers::figure;
use crate::pictures::{Colormap, Grid, Range, View, pixels};

/// A map as it is drawn.
pub(super) struct Drawn<'a> {
    pub(super) title: String,
    /// The words at the colour bar, which say what the ends of its colours mean.
    pub(super) label: &'a str,
    pub(super) values: &'a [f64],
    pub(super) colormap: Colormap,
    pub(super) range: Range,
}

impl Drawn<'_> {
    /// The colours of the map as a bar, with what its ends mean.
    pub(super) fn scale(&self) -> String {
        format!(
            " <span class=\"scale\">{} {} {}</span> <span class=\"faint\">{}</span>",
            figure(self.range.low()),
            self.bar(),
            figure(self.range.high()),
            escaped(self.label)
        )
    }

    /// The image of its colours from low to high.
    pub(super) fn bar(&self) -> String {
        let levels: Vec<f64> = (0..64).map(|it| f64::from(it) / 63.0).collect();
        let bar = pixels(&levels, 64, self.colormap, Range::containing(0.0, 1.0));
        format!(
            "<img alt=\"\" width=\"120\" height=\"10\" src=\"data:image/png;base64,{}\">",
            base64(&bar)
        )
    }
}

/// The height of a voxel in a slice of this view, in parts of its width.
pub(super) fn height_of_voxel(view: View, grid: &Grid) -> f64 {
    let (_, voxel) = view.slice_shape(grid);
    // Voxels a thousand times as long as wide are a broken affine, not a picture's shape.
    (voxel[1] / voxel[0]).clamp(0.05, 20.0)
}
