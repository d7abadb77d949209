//! The paths that match a pattern, found by looking into the folders that it leads to.
//!
//! A pattern is matched name by name: `*`, `?` and `[...]` stand for parts of a name, and `**` by
//! itself for folders, however deep, or none. A name that begins with a dot is matched by what
//! begins with one, and `.` and `..` by nothing but themselves. A name with brackets that is there
//! as it is written is that one. Of a name that is not UTF-8, what is not counts as U+FFFD while it
//! is matched; its path keeps its bytes.

use crate::error::{Error, Result};
use glob::Pattern;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Whether a text has a character that makes a pattern of it.
pub(super) fn is_pattern(text: &OsStr) -> bool {
    text.as_bytes().iter().any(|byte| b"*?[".contains(byte))
}

/// Paths that match a pattern, folders too, in no order.
///
/// # Errors
/// A pattern that is malformed; a folder that cannot be looked into.
pub(super) fn matching_paths(pattern: &OsStr) -> Result<Vec<PathBuf>> {
    let bytes = pattern.as_bytes();
    let mut walk = Walk {
        parts: parts(pattern),
        takes_folders_only: bytes.ends_with(b"/"),
        above: Vec::new(),
        found: Vec::new(),
        obstacle: None,
    };
    let start = Path::new(if bytes.starts_with(b"/") { "/" } else { "" });
    let first = walk.with_no_folders(vec![0]);
    walk.look_into(start, &first)?;
    let obstacle = walk.obstacle;
    let malformed = walk.parts.into_iter().find_map(|part| match part {
        Part::Names { pattern: Err(error), .. } => Some(error),
        _ => None,
    });
    // Malformed, unless it is there as it is written.
    match malformed.or(obstacle).filter(|_| walk.found.is_empty()) {
        Some(error) => Err(error),
        None => Ok(walk.found),
    }
}

/// The remedy for brackets that are meant as they are.
pub(super) const BRACKETS: &str =
    "brackets stand for one of the characters in them; for a bracket itself write [[] or []]";

/// A part of a pattern between its slashes.
enum Part {
    /// A name as it stands.
    Name(OsString),
    /// Names that match, or the name as it is written if it has brackets and is there.
    Names { written: OsString, pattern: Result<Pattern> },
    /// Folders in folders, or none: `**`.
    Folders,
}

fn parts(pattern: &OsStr) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut characters_before = 0;
    for bytes in pattern.as_bytes().split(|&byte| byte == b'/') {
        let name = OsStr::from_bytes(bytes);
        let text = name.to_string_lossy();
        match &*text {
            "" => {}
            "**" => parts.push(Part::Folders),
            _ if !is_pattern(name) => parts.push(Part::Name(name.to_owned())),
            text => {
                let parsed = Pattern::new(text).map_err(|error| {
                    let character = characters_before + error.pos;
                    let problem =
                        format!("malformed pattern: {} at character {character}", error.msg);
                    let error = Error::usage(problem).at(pattern);
                    if text.contains('[') { error.remedy(BRACKETS) } else { error }
                });
                parts.push(Part::Names { written: name.to_owned(), pattern: parsed });
            }
        }
        characters_before += text.chars().count() + 1;
    }
    parts
}

impl Part {
    /// Whether a folder has a name with the brackets of this part.
    fn is_written_in(&self, folder: &Path) -> bool {
        matches!(self, Part::Names { written, .. } if written.as_bytes().contains(&b'[')
            && fs::symlink_metadata(folder.join(written)).is_ok())
    }
}

/// How far a pattern has been matched is a place among its parts. A folder has several at once
/// behind a `**`, so that it is looked into once whatever the ways to it; the place behind the last
/// part means a match.
struct Walk {
    parts: Vec<Part>,
    takes_folders_only: bool,
    /// Device and inode of the folders that are being looked into, each in the one before it.
    above: Vec<(u64, u64)>,
    found: Vec<PathBuf>,
    /// The error if nothing is found and something could not be looked at: a link that leads to
    /// itself, a folder that nobody may enter.
    obstacle: Option<Error>,
}

impl Walk {
    fn look_into(&mut self, folder: &Path, places: &[usize]) -> Result<()> {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let is_listed = places.iter().any(|&place| !matches!(self.parts[place], Part::Name(_)));
        if is_listed && !here.is_dir() {
            let absent = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
            if let Some(error) = fs::metadata(here).err().filter(|it| !absent.contains(&it.kind()))
            {
                self.obstacle = Some(Error::io("cannot look into this folder", error).at(here));
            }
            return Ok(());
        }
        let depth = self.above.len();
        self.above.extend(fs::metadata(here).map(|it| (it.dev(), it.ino())));
        for &place in places {
            // Such names are in no list, and of the others none is needed.
            if let Part::Name(name) = &self.parts[place]
                && (!is_listed || name == "." || name == "..")
            {
                let is_here = folder.as_os_str().is_empty() && name == ".";
                let path = if is_here { PathBuf::new() } else { folder.join(name) };
                if fs::symlink_metadata(here.join(name)).is_ok() {
                    self.arrive(path, vec![place + 1])?;
                }
            }
        }
        if is_listed {
            let failed = |error| Error::io("cannot look into this folder", error).at(here);
            // All of them before the first is looked into: few folders are open at a time.
            let entries = fs::read_dir(here).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
            let as_written: Vec<usize> = places
                .iter()
                .copied()
                .filter(|&place| self.parts[place].is_written_in(here))
                .collect();
            for entry in entries.map_err(failed)? {
                let name = entry.file_name();
                let next = self.after(&name, &folder.join(&name), places, &as_written);
                if !next.is_empty() {
                    self.arrive(folder.join(&name), next)?;
                }
            }
        }
        self.above.truncate(depth);
        Ok(())
    }

    /// The places behind a name in a folder that has these, some of which are there as they are
    /// written.
    fn after(
        &self,
        name: &OsStr,
        path: &Path,
        places: &[usize],
        as_written: &[usize],
    ) -> Vec<usize> {
        let text = name.to_string_lossy();
        let is_hidden = text.starts_with('.');
        let mut next = Vec::new();
        for &place in places {
            match &self.parts[place] {
                Part::Name(wanted) if wanted == name => next.push(place + 1),
                Part::Names { written, .. } if as_written.contains(&place) => {
                    next.extend((written == name).then_some(place + 1));
                }
                Part::Names { pattern: Ok(pattern), .. }
                    if (!is_hidden || pattern.as_str().starts_with('.'))
                        && pattern.matches(&text) =>
                {
                    next.push(place + 1);
                }
                Part::Folders if !is_hidden && self.goes_deeper(path) => {
                    next.push(place);
                    next.extend(Some(place + 1).filter(|&end| end == self.parts.len()));
                }
                _ => {}
            }
        }
        next
    }

    /// Whether a path is that of a folder in which `**` goes on: a link back to one above it would
    /// lead round for ever.
    fn goes_deeper(&self, path: &Path) -> bool {
        let is_link = path.is_symlink();
        fs::metadata(path)
            .is_ok_and(|it| it.is_dir() && !(is_link && self.above.contains(&(it.dev(), it.ino()))))
    }

    fn arrive(&mut self, path: PathBuf, places: Vec<usize>) -> Result<()> {
        let (ends, places): (Vec<_>, Vec<_>) =
            places.into_iter().partition(|&place| place == self.parts.len());
        if !ends.is_empty() && (!self.takes_folders_only || path.is_dir()) {
            self.found.push(path.clone());
        }
        let places = self.with_no_folders(places);
        if places.is_empty() { Ok(()) } else { self.look_into(&path, &places) }
    }

    /// The places, and those that are reached where a `**` stands for no folder; each once.
    fn with_no_folders(&self, places: Vec<usize>) -> Vec<usize> {
        let mut all = places;
        let mut index = 0;
        while let Some(&place) = all.get(index) {
            if matches!(self.parts[place], Part::Folders) && place + 1 < self.parts.len() {
                all.push(place + 1);
            }
            index += 1;
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::natural_order;
    use std::os::unix::fs::symlink;

    /// A folder with these empty files and the folders above them.
    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn sorted(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
        paths.sort_by(|a, b| natural_order(a, b));
        paths
    }

    fn found(folder: &tempfile::TempDir, pattern: impl AsRef<Path>) -> Vec<PathBuf> {
        let paths = matching_paths(folder.path().join(pattern).as_os_str()).unwrap();
        let inside = |path: PathBuf| path.strip_prefix(folder.path()).unwrap().to_owned();
        sorted(paths.into_iter().map(inside).collect())
    }

    /// What the glob crate finds is found, and nothing else.
    #[test]
    fn patterns_mean_what_they_mean_to_the_glob_crate() {
        let folder = tree(&[
            "a-1.nii",
            "a-10.nii",
            "b].nii",
            "[c].nii",
            ".hidden.nii",
            ".git/a-1.nii",
            "sub-1/func/a-1.nii",
            "sub-1/func/a-2.nii",
            "sub-1/anat/t1.nii",
            "sub-1/a/a/a-3.nii",
            "sub-2/func/a-1.nii",
            "sub-2/func/.a-1.nii",
            "sub-é/func/a-1.nii",
        ]);
        symlink("nowhere", folder.path().join("sub-2/func/a-9.nii")).unwrap();
        symlink("../sub-1/func", folder.path().join("sub-2/linked")).unwrap();
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        for pattern in [
            "*",
            "*.nii",
            "a-?.nii",
            "a-[0-9].nii",
            "[!a]*.nii",
            "[[]c].nii",
            "b[]].nii",
            "*/",
            "*/func/*.nii",
            "sub-[12]/*/a-*.nii",
            "sub-?/func/a-1.nii",
            "sub-1/../*/func/*.nii",
            "./*.nii",
            "sub-1//func//*.nii",
            "*/./func/*.nii",
            "sub-1/*/nothing",
            "*.nii/*",
            "none/*.nii",
            "**/*.nii",
            "**/a-1.nii",
            "**/func/*.nii",
            "**/**/*.nii",
            "*/**/*.nii",
            "sub-1/**/a/*.nii",
            ".git/*.nii",
            "[.]git/*",
        ] {
            let pattern = folder.path().join(pattern);
            let expected = glob::glob_with(pattern.to_str().unwrap(), options).unwrap();
            let mut expected = sorted(expected.map(|path| path.unwrap()).collect());
            expected.dedup();
            let found = sorted(matching_paths(pattern.as_os_str()).unwrap());
            // As paths are told apart: with the same bytes.
            let texts = |paths: &[PathBuf]| {
                paths.iter().map(|it| it.as_os_str().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(texts(&found), texts(&expected), "{}", pattern.display());
        }
    }

    #[test]
    fn a_leading_dot_that_is_typed_is_matched() {
        let folder = tree(&[".a.nii", ".b/c.nii", "d.nii", "e/.a.nii"]);
        assert_eq!(found(&folder, ".*"), [".a.nii", ".b"].map(PathBuf::from));
        assert_eq!(found(&folder, ".?/*.nii"), [Path::new(".b/c.nii")]);
        assert_eq!(found(&folder, "**/.a.nii"), [".a.nii", "e/.a.nii"].map(PathBuf::from));
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_passed_over_or_taken_with_its_bytes() {
        let odd = OsStr::from_bytes(b"M\xFCller.nii");
        let folder = tree(&["a.nii", "b/c.nii"]);
        fs::write(folder.path().join(odd), "").unwrap();
        let odd_folder = OsStr::from_bytes(b"\xC5rhus");
        fs::create_dir(folder.path().join(odd_folder)).unwrap();
        let inside = Path::new(odd_folder).join("c.nii");
        fs::write(folder.path().join(&inside), "").unwrap();
        assert_eq!(found(&folder, "a*"), [Path::new("a.nii")]);
        assert_eq!(found(&folder, "*.nii"), [Path::new(odd), Path::new("a.nii")]);
        assert_eq!(found(&folder, "M?ller*"), [Path::new(odd)]);
        assert_eq!(found(&folder, "*/c.nii"), [Path::new("b/c.nii"), &inside]);
        assert_eq!(found(&folder, "**/c.*"), [Path::new("b/c.nii"), &inside]);
        // Typed with their bytes, as the parts of a pattern.
        assert_eq!(found(&folder, OsStr::from_bytes(b"\xC5rhus/*")), [inside]);
        assert_eq!(found(&folder, OsStr::from_bytes(b"M\xFC*")), [Path::new(odd)]);
    }

    #[test]
    fn links_that_lead_back_end_the_walk_and_are_followed_by_their_names() {
        let folder = tree(&["a/b/c.nii"]);
        // With two of them in a folder, 2 to the power of 40 paths can be opened.
        for (target, link) in [("..", "a/b/up"), (".", "a/b/one"), (".", "a/b/two")] {
            symlink(target, folder.path().join(link)).unwrap();
        }
        symlink(folder.path(), folder.path().join("a/top")).unwrap();
        assert_eq!(found(&folder, "**/*.nii"), [Path::new("a/b/c.nii")]);
        assert_eq!(found(&folder, "a/**/one/*.nii"), [Path::new("a/b/one/c.nii")]);
        assert_eq!(
            found(&folder, "a/b/*/c.nii"),
            ["one", "two"].map(|it| { Path::new("a/b").join(it).join("c.nii") })
        );
    }

    #[test]
    fn a_name_with_brackets_that_is_there_is_taken_as_it_is_written() {
        let folder = tree(&["s[1]/a.nii", "s1/b.nii", "t[1/c.nii", "u/v[2]/d.nii", "u/v2/e.nii"]);
        assert_eq!(found(&folder, "s[1]/*.nii"), [Path::new("s[1]/a.nii")]);
        assert_eq!(found(&folder, "t[1/*.nii"), [Path::new("t[1/c.nii")]);
        assert_eq!(found(&folder, "*/v[2]/*"), [Path::new("u/v[2]/d.nii")]);
        assert_eq!(found(&folder, "u/v[123]/*"), [Path::new("u/v2/e.nii")]);
    }

    #[test]
    fn a_malformed_pattern_is_named_with_the_character_that_is_wrong() {
        for pattern in ["é/a[.nii", "a**", "a/b/***", "a[b/c]"] {
            let character = match pattern {
                // A name that ends before its bracket does.
                "a[b/c]" => 1,
                _ => Pattern::new(pattern).unwrap_err().pos,
            };
            let error = matching_paths(OsStr::new(pattern)).unwrap_err().to_string();
            let said = format!("{pattern}: malformed pattern: ");
            assert!(error.starts_with(&said), "{error}");
            assert!(error.contains(&format!(" at character {character}")), "{error}");
            assert_eq!(error.ends_with(BRACKETS), pattern.contains('['), "{error}");
        }
    }
}
