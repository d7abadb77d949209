//! Maps: which kinds there are, what each is in a voxel, and several of them as one collection.
//!
//! A [`MapKind`] is an entry of the registry [`ALL`]: its name, its unit, its formula, what it needs
//! of the pass, and a function that makes its value from the [`VoxelFigures`]. [`Wanted`] lists the
//! kinds to be made. What comes of them is [`Maps`], one ordered collection from the innermost loop
//! to the file; what joins, masks, counts memory, helps and writes goes through it, or through the
//! registry. Why a voxel has no tSNR is its [`Status`], one byte beside the maps.
//!
//! A map more is one file here, with its arithmetic, and a line in [`ALL`]. This module knows a
//! voxel's figures; it does not know samples, files or how the figures came about.

mod between;
mod collection;
mod cv;
mod figures;
mod kind;
mod mean;
mod run_tsnr;
mod status;
mod std;
mod stderr;
mod tsnr;
mod volumes;

pub use between::BETWEEN;
pub use collection::{Map, Maps};
pub use cv::CV;
pub use figures::{Totals, VoxelFigures};
pub use kind::{Extent, MapKind, Need, Part, UndefinedFor, Unit, UnknownMap, Wanted};
pub use mean::MEAN;
pub use run_tsnr::RUN_TSNR;
pub use status::{Counts, Status, WrittenUndefined};
pub use std::STD;
pub use stderr::STDERR;
pub use tsnr::TSNR;
pub use volumes::VOLUMES;

/// Every kind of map, in the order in which they are told of.
pub const ALL: [MapKind; 8] = [TSNR, MEAN, STD, RUN_TSNR, BETWEEN, VOLUMES, STDERR, CV];
