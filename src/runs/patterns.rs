//! From what was typed to the list of images: patterns expanded, sorted, told apart. Files
//! beside the images are expanded by the same rules ([`expand_files`]).
//!
//! - An argument that names an existing file, whatever characters are in it, is that file.
//!   Otherwise one with `*`, `?` or `[` is a pattern, expanded as a shell would (`*` does
//!   not cross folders, `**` does, a leading dot must be typed).
//! - A name that is not UTF-8 is a name like others; a pattern matches it as it is shown.
//! - What a pattern brings is in [natural order](natural_order); the patterns keep theirs.
//! - A FIFO or device is a run where it is named outright, and `-` is standard input.
//! - A file is taken once. Files that a pattern brings and that are no images, or no runs by the
//!   BIDS suffix of their names, are skipped.
//!
//! Whatever was skipped is in [`Inputs::remarks`]. This module does not open images beyond
//! asking whether a file is one.

use super::suffixes::is_beside_runs;
use super::words::shortened;
use super::{grouped_by, names_of, natural_order, walk};
use crate::error::{Error, Result};
use crate::formats::{self, files_of, has_image_name};
use crate::paths::directory_entry;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// More files than this are counted by kind, not named;
const MOST_NAMES_LISTED: usize = 4;
/// and of many kinds so many are told.
const MOST_KINDS_LISTED: usize = 6;
/// A pattern of more characters is told without its middle.
const LONGEST_PATTERN: usize = 80;

/// An image to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The file as it was typed, or as its pattern spells it.
    pub path: PathBuf,
    /// The number among the arguments of the pattern that brought it; none of a file that was
    /// named outright.
    pub pattern: Option<usize>,
}

/// The images to read, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Each image once.
    pub images: Vec<Input>,
    /// The files that were left out and why, a line each, for the person who typed.
    pub remarks: Vec<String>,
    /// The arguments.
    pub(super) arguments: Vec<PathBuf>,
}

impl Inputs {
    /// Notes that a pattern brought images that are no runs.
    ///
    /// # Errors
    /// If it brought nothing else.
    pub(super) fn pass_over(
        &mut self,
        pattern: usize,
        what: &str,
        images: &[PathBuf],
    ) -> Result<()> {
        let pattern_text = self.arguments[pattern].as_os_str();
        if !self.images.iter().any(|image| image.pattern == Some(pattern)) {
            return Err(no_run(pattern_text, what, images));
        }
        self.remarks.push(skipped(pattern_text, what, images));
        Ok(())
    }
}

/// Expands arguments to images.
///
/// # Errors
/// A pattern that is malformed, matches nothing, no image or no run; a file outright named whose
/// name says that it is something else. (That a named file exists, and is an image, is
/// found out by opening it.)
pub fn expand(arguments: &[PathBuf]) -> Result<Inputs> {
    let mut inputs = Inputs { arguments: arguments.to_vec(), ..Inputs::default() };
    let mut taken = HashMap::new();
    for (number, argument) in arguments.iter().enumerate() {
        let (paths, pattern) = match pattern(argument) {
            None => (vec![named(argument)?], None),
            Some(pattern) => (matches(pattern, &mut inputs.remarks)?, Some(number)),
        };
        let mut repeated = Vec::new();
        for path in paths {
            // A file may have the name that stands for standard input: that is `./-`. Of a pair the file
            // with the header stands for both.
            let entry = match formats::is_stream(&path) {
                true => path.clone(),
                false => directory_entry(&files_of(&path)[0]),
            };
            match taken.get(&entry) {
                None => {
                    taken.insert(entry, number);
                    inputs.images.push(Input { path, pattern });
                }
                // A pattern brings both halves of a pair.
                Some(&by) if by == number && pattern.is_some() => {}
                Some(_) => repeated.push(path),
            }
        }
        if !repeated.is_empty() {
            inputs.remarks.push(told(argument.as_os_str(), "given before, taken once", &repeated));
        }
    }
    Ok(inputs)
}

/// The argument as a pattern, unless it is the name of a file.
fn pattern(argument: &Path) -> Option<&OsStr> {
    let text = argument.as_os_str();
    let is_address = argument.to_str().is_some_and(|it| it.contains("://"));
    (walk::is_pattern(text) && !is_address && fs::symlink_metadata(argument).is_err())
        .then_some(text)
}

/// A file named outright.
fn named(path: &Path) -> Result<PathBuf> {
    if fs::symlink_metadata(path).is_ok_and(|it| !it.is_dir())
        && !is_image(path)
        && let Some(what) = known_companion(path)
    {
        return Err(Error::format(format!("{what}, expected an image ({})", formats::ENDINGS))
            .remedy("leave it out")
            .at(path));
    }
    Ok(path.to_owned())
}

/// The kind of a file that lies beside images, by its name.
fn known_companion(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let kinds = [
        (".json", "a JSON sidecar"),
        (".tsv", "a table"),
        (".tsv.gz", "a table"),
        (".bval", "a table of b-values"),
        (".bvec", "a table of b-vectors"),
        (".txt", "a text file"),
    ];
    kinds.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, what)| what)
}

fn is_image(path: &Path) -> bool {
    has_image_name(path) || formats::is_image(path)
}

/// Expands arguments to files that are no images, tables for example. What a pattern brings is in
/// natural order and without files given before; a file outright named twice is given for two
/// runs.
///
/// # Errors
/// A pattern that is malformed or matches no file. (That a named file exists is found out by
/// opening it.)
pub fn expand_files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(expand_each(arguments)?.concat())
}

/// The files of each argument, as [`expand_files`] has them all.
///
/// # Errors
/// As [`expand_files`].
pub fn expand_each(arguments: &[PathBuf]) -> Result<Vec<Vec<PathBuf>>> {
    let mut taken = HashSet::new();
    let mut files = |argument: &PathBuf| {
        let Some(pattern) = pattern(argument) else {
            taken.insert(directory_entry(argument));
            return Ok(vec![argument.clone()]);
        };
        let mut found = matching_paths(pattern)?;
        found.retain(|path| !path.is_dir());
        if found.is_empty() {
            return Err(no_match(pattern, &[]));
        }
        found.retain(|path| taken.insert(directory_entry(path)));
        Ok(found)
    };
    arguments.iter().map(&mut files).collect()
}

/// The words for images that are no runs by their names.
const BESIDE_RUNS: &str = "images that are no runs by their BIDS suffix";

/// The runs that match a pattern, in natural order; what else matches goes to `remarks`.
fn matches(pattern: &OsStr, remarks: &mut Vec<String>) -> Result<Vec<PathBuf>> {
    let (images, others): (Vec<_>, Vec<_>) = matching_paths(pattern)?
        .into_iter()
        .partition(|path| !path.is_dir() && is_image(path) && !formats::is_stream(path));
    if images.is_empty() {
        return Err(no_match(pattern, &others));
    }
    let is_run = |path: &PathBuf| {
        !path.file_name().is_some_and(|name| is_beside_runs(&name.to_string_lossy()))
    };
    let (runs, beside): (Vec<_>, Vec<_>) = images.into_iter().partition(is_run);
    if runs.is_empty() {
        return Err(no_run(pattern, BESIDE_RUNS, &beside));
    }
    for (what, files) in [("no images", others), (BESIDE_RUNS, beside)] {
        if !files.is_empty() {
            remarks.push(skipped(pattern, what, &files));
        }
    }
    Ok(runs)
}

fn skipped(pattern: &OsStr, what: &str, files: &[PathBuf]) -> String {
    told(pattern, &format!("skipped, {what}"), files)
}

/// A remark on what became of some files that an argument brought.
fn told(argument: &OsStr, what: &str, files: &[PathBuf]) -> String {
    let argument = shortened(&argument.to_string_lossy(), LONGEST_PATTERN);
    format!("'{argument}': {what}: {}", listed(files))
}

fn no_run(pattern: &OsStr, what: &str, images: &[PathBuf]) -> Error {
    Error::not_found(format!("no run matches, only {what}: {}", listed(images)))
        .remedy("give the runs; a file that is named outright is taken all the same")
        .at(pattern)
}

/// Whatever matches a pattern, folders too, in natural order.
fn matching_paths(pattern: &OsStr) -> Result<Vec<PathBuf>> {
    let mut found = walk::matching_paths(pattern)?;
    found.sort_by(|a, b| natural_order(a, b));
    Ok(found)
}

fn no_match(pattern: &OsStr, others: &[PathBuf]) -> Error {
    if !others.is_empty() && others.iter().all(|it| it.is_dir()) {
        let inside = Path::new(pattern).join("*.nii.gz");
        return Error::not_found("no file matches, only folders")
            .remedy(format!("name the files in them, as in '{}'", inside.display()))
            .at(pattern);
    }
    if !others.is_empty() {
        return Error::not_found(format!("no image matches, only {}", listed(others))).at(pattern);
    }
    let bytes = pattern.as_encoded_bytes();
    let remedy = if bytes.contains(&b'{') {
        "braces are expanded by the shell, and only outside quotes"
    } else if bytes.contains(&b'[') {
        walk::BRACKETS
    } else if bytes.starts_with(b"~") {
        "only ~/ stands for a home folder, your own; write out another"
    } else {
        "check the folder and the spelling"
    };
    Error::not_found("no file matches this pattern").remedy(remedy).at(pattern)
}

/// Some files in a few words: their names, or of many how many there are of each kind.
fn listed(paths: &[PathBuf]) -> String {
    if paths.len() <= MOST_NAMES_LISTED {
        return names_of(&paths.iter().map(|path| name(path)).collect::<Vec<_>>());
    }
    let kinds = grouped_by(paths.iter().map(|path| (kind(path), path)));
    let mut kinds: Vec<(String, usize)> =
        kinds.into_iter().map(|(kind, paths)| (kind, paths.len())).collect();
    let rest = kinds.split_off(kinds.len().min(MOST_KINDS_LISTED));
    if !rest.is_empty() {
        kinds.push(("others".to_owned(), rest.iter().map(|(_, count)| count).sum()));
    }
    let in_words = |(kind, count): &(String, usize)| format!("{count} {}", shortened(kind, 24));
    kinds.iter().map(in_words).collect::<Vec<_>>().join(", ")
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    if path.is_dir() { format!("{name}/") } else { name.into_owned() }
}

/// The end of a name that its siblings share: `*_events.tsv` as BIDS names files, else
/// the ending.
fn kind(path: &Path) -> String {
    let name = name(path);
    let end = name.rfind('_').or_else(|| name.find('.')).map(|start| &name[start..]);
    if name.ends_with('/') { "folders".to_owned() } else { format!("*{}", end.unwrap_or_default()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with empty files of these names.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    fn expanded(
        folder: &tempfile::TempDir,
        arguments: &[&str],
    ) -> Result<(Vec<String>, Vec<String>)> {
        let arguments: Vec<PathBuf> =
            arguments.iter().map(|argument| folder.path().join(argument)).collect();
        let inputs = expand(&arguments)?;
        let name = |it: &Input| it.path.file_name().unwrap().to_str().unwrap().to_owned();
        Ok((inputs.images.iter().map(name).collect(), inputs.remarks))
    }

    #[test]
    fn patterns_keep_their_order_and_each_is_sorted_naturally() {
        let folder = folder(&["b-10.nii", "b-2.nii", "a-1.nii.gz"]);
        let (images, remarks) = expanded(&folder, &["b-*.nii", "a-*"]).unwrap();
        assert_eq!(images, ["b-2.nii", "b-10.nii", "a-1.nii.gz"]);
        assert_eq!(remarks, [""; 0]);
    }

    #[test]
    fn a_file_named_twice_is_taken_once_and_that_is_said() {
        let folder = folder(&["a.nii", "b.nii"]);
        let (images, remarks) = expanded(&folder, &["b.nii", "./*.nii"]).unwrap();
        assert_eq!(images, ["b.nii", "a.nii"]);
        assert!(remarks.len() == 1 && remarks[0].ends_with("taken once: b.nii"), "{remarks:?}");
    }

    #[test]
    fn a_pair_is_one_image_whichever_of_its_halves_are_given() {
        let folder = folder(&["a.hdr", "a.img", "b.hdr.gz", "b.img.gz", "c.img"]);
        let (images, remarks) = expanded(&folder, &["*"]).unwrap();
        assert_eq!(
            (images, remarks),
            (["a.hdr", "b.hdr.gz", "c.img"].map(String::from).into(), vec![])
        );
        let (images, remarks) = expanded(&folder, &["a.img", "*.hdr*"]).unwrap();
        assert_eq!(images, ["a.img", "b.hdr.gz"]);
        assert!(remarks.len() == 1 && remarks[0].ends_with("taken once: a.hdr"), "{remarks:?}");
    }

    #[test]
    fn companions_are_skipped_in_a_pattern_and_an_error_outright() {
        let folder = folder(&["a_bold.nii.gz", "a_bold.json", "a_events.tsv", ".hidden.nii"]);
        let (images, remarks) = expanded(&folder, &["*"]).unwrap();
        assert_eq!(images, ["a_bold.nii.gz"]);
        assert!(remarks[0].contains("a_bold.json, a_events.tsv"), "{remarks:?}");
        let error = expanded(&folder, &["a_bold.json"]).unwrap_err().to_string();
        assert!(error.contains("a JSON sidecar, expected an image"), "{error}");
        let error = expanded(&folder, &["*.tsv"]).unwrap_err().to_string();
        assert!(error.contains("no image matches, only a_events.tsv"), "{error}");
    }

    #[test]
    fn what_is_no_run_by_its_suffix_is_skipped_in_a_pattern_and_taken_outright() {
        let names = ["s_bold.nii", "s_mask.nii", "s_sbref.nii", "rest.nii"];
        let folder = folder(&names);
        let (images, remarks) = expanded(&folder, &["*.nii"]).unwrap();
        assert_eq!(images, ["rest.nii", "s_bold.nii"]);
        let said = "skipped, images that are no runs by their BIDS suffix: s_mask.nii, s_sbref.nii";
        assert!(remarks.len() == 1 && remarks[0].ends_with(said), "{remarks:?}");
        assert_eq!(expanded(&folder, &["s_mask.nii"]).unwrap().0, ["s_mask.nii"]);
        let error = expanded(&folder, &["*_mask.nii"]).unwrap_err().to_string();
        assert!(
            error.contains("no run matches, only images that are no runs by")
                && error.contains("s_mask.nii")
        );
    }

    #[test]
    fn many_companions_are_counted_by_kind() {
        let mut names = vec!["s_run-1_bold.nii.gz".to_owned()];
        for run in 1..4 {
            names.push(format!("s_run-{run}_bold.json"));
            names.push(format!("s_run-{run}_events.tsv"));
        }
        let folder = folder(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let (_, remarks) = expanded(&folder, &["*"]).unwrap();
        assert!(remarks[0].ends_with("3 *_bold.json, 3 *_events.tsv"), "{remarks:?}");
    }

    #[test]
    fn a_pattern_that_matches_folders_only_says_so() {
        let folder = folder(&[]);
        fs::create_dir_all(folder.path().join("sub-1/func")).unwrap();
        fs::write(folder.path().join("sub-1/func/a.nii"), "").unwrap();
        for pattern in ["**", "*", "sub-1/**"] {
            let error = expanded(&folder, &[pattern]).unwrap_err().to_string();
            let says = format!("/{pattern}: no file matches, only folders; name the files");
            assert!(error.contains(&says) && error.ends_with("*.nii.gz'"), "{error}");
        }
    }

    #[test]
    fn a_pattern_without_a_match_is_named() {
        let folder = folder(&[]);
        let error = expanded(&folder, &["none-*.nii"]).unwrap_err().to_string();
        assert!(error.contains("none-*.nii: no file matches"), "{error}");
    }

    #[test]
    fn a_name_with_brackets_is_a_file_where_it_exists() {
        let folder = folder(&["run[1].nii", "run1.nii"]);
        assert_eq!(expanded(&folder, &["run[1].nii"]).unwrap().0, ["run[1].nii"]);
        assert_eq!(expanded(&folder, &["run?.nii"]).unwrap().0, ["run1.nii"]);
        let error = expanded(&folder, &["rest[1].nii"]).unwrap_err().to_string();
        assert!(error.contains("brackets stand for one of the characters"), "{error}");
    }

    #[test]
    fn files_that_are_no_images_are_expanded_in_natural_order() {
        let folder = folder(&["run-10.tsv", "run-2.tsv", "run-1.tsv", "a[1].1D"]);
        fs::create_dir(folder.path().join("run-3.tsv")).unwrap();
        let expanded = |arguments: &[&str]| -> Result<Vec<String>> {
            let path = |argument: &&str| folder.path().join(argument);
            let files = expand_files(&arguments.iter().map(path).collect::<Vec<_>>())?;
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            Ok(files.into_iter().map(name).collect())
        };
        let found = expanded(&["run-2.tsv", "./*.tsv", "a[1].1D", "absent.tsv"]).unwrap();
        assert_eq!(found, ["run-2.tsv", "run-1.tsv", "run-10.tsv", "a[1].1D", "absent.tsv"]);
        assert_eq!(expanded(&["a[1].1D", "a[1].1D"]).unwrap(), ["a[1].1D", "a[1].1D"]);
        for nothing in ["run-3*", "*.csv"] {
            let error = expanded(&[nothing]).unwrap_err().to_string();
            assert!(error.contains(": no file matches this pattern"), "{error}");
        }
    }

    #[test]
    fn broken_links_are_images_by_their_names() {
        let folder = folder(&[]);
        std::os::unix::fs::symlink("nowhere", folder.path().join("run-1.nii.gz")).unwrap();
        assert_eq!(expanded(&folder, &["*.nii.gz"]).unwrap().0, ["run-1.nii.gz"]);
    }
}
