//! Regions of a grid, and what a map is like in each of them.
//!
//! [`LabelNames`] are read from the tables that come with atlases; [`Regions`] are the voxels of
//! a label image, of tissue probability maps or of slices; [`table`] has one [`Row`] for each
//! region and run, which [`tsv`] writes and [`sidecar`] describes, or for each region and map, which
//! [`tsv_of_maps`] writes and [`sidecar_of_maps`] describes. This module reads tables of
//! names; it does not read images, nor know where a grid lies in space.

mod labels;
mod regions;
mod table;

pub use labels::LabelNames;
pub use regions::{Region, Regions};
pub use table::{Row, sidecar, sidecar_of_maps, table, tsv, tsv_of_maps};
