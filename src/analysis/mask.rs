//! Where the maps are looked at: a mask in a file, or one made from the mean.

use crate::error::{Error, Result, Setting};
use crate::maps::{MEAN, Maps};
use crate::pipeline::{self, OnGrid};
use crate::record::NamedMask;
use crate::regions::{Mask, brain_mask};
use crate::runs::Session;
use std::path::Path;

/// The name of the mask that is made from the mean.
const AUTOMATIC_MASK: &str = "auto (nilearn's compute_epi_mask)";

/// The mask in a file; where its voxels lie elsewhere than those of the runs, `misplaced` is told.
///
/// # Errors
/// A file that cannot be read; another grid; nothing inside.
pub(super) fn of_file(
    path: &Path,
    session: &Session,
    misplaced: &mut Vec<String>,
) -> Result<NamedMask> {
    let OnGrid { values, misplaced: words, .. } = pipeline::on_grid(path, "mask", session)?;
    misplaced.extend(words);
    let mask = Mask::of_values(session.geometry().shape, &values);
    if mask.count() == 0 {
        return Err(Error::mismatch("the mask is empty: every voxel is 0")
            .remedy("give a mask that is not 0 in the brain")
            .at(path));
    }
    Ok(NamedMask { name: path.display().to_string(), mask, is_automatic: false })
}

/// The mask made from the mean, which the maps have.
///
/// # Errors
/// No brain in it.
pub(super) fn automatic(maps: &Maps, first_run: &Path) -> Result<NamedMask> {
    let mean = maps.get(MEAN).expect("the mean is made for the mask");
    let mask = brain_mask(mean.values(), maps.shape());
    if mask.count() == 0 {
        return Err(Error::mismatch("no brain was found in the mean image")
            .remedy("give an image as the mask")
            .settings([Setting::Mask])
            .at(first_run));
    }
    Ok(NamedMask { name: AUTOMATIC_MASK.to_owned(), mask, is_automatic: true })
}
