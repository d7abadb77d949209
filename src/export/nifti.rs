//! The maps as images, with the geometry of the first run and the definition in their header.

use super::words::{map_format, map_name};
use super::{Context, sentence};
use crate::formats::{Encoding, MapFile};
use crate::maps::{CV, Extent, MapKind, STD};
use crate::recipe::{RecordedDefinition, Regressors, SCHEMA};
use crate::record::{Record, short_names};
use crate::stats::formula::Ddof;
use std::io::{self, Write};

/// The definition of a map of a record, as its header has it.
pub fn recorded(record: &Record, map: &str) -> RecordedDefinition {
    let mut tr_seconds: Vec<f64> = record.runs.iter().filter_map(|run| run.tr_seconds).collect();
    tr_seconds.sort_by(f64::total_cmp);
    tr_seconds.dedup();
    RecordedDefinition {
        schema: SCHEMA.to_owned(),
        version: record.provenance.version.to_owned(),
        map: map.to_owned(),
        tool: record.definition.tool(),
        definition: record.definition.clone(),
        regressors: Regressors::of_runs(
            record.runs.iter().map(|run| run.regressors.clone()).collect(),
        ),
        runs: record.runs.len(),
        volumes: record.volumes_used,
        mask: record.mask.as_ref().map(|it| match (it.is_automatic, it.is_resampled) {
            (true, _) => "auto".to_owned(),
            (false, true) => "file, resampled".to_owned(),
            (false, false) => "file".to_owned(),
        }),
        tr_seconds,
    }
}

/// Writes maps of a record as an image, several only where the format holds them: each by its kind, and of a
/// map for each run by the number of the run.
///
/// # Errors
/// Those of writing `to`.
///
/// # Panics
/// If the record does not have a map: its recipe did not ask for it.
pub fn write(
    record: &Record,
    maps: &[(MapKind, usize)],
    encoding: Encoding,
    context: &Context,
    to: &mut dyn Write,
) -> io::Result<()> {
    let of_record = |&(kind, run): &(MapKind, usize)| {
        let map = record.maps.of_kind(kind).nth(run).expect("a map that was asked for");
        record.maps.written(map, record.definition.undefined)
    };
    let mut each: Vec<_> = maps.iter().map(of_record).collect();
    let (first, _) = maps[0];
    let file = MapFile {
        names: maps.iter().map(|&(kind, run)| name(record, kind, run, context)).collect(),
        description: sentence::description(record, first),
        notes: maps.iter().map(|(kind, _)| recorded(record, kind.name).to_text()).collect(),
        ..file(encoding, context)
    };
    if let [values] = &mut each[..] {
        return record.sink.write(to, values, &file);
    }
    let count = each.len();
    let mut values = (0..count * record.geometry.voxels())
        .map(|place| each[place % count].next().expect("a value for each voxel"));
    record.sink.write(to, &mut values, &file)
}

/// The name of a map in its file. Workbench calls a std by its divisor, and maps of several runs need names of
/// their own.
fn name(record: &Record, kind: MapKind, run: usize, context: &Context) -> String {
    let format = map_format(record, context);
    let is_workbenchs = format.is_workbenchs();
    let title = match (kind.name, record.definition.formula.ddof) {
        (name, Ddof::Fixed(0)) if is_workbenchs && name == STD.name => "stdev",
        (name, Ddof::Fixed(1)) if is_workbenchs && name == STD.name => "sampstdev",
        (name, Ddof::Fixed(1)) if is_workbenchs && name == CV.name => "cov",
        _ => kind.title,
    };
    let name = map_name(title, Some(format));
    match kind.extent == Extent::EachRun && record.runs.len() > 1 && format.holds_several_maps() {
        true => format!("{name} {}", short_names(&record.runs)[run]),
        false => name,
    }
}

/// Writes the mask of a record as an image: 1 inside, 0 outside.
///
/// # Errors
/// Those of writing `to`.
///
/// # Panics
/// If the record has no mask.
pub fn write_mask(
    record: &Record,
    encoding: Encoding,
    context: &Context,
    to: &mut dyn Write,
) -> io::Result<()> {
    let mask = record.mask.as_ref().expect("a record with a mask");
    let mut inside = mask.mask.inside().iter().map(|&inside| f64::from(u8::from(inside)));
    // Another mask file may have any name.
    let name = if mask.is_automatic { mask.name.as_str() } else { "from a file" };
    let description = format!("tsnr {}: mask {name}", record.provenance.version);
    let file = MapFile {
        names: vec![map_name("mask", Some(map_format(record, context)))],
        description,
        notes: vec![recorded(record, "mask").to_text()],
        ..file(encoding, context)
    };
    record.sink.write(to, &mut inside, &file)
}

/// A file of maps that nothing is said of.
fn file(encoding: Encoding, context: &Context) -> MapFile {
    MapFile { format: context.format, ..MapFile::new(encoding, context.precision) }
}
