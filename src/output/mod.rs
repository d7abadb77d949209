//! Files that appear whole or not at all.
//!
//! A file is made in a hidden folder beside its destination, synced, and renamed only when every
//! file of the same [`Batch`] is complete (`batch.rs`): an existing file is replaced by a complete one or stays
//! as it is. What a failure or a signal leaves behind is removed; what a killed process left, by the
//! next that writes into the folder (`hidden.rs`). A link stays, and the file behind it is replaced.
//! What is no regular file (a device, a FIFO, `/dev/stdout`) is never replaced: it is written into
//! once the files of the batch are complete (`target.rs`). This module does not know what is written.

mod batch;
mod collision;
mod hidden;
mod stdout;
mod target;

pub use batch::Batch;
pub use collision::{in_one_file, repeated};
pub use stdout::check_stdout;
pub use target::{STDOUT, written_file};

use crate::error::{Error, Result};
use hidden::HiddenFolder;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use target::{Target, check_replaced};

/// The folders under way, so that who is interrupted can remove them. Clones are of the same ones.
#[derive(Clone, Debug, Default)]
pub struct UnderWay(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    paths: Vec<PathBuf>,
    /// The folders in which leftovers of dead processes were looked for.
    cleared: HashSet<PathBuf>,
    /// The number of the next hidden name.
    next: u32,
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes everything under way. For signal handlers that run in a thread and end the process:
    /// a rename under way is finished first, and no file can be begun as long as the guard lives
    /// that is returned.
    pub fn abandon(&self) -> impl Sized + '_ {
        let mut entries = self.lock();
        entries.paths.drain(..).for_each(|path| hidden::remove(&path));
        entries
    }

    /// Finds out, before work is spent on it, whether files can be written at these paths: their
    /// folders exist and take new files, no folder has the name of one, and a file that stands
    /// there can be replaced. What is no regular file is not opened, which might wait for a reader
    /// or end what one reads.
    ///
    /// # Errors
    /// What stands in the way of the first that cannot.
    pub fn check<'a>(&self, destinations: impl IntoIterator<Item = &'a Path>) -> Result<()> {
        let mut batch = self.batch();
        destinations.into_iter().try_for_each(|destination| match Target::of_path(destination)? {
            Target::Replaced(file) => {
                let hidden = batch.hidden_beside(&file).map_err(|error| error.at(destination))?;
                check_replaced(&file, hidden.path()).map_err(|error| error.at(destination))
            }
            Target::WrittenInto(_) if destination == Path::new(STDOUT) => check_stdout(),
            Target::WrittenInto(_) => Ok(()),
        })
    }

    /// No file yet of those that are to appear together.
    pub fn batch(&self) -> Batch {
        Batch::new(self)
    }

    /// An empty file without a name on the disk of temporary files: it goes when nobody has it open
    /// any more, however the processes end.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn unnamed_file(&self) -> Result<File> {
        let parent = std::env::temp_dir();
        let made = HiddenFolder::create(self, &parent, None).and_then(|folder| {
            let path = folder.path().join("unnamed");
            OpenOptions::new().read(true).write(true).create_new(true).open(path)
        });
        made.map_err(|error| Error::io("cannot make a temporary file", error).at(&parent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, io};

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
        batch.commit(&|_| ()).unwrap();
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
        let check_one = |name: &str| UnderWay::default().check([&*folder.path().join(name)]);
        let error = check_one("none/map.nii").unwrap_err();
        assert!(error.to_string().contains("there is no folder"), "{error}");
        check_one("map.nii").unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
    }
}
