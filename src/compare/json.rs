//! A comparison of the modes as JSON for a program.

use super::{Contender, Difference, Measured};
use crate::numbers::{counted, mebibytes_needed};
use crate::resources;
use crate::runs::Session;
use serde::Serialize;

/// The name of the schema, and its version.
const SCHEMA: &str = "tsnr-compare/1";

/// The runs on which modes were compared, and the machine.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ComparedRuns {
    /// The images, as they were typed.
    files: Vec<String>,
    /// The volumes of all runs.
    volumes: usize,
    /// The voxels along each axis.
    shape: [usize; 3],
    /// The decompressed bytes of all voxels.
    voxel_bytes: u64,
    /// The cores that the program may use.
    cores: usize,
    /// The version of tsnr.
    version: &'static str,
    #[serde(skip)]
    runs: usize,
}

impl ComparedRuns {
    /// The runs of a session on this machine.
    pub fn new(session: &Session) -> ComparedRuns {
        ComparedRuns {
            files: session.images().map(|it| it.path().display().to_string()).collect(),
            volumes: session.volumes(),
            shape: session.geometry().shape,
            voxel_bytes: session.voxel_bytes(),
            cores: resources::available_threads().get(),
            version: env!("CARGO_PKG_VERSION"),
            runs: session.runs().len(),
        }
    }

    /// The lines above the table: what was compared, and how often each mode was run.
    pub fn headline(&self, rounds: usize) -> String {
        let [x, y, z] = self.shape;
        format!(
            "tsnr {}: {}, {} of {x}x{y}x{z}, {} of voxels\n{}, medians of {}; all files were read \
             once before\nabsolute, relative, ULP: the greatest difference from the first row's \
             tSNR\n\n",
            self.version,
            counted(self.runs, "run"),
            counted(self.volumes, "volume"),
            mebibytes_needed(self.voxel_bytes),
            counted(self.cores, "core"),
            counted(rounds, "round"),
        )
    }
}

/// A comparison of the modes on some runs.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Comparison<'a> {
    /// The name and version of this schema.
    schema: &'static str,
    /// The runs that were compared, and the machine.
    session: &'a ComparedRuns,
    /// Each mode with its number of threads, serial mode first.
    contenders: Vec<ContenderForm<'a>>,
}

/// A mode with a number of threads.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ContenderForm<'a> {
    /// The name of the mode.
    mode: &'a str,
    /// How many threads it had.
    threads: usize,
    /// How many tasks its graph has.
    tasks: usize,
    /// Why it was not run, if it was not.
    skipped: Option<&'a str>,
    /// The medians over its runs.
    median: MeasuredForm,
    /// The runs of the mode, in order.
    runs: Vec<MeasuredForm>,
    /// How far its map is from that of the first that was run; null of that one.
    difference: Option<Difference>,
}

/// The time and memory of a process.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MeasuredForm {
    /// The time from its start to its end, in seconds.
    wall_seconds: Option<f64>,
    /// Processor time of all its threads, in seconds.
    cpu_seconds: Option<f64>,
    /// The most memory that it held at once, in bytes.
    peak_bytes: u64,
}

impl From<Measured> for MeasuredForm {
    fn from(it: Measured) -> MeasuredForm {
        let finite = |it: f64| it.is_finite().then_some(it);
        let Measured { wall_seconds, cpu_seconds, peak_bytes } = it;
        let [wall_seconds, cpu_seconds] = [wall_seconds, cpu_seconds].map(finite);
        MeasuredForm { wall_seconds, cpu_seconds, peak_bytes }
    }
}

/// The comparison as one JSON object.
pub fn text(session: &ComparedRuns, contenders: &[Contender]) -> String {
    fn form(it: &Contender) -> ContenderForm<'_> {
        let Contender { mode, threads, tasks, runs, difference, skipped } = it;
        ContenderForm {
            mode,
            threads: *threads,
            tasks: *tasks,
            skipped: skipped.as_deref(),
            median: it.median().into(),
            runs: runs.iter().copied().map(MeasuredForm::from).collect(),
            difference: *difference,
        }
    }
    let contenders = contenders.iter().map(form).collect();
    let comparison = Comparison { schema: SCHEMA, session, contenders };
    serde_json::to_string_pretty(&comparison).expect("plain data") + "\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_published_schema_is_that_of_what_is_written() {
        crate::export::json::assert_published::<super::Comparison>("tsnr-compare-1.json");
    }
}
