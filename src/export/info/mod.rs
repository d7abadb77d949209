//! The outputs that describe an image, each a function of an
//! [`ImageInfo`](crate::info::ImageInfo).

pub mod json;
pub mod text;
