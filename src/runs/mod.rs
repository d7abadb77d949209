//! The runs of a session: from what was typed to images that belong together.
//!
//! - [`expand`] makes files of patterns, in [natural order](natural_order); [`expand_each, expand_files`] does
//!   the same for the files beside them.
//! - [`Entities`] are what BIDS says in the name of a file.
//! - [`names_of`] has the names of files as messages show them.
//! - [`short_names`] are what tells runs apart.
//! - [`by_hemisphere`] parts the files of surfaces.
//! - A [`Session`] is images on one grid, opened and compared, and each [`Run`] one of them or a
//!   series of volumes.

mod data_set;
mod entities;
mod groups;
mod hemispheres;
mod natural;
mod patterns;
mod same;
mod session;
mod short_names;
mod sidecar;
mod suffixes;
mod walk;
mod words;

pub use data_set::check_not_of_data_set;
pub use entities::Entities;
pub use groups::grouped_by;
pub use hemispheres::{HEMISPHERE_PLACE, by_hemisphere};
pub use natural::natural_order;
pub use patterns::{Input, Inputs, expand, expand_each, expand_files};
pub use same::{EXTENSION, OneRun, one_run_by_files};
pub use session::{Run, Session};
pub use short_names::{are_distinct, short_names};
pub use sidecar::{SidecarTr, UnreadSidecar, described_by};
pub use words::{name_of, names_of, names_within, shortened};
