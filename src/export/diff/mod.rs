//! Outputs of the comparison of two maps, each a function of a
//! [`DiffRecord`](crate::diff::DiffRecord).

pub mod json;
pub mod nifti;
pub mod png;
pub mod text;
pub mod tsv;

pub use super::html::pair::page;
