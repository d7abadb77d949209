//! The files that a run writes: their names, made and checked before anything is computed.

use super::Process;
use super::arguments::{RunArguments, TableName};
use crate::analysis::Planned;
use crate::error::{Error, Result};
use crate::export::Context;
use crate::formats::{Encoding, MapPrecision};
use crate::maps::{Extent, MapKind};
use crate::output::{Batch, written_file};
use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind::{NotADirectory, NotFound};
use std::path::{Path, PathBuf};

/// Stands for the number of a run in the name of a file.
pub(super) const RUN_PLACE: &str = "{run}";

/// A file that holds one map.
pub(super) struct MapFile {
    pub path: PathBuf,
    pub kind: MapKind,
    /// The number of the run from 0, of a map of each run.
    pub run: usize,
}

/// The names of the maps' files, the number of the run in each that is of one.
///
/// # Errors
/// One name for the maps of several runs.
pub(super) fn map_files(arguments: &RunArguments, runs: usize) -> Result<Vec<MapFile>> {
    let mut files = Vec::new();
    for (path, kind) in arguments.maps_to_write() {
        let name = path.to_string_lossy();
        match kind {
            MapKind { extent: Extent::EachRun, .. } if name.contains(RUN_PLACE) => {
                files.extend((0..runs).map(|run| {
                    let path = name.replace(RUN_PLACE, &(run + 1).to_string()).into();
                    MapFile { path, kind, run }
                }))
            }
            MapKind { extent: Extent::EachRun, .. } if runs > 1 => {
                return Err(Error::mismatch(format!("one file for the maps of {runs} runs"))
                    .remedy(format!("write {RUN_PLACE} where the number of the run is to stand"))
                    .at(path));
            }
            _ => files.push(MapFile { path: path.to_owned(), kind, run: 0 }),
        }
    }
    Ok(files)
}

/// Finds out, before anything is read, whether the outputs can be written whose names do not depend
/// on the runs.
///
/// # Errors
/// The first that cannot.
pub(super) fn check_folders(arguments: &RunArguments, process: &Process) -> Result<()> {
    let maps = arguments.maps_to_write().map(|(path, _)| path.to_owned());
    let outputs = maps.chain(arguments.files_beside_maps());
    let known: Vec<PathBuf> =
        outputs.filter(|path| !path.to_string_lossy().contains(RUN_PLACE)).collect();
    process.under_way.check(known.iter().map(PathBuf::as_path))
}

/// The facts of this process and of the files that are written, for exporters.
pub(super) fn context(arguments: &RunArguments, maps: &[MapFile]) -> Context {
    let mut context = context_of_process(arguments.reproducible);
    context.images = maps.iter().map(|it| it.path.clone()).collect();
    context.images.extend(arguments.mask_out.clone());
    context.tables = arguments.regions.table.iter().flat_map(TableName::owned_files).collect();
    context.pictures = arguments.pictures.files().map(Path::to_owned).collect();
    context.precision = arguments.dtype;
    context
}

/// The facts of this process, for exporters.
pub(super) fn context_of_process(is_reproducible: bool) -> Context {
    let mut context = Context::new();
    context.command = crate::export::command_line(std::env::args_os());
    context.is_reproducible = is_reproducible || std::env::var_os(SOURCE_DATE).is_some();
    context
}

/// The variable by which builders of packages ask for outputs that do not change.
const SOURCE_DATE: &str = "SOURCE_DATE_EPOCH";

/// All files that are read.
pub(super) fn inputs(planned: &Planned) -> Vec<PathBuf> {
    planned.images().iter().chain(planned.files_beside()).cloned().collect()
}

/// Finds out, before work is spent on it, whether every output can be written, and none replaces
/// another, what it is made from, or what describes that.
///
/// # Errors
/// The first that cannot.
pub(super) fn check(outputs: &[PathBuf], inputs: &[PathBuf], process: &Process) -> Result<()> {
    if let Some(path) = repeated(outputs.iter().map(PathBuf::as_path)) {
        return Err(Error::mismatch(in_one_file(path)).remedy("give each a name of its own"));
    }
    // Where no output stands yet, none is an input, and of many inputs none is looked at.
    let mut standing: Vec<(&PathBuf, PathBuf)> = Vec::new();
    for output in outputs {
        standing.extend(canonical(output)?.map(|file| (output, file)));
    }
    if !standing.is_empty() {
        // What describes an input is none of ours, and lost all the same.
        let sidecars = inputs.iter().flat_map(|input| sidecars_of(input));
        let read = inputs.iter().cloned().chain(sidecars);
        let read: HashSet<PathBuf> =
            read.filter_map(|it| canonical(&it).transpose()).collect::<Result<_>>()?;
        if let Some((output, _)) = standing.iter().find(|(_, file)| read.contains(file)) {
            return Err(Error::mismatch("the output is one of the inputs, which would be lost")
                .remedy("give another name, or a narrower pattern")
                .at(output));
        }
    }
    process.under_way.check(outputs.iter().map(PathBuf::as_path))
}

/// The file that a path leads to, if it leads to any.
///
/// # Errors
/// If that cannot be known: an output may be an input then.
fn canonical(path: &Path) -> Result<Option<PathBuf>> {
    match fs::canonicalize(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if [NotFound, NotADirectory].contains(&error.kind()) => Ok(None),
        Err(error) => Err(Error::io("cannot find out which file this is", error).at(path)),
    }
}

/// The first of these outputs that is the same file as one before it.
pub(super) fn repeated<'a>(mut files: impl Iterator<Item = &'a Path>) -> Option<&'a Path> {
    let mut written = HashSet::new();
    files.find(|path| !written.insert(written_file(path)))
}

/// The problem of two outputs in one file.
pub(super) fn in_one_file(path: &Path) -> String {
    format!("two outputs cannot be written to one file: {}", path.display())
}

/// Where BIDS has what belongs to a file of this name: its description, the directions of diffusion,
/// the labels of a segmentation.
fn sidecars_of(file: &Path) -> impl Iterator<Item = PathBuf> {
    let stem = file.with_extension("");
    let is_gzip = stem.extension().is_some_and(|it| it.eq_ignore_ascii_case("nii"));
    let stem = if is_gzip { stem } else { file.to_owned() };
    let labels = stem.to_string_lossy().contains("_dseg").then_some("tsv");
    let endings = ["json", "bval", "bvec"].into_iter().chain(labels);
    endings.map(move |ending| stem.with_extension(ending))
}

/// Writes a text into a batch.
pub(super) fn write_text(batch: &mut Batch, path: &Path, text: &str) -> Result<()> {
    batch.write(path, |to| to.write_all(text.as_bytes()))
}

/// How a map's file is encoded, by its name, which was checked; stdout has none.
pub(super) fn encoding(path: &Path) -> Encoding {
    Encoding::of_output_name(path).unwrap_or(Encoding::Plain)
}

/// The precisions that names of values stand for.
pub(super) const PRECISIONS: [MapPrecision; 2] = [MapPrecision::Float32, MapPrecision::Float64];
