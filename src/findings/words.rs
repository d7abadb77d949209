//! Words that several findings use: lists of files, of things, and counts of voxels.

use crate::formats::Source;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// More things than this are counted, not named.
const MOST_NAMED: usize = 4;

/// Files grouped by what they say, in words, if they do not all say the same.
pub(super) fn grouped<'a>(
    images: impl Iterator<Item = &'a Arc<dyn Source>>,
    say: impl Fn(&dyn Source) -> Option<String>,
) -> Option<String> {
    let mut groups: Vec<(String, Vec<&Path>)> = Vec::new();
    // The place of the group of what was said.
    let mut places: HashMap<String, usize> = HashMap::new();
    for image in images {
        let Some(said) = say(&**image) else { continue };
        let place = *places.entry(said.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((said, Vec::new()));
        }
        groups[place].1.push(image.path());
    }
    let in_words =
        |(said, files): &(String, Vec<&Path>)| format!("{said} in {}", file_names(files));
    (groups.len() > 1).then(|| groups.iter().map(in_words).collect::<Vec<_>>().join("; "))
}

/// The names of some files, without their folders.
pub(super) fn file_names(files: &[&Path]) -> String {
    let name = |file: &&Path| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut names: Vec<String> = files.iter().take(MOST_NAMED).map(name).collect();
    if files.len() > MOST_NAMED {
        names.push(format!("and {} more", files.len() - MOST_NAMED));
    }
    names.join(", ")
}

/// Some of many things, and how many more there are.
pub(super) fn some_of(things: &[String]) -> String {
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
        count => format!("{count} voxels have"),
    }
}
