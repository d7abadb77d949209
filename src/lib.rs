//! Temporal signal-to-noise maps of fMRI runs.
//!
//! The library behind the program `tsnr`, which reads the runs of a session, computes
//! `tSNR = mean / std` over time for every voxel, and writes the map as a NIfTI image.
//!
//! | module | what it knows |
//! |---|---|
//! | [`diagnostics`] | what is wrong, or may be, with a session and its maps |
//! | [`modelling`] | which volumes are used and what is fitted, from what is asked for |
//! | [`pipeline`] | the session and the three modes that compute its maps |
//! | [`taskgraph`] | a crate of its own: lazy tasks on a pool of threads, their drawings and profiles |
//! | [`report`] | one page about a session |
//! | [`pictures`] | maps as pictures: mosaics, colours, previews |
//! | [`markup`] | escaping and words for pages and pictures |
//! | [`compare`] | programs measured beside one another, and how far maps differ |
//! | [`atlas`] | regions of a grid, their names, and a table of a map in each |
//! | [`stats`] | mean, std, tSNR; moments that grow and merge |
//! | [`maps`] | the registry of maps: name, unit, formula, value; several as one collection |
//! | [`mask`] | which voxels are the brain |
//! | [`confounds`] | tables of confounds, lists of censored volumes, and the runs they go with |
//! | [`design`] | which volumes are used, and what is regressed out of them |
//! | [`formats`] | images of any format behind one seam: geometry, voxels, writing maps |
//! | [`voxels`] | datatypes, scaling, blocks of samples |
//! | [`bids`] | entities in file names |
//! | [`inputs`] | patterns and their matches |
//! | [`output`] | files that appear whole or not at all |
//! | [`paths`] | which paths name one file |
//! | [`cli`] | what was typed, progress and summary |
//!
//! Each uses only those below it: `cli -> pipeline -> taskgraph`, `pipeline -> stats, formats ->
//! voxels`, and neither of `voxels` and `output` knows the other.
//!
//! ```
//! use std::{num::NonZeroUsize, path::PathBuf, sync::Arc};
//! use tsnr::maps::TSNR;
//! use tsnr::pipeline::{self, Analysis, Mode, Session, Settings};
//!
//! let run = PathBuf::from("testdata/odd/int16_le.nii");
//! let session = Session::open(&[run])?;
//! let settings = Settings {
//!     mode: Mode::Array,
//!     threads: NonZeroUsize::MIN,
//!     chunk_length: None,
//!     analysis: Analysis::plain(&session),
//! };
//! let maps = pipeline::compute(&session, &settings, Arc::new(()))?.maps;
//! assert_eq!(maps.counts().defined, 58);
//! let tsnr = maps.array(TSNR).expect("a map that is wanted");
//! assert_eq!(tsnr.dim(), (5, 4, 3));
//! # Ok::<(), tsnr::error::Error>(())
//! ```

pub mod analysis;
pub mod atlas;
pub mod bids;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod compare;
pub mod confounds;
pub mod design;
pub mod diff;
pub mod error;
pub mod export;
pub mod findings;
pub mod formats;
pub mod inputs;
pub mod maps;
pub mod markup;
pub mod mask;
pub mod modelling;
pub mod output;
pub mod paths;
pub mod pictures;
pub mod pipeline;
pub mod recipe;
pub mod record;
pub mod resources;
pub mod stats;
pub mod voxels;
mod wide_instructions;

pub use analysis::analyze;
pub use diff::{DiffRecipe, DiffRecord};
pub use recipe::Recipe;
pub use record::Record;
pub use taskgraph;
pub use taskgraph::Cancellation;
