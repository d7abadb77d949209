//! A sheet of pixels in red, green, blue and opacity, on which shapes are drawn with smooth edges.

use super::png::{Channels, Rows};
use std::io;
use std::ops::Range;

/// Some rows of a picture; what is drawn elsewhere is passed over.
pub(super) struct Sheet {
    width: usize,
    rows: Range<usize>,
    pixels: Vec<[u8; 4]>,
}

impl Sheet {
    /// Rows of a picture so wide, of one colour and opacity.
    pub(super) fn new(width: usize, rows: Range<usize>, ground: [u8; 4]) -> Sheet {
        let pixels = vec![ground; width * rows.len()];
        Sheet { width, rows, pixels }
    }

    /// The rows of the picture that it holds.
    pub(super) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Sets a pixel of the picture, unless it lies off the sheet.
    pub(super) fn set(&mut self, [x, y]: [usize; 2], [r, g, b]: [u8; 3]) {
        if x < self.width && self.rows.contains(&y) {
            self.pixels[(y - self.rows.start) * self.width + x] = [r, g, b, u8::MAX];
        }
    }

    /// Fills a box.
    pub(super) fn fill(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], color: [u8; 3]) {
        for row in y.max(self.rows.start)..(y + height).min(self.rows.end) {
            (x..x + width).for_each(|column| self.set([column, row], color));
        }
    }

    /// Draws a line through points with a round pen.
    pub(super) fn stroke(&mut self, points: &[[f64; 2]], radius: f64, color: [u8; 3]) {
        let reach = radius + 1.0;
        let ends = |axis: usize| {
            let places = points.iter().map(|point| point[axis]);
            let least = places.clone().fold(f64::MAX, f64::min) - reach;
            let most = places.fold(f64::MIN, f64::max) + reach;
            (least.max(0.0) as usize, most.max(0.0).ceil() as usize)
        };
        let ((left, right), (top, bottom)) = (ends(0), ends(1));
        for y in top.max(self.rows.start)..bottom.min(self.rows.end) {
            for x in left..right.min(self.width) {
                let at = [x as f64 + 0.5, y as f64 + 0.5];
                let distances = points.windows(2).map(|ends| distance(at, ends[0], ends[1]));
                let nearest = distances.fold(f64::MAX, f64::min);
                // The share of the pixel that the pen covers, as if its edge were straight.
                let cover = (radius + 0.5 - nearest).clamp(0.0, 1.0);
                if cover > 0.0 {
                    let pixel = &mut self.pixels[(y - self.rows.start) * self.width + x];
                    *pixel = over(*pixel, color, cover);
                }
            }
        }
    }

    /// Writes its rows into a picture of these channels.
    ///
    /// # Errors
    /// Those of writing.
    pub(super) fn write(&self, to: &mut Rows, channels: Channels) -> io::Result<()> {
        self.pixels.chunks_exact(self.width).try_for_each(|row| {
            let bytes: Vec<u8> =
                row.iter().flat_map(|pixel| &pixel[..channels.count()]).copied().collect();
            to.push(&bytes)
        })
    }
}

/// A colour over a pixel, as far as it covers it (Porter and Duff 1984).
fn over([r, g, b, alpha]: [u8; 4], color: [u8; 3], cover: f64) -> [u8; 4] {
    let below = f64::from(alpha) / 255.0 * (1.0 - cover);
    let alpha = cover + below;
    let mixed = |under: u8, on_top: u8| {
        ((f64::from(on_top) * cover + f64::from(under) * below) / alpha).round() as u8
    };
    [mixed(r, color[0]), mixed(g, color[1]), mixed(b, color[2]), (255.0 * alpha).round() as u8]
}

/// How far a point lies from a line between two points.
fn distance([x, y]: [f64; 2], [ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let part = if length > 0.0 { ((x - ax) * dx + (y - ay) * dy) / length } else { 0.0 };
    let part = part.clamp(0.0, 1.0);
    (x - ax - part * dx).hypot(y - ay - part * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_dark_in_its_middle_and_smooth_at_its_edge() {
        let mut sheet = Sheet::new(20, 0..20, [255, 255, 255, 255]);
        sheet.stroke(&[[2.0, 10.0], [18.0, 10.0]], 2.0, [0, 0, 0]);
        let at = |x: usize, y: usize| sheet.pixels[y * 20 + x][0];
        assert_eq!([at(10, 9), at(10, 10)], [0, 0]);
        assert_eq!([at(10, 6), at(10, 13), at(0, 0)], [255; 3]);
        let mut clear = Sheet::new(20, 0..20, [9, 9, 9, 0]);
        clear.stroke(&[[2.0, 10.3], [18.0, 10.3]], 1.0, [200, 100, 0]);
        let half = clear.pixels[11 * 20 + 10];
        assert_eq!(half[..3], [200, 100, 0], "what is transparent has no part in the colour");
        assert!(0 < half[3] && half[3] < 255, "{half:?}");
    }
}
