//! The memory and processor time of this process over time, as Linux tells them.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(5);

/// The process at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When, in seconds.
    pub at: f64,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
    /// Processor time used so far by all threads, in seconds.
    pub cpu_seconds: f64,
}

/// A thread that takes samples until it is stopped.
pub(super) struct Sampler(Mutex<Option<Running>>);

/// Dropping the sender stops the thread.
type Running = (Sender<()>, JoinHandle<Vec<Sample>>);

impl Sampler {
    pub fn start(started: Instant) -> Sampler {
        if sample(started).is_none() {
            return Sampler(Mutex::new(None));
        }
        let (stop, stopped) = mpsc::channel();
        let sampling = move || {
            let mut samples = Vec::new();
            loop {
                samples.extend(sample(started));
                if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
                    samples.extend(sample(started));
                    return samples;
                }
            }
        };
        let thread = thread::Builder::new().name("sampler".to_owned()).spawn(sampling).ok();
        Sampler(Mutex::new(thread.map(|thread| (stop, thread))))
    }

    pub fn stop(&self) -> Vec<Sample> {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((stop, thread)) = running else { return Vec::new() };
        drop(stop);
        thread.join().unwrap_or_default()
    }
}

/// `None` where the system does not tell.
fn sample(started: Instant) -> Option<Sample> {
    // Sizes are given in pages, of 4 KiB where this is not told otherwise: VmRSS is in kB.
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        // "time on the processor, time waiting for one, ..", in nanoseconds. A thread may end.
        let Ok(schedule) = std::fs::read_to_string(task.ok()?.path().join("schedstat")) else {
            continue;
        };
        nanoseconds += schedule.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Sample {
        at: started.elapsed().as_secs_f64(),
        resident_bytes: 1024 * kibibytes,
        cpu_seconds: nanoseconds as f64 / 1e9,
    })
}
