//! The memory that an analysis takes, told before it starts: that of its pass, of what is read
//! before, and of what is made of the maps.

use crate::error::Result;
use crate::formats::PointsPlaces;
use crate::pipeline::{self, Settings};
use crate::recipe::Recipe;
use crate::runs::{Run, Session};
use std::num::NonZeroUsize;

/// The memory that the allocator keeps for each thread beside the first that judges runs.
const ARENA_BYTES: u64 = 5 * 1024 * 1024;

/// A page's text and pictures take so much memory,
const PAGE_BYTES: u64 = 12 * 1024 * 1024;
/// and so many copies of a map: of mean and std on the whole grid, to order values, and to show them.
const PAGE_COPIES: u64 = 9;
/// Beside that, for each run; and the series of a run that it draws.
const PAGE_BYTES_PER_RUN: u64 = 512 * 1024;

/// A surface takes so many bytes for each vertex: its place and two triangles, twice while they are read,
/// and what it is drawn by.
const SURFACE_BYTES_PER_VERTEX: usize = 2 * (12 + 24) + 32;

/// The maps that a page makes of a volume which holds some of the points, beside those of the runs.
const VOLUME_COPIES: usize = 6;

/// A picture takes so many copies of a map beside its own memory and what it lies over: the mean on the
/// whole grid, and the mask in numbers.
const PICTURE_COPIES: u64 = 2;

/// Bytes of the JSON for each file beside its path, and for each volume; its text grows by doubling.
const JSON_BYTES_PER_FILE: u64 = 2 * 400;
const JSON_BYTES_PER_VOLUME: u64 = 2 * 80;

/// The subject of a prediction: a recipe, its runs, and where their points lie, if that is to be shown.
pub(super) type Subject<'a> = (&'a Recipe, &'a Session, Option<&'a PointsPlaces>);

/// The settings with as many threads as `limit` bytes of memory allow. What is read before the pass takes
/// `before` bytes.
///
/// # Errors
/// Memory that is too small for one.
pub(super) fn within_memory(
    planned: Subject,
    asked: Settings,
    before: u64,
    limit: Option<u64>,
) -> Result<Settings> {
    let Some(limit) = limit else { return Ok(asked) };
    let (_, session, _) = planned;
    let needed = |settings: &Settings| predicted_bytes(planned, settings, before);
    let threads: NonZeroUsize = pipeline::threads_within(limit, session, &asked, needed)?;
    Ok(Settings { threads, ..asked })
}

/// The most memory that the analysis takes, in bytes; `before` is what is read before the pass.
pub(super) fn predicted_bytes(
    (recipe, session, places): Subject,
    settings: &Settings,
    before: u64,
) -> u64 {
    let (pass, held) = (pipeline::predicted(session, settings), held_bytes(recipe, session));
    let after = pass.remains + held + bytes_after((recipe, session, places), settings);
    before.max(pass.most + held).max(after)
}

/// Bytes that are held from before the pass on: a mask, a mean from elsewhere, and of regions the place of
/// each voxel in each kind of them.
fn held_bytes(recipe: &Recipe, session: &Session) -> u64 {
    let voxels = session.geometry().voxels() as u64;
    let mask = if recipe.mask.is_some() { voxels } else { 0 };
    let mean = if recipe.definition.mean_from.is_some() { 8 * voxels } else { 0 };
    // What a picture may lie over.
    let ground = if recipe.computing.picture_bytes > 0 { 8 * voxels } else { 0 };
    mask + mean + ground + 8 * voxels * recipe.regions.kinds() as u64
}

/// Bytes of what is made of the maps: copies on the whole grid, values put in order, and one output after the
/// other.
fn bytes_after((recipe, session, places): Subject, settings: &Settings) -> u64 {
    let map = 8 * session.geometry().voxels() as u64;
    let computing = &recipe.computing;
    // To find the brain: the mean, smoothed in two rooms. To judge the maps: the brain's values, and those
    // beside it by layers. To find medians: the defined voxels, twice, and what lies between runs.
    let judging = settings.threads.get().min(session.runs().len() + 1);
    let series = series_bytes(session, settings, judging.min(session.runs().len()));
    // What one thread needed the allocator keeps while another judges the maps.
    let kept = if judging > 1 { 2 * map } else { 0 };
    let sorted = 7 * map + kept + series + ARENA_BYTES * (judging as u64 - 1);
    // The values of a region; of several runs also of each, and what the allocator keeps of those before.
    let of_region = match (recipe.regions.kinds(), session.runs().len()) {
        (0, _) => 0,
        (_, 1) => map,
        _ => 3 * map,
    };
    let series = series_bytes(session, settings, 1);
    let page = match computing.is_reported {
        true => {
            let of_runs = PAGE_BYTES_PER_RUN * session.runs().len() as u64;
            // What the allocator keeps for other threads is not given back for the page.
            let kept = if judging > 1 { ARENA_BYTES.min(map) * judging as u64 } else { 0 };
            let of_points = places.map_or(0, |it| points_bytes(it, session.runs().len()));
            let of_page = PAGE_BYTES + PAGE_COPIES * map + of_runs + series + kept + of_points;
            of_page + json_bytes(session)
        }
        false => 0,
    };
    let picture = match computing.picture_bytes {
        0 => 0,
        bytes => bytes + PICTURE_COPIES * map,
    };
    let json = if recipe.signals { json_bytes(session) } else { 0 };
    (sorted + of_region).max(page).max(picture).max(json)
}

/// Bytes of the series of chosen voxels of so many runs, the longest: of those in the brain, and of those
/// where the mean is steep, which are looked at to judge the data.
fn series_bytes(session: &Session, settings: &Settings, runs: usize) -> u64 {
    let sampled = settings.analysis.signals.sample.as_ref().map_or(0, |it| it.places().len());
    let longest = session.runs().iter().map(Run::volumes).max().unwrap_or(0);
    (runs * longest * sampled * size_of::<f32>() * 5 / 4) as u64
}

/// Bytes of what the page shows of points: where they lie, and of the volume that holds the voxels among them
/// each map, and what is drawn and embedded of it.
fn points_bytes(places: &PointsPlaces, runs: usize) -> u64 {
    let on_surfaces: usize = places.on_surfaces.iter().map(|it| it.points.len()).sum();
    let vertices: usize = places.on_surfaces.iter().map(|it| it.vertices).sum();
    let in_volume = places.in_volume.as_ref();
    let part = in_volume.map_or(0, |it| it.part().iter().map(|it| it.len()).product());
    let own = if runs > 1 { runs } else { 0 };
    let maps = 8 * part * (VOLUME_COPIES + own);
    (8 * on_surfaces
        + SURFACE_BYTES_PER_VERTEX * vertices
        + 12 * in_volume.map_or(0, |it| it.points.len())
        + maps) as u64
}

fn json_bytes(session: &Session) -> u64 {
    let of_file = |path: &std::path::Path| JSON_BYTES_PER_FILE + 2 * path.as_os_str().len() as u64;
    let files: u64 = session.images().map(|image| of_file(image.path())).sum();
    files + session.volumes() as u64 * JSON_BYTES_PER_VOLUME
}
