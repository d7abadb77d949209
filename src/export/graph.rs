//! The task graph of an analysis as a picture, and what happened in it as a trace or page.

use crate::analysis::Planned;
use crate::numbers::counted;
use crate::recipe::Mode;
use crate::record::Record;
use taskgraph::Outline;
use taskgraph::drawing::{Coloring, Format, Picture};
use taskgraph::profile::Profile;

/// The operations of tasks, in the order of the colours that they have in every picture.
const OPERATIONS: [&str; 11] = [
    "moments",
    "merge",
    "gather",
    "load",
    "concatenate",
    "mean",
    "std",
    "divide",
    "sqrt/divide",
    "read",
    "beginning",
];

/// The graph that a picture is of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The tasks of the graph.
    pub outline: &'a Outline,
    /// How the maps are computed.
    pub mode: Mode,
    /// How many runs there are.
    pub runs: usize,
    /// How many volumes they have.
    pub volumes: usize,
    /// How many threads compute.
    pub threads: usize,
    /// Whether it is drawn as declared, before optimisation.
    pub is_raw: bool,
}

impl Subject<'_> {
    /// The graph that was run for a record.
    pub fn from_record(record: &Record) -> Subject<'_> {
        Subject {
            outline: &record.timings.outline,
            mode: record.provenance.mode,
            runs: record.runs.len(),
            volumes: record.volumes(),
            threads: record.provenance.threads,
            is_raw: false,
        }
    }

    /// A graph that is planned, of which `outline` has the tasks.
    pub fn from_plan<'a>(planned: &Planned, outline: &'a Outline, is_raw: bool) -> Subject<'a> {
        Subject {
            outline,
            mode: planned.mode(),
            runs: planned.session().runs().len(),
            volumes: planned.session().volumes(),
            threads: planned.threads(),
            is_raw,
        }
    }

    /// The headline of pictures and pages.
    pub fn title(&self) -> String {
        format!("tsnr, {} mode", self.mode)
    }

    /// The picture of the graph.
    pub fn picture(&self, coloring: Coloring) -> Picture {
        let how = if self.is_raw { " before optimisation" } else { "" };
        let caption = format!(
            "{}, {}; {}; {}{how}",
            counted(self.runs, "run"),
            counted(self.volumes, "volume"),
            counted(self.threads, "thread"),
            counted(self.outline.tasks.len(), "task")
        );
        let picture = Picture::new(self.outline.clone(), &self.title(), &caption);
        picture.naming(&OPERATIONS).colored_by(coloring)
    }
}

/// The profile of the tasks of a record, as one page of HTML.
pub fn profile_page(record: &Record, profile: &Profile) -> String {
    let subject = Subject::from_record(record);
    let picture = subject.picture(Coloring::Kind).with_seconds(profile.task_seconds());
    let caption = "What each worker did, and when.";
    profile.page(&subject.title(), caption, &picture.text(Format::Svg), &OPERATIONS)
}
