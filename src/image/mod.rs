//! NIfTI-1 images: what their headers say, their voxels as a stream of volumes, and maps
//! written as images.
//!
//! [`Image::open`] reads and checks a header; [`VolumeReader`] streams the volumes of that
//! image in order, plain or gzip, and checks the stream to its end; [`SlabReader`] reads any
//! part of a plain file; [`write_map`] writes a
//! map with the geometry of a reference image. Everything a file can be wrong about is
//! found here and said with the file's name. This module does not know what the voxels
//! are used for, nor how many files belong together.

mod affine;
mod file;
mod gzip;
mod header;
mod reader;
mod writer;

pub use affine::{AFFINE_TOLERANCE_MM, Affine};
pub use file::Encoding;
pub use header::{Header, SpatialUnit};
pub use reader::{Image, Progress, SlabReader, VolumeReader, has_image_name, is_nifti};
pub use writer::{Extension, MapHeader, MapPrecision, write_map};
