//! Where the maps are looked at: a mask in a file, or one made from the mean.

use crate::error::{Error, Result, Setting};
use crate::formats::Source;
use crate::maps::{MEAN, Maps};
use crate::pipeline::{Beside, OffGrid, on_grid_of};
use crate::record::NamedMask;
use crate::regions::{Mask, brain_mask_by};
use std::path::Path;

/// The mask in a file on the grid of an image: what is not 0, or from `threshold` on. `beside` is told
/// where its voxels lie elsewhere, that it was resampled, and if it is no mask by its values.
///
/// # Errors
/// A file that cannot be read; another grid, unless it is to be resampled; nothing inside.
pub fn mask_on_grid(
    path: &Path,
    threshold: Option<f64>,
    grid_of: &dyn Source,
    off_grid: OffGrid,
    beside: &mut Beside,
) -> Result<NamedMask> {
    let before = beside.resampled.len();
    let (values, _) = on_grid_of(path, "mask", grid_of, off_grid, beside)?;
    let (shape, is_resampled) = (grid_of.geometry().shape, beside.resampled.len() > before);
    let mask = match threshold {
        Some(threshold) => Mask::from_threshold(shape, &values, threshold),
        None => Mask::of_values(shape, &values),
    };
    if mask.count() == 0 {
        let odd = values.iter().filter(|it| !it.is_finite()).count();
        let (problem, remedy) = match (threshold, is_resampled) {
            (_, true) => (
                "the mask is empty: on the grid of the runs nothing of it is inside".to_owned(),
                "check that it is of the same subject and space",
            ),
            (_, false) if odd > 0 => {
                let numbers =
                    threshold.map_or("other than 0".to_owned(), |it| format!("from {it} on"));
                (
                    format!(
                        "the mask is empty: no voxel is a number {numbers} (NaN or infinite: {odd})"
                    ),
                    "give a mask that is 1 in the brain and 0 outside",
                )
            }
            (Some(least), false) => (
                format!("the mask is empty: no voxel is {least} or more"),
                "give a lower threshold",
            ),
            (None, false) => (
                "the mask is empty: every voxel is 0".to_owned(),
                "give a mask that is not 0 in the brain",
            ),
        };
        return Err(Error::mismatch(problem).remedy(remedy).at(path));
    }
    if let (None, Some(oddity)) = (threshold, Mask::oddity(&values)) {
        beside.not_binary.push(format!("{}: {oddity}", path.display()));
    }
    let name = path.display().to_string();
    Ok(NamedMask { name, mask, is_automatic: false, threshold, is_resampled })
}

/// The mask made from the mean, which the maps have.
///
/// # Errors
/// No brain in it.
pub(super) fn automatic(maps: &Maps, first_run: &Path) -> Result<NamedMask> {
    brain(maps).ok_or_else(|| {
        Error::mismatch("no brain was found in the mean image")
            .remedy("give an image as the mask")
            .settings([Setting::Mask])
            .at(first_run)
    })
}

/// The brain in the mean, which the maps have; nothing if none is found.
pub(super) fn brain(maps: &Maps) -> Option<NamedMask> {
    let mean = maps.get(MEAN).expect("the mean is always made");
    let (mask, rule) = brain_mask_by(mean.values(), maps.shape());
    let name = format!("auto ({})", rule.in_words());
    (mask.count() > 0).then(|| NamedMask::automatic(name, mask))
}
