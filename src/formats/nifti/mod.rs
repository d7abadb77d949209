//! NIfTI-1 and NIfTI-2 single files: their headers, their voxels, and maps written as such files.
//!
//! | file | knows |
//! |---|---|
//! | `fields` | the 348 or 540 bytes, field by field |
//! | `header` | which fields can be believed, and what they mean together |
//! | `encoding` | datatype codes, `scl_slope` and `scl_inter` |
//! | `orientation` | sform, qform, voxel sizes |
//! | `reader` | the file: its size, its voxels, what it carries beside them |
//! | `writer` | maps, and header extensions |

mod encoding;
mod fields;
mod header;
mod orientation;
mod reader;
mod writer;

pub use reader::Image;
pub(super) use reader::{ENDINGS, is_nifti};
pub(super) use writer::Sink;
