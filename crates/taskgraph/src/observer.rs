//! The observer of a computation: the one hook, of which progress, profiles and tests are clients.

/// An observer that is told of each task, by the thread that runs it and while no lock of the
/// scheduler is held.
///
/// An observer never changes a result. Tasks are given by their numbers in the graph that runs,
/// workers by numbers below the threads of the pool. What is told of one task comes in order; what
/// is told of two may come at the same time from two threads. The engine knows no clock: an
/// observer that wants the time reads it.
pub trait Observer: Send + Sync {
    /// A worker begins a task.
    fn began(&self, _task: usize, _worker: usize) {}

    /// The task's function has returned, failed or panicked.
    fn ended(&self, _task: usize, _worker: usize) {}

    /// The scheduler no longer holds the task's value: its last consumer has taken it.
    fn released(&self, _task: usize) {}
}

/// Nobody watches.
impl Observer for () {}
