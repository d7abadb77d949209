//! Standard input, FIFOs and devices as files that are read once, from their beginning to their end; and
//! what is said of addresses, of which nothing is fetched.

use super::{
    Compression, Content, Decoded, HEAD_BYTES, OpenFile, READ_BUFFER_BYTES, Timed, Version, Waited,
};
use crate::error::{Error, Result};
use gzip_stream::{GzipReader, Surplus};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, IsTerminal, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The name of standard input among the runs.
const STDIN: &str = "-";

/// So many bytes tell what compressed a stream, which may come in smaller pieces.
const FIRST_BYTES: u64 = 64;

/// Whether a path names what can be read once only: standard input, a FIFO or a device.
pub(in crate::formats) fn is_stream(path: &Path) -> bool {
    is_stdin(path) || fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir())
}

/// Whether a path is the name of standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// Opens a stream, and reads how its content begins.
///
/// # Errors
/// A terminal; errors of the system. The path is not named.
pub(super) fn open(path: &Path) -> Result<OpenFile> {
    let file = match is_stdin(path) {
        false => File::open(path).map_err(|error| Error::io("cannot open", error))?,
        true if io::stdin().is_terminal() => {
            return Err(Error::unsupported("a terminal, expected an image")
                .remedy("put 'PROGRAM |' before, or '< FILE' behind"));
        }
        true => {
            let descriptor = io::stdin().as_fd().try_clone_to_owned();
            File::from(descriptor.map_err(|error| Error::io("cannot open", error))?)
        }
    };
    let failed = |error| Error::io("cannot read", error);
    let timed = Timed::new(file);
    let (file, waited) = (Arc::clone(&timed.file), timed.waited.clone());
    let mut reader = BufReader::with_capacity(READ_BUFFER_BYTES, timed);
    let mut first = Vec::new();
    reader.by_ref().take(FIRST_BYTES).read_to_end(&mut first).map_err(failed)?;
    let compression = Compression::told_by(&first);
    let packed = Cursor::new(first).chain(reader);
    let stream: Box<dyn Decoded> = match compression {
        Compression::None => Box::new(packed),
        Compression::Gzip => Box::new(GzipReader::new(packed)),
        #[cfg(feature = "bzip2")]
        Compression::Bzip2 => Box::new(super::bzip2::Bzip2::new(packed)),
        #[cfg(feature = "zstd")]
        Compression::Zstd { window_bytes } => {
            Box::new(super::zstd::Zstd::new(packed, window_bytes))
        }
    };
    let mut content = Content { stream, waited, file };
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let read = content.stream.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head);
    let broken_off_by = read.err();
    if let Some(error) = &broken_off_by {
        // What the decoder says when it is asked again is no longer the reason.
        content.stream = Box::new(Broken(error.kind()));
    }
    let (path, version, rest) = (path.to_owned(), Version::of_stream(), Some(content));
    Ok(OpenFile { path, version, compression, head, broken_off_by, rest })
}

impl Decoded for io::Chain<Cursor<Vec<u8>>, BufReader<Timed>> {}

impl Decoded for GzipReader<io::Chain<Cursor<Vec<u8>>, BufReader<Timed>>> {
    fn surplus(&self) -> Surplus {
        GzipReader::surplus(self)
    }
}

/// A stream that broke off.
struct Broken(io::ErrorKind);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

impl Decoded for Broken {}

impl Decoded for io::Empty {}

/// The content of a stream, which can be taken once, and how much of it is held for who takes it again.
pub(in crate::formats) struct Once<T> {
    waited: Waited,
    state: Mutex<(Option<T>, u64)>,
}

impl<T> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Once({} bytes taken)", self.bytes())
    }
}

impl<T> Once<T> {
    /// The content of a stream whose reads `waited` counts.
    pub fn new(waited: Waited, content: T) -> Once<T> {
        Once { waited, state: Mutex::new((Some(content), 0)) }
    }

    fn state(&self) -> MutexGuard<'_, (Option<T>, u64)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content, the first time that it is asked for.
    ///
    /// # Errors
    /// That it was taken; without the stream's name.
    pub fn take(&self) -> Result<T> {
        self.state().0.take().ok_or_else(|| {
            Error::unsupported("it can be read once, and was").remedy("write it to a file first")
        })
    }

    /// Puts the content back, of which so many bytes are held.
    pub fn put_back(&self, content: T, held_bytes: u64) {
        *self.state() = (Some(content), held_bytes);
    }

    /// How many bytes were taken of the stream so far.
    pub fn bytes(&self) -> u64 {
        self.waited.bytes()
    }

    /// How many bytes of it are held.
    pub fn held_bytes(&self) -> u64 {
        self.state().1
    }
}

/// Bytes in memory that several may read, each from its own place.
#[derive(Clone)]
pub(in crate::formats) struct Held(pub Arc<Vec<u8>>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes that were read of a stream and held, and the rest of it. What is held is let go once it was
/// read.
struct Again {
    held: Option<Cursor<Held>>,
    rest: Box<dyn Decoded>,
}

impl Read for Again {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(held) = &mut self.held {
            match held.read(buffer)? {
                0 if !buffer.is_empty() => self.held = None,
                count => return Ok(count),
            }
        }
        self.rest.read(buffer)
    }
}

impl Decoded for Again {
    fn surplus(&self) -> Surplus {
        self.rest.surplus()
    }
}

impl Content {
    /// This content behind bytes that are read first.
    pub(in crate::formats) fn behind(self, held: Held) -> Content {
        let Content { stream: rest, waited, file } = self;
        Content { stream: Box::new(Again { held: Some(Cursor::new(held)), rest }), waited, file }
    }

    /// Bytes that were read of this content, alone.
    pub(in crate::formats) fn alone(&self, held: Held) -> Content {
        let (waited, file) = (self.waited.clone(), Arc::clone(&self.file));
        Content { stream: Box::new(io::empty()), waited, file }.behind(held)
    }
}

/// The error for an address, with the commands that stream what it leads to; none for another path.
pub(super) fn refused_address(path: &Path) -> Option<Error> {
    let address = path.to_str()?;
    let (scheme, place) = address.split_once("://")?;
    let command = match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" | "ftp" => format!("curl -sSfL '{address}'"),
        "s3" => match PUBLIC_BUCKETS.iter().any(|it| place.split('/').next() == Some(it)) {
            true => format!("aws s3 cp --no-sign-request '{address}' -"),
            false => format!("aws s3 cp '{address}' -"),
        },
        _ => return None,
    };
    let mut remedy = format!(
        "stream a run: {command} | tsnr -, and beside other runs tsnr <({command}) OTHERS; of anything \
         else give a file"
    );
    if let Some((dataset, file)) = of_openneuro(place) {
        remedy += &format!(
            "; or have the data set: datalad clone https://github.com/OpenNeuroDatasets/{dataset} && \
             datalad get '{dataset}/{file}'"
        );
    }
    let problem = "an address, expected a file: nothing is fetched from a network";
    Some(Error::unsupported(problem).remedy(remedy))
}

/// Buckets that everybody may read, unsigned.
const PUBLIC_BUCKETS: [&str; 2] = ["openneuro.org", "fcp-indi"];

/// The data set and the file in it of an address in the bucket of OpenNeuro, without a version.
fn of_openneuro(place: &str) -> Option<(&str, &str)> {
    let (_, within) = place.split_once("openneuro.org/")?;
    let (dataset, file) = within.split_once('/')?;
    let file = file.split('?').next()?;
    (dataset.starts_with("ds") && !file.is_empty()).then_some((dataset, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_with_the_command_that_streams_it() {
        let said = |address: &str| {
            refused_address(Path::new(address)).map(|error| error.to_string()).unwrap_or_default()
        };
        let https = said("https://example.org/run.nii.gz?versionId=7");
        assert!(https.contains("curl -sSfL 'https://example.org/run.nii.gz?versionId=7' | tsnr -"));
        assert!(!https.contains("datalad"), "{https}");
        let s3 = said("s3://openneuro.org/ds000114/sub-01/func/run.nii.gz");
        assert!(s3.contains("<(aws s3 cp --no-sign-request 's3://openneuro.org/ds000114/"), "{s3}");
        assert!(s3.ends_with(
            "OpenNeuroDatasets/ds000114 && datalad get 'ds000114/sub-01/func/run.nii.gz'"
        ));
        let signed = said("s3://hcp-openaccess/HCP/run.nii.gz");
        assert!(signed.contains("aws s3 cp 's3://hcp-openaccess/HCP/run.nii.gz' - | tsnr -"));
        for path in ["run.nii.gz", "a://b", "C:/run.nii", "https:/run.nii"] {
            assert_eq!(said(path), "", "{path}");
        }
    }
}
