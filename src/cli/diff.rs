//! `tsnr diff`: two maps beside each other.

use super::Process;
use super::arguments::DiffArguments;
use crate::error::{Error, Result};

/// Compares two maps, writes what was asked for and says what came out.
pub(super) fn run(_: &DiffArguments, _: &Process) -> Result<()> {
    Err(Error::defect("not there yet"))
}
