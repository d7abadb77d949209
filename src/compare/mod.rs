//! Programs measured against one another, and maps against a reference: what `--compare` prints.
//!
//! A [`Contender`] is run in a process of its own, so that its memory is its own ([`measure`]).
//! Two maps are compared voxel by voxel ([`Difference`]). This module does not know the modes.

mod difference;
mod measure;
mod table;

pub use difference::{Difference, Disagreement, Rounding, tolerance};
pub use measure::{Measured, measure};
pub use table::{Contender, as_json, table};
