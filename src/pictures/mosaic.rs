//! Slices side by side, with what tells where they are and what their colours mean: as a PNG, or
//! as a drawing inside a page.

use super::canvas::{self, Canvas, Paper};
use super::colormap::Colormap;
use super::font;
use super::range::Range;
use super::views::{Slices, View};
use super::volume::Volume;
use crate::error::Result;
use crate::markup::{base64, escaped};
use crate::numbers::{figure, millimetres};
use std::fmt::Write;

/// How a map is shown.
#[derive(Clone, Debug)]
pub struct Look {
    /// What stands above the picture.
    pub title: String,
    /// What the colours mean, with the unit: `tSNR (no unit)`.
    pub label: String,
    /// The colours.
    pub colormap: Colormap,
    /// The values at their ends.
    pub range: Range,
    /// Below each other; each is shown once at most.
    pub views: Vec<View>,
    /// Of each view.
    pub slices: Slices,
}

/// The room for a picture, in pixels of a PNG or units of a page. It is as wide as that, and about
/// as tall at most; it grows taller before a voxel would be smaller than a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// From left to right.
    pub width: usize,
    /// From top to bottom.
    pub height: usize,
}

/// Of a PNG: wide enough for a slide.
const SLIDE: Room = Room { width: 1600, height: 900 };
/// A page's picture has so many pixels for each unit, so that its slices are not bound to whole
/// units and fine screens show them finely.
const FINENESS: usize = 2;
/// Of the ticks below the colour bar.
const TICK: usize = 8;
/// The most pixels that a voxel is wide.
const LARGEST_VOXEL: usize = 60;

/// The size of the letters, by which everything around the slices goes.
#[derive(Clone, Copy)]
struct Lettering {
    /// From one letter to the next.
    advance: f64,
    /// From the top of a line to the next.
    line: usize,
}

impl Lettering {
    /// Left and right of the slices, where `L` and `R` stand, or `?`.
    fn margin(self) -> usize {
        self.line
    }

    /// Between slices.
    fn gap(self) -> usize {
        self.line / 4
    }

    fn bar_height(self) -> usize {
        2 * self.line / 3
    }
}

/// Of a PNG: each pixel of a letter is two wide.
const IN_PNG: Lettering = Lettering { advance: 2.0 * font::ADVANCE as f64, line: 24 };
/// Of a page: sans-serif digits are rarely wider than 0.6 of their height, which is 12 units.
const IN_PAGE: Lettering = Lettering { advance: 7.0 * FINENESS as f64, line: 17 * FINENESS };

/// A slice and its place.
struct Tile {
    view: View,
    index: usize,
    label: String,
    at: [usize; 2],
    size: [usize; 2],
}

/// Text around its middle.
struct Mark {
    middle: [usize; 2],
    text: String,
}

/// The place of the colour bar.
struct Bar {
    at: [usize; 2],
    size: [usize; 2],
}

struct Layout {
    size: [usize; 2],
    tiles: Vec<Tile>,
    /// What stands left and right of each row.
    sides: Vec<Mark>,
    headings: Vec<Mark>,
    bar: Bar,
}

/// The slices as a PNG file, 1600 pixels wide, on white paper.
///
/// # Errors
/// If a listed slice does not exist.
pub fn png(volume: &Volume, look: &Look) -> Result<Vec<u8>> {
    const SCALE: usize = 2;
    const TITLE_SCALE: usize = 3;
    let head = (font::HEIGHT + 5) * TITLE_SCALE;
    let layout = layout(volume, look, SLIDE, IN_PNG, head)?;
    let mut canvas = Canvas::new(layout.size[0], layout.size[1]);
    draw_slices(&mut canvas, volume, look, &layout);
    let width = |text: &str, scale: usize| text.chars().count() * font::ADVANCE * scale;
    let centred = |canvas: &mut Canvas, mark: &Mark, color| {
        let x = mark.middle[0].saturating_sub(width(&mark.text, SCALE) / 2);
        let y = mark.middle[1].saturating_sub(font::HEIGHT * SCALE / 2);
        canvas.write([x, y], &mark.text, SCALE, color);
    };
    let title =
        shortened(&look.title, (SLIDE.width - 2 * IN_PNG.margin()) / (font::ADVANCE * TITLE_SCALE));
    canvas.write([IN_PNG.margin(), 4 * TITLE_SCALE], &title, TITLE_SCALE, canvas::INK);
    layout.headings.iter().for_each(|it| centred(&mut canvas, it, canvas::FAINT));
    layout.sides.iter().for_each(|it| centred(&mut canvas, it, canvas::INK));
    for tile in &layout.tiles {
        let middle = [tile.at[0] + tile.size[0] / 2, tile.at[1] - IN_PNG.line / 2];
        centred(&mut canvas, &Mark { middle, text: tile.label.clone() }, canvas::FAINT);
    }
    let Bar { at, size } = layout.bar;
    // A frame, since the end of a map can be as light as the paper.
    canvas.fill(at.map(|it| it - 1), size.map(|it| it + 2), canvas::FAINT);
    draw_bar(&mut canvas, &layout.bar);
    for (x, text) in ticks(look, at[0], size[0], IN_PNG) {
        let below = at[1] + size[1];
        canvas.fill([x, below], [2, TICK], canvas::INK);
        let middle = [x, below + TICK + IN_PNG.line / 2];
        centred(&mut canvas, &Mark { middle, text }, canvas::INK);
    }
    let middle = [at[0] + size[0] / 2, at[1] - IN_PNG.line / 2 - 2];
    let text = shortened(&look.label, (SLIDE.width as f64 / IN_PNG.advance) as usize - 4);
    centred(&mut canvas, &Mark { middle, text }, canvas::INK);
    Ok(canvas.png(look.colormap, Paper::White))
}

/// The slices as an SVG element for a page: pixels as a picture inside, text as text. The page
/// gives the classes `mosaic`, `void` (where the map is undefined), `side` and `note` their colours.
///
/// # Errors
/// If a listed slice does not exist.
pub fn svg(volume: &Volume, look: &Look, room: Room) -> Result<String> {
    let room = Room { width: room.width * FINENESS, height: room.height * FINENESS };
    let layout = layout(volume, look, room, IN_PAGE, 0)?;
    let [width, height] = layout.size;
    let mut canvas = Canvas::new(width, height);
    draw_slices(&mut canvas, volume, look, &layout);
    draw_bar(&mut canvas, &layout.bar);
    let mut svg = format!(
        "<svg class=\"mosaic\" viewBox=\"0 0 {width} {height}\" style=\"max-width:{}px\" \
         font-size=\"{}\" stroke-width=\"{FINENESS}\" role=\"img\" aria-label=\"{}\">",
        width / FINENESS,
        12 * FINENESS,
        escaped(&description(volume, look, &layout))
    );
    for Tile { at: [x, y], size: [width, height], .. } in &layout.tiles {
        let _ = write!(
            svg,
            "<rect class=\"void\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        );
    }
    let _ = write!(
        svg,
        "<image width=\"{width}\" height=\"{height}\" href=\"data:image/png;base64,{}\"/>",
        base64(&canvas.png(look.colormap, Paper::Transparent))
    );
    let Bar { at, size } = layout.bar;
    let _ = write!(
        svg,
        "<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
        at[0], at[1], size[0], size[1]
    );
    let mut text = |class: &str, [x, y]: [usize; 2], text: &str| {
        // Text stands on its baseline, a third of its height below its middle.
        let _ = write!(
            svg,
            "<text class=\"{class}\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            y + 4 * FINENESS,
            escaped(text)
        );
    };
    layout.headings.iter().for_each(|it| text("note", it.middle, &it.text));
    layout.sides.iter().for_each(|it| text("side", it.middle, &it.text));
    for tile in &layout.tiles {
        text("note", [tile.at[0] + tile.size[0] / 2, tile.at[1] - IN_PAGE.line / 2], &tile.label);
    }
    let below = at[1] + size[1];
    let ticks = ticks(look, at[0], size[0], IN_PAGE);
    text("side", [at[0] + size[0] / 2, at[1] - IN_PAGE.line / 2], &look.label);
    ticks.iter().for_each(|(x, it)| text("note", [*x, below + TICK + IN_PAGE.line / 2], it));
    for (x, _) in ticks {
        let _ = write!(
            svg,
            "<line class=\"axis\" x1=\"{x}\" x2=\"{x}\" y1=\"{below}\" y2=\"{}\"/>",
            below + TICK
        );
    }
    svg.push_str("</svg>");
    Ok(svg)
}

/// The picture in words, for who does not see it.
fn description(volume: &Volume, look: &Look, layout: &Layout) -> String {
    let count = |view: &View| layout.tiles.iter().filter(|tile| tile.view == *view).count();
    let slices = |view: &View| match count(view) {
        1 => format!("1 {} slice", view.name()),
        count => format!("{count} {} slices", view.name()),
    };
    let views: Vec<String> = look.views.iter().map(slices).collect();
    let (low, high) = (figure(look.range.low()), figure(look.range.high()));
    let (title, label) = (&look.title, &look.label);
    let unknown = if volume.grid().is_oriented() { "" } else { "; left and right are unknown" };
    format!("{title}: {}; {label}, colours from {low} to {high}{unknown}", views.join(", "))
}

fn draw_slices(canvas: &mut Canvas, volume: &Volume, look: &Look, layout: &Layout) {
    for tile in &layout.tiles {
        let [width, height] = tile.size;
        let values = volume.plane(tile.view, tile.index).sampled(width, height);
        for (row, values) in values.chunks_exact(width).enumerate() {
            for (column, &value) in values.iter().enumerate() {
                let level = canvas::level(look.range.fraction(value));
                canvas.set(tile.at[0] + column, tile.at[1] + row, level);
            }
        }
    }
}

fn draw_bar(canvas: &mut Canvas, &Bar { at, size }: &Bar) {
    for column in 0..size[0] {
        let fraction = (column as f64 + 0.5) / size[0] as f64;
        canvas.fill([at[0] + column, at[1]], [1, size[1]], canvas::level(fraction));
    }
}

/// Where ticks stand below the bar, and what is written there.
fn ticks(look: &Look, left: usize, width: usize, lettering: Lettering) -> Vec<(usize, String)> {
    let most = (width as f64 / (6.0 * lettering.advance)).clamp(2.0, 8.0) as usize;
    let place = |value| left + (look.range.fraction(value) * (width - 1) as f64).round() as usize;
    let ticks = look.range.ticks(most).into_iter();
    ticks.map(|(value, text)| (place(value), text)).collect()
}

fn layout(
    volume: &Volume,
    look: &Look,
    room: Room,
    lettering: Lettering,
    head: usize,
) -> Result<Layout> {
    let grid = volume.grid();
    let (margin, gap) = (lettering.margin(), lettering.gap());
    // Narrower than its colour bar a picture says nothing.
    let inner = room.width.max(12 * lettering.line) - 2 * margin;
    let mut layout = Layout {
        size: [inner + 2 * margin, head],
        tiles: Vec::new(),
        sides: Vec::new(),
        headings: Vec::new(),
        bar: Bar { at: [0, 0], size: [0, 0] },
    };
    // The label, the bar, its ticks.
    let foot = gap + lettering.line + lettering.bar_height() + TICK + lettering.line;
    let block = room.height.saturating_sub(head + foot) / look.views.len().max(1);
    let mut top = head;
    for &view in &look.views {
        let indices = look.slices.indices(view, volume)?;
        let count = indices.len().max(1);
        let heading = lettering.line + 4;
        let room = [inner, block.saturating_sub(heading)];
        let size = tile_size(view.slice_shape(grid), count, room, lettering);
        // As few rows as that takes, of as equal length as can be.
        let rows = count.div_ceil(((inner + gap) / (size[0] + gap)).max(1));
        let columns = count.div_ceil(rows);
        let left = (inner - (columns * (size[0] + gap) - gap).min(inner)) / 2 + margin;
        let labels = labels(volume, view, &indices, size[0], lettering);
        let what = if count == 1 { "slice" } else { "slices" };
        layout.headings.push(Mark {
            middle: [layout.size[0] / 2, top + heading / 2],
            text: match grid.is_oriented() {
                true => format!("{}, {count} {what}, {} up", view.name(), view.up()),
                false => format!("{}, {count} {what}; left and right are unknown", view.name()),
            },
        });
        top += heading;
        for (number, (index, label)) in indices.into_iter().zip(labels).enumerate() {
            let column = number % columns;
            if column == 0 && number > 0 {
                top += lettering.line + size[1];
            }
            let at = [left + column * (size[0] + gap), top + lettering.line];
            if column == 0 {
                let y = at[1] + size[1] / 2;
                let row = columns.min(count - number);
                let right = at[0] + row * (size[0] + gap) - gap + margin / 2;
                for (x, side) in [at[0] - margin / 2, right].into_iter().zip(view.sides(grid)) {
                    layout.sides.push(Mark { middle: [x, y], text: side.to_owned() });
                }
            }
            layout.tiles.push(Tile { view, index, label, at, size });
        }
        top += lettering.line + size[1] + gap;
    }
    let width = (inner / 2).max(inner.min(16 * lettering.line));
    let at = [(layout.size[0] - width) / 2, top + gap + lettering.line];
    layout.bar = Bar { at, size: [width, lettering.bar_height()] };
    layout.size[1] = top + foot + gap;
    Ok(layout)
}

/// The size of a slice in pixels, the largest of which all fit: the shorter side of a voxel takes
/// some quarters of a pixel, one pixel at least, or else a pixel takes a whole number of voxels.
fn tile_size(
    (shape, voxel): ([usize; 2], [f64; 2]),
    count: usize,
    [width, height]: [usize; 2],
    lettering: Lettering,
) -> [usize; 2] {
    let (line, gap) = (lettering.line, lettering.gap());
    let shorter = voxel[0].min(voxel[1]);
    let size = |pixels: f64| {
        // Voxels a thousand times as long as wide are a broken affine, not a picture's shape.
        let side =
            |it: usize| (shape[it] as f64 * (voxel[it] / shorter).min(20.0) * pixels).round();
        [side(0), side(1)].map(|side| (side as usize).max(1))
    };
    let fits = |[tile_width, tile_height]: [usize; 2], height: usize| {
        let columns = (width + gap) / (tile_width + gap);
        columns > 0 && count.div_ceil(columns) * (tile_height + line) <= height
    };
    let quarters = (4..=4 * LARGEST_VOXEL).rev().map(|it| it as f64 / 4.0);
    let enlarged = quarters.map(|pixels| (size(pixels), height));
    let reduced = || (1..).map(|voxels| size(1.0 / f64::from(voxels)));
    // A voxel keeps a pixel of its own as long as the picture grows twice as tall at most.
    let mut sizes = enlarged.chain(reduced().take(64).map(|tile| (tile, 2 * height)));
    match sizes.find(|(tile, height)| fits(*tile, *height)) {
        Some((tile, _)) => tile,
        // A great many slices take what height they need.
        None => reduced().find(|tile| tile[0] <= width).expect("a pixel fits in the end"),
    }
}

/// What stands above each slice, as much as there is room for: its index and, where the grid's place
/// is known, its position.
fn labels(
    volume: &Volume,
    view: View,
    indices: &[usize],
    width: usize,
    lettering: Lettering,
) -> Vec<String> {
    let grid = volume.grid();
    let axis = view.voxel_axis(grid);
    let step = grid.voxel_sizes()[axis];
    let position = |index: usize| millimetres(grid.slice_position(axis, index), step);
    let name = view.axis_name();
    let with_position: [&dyn Fn(usize) -> String; 4] = [
        &|index| format!("slice {index}, {name} = {} mm", position(index)),
        &|index| format!("{index}: {} mm", position(index)),
        &|index| format!("{} mm", position(index)),
        &position,
    ];
    let by_index: [&dyn Fn(usize) -> String; 2] =
        [&|index| format!("slice {index}"), &|index| index.to_string()];
    let forms = if grid.is_oriented() { &with_position[..] } else { &by_index };
    let form = |form: &dyn Fn(usize) -> String| -> Vec<String> {
        indices.iter().map(|&index| form(index)).collect()
    };
    let fits = |labels: &Vec<String>| {
        labels.iter().all(|label| {
            label.chars().count() as f64 * lettering.advance
                <= width as f64 + lettering.gap() as f64
        })
    };
    forms.iter().copied().map(form).find(fits).unwrap_or_else(|| vec![String::new(); indices.len()])
}

/// At most `most` characters, the end left out.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(3)).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::volume::Grid;
    use std::num::NonZeroUsize;

    fn grid(shape: [usize; 3]) -> Grid {
        Grid {
            shape,
            affine: [[-2.0, 0.0, 0.0, 60.0], [0.0, 2.0, 0.0, -70.0], [0.0, 0.0, 4.0, -40.0]],
            unknown_sides: None,
        }
    }

    fn look(views: &[View], slices: Slices) -> Look {
        Look {
            title: "A map <of> everything".to_owned(),
            label: "tSNR (no unit)".to_owned(),
            colormap: Colormap::Viridis,
            range: Range::new(0.0, 80.0).unwrap(),
            views: views.to_vec(),
            slices,
        }
    }

    /// Width, height, and RGB of a PNG as the crate `png` reads it.
    fn decoded(file: &[u8]) -> (usize, usize, Vec<[u8; 3]>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        (frame.width as usize, frame.height as usize, bytes.as_chunks().0.to_vec())
    }

    #[test]
    fn nothing_overlaps_and_nothing_lies_outside_whatever_the_grid() {
        for shape in [
            [9000, 2, 3],
            [64, 64, 30],
            [104, 104, 72],
            [40, 20, 1],
            [1, 1, 1],
            [3, 200, 90],
            [512, 512, 40],
        ] {
            let grid = grid(shape);
            let values = vec![1.0; grid.voxel_count()];
            let volume = Volume::new(&grid, &values).unwrap();
            for (room, lettering) in [
                (SLIDE, IN_PNG),
                (Room { width: 680, height: 600 }, IN_PAGE),
                (Room { width: 9, height: 0 }, IN_PAGE),
            ] {
                let look = look(&View::ALL, Slices::All);
                let layout = layout(&volume, &look, room, lettering, 30).unwrap();
                assert_eq!(layout.tiles.len(), shape.iter().sum::<usize>());
                let [width, height] = layout.size;
                let end = |tile: &Tile| [tile.at[0] + tile.size[0], tile.at[1] + tile.size[1]];
                for (number, tile) in layout.tiles.iter().enumerate() {
                    assert!(
                        end(tile)[0] + lettering.margin() <= width
                            && tile.at[0] >= lettering.margin(),
                        "{shape:?}"
                    );
                    assert!(end(tile)[1] <= height && tile.at[1] >= 30 + lettering.line);
                    for other in &layout.tiles[..number] {
                        let is_beside = end(other)[0] < tile.at[0] || end(tile)[0] < other.at[0];
                        let is_above = end(other)[1] + lettering.line <= tile.at[1];
                        assert!(is_beside || is_above, "{shape:?} {:?} {:?}", tile.at, other.at);
                    }
                }
                assert!(layout.bar.at[1] > end(layout.tiles.last().unwrap())[1]);
            }
        }
    }

    #[test]
    fn voxels_keep_their_shape() {
        let size = |voxel| tile_size(([10, 10], voxel), 1, [1000, 1000], IN_PNG);
        assert_eq!(size([1.0, 1.0]), [600, 600]);
        assert_eq!(size([2.0, 4.0]), [488, 975]);
        assert_eq!(tile_size(([100, 100], [1.0, 1.0]), 72, [1000, 300], IN_PNG), [50, 50]);
        assert_eq!(tile_size(([100, 100], [1.0, 1.0]), 30, [1000, 300], IN_PNG), [100, 100]);
    }

    /// One voxel at the patient's left has a value: its colour is in the left half of the picture,
    /// though the grid's first axis runs to the left.
    #[test]
    fn what_lies_left_is_drawn_left() {
        let grid = grid([20, 20, 1]);
        let mut values = vec![0.0; 400];
        // At x = 60 - 2 * 19 = 22 mm for the last index; the first index is at 60 mm, right.
        values[10 * 20 + 19] = 80.0;
        let volume = Volume::new(&grid, &values).unwrap();
        let file = png(&volume, &look(&[View::Axial], Slices::All)).unwrap();
        let (width, height, pixels) = decoded(&file);
        assert_eq!(width, SLIDE.width);
        let layout =
            layout(&volume, &look(&[View::Axial], Slices::All), SLIDE, IN_PNG, 42).unwrap();
        assert_eq!(height, layout.size[1]);
        let tile = &layout.tiles[0];
        let yellow = Colormap::Viridis.color(1.0);
        let found: Vec<usize> = (tile.at[1]..tile.at[1] + tile.size[1])
            .flat_map(|y| (tile.at[0]..tile.at[0] + tile.size[0]).map(move |x| (x, y)))
            .filter(|(x, y)| pixels[y * width + x] == yellow)
            .map(|(x, _)| x)
            .collect();
        assert_eq!(found.len(), (tile.size[0] / 20).pow(2));
        assert!(found.iter().all(|&x| x < tile.at[0] + tile.size[0] / 20));
    }

    #[test]
    fn undefined_voxels_have_no_colour_of_the_map() {
        let grid = grid([8, 8, 2]);
        let values = vec![f64::NAN; 128];
        let volume = Volume::new(&grid, &values).unwrap();
        let file = png(&volume, &look(&[View::Axial], Slices::All)).unwrap();
        let (width, _, pixels) = decoded(&file);
        let look = look(&[View::Axial], Slices::All);
        let layout = layout(&volume, &look, SLIDE, IN_PNG, 42).unwrap();
        let [x, y] = layout.tiles[0].at;
        let void = pixels[(y + 3) * width + x + 3];
        for map in Colormap::ALL {
            for place in 0..=250 {
                assert_ne!(map.color(f64::from(place) / 250.0), void, "{map:?} {place}");
            }
        }
    }

    #[test]
    fn a_drawing_for_a_page_is_well_formed_and_says_where_each_slice_lies() {
        let grid = grid([16, 16, 5]);
        let values: Vec<f64> = (0..grid.voxel_count()).map(|it| it as f64).collect();
        let volume = Volume::new(&grid, &values).unwrap();
        let slices = Slices::Count(NonZeroUsize::new(3).unwrap());
        let room = Room { width: 1100, height: 500 };
        let text = svg(&volume, &look(&[View::Axial, View::Sagittal], slices), room);
        let text = text.unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let texts: Vec<&str> = document.descendants().filter_map(|it| it.text()).collect();
        for expected in ["slice 0, z = -40 mm", "L", "R", "P", "A", "80", "tSNR (no unit)"] {
            assert!(texts.contains(&expected), "{expected}: {texts:?}");
        }
        let label = document.root_element().attribute("aria-label").unwrap();
        assert_eq!(
            label,
            "A map <of> everything: 3 axial slices, 3 sagittal slices; tSNR (no unit), colours from \
             0.000 to 80.00"
        );
        let unknown =
            Grid { unknown_sides: Some("no affine says how the voxels lie"), ..grid.clone() };
        let volume_of_unknown = Volume::new(&unknown, &values).unwrap();
        let all = look(&View::ALL, Slices::All);
        let text = svg(&volume_of_unknown, &all, room).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let texts: Vec<&str> = document.descendants().filter_map(|it| it.text()).collect();
        assert!(["L", "R", "P", "A"].iter().all(|side| !texts.contains(side)), "{texts:?}");
        assert!(!text.contains(" mm") && !text.contains(" up<") && texts.contains(&"?"));
        assert!(texts.contains(&"coronal, 16 slices; left and right are unknown"), "{texts:?}");
        assert!(text.contains("to 80.00; left and right are unknown\""));
        let missing = look(&[View::Axial], Slices::List(vec![5]));
        assert!(png(&volume, &missing).is_err());
    }
}
