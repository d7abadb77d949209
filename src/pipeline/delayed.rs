//! Delayed mode: the steps of [serial mode](super::serial) as lazy tasks on the pool, as
//! the Dask tutorial builds them with `dask.delayed`.
//!
//! One task loads each run, one concatenates, mean and std are tasks of their own that know
//! nothing of each other, one divides: R + 4 tasks for R runs. Runs load in parallel; mean
//! and std run side by side, and each is a single task, so a result does not depend on the
//! threads. The arithmetic is that of serial mode, to the last bit.
//!
//! Memory: as serial mode.

use super::{Session, Statistics, load, task_error};
use crate::error::Result;
use crate::graph::{self, Pool, delayed, try_delayed};
use crate::image::Progress;
use crate::stats::series::Series;
use crate::stats::tsnr;
use std::sync::Arc;

pub(super) fn compute(
    session: &Session,
    ddof: usize,
    progress: &Arc<dyn Progress>,
    pool: &Pool,
) -> Result<Statistics> {
    let loaded: Vec<_> = session
        .runs()
        .iter()
        .map(|run| {
            let (name, run, progress) = (run.name(), run.clone(), Arc::clone(progress));
            try_delayed(format!("load {name}"), (), move |()| load(&run, &*progress))
        })
        .collect();
    let series = delayed("concatenate", &loaded, |runs| Series::concatenate(&runs));
    let mean = delayed("mean", &series, |series| series.temporal_mean());
    let std = delayed("std", &series, move |series| series.temporal_std(ddof));
    let ratio = delayed("divide", (&mean, &std), |(mean, std)| tsnr::divide(&mean, &std));
    let (mean, std, ratio) = graph::compute((&mean, &std, &ratio), pool).map_err(task_error)?;
    Ok(Statistics { mean, std, ratio })
}
