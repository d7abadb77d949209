//! The definitions of all tools on the same runs, as a table for a person.

use super::printable;
use crate::analysis::ByTool;
use crate::numbers::{count, figure_or_none};

/// A line for each definition: its name, the median in the mask, and what sets it apart, what is
/// changed of it, or why it cannot be had.
pub fn table(outcomes: &[ByTool]) -> String {
    let mut text = String::from("definition    median tSNR  voxels    what it is\n");
    for ByTool { tool, median, voxels, remark } in outcomes {
        let (median, voxels) = match voxels {
            Some(voxels) => (figure_or_none(*median), count(*voxels)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let (name, remark) = (tool.name(), printable(remark));
        text += &format!("{name:<13} {median:>11}  {voxels:>8}  {remark}\n");
    }
    text
}
