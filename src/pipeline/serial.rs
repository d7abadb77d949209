//! Serial mode: the plain loop, and the reference that the other modes are held against.
//!
//! One thread loads each run whole, puts the runs one behind the other in time, and takes the
//! mean, fits the regressors by least squares and squares what they leave, each in passes over
//! everything, in float64, as [`series`](crate::stats::series) writes out.
//!
//! Memory: every run as stored (2 bytes a sample of int16), and a few maps of 8 bytes a voxel, one
//! more for each regressor of a run. The Dask lesson's loop holds every sample as float64 instead.

use super::{Analysis, PassOutcome, load};
use crate::error::{Error, Result};
use crate::formats::Progress;
use crate::runs::{Run, Session};
use crate::stats::series::Series;
use std::sync::Arc;
use taskgraph::{Observer, Outline, OutlineTask};

/// The steps, each of which begins when the one before it has ended.
pub(super) fn steps(session: &Session) -> Outline {
    let loads = session.runs().iter().map(load_step);
    let names = loads.chain(["concatenate", "mean", "std", "divide"].map(str::to_owned));
    let step = |(number, name): (usize, String)| OutlineTask {
        name,
        dependencies: number.checked_sub(1).into_iter().collect(),
        ..OutlineTask::default()
    };
    let tasks: Vec<OutlineTask> = names.enumerate().map(step).collect();
    Outline { wanted: vec![tasks.len() - 1], tasks }
}

fn load_step(run: &Run) -> String {
    format!("load {}", run.name())
}

pub(super) fn compute(
    session: &Session,
    analysis: &Analysis,
    progress: &dyn Progress,
    steps: Outline,
    observer: &dyn Observer,
) -> Result<PassOutcome> {
    let Analysis { definition, model, wanted, .. } = analysis;
    let names = steps.tasks.into_iter().map(|it| it.name).enumerate();
    let mut steps = Steps { names, observer, progress };
    let (mut runs, mut signals) = (Vec::new(), Vec::new());
    for run in session.runs() {
        let loaded = steps.take(&load_step(run), || load(run, analysis, progress))??;
        runs.push(Arc::new(loaded.series));
        signals.push(loaded.signals);
    }
    let series = steps.take("concatenate", || Series::concatenate(&runs))?;
    let mean = steps.take("mean", || series.temporal_mean(model))?;
    let spread = steps.take("std", || series.spread(model, definition, wanted))?;
    let maps = steps.take("divide", || spread.maps(&mean, model, definition, wanted))?;
    let maps = maps.on_grid(session.geometry().shape);
    Ok(PassOutcome {
        maps,
        at_limit: spread.at_limit().to_vec(),
        peaks: spread.peaks().to_vec(),
        signals,
    })
}

/// Tells the observer of each step, as the steps were listed.
struct Steps<'a, N> {
    names: N,
    observer: &'a dyn Observer,
    progress: &'a dyn Progress,
}

impl<N: Iterator<Item = (usize, String)>> Steps<'_, N> {
    /// Takes a step, timed under its name, and gives its result.
    ///
    /// # Errors
    /// If it was cancelled before.
    fn take<T>(&mut self, name: &str, step: impl FnOnce() -> T) -> Result<T> {
        if self.progress.is_cancelled() {
            return Err(Error::cancelled());
        }
        let (number, listed) = self.names.next().expect("every step was listed");
        assert_eq!(listed, name, "steps are taken as they were listed");
        self.observer.began(number, 0);
        let result = step();
        self.observer.ended(number, 0);
        Ok(result)
    }
}
