//! One page of HTML about a session, or about two maps: what was found, what was looked for, and
//! what else to look at.
//!
//! [`page`] draws a [`Record`](crate::record::Record), a file here a section; `pair` draws two maps
//! beside each other. A page loads nothing, follows the reader's light or dark, and prints. The one
//! script that a session's page runs is `session.js`, whose hash its policy names: it moves planes,
//! cursor and tables, and everything that matters is readable without it. This module computes counts
//! and quantiles of given maps, to draw them, and does not know how a map was computed, nor any image
//! file.

mod carpet;
mod chart;
mod drawn;
mod heat;
mod histogram;
mod packed;
mod page;
pub(super) mod pair;
mod pair_maps;
mod points;
mod runs;
mod seen;
mod session;
mod slides;
mod tables;
mod time;
mod viewer;

pub use page::{Shown, check_slices, tsnr_range};
pub use points::meshes;
pub(super) use seen::oddest_slice;
pub use session::page;

/// An element that holds an object for programs. `<` cannot end it early.
fn data_element(json: &str) -> String {
    let text = json.replace('<', "\\u003c");
    format!("<script type=\"application/json\" id=\"tsnr\">{text}</script>\n")
}
