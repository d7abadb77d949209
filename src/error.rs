//! The error a person reads: which file, what was found and expected, what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong, in one line: `FILE: what was found, what was expected; what to do`.
#[derive(Debug)]
pub struct Error {
    path: Option<PathBuf>,
    problem: String,
    remedy: Option<String>,
    source: Option<io::Error>,
}

/// A result whose error is meant for a person.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with its problem stated: what was found, and what was expected.
    pub fn new(problem: impl Into<String>) -> Error {
        Error { path: None, problem: problem.into(), remedy: None, source: None }
    }

    /// An operating system's error met while doing `action` (`"cannot open"`).
    pub fn io(action: &str, source: io::Error) -> Error {
        let problem = format!("{action}: {}", plain_words(&source));
        Error { source: Some(source), ..Error::new(problem) }
    }

    /// The same error, about the file at `path`.
    pub fn at(self, path: impl AsRef<Path>) -> Error {
        Error { path: Some(path.as_ref().to_owned()), ..self }
    }

    /// The same error, with the next step for the person who reads it.
    pub fn remedy(self, remedy: impl Into<String>) -> Error {
        Error { remedy: Some(remedy.into()), ..self }
    }

    /// What was found, and what was expected.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The file that the error is about.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

/// An operating system's message without Rust's `(os error 13)`.
fn plain_words(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_string()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
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
        let error = Error::new("grid 64x64x30 differs from the first run's 64x64x32")
            .at("run-2.nii")
            .remedy("give runs of one grid");
        assert_eq!(
            error.to_string(),
            "run-2.nii: grid 64x64x30 differs from the first run's 64x64x32; give runs of one grid"
        );
    }

    #[test]
    fn an_operating_system_error_is_said_in_plain_words() {
        let error = Error::io("cannot open", io::Error::from_raw_os_error(13)).at("a.nii");
        assert_eq!(error.to_string(), "a.nii: cannot open: Permission denied");
    }
}
