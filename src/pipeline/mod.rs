//! From a session to its maps, in one of three modes that mean the same.
//!
//! | mode | how | memory, beside the maps |
//! |---|---|---|
//! | [`serial`] | a plain loop: load every run, concatenate, mean and std in two passes | every run, as stored |
//! | [`mod@delayed`] | the same steps as lazy tasks, one load per run, on the pool | every run, as stored |
//! | [`mod@array`] | chunks of volumes whose moments are merged in a fixed tree | a few chunks |
//!
//! All three compute `mean / std` over the concatenated volumes of all runs. They agree in
//! which voxels are undefined, and in defined values to [`TOLERANCE`](crate::stats::TOLERANCE);
//! within a mode the result is the same to the last bit whatever the threads. This module
//! does not know the terminal, nor what becomes of the maps.

pub mod array;
pub mod delayed;
mod memory;
pub mod serial;
mod session;

pub use memory::{mebibytes, predicted_bytes, threads_within};
pub use session::{Run, Session, Warning};

use crate::error::{Error, Result};
use crate::graph::{self, Cause, Delayed, Graph, Observer, Options, Outline, PassReport, Pool};
use crate::image::{Image, Progress, VolumeReader};
use crate::stats::series::Series;
use crate::stats::tsnr::{Counts, Ratio};
use crate::voxels::{Block, Samples};
use ndarray::{Array3, ShapeBuilder};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// How the maps are computed; what they mean does not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Mode {
    Serial,
    Delayed,
    Array,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Serial => "serial",
            Mode::Delayed => "delayed",
            Mode::Array => "array",
        })
    }
}

/// What to compute, and how.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How.
    pub mode: Mode,
    /// Threads of the pool; `serial` uses one whatever is asked.
    pub threads: NonZeroUsize,
    /// Delta degrees of freedom: the variance is the sum of squared deviations over N - ddof.
    pub ddof: usize,
    /// Volumes in a chunk of `array` mode; if none is given, as many as fit
    /// [`array::CHUNK_BYTES`] and at least [`array::FEWEST_VOLUMES`].
    pub chunk_length: Option<NonZeroUsize>,
}

/// The maps of a session, `[x, y, z]`, in the units of the input (tSNR has none).
#[derive(Clone, Debug)]
pub struct Maps {
    /// Mean over time; NaN in voxels with samples that are not finite.
    pub mean: Array3<f64>,
    /// Standard deviation over time; NaN in voxels with samples that are not finite.
    pub std: Array3<f64>,
    /// mean / std; NaN where it is undefined.
    pub tsnr: Array3<f64>,
    /// How many voxels have a tSNR, and why the others have none.
    pub counts: Counts,
}

/// Computes the maps of a session.
///
/// # Errors
/// Those of [`plan`] and of [`Plan::run`].
pub fn compute(
    session: &Session,
    settings: &Settings,
    progress: Arc<dyn Progress>,
) -> Result<Maps> {
    plan(session, settings, progress)?.run(&())
}

/// What is to be done to compute the maps of a session. No voxel has been read.
pub struct Plan {
    session: Session,
    settings: Settings,
    progress: Arc<dyn Progress>,
    budget_bytes: Option<u64>,
    work: Work,
}

enum Work {
    Steps(Outline),
    Tasks { raw: Graph, optimized: Graph, passes: Vec<PassReport>, wanted: Wanted },
}

/// The tasks whose values make the maps.
struct Wanted {
    mean: Delayed<Vec<f64>>,
    std: Delayed<Vec<f64>>,
    ratio: Delayed<Ratio>,
}

/// Plans how the maps of a session are computed.
///
/// # Errors
/// Fewer than two volumes left by `ddof`.
pub fn plan(session: &Session, settings: &Settings, progress: Arc<dyn Progress>) -> Result<Plan> {
    let volumes = session.volumes();
    if settings.ddof >= volumes {
        return Err(Error::new(format!(
            "ddof {} leaves no degrees of freedom of {volumes} volumes",
            settings.ddof
        ))
        .remedy("give a smaller --ddof"));
    }
    let tasks = |wanted: Wanted| {
        let raw = Graph::of((&wanted.mean, &wanted.std, &wanted.ratio));
        let (optimized, passes) = raw.clone().optimized();
        Work::Tasks { raw, optimized, passes, wanted }
    };
    let work = match settings.mode {
        Mode::Serial => Work::Steps(serial::steps(session)),
        Mode::Delayed => tasks(delayed::tasks(session, settings.ddof, &progress)),
        Mode::Array => tasks(array::tasks(session, settings, &progress)),
    };
    let budget_bytes = None;
    Ok(Plan { session: session.clone(), settings: *settings, progress, budget_bytes, work })
}

impl Plan {
    /// The tasks that [`run`](Plan::run) will run, by their numbers; of `serial` its steps.
    pub fn outline(&self) -> Outline {
        match &self.work {
            Work::Steps(steps) => steps.clone(),
            Work::Tasks { optimized, .. } => optimized.outline(),
        }
    }

    /// The tasks before optimisation.
    pub fn raw_outline(&self) -> Outline {
        match &self.work {
            Work::Steps(steps) => steps.clone(),
            Work::Tasks { raw, .. } => raw.outline(),
        }
    }

    /// What each pass of the optimisation did.
    pub fn passes(&self) -> &[PassReport] {
        match &self.work {
            Work::Steps(_) => &[],
            Work::Tasks { passes, .. } => passes,
        }
    }

    /// The same without optimisation.
    pub fn unoptimized(mut self) -> Plan {
        if let Work::Tasks { raw, optimized, passes, .. } = &mut self.work {
            *optimized = raw.clone();
            passes.clear();
        }
        self
    }

    /// The same, in which a task waits while its value does not fit into these bytes beside
    /// those alive.
    pub fn within(self, budget_bytes: Option<u64>) -> Plan {
        Plan { budget_bytes, ..self }
    }

    /// Computes the maps. `observer` is told of the tasks of [`outline`](Plan::outline).
    ///
    /// # Errors
    /// What reading the voxels runs into; threads that cannot be started.
    pub fn run(self, observer: &dyn Observer) -> Result<Maps> {
        let Plan { session, settings, progress, budget_bytes, work } = self;
        let statistics = match work {
            Work::Steps(steps) => {
                serial::compute(&session, settings.ddof, &*progress, steps, observer)?
            }
            Work::Tasks { raw, optimized, wanted, .. } => {
                drop(raw);
                let options = Options { observer, budget_bytes, ..Options::default() };
                let results = optimized.run(&pool(&settings)?, options);
                let mut results = results.map_err(task_error)?;
                let Wanted { mean, std, ratio } = wanted;
                let [mean, std] = [mean, std].map(|it| results.take(&it));
                Statistics { mean, std, ratio: results.take(&ratio) }
            }
        };
        Ok(statistics.into_maps(session.header().shape))
    }
}

fn pool(settings: &Settings) -> Result<Pool> {
    Pool::new(settings.threads)
        .map_err(|error| Error::new(error.to_string()).remedy("give a smaller --threads"))
}

/// Per voxel, in the order of the file; shared, as the tasks of a graph leave them.
struct Statistics {
    mean: Arc<Vec<f64>>,
    std: Arc<Vec<f64>>,
    ratio: Arc<Ratio>,
}

impl Statistics {
    fn into_maps(self, [x, y, z]: [usize; 3]) -> Maps {
        let map = |values: Vec<f64>| {
            Array3::from_shape_vec((x, y, z).f(), values).expect("one value per voxel")
        };
        let [mut mean, mut std] = [self.mean, self.std].map(Arc::unwrap_or_clone);
        for (mean, std) in mean.iter_mut().zip(&mut std) {
            // An infinity leaves a mean or not, depending on where it stands: say NaN always.
            if !mean.is_finite() || !std.is_finite() {
                (*mean, *std) = (f64::NAN, f64::NAN);
            }
        }
        let Ratio { tsnr, counts } = Arc::unwrap_or_clone(self.ratio);
        Maps { mean: map(mean), std: map(std), tsnr: map(tsnr), counts }
    }
}

/// A run, whole, in its stored type.
fn load(run: &Run, progress: &dyn Progress) -> Result<Series> {
    let whole = |image: &Arc<Image>| {
        let (header, none) = (&image.header, Samples::none(image.header.datatype));
        let samples = VolumeReader::open(image)?.read(header.volumes, none, progress)?;
        Ok(Arc::new(Block { samples, scaling: header.scaling }))
    };
    Ok(Series::new(run.images().iter().map(whole).collect::<Result<_>>()?))
}

/// A task's failure as the error it returned; of a panic, a line that says whose fault it is.
fn task_error(error: graph::Error) -> Error {
    let said = Error::new(error.to_string());
    match error.into_cause() {
        Cause::Failed(cause) => match cause.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => Error::new(other.to_string()),
        },
        Cause::Panicked(_) => said.remedy("this is a defect of tsnr: please report it"),
        Cause::Cancelled => said,
    }
}
