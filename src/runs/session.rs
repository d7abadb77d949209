//! The runs of a session: images on one grid, opened and compared.

use super::sidecar::{SidecarTr, Sidecars, Stated, UnreadSidecar};
use super::{Entities, Inputs, natural_order};
use crate::error::{Error, Result};
use crate::formats::{self, Geometry, PointsKind, Source};
use crate::paths::folder_of;
use crate::recipe::recorded_map;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
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
    /// Whether the images were given in another order than the numbers in their names have.
    is_reordered: bool,
    given_tr: Option<f64>,
    sidecar: Stated,
}

impl Run {
    /// The run that one image is by itself, however many volumes it has, with the JSON files beside it.
    pub fn alone(image: Arc<dyn Source>) -> Run {
        let sidecar = Sidecars::default().of_run(image.path(), &image.name());
        Run { images: vec![image], is_reordered: false, given_tr: None, sidecar }
    }

    /// The images, in their order in time.
    pub fn images(&self) -> &[Arc<dyn Source>] {
        &self.images
    }

    /// Number of time points.
    pub fn volumes(&self) -> usize {
        self.images.iter().map(|image| image.volumes()).sum()
    }

    /// Whether the run is a series of three-dimensional images.
    pub fn is_series(&self) -> bool {
        self.images.len() > 1
    }

    /// Whether the images of a series were put into the order of the numbers in their names.
    pub fn is_reordered(&self) -> bool {
        self.is_reordered
    }

    /// The repetition time in seconds: the one that was given, else that of the JSON beside the
    /// run, else that of the header.
    pub fn tr_seconds(&self) -> Option<f64> {
        let sidecar = self.sidecar.tr.as_ref().map(|it| it.seconds);
        self.given_tr.or(sidecar).or_else(|| self.header_tr_seconds())
    }

    /// The repetition time in seconds, as the header of the first file with a time axis states it.
    pub fn header_tr_seconds(&self) -> Option<f64> {
        self.images.iter().find_map(|image| image.time().tr_seconds)
    }

    /// The repetition time that was given, in seconds.
    pub fn given_tr_seconds(&self) -> Option<f64> {
        self.given_tr
    }

    /// The repetition time by the BIDS sidecar of the run, if it has one that states it.
    pub fn sidecar_tr(&self) -> Option<&SidecarTr> {
        self.sidecar.tr.as_ref()
    }

    /// The time at which each slice was excited within a volume, in seconds, by the BIDS sidecar of
    /// the run; empty if none states it.
    pub fn slice_times(&self) -> &[f64] {
        &self.sidecar.slice_times
    }

    /// The JSON files that describe the run, as BIDS has them.
    pub fn sidecars(&self) -> &[PathBuf] {
        &self.sidecar.files
    }

    /// A sidecar of the run that cannot be read, and could have stated its repetition time.
    pub fn unread_sidecar(&self) -> Option<&UnreadSidecar> {
        self.sidecar.unread.as_ref()
    }

    /// Where the run lies: its first file.
    pub fn path(&self) -> &Path {
        self.images[0].path()
    }

    /// The entities in the name of its first file, as BIDS names files.
    pub fn entities(&self) -> Entities {
        let name = self.path().file_name().unwrap_or_default();
        Entities::of_file_name(&name.to_string_lossy())
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
    /// Opens the images at `paths`, in this order. Neighbouring three-dimensional images of one
    /// folder are one run.
    ///
    /// # Errors
    /// An image that cannot be opened ([`formats::open`]); those of [`Session::of_images`].
    pub fn open(paths: &[PathBuf]) -> Result<Session> {
        Session::of_images(paths.iter().map(|path| formats::open(path)).collect::<Result<_>>()?)
    }

    /// Opens what arguments were expanded to, as [`open`](Session::open), but that a pattern begins
    /// a run, and maps of tsnr that it brings are passed over: they leave `inputs`. The repetition
    /// time `tr_seconds`, if there is one, is that of all runs.
    ///
    /// # Errors
    /// As [`open`](Session::open); a pattern that brings nothing but maps.
    pub fn of_inputs(inputs: &mut Inputs, tr_seconds: Option<f64>) -> Result<Session> {
        let (mut images, mut kept) = (Vec::new(), Vec::new());
        let mut maps: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
        for input in std::mem::take(&mut inputs.images) {
            let image = formats::open_run(&input.path)?;
            match input.pattern {
                Some(pattern) if is_map(&*image)? => {
                    maps.entry(pattern).or_default().push(input.path);
                }
                pattern => {
                    images.push((pattern, image));
                    kept.push(input);
                }
            }
        }
        inputs.images = kept;
        for (pattern, maps) in maps {
            inputs.pass_over(pattern, "maps that tsnr wrote", &maps)?;
        }
        let mut session = Session::grouped(images)?;
        session.runs.iter_mut().for_each(|run| run.given_tr = tr_seconds);
        Ok(session)
    }

    /// The session of images that were opened, of whatever format, in this order. Neighbouring
    /// three-dimensional images of one folder are one run.
    ///
    /// # Errors
    /// No image; two grids; fewer than two volumes in all.
    pub fn of_images(images: Vec<Arc<dyn Source>>) -> Result<Session> {
        Session::grouped(images.into_iter().map(|image| (None, image)).collect())
    }

    /// The session of images, each with the number of the pattern that brought it.
    fn grouped(images: Vec<(Option<usize>, Arc<dyn Source>)>) -> Result<Session> {
        let (_, first) = images.first().ok_or_else(|| Error::not_found("no image was given"))?;
        for (_, image) in &images {
            if let Some(what) = image.no_run() {
                return Err(Error::mismatch(format!("it holds {what}, expected a series"))
                    .remedy("give the run that they were made of")
                    .at(image.path()));
            }
            same_grid(&**first, &**image)?;
        }
        let volumes: usize = images.iter().map(|(_, image)| image.volumes()).sum();
        if volumes < 2 {
            return Err(Error::mismatch(
                "1 volume in all, expected at least 2: nothing varies over time",
            )
            .remedy("give a run with a time axis, or a series of volumes")
            .at(first.path()));
        }
        let (mut runs, mut sidecars) = (into_runs(images), Sidecars::default());
        for run in &mut runs {
            run.sidecar = sidecars.of_run(run.path(), &run.images[0].name());
        }
        Ok(Session { runs })
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

/// Whether an image is a map that tsnr wrote, by its header.
pub(super) fn is_map(image: &dyn Source) -> Result<bool> {
    if image.most_extension_bytes() == 0 {
        return Ok(false);
    }
    Ok(image.notes()?.iter().any(|text| recorded_map(text).is_some()))
}

fn into_runs(images: Vec<(Option<usize>, Arc<dyn Source>)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut pattern_before = None;
    // Beside runs of many volumes an image with a time axis and one volume is a run that broke off.
    let are_single = images.iter().all(|(_, image)| image.volumes() == 1);
    for (pattern, image) in images {
        let is_continued = pattern.is_none() || pattern == pattern_before;
        match runs.last_mut() {
            Some(run)
                if is_continued
                    && follows(&*run.images[run.images.len() - 1], &*image, are_single) =>
            {
                run.images.push(image);
            }
            _ => {
                let images = vec![image];
                runs.push(Run {
                    images,
                    is_reordered: false,
                    given_tr: None,
                    sidecar: Stated::default(),
                });
            }
        }
        pattern_before = pattern;
    }
    runs.iter_mut().for_each(put_in_order);
    runs
}

/// Whether an image can be the next of the series that another belongs to: neither has a time axis, or all
/// images have one volume.
fn follows(before: &dyn Source, next: &dyn Source, are_single: bool) -> bool {
    let [before_folder, next_folder] = [before, next].map(|image| folder_of(image.path()));
    let is_one_folder = || match [before_folder, next_folder].map(fs::canonicalize) {
        [Ok(before), Ok(next)] => before == next,
        _ => false,
    };
    (are_single || !before.time().has_axis && !next.time().has_axis)
        && (before_folder == next_folder || is_one_folder())
}

/// Puts the images of a series whose names differ in one number into the order of these numbers.
fn put_in_order(run: &mut Run) {
    let order = |a: &Arc<dyn Source>, b: &Arc<dyn Source>| natural_order(a.path(), b.path());
    if run.images.is_sorted_by(|a, b| order(a, b).is_le()) || !differ_in_one_number(&run.images) {
        return;
    }
    run.images.sort_by(order);
    run.is_reordered = true;
}

fn differ_in_one_number(images: &[Arc<dyn Source>]) -> bool {
    let mut first: Option<Vec<Vec<u8>>> = None;
    let mut differing = BTreeSet::new();
    for image in images {
        let name = image.path().file_name().unwrap_or_default().as_encoded_bytes();
        let parts: Vec<Vec<u8>> = name
            .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
            .map(<[u8]>::to_vec)
            .collect();
        let first = first.get_or_insert_with(|| parts.clone());
        if parts.len() != first.len() {
            return false;
        }
        for (place, (part, first)) in parts.iter().zip(first).enumerate() {
            let are_numbers = part[0].is_ascii_digit() && first[0].is_ascii_digit();
            if part != first && (!are_numbers || (differing.insert(place) && differing.len() > 1)) {
                return false;
            }
        }
    }
    true
}

fn same_grid(first: &dyn Source, image: &dyn Source) -> Result<()> {
    let [found, expected] = [image, first].map(Source::geometry);
    if found.is_of_one_grid_with(expected) {
        return Ok(());
    }
    let of_vertices = |it: &Geometry| {
        it.points.as_ref().is_some_and(|points| points.kind == PointsKind::Vertices)
    };
    let remedy = match of_vertices(found) && of_vertices(expected) {
        true => {
            "give the runs of one hemisphere, or write {hemi} where L and R are to stand in the names of outputs"
        }
        false => "give runs of one grid",
    };
    Err(Error::mismatch(format!("{} of {}", found.difference(expected), first.path().display()))
        .remedy(remedy)
        .at(image.path()))
}
