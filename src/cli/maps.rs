//! The maps as files.

use super::arguments::{MapKind, RUN_PLACE};
use super::outcome::{NamedMask, Outcome, Work};
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::formats::{Encoding, Keep, MapFile, MapSink};
use crate::output::Batch;
use ndarray::Array3;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What writes the maps, beside what they share with the first image.
pub(super) fn sink(work: &Work, talk: Talk) -> Result<Arc<dyn MapSink>> {
    let image = work.prepared.session.first_image();
    let sink = image.map_sink(Keep::Extensions)?;
    for what in sink.left_out() {
        talk.note(format_args!("{}: {what}", image.path().display()));
    }
    Ok(sink)
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
    sink: &dyn MapSink,
    work: &Work,
    batch: &mut Batch,
) -> Result<()> {
    let runs = work.prepared.runs.len();
    for (path, kind) in work.arguments.outputs() {
        let description = work.chosen.description(kind, work.prepared, work.request);
        for (file, map) in files(path, kind, runs).iter().zip(maps(outcome, kind, work)) {
            write_one(file, sink, (kind.name(), &description), &map, work, batch)?;
        }
    }
    let Some(path) = &work.arguments.mask_out else { return Ok(()) };
    let NamedMask { mask, name, .. } = outcome.mask.as_ref().expect("a mask was asked for");
    let inside = mask.inside().iter().map(|&inside| f64::from(u8::from(inside))).collect();
    let description = format!("tsnr {}: mask {name}", env!("CARGO_PKG_VERSION"));
    let [x, y, z] = mask.shape();
    let map = Array3::from_shape_vec(ndarray::ShapeBuilder::f((x, y, z)), inside);
    let map = map.expect("the mask's own shape");
    write_one(path, sink, ("mask", &description), &map, work, batch)
}

fn write_one(
    path: &Path,
    sink: &dyn MapSink,
    (name, description): (&str, &str),
    map: &Array3<f64>,
    work: &Work,
    batch: &mut Batch,
) -> Result<()> {
    let encoding = Encoding::of_output_name(path).expect("the arguments were checked");
    let file = MapFile {
        name: name.to_owned(),
        description: description.to_owned(),
        ..MapFile::new(encoding, work.arguments.dtype.into())
    };
    let written = |value: f64| work.chosen.undefined.written(value);
    batch.write(path, |to| sink.write(to, map, &written, &file))
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
