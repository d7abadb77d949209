//! Outputs of what an image says of itself, each a function of an
//! [`ImageInfo`](crate::info::ImageInfo).

pub mod json;
pub mod text;
