//! An AFNI dataset opened for its header, and samples of sub-bricks that differ in their factor: as float64,
//! each the product of what is stored and the factor, as nibabel has them.

use super::attributes::damaged;
use super::header::{Factors, Header};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::codec::{self, OpenFile};
use crate::formats::stored::Stored;
use crate::formats::{
    BlockReader, Geometry, Keep, MapSink, Oddity, Progress, Source, Time, VolumeStream,
    VoxelEncoding, Voxels, nifti,
};
use crate::voxels::{Block, ByteOrder, Datatype, Samples, Scaling};
use std::fs;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of a header: it is a text of kilobytes, and of a byte or two more each sub-brick.
const MOST_HEADER_BYTES: u64 = 16 * 1024 * 1024;

/// Whether a content begins as a `.HEAD` does.
pub(in crate::formats) fn is_head(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&head[..head.len().min(512)]);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_of = |line: Option<&str>, key: &str, end: &str| {
        line.is_some_and(|line| line.starts_with(key) && line.ends_with(end))
    };
    is_of(lines.next(), "type", "-attribute") && is_of(lines.next(), "name", "")
}

/// Whether a file's name says that it has the voxels of a dataset.
pub(in crate::formats) fn is_brik(path: &Path) -> bool {
    parts(path).is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("BRIK"))
}

/// Both files of the dataset that a file belongs to by its name, the header first, where both are there.
pub(in crate::formats) fn files_of(path: &Path) -> Option<[PathBuf; 2]> {
    let (stem, ending) = parts(path)?;
    match ending.to_ascii_uppercase().as_str() {
        "HEAD" => Some([path.to_owned(), found(path, &stem, "BRIK")?]),
        "BRIK" => Some([found(path, &stem, "HEAD")?, path.to_owned()]),
        _ => None,
    }
}

/// The error of a file that is not there, with the file that AFNI means by a name without an ending: of
/// `run+orig`, `run+orig.HEAD`.
pub(in crate::formats) fn or_its_header(error: Error, path: &Path) -> Error {
    let named = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let header = path.with_file_name(format!("{named}.HEAD"));
    match error.kind() == ErrorKind::NotFound && !named.is_empty() && header.exists() {
        true => error.remedy(format!("give the header of the AFNI dataset, {named}.HEAD")),
        false => error,
    }
}

/// A name without its ending and what says that it is compressed; and the ending.
fn parts(path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_str()?;
    let packed = codec::ENDINGS.iter().find_map(|packed| {
        let (name, end) = name.split_at_checked(name.len().checked_sub(packed.len())?)?;
        end.eq_ignore_ascii_case(packed).then_some(name)
    });
    let (stem, ending) = packed.unwrap_or(name).rsplit_once('.')?;
    Some((stem.to_owned(), ending.to_owned()))
}

/// The other half of a dataset, compressed or not.
fn found(path: &Path, stem: &str, ending: &str) -> Option<PathBuf> {
    let named = |packed: &str| path.with_file_name(format!("{stem}.{ending}{packed}"));
    let names = [""].into_iter().chain(codec::ENDINGS).map(named);
    names.into_iter().find(|it| fs::symlink_metadata(it).is_ok())
}

/// An AFNI dataset whose header was read and found good. Its voxels stay in the file.
#[derive(Clone, Debug)]
pub struct Image {
    path: PathBuf,
    header: Header,
    time: Time,
    text: Vec<u8>,
    stored: Stored,
}

impl Image {
    /// Opens the dataset of which the file at `path` is either half: its header only.
    ///
    /// # Errors
    /// A file that cannot be opened, a half that is missing, a damaged header, or a `.BRIK` that is too
    /// short for what it claims.
    pub fn open(path: &Path) -> Result<Image> {
        Image::in_file(OpenFile::open(path)?)
    }

    /// The dataset of which a file that was opened is a half.
    ///
    /// # Errors
    /// Those of [`open`](Image::open).
    pub(in crate::formats) fn in_file(file: OpenFile) -> Result<Image> {
        let path = file.path.clone();
        let (stem, _) = parts(&path).unwrap_or_default();
        let missing = |this: &str, other: &str, ending: &str| {
            Error::not_found(format!(
                "the {this} of an AFNI dataset, and {other}, {stem}.{ending}, not beside it"
            ))
            .remedy("bring both files into one folder")
            .at(&path)
        };
        let (of_header, of_voxels) = match is_head(&file.head) {
            true => (file, None),
            false => {
                let head = found(&path, &stem, "HEAD");
                let head = head.ok_or_else(|| missing("voxels", "its header", "HEAD"))?;
                (OpenFile::open(&head)?, Some(file))
            }
        };
        let text = text_of(&of_header).map_err(|error| error.at(&of_header.path))?;
        let header = Header::parse(&String::from_utf8_lossy(&text));
        let header = header.map_err(|error| error.at(&of_header.path))?;
        let of_voxels = match of_voxels {
            Some(file) => file,
            None => {
                let brik = found(&path, &stem, "BRIK");
                OpenFile::open(&brik.ok_or_else(|| missing("header", "its voxels", "BRIK"))?)?
            }
        };
        let stored = Stored::in_file(of_voxels, header.layout())?.with_header_in(&of_header);
        let time = Time {
            volumes: header.volumes,
            has_axis: header.has_time_axis || header.volumes > 1,
            tr_seconds: header.tr_seconds,
            tr_place: "TAXIS_FLOATS in its header",
            unit: header.tr_unit,
        };
        Ok(Image { path, header, time, text, stored })
    }

    /// The factors, where sub-bricks differ in them.
    fn factors_of_each(&self) -> Option<&[Scaling]> {
        match &self.header.factors {
            Factors::One(_) => None,
            Factors::Each(factors) => Some(factors),
        }
    }
}

/// The text of a header.
fn text_of(file: &OpenFile) -> Result<Vec<u8>> {
    let failed = |error| file.compression.stream_error(error);
    let content = codec::Content::open(&file.path, file.version)?;
    let mut text = Vec::new();
    content.stream.take(MOST_HEADER_BYTES + 1).read_to_end(&mut text).map_err(failed)?;
    match text.len() as u64 <= MOST_HEADER_BYTES {
        true => Ok(text),
        false => Err(damaged("a text of more than 16 MiB")),
    }
}

impl Source for Image {
    fn path(&self) -> &Path {
        &self.path
    }

    fn format(&self) -> &'static str {
        "AFNI"
    }

    fn files(&self) -> Vec<PathBuf> {
        self.stored.files()
    }

    fn compression(&self) -> Option<&'static str> {
        self.stored.compressed_by()
    }

    fn particulars(&self) -> Vec<(&'static str, String)> {
        self.header.particulars()
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(self.header.byte_order)
    }

    fn geometry(&self) -> &Geometry {
        &self.header.geometry
    }

    fn time(&self) -> &Time {
        &self.time
    }

    fn voxel_encoding(&self) -> VoxelEncoding {
        match &self.header.factors {
            Factors::One(scaling) => {
                VoxelEncoding { datatype: self.header.datatype, scaling: *scaling }
            }
            Factors::Each(_) => {
                VoxelEncoding { datatype: Datatype::Float64, scaling: Scaling::IDENTITY }
            }
        }
    }

    fn is_seekable(&self) -> bool {
        self.stored.is_seekable()
    }

    fn open_voxels(&self) -> Result<Voxels> {
        let voxels = self.stored.open_voxels()?;
        let Some(factors) = self.factors_of_each() else { return Ok(voxels) };
        let (factors, stored) = (Arc::from(factors), self.header.datatype);
        Ok(match voxels {
            Voxels::Blocks(inner) => {
                let voxels = self.voxels();
                Voxels::Blocks(Box::new(ScaledBlocks { inner, factors, stored, voxels }))
            }
            Voxels::Stream(inner) => Voxels::Stream(Box::new(ScaledStream {
                inner,
                factors,
                stored,
                next_volume: 0,
                voxels: self.voxels(),
            })),
        })
    }

    fn decoder_bytes(&self) -> u64 {
        let volume = self.voxels() * self.header.datatype.bytes();
        // As it is stored, and as values.
        let scaled = self.factors_of_each().map_or(0, |_| volume + 8 * self.voxels());
        self.stored.decoder_bytes() + scaled as u64
    }

    fn header_bytes(&self) -> &[u8] {
        &self.text
    }

    fn oddities(&self) -> Vec<Oddity> {
        self.stored.surplus().collect()
    }

    fn map_sink(&self, _keep: Keep) -> Result<Arc<dyn MapSink>> {
        Ok(Arc::new(nifti::Sink::on_grid(self.geometry()).in_space(self.header.space_code)))
    }
}

/// The sub-bricks of a compressed file, in order, each times its factor.
struct ScaledStream {
    inner: Box<dyn VolumeStream>,
    factors: Arc<[Scaling]>,
    stored: Datatype,
    next_volume: usize,
    voxels: usize,
}

impl VolumeStream for ScaledStream {
    fn read(
        &mut self,
        volumes: usize,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let first = self.next_volume;
        self.next_volume += volumes;
        scaled(&self.factors, first..first + volumes, self.voxels, memory, progress, |_| {
            self.inner.read(1, Samples::none(self.stored), &Quiet(progress))
        })
    }
}

/// A reader of any part of sub-bricks, each times its factor.
struct ScaledBlocks {
    inner: Box<dyn BlockReader>,
    factors: Arc<[Scaling]>,
    stored: Datatype,
    voxels: usize,
}

impl BlockReader for ScaledBlocks {
    fn read(
        &self,
        volumes: Range<usize>,
        voxels: Range<usize>,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        assert!(voxels.end <= self.voxels, "voxels of the grid");
        scaled(&self.factors, volumes, voxels.len(), memory, progress, |volume| {
            let none = Samples::none(self.stored);
            self.inner.read(volume..volume + 1, voxels.clone(), none, &Quiet(progress))
        })
    }
}

/// The samples of `volumes` as `read` gives each, times its factor.
fn scaled(
    factors: &[Scaling],
    volumes: Range<usize>,
    voxels: usize,
    memory: Samples,
    progress: &dyn Progress,
    mut read: impl FnMut(usize) -> Result<Samples>,
) -> Result<Samples> {
    memory.refilled(ByteOrder::Little, volumes.len(), voxels, |bytes| {
        for (volume, bytes) in volumes.zip(bytes.chunks_exact_mut((8 * voxels).max(1))) {
            let block = Block { samples: read(volume)?, scaling: factors[volume] };
            block.for_each_volume(0..1, |values| {
                for (value, bytes) in values.iter().zip(bytes.chunks_exact_mut(8)) {
                    bytes.copy_from_slice(&value.to_le_bytes());
                }
            });
            progress.voxel_bytes_read(8 * voxels as u64);
        }
        Ok(())
    })
}

/// An observer that is not told of bytes as they are stored.
struct Quiet<'a>(&'a dyn Progress);

impl Progress for Quiet<'_> {
    fn voxel_bytes_read(&self, _count: u64) {}

    fn time_spent(&self, waiting: Duration, decoding: Duration) {
        self.0.time_spent(waiting, decoding);
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
