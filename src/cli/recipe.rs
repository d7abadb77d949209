//! From what was typed to a recipe; and the command that computes a recipe as it is.

use super::Process;
use super::arguments::{
    AnalysisArguments, CompareArguments, ComputingArguments, RecipeArguments, RunArguments,
};
use super::progress::ReadingBar;
use super::signals::end_with_parent;
use crate::analysis::Planned;
use crate::error::{Error, Result};
use crate::export::{Context, nifti};
use crate::formats::{Encoding, MapPrecision};
use crate::maps::{STD, TSNR};
use crate::recipe::{MaskChoice, Recipe, ShortRuns, Widening};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Computes the recipe in the first line of stdin and writes a map of it to stdout.
pub(super) fn run(arguments: &RecipeArguments, process: &Process) -> Result<()> {
    let mut text = String::new();
    io::stdin().read_line(&mut text).map_err(|error| Error::io("cannot read stdin", error))?;
    let recipe: Recipe = serde_json::from_str(&text)
        .map_err(|error| Error::format(format!("stdin holds no recipe: {error}")))?;
    end_with_parent()?;
    let progress = Arc::new(ReadingBar::new(process.messages, false));
    let planned = Planned::new(&recipe, progress, &process.interruption.cancellation)?;
    let record = planned.run()?;
    let mut context = Context::new();
    context.precision = MapPrecision::Float64;
    let kind = if arguments.write_std { STD } else { TSNR };
    let mut to = BufWriter::new(io::stdout().lock());
    nifti::write(&record, &[(kind, 0)], Encoding::Plain, &context, &mut to)
        .and_then(|()| to.flush())
        .map_err(|error| Error::io("cannot write the map", error))
}

impl RunArguments {
    /// The recipe that was typed.
    pub fn recipe(&self) -> Recipe {
        let mut recipe = Recipe::new(&self.inputs);
        self.analysis.put_into(&mut recipe);
        self.computing.put_into(&mut recipe);
        recipe.definition.undefined = self.undefined;
        recipe.mask = self.mask.as_ref().map(|mask| match mask.as_path() {
            auto if auto == Path::new("auto") => MaskChoice::Auto,
            file => MaskChoice::File(file.to_owned()),
        });
        recipe.mask_threshold = self.on_grid.mask_threshold;
        recipe.is_resampled = self.on_grid.resample;
        recipe.maps.extend(self.maps_to_write().map(|(_, kind)| kind));
        let regions = &self.regions;
        recipe.regions.atlas.clone_from(&regions.atlas.atlas);
        recipe.regions.atlas_labels.clone_from(&regions.atlas.atlas_labels);
        recipe.regions.by_slice = regions.by_slice;
        recipe.regions.tissues.clone_from(&regions.tissues);
        if let Some(threshold) = regions.tissue_threshold {
            recipe.regions.tissue_threshold = threshold;
        }
        recipe.regions.is_tabled = regions.table.is_some();
        recipe.signals = self.json.is_some();
        recipe.computing.mode = self.mode;
        recipe.computing.is_unoptimized = self.no_optimize;
        recipe.computing.is_profiled = self.profile.is_some();
        recipe.computing.is_reported = self.pictures.report.is_some();
        recipe.computing.picture_bytes = self.pictures.picture_bytes();
        recipe
    }
}

impl CompareArguments {
    /// The recipe that was typed, of which the mode and its threads are still to be set.
    pub fn recipe(&self) -> Recipe {
        let mut recipe = Recipe::new(&self.inputs);
        self.analysis.put_into(&mut recipe);
        self.computing.put_into(&mut recipe);
        recipe
    }
}

impl ComputingArguments {
    fn put_into(&self, recipe: &mut Recipe) {
        recipe.computing.threads = self.threads.first().copied();
        recipe.computing.memory_limit = self.mem_limit;
        recipe.computing.chunk_length = self.chunk_length;
    }
}

impl AnalysisArguments {
    fn put_into(&self, recipe: &mut Recipe) {
        let definition = &mut recipe.definition;
        definition.tool = self.definition;
        definition.combine = self.combine;
        definition.ddof = self.ddof;
        definition.mean_from.clone_from(&self.mean_from);
        definition.detrend = self.detrend;
        definition.highpass_seconds = self.highpass;
        recipe.tr_seconds = self.tr;
        recipe.confounds.tables.clone_from(&self.confounds);
        recipe.confounds.columns.clone_from(&self.confound_columns);
        let volumes = &mut recipe.volumes;
        volumes.chosen.clone_from(&self.volumes);
        volumes.dummies = self.dummy_scans.unwrap_or_default();
        volumes.censor_lists.clone_from(&self.censor);
        volumes.fd_threshold_mm = self.fd_thresh;
        volumes.dvars_threshold = self.dvars_thresh;
        volumes.widening = Widening { before: self.censor_before, after: self.censor_after };
        volumes.short_runs = match self.skip_short_runs {
            true => ShortRuns::Skipped,
            false => ShortRuns::Refused,
        };
    }
}
