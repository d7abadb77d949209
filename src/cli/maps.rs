//! The maps as files.

use super::arguments::{MapKind, RUN_PLACE};
use super::outcome::{NamedMask, Outcome, Work};
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::image::{Encoding, Extension, MapHeader, write_map};
use crate::output::Batch;
use ndarray::Array3;
use std::borrow::Cow;
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
        MapKind::RunTsnr if name.contains(RUN_PLACE) => {
            (1..=runs).map(|run| name.replace(RUN_PLACE, &run.to_string()).into()).collect()
        }
        _ => vec![path.to_owned()],
    }
}

/// Refuses one file for the maps of several runs.
pub(super) fn check_names(work: &Work) -> Result<()> {
    let runs = work.prepared.runs.len();
    for (path, kind) in work.arguments.outputs() {
        if kind == MapKind::RunTsnr && files(path, kind, runs).len() != runs {
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
        let header = header.named(kind.name(), &description);
        for (file, map) in files(path, kind, runs).iter().zip(maps(outcome, kind, work)) {
            write_one(file, &header, &map, work, batch)?;
        }
    }
    let Some(path) = &work.arguments.mask_out else { return Ok(()) };
    let NamedMask { mask, name, .. } = outcome.mask.as_ref().expect("a mask was asked for");
    let inside = mask.inside().iter().map(|&inside| f64::from(u8::from(inside))).collect();
    let header = header.named("mask", &format!("tsnr {}: mask {name}", env!("CARGO_PKG_VERSION")));
    let [x, y, z] = mask.shape();
    let map = Array3::from_shape_vec(ndarray::ShapeBuilder::f((x, y, z)), inside);
    write_one(path, &header, &map.expect("the mask's own shape"), work, batch)
}

fn write_one(
    path: &Path,
    header: &MapHeader,
    map: &Array3<f64>,
    work: &Work,
    batch: &mut Batch,
) -> Result<()> {
    let encoding = Encoding::of_output_name(path).expect("the arguments were checked");
    let written = |value: f64| work.chosen.undefined.written(value);
    batch.write(path, |to| write_map(to, encoding, header, map, written))
}

/// The maps of a kind, in the order of their files.
fn maps<'a>(outcome: &'a Outcome, kind: MapKind, work: &Work) -> Vec<Cow<'a, Array3<f64>>> {
    let made = |map: &'a Option<Array3<f64>>| {
        vec![Cow::Borrowed(map.as_ref().expect("a map that was asked for"))]
    };
    let maps = &outcome.maps;
    let of_tsnr = |value: &dyn Fn(f64) -> f64| vec![Cow::Owned(maps.tsnr.mapv(value))];
    let volumes = work.prepared.model.volumes() as f64;
    match kind {
        MapKind::Tsnr => vec![Cow::Borrowed(&maps.tsnr)],
        MapKind::Mean => made(&maps.mean),
        MapKind::Std => made(&maps.std),
        MapKind::RunTsnr => maps.runs.iter().map(Cow::Borrowed).collect(),
        MapKind::Between => match &maps.between {
            Some(_) => made(&maps.between),
            // Of a single run nothing lies between runs.
            None => of_tsnr(&|tsnr| if tsnr.is_nan() { tsnr } else { 0.0 }),
        },
        MapKind::Volumes => of_tsnr(&|tsnr| if tsnr.is_nan() { tsnr } else { volumes }),
        MapKind::Stderr => of_tsnr(&|tsnr| {
            if tsnr.is_nan() { tsnr } else { ((1.0 + tsnr * tsnr / 2.0) / volumes).sqrt() }
        }),
    }
}
