//! Files that appear whole or not at all.
//!
//! A file is written under another name in the folder of its destination, synced, and
//! renamed only when every file of the same [`Batch`] is complete: an existing file is
//! replaced by a complete one or stays as it is. What a failure or a signal leaves behind
//! is removed. A link stays, and the file behind it is replaced. What is no regular file (a
//! device, a FIFO, `/dev/stdout`) is never replaced: it is written into once the files of the
//! batch are complete. This module does not know what is written.

use crate::error::{Error, ErrorKind, Result};
use crate::paths::{directory_entry, folder_of};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files and folders under way, so that who is interrupted can remove them. Clones are of the
/// same ones.
#[derive(Clone, Debug, Default)]
pub struct UnderWay(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    paths: Vec<PathBuf>,
    /// The number of the next hidden name.
    next: u32,
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an entry under the first hidden name that `make` does not find taken: of a process
    /// that was killed, or lives in another container with our number.
    fn make<T>(
        &self,
        name: impl Fn(u32) -> PathBuf,
        make: impl Fn(&Path) -> io::Result<T>,
    ) -> io::Result<(PathBuf, T)> {
        let mut entries = self.lock();
        loop {
            let path = name(entries.next);
            entries.next += 1;
            match make(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => {
                    let made = made?;
                    entries.paths.push(path.clone());
                    return Ok((path, made));
                }
            }
        }
    }

    fn forget(&self, path: &Path) {
        self.lock().paths.retain(|it| it != path);
    }

    /// Removes every file under way. For signal handlers that run in a thread and end the process:
    /// a rename under way is finished first, and no file can be begun as long as the guard lives
    /// that is returned.
    pub fn abandon(&self) -> impl Sized + '_ {
        let mut entries = self.lock();
        for path in entries.paths.drain(..) {
            // A scratch folder is one of them.
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
        }
        entries
    }

    /// Finds out, before work is spent on it, whether a file can be written at `path`: its
    /// folder exists and takes new files, and no folder has its name. What is no regular file is
    /// not opened, which might wait for a reader or end what one reads.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn check_destination(&self, path: &Path) -> Result<()> {
        match Target::of(path)? {
            Target::Replaced(file) => PartialFile::create(self, path, file).map(drop),
            Target::WrittenInto(_) => Ok(()),
        }
    }

    /// No file yet of those that are to appear together.
    pub fn batch(&self) -> Batch {
        Batch { under_way: self.clone(), files: Vec::new(), streams: Vec::new() }
    }

    /// A new folder among the temporary files of the system.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn scratch_folder(&self) -> Result<ScratchFolder> {
        let parent = std::env::temp_dir();
        let name = |number| parent.join(format!("tsnr-{}-{number}", std::process::id()));
        let made = self.make(name, |path| fs::create_dir(path));
        let failed = |error| Error::io("cannot make a folder for temporary files", error);
        let (path, ()) = made.map_err(|error| failed(error).at(&parent))?;
        Ok(ScratchFolder { under_way: self.clone(), path })
    }
}

/// Where what is written to a path goes, links at its end followed.
enum Target {
    /// A regular file or nothing yet: a complete file takes its place.
    Replaced(PathBuf),
    /// No regular file, or something that a process has open, which is written into.
    WrittenInto(PathBuf),
}

impl Target {
    fn of(destination: &Path) -> Result<Target> {
        /// As many as Linux follows.
        const MOST_LINKS: usize = 40;
        let mut path = destination.to_owned();
        for _ in 0..=MOST_LINKS {
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                return Ok(Target::Replaced(path));
            };
            if is_open_in_a_process(&path) {
                return Ok(Target::WrittenInto(path));
            }
            match metadata.file_type() {
                kind if kind.is_symlink() => {
                    let next = fs::read_link(&path)
                        .map_err(|error| Error::io("cannot follow this link", error).at(&path))?;
                    path = path.with_file_name(next);
                }
                kind if kind.is_dir() => {
                    return Err(Error::new(ErrorKind::Io, "cannot write: a folder has this name")
                        .at(destination));
                }
                kind if kind.is_file() => return Ok(Target::Replaced(path)),
                _ => return Ok(Target::WrittenInto(path)),
            }
        }
        Err(Error::new(
            ErrorKind::Io,
            format!(
                "cannot write: more than {MOST_LINKS} links lead on from here, a cycle of links"
            ),
        )
        .remedy("give the name of a file")
        .at(destination))
    }
}

/// Whether a path is an entry of `/dev/fd` or the like. What it links to may be a regular file
/// that others write as well: `>> log` must not lose what the log has.
fn is_open_in_a_process(path: &Path) -> bool {
    fs::canonicalize(folder_of(path))
        .is_ok_and(|folder| folder.starts_with("/proc") || folder == Path::new("/dev/fd"))
}

/// One path for each file that is written, whatever links lead to it.
pub fn written_file(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| match Target::of(path) {
        Ok(Target::Replaced(file) | Target::WrittenInto(file)) => directory_entry(&file),
        Err(_) => directory_entry(path),
    })
}

/// A folder for files that nobody is to see, which goes when this does or the process is
/// interrupted.
#[derive(Debug)]
pub struct ScratchFolder {
    under_way: UnderWay,
    path: PathBuf,
}

impl ScratchFolder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        self.under_way.forget(&self.path);
    }
}

/// Files that are to appear together.
pub struct Batch {
    under_way: UnderWay,
    files: Vec<PartialFile>,
    streams: Vec<Stream>,
}

impl Batch {
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
        let file = match Target::of(destination)? {
            Target::Replaced(file) => file,
            Target::WrittenInto(path) => {
                let mut bytes = Vec::new();
                content(&mut bytes).map_err(failed)?;
                self.streams.push(Stream { destination: destination.to_owned(), path, bytes });
                return Ok(());
            }
        };
        let mut file = PartialFile::create(&self.under_way, destination, file)?;
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

    /// Writes into what is no regular file, one after the other, then puts every file in its
    /// place. Waits where a FIFO has no reader.
    ///
    /// # Errors
    /// Those of writing, after which no file is in its place; those of renaming.
    pub fn commit(mut self) -> Result<()> {
        for stream in &self.streams {
            stream
                .write()
                .map_err(|error| Error::io("cannot write", error).at(&stream.destination))?;
        }
        let mut entries = self.under_way.lock();
        for file in &mut self.files {
            fs::rename(&file.path, &file.target)
                .map_err(|error| Error::io("cannot write", error).at(&file.destination))?;
            entries.paths.retain(|path| *path != file.path);
            file.is_renamed = true;
        }
        drop(entries);
        for file in &self.files {
            // The rename itself reaches the disk with its folder; a file system that
            // cannot sync folders has still been given a complete file.
            let _ = File::open(folder_of(&file.target)).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

/// What is to be written into something that is no regular file.
struct Stream {
    /// As it was asked for.
    destination: PathBuf,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Stream {
    fn write(&self) -> io::Result<()> {
        let mut to = self.open()?;
        to.write_all(&self.bytes)?;
        to.flush()
    }

    fn open(&self) -> io::Result<Box<dyn Write>> {
        // Our own streams are not opened anew: who shares them goes on behind what we write.
        let folder = fs::canonicalize(folder_of(&self.path))?;
        let is_ours = ["/proc/self/fd", "/dev/fd"]
            .iter()
            .any(|ours| fs::canonicalize(ours).is_ok_and(|ours| ours == folder));
        match self.path.file_name().and_then(OsStr::to_str).filter(|_| is_ours) {
            Some("1") => Ok(Box::new(io::stdout().lock())),
            Some("2") => Ok(Box::new(io::stderr().lock())),
            _ => Ok(Box::new(OpenOptions::new().append(true).open(&self.path)?)),
        }
    }
}

/// A file under way; removed when dropped unless it was renamed.
struct PartialFile {
    under_way: UnderWay,
    path: PathBuf,
    /// As it was asked for.
    destination: PathBuf,
    /// What it becomes.
    target: PathBuf,
    file: File,
    is_renamed: bool,
}

impl PartialFile {
    fn create(under_way: &UnderWay, destination: &Path, target: PathBuf) -> Result<PartialFile> {
        let folder = folder_of(&target);
        let process = std::process::id();
        let name = |number| folder.join(format!(".tsnr-{process}-{number}.partial"));
        let create = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
        let made = under_way.make(name, create);
        let (path, file) = made.map_err(|error| not_creatable(folder, error).at(destination))?;
        Ok(PartialFile {
            under_way: under_way.clone(),
            path,
            destination: destination.to_owned(),
            target,
            file,
            is_renamed: false,
        })
    }

    fn fill(&mut self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut writer = BufWriter::with_capacity(256 * 1024, &self.file);
        content(&mut writer)?;
        writer.flush()?;
        drop(writer);
        self.file.sync_all()
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.is_renamed {
            let _ = fs::remove_file(&self.path);
            self.under_way.forget(&self.path);
        }
    }
}

fn not_creatable(folder: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        Error::not_found(format!("cannot write: there is no folder {}", folder.display()))
            .remedy("make it first")
    } else {
        Error::io(&format!("cannot write in the folder {}", folder.display()), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_appear_together_at_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&a, "old").unwrap();
        let mut batch = UnderWay::default().batch();
        batch.write(&a, |to| to.write_all(b"new")).unwrap();
        batch.write(&b, |to| to.write_all(b"other")).unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"old");
        assert!(!b.exists());
        batch.commit().unwrap();
        assert_eq!(
            (fs::read(&a).unwrap(), fs::read(&b).unwrap()),
            (b"new".into(), b"other".into())
        );
        assert_eq!(names(folder.path()), ["a", "b"]);
    }

    #[test]
    fn a_failure_leaves_the_old_files_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&a, "old").unwrap();
        let mut batch = UnderWay::default().batch();
        batch.write(&a, |to| to.write_all(b"new")).unwrap();
        let error = batch
            .write(&b, |to| {
                to.write_all(b"half")?;
                Err(io::Error::from(io::ErrorKind::StorageFull))
            })
            .unwrap_err();
        assert!(error.to_string().contains("cannot write"), "{error}");
        drop(batch);
        assert_eq!(fs::read(&a).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_missing_folder_is_found_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let error =
            UnderWay::default().check_destination(&folder.path().join("none/map.nii")).unwrap_err();
        assert!(error.to_string().contains("there is no folder"), "{error}");
        UnderWay::default().check_destination(&folder.path().join("map.nii")).unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
    }
}
