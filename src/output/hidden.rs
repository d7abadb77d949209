//! Hidden folders, in which files are made until they are complete.
//!
//! A folder has a file that the process which made it keeps locked. The lock ends with the process,
//! however that ends, so a folder whose lock is free is a leftover and is removed. Numbers of
//! processes tell nothing: another host or container has its own.

use super::UnderWay;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

const PREFIX: &str = ".tsnr-";
const SUFFIX: &str = ".partial";
/// The file of a folder that is locked.
const LOCK: &str = "lock";
/// The most names that are tried: where so many are taken, something else is wrong.
const MOST_NAMES: usize = 10_000;

/// A hidden folder that only its owner can look into; removed with all that is in it when dropped
/// or when the process is interrupted.
#[derive(Debug)]
pub(super) struct HiddenFolder {
    under_way: UnderWay,
    path: PathBuf,
    /// Locked. None where the lock is that of another folder of ours.
    _lock: Option<File>,
}

impl HiddenFolder {
    /// Makes one in `parent`, which has the same lock as `other` where the file system can do that:
    /// outputs may go into more folders than files can be open. Removes what dead processes left.
    pub fn create(
        under_way: &UnderWay,
        parent: &Path,
        other: Option<&HiddenFolder>,
    ) -> io::Result<HiddenFolder> {
        let mut entries = under_way.lock();
        let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..MOST_NAMES {
            let name = format!("{PREFIX}{}-{}{SUFFIX}", std::process::id(), entries.next);
            let path = parent.join(name);
            entries.next += 1;
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            match locked(&path, other) {
                Ok(lock) => {
                    if entries.cleared.insert(parent.to_owned()) {
                        remove_leftovers(parent, &path);
                    }
                    entries.paths.push(path.clone());
                    return Ok(HiddenFolder { under_way: under_way.clone(), path, _lock: lock });
                }
                // Another process took it for a leftover before it was locked.
                Err(error) if error.kind() == io::ErrorKind::NotFound => taken = error,
                Err(error) => {
                    remove(&path);
                    return Err(error);
                }
            }
        }
        Err(taken)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for HiddenFolder {
    fn drop(&mut self) {
        remove(&self.path);
        self.under_way.lock().paths.retain(|it| *it != self.path);
    }
}

/// Locks a new folder.
fn locked(folder: &Path, other: Option<&HiddenFolder>) -> io::Result<Option<File>> {
    let path = folder.join(LOCK);
    if other.is_some_and(|it| fs::hard_link(it.path.join(LOCK), &path).is_ok()) {
        return Ok(None);
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let is_taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    // Where the file system has no locks, nobody finds one free either.
    match is_taken || file.metadata()?.nlink() == 0 {
        true => Err(io::ErrorKind::NotFound.into()),
        false => Ok(Some(file)),
    }
}

/// Removes the folders in `parent` that dead processes of this user left; not `ours`.
fn remove_leftovers(parent: &Path, ours: &Path) {
    let (Ok(entries), Ok(us)) = (fs::read_dir(parent), fs::symlink_metadata(ours)) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if !name.starts_with(PREFIX) || !name.ends_with(SUFFIX) || path == ours {
            continue;
        }
        // What others own they may put something else in place of.
        if !fs::symlink_metadata(&path).is_ok_and(|it| it.is_dir() && it.uid() == us.uid()) {
            continue;
        }
        match OpenOptions::new().write(true).open(path.join(LOCK)) {
            Ok(lock) if lock.try_lock().is_ok() => remove(&path),
            // Made and not yet locked, or no more: only an empty one goes.
            Err(error) if error.kind() == io::ErrorKind::NotFound => drop(fs::remove_dir(&path)),
            _ => {}
        }
    }
}

/// Removes a hidden folder, its lock when there is nothing else: by that what could not be removed
/// is known as a leftover.
pub(super) fn remove(folder: &Path) {
    let remove_entry = |entry: io::Result<fs::DirEntry>| match entry?.path() {
        path if path.file_name() == Some(OsStr::new(LOCK)) => Ok(()),
        path => fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)),
    };
    let Ok(entries) = fs::read_dir(folder) else { return };
    let failed = entries.map(remove_entry).filter(Result::is_err).count();
    if failed == 0 {
        let _ = fs::remove_file(folder.join(LOCK));
        let _ = fs::remove_dir(folder);
    }
}
