//! The error a person reads: which file, what was found and expected, what to do; and, for
//! programs, its kind.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The sort of an [`Error`], for callers that go on differently by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file, or anything that a pattern matches, does not exist or was not fetched.
    NotFound,
    /// A file is not of the format that was expected.
    Format,
    /// A file is of the format, and cut off or contradicts itself.
    Damaged,
    /// Things that are each in order do not go together: runs of two grids, a table of another
    /// run, a trend and a run too short for it.
    Mismatch,
    /// A file is in order and of a sort that is not read.
    Unsupported,
    /// A request that contradicts itself or cannot be understood, whatever the files.
    Usage,
    /// More memory is needed than may be used.
    Memory,
    /// The [cancellation](taskgraph::Cancellation) was asked for.
    Cancelled,
    /// The operating system refused something: a disk that is full, a file that may not be read.
    Io,
    /// An error of this library, to be reported.
    Defect,
}

/// A part of what was asked for that an error or a finding advises to change. How it is spelled,
/// an option or an argument, is for the caller to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// Maps are compared whatever their definitions.
    AnyDefinition,
    /// How runs become one map.
    Combine,
    /// Tables of confounds.
    Confounds,
    /// The delta degrees of freedom.
    Ddof,
    /// The definition by its name.
    Definition,
    /// The order of the polynomial trend.
    Detrend,
    /// How many volumes at the beginning are left out.
    DummyScans,
    /// The cut-off period of the high-pass filter.
    Highpass,
    /// The format in which maps are written.
    MapFormat,
    /// Where the maps are looked at.
    Mask,
    /// The value from which on a voxel of the mask is inside.
    MaskThreshold,
    /// The image that the mean is taken from.
    MeanFrom,
    /// The memory that may be used.
    MemoryLimit,
    /// How the maps are computed.
    Mode,
    /// Images on another grid are resampled.
    Resample,
    /// Runs that are too short are left out.
    SkipShortRuns,
    /// How many threads compute.
    Threads,
    /// The repetition time of all runs.
    Tr,
}

/// An error in one line: `FILE: what was found, what was expected; what to do`.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    path: Option<PathBuf>,
    problem: String,
    remedy: Option<String>,
    settings: Vec<Setting>,
    source: Option<io::Error>,
}

/// A result whose error is meant for a person.
pub type Result<T> = std::result::Result<T, Error>;

/// Each makes an error of one kind, with its problem stated: what was found, and what was expected.
macro_rules! constructors {
    ($($name:ident => $kind:ident),+ $(,)?) => {$(
        #[doc = concat!("An error of the kind [`", stringify!($kind),
                        "`](ErrorKind::", stringify!($kind), "), with its problem stated.")]
        pub fn $name(problem: impl Into<String>) -> Error {
            Error::new(ErrorKind::$kind, problem)
        }
    )+};
}

impl Error {
    constructors! {
        not_found => NotFound,
        format => Format,
        damaged => Damaged,
        mismatch => Mismatch,
        unsupported => Unsupported,
        usage => Usage,
        memory => Memory,
        defect => Defect,
    }

    /// An error of a kind, with its problem stated: what was found, and what was expected.
    pub fn new(kind: ErrorKind, problem: impl Into<String>) -> Error {
        let problem = problem.into();
        Error { kind, path: None, problem, remedy: None, settings: Vec::new(), source: None }
    }

    /// The end of what was cancelled.
    pub fn cancelled() -> Error {
        Error::new(ErrorKind::Cancelled, "cancelled")
    }

    /// An operating system's error met while doing `action` (`"cannot open"`).
    pub fn io(action: &str, source: io::Error) -> Error {
        let kind = match source.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::OutOfMemory => ErrorKind::Memory,
            _ => ErrorKind::Io,
        };
        let problem = format!("{action}: {}", plain_words(&source));
        Error { source: Some(source), ..Error::new(kind, problem) }
    }

    /// This error, about the file at `path`.
    pub fn at(self, path: impl AsRef<Path>) -> Error {
        Error { path: Some(path.as_ref().to_owned()), ..self }
    }

    /// This error, with the next step for the person who reads it.
    pub fn remedy(self, remedy: impl Into<String>) -> Error {
        Error { remedy: Some(remedy.into()), ..self }
    }

    /// This error, with the settings that its remedy speaks of.
    pub fn settings(self, settings: impl Into<Vec<Setting>>) -> Error {
        Error { settings: settings.into(), ..self }
    }

    /// The sort of error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The problem: what was found, and what was expected.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The next step, if there is one to be named.
    pub fn next_step(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// The settings that the next step speaks of.
    pub fn settings_to_change(&self) -> &[Setting] {
        &self.settings
    }

    /// The file that the error is about.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

/// An operating system's message without Rust's `(os error 13)`.
fn plain_words(error: &io::Error) -> String {
    let text = error.to_string();
    // Of two links to each other the levels are not many.
    let text = text.replace("Too many levels of symbolic links", "a cycle of links");
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_string()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            match path == Path::new("-") {
                true => f.write_str("standard input: ")?,
                false => write!(f, "{}: ", path.display())?,
            }
        }
        f.write_str(&self.problem)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_file_problem_remedy() {
        let error = Error::mismatch("grid 64x64x30 differs from the first run's 64x64x32")
            .at("run-2.nii")
            .remedy("give runs of one grid");
        assert_eq!(
            error.to_string(),
            "run-2.nii: grid 64x64x30 differs from the first run's 64x64x32; give runs of one grid"
        );
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        let error = Error::damaged("empty file").at("-");
        assert_eq!(error.to_string(), "standard input: empty file");
    }

    #[test]
    fn an_operating_system_error_is_said_in_plain_words() {
        let error = Error::io("cannot open", io::Error::from_raw_os_error(13)).at("a.nii");
        assert_eq!(error.to_string(), "a.nii: cannot open: Permission denied");
        assert_eq!(error.kind(), ErrorKind::Io);
        let missing = Error::io("cannot open", io::Error::from_raw_os_error(2));
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }
}
