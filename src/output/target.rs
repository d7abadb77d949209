//! Where what is written to a path goes, and what of that can be known before.

use crate::error::{Error, ErrorKind, Result};
use crate::paths::{directory_entry, folder_of};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// The path of this process's standard output, also where the system has no such file.
pub const STDOUT: &str = "/dev/stdout";

/// Where what is written to a path goes, links at its end followed.
pub(super) enum Target {
    /// A regular file or nothing yet: a complete file takes its place. Of a link into the object
    /// store of git-annex, which stands for a file, the link.
    Replaced(PathBuf),
    /// No regular file, or something that a process has open, which is written into.
    WrittenInto(PathBuf),
}

impl Target {
    pub fn of_path(destination: &Path) -> Result<Target> {
        /// The most links that are followed, as many as Linux follows.
        const MOST_LINKS: usize = 40;
        let mut path = destination.to_owned();
        for _ in 0..=MOST_LINKS {
            let failed = |error| Error::io("cannot write", error).at(destination);
            let Some(metadata) = standing(&path).map_err(failed)? else {
                return Ok(match path == Path::new(STDOUT) {
                    true => Target::WrittenInto(path),
                    false => Target::Replaced(path),
                });
            };
            if is_open_in_a_process(&path) {
                return Ok(Target::WrittenInto(path));
            }
            match metadata.file_type() {
                kind if kind.is_symlink() => {
                    let next = fs::read_link(&path)
                        .map_err(|error| Error::io("cannot follow this link", error).at(&path))?;
                    if is_annexed(&next) {
                        return Ok(Target::Replaced(path));
                    }
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

/// The metadata of what stands at a path, a link as it is.
///
/// # Errors
/// If that cannot be known: what may stand there is not to be lost.
pub(super) fn standing(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            _ => Err(error),
        },
    }
}

/// Whether a link leads into an object store of git-annex, in which nobody writes: the link is
/// what the file is in a working tree, and its old content stays in the store.
fn is_annexed(link: &Path) -> bool {
    let names: Vec<&OsStr> = link.iter().collect();
    names.windows(2).any(|pair| pair == ["annex", "objects"])
}

/// Whether a path is an entry of `/dev/fd` or the like. What it links to may be a regular file
/// that others write as well: `>> log` must not lose what the log has.
fn is_open_in_a_process(path: &Path) -> bool {
    fs::canonicalize(folder_of(path))
        .is_ok_and(|folder| folder.starts_with("/proc") || folder == Path::new("/dev/fd"))
}

/// One path for each file that is written, whatever links lead to it.
pub fn written_file(path: &Path) -> PathBuf {
    match Target::of_path(path) {
        Ok(Target::Replaced(file)) if file.is_symlink() => directory_entry(&file),
        Ok(Target::Replaced(file) | Target::WrittenInto(file)) => {
            fs::canonicalize(&file).unwrap_or_else(|_| directory_entry(&file))
        }
        Err(_) => directory_entry(path),
    }
}

/// Finds out whether a file can take the place of `target`, for which `hidden` holds files of ours
/// in the folder of the target.
///
/// # Errors
/// What stands in the way.
pub(super) fn check_replaced(target: &Path, hidden: &Path) -> Result<()> {
    /// "Operation not permitted", on every Unix.
    const EPERM: i32 = 1;
    let Ok(metadata) = fs::symlink_metadata(target) else { return Ok(()) };
    let refused = |problem: &str, remedy: &str| {
        Err(Error::new(ErrorKind::Io, format!("cannot write: the file of this name {problem}"))
            .remedy(format!("{remedy}, or give another name")))
    };
    if is_held_by_sticky_folder(&metadata, target, hidden) {
        let problem = "is another user's, in a folder where each may replace only their own";
        return refused(problem, "ask its owner");
    }
    // A second name for a moment: only the system knows what it refuses.
    let second = hidden.join("second-name");
    match fs::hard_link(target, &second) {
        Ok(()) => drop(fs::remove_file(second)),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            return refused(
                "is mounted by itself and cannot be replaced",
                "mount its folder instead",
            );
        }
        // Another reason may be that it is not ours, which does not matter.
        Err(error) if error.raw_os_error() == Some(EPERM) && metadata.is_file() => {
            let opened = OpenOptions::new().write(true).open(target);
            if opened.is_err_and(|error| error.raw_os_error() == Some(EPERM)) {
                return refused("is immutable or append-only", "make it an ordinary file");
            }
        }
        Err(_) => {}
    }
    Ok(())
}

/// Whether only root may replace a file: another's, in another's folder with the sticky bit.
fn is_held_by_sticky_folder(file: &Metadata, target: &Path, hidden: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    let (Ok(folder), Ok(ours)) = (fs::metadata(folder_of(target)), fs::metadata(hidden)) else {
        return false;
    };
    folder.mode() & STICKY != 0 && ![0, file.uid(), folder.uid()].contains(&ours.uid())
}

/// Bytes to be written into something that is no regular file.
pub(super) struct Stream {
    /// The path as it was asked for.
    pub destination: PathBuf,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// Who writes into a FIFO without a reader is told so after this time.
const TOLD_AFTER: Duration = Duration::from_secs(1);
/// The time that a FIFO without a reader is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

impl Stream {
    /// Writes it. `waits` is told of a FIFO that has no reader for a while.
    ///
    /// # Errors
    /// Those of the system, and a FIFO that has no reader for a minute.
    pub fn write(&self, waits: &dyn Fn(&Path)) -> Result<()> {
        let write = || {
            let mut to = self.open(waits)?;
            to.write_all(&self.bytes)?;
            to.flush()
        };
        write().map_err(|error| Error::io("cannot write", error).at(&self.destination))
    }

    fn open(&self, waits: &dyn Fn(&Path)) -> io::Result<Box<dyn Write>> {
        // Our own streams are not opened anew: who shares them goes on behind what we write.
        let folder = fs::canonicalize(folder_of(&self.path))?;
        let is_ours = ["/proc/self/fd", "/dev/fd"]
            .iter()
            .any(|ours| fs::canonicalize(ours).is_ok_and(|ours| ours == folder));
        match self.path.file_name().and_then(OsStr::to_str).filter(|_| is_ours) {
            _ if self.path == Path::new(STDOUT) => Ok(Box::new(io::stdout().lock())),
            Some("1") => Ok(Box::new(io::stdout().lock())),
            Some("2") => Ok(Box::new(io::stderr().lock())),
            _ => match fs::metadata(&self.path)?.file_type() {
                kind if kind.is_socket() => Ok(Box::new(UnixStream::connect(&self.path)?)),
                kind if kind.is_fifo() => Ok(Box::new(self.open_fifo(waits)?)),
                _ => Ok(Box::new(opened(&self.path)?)),
            },
        }
    }

    /// Opens a FIFO when it has a reader.
    fn open_fifo(&self, waits: &dyn Fn(&Path)) -> io::Result<File> {
        let (sender, is_opened) = channel();
        let path = self.path.clone();
        // Nobody is there to take a file that is opened too late.
        let open = move || drop(sender.send(opened(&path)));
        if thread::Builder::new().spawn(open).is_err() {
            // Without a thread nothing is told, and nothing ends the waiting but a reader or a signal.
            return opened(&self.path);
        }
        is_opened.recv_timeout(TOLD_AFTER).unwrap_or_else(|_| {
            waits(&self.destination);
            is_opened.recv_timeout(PATIENCE - TOLD_AFTER).unwrap_or_else(|_| {
                let problem = "nobody read this FIFO within a minute; start its reader first";
                Err(io::Error::new(io::ErrorKind::TimedOut, problem))
            })
        })
    }
}

fn opened(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}
