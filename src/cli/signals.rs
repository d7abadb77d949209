//! Signals, and the end of a parent, which end the program before its time: the computation is
//! cancelled, and no partial file is left.

use crate::error::{Error, Result};
use crate::output::UnderWay;
use signal_hook::consts::{
    SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGXCPU, SIGXFSZ,
};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use taskgraph::Cancellation;

/// A process that does not end by itself so long after a signal is ended: it may wait for the
/// reader of a FIFO. A stderr that takes nothing for so long is waited for no more.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// The signals that end a process and can be watched.
const ENDING: [i32; 11] = [
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGXCPU,
];

/// The effect of a signal: it cancels computations, and says how the process is to end.
pub(super) struct Interruption {
    pub cancellation: Cancellation,
    /// The signal that came last, noted while it is handled; 0 if none.
    signal: Arc<AtomicUsize>,
}

impl Interruption {
    /// Makes these signals cancel from here on; a process that goes on for all that is ended when its
    /// files under way have been removed. A file that grows beyond its limit is an error of
    /// writing, and no signal.
    ///
    /// # Errors
    /// A system that lets signals not be watched.
    pub fn watch(under_way: &UnderWay) -> Result<Interruption> {
        let failed = |error| Error::io("cannot prepare for Ctrl-C", error);
        // Who started the program with nohup wants it to go on.
        let ignored = ignored_signals();
        let is_ignored = |signal: i32| ignored >> (signal - 1) & 1 == 1;
        let watched = ENDING.into_iter().filter(|&signal| !is_ignored(signal));
        let signal = Arc::<AtomicUsize>::default();
        let mut signals = Signals::new(watched.clone()).map_err(failed)?;
        for number in watched {
            let as_noted = number.unsigned_abs() as usize;
            flag::register_usize(number, Arc::clone(&signal), as_noted).map_err(failed)?;
        }
        if !is_ignored(SIGXFSZ) {
            flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
        }
        let interruption = Interruption { cancellation: Cancellation::default(), signal };
        let cancellation = interruption.cancellation.clone();
        let under_way = under_way.clone();
        let wait = move || {
            let Some(signal) = signals.forever().next() else { return };
            cancellation.cancel();
            thread::sleep(GRACE);
            let _no_file_is_begun = under_way.abandon();
            super::messages::interrupted_at_last();
            std::process::exit(128 + signal)
        };
        let spawned = thread::Builder::new().name("signals".to_owned()).spawn(wait);
        spawned.map_err(|error| Error::io("cannot start a thread that waits for Ctrl-C", error))?;
        Ok(interruption)
    }

    /// Whether a signal came, also if no computation was cancelled yet.
    pub fn is_there(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// How the process ends: 128 and the number of the signal.
    pub fn exit_code(&self) -> ExitCode {
        let signal = self.signal.load(Ordering::Relaxed);
        ExitCode::from(u8::try_from(128 + signal).unwrap_or(1))
    }
}

/// Ends this process when its stdin ends, which its parent holds open as long as it lives.
///
/// # Errors
/// A thread that cannot be had.
pub(super) fn end_with_parent() -> Result<()> {
    let wait = || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(1)
    };
    let spawned = thread::Builder::new().name("parent".to_owned()).spawn(wait);
    spawned.map(drop).map_err(|error| Error::io("cannot watch the parent", error))
}

/// The signals that were ignored when this process was started, a bit each from 1, as far as the
/// system tells.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
