//! Letters as strokes of a round pen, drawn at any size: pictures need no font of the machine.
//!
//! `letters.txt` has a letter a line: its strokes, parted by `|`, each a way through points `x,y` and
//! arcs `@x,y,rx,ry,from,to` of ellipses around a centre, in degrees. Capitals are 14 units tall, `x` is
//! 10, and the line on which they stand is at 0.

use super::sheet::Sheet;
use std::collections::HashMap;
use std::sync::OnceLock;

const LETTERS: &str = include_str!("letters.txt");
/// The letter for every character that has none.
const OTHER: char = '□';
/// The height of a capital, in units.
const CAPITAL: f64 = 14.0;
/// The distance from the end of a letter to the next, and the width of a space.
const BETWEEN: f64 = 3.1;
const SPACE: f64 = 5.2;
/// An arc is drawn as chords of so many degrees.
const CHORD: f64 = 12.0;

/// How thick the pen is, in units of a letter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pen {
    Regular,
    Bold,
}

struct Letter {
    strokes: Vec<Vec<[f64; 2]>>,
    width: f64,
}

fn letters() -> &'static HashMap<char, Letter> {
    static PARSED: OnceLock<HashMap<char, Letter>> = OnceLock::new();
    PARSED.get_or_init(|| LETTERS.lines().map(parsed).collect())
}

fn letter(of: char) -> &'static Letter {
    letters().get(&of).or_else(|| letters().get(&OTHER)).expect("a box for all others")
}

fn parsed(line: &str) -> (char, Letter) {
    let mut characters = line.chars();
    let of = characters.next().expect("a letter in each line");
    let mut strokes: Vec<Vec<[f64; 2]>> = vec![Vec::new()];
    for word in characters.as_str().split_whitespace() {
        let numbers = |text: &str| -> Vec<f64> {
            text.split(',').map(|it| it.parse().expect("numbers")).collect()
        };
        let stroke = strokes.last_mut().expect("one at least");
        match word.strip_prefix('@') {
            Some(arc) => stroke.extend(arc_points(&numbers(arc))),
            None if word == "|" => strokes.push(Vec::new()),
            None => stroke.push([numbers(word)[0], numbers(word)[1]]),
        }
    }
    let places = || strokes.iter().flatten().map(|point| point[0]);
    let (left, right) = (places().fold(f64::MAX, f64::min), places().fold(f64::MIN, f64::max));
    let width = right - left;
    strokes.iter_mut().flatten().for_each(|point| point[0] -= left);
    (of, Letter { strokes, width })
}

fn arc_points(arc: &[f64]) -> Vec<[f64; 2]> {
    let [x, y, rx, ry, from, to] = arc else { panic!("an arc has six numbers") };
    let chords = ((to - from).abs() / CHORD).ceil().max(1.0);
    let at = |chord: u32| {
        let angle = (from + (to - from) * f64::from(chord) / chords).to_radians();
        [x + rx * angle.cos(), y + ry * angle.sin()]
    };
    (0..=chords as u32).map(at).collect()
}

/// The width of a text whose capitals are so many pixels tall.
pub(super) fn width(text: &str, capital: f64) -> f64 {
    let units: f64 = text.chars().map(advance).sum();
    (units - BETWEEN).max(0.0) * capital / CAPITAL
}

fn advance(of: char) -> f64 {
    if of == ' ' { SPACE } else { letter(of).width + BETWEEN }
}

/// Writes a text that begins at a place on the line on which it stands.
pub(super) fn write(
    sheet: &mut Sheet,
    [mut x, y]: [f64; 2],
    text: &str,
    (capital, pen): (f64, Pen),
    color: [u8; 3],
) {
    let scale = capital / CAPITAL;
    let pen = if pen == Pen::Bold { 2.4 } else { 1.5 };
    // A pen thinner than a pixel would fade.
    let radius = (pen * scale / 2.0).max(0.55);
    for character in text.chars() {
        if character != ' ' {
            for stroke in &letter(character).strokes {
                let placed: Vec<[f64; 2]> = stroke
                    .iter()
                    .map(|point| [x + point[0] * scale, y - point[1] * scale])
                    .collect();
                sheet.stroke(&placed, radius, color);
            }
        }
        x += advance(character) * scale;
    }
}

/// A text broken at spaces into lines that are at most so many pixels wide; a word that is wider stays
/// whole but for its end.
pub(super) fn lines(text: &str, capital: f64, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|it| width(it, capital) <= most) {
            Some(longer) => *lines.last_mut().expect("it was lengthened") = longer,
            None => lines.push(shortened(word, capital, most)),
        }
    }
    lines
}

/// The part of a text that is at most so many pixels wide.
pub(super) fn shortened(text: &str, capital: f64, most: f64) -> String {
    if width(text, capital) <= most {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    let ended = |kept: &[char]| kept.iter().chain(&['…']).collect::<String>();
    while !kept.is_empty() && width(&ended(&kept), capital) > most {
        kept.pop();
    }
    ended(&kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printable_letter_has_strokes_of_its_own() {
        let mut shapes: Vec<String> = ('!'..='~')
            .chain("–…·×±°µ²".chars())
            .map(|it| {
                assert!(letters().contains_key(&it), "{it}");
                format!("{:?}", letter(it).strokes)
            })
            .collect();
        let count = shapes.len();
        shapes.sort();
        shapes.dedup();
        assert_eq!(shapes.len(), count, "no two letters are alike");
        for (of, letter) in letters() {
            let points = letter.strokes.iter().flatten();
            for [x, y] in points {
                assert!((-0.01..=letter.width + 0.5).contains(x), "{of} {x}");
                assert!((-4.6..=16.1).contains(y), "{of} {y}");
            }
        }
        assert_eq!(letter('脳').strokes, letter(OTHER).strokes);
    }

    #[test]
    fn lines_are_no_wider_than_they_may_be() {
        let text = "median 205.9 over 12,924 voxels in the mask a_very_long_name_of_a_mask_without_spaces.nii.gz";
        for most in [80.0, 200.0, 333.0, 2000.0] {
            let lines = lines(text, 13.0, most);
            assert!(lines.iter().all(|line| width(line, 13.0) <= most), "{most}: {lines:?}");
            assert_eq!(lines.len() == 1, most == 2000.0);
        }
        assert_eq!(shortened("abc", 14.0, 1000.0), "abc");
    }
}
