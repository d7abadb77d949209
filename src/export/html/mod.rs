//! One page of HTML about a session, or about two maps: what was found, what was looked for, and
//! what else to look at.
//!
//! [`page`] draws a [`Record`](crate::record::Record); `pair` draws two maps beside each other. A
//! page needs no network and no script, follows the reader's light or dark, and prints. This module
//! computes counts and quantiles of given maps, to draw them, and does not know how a map was
//! computed, nor any image file.

mod by_slice;
mod chart;
mod histogram;
mod over_time;
mod page;
pub(super) mod pair;
mod tables;

pub use page::{Shown, check_slices, page, tsnr_range};

/// An element that holds an object for programs. `<` cannot end it early.
fn data_element(json: &str) -> String {
    let text = json.replace('<', "\\u003c");
    format!("<script type=\"application/json\" id=\"tsnr\">{text}</script>\n")
}
