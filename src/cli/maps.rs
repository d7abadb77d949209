//! The maps as files.

use super::arguments::RUN_PLACE;
use super::outcome::{NamedMask, Outcome, Work};
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::image::{Encoding, Extension, MapHeader, write_map};
use crate::maps::{Extent, MapKind};
use crate::output::Batch;
use std::path::{Path, PathBuf};

/// The header that the maps share, without extensions that speak of the run.
pub(super) fn header(work: &Work, talk: Talk) -> Result<MapHeader> {
    let image = work.prepared.session.first_image();
    let (extensions, is_damaged) = image.extensions()?;
    let (dropped, kept): (Vec<_>, Vec<_>) = extensions
        .into_iter()
        .partition(|extension| extension.describes_the_time_course().is_some());
    for owner in dropped.iter().filter_map(Extension::describes_the_time_course) {
        talk.note(format_args!(
            "{}: its {owner} header extension describes the run and is not copied to the map",
            image.path.display()
        ));
    }
    if is_damaged {
        talk.note(format_args!(
            "{}: a damaged header extension is not copied to the map",
            image.path.display()
        ));
    }
    Ok(MapHeader::new(&image.header, kept, work.arguments.dtype.into()))
}

/// The files of a map, the number of the run in each: one, or one for each run.
pub(super) fn files(path: &Path, kind: MapKind, runs: usize) -> Vec<PathBuf> {
    let name = path.to_string_lossy();
    match kind {
        MapKind { extent: Extent::EachRun, .. } if name.contains(RUN_PLACE) => {
            (1..=runs).map(|run| name.replace(RUN_PLACE, &run.to_string()).into()).collect()
        }
        _ => vec![path.to_owned()],
    }
}

/// Refuses one file for the maps of several runs.
pub(super) fn check_names(work: &Work) -> Result<()> {
    let runs = work.prepared.runs.len();
    for (path, kind) in work.arguments.outputs() {
        if kind.extent == Extent::EachRun && files(path, kind, runs).len() != runs {
            return Err(Error::usage(format!("one file for the maps of {runs} runs"))
                .remedy(format!("write {RUN_PLACE} where the number of the run is to stand"))
                .at(path));
        }
    }
    Ok(())
}

/// Writes all maps that were asked for.
pub(super) fn write(
    outcome: &Outcome,
    header: &MapHeader,
    work: &Work,
    batch: &mut Batch,
) -> Result<()> {
    let runs = work.prepared.runs.len();
    for (path, kind) in work.arguments.outputs() {
        let description = work.chosen.description(kind, work.prepared, work.request);
        let header = header.named(kind.title, &description);
        for (file, map) in files(path, kind, runs).iter().zip(outcome.maps.of_kind(kind)) {
            let values = outcome.maps.written(map, work.chosen.undefined);
            write_one(file, &header, values, batch)?;
        }
    }
    let Some(path) = &work.arguments.mask_out else { return Ok(()) };
    let NamedMask { mask, name, .. } = outcome.mask.as_ref().expect("a mask was asked for");
    let inside = mask.inside().iter().map(|&inside| f64::from(u8::from(inside)));
    let header = header.named("mask", &format!("tsnr {}: mask {name}", env!("CARGO_PKG_VERSION")));
    write_one(path, &header, inside, batch)
}

fn write_one(
    path: &Path,
    header: &MapHeader,
    values: impl ExactSizeIterator<Item = f64>,
    batch: &mut Batch,
) -> Result<()> {
    let encoding = Encoding::of_output_name(path).expect("the arguments were checked");
    batch.write(path, |to| write_map(to, encoding, header, values))
}
