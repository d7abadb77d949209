//! Why a computation gave no value: which task, and what happened in it or before it.

use std::fmt;

/// A task failed, panicked or was not begun, and so the wanted values could not be computed.
///
/// The message holds the cause's own message; [`source`](std::error::Error::source) gives the
/// cause itself if the task returned an error.
#[derive(Debug)]
pub struct Error {
    task: String,
    cause: Cause,
}

/// The reason why a task has no value.
#[derive(Debug)]
pub enum Cause {
    /// The function returned this error.
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// The function, or the drop of one of its inputs, panicked with this message.
    Panicked(String),
    /// The computation was [cancelled](super::Cancellation) before the task was begun.
    Cancelled,
}

impl Error {
    pub(super) fn new(task: &str, cause: Cause) -> Self {
        let task = task.to_owned();
        Self { task, cause }
    }

    /// The name of the task.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// The reason.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The reason, owned, so that a returned error can be downcast to its type.
    pub fn into_cause(self) -> Cause {
        self.cause
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.cause {
            Cause::Failed(error) => write!(f, "task `{}` failed: {error}", self.task),
            Cause::Panicked(message) => write!(f, "task `{}` panicked: {message}", self.task),
            Cause::Cancelled => write!(f, "cancelled before task `{}`", self.task),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Failed(error) => Some(error.as_ref()),
            Cause::Panicked(_) | Cause::Cancelled => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn a_failure_names_its_task_and_keeps_the_error_that_was_returned() {
        let returned = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let error = Error::new("load part-2", Cause::Failed(returned.into()));
        assert_eq!(error.to_string(), "task `load part-2` failed: unexpected end of file");
        assert_eq!(error.task(), "load part-2");
        assert!(error.source().unwrap().is::<std::io::Error>());
        let Cause::Failed(cause) = error.into_cause() else {
            panic!("the cause changed its kind");
        };
        let returned = cause.downcast::<std::io::Error>().unwrap();
        assert_eq!(returned.kind(), std::io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_panic_and_a_cancellation_are_told_from_a_failure() {
        let error = Error::new("mean", Cause::Panicked("index out of bounds".into()));
        assert_eq!(error.to_string(), "task `mean` panicked: index out of bounds");
        assert!(error.source().is_none());
        let error = Error::new("mean", Cause::Cancelled);
        assert_eq!(error.to_string(), "cancelled before task `mean`");
    }
}
