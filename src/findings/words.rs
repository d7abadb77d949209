//! Words that several findings use: lists of files, of things, and counts of voxels.

use crate::numbers;
use crate::runs::{grouped_by, names_within, shortened};
use std::path::Path;

/// More things than this are counted, not named.
const MOST_NAMED: usize = 4;
/// A thing of more characters is named without its middle.
const LONGEST_THING: usize = 48;
/// More groups than this are counted, not named.
const MOST_GROUPS: usize = 3;
/// The greatest length of what the files of a group say, in characters; their names may be twice as
/// long.
const GROUP_CHARACTERS: usize = 30;

/// Files grouped by what they say, in words, if they do not all say the same.
pub(super) fn grouped<'a>(said: impl Iterator<Item = (&'a Path, String)>) -> Option<String> {
    let groups = grouped_by(said.map(|(path, said)| (said, path)));
    if groups.len() < 2 {
        return None;
    }
    let in_words = |(said, files): &(String, Vec<&Path>)| {
        let names = names_within(files, 2 * GROUP_CHARACTERS);
        format!("{} in {names}", shortened(said, GROUP_CHARACTERS))
    };
    let mut words: Vec<String> = groups.iter().take(MOST_GROUPS).map(in_words).collect();
    if let Some(more) = groups.len().checked_sub(MOST_GROUPS).filter(|&more| more > 0) {
        words.push(format!("and {more} more"));
    }
    Some(words.join("; "))
}

/// Some of many things, and how many more there are.
pub(super) fn some_of(things: &[String]) -> String {
    let things: Vec<String> = things.iter().map(|it| shortened(it, LONGEST_THING)).collect();
    let mut named = things[..things.len().min(MOST_NAMED)].join(", ");
    if things.len() > MOST_NAMED {
        named += &format!(", and {} more", things.len() - MOST_NAMED);
    }
    named
}

/// `1 voxel has`, `5 voxels have`.
pub(super) fn voxels_have(count: usize) -> String {
    match count {
        1 => "1 voxel has".to_owned(),
        count => format!("{} voxels have", numbers::count(count)),
    }
}
