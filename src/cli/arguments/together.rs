//! The options that go together. One that would do nothing beside the others is refused, with what it
//! needs or contradicts.

use super::{CommandLine, CompareArguments};
use crate::cli::terminal::Terminal;
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, CommandFactory, parser::ValueSource};
use std::collections::BTreeSet;

/// The options that each option acts on: without one of these it would do nothing. A value is
/// written behind `=`; where a command has none of them, it has the option for its own sake.
const NEEDS: [(&str, &[&str]); 32] = [
    ("quiet", SAY_OR_WRITE),
    // The summary of a run has its time, that of two maps has nothing that differs.
    ("reproducible", &["command=run", "report", "png", "difference", "ratio", "json", "table"]),
    ("dtype", &["output", "mean", "std", "maps", "difference", "ratio"]),
    ("output_format", &["output", "mean", "std", "maps", "difference", "ratio"]),
    // Page and JSON state the definition, of which it is a part.
    ("undefined", &["output", "mean", "std", "maps", "json", "report"]),
    ("mask_out", &["mask"]),
    ("mask_threshold", &["mask"]),
    ("resample", &["mask", "atlas", "tissues"]),
    // Of a run they tell how the head moved, whatever else is taken of them.
    (
        "confounds",
        &["command=run", "confound_columns", "fd_thresh", "dvars_thresh", "dummy_scans=auto"],
    ),
    ("confound_columns", &["confounds"]),
    ("fd_thresh", &["confounds"]),
    ("dvars_thresh", &["confounds"]),
    ("censor_before", &["censor", "fd_thresh", "dvars_thresh"]),
    ("censor_after", &["censor", "fd_thresh", "dvars_thresh"]),
    ("atlas_labels", &["atlas"]),
    ("atlas", REGIONS_ARE_IN),
    ("by_slice", REGIONS_ARE_IN),
    ("tissue_threshold", &["tissues"]),
    ("tissues", REGIONS_ARE_IN),
    ("allow", &["strict"]),
    ("visualize_raw", &["visualize"]),
    ("color_by", &["visualize"]),
    ("repeat", &["compare"]),
    // A terminal shows all axial slices.
    ("views", &["report", "png"]),
    ("slices", &["report", "png"]),
    ("range", &["report", "png", "preview"]),
    ("colormap", &["report", "png", "preview"]),
    ("surfaces", &["report"]),
    ("dark", &["png"]),
    ("transparent", &["png"]),
    ("overlay", &["png"]),
    ("width", &["png"]),
];

/// The options that leave something to a quiet program: to write, to print, or to end with a status.
const SAY_OR_WRITE: &[&str] = &[
    "output",
    "mean",
    "std",
    "maps",
    "mask_out",
    "json",
    "table",
    "report",
    "png",
    "visualize",
    "profile",
    "difference",
    "ratio",
    "strict",
    "definitions",
    "compare",
    "command=compare",
];

/// The outputs that say what is in regions.
const REGIONS_ARE_IN: &[&str] = &["table", "report", "json"];

/// Options that contradict each other, unless one of the third is given, and why. A value may be
/// told by its ending.
const CONTRADICTIONS: [(&str, &[&str], &[&str], &str); 13] = [
    ("quiet", &["verbose", "explain", "preview"], &[], "what the latter says is not said"),
    ("quiet", &["dry_run"], &["visualize", "strict"], "what the latter says is not said"),
    ("log_format=json", &["preview"], &[], "a distribution is drawn for a person"),
    ("dry_run", &["preview"], &[], "nothing is computed that could be shown"),
    ("chunk_length", &["mode=serial", "mode=delayed"], &[], "only array mode has chunks"),
    ("no_optimize", &["mode=serial"], &[], "serial mode is a loop, which no pass optimises"),
    ("visualize_raw", &["mode=serial"], &[], "serial mode is a loop, which no pass optimises"),
    ("range", &["preview"], IN_COLORS, NO_COLORS),
    ("colormap", &["preview"], IN_COLORS, NO_COLORS),
    ("reproducible", &["profile"], &[], "a profile is made of times"),
    ("mask_threshold", &["mask=auto"], &[], "that mask is no image"),
    ("resample", &["mask=auto"], &["atlas", "tissues"], "that mask is no image"),
    ("color_by", &["visualize=.json"], &[], "JSON has no colours"),
];

/// The options that show the tSNR in colours, and [`COLORS`], a terminal that does.
const IN_COLORS: &[&str] = &["report", "png", COLORS];
/// A terminal with colours, as if it were typed.
const COLORS: &str = "terminal=in colours";
/// Why the colours of a preview do nothing.
const NO_COLORS: &str = "standard error is no terminal that shows colours here";

/// The options that stand for a command, and what each takes of the options beside that which `tsnr compare`
/// takes, or takes no more of it; all others would do nothing.
const COMMANDS: [(&str, &[&str], &[&str], &str); 2] = [
    ("compare", &[], &[], "measures the modes and writes no map"),
    (
        "definitions",
        &["mask", "mask_threshold", "resample", "mode", "no_optimize"],
        &["definition", "repeat", "json"],
        "prints the medians of all definitions and writes no map",
    ),
];

/// The first problem of options that do not go together.
pub(super) fn problem(matches: &ArgMatches) -> Option<(ErrorKind, String)> {
    let whole = CommandLine::command();
    let (command, matches) = match matches.subcommand() {
        Some((name, matches)) => (whole.find_subcommand(name)?.clone(), matches),
        None => (whole, matches),
    };
    Typed::new(&command, matches).problem()
}

/// The options of a command, and those that were typed: `mode` and `mode=serial`.
struct Typed {
    known: Vec<(String, String)>,
    given: BTreeSet<String>,
}

impl Typed {
    fn new(command: &Command, matches: &ArgMatches) -> Typed {
        let name = if command.get_name() == "tsnr" { "run" } else { command.get_name() };
        let (mut known, mut given) = (Vec::new(), BTreeSet::from([format!("command={name}")]));
        if matches!(Terminal::of_stderr(), Terminal::Colored(_)) {
            given.insert(COLORS.to_owned());
        }
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            known.push((id.to_owned(), argument.get_long().unwrap_or(id).to_owned()));
            let is_typed = matches.try_contains_id(id).is_ok()
                && matches.value_source(id) == Some(ValueSource::CommandLine);
            if is_typed {
                let values = matches.get_raw(id).into_iter().flatten();
                for value in values.map(|it| it.to_string_lossy()) {
                    given.extend(value.rsplit_once('.').map(|(_, end)| format!("{id}=.{end}")));
                    given.insert(format!("{id}={value}"));
                }
                given.insert(id.to_owned());
            }
        }
        Typed { known, given }
    }

    fn problem(&self) -> Option<(ErrorKind, String)> {
        let conflict = |text| Some((ErrorKind::ArgumentConflict, text));
        for (name, more, less, does) in COMMANDS.iter().filter(|it| self.is_given(it.0)) {
            let compare = CompareArguments::augment_args(Command::new("compare"));
            let takes = |id: &str| {
                let is_compared = compare.get_arguments().any(|it| it.get_id() == id);
                id == *name || more.contains(&id) || (is_compared && !less.contains(&id))
            };
            if let Some((other, _)) =
                self.known.iter().find(|(id, _)| self.is_given(id) && !takes(id))
            {
                let [name, other] = [*name, other.as_str()].map(|it| self.spelled(it));
                let text = format!("{other} cannot be used with {name}, which {does}");
                return conflict(format!("{text}: leave out one"));
            }
        }
        for (one, others, unless, why) in CONTRADICTIONS {
            let other = others.iter().find(|it| self.is_given(it));
            let is_meant = unless.iter().any(|it| self.is_given(it));
            if let (true, Some(other), false) = (self.is_given(one), other, is_meant) {
                let [one, other] = [one, *other].map(|it| self.spelled(it));
                let text = format!("{one} cannot be used with {other}: {why}");
                return conflict(format!("{text}; leave out one"));
            }
        }
        let lacks = NEEDS.iter().find(|(option, needed)| {
            self.is_given(option)
                && needed.iter().any(|it| self.is_known(it))
                && !needed.iter().any(|it| self.is_given(it))
        });
        lacks.map(|(option, needed)| {
            let needed = needed.iter().filter(|it| self.is_known(it));
            let needed: Vec<String> = needed.map(|it| self.spelled(it)).collect();
            let needed = match needed.as_slice() {
                [only] => only.clone(),
                [others @ .., last] if needed.len() < 7 => {
                    format!("{} or {last}", others.join(", "))
                }
                _ => "an output".to_owned(),
            };
            let option = self.spelled(option);
            let text = format!("{option} needs {needed}: by itself it would do nothing");
            (ErrorKind::MissingRequiredArgument, text)
        })
    }

    fn is_given(&self, option: &str) -> bool {
        self.given.contains(option)
    }

    fn is_known(&self, option: &str) -> bool {
        let id = option.split('=').next().unwrap_or(option);
        id != "command" && self.known.iter().any(|(known, _)| known == id)
    }

    /// As it is typed, with its value if that matters.
    fn spelled(&self, option: &str) -> String {
        let (id, value) = option.split_once('=').unwrap_or((option, ""));
        let long = self.known.iter().find(|(known, _)| known == id).map_or(id, |(_, long)| long);
        format!("--{long} {value}").trim_end().to_owned()
    }
}
