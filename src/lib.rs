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
//! | [`graph`] | lazy tasks, and running them on a pool of threads |
//! | [`drawing`] | pictures of a graph: SVG, DOT, Mermaid, JSON |
//! | [`report`] | one page about a session |
//! | [`pictures`] | maps as pictures: mosaics, colours, previews |
//! | [`markup`] | escaping and words for pages and drawings |
//! | [`compare`] | programs measured beside one another, and how far maps differ |
//! | [`profile`] | what happened in a run: traces and pages |
//! | [`mod@array`] | lazy arrays in chunks, and what is accumulated of them |
//! | [`atlas`] | regions of a grid, their names, and a table of a map in each |
//! | [`stats`] | mean, std, tSNR; moments that grow and merge |
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
//! Each uses only those below it: `cli -> pipeline -> array -> graph`, `pipeline -> stats,
//! formats -> voxels`, and none of `graph`, `voxels` and `output` knows another.
//!
//! ```
//! use std::{num::NonZeroUsize, path::PathBuf, sync::Arc};
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
//! let maps = pipeline::compute(&session, &settings, Arc::new(()))?;
//! assert_eq!(maps.tsnr.dim(), (5, 4, 3));
//! assert_eq!(maps.counts.defined, 58);
//! # Ok::<(), tsnr::error::Error>(())
//! ```

pub mod array;
pub mod atlas;
pub mod bids;
pub mod cli;
pub mod compare;
pub mod confounds;
pub mod design;
pub mod diagnostics;
pub mod drawing;
pub mod error;
pub mod formats;
pub mod graph;
pub mod inputs;
pub mod markup;
pub mod mask;
pub mod modelling;
pub mod output;
pub mod paths;
pub mod pictures;
pub mod pipeline;
pub mod profile;
pub mod report;
pub mod stats;
pub mod voxels;
mod wide_instructions;
