//! The formats of images, behind one seam: what an image says of itself, its voxels, and maps
//! written beside it.
//!
//! - [`open`] finds out what a file is, by its content, and gives a [`Source`]: [`Geometry`],
//!   [`Time`], [`VoxelEncoding`], and the voxels as [`Voxels`], volume after volume or any block.
//! - [`VolumeReader`] takes whole volumes in order from any of them.
//! - [`MapSink`] writes maps with the geometry of a source, and what it carries.
//!
//! A format is a folder: whatever a file of it can be wrong about is found there and said with the
//! file's name, and no other module names its fields. What the bytes of a file are, whatever the
//! format, `codec` knows; how voxels lie in most of them, `stored`; `foreign` has the names of what is
//! not read. This module does not know what the voxels are used for, nor how many files belong
//! together.

pub mod afni;
pub mod cifti;
mod codec;
mod foreign;
mod geometry;
pub mod gifti;
pub mod mgh;
pub mod nifti;
mod places;
mod sink;
mod source;
mod stored;

pub use geometry::{
    AFFINE_TOLERANCE_MM, Affine, Geometry, Orientation, Points, PointsKind, SpatialUnit, Structure,
};
pub use places::{Hemisphere, InVolume, OnSurface, PointsPlaces, hemisphere, plain_structure};
pub use sink::{Encoding, Keep, MapFile, MapFormat, MapPrecision, MapSink};
pub use source::{
    BlockReader, HeaderExtension, Oddity, Progress, Source, Time, TimeUnit, VolumeReader,
    VolumeStream, VoxelEncoding, Voxels,
};

use crate::error::{Error, Result};
use codec::OpenFile;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The endings of names of images that are read, in words.
pub const ENDINGS: &str = ".nii, .nii.gz, .mgz, .func.gii, ...";

/// Opens the image at `path`, whose format is told by its first bytes: nothing larger than its
/// header is read or allocated.
///
/// # Errors
/// A file that cannot be opened, was not fetched, is of no format that is read, or contradicts
/// itself; the path is named.
pub fn open(path: &Path) -> Result<Arc<dyn Source>> {
    in_file(OpenFile::open(path).map_err(|error| afni::or_its_header(error, path))?)
}

/// Opens the image of a run, which may be a [stream](is_stream): its voxels are then read once.
///
/// # Errors
/// Those of [`open`]; those of reading the beginning of a stream.
pub fn open_run(path: &Path) -> Result<Arc<dyn Source>> {
    in_file(OpenFile::open_run(path).map_err(|error| afni::or_its_header(error, path))?)
}

/// Whether a path names what can be read once only: `-`, which is standard input, a FIFO or a device.
pub fn is_stream(path: &Path) -> bool {
    codec::is_stream(path)
}

fn in_file(file: OpenFile) -> Result<Arc<dyn Source>> {
    let path = &file.path.clone();
    if mgh::is_mgh(&file.head) {
        return Ok(Arc::new(mgh::Image::in_file(file)?));
    }
    if cifti::is_cifti(&file.head) {
        return Ok(Arc::new(cifti::Image::in_file(file)?));
    }
    if gifti::is_gifti(&file.head) {
        return Ok(Arc::new(gifti::Image::in_file(file)?));
    }
    if afni::is_head(&file.head) || (afni::is_brik(path) && !nifti::is_nifti(&file.head)) {
        return Ok(Arc::new(afni::Image::in_file(file)?));
    }
    let head = file.head.clone();
    Ok(Arc::new(foreign::named(nifti::Image::in_file(file), path, &head)?))
}

/// The files of the image that a file belongs to, by its name: both halves of a pair or an AFNI
/// dataset, the one with the header first.
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    if let Some(nifti::Halves { header, voxels }) = nifti::halves(path) {
        return vec![header, voxels];
    }
    afni::files_of(path).map_or_else(|| vec![path.to_owned()], Vec::from)
}

/// The size of the files of an image, in bytes.
///
/// # Errors
/// A file that cannot be looked at; it is named.
pub fn bytes_of_files(image: &dyn Source) -> Result<u64> {
    let size = |path: PathBuf| {
        let failed = |error| Error::io("cannot look at the file once more", error).at(&path);
        std::fs::metadata(&path).map(|it| it.len()).map_err(failed)
    };
    image.files().into_iter().map(size).sum()
}

/// Whether a file's name says that it is an image.
pub fn has_image_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    name.is_some_and(|name| without_ending(&name) != name)
}

/// Whether a file's first bytes are those of an image, whatever its name.
pub fn is_image(path: &Path) -> bool {
    let head = OpenFile::open(path).map(|file| file.head);
    head.is_ok_and(|head| {
        nifti::is_nifti(&head)
            || mgh::is_mgh(&head)
            || gifti::is_gifti(&head)
            || afni::is_head(&head)
    })
}

/// A name without the ending that says that it is an image, compressed or not, whatever the case of its
/// letters.
pub(crate) fn without_ending(name: &str) -> &str {
    let without = |name, endings: &[&str]| {
        endings.iter().find_map(|ending| {
            let (stem, end) = str::split_at_checked(name, name.len().checked_sub(ending.len())?)?;
            end.eq_ignore_ascii_case(ending).then_some(stem)
        })
    };
    let unpacked = without(name, &codec::ENDINGS).unwrap_or(name);
    let endings =
        [&cifti::ENDINGS[..], &nifti::ENDINGS, &mgh::ENDINGS, &gifti::ENDINGS, &afni::ENDINGS];
    let stem = endings.into_iter().find_map(|endings| without(unpacked, endings));
    stem.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_name_is_no_part_of_it_whatever_its_letters() {
        for (name, stem) in [
            ("a.nii.gz", "a"),
            ("A.NII.GZ", "A"),
            ("b.Nii", "b"),
            ("b.nii.bz2", "b"),
            ("b.nii.zst", "b"),
            ("b.tsv.gz", "b.tsv.gz"),
            ("c", "c"),
            ("lh.run.mgz", "lh.run"),
            ("x_bold.dtseries.nii", "x_bold"),
            ("run.func.gii", "run"),
            ("run.gii.gz", "run"),
            ("\u{e9}", "\u{e9}"),
        ] {
            assert_eq!(without_ending(name), stem);
        }
    }
}
