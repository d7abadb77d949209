//! The memory and processor time of this process over time, as Linux tells them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(5);

/// The process at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The time of the sample, in seconds.
    pub at: f64,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
    /// Processor time used so far by all threads, also by those that have ended, in seconds.
    pub cpu_seconds: f64,
}

/// A thread that takes samples until it is stopped.
pub(super) struct Sampler(Mutex<Option<Running>>);

/// Dropping the sender stops the thread.
type Running = (Sender<()>, JoinHandle<Vec<Sample>>);

impl Sampler {
    pub fn start(started: Instant) -> Sampler {
        let mut threads = Threads::default();
        if sample(started, &mut threads).is_none() {
            return Sampler(Mutex::new(None));
        }
        let (stop, stopped) = mpsc::channel();
        let sampling = move || {
            let mut samples = Vec::new();
            loop {
                samples.extend(sample(started, &mut threads));
                if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
                    samples.extend(sample(started, &mut threads));
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

/// The time that each thread was on a processor when it was last seen, in nanoseconds.
type Threads = HashMap<OsString, u64>;

/// `None` where the system does not tell.
fn sample(started: Instant, threads: &mut Threads) -> Option<Sample> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let task = task.ok()?;
        // "time on the processor, time waiting for one, ..", in nanoseconds. A thread may end.
        let Ok(schedule) = std::fs::read_to_string(task.path().join("schedstat")) else {
            continue;
        };
        threads.insert(task.file_name(), schedule.split(' ').next()?.parse().ok()?);
    }
    Some(Sample {
        at: started.elapsed().as_secs_f64(),
        resident_bytes: 1024 * kibibytes,
        cpu_seconds: threads.values().sum::<u64>() as f64 / 1e9,
    })
}

/// Bytes that this process had fetched from the disk so far: what the page cache served is none of
/// them. `None` where the system does not tell.
pub(super) fn storage_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/io").ok()?;
    text.lines().find_map(|line| line.strip_prefix("read_bytes:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_ended_thread_used_still_counts() {
        let (started, mut threads) = (Instant::now(), Threads::default());
        if sample(started, &mut threads).is_none() {
            return;
        }
        let work = || {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_millis(30) {
                std::hint::black_box(0);
            }
        };
        let (done, wait) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let worker = thread::spawn(move || {
            work();
            done.send(()).unwrap();
            ended.recv().unwrap_err();
        });
        wait.recv().unwrap();
        let before = sample(started, &mut threads).unwrap();
        drop(end);
        worker.join().unwrap();
        let after = sample(started, &mut threads).unwrap();
        assert!(before.cpu_seconds > 0.0 && after.cpu_seconds >= before.cpu_seconds);
        assert!(after.at > before.at && after.resident_bytes > 0);
    }
}
