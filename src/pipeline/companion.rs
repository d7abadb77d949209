//! Images that go with a session: a mask, a mean, regions, on its grid.

use super::{Analysis, Mode, Settings, compute};
use crate::error::{Error, Result};
use crate::formats::{self, AFFINE_TOLERANCE_MM, Progress, Source, VolumeReader};
use crate::maps::{MEAN, Wanted};
use crate::runs::Session;
use crate::voxels::{Block, Samples};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// The values of an image of one volume, in the order of the grid (first axis fastest), and the
/// image.
///
/// # Errors
/// What opening and reading it runs into; more than one volume.
pub fn single_volume(path: &Path) -> Result<(Vec<f64>, Arc<dyn Source>)> {
    let image = formats::open(path)?;
    if image.volumes() != 1 {
        return Err(Error::mismatch(format!("{} volumes, expected one", image.volumes()))
            .remedy("give an image with three dimensions")
            .at(path));
    }
    let none = Samples::none(image.datatype());
    let samples = VolumeReader::open(&image)?.read(1, none, &())?;
    let block = Block { samples, scaling: image.scaling() };
    let mut values = Vec::new();
    block.for_each_volume(0..1, |volume| values = volume.to_vec());
    Ok((values, image))
}

/// An image on a grid that was expected.
#[derive(Clone, Debug)]
pub struct OnGrid {
    /// Its values, in the order of the grid.
    pub values: Vec<f64>,
    /// The image.
    pub image: Arc<dyn Source>,
    /// The warning that its voxels lie elsewhere in space than those of the grid, if they do.
    pub misplaced: Option<String>,
}

/// The values of an image of one volume on the grid of a session: `what` is what it is called.
///
/// # Errors
/// As [`single_volume`]; another grid, with both named.
pub fn on_grid(path: &Path, what: &str, session: &Session) -> Result<OnGrid> {
    on_grid_of(path, what, &**session.first_image())
}

/// The values of an image of one volume on the grid of another.
///
/// # Errors
/// As [`on_grid`].
pub fn on_grid_of(path: &Path, what: &str, expected: &dyn Source) -> Result<OnGrid> {
    let (values, image) = single_volume(path)?;
    let misplaced = same_grid(what, &*image, expected)?;
    Ok(OnGrid { values, image, misplaced })
}

/// Holds an image to the grid, and gives the warning if its voxels lie elsewhere.
///
/// # Errors
/// Another grid.
fn same_grid(what: &str, image: &dyn Source, expected: &dyn Source) -> Result<Option<String>> {
    let (path, of) = (image.path(), expected.path());
    let (found, expected) = (image.geometry(), expected.geometry());
    if found.shape != expected.shape {
        return Err(Error::mismatch(format!(
            "the {what}'s grid {} differs from {} of {}",
            found.grid(),
            expected.grid(),
            of.display()
        ))
        .remedy("resample it to that grid")
        .at(path));
    }
    let displacement_mm = expected.greatest_displacement_mm(found);
    Ok((displacement_mm > AFFINE_TOLERANCE_MM).then(|| {
        format!(
            "{}: the affine of the {what} differs: voxels lie up to {displacement_mm:.3} mm from \
             where {} has them; they are taken voxel by voxel all the same, so check that it is \
             aligned",
            path.display(),
            of.display()
        )
    }))
}

/// The mean of each voxel in another image: of one volume, or over the time of a run.
///
/// # Errors
/// As [`on_grid`], and what reading a run runs into.
pub fn mean_from(path: &Path, session: &Session, threads: NonZeroUsize) -> Result<OnGrid> {
    let image = formats::open(path)?;
    if image.volumes() == 1 {
        return on_grid(path, "mean", session);
    }
    let misplaced = same_grid("mean", &*image, &**session.first_image())?;
    let run = Session::of_images(vec![Arc::clone(&image)])?;
    let plain = Analysis::plain(&run);
    let wanted = Wanted::from_iter([MEAN]);
    let analysis = Analysis { wanted, ..plain };
    let settings = Settings { mode: Mode::Array, threads, chunk_length: None, analysis };
    let mut computed = compute(&run, &settings, Arc::new(()) as Arc<dyn Progress>)?;
    let mean = computed.maps.take(MEAN).pop().expect("a map that is wanted");
    Ok(OnGrid { values: mean.into_values(), image, misplaced })
}
