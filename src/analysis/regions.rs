//! The regions of a recipe, read from their files, and the rows of what the maps are like in them.

use crate::error::{Error, Result};
use crate::formats::{Geometry, Source};
use crate::maps::{Maps, RUN_TSNR};
use crate::pipeline::{Beside, OffGrid, on_grid_of};
use crate::recipe::RegionChoice;
use crate::record::Tissue;
use crate::regions::{self, LabelNames, Mask, Region, Regions, Row};
use crate::runs::Session;
use std::borrow::Cow;
use std::path::Path;

/// The name of all runs together, where a run has its name.
const ALL_RUNS: &str = "all";

/// The regions that were chosen; `beside` is told of images that lie elsewhere in space.
///
/// # Errors
/// A file that cannot be read or understood, or is on another grid.
pub(super) fn regions_of(
    choice: &RegionChoice,
    session: &Session,
    off_grid: OffGrid,
    beside: &mut Beside,
) -> Result<Vec<Regions>> {
    let image = &**session.first_image();
    let shape = image.geometry().shape;
    let mut regions = Vec::new();
    if let Some(atlas) = &choice.atlas {
        let labels = choice.atlas_labels.as_deref();
        regions.push(atlas_on_grid(atlas, labels, image, off_grid, beside)?);
    }
    let mut tissues = Regions::none(shape);
    for (name, file) in &choice.tissues {
        let before = beside.resampled.len();
        let (values, _) = on_grid_of(file, "tissue", image, off_grid, beside)?;
        let (threshold, is_resampled) = (choice.tissue_threshold, beside.resampled.len() > before);
        let voxels = tissues.add_probable(name, &values, threshold);
        if voxels.map_err(|error| error.at(file))? == 0 {
            let (place, remedy) = match is_resampled {
                true => {
                    ("on the grid of the runs ", "check that it is of the same subject and space")
                }
                false => ("", "give a lower threshold, or another image"),
            };
            let problem = format!("the tissue is empty: {place}no voxel is {threshold} or more");
            return Err(Error::mismatch(problem).remedy(remedy).at(file));
        }
    }
    if !choice.tissues.is_empty() {
        regions.push(tissues);
    }
    regions.extend(structures_of(image.geometry()));
    if choice.by_slice {
        regions.push(Regions::slices(shape));
    }
    Ok(regions)
}

/// The structures of points that lie on no grid, as regions, or all points where no structure is said; none
/// of a grid.
pub fn structures_of(geometry: &Geometry) -> Option<Regions> {
    let points = geometry.points.as_ref()?;
    let structures = points.structures.iter().map(|it| (it.name.as_str(), it.rows.clone()));
    let all = points.structures.is_empty().then(|| (points.kind.in_words(), 0..points.count));
    Some(Regions::of_ranges(geometry.shape, structures.chain(all)))
}

/// The tissues among the regions of a choice, with the numbers of their voxels among `places`, which
/// ascend.
pub(super) fn tissues(choice: &RegionChoice, regions: &[Regions], places: &[usize]) -> Vec<Tissue> {
    if choice.tissues.is_empty() {
        return Vec::new();
    }
    let before = usize::from(choice.atlas.is_some());
    let tissue = |region: &Region| Tissue {
        name: region.name.clone(),
        sampled: (0..places.len())
            .filter(|&it| region.voxels.binary_search(&places[it]).is_ok())
            .collect(),
    };
    regions[before].iter().map(tissue).collect()
}

/// The regions of an atlas on the grid of an image; `beside` is told if the atlas lies elsewhere
/// in space.
///
/// # Errors
/// A file that cannot be read or understood, or is on another grid; no region in it.
pub fn atlas_on_grid(
    atlas: &Path,
    labels: Option<&Path>,
    grid_of: &dyn Source,
    off_grid: OffGrid,
    beside: &mut Beside,
) -> Result<Regions> {
    let before = beside.resampled.len();
    let (values, image) = on_grid_of(atlas, "atlas", grid_of, off_grid, beside)?;
    let names = match labels {
        Some(labels) => LabelNames::read(labels)?,
        None => image.label_names().into_iter().collect(),
    };
    let regions = Regions::labelled(grid_of.geometry().shape, &values, &names);
    let regions = regions.map_err(|error| error.at(atlas))?;
    if regions.iter().all(|region| region.voxels.is_empty()) {
        let (problem, remedy) = match beside.resampled.len() > before {
            true => (
                "the atlas is empty: on the grid of the runs no region has a voxel",
                "check that it is of the same subject and space",
            ),
            false => (
                "the atlas is empty: every voxel is 0",
                "give an image that holds the number of a region in each of its voxels",
            ),
        };
        return Err(Error::mismatch(problem).remedy(remedy).at(atlas));
    }
    Ok(regions)
}

/// The regions, or where there is none the mask or the whole grid as one.
pub fn or_whole<'a>(
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

/// A row for each region, all runs together and each run by itself where it has a tSNR.
pub(super) fn rows(
    regions: &[Regions],
    maps: &Maps,
    runs: &[(String, String)],
    mask: Option<&Mask>,
) -> Vec<Row> {
    let shape = maps.shape();
    let names = telling_names(runs);
    let all = (ALL_RUNS, maps.tsnr());
    let each = names.iter().zip(maps.of_kind(RUN_TSNR));
    let each = each.map(|(name, map)| (name.as_str(), map.values()));
    let maps: Vec<(&str, &[f64])> = std::iter::once(all).chain(each).collect();
    let regions = or_whole(regions, shape, mask);
    regions.iter().flat_map(|it| regions::table(it, &maps, mask)).collect()
}

/// The runs' names, or the paths of their files where a name would not tell.
fn telling_names(runs: &[(String, String)]) -> Vec<String> {
    let mut counts = std::collections::HashMap::new();
    for (name, _) in runs {
        *counts.entry(name.as_str()).or_insert(0) += 1;
    }
    let is_telling = |name: &String| name != ALL_RUNS && counts[name.as_str()] == 1;
    let name = |(name, path): &(String, String)| {
        if is_telling(name) { name.clone() } else { path.clone() }
    };
    runs.iter().map(name).collect()
}
