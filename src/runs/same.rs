//! Files that are one run, by what the disk and their names say.

use super::{Entities, Run, Session, grouped_by};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Entities that say what was made of a run, or which part of it a file holds.
const OF_ONE_RUN: [&str; 7] = ["echo", "part", "space", "res", "den", "desc", "hemi"];

/// The name of the ending among the entities in which names differ.
pub const EXTENSION: &str = "extension";

/// Files that are one run, or parts of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneRun {
    /// The entities in which their names differ, [`EXTENSION`] among them; none of links to one
    /// file.
    pub differ_in: BTreeSet<&'static str>,
    /// The files.
    pub files: Vec<PathBuf>,
    /// The numbers of their runs in the session.
    pub runs: BTreeSet<usize>,
}

/// Files of a session that are one run: links to one file, and names that differ only in what was
/// made of a run (`echo`, `part`, `space`, `res`, `den`, `desc`, `hemi`, the extension).
pub fn one_run_by_files(session: &Session) -> Vec<OneRun> {
    let mut found = one_file(session);
    found.extend(one_name(session.runs()));
    found
}

fn one_file(session: &Session) -> Vec<OneRun> {
    let numbered = session.runs().iter().enumerate();
    let files = numbered.flat_map(|(number, run)| {
        // Of standard input the path names no file.
        let files = run.images().iter().filter(|image| image.stream_bytes().is_none());
        files.map(move |it| (number, it.path()))
    });
    let node = |path: &Path| fs::metadata(path).ok().map(|it| (it.dev(), it.ino()));
    let groups = grouped_by(files.filter_map(|(run, path)| Some((node(path)?, (run, path)))));
    let several = groups.into_iter().map(|it| it.1).filter(|group| group.len() > 1);
    let one_run = |group: Vec<(usize, &Path)>| OneRun {
        differ_in: BTreeSet::new(),
        files: group.iter().map(|(_, path)| path.to_path_buf()).collect(),
        runs: group.iter().map(|(run, _)| *run).collect(),
    };
    several.map(one_run).collect()
}

fn one_name(runs: &[Run]) -> Vec<OneRun> {
    let names = runs.iter().enumerate().map(|(number, run)| (Name::of_run(run), number));
    let groups = grouped_by(
        names.map(|(name, number)| ((name.rest.clone(), name.folder.clone()), (number, name))),
    );
    let several = groups.into_iter().map(|it| it.1).filter(|group| group.len() > 1);
    let one_run = |group: Vec<(usize, Name)>| {
        let (_, first) = &group[0];
        let differs = |key: &&str| group.iter().any(|(_, it)| it.value(key) != first.value(key));
        let keys = OF_ONE_RUN.into_iter().chain([EXTENSION]);
        OneRun {
            differ_in: keys.filter(differs).collect(),
            files: group.iter().map(|&(run, _)| runs[run].path().to_owned()).collect(),
            runs: group.iter().map(|&(run, _)| run).collect(),
        }
    };
    // Of one name in several folders nothing is known.
    several.map(one_run).filter(|it| !it.differ_in.is_empty()).collect()
}

/// The name of a run's first file, as far as it tells runs apart.
struct Name {
    /// The rest of the name beside the entities of one run.
    rest: String,
    /// The folder, of a name that does not say whose run it is.
    folder: PathBuf,
    entities: Entities,
    extension: String,
}

impl Name {
    fn of_run(run: &Run) -> Name {
        let (path, stem) = (run.path(), run.images()[0].name());
        let whole = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_kept =
            |part: &&str| !part.split_once('-').is_some_and(|(key, _)| OF_ONE_RUN.contains(&key));
        let entities = run.entities();
        let is_of_bids = entities.get("sub").is_some();
        let folder = if is_of_bids { None } else { path.parent() };
        Name {
            rest: stem.split('_').filter(is_kept).collect::<Vec<_>>().join("_"),
            folder: folder.unwrap_or(Path::new("")).to_owned(),
            entities,
            extension: whole.strip_prefix(&stem).unwrap_or_default().to_owned(),
        }
    }

    fn value(&self, key: &str) -> Option<&str> {
        if key == EXTENSION { Some(&self.extension) } else { self.entities.get(key) }
    }
}
