//! A histogram and slices for the terminal, as wide as it is.
//!
//! Whether the terminal shows colour, or is one at all, is for the caller to find out.

use super::colormap::Colormap;
use super::range::Range;
use super::views::{Slices, View};
use super::volume::Volume;
use crate::numbers::{figure, grouped};
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use std::fmt::Write;

/// Narrower terminals are drawn on as if they had so many columns.
const LEAST_COLUMNS: usize = 40;
/// The columns of a slice with the space around it; a wider terminal has more slices.
const SLICE_COLUMNS: usize = 40;
const BINS: usize = 10;

/// The distribution of the finite values, one line for each of ten bins of a round width; what lies
/// beyond the last is counted in it, and the mark of the last says so. No line is wider than so many
/// columns. Empty if nothing is finite.
///
/// ```
/// let text = tsnr::pictures::preview::histogram(&[1.0, 1.5, 2.0, 2.5, 9.0], 79);
/// assert!(text.lines().all(|line| line.chars().count() <= 79));
/// ```
pub fn histogram(values: &[f64], columns: usize) -> String {
    let Some([low, high]) = quantiles(values, [0.0, 0.98]) else { return String::new() };
    let range = Range::containing(low.min(0.0), high);
    // A step such that ten of them hold the range.
    let power = 10_f64.powf(((range.high() - range.low()) / BINS as f64).log10().floor());
    let holds =
        |step: &f64| (range.low() / step).floor() * step + BINS as f64 * step >= range.high();
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0, 20.0].map(|it| it * power);
    let step = steps.into_iter().find(holds).unwrap_or(range.high() - range.low());
    let start = (range.low() / step).floor() * step;
    let last = ((range.high() - start) / step).ceil().clamp(1.0, BINS as f64) as usize - 1;
    let mut counts = vec![0_usize; last + 1];
    for value in values.iter().filter(|value| value.is_finite()) {
        counts[(((value - start) / step).max(0.0) as usize).min(last)] += 1;
    }
    let total: usize = counts.iter().sum();
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let decimals =
        (-step.log10().floor()).clamp(0.0, 6.0) as usize + usize::from(step / power == 2.5);
    let edge = |number: usize| match start + number as f64 * step {
        edge if (1e-5..1e9).contains(&step) => grouped(&format!("{edge:.decimals$}")),
        edge => format!("{edge:.2e}"),
    };
    let marks: Vec<String> = (0..=last)
        .map(|bin| match bin == last {
            false => format!("{} to {}", edge(bin), edge(bin + 1)),
            true => format!("{} and more", edge(bin)),
        })
        .collect();
    let wide = marks.iter().map(|mark| mark.len()).max().unwrap_or(0);
    let room = columns.max(LEAST_COLUMNS).saturating_sub(wide + 8).max(8);
    let mut text = String::new();
    for (mark, count) in marks.iter().zip(&counts) {
        let percent = 100.0 * *count as f64 / total as f64;
        let _ =
            writeln!(text, "{mark:>wide$} {percent:5.1}% {}", bar(*count, most, room).trim_end());
    }
    text
}

/// A bar of a length in eighths of a column.
fn bar(count: usize, most: usize, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (8 * room * count).div_ceil(most);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// Terminals that show 24-bit colours and may come without `COLORTERM`, as over ssh.
const IN_TRUE_COLORS: [&str; 5] = ["direct", "kitty", "alacritty", "wezterm", "ghostty"];

/// The colours that a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// 24 bits: `ESC [38;2;R;G;B m`.
    True,
    /// The 256 of xterm: `ESC [38;5;N m`.
    Palette,
}

impl Colors {
    /// The colours of a terminal by its variables `TERM` and `COLORTERM`, if they tell of any.
    pub fn of_terminal(term: &str, colorterm: &str) -> Option<Colors> {
        let is_true = matches!(colorterm, "truecolor" | "24bit")
            || IN_TRUE_COLORS.iter().any(|name| term.contains(name));
        match is_true {
            true => Some(Colors::True),
            false => term.contains("256color").then_some(Colors::Palette),
        }
    }

    /// The code of a colour; layer 38 is the letter, 48 what lies behind it.
    fn code(self, layer: u8, [r, g, b]: [u8; 3]) -> String {
        match self {
            Colors::True => format!("{layer};2;{r};{g};{b}"),
            Colors::Palette => format!("{layer};5;{}", nearest_of_palette([r, g, b])),
        }
    }
}

/// The colour nearest to another among those of xterm that every terminal has alike: 216 in a
/// cube, from 16 on, and 24 greys behind them.
fn nearest_of_palette(color: [u8; 3]) -> u8 {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    let entry = |number: u8| match number {
        232.. => [8 + 10 * (number - 232); 3],
        cube => [(cube - 16) / 36, (cube - 16) / 6 % 6, (cube - 16) % 6].map(level),
    };
    let distance = |number: &u8| -> u32 {
        let pairs = entry(*number).into_iter().zip(color);
        pairs.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    (16..=255).min_by_key(distance).expect("there are colours")
}

/// Axial slices of a volume, evenly spaced, as many side by side as have room in so many columns,
/// two pixels a letter, with `L` and `R` beside them, `L?` and `R?` where that is unknown, and a
/// line that says what the colours mean.
pub fn axial_slices(
    volume: &Volume,
    colormap: Colormap,
    range: Range,
    colors: Colors,
    terminal_columns: usize,
) -> String {
    let terminal_columns = terminal_columns.max(LEAST_COLUMNS);
    let grid = volume.grid();
    let axis = View::Axial.voxel_axis(grid);
    let ([columns, rows], voxel) = View::Axial.slice_shape(grid);
    let count = ((terminal_columns + 1) / SLICE_COLUMNS).clamp(1, grid.shape[axis].max(1));
    // Thirds rather than quarters: of a head the quarters are jaw and crown.
    let slices =
        Slices::List((1..=count).map(|part| part * grid.shape[axis] / (count + 1)).collect());
    let Ok(mut indices) = slices.indices(View::Axial, volume) else { return String::new() };
    if grid.orientation().axes[axis].is_reversed {
        indices.reverse();
    }
    // Between the letters at the sides and the slices there is a column each.
    let [left, right] = View::Axial.sides(grid);
    let room = (terminal_columns - 2 - 2 * left.len() - 2 * (count - 1)) / count;
    let (wide, tall) = (columns as f64 * voxel[0], rows as f64 * voxel[1]);
    let width = columns.max(16).min(room);
    let scale = (width as f64 / wide).min(48.0 / tall);
    let pixels = |length: f64| ((length * scale).round() as usize).max(1);
    let (width, height) = (pixels(wide).min(room), pixels(tall).next_multiple_of(2));
    let planes: Vec<Vec<f64>> = indices
        .iter()
        .map(|&index| volume.plane(View::Axial, index).sampled(width, height))
        .collect();
    let color = |layer: u8, value: f64| colors.code(layer, colormap.color(range.fraction(value)));
    let mut text = String::new();
    for row in (0..height).step_by(2) {
        let is_middle = row / 2 == height / 4;
        let _ = write!(text, "{:1$} ", if is_middle { left } else { "" }, left.len());
        for (number, plane) in planes.iter().enumerate() {
            text.push_str(if number > 0 { "  " } else { "" });
            let mut before = String::new();
            for column in 0..width {
                let (upper, lower) =
                    (plane[row * width + column], plane[(row + 1) * width + column]);
                // The half that has a colour is drawn, the other is the terminal's own.
                let (letter, codes) = match (upper.is_nan(), lower.is_nan()) {
                    (true, true) => (' ', "0".to_owned()),
                    (true, false) => ('▄', format!("0;{}", color(38, lower))),
                    (false, true) => ('▀', format!("0;{}", color(38, upper))),
                    (false, false) => ('▀', format!("{};{}", color(38, upper), color(48, lower))),
                };
                if codes != before {
                    let _ = write!(text, "\x1b[{codes}m");
                    before = codes;
                }
                text.push(letter);
            }
            text.push_str("\x1b[0m");
        }
        text += &if is_middle { format!(" {right}\n") } else { "\n".to_owned() };
    }
    let place = |&index: &usize| match grid.is_oriented() {
        true => grid.place(axis, index),
        false => index.to_string(),
    };
    let places = indices.iter().map(place).collect::<Vec<_>>().join(", ");
    let places = match grid.is_oriented() {
        true => format!("axial, z = {places} mm"),
        false => format!("slice {places}, sides unknown"),
    };
    let shades = (0..16)
        .map(|it| format!("\x1b[{}m█", colors.code(38, colormap.color(f64::from(it) / 15.0))));
    let (low, high) = (figure(range.low()), figure(range.high()));
    // What does not fit beside the places stands below them.
    let is_one = 2 + places.chars().count() + 3 + low.len() + 18 + high.len() <= terminal_columns;
    let between = if is_one { "   " } else { "\n  " };
    let shades = shades.collect::<String>();
    let _ = writeln!(text, "  {places}{between}{low} {shades}\x1b[0m {high}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::volume::Grid;

    /// The part of a text that a terminal shows: without the escape codes.
    fn shown(text: &str) -> String {
        let mut parts = text.split('\x1b');
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = |part: &str| part.split_once('m').expect("a colour's code").1.to_owned();
        parts.map(rest).fold(first, |all, part| all + &part)
    }

    #[test]
    fn slices_are_drawn_in_the_colours_that_a_terminal_tells_of() {
        assert_eq!(Colors::of_terminal("xterm-256color", "truecolor"), Some(Colors::True));
        assert_eq!(Colors::of_terminal("xterm-kitty", ""), Some(Colors::True));
        assert_eq!(Colors::of_terminal("xterm-256color", ""), Some(Colors::Palette));
        assert_eq!(["vt100", ""].map(|term| Colors::of_terminal(term, "")), [None; 2]);
    }

    #[test]
    fn a_histogram_has_every_finite_value_in_one_of_its_bins() {
        let mut values: Vec<f64> = (0..1000).map(|it| f64::from(it) / 10.0).collect();
        values.extend([f64::NAN, f64::INFINITY, 5000.0]);
        let text = histogram(&values, 79);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 10, "{text}");
        assert!(lines[0].starts_with("    0 to 10  10.0% "), "{text}");
        assert!(lines[9].starts_with("90 and more  10.1% "), "{text}");
        assert_eq!(lines.iter().map(|line| line.chars().count()).max(), Some(79));
        assert_eq!(histogram(&[f64::NAN], 79), "");
        for values in
            [vec![3.0], vec![0.0; 4], vec![-5.0, 1e300], vec![1e-300, 2e-300], vec![-1.0, -2.0]]
        {
            let text = histogram(&values, 49);
            assert!((1..=BINS).contains(&text.lines().count()), "{values:?}: {text}");
            let sum: f64 = text
                .lines()
                .filter_map(|line| line.split_once('%')?.0.rsplit(' ').next()?.parse::<f64>().ok())
                .sum();
            assert!((sum - 100.0).abs() < 0.6, "{values:?}: {text}");
            assert!(text.lines().all(|line| line.chars().count() <= 49), "{text}");
        }
    }

    #[test]
    fn slices_fit_the_terminal_and_show_left_at_the_left() {
        for shape in
            [[64, 64, 30], [104, 104, 72], [40, 20, 1], [1, 1, 1], [3, 300, 9], [300, 3, 4]]
        {
            let affine = [[-2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]];
            let grid = Grid { shape, affine, unknown_sides: None };
            let values: Vec<f64> =
                (0..grid.voxel_count()).map(|it| (it % shape[0]) as f64).collect();
            let volume = Volume::new(&grid, &values).unwrap();
            let range = Range::containing(0.0, shape[0] as f64 - 1.0);
            for columns in [39, 49, 79, 119, 200] {
                let text = axial_slices(&volume, Colormap::Gray, range, Colors::True, columns);
                let shown = shown(&text);
                let most = columns.max(LEAST_COLUMNS);
                assert!(
                    shown.lines().all(|line| line.chars().count() <= most),
                    "{shape:?}\n{shown}"
                );
                assert!(shown.lines().count() <= 27, "{shape:?}\n{shown}");
                assert_eq!(shown.matches(['L', 'R']).count(), 2, "{shown}");
            }
            let text = axial_slices(&volume, Colormap::Gray, range, Colors::True, 79);
            let unknown =
                Grid { unknown_sides: Some("no affine says how the voxels lie"), ..grid.clone() };
            let volume = Volume::new(&unknown, &values).unwrap();
            let unknown = axial_slices(&volume, Colormap::Gray, range, Colors::True, 79);
            let unknown = self::tests::shown(&unknown);
            assert!(unknown.lines().all(|line| line.chars().count() <= 79), "{unknown}");
            assert_eq!((unknown.matches("L?").count(), unknown.matches("R?").count()), (1, 1));
            assert!(unknown.contains(", sides unknown ") && !unknown.contains(" mm"), "{unknown}");
            // The first index lies at the right, so the brightest voxels are at the left.
            if shape[0] == 64 {
                let first = text.split("\x1b[").nth(1).unwrap();
                assert!(first.starts_with("38;2;255;255;255;48;2;255"), "{first}");
            }
        }
    }

    /// xterm's 256colres.pl: 16 is black, 231 white, 196 red, 244 is #808080, 67 is #5f87af.
    #[test]
    fn a_palette_has_the_nearest_of_its_colours() {
        let colors =
            [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0x80, 0x80, 0x80], [0x5f, 0x87, 0xaf]];
        assert_eq!(colors.map(nearest_of_palette), [16, 231, 196, 244, 67]);
        assert_eq!(Colors::Palette.code(48, [250, 4, 3]), "48;5;196");
    }

    #[test]
    fn undefined_voxels_are_the_terminals_own_ground() {
        let grid = Grid {
            shape: [16, 16, 1],
            affine: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]],
            unknown_sides: None,
        };
        let values = [f64::NAN; 256];
        let volume = Volume::new(&grid, &values).unwrap();
        let range = Range::containing(0.0, 1.0);
        let text = axial_slices(&volume, Colormap::Viridis, range, Colors::True, 79);
        let slices = text.lines().rev().skip(1).collect::<String>();
        assert!(!slices.contains("8;2;") && !slices.contains('▀'), "{slices:?}");
    }
}
