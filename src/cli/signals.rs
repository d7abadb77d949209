//! Ctrl-C, termination and hang-up: the computation is cancelled, and no partial file is left.

use crate::error::{Error, Result};
use crate::output::UnderWay;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::Duration;
use taskgraph::Cancellation;

/// A process that does not end by itself so long after a signal is ended: it may wait for the
/// reader of a FIFO.
const GRACE: Duration = Duration::from_millis(500);

/// What a signal does: it cancels computations, and says how the process is to end.
pub(super) struct Interruption {
    pub cancellation: Cancellation,
    signal: Arc<AtomicI32>,
}

impl Interruption {
    /// From here on SIGINT, SIGTERM and SIGHUP cancel; a process that goes on for all that is ended
    /// when its files under way have been removed.
    ///
    /// # Errors
    /// A system that lets signals not be watched.
    pub fn watch(under_way: &UnderWay) -> Result<Interruption> {
        let failed = |error| Error::io("cannot prepare for Ctrl-C", error);
        let mut watched = vec![SIGINT, SIGTERM];
        // Who started the program with nohup wants it to go on.
        if !is_ignored(SIGHUP) {
            watched.push(SIGHUP);
        }
        let mut signals = Signals::new(watched).map_err(failed)?;
        let interruption =
            Interruption { cancellation: Cancellation::default(), signal: Arc::default() };
        let (cancellation, noted) =
            (interruption.cancellation.clone(), Arc::clone(&interruption.signal));
        let under_way = under_way.clone();
        let wait = move || {
            let Some(signal) = signals.forever().next() else { return };
            noted.store(signal, Ordering::Relaxed);
            cancellation.cancel();
            thread::sleep(GRACE);
            let _no_file_is_begun = under_way.abandon();
            super::messages::interrupted_at_last();
            std::process::exit(128 + signal)
        };
        let spawned = thread::Builder::new().name("signals".to_owned()).spawn(wait);
        spawned.map_err(failed)?;
        Ok(interruption)
    }

    /// How the process ends: 128 and the number of the signal.
    pub fn exit_code(&self) -> ExitCode {
        let signal = self.signal.load(Ordering::Relaxed);
        ExitCode::from(u8::try_from(128 + signal).unwrap_or(1))
    }
}

/// Whether this process was started with a signal ignored, as far as the system tells.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
