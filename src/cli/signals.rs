//! Ctrl-C and termination: the process ends at once and leaves no partial file.

use super::talk::Talk;
use crate::error::{Error, Result};
use crate::output;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// From here on SIGINT and SIGTERM remove files under way and end the process with the
/// exit code that shells expect: 128 and the number of the signal.
pub(super) fn end_the_process_cleanly(talk: Talk) -> Result<()> {
    let failed = |error| Error::io("cannot prepare for Ctrl-C", error);
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            talk.error("interrupted");
            output::abandon_and_exit(128 + signal);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop).map_err(failed)
}
