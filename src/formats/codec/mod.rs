//! Opening a file that should hold an image, and saying what stands in its place if none does.

#[cfg(feature = "bzip2")]
mod bzip2;
mod streams;
#[cfg(feature = "zstd")]
mod zstd;

pub(super) use streams::{Held, Once, is_stream};

use crate::error::{Error, ErrorKind, Result};
use gzip_stream::{GzipFile, Surplus};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Compressed bytes are taken from the disk in pieces of this size: smaller ones cost
/// measurable time in system calls and refills, larger ones gain nothing.
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// A placeholder is a line or a few; anything larger is data.
const LARGEST_PLACEHOLDER_BYTES: u64 = 32 * 1024;

/// The endings of names of compressed files.
pub(super) const ENDINGS: [&str; 3] = [".gz", ".bz2", ".zst"];

/// The most bytes of a content by which its format is told.
pub(super) const HEAD_BYTES: usize = 1024;

/// The program, if any, that compressed the bytes of a file; told by the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// The content is there as it is.
    None,
    /// One or more gzip members.
    Gzip,
    /// One or more bzip2 streams.
    #[cfg(feature = "bzip2")]
    Bzip2,
    /// One or more zstd frames, whose windows have at most so many bytes.
    #[cfg(feature = "zstd")]
    Zstd { window_bytes: u64 },
}

impl Compression {
    fn told_by(head: &[u8]) -> Compression {
        if head.starts_with(&[0x1F, 0x8B]) {
            return Compression::Gzip;
        }
        #[cfg(feature = "bzip2")]
        if head.starts_with(b"BZh") {
            return Compression::Bzip2;
        }
        #[cfg(feature = "zstd")]
        if zstd::is_zstd(head) {
            return Compression::Zstd { window_bytes: zstd::window_bytes(head) };
        }
        Compression::None
    }

    /// The name of the program that compressed it; `plain` of what none did.
    pub(super) fn name(self) -> &'static str {
        match self {
            Compression::None => "plain",
            Compression::Gzip => "gzip",
            #[cfg(feature = "bzip2")]
            Compression::Bzip2 => "bzip2",
            #[cfg(feature = "zstd")]
            Compression::Zstd { .. } => "zstd",
        }
    }

    /// The most bytes that a file of `file_bytes` can stand for.
    pub(super) fn most_content_bytes(self, file_bytes: u64) -> u64 {
        let to_one = match self {
            Compression::None => 1,
            // 258 bytes in 2 bits (RFC 1951).
            Compression::Gzip => 1032,
            // A block of equal bytes: 900,000 codes of 259 bytes in five, in some 40 bytes.
            #[cfg(feature = "bzip2")]
            Compression::Bzip2 => 1 << 21,
            // A block of equal bytes: 128 KiB in 4 (RFC 8878).
            #[cfg(feature = "zstd")]
            Compression::Zstd { .. } => 1 << 15,
        };
        file_bytes.saturating_mul(to_one)
    }

    /// The bytes of memory that a decoder of so much content takes beyond a mebibyte.
    #[cfg_attr(not(feature = "zstd"), allow(unused_variables))]
    pub(super) fn decoder_bytes(self, content_bytes: u64) -> u64 {
        match self {
            Compression::None | Compression::Gzip => 0,
            #[cfg(feature = "bzip2")]
            Compression::Bzip2 => bzip2::DECODER_BYTES,
            // The window grows by doubling to a power of two, beside the half of it.
            #[cfg(feature = "zstd")]
            Compression::Zstd { window_bytes } => {
                2 * window_bytes.min(content_bytes).next_power_of_two()
            }
        }
    }

    /// The error of the content's stream, in a user's words.
    pub(super) fn stream_error(self, error: io::Error) -> Error {
        let name = self.name();
        let problem = match (self, error.kind()) {
            (Compression::None, _) => return Error::io("cannot read", error),
            (_, io::ErrorKind::UnexpectedEof) => format!("truncated: the {name} stream ends early"),
            (_, io::ErrorKind::InvalidData) => format!("damaged {name} file: {error}"),
            _ => return Error::io("cannot read", error),
        };
        Error::damaged(problem).remedy("copy or download it again")
    }
}

/// A regular file that was opened: the version of it, what compressed it, and how its content
/// begins.
pub(super) struct OpenFile {
    pub(super) path: PathBuf,
    pub(super) version: Version,
    pub(super) compression: Compression,
    /// The first [`HEAD_BYTES`] of the content, or as many as can be read.
    pub(super) head: Vec<u8>,
    /// Why no more of them could be read, if there is a reason beside the content's end.
    broken_off_by: Option<io::Error>,
    /// The content behind the head.
    rest: Option<Content>,
}

impl OpenFile {
    /// Opens `path`.
    ///
    /// # Errors
    /// A file that is missing, was not fetched, is no regular file, or may not be read.
    pub(super) fn open(path: &Path) -> Result<OpenFile> {
        let opened = || {
            let file = Packed::open(path)?;
            let (version, compression) = (file.version, file.compression);
            let mut head = Vec::with_capacity(HEAD_BYTES);
            let read = file.into_content().and_then(|mut content| {
                content.stream.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
                Ok(content)
            });
            let path = path.to_owned();
            let (rest, broken_off_by) = match read {
                Ok(content) => (Some(content), None),
                Err(error) => (None, Some(error)),
            };
            Ok(OpenFile { path, version, compression, head, broken_off_by, rest })
        };
        opened().map_err(|error: Error| error.at(path))
    }

    /// Opens a run, which may be a [stream](is_stream).
    ///
    /// # Errors
    /// Those of [`open`](OpenFile::open) and of reading a stream.
    pub(super) fn open_run(path: &Path) -> Result<OpenFile> {
        match is_stream(path) {
            true => streams::open(path).map_err(|error| error.at(path)),
            false => OpenFile::open(path),
        }
    }

    /// The content behind the head of a file that can be read once only.
    pub(super) fn rest_of_stream(&mut self) -> Option<Content> {
        self.rest.take_if(|_| self.version == Version::of_stream())
    }

    /// The error of a head that is of no format that is read, or the reason why it is not: a compressed
    /// stream that is damaged, which some decoders find behind what they gave.
    pub(super) fn damage_or(&mut self, error: Error) -> Error {
        /// A bzip2 block of equal bytes stands for 46 MB.
        const FOUND_WITHIN_BYTES: u64 = 64 * 1024 * 1024;
        if error.kind() != ErrorKind::Format || self.compression == Compression::None {
            return error;
        }
        let rest = self.rest.take().map(|rest| rest.stream.take(FOUND_WITHIN_BYTES));
        let read = rest.map(|mut rest| io::copy(&mut rest, &mut io::sink()));
        let damage = self.broken_off_by.take().or_else(|| read.and_then(io::Result::err));
        damage.map_or(error, |damage| self.compression.stream_error(damage))
    }

    /// Refuses a content that breaks off within its first `bytes`.
    ///
    /// # Errors
    /// That, without the file's name.
    pub(super) fn check_head(&mut self, bytes: usize) -> Result<()> {
        match self.broken_off_by.take_if(|_| self.head.len() < bytes) {
            Some(error) => Err(self.compression.stream_error(error)),
            None => Ok(()),
        }
    }
}

/// A regular file as it lies on the disk.
struct Packed {
    reader: BufReader<Timed>,
    version: Version,
    compression: Compression,
}

impl Packed {
    /// The content as a stream, decompressed. A gzip stream checks itself on the way.
    fn into_content(self) -> io::Result<Content> {
        let Timed { file, waited } = self.reader.get_ref().clone();
        let stream: Box<dyn Decoded> = match self.compression {
            Compression::None => Box::new(self.reader),
            Compression::Gzip => Box::new(GzipFile::new(self.reader.into_inner())?),
            #[cfg(feature = "bzip2")]
            Compression::Bzip2 => Box::new(bzip2::Bzip2::new(self.reader)),
            #[cfg(feature = "zstd")]
            Compression::Zstd { window_bytes } => {
                Box::new(zstd::Zstd::new(self.reader, window_bytes))
            }
        };
        Ok(Content { stream, waited, file })
    }
}

/// The version of a file, which changes where it is written to: its size, and when it was last written to
/// and changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// The size; none of a stream, of which there is one version.
    pub(super) bytes: Option<u64>,
    modified: Option<SystemTime>,
    /// When its content or what the system keeps of it was changed, in seconds and nanoseconds: who sets
    /// the time of the last writing back does not set this one.
    changed: Option<(i64, i64)>,
}

impl Version {
    fn now(file: &File) -> io::Result<Version> {
        let metadata = file.metadata()?;
        let changed = Some((metadata.ctime(), metadata.ctime_nsec()));
        Ok(Version { bytes: Some(metadata.len()), modified: metadata.modified().ok(), changed })
    }

    /// The version of the file at `path`, whatever it holds.
    ///
    /// # Errors
    /// One that is missing, was not fetched, or may not be read; it is named.
    pub(super) fn at(path: &Path) -> Result<Version> {
        Ok(Packed::open(path).map_err(|error| error.at(path))?.version)
    }

    /// The version of a stream.
    pub(super) fn of_stream() -> Version {
        Version { bytes: None, modified: None, changed: None }
    }

    /// Refuses a file that is of another version.
    ///
    /// # Errors
    /// That, and those of the disk; without the file's name.
    pub(super) fn check(self, file: &File) -> Result<()> {
        let Some(bytes) = self.bytes else { return Ok(()) };
        let now =
            Version::now(file).map_err(|error| Error::io("cannot look at the file", error))?;
        if now == self {
            return Ok(());
        }
        let problem = match now.bytes {
            Some(now) if now != bytes => {
                format!("it had {bytes} bytes when it was opened and has {now} now")
            }
            _ => "it was written to since it was opened".to_owned(),
        };
        Err(Error::mismatch(format!("the file was changed while it was read: {problem}"))
            .remedy("run again when nothing writes to it"))
    }
}

/// The content of a file as a stream, and how long its reader has waited for the disk.
pub(super) struct Content {
    pub(super) stream: Box<dyn Decoded>,
    pub(super) waited: Waited,
    pub(super) file: Arc<File>,
}

/// The content of a file, decompressed.
pub(super) trait Decoded: Read + Send + Sync {
    /// The bytes found beside the content so far.
    fn surplus(&self) -> Surplus {
        Surplus::default()
    }
}

impl Content {
    /// Bytes of a stream that were read and are held.
    pub(super) fn of_held(held: Held) -> Box<dyn Read> {
        Box::new(io::Cursor::new(held))
    }

    /// The content of the file at `path`, from its beginning.
    ///
    /// # Errors
    /// Those of opening and reading it; a file of another version. Each names the file.
    pub(super) fn open(path: &Path, version: Version) -> Result<Content> {
        let opened = || {
            let file = Packed::open(path)?;
            let compression = file.compression;
            let content = file.into_content().map_err(|error| compression.stream_error(error))?;
            version.check(&content.file)?;
            Ok(content)
        };
        opened().map_err(|error: Error| error.at(path))
    }
}

impl Decoded for BufReader<Timed> {}

#[cfg(feature = "bzip2")]
impl<R: BufRead + Send + Sync> Decoded for bzip2::Bzip2<R> {}

#[cfg(feature = "zstd")]
impl<R: BufRead + Send + Sync> Decoded for zstd::Zstd<R> {}

impl Decoded for GzipFile<Timed> {
    fn surplus(&self) -> Surplus {
        GzipFile::surplus(self)
    }
}

/// Nanoseconds spent in reading a file, and the bytes that were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Waited(Arc<Reads>);

#[derive(Debug, Default)]
struct Reads {
    nanoseconds: AtomicU64,
    bytes: AtomicU64,
}

impl Waited {
    pub(super) fn so_far(&self) -> Duration {
        Duration::from_nanos(self.0.nanoseconds.load(Ordering::Relaxed))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }
}

/// A reader that notes how long it takes. Files are read in large pieces: what two looks at the
/// clock cost does not show.
#[derive(Clone)]
pub(super) struct Timed {
    file: Arc<File>,
    waited: Waited,
}

impl Timed {
    fn new(file: File) -> Timed {
        Timed { file: Arc::new(file), waited: Waited::default() }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let started = Instant::now();
        let result = (&*self.file).read(buffer);
        let nanoseconds = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.waited.0.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        self.waited.0.bytes.fetch_add(*result.as_ref().unwrap_or(&0) as u64, Ordering::Relaxed);
        result
    }
}

impl Seek for Timed {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        (&*self.file).seek(to)
    }
}

impl Packed {
    fn open(path: &Path) -> Result<Packed> {
        if streams::is_stdin(path) {
            return Err(read_once("a stream"));
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return Err(missing(path, error)),
        };
        if metadata.is_dir() {
            return Err(Error::format("a directory, expected an image").remedy(format!(
                "give its images, as in '{}/*.nii.gz'",
                path.display().to_string().trim_end_matches('/')
            )));
        }
        if !metadata.is_file() {
            return Err(read_once("a pipe or device"));
        }
        let file = File::open(path).map_err(|error| Error::io("cannot open", error))?;
        let version = Version::now(&file).map_err(|error| Error::io("cannot open", error))?;
        let timed = Timed::new(file);
        let mut reader = BufReader::with_capacity(READ_BUFFER_BYTES, timed);
        let head = reader.fill_buf().map_err(|error| Error::io("cannot read", error))?;
        if version.bytes.is_some_and(|it| it <= LARGEST_PLACEHOLDER_BYTES)
            && let Some(error) = placeholder(path, head)
        {
            return Err(error);
        }
        let compression = Compression::told_by(head);
        Ok(Packed { reader, version, compression })
    }
}

/// The error for what can be read once, where that is not enough.
fn read_once(what: &str) -> Error {
    Error::unsupported(format!("{what}, expected a regular file: only a run can be a stream"))
        .remedy("write it to a file first")
}

/// The error for a path that leads nowhere. In a DataLad or git-annex clone, files that
/// were not fetched are links into the annex whose targets do not exist.
fn missing(path: &Path, error: io::Error) -> Error {
    if let Some(error) = streams::refused_address(path) {
        return error;
    }
    match fs::read_link(path) {
        Ok(_) if error.kind() != io::ErrorKind::NotFound => Error::io("cannot open", error),
        Ok(target) if target.to_string_lossy().contains("annex/objects") => not_fetched(path),
        Ok(target) => Error::not_found(format!(
            "a broken link: its target {} does not exist",
            target.display()
        )),
        Err(_) if error.kind() == io::ErrorKind::NotFound => Error::not_found("no such file"),
        Err(_) => Error::io("cannot open", error),
    }
}

fn not_fetched(path: &Path) -> Error {
    Error::not_found("a placeholder of git-annex: the content was not fetched yet")
        .remedy(format!("fetch it: datalad get '{0}' (or: git annex get '{0}')", path.display()))
}

/// The error for a small text that stands for content kept elsewhere: the key of an
/// unlocked annexed file, or a pointer of Git LFS.
fn placeholder(path: &Path, head: &[u8]) -> Option<Error> {
    let first_line = head.split(|&byte| byte == b'\n').next()?;
    let text = std::str::from_utf8(first_line).ok()?;
    if text.starts_with("version https://git-lfs") {
        return Some(
            Error::not_found("a pointer of Git LFS: the content was not fetched yet")
                .remedy(format!("fetch it: git lfs pull --include '{}'", path.display())),
        );
    }
    text.contains("annex/objects/").then(|| not_fetched(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annex_link_names_the_command_that_fetches_it() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("run.nii.gz");
        std::os::unix::fs::symlink("../.git/annex/objects/x/y/MD5E-s9--z.nii.gz", &link).unwrap();
        let error = OpenFile::open(&link).err().unwrap().to_string();
        assert!(error.contains("datalad get") && error.contains("run.nii.gz'"), "{error}");
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_it() {
        let error = OpenFile::open(Path::new("/dev/null")).err().unwrap().to_string();
        assert!(error.contains("pipe or device"), "{error}");
    }
}
