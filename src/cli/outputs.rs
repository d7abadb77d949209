//! The files that a run writes, checked before anything is computed.

use super::Process;
use super::arguments::{RunArguments, TableName};
use crate::error::Result;
use crate::export::{Context, MapOutput, RUN_PLACE};
use crate::formats::files_of;
use crate::runs::{check_not_of_data_set, described_by};
use std::path::{Path, PathBuf};

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
pub(super) fn context(arguments: &RunArguments, maps: &[MapOutput]) -> Context {
    let mut context = context_of_process(arguments.reproducible);
    context.images = maps.iter().map(|it| it.path.clone()).collect();
    context.images.extend(arguments.mask_out.clone());
    context.tables = arguments.regions.table.iter().flat_map(TableName::owned_files).collect();
    context.pictures = arguments.pictures.files().map(Path::to_owned).collect();
    context.precision = arguments.dtype;
    context.format = arguments.map_format().unwrap_or_default();
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

/// Finds out, before work is spent on it, whether every output can be written, and none replaces
/// another, what it is made from, or what describes that.
///
/// # Errors
/// The first that cannot.
pub(super) fn check<'a>(
    outputs: &[PathBuf],
    inputs: impl IntoIterator<Item = &'a Path>,
    process: &Process,
) -> Result<()> {
    let inputs: Vec<&Path> = inputs.into_iter().collect();
    let kept = inputs.iter().flat_map(|it| files_of(it).into_iter().chain(described_by(it)));
    process.under_way.check_apart(outputs, kept)?;
    check_not_of_data_set(outputs, &inputs)
}
