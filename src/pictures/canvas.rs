//! A sheet of pixels, each a number of a palette.

use super::colormap::Colormap;
use super::png;
use super::range::Range;

/// The paper, which is transparent.
pub(super) const PAPER: u8 = 0;
/// Where a map is undefined: no colour of any map.
pub(super) const VOID: u8 = 1;
/// The first of the levels of the colour map.
const FIRST_LEVEL: u8 = 2;
const LEVELS: u8 = u8::MAX - FIRST_LEVEL;

/// The colours before those of the map.
const FIXED: [[u8; 3]; FIRST_LEVEL as usize] = [[255, 255, 255], [203, 213, 229]];

/// A picture that is drawn on.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// The number of the colour for a place in the map, from 0 to 1; NaN is undefined.
pub(super) fn level(fraction: f64) -> u8 {
    if fraction.is_nan() {
        return VOID;
    }
    // Rounded by truncation, which takes no call.
    FIRST_LEVEL + (fraction.clamp(0.0, 1.0) * f64::from(LEVELS) + 0.5) as u8
}

/// Plain pixels as a PNG file: values row by row from the top, in the colours of a map; what is
/// not finite is transparent.
///
/// # Panics
/// If the values do not make whole rows, or there are none.
pub fn pixels(values: &[f64], width: usize, colormap: Colormap, range: Range) -> Vec<u8> {
    assert!(width > 0 && !values.is_empty() && values.len().is_multiple_of(width), "whole rows");
    let mut canvas = Canvas::new(width, values.len() / width);
    for (number, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        canvas.set(number % width, number / width, level(range.fraction(*value)));
    }
    canvas.png(colormap)
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, pixels: vec![PAPER; width * height] }
    }

    /// Sets a pixel, unless it lies off the sheet.
    pub(super) fn set(&mut self, x: usize, y: usize, color: u8) {
        if x < self.width && y < self.height {
            self.pixels[y * self.width + x] = color;
        }
    }

    /// The sheet as a PNG file on transparent paper.
    pub(super) fn png(&self, colormap: Colormap) -> Vec<u8> {
        let levels = (0..=LEVELS).map(|level| f64::from(level) / f64::from(LEVELS));
        let palette: Vec<[u8; 3]> =
            FIXED.into_iter().chain(levels.map(|level| colormap.color(level))).collect();
        // On the page the colour of what is undefined is that of the page's style.
        png::encoded(self.width, self.height, &self.pixels, &palette, &[0, 0])
    }
}
