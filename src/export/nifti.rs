//! The maps as images, with the geometry of the first run and the definition in their header.

use super::{Context, sentence};
use crate::formats::{Encoding, MapFile};
use crate::recipe::{RecordedDefinition, Regressors, SCHEMA};
use crate::record::Record;
use crate::stats::definition::Sign;
use ndarray::{Array3, ShapeBuilder};
use std::borrow::Cow;
use std::io::{self, Write};

/// One of the maps that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MapKind {
    Tsnr,
    Mean,
    Std,
    RunTsnr,
    Between,
    Volumes,
    Stderr,
}

impl MapKind {
    /// All of them.
    pub const ALL: [MapKind; 7] = [
        MapKind::Tsnr,
        MapKind::Mean,
        MapKind::Std,
        MapKind::RunTsnr,
        MapKind::Between,
        MapKind::Volumes,
        MapKind::Stderr,
    ];

    /// The name of the map as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            MapKind::Tsnr => "tsnr",
            MapKind::Mean => "mean",
            MapKind::Std => "std",
            MapKind::RunTsnr => "run-tsnr",
            MapKind::Between => "between",
            MapKind::Volumes => "volumes",
            MapKind::Stderr => "stderr",
        }
    }

    fn title(self) -> &'static str {
        match self {
            MapKind::Tsnr => "tSNR",
            MapKind::Mean => "mean",
            MapKind::Std => "std",
            MapKind::RunTsnr => "run tSNR",
            MapKind::Between => "between runs",
            MapKind::Volumes => "volumes used",
            MapKind::Stderr => "stderr of tSNR",
        }
    }

    fn has_ddof(self) -> bool {
        matches!(self, MapKind::Tsnr | MapKind::RunTsnr | MapKind::Std | MapKind::Stderr)
    }

    fn has_mean(self) -> bool {
        matches!(self, MapKind::Tsnr | MapKind::RunTsnr | MapKind::Mean | MapKind::Stderr)
    }

    pub(super) fn formula(self, sign: Sign) -> &'static str {
        match (self, sign) {
            (MapKind::Tsnr | MapKind::RunTsnr, Sign::Signed) => "mean/std",
            (MapKind::Tsnr | MapKind::RunTsnr, Sign::Absolute) => "|mean|/std",
            (MapKind::Mean, _) => "mean",
            (MapKind::Std, _) => "std",
            (MapKind::Between, _) => "share between runs",
            (MapKind::Volumes, _) => "volumes used",
            (MapKind::Stderr, _) => "stderr",
        }
    }
}

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
        mask: record
            .mask
            .as_ref()
            .map(|it| if it.is_automatic { "auto" } else { "file" }.to_owned()),
        tr_seconds,
    }
}

/// How many files a map has: one, or one for each run.
pub fn files_of(record: &Record, kind: MapKind) -> usize {
    if kind == MapKind::RunTsnr { record.runs.len() } else { 1 }
}

/// Writes a map of a record as an image; of a map for each run, that of the run of this number.
///
/// # Errors
/// Those of writing `to`.
///
/// # Panics
/// If the record does not have the map.
pub fn write(
    record: &Record,
    kind: MapKind,
    run: usize,
    encoding: Encoding,
    context: &Context,
    to: &mut dyn Write,
) -> io::Result<()> {
    let maps = &record.maps;
    let volumes = record.volumes_used as f64;
    let made = |map: &'_ Option<Array3<f64>>| map.clone().expect("a map that was asked for");
    let of_tsnr = |value: &dyn Fn(f64) -> f64| Cow::Owned(maps.tsnr.mapv(value));
    let map: Cow<Array3<f64>> = match kind {
        MapKind::Tsnr => Cow::Borrowed(&maps.tsnr),
        MapKind::Mean => Cow::Owned(made(&maps.mean)),
        MapKind::Std => Cow::Owned(made(&maps.std)),
        MapKind::RunTsnr => Cow::Borrowed(&maps.runs[run]),
        MapKind::Between => match &maps.between {
            Some(between) => Cow::Borrowed(between),
            // Of a single run nothing lies between runs.
            None => of_tsnr(&|tsnr| if tsnr.is_nan() { tsnr } else { 0.0 }),
        },
        MapKind::Volumes => of_tsnr(&|tsnr| if tsnr.is_nan() { tsnr } else { volumes }),
        MapKind::Stderr => of_tsnr(&|tsnr| {
            if tsnr.is_nan() { tsnr } else { ((1.0 + tsnr * tsnr / 2.0) / volumes).sqrt() }
        }),
    };
    let formula = kind.formula(record.definition.formula.sign);
    let description = sentence::description(record, formula, kind.has_ddof(), kind.has_mean());
    let file = file(record, kind.name(), [kind.title(), &description], encoding, context);
    let undefined = record.definition.undefined;
    record.sink.write(to, &map, &|value| undefined.written(value), &file)
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
    let inside = mask.mask.inside().iter().map(|&inside| f64::from(u8::from(inside))).collect();
    // Another mask file may have any name.
    let name = if mask.is_automatic { mask.name.as_str() } else { "from a file" };
    let description = format!("tsnr {}: mask {name}", record.provenance.version);
    let file = file(record, "mask", ["mask", &description], encoding, context);
    let [x, y, z] = mask.mask.shape();
    let map = Array3::from_shape_vec((x, y, z).f(), inside).expect("the mask's own shape");
    record.sink.write(to, &map, &|value| value, &file)
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
        ..MapFile::new(encoding, context.precision)
    }
}
