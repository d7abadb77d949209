//! Paths that name one file, and the folder in which it lies.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
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

/// An argument with the home folder for the `~/` with which a path in it begins: the argument itself, behind `-o`, or
/// behind the name of an option or a map.
pub fn with_home(argument: &OsStr, home: &OsStr) -> OsString {
    let bytes = argument.as_bytes();
    // A path begins with the argument, behind -o, or behind the name of an option or a map.
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_=".contains(byte);
    let start = match bytes.windows(2).position(|pair| pair == b"~/") {
        Some(0) => 0,
        Some(2) if bytes.starts_with(b"-o") => 2,
        Some(start) if bytes[start - 1] == b'=' && bytes[..start].iter().all(is_of_name) => start,
        _ => return argument.to_owned(),
    };
    let parts = [&bytes[..start], home.as_bytes(), &bytes[start + 1..]];
    OsString::from_vec(parts.concat())
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

    #[test]
    fn the_home_folder_stands_where_a_path_begins() {
        let of = |text: &str| with_home(OsStr::new(text), OsStr::new("/h")).into_string().unwrap();
        assert_eq!(of("~/a*.nii"), "/h/a*.nii");
        assert_eq!(of("--output=~/a"), "--output=/h/a");
        assert_eq!(of("--map=run-tsnr=~/a"), "--map=run-tsnr=/h/a");
        assert_eq!(of("gm=~/a"), "gm=/h/a");
        assert_eq!(of("-o~/a"), "-o/h/a");
        for other in ["a", "~", "~u/a", "./~/a", "a~/b", "d/x=~/a", "-q~/a"] {
            assert_eq!(of(other), other);
        }
    }
}
