//! Outputs that are one file, or a file that must not be lost.

use super::{UnderWay, written_file};
use crate::error::{Error, Result};
use crate::paths::directory_entry;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind::{NotADirectory, NotFound};
use std::path::{Path, PathBuf};

/// The problem of an output that is an input, and what to do.
const LOST: [&str; 2] = [
    "the output is one of the inputs, which would be lost",
    "give another name, or a narrower pattern",
];
/// The problem of an output that would become a sidecar of an input, and what to do.
const READ: [&str; 2] = [
    "a file of this name describes one of the inputs, and would be read with it",
    "give another name",
];

impl UnderWay {
    /// Finds out, before work is spent on it, whether every output can be written, and none replaces
    /// another, or becomes one of the files that are to stay as they are, be they there or not.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check_apart(
        &self,
        outputs: &[PathBuf],
        kept: impl IntoIterator<Item = PathBuf>,
    ) -> Result<()> {
        if let Some(path) = repeated(outputs.iter().map(PathBuf::as_path)) {
            return Err(Error::mismatch(in_one_file(path)).remedy("give each a name of its own"));
        }
        let (mut standing, mut new) = (HashMap::new(), HashMap::new());
        for (place, output) in outputs.iter().enumerate() {
            match canonical(output)? {
                Some(file) => standing.insert(file, place),
                None => new.insert(directory_entry(output), place),
            };
        }
        let new_names: HashSet<&OsStr> = new.keys().filter_map(|it| it.file_name()).collect();
        let mut first: Option<(usize, [&str; 2])> = None;
        for kept in kept {
            let file = if standing.is_empty() { None } else { canonical(&kept)? };
            // Few names are alike, and the others are not looked for on the disk.
            let is_alike = kept.file_name().is_some_and(|name| new_names.contains(name));
            let found = match file.and_then(|file| standing.get(&file)) {
                Some(&place) => Some((place, LOST)),
                None if is_alike => new.get(&directory_entry(&kept)).map(|&place| (place, READ)),
                None => None,
            };
            first = first.into_iter().chain(found).min_by_key(|(place, _)| *place);
        }
        if let Some((place, [problem, remedy])) = first {
            return Err(Error::mismatch(problem).remedy(remedy).at(&outputs[place]));
        }
        self.check(outputs.iter().map(PathBuf::as_path))
    }
}

/// The file that a path leads to, if it leads to any.
///
/// # Errors
/// If that cannot be known: an output may be an input then.
fn canonical(path: &Path) -> Result<Option<PathBuf>> {
    match fs::canonicalize(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if [NotFound, NotADirectory].contains(&error.kind()) => Ok(None),
        Err(error) => Err(Error::io("cannot find out which file this is", error).at(path)),
    }
}

/// The first of these outputs that is the same file as one before it.
pub fn repeated<'a>(mut files: impl Iterator<Item = &'a Path>) -> Option<&'a Path> {
    let mut written = HashSet::new();
    files.find(|path| !written.insert(written_file(path)))
}

/// The problem of two outputs in one file, in words.
pub fn in_one_file(path: &Path) -> String {
    format!("two outputs cannot be written to one file: {}", path.display())
}
