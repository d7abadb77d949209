//! The runs of a session: from what was typed to images that belong together.
//!
//! - [`expand`] makes files of patterns, in [natural order](natural_order); [`expand_files`] does
//!   the same for the files beside them.
//! - [`Entities`] are what BIDS says in the name of a file.
//! - A [`Session`] is images on one grid, opened and compared, and each [`Run`] one of them or a
//!   series of volumes.

mod entities;
mod natural;
mod patterns;
mod session;
mod walk;

pub use entities::Entities;
pub use natural::natural_order;
pub use patterns::{Inputs, expand, expand_files};
pub use session::{Run, Session};
