//! The files that lie beside runs and say how to clean them: tables of confounds, and lists of
//! volumes to censor.
//!
//! - [`Table`] is a run's confounds as fMRIPrep writes them, a row for each volume; a
//!   [`Selection`] picks the columns to regress out.
//! - [`censored_volumes`] reads a list in AFNI's 1D form, a number for each volume.
//! - [`matched`] finds which file goes with which run.
//!
//! Files are read whole, up to a limit that no real one comes near, and take memory by what
//! they hold, not by what they claim. What is done with volumes and columns is known elsewhere;
//! so is what a run holds beyond its name and the number of its volumes.

mod censor_file;
mod matching;
mod selection;
mod table;
mod text;

pub use censor_file::censored_volumes;
pub use matching::{Matching, matched};
pub use selection::Selection;
pub use table::{Column, Table};
