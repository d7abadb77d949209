//! Programs measured against one another, and maps against a reference: what `--compare` prints.
//!
//! A [`Contender`] is run in a process of its own, so that its memory is its own ([`measure`]).
//! Two maps are compared voxel by voxel ([`Difference`]). This module does not know how a mode computes.

mod agreement;
mod difference;
pub mod json;
mod measure;
mod table;

pub use agreement::compare_maps;
pub use difference::{Difference, Disagreement, Rounding, tolerance};
pub use json::ComparedRuns;
pub use measure::{Measured, measure};
pub use table::{Contender, table};
