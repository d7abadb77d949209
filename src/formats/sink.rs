//! Maps as files, whatever their format.

use crate::error::Result;
use flate2::{Compression, write::GzEncoder};
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

/// Whether a file that is written is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The map as it is.
    Plain,
    /// One gzip member without a time stamp.
    Gzip,
}

/// The parts of an image beside its geometry that are kept when a map is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: the map is made of more than this image.
    Geometry,
    /// Whatever the image carries beside its voxels and does not describe its time course.
    Extensions,
}

/// How the values of a map are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MapPrecision {
    /// 32-bit floats.
    #[default]
    Float32,
    /// 64-bit floats.
    Float64,
}

/// The endings of the names of maps, in small letters: the format, of NIfTI the usual one, and whether the
/// file is compressed.
const ENDINGS: [(&str, MapFormat, Encoding); 6] = [
    (".nii", MapFormat::Nifti1, Encoding::Plain),
    (".nii.gz", MapFormat::Nifti1, Encoding::Gzip),
    (".mgh", MapFormat::Mgh, Encoding::Plain),
    (".mgz", MapFormat::Mgh, Encoding::Gzip),
    (".func.gii", MapFormat::Gifti, Encoding::Plain),
    (".shape.gii", MapFormat::Gifti, Encoding::Plain),
];

/// The format that the name of a file to be written asks for, and the encoding; none of a name
/// that cannot be written. The case of its letters does not matter.
fn asked_by_name(path: &Path) -> Option<(MapFormat, Encoding)> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let (_, format, encoding) = ENDINGS.into_iter().find(|it| name.ends_with(it.0))?;
    Some((format, encoding))
}

impl Encoding {
    /// The endings of names of files that can be written, in words.
    pub const OUTPUT_ENDINGS: &str = ".nii, .nii.gz, .mgz or .func.gii";

    /// The encoding that the name of a file to be written asks for: `.nii` or `.nii.gz`, `.mgz` or `.mgh`,
    /// `.func.gii` or `.shape.gii`, or nothing that can be written. The case of its letters does not matter.
    pub fn of_output_name(path: &Path) -> Option<Encoding> {
        asked_by_name(path).map(|(_, encoding)| encoding)
    }

    /// Writes what `content` writes, compressed if the file is. The gzip header carries no time stamp.
    ///
    /// # Errors
    /// Those of `content` and of writing `to`.
    pub(super) fn write(
        self,
        to: &mut dyn Write,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            Encoding::Plain => content(to),
            Encoding::Gzip => {
                let mut encoder = GzEncoder::new(to, Compression::fast());
                content(&mut encoder)?;
                encoder.finish().map(drop)
            }
        }
    }
}

impl MapPrecision {
    /// All of them.
    pub const ALL: [MapPrecision; 2] = [MapPrecision::Float32, MapPrecision::Float64];

    /// The name of the type: `float32`.
    pub fn name(self) -> &'static str {
        match self {
            MapPrecision::Float32 => "float32",
            MapPrecision::Float64 => "float64",
        }
    }
}

impl MapPrecision {
    /// Writes values of maps as they are stored, little-endian.
    ///
    /// # Errors
    /// Those of writing `to`.
    pub(super) fn write_values(
        self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
    ) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(64 * 1024);
        for value in values {
            match self {
                MapPrecision::Float32 => bytes.extend_from_slice(&(value as f32).to_le_bytes()),
                MapPrecision::Float64 => bytes.extend_from_slice(&value.to_le_bytes()),
            }
            if bytes.len() > 64 * 1024 - 8 {
                to.write_all(&bytes)?;
                bytes.clear();
            }
        }
        to.write_all(&bytes)
    }
}

/// A format that maps are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapFormat {
    /// NIfTI-1, which every program reads: axes of up to 32,767 voxels.
    Nifti1,
    /// NIfTI-2: axes of any length.
    Nifti2,
    /// CIFTI-2: maps of what lies on no grid, of which there is no choice.
    Cifti2,
    /// FreeSurfer's MGH, whose values are float32.
    Mgh,
    /// GIFTI: maps of the vertices of a surface.
    Gifti,
}

impl MapFormat {
    /// Those that can be chosen.
    pub const CHOICES: [MapFormat; 4] =
        [MapFormat::Nifti1, MapFormat::Nifti2, MapFormat::Mgh, MapFormat::Gifti];

    /// The name of the format: `NIfTI-1`.
    pub fn name(self) -> &'static str {
        match self {
            MapFormat::Nifti1 => "NIfTI-1",
            MapFormat::Nifti2 => "NIfTI-2",
            MapFormat::Cifti2 => "CIFTI-2",
            MapFormat::Mgh => "MGH",
            MapFormat::Gifti => "GIFTI",
        }
    }

    /// The name in small letters and digits, as it is chosen by: `nifti1`.
    pub fn key(self) -> &'static str {
        match self {
            MapFormat::Nifti1 => "nifti1",
            MapFormat::Nifti2 => "nifti2",
            MapFormat::Cifti2 => "cifti2",
            MapFormat::Mgh => "mgz",
            MapFormat::Gifti => "gifti",
        }
    }

    /// Whether a file of this format can hold several maps, each with its name.
    pub fn holds_several_maps(self) -> bool {
        matches!(self, MapFormat::Cifti2 | MapFormat::Gifti)
    }

    /// Whether Connectome Workbench reads files of this format, so that its maps are called as it calls
    /// those of its operators.
    pub fn is_workbenchs(self) -> bool {
        matches!(self, MapFormat::Cifti2 | MapFormat::Gifti)
    }

    /// Whether the name of a file to be written says that it is of a format that holds several maps.
    pub fn holds_several_maps_by_output_name(path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let is_cifti = [".dscalar.nii", ".pscalar.nii"].iter().any(|it| name.ends_with(it));
        is_cifti || MapFormat::by_output_name(path) == Some(MapFormat::Gifti)
    }

    /// The format that the name of a file to be written asks for, NIfTI-1 where it asks for NIfTI; none of a
    /// name that asks for no format.
    pub fn by_output_name(path: &Path) -> Option<MapFormat> {
        asked_by_name(path).map(|(format, _)| format)
    }
}

/// How a map is stored, or several in one file, and what the file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapFile {
    /// Whether the file is compressed.
    pub encoding: Encoding,
    /// How the values are stored.
    pub precision: MapPrecision,
    /// The format that was asked for; else the one that suits the grid.
    pub format: Option<MapFormat>,
    /// The name of each of its maps, in a word; a format may cut it (NIfTI-1 after 15 bytes).
    pub names: Vec<String>,
    /// The first map in a line; a format may cut it (NIfTI-1 after 79 bytes).
    pub description: String,
    /// Texts that the file carries whole, before those of the image that the map was made of. They
    /// come back as [`Source::notes`](super::Source::notes).
    pub notes: Vec<String>,
}

impl MapFile {
    /// The file of one map that nothing is said of.
    pub fn new(encoding: Encoding, precision: MapPrecision) -> MapFile {
        let (names, (description, notes)) = (vec![String::new()], Default::default());
        MapFile { encoding, precision, format: None, names, description, notes }
    }
}

/// A writer of maps with the geometry of an image, and what is kept of it. It holds all that it
/// writes, and reads no file.
pub trait MapSink: fmt::Debug + Send + Sync {
    /// The format in which it writes where this one is asked for, or none.
    ///
    /// # Errors
    /// A format that cannot hold the grid, or is none of the image's; without the image's name.
    fn format(&self, asked: Option<MapFormat>) -> Result<MapFormat>;

    /// Writes the values of a map, a voxel each, the first axis fastest; of a file of several maps those of
    /// each voxel together, a map each. The same values and file give the same bytes.
    ///
    /// # Errors
    /// Those of writing `to`.
    ///
    /// # Panics
    /// If the image's grid has another number of voxels, the format that is asked for is none of those that
    /// [`MapSink::format`] gives, or it does not hold several maps ([`MapFormat::holds_several_maps`]).
    fn write(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
    ) -> io::Result<()>;

    /// The parts of the image that were to be kept and are not, a sentence each, without the file's
    /// name.
    fn left_out(&self) -> &[String];
}
