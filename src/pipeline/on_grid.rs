//! Images that go with a session: a mask, a mean, regions, on its grid.

use super::memory::{BASE_BYTES, predicted, threads_within};
use super::{Analysis, Mode, Settings, compute, nearest};
use crate::error::{Error, Result, Setting};
use crate::formats::{self, Oddity, Progress, Source, VolumeReader};
use crate::maps::{MEAN, Wanted};
use crate::numbers::mebibytes_needed;
use crate::runs::Session;
use crate::voxels::{Block, Samples};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The values of an image of one volume, in the order of the grid (first axis fastest), and the
/// image. `beside` is told of it.
///
/// # Errors
/// What opening and reading it runs into; more than one volume; more memory than it may take.
pub fn single_volume(path: &Path, beside: &mut Beside) -> Result<(Vec<f64>, Arc<dyn Source>)> {
    let image = opened(path)?;
    Ok((values_of(&image, beside)?, image))
}

/// An image of one volume, of which no voxel was read.
fn opened(path: &Path) -> Result<Arc<dyn Source>> {
    let image = formats::open(path)?;
    if image.volumes() != 1 && image.no_run().is_some() {
        let merging = match image.format() {
            "GIFTI" => "-metric-merge OUT.func.gii -metric",
            _ => "-cifti-merge OUT.dscalar.nii -cifti",
        };
        return Err(Error::mismatch(format!("{} maps, expected one", image.volumes()))
            .remedy(format!(
                "take one out, with Connectome Workbench: wb_command {merging} '{}' -column 1",
                path.display()
            ))
            .at(path));
    }
    if image.volumes() != 1 {
        return Err(Error::mismatch(format!("{} volumes, expected one", image.volumes()))
            .remedy("give an image with three dimensions")
            .at(path));
    }
    Ok(image)
}

fn values_of(image: &Arc<dyn Source>, beside: &mut Beside) -> Result<Vec<f64>> {
    // As stored, and twice as float64.
    let values_bytes = 8 * image.voxels() as u64;
    let reading = image.voxel_bytes() + 2 * values_bytes + image.decoder_bytes();
    let bytes = BASE_BYTES + beside.held_bytes + reading;
    if let Some(limit) = beside.memory_limit.filter(|&limit| limit < bytes) {
        return Err(Error::memory(format!(
            "reading it takes {} of memory, more than the {} that may be used",
            mebibytes_needed(bytes),
            mebibytes_needed(limit)
        ))
        .remedy("allow more memory")
        .settings([Setting::MemoryLimit])
        .at(image.path()));
    }
    beside.most_bytes = beside.most_bytes.max(bytes);
    beside.held_bytes += values_bytes;
    let none = Samples::none(image.datatype());
    let samples = VolumeReader::open(image)?.read(1, none, &())?;
    let block = Block { samples, scaling: image.scaling() };
    let mut values = Vec::new();
    block.for_each_volume(0..1, |volume| values = volume.to_vec());
    let oddities = image.oddities().into_iter();
    beside.odd.extend(oddities.map(|it| (image.path().to_owned(), it)));
    Ok(values)
}

/// The treatment of an image of another grid, or whose voxels lie elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffGrid {
    /// An image of another grid is refused; on the same one voxels are taken by their indices.
    Told,
    /// Each voxel of the grid takes the value of the [nearest] one of the image.
    Resampled,
}

/// An image whose voxels lie elsewhere than those of the same indices in the runs or the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Misplaced {
    /// The image, how far away it lies, and what was done, in words.
    pub words: String,
    /// The greatest distance of two voxels of one index, in mm.
    pub greatest_mm: f64,
}

/// An image that was brought to the grid of the runs or the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resampled {
    /// The kind of the image: mask, atlas or tissue.
    pub what: String,
    /// The file.
    pub path: PathBuf,
    /// The file, both grids and the way from one to the other, in words.
    pub words: String,
}

/// The facts that a person should know of the images beside runs or maps, one each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// Images whose voxels lie elsewhere, and were taken by their indices.
    pub misplaced: Vec<Misplaced>,
    /// Images that were resampled.
    pub resampled: Vec<Resampled>,
    /// Masks that are not 0 and one other value.
    pub not_binary: Vec<String>,
    /// The oddities of their files, which were read all the same.
    odd: Vec<(PathBuf, Oddity)>,
    /// The memory that may be taken to read one of them, in bytes, if there is a limit.
    pub memory_limit: Option<u64>,
    /// The most memory that reading one of them takes beside those that were read, in bytes.
    pub most_bytes: u64,
    /// What those that were read take at most, in bytes.
    held_bytes: u64,
}

impl Beside {
    /// Nothing yet, of images that may take so much memory to read, in bytes, if there is a limit.
    pub fn within(memory_limit: Option<u64>) -> Beside {
        Beside { memory_limit, ..Beside::default() }
    }

    /// The oddities of their files, which were read all the same.
    pub fn oddities(&self) -> impl Iterator<Item = (&Path, Oddity)> {
        self.odd.iter().map(|(path, oddity)| (&**path, oddity.clone()))
    }
}

/// The values of an image of one volume on the grid of another, in its order: `what` is what it is
/// called. `beside` is told what was done to it.
///
/// # Errors
/// As [`single_volume`]; another grid, with both named and what brings them together, unless it is to
/// be resampled; then an image that does not say where it lies.
pub fn on_grid_of(
    path: &Path,
    what: &str,
    expected: &dyn Source,
    off_grid: OffGrid,
    beside: &mut Beside,
) -> Result<(Vec<f64>, Arc<dyn Source>)> {
    let image = opened(path)?;
    let (found, grid) = (image.geometry(), expected.geometry());
    let has_points = found.points.is_some() || grid.points.is_some();
    let is_resampled = off_grid == OffGrid::Resampled && !has_points && grid.lies_apart_from(found);
    if !is_resampled {
        check_grid(what, &*image, expected, beside)?;
    }
    let values = values_of(&image, beside)?;
    if is_resampled {
        let values = nearest(&values, found, grid).map_err(|error| error.at(path))?;
        let words = format!(
            "{}: the {what} of {} voxels was resampled to the {} of {} by both affines, each voxel \
             from the nearest one",
            path.display(),
            found.grid(),
            grid.grid(),
            expected.path().display()
        );
        let (what, path) = (what.to_owned(), path.to_owned());
        beside.resampled.push(Resampled { what, path, words });
        return Ok((values, image));
    }
    Ok((values, image))
}

/// Tells of voxels that lie elsewhere.
///
/// # Errors
/// Another grid.
fn check_grid(
    what: &str,
    image: &dyn Source,
    expected: &dyn Source,
    beside: &mut Beside,
) -> Result<()> {
    let (path, of) = (image.path(), expected.path());
    let (found, grid) = (image.geometry(), expected.geometry());
    if found.points.is_some() || grid.points.is_some() {
        if found.is_of_one_grid_with(grid) {
            return Ok(());
        }
        let problem = format!("the {what}: {} of {}", found.difference(grid), of.display());
        return Err(Error::mismatch(problem)
            .remedy("give one of the same space, by the same structures")
            .at(path));
    }
    if found.shape != grid.shape {
        let settings = if is_of_labels(what) { vec![Setting::Resample] } else { Vec::new() };
        let error = Error::mismatch(format!(
            "the {what}'s grid {} differs from {} of {}",
            found.grid(),
            grid.grid(),
            of.display()
        ));
        return Err(error.remedy(resampling(what, path, of)).settings(settings).at(path));
    }
    if grid.lies_apart_from(found) {
        let greatest_mm = grid.greatest_displacement_mm(found);
        let words = format!(
            "{}: the affine of the {what} differs: voxels lie up to {greatest_mm:.3} mm from \
             where {} has them; they are taken voxel by voxel all the same, so check that it is \
             aligned",
            path.display(),
            of.display()
        );
        beside.misplaced.push(Misplaced { words, greatest_mm });
    }
    Ok(())
}

/// How an image is brought to the grid of another, with the commands of three tools.
fn resampling(what: &str, image: &Path, grid: &Path) -> String {
    let [image, grid] = [image, grid].map(|it| it.display());
    match is_of_labels(what) {
        true => format!(
            "resample it to that grid by the nearest voxel, here or with nilearn \
             (resample_to_img('{image}', '{grid}', interpolation='nearest')), AFNI (3dresample -rmode NN \
             -master '{grid}' -input '{image}' -prefix OUT.nii.gz) or FSL (flirt -applyxfm -usesqform \
             -interp nearestneighbour -ref '{grid}' -in '{image}' -out OUT.nii.gz)"
        ),
        false => format!(
            "resample it to that grid, as with nilearn (resample_to_img('{image}', '{grid}'))"
        ),
    }
}

/// Whether the nearest voxel's value means what the image's own does.
fn is_of_labels(what: &str) -> bool {
    ["mask", "atlas", "tissue"].contains(&what)
}

/// The mean of each voxel in another image: of one volume, or over the time of a run.
///
/// # Errors
/// As [`on_grid_of`], and what reading a run runs into.
pub fn mean_from(
    path: &Path,
    session: &Session,
    threads: NonZeroUsize,
    beside: &mut Beside,
) -> Result<Vec<f64>> {
    let (image, first) = (formats::open(path)?, &**session.first_image());
    if image.volumes() == 1 || image.no_run().is_some() {
        return Ok(on_grid_of(path, "mean", first, OffGrid::Told, beside)?.0);
    }
    check_grid("mean", &*image, first, beside)?;
    let run = Session::of_images(vec![Arc::clone(&image)])?;
    let plain = Analysis::plain(&run);
    let wanted = Wanted::from_iter([MEAN]);
    let analysis = Analysis { wanted, ..plain };
    let mut settings = Settings { mode: Mode::Array, threads, chunk_length: None, analysis };
    if let Some(limit) = beside.memory_limit {
        settings.threads = threads_within(limit, &run, &settings, |it| predicted(&run, it).most)?;
    }
    beside.most_bytes = beside.most_bytes.max(predicted(&run, &settings).most);
    let mut computed = compute(&run, &settings, Arc::new(()) as Arc<dyn Progress>)?;
    let oddities = image.oddities().into_iter();
    beside.odd.extend(oddities.map(|it| (path.to_owned(), it)));
    let mean = computed.maps.take(MEAN).pop().expect("a map that is wanted");
    Ok(mean.into_values())
}
