//! A sheet of pixels, each a number of a palette.

use super::colormap::Colormap;
use super::font;
use super::png;
use super::range::Range;

/// The paper, which may be transparent.
pub(super) const PAPER: u8 = 0;
/// Where a map is undefined: no colour of any map.
pub(super) const VOID: u8 = 1;
/// Text and lines.
pub(super) const INK: u8 = 2;
/// Text of less weight.
pub(super) const FAINT: u8 = 3;
/// The first of the levels of the colour map.
const FIRST_LEVEL: u8 = 4;
const LEVELS: u8 = u8::MAX - FIRST_LEVEL;

/// The colours before those of the map.
const FIXED: [[u8; 3]; FIRST_LEVEL as usize] =
    [[255, 255, 255], [203, 213, 229], [28, 36, 48], [90, 100, 117]];

/// What is drawn on.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// Whether the paper covers what lies behind the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paper {
    White,
    Transparent,
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
    canvas.png(colormap, Paper::Transparent)
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

    pub(super) fn fill(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], color: u8) {
        for y in y..y + height {
            (x..x + width).for_each(|x| self.set(x, y, color));
        }
    }

    /// Writes text with its upper left corner at a place, each pixel of a letter `scale` wide.
    pub(super) fn write(&mut self, [x, y]: [usize; 2], text: &str, scale: usize, color: u8) {
        for (number, letter) in text.chars().enumerate() {
            let left = x + number * font::ADVANCE * scale;
            for (row, inks) in font::glyph(letter).enumerate() {
                for (column, _) in inks.enumerate().filter(|(_, ink)| *ink) {
                    let at = [left + column * scale, y + row * scale];
                    self.fill(at, [scale; 2], color);
                }
            }
        }
    }

    /// The sheet as a PNG file.
    pub(super) fn png(&self, colormap: Colormap, paper: Paper) -> Vec<u8> {
        let levels = (0..=LEVELS).map(|level| f64::from(level) / f64::from(LEVELS));
        let palette: Vec<[u8; 3]> =
            FIXED.into_iter().chain(levels.map(|level| colormap.color(level))).collect();
        // On the page the colour of what is undefined is that of the page's style.
        let transparent: &[u8] = if paper == Paper::Transparent { &[0, 0] } else { &[] };
        png::encoded(self.width, self.height, &self.pixels, &palette, transparent)
    }
}
