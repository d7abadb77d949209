//! Paths that name one file, and the folder in which it lies.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder that a file lies in: `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// One path for one entry of a folder, however it is spelled. A link at its end is not
/// followed: two names of one file are two entries.
pub fn directory_entry(path: &Path) -> PathBuf {
    match (fs::canonicalize(folder_of(path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_has_one_path() {
        let here = directory_entry(Path::new("Cargo.toml"));
        assert!(here.is_absolute());
        assert_eq!(directory_entry(Path::new("./Cargo.toml")), here);
        assert_eq!(directory_entry(Path::new("src/../Cargo.toml")), here);
        assert_eq!(directory_entry(Path::new("no such folder/a")), Path::new("no such folder/a"));
    }
}
