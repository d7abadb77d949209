//! The threads that tasks run on.

use std::fmt;
use std::num::NonZeroUsize;

/// A fixed number of threads, started once and used by any number of computations, one after the
/// other, at the same time, or one inside a task of another.
#[derive(Debug)]
pub struct Pool {
    threads: NonZeroUsize,
    workers: rayon::ThreadPool,
}

/// The threads of a [`Pool`] could not be started.
#[derive(Debug)]
pub struct PoolError {
    threads: NonZeroUsize,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl Pool {
    /// Starts exactly `threads` threads.
    ///
    /// # Errors
    ///
    /// If the system does not start that many threads, or `threads` exceeds the number that can be
    /// scheduled at all.
    pub fn new(threads: NonZeroUsize) -> Result<Self, PoolError> {
        let failed = |cause| PoolError { threads, cause };
        // Rayon would quietly start fewer.
        let most = rayon::max_num_threads();
        if threads.get() > most {
            return Err(failed(format!("{most} is the most").into()));
        }
        let workers = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .thread_name(|index| format!("graph-{index}"))
            .build()
            .map_err(|error| failed(error.into()))?;
        Ok(Self { threads, workers })
    }

    /// The number of threads.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// Runs `work` on a thread of the pool and returns when it and all it spawned have ended. A
    /// thread of the pool that waits here runs other spawned work meanwhile.
    pub(super) fn scope<'scope>(&self, work: impl FnOnce(&rayon::Scope<'scope>) + Send) {
        self.workers.scope(work);
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { threads, cause } = self;
        write!(f, "cannot start {threads} threads: {cause}")
    }
}

impl std::error::Error for PoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.cause.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_has_the_threads_asked_for() {
        for threads in [1, 2, 7].map(|n| NonZeroUsize::new(n).unwrap()) {
            let pool = Pool::new(threads).unwrap();
            assert_eq!(pool.threads(), threads);
            assert_eq!(pool.workers.current_num_threads(), threads.get());
        }
    }

    #[test]
    fn a_pool_never_has_fewer_threads_than_asked_for() {
        let error = Pool::new(NonZeroUsize::MAX).unwrap_err();
        let expected = format!("cannot start {} threads: ", usize::MAX);
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
