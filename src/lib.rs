//! Temporal signal-to-noise maps of fMRI runs.

pub mod array;
pub mod error;
pub mod graph;
pub mod image;
pub mod inputs;
pub mod output;
pub mod pipeline;
pub mod stats;
pub mod voxels;
