//! GIFTI: data of the vertices of a surface, a DataArray a volume or one of vertices and time, as XML; and
//! surfaces themselves.
//!
//! | file | knows |
//! |---|---|
//! | `xml` | tags and texts, one by one, of what is read once |
//! | `array` | what a DataArray says of itself |
//! | `samples` | its samples, whatever their encoding |
//! | `document` | the file: metadata, labels, then array after array |
//! | `reader` | data of vertices, as volumes |
//! | `surface` | a surface: vertices and triangles |
//! | `writer` | maps, an array each, with their names and the structure |
//!
//! The XML is never held whole: of a series one volume is, or one array where its volumes do not lie one
//! behind the other. The layout is that of "GIFTI Surface Data Format" 1.0; where it leaves a choice,
//! nibabel's `gifti` is followed.

mod array;
mod document;
mod reader;
mod samples;
mod surface;
mod writer;
mod xml;

pub use reader::Image;
pub(super) use reader::is_gifti;
pub use surface::Surface;
pub(super) use writer::Sink;

/// Names that say that a file is of this format, the longer first.
pub(super) const ENDINGS: [&str; 6] =
    [".func.gii", ".shape.gii", ".time.gii", ".label.gii", ".surf.gii", ".gii"];

/// The structure that metadata name: `CortexLeft`.
fn structure(metadata: &array::Metadata) -> Option<&str> {
    let found = metadata.iter().find(|(name, _)| name == writer::STRUCTURE);
    found.map(|(_, text)| text.trim()).filter(|it| !it.is_empty())
}
