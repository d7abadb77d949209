//! Stored voxels: their datatypes, their scaling, and blocks of them as they lie in a file.
//!
//! A *sample* is one voxel at one time point. A *block* holds the samples of some
//! consecutive volumes, `[t, voxel]`, in the type in which they were stored: nothing is
//! converted before it is used. This module knows numbers; it does not know files,
//! headers, threads or statistics.

mod datatype;
mod samples;
mod scaling;

pub use datatype::{ByteOrder, Datatype};
pub use samples::{Block, Infinities, OutOfMemory, Sample, Samples, ordered_sum};
pub use scaling::Scaling;
