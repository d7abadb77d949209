//! An image that is read: what it says of itself, and its voxels.

use super::{Geometry, Keep, MapSink, PointsPlaces, nifti};
use crate::error::{Error, Result, Setting};
use crate::voxels::{ByteOrder, Datatype, OutOfMemory, Samples, Scaling};
use gzip_stream::Surplus;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// An image that was opened and found good. Its voxels stay where they are.
///
/// A format has to say what the image is and how its voxels are had; the rest has a default.
pub trait Source: fmt::Debug + Send + Sync {
    /// Where the image lies, as it was given.
    fn path(&self) -> &Path;

    /// The files that it is made of: several, where its header and its voxels have each their own.
    fn files(&self) -> Vec<PathBuf> {
        vec![self.path().to_owned()]
    }

    /// The name of its format: `NIfTI-1`.
    fn format(&self) -> &'static str;

    /// The name of the program that compressed it, `gzip`; none of a plain one.
    fn compression(&self) -> Option<&'static str> {
        None
    }

    /// The order of the bytes of a stored number; none where it is a text, or differs within the file.
    fn byte_order(&self) -> Option<ByteOrder> {
        None
    }

    /// The statements of the file that only its format has, each with its name in the format.
    fn particulars(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The extensions of its header, in their order: whose they are, and how many bytes they take.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    fn extensions(&self) -> Result<Vec<HeaderExtension>> {
        Ok(Vec::new())
    }

    /// The grid of the image, and where it lies in space.
    fn geometry(&self) -> &Geometry;

    /// The time axis and its step, as the image states them.
    fn time(&self) -> &Time;

    /// How a sample is stored, and what it stands for.
    fn voxel_encoding(&self) -> VoxelEncoding;

    /// Whether any block can be read without what lies before it: then [`Source::open_voxels`]
    /// gives [`Voxels::Blocks`], else [`Voxels::Stream`].
    fn is_seekable(&self) -> bool;

    /// Whether the samples of a voxel lie one behind the other in the file, so that many volumes of a few
    /// voxels are read with less effort than a few volumes of all.
    fn is_time_fastest(&self) -> bool {
        false
    }

    /// What it holds, in words, if that is no run however many volumes it has.
    fn no_run(&self) -> Option<&'static str> {
        None
    }

    /// The names of the labels in a label image, where it has them itself.
    fn label_names(&self) -> Vec<(i64, String)> {
        Vec::new()
    }

    /// The voxels of the image, to be read.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    fn open_voxels(&self) -> Result<Voxels>;

    /// The voxels of the first volumes, to be read. Of an image that can be read once only these are
    /// held, and read again by who opens its voxels.
    ///
    /// # Errors
    /// Those of opening and reading the file; memory that cannot be had.
    fn open_beginning(&self, _volumes: usize, _progress: &dyn Progress) -> Result<Voxels> {
        self.open_voxels()
    }

    /// Of an image that can be read once only, a pipe for example, how many bytes were taken of it so far;
    /// none of others.
    fn stream_bytes(&self) -> Option<u64> {
        None
    }

    /// The bytes of its voxels that are held because it can be read once only.
    fn held_bytes(&self) -> u64 {
        0
    }

    /// The bytes by which the file says what it is, as they are stored, after decompression; for a
    /// checksum.
    fn header_bytes(&self) -> &[u8];

    /// The file's name in words: without its folder and the format's ending.
    fn name(&self) -> String {
        let name = self.path().file_name().unwrap_or_default().to_string_lossy();
        super::without_ending(&name).to_owned()
    }

    /// The image in the words of the program that wrote it; empty if it says nothing.
    fn description(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    /// Texts that the image carries beside its voxels, in their order: of a map first those that
    /// [`MapFile::notes`](super::MapFile::notes) gave it, then those of the image that it was made
    /// of.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    fn notes(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// The most bytes of memory that its notes take, and what [`Keep::Extensions`] keeps of it.
    fn most_extension_bytes(&self) -> u64 {
        0
    }

    /// The bytes of memory that a decoder of its file takes beyond a mebibyte, which each takes.
    fn decoder_bytes(&self) -> u64 {
        0
    }

    /// The oddities of the file, which was read all the same. What lies behind its voxels is known once
    /// they were read to the end.
    fn oddities(&self) -> Vec<Oddity> {
        Vec::new()
    }

    /// Where its points lie, of an image without a grid.
    ///
    /// # Errors
    /// Those of opening and reading the file; places that cannot be.
    fn places(&self) -> Result<PointsPlaces> {
        Ok(PointsPlaces::default())
    }

    /// The writer of maps on the grid of this image, in the format that suits them: NIfTI-1 where an
    /// axis is not too long for it, else NIfTI-2, unless the image's own has one for maps.
    ///
    /// # Errors
    /// Those of reading what is kept.
    fn map_sink(&self, _keep: Keep) -> Result<Arc<dyn MapSink>> {
        Ok(Arc::new(nifti::Sink::on_grid(self.geometry())))
    }

    /// Number of time points, at least 1.
    fn volumes(&self) -> usize {
        self.time().volumes
    }

    /// The type of a stored sample.
    fn datatype(&self) -> Datatype {
        self.voxel_encoding().datatype
    }

    /// The values that stored samples stand for.
    fn scaling(&self) -> Scaling {
        self.voxel_encoding().scaling
    }

    /// Number of voxels in one volume.
    fn voxels(&self) -> usize {
        self.geometry().voxels()
    }

    /// Bytes of one volume as stored.
    fn volume_bytes(&self) -> usize {
        self.voxels() * self.datatype().bytes()
    }

    /// Bytes of all voxels as stored.
    fn voxel_bytes(&self) -> u64 {
        self.volume_bytes() as u64 * self.volumes() as u64
    }

    /// The units of space and, where there is a time axis, of time, in words: `mm and s`.
    fn units(&self) -> String {
        let space = self.geometry().unit;
        match self.time().has_axis {
            true => format!("{space} and {}", self.time().unit),
            false => space.to_string(),
        }
    }
}

/// An extension of a NIfTI header, without what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderExtension {
    /// The code that says whose it is (nifti1.h, `NIFTI_ECODE_*`).
    pub code: i32,
    /// Whose it is in words, if the code is a known one.
    pub owner: Option<&'static str>,
    /// The bytes that it takes in the file.
    pub bytes: u64,
}

/// An oddity of a file that was read all the same: in words, without the file's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// A header that contradicts itself, and what was made of it.
    Header(String),
    /// The bytes that it holds beside its content.
    Surplus(String),
}

impl Oddity {
    /// The bytes that were found beside the content of a gzip file, in words.
    pub(super) fn of_surplus(surplus: Surplus) -> impl Iterator<Item = Oddity> + use<> {
        let Surplus { zeros_between_members, bytes_after_end } = surplus;
        let surplus = [
            (zeros_between_members, "zeros between the members of the gzip file"),
            (bytes_after_end, "bytes behind the end of the gzip data, which are no gzip data"),
        ];
        let surplus = surplus.into_iter().filter(|(is_there, _)| *is_there);
        surplus.map(|(_, what)| Oddity::Surplus(what.to_owned()))
    }
}

/// The time axis of an image, and its step.
#[derive(Clone, Debug, PartialEq)]
pub struct Time {
    /// Number of time points, at least 1.
    pub volumes: usize,
    /// Whether the image has a time axis of its own. One without is a single volume, and several
    /// of those make a run.
    pub has_axis: bool,
    /// The repetition time in seconds, positive, if it is stated.
    pub tr_seconds: Option<f64>,
    /// Where the format states the repetition time, in words.
    pub tr_place: &'static str,
    /// The unit in which it is stated.
    pub unit: TimeUnit,
}

/// The unit in which a repetition time is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TimeUnit {
    Unknown,
    Second,
    Millisecond,
    Microsecond,
}

impl TimeUnit {
    /// Seconds in one unit; an unknown unit is taken for seconds.
    pub fn seconds(self) -> f64 {
        match self {
            TimeUnit::Second | TimeUnit::Unknown => 1.0,
            TimeUnit::Millisecond => 1e-3,
            TimeUnit::Microsecond => 1e-6,
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeUnit::Unknown => "an unknown unit",
            TimeUnit::Second => "s",
            TimeUnit::Millisecond => "ms",
            TimeUnit::Microsecond => "us",
        })
    }
}

/// How a sample is stored, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoxelEncoding {
    /// The type of the stored number.
    pub datatype: Datatype,
    /// The values that stored numbers stand for.
    pub scaling: Scaling,
}

/// The voxels of an image, by what can be read of them next.
pub enum Voxels {
    /// Whole volumes, each once, from the first to the last.
    Stream(Box<dyn VolumeStream>),
    /// A reader of any block, whatever is next to what in the file.
    Blocks(Box<dyn BlockReader>),
}

/// The volumes of one image, in order, each read once.
pub trait VolumeStream: Send + Sync {
    /// The next `volumes` volumes, as stored, in the memory of `memory` if it is large enough. With
    /// the last one, whatever can be checked of the file's end is checked.
    ///
    /// # Errors
    /// A file that ends before the volumes do, with the number of those that are whole; one that is
    /// damaged, or was written to since the image was opened; errors of the disk. Each names the
    /// file. That `progress` says it is cancelled.
    fn read(&mut self, volumes: usize, memory: Samples, progress: &dyn Progress)
    -> Result<Samples>;
}

/// A reader of any part of the voxels of one image.
pub trait BlockReader: Send + Sync {
    /// The voxels in `voxels` of each of `volumes`, as stored, in the memory of `memory` if it is
    /// large enough: `[t, voxel]`, however they lie in the file.
    ///
    /// # Errors
    /// A file that was written to since the image was opened; errors of the disk. Each names the file. That
    /// `progress` says it is cancelled.
    fn read(
        &self,
        volumes: Range<usize>,
        voxels: Range<usize>,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples>;
}

/// An observer that is told how many bytes of voxels were read since it was told last, and says
/// whether to go on.
pub trait Progress: Send + Sync {
    /// `count` more bytes of voxels, decompressed, have been read.
    fn voxel_bytes_read(&self, count: u64);

    /// This thread has spent so long waiting for the disk, and so long decoding what it gave.
    fn time_spent(&self, _waiting: Duration, _decoding: Duration) {}

    /// Whether reading is to end early: asked before each piece that is read, of a mebibyte at most.
    /// What was being read then fails as [`Error::cancelled`].
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Progress for () {
    fn voxel_bytes_read(&self, _count: u64) {}
}

/// Whole volumes of any image, in order, each read once.
pub struct VolumeReader {
    voxels: Voxels,
    voxels_of_volume: usize,
    volumes: usize,
    next_volume: usize,
}

impl VolumeReader {
    /// A reader of the volumes of `image`, from the first on.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    pub fn open(image: &Arc<dyn Source>) -> Result<VolumeReader> {
        let (voxels_of_volume, volumes) = (image.voxels(), image.volumes());
        Ok(VolumeReader { voxels: image.open_voxels()?, voxels_of_volume, volumes, next_volume: 0 })
    }

    /// A reader of the first `volumes` volumes of `image`.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    pub fn open_beginning(
        image: &Arc<dyn Source>,
        volumes: usize,
        progress: &dyn Progress,
    ) -> Result<VolumeReader> {
        let voxels_of_volume = image.voxels();
        let voxels = image.open_beginning(volumes, progress)?;
        Ok(VolumeReader { voxels, voxels_of_volume, volumes, next_volume: 0 })
    }

    /// The next `volumes` volumes, as stored, in the memory of `memory` if it is large enough.
    ///
    /// # Errors
    /// Those of [`VolumeStream::read`] and [`BlockReader::read`].
    ///
    /// # Panics
    /// If fewer than `volumes` volumes are left: the image says how many there are.
    pub fn read(
        &mut self,
        volumes: usize,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let next = self.next_volume..self.next_volume + volumes;
        assert!(next.end <= self.volumes, "volumes beyond the last");
        self.next_volume = next.end;
        match &mut self.voxels {
            Voxels::Stream(stream) => stream.read(volumes, memory, progress),
            Voxels::Blocks(blocks) => blocks.read(next, 0..self.voxels_of_volume, memory, progress),
        }
    }
}

impl From<OutOfMemory> for Error {
    fn from(OutOfMemory { bytes }: OutOfMemory) -> Error {
        Error::memory(format!("no memory for {} MiB of its voxels", bytes.div_ceil(1024 * 1024)))
            .remedy("use array mode, or fewer threads")
            .settings([Setting::Mode, Setting::Threads])
    }
}
