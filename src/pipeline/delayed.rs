//! Delayed mode: the steps of [serial mode](super::serial) as lazy tasks on the pool, as
//! the Dask tutorial builds them with `dask.delayed`.
//!
//! One task loads each run, one concatenates, mean and std are tasks of their own that know
//! nothing of each other, one divides: R + 4 tasks for R runs. Runs load in parallel; mean
//! and std run side by side, and each is a single task, so a result does not depend on the
//! threads. The arithmetic is that of serial mode, to the last bit.
//!
//! Memory: as serial mode.

use super::{Session, Wanted, load};
use crate::graph::{delayed, try_delayed};
use crate::image::Progress;
use crate::stats::series::Series;
use crate::stats::tsnr;
use std::sync::Arc;

pub(super) fn tasks(session: &Session, ddof: usize, progress: &Arc<dyn Progress>) -> Wanted {
    let loaded: Vec<_> = session
        .runs()
        .iter()
        .map(|run| {
            let (name, run, progress) = (run.name(), run.clone(), Arc::clone(progress));
            let bytes = run.images().iter().map(|image| image.header.voxel_bytes()).sum();
            try_delayed(format!("load {name}"), (), move |()| load(&run, &*progress))
                .value_bytes(bytes)
        })
        .collect();
    let map_bytes = 8 * session.header().voxels() as u64;
    let series = delayed("concatenate", &loaded, |runs| Series::concatenate(&runs))
        .value_bytes(session.voxel_bytes());
    let mean = delayed("mean", &series, |series| series.temporal_mean()).value_bytes(map_bytes);
    let std =
        delayed("std", &series, move |series| series.temporal_std(ddof)).value_bytes(map_bytes);
    let ratio = delayed("divide", (&mean, &std), |(mean, std)| tsnr::divide(&mean, &std))
        .value_bytes(map_bytes);
    Wanted { mean, std, ratio }
}
