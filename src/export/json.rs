//! A record for programs: one JSON object of the schema `tsnr-run/2`, described in `docs/json.md`
//! and, field by field, in `docs/schemas/tsnr-run-2.json`. A number that is not finite is null.

use super::words::{grid, map_format};
use super::{Context, date, sentence};
use crate::findings::Finding;
use crate::findings::between_runs::BetweenRuns;
use crate::formats::{Geometry, Orientation};
use crate::nuisance::{Motion, Use};
use crate::quality::RunQuality;
use crate::recipe::TsnrDefinition;
use crate::record::{NamedMask, Record, RunRecord};
use crate::regions::Row;
use crate::stats::summary::Summary;
use serde::Serialize;
use std::path::PathBuf;

/// The name and version of the schema. Fields may be added without a new version; those that are
/// there keep their meaning within one.
pub const SCHEMA: &str = "tsnr-run/2";

/// The JSON of a record, indented.
pub fn text(record: &Record, context: &Context) -> String {
    let run = RunJson::new(record, context);
    let text = serde_json::to_string_pretty(&run).expect("plain data");
    text + "\n"
}

/// A page whose runs have more volumes in all embeds no value a volume: they would be most of it.
const MOST_EMBEDDED_VOLUMES: usize = 20_000;

/// The JSON of a record in one line, as a page embeds it: of a great many volumes without the values of
/// each.
pub(super) fn embedded(record: &Record, context: &Context) -> String {
    let mut of_record = RunJson::new(record, context);
    if record.volumes() > MOST_EMBEDDED_VOLUMES {
        for run in &mut of_record.runs {
            (run.global_signal, run.dvars) = (&[], Vec::new());
            (run.global_signal_in_mask, run.dvars_in_mask, run.motion) = (None, None, None);
        }
    }
    serde_json::to_string(&of_record).expect("plain data")
}

/// Everything that is known of a run of the program.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "tsnr-run/2"))]
struct RunJson<'a> {
    /// The name and version of the schema: `tsnr-run/2`.
    schema: &'static str,
    /// How it was computed.
    program: Program<'a>,
    /// The definition of the tSNR.
    definition: DefinitionJson<'a>,
    /// The grid of the maps.
    grid: GridJson,
    /// The runs that were used, in order.
    runs: Vec<RunOfJson<'a>>,
    /// How many volumes of all runs are in the maps.
    volumes_used: usize,
    /// Where the figures are from; null: everywhere.
    mask: Option<MaskJson<'a>>,
    /// The distribution of the tSNR over the voxels that have one.
    tsnr: SummaryJson,
    /// The tSNR in the brain as it is found in the mean, where no mask was asked for; null where one
    /// was, or none is found.
    brain: Option<BrainJson<'a>>,
    /// How many voxels have no tSNR, by the reason.
    undefined: UndefinedJson,
    /// Voxels with a sample at the limit of the stored integers, in the mask.
    voxels_at_limit: usize,
    /// The variance between runs; null where it is not known, or of a single run.
    between_runs: Option<BetweenJson>,
    /// A row for each region and run, where regions or a table were asked for.
    regions: Vec<RegionJson<'a>>,
    /// The findings, most of them with what to do.
    findings: &'a [Finding],
    /// The images that were written.
    written: Vec<String>,
    /// The tables that were written, and what describes them.
    tables: Vec<String>,
    /// The pages and pictures that were written.
    pictures: Vec<String>,
    /// The type of the values in the images: `float32` or `float64`.
    dtype: &'static str,
    /// The format of the images: `NIfTI-1`, `NIfTI-2` or `MGH`.
    format: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Program<'a> {
    /// `tsnr`.
    name: &'static str,
    /// The version of the program.
    version: &'a str,
    /// The command as it was typed; null if there was none, or the output is to be reproducible.
    command: Option<&'a [String]>,
    /// The time at which the analysis began, in UTC; null where the output is to be
    /// reproducible.
    date: Option<String>,
    /// `serial`, `delayed` or `array`.
    mode: &'static str,
    /// How many threads computed.
    threads: usize,
    /// How long the analysis took, in seconds, without writing; null where the output is to be
    /// reproducible.
    seconds: Option<f64>,
    /// The most memory that the process had held when the analysis ended, in bytes; null where the
    /// system does not tell, or the output is to be reproducible.
    peak_bytes: Option<u64>,
    /// The memory that was expected before, in bytes.
    predicted_bytes: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DefinitionJson<'a> {
    /// The tool whose definition it is; null if it is no tool's, or changed in any field.
    name: Option<&'static str>,
    /// The tool whose definition it began with, changed or not.
    based_on: Option<&'static str>,
    /// The definition in a line.
    in_words: String,
    /// The definition as a sentence for the methods section of a paper.
    sentence: String,
    /// The divisor of the sum of squares; null with `average` and `weighted`, where each run has its own.
    divisor: Option<f64>,
    /// The image that the mean was taken from.
    mean_from: Option<String>,
    #[serde(flatten)]
    definition: &'a TsnrDefinition,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::export) struct GridJson {
    /// Voxels along x, y, z.
    shape: [usize; 3],
    /// The sizes of a voxel along x, y, z, in `spatial_unit`.
    voxel_sizes: [f32; 3],
    /// `mm`, `m`, `um` or `an unknown unit`.
    spatial_unit: String,
    /// Where the voxel axes lead, as three letters: `RAS`; null where the header does not say.
    orientation: Option<String>,
    /// The affine from voxel indexes to space, in `spatial_unit`: four rows.
    affine: [[f64; 4]; 4],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RunOfJson<'a> {
    /// The first file's name, without folder and ending.
    name: &'a str,
    /// One file, or the volumes of a series of three-dimensional ones.
    files: Vec<FileJson>,
    /// The repetition time by its header, in seconds.
    tr_seconds: Option<f64>,
    /// How many volumes it has.
    volumes: usize,
    /// How many of them are in the maps.
    used: usize,
    /// Volumes left out as not yet steady, from 0.
    dummies: Vec<usize>,
    /// Volumes left out by a list or threshold, with their neighbours.
    censored: Vec<usize>,
    /// Volumes outside the chosen part.
    not_chosen: Vec<usize>,
    /// The regressors that were fitted to the run by itself, beside its mean.
    regressors: &'a [String],
    /// The regressors among them that add nothing: constant, or made up of others.
    dependent_regressors: &'a [String],
    /// A hash of the voxels as they are stored, in 16 hexadecimal digits: equal for equal data,
    /// whatever header or compression they have.
    data_xxh3: Option<String>,
    /// The median tSNR of the run by itself.
    median_tsnr: Option<f64>,
    /// Likewise in the brain; null where a mask was asked for, or no brain was found.
    brain_median_tsnr: Option<f64>,
    /// The mean over the whole grid of each volume, in the units of the data.
    global_signal: &'a [f64],
    /// The root mean square over the whole grid of the change from the volume before; null for the
    /// first of each file.
    dvars: Vec<Option<f64>>,
    /// The global signal over the mask; null where no mask was given in a file.
    global_signal_in_mask: Option<&'a [f64]>,
    /// The DVARS over the mask; null where no mask was given in a file.
    dvars_in_mask: Option<Vec<Option<f64>>>,
    /// Standardised DVARS over a sample of voxels; null for volumes that are left out, those behind
    /// them, and the first of each file. Null where it could not be computed.
    std_dvars: Option<Vec<Option<f64>>>,
    /// How the head moved, if a table of the run says so.
    motion: Option<MotionJson<'a>>,
}

/// The motion of a head: a value for each volume, used or not.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MotionJson<'a> {
    /// Framewise displacement (Power et al. 2012) in mm; null for the first volume.
    framewise_displacement: Vec<Option<f64>>,
    /// Translations along x, y, z in mm; null if the table has not all six parameters.
    translations: Option<&'a [Vec<f64>]>,
    /// Rotations about x, y, z in radians; null with the translations.
    rotations: Option<&'a [Vec<f64>]>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FileJson {
    /// The path as it was given.
    path: String,
    /// The size of the file, in bytes; of both halves of a pair.
    bytes: u64,
    /// Its format: `NIfTI-1`, ...
    format: &'static str,
    /// How samples are stored: `int16`, ...
    datatype: String,
    /// Value = slope * stored + intercept.
    slope: f64,
    /// The intercept of the scaling, in the units of the data.
    intercept: f64,
    /// SHA-256 of its header, in hexadecimal.
    header_sha256: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct MaskJson<'a> {
    /// The file, or how it was made.
    name: &'a str,
    /// How many voxels are inside.
    voxels: usize,
    /// The value from which on voxels of the file are inside; null: what is not 0.
    threshold: Option<f64>,
    /// Whether the file was resampled to the grid, each voxel from the nearest one.
    resampled: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BrainJson<'a> {
    /// Where the figures are from.
    mask: MaskJson<'a>,
    /// The distribution of the tSNR over its voxels that have one.
    tsnr: SummaryJson,
}

/// Figures of some values: numbers, or null where there is none.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SummaryJson {
    /// How many values there are.
    voxels: usize,
    /// The arithmetic mean of the defined values.
    mean: Option<f64>,
    /// The median of the defined values, as `numpy.median`.
    median: Option<f64>,
    /// The quantile 0.05, as `numpy.quantile`.
    q05: Option<f64>,
    /// The quantile 0.25.
    q25: Option<f64>,
    /// The quantile 0.75.
    q75: Option<f64>,
    /// The quantile 0.95.
    q95: Option<f64>,
}

impl From<&Summary> for SummaryJson {
    fn from(summary: &Summary) -> SummaryJson {
        let it = summary.distribution;
        let quantile = |number: usize| it.map(|it| it.quantiles[number]);
        SummaryJson {
            voxels: summary.voxels - summary.undefined,
            mean: it.map(|it| it.mean),
            median: it.map(|it| it.median),
            q05: quantile(0),
            q25: quantile(1),
            q75: quantile(2),
            q95: quantile(3),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UndefinedJson {
    /// Voxels that are 0 in every used volume.
    always_zero: usize,
    /// Voxels that have one other value in every used volume.
    constant: usize,
    /// Voxels with samples that are NaN or infinite, or in float64 too large to be squared (above 1e150).
    not_finite: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BetweenJson {
    /// The median over voxels of the share of variance that lies between runs, 0 to 1.
    share_of_variance: f64,
    /// The median tSNR of the runs concatenated as they are.
    concat_median: f64,
    /// The median tSNR of the same runs, each without its own mean.
    demean_median: f64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RegionJson<'a> {
    /// The number of the region: its label, slice, or place.
    index: i64,
    /// The name of the region.
    name: &'a str,
    /// The run, or `all`.
    run: &'a str,
    #[serde(flatten)]
    summary: SummaryJson,
    /// Voxels of the region that have no tSNR.
    undefined: usize,
}

impl<'a> RunJson<'a> {
    fn new(record: &'a Record, context: &'a Context) -> RunJson<'a> {
        let (provenance, definition) = (&record.provenance, &record.definition);
        let timed = !context.is_reproducible;
        let paths = |paths: &[PathBuf]| written(paths, context);
        RunJson {
            schema: SCHEMA,
            program: Program {
                name: "tsnr",
                version: provenance.version,
                command: (timed && !context.command.is_empty()).then_some(&context.command[..]),
                date: timed.then(|| date::date(provenance.began)),
                mode: provenance.mode.name(),
                threads: provenance.threads,
                seconds: timed.then_some(provenance.seconds),
                peak_bytes: provenance.peak_bytes.filter(|_| timed),
                predicted_bytes: provenance.predicted_bytes,
            },
            definition: DefinitionJson {
                name: definition.tool().map(|it| it.name()),
                based_on: definition.based_on.map(|it| it.name()),
                in_words: sentence::line(record),
                sentence: sentence::sentence(record),
                divisor: record.divisor,
                mean_from: record
                    .recipe
                    .definition
                    .mean_from
                    .as_ref()
                    .map(|it| it.display().to_string()),
                definition,
            },
            grid: (&record.geometry).into(),
            runs: record.runs.iter().zip(&record.quality.runs).map(run).collect(),
            volumes_used: record.volumes_used,
            mask: record.mask.as_ref().map(MaskJson::from),
            tsnr: record.summary().into(),
            brain: record.brain.as_ref().map(|brain| BrainJson {
                mask: MaskJson::from(&brain.mask),
                tsnr: (&brain.summary).into(),
            }),
            undefined: UndefinedJson {
                always_zero: record.counts.all_zero,
                constant: record.counts.constant,
                not_finite: record.counts.not_finite,
            },
            voxels_at_limit: record.at_limit.len(),
            between_runs: record.between_runs.map(between),
            regions: record.regions.iter().map(region).collect(),
            findings: &record.findings,
            written: paths(&context.images),
            tables: paths(&context.tables),
            pictures: paths(&context.pictures),
            dtype: context.precision.name(),
            format: map_format(record, context).name(),
        }
    }
}

/// The paths of outputs, unless outputs leave them out.
pub(super) fn written(paths: &[PathBuf], context: &Context) -> Vec<String> {
    match context.is_reproducible {
        true => Vec::new(),
        false => paths.iter().map(|it| it.display().to_string()).collect(),
    }
}

impl From<&Geometry> for GridJson {
    fn from(geometry: &Geometry) -> GridJson {
        let affine = geometry.affine.0;
        let is_known = geometry.orientation == Orientation::Known;
        GridJson {
            shape: geometry.shape,
            voxel_sizes: geometry.voxel_sizes,
            spatial_unit: geometry.unit.to_string(),
            orientation: is_known.then(|| grid(geometry).orientation().codes()),
            affine: [affine[0], affine[1], affine[2], [0.0, 0.0, 0.0, 1.0]],
        }
    }
}

impl<'a> From<&'a NamedMask> for MaskJson<'a> {
    fn from(mask: &'a NamedMask) -> MaskJson<'a> {
        MaskJson {
            name: &mask.name,
            voxels: mask.mask.count(),
            threshold: mask.threshold,
            resampled: mask.is_resampled,
        }
    }
}

fn run<'a>((run, quality): (&'a RunRecord, &RunQuality)) -> RunOfJson<'a> {
    let files = run.files.iter().map(|file| FileJson {
        path: file.path.display().to_string(),
        bytes: file.bytes,
        format: file.format,
        datatype: file.datatype.to_string(),
        slope: file.slope,
        intercept: file.intercept,
        header_sha256: file.header_sha256.clone(),
    });
    let finite = |values: &[f64]| -> Vec<Option<f64>> {
        values.iter().map(|&it| it.is_finite().then_some(it)).collect()
    };
    let in_mask = run.signals.in_mask.as_ref();
    RunOfJson {
        name: &run.name,
        files: files.collect(),
        tr_seconds: run.tr_seconds,
        volumes: run.uses.len(),
        used: run.count(Use::Used),
        dummies: run.volumes(Use::Dummy),
        censored: run.volumes(Use::Censored),
        not_chosen: run.volumes(Use::NotChosen),
        regressors: &run.regressors,
        dependent_regressors: &run.dependent_regressors,
        data_xxh3: run.data_hash.map(hexadecimal),
        median_tsnr: run.median_tsnr,
        brain_median_tsnr: run.brain_median_tsnr,
        global_signal: &run.signals.global,
        dvars: finite(&run.signals.dvars),
        global_signal_in_mask: in_mask.map(|it| it.global.as_slice()),
        dvars_in_mask: in_mask.map(|it| finite(&it.dvars)),
        std_dvars: quality.standardised_dvars.as_deref().map(finite),
        motion: run.motion.as_ref().map(|Motion { parameters, framewise_displacement }| {
            MotionJson {
                framewise_displacement: finite(framewise_displacement),
                translations: parameters.as_ref().map(|it| &it[..3]),
                rotations: parameters.as_ref().map(|it| &it[3..]),
            }
        }),
    }
}

/// A hash as JSON and the page write it.
pub(super) fn hexadecimal(hash: u64) -> String {
    format!("{hash:016x}")
}

fn between(between: BetweenRuns) -> BetweenJson {
    BetweenJson {
        share_of_variance: between.share,
        concat_median: between.concat_median,
        demean_median: between.demean_median,
    }
}

fn region(row: &Row) -> RegionJson<'_> {
    RegionJson {
        index: row.index,
        name: &row.name,
        run: &row.run,
        summary: (&row.summary).into(),
        undefined: row.summary.undefined,
    }
}

/// Holds a file of `docs/schemas` to the schema of the type that is written. With the variable
/// `TSNR_BLESS=1`, writes it.
#[cfg(test)]
pub(crate) fn assert_published<T: schemars::JsonSchema>(name: &str) {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let text = serde_json::to_string_pretty(&schema).expect("plain data") + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas").join(name);
    if std::env::var_os("TSNR_BLESS").is_some_and(|it| it == "1") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, &text).expect("the schema is written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    let says = format!("{name} is not the schema of what is written; TSNR_BLESS=1 writes it");
    assert!(published == text, "{says}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_is_that_of_what_is_written() {
        assert_published::<RunJson<'static>>("tsnr-run-2.json");
    }
}
