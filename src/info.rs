//! The description of an image by its header: an [`ImageInfo`], of which every output is a function.

use crate::error::Result;
use crate::findings::{self, Finding};
use crate::formats::{self, Geometry, HeaderExtension, Source, Time, VoxelEncoding};
use crate::recipe::{RecordedDefinition, recorded_map};
use crate::runs::Run;
use crate::voxels::ByteOrder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The statements of an image on itself, and what is odd in them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImageInfo {
    /// The path as it was given.
    pub path: PathBuf,
    /// The files that it is made of, that of the header first.
    pub files: Vec<PathBuf>,
    /// The size of these files in bytes; none of what can be read once only.
    pub bytes: Option<u64>,
    /// The name of the format: `NIfTI-1`.
    pub format: &'static str,
    /// The name of the program that compressed the voxels, if any did.
    pub compression: Option<&'static str>,
    /// The order of the bytes of a stored number; none where it is a text, or differs within the file.
    pub byte_order: Option<ByteOrder>,
    /// The content: a run, a volume, maps, or something else.
    pub content: Content,
    /// The grid, and where it lies in space.
    pub geometry: Geometry,
    /// The time axis, as the image states it.
    pub time: Time,
    /// The repetition time that a run of it would have: that of the JSON beside it, else its own.
    pub tr_seconds: Option<f64>,
    /// The JSON that states this repetition time, if one does.
    pub tr_sidecar: Option<PathBuf>,
    /// The JSON files that describe it, as BIDS has them.
    pub sidecars: Vec<PathBuf>,
    /// How a sample is stored, and what it stands for.
    pub encoding: VoxelEncoding,
    /// The bytes of all voxels, decompressed.
    pub voxel_bytes: u64,
    /// Whether the file is known to hold all its voxels: a compressed file is only when it was read.
    pub is_complete: Option<bool>,
    /// The image in the words of the program that wrote it; empty if it says nothing.
    pub description: String,
    /// The statements that only its format has, each with its name in the format.
    pub particulars: Vec<(&'static str, String)>,
    /// The extensions of its header.
    pub extensions: Vec<HeaderExtension>,
    /// The definition of the tSNR that its header records, if it is a map of tsnr.
    pub definition: Option<RecordedDefinition>,
    /// The names of its labels, where it has them itself.
    pub labels: Vec<(i64, String)>,
    /// The findings, in the order of the [rules](crate::findings::IMAGE_RULES).
    pub findings: Vec<Finding>,
}

/// The content of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Volumes that follow one another in time, two or more.
    Run,
    /// One volume.
    Volume,
    /// Maps that tsnr wrote, of these kinds.
    Maps(Vec<String>),
    /// Something that is no run however many volumes it has, in words.
    Other(&'static str),
}

impl ImageInfo {
    /// The description of the image at `path`. No voxel is read, except those of a compressed MGH image,
    /// whose repetition time lies behind them.
    ///
    /// # Errors
    /// A file that cannot be opened, is of no format that is read, or contradicts itself.
    pub fn read(path: &Path) -> Result<ImageInfo> {
        let run = Run::alone(formats::open_run(path)?);
        let image = &run.images()[0];
        let notes = image.notes()?;
        let maps: Vec<String> = notes.iter().filter_map(|text| recorded_map(text)).collect();
        let content = if maps.is_empty() { content(image) } else { Content::Maps(maps) };
        let files = image.files();
        Ok(ImageInfo {
            path: path.to_owned(),
            bytes: match image.stream_bytes() {
                Some(_) => None,
                None => Some(formats::bytes_of_files(&**image)?),
            },
            files,
            format: image.format(),
            compression: image.compression(),
            byte_order: image.byte_order(),
            content,
            geometry: image.geometry().clone(),
            time: image.time().clone(),
            tr_seconds: run.tr_seconds(),
            tr_sidecar: run.sidecar_tr().map(|it| it.path.clone()),
            sidecars: run.sidecars().to_vec(),
            encoding: image.voxel_encoding(),
            voxel_bytes: image.voxel_bytes(),
            is_complete: image.is_seekable().then_some(true),
            description: image.description().into_owned(),
            particulars: image.particulars(),
            extensions: image.extensions()?,
            definition: notes.iter().find_map(|text| RecordedDefinition::from_text(text)),
            labels: image.label_names(),
            findings: findings::of_image(&run),
        })
    }
}

fn content(image: &Arc<dyn Source>) -> Content {
    match image.no_run() {
        Some(what) => Content::Other(what),
        None if image.volumes() > 1 => Content::Run,
        None => Content::Volume,
    }
}
