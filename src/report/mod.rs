//! One page of HTML about a session: what was found, what was looked for, and what else to look at.
//!
//! [`page`] draws [`Facts`], and [`compare_maps::page`] two maps beside each other. A page needs no
//! network and no script, follows the reader's light or dark, and prints. What it draws it was
//! handed: this module computes counts and quantiles of given maps, to draw them, and does not know
//! how a map was computed, nor any image file.

mod by_slice;
mod chart;
pub mod compare_maps;
pub mod facts;
mod figures;
mod histogram;
mod over_time;
mod page;
mod tables;

pub use facts::Facts;
pub use page::{page, tsnr_range};
