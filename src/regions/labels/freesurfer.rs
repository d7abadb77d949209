//! FreeSurfer's colour table, `FreeSurferColorLUT.txt`: a number, a name without spaces and
//! a colour (red, green, blue and, mostly, alpha) in each line. `#` begins a comment.

use super::{Entry, index, on_line};
use crate::error::Result;

/// The form that each line should have.
const EXPECTED: &str =
    "expected a number, a name without spaces and a colour: 17 Left-Hippocampus 220 216 20 0";

/// The rows of the table.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (line, row) in (1..).zip(text.lines()) {
        let mut words = row.split_whitespace().take_while(|word| !word.starts_with('#'));
        let Some(number) = words.next() else { continue };
        let index = index(number, line)?;
        let Some(name) = words.next() else {
            return Err(on_line(line, format!("no name behind {index}, {EXPECTED}")));
        };
        let colour: Vec<&str> = words.collect();
        if let Some(word) = colour.iter().find(|word| word.parse::<u32>().is_err()) {
            return Err(on_line(line, format!("'{word}' in place of a colour, {EXPECTED}")));
        }
        if colour.len() < 3 {
            return Err(on_line(line, format!("no colour behind '{name}', {EXPECTED}")));
        }
        entries.push(Entry { line, index, name: Some(name.to_owned()) });
    }
    Ok(entries)
}
