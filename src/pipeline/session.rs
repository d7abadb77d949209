//! The runs of a session: images on one grid, opened and compared.

use crate::error::{Error, Result};
use crate::formats::{self, AFFINE_TOLERANCE_MM, Geometry, Source};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More files than this are counted, not listed, in a warning.
const MOST_FILES_LISTED: usize = 4;

/// Runs on one grid. Their headers have been read, their voxels have not.
#[derive(Clone, Debug)]
pub struct Session {
    runs: Vec<Run>,
    warnings: Vec<Warning>,
}

/// Images that follow one another in time: one with a time axis, or a series of
/// three-dimensional ones.
#[derive(Clone, Debug)]
pub struct Run {
    images: Vec<Arc<dyn Source>>,
}

/// Something about the inputs that is no error and that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Images lie differently in space.
    AffineDiffers(String),
    /// Headers state different units.
    UnitsDiffer(String),
    /// Runs have different repetition times.
    TrDiffers(String),
    /// Runs have different scalings.
    SlopeDiffers(String),
    /// Single volumes lie among runs of many.
    SingleVolume(String),
}

impl Warning {
    /// A name that stays as it is.
    pub fn name(&self) -> &'static str {
        match self {
            Warning::AffineDiffers(_) => "affine-differs",
            Warning::UnitsDiffer(_) => "units-differ",
            Warning::TrDiffers(_) => "tr-differs",
            Warning::SlopeDiffers(_) => "slope-differs",
            Warning::SingleVolume(_) => "single-volume",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::AffineDiffers(text)
            | Warning::UnitsDiffer(text)
            | Warning::TrDiffers(text)
            | Warning::SlopeDiffers(text)
            | Warning::SingleVolume(text) => f.write_str(text),
        }
    }
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

/// What a person should know of these images' headers.
fn warnings_of(images: &[Arc<dyn Source>]) -> Vec<Warning> {
    let rules = [affines, units, trs, slopes, single_volumes];
    rules.iter().filter_map(|rule| rule(images)).collect()
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
        let warnings = warnings_of(&images);
        Ok(Session { runs: into_runs(images), warnings })
    }

    /// The session without the runs of these numbers.
    ///
    /// # Errors
    /// Nothing that varies is left.
    pub fn without(&self, runs: &[usize]) -> Result<Session> {
        let mut session = self.clone();
        let mut number = 0;
        session.runs.retain(|_| {
            number += 1;
            !runs.contains(&(number - 1))
        });
        match session.runs.is_empty() {
            true => Err(Error::mismatch("no run is left").at(self.first_image().path())),
            false => {
                let images: Vec<_> = session.images().cloned().collect();
                Ok(Session { warnings: warnings_of(&images), ..session })
            }
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

    /// What a person should know of the inputs.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
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

fn affines(images: &[Arc<dyn Source>]) -> Option<Warning> {
    let first = &images[0];
    let mut greatest_mm = 0.0_f64;
    let mut differing = Vec::new();
    for image in &images[1..] {
        let displacement_mm = first.geometry().greatest_displacement_mm(image.geometry());
        if displacement_mm > AFFINE_TOLERANCE_MM {
            greatest_mm = greatest_mm.max(displacement_mm);
            differing.push(image.path());
        }
    }
    (!differing.is_empty()).then(|| {
        Warning::AffineDiffers(format!(
            "affines differ: in {} voxels lie up to {greatest_mm:.3} mm from where {} has them; the \
             runs are compared voxel by voxel all the same, so check that they are aligned",
            listed(&differing),
            first.path().display()
        ))
    })
}

fn units(images: &[Arc<dyn Source>]) -> Option<Warning> {
    grouped(images, |image| Some(image.units()))
        .map(|groups| Warning::UnitsDiffer(format!("units differ between files: {groups}")))
}

fn trs(images: &[Arc<dyn Source>]) -> Option<Warning> {
    grouped(images, |image| image.time().tr_seconds.map(|tr| format!("{tr} s")))
        .map(|groups| Warning::TrDiffers(format!("the TR differs between runs: {groups}")))
}

fn slopes(images: &[Arc<dyn Source>]) -> Option<Warning> {
    let scaling = |image: &dyn Source| {
        let scaling = image.scaling();
        Some(format!("{} * stored + {}", scaling.slope(), scaling.intercept()))
    };
    grouped(images, scaling)
        .map(|groups| Warning::SlopeDiffers(format!("the scaling differs between runs: {groups}")))
}

fn single_volumes(images: &[Arc<dyn Source>]) -> Option<Warning> {
    let (single, many): (Vec<_>, Vec<_>) = images.iter().partition(|image| image.volumes() == 1);
    let single: Vec<&Path> = single.iter().map(|image| image.path()).collect();
    (!single.is_empty() && !many.is_empty()).then(|| {
        Warning::SingleVolume(format!(
            "one volume only in {}, among runs of many: it counts as one more time point; leave a \
             reference image (sbref) out",
            listed(&single)
        ))
    })
}

/// Files grouped by what they say, in words, if they do not all say the same.
fn grouped(
    images: &[Arc<dyn Source>],
    say: impl Fn(&dyn Source) -> Option<String>,
) -> Option<String> {
    let mut groups: Vec<(String, Vec<&Path>)> = Vec::new();
    for image in images {
        let Some(said) = say(&**image) else { continue };
        match groups.iter_mut().find(|(other, _)| *other == said) {
            Some((_, files)) => files.push(image.path()),
            None => groups.push((said, vec![image.path()])),
        }
    }
    let in_words = |(said, files): &(String, Vec<&Path>)| format!("{said} in {}", listed(files));
    (groups.len() > 1).then(|| groups.iter().map(in_words).collect::<Vec<_>>().join("; "))
}

/// The names of some files, without their folders.
fn listed(files: &[&Path]) -> String {
    let name = |file: &&Path| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut names: Vec<String> = files.iter().take(MOST_FILES_LISTED).map(name).collect();
    if files.len() > MOST_FILES_LISTED {
        names.push(format!("and {} more", files.len() - MOST_FILES_LISTED));
    }
    names.join(", ")
}
