//! NIfTI-1 single files: their headers, their voxels, and maps written as such files.
//!
//! | file | knows |
//! |---|---|
//! | `header` | the 348 bytes, field by field |
//! | `encoding` | datatype codes, `scl_slope` and `scl_inter` |
//! | `orientation` | sform, qform, voxel sizes |
//! | `reader` | the file: its size, its voxels, what it carries beside them |
//! | `writer` | maps, and header extensions |

mod encoding;
mod header;
mod orientation;
mod reader;
mod writer;

pub use reader::Image;
pub(super) use reader::{ENDINGS, is_nifti};
pub(super) use writer::Sink;
