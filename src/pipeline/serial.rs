//! Serial mode: the plain loop, and the reference that the other modes are held against.
//!
//! One thread loads each run whole, puts the runs one behind the other in time, and takes
//! the mean, then the standard deviation, each in passes over everything, in float64:
//!
//! ```text
//! mean = y_0 + sum_t(y_t - y_0) / N
//! std  = sqrt(sum_t((y_t - mean)^2) / (N - ddof))
//! tSNR = mean / std
//! ```
//!
//! Memory: every run as stored (2 bytes a sample of int16), and three maps of 8 bytes a
//! voxel. The tutorial's loop holds every sample as float64 instead.

use super::{Run, Session, Statistics, load};
use crate::error::Result;
use crate::graph::{Observer, Outline, OutlineTask};
use crate::image::Progress;
use crate::stats::series::Series;
use crate::stats::tsnr;
use std::sync::Arc;

/// The steps, each of which begins when the one before it has ended.
pub(super) fn steps(session: &Session) -> Outline {
    let loads = session.runs().iter().map(load_step);
    let names = loads.chain(["concatenate", "mean", "std", "divide"].map(str::to_owned));
    let step = |(number, name): (usize, String)| OutlineTask {
        name,
        dependencies: number.checked_sub(1).into_iter().collect(),
        value_bytes: None,
    };
    let tasks: Vec<OutlineTask> = names.enumerate().map(step).collect();
    Outline { wanted: vec![tasks.len() - 1], tasks }
}

fn load_step(run: &Run) -> String {
    format!("load {}", run.name())
}

pub(super) fn compute(
    session: &Session,
    ddof: usize,
    progress: &dyn Progress,
    steps: Outline,
    observer: &dyn Observer,
) -> Result<Statistics> {
    let mut steps =
        Steps { names: steps.tasks.into_iter().map(|it| it.name).enumerate(), observer };
    let mut runs = Vec::new();
    for run in session.runs() {
        runs.push(Arc::new(steps.take(&load_step(run), || load(run, progress))?));
    }
    let series = steps.take("concatenate", || Series::concatenate(&runs));
    let mean = steps.take("mean", || series.temporal_mean());
    let std = steps.take("std", || series.temporal_std(ddof));
    let ratio = steps.take("divide", || tsnr::divide(&mean, &std));
    Ok(Statistics { mean: Arc::new(mean), std: Arc::new(std), ratio: Arc::new(ratio) })
}

/// Tells the observer of each step, as the steps were listed.
struct Steps<'a, N> {
    names: N,
    observer: &'a dyn Observer,
}

impl<N: Iterator<Item = (usize, String)>> Steps<'_, N> {
    fn take<T>(&mut self, name: &str, step: impl FnOnce() -> T) -> T {
        let (number, listed) = self.names.next().expect("every step was listed");
        assert_eq!(listed, name, "steps are taken as they were listed");
        self.observer.began(number, 0);
        let result = step();
        self.observer.ended(number, 0);
        result
    }
}
