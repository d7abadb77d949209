//! A CIFTI-2 file opened for its header and its XML, and its rows.

use super::matrix::{Matrix, Row};
use super::places;
use super::writer::Sink;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::codec::{Compression, Content, OpenFile, Version};
use crate::formats::nifti::{Extension, Header, Standard};
use crate::formats::{
    BlockReader, Geometry, Keep, MapSink, Oddity, PointsPlaces, Progress, Source, Time, TimeUnit,
    VoxelEncoding, Voxels,
};
use crate::voxels::{ByteOrder, Samples};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Rows are read in pieces of about this size: small enough that the allocator keeps the memory for the next.
const PIECE_BYTES: usize = 112 * 1024;

/// Rows that are turned at once: a line of the cache of each fits the first cache.
const ROWS_TURNED: usize = 64;

/// The most bytes of an XML. That of 91282 grayordinates has 0.6 MB, the finest meshes some MB.
const MOST_XML_BYTES: u64 = 64 * 1024 * 1024;

/// The code of the extension that holds the XML.
pub(super) const XML: i32 = 32;

/// Whether a content's first bytes are those of a NIfTI-2 file of a CIFTI intent, or with its XML.
pub(in crate::formats) fn is_cifti(head: &[u8]) -> bool {
    let number = |at: usize| {
        let bytes = head.get(at..)?.first_chunk::<4>()?;
        let is_big = head.first() == Some(&0);
        Some(if is_big { i32::from_be_bytes(*bytes) } else { i32::from_le_bytes(*bytes) })
    };
    let (at, magic) = Standard::Two.single_magic();
    let is_nifti_2 = head.get(at..).is_some_and(|it| it.starts_with(magic));
    let is_of_intent = number(504).is_some_and(|it| (3000..3100).contains(&it));
    is_nifti_2 && (is_of_intent || (number(540) != Some(0) && number(548) == Some(XML)))
}

/// A CIFTI-2 file whose header and XML were read and found good. Its rows stay in the file.
#[derive(Clone, Debug)]
pub struct Image {
    path: PathBuf,
    version: Version,
    header: Header,
    matrix: Matrix,
    notes: Vec<String>,
    xml_bytes: u64,
    geometry: Geometry,
    time: Time,
}

impl Image {
    /// Opens the file at `path`: its header and its XML, no row.
    ///
    /// # Errors
    /// A file that cannot be opened, was not fetched, is compressed, is no dense or parcellated series
    /// or maps of CIFTI-2, contradicts itself, or is too short for its rows.
    pub fn open(path: &Path) -> Result<Image> {
        Image::in_file(OpenFile::open(path)?)
    }

    /// The image in a file that was opened.
    ///
    /// # Errors
    /// Those of [`open`](Image::open).
    pub(in crate::formats) fn in_file(file: OpenFile) -> Result<Image> {
        let (path, version) = (file.path.clone(), file.version);
        let opened = || {
            let header = Header::of_matrix(&file.head, &path)?;
            if version == Version::of_stream() {
                return Err(Error::unsupported(
                    "a CIFTI file as a stream, expected a file: each of its rows is a time course, \
                     and no volume is whole before its end",
                )
                .remedy("write it to a file first"));
            }
            if file.compression != Compression::None {
                return Err(Error::unsupported(
                    "a compressed CIFTI file, expected a plain one: each of its rows is a time \
                     course, and no volume is whole before its end",
                )
                .remedy(format!(
                    "decompress it: {} -dk '{}'",
                    file.compression.name(),
                    path.display()
                )));
            }
            let (xml, notes) = texts(&path, version, &header)?;
            let matrix = Matrix::parse(&xml, &path)?;
            check_lengths(&header, &matrix)?;
            Ok((header, matrix, notes, xml.len() as u64))
        };
        let (header, matrix, notes, xml_bytes) =
            opened().map_err(|error: Error| error.at(&path))?;
        let (volumes, is_series) = (matrix.row.length(), matches!(matrix.row, Row::Series { .. }));
        let (tr_seconds, unit) = match matrix.row {
            Row::Series { tr_seconds, unit, .. } => (tr_seconds, unit),
            _ => (None, TimeUnit::Unknown),
        };
        let has_axis = is_series || volumes > 1;
        let tr_place = "SeriesStep in its XML";
        let time = Time { volumes, has_axis, tr_seconds, tr_place, unit };
        let geometry = Geometry::of_points(Arc::clone(&matrix.points));
        let image = Image { path, version, header, matrix, notes, xml_bytes, geometry, time };
        image.check_size().map_err(|error| error.at(&image.path))?;
        Ok(image)
    }

    fn row_bytes(&self) -> usize {
        self.time.volumes * self.header.encoding.datatype.bytes()
    }

    /// Refuses a file that is too short for its rows.
    fn check_size(&self) -> Result<()> {
        let (offset, file_bytes) = (self.header.voxel_offset, self.version.bytes.unwrap_or(0));
        let rows = self.matrix.points.count as u64;
        let claimed = rows.checked_mul(self.row_bytes() as u64);
        if claimed.and_then(|it| it.checked_add(offset)).is_some_and(|it| it <= file_bytes) {
            return Ok(());
        }
        let whole = file_bytes.saturating_sub(offset) / self.row_bytes() as u64;
        let what = self.matrix.points.kind.in_words();
        let problem =
            format!("truncated: its header has {rows} {what}, of which {whole} are whole");
        Err(Error::damaged(problem).remedy("copy or convert it again"))
    }
}

/// The XML, and the notes beside it.
fn texts(path: &Path, version: Version, header: &Header) -> Result<(String, Vec<String>)> {
    let mut content = Content::open(path, version)?.stream.take(header.voxel_offset);
    let header_bytes = header.bytes.len() as u64;
    let failed = |error| Error::io("cannot read", error);
    io::copy(&mut content.by_ref().take(header_bytes), &mut io::sink()).map_err(failed)?;
    let read = Extension::read_all(content, header.byte_order, MOST_XML_BYTES);
    let (extensions, broken_off_by) = read.map_err(failed)?;
    let notes = extensions.iter().filter_map(Extension::text).map(str::to_owned).collect();
    let xml = extensions.into_iter().find(|it| it.code() == XML).ok_or_else(|| {
        let beside = broken_off_by.map(|it| format!(" ({it})")).unwrap_or_default();
        Error::damaged(format!(
            "a damaged CIFTI-2 file: no extension of code 32, which has its XML{beside}"
        ))
        .remedy("copy or convert it again")
    })?;
    let text = String::from_utf8(xml.into_data()).map_err(|_| {
        Error::damaged("a damaged CIFTI-2 file: its XML is not UTF-8")
            .remedy("copy or convert it again")
    })?;
    let length = text.trim_end_matches('\0').len();
    let mut text = text;
    text.truncate(length);
    Ok((text, notes))
}

/// Refuses lengths that differ in header and XML.
fn check_lengths(header: &Header, matrix: &Matrix) -> Result<()> {
    let dim = header.fields.dim;
    let expected = [6, 1, 1, 1, 1, matrix.row.length() as i64, matrix.points.count as i64];
    if dim[..7] == expected {
        return Ok(());
    }
    let in_words = |it: &[i64]| it.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    Err(Error::damaged(format!(
        "a damaged CIFTI-2 file: dim is {}, where its XML has {}",
        in_words(&dim[..7]),
        in_words(&expected)
    ))
    .remedy("copy or convert it again"))
}

impl Source for Image {
    fn path(&self) -> &Path {
        &self.path
    }

    fn format(&self) -> &'static str {
        "CIFTI-2"
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(self.header.byte_order)
    }

    fn particulars(&self) -> Vec<(&'static str, String)> {
        self.matrix.particulars()
    }

    fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    fn time(&self) -> &Time {
        &self.time
    }

    fn voxel_encoding(&self) -> VoxelEncoding {
        self.header.encoding
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn is_time_fastest(&self) -> bool {
        true
    }

    fn no_run(&self) -> Option<&'static str> {
        match self.matrix.row {
            Row::Series { .. } => None,
            Row::Scalars(_) => Some("maps (dscalar, pscalar)"),
            Row::Labels { .. } => Some("labels (dlabel, plabel)"),
        }
    }

    fn label_names(&self) -> Vec<(i64, String)> {
        match &self.matrix.row {
            Row::Labels { names, .. } => names.clone(),
            _ => Vec::new(),
        }
    }

    fn open_voxels(&self) -> Result<Voxels> {
        let file = File::open(&self.path);
        let file = file.map_err(|error| Error::io("cannot open", error).at(&self.path))?;
        Ok(Voxels::Blocks(Box::new(Rows { image: self.clone(), file })))
    }

    fn header_bytes(&self) -> &[u8] {
        &self.header.bytes
    }

    fn oddities(&self) -> Vec<Oddity> {
        self.header.mended.iter().cloned().map(Oddity::Header).collect()
    }

    fn notes(&self) -> Result<Vec<String>> {
        Ok(self.notes.clone())
    }

    fn most_extension_bytes(&self) -> u64 {
        self.xml_bytes
    }

    fn places(&self) -> Result<PointsPlaces> {
        let texts = texts(&self.path, self.version, &self.header);
        let places = texts.and_then(|(xml, _)| places::parse(&xml));
        places.map_err(|error| error.at(&self.path))
    }

    fn map_sink(&self, _keep: Keep) -> Result<Arc<dyn MapSink>> {
        // Of many runs only one makes maps: none holds its XML until then.
        let texts = texts(&self.path, self.version, &self.header);
        let (xml, _) = texts.map_err(|error| error.at(&self.path))?;
        Ok(Arc::new(Sink::new(xml, &self.matrix)))
    }
}

/// The rows of a file, and any part of them.
struct Rows {
    image: Image,
    file: File,
}

impl Rows {
    /// Fills `memory`, `[t, voxel]`, with these columns of these rows.
    fn fill(
        &self,
        columns: Range<usize>,
        rows: Range<usize>,
        memory: &mut [u8],
        progress: &dyn Progress,
    ) -> Result<()> {
        let size = self.image.header.encoding.datatype.bytes();
        let (row_bytes, count) = (self.image.row_bytes(), rows.len());
        // A small part of each row is read by itself, else whole rows, which follow one another.
        let is_small = columns.len() * size * 4 < row_bytes;
        let read = if is_small { columns.clone() } else { 0..self.image.time.volumes };
        let read_bytes = read.len() * size;
        let rows_at_once = match PIECE_BYTES / read_bytes {
            few if few < ROWS_TURNED => few.max(1),
            many => many - many % ROWS_TURNED,
        };
        let mut buffer = vec![0; rows_at_once.min(count) * read_bytes];
        for first in (0..count).step_by(rows_at_once) {
            if progress.is_cancelled() {
                return Err(Error::cancelled());
            }
            let here = first..count.min(first + rows_at_once);
            let buffer = &mut buffer[..here.len() * read_bytes];
            let place = |row: usize| {
                let row = (rows.start + row) as u64 * row_bytes as u64;
                self.image.header.voxel_offset + row + (read.start * size) as u64
            };
            let outcome = match is_small {
                true => (buffer.chunks_exact_mut(read_bytes).zip(here.clone()))
                    .try_for_each(|(bytes, row)| self.file.read_exact_at(bytes, place(row))),
                false => self.file.read_exact_at(buffer, place(first)),
            };
            outcome.map_err(|error| {
                let changed = self.image.version.check(&self.file).err();
                changed.unwrap_or_else(|| Error::io("cannot read", error))
            })?;
            let skipped = (columns.start - read.start) * size;
            let turn = match size {
                1 => turned::<1>,
                2 => turned::<2>,
                4 => turned::<4>,
                _ => turned::<8>,
            };
            turn(buffer, read_bytes, skipped, memory, [columns.len(), count, first]);
            progress.voxel_bytes_read((here.len() * columns.len() * size) as u64);
        }
        Ok(())
    }
}

/// Puts rows of samples of `SIZE` bytes into `memory`, `[t, row]`, of so many columns and rows, from a row
/// on. Of each row `skipped` bytes are left out.
fn turned<const SIZE: usize>(
    rows: &[u8],
    row_bytes: usize,
    skipped: usize,
    memory: &mut [u8],
    [columns, count, first]: [usize; 3],
) {
    let (memory, _) = memory.as_chunks_mut::<SIZE>();
    for (group, rows) in rows.chunks(ROWS_TURNED * row_bytes).enumerate() {
        let first = first + group * ROWS_TURNED;
        let here = rows.len() / row_bytes;
        for column in 0..columns {
            let to = &mut memory[column * count + first..][..here];
            let from = skipped + column * SIZE;
            for (to, row) in to.iter_mut().zip(rows.chunks_exact(row_bytes)) {
                to.copy_from_slice(&row[from..from + SIZE]);
            }
        }
    }
}

impl BlockReader for Rows {
    fn read(
        &self,
        volumes: Range<usize>,
        voxels: Range<usize>,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let (started, order) = (Instant::now(), self.image.header.byte_order);
        let samples = memory.refilled(order, volumes.len(), voxels.len(), |memory| {
            match volumes.is_empty() || voxels.is_empty() {
                true => Ok(()),
                false => self.fill(volumes, voxels, memory, progress),
            }
        });
        progress.time_spent(started.elapsed(), Duration::ZERO);
        let samples = samples.and_then(|it| self.image.version.check(&self.file).map(|()| it));
        samples.map_err(|error| match error.kind() {
            ErrorKind::Cancelled => error,
            _ => error.at(&self.image.path),
        })
    }
}
