//! Everything that is not the signal of interest: the volumes that are left out, and what is
//! regressed out of those that are left. All of it is settled before a voxel is summed.
//!
//! - [`prepare`] takes the runs of a session and the [`Recipe`](crate::recipe::Recipe), reads the
//!   files that lie beside them, and gives the model that all modes compute with. It computes no
//!   statistics of voxels.
//! - [`Table`] is a run's confounds, a row for each volume, as fMRIPrep writes them, or a motion file
//!   of SPM, FSL or AFNI; it says how the head moved ([`Motion`]). [`censored_volumes`] reads a
//!   list in AFNI's 1D form; [`matched`] finds which file goes with which run. Files
//!   are read whole, up to a limit that no real one comes near, and take memory by what they hold,
//!   not by what they claim.
//! - [`Volumes`] says which volumes of a run are used, [`polynomial_columns`] and
//!   [`cosine_columns`] make slow trends, and a [`Basis`] is what all columns span.
//!
//! | word | what it is here |
//! |---|---|
//! | volume | one time point of a run, counted from 0 at the run's first |
//! | used | a volume that takes part; the others are not chosen, dummies or censored ([`Use`]) |
//! | column | one regressor, a value for each volume |
//!
//! Columns are made for the whole run and then picked at the used volumes
//! ([`Volumes::picked`]), so that time goes on while volumes are left out: censoring leaves a
//! gap and does not close it.

mod basis;
mod censor_file;
mod confounds;
mod cosine;
mod matching;
mod motion;
mod polynomial;
mod prepare;
mod regressors;
mod steady_state;
mod text;
mod volumes;

pub use basis::{Basis, RANK_TOLERANCE};
pub use censor_file::{censored_of_all, censored_volumes};
pub use confounds::{Column, Table};
pub use cosine::{cosine_columns, cosine_count};
pub use matching::{Matching, matched, matched_side_by_side, may_be_of_all};
pub use motion::{HEAD_RADIUS_MM, Motion, PARAMETERS, framewise_displacement};
pub use polynomial::polynomial_columns;
pub use prepare::{Decisions, DummySource, Prepared, PreparedRun, prepare};
pub use steady_state::{LEAST_Z_SCORE, non_steady_volumes};
pub use volumes::{Use, Volumes};
