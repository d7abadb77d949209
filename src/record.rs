//! The outcome of an analysis: a [`Record`], owned and immutable, of which every output is a
//! function.

use crate::findings::between_runs::BetweenRuns;
use crate::findings::{Finding, Severity};
use crate::formats::{Geometry, MapSink, PointsPlaces};
use crate::maps::{Counts, Map, Maps};
use crate::nuisance::{DummySource, Motion, Use};
use crate::pipeline::RunSignals;
use crate::quality::Quality;
use crate::recipe::{Mode, Recipe, TsnrDefinition};
use crate::regions::Row;
pub use crate::regions::{Brain, NamedMask};
use crate::runs;
use crate::stats::summary::Summary;
use crate::voxels::Datatype;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use taskgraph::Outline;
use taskgraph::profile::Profile;

/// The outcome of an analysis: the definition as it was resolved, runs, maps, summaries, findings,
/// times and provenance.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// The recipe that was followed.
    pub recipe: Recipe,
    /// Everything that makes the number.
    pub definition: TsnrDefinition,
    /// The divisor of the sum of squares; none where each run has its own.
    pub divisor: Option<f64>,
    /// The geometry of the first image, which the maps have.
    pub geometry: Geometry,
    /// The writer of maps, with that geometry and what is kept of that image.
    pub sink: Arc<dyn MapSink>,
    /// The runs that were used, in order.
    pub runs: Vec<RunRecord>,
    /// How many volumes of all runs are in the maps.
    pub volumes_used: usize,
    /// The maps. Outside the mask they are [hidden](Maps::hide_outside).
    pub maps: Maps,
    /// Where a mask hides what is outside and a page is to be made: the mean and the std on the whole
    /// grid; for a picture the mean.
    pub whole: Vec<Map>,
    /// The voxels in the mask that change and have a sample at the limit of its type, of those that
    /// are not scaled, by their places in the file.
    pub at_limit: Vec<usize>,
    /// Where the maps are looked at; everywhere if there is none.
    pub mask: Option<NamedMask>,
    /// The brain as it is found in the mean, where no mask was asked for; none where none is found.
    pub brain: Option<Brain>,
    /// The quality of the runs as their series tell it: in the mask, else in the brain, else in the
    /// voxels that have a tSNR.
    pub quality: Quality,
    /// How many voxels in the mask have a tSNR, and why the others have none.
    pub counts: Counts,
    /// The variance between runs; none where runs are not concatenated, or of a single one.
    pub between_runs: Option<BetweenRuns>,
    /// A row for each region and run, all runs together first; without regions of the mask or the
    /// whole grid, if a table was asked for.
    pub regions: Vec<Row>,
    /// The tissues that were given.
    pub tissues: Vec<Tissue>,
    /// Where the points lie, of runs that have no grid, where that is shown.
    pub places: Option<PointsPlaces>,
    /// The findings, in the order of the [rules](crate::findings::RULES).
    pub findings: Vec<Finding>,
    /// Everything that was looked for, whether it was found or not, each in a few words.
    pub looked_for: Vec<String>,
    /// Where the time went.
    pub timings: Timings,
    /// How the record came about.
    pub provenance: Provenance,
    pub(crate) summary: Summary,
}

/// A tissue that a map of probabilities shows, and where the sample of voxels meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tissue {
    /// The name that was given to it.
    pub name: String,
    /// The numbers of its voxels in the sample of the runs' [signals](RunRecord::signals), ascending;
    /// none where no sample was kept.
    pub sampled: Vec<usize>,
}

/// A run that was used.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunRecord {
    /// The name of the run's file without folder and ending; of a series that of the first file.
    pub name: String,
    /// The files that it was read from: one, or a series of three-dimensional ones.
    pub files: Vec<FileRecord>,
    /// The repetition time: the one that was given, else that of its sidecar or header.
    pub tr_seconds: Option<f64>,
    /// The use of each volume.
    pub uses: Vec<Use>,
    /// The regressors that were fitted to the run by itself, beside its mean.
    pub regressors: Vec<String>,
    /// The regressors among them that add nothing: constant, or made up of others.
    pub dependent_regressors: Vec<String>,
    /// How many first volumes are dummy scans, as was said or found, whether they were chosen or not.
    pub dummies: usize,
    /// The source by which dummy scans were looked for, if they were.
    pub dummies_by: Option<DummySource>,
    /// How the head moved in all its volumes, used or not, if a table of the run says so.
    pub motion: Option<Motion>,
    /// The [hash](crate::stats::signals::hash_of_hashes) of its voxels as they are stored, of all
    /// volumes, used or not; none where nothing that shows it was asked for.
    pub data_hash: Option<u64>,
    /// The median of its own tSNR in the mask; none where no voxel has one, or none was made.
    pub median_tsnr: Option<f64>,
    /// Likewise in the brain, where no mask was asked for and one was found.
    pub brain_median_tsnr: Option<f64>,
    /// The signals of its volumes, each as a whole, as far as they were kept: global signal, DVARS, slice
    /// means, and the values of a sample of voxels.
    pub signals: RunSignals,
}

/// A file that a run was read from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileRecord {
    /// The path as it was given.
    pub path: PathBuf,
    /// The size of the file on the disk; of both halves of a pair.
    pub bytes: u64,
    /// The name of its format: `NIfTI-1`.
    pub format: &'static str,
    /// How samples are stored.
    pub datatype: Datatype,
    /// Value = slope * stored + intercept.
    pub slope: f64,
    /// The intercept that goes with `slope`, in the units of the data.
    pub intercept: f64,
    /// SHA-256 of its header, in hexadecimal.
    pub header_sha256: String,
}

/// Where the time of an analysis went.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Timings {
    /// The tasks that ran.
    pub outline: Outline,
    /// The phases and tasks, where that was asked for.
    pub profile: Option<Profile>,
}

/// How a record came about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provenance {
    /// The version of tsnr.
    pub version: &'static str,
    /// The time at which the analysis began.
    pub began: SystemTime,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How it was computed.
    pub mode: Mode,
    /// How many threads computed.
    pub threads: usize,
    /// The most memory that the process had held when it ended, where the system tells.
    pub peak_bytes: Option<u64>,
    /// The predicted peak, in bytes.
    pub predicted_bytes: u64,
}

impl Record {
    /// The distribution of the tSNR over the voxels in the mask that have one.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// How many volumes the runs have, used or not.
    pub fn volumes(&self) -> usize {
        self.runs.iter().map(|run| run.uses.len()).sum()
    }

    /// How many volumes of all runs have this use.
    pub fn count(&self, wanted: Use) -> usize {
        self.runs.iter().map(|run| run.count(wanted)).sum()
    }

    /// The findings of this severity or a greater one.
    pub fn findings_from(&self, least: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |it| it.severity >= least)
    }

    /// The session in a few words: what the names of its runs have in common.
    pub fn title(&self) -> String {
        let names: Vec<&str> = self.runs.iter().map(|it| it.name.as_str()).collect();
        title_of(&names)
    }

    /// Where the maps are looked at, in words.
    pub fn place(&self) -> String {
        match &self.mask {
            Some(mask) => format!("in the mask {}", mask.in_words()),
            None => "over all defined voxels".to_owned(),
        }
    }
}

impl RunRecord {
    /// A run of which nothing is known but its name and what became of its volumes.
    #[cfg(test)]
    pub(crate) fn named(name: &str, uses: Vec<Use>) -> RunRecord {
        RunRecord {
            name: name.to_owned(),
            files: Vec::new(),
            tr_seconds: None,
            dummies: uses.iter().filter(|it| **it == Use::Dummy).count(),
            uses,
            regressors: Vec::new(),
            dependent_regressors: Vec::new(),
            dummies_by: None,
            motion: None,
            data_hash: None,
            median_tsnr: None,
            brain_median_tsnr: None,
            signals: RunSignals::default(),
        }
    }

    /// How many volumes have this use.
    pub fn count(&self, wanted: Use) -> usize {
        self.uses.iter().filter(|&&it| it == wanted).count()
    }

    /// The numbers of the volumes that have this use, from 0.
    pub fn volumes(&self, wanted: Use) -> Vec<usize> {
        let uses = self.uses.iter().enumerate();
        uses.filter(|(_, it)| **it == wanted).map(|(volume, _)| volume).collect()
    }
}

/// The parts that tell runs apart: of their names, or where these are alike of their paths.
pub fn short_names(runs: &[RunRecord]) -> Vec<String> {
    let names = runs::short_names(&runs.iter().map(|run| &run.name).collect::<Vec<_>>());
    if runs::are_distinct(&names) {
        return names;
    }
    // Folders tell apart as parts of a name do.
    let path = |run: &RunRecord| {
        let folders = run.files.first().and_then(|file| file.path.parent());
        let folders = folders.into_iter().flat_map(|it| it.iter()).map(|it| it.to_string_lossy());
        folders.chain([run.name.as_str().into()]).collect::<Vec<_>>().join("_")
    };
    let paths = runs::short_names(&runs.iter().map(path).collect::<Vec<_>>());
    if runs::are_distinct(&paths) { paths } else { names }
}

fn title_of(names: &[&str]) -> String {
    let (first, others) = names.split_first().expect("a run at least");
    if others.is_empty() {
        return (*first).to_owned();
    }
    let parts: Vec<&str> = first.split('_').collect();
    let is_common =
        |at: &usize| others.iter().all(|it| it.split('_').nth(*at) == parts.get(*at).copied());
    let common = parts[..(0..parts.len()).take_while(is_common).count()].join(" ");
    match common.as_str() {
        "" => format!("{first} and {} more", others.len()),
        common => format!("{common}, {} runs", names.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_name_are_told_apart_by_their_folders() {
        let run = |path: &str, name: &str| {
            let mut run = RunRecord::named(name, Vec::new());
            run.files = vec![FileRecord {
                path: path.into(),
                bytes: 0,
                format: "NIfTI-1",
                datatype: Datatype::Int16,
                slope: 1.0,
                intercept: 0.0,
                header_sha256: String::new(),
            }];
            run
        };
        let names =
            |runs: [(&str, &str); 2]| short_names(&runs.map(|(path, name)| run(path, name)));
        assert_eq!(names([("data/a/bold.nii", "bold"), ("data/b/bold.nii", "bold")]), ["a", "b"]);
        assert_eq!(names([("bold.nii", "bold"), ("bold.nii", "bold")]), ["bold", "bold"]);
        assert_eq!(names([("a/run-1.nii", "run-1"), ("b/run-2.nii", "run-2")]), ["run-1", "run-2"]);
    }

    #[test]
    fn a_session_is_called_by_what_its_runs_have_in_common() {
        assert_eq!(title_of(&["sub-01_task-rest_run-1_bold"]), "sub-01_task-rest_run-1_bold");
        assert_eq!(
            title_of(&["sub-01_task-rest_run-1_bold", "sub-01_task-rest_run-2_bold"]),
            "sub-01 task-rest, 2 runs"
        );
        assert_eq!(title_of(&["a", "b", "c"]), "a and 2 more");
        assert_eq!(title_of(&["a_b", "a"]), "a, 2 runs");
    }
}
