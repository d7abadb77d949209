//! Temporal signal-to-noise maps of fMRI runs.
//!
//! An analysis is a value: a [`Recipe`] says what is asked for, [`analyze`] computes it, and every
//! output is a function of the [`Record`] that comes out. The program `tsnr` is a thin command line
//! over these three; two maps are compared the same way, by a [`DiffRecipe`] and a [`DiffRecord`].
//!
//! | module | what it knows |
//! |---|---|
//! | [`recipe`] | what is asked for, and the definitions of the field's tools |
//! | [`analysis`] | the order of the steps from a recipe to a record |
//! | [`record`] | what came out: runs, maps, summaries, findings, times, provenance |
//! | [`export`] | outputs of a record: maps, JSON, tables, summary, sentences, pictures, pages |
//! | [`diff`] | two maps beside each other |
//! | [`info`] | what an image says of itself, without its voxels |
//! | [`findings`] | what a person should know, a rule a file |
//! | [`maps`] | the registry of maps: name, unit, formula, value; several as one collection |
//! | [`pipeline`] | the session and the three modes that compute its maps |
//! | [`runs`] | patterns and their matches, entities in names, images that are one session |
//! | [`nuisance`] | which volumes are used, trends, confounds, and what is fitted |
//! | [`stats`] | mean, std, tSNR; moments that grow and merge |
//! | [`quality`] | spikes, lost slices, drifts, steps of the head, runs unlike the others |
//! | [`regions`] | brain masks, regions of a grid, and a table of a map in each |
//! | [`formats`] | images of any format behind one seam: geometry, voxels, writing maps |
//! | [`voxels`] | datatypes, scaling, blocks of samples |
//! | [`pictures`] | maps as pictures: slices, slides, colours, previews |
//! | [`markup`] | escaping and styles for pages and pictures |
//! | [`numbers`] | how many digits a number is shown with |
//! | [`output`] | files that appear whole or not at all |
//! | [`paths`] | which paths name one file |
//! | [`resources`] | what the process may use and has used |
//! | [`error`] | errors, their kinds, and what to do |
//! | [`taskgraph`] | a crate of its own: lazy tasks on a pool of threads, their drawings and profiles |
//!
//! With the feature `cli`, which is on by default, come the modules of the program: `cli` and
//! `compare`. Without it the library parses no arguments, draws no progress bar and watches no
//! signal. `docs/architecture.md` says where what is decided.
//!
//! ```
//! use std::sync::Arc;
//! use tsnr::{Cancellation, Recipe, analyze, maps::TSNR};
//!
//! let recipe = Recipe::new(["testdata/odd/int16_le.nii"]);
//! let record = analyze(&recipe, Arc::new(()), &Cancellation::default())?;
//! assert_eq!(record.counts.defined, 58);
//! assert_eq!(record.maps.array(TSNR).expect("always made").dim(), (5, 4, 3));
//! # Ok::<(), tsnr::error::Error>(())
//! ```

pub mod analysis;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod compare;
pub mod diff;
pub mod error;
pub mod export;
pub mod findings;
pub mod formats;
pub mod info;
pub mod maps;
pub mod markup;
pub mod nuisance;
pub mod numbers;
pub mod output;
pub mod paths;
pub mod pictures;
pub mod pipeline;
pub mod quality;
pub mod recipe;
pub mod record;
pub mod regions;
pub mod resources;
pub mod runs;
pub mod stats;
pub mod voxels;
mod wide_instructions;

pub use analysis::analyze;
pub use diff::{DiffRecipe, DiffRecord};
pub use recipe::Recipe;
pub use record::Record;
pub use taskgraph;
pub use taskgraph::Cancellation;
