//! The runs of a session: images on one grid, opened and compared.

use crate::error::{Error, Result};
use crate::formats::{self, Geometry, Source};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs on one grid. Their headers have been read, their voxels have not.
#[derive(Clone, Debug)]
pub struct Session {
    runs: Vec<Run>,
}

/// Images that follow one another in time: one with a time axis, or a series of
/// three-dimensional ones.
#[derive(Clone, Debug)]
pub struct Run {
    images: Vec<Arc<dyn Source>>,
}

impl Run {
    /// The images, in their order in time.
    pub fn images(&self) -> &[Arc<dyn Source>] {
        &self.images
    }

    /// Number of time points.
    pub fn volumes(&self) -> usize {
        self.images.iter().map(|image| image.volumes()).sum()
    }

    /// The repetition time in seconds, as the first file with a time axis states it.
    pub fn tr_seconds(&self) -> Option<f64> {
        self.images.iter().find_map(|image| image.time().tr_seconds)
    }

    /// Where the run lies: its first file.
    pub fn path(&self) -> &Path {
        self.images[0].path()
    }

    /// The run in words: its file's name without the ending, or the first of a series.
    pub fn name(&self) -> String {
        let first = self.images[0].name();
        match self.images.len() {
            1 => first,
            count => format!("{first} and {} more", count - 1),
        }
    }
}

impl Session {
    /// Opens the images at `paths`, in this order. Neighbouring three-dimensional images
    /// are one run.
    ///
    /// # Errors
    /// An image that cannot be opened ([`formats::open`]); those of [`Session::of_images`].
    pub fn open(paths: &[PathBuf]) -> Result<Session> {
        Session::of_images(paths.iter().map(|path| formats::open(path)).collect::<Result<_>>()?)
    }

    /// The session of images that were opened, of whatever format, in this order. Neighbouring
    /// three-dimensional images are one run.
    ///
    /// # Errors
    /// No image; two grids; fewer than two volumes in all.
    pub fn of_images(images: Vec<Arc<dyn Source>>) -> Result<Session> {
        let first = images.first().ok_or_else(|| Error::not_found("no image was given"))?;
        for image in &images[1..] {
            same_grid(&**first, &**image)?;
        }
        let volumes: usize = images.iter().map(|image| image.volumes()).sum();
        if volumes < 2 {
            return Err(Error::mismatch(
                "1 volume in all, expected at least 2: nothing varies over time",
            )
            .remedy("give a run with a time axis, or a series of volumes")
            .at(first.path()));
        }
        Ok(Session { runs: into_runs(images) })
    }

    /// The session without the runs of these numbers.
    ///
    /// # Errors
    /// Nothing that varies is left.
    pub fn without(&self, runs: &[usize]) -> Result<Session> {
        let mut session = self.clone();
        let left_out: HashSet<usize> = runs.iter().copied().collect();
        let mut numbers = 0..;
        session.runs.retain(|_| numbers.next().is_some_and(|number| !left_out.contains(&number)));
        match session.runs.is_empty() {
            true => Err(Error::mismatch("no run is left").at(self.first_image().path())),
            false => Ok(session),
        }
    }

    /// The runs, in order.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Every image of every run, in order.
    pub fn images(&self) -> impl Iterator<Item = &Arc<dyn Source>> {
        self.runs.iter().flat_map(|run| &run.images)
    }

    /// The first image, whose geometry a map takes over.
    pub fn first_image(&self) -> &Arc<dyn Source> {
        &self.runs[0].images[0]
    }

    /// The geometry of the first image.
    pub fn geometry(&self) -> &Geometry {
        self.first_image().geometry()
    }

    /// Number of time points of all runs.
    pub fn volumes(&self) -> usize {
        self.runs.iter().map(Run::volumes).sum()
    }

    /// Bytes of all voxels as stored, decompressed.
    pub fn voxel_bytes(&self) -> u64 {
        self.images().map(|image| image.voxel_bytes()).sum()
    }
}

fn into_runs(images: Vec<Arc<dyn Source>>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for image in images {
        match runs.last_mut() {
            Some(run) if !image.time().has_axis && !run.images[0].time().has_axis => {
                run.images.push(image);
            }
            _ => runs.push(Run { images: vec![image] }),
        }
    }
    runs
}

fn same_grid(first: &dyn Source, image: &dyn Source) -> Result<()> {
    let [found, expected] = [image, first].map(Source::geometry);
    if found.shape == expected.shape {
        return Ok(());
    }
    Err(Error::mismatch(format!(
        "grid {} differs from {} of {}",
        found.grid(),
        expected.grid(),
        first.path().display()
    ))
    .remedy("give runs of one grid")
    .at(image.path()))
}
