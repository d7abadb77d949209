//! Files that appear whole or not at all.
//!
//! A file is written under another name in the folder of its destination, synced, and
//! renamed only when every file of the same [`Batch`] is complete: an existing file is
//! replaced by a complete one or stays as it is. What a failure or a signal leaves behind
//! is removed. This module does not know what is written.

use crate::error::{Error, ErrorKind, Result};
use crate::paths::folder_of;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The files under way in this process, so that a signal can remove them.
static PARTIAL_FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn partial_files() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTIAL_FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Finds out, before work is spent on it, whether a file can be written at `path`: its
/// folder exists and takes new files, and no folder has its name.
///
/// # Errors
/// What stands in the way.
pub fn check_destination(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::new(ErrorKind::Io, "cannot write: a folder has this name").at(path));
    }
    PartialFile::create(path).map(drop)
}

/// Removes every file under way and ends the process with `exit_code`. For signal
/// handlers that run in a thread: a rename under way is finished first.
pub fn abandon_and_exit(exit_code: i32) -> ! {
    let mut partial_files = partial_files();
    for path in partial_files.drain(..) {
        // A scratch folder is one of them.
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
    }
    // The lock is still held: no file can be begun until the process has ended.
    std::process::exit(exit_code)
}

/// A folder for files that nobody is to see, which goes when this does or the process is
/// interrupted.
#[derive(Debug)]
pub struct ScratchFolder {
    path: PathBuf,
}

impl ScratchFolder {
    /// A new folder among the temporary files of the system.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn create() -> Result<ScratchFolder> {
        let parent = std::env::temp_dir();
        loop {
            let path = parent.join(format!("tsnr-{}-{}", std::process::id(), next_number()));
            let mut partial_files = partial_files();
            match fs::create_dir(&path) {
                Ok(()) => {
                    partial_files.push(path.clone());
                    return Ok(ScratchFolder { path });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    let failed = Error::io("cannot make a folder for temporary files", error);
                    return Err(failed.at(&parent));
                }
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        let mut partial_files = partial_files();
        let _ = fs::remove_dir_all(&self.path);
        partial_files.retain(|path| *path != self.path);
    }
}

/// A number that no other name of this process has.
fn next_number() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// Files that are to appear together.
#[derive(Default)]
pub struct Batch {
    files: Vec<PartialFile>,
}

impl Batch {
    /// Writes the file that [`Batch::commit`] will place at `destination`, and syncs it.
    ///
    /// # Errors
    /// Those of the disk. Nothing stands at `destination` that was not there before.
    pub fn write(
        &mut self,
        destination: &Path,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let mut file = PartialFile::create(destination)?;
        file.fill(content).map_err(|error| {
            let error = Error::io("cannot write", error).at(destination);
            if destination.exists() {
                error.remedy("the file of this name was left as it was")
            } else {
                error
            }
        })?;
        self.files.push(file);
        Ok(())
    }

    /// Puts every file in its place.
    ///
    /// # Errors
    /// Those of renaming.
    pub fn commit(mut self) -> Result<()> {
        let mut partial_files = partial_files();
        for file in &mut self.files {
            fs::rename(&file.path, &file.destination)
                .map_err(|error| Error::io("cannot write", error).at(&file.destination))?;
            partial_files.retain(|path| *path != file.path);
            file.is_renamed = true;
        }
        drop(partial_files);
        for file in &self.files {
            // The rename itself reaches the disk with its folder; a file system that
            // cannot sync folders has still been given a complete file.
            let _ = File::open(folder_of(&file.destination)).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

/// A file under way; removed when dropped unless it was renamed.
struct PartialFile {
    path: PathBuf,
    destination: PathBuf,
    file: File,
    is_renamed: bool,
}

impl PartialFile {
    fn create(destination: &Path) -> Result<PartialFile> {
        let number = next_number();
        let name = format!(".tsnr-{}-{number}.partial", std::process::id());
        let path = folder_of(destination).join(name);
        let mut partial_files = partial_files();
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| not_creatable(destination, error))?;
        partial_files.push(path.clone());
        Ok(PartialFile { path, destination: destination.to_owned(), file, is_renamed: false })
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
            let mut partial_files = partial_files();
            let _ = fs::remove_file(&self.path);
            partial_files.retain(|path| *path != self.path);
        }
    }
}

fn not_creatable(destination: &Path, error: io::Error) -> Error {
    let folder = folder_of(destination);
    if error.kind() == io::ErrorKind::NotFound {
        Error::not_found(format!("cannot write: there is no folder {}", folder.display()))
            .remedy("make it first")
    } else {
        Error::io(&format!("cannot write in the folder {}", folder.display()), error)
    }
    .at(destination)
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
        let mut batch = Batch::default();
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
        let mut batch = Batch::default();
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
        let error = check_destination(&folder.path().join("none/map.nii")).unwrap_err();
        assert!(error.to_string().contains("there is no folder"), "{error}");
        check_destination(&folder.path().join("map.nii")).unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
    }
}
