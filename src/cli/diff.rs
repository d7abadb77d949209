//! `tsnr diff`: two maps beside each other.

use super::Process;
use super::arguments::{DiffArguments, TableName};
use super::outputs;
use crate::diff::{DiffMask, DiffRecipe, DiffRecord, compare};
use crate::error::Result;
use crate::export::diff::nifti::{self, DiffMapKind};
use crate::export::diff::{json, page, png, text, tsv};
use crate::export::{Context, check_names, encoding};
use crate::pictures::Paper;
use std::path::{Path, PathBuf};

/// Compares two maps, writes what was asked for and says what came out.
pub(super) fn run(arguments: &DiffArguments, process: &Process) -> Result<()> {
    let files: Vec<PathBuf> = arguments.files().map(Path::to_owned).collect();
    outputs::check(&files, arguments.inputs(), process)?;
    let record = compare(&arguments.recipe())?;
    let format = record.sink.format(arguments.context().format);
    let format = format.map_err(|error| error.at(&arguments.a))?;
    check_names(format, &arguments.context().images)?;
    record.findings.iter().for_each(|finding| process.messages.finding(finding));
    let outcome = write(arguments, &record, process);
    let written = if outcome.is_ok() { files } else { Vec::new() };
    if !process.interruption.is_there() {
        process.messages.lines(text::summary(&record, &written));
    }
    outcome
}

/// Writes all files that were asked for.
fn write(arguments: &DiffArguments, record: &DiffRecord, process: &Process) -> Result<()> {
    let (context, mut batch) = (arguments.context(), process.under_way.batch());
    if let Some(path) = &arguments.report {
        batch.write_text(path, &page(record, &context)?)?;
    }
    if let Some(path) = &arguments.png {
        png::with_slide(record, |slide| batch.write(path, |to| slide.write(to)))?;
    }
    for (kind, path) in arguments.maps() {
        batch.write(path, |to| {
            nifti::write(record, kind, encoding(path, context.format), &context, to)
        })?;
    }
    if let Some(TableName { table, sidecar }) = &arguments.table {
        batch.write_text(table, &tsv::table(record))?;
        if let Some(path) = sidecar {
            batch.write_text(path, &tsv::sidecar(record))?;
        }
    }
    if let Some(path) = &arguments.json {
        batch.write_text(path, &json::text(record, &context))?;
    }
    process.commit(batch)
}

impl DiffArguments {
    fn recipe(&self) -> DiffRecipe {
        let mut recipe = DiffRecipe::new(&self.a, &self.b);
        recipe.names.clone_from(&self.names);
        recipe.mask = match &self.mask {
            Some(_) if self.is_mask_automatic() => Some(DiffMask::Auto),
            mask => mask.clone().map(DiffMask::File),
        };
        recipe.mask_threshold = self.on_grid.mask_threshold;
        recipe.is_resampled = self.on_grid.resample;
        recipe.atlas.clone_from(&self.atlas.atlas);
        recipe.atlas_labels.clone_from(&self.atlas.atlas_labels);
        recipe.is_any_definition_allowed = self.any_definition;
        recipe.memory_limit = self.mem_limit;
        recipe.is_reported = self.report.is_some();
        recipe.picture_bytes = self.png.as_ref().map_or(0, |_| Paper::DRAWING_BYTES);
        recipe
    }

    /// The maps to write.
    fn maps(&self) -> impl Iterator<Item = (DiffMapKind, &PathBuf)> {
        let maps = [(DiffMapKind::Difference, &self.difference), (DiffMapKind::Ratio, &self.ratio)];
        maps.into_iter().filter_map(|(kind, path)| path.as_ref().map(|path| (kind, path)))
    }

    fn context(&self) -> Context {
        let mut context = outputs::context_of_process(self.reproducible);
        context.images = self.maps().map(|(_, path)| path.clone()).collect();
        context.tables = self.table.iter().flat_map(TableName::owned_files).collect();
        context.pictures = self.report.iter().chain(&self.png).cloned().collect();
        context.precision = self.dtype;
        context.format = self.map_format().unwrap_or_default();
        context
    }
}
