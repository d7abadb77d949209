//! Images that go with a session: a mask, a mean, regions, on its grid.

use super::{Analysis, Mode, Session, Settings, compute};
use crate::error::{Error, Result};
use crate::image::{Header, Image, Progress, VolumeReader};
use crate::stats::fold::Wanted;
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
        return Err(Error::new(format!("{} volumes, expected one", image.header.volumes))
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

/// The values of an image of one volume on the grid of a session: `what` is what it is called.
///
/// # Errors
/// As [`single_volume`]; another grid, with both named.
pub fn on_grid(path: &Path, what: &str, session: &Session) -> Result<Vec<f64>> {
    let (values, header) = single_volume(path)?;
    same_grid(path, what, &header, session)?;
    Ok(values)
}

fn same_grid(path: &Path, what: &str, header: &Header, session: &Session) -> Result<()> {
    let expected = session.header();
    if header.shape == expected.shape {
        return Ok(());
    }
    Err(Error::new(format!(
        "the {what}'s grid {} differs from {} of {}",
        header.grid(),
        expected.grid(),
        session.first_image().path.display()
    ))
    .remedy("resample it to the grid of the runs")
    .at(path))
}

/// The mean of each voxel in another image: of one volume, or over the time of a run.
///
/// # Errors
/// As [`on_grid`], and what reading a run runs into.
pub fn mean_from(path: &Path, session: &Session, threads: NonZeroUsize) -> Result<Vec<f64>> {
    let image = Image::open(path)?;
    same_grid(path, "mean", &image.header, session)?;
    if image.header.volumes == 1 {
        return on_grid(path, "mean", session);
    }
    let run = Session::open(&[path.to_owned()])?;
    let plain = Analysis::plain(&run);
    let wanted = Wanted { mean: true, ..Wanted::default() };
    let analysis = Analysis { wanted, ..plain };
    let settings = Settings { mode: Mode::Array, threads, chunk_length: None, analysis };
    let maps = compute(&run, &settings, Arc::new(()) as Arc<dyn Progress>)?;
    let mean = maps.mean.expect("a map that is wanted");
    Ok(super::in_file_order(&mean).to_vec())
}
