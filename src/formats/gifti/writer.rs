//! Maps as GIFTI files: an array a map, its name beside it, and what the file of the run says of its structure.

use super::array::Metadata;
use crate::error::{Error, Result, Setting};
use crate::formats::{
    Geometry, Keep, MapFile, MapFormat, MapPrecision, MapSink, PointsKind, nifti,
};
use crate::markup::{base64, escaped};
use flate2::{Compression, write::ZlibEncoder};
use std::io::{self, Write};

/// The entry of the metadata that holds a text of a map's file; of the second and later ones a number
/// follows, for many programs keep one entry of a name.
const NOTE: &str = "tsnr";

/// Parts of names of entries that tell how the file itself came to be, or describe its time course.
const OF_THE_RUN: [&str; 6] =
    ["provenance", "version", "date", "username", "workingdirectory", "timestep"];

/// The writer of maps of the vertices of a file: GIFTI where their names ask for it, else as vectors.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Sink {
    vertices: usize,
    metadata: Metadata,
    notes: Vec<String>,
    /// The writer of the same maps in the formats of grids.
    grid: nifti::Sink,
}

impl Sink {
    /// Maps of the vertices of an image with this metadata. Kept are entries that do not tell how the
    /// image was made or that it is a series, or its structure alone; and its structure where an array
    /// says it.
    pub fn new(geometry: &Geometry, metadata: &Metadata, keep: Keep) -> Sink {
        let is_kept = |name: &str| {
            let name = name.to_lowercase();
            let of_the_run = OF_THE_RUN.iter().any(|it| name.contains(it));
            name == STRUCTURE.to_lowercase() || (keep == Keep::Extensions && !of_the_run)
        };
        let kept = metadata.iter().filter(|(name, _)| is_kept(name) && !is_note(name));
        let mut kept: Metadata = kept.cloned().collect();
        let structure = geometry.points.as_ref().map_or("", |points| points.structure_of(0));
        if super::structure(&kept).is_none() && !structure.is_empty() {
            kept.insert(0, (STRUCTURE.to_owned(), structure.to_owned()));
        }
        let notes = if keep == Keep::Extensions { notes(metadata) } else { Vec::new() };
        let grid = nifti::Sink::on_grid(geometry);
        Sink { vertices: geometry.voxels(), metadata: kept, notes, grid }
    }

    fn write_gifti(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
    ) -> io::Result<()> {
        let notes = file.notes.iter().chain(&self.notes).enumerate().map(|(place, text)| {
            let number = if place == 0 { String::new() } else { format!("-{}", place + 1) };
            (format!("{NOTE}{number}"), text.clone())
        });
        let metadata: Metadata = notes.chain(self.metadata.iter().cloned()).collect();
        // Together come the values of a vertex, and apart those of a map are written.
        let mut maps = vec![Vec::with_capacity(self.vertices); file.names.len()];
        values.enumerate().for_each(|(place, value)| maps[place % file.names.len()].push(value));
        writeln!(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        let place = "http://www.nitrc.org/frs/download.php/115/gifti.dtd";
        writeln!(to, "<!DOCTYPE GIFTI SYSTEM \"{place}\">")?;
        writeln!(to, "<GIFTI Version=\"1.0\" NumberOfDataArrays=\"{}\">", maps.len())?;
        write_metadata(to, &metadata)?;
        writeln!(to, "<LabelTable/>")?;
        let datatype = match file.precision {
            MapPrecision::Float32 => "FLOAT32",
            MapPrecision::Float64 => "FLOAT64",
        };
        for (name, map) in file.names.iter().zip(maps) {
            writeln!(
                to,
                "<DataArray Intent=\"NIFTI_INTENT_NORMAL\" DataType=\"NIFTI_TYPE_{datatype}\" \
                 ArrayIndexingOrder=\"RowMajorOrder\" Dimensionality=\"1\" Dim0=\"{}\" \
                 Encoding=\"GZipBase64Binary\" Endian=\"LittleEndian\" ExternalFileName=\"\" \
                 ExternalFileOffset=\"0\">",
                self.vertices
            )?;
            write_metadata(to, &vec![("Name".to_owned(), name.clone())])?;
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            file.precision.write_values(&mut encoder, &mut map.into_iter())?;
            writeln!(to, "<Data>{}</Data>\n</DataArray>", base64(&encoder.finish()?))?;
        }
        writeln!(to, "</GIFTI>")
    }
}

fn write_metadata(to: &mut dyn Write, metadata: &Metadata) -> io::Result<()> {
    writeln!(to, "<MetaData>")?;
    for (name, text) in metadata {
        let [name, text] = [name, text].map(|it| escaped(it));
        writeln!(to, "<MD><Name>{name}</Name><Value>{text}</Value></MD>")?;
    }
    writeln!(to, "</MetaData>")
}

/// The entry that names the structure.
pub(super) const STRUCTURE: &str = "AnatomicalStructurePrimary";

fn is_note(name: &str) -> bool {
    let number = name.strip_prefix(NOTE);
    number.is_some_and(|it| it.is_empty() || it.starts_with('-'))
}

/// The texts that maps in a file carry, in their order.
pub(super) fn notes(metadata: &Metadata) -> Vec<String> {
    let notes = metadata.iter().filter(|(name, _)| is_note(name));
    notes.map(|(_, text)| text.clone()).collect()
}

impl MapSink for Sink {
    fn format(&self, asked: Option<MapFormat>) -> Result<MapFormat> {
        match asked {
            Some(MapFormat::Gifti) => Ok(MapFormat::Gifti),
            Some(MapFormat::Cifti2) => {
                let vertices = PointsKind::Vertices.in_words();
                let problem = format!("CIFTI-2 is asked for, and the maps are of {vertices} alone");
                Err(Error::unsupported(problem)
                    .remedy("ask for GIFTI")
                    .settings([Setting::MapFormat]))
            }
            asked => self.grid.format(asked),
        }
    }

    fn write(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
    ) -> io::Result<()> {
        if file.format != Some(MapFormat::Gifti) {
            return self.grid.write(to, values, file);
        }
        assert_eq!(
            values.len(),
            self.vertices * file.names.len(),
            "a value for each vertex and map"
        );
        file.encoding.write(to, |to| self.write_gifti(to, values, file))
    }

    fn left_out(&self) -> &[String] {
        &[]
    }
}
