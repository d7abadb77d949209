//! The memory that a comparison takes, told before a voxel is read.

use super::{DiffMask, DiffRecipe};
use crate::error::{Error, Result, Setting};
use crate::formats::Source;
use crate::numbers::mebibytes_needed;
use crate::pipeline::BASE_BYTES;

/// Copies of a map that are held: both maps, and of the voxels that are compared both, the difference
/// and the ratio.
const HELD: u64 = 6;
/// Those that are made on the way: both maps in the mask, or values put in order.
const ON_THE_WAY: u64 = 2;
/// A page's text and pictures take so much memory, and so many copies of a map.
const PAGE_BYTES: u64 = 8 * 1024 * 1024;
const PAGE_COPIES: u64 = 6;

/// The most memory that a comparison on the grid of `first` takes, in bytes; `limit` is what it may.
///
/// # Errors
/// More than it may.
pub(super) fn predicted_bytes(
    recipe: &DiffRecipe,
    first: &dyn Source,
    limit: Option<u64>,
) -> Result<u64> {
    let voxels = first.geometry().voxels() as u64;
    let map = 8 * voxels;
    // While an image is read it is held as it is stored, and twice in numbers.
    let reading = first.voxel_bytes().max(map) + 2 * map + first.decoder_bytes();
    let mask = if recipe.mask.is_some() { voxels } else { 0 };
    let atlas = if recipe.atlas.is_some() { 2 * map } else { 0 };
    let is_file = matches!(recipe.mask, Some(DiffMask::File(_)));
    let read = if is_file || recipe.atlas.is_some() { 2 * map } else { map };
    let extensions = 4 * first.most_extension_bytes();
    let page = if recipe.is_reported { PAGE_BYTES + PAGE_COPIES * map } else { 0 };
    let on_the_way = (ON_THE_WAY * map).max(page).max(recipe.picture_bytes);
    let bytes =
        BASE_BYTES + extensions + mask + atlas + (read + reading).max(HELD * map + on_the_way);
    match limit.filter(|&limit| limit < bytes) {
        None => Ok(bytes),
        Some(limit) => Err(Error::memory(format!(
            "comparing maps of {} voxels takes {} of memory, more than the {} that may be used",
            first.geometry().grid(),
            mebibytes_needed(bytes),
            mebibytes_needed(limit)
        ))
        .remedy("allow more memory")
        .settings([Setting::MemoryLimit])
        .at(first.path())),
    }
}
