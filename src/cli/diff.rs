//! `tsnr diff`: two maps beside each other.

use super::arguments::DiffArguments;
use super::choices::{is_of_tsnr, recorded_definition};
use super::outcome::NamedMask;
use super::talk::Talk;
use super::{clock, facts, refuse_one_of, regions, show, signals};
use crate::atlas::{self, Regions, Row};
use crate::error::{Error, Result};
use crate::formats::{Encoding, Keep, MapFile, Source};
use crate::mask::Mask;
use crate::output::{self, Batch};
use crate::pictures::{Colormap, Look, Range, Slices, View, Volume, mosaic};
use crate::pipeline::{OnGrid, on_grid_of, single_volume};
use crate::report::compare_maps::{self, Comparison, RegionPair, Side};
use crate::stats::paired::Pairs;
use crate::stats::summary::{Summary, significant};
use ndarray::{Array3, ShapeBuilder};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The name and version of the schema of `--json`, which `docs/regions.md` describes. Fields may
/// be added without a new version.
const SCHEMA: &str = "tsnr-diff/1";

/// One of the two maps.
struct MapOfFile {
    name: String,
    image: Arc<dyn Source>,
    /// NaN where it has no value.
    values: Vec<f64>,
    /// As its header records it.
    definition: Option<String>,
}

impl MapOfFile {
    /// A map from its file's values, of which 0 is none.
    ///
    /// # Errors
    /// A map of something else than the tSNR, by its header.
    fn new(name: String, values: Vec<f64>, image: Arc<dyn Source>) -> Result<MapOfFile> {
        let definition = recorded_definition(&image.description());
        if let Some(other) = definition.as_ref().filter(|it| !is_of_tsnr(it)) {
            let problem = format!("a map of '{other}' by its header, expected one of the tSNR");
            return Err(Error::mismatch(problem)
                .remedy("give the map that tsnr -o writes")
                .at(image.path()));
        }
        let or_nan = |value: f64| if value == 0.0 || !value.is_finite() { f64::NAN } else { value };
        let values = values.into_iter().map(or_nan).collect();
        Ok(MapOfFile { name, image, values, definition })
    }
}

/// Which of the maps has a value, counted over the voxels in the mask.
struct Counts {
    voxels: usize,
    both: usize,
    only_a: usize,
    only_b: usize,
}

impl Counts {
    fn of(a: &[f64], b: &[f64], mask: Option<&Mask>) -> Counts {
        let voxels = a.iter().zip(b).enumerate();
        let inside = voxels.filter(|(voxel, _)| mask.is_none_or(|mask| mask.inside()[*voxel]));
        let mut counts = Counts { voxels: 0, both: 0, only_a: 0, only_b: 0 };
        for (_, (a, b)) in inside {
            let (has_a, has_b) = (a.is_finite(), b.is_finite());
            counts.voxels += 1;
            counts.both += usize::from(has_a && has_b);
            counts.only_a += usize::from(has_a && !has_b);
            counts.only_b += usize::from(has_b && !has_a);
        }
        counts
    }

    fn neither(&self) -> usize {
        self.voxels - self.both - self.only_a - self.only_b
    }
}

/// What came out of a comparison.
struct Compared<'a> {
    arguments: &'a DiffArguments,
    a: MapOfFile,
    b: MapOfFile,
    mask: Option<NamedMask>,
    counts: Counts,
    /// In the mask.
    pairs: Pairs,
    /// Of the pairs, in their order.
    summaries: [Summary; 4],
    /// Of each region a row for each of the pairs' maps; none if no atlas was given.
    regions: Vec<Row>,
}

/// Compares two maps, writes what was asked for and says what came out.
pub(super) fn run(arguments: &DiffArguments, talk: Talk) -> Result<()> {
    signals::end_the_process_cleanly(talk)?;
    for destination in arguments.files() {
        refuse_one_of(destination, arguments.inputs())?;
        output::check_destination(destination)?;
    }
    let compared = Compared::of(arguments, talk)?;
    let mut batch = Batch::default();
    compared.write(&mut batch)?;
    batch.commit()?;
    talk.lines(compared.in_words());
    Ok(())
}

/// What the maps are called: as it was said, else by their files, by their paths where these have
/// one name.
fn names(arguments: &DiffArguments) -> [String; 2] {
    if let Some(names) = &arguments.names {
        return names.clone();
    }
    let paths = [&arguments.a, &arguments.b];
    let files = paths.map(|it| it.file_name().unwrap_or_default().to_string_lossy().into_owned());
    if files[0] == files[1] { paths.map(|it| it.display().to_string()) } else { files }
}

impl Compared<'_> {
    /// Reads the maps and compares them.
    ///
    /// # Errors
    /// Files that cannot be read or compared; no voxel with a value in both.
    fn of(arguments: &DiffArguments, talk: Talk) -> Result<Compared<'_>> {
        let [name_a, name_b] = names(arguments);
        let (values, image) = single_volume(&arguments.a)?;
        if arguments.report.is_some() || arguments.png.is_some() {
            show::note_unknown_sides(&*image, talk);
        }
        let a = MapOfFile::new(name_a, values, image)?;
        let beside = |path: &Path, what: &str| -> Result<OnGrid> {
            let image = on_grid_of(path, what, &*a.image)?;
            image.misplaced.iter().for_each(|it| talk.warning(it));
            Ok(image)
        };
        let OnGrid { values, image, .. } = beside(&arguments.b, "map")?;
        let b = MapOfFile::new(name_b, values, image)?;
        check_definitions(arguments, [&a, &b], talk)?;
        let shape = a.image.geometry().shape;
        let mask = match &arguments.mask {
            None => None,
            Some(_) if arguments.is_mask_automatic() => {
                let both = a.values.iter().zip(&b.values);
                let inside = both.map(|(a, b)| a.is_finite() && b.is_finite()).collect();
                let name = "auto (both maps have a value)".to_owned();
                Some(NamedMask { name, mask: Mask::new(shape, inside), misplaced: None })
            }
            Some(path) => {
                let mask = Mask::of_values(shape, &beside(path, "mask")?.values);
                Some(NamedMask { name: path.display().to_string(), mask, misplaced: None })
            }
        };
        let regions = regions::of_atlas(&arguments.atlas, &*a.image, talk)?;
        let inside = mask.as_ref().map(|it| &it.mask);
        let counts = Counts::of(&a.values, &b.values, inside);
        if counts.both == 0 {
            let place = if inside.is_some() { " in the mask" } else { "" };
            let problem = format!("no voxel{place} has a value in both maps (0 and NaN are none)");
            return Err(Error::mismatch(problem)
                .remedy(format!("check that {} is of the same subject", arguments.b.display()))
                .at(&arguments.a));
        }
        let pairs = Pairs::of(&within(&a.values, inside), &within(&b.values, inside));
        let in_mask = |(_, map): (&str, &[f64])| {
            let inside = |voxel: &usize| inside.is_none_or(|mask| mask.inside()[*voxel]);
            Summary::of((0..map.len()).filter(inside).map(|voxel| map[voxel]))
        };
        let summaries = pairs.maps().map(in_mask);
        let regions = regions.map(|it| atlas::table(&it, &pairs.maps(), inside));
        let regions = regions.unwrap_or_default();
        Ok(Compared { arguments, a, b, mask, counts, pairs, summaries, regions })
    }

    /// Writes all files that were asked for.
    fn write(&self, batch: &mut Batch) -> Result<()> {
        let arguments = self.arguments;
        if let Some(path) = &arguments.report {
            let page = compare_maps::page(&self.comparison())?;
            batch.write(path, |to| to.write_all(page.as_bytes()))?;
        }
        if let Some(path) = &arguments.png {
            let picture = self.picture()?;
            batch.write(path, |to| to.write_all(&picture))?;
        }
        let maps = [
            (&arguments.difference, "tSNR diff", "difference", &self.pairs.difference),
            (&arguments.ratio, "tSNR ratio", "ratio", &self.pairs.ratio),
        ];
        for (path, intent, what, values) in maps {
            if let Some(path) = path {
                self.write_map(path, intent, what, values, batch)?;
            }
        }
        if let Some(files) = &arguments.table {
            let mask = self.mask.as_ref().map(|it| &it.mask);
            let rows = match self.regions.as_slice() {
                [] => {
                    let whole = regions::or_whole(&[], self.a.image.geometry().shape, mask);
                    let table = |it: &Regions| atlas::table(it, &self.pairs.maps(), mask);
                    whole.iter().flat_map(table).collect()
                }
                rows => rows.to_vec(),
            };
            let (a, b) = (&*self.a.name, &*self.b.name);
            let [name_a, name_b, difference, ratio] = Pairs::NAMES;
            let maps = [(name_a, a), (name_b, b), (difference, "B - A"), (ratio, "B / A")];
            let described = atlas::sidecar_of_maps(&maps);
            regions::write_table(files, &atlas::tsv_of_maps(&rows), &described, batch)?;
        }
        if let Some(path) = &arguments.json {
            let text = format!("{:#}\n", self.value());
            batch.write(path, |to| to.write_all(text.as_bytes()))?;
        }
        Ok(())
    }

    fn write_map(
        &self,
        path: &Path,
        intent: &str,
        what: &str,
        values: &[f64],
        batch: &mut Batch,
    ) -> Result<()> {
        let definition = match (&self.a.definition, &self.b.definition) {
            (Some(a), Some(b)) if a == b => a.as_str(),
            _ => "definitions not known to be alike",
        };
        let sink = self.a.image.map_sink(Keep::Geometry)?;
        let [x, y, z] = self.a.image.geometry().shape;
        let map = Array3::from_shape_vec((x, y, z).f(), values.to_vec());
        let map = map.expect("one value per voxel");
        let encoding = Encoding::of_output_name(path).expect("the arguments were checked");
        let file = MapFile {
            name: intent.to_owned(),
            description: format!("tsnr {VERSION}: {what}, {definition}"),
            ..MapFile::new(encoding, self.arguments.dtype.into())
        };
        let or_0 = |value: f64| if value.is_nan() { 0.0 } else { value };
        batch.write(path, |to| sink.write(to, &map, &or_0, &file))
    }

    fn picture(&self) -> Result<Vec<u8>> {
        let (grid, difference) = (facts::grid(self.a.image.geometry()), &self.pairs.difference);
        let look = Look {
            title: format!("{} - {}", self.b.name, self.a.name),
            label: "difference of tSNR (no unit): red where the second is higher".to_owned(),
            colormap: Colormap::Difference,
            range: Range::symmetric(difference, 0.0),
            views: vec![View::Axial],
            slices: Slices::All,
        };
        mosaic::png(&Volume::new(&grid, difference)?, &look)
    }

    /// What the page is made from.
    fn comparison(&self) -> Comparison {
        let side = |map: &MapOfFile| Side {
            name: map.name.clone(),
            definition: map.definition.clone(),
            tsnr: map.values.clone(),
        };
        let mask = self.mask.as_ref().map(|NamedMask { name, mask, .. }| {
            crate::report::facts::Mask { name: name.clone(), voxels: mask.inside().to_vec() }
        });
        Comparison {
            title: format!("{} against {}", self.b.name, self.a.name),
            a: side(&self.a),
            b: side(&self.b),
            grid: facts::grid(self.a.image.geometry()),
            mask,
            regions: self.regions.chunks_exact(4).map(region_pair).collect(),
            version: VERSION.to_owned(),
            command_line: facts::command_line(std::env::args_os()),
            date: clock::now(),
        }
    }

    /// What came out, in a few lines for a person.
    fn in_words(&self) -> String {
        let (a, b) = (&self.a, &self.b);
        let mut lines = vec![
            (format!("tsnr {VERSION}"), format!("{} (B) against {} (A)", b.name, a.name)),
            ("grid".to_owned(), format!("{} voxels", a.image.geometry().grid())),
        ];
        let recorded =
            |map: &MapOfFile| map.definition.clone().unwrap_or("not recorded".to_owned());
        let (first, second) = (recorded(a), recorded(b));
        let definition = if first == second { first } else { format!("A: {first}; B: {second}") };
        lines.push(("definition".to_owned(), definition));
        let counts = &self.counts;
        if let Some(NamedMask { name, .. }) = &self.mask {
            let voxels = a.image.voxels();
            lines
                .push(("mask".to_owned(), format!("{} of {voxels} voxels, {name}", counts.voxels)));
        }
        let missing = [
            (counts.neither(), "without a value in both"),
            (counts.only_a, "with one in A only"),
            (counts.only_b, "with one in B only"),
        ];
        let missing = missing.iter().filter(|(count, _)| *count > 0);
        let missing: String = missing.map(|(count, what)| format!(", {count} {what}")).collect();
        let compared = format!("{} of {} voxels{missing}", counts.both, counts.voxels);
        lines.push(("compared".to_owned(), compared));
        for (name, summary) in ["A", "B", "B - A", "B / A"].iter().zip(&self.summaries) {
            let it = summary.distribution.expect("some voxels are compared");
            let [median, q25, q75] = [it.median, it.quantiles[1], it.quantiles[2]].map(significant);
            let text = format!("median {median}, half of the voxels {q25} to {q75}");
            lines.push(((*name).to_owned(), text));
        }
        let share = 100.0 * self.pairs.higher_count() as f64 / counts.both as f64;
        lines.push(("higher in B".to_owned(), format!("{share:.0}% of the voxels")));
        let written: Vec<String> =
            self.arguments.files().map(|path| path.display().to_string()).collect();
        if !written.is_empty() {
            lines.push(("written".to_owned(), written.join(", ")));
        }
        let lines: Vec<String> =
            lines.iter().map(|(label, value)| format!("{label:<12} {value}")).collect();
        lines.join("\n")
    }

    /// The same for a program.
    fn value(&self) -> Value {
        let map = |path: &Path, map: &MapOfFile| json!({"path": path, "name": map.name, "definition": map.definition});
        let summary = |summary: &Summary| {
            let it = summary.distribution;
            let quantile = |number: usize| it.map(|it| it.quantiles[number]);
            json!({
                "voxels": summary.voxels - summary.undefined,
                "mean": it.map(|it| it.mean), "median": it.map(|it| it.median),
                "q05": quantile(0), "q25": quantile(1), "q75": quantile(2), "q95": quantile(3),
            })
        };
        let [a, b, difference, ratio] = self.summaries.each_ref().map(summary);
        let region = |rows: &[Row]| {
            let [a, b, difference, ratio] =
                std::array::from_fn(|number| summary(&rows[number].summary));
            json!({
                "index": rows[0].index, "name": rows[0].name, "voxels": rows[0].summary.voxels,
                "a": a, "b": b, "difference": difference, "ratio": ratio,
            })
        };
        let regions: Vec<Value> = self.regions.chunks_exact(4).map(region).collect();
        let mask = self.mask.as_ref();
        let counts = &self.counts;
        json!({
            "schema": SCHEMA,
            "program": {
                "name": "tsnr",
                "version": VERSION,
                "command": std::env::args_os().map(|it| it.to_string_lossy().into_owned()).collect::<Vec<_>>(),
            },
            "a": map(&self.arguments.a, &self.a),
            "b": map(&self.arguments.b, &self.b),
            "shape": self.a.image.geometry().shape,
            "mask": mask.map(|it| json!({"name": it.name, "voxels": it.mask.count()})),
            "voxels": {
                "compared": counts.both,
                "neither": counts.neither(),
                "only_a": counts.only_a,
                "only_b": counts.only_b,
                "higher_in_b": self.pairs.higher_count(),
            },
            "tsnr": {"a": a, "b": b, "difference": difference, "ratio": ratio},
            "regions": regions,
        })
    }
}

/// The values of a map in the mask, NaN outside.
fn within(values: &[f64], mask: Option<&Mask>) -> Vec<f64> {
    let Some(mask) = mask else { return values.to_vec() };
    let values = values.iter().zip(mask.inside());
    values.map(|(&value, &is_inside)| if is_inside { value } else { f64::NAN }).collect()
}

/// Refuses maps that mean something else, unless that was asked for.
fn check_definitions(arguments: &DiffArguments, maps: [&MapOfFile; 2], talk: Talk) -> Result<()> {
    let paths = [&arguments.a, &arguments.b];
    match maps.map(|map| map.definition.as_deref()) {
        [Some(a), Some(b)] if a != b && !arguments.any_definition => Err(Error::mismatch(format!(
            "its tSNR is defined as '{b}', that of {} as '{a}'",
            arguments.a.display()
        ))
        .remedy("compute both alike, or compare them all the same with --any-definition")
        .at(&arguments.b)),
        definitions => {
            for (path, definition) in paths.iter().zip(definitions) {
                if definition.is_none() {
                    talk.note(format_args!(
                        "{}: no definition of tSNR is recorded in its header, so check that both \
                         maps mean the same",
                        path.display()
                    ));
                }
            }
            Ok(())
        }
    }
}

/// A region from its rows, one for each of the pairs' maps.
fn region_pair(rows: &[Row]) -> RegionPair {
    let median = |number: usize| {
        rows[number].summary.distribution.map_or(f64::NAN, |distribution| distribution.median)
    };
    let Summary { voxels, undefined, .. } = rows[0].summary;
    RegionPair {
        name: rows[0].name.clone(),
        voxels: voxels - undefined,
        median_a: median(0),
        median_b: median(1),
        median_difference: median(2),
        median_ratio: median(3),
    }
}
