//! Letters of 5 by 7 pixels, with two rows below the line: pictures need no font of the machine.

/// The printable characters of ASCII in order, sixteen in a band, `#` for ink; what would follow
/// the last is a box, for every other character.
const GLYPHS: &str = include_str!("font.txt");
const FIRST: u32 = ' ' as u32;
const LAST: u32 = '~' as u32;

/// Of a letter with the space to the next, in pixels.
pub(super) const ADVANCE: usize = 6;
/// Of a letter, in pixels.
pub(super) const WIDTH: usize = 5;
/// From the top of a capital to the bottom of a `g`, in pixels.
pub(super) const HEIGHT: usize = 9;

/// The rows of a letter, from the top, each from the left: whether there is ink.
pub(super) fn glyph(letter: char) -> impl Iterator<Item = impl Iterator<Item = bool>> {
    let number = match letter as u32 {
        code @ FIRST..=LAST => code - FIRST,
        _ => LAST + 1 - FIRST,
    } as usize;
    // A blank line parts the bands.
    let rows = GLYPHS.lines().skip(number / 16 * (HEIGHT + 1)).take(HEIGHT);
    rows.map(move |row| row[number % 16 * ADVANCE..][..WIDTH].bytes().map(|ink| ink == b'#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(letter: char) -> String {
        let row = |row: &mut dyn Iterator<Item = bool>| -> String {
            row.map(|ink| if ink { '#' } else { '.' }).collect::<String>() + "\n"
        };
        glyph(letter).map(|mut it| row(&mut it)).collect()
    }

    #[test]
    fn every_letter_has_a_shape_of_its_own() {
        let mut shapes: Vec<String> =
            (FIRST..=LAST + 1).filter_map(char::from_u32).map(drawn).collect();
        assert_eq!(shapes.len(), 96);
        assert!(shapes.iter().all(|shape| shape.len() == HEIGHT * (WIDTH + 1)));
        shapes.sort();
        shapes.dedup();
        assert_eq!(shapes.len(), 96);
        assert_eq!(drawn('L'), "#....\n#....\n#....\n#....\n#....\n#....\n#####\n.....\n.....\n");
        assert_eq!(drawn('é'), drawn('\u{7f}'));
    }
}
