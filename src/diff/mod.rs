//! Two maps of the tSNR beside each other: before and after a correction, two protocols, two days.
//!
//! [`compare`] makes a [`DiffRecord`] of a [`DiffRecipe`], and every output is a function of that
//! record ([`export::diff`](crate::export::diff)). The second map, B, is held against the first, A,
//! voxel by voxel where both have a value: 0, NaN and infinity are none. What their headers record
//! of their definitions is compared field by field.
//!
//! ```no_run
//! use tsnr::diff::{DiffMask, DiffRecipe, compare};
//! use tsnr::export::{self, Context};
//!
//! let mut recipe = DiffRecipe::new("before.nii.gz", "after.nii.gz");
//! recipe.mask = Some(DiffMask::Auto);
//! let record = compare(&recipe)?;
//! println!("{}", export::diff::json::text(&record, &Context::new()));
//! # Ok::<(), tsnr::error::Error>(())
//! ```

mod memory;
mod recipe;
mod record;
mod side;

pub use recipe::{DiffMask, DiffRecipe};
pub use record::{DiffCounts, DiffProvenance, DiffRecord, PairedRegion};
pub use side::DiffSide;

use crate::analysis::{atlas_on_grid, mask_on_grid, or_whole, structures_of};
use crate::error::{Error, Result, Setting};
use crate::findings::{self, definitions_differ};
use crate::formats::{self, Keep, Source};
use crate::pipeline::{Beside, OffGrid};
use crate::recipe::FieldDifference;
use crate::record::NamedMask;
use crate::regions::{self, Mask, Regions};
use crate::resources;
use crate::stats::paired::Pairs;
use std::time::SystemTime;

/// The name of a mask that is where both maps have a value.
const AUTOMATIC_MASK: &str = "auto (both maps have a value)";

/// Compares two maps.
///
/// # Errors
/// Files that cannot be read; maps of something else than the tSNR, of two grids, or of two
/// definitions, unless that is allowed; no voxel with a value in both.
pub fn compare(recipe: &DiffRecipe) -> Result<DiffRecord> {
    let began = SystemTime::now();
    let [name_a, name_b] = recipe.map_names();
    let limit = resources::memory_limit_bytes(recipe.memory_limit);
    let predicted_bytes = memory::predicted_bytes(recipe, &*formats::open(&recipe.a)?, limit)?;
    let mut beside = Beside::within(limit);
    let (a, image) = DiffSide::first(&recipe.a, name_a, &mut beside)?;
    if let (true, Some(points)) =
        (recipe.is_reported || recipe.picture_bytes > 0, &image.geometry().points)
    {
        return Err(Error::unsupported(format!(
            "pictures and pages, which show slices: {} lie on no grid",
            points.kind.in_words()
        ))
        .remedy("write maps, a table and JSON")
        .at(&recipe.a));
    }
    let off_grid = if recipe.is_resampled { OffGrid::Resampled } else { OffGrid::Told };
    let b = DiffSide::second(&recipe.b, name_b, &*image, &mut beside)?;
    let differences = match (&a.definition, &b.definition) {
        (Some(a), Some(b)) => a.differences(b),
        _ => Vec::new(),
    };
    if !recipe.is_any_definition_allowed {
        refuse_other_meanings(&differences, [&a, &b])?;
    }
    let mask = mask_of(recipe, [&a, &b], &*image, off_grid, &mut beside)?;
    let regions = match &recipe.atlas {
        Some(atlas) => {
            let labels = recipe.atlas_labels.as_deref();
            Some(atlas_on_grid(atlas, labels, &*image, off_grid, &mut beside)?)
        }
        None => None,
    };
    let regions: Vec<Regions> =
        regions.into_iter().chain(structures_of(image.geometry())).collect();
    let inside = mask.as_ref().map(|it| &it.mask);
    let counts = DiffCounts::from_maps(&a.values, &b.values, inside);
    if counts.both == 0 {
        let place = if inside.is_some() { " in the mask" } else { "" };
        let problem = format!("no voxel{place} has a value in both maps (0 and NaN are none)");
        return Err(Error::mismatch(problem)
            .remedy(format!("check that {} is of the same subject", b.path.display()))
            .at(&a.path));
    }
    let pairs = Pairs::from_maps(&within(&a.values, inside), &within(&b.values, inside));
    let paired = |regions: &[Regions]| -> Vec<PairedRegion> {
        let rows = regions.iter().flat_map(|it| regions::table(it, &pairs.maps(), inside));
        PairedRegion::of_rows(&rows.collect::<Vec<_>>())
    };
    let whole = paired(&or_whole(&[], image.geometry().shape, inside));
    let whole = whole.into_iter().next().expect("the whole is one region");
    let regions = paired(&regions);
    let findings = findings::of_pair(&findings::Pair {
        paths: [&a.path, &b.path],
        geometry: image.geometry(),
        definitions: [a.definition.as_ref(), b.definition.as_ref()],
        differences: &differences,
        beside: &beside,
    });
    Ok(DiffRecord {
        recipe: recipe.clone(),
        a,
        b,
        differences,
        geometry: image.geometry().clone(),
        sink: image.map_sink(Keep::Geometry)?,
        mask,
        counts,
        pairs,
        whole,
        regions,
        findings,
        provenance: DiffProvenance {
            version: env!("CARGO_PKG_VERSION"),
            began,
            peak_bytes: resources::peak_memory_bytes(),
            predicted_bytes: predicted_bytes.max(beside.most_bytes),
        },
    })
}

/// Refuses maps that mean something else.
fn refuse_other_meanings(differences: &[FieldDifference], [a, b]: [&DiffSide; 2]) -> Result<()> {
    let meaning: Vec<_> = differences.iter().filter(|it| it.changes_meaning).collect();
    if meaning.is_empty() {
        return Ok(());
    }
    Err(Error::mismatch(format!(
        "its tSNR is not defined as that of {}: {}",
        a.path.display(),
        definitions_differ::listed(meaning)
    ))
    .remedy("compute both alike, or compare them all the same")
    .settings([Setting::AnyDefinition])
    .at(&b.path))
}

/// The mask that was asked for; `beside` is told of a file that lies elsewhere in space.
fn mask_of(
    recipe: &DiffRecipe,
    [a, b]: [&DiffSide; 2],
    image: &dyn Source,
    off_grid: OffGrid,
    beside: &mut Beside,
) -> Result<Option<NamedMask>> {
    let shape = image.geometry().shape;
    Ok(match &recipe.mask {
        None => None,
        Some(DiffMask::Auto) => {
            let both = a.values.iter().zip(&b.values);
            let inside = both.map(|(a, b)| a.is_finite() && b.is_finite()).collect();
            let mask = Mask::new(shape, inside);
            Some(NamedMask::automatic(AUTOMATIC_MASK.to_owned(), mask))
        }
        Some(DiffMask::File(path)) => {
            Some(mask_on_grid(path, recipe.mask_threshold, image, off_grid, beside)?)
        }
    })
}

/// The values of a map in the mask, NaN outside.
fn within(values: &[f64], mask: Option<&Mask>) -> Vec<f64> {
    let Some(mask) = mask else { return values.to_vec() };
    let values = values.iter().zip(mask.inside());
    values.map(|(&value, &is_inside)| if is_inside { value } else { f64::NAN }).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::formats::{Encoding, MapFile, MapPrecision};
    use crate::recipe::{Recipe, RecordedDefinition, RecordedPair, Regressors, SCHEMA};
    use ndarray::{Array3, ShapeBuilder};
    use std::path::{Path, PathBuf};

    /// The definition that a recipe comes to, recorded of a map of 2 runs.
    pub fn recorded(change: impl Fn(&mut Recipe)) -> RecordedDefinition {
        let mut recipe = Recipe::new(["run.nii"]);
        change(&mut recipe);
        let definition = recipe.resolved().unwrap();
        RecordedDefinition {
            schema: SCHEMA.to_owned(),
            version: "0.1.0".to_owned(),
            map: "tsnr".to_owned(),
            tool: definition.tool(),
            definition,
            regressors: Regressors::Alike(Vec::new()),
            runs: 2,
            volumes: 100,
            mask: None,
            tr_seconds: Vec::new(),
        }
    }

    /// Writes a map of 60 voxels, on the grid of a specimen, with this text in its header.
    fn map(folder: &Path, name: &str, values: impl Fn(usize) -> f64, text: &str) -> PathBuf {
        let specimen = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/odd/int16_le.nii");
        let sink = formats::open(&specimen).unwrap().map_sink(Keep::Geometry).unwrap();
        let notes = ["another program's", text].map(str::to_owned).into();
        let plain = MapFile { notes, ..MapFile::new(Encoding::Plain, MapPrecision::Float64) };
        let values = (0..60).map(values).collect();
        let map = Array3::from_shape_vec((5, 4, 3).f(), values).unwrap();
        let path = folder.join(name);
        let mut file = std::fs::File::create(&path).unwrap();
        sink.write(&mut file, &mut map.t().iter().copied(), &plain).unwrap();
        path
    }

    /// A record of two maps of 60 voxels: 1 to 60 and twice as much, of these definitions.
    pub fn record([a, b]: [Option<&RecordedDefinition>; 2]) -> DiffRecord {
        record_of([|it| 1.0 + it as f64, |it| 2.0 + 2.0 * it as f64], [a, b])
    }

    /// A record of two maps of 60 voxels, of whatever definitions.
    pub fn record_of(
        values: [fn(usize) -> f64; 2],
        definitions: [Option<&RecordedDefinition>; 2],
    ) -> DiffRecord {
        let folder = tempfile::tempdir().unwrap();
        let text = |it: Option<&RecordedDefinition>| it.map_or(String::new(), |it| it.to_text());
        let [a, b] = [("a.nii", 0), ("b.nii", 1)]
            .map(|(name, it)| map(folder.path(), name, values[it], &text(definitions[it])));
        let mut recipe = DiffRecipe::new(a, b);
        recipe.is_any_definition_allowed = true;
        compare(&recipe).unwrap()
    }

    fn compared(a: &str, b: &str, is_any_allowed: bool) -> Result<DiffRecord> {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = [("a.nii", a), ("b.nii", b)]
            .map(|(name, text)| map(folder.path(), name, |it| 1.0 + it as f64, text));
        let mut recipe = DiffRecipe::new(a, b);
        recipe.is_any_definition_allowed = is_any_allowed;
        compare(&recipe)
    }

    #[test]
    fn every_field_that_makes_the_number_is_refused_by_its_name_unless_it_is_allowed() {
        use crate::recipe::Tool;
        use crate::stats::formula::{Combine, Ddof};
        let plain = recorded(|_| ());
        type Change = fn(&mut Recipe);
        let changes: [(&str, Change); 7] = [
            ("combine (A concat, B demean)", |it| it.definition.combine = Some(Combine::Demean)),
            ("ddof (A 0, B 1)", |it| it.definition.ddof = Some(Ddof::Fixed(1))),
            ("sign (A signed, B absolute)", |it| it.definition.tool = Some(Tool::Afni)),
            ("not_finite (A undefined, B nan-is-zero)", |it| {
                it.definition.tool = Some(Tool::Nipype);
            }),
            ("least_std (A 0.0, B 0.001)", |it| it.definition.tool = Some(Tool::Nipype)),
            ("polynomial_order (A 0, B 2)", |it| it.definition.detrend = Some(2)),
            ("highpass_seconds (A none, B 64.25)", |it| {
                it.definition.highpass_seconds = Some(64.25);
            }),
        ];
        let check = |says: &str, other: &RecordedDefinition| {
            let error = compared(&plain.to_text(), &other.to_text(), false).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Mismatch);
            assert!(error.path().unwrap().ends_with("b.nii"));
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(error.settings_to_change(), [Setting::AnyDefinition]);
            let record = compared(&plain.to_text(), &other.to_text(), true).unwrap();
            assert!(!record.is_alike());
            let finding = record.findings.iter().find(|it| it.name == "definitions-differ");
            assert!(finding.unwrap().text.contains(says), "{finding:?}");
        };
        for (says, change) in changes {
            check(says, &recorded(change));
        }
        let mut fitted = plain.clone();
        fitted.regressors = Regressors::of_runs(vec![vec!["trans_x".to_owned()]]);
        check("regressors (only in B trans_x)", &fitted);
    }

    #[test]
    fn what_maps_are_of_is_only_told() {
        let plain = recorded(|_| ());
        let mut other = plain.clone();
        (other.runs, other.volumes, other.tr_seconds) = (3, 99, vec![1.5]);
        (other.mask, other.map) = (Some("auto".to_owned()), "run-tsnr".to_owned());
        let record = compared(&plain.to_text(), &other.to_text(), false).unwrap();
        assert!(record.is_alike());
        let texts: Vec<String> = record.findings.iter().map(|it| it.line()).collect();
        let told = "definitions-differ: the maps were made differently: map (A tsnr, B run-tsnr), \
                    mask (A none, B auto), runs (A 2, B 3), tr_seconds (A none, B 1.5), \
                    volumes (A 100, B 99)";
        assert_eq!(texts, [told]);
    }

    #[test]
    fn trends_of_runs_of_another_length_are_of_one_definition() {
        let filtered = recorded(|it| it.definition.highpass_seconds = Some(100.0));
        let of = |runs: &[&[&str]]| {
            let names = |run: &&[&str]| run.iter().map(|&it| it.to_owned()).collect();
            let mut recorded = filtered.clone();
            recorded.regressors = Regressors::of_runs(runs.iter().map(names).collect());
            recorded.to_text()
        };
        let long = of(&[&["cosine 1", "cosine 2", "csf"]]);
        let short = of(&[&["cosine 1", "csf"], &["cosine 1", "cosine 2", "csf"]]);
        assert_eq!(compared(&long, &short, false).unwrap().differences, []);
        // That is a confound of its own.
        let error = compared(&long, &of(&[&["cosine 1", "cosine01", "csf"]]), false).unwrap_err();
        assert!(error.to_string().contains("regressors (only in B cosine01)"), "{error}");
    }

    #[test]
    fn maps_of_other_kinds_are_refused_whatever_is_allowed() {
        let mean = RecordedDefinition { map: "mean".to_owned(), ..recorded(|_| ()) };
        let ratio = RecordedPair::new("ratio", "0.1.0", [None, None]);
        let newer = mean.to_text().replace("tsnr-definition/1", "tsnr-definition/9");
        for (text, kind) in [(mean.to_text(), "mean"), (ratio.to_text(), "ratio"), (newer, "mean")]
        {
            let error = compared("", &text, true).unwrap_err().to_string();
            let says = format!("b.nii: a map of '{kind}' by its header, expected one of the tSNR");
            assert!(error.contains(&says), "{error}");
        }
    }

    #[test]
    fn maps_without_a_definition_are_compared_and_that_is_noted() {
        let record = compared("", &recorded(|_| ()).to_text(), false).unwrap();
        assert!(!record.is_alike());
        let names: Vec<&str> = record.findings.iter().map(|it| it.name).collect();
        assert_eq!(names, ["definition-not-recorded"]);
        assert!(record.findings[0].text.contains("a.nii: no definition of tSNR is recorded"));
        // A form of another version cannot be compared.
        let newer = recorded(|_| ()).to_text().replace("definition/1", "definition/9");
        assert_eq!(compared(&newer, &newer, false).unwrap().findings.len(), 2);
    }

    #[test]
    fn a_recipe_is_plain_data() {
        let mut recipe = DiffRecipe::new("a.nii", "b.nii");
        recipe.mask = Some(DiffMask::File("mask.nii".into()));
        let text = serde_json::to_string(&recipe).unwrap();
        assert_eq!(serde_json::from_str::<DiffRecipe>(&text).unwrap(), recipe);
        let short = r#"{"a": "a.nii", "b": "b.nii", "mask": {"file": "mask.nii"}}"#;
        assert_eq!(serde_json::from_str::<DiffRecipe>(short).unwrap(), recipe);
        assert!(serde_json::from_str::<DiffRecipe>(r#"{"c": "a.nii"}"#).is_err());
    }
}
