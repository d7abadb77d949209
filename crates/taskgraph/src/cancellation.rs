//! Ending a computation early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks computations to end early; clones ask the same ones.
///
/// Given as an [option](super::Options::cancellation), it is looked at before each task is begun.
/// Once it is [cancelled](Cancellation::cancel), tasks not begun do not run and those running are
/// waited for: a task is never torn. Anyone may cancel at any time: another thread, a task, an
/// [observer](super::Observer). What all tasks had begun by then is computed nevertheless, unless a
/// task that takes long looks at a clone itself.
///
/// ```
/// # use std::num::NonZeroUsize;
/// # use taskgraph::{Cancellation, Cause, Graph, Options, Pool, delayed};
/// let cancellation = Cancellation::default();
/// let enough = cancellation.clone();
/// let first = delayed("first", (), move |()| enough.cancel());
/// let second = delayed("second", &first, |_| ());
/// let pool = Pool::new(NonZeroUsize::MIN)?;
/// let options = Options { cancellation: Some(&cancellation), ..Options::default() };
/// let error = Graph::needed_for(&second).run(&pool, options).err().expect("it was cancelled");
/// assert!(matches!(error.cause(), Cause::Cancelled));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// From here on no task is begun. Cannot be taken back.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        // Nothing is handed over by it, so it orders nothing.
        self.0.load(Ordering::Relaxed)
    }
}
