//! Parts of a grid, brain masks and regions, and what a map is like in each of them.
//!
//! - A [`Mask`] is made of a map's values ([`Mask::of_values`]) or found in the temporal mean
//!   ([`brain_mask`]), and two are compared by [`dice`].
//! - [`LabelNames`] are read from the tables that come with atlases; [`Regions`] are the voxels of
//!   a label image, of tissue probability maps or of slices.
//! - [`table`] has one [`Row`] for each region and run, which [`tsv`] writes and [`sidecar`]
//!   describes, or for each region and map, which [`tsv_of_maps`] writes and [`sidecar_of_maps`]
//!   describes.
//!
//! Grids are `[x, y, z]`, first axis fastest. This module reads tables of names; it does not read
//! images, nor know where a grid lies in space.

mod brain;
mod labels;
mod mask;
mod morphology;
mod region;
mod table;

pub use brain::{BrainRule, brain_mask, brain_mask_by};
pub use labels::LabelNames;
pub use mask::{Brain, Mask, NamedMask, dice};
pub(crate) use morphology::{largest_component, layers_around};
pub use region::{Region, Regions};
pub use table::{Row, sidecar, sidecar_of_maps, table, tsv, tsv_of_maps};
