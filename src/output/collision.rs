//! Outputs that are one file, or a file that must not be lost.

use super::{UnderWay, written_file};
use crate::error::{Error, Result};
use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind::{NotADirectory, NotFound};
use std::path::{Path, PathBuf};

impl UnderWay {
    /// Finds out, before work is spent on it, whether every output can be written, and none replaces
    /// another or a file that is to stay, which is looked for only where an output stands already.
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
        let mut standing: Vec<(&PathBuf, PathBuf)> = Vec::new();
        for output in outputs {
            standing.extend(canonical(output)?.map(|file| (output, file)));
        }
        if !standing.is_empty() {
            let kept: HashSet<PathBuf> = kept
                .into_iter()
                .filter_map(|it| canonical(&it).transpose())
                .collect::<Result<_>>()?;
            if let Some((output, _)) = standing.iter().find(|(_, file)| kept.contains(file)) {
                return Err(Error::mismatch(
                    "the output is one of the inputs, which would be lost",
                )
                .remedy("give another name, or a narrower pattern")
                .at(output));
            }
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
