//! Before a voxel is read: which volumes of a run are used, and what is regressed out of them.
//!
//! | word | what it is here |
//! |---|---|
//! | volume | one time point of a run, counted from 0 at the run's first |
//! | used | a volume that takes part; the others are not chosen, dummies or censored ([`Use`]) |
//! | column | one regressor, a value for each volume |
//! | [`polynomial_columns`], [`cosine_columns`] | slow trends, made for the whole run |
//! | [`Basis`] | orthonormal vectors over the used volumes that span the columns |
//!
//! Columns are made for the whole run and then picked at the used volumes
//! ([`Volumes::picked`]), so that time goes on while volumes are left out: censoring leaves a
//! gap and does not close it.
//!
//! Numbers only: no file, no image, no option, no thread.

mod basis;
mod cosine;
mod polynomial;
mod steady_state;
mod volumes;

pub use basis::{Basis, RANK_TOLERANCE};
pub use cosine::{cosine_columns, cosine_count};
pub use polynomial::polynomial_columns;
pub use steady_state::non_steady_volumes;
pub use volumes::{Use, Volumes, Widening};
