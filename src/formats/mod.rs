//! The formats of images, behind one seam: what an image says of itself, its voxels, and maps
//! written beside it.
//!
//! - [`open`] finds out what a file is, by its content, and gives a [`Source`]: [`Geometry`],
//!   [`Time`], [`VoxelEncoding`], and the voxels as [`Voxels`], volume after volume or any block.
//! - [`VolumeReader`] takes whole volumes in order from any of them.
//! - [`MapSink`] writes maps with the geometry of a source, and what it carries.
//!
//! A format is a folder: whatever a file of it can be wrong about is found there and said with the
//! file's name, and no other module names its fields. [`nifti`] is the only one so far. What the
//! bytes of a file are, whatever the format, `codec` knows; `foreign` has the names of what is not read. This module does not know what the
//! voxels are used for, nor how many files belong together.

mod codec;
mod foreign;
mod geometry;
pub mod nifti;
mod sink;
mod source;

pub use codec::Encoding;
pub use geometry::{AFFINE_TOLERANCE_MM, Affine, Geometry, Orientation, SpatialUnit};
pub use sink::{Keep, MapFile, MapPrecision, MapSink};
pub use source::{
    BlockReader, Oddity, Progress, Source, Time, TimeUnit, VolumeReader, VolumeStream,
    VoxelEncoding, Voxels,
};

use crate::error::Result;
use std::path::Path;
use std::sync::Arc;

/// The endings of names of images that are read, in words.
pub const ENDINGS: &str = ".nii or .nii.gz";

/// Opens the image at `path`, whose format is told by its first bytes: nothing larger than its
/// header is read or allocated.
///
/// # Errors
/// A file that cannot be opened, was not fetched, is of no format that is read, or contradicts
/// itself; the path is named.
pub fn open(path: &Path) -> Result<Arc<dyn Source>> {
    Ok(Arc::new(foreign::named(nifti::Image::open(path), path)?))
}

/// Whether a file's name says that it is an image.
pub fn has_image_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    name.is_some_and(|name| nifti::ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// Whether a file's first bytes are those of an image, whatever its name.
pub fn is_image(path: &Path) -> bool {
    nifti::is_nifti(path)
}
