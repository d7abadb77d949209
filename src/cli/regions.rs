//! Regions of the grid, and the table of what the maps are like in them.

use super::arguments::{AtlasArguments, RegionArguments, TableName};
use super::outcome::{Outcome, Work};
use super::talk::Talk;
use crate::atlas::{self, LabelNames, Regions, Row};
use crate::error::{Error, Result};
use crate::formats::Source;
use crate::mask::Mask;
use crate::output::Batch;
use crate::pipeline::{Session, in_file_order, on_grid_of};
use crate::report::facts;
use std::borrow::Cow;

/// What stands for all runs together where a run has its name.
const ALL_RUNS: &str = "all";

/// The regions that were asked for, read before anything is computed.
///
/// # Errors
/// A file that cannot be read or understood, or is on another grid.
pub(super) fn of_arguments(
    arguments: &RegionArguments,
    session: &Session,
    talk: Talk,
) -> Result<Vec<Regions>> {
    let image = &**session.first_image();
    let shape = image.geometry().shape;
    let mut regions = Vec::new();
    regions.extend(of_atlas(&arguments.atlas, image, talk)?);
    let mut tissues = Regions::none(shape);
    for (name, file) in &arguments.tissues {
        let tissue = on_grid_of(file, "tissue", image)?;
        tissue.misplaced.iter().for_each(|it| talk.warning(it));
        let added = tissues.add_probable(name, &tissue.values, arguments.tissue_threshold());
        added.map_err(|error| error.at(file))?;
    }
    if !arguments.tissues.is_empty() {
        regions.push(tissues);
    }
    if arguments.by_slice {
        regions.push(Regions::slices(shape));
    }
    Ok(regions)
}

/// The regions of an atlas on the grid of an image, if one was given.
///
/// # Errors
/// As [`of_arguments`].
pub(super) fn of_atlas(
    arguments: &AtlasArguments,
    grid_of: &dyn Source,
    talk: Talk,
) -> Result<Option<Regions>> {
    let Some(path) = &arguments.atlas else { return Ok(None) };
    let image = on_grid_of(path, "atlas", grid_of)?;
    image.misplaced.iter().for_each(|it| talk.warning(it));
    let names = match &arguments.atlas_labels {
        Some(labels) => LabelNames::read(labels)?,
        None => LabelNames::default(),
    };
    let regions = Regions::labelled(grid_of.geometry().shape, &image.values, &names);
    let regions = regions.map_err(|error| error.at(path))?;
    if regions.iter().all(|region| region.voxels.is_empty()) {
        return Err(Error::mismatch("the atlas is empty: every voxel is 0")
            .remedy("give an image that holds the number of a region in each of its voxels")
            .at(path));
    }
    Ok(Some(regions))
}

/// Where there is no region, the mask or the whole grid as one.
pub(super) fn or_whole<'a>(
    regions: &'a [Regions],
    shape: [usize; 3],
    mask: Option<&Mask>,
) -> Cow<'a, [Regions]> {
    let name = if mask.is_some() { "mask" } else { "all voxels" };
    match regions {
        [] => Cow::Owned(vec![Regions::whole(shape, name)]),
        regions => Cow::Borrowed(regions),
    }
}

/// The most bytes that regions and their table take, of one voxel: its place in each kind of
/// regions, and its value while those of a region are put in order.
pub(super) fn bytes_per_voxel(arguments: &RegionArguments) -> u64 {
    let RegionArguments { atlas, tissues, by_slice, table, .. } = arguments;
    let kinds = usize::from(atlas.atlas.is_some()) + tissues.len() + usize::from(*by_slice);
    let is_used = kinds > 0 || table.is_some();
    8 * if is_used { kinds.max(1) as u64 + 1 } else { 0 }
}

/// A row for each region, all runs together and each run by itself where it has a tSNR.
pub(super) fn rows(regions: &[Regions], outcome: &Outcome, work: &Work) -> Vec<Row> {
    let names = run_names(&work.prepared.session);
    let all = (ALL_RUNS, in_file_order(&outcome.maps.tsnr));
    let each = names.iter().zip(&outcome.maps.runs);
    let each = each.map(|(name, map)| (name.as_str(), in_file_order(map)));
    let maps: Vec<(&str, &[f64])> = std::iter::once(all).chain(each).collect();
    let mask = outcome.mask.as_ref().map(|it| &it.mask);
    regions.iter().flat_map(|it| atlas::table(it, &maps, mask)).collect()
}

/// The runs' names, or the files' where a name would not tell.
fn run_names(session: &Session) -> Vec<String> {
    let names: Vec<String> = session.runs().iter().map(|run| run.name()).collect();
    let is_telling = |name: &String| {
        name != ALL_RUNS && names.iter().filter(|other| *other == name).count() == 1
    };
    let runs = session.runs().iter().zip(&names);
    runs.map(|(run, name)| match is_telling(name) {
        true => name.clone(),
        false => run.path().display().to_string(),
    })
    .collect()
}

/// Writes the table where that was asked for.
pub(super) fn write(
    regions: &[Regions],
    outcome: &Outcome,
    work: &Work,
    talk: Talk,
    batch: &mut Batch,
) -> Result<()> {
    let Some(files) = &work.arguments.regions.table else { return Ok(()) };
    if outcome.maps.runs.is_empty() {
        talk.note(
            "a run is too short for a tSNR of its own: the table is of all runs together only",
        );
    }
    let mask = outcome.mask.as_ref().map(|it| &it.mask);
    let shape = work.prepared.session.geometry().shape;
    let rows = rows(&or_whole(regions, shape, mask), outcome, work);
    write_table(files, &atlas::tsv(&rows), &atlas::sidecar("tSNR"), batch)
}

/// Writes a table and what describes it.
pub(super) fn write_table(
    TableName { table, sidecar }: &TableName,
    rows: &str,
    description: &str,
    batch: &mut Batch,
) -> Result<()> {
    batch.write(table, |to| to.write_all(rows.as_bytes()))?;
    batch.write(sidecar, |to| to.write_all(description.as_bytes()))
}

/// The regions that were asked for as the page about the session shows them; none if none were.
pub(super) fn of_report(regions: &[Regions], outcome: &Outcome, work: &Work) -> Vec<facts::Region> {
    let region = |row: Row| {
        let distribution = row.summary.distribution;
        let [_, q25, q75, _] = distribution.map_or([f64::NAN; 4], |it| it.quantiles);
        facts::Region {
            name: row.name,
            run: row.run,
            voxels: row.summary.voxels - row.summary.undefined,
            median: distribution.map_or(f64::NAN, |it| it.median),
            q25,
            q75,
        }
    };
    rows(regions, outcome, work).into_iter().map(region).collect()
}
