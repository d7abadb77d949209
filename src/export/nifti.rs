//! The maps as images, with the geometry of the first run and the definition in their header.

use super::{Context, sentence};
use crate::formats::{Encoding, MapFile};
use crate::maps::MapKind;
use crate::recipe::{RecordedDefinition, Regressors, SCHEMA};
use crate::record::Record;
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

/// Writes a map of a record as an image; of a map for each run, that of the run of this number.
///
/// # Errors
/// Those of writing `to`.
///
/// # Panics
/// If the record does not have the map: its recipe did not ask for it.
pub fn write(
    record: &Record,
    kind: MapKind,
    run: usize,
    encoding: Encoding,
    context: &Context,
    to: &mut dyn Write,
) -> io::Result<()> {
    let map = record.maps.of_kind(kind).nth(run).expect("a map that was asked for");
    let description = sentence::description(record, kind);
    let file = file(record, kind.name, [kind.title, &description], encoding, context);
    let mut values = record.maps.written(map, record.definition.undefined);
    record.sink.write(to, &mut values, &file)
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
    let file = file(record, "mask", ["mask", &description], encoding, context);
    record.sink.write(to, &mut inside, &file)
}

/// The file of a map: what it is called, and the definition, which stands before what is kept of the
/// first image.
fn file(
    record: &Record,
    map: &str,
    [title, description]: [&str; 2],
    encoding: Encoding,
    context: &Context,
) -> MapFile {
    MapFile {
        name: title.to_owned(),
        description: description.to_owned(),
        notes: vec![recorded(record, map).to_text()],
        format: context.format,
        ..MapFile::new(encoding, context.precision)
    }
}
