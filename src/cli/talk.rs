//! Messages on stderr. A stderr that is closed or full ends nothing.

use crate::error::{Error, Setting};
use std::fmt::Display;
use std::io::Write;

/// What a person is told, and how much of it.
#[derive(Clone, Copy)]
pub(super) struct Talk {
    quiet: bool,
}

impl Talk {
    pub fn new(quiet: bool) -> Talk {
        Talk { quiet }
    }

    /// Why the run failed.
    pub fn error(self, text: impl Display) {
        say(format_args!("tsnr: error: {text}"));
    }

    /// Something that may make the result other than what is expected.
    pub fn warning(self, text: impl Display) {
        say(format_args!("tsnr: warning: {text}"));
    }

    /// Something that was done and need not worry.
    pub fn note(self, text: impl Display) {
        if !self.quiet {
            say(format_args!("tsnr: {text}"));
        }
    }

    /// Lines of text as they are.
    pub fn lines(self, text: impl Display) {
        if !self.quiet {
            say(text);
        }
    }
}

/// An error in words, with the options that change what its remedy speaks of.
pub(super) fn worded(error: &Error) -> String {
    let options: Vec<&str> = error.settings_to_change().iter().copied().map(option).collect();
    match options.as_slice() {
        [] => error.to_string(),
        options => format!("{error} ({})", options.join(", ")),
    }
}

/// How a setting is spelled on the command line.
pub(super) fn option(setting: Setting) -> &'static str {
    match setting {
        Setting::Combine => "--combine",
        Setting::Confounds => "--confounds",
        Setting::Ddof => "--ddof",
        Setting::Detrend => "--detrend",
        Setting::DummyScans => "--dummy-scans",
        Setting::Highpass => "--highpass",
        Setting::Mask => "--mask",
        Setting::MeanFrom => "--mean-from",
        Setting::MemoryLimit => "--mem-limit",
        Setting::Mode => "--mode",
        Setting::SkipShortRuns => "--skip-short-runs",
        Setting::Threads => "--threads",
    }
}

fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
