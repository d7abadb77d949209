//! The XML that describes an atlas to FSL.
//!
//! Its `<label index="...">` means one of two things. In an atlas of `<type>` Label it is
//! the value of the region's voxels. In one of `<type>` Probabilistic or Statistic it is the
//! region's volume in the 4-D image, from 0, and in the label image that sums it up (`maxprob`)
//! the region's voxels have the value index + 1, so that 0 is left for the background. So
//! FSLeyes's documentation says and fslpy reads it, which also knows a misspelling that some
//! atlases have.

use super::{Entry, index, on_line};
use crate::error::Result;
use roxmltree::{Document, Node};

/// The labels, with the values of their voxels in a label image.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>> {
    let document = Document::parse(text).map_err(|error| {
        on_line(error.pos().row as usize, format!("malformed XML: {error}"))
            .remedy("copy the atlas's XML again")
    })?;
    let line = |node: Node| document.text_pos_at(node.range().start).row as usize;
    let atlas = document.root_element();
    if !atlas.has_tag_name("atlas") {
        let problem = format!("<{}>, expected <atlas>", atlas.tag_name().name());
        return Err(on_line(line(atlas), problem).remedy(super::KNOWN_TABLES));
    }
    let above_index = value_above_index(atlas, line)?;
    let labels = atlas.descendants().filter(|node| node.has_tag_name("label"));
    let entry = |label: Node| {
        let line = line(label);
        let text = label.attribute("index").ok_or_else(|| {
            on_line(
                line,
                "a <label> without an index, expected <label index=\"0\" ...>NAME</label>",
            )
            .remedy("correct the atlas's XML")
        })?;
        // What saturates is beyond any label that an image can hold.
        let value = index(text, line)?.saturating_add(above_index);
        let words: Vec<&str> = label.text().unwrap_or_default().split_whitespace().collect();
        let name = Some(words.join(" ")).filter(|name| !name.is_empty());
        Ok(Entry { line, index: value, name })
    };
    labels.map(entry).collect()
}

/// The difference of the value of a region's voxels from the region's index.
fn value_above_index(atlas: Node, line: impl Fn(Node) -> usize) -> Result<i64> {
    const EXPECTED: &str = "expected Label, Probabilistic or Statistic";
    let kind = atlas.descendants().find(|node| node.has_tag_name("type"));
    let kind = kind.ok_or_else(|| {
        on_line(line(atlas), format!("an atlas without a <type>, {EXPECTED}"))
            .remedy("without it the values of its regions are not known: correct the atlas's XML")
    })?;
    let name = kind.text().unwrap_or_default().trim();
    match &*name.to_lowercase() {
        "label" => Ok(0),
        "probabilistic" | "probabalistic" | "statistic" => Ok(1),
        _ => Err(on_line(line(kind), format!("an atlas of type '{name}', {EXPECTED}"))
            .remedy("give the labels as a BIDS dseg.tsv")),
    }
}
