//! Outputs, each a function of a [`Record`](crate::record::Record) and options of its own: maps,
//! JSON, tables, the summary, sentences, pictures and pages. Those of the comparison of two maps are
//! functions of a [`DiffRecord`](crate::diff::DiffRecord), in [`diff`]; those of what an image says of
//! itself of an [`ImageInfo`](crate::info::ImageInfo), in [`info`].
//!
//! One exporter a file. None reads the clock, the command line or an image; what only the caller
//! knows, it is handed as a [`Context`]. None writes a file either: they give bytes or text.

mod date;
pub mod definitions;
pub mod diff;
pub mod graph;
pub mod html;
pub mod info;
pub mod json;
mod map_files;
pub mod nifti;
pub mod png;
pub mod sentence;
pub mod text;
pub mod tsv;
mod words;

pub use map_files::{MapOutput, RUN_PLACE, asked_format, check_names, check_several, encoding};
pub use words::{LABEL_COLUMNS, command_line, hanging, printable, printable_lines};

use crate::formats::{MapFormat, MapPrecision};
use std::path::PathBuf;

/// The facts that only the caller of exporters knows.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Context {
    /// The command as it was typed, a word each, if there was one.
    pub command: Vec<String>,
    /// The images that are written.
    pub images: Vec<PathBuf>,
    /// The tables that are written, and what describes them.
    pub tables: Vec<PathBuf>,
    /// The pages and pictures that are written.
    pub pictures: Vec<PathBuf>,
    /// How the values of maps are stored.
    pub precision: MapPrecision,
    /// The format that was asked for of maps; else the one that suits their grid.
    pub format: Option<MapFormat>,
    /// Whether outputs leave out what differs from run to run: times, peaks, the command, and
    /// where outputs are written.
    pub is_reproducible: bool,
}

impl Context {
    /// A context without a command and outputs.
    pub fn new() -> Context {
        Context::default()
    }
}
