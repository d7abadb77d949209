//! From a session to its maps, in one of three modes that mean the same.
//!
//! | mode | how | memory, beside the maps |
//! |---|---|---|
//! | [`serial`] | a plain loop: load every run, concatenate, mean and std in two passes | every run, as stored |
//! | [`mod@delayed`] | the same steps as lazy tasks, one load per run, on the pool | every run, as stored |
//! | [`mod@array`] | chunks of volumes whose moments are merged in a fixed tree | a few chunks |
//!
//! All three compute what an [`Analysis`] asks for. They agree in which voxels are undefined, and
//! in defined values to [`TOLERANCE`](crate::stats::TOLERANCE), with regressors to
//! [`FIT_TOLERANCE`](crate::stats::FIT_TOLERANCE); within a mode the result is the same to the
//! last bit whatever the threads. This module does not know the terminal, nor what becomes of the
//! maps.

pub mod array;
mod beginnings;
pub mod delayed;
mod memory;
mod on_grid;
mod resample;
pub mod serial;

pub use beginnings::{beginnings, read_to_the_end};
pub use memory::{BASE_BYTES, Predicted, predicted, threads_within};
pub use on_grid::{Beside, Misplaced, OffGrid, Resampled, mean_from, on_grid_of, single_volume};
pub use resample::nearest;

use crate::error::{Error, ErrorKind, Result, Setting};
use crate::formats::{Progress, Source, VolumeReader};
use crate::maps::{Extent, MEAN, Maps, STD, TSNR, Wanted};
pub use crate::recipe::Mode;
use crate::runs::{Run, Session};
use crate::stats::formula::{Ddof, Formula, NotFinite};
use crate::stats::peak::RunPeak;
use crate::stats::sampling::Model;
use crate::stats::series::Series;
use crate::stats::signals::{
    BlockHashes, Sampled, Signals, SignalsWanted, block_voxels, hash_of_hashes,
};
use crate::voxels::{Block, Infinities, Samples};
use ndarray::{Array2, Axis};
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use taskgraph::{
    Cancellation, Cause, Delayed, Graph, Observer, Options, Outline, PassReport, Pool,
};

/// An analysis, and the way to compute it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How.
    pub mode: Mode,
    /// Threads of the pool; `serial` uses one whatever is asked.
    pub threads: NonZeroUsize,
    /// Volumes in a chunk of `array` mode; if none is given, as many as fit
    /// [`array::CHUNK_BYTES`] and at least [`array::FEWEST_VOLUMES`].
    pub chunk_length: Option<NonZeroUsize>,
    /// The analysis.
    pub analysis: Analysis,
}

/// The analysis of a session: the definition, and what is made of it.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The definition of the tSNR.
    pub definition: Formula,
    /// The model: which volumes count, and what is fitted.
    pub model: Arc<Model>,
    /// The maps that are made.
    pub wanted: Wanted,
    /// The signals of volumes that are kept.
    pub signals: SignalsWanted,
}

impl Analysis {
    /// numpy's definition on all volumes of a session, with the maps of mean and std.
    pub fn plain(session: &Session) -> Analysis {
        Analysis {
            definition: Formula::default(),
            model: Arc::new(Model::all(session.runs().iter().map(Run::volumes))),
            wanted: Wanted::from_iter([TSNR, MEAN, STD]),
            signals: SignalsWanted::default(),
        }
    }
}

/// The outcome of the pass over a session.
#[derive(Clone, Debug)]
pub struct PassOutcome {
    /// The maps that were wanted, in the units of the data unless they have
    /// [another](crate::maps::Unit).
    pub maps: Maps,
    /// The voxels that have a sample at the limit of its type, of those that are not scaled, by
    /// their places in the file.
    pub at_limit: Vec<usize>,
    /// The greatest value of each run, and how many samples share it.
    pub peaks: Vec<RunPeak>,
    /// The signals of the volumes of each run.
    pub signals: Vec<RunSignals>,
}

/// The signals of the volumes of a run, each as a whole; of all of them, whether used or not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSignals {
    /// The mean over the grid of each volume, or of some of the first.
    pub global: Vec<f64>,
    /// The root mean square change of each volume from the one before; NaN of the first of each
    /// file. Empty if not wanted.
    pub dvars: Vec<f64>,
    /// The global signal and DVARS within a mask that was known before the pass; none without.
    pub in_mask: Option<MaskSignals>,
    /// The mean of each slice of the third axis, `[volume, slice]`, in the units of the data. No
    /// volume if not wanted.
    pub slice_means: Array2<f64>,
    /// The values of chosen voxels at each volume; none if not wanted.
    pub sampled: Option<Sampled>,
    /// A [hash](crate::stats::signals) of each volume as it is stored. Empty if not wanted.
    pub volume_hashes: Vec<u64>,
}

/// The signals of the volumes of a run inside a mask.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaskSignals {
    /// The mean over the mask of each volume.
    pub global: Vec<f64>,
    /// The root mean square change over the mask of each volume from the one before; NaN of the
    /// first of each file.
    pub dvars: Vec<f64>,
}

impl RunSignals {
    /// A [hash](crate::stats::signals) of all volumes of the run as they are stored; none where not
    /// all of them were hashed.
    pub fn data_hash(&self, volumes: usize) -> Option<u64> {
        let hashes = self.volume_hashes.iter().copied();
        (volumes > 0 && hashes.len() == volumes).then(|| hash_of_hashes(hashes))
    }

    /// These in memory of the thread that calls this, but for the sample, whose lists are long.
    fn moved(mut self) -> RunSignals {
        let sampled = self.sampled.take();
        RunSignals { sampled, ..self.clone() }
    }

    /// Appends those of a file that follows.
    fn append(&mut self, file: Signals) {
        self.global.extend(file.global_signal());
        self.dvars.extend(file.dvars());
        self.volume_hashes.extend(file.volume_hashes());
        if let Some([global, dvars]) = file.inside() {
            let in_mask = self.in_mask.get_or_insert_default();
            in_mask.global.extend(global);
            in_mask.dvars.extend(dvars);
        }
        let (slice_means, sampled) = (file.slice_means(), file.into_sampled());
        if self.slice_means.is_empty() {
            self.slice_means = slice_means;
        } else {
            self.slice_means.append(Axis(0), slice_means.view()).expect("slices of one grid");
        }
        match (&mut self.sampled, sampled) {
            (Some(all), Some(next)) => all.append(next),
            (all, next) => *all = next,
        }
    }
}

/// Computes the maps of a session.
///
/// # Errors
/// Those of [`plan`] and of [`Plan::run`].
pub fn compute(
    session: &Session,
    settings: &Settings,
    progress: Arc<dyn Progress>,
) -> Result<PassOutcome> {
    plan(session, settings, progress)?.run(&(), &Cancellation::default())
}

/// The steps that compute the maps of a session. No voxel has been read.
pub struct Plan {
    session: Session,
    settings: Settings,
    progress: Arc<Cancellable>,
    budget_bytes: Option<u64>,
    execution: Execution,
}

/// The observer of the bytes that the tasks of a plan read, and what cancels them once it runs.
struct Cancellable {
    progress: Arc<dyn Progress>,
    cancellation: OnceLock<Cancellation>,
}

impl Progress for Cancellable {
    fn voxel_bytes_read(&self, count: u64) {
        self.progress.voxel_bytes_read(count);
    }

    fn time_spent(&self, waiting: Duration, decoding: Duration) {
        self.progress.time_spent(waiting, decoding);
    }

    fn is_cancelled(&self) -> bool {
        self.cancellation.get().is_some_and(Cancellation::is_cancelled)
            || self.progress.is_cancelled()
    }
}

/// The way in which a plan is carried out.
enum Execution {
    Steps(Outline),
    Tasks { raw: Graph, optimized: Graph, passes: Vec<PassReport>, computed: Delayed<PassOutcome> },
}

/// Plans how the maps of a session are computed.
///
/// # Errors
/// Too few volumes left by `ddof`.
///
/// # Panics
/// If the analysis is not of the runs of the session.
pub fn plan(session: &Session, settings: &Settings, progress: Arc<dyn Progress>) -> Result<Plan> {
    check_freedom(session, &settings.analysis)?;
    let tasks = |computed: Delayed<PassOutcome>| {
        let raw = Graph::needed_for(&computed);
        let (optimized, passes) = raw.clone().optimized();
        Execution::Tasks { raw, optimized, passes, computed }
    };
    let progress = Arc::new(Cancellable { progress, cancellation: OnceLock::new() });
    let told = Arc::clone(&progress) as Arc<dyn Progress>;
    let execution = match settings.mode {
        Mode::Serial => Execution::Steps(serial::steps(session)),
        Mode::Delayed => tasks(delayed::tasks(session, &settings.analysis, &told)),
        Mode::Array => tasks(array::tasks(session, settings, &told)),
    };
    let budget_bytes = None;
    Ok(Plan {
        session: session.clone(),
        settings: settings.clone(),
        progress,
        budget_bytes,
        execution,
    })
}

/// Refuses a division by no degrees of freedom, and a run of which nothing is used.
fn check_freedom(session: &Session, analysis: &Analysis) -> Result<()> {
    let Analysis { definition, model, wanted, .. } = analysis;
    let runs = session.runs();
    assert_eq!(runs.len(), model.runs().len(), "a model of these runs");
    for (number, (run, sampling)) in runs.iter().zip(model.runs()).enumerate() {
        let used = sampling.used().len();
        let needs_own = definition.combine.is_of_the_runs_own() || wanted.has_any(Extent::EachRun);
        let problem = if used == 0 {
            format!("none of its {} volumes is used", run.volumes())
        } else if needs_own && definition.freedom_of_run(model, number) <= 0.0 {
            format!(
                "{used} volumes and {} regressors leave no degrees of freedom for its own tSNR",
                sampling.rank()
            )
        } else {
            continue;
        };
        return Err(Error::mismatch(problem)
            .remedy("leave the run out, or fewer of its volumes, or fit less")
            .at(run.path()));
    }
    if definition.freedom(model) <= 0.0 {
        let volumes = model.volumes();
        return Err(match definition.ddof {
            Ddof::Fixed(ddof) => Error::mismatch(format!(
                "ddof {ddof} leaves no degrees of freedom of {volumes} volumes"
            ))
            .remedy("give a smaller ddof")
            .settings([Setting::Ddof]),
            Ddof::Rank => Error::mismatch(format!(
                "{} regressors leave no degrees of freedom of {volumes} volumes",
                model.regressors()
            ))
            .remedy("fit less, or use more volumes"),
        });
    }
    Ok(())
}

impl Plan {
    /// The tasks that [`run`](Plan::run) will run, by their numbers; of `serial` its steps.
    pub fn outline(&self) -> Outline {
        match &self.execution {
            Execution::Steps(steps) => steps.clone(),
            Execution::Tasks { optimized, .. } => optimized.outline(),
        }
    }

    /// The tasks before optimisation.
    pub fn raw_outline(&self) -> Outline {
        match &self.execution {
            Execution::Steps(steps) => steps.clone(),
            Execution::Tasks { raw, .. } => raw.outline(),
        }
    }

    /// A report of each pass of the optimisation.
    pub fn passes(&self) -> &[PassReport] {
        match &self.execution {
            Execution::Steps(_) => &[],
            Execution::Tasks { passes, .. } => passes,
        }
    }

    /// This plan without optimisation.
    pub fn unoptimized(mut self) -> Plan {
        if let Execution::Tasks { raw, optimized, passes, .. } = &mut self.execution {
            *optimized = raw.clone();
            passes.clear();
        }
        self
    }

    /// This plan, in which a task waits while its value does not fit into these bytes beside those
    /// alive.
    pub fn within(self, budget_bytes: Option<u64>) -> Plan {
        Plan { budget_bytes, ..self }
    }

    /// This plan on another number of threads.
    pub fn on_threads(mut self, threads: NonZeroUsize) -> Plan {
        self.settings.threads = threads;
        self
    }

    /// Computes the maps. `observer` is told of the tasks of [`outline`](Plan::outline).
    ///
    /// Once `cancellation`, or the progress that the plan was made with, says so, no task is begun
    /// and those that read stop within a mebibyte; what is being computed is finished first.
    ///
    /// # Errors
    /// Voxels that cannot be read; threads that cannot be started;
    /// [`Error::cancelled`].
    pub fn run(self, observer: &dyn Observer, cancellation: &Cancellation) -> Result<PassOutcome> {
        let Plan { session, settings, progress, budget_bytes, execution } = self;
        progress.cancellation.get_or_init(|| cancellation.clone());
        let computed = match execution {
            Execution::Steps(steps) => {
                serial::compute(&session, &settings.analysis, &*progress, steps, observer)?
            }
            Execution::Tasks { raw, optimized, computed, .. } => {
                drop(raw);
                let cancellation = Some(cancellation);
                let options = Options { observer, budget_bytes, cancellation };
                let results = optimized.run(&pool(&settings)?, options);
                let mut results = results.map_err(task_error)?;
                let computed = results.take(&computed);
                Arc::into_inner(computed).expect("nobody else has what was computed").moved()
            }
        };
        Ok(computed)
    }
}

impl PassOutcome {
    /// These, with all that is small in memory of the thread that calls this. Of the memory in which a
    /// thread of the pool made the parts, the system's allocator gives back what lies above everything
    /// that is still in use: a list of a few values would hold all of it.
    fn moved(self) -> PassOutcome {
        let PassOutcome { maps, at_limit, peaks, signals } = self;
        PassOutcome {
            maps: maps.with_copied_status(),
            at_limit: at_limit.clone(),
            peaks: peaks.clone(),
            signals: signals.into_iter().map(RunSignals::moved).collect(),
        }
    }
}

fn pool(settings: &Settings) -> Result<Pool> {
    Pool::new(settings.threads).map_err(too_many_threads)
}

fn too_many_threads(error: taskgraph::PoolError) -> Error {
    Error::new(ErrorKind::Io, error.to_string())
        .remedy("use fewer threads")
        .settings([Setting::Threads])
}

/// A run, whole, in its stored type, and what its volumes are like.
struct Loaded {
    series: Series,
    signals: RunSignals,
}

fn load(run: &Run, analysis: &Analysis, progress: &dyn Progress) -> Result<Loaded> {
    let mut signals = RunSignals::default();
    let mut whole = |image: &Arc<dyn Source>| {
        let (scaling, none) = (image.scaling(), Samples::none(image.datatype()));
        let samples = VolumeReader::open(image)?.read(image.volumes(), none, progress)?;
        let shape = image.geometry().shape;
        let (samples, hashes) = hashed_and_counted(samples, shape, analysis);
        let voxels = 0..image.voxels();
        let of_image = Signals::none(&analysis.signals, scaling, shape, voxels);
        let mut of_image = of_image.with_room_for(image.volumes());
        of_image.add(&samples, hashes.as_ref(), 0);
        signals.append(of_image);
        Ok(Arc::new(Block { samples, scaling }))
    };
    let blocks = run.images().iter().map(&mut whole).collect::<Result<_>>()?;
    Ok(Loaded { series: Series::new(blocks), signals })
}

/// Samples of a grid `[x, y, z]` as the definition counts them, and the hashes of what they were, if these are wanted and differ.
fn hashed_and_counted(
    samples: Samples,
    shape: [usize; 3],
    analysis: &Analysis,
) -> (Samples, Option<BlockHashes>) {
    let infinities = match analysis.definition.not_finite {
        _ if samples.datatype().is_integer() => return (samples, None),
        NotFinite::Undefined => return (samples, None),
        NotFinite::NanIsZero => Infinities::Kept,
        NotFinite::Zero => Infinities::Zero,
    };
    let hashes = analysis.signals.hashes.then(|| BlockHashes::new(&samples, block_voxels(shape)));
    (samples.with_zeros_for_nan(infinities), hashes)
}

/// A task's failure as the error it returned; of a panic, a line that says whose fault it is.
fn task_error(error: taskgraph::Error) -> Error {
    let said = Error::defect(error.to_string());
    match error.into_cause() {
        Cause::Failed(cause) => match cause.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => Error::defect(other.to_string()),
        },
        Cause::Panicked(_) => said.remedy("this is a defect of tsnr: please report it"),
        Cause::Cancelled => Error::cancelled(),
    }
}
