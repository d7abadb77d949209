//! The three ways to compute.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A way to compute the maps; what they mean does not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A plain loop over the runs, each loaded whole, on one thread.
    Serial,
    /// A lazy task for each run, which loads it whole.
    Delayed,
    /// Lazy chunks of volumes, whose moments are merged.
    #[default]
    Array,
}

impl Mode {
    /// The three modes.
    pub const ALL: [Mode; 3] = [Mode::Serial, Mode::Delayed, Mode::Array];

    /// The mode as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Serial => "serial",
            Mode::Delayed => "delayed",
            Mode::Array => "array",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
