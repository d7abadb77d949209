//! Delayed mode: the steps of [serial mode](super::serial) as lazy tasks on the pool, as
//! the Dask lesson builds them with `dask.delayed`.
//!
//! One task loads each run, one concatenates, mean and std are tasks of their own that know
//! nothing of each other, one divides: R + 4 tasks for R runs. Runs load in parallel; mean
//! and std run side by side, and each is a single task, so a result does not depend on the
//! threads. The arithmetic is that of serial mode, to the last bit.
//!
//! Memory: as serial mode.

use super::{Analysis, PassOutcome, load};
use crate::formats::Progress;
use crate::runs::Session;
use crate::stats::series::Series;
use std::sync::Arc;
use taskgraph::{Delayed, delayed, try_delayed};

pub(super) fn tasks(
    session: &Session,
    analysis: &Analysis,
    progress: &Arc<dyn Progress>,
) -> Delayed<PassOutcome> {
    let loaded: Vec<_> = session
        .runs()
        .iter()
        .map(|run| {
            let (name, run, progress) = (run.name(), run.clone(), Arc::clone(progress));
            let bytes = run.images().iter().map(|image| image.voxel_bytes()).sum();
            let analysis = analysis.clone();
            let load = move |()| load(&run, &analysis, &*progress);
            try_delayed(format!("load {name}"), (), load).value_bytes(bytes)
        })
        .collect();
    let map_bytes = 8 * session.geometry().voxels() as u64;
    let of_all = delayed("concatenate", &loaded, |runs| {
        let series: Vec<_> = runs.iter().map(|run| Arc::new(run.series.clone())).collect();
        let signals: Vec<_> = runs.iter().map(|run| run.signals.clone()).collect();
        (Series::concatenate(&series), signals)
    });
    let of_all = of_all.value_bytes(session.voxel_bytes());
    let with_analysis = || analysis.clone();
    let mean = delayed("mean", &of_all, {
        let Analysis { model, .. } = with_analysis();
        move |of_all| of_all.0.temporal_mean(&model)
    });
    let spread = delayed("std", &of_all, {
        let Analysis { model, definition, wanted, .. } = with_analysis();
        move |of_all| (of_all.0.spread(&model, &definition, &wanted), of_all.1.clone())
    });
    let (mean, spread) = (mean.value_bytes(map_bytes), spread.value_bytes(map_bytes));
    let Analysis { model, definition, wanted, .. } = with_analysis();
    let shape = session.geometry().shape;
    delayed("divide", (&mean, &spread), move |(mean, spread)| {
        let (spread, signals) = &*spread;
        let maps = spread.maps(&mean, &model, &definition, &wanted).on_grid(shape);
        PassOutcome {
            maps,
            at_limit: spread.at_limit().to_vec(),
            peaks: spread.peaks().to_vec(),
            signals: signals.clone(),
        }
    })
    .value_bytes(map_bytes)
}
