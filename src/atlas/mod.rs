//! Regions of a grid.
//!
//! [`LabelNames`] are read from the tables that come with atlases; [`Regions`] are the voxels of
//! a label image, of tissue probability maps or of slices. This module reads tables of names; it
//! does not read images, nor know where a grid lies in space.

mod labels;
mod regions;

pub use labels::LabelNames;
pub use regions::{Region, Regions};
