//! A comparison for programs: one JSON object of the schema `tsnr-diff/2`, described in
//! `docs/regions.md` and, field by field, in `docs/schemas/tsnr-diff-2.json`.

use crate::diff::{DiffCounts, DiffRecord, DiffSide, PairedRegion};
use crate::export::json::{GridJson, MaskJson, SummaryJson, written};
use crate::export::{Context, date};
use crate::findings::Finding;
use crate::recipe::{FieldDifference, RecordedDefinition};
use crate::stats::summary::Summary;
use serde::Serialize;

/// The name and version of the schema. Fields may be added without a new version; those that are
/// there keep their meaning within one.
pub const SCHEMA: &str = "tsnr-diff/2";

/// The JSON of a comparison, indented.
pub fn text(record: &DiffRecord, context: &Context) -> String {
    let text = serde_json::to_string_pretty(&DiffJson::new(record, context)).expect("plain data");
    text + "\n"
}

/// The JSON of a comparison in one line, as a page embeds it.
pub(in crate::export) fn embedded(record: &DiffRecord, context: &Context) -> String {
    serde_json::to_string(&DiffJson::new(record, context)).expect("plain data")
}

/// Everything that is known of a comparison of two maps.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DiffJson<'a> {
    /// The name and version of the schema: `tsnr-diff/2`.
    schema: &'static str,
    /// How it was computed.
    program: Program<'a>,
    /// The first map, against which the second is held.
    a: SideJson<'a>,
    /// The second map.
    b: SideJson<'a>,
    /// The fields in which the recorded definitions differ; none where one of them is not known.
    differences: &'a [FieldDifference],
    /// The grid of the first map.
    grid: GridJson,
    /// Where the maps are looked at; null: everywhere.
    mask: Option<MaskJson<'a>>,
    /// Voxels in the mask, by which map has a value.
    voxels: VoxelsJson,
    /// The maps over the voxels that are compared.
    tsnr: PairedJson,
    /// The figures by region; without an atlas none.
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
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Program<'a> {
    /// `tsnr`.
    name: &'static str,
    /// The version of the program.
    version: &'a str,
    /// The command as it was typed; null if there was none, or with `--reproducible`.
    command: Option<&'a [String]>,
    /// The time at which the comparison began, in UTC; null with `--reproducible`.
    date: Option<String>,
    /// The most memory that the process had held when the comparison ended, in bytes; null where the
    /// system does not tell, or with `--reproducible`.
    peak_bytes: Option<u64>,
    /// The peak that was predicted, in bytes.
    predicted_bytes: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SideJson<'a> {
    /// The path as it was given.
    path: String,
    /// The name of the map.
    name: &'a str,
    /// The definition in the map's header; null if it records nothing that is known.
    definition: Option<&'a RecordedDefinition>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VoxelsJson {
    /// Voxels with a value in both maps, which are compared.
    compared: usize,
    /// Voxels with a value in neither map.
    neither: usize,
    /// Voxels with a value in the first map alone.
    only_a: usize,
    /// Voxels with a value in the second map alone.
    only_b: usize,
    /// Voxels of those compared in which the second map is higher.
    higher_in_b: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PairedJson {
    /// The first map.
    a: SummaryJson,
    /// The second map.
    b: SummaryJson,
    /// `B - A`, voxel by voxel.
    difference: SummaryJson,
    /// `B / A`, voxel by voxel.
    ratio: SummaryJson,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RegionJson<'a> {
    /// The label of the region.
    index: i64,
    /// The name of the region.
    name: &'a str,
    /// How many voxels it has, in the mask.
    voxels: usize,
    #[serde(flatten)]
    maps: PairedJson,
}

impl<'a> DiffJson<'a> {
    fn new(record: &'a DiffRecord, context: &'a Context) -> DiffJson<'a> {
        let timed = !context.is_reproducible;
        let DiffCounts { both, only_a, only_b, .. } = record.counts;
        DiffJson {
            schema: SCHEMA,
            program: Program {
                name: "tsnr",
                version: record.provenance.version,
                command: (timed && !context.command.is_empty()).then_some(&context.command[..]),
                date: timed.then(|| date::date(record.provenance.began)),
                peak_bytes: record.provenance.peak_bytes.filter(|_| timed),
                predicted_bytes: record.provenance.predicted_bytes,
            },
            a: side(&record.a),
            b: side(&record.b),
            differences: &record.differences,
            grid: (&record.geometry).into(),
            mask: record.mask.as_ref().map(MaskJson::from),
            voxels: VoxelsJson {
                compared: both,
                neither: record.counts.neither(),
                only_a,
                only_b,
                higher_in_b: record.pairs.higher_count(),
            },
            tsnr: paired(&record.whole.summaries),
            regions: record.regions.iter().map(region).collect(),
            findings: &record.findings,
            written: written(&context.images, context),
            tables: written(&context.tables, context),
            pictures: written(&context.pictures, context),
            dtype: context.precision.name(),
        }
    }
}

fn side(side: &DiffSide) -> SideJson<'_> {
    SideJson {
        path: side.path.display().to_string(),
        name: &side.name,
        definition: side.definition.as_ref(),
    }
}

fn paired([a, b, difference, ratio]: &[Summary; 4]) -> PairedJson {
    PairedJson { a: a.into(), b: b.into(), difference: difference.into(), ratio: ratio.into() }
}

fn region(region: &PairedRegion) -> RegionJson<'_> {
    RegionJson {
        index: region.index,
        name: &region.name,
        voxels: region.summaries[0].voxels,
        maps: paired(&region.summaries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::tests::{record, record_of, recorded};
    use crate::export::json::assert_published;
    use serde_json::{Value, json};

    fn value(record: &DiffRecord, context: &Context) -> Value {
        serde_json::from_str(&text(record, context)).unwrap()
    }

    #[test]
    fn what_is_known_stands_in_one_object() {
        let a = recorded(|_| ());
        let b = recorded(|it| it.definition.detrend = Some(1));
        let mut context = Context::new();
        context.command = ["tsnr", "diff"].map(str::to_owned).into();
        context.images = vec!["ratio.nii".into()];
        let said = value(&record([Some(&a), Some(&b)]), &context);
        assert_eq!(said["schema"], "tsnr-diff/2");
        assert_eq!(said["program"]["command"], json!(["tsnr", "diff"]));
        assert!(said["program"]["date"].as_str().unwrap().ends_with(" UTC"));
        assert_eq!(said["a"]["definition"]["definition"]["polynomial_order"], 0);
        let differs = json!([{
            "field": "polynomial_order", "a": 0, "b": 1, "changes_meaning": true
        }, {
            "field": "trend_through", "a": null, "b": "each run", "changes_meaning": true
        }]);
        assert_eq!(said["differences"], differs);
        assert_eq!(said["grid"]["shape"], json!([5, 4, 3]));
        let voxels = json!({
            "compared": 60, "neither": 0, "only_a": 0, "only_b": 0, "higher_in_b": 60
        });
        assert_eq!(said["voxels"], voxels);
        // numpy 2.4.6: np.median(np.arange(1, 61)), and of a ratio of 2 everywhere.
        assert_eq!(said["tsnr"]["difference"]["median"], 30.5);
        assert_eq!(said["tsnr"]["ratio"]["q95"], 2.0);
        assert_eq!(said["findings"][0]["name"], "definitions-differ");
        assert_eq!(said["findings"][0]["severity"], "warning");
        assert_eq!((&said["mask"], &said["regions"]), (&json!(null), &json!([])));
        assert_eq!(said["written"], json!(["ratio.nii"]));
    }

    #[test]
    fn what_differs_from_run_to_run_can_be_left_out() {
        let mut context = Context::new();
        context.command = vec!["tsnr".to_owned()];
        context.images = vec!["ratio.nii".into()];
        context.is_reproducible = true;
        let said = value(&record([None, None]), &context);
        assert_eq!([&said["program"]["command"], &said["program"]["date"]], [&json!(null); 2]);
        assert_eq!(said["written"], json!([]));
        assert_eq!(said["a"]["definition"], json!(null));
    }

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        assert_published::<DiffJson<'static>>("tsnr-diff-2.json");
    }

    #[test]
    fn figures_that_do_not_exist_are_null() {
        let said = value(&record_of([|_| 1e-300, |_| 1e300], [None, None]), &Context::new());
        assert_eq!(said["voxels"]["compared"], 60);
        assert_eq!(said["tsnr"]["ratio"]["voxels"], 0);
        assert_eq!(said["tsnr"]["ratio"]["median"], json!(null));
    }
}
