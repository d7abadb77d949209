//! The observer of an analysis, and how it is told.

use crate::findings::Finding;
use crate::formats::Progress;
use std::sync::Arc;
use std::time::Duration;
use taskgraph::Cancellation;
use taskgraph::profile::Recorder;

/// An observer that is told how an analysis comes along, by whichever thread gets there. It never
/// changes a result.
pub trait Observer: Send + Sync {
    /// The plan is made: this many tasks will run, and this many decompressed bytes of voxels
    /// will be read.
    fn planned(&self, _tasks: usize, _voxel_bytes: u64) {}

    /// A task has ended.
    fn task_ended(&self) {}

    /// Told of `count` more bytes of voxels that have been read, decompressed.
    fn voxel_bytes_read(&self, _count: u64) {}

    /// The voxels have been read and the maps made.
    fn computed(&self) {}

    /// Something was found: told once, as soon as it is known.
    fn found(&self, _finding: &Finding) {}
}

/// Nobody watches.
impl Observer for () {}

/// Everybody who is told: the caller's observer, and the recorder if there is one.
pub(super) struct Watch {
    pub observer: Arc<dyn Observer>,
    pub recorder: Option<Recorder>,
    pub cancellation: Cancellation,
}

impl Watch {
    /// A phase that began at `begin` seconds ends now; when that is.
    pub fn phase(&self, name: &'static str, begin: f64) -> f64 {
        self.recorder.as_ref().map_or(0.0, |recorder| recorder.phase(name, begin))
    }
}

impl taskgraph::Observer for Watch {
    fn began(&self, task: usize, worker: usize) {
        if let Some(recorder) = &self.recorder {
            recorder.began(task, worker);
        }
    }

    fn ended(&self, task: usize, worker: usize) {
        self.observer.task_ended();
        if let Some(recorder) = &self.recorder {
            recorder.ended(task, worker);
        }
    }
}

impl Progress for Watch {
    fn voxel_bytes_read(&self, count: u64) {
        self.observer.voxel_bytes_read(count);
        if let Some(recorder) = &self.recorder {
            recorder.bytes_read(count);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    fn time_spent(&self, waiting: Duration, decoding: Duration) {
        if let Some(recorder) = &self.recorder {
            recorder.time_spent(waiting, decoding);
        }
    }
}
