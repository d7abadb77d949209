//! The arguments of the program.

mod analysis;
mod compare;
mod diff;
mod info;
mod pictures;
mod regions;
mod together;
mod typed;

pub(super) use analysis::AnalysisArguments;
pub(super) use compare::CompareArguments;
pub(super) use diff::DiffArguments;
pub(super) use info::InfoArguments;
pub(super) use pictures::PictureArguments;
pub(super) use regions::{AtlasArguments, OnGridArguments, RegionArguments, TableName};

use super::messages::{Messages, wrong_command_line};
use super::talker;
use super::terminal::is_colored;
use crate::export::{RUN_PLACE, asked_format, printable};
use crate::formats::{Encoding, MapFormat, MapPrecision};
use crate::maps::{self, Extent, MEAN, MapKind, STD, TSNR, WrittenUndefined};
use crate::output::{STDOUT, in_one_file, repeated, written_file};
use crate::recipe::Mode;
use crate::resources::byte_size;
use crate::runs::HEMISPHERE_PLACE;
use clap::builder::{PathBufValueParser, PossibleValuesParser, StyledStr, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, CommandFactory, FromArgMatches, Parser, ValueEnum};
use clap_complete::Shell;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use taskgraph::drawing::Coloring;

// A paragraph is one line, which is wrapped at the width of the terminal with its indent kept.
const DEFINITION: &str = "\
What is computed:
  The volumes of all runs, concatenated in time as they are, give for each voxel
      tSNR = mean / std,   std = sqrt( sum (y - mean)^2 / (N - ddof) ),
  signed, on scaled values, in float64. No trend, run mean or volume is removed unless asked \
for, so drift and shifts between runs count as noise; the summary warns where that misleads. A \
voxel is undefined where the std is 0 or a sample is NaN or infinite. With --ddof 0 this is \
numpy's and the Dask lesson's mean / std; with --ddof 1 it is fslmaths -Tmean / -Tstd, and \
3dTstat -tsnr but for the sign of a negative mean; --definition has these and others by name.
  Measure realigned, unsmoothed runs on their native grid: each interpolation raises tSNR.

The modes (for readers of Neurohackademy's lesson High performance Python, its episode Dask):
  serial: the plain loop over the runs with nibabel and numpy. All are loaded, then mean and std \
follow; one thread.
  delayed: dask.delayed. One lazy task loads each run, one concatenates, mean and std are tasks.
  array: dask.array. Lazy chunks of volumes are added to the moments of their run; those of the \
runs are merged, and the square root is taken once. In memory is a chunk a thread.
  All three give the same map: the same voxels undefined, and the tSNR a of the others no \
further apart than 1e-12 max(1, |a|) (1e-10 where something is regressed out); of scaled runs \
the rounding of each sample comes on top, which docs/engine.md bounds and 'tsnr compare' shows.

Examples:
  tsnr 'sub-01/func/*_bold.nii.gz' -o tsnr.nii.gz
  tsnr run-1.nii.gz run-2.nii.gz -o tsnr.nii.gz --mean mean.nii.gz --std std.nii.gz
  tsnr 'func/*.nii.gz' -o tsnr.nii.gz --mode delayed --threads 4 --ddof 1
  tsnr 'func/*.nii.gz' -o tsnr.nii.gz --report session.html --png tsnr.png
  tsnr 'func/*.nii.gz' -o tsnr.nii.gz --visualize graph.svg --profile profile.html
  tsnr 'func/*.nii.gz' -o tsnr.nii.gz --dummy-scans auto --detrend 2 --combine demean
  tsnr --definitions 'func/*.nii.gz'
  tsnr compare 'func/*.nii.gz' --threads 1,2,4
  tsnr info 'sub-01/func/*_bold.nii.gz'
  tsnr diff before.nii.gz after.nii.gz --report diff.html

The last compares two maps: 'tsnr diff --help'. An input that has the name of a command is ./diff.

Exit status: 0 if every output is complete, 1 if the run failed, 2 for a wrong command line, \
130 after Ctrl-C, 143 after SIGTERM, 129 after a hang-up.";

/// Temporal signal-to-noise maps (mean / std over time) of fMRI runs
#[derive(Parser, Debug)]
#[command(name = "tsnr", version, propagate_version = true, max_term_width = 96, args_conflicts_with_subcommands = true,
          subcommand_negates_reqs = true, disable_help_subcommand = true, after_long_help = DEFINITION, after_help = "\
tSNR = mean / std over the volumes of all runs, concatenated as they are.
'tsnr --help' has all options, the definition, the modes and examples.")]
pub(super) struct CommandLine {
    #[command(subcommand)]
    pub command: Option<Subcommand>,

    #[command(flatten)]
    pub run: RunArguments,
}

/// The commands that can be named; without one it is `run`.
#[derive(clap::Subcommand, Debug)]
pub(super) enum Subcommand {
    /// Compute maps: what is done if no command is named
    #[command(display_name = "tsnr run", after_long_help = DEFINITION)]
    Run(Box<RunArguments>),
    /// Compare two maps: before and after, two protocols, two days
    #[command(display_name = "tsnr diff")]
    Diff(Box<DiffArguments>),
    /// Describe images without reading voxels: format, grid, volumes, TR
    #[command(display_name = "tsnr info")]
    Info(InfoArguments),
    /// Compare the three modes: time, memory, difference of maps
    #[command(display_name = "tsnr compare")]
    Compare(Box<CompareArguments>),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page, or that of a command
    Man {
        /// The command
        command: Option<String>,
    },
    /// Compute the recipe in a line of JSON on stdin, and end when stdin ends
    #[command(hide = true)]
    Recipe(RecipeArguments),
}

/// The map of a recipe that goes to stdout as float64.
#[derive(Args, Debug)]
pub(super) struct RecipeArguments {
    /// The standard deviation over time, which the recipe has to ask for; not the tSNR
    #[arg(long)]
    pub write_std: bool,

    #[command(flatten)]
    pub messages: MessageArguments,
}

/// The choice of messages, and of their form.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct MessageArguments {
    /// Say nothing but warnings and errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Messages for a person, or for a program: one JSON object a line
    #[arg(long, value_name = "FORM", value_enum, default_value_t = LogFormat::Text,
          hide_short_help = true)]
    pub log_format: LogFormat,
}

impl From<MessageArguments> for Messages {
    fn from(arguments: MessageArguments) -> Messages {
        let is_json = arguments.log_format == LogFormat::Json;
        Messages { is_quiet: arguments.quiet, is_json }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// How much of the machine is used.
#[derive(Args, Clone, Debug)]
pub(super) struct ComputingArguments {
    /// Threads [default: the cores that this process may use]
    ///
    /// Of the delayed and array modes; serial has one.
    #[arg(long, value_name = "N", value_parser = at_least_one, value_delimiter = ',',
          help_heading = "Computation")]
    pub threads: Vec<NonZeroUsize>,

    /// Memory that may be used: 512M, 2G
    ///
    /// Array mode reads fewer runs at once rather than take more. If even one does not fit,
    /// nothing is read and the error says what is needed.
    #[arg(long, value_name = "SIZE", value_parser = byte_size, hide_short_help = true,
          help_heading = "Computation")]
    pub mem_limit: Option<u64>,

    /// Volumes in a chunk of array mode [default: as many as fit 4 MiB, at least 8]
    #[arg(long, value_name = "N", value_parser = at_least_one, hide_short_help = true,
          help_heading = "Computation")]
    pub chunk_length: Option<NonZeroUsize>,
}

/// The arguments of `tsnr run`, the default command.
#[derive(Args, Debug)]
pub(super) struct RunArguments {
    /// Runs: images, or quoted patterns such as 'func/*_bold.nii.gz'
    ///
    /// Patterns take *, ?, [] and **, and are expanded in natural order (run-2 before run-10); ~/
    /// is the home folder, also in quotes. What a pattern matches and is no run is skipped: .json,
    /// .tsv, images that are none by their BIDS suffix (_mask, _boldref, _T1w, ...), maps of tsnr.
    /// Three-dimensional images that follow one another are one run, until a new folder or quoted
    /// pattern begins the next. The first image gives the map its geometry. Names of inputs need
    /// not be UTF-8; other arguments must. - is standard input, which like a FIFO or <(COMMAND) is
    /// read once: in array mode, not by compare.
    #[arg(required = true, value_name = "INPUTS")]
    pub inputs: Vec<PathBuf>,

    /// The tSNR map (.nii, .nii.gz, .mgz or .func.gii)
    ///
    /// Without any output the summary is all. Runs of both hemispheres have outputs of their own, all of them
    /// written together, where names of files hold {hemi}, which becomes L and R.
    #[arg(short, long, value_name = "FILE", value_parser = output_name, help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Also write the mean over time
    #[arg(long, value_name = "FILE", value_parser = output_name, hide_short_help = true,
          help_heading = "Output")]
    pub mean: Option<PathBuf>,

    /// Also write the standard deviation over time
    #[arg(long, value_name = "FILE", value_parser = output_name, hide_short_help = true,
          help_heading = "Output")]
    pub std: Option<PathBuf>,

    /// Type of the written values; computed is always in float64
    #[arg(long, value_name = "TYPE", value_parser = precision(), default_value = "float32",
          hide_short_help = true, help_heading = "Output")]
    pub dtype: MapPrecision,

    /// Format of the written maps [default: by their names; nifti2 where an axis is longer than 32,767]
    #[arg(long, value_name = "FORMAT", value_parser = map_format(), hide_short_help = true,
          help_heading = "Output")]
    pub output_format: Option<MapFormat>,

    /// Value of voxels whose tSNR is undefined (std 0, or samples NaN or infinite)
    ///
    /// zero as AFNI and nipype; nan; numpy: NaN for 0/0 and samples that are not finite, infinite
    /// where a voxel is constant; fsl: 0 where the std is 0, NaN for samples that are not finite.
    /// The summary counts these voxels and says why. Where the std is 0, the maps of mean and std
    /// keep their values. [default: zero, or that of --definition]
    #[arg(long, value_name = "VALUE", value_parser = named::<WrittenUndefined>(&UNDEFINED),
          hide_short_help = true, help_heading = "Output")]
    pub undefined: Option<WrittenUndefined>,

    #[arg(long = "map", value_name = "NAME=FILE", value_parser = named_map, help = help_of_maps(),
          long_help = long_help_of_maps(), hide_short_help = true,
          help_heading = "Output")]
    pub maps: Vec<(MapKind, PathBuf)>,

    /// Look inside a mask only: an image, or auto
    ///
    /// In an image, what is not 0 is inside (see --mask-threshold). auto is nilearn's
    /// compute_epi_mask of the mean over time; where that is empty, as of few slices, the summary says
    /// whose rule it is. Voxels outside are 0 in the maps and in no summary.
    #[arg(long, value_name = "FILE|auto", help_heading = "Output")]
    pub mask: Option<PathBuf>,

    /// Write the mask
    #[arg(long, value_name = "FILE", value_parser = output_name,
          hide_short_help = true, help_heading = "Output")]
    pub mask_out: Option<PathBuf>,

    /// Write everything that is known as JSON
    ///
    /// For -, which maps (uncompressed) and the table take too, it goes to stdout. Any output may be
    /// a device, a FIFO or a socket, which is written into when all files are complete. A link
    /// stays, and the file behind it is replaced; a link into git-annex becomes a file.
    #[arg(long, value_name = "FILE", value_parser = text_name(), help_heading = "Output")]
    pub json: Option<PathBuf>,

    #[command(flatten)]
    pub analysis: AnalysisArguments,

    #[command(flatten)]
    pub regions: RegionArguments,

    #[command(flatten)]
    pub on_grid: OnGridArguments,

    #[command(flatten)]
    pub pictures: PictureArguments,

    /// Compute all definitions on these runs and print their medians; writes no map
    #[arg(long, help_heading = "Definition", hide_short_help = true)]
    pub definitions: bool,

    /// Make every warning an error: shifts between runs, volumes not steady, clipped voxels, ...
    ///
    /// Nothing is written then. Each warning has a name, which --allow excepts.
    #[arg(long, hide_short_help = true, help_heading = "Messages")]
    pub strict: bool,

    /// A warning that --strict lets pass, by its name
    #[arg(long, value_name = "NAME", value_parser = finding_name(), hide_short_help = true,
          hide_possible_values = true, help_heading = "Messages")]
    pub allow: Vec<String>,

    /// How to compute: the same map, with other time and memory
    #[arg(long, value_parser = named::<Mode>(&MODES), default_value = "array",
          hide_short_help = true, help_heading = "Computation")]
    pub mode: Mode,

    #[command(flatten)]
    pub computing: ComputingArguments,

    /// Draw the task graph of the mode: .svg, .dot (Graphviz), .mmd (Mermaid) or .json
    ///
    /// With --profile it has the time of each task, with --dry-run it is all that is written. What
    /// repeats in a large graph is drawn once, with a count; .json has every task.
    #[arg(long, value_name = "FILE", value_parser = ending_in(&[".svg", ".dot", ".mmd", ".json"]), hide_short_help = true,
          help_heading = "Task graph")]
    pub visualize: Option<PathBuf>,

    /// Draw the graph as it is before optimisation
    #[arg(long, hide_short_help = true, help_heading = "Task graph")]
    pub visualize_raw: bool,

    /// What the colours of a drawing tell
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = ColorBy::Kind,
          hide_short_help = true, help_heading = "Task graph")]
    pub color_by: ColorBy,

    /// Read the headers and plan, say what would be written, and compute nothing
    #[arg(long, hide_short_help = true, help_heading = "Task graph")]
    pub dry_run: bool,

    /// Say what each optimisation pass made of the graph
    #[arg(long, hide_short_help = true, help_heading = "Task graph")]
    pub explain: bool,

    /// Run the graph as it is before optimisation: the same map
    #[arg(long, hide_short_help = true, help_heading = "Task graph")]
    pub no_optimize: bool,

    /// Write what happened when: .html (a page) or .json (a trace that Perfetto opens)
    #[arg(long, value_name = "FILE", value_parser = ending_in(&[".html", ".json"]), hide_short_help = true,
          help_heading = "Task graph")]
    pub profile: Option<PathBuf>,

    /// Compare the three modes on these runs: as `tsnr compare`
    #[arg(long, hide = true)]
    pub compare: bool,

    /// How often each mode is run, with --compare
    #[arg(long, value_name = "N", value_parser = at_least_one, hide = true)]
    pub repeat: Option<NonZeroUsize>,

    /// Leave out of all outputs what differs from run to run: times, memory, command, output names
    ///
    /// Two runs are then one byte string. Also asked for by a variable SOURCE_DATE_EPOCH.
    #[arg(long, hide_short_help = true, help_heading = "Output")]
    pub reproducible: bool,

    #[command(flatten)]
    pub messages: MessageArguments,

    /// List the inputs as they were understood
    #[arg(short, long, hide_short_help = true, help_heading = "Messages")]
    pub verbose: bool,
}

/// The names of the modes.
const MODES: [&str; 3] = ["serial", "delayed", "array"];

/// The names of what is written for undefined voxels.
const UNDEFINED: [&str; 4] = ["zero", "nan", "numpy", "fsl"];

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum ColorBy {
    /// The operation of a task
    Kind,
    /// When it is begun
    Order,
}

impl From<ColorBy> for Coloring {
    fn from(name: ColorBy) -> Coloring {
        match name {
            ColorBy::Kind => Coloring::Kind,
            ColorBy::Order => Coloring::Order,
        }
    }
}

impl CommandLine {
    /// The arguments of this process. Help, version and a wrong command line end it.
    pub fn of_this_process() -> CommandLine {
        let arguments = typed::arguments();
        CommandLine::understood(&arguments).unwrap_or_else(|error| end(&error, &arguments))
    }

    /// The meaning of these arguments, of which the first is the program's name. What is said of a wrong
    /// one has no line of a single word.
    pub fn understood(arguments: &[OsString]) -> Result<CommandLine, clap::Error> {
        let parser = without_orphans(CommandLine::command());
        let arguments = &typed::with_negative_values(arguments, &parser);
        let matches = parser.clone().try_get_matches_from(arguments);
        let matches = matches.map_err(|error| match error.kind() {
            ErrorKind::InvalidUtf8 => typed::not_utf8(arguments),
            _ => typed::printable_error(parser.clone(), arguments, error),
        })?;
        let command = CommandLine::from_arg_matches(&matches)?;
        let problem = together::problem(&matches).or_else(|| match &command.command {
            None => command.run.problem(),
            Some(Subcommand::Run(arguments)) => arguments.problem(),
            Some(Subcommand::Diff(arguments)) => arguments.problem(),
            Some(_) => None,
        });
        let Some((kind, problem)) = problem else { return Ok(command) };
        let mut parser = parser.clone();
        parser.build();
        let parser = match matches.subcommand_name() {
            Some(name) => parser.find_subcommand_mut(name).expect("it was given"),
            None => &mut parser,
        };
        Err(parser.error(kind, printable(&problem)))
    }

    /// All options: the name of the command that has it, and the option without its dashes.
    pub fn options() -> Vec<(String, String)> {
        let whole = CommandLine::command();
        let of = |command: &Command| {
            let name = command.get_name().to_owned();
            let long = |it: &Arg| Some((name.clone(), it.get_long()?.to_owned()));
            command.get_arguments().filter_map(long).collect::<Vec<_>>()
        };
        whole.get_subcommands().flat_map(of).collect()
    }

    /// The choice of messages, and of their form.
    pub fn messages(&self) -> Messages {
        let arguments = match &self.command {
            None => self.run.messages,
            Some(Subcommand::Run(arguments)) => arguments.messages,
            Some(Subcommand::Diff(arguments)) => arguments.messages,
            Some(Subcommand::Info(arguments)) => arguments.messages,
            Some(Subcommand::Compare(arguments)) => arguments.messages,
            Some(Subcommand::Recipe(arguments)) => arguments.messages,
            Some(Subcommand::Completions { .. } | Subcommand::Man { .. }) => {
                MessageArguments { quiet: false, log_format: LogFormat::Text }
            }
        };
        arguments.into()
    }
}

impl RunArguments {
    /// The first problem of options that do not go together, beyond what clap knows.
    fn problem(&self) -> Option<(ErrorKind, String)> {
        if self.computing.threads.len() > 1 && !self.compare {
            let problem = "several numbers of --threads can only be used with tsnr compare";
            return Some((ErrorKind::MissingRequiredArgument, problem.to_owned()));
        }
        if let Some(name) = self.regions.repeated_tissue() {
            let problem = format!("two tissues are called {name}");
            return Some((ErrorKind::ArgumentConflict, problem));
        }
        if let Err(problem) = self.map_format() {
            return Some((ErrorKind::ArgumentConflict, problem));
        }
        let mut files: Vec<PathBuf> = Vec::new();
        for (path, _) in self.maps_to_write() {
            // Maps that one file holds.
            let together = MapFormat::holds_several_maps_by_output_name(path);
            if !(together && files.iter().any(|it| it == path)) {
                files.push(path.to_owned());
            }
        }
        files.extend(self.files_beside_maps());
        two_outputs(files.iter().map(PathBuf::as_path), self.regions.table.as_ref())
    }

    /// Whether the name of an output has a place for the hemisphere.
    pub fn asks_for_hemispheres(&self) -> bool {
        let maps = self.maps_to_write().map(|(path, _)| path.to_owned());
        let mut files = maps.chain(self.files_beside_maps());
        files.any(|it| it.to_string_lossy().contains(HEMISPHERE_PLACE))
    }

    /// The arguments of this process for the runs of a hemisphere, whose letter takes its place in all names.
    pub fn of_hemisphere(letter: &str, runs: Vec<PathBuf>) -> RunArguments {
        let named = |it: OsString| match it.to_str() {
            Some(text) => text.replace(HEMISPHERE_PLACE, letter).into(),
            None => it,
        };
        let arguments: Vec<OsString> = typed::arguments().into_iter().map(named).collect();
        let command = CommandLine::understood(&arguments);
        let command = command.unwrap_or_else(|error| end(&error, &arguments));
        match command.command {
            Some(Subcommand::Run(run)) => RunArguments { inputs: runs, ..*run },
            _ => RunArguments { inputs: runs, ..command.run },
        }
    }

    /// The maps to write, and the file of each as it was typed.
    pub fn maps_to_write(&self) -> impl Iterator<Item = (&Path, MapKind)> {
        let mean = self.mean.iter().map(|path| (path.as_path(), MEAN));
        let std = self.std.iter().map(|path| (path.as_path(), STD));
        let tsnr = self.output.iter().map(|path| (path.as_path(), TSNR));
        let named = self.maps.iter().map(|(kind, path)| (path.as_path(), *kind));
        tsnr.chain(mean).chain(std).chain(named)
    }

    /// The format of the maps and the mask, if their names or an option ask for one.
    ///
    /// # Errors
    /// A message that says which names or options contradict each other.
    pub fn map_format(&self) -> Result<Option<MapFormat>, String> {
        let names = self.maps_to_write().map(|(path, _)| path).chain(self.mask_out.as_deref());
        asked_format(names, self.output_format, self.dtype)
    }

    /// The files to write that are no maps.
    pub fn files_beside_maps(&self) -> impl Iterator<Item = PathBuf> {
        let files = self.visualize.iter().chain(&self.profile).chain(&self.json);
        let files = files.chain(&self.mask_out).map(PathBuf::as_path);
        let files = files.chain(self.regions.table.iter().flat_map(TableName::files));
        files.chain(self.pictures.files()).map(Path::to_owned)
    }
}

/// Prints help, version or what is wrong with the command line, and ends the process.
fn end(error: &clap::Error, arguments: &[OsString]) -> ! {
    let text = error.render();
    let is_colored = match error.use_stderr() {
        true => is_colored(&std::io::stderr()),
        false => is_colored(&std::io::stdout()),
    };
    let text = if is_colored { text.ansi().to_string() } else { text.to_string() };
    let text = text.replace(HELD_TOGETHER, " ");
    match error.use_stderr() {
        true if asks_for_json(arguments) => wrong_command_line(&error.render().to_string()),
        true => talker::say(text.trim_end_matches('\n').to_owned()),
        // Who closed the pipe has seen enough.
        false => drop(std::io::stdout().write_all(text.as_bytes())),
    }
    std::process::exit(error.exit_code())
}

/// Whether messages are wanted as JSON, by arguments that were not understood.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let is_pair = |pair: &[OsString]| pair[0] == "--log-format" && pair[1] == "json";
    arguments.iter().any(|it| it == "--log-format=json") || arguments.windows(2).any(is_pair)
}

/// A space at which a line is not broken.
const HELD_TOGETHER: char = '\u{a0}';

/// The command with help texts whose last two words stay together, however wide the terminal is.
fn without_orphans(command: Command) -> Command {
    let held = |text: &StyledStr| {
        let lines = text.to_string();
        let lines: Vec<String> = lines.split('\n').map(last_words_held).collect();
        StyledStr::from(lines.join("\n"))
    };
    let held_argument = |argument: Arg| {
        let (short, long) = (argument.get_help().map(held), argument.get_long_help().map(held));
        let argument = short.into_iter().fold(argument, Arg::help);
        long.into_iter().fold(argument, Arg::long_help)
    };
    let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let mut command = command.mut_args(held_argument);
    for (text, put) in [
        (command.get_about().map(held), Command::about as fn(Command, StyledStr) -> Command),
        (command.get_long_about().map(held), Command::long_about),
        (command.get_after_help().map(held), Command::after_help),
        (command.get_after_long_help().map(held), Command::after_long_help),
    ] {
        command = text.into_iter().fold(command, put);
    }
    names.iter().fold(command, |command, name| {
        let named = |it: Command| without_orphans(it.display_name(format!("tsnr {name}")));
        command.mut_subcommand(name, named)
    })
}

/// A line of which the last two words stay together.
fn last_words_held(line: &str) -> String {
    match line.trim_end().rsplit_once(' ') {
        Some((before, last)) if !before.trim().is_empty() => {
            format!("{before}{HELD_TOGETHER}{last}")
        }
        _ => line.to_owned(),
    }
}

/// The problem of two outputs that are one file, if there is one.
fn two_outputs<'a>(
    files: impl Iterator<Item = &'a Path>,
    table: Option<&TableName>,
) -> Option<(ErrorKind, String)> {
    let path = repeated(files)?;
    let mut problem = in_one_file(path);
    let sidecar = table.and_then(|it| it.sidecar.as_deref());
    if sidecar.is_some_and(|it| written_file(it) == written_file(path)) {
        problem += ", in which --table describes its columns";
    }
    Some((ErrorKind::ArgumentConflict, problem))
}

/// A parser of a value that is known by a name, as the library spells it.
fn named<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    let value = |name: String| serde_json::from_value(name.into()).expect("a possible value");
    PossibleValuesParser::new(names).map(value)
}

fn precision() -> impl TypedValueParser<Value = MapPrecision> {
    let parser = PossibleValuesParser::new(MapPrecision::ALL.map(MapPrecision::name));
    let known = |name: String| MapPrecision::ALL.into_iter().find(|it| it.name() == name);
    parser.map(move |name| known(name).expect("a possible value"))
}

fn map_format() -> impl TypedValueParser<Value = MapFormat> {
    let parser = PossibleValuesParser::new(MapFormat::CHOICES.map(MapFormat::key));
    let known = |name: String| MapFormat::CHOICES.into_iter().find(|it| it.key() == name);
    parser.map(move |name| known(name).expect("a possible value"))
}

fn help_of_maps() -> String {
    let names = maps::ALL.map(|kind| kind.name);
    let (last, others) = names.split_last().expect("there is a kind of map");
    format!("Also write another map: {} or {last}", others.join(", "))
}

fn long_help_of_maps() -> String {
    let each = maps::ALL.into_iter().filter(|kind| kind.extent == Extent::EachRun);
    let each: Vec<&str> = each.map(|kind| kind.name).collect();
    let described = maps::ALL.map(|kind| format!("{kind}: {}", kind.description)).join("; ");
    format!(
        "{}\n\n{described}. Of several runs FILE of {} holds {RUN_PLACE}, which becomes 1, 2, ...",
        help_of_maps(),
        each.join(", ")
    )
}

fn named_map(text: &str) -> Result<(MapKind, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("expected NAME=FILE")?;
    let kind = MapKind::by_name(name).ok_or_else(|| {
        let known = maps::ALL.map(|kind| kind.name);
        format!("expected one of {} before the =", known.join(", "))
    })?;
    Ok((kind, output_name(file)?))
}

fn finding_name() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(crate::findings::names())
}

/// A parser of the name of a file that is text, or -, which is stdout.
fn text_name() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| match path == Path::new("-") {
        true => STDOUT.into(),
        false => path,
    })
}

fn output_name(name: &str) -> Result<PathBuf, String> {
    if name == "-" {
        return match std::io::stdout().is_terminal() {
            true => {
                Err("a map is no text for a terminal: put '| PROGRAM' or '> FILE' behind".into())
            }
            false => Ok(STDOUT.into()),
        };
    }
    let path = PathBuf::from(name);
    // Devices and what is open in this process have the names that they have.
    match Encoding::of_output_name(&path) {
        Some(_) => Ok(path),
        None if path.starts_with("/dev") => Ok(path),
        None => Err(format!(
            "expected a name that ends in {}, or - for stdout",
            Encoding::OUTPUT_ENDINGS
        )),
    }
}

/// A parser of the name of a file that ends in one of these.
fn ending_in(
    endings: &'static [&'static str],
) -> impl Fn(&str) -> Result<PathBuf, String> + Clone + Send + Sync + 'static {
    move |name| match endings.iter().any(|it| name.to_ascii_lowercase().ends_with(it)) {
        true => Ok(PathBuf::from(name)),
        false => match endings {
            [others @ .., last] if !others.is_empty() => {
                Err(format!("expected a name that ends in {} or {last}", others.join(", ")))
            }
            endings => Err(format!("expected a name that ends in {}", endings.concat())),
        },
    }
}

fn at_least_zero(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a whole number".to_owned())
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number of at least 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        CommandLine::command().debug_assert();
    }
}
