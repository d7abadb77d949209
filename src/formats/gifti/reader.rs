//! A GIFTI file opened for what stands before its samples, and its volumes: an array each, or columns of
//! one.

use super::array::{Array, Encoding, Order};
use super::document::{Document, Head};
use super::samples::external_path;
use super::writer::{Sink, notes};
use super::xml::Fault;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::codec::{Compression, Content, Held, Once, OpenFile, Version, Waited};
use crate::formats::{
    Geometry, Keep, MapSink, Oddity, Points, PointsPlaces, Progress, Source, Time, TimeUnit,
    VolumeStream, VoxelEncoding, Voxels,
};
use crate::voxels::{ByteOrder, Datatype, OutOfMemory, Sample, Samples, Scaling};
use gzip_stream::Surplus;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Whether a content begins as a GIFTI file does.
pub(in crate::formats) fn is_gifti(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<')
        && text.match_indices("<GIFTI").any(|(place, name)| {
            text[place + name.len()..].starts_with(|it: char| " \t\r\n>/".contains(it))
        })
}

/// Intents of what is no data of the vertices, and what they are.
const NO_DATA: [(&str, &str); 5] = [
    ("POINTSET", "a surface (.surf.gii), with the positions of its vertices"),
    ("TRIANGLE", "a surface (.surf.gii), with its triangles"),
    ("NODE_INDEX", "data of some vertices (NODE_INDEX), which it names"),
    ("VECTOR", "vectors, several numbers of each vertex"),
    ("GENMATRIX", "matrices, several numbers of each vertex"),
];

/// A GIFTI file whose head was read and found good. Its samples stay in the file.
#[derive(Clone, Debug)]
pub struct Image {
    file: Arc<GiftiFile>,
    geometry: Geometry,
    time: Time,
}

/// The file of an image, as far as it is known before its samples are read.
#[derive(Debug)]
struct GiftiFile {
    path: PathBuf,
    version: Version,
    compression: Compression,
    head: Head,
    /// The first array, which all others are like.
    first: Array,
    head_bytes: Vec<u8>,
    /// The file beside it that holds the samples, if one does.
    external: Option<(PathBuf, Version)>,
    /// The bytes of a gzip file beside its members, known once it was read to the end.
    surplus: OnceLock<Surplus>,
    /// The content, if it can be read once only.
    once: Option<Once<Volumes>>,
}

/// Reads the content of a file from its beginning: `read` is given it behind its head.
pub(super) fn in_document<T>(
    file: &OpenFile,
    read: impl FnOnce(&mut Document, Head) -> std::result::Result<T, Fault>,
) -> std::result::Result<T, Fault> {
    let content = Content::open(&file.path, file.version).map_err(Fault::Wrong)?;
    let (mut document, head) = Document::open(content.stream, folder_of(&file.path))?;
    document.take_head();
    read(&mut document, head)
}

/// The folder in which a file's path is looked for.
fn folder_of(path: &Path) -> Option<PathBuf> {
    path.parent().map(Path::to_owned)
}

/// An error with the path of the file, unless it names another or is that of a cancellation.
fn at(path: &Path, error: Error) -> Error {
    match error.path().is_some() || error.kind() == ErrorKind::Cancelled {
        true => error,
        false => error.at(path),
    }
}

/// The error of what broke a file off, with its path.
pub(super) fn error_of(fault: Fault, compression: Compression, path: &Path) -> Error {
    match fault {
        Fault::Wrong(error) => at(path, error),
        Fault::Read(error) => compression.stream_error(error).at(path),
        Fault::Ended => Error::damaged("truncated: its XML ends early")
            .remedy("copy or convert it again")
            .at(path),
    }
}

impl Image {
    /// Opens the file at `path`: what stands before its samples.
    ///
    /// # Errors
    /// A file that cannot be opened, was not fetched, is damaged, holds a surface, or claims more samples
    /// than it can hold.
    pub fn open(path: &Path) -> Result<Image> {
        Image::in_file(OpenFile::open(path)?)
    }

    /// The image in a file that was opened.
    ///
    /// # Errors
    /// Those of [`open`](Image::open).
    pub(in crate::formats) fn in_file(mut file: OpenFile) -> Result<Image> {
        let (path, compression) = (file.path.clone(), file.compression);
        let failed = |fault| error_of(fault, compression, &path);
        let (content, folder) = match file.rest_of_stream() {
            Some(rest) => (rest.behind(Held(Arc::new(file.head.clone()))), None),
            None => (Content::open(&path, file.version)?, folder_of(&path)),
        };
        let Content { stream, waited, file: handle } = content;
        let (mut document, head) = Document::open(stream, folder.clone()).map_err(failed)?;
        let first = document.next_array().map_err(failed)?.ok_or_else(|| {
            Error::damaged("a GIFTI file without a data array")
                .remedy("give one with samples of vertices (.func.gii)")
                .at(&path)
        })?;
        let external = match &first.encoding {
            Encoding::External { name, .. } => {
                let beside = external_path(folder.as_deref(), name).map_err(failed)?;
                let version = Version::at(&beside)?;
                Some((beside, version))
            }
            _ => None,
        };
        let head_bytes = document.take_head();
        let version = file.version;
        let surplus = OnceLock::new();
        let once = None;
        let mut known = GiftiFile {
            path,
            version,
            compression,
            head,
            first,
            head_bytes,
            external,
            surplus,
            once,
        };
        let (volumes, points) = known.volumes_and_points().map_err(|it| it.at(&known.path))?;
        if version == Version::of_stream() {
            let begun = Volumes::new(document, waited.clone(), handle, Some(&known.first));
            known.once = Some(Once::new(waited, begun));
        }
        let time = Time {
            volumes,
            has_axis: volumes > 1,
            tr_seconds: None,
            tr_place: "its metadata",
            unit: TimeUnit::Unknown,
        };
        Ok(Image { file: Arc::new(known), geometry: Geometry::of_points(Arc::new(points)), time })
    }
}

impl GiftiFile {
    /// How many volumes it has, and its vertices.
    fn volumes_and_points(&self) -> Result<(usize, Points)> {
        let found = NO_DATA.iter().find(|(intent, _)| *intent == self.first.intent);
        if let Some((_, what)) = found {
            return Err(Error::unsupported(format!("{what}, expected a number of each vertex"))
                .remedy("give data of the vertices (.func.gii, .shape.gii)"));
        }
        let [count, columns] = self.first.rows_and_columns();
        let volumes = self.head.arrays.checked_mul(columns).filter(|&volumes| {
            let samples = volumes.checked_mul(count);
            let bytes = samples.and_then(|it| it.checked_mul(self.first.datatype.bytes()));
            bytes.is_some_and(|bytes| bytes <= isize::MAX as usize)
        });
        let wrong = |problem: String| {
            let problem = format!("a damaged GIFTI file: {problem}");
            Err(Error::damaged(problem).remedy("copy or convert it again"))
        };
        let volumes = match volumes {
            Some(0) => return wrong("NumberOfDataArrays is 0, where one is there".to_owned()),
            Some(volumes) => volumes,
            None => {
                return wrong(format!(
                    "NumberOfDataArrays is {}, more than any file holds",
                    self.head.arrays
                ));
            }
        };
        let least = self.first.least_bytes_in_file().checked_mul(self.head.arrays as u64);
        if let Some(file_bytes) = self.version.bytes {
            let most = self.compression.most_content_bytes(file_bytes);
            if least.is_none_or(|least| least > most) {
                return Err(Error::damaged(format!(
                    "truncated or damaged: its {} of {count} vertices claim more than the {file_bytes} \
                     bytes of the file can hold",
                    match volumes {
                        1 => "volume".to_owned(),
                        many => format!("{many} volumes"),
                    }
                ))
                .remedy("copy or convert it again"));
            }
        }
        let structure = super::structure(&self.head.metadata)
            .or_else(|| super::structure(&self.first.metadata));
        Ok((volumes, Points::of_surface(count, structure)))
    }

    /// Refuses a file that was written to since it was opened; `handle` has its content.
    fn check(&self, handle: &File) -> Result<()> {
        self.version.check(handle).map_err(|error| error.at(&self.path))?;
        let Some((path, version)) = &self.external else { return Ok(()) };
        let file = File::open(path).map_err(|error| Error::io("cannot open", error));
        file.and_then(|file| version.check(&file)).map_err(|error| error.at(path))
    }

    /// Refuses an array that is not like the first.
    fn check_like_first(&self, array: &Array, number: usize) -> std::result::Result<(), Fault> {
        let in_words = |it: &Array| {
            let lengths = it.lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
            format!("{lengths} samples of {}", it.datatype)
        };
        let first = &self.first;
        if array.rows_and_columns() != first.rows_and_columns() || array.datatype != first.datatype
        {
            return Err(Fault::damaged(format!(
                "data array {number} has {}, the first {}",
                in_words(array),
                in_words(first)
            )));
        }
        let order = Order::ColumnMajor;
        if array.is_in_order(order) != first.is_in_order(order) {
            let problem =
                format!("data array {number} has another ArrayIndexingOrder than the first");
            return Err(Fault::damaged(problem));
        }
        let beside = |it: &Array| match &it.encoding {
            Encoding::External { name, .. } => Some(name.clone()),
            _ => None,
        };
        if beside(array).is_some() && beside(array) != beside(first) {
            return Err(Fault::Wrong(Error::unsupported(format!(
                "data array {number} of a GIFTI file is in another file than the first, expected one \
                 for all"
            ))));
        }
        let refused = NO_DATA.iter().find(|(intent, _)| *intent == array.intent);
        match refused {
            Some((intent, _)) => Err(Fault::damaged(format!(
                "data array {number} is of the intent {intent}, the first of {}",
                first.intent
            ))),
            None => Ok(()),
        }
    }

    /// Whether all samples of an array are held while its volumes are read.
    fn is_held_whole(&self) -> bool {
        !self.first.is_in_order(Order::ColumnMajor)
    }
}

impl Source for Image {
    fn path(&self) -> &Path {
        &self.file.path
    }

    fn files(&self) -> Vec<PathBuf> {
        let external = self.file.external.iter().map(|(path, _)| path);
        [&self.file.path].into_iter().chain(external).cloned().collect()
    }

    fn format(&self) -> &'static str {
        "GIFTI"
    }

    fn places(&self) -> Result<PointsPlaces> {
        Ok(PointsPlaces::of_surface(self.geometry.points.as_ref().expect("vertices")))
    }

    fn compression(&self) -> Option<&'static str> {
        let compression = self.file.compression;
        (compression != Compression::None).then(|| compression.name())
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        let first = &self.file.first;
        (first.encoding != Encoding::Ascii).then_some(first.byte_order)
    }

    fn particulars(&self) -> Vec<(&'static str, String)> {
        let first = &self.file.first;
        let (encoding, beside) = match &first.encoding {
            Encoding::Ascii => ("ASCII", None),
            Encoding::Base64 => ("Base64Binary", None),
            Encoding::ZlibBase64 => ("GZipBase64Binary", None),
            Encoding::External { name, .. } => ("ExternalFileBinary", Some(name)),
        };
        let lengths: Vec<String> = first.lengths.iter().map(usize::to_string).collect();
        let mut particulars = vec![
            ("NumberOfDataArrays", self.file.head.arrays.to_string()),
            ("Intent", first.intent.clone()),
            ("Dim", lengths.join(" ")),
            ("Encoding", encoding.to_owned()),
        ];
        particulars.extend(beside.map(|name| ("ExternalFileName", name.clone())));
        particulars
    }

    fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    fn time(&self) -> &Time {
        &self.time
    }

    fn voxel_encoding(&self) -> VoxelEncoding {
        VoxelEncoding { datatype: self.file.first.datatype, scaling: Scaling::IDENTITY }
    }

    fn is_seekable(&self) -> bool {
        false
    }

    fn no_run(&self) -> Option<&'static str> {
        let Head { arrays, metadata, .. } = &self.file.head;
        match self.file.first.intent.as_str() {
            "LABEL" => Some("labels (label.gii)"),
            _ if *arrays > 1 && !notes(metadata).is_empty() => Some("maps of tsnr"),
            _ => None,
        }
    }

    fn label_names(&self) -> Vec<(i64, String)> {
        self.file.head.labels.clone()
    }

    fn open_voxels(&self) -> Result<Voxels> {
        let file = &self.file;
        let volumes = match &file.once {
            Some(once) => once.take().map_err(|error| error.at(&file.path))?,
            None => {
                let Content { stream, waited, file: handle } =
                    Content::open(&file.path, file.version)?;
                let opened = Document::open(stream, folder_of(&file.path));
                let (mut document, _) =
                    opened.map_err(|fault| error_of(fault, file.compression, &file.path))?;
                document.take_head();
                Volumes::new(document, waited, handle, None)
            }
        };
        let (file, shape) = (Arc::clone(file), [self.volumes(), self.voxels()]);
        Ok(Voxels::Stream(Box::new(Stream { file, volumes, shape })))
    }

    fn open_beginning(&self, count: usize, progress: &dyn Progress) -> Result<Voxels> {
        let Some(once) = &self.file.once else { return self.open_voxels() };
        let mut volumes = once.take().map_err(|error| error.at(&self.file.path))?;
        let volume_bytes = self.volume_bytes();
        let bytes = count.min(self.volumes()) * volume_bytes;
        let held = Bytes::filled(bytes, |held| {
            let mut held = held.chunks_exact_mut(volume_bytes);
            held.try_for_each(|volume| volumes.fill(&self.file, volume, progress))
        });
        let held = held.map_err(|error| at(&self.file.path, error))?;
        let held = Arc::new(held);
        volumes.beginning = Some((Arc::clone(&held), 0));
        volumes.read = 0;
        once.put_back(volumes, bytes as u64);
        let vertices = self.voxels();
        Ok(Voxels::Stream(Box::new(Beginning { held, at: 0, vertices })))
    }

    fn stream_bytes(&self) -> Option<u64> {
        self.file.once.as_ref().map(Once::bytes)
    }

    fn held_bytes(&self) -> u64 {
        self.file.once.as_ref().map_or(0, Once::held_bytes)
    }

    fn header_bytes(&self) -> &[u8] {
        &self.file.head_bytes
    }

    fn decoder_bytes(&self) -> u64 {
        // Base 64 and words take less than three times the bytes of what they stand for, or are few.
        let content = self.file.head_bytes.len() as u64 + 3 * self.voxel_bytes();
        let whole = if self.file.is_held_whole() { self.file.first.bytes() as u64 } else { 0 };
        self.file.compression.decoder_bytes(content) + whole
    }

    fn most_extension_bytes(&self) -> u64 {
        self.file.head_bytes.len() as u64
    }

    fn notes(&self) -> Result<Vec<String>> {
        Ok(notes(&self.file.head.metadata))
    }

    fn map_sink(&self, keep: Keep) -> Result<Arc<dyn MapSink>> {
        Ok(Arc::new(Sink::new(&self.geometry, &self.file.head.metadata, keep)))
    }

    fn oddities(&self) -> Vec<Oddity> {
        let surplus = self.file.surplus.get().copied().unwrap_or_default();
        Oddity::of_surplus(surplus).collect()
    }
}

/// The volumes of a file, in order.
///
/// Holds the decoder's buffers, and of an array whose volumes do not lie one behind the other all
/// samples.
struct Volumes {
    document: Document,
    waited: Waited,
    handle: Arc<File>,
    /// Volumes that were read and are held, and how many bytes of them were read again.
    beginning: Option<(Arc<Bytes>, usize)>,
    /// The array that was begun, while volumes of it are left, and how many.
    array: Option<(Array, usize)>,
    /// All samples of that array, volume behind volume, where they are held.
    whole: Option<Bytes>,
    /// How many volumes were read.
    read: usize,
}

impl Volumes {
    /// The volumes of a document, of which an array may have been begun.
    fn new(
        document: Document,
        waited: Waited,
        handle: Arc<File>,
        begun: Option<&Array>,
    ) -> Volumes {
        let array = begun.map(|array| (array.clone(), array.rows_and_columns()[1]));
        Volumes { document, waited, handle, beginning: None, array, whole: None, read: 0 }
    }

    /// Fills `bytes` with the samples of the next volume.
    fn fill(&mut self, file: &GiftiFile, bytes: &mut [u8], progress: &dyn Progress) -> Result<()> {
        if let Some((held, at)) = self.beginning.take() {
            let end = at + bytes.len();
            bytes.copy_from_slice(&held.bytes()[at..end]);
            self.beginning = (end < held.bytes().len()).then_some((held, end));
            progress.voxel_bytes_read(bytes.len() as u64);
        } else {
            let filled = self.fill_by_document(file, bytes, progress);
            filled.map_err(|fault| self.interrupted(file, fault))?;
        }
        self.read += 1;
        Ok(())
    }

    fn fill_by_document(
        &mut self,
        file: &GiftiFile,
        bytes: &mut [u8],
        progress: &dyn Progress,
    ) -> std::result::Result<(), Fault> {
        let go_on = |count: usize| {
            progress.voxel_bytes_read(count as u64);
            going_on(progress)
        };
        let (array, left) = match self.array.take() {
            Some(begun) => begun,
            None => {
                let array = self.document.next_array()?.ok_or_else(|| {
                    Fault::damaged(format!(
                        "NumberOfDataArrays is {}, and {} are there",
                        file.head.arrays,
                        self.document.begun()
                    ))
                })?;
                file.check_like_first(&array, self.document.begun())?;
                let [_, columns] = array.rows_and_columns();
                (array, columns)
            }
        };
        let [_, columns] = array.rows_and_columns();
        if array.is_in_order(Order::ColumnMajor) {
            self.document.read_pieces(bytes, go_on)?;
            if left == 1 {
                self.document.end_array()?;
            }
        } else {
            let whole = match self.whole.take() {
                Some(whole) => whole,
                None => {
                    let wanted = Order::ColumnMajor;
                    Bytes::filled(array.bytes(), |whole| {
                        self.document.read_all(&array, wanted, whole, go_on)
                    })?
                }
            };
            bytes.copy_from_slice(&whole.bytes()[(columns - left) * bytes.len()..][..bytes.len()]);
            self.whole = (left > 1).then_some(whole);
        }
        self.array = (left > 1).then_some((array, left - 1));
        Ok(())
    }

    /// The error of what broke the volumes off, with how many are whole.
    fn interrupted(&self, file: &GiftiFile, fault: Fault) -> Error {
        let is_cut = match &fault {
            Fault::Ended => true,
            Fault::Read(error) => error.kind() == io::ErrorKind::UnexpectedEof,
            Fault::Wrong(error) if error.kind() == ErrorKind::Cancelled => {
                return Error::cancelled();
            }
            Fault::Wrong(_) => false,
        };
        let error = match is_cut {
            true => Error::damaged(format!(
                "truncated: its header has {} volumes, of which {} are whole",
                file.head.arrays * file.first.rows_and_columns()[1],
                self.read
            ))
            .remedy("copy or convert it again")
            .at(&file.path),
            false => error_of(fault, file.compression, &file.path),
        };
        file.check(&self.handle).err().unwrap_or(error)
    }

    /// Reads what follows the last volume, for the sake of its checksums, and looks whether the file is
    /// still what it was.
    fn check_the_rest(&mut self, file: &GiftiFile, progress: &dyn Progress) -> Result<()> {
        let checked = self.document.next_array().and_then(|more| match more {
            None => self.document.drain(|| going_on(progress)),
            Some(_) => Err(Fault::damaged(format!(
                "NumberOfDataArrays is {}, and more are there",
                file.head.arrays
            ))),
        });
        checked.map_err(|fault| match fault {
            Fault::Ended => {
                let problem = "truncated: its XML ends behind the last volume, before its last tag";
                let error = Error::damaged(problem).remedy("copy or convert it again");
                file.check(&self.handle).err().unwrap_or(error.at(&file.path))
            }
            Fault::Wrong(error) if error.kind() == ErrorKind::Cancelled => error,
            fault => {
                let error = error_of(fault, file.compression, &file.path);
                file.check(&self.handle).err().unwrap_or(error)
            }
        })?;
        file.check(&self.handle)?;
        file.surplus.get_or_init(|| self.document.surplus());
        Ok(())
    }
}

/// Refuses to go on with what was cancelled.
fn going_on(progress: &dyn Progress) -> std::result::Result<(), Fault> {
    match progress.is_cancelled() {
        true => Err(Fault::Wrong(Error::cancelled())),
        false => Ok(()),
    }
}

/// Bytes that are held: memory that is had only as far as it is filled.
struct Bytes(Samples);

impl Bytes {
    /// So many bytes, as they are filled.
    fn filled<E: From<OutOfMemory>>(
        count: usize,
        fill: impl FnOnce(&mut [u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<Bytes, E> {
        let none = Samples::none(Datatype::Uint8);
        none.refilled(ByteOrder::NATIVE, 1, count, fill).map(Bytes)
    }

    fn bytes(&self) -> &[u8] {
        u8::slice(&self.0).expect("bytes")
    }
}

/// The volumes of a file as they are asked for.
struct Stream {
    file: Arc<GiftiFile>,
    volumes: Volumes,
    /// Volumes, and vertices of each.
    shape: [usize; 2],
}

impl VolumeStream for Stream {
    fn read(&mut self, count: usize, memory: Samples, progress: &dyn Progress) -> Result<Samples> {
        let (started, waited) = (Instant::now(), self.volumes.waited.so_far());
        let [total, vertices] = self.shape;
        let volume_bytes = vertices * self.file.first.datatype.bytes();
        let samples = memory.refilled(ByteOrder::NATIVE, count, vertices, |bytes| {
            let mut volumes = bytes.chunks_exact_mut(volume_bytes);
            volumes.try_for_each(|bytes| self.volumes.fill(&self.file, bytes, progress))
        });
        let samples = samples.map_err(|error| at(&self.file.path, error))?;
        if self.volumes.read == total {
            self.volumes.check_the_rest(&self.file, progress)?;
        }
        let waiting = self.volumes.waited.so_far() - waited;
        progress.time_spent(waiting, started.elapsed().saturating_sub(waiting));
        Ok(samples)
    }
}

/// Volumes that are held.
struct Beginning {
    held: Arc<Bytes>,
    at: usize,
    vertices: usize,
}

impl VolumeStream for Beginning {
    fn read(&mut self, count: usize, memory: Samples, progress: &dyn Progress) -> Result<Samples> {
        memory.refilled(ByteOrder::NATIVE, count, self.vertices, |bytes| {
            let end = self.at + bytes.len();
            bytes.copy_from_slice(&self.held.bytes()[self.at..end]);
            self.at = end;
            progress.voxel_bytes_read(bytes.len() as u64);
            Ok(())
        })
    }
}
