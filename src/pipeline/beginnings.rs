//! What is read of runs before anything is computed: their first volumes, or all for their length.

use super::{RunSignals, task_error};
use crate::error::Result;
use crate::formats::{Progress, VolumeReader};
use crate::runs::{Run, Session};
use crate::stats::signals::{Signals, SignalsWanted};
use crate::voxels::Samples;
use std::num::NonZeroUsize;
use std::sync::Arc;
use taskgraph::{Pool, compute, try_delayed};

/// The global signal of the first volumes of each run, a task a run. They will be read again
/// when the maps are computed: which volumes count has to be known by then.
///
/// # Errors
/// What reading them runs into; threads that cannot be started.
pub fn beginnings(
    session: &Session,
    volumes: usize,
    threads: NonZeroUsize,
    progress: &Arc<dyn Progress>,
) -> Result<Vec<RunSignals>> {
    let tasks: Vec<_> = session
        .runs()
        .iter()
        .map(|run| {
            let (run, progress) = (run.clone(), Arc::clone(progress));
            try_delayed(format!("beginning {}", run.name()), (), move |()| {
                beginning(&run, volumes, &*progress)
            })
        })
        .collect();
    let most = NonZeroUsize::new(tasks.len()).unwrap_or(NonZeroUsize::MIN);
    let pool = Pool::new(threads.min(most)).map_err(super::too_many_threads)?;
    let signals = compute(&tasks, &pool).map_err(task_error)?;
    Ok(signals.into_iter().map(Arc::unwrap_or_clone).collect())
}

fn beginning(run: &Run, volumes: usize, progress: &dyn Progress) -> Result<RunSignals> {
    let mut beginning = RunSignals::default();
    for image in run.images() {
        let count = image.volumes().min(volumes - beginning.global.len());
        let wanted = SignalsWanted::beginning(volumes);
        let (shape, voxels) = (image.geometry().shape, 0..image.voxels());
        let mut signals = Signals::none(&wanted, image.scaling(), shape, voxels);
        let mut reader = VolumeReader::open_beginning(image, count, progress)?;
        let mut memory = Samples::none(image.datatype());
        for _ in 0..count {
            memory = reader.read(1, memory, progress)?;
            signals.add(&memory, None, 0);
        }
        beginning.append(signals);
        if beginning.global.len() == volumes {
            break;
        }
    }
    Ok(beginning)
}

/// Reads the streams of a run to their end: whether all is there that their headers claim.
///
/// # Errors
/// What reading them runs into.
pub fn read_to_the_end(run: &Run, progress: &dyn Progress) -> Result<()> {
    for image in run.images().iter().filter(|it| !it.is_seekable() && it.stream_bytes().is_none()) {
        let mut reader = VolumeReader::open(image)?;
        let mut memory = Samples::none(image.datatype());
        for _ in 0..image.volumes() {
            memory = reader.read(1, memory, progress)?;
        }
    }
    Ok(())
}
