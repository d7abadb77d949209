#![doc = include_str!("../README.md")]

mod cancellation;
mod delayed;
pub mod drawing;
mod error;
pub mod markup;
mod observer;
pub mod optimize;
mod outline;
mod palette;
mod pool;
pub mod profile;
mod scheduler;
mod task_graph;

pub use cancellation::Cancellation;
pub use delayed::{Delayed, Dependencies, Dependency, compute, delayed, try_delayed};
pub use error::{Cause, Error};
pub use observer::Observer;
pub use outline::{Outline, OutlineTask};
pub use pool::{Pool, PoolError};
pub use scheduler::Options;
pub use task_graph::{Graph, PassReport, Results};
