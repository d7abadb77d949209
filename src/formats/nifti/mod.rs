//! NIfTI-1 and NIfTI-2, as single files and pairs: their headers, their voxels, and maps written as
//! single files.
//!
//! | file | knows |
//! |---|---|
//! | `fields` | the 348 or 540 bytes, field by field |
//! | `header` | which fields can be believed, and what they mean together |
//! | `encoding` | datatype codes, `scl_slope` and `scl_inter` |
//! | `orientation` | sform, qform, voxel sizes |
//! | `pair` | which file is the other half of a pair, by its name |
//! | `reader` | the file: its size, its voxels, what it carries beside them |
//! | `writer` | maps, and header extensions |

mod encoding;
mod fields;
mod header;
mod orientation;
mod pair;
mod reader;
mod writer;

pub(super) use fields::{Fields, Standard, datatype_of};
pub(super) use header::Header;
pub(super) use pair::{Halves, halves};
pub use reader::Image;
pub(super) use reader::{ENDINGS, is_nifti};
pub(super) use writer::{Extension, MOST_DESCRIPTION_BYTES, Sink, fixed};
