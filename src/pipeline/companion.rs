//! Images that go with a session: a mask, a mean, regions, on its grid.

use super::{Analysis, Mode, Session, Settings, compute};
use crate::error::{Error, Result};
use crate::image::{AFFINE_TOLERANCE_MM, Header, Image, Progress, VolumeReader};
use crate::maps::{MEAN, Wanted};
use crate::voxels::{Block, Samples};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// The values of an image of one volume, in the order of the file, and its header.
///
/// # Errors
/// What opening and reading it runs into; more than one volume.
pub fn single_volume(path: &Path) -> Result<(Vec<f64>, Header)> {
    let image = Arc::new(Image::open(path)?);
    if image.header.volumes != 1 {
        return Err(Error::mismatch(format!("{} volumes, expected one", image.header.volumes))
            .remedy("give an image with three dimensions")
            .at(path));
    }
    let none = Samples::none(image.header.datatype);
    let samples = VolumeReader::open(&image)?.read(1, none, &())?;
    let block = Block { samples, scaling: image.header.scaling };
    let mut values = Vec::new();
    block.for_each_volume(0..1, |volume| values = volume.to_vec());
    Ok((values, image.header.clone()))
}

/// An image on a grid that was expected.
#[derive(Clone, Debug)]
pub struct OnGrid {
    /// Its values, in the order of the file.
    pub values: Vec<f64>,
    /// What it says of itself.
    pub header: Header,
    /// What a person should know if its voxels lie elsewhere in space than those of the grid.
    pub misplaced: Option<String>,
}

/// The values of an image of one volume on the grid of a session: `what` is what it is called.
///
/// # Errors
/// As [`single_volume`]; another grid, with both named.
pub fn on_grid(path: &Path, what: &str, session: &Session) -> Result<OnGrid> {
    on_grid_of(path, what, session.header(), &session.first_image().path)
}

/// The same on the grid of an image, from its header and file.
///
/// # Errors
/// As [`on_grid`].
pub fn on_grid_of(path: &Path, what: &str, expected: &Header, of: &Path) -> Result<OnGrid> {
    let (values, header) = single_volume(path)?;
    let misplaced = same_grid(path, what, &header, expected, of)?;
    Ok(OnGrid { values, header, misplaced })
}

/// What is to be said where the voxels lie elsewhere.
///
/// # Errors
/// Another grid.
fn same_grid(
    path: &Path,
    what: &str,
    header: &Header,
    expected: &Header,
    of: &Path,
) -> Result<Option<String>> {
    if header.shape != expected.shape {
        return Err(Error::mismatch(format!(
            "the {what}'s grid {} differs from {} of {}",
            header.grid(),
            expected.grid(),
            of.display()
        ))
        .remedy("resample it to that grid")
        .at(path));
    }
    let displacement_mm = expected.greatest_displacement_mm(header);
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
    let header = Image::open(path)?.header;
    if header.volumes == 1 {
        return on_grid(path, "mean", session);
    }
    let first = session.first_image();
    let misplaced = same_grid(path, "mean", &header, &first.header, &first.path)?;
    let run = Session::open(&[path.to_owned()])?;
    let plain = Analysis::plain(&run);
    let wanted = Wanted::from_iter([MEAN]);
    let analysis = Analysis { wanted, ..plain };
    let settings = Settings { mode: Mode::Array, threads, chunk_length: None, analysis };
    let mut computed = compute(&run, &settings, Arc::new(()) as Arc<dyn Progress>)?;
    let mean = computed.maps.take(MEAN).pop().expect("a map that is wanted");
    Ok(OnGrid { values: mean.into_values(), header, misplaced })
}
