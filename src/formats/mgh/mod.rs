//! FreeSurfer's MGH images of volumes and surfaces, and maps written as such files. Compressed by gzip
//! they are called MGZ.
//!
//! | file | knows |
//! |---|---|
//! | `header` | the 284 bytes before the voxels: lengths, type, place in space |
//! | `footer` | what follows the voxels: the TR, and tags |
//! | `reader` | the file |
//! | `writer` | maps |
//!
//! The layout is that of FreeSurfer's "MGH/MGZ Volume Format"; where it leaves a choice, nibabel's
//! `mghformat` is followed.

mod footer;
mod header;
mod reader;
mod writer;

pub(super) use header::is_mgh;
pub use reader::Image;
pub(super) use writer::write;

/// Names that say that a file is such an image.
pub(super) const ENDINGS: [&str; 2] = [".mgh", ".mgz"];
