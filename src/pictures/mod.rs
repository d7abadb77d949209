//! Maps as pictures: numbers on a grid in, pixels out.
//!
//! | module | what it knows |
//! |---|---|
//! | [`orientation`] | which way each voxel axis points in the body |
//! | [`volume`] | a grid in space, and the values on it |
//! | [`crop`] | the part of a grid that holds the head |
//! | [`views`] | axial, sagittal and coronal slices, as they are shown |
//! | [`range`](mod@range) | which values span the colours, and round ticks between them |
//! | [`colormap`] | the colours |
//! | [`surface`] | hemispheres of triangles, seen from a side |
//! | [`slide`] | slices and a caption as a PNG, in letters of its own |
//! | [`preview`] | a histogram and a slice for the terminal |
//!
//! **Left is left.** Every picture shows the patient's left at the image's left (the neurological
//! convention, that of nilearn and fMRIPrep), anterior or superior up, and says so by its marks.
//! Where no header says how the voxels lie, the marks have a `?` and another colour, and the picture
//! says that the sides are unknown.
//! What is undefined (NaN) has no colour of the map but a neutral one.
//!
//! This module does not know how a number was computed, nor any file.

mod canvas;
pub mod colormap;
pub mod crop;
mod letters;
pub mod orientation;
mod png;
pub mod preview;
pub mod range;
mod sheet;
pub mod slide;
pub mod surface;
pub mod views;
pub mod volume;

pub use canvas::pixels;
pub use colormap::Colormap;
pub use crop::Crop;
pub use orientation::BodyOrientation;
pub use range::Range;
pub use slide::{Paper, Slide};
pub use surface::{BodySide, HemisphereView, Mesh};
pub use views::{Plane, Slices, View};
pub use volume::{Grid, Volume, unknown_sides};
