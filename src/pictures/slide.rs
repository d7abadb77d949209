//! A slide: slices of a map as a PNG, over its anatomy if one is given, with a caption.

use super::colormap::Colormap;
use super::crop::Crop;
use super::letters::{self, Pen};
use super::png::{Channels, Rows};
use super::range::Range;
use super::sheet::Sheet;
use super::views::View;
use super::volume::Volume;
use crate::error::Result;
use std::io::{self, Write};
use std::ops::Range as Span;

/// A map as a slide: what is shown, and what is said about it.
#[derive(Clone, Debug)]
pub struct Slide<'a> {
    /// The title above the picture.
    pub title: String,
    /// The lines below the title, with what must be known; broken where they are too long.
    pub caption: Vec<String>,
    /// The program and its version, for the file.
    pub software: String,
    /// The map.
    pub map: &'a Volume<'a>,
    /// The meaning of the colours, with the unit.
    pub label: String,
    /// The colours of the map.
    pub colormap: Colormap,
    /// The values at their ends.
    pub range: Range,
    /// The image that the map lies over, in grey from 0, on its grid.
    pub ground: Option<&'a [f64]>,
    /// The mask whose edge is drawn.
    pub inside: Option<&'a [bool]>,
    /// The part of the grid that is shown.
    pub head: Crop,
    /// The slices of each view by their indices, in their order.
    pub slices: Vec<(View, Vec<usize>)>,
    /// The paper.
    pub paper: Paper,
}

/// The paper of a slide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// The width in pixels; letters and slices grow with it.
    pub width: usize,
    /// Whether letters are light, and the paper dark.
    pub is_dark: bool,
    /// Whether what lies behind the picture is seen.
    pub is_transparent: bool,
}

impl Paper {
    /// White paper as wide as a slide, 1,600 pixels.
    pub const SLIDE: Paper = Paper { width: 1600, is_dark: false, is_transparent: false };
    /// The widths that a slide can have.
    pub const WIDTHS: std::ops::RangeInclusive<usize> = 400..=8000;

    /// The memory that a slide takes at most while it is drawn, however large it is, in bytes: of the rows
    /// that are drawn at once each pixel, and the values of map and ground there.
    pub const DRAWING_BYTES: u64 = (4 + 8 + 8) * PIXELS_AT_ONCE as u64 + 1024 * 1024;
}

/// So many pixels of a slide are drawn at once, and written before the next.
const PIXELS_AT_ONCE: usize = 512 * 1024;

/// How opaque the colours of a map are over a ground.
pub const OPACITY: f64 = 0.75;

/// The width of the slide by which all lengths are given, in pixels.
const STANDARD_WIDTH: f64 = 1600.0;
/// A slide is as tall as so much of its width, or taller where voxels would be smaller than a pixel.
const TALL: f64 = 0.5625;
/// The most pixels that a voxel is wide, on a slide of the standard width.
const LARGEST_VOXEL: f64 = 24.0;
/// The edge of a mask.
const EDGE: [u8; 3] = [224, 49, 49];

struct Inks {
    paper: [u8; 3],
    void: [u8; 3],
    ink: [u8; 3],
    faint: [u8; 3],
    /// Sides of which it is not known whether they are so.
    unsure: [u8; 3],
}

const LIGHT: Inks = Inks {
    paper: [255, 255, 255],
    void: [226, 231, 239],
    ink: [28, 36, 48],
    faint: [82, 92, 108],
    unsure: [180, 60, 4],
};
const DARK: Inks = Inks {
    paper: [16, 19, 24],
    void: [40, 47, 59],
    ink: [232, 236, 242],
    faint: [170, 179, 192],
    unsure: [255, 170, 80],
};

/// Lengths in pixels.
#[derive(Clone, Copy)]
struct Measures {
    width: f64,
    /// Around all of it.
    margin: f64,
    /// Between slices.
    gap: f64,
    /// The height of capitals: of the title, of text, and beside slices.
    title: f64,
    text: f64,
    label: f64,
}

impl Measures {
    fn for_width(width: usize) -> Measures {
        let width = width as f64;
        // Small pictures need letters that can be read.
        let unit = (width / STANDARD_WIDTH).max(0.62);
        Measures {
            width,
            margin: 34.0 * unit,
            gap: 8.0 * unit,
            title: 20.0 * unit,
            text: 12.5 * unit,
            label: 10.5 * unit,
        }
    }

    fn inner(self) -> f64 {
        self.width - 2.0 * self.margin
    }

    /// The height of a line, by that of its capitals.
    fn line(self, capital: f64) -> f64 {
        1.75 * capital
    }

    /// The room below a slice, for the bar, its label and its ticks.
    fn foot(self) -> f64 {
        2.2 * self.line(self.text) + 1.6 * self.text + self.margin
    }
}

/// The slices of a view, in rows.
struct ViewRows {
    view: View,
    indices: Vec<usize>,
    labels: Vec<String>,
    /// The width and height of a slice, in pixels.
    size: [usize; 2],
    columns: usize,
}

impl Slide<'_> {
    /// The slide as a PNG file, whose texts say what the caption says.
    ///
    /// # Errors
    /// A view that is to show no slice.
    ///
    /// # Panics
    /// If ground or mask are of another grid, or a slice does not exist.
    pub fn png(&self) -> Result<Vec<u8>> {
        self.check()?;
        let mut file = Vec::new();
        self.write(&mut file).expect("memory takes any bytes");
        Ok(file)
    }

    /// Finds out whether each view has slices, and they exist.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<()> {
        let grid = self.map.grid();
        self.slices.iter().try_for_each(|(view, indices)| {
            super::views::Slices::List(indices.clone()).check(*view, grid)
        })
    }

    /// Writes the [file](Slide::png) a few rows at a time, after a [check](Slide::check).
    ///
    /// # Errors
    /// Those of writing.
    ///
    /// # Panics
    /// As [`png`](Slide::png).
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let measures = Measures::for_width(self.paper.width);
        let inks = if self.paper.is_dark { DARK } else { LIGHT };
        let caption: Vec<String> = self
            .caption
            .iter()
            .flat_map(|it| letters::lines(it, measures.text, measures.inner()))
            .collect();
        let head = measures.margin
            + measures.line(measures.title)
            + caption.len() as f64 * measures.line(measures.text)
            + measures.gap;
        let blocks = self.blocks(measures, head);
        let height =
            head + blocks.iter().map(|it| it.height(measures)).sum::<f64>() + measures.foot();

        let (alpha, channels) = match self.paper.is_transparent {
            true => (0, Channels::ColorsAndOpacity),
            false => (u8::MAX, Channels::Colors),
        };
        let [r, g, b] = inks.paper;
        let numbers = |inside: &[bool]| inside.iter().map(|&it| f64::from(u8::from(it))).collect();
        let inside: Option<Vec<f64>> = self.inside.map(numbers);
        let (width, height) = (self.paper.width, height.ceil() as usize);
        let description = self.caption.join("\n");
        let texts =
            [("Title", &*self.title), ("Description", &description), ("Software", &self.software)];
        let mut file = Rows::begin(to, [width, height], channels, &texts)?;
        let rows_at_once = (PIXELS_AT_ONCE / width).max(1);
        for row in (0..height).step_by(rows_at_once) {
            let rows = row..(row + rows_at_once).min(height);
            let mut sheet = Sheet::new(width, rows, [r, g, b, alpha]);
            self.write_words(&mut sheet, &caption, measures, &inks);
            let mut top = head;
            for block in &blocks {
                self.draw(&mut sheet, block, top, (measures, inside.as_deref()), &inks);
                top += block.height(measures);
            }
            self.draw_bar(&mut sheet, top, measures, &inks);
            sheet.write(&mut file, channels)?;
        }
        file.end()
    }

    /// Writes the title, and the caption in its lines.
    fn write_words(&self, sheet: &mut Sheet, caption: &[String], measures: Measures, inks: &Inks) {
        let title = letters::shortened(&self.title, measures.title, measures.inner());
        let mut y = measures.margin + measures.title;
        let size = (measures.title, Pen::Bold);
        letters::write(sheet, [measures.margin, y], &title, size, inks.ink);
        for line in caption {
            y += measures.line(measures.text);
            let size = (measures.text, Pen::Regular);
            letters::write(sheet, [measures.margin, y], line, size, inks.faint);
        }
    }

    /// The slices at the largest size at which all of them fit.
    fn blocks(&self, measures: Measures, head: f64) -> Vec<ViewRows> {
        let room = TALL * measures.width - head - measures.foot();
        let shapes: Vec<([f64; 2], [f64; 2])> =
            self.slices.iter().map(|(view, _)| self.shape(*view)).collect();
        let shortest =
            shapes.iter().flat_map(|(_, voxel)| *voxel).fold(f64::MAX, f64::min).max(1e-6);
        let largest = LARGEST_VOXEL * measures.width / STANDARD_WIDTH / shortest;
        // Each step is 3% smaller.
        let scales = (0..400).map(|step| largest * 0.97_f64.powi(step));
        let of_scale = |scale: f64| -> Option<Vec<ViewRows>> {
            let blocks = self.slices.iter().zip(&shapes);
            blocks
                .map(|((view, indices), (shape, voxel))| {
                    let side = |it: usize| (shape[it] * voxel[it] * scale).round().max(1.0);
                    let size = [side(0), side(1)];
                    let columns =
                        ((measures.inner() + measures.gap) / (size[0] + measures.gap)) as usize;
                    let columns = columns.min(indices.len());
                    // As few rows as that takes, as equally long as can be.
                    let rows = indices.len().div_ceil(columns.max(1));
                    (columns > 0).then(|| ViewRows {
                        view: *view,
                        indices: indices.clone(),
                        labels: Vec::new(),
                        size: size.map(|it| it as usize),
                        columns: indices.len().div_ceil(rows),
                    })
                })
                .collect()
        };
        let height =
            |blocks: &[ViewRows]| -> f64 { blocks.iter().map(|it| it.height(measures)).sum() };
        let mut chosen = None;
        for scale in scales {
            let Some(blocks) = of_scale(scale) else { continue };
            let fits = height(&blocks) <= room;
            // A voxel keeps a pixel of its own where the slide then grows twice as tall at most.
            let is_fine = scale * shortest >= 1.0;
            chosen = Some(blocks);
            if fits
                || (!is_fine
                    && chosen.as_deref().is_some_and(|it| height(it) <= 2.0 * room.max(1.0)))
            {
                break;
            }
        }
        let mut blocks = chosen.unwrap_or_default();
        for block in &mut blocks {
            block.labels = self.labels(block, measures);
        }
        blocks
    }

    /// Columns and rows of a slice within the head, and the size of a voxel in it. Voxels a thousand
    /// times as long as wide are a broken affine, not a picture's shape.
    fn shape(&self, view: View) -> ([f64; 2], [f64; 2]) {
        let grid = self.map.grid();
        let (_, voxel) = view.slice_shape(grid);
        let axes = view.in_plane().map(|body| grid.orientation().voxel_axis(body));
        let shorter = voxel[0].min(voxel[1]);
        let shape = axes.map(|axis| self.head.ranges[axis].len().max(1) as f64);
        (shape, voxel.map(|it| it.min(20.0 * shorter)))
    }

    /// The label above each slice, as much as there is room for.
    fn labels(&self, block: &ViewRows, measures: Measures) -> Vec<String> {
        let (grid, view) = (self.map.grid(), block.view);
        let axis = view.voxel_axis(grid);
        let place = |index: usize| grid.place(axis, index);
        let name = view.axis_name();
        let with_place: [&dyn Fn(usize) -> String; 3] = [
            &|index| format!("slice {index}, {name} = {} mm", place(index)),
            &|index| format!("{index}: {} mm", place(index)),
            &|index| index.to_string(),
        ];
        let by_index: [&dyn Fn(usize) -> String; 2] =
            [&|index| format!("slice {index}"), &|index| index.to_string()];
        let forms = if grid.is_oriented() { &with_place[..] } else { &by_index };
        let most = block.size[0] as f64 + measures.gap;
        let fits = |labels: &Vec<String>| {
            labels
                .iter()
                .all(|label| letters::width(label, measures.label) + measures.label <= most)
        };
        let labels = |form: &&dyn Fn(usize) -> String| -> Vec<String> {
            block.indices.iter().map(|&index| form(index)).collect()
        };
        let empty = vec![String::new(); block.indices.len()];
        forms.iter().map(labels).find(fits).unwrap_or(empty)
    }

    fn draw(
        &self,
        sheet: &mut Sheet,
        block: &ViewRows,
        top: f64,
        (measures, inside): (Measures, Option<&[f64]>),
        inks: &Inks,
    ) {
        let grid = self.map.grid();
        let (line, view) = (measures.line(measures.label), block.view);
        let [width, height] = block.size;
        let row_width = block.columns as f64 * (width as f64 + measures.gap) - measures.gap;
        let left = measures.margin + (measures.inner() - row_width) / 2.0;
        let is_sure = grid.is_oriented();
        let (size, ground_range) = ((measures.label, Pen::Regular), self.ground_range());
        for (number, (&index, label)) in block.indices.iter().zip(&block.labels).enumerate() {
            let (column, row) = (number % block.columns, number / block.columns);
            let x = left + column as f64 * (width as f64 + measures.gap);
            let y = top + row as f64 * (line + height as f64 + measures.gap) + line;
            let at = [x, y].map(|it| it as usize);
            self.draw_slice(sheet, (view, index), at, block.size, (inks, ground_range));
            if let Some(inside) = inside {
                self.draw_edge(sheet, (view, index), at, block.size, inside);
            }
            let middle = x + (width as f64 - letters::width(label, measures.label)) / 2.0;
            letters::write(sheet, [middle, y - 0.45 * measures.label], label, size, inks.faint);
            if column > 0 {
                continue;
            }
            let sides = view.sides(grid);
            let row_length = block.columns.min(block.indices.len() - number) as f64;
            let right = left + row_length * (width as f64 + measures.gap) - measures.gap;
            let ink = if is_sure { inks.ink } else { inks.unsure };
            let y = y + (height as f64 + measures.label) / 2.0;
            let space = 0.6 * measures.label;
            let begin = left - letters::width(sides[0], measures.label) - space;
            let bold = (measures.label, Pen::Bold);
            letters::write(sheet, [begin.max(1.0), y], sides[0], bold, ink);
            letters::write(sheet, [right + space, y], sides[1], bold, ink);
        }
    }

    fn draw_slice(
        &self,
        sheet: &mut Sheet,
        (view, index): (View, usize),
        at: [usize; 2],
        [width, height]: [usize; 2],
        (inks, ground_range): (&Inks, Range),
    ) {
        let grid = self.map.grid();
        let rows = rows_on(sheet, at[1], height);
        if rows.is_empty() {
            return;
        }
        let sampled = |volume: &Volume| {
            let plane = volume.plane_within(&self.head, view, index);
            plane.rows_sampled(width, height, rows.clone())
        };
        let values = sampled(self.map);
        let ground = self.ground.map(|ground| {
            let ground = Volume::new(grid, ground).expect("a ground of the grid");
            (sampled(&ground), ground_range)
        });
        let colors: Vec<[u8; 3]> =
            (0..=255).map(|it| self.colormap.color(f64::from(it) / 255.0)).collect();
        let place = |pixel: usize| [at[0] + pixel % width, at[1] + rows.start + pixel / width];
        for (pixel, &value) in values.iter().enumerate() {
            let grey = ground.as_ref().map(|(ground, range)| {
                let part =
                    if ground[pixel].is_finite() { range.fraction(ground[pixel]) } else { 0.0 };
                (255.0 * part).round() as u8
            });
            let color = value
                .is_finite()
                .then(|| colors[(self.range.fraction(value) * 255.0 + 0.5) as usize]);
            match (color, grey) {
                (None, None) if self.paper.is_transparent => {}
                (None, None) => sheet.set(place(pixel), inks.void),
                (Some(color), None) => sheet.set(place(pixel), color),
                (None, Some(grey)) => sheet.set(place(pixel), [grey; 3]),
                (Some(color), Some(grey)) => sheet.set(place(pixel), over_grey(color, grey)),
            }
        }
    }

    /// The outermost pixels of the mask in a slice.
    fn draw_edge(
        &self,
        sheet: &mut Sheet,
        (view, index): (View, usize),
        at: [usize; 2],
        [width, height]: [usize; 2],
        inside: &[f64],
    ) {
        let rows = rows_on(sheet, at[1], height);
        if rows.is_empty() {
            return;
        }
        let inside = Volume::new(self.map.grid(), inside).expect("a mask of the grid");
        let plane = inside.plane_within(&self.head, view, index);
        // With the rows beside them.
        let first = rows.start.saturating_sub(1);
        let inside = plane.rows_sampled(width, height, first..(rows.end + 1).min(height));
        let is_in = |x: usize, y: usize| inside[(y - first) * width + x] >= 0.5;
        for (x, y) in rows.flat_map(|y| (0..width).map(move |x| (x, y))) {
            let beside = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
            let is_out = |&(x, y): &(usize, usize)| x >= width || y >= height || !is_in(x, y);
            if is_in(x, y) && beside.iter().any(is_out) {
                sheet.set([at[0] + x, at[1] + y], EDGE);
            }
        }
    }

    /// The range from 0 to where the brightest of the ground begin.
    fn ground_range(&self) -> Range {
        self.ground.map_or(Range::containing(0.0, 1.0), Range::from_zero)
    }

    fn draw_bar(&self, sheet: &mut Sheet, top: f64, measures: Measures, inks: &Inks) {
        let width =
            (measures.inner() / 2.0).max(measures.inner().min(24.0 * measures.text)) as usize;
        let height = (1.1 * measures.text) as usize;
        let left = ((measures.width - width as f64) / 2.0) as usize;
        let size = (measures.text, Pen::Regular);
        let centred = |sheet: &mut Sheet, x: f64, y: f64, text: &str, ink| {
            let half = letters::width(text, measures.text) / 2.0;
            let x = (x - half).clamp(1.0, (measures.width - 2.0 * half - 1.0).max(1.0));
            letters::write(sheet, [x, y], text, size, ink);
        };
        let label = letters::shortened(&self.label, measures.text, measures.inner());
        let baseline = top + measures.gap + measures.text;
        centred(sheet, measures.width / 2.0, baseline, &label, inks.ink);
        let bar = (baseline + 0.6 * measures.text) as usize;
        // A frame, since the end of a map can be as light as the paper.
        sheet.fill([left - 1, bar - 1], [width + 2, height + 2], inks.faint);
        for x in 0..width {
            let color = self.colormap.color(x as f64 / (width - 1) as f64);
            // As it is drawn over a middle grey.
            let color = if self.ground.is_some() { over_grey(color, 128) } else { color };
            sheet.fill([left + x, bar], [1, height], color);
        }
        let tick = (0.5 * measures.text) as usize;
        let thick = ((measures.text / 9.0) as usize).max(1);
        let most = (width as f64 / (5.0 * measures.text)) as usize;
        for (value, text) in self.range.ticks(most.clamp(2, 8)) {
            let x = left + (self.range.fraction(value) * (width - 1) as f64).round() as usize;
            sheet.fill([x, bar + height], [thick, tick], inks.ink);
            let y = (bar + height + tick) as f64 + 1.4 * measures.text;
            centred(sheet, x as f64, y, &text, inks.ink);
        }
    }
}

/// The rows of a slice that lie on a sheet, from its top; the slice begins at the row `top` of the picture.
fn rows_on(sheet: &Sheet, top: usize, height: usize) -> Span<usize> {
    let rows = sheet.rows();
    let [first, end] = [rows.start, rows.end].map(|it| it.saturating_sub(top).min(height));
    first..end
}

fn over_grey(color: [u8; 3], grey: u8) -> [u8; 3] {
    color.map(|it| (OPACITY * f64::from(it) + (1.0 - OPACITY) * f64::from(grey)).round() as u8)
}

impl ViewRows {
    fn rows(&self) -> usize {
        self.indices.len().div_ceil(self.columns.max(1))
    }

    fn height(&self, measures: Measures) -> f64 {
        let row = measures.line(measures.label) + self.size[1] as f64 + measures.gap;
        self.rows() as f64 * row + measures.gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::volume::Grid;

    fn grid(shape: [usize; 3]) -> Grid {
        Grid {
            shape,
            affine: [[-2.0, 0.0, 0.0, 60.0], [0.0, 2.0, 0.0, -70.0], [0.0, 0.0, 4.0, -40.0]],
            unknown_sides: None,
        }
    }

    fn slide<'a>(map: &'a Volume<'a>, slices: Vec<(View, Vec<usize>)>) -> Slide<'a> {
        Slide {
            title: "A map <of> everything".to_owned(),
            caption: vec!["median 1.000 over 2 voxels".to_owned(), "N = 3 volumes".to_owned()],
            software: "tsnr 0.1.0".to_owned(),
            map,
            label: "tSNR (no unit)".to_owned(),
            colormap: Colormap::Viridis,
            range: Range::new(0.0, 80.0).unwrap(),
            ground: None,
            inside: None,
            head: Crop::whole(map.grid()),
            slices,
            paper: Paper::SLIDE,
        }
    }

    struct Decoded {
        width: usize,
        height: usize,
        pixels: Vec<[u8; 4]>,
        texts: Vec<(String, String)>,
    }

    /// A PNG as the crate `png` reads it.
    fn decoded(file: &[u8]) -> Decoded {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        let pixels = match frame.color_type {
            png::ColorType::Rgb => {
                bytes.as_chunks().0.iter().map(|&[r, g, b]| [r, g, b, 255]).collect()
            }
            _ => bytes.as_chunks().0.to_vec(),
        };
        let texts = reader.info().utf8_text.iter();
        let texts = texts.map(|it| (it.keyword.clone(), it.get_text().unwrap())).collect();
        Decoded { width: frame.width as usize, height: frame.height as usize, pixels, texts }
    }

    fn is(pixel: &[u8; 4], color: [u8; 3]) -> bool {
        pixel[..3] == color
    }

    #[test]
    fn all_slices_fit_whatever_the_grid_and_the_width() {
        for shape in
            [[900, 2, 3], [64, 64, 30], [104, 104, 72], [40, 20, 1], [1, 1, 1], [3, 200, 90]]
        {
            let grid = grid(shape);
            let values = vec![1.0; grid.voxel_count()];
            let volume = Volume::new(&grid, &values).unwrap();
            let all: Vec<(View, Vec<usize>)> = View::ALL
                .map(|view| (view, (0..shape[view.voxel_axis(&grid)].min(80)).collect()))
                .into();
            for width in [400, 1600, 3000] {
                let mut slide = slide(&volume, all.clone());
                slide.paper.width = width;
                let measures = Measures::for_width(width);
                for block in slide.blocks(measures, 100.0) {
                    let row = block.columns as f64 * (block.size[0] as f64 + measures.gap);
                    assert!(row - measures.gap <= measures.inner() + 0.5, "{shape:?} {width}");
                    assert!(block.size[0] > 0 && block.size[1] > 0 && block.columns > 0);
                    assert_eq!(block.labels.len(), block.indices.len());
                    let mut labels: Vec<&String> =
                        block.labels.iter().filter(|it| !it.is_empty()).collect();
                    let count = labels.len();
                    labels.sort();
                    labels.dedup();
                    assert_eq!(labels.len(), count, "labels never repeat");
                }
            }
        }
    }

    /// One voxel at the patient's left has a value: its colour is in the left half of the picture,
    /// though the grid's first axis runs to the left.
    #[test]
    fn what_lies_left_is_drawn_left_and_the_file_says_what_the_caption_says() {
        let grid = grid([20, 20, 1]);
        let mut values = vec![0.0; 400];
        // At x = 60 - 2 * 19 = 22 mm for the last index; the first index is at 60 mm, right.
        values[10 * 20 + 19] = 80.0;
        let volume = Volume::new(&grid, &values).unwrap();
        let picture = decoded(&slide(&volume, vec![(View::Axial, vec![0])]).png().unwrap());
        assert_eq!(picture.width, 1600);
        let yellow = Colormap::Viridis.color(1.0);
        let least = Colormap::Viridis.color(0.0);
        let half = picture.height * 3 / 4;
        let found: Vec<usize> = (0..half * picture.width)
            .filter(|it| is(&picture.pixels[*it], yellow))
            .map(|it| it % picture.width)
            .collect();
        let slice: Vec<usize> = (0..half * picture.width)
            .filter(|it| is(&picture.pixels[*it], least))
            .map(|it| it % picture.width)
            .collect();
        let left = slice.iter().min().unwrap();
        assert!(!found.is_empty() && found.iter().all(|x| x <= &(left + 24)), "{found:?}");
        let texts: Vec<(&str, &str)> =
            picture.texts.iter().map(|(keyword, text)| (keyword.as_str(), text.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("Title", "A map <of> everything"),
                ("Description", "median 1.000 over 2 voxels\nN = 3 volumes"),
                ("Software", "tsnr 0.1.0"),
            ]
        );
    }

    #[test]
    fn undefined_voxels_have_no_colour_of_the_map_and_show_the_ground_or_nothing() {
        let grid = grid([8, 8, 2]);
        let values = vec![f64::NAN; 128];
        let volume = Volume::new(&grid, &values).unwrap();
        let plain = slide(&volume, vec![(View::Axial, vec![0, 1])]);
        let has = |slide: &Slide, color: [u8; 3]| {
            let picture = decoded(&slide.png().unwrap());
            picture.pixels.iter().filter(|pixel| is(pixel, color)).count() > 500
        };
        assert!(has(&plain, LIGHT.void));
        for map in Colormap::ALL {
            for place in 0..=250 {
                let color = map.color(f64::from(place) / 250.0);
                assert!(color != LIGHT.void && color != DARK.void, "{map:?} {place}");
            }
        }
        let ground = vec![100.0; 128];
        let mut inside = vec![false; 128];
        inside[3 * 8 + 3] = true;
        let over = Slide { ground: Some(&ground), inside: Some(&inside), ..plain.clone() };
        assert!(has(&over, [255; 3]) && !has(&over, LIGHT.void));
        assert!(decoded(&over.png().unwrap()).pixels.iter().any(|pixel| is(pixel, EDGE)));
        let dark = Slide { paper: Paper { is_dark: true, ..Paper::SLIDE }, ..plain.clone() };
        assert!(has(&dark, DARK.paper) && has(&dark, DARK.void));
        let clear = Slide { paper: Paper { is_transparent: true, ..Paper::SLIDE }, ..plain };
        let picture = decoded(&clear.png().unwrap());
        let clear = picture.pixels.iter().filter(|pixel| pixel[3] == 0).count();
        assert!(2 * clear > picture.pixels.len(), "{clear}");
    }

    #[test]
    fn a_slice_that_does_not_exist_is_refused() {
        let grid = grid([4, 4, 2]);
        let values = vec![1.0; 32];
        let volume = Volume::new(&grid, &values).unwrap();
        assert!(slide(&volume, vec![(View::Axial, vec![2])]).png().is_err());
    }
}
