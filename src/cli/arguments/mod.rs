//! What can be typed.

mod analysis;
mod diff;
mod pictures;
mod regions;

pub(super) use analysis::AnalysisArguments;
pub(super) use diff::DiffArguments;
pub(super) use pictures::PictureArguments;
pub(super) use regions::{AtlasArguments, RegionArguments, TableName};

use crate::drawing::Format;
use crate::formats::{Encoding, MapPrecision};
use crate::paths::directory_entry;
use crate::pipeline::Mode;
use crate::stats::tsnr::WrittenUndefined;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

const DEFINITION: &str = "\
What is computed:
  The volumes of all runs, concatenated in time as they are, give for each voxel
      tSNR = mean / std,   std = sqrt( sum (y - mean)^2 / (N - ddof) ),
  signed, on scaled values, in float64. No trend, run mean or volume is removed unless asked for,
  so drift and shifts between runs count as noise; the summary warns where that misleads. A voxel
  is undefined where the std is 0 or a sample is NaN or infinite. With --ddof 0 this is numpy's and
  the Dask tutorial's mean / std; with --ddof 1 it is fslmaths -Tmean / -Tstd, and 3dTstat -tsnr but
  for the sign of a negative mean; --definition has these and others by name.

The modes (for readers of the Dask tutorial):
  serial   the plain loop over the runs with nibabel and numpy: load all, mean, std; one thread
  delayed  dask.delayed: one lazy task loads each run, one concatenates, mean and std are tasks
  array    dask.array: lazy chunks of volumes, added to the moments of their run; those of the
           runs are merged, and the square root is taken once. In memory is a chunk a thread
  All three give the same map: the same voxels undefined, the others equal to 1e-12 (to 1e-10
  where something is regressed out).

Examples:
  tsnr 'sub-01/func/*_bold.nii.gz' -o tsnr.nii.gz
  tsnr run-1.nii.gz run-2.nii.gz -o tsnr.nii.gz --mean mean.nii.gz --std std.nii.gz
  tsnr 'func/*.nii.gz' -o tsnr.nii.gz --mode delayed --threads 4 --ddof 1
  tsnr 'func/*.nii.gz' -o tsnr.nii.gz --report session.html --png tsnr.png
  tsnr 'func/*.nii.gz' -o tsnr.nii.gz --visualize graph.svg --profile profile.html
  tsnr 'func/*.nii.gz' -o tsnr.nii.gz --dummy-scans auto --detrend 2 --combine demean
  tsnr --definitions 'func/*.nii.gz'
  tsnr --compare 'func/*.nii.gz' --threads 1,2,4
  tsnr diff before.nii.gz after.nii.gz --report diff.html

The last compares two maps: 'tsnr diff --help'. An input that is itself called diff is ./diff.

Exit status: 0 if every output is complete, 1 if the run failed, 2 for a wrong command line,
130 after Ctrl-C, 143 after SIGTERM.";

/// Temporal signal-to-noise maps (mean / std over time) of fMRI runs
#[derive(Parser, Debug)]
#[command(version, max_term_width = 96, after_long_help = DEFINITION, after_help = "\
tSNR = mean / std over the volumes of all runs, concatenated as they are.
'tsnr --help' has the definition, the modes and examples; 'tsnr diff --help' compares two maps.")]
pub(super) struct Arguments {
    /// Runs: NIfTI images, or quoted patterns such as 'sub-01/func/*_bold.nii.gz'
    ///
    /// Patterns take *, ?, [] and **, and are expanded in natural order (run-2 before run-10).
    /// Other files that a pattern matches (.json, .tsv) are skipped. Three-dimensional images
    /// that follow one another are one run. The first image gives the map its geometry.
    #[arg(required = true, value_name = "INPUTS")]
    pub inputs: Vec<PathBuf>,

    /// The tSNR map to write (.nii or .nii.gz)
    #[arg(short, long, value_name = "FILE", value_parser = output_name, help_heading = "Output",
          required_unless_present_any = ["dry_run", "compare", "definitions", "mean", "std", "maps",
          "mask_out", "json", "table", "report", "png", "preview"])]
    pub output: Option<PathBuf>,

    /// Also write the mean over time
    #[arg(long, value_name = "FILE", value_parser = output_name, help_heading = "Output")]
    pub mean: Option<PathBuf>,

    /// Also write the standard deviation over time
    #[arg(long, value_name = "FILE", value_parser = output_name, help_heading = "Output")]
    pub std: Option<PathBuf>,

    /// Type of the written values; computed is always in float64
    #[arg(long, value_name = "TYPE", value_enum, default_value_t = Precision::Float32,
          help_heading = "Output")]
    pub dtype: Precision,

    /// Value of voxels whose tSNR is undefined (std 0, or samples NaN or infinite)
    ///
    /// zero as AFNI and nipype; nan; numpy: NaN for 0/0 and samples that are not finite, infinite
    /// where a voxel is constant; fsl: 0 where the std is 0, NaN for samples that are not finite.
    /// The summary counts these voxels and says why. Where the std is 0, the maps of mean and std
    /// keep their values. [default: zero, or that of --definition]
    #[arg(long, value_name = "VALUE", value_enum, help_heading = "Output")]
    pub undefined: Option<UndefinedValue>,

    /// Also write another map: tsnr, mean, std, run-tsnr, between, volumes or stderr
    ///
    /// run-tsnr is the tSNR of each run by itself; with several runs FILE holds {run}, which
    /// becomes 1, 2, ... between is the share of variance that lies between runs, volumes the number
    /// of volumes used, stderr the standard error of the tSNR if noise is independent over time.
    #[arg(long = "map", value_name = "NAME=FILE", value_parser = named_map, help_heading = "Output")]
    pub maps: Vec<(MapKind, PathBuf)>,

    /// Look inside a mask only: an image (not 0 is inside), or auto, a brain mask of the mean
    ///
    /// Voxels outside are 0 in the maps and in no summary. auto is nilearn's compute_epi_mask.
    #[arg(long, value_name = "FILE|auto", help_heading = "Output")]
    pub mask: Option<PathBuf>,

    /// Write the mask
    #[arg(long, value_name = "FILE", value_parser = output_name, requires = "mask",
          help_heading = "Output")]
    pub mask_out: Option<PathBuf>,

    /// Write everything that the summary knows as JSON; with --compare every run of every mode
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub json: Option<PathBuf>,

    #[command(flatten)]
    pub analysis: AnalysisArguments,

    #[command(flatten)]
    pub regions: RegionArguments,

    #[command(flatten)]
    pub pictures: PictureArguments,

    /// Compute all definitions on these runs and print their medians; writes no map
    #[arg(long, help_heading = "Definition",
          conflicts_with_all = ["output", "mean", "std", "maps", "compare", "definition", "json",
          "report", "png", "preview"])]
    pub definitions: bool,

    /// Make every finding an error: shifts between runs, volumes not steady, clipped voxels, ...
    ///
    /// Nothing is written then. Each finding has a name, which --allow excepts.
    #[arg(long, help_heading = "Messages")]
    pub strict: bool,

    /// A finding that --strict lets pass, by its name
    #[arg(long, value_name = "NAME", requires = "strict", value_parser = finding_name(),
          help_heading = "Messages")]
    pub allow: Vec<String>,

    /// How to compute: the same map, with other time and memory
    #[arg(long, value_enum, default_value_t = ModeName::Array, help_heading = "Computation")]
    pub mode: ModeName,

    /// Threads of the delayed and array modes [default: the cores this process may use]
    ///
    /// With --compare several, as in 1,2,4: a row for each.
    #[arg(long, value_name = "N", value_parser = at_least_one, value_delimiter = ',',
          help_heading = "Computation")]
    pub threads: Vec<NonZeroUsize>,

    /// Memory that may be used: 512M, 2G
    ///
    /// Array mode reads fewer runs at once rather than take more. If even one does not fit,
    /// nothing is read and the error says what is needed.
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Computation")]
    pub mem_limit: Option<u64>,

    /// Volumes in a chunk of array mode [default: as many as fit 4 MiB, at least 8]
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Computation")]
    pub chunk_length: Option<NonZeroUsize>,

    /// Draw the task graph of the mode: .svg, .dot (Graphviz), .mmd (Mermaid) or .json
    ///
    /// Drawn before the run; with --profile after it, with the time of each task. What repeats in
    /// a large graph is drawn once, with a count; .json has every task.
    #[arg(long, value_name = "FILE", value_parser = drawing_name, help_heading = "Task graph")]
    pub visualize: Option<PathBuf>,

    /// Draw the graph as it is before optimisation
    #[arg(long, requires = "visualize", help_heading = "Task graph")]
    pub visualize_raw: bool,

    /// What the colours of a drawing tell
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = ColorBy::Kind,
          requires = "visualize", help_heading = "Task graph")]
    pub color_by: ColorBy,

    /// Read the headers and plan, but compute nothing: needs no -o
    #[arg(long, help_heading = "Task graph")]
    pub dry_run: bool,

    /// Say what each optimisation pass made of the graph
    #[arg(long, help_heading = "Task graph")]
    pub explain: bool,

    /// Run the graph as it is before optimisation: the same map
    #[arg(long, help_heading = "Task graph")]
    pub no_optimize: bool,

    /// Write what happened when: .html (a page) or .json (a trace that Perfetto opens)
    #[arg(long, value_name = "FILE", value_parser = profile_name, conflicts_with = "dry_run",
          help_heading = "Task graph")]
    pub profile: Option<PathBuf>,

    /// Run the three modes in turns, each in a process of its own, and print what each used
    ///
    /// Wall and processor time, peak memory, tasks, speed-up over serial, and the greatest
    /// difference from serial's map. Writes no map. If two modes disagree, exit status 1.
    #[arg(long, help_heading = "Comparison", conflicts_with_all = ["output", "mean", "std",
          "maps", "mask", "mode", "dtype", "undefined", "visualize", "dry_run", "explain", "no_optimize", "profile",
          "report", "png", "preview"])]
    pub compare: bool,

    /// How often each mode is run: the table has the medians [default: 3]
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Comparison")]
    pub repeat: Option<NonZeroUsize>,

    /// Say nothing but warnings and errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Messages")]
    pub quiet: bool,

    /// List the inputs as they were understood
    #[arg(short, long, help_heading = "Messages")]
    pub verbose: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum ModeName {
    Serial,
    Delayed,
    Array,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Mode {
        match name {
            ModeName::Serial => Mode::Serial,
            ModeName::Delayed => Mode::Delayed,
            ModeName::Array => Mode::Array,
        }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum ColorBy {
    /// The operation of a task
    Kind,
    /// When it is begun
    Order,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum Precision {
    Float32,
    Float64,
}

impl Precision {
    pub fn name(self) -> &'static str {
        match self {
            Precision::Float32 => "float32",
            Precision::Float64 => "float64",
        }
    }
}

impl From<Precision> for MapPrecision {
    fn from(name: Precision) -> MapPrecision {
        match name {
            Precision::Float32 => MapPrecision::Float32,
            Precision::Float64 => MapPrecision::Float64,
        }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum UndefinedValue {
    Zero,
    Nan,
    Numpy,
    Fsl,
}

impl From<UndefinedValue> for WrittenUndefined {
    fn from(name: UndefinedValue) -> WrittenUndefined {
        match name {
            UndefinedValue::Zero => WrittenUndefined::Zero,
            UndefinedValue::Nan => WrittenUndefined::Nan,
            UndefinedValue::Numpy => WrittenUndefined::Division,
            UndefinedValue::Fsl => WrittenUndefined::ZeroOrNan,
        }
    }
}

/// One of the maps that can be written.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MapKind {
    Tsnr,
    Mean,
    Std,
    RunTsnr,
    Between,
    Volumes,
    Stderr,
}

impl MapKind {
    pub fn name(self) -> &'static str {
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
}

/// Stands for the number of a run in the name of a file.
pub(super) const RUN_PLACE: &str = "{run}";

impl Arguments {
    /// The arguments of this process. Help, version and a wrong command line end it.
    pub fn from_command_line() -> Arguments {
        let arguments = Arguments::parse();
        let only_for_comparisons = [
            (arguments.threads.len() > 1, "several numbers of --threads"),
            (arguments.repeat.is_some(), "--repeat"),
        ];
        for (is_given, what) in only_for_comparisons {
            if is_given && !arguments.compare {
                let problem = format!("{what} can only be used with --compare");
                Arguments::command().error(ErrorKind::MissingRequiredArgument, problem).exit();
            }
        }
        if let Some(option) = arguments.regions.named()
            && arguments.regions.table.is_none()
            && !arguments.is_reported()
        {
            let problem =
                format!("{option} needs --table or --report, which say what is in the regions");
            Arguments::command().error(ErrorKind::MissingRequiredArgument, problem).exit();
        }
        if let Some(name) = arguments.regions.repeated_tissue() {
            let problem = format!("two tissues are called {name}");
            Arguments::command().error(ErrorKind::ArgumentConflict, problem).exit();
        }
        if let Some(problem) = two_outputs(arguments.files(), arguments.regions.table.as_ref()) {
            Arguments::command().error(ErrorKind::ArgumentConflict, problem).exit();
        }
        arguments
    }

    /// All files to write, but for those of each run.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let others = self.visualize.iter().chain(&self.profile).chain(&self.json);
        let others = others.chain(&self.mask_out).map(PathBuf::as_path);
        let others = others.chain(self.regions.table.iter().flat_map(TableName::files));
        self.outputs().map(|(path, _)| path).chain(others).chain(self.pictures.files())
    }

    /// The files to read, beside the runs, as they were typed.
    pub fn companions(&self) -> impl Iterator<Item = &Path> {
        let analysis = &self.analysis;
        let tables = analysis.confounds.iter().chain(&analysis.censor);
        let images = self.mask.iter().chain(&analysis.mean_from);
        images.chain(tables).map(PathBuf::as_path).chain(self.regions.inputs())
    }

    /// The maps to write, and which goes into each file.
    pub fn outputs(&self) -> impl Iterator<Item = (&Path, MapKind)> {
        let mean = self.mean.iter().map(|path| (path.as_path(), MapKind::Mean));
        let std = self.std.iter().map(|path| (path.as_path(), MapKind::Std));
        let tsnr = self.output.iter().map(|path| (path.as_path(), MapKind::Tsnr));
        let named = self.maps.iter().map(|(kind, path)| (path.as_path(), *kind));
        tsnr.chain(mean).chain(std).chain(named)
    }

    /// Whether a map of this kind is to be written.
    pub fn is_written(&self, kind: MapKind) -> bool {
        self.outputs().any(|(_, written)| written == kind)
    }

    /// Whether a page tells of everything that the pass yields.
    pub fn is_reported(&self) -> bool {
        self.pictures.report.is_some()
    }

    /// Whether the tSNR of each run by itself is needed.
    pub fn needs_runs(&self) -> bool {
        self.is_written(MapKind::RunTsnr)
            || self.json.is_some()
            || self.regions.table.is_some()
            || self.is_reported()
    }

    /// Whether the mask is to be made from the mean.
    pub fn is_mask_automatic(&self) -> bool {
        self.mask.as_deref() == Some(Path::new("auto"))
    }
}

/// What is wrong if two of the files to write are the same entry of a folder.
fn two_outputs<'a>(
    mut files: impl Iterator<Item = &'a Path>,
    table: Option<&TableName>,
) -> Option<String> {
    let mut entries = HashSet::new();
    let path = files.find(|path| !entries.insert(directory_entry(path)))?;
    let mut problem = format!("two outputs cannot be written to one file: {}", path.display());
    if table.is_some_and(|it| directory_entry(&it.sidecar) == directory_entry(path)) {
        problem += ", in which --table describes its columns";
    }
    Some(problem)
}

fn named_map(text: &str) -> Result<(MapKind, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("expected NAME=FILE")?;
    let kind = MapKind::from_str(name, false).map_err(|_| {
        let known = MapKind::value_variants().iter().filter_map(MapKind::to_possible_value);
        let known: Vec<String> = known.map(|it| it.get_name().to_owned()).collect();
        format!("expected one of {} before the =", known.join(", "))
    })?;
    Ok((kind, output_name(file)?))
}

fn finding_name() -> impl clap::builder::TypedValueParser<Value = String> {
    clap::builder::PossibleValuesParser::new(crate::diagnostics::NAMES)
}

fn output_name(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    match Encoding::of_output_name(&path) {
        Some(_) => Ok(path),
        None => Err("expected a name that ends in .nii or .nii.gz".to_owned()),
    }
}

fn drawing_name(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    match Format::of_name(&path) {
        Some(_) => Ok(path),
        None => Err("expected a name that ends in .svg, .dot, .mmd or .json".to_owned()),
    }
}

fn profile_name(name: &str) -> Result<PathBuf, String> {
    match name.to_ascii_lowercase() {
        known if known.ends_with(".html") || known.ends_with(".json") => Ok(PathBuf::from(name)),
        _ => Err("expected a name that ends in .html or .json".to_owned()),
    }
}

fn at_least_zero(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a whole number".to_owned())
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number of at least 1".to_owned())
}

/// Bytes, with K, M, G or T for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let text = text.trim_end_matches(['B', 'b']);
    let text = text.strip_suffix('i').unwrap_or(text);
    let (number, power) = match text.chars().last().map(|unit| unit.to_ascii_uppercase()) {
        Some('K') => (&text[..text.len() - 1], 1),
        Some('M') => (&text[..text.len() - 1], 2),
        Some('G') => (&text[..text.len() - 1], 3),
        Some('T') => (&text[..text.len() - 1], 4),
        _ => (text, 0),
    };
    let number: f64 =
        number.parse().map_err(|_| "expected a size such as 512M or 2G".to_owned())?;
    let bytes = number * 1024_f64.powi(power);
    if bytes >= 1.0 && bytes.is_finite() {
        Ok(bytes as u64)
    } else {
        Err("expected a size above 0".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_the_units_that_people_type() {
        let sizes = ["512M", "2G", "1.5g", "100KiB", "1048576", "3MB"].map(size);
        let mib = 1024 * 1024;
        let expected = [512 * mib, 2048 * mib, 1536 * mib, 102_400, mib, 3 * mib];
        assert_eq!(sizes, expected.map(Ok));
        for wrong in ["", "M", "-1M", "0", "much", "nan"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
