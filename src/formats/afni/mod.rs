//! AFNI's datasets: a `.HEAD`, which is text, and a `.BRIK` of voxels, compressed or not, beside it.
//!
//! | file | knows |
//! |---|---|
//! | `attributes` | the syntax of the text |
//! | `header` | grid, place, types, factors, TR |
//! | `reader` | both files, and samples of volumes that differ in their factor |
//!
//! The attributes are those of AFNI's "README.attributes"; where it leaves a choice, nibabel's `brikhead`
//! is followed.

mod attributes;
mod header;
mod reader;

pub use reader::Image;
pub(super) use reader::{files_of, is_brik, is_head, or_its_header};

/// Names that say that a file is a half of such a dataset.
pub(super) const ENDINGS: [&str; 2] = [".head", ".brik"];
