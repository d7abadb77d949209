//! A surface of triangles, coloured by a map and view from a side.

use super::png;
use super::{Colormap, Range};
use crate::error::{Error, Result};

/// A surface of the body in space.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// The side that it is of.
    pub side: BodySide,
    /// The position of each vertex in mm: x to the right, y to anterior, z to superior.
    pub points: Vec<[f32; 3]>,
    /// The vertices of each triangle.
    pub triangles: Vec<[u32; 3]>,
}

/// The side of the body that a surface is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodySide {
    /// The left hemisphere.
    Left,
    /// The right hemisphere.
    Right,
}

/// The side from which a hemisphere is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HemisphereView {
    /// From the outside of the head.
    Lateral,
    /// From the other hemisphere.
    Medial,
}

impl BodySide {
    /// The side in a word.
    pub fn name(self) -> &'static str {
        ["left", "right"][self as usize]
    }
}

impl HemisphereView {
    /// Both, in the order in which they are shown.
    pub const ALL: [HemisphereView; 2] = [HemisphereView::Lateral, HemisphereView::Medial];

    /// The name of the view.
    pub fn name(self) -> &'static str {
        ["lateral", "medial"][self as usize]
    }
}

/// How many colours of a map are told apart, each in so many shades.
const COLORS: usize = 27;
const SHADES: usize = 9;
/// What has no value, in the brightest shade.
const VOID: [u8; 3] = [158, 164, 174];
/// A triangle that is view from its edge is so bright, beside one that is view from the front.
const DARKEST: f32 = 0.42;
/// The room beside the surface, in parts of the width.
const MARGIN: f32 = 0.02;

impl Mesh {
    /// A surface, if its triangles are of its vertices.
    ///
    /// # Errors
    /// Fewer than three vertices, or no triangle; one of a vertex that is not there.
    pub fn new(side: BodySide, points: Vec<[f32; 3]>, triangles: Vec<[u32; 3]>) -> Result<Mesh> {
        let is_there = |vertex: &u32| (*vertex as usize) < points.len();
        let are_there = triangles.iter().flatten().all(is_there);
        match points.len() >= 3 && !triangles.is_empty() && are_there {
            true => Ok(Mesh { side, points, triangles }),
            false => Err(Error::damaged("a surface whose triangles are not of its vertices")),
        }
    }

    /// The surface view from a side as a PNG of `width` pixels, of which the ground is transparent, and its
    /// height: orthographic, superior up, lit from where it is seen. A vertex without a value (NaN) is grey.
    ///
    /// # Panics
    /// If there is not a value for each vertex, or the width is 0.
    pub fn png(
        &self,
        view: HemisphereView,
        values: &[f64],
        colormap: Colormap,
        range: Range,
        width: usize,
    ) -> (Vec<u8>, usize) {
        assert_eq!(values.len(), self.points.len(), "a value for each vertex");
        let canvas = self.drawn(view, values, range, width);
        let mut palette = vec![[0; 3]];
        for shade in 0..SHADES {
            let light = f64::from(DARKEST)
                + (1.0 - f64::from(DARKEST)) * shade as f64 / (SHADES - 1) as f64;
            let lit = |color: [u8; 3]| color.map(|it| (f64::from(it) * light).round() as u8);
            palette.push(lit(VOID));
            let colors = (0..COLORS).map(|it| colormap.color((it as f64 + 0.5) / COLORS as f64));
            palette.extend(colors.map(lit));
        }
        let height = canvas.pixels.len() / width;
        (png::encoded(width, height, &canvas.pixels, &palette, &[0]), height)
    }

    fn drawn(&self, view: HemisphereView, values: &[f64], range: Range, width: usize) -> Canvas {
        // Looked at along the first axis; to the right of the picture leads the second, or away from it.
        let is_from_left = (self.side == BodySide::Left) == (view == HemisphereView::Lateral);
        let sign = if is_from_left { 1.0 } else { -1.0 };
        let turned = |[x, y, z]: [f32; 3]| [-sign * y, z, sign * x];
        let places: Vec<[f32; 3]> = self.points.iter().map(|it| turned(*it)).collect();
        let ends = |axis: usize| {
            let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
            for place in &places {
                (low, high) = (low.min(place[axis]), high.max(place[axis]));
            }
            [low, high.max(low + f32::MIN_POSITIVE)]
        };
        let [[left, right], [low, high]] = [ends(0), ends(1)];
        let margin = MARGIN * width as f32;
        let scale = (width as f32 - 2.0 * margin) / (right - left).max(1e-6);
        // No surface of a brain is taller than twice its length.
        let height = ((high - low) * scale + 2.0 * margin).ceil().clamp(1.0, 2.0 * width as f32);
        let height = height as usize;
        let places: Vec<[f32; 3]> = places
            .iter()
            .map(|[x, y, z]| [(x - left) * scale + margin, (high - y) * scale + margin, *z])
            .collect();
        let light = self.light(sign);
        let of_value = |value: f64| match value.is_finite() {
            true => 1 + ((range.fraction(value) * COLORS as f64) as usize).min(COLORS - 1),
            false => 0,
        };
        let colors: Vec<usize> = values.iter().map(|it| of_value(*it)).collect();
        let mut canvas = Canvas {
            width,
            pixels: vec![0; width * height],
            depths: vec![f32::INFINITY; width * height],
        };
        for triangle in &self.triangles {
            let corners = triangle.map(|it| it as usize);
            canvas.triangle(
                corners.map(|it| places[it]),
                corners.map(|it| light[it]),
                corners.map(|it| colors[it]),
            );
        }
        canvas
    }

    /// How much light each vertex sends along the first axis: the part of its normal along it, which is the
    /// mean of those of its triangles by their area.
    fn light(&self, sign: f32) -> Vec<f32> {
        let mut normals = vec![[0.0_f32; 3]; self.points.len()];
        for triangle in &self.triangles {
            let [a, b, c] = triangle.map(|it| self.points[it as usize]);
            let [u, v] = [b, c].map(|it| [0, 1, 2].map(|axis| it[axis] - a[axis]));
            let normal =
                [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            for vertex in triangle {
                let of_vertex = &mut normals[*vertex as usize];
                (0..3).for_each(|axis| of_vertex[axis] += normal[axis]);
            }
        }
        let part = |[x, y, z]: [f32; 3]| {
            let length = (x * x + y * y + z * z).sqrt();
            if length > 0.0 { (sign * x / length).abs() } else { 0.0 }
        };
        normals.into_iter().map(part).collect()
    }
}

/// A picture as it is drawn: the number of a colour a pixel, and how far away what is view there lies.
struct Canvas {
    width: usize,
    pixels: Vec<u8>,
    depths: Vec<f32>,
}

impl Canvas {
    /// Draws a triangle where nothing nearer was drawn.
    fn triangle(&mut self, [a, b, c]: [[f32; 3]; 3], light: [f32; 3], colors: [usize; 3]) {
        let across = |p: [f32; 3], q: [f32; 3], x: f32, y: f32| {
            (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])
        };
        let area = across(a, b, c[0], c[1]);
        if area == 0.0 || !area.is_finite() {
            return;
        }
        let height = self.pixels.len() / self.width;
        let span = |axis: usize, length: usize| {
            let low = a[axis].min(b[axis]).min(c[axis]).floor().max(0.0) as usize;
            let high = a[axis].max(b[axis]).max(c[axis]).ceil().max(0.0) as usize;
            low..(high + 1).min(length)
        };
        for row in span(1, height) {
            for column in span(0, self.width) {
                let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
                let weights = [across(b, c, x, y), across(c, a, x, y), across(a, b, x, y)];
                let weights = weights.map(|it| it / area);
                if weights.iter().any(|it| *it < 0.0) {
                    continue;
                }
                let mixed =
                    |of: [f32; 3]| of.iter().zip(weights).map(|(it, part)| it * part).sum::<f32>();
                let (at, depth) = (row * self.width + column, mixed([a[2], b[2], c[2]]));
                if depth >= self.depths[at] {
                    continue;
                }
                // The colour of the nearest vertex: between one with a value and one without there is none.
                let nearest = (0..3).max_by(|&i, &j| weights[i].total_cmp(&weights[j]));
                let color = colors[nearest.expect("three corners")];
                let shade = (mixed(light) * (SHADES - 1) as f32).round() as usize;
                self.depths[at] = depth;
                self.pixels[at] = (1 + shade.min(SHADES - 1) * (COLORS + 1) + color) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tetrahedron of the left side: corners in front, behind, above and outside.
    fn mesh() -> Mesh {
        let points = vec![[0.0, 10.0, 0.0], [0.0, -10.0, 0.0], [0.0, 0.0, 10.0], [-8.0, 0.0, 2.0]];
        let triangles = vec![[0, 1, 2], [0, 1, 3], [1, 2, 3], [2, 0, 3]];
        Mesh::new(BodySide::Left, points, triangles).unwrap()
    }

    /// The colour of a pixel without its shade: 0 of the ground, 1 of what has no value.
    fn color(canvas: &Canvas, column: usize, row: usize) -> usize {
        match canvas.pixels[row * canvas.width + column] {
            0 => 0,
            some => 1 + (usize::from(some) - 1) % (COLORS + 1),
        }
    }

    #[test]
    fn what_is_nearer_hides_what_is_behind_it_and_front_is_at_the_proper_side() {
        let range = Range::new(0.0, 1.0).unwrap();
        let values = [0.0, 0.5, 1.0, f64::NAN];
        // From outside the fourth corner is in the middle, and anterior (the first) at the left.
        let lateral = mesh().drawn(HemisphereView::Lateral, &values, range, 100);
        let height = lateral.pixels.len() / 100;
        assert!((50..60).contains(&height), "{height}");
        assert_eq!(color(&lateral, 50, height - 12), 1, "without a value");
        assert_eq!(color(&lateral, 5, height - 3), 2, "the first, with the least");
        assert_eq!(color(&lateral, 94, height - 3), 2 + COLORS / 2, "the second");
        assert_eq!(color(&lateral, 2, 2), 0, "the ground");
        // From inside it is hidden, and anterior is at the right.
        let medial = mesh().drawn(HemisphereView::Medial, &values, range, 100);
        assert_eq!(color(&medial, 94, height - 3), 2);
        assert_eq!(color(&medial, 50, 6), 1 + COLORS, "above, with the greatest");
        assert!(!(0..height).any(|row| (0..100).any(|it| color(&medial, it, row) == 1)));
    }

    #[test]
    fn the_other_side_is_its_mirror() {
        let range = Range::new(0.0, 1.0).unwrap();
        let left = mesh();
        let points = left.points.iter().map(|[x, y, z]| [-x, *y, *z]).collect();
        let right = Mesh::new(BodySide::Right, points, left.triangles.clone()).unwrap();
        let values = [0.0, 0.5, 1.0, f64::NAN];
        for view in HemisphereView::ALL {
            let [a, b] = [&left, &right].map(|it| it.drawn(view, &values, range, 64));
            let height = a.pixels.len() / 64;
            for row in 0..height {
                for column in 0..64 {
                    assert_eq!(color(&a, column, row), color(&b, 63 - column, row), "{view:?}");
                }
            }
        }
    }

    #[test]
    fn a_picture_is_a_png_with_a_transparent_ground() {
        let range = Range::new(0.0, 1.0).unwrap();
        let (file, height) =
            mesh().png(HemisphereView::Lateral, &[0.5; 4], Colormap::Viridis, range, 80);
        let mut decoder = ::png::Decoder::new(std::io::Cursor::new(&file));
        decoder.set_transformations(::png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut found = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut found).unwrap();
        assert_eq!((frame.width, frame.height as usize), (80, height));
        assert_eq!(found[3], 0, "the corner");
        assert_eq!(found[4 * (80 * (height - 12) + 40) + 3], 255, "the middle");
    }

    #[test]
    fn a_surface_of_vertices_that_are_not_there_is_none() {
        assert!(Mesh::new(BodySide::Left, vec![[0.0; 3]; 3], vec![[0, 1, 3]]).is_err());
        assert!(Mesh::new(BodySide::Left, vec![[0.0; 3]; 3], vec![]).is_err());
    }
}
