//! Files that are made, and put in their places together or not at all.

use super::UnderWay;
use super::hidden::HiddenFolder;
use super::target::{Stream, Target, standing};
use crate::error::{Error, Result};
use crate::paths::folder_of;
use std::collections::HashMap;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// Files that are to appear together.
pub struct Batch {
    under_way: UnderWay,
    /// Where files are made, by the folder that they are to appear in.
    folders: HashMap<PathBuf, HiddenFolder>,
    files: Vec<PartialFile>,
    streams: Vec<Stream>,
}

impl Batch {
    /// No file yet.
    pub(super) fn new(under_way: &UnderWay) -> Batch {
        let (folders, files, streams) = (HashMap::new(), Vec::new(), Vec::new());
        Batch { under_way: under_way.clone(), folders, files, streams }
    }

    /// Writes the file that [`Batch::commit`] will place at `destination`, and syncs it. What is
    /// to go into something that is no regular file is kept in memory.
    ///
    /// # Errors
    /// Those of the disk. Nothing stands at `destination` that was not there before.
    pub fn write(
        &mut self,
        destination: &Path,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let failed = |error| Error::io("cannot write", error).at(destination);
        let target = match Target::of_path(destination)? {
            Target::Replaced(file) => file,
            Target::WrittenInto(path) => {
                let mut bytes = Vec::new();
                content(&mut bytes).map_err(failed)?;
                self.streams.push(Stream { destination: destination.to_owned(), path, bytes });
                return Ok(());
            }
        };
        let number = self.files.len().to_string();
        let hidden = self.hidden_beside(&target).map_err(|error| error.at(destination))?;
        let path = hidden.path().join(number);
        let file = PartialFile { path, destination: destination.to_owned(), target };
        file.fill(content).map_err(|error| {
            if destination.exists() {
                failed(error).remedy("the file of this name was left as it was")
            } else {
                failed(error)
            }
        })?;
        self.files.push(file);
        Ok(())
    }

    /// Writes a text as [`Batch::write`] does.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write_text(&mut self, destination: &Path, text: &str) -> Result<()> {
        self.write(destination, |to| to.write_all(text.as_bytes()))
    }

    /// The hidden folder in the folder of a file.
    pub(super) fn hidden_beside(&mut self, file: &Path) -> Result<&HiddenFolder> {
        let folder = folder_of(file);
        if !self.folders.contains_key(folder) {
            let hidden =
                HiddenFolder::create(&self.under_way, folder, self.folders.values().next())
                    .map_err(|error| not_creatable(folder, error))?;
            self.folders.insert(folder.to_owned(), hidden);
        }
        Ok(&self.folders[folder])
    }

    /// Writes into what is no regular file, one after the other, then puts every file in its
    /// place. Where a FIFO has no reader this waits for one, for a minute, and `waits` is told after a
    /// second.
    ///
    /// # Errors
    /// Those of writing and of renaming. No file is in its place then, unless the error names it.
    pub fn commit(self, waits: &dyn Fn(&Path)) -> Result<()> {
        self.streams.iter().try_for_each(|stream| stream.write(waits))?;
        let entries = self.under_way.lock();
        let mut placed = Vec::new();
        for file in &self.files {
            // A second name, by which the file of before can be put back.
            let replace = || {
                let before = match standing(&file.target)? {
                    Some(_) => Before::File(fs::hard_link(&file.target, file.before()).is_ok()),
                    None => Before::Nothing,
                };
                fs::rename(&file.path, &file.target).map(|()| before)
            };
            match replace() {
                Ok(before) => placed.push((file, before)),
                Err(error) => {
                    let failed = Error::io("cannot write", error).at(&file.destination);
                    return Err(failed.remedy(taken_back(&placed)));
                }
            }
        }
        drop(entries);
        for folder in self.folders.keys() {
            // The rename itself reaches the disk with its folder; a file system that
            // cannot sync folders has still been given a complete file.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

/// The file that stood where another was placed.
enum Before {
    Nothing,
    /// A file, and whether it has a second name.
    File(bool),
}

/// Puts back what was before, and says which files are new all the same.
fn taken_back(placed: &[(&PartialFile, Before)]) -> String {
    let is_taken_back = |(file, before): &&(&PartialFile, Before)| match before {
        Before::Nothing => fs::remove_file(&file.target).is_ok(),
        Before::File(has_second_name) => {
            *has_second_name && fs::rename(file.before(), &file.target).is_ok()
        }
    };
    let new = placed.iter().rev().filter(|it| !is_taken_back(it));
    let new: Vec<String> = new.map(|(file, _)| file.destination.display().to_string()).collect();
    match new.as_slice() {
        [] => "all outputs are as they were".to_owned(),
        new => format!(
            "these outputs are new and complete, the others as they were: {}",
            new.join(", ")
        ),
    }
}

/// A file in a hidden folder.
struct PartialFile {
    path: PathBuf,
    /// The path as it was asked for.
    destination: PathBuf,
    /// The path that the file is renamed to.
    target: PathBuf,
}

impl PartialFile {
    /// The name of what stood at the target, as long as files are placed.
    fn before(&self) -> PathBuf {
        self.path.with_extension("before")
    }

    fn fill(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let before = standing(&self.target)?.filter(Metadata::is_file);
        let mode = before.as_ref().map_or(0o666, |it| it.mode() & 0o666);
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&self.path)?;
        let mut writer = BufWriter::with_capacity(256 * 1024, &file);
        content(&mut writer)?;
        writer.flush()?;
        drop(writer);
        if let Some(before) = before {
            keep_permissions(&file, &before)?;
        }
        file.sync_all()
    }
}

/// Gives a file the owner, group and mode bits of the one that it replaces, as far as we may. Who
/// could not read that cannot read this.
fn keep_permissions(file: &File, before: &Metadata) -> io::Result<()> {
    let (uid, gid) = (before.uid(), before.gid());
    let mut now = file.metadata()?;
    if (now.uid(), now.gid()) != (uid, gid) {
        let _ = fchown(file, Some(uid), Some(gid)).or_else(|_| fchown(file, None, Some(gid)));
        now = file.metadata()?;
    }
    let mut mode = before.mode() & 0o777;
    if now.gid() != gid {
        // Another group may do what all may.
        mode &= 0o707 | (mode & 0o007) << 3;
    }
    // A file system without mode bits has refused; what it made is not wider.
    let _ = file.set_permissions(Permissions::from_mode(mode));
    Ok(())
}

fn not_creatable(folder: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        Error::not_found(format!("cannot write: there is no folder {}", folder.display()))
            .remedy("make it first")
    } else {
        Error::io(&format!("cannot write in the folder {}", folder.display()), error)
    }
}
