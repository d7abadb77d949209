//! Messages on stderr. A stderr that is closed or full ends nothing.

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

fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
