//! What BIDS says in the names of files.
//!
//! `sub-01_task-rest_run-2_desc-confounds_timeseries.tsv` has the entities `sub`, `task`, `run`
//! and `desc`, each a key with a value, then the suffix `timeseries` and the extension `.tsv`.
//!
//! Names only: this module opens nothing and knows no other.

mod entities;

pub use entities::Entities;
