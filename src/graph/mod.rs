//! A lazy task graph: name computations first, run them later, in parallel and in an order that
//! releases values early.
//!
//! # Words
//!
//! - **task**: a name, the dependencies, and a function from their values to one value. A
//!   [`Delayed`] handle stands for the value of one task; its clones stand for the same task.
//! - **dependency** of a task: a task whose value its function takes. The task is then a
//!   **consumer** of that value. Dependencies exist before the task that names them, so a graph
//!   has no cycle.
//! - **wanted**: a task whose value the caller of [`compute`] asks for. What no wanted task needs,
//!   directly or through others, does not run.
//! - **graph**: tasks, numbered in depth-first post-order from the wanted ones, following
//!   dependencies as declared. A task's number is its priority; the lowest goes first.
//! - **pass**: a function from graph to graph that keeps the values ([`optimize`]).
//! - **waiting**: a task with a dependency that has no value yet.
//! - **ready**: a task whose dependencies all have values, not yet begun.
//! - **released**: a value the scheduler no longer holds, since its last consumer has taken it.
//!   Wanted values are released to the caller.
//!
//! # Laws
//!
//! In one call of [`compute`] each needed task runs once, however many consumers it has. A function
//! receives its inputs in the declared order, so if the functions are deterministic the results do
//! not depend on the number of threads. The first failure cancels every task not yet begun, and so
//! does a [`Cancellation`]; tasks that run are waited for, so that no thread is left behind.
//!
//! With a [budget](Options::budget_bytes), a task whose value does not fit beside those alive waits
//! until others are released; where nothing else runs, it runs nevertheless, so that there is no
//! deadlock. An [`Observer`] is told of each task.
//!
//! # What it does not know
//!
//! What the values are, how large they are, or where they come from. It knows no file, no
//! terminal and no clock; it keeps no value from one call of [`compute`] to the next.
//!
//! # Example
//!
//! ```
//! use std::num::NonZeroUsize;
//! use tsnr::graph::{Pool, compute, delayed};
//!
//! let x = delayed("x", (), |()| 1);
//! let y = delayed("y", &x, |x| *x + 1);
//! let sum = delayed("sum", (&x, &y), |(x, y)| *x + *y);
//!
//! let pool = Pool::new(NonZeroUsize::MIN)?;
//! assert_eq!(*sum.compute(&pool)?, 3);
//!
//! // Several wanted values in one call share the tasks they have in common.
//! let (y, sum) = compute((&y, &sum), &pool)?;
//! assert_eq!((*y, *sum), (2, 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cancellation;
mod delayed;
mod error;
mod observer;
pub mod optimize;
mod outline;
mod pool;
mod scheduler;
mod task_graph;

pub use cancellation::Cancellation;
pub use delayed::{Delayed, Dependencies, compute, delayed, try_delayed};
pub use error::{Cause, Error};
pub use observer::Observer;
pub use outline::{Outline, OutlineTask};
pub use pool::{Pool, PoolError};
pub use scheduler::Options;
pub use task_graph::{Graph, PassReport, Results};
