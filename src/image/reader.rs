//! An image opened for its header, and its voxels as a stream of volumes.

use super::file::{Content, Encoding, OpenFile};
use super::header::{FIRST_VOXEL_OFFSET, HEADER_BYTES, Header, NIFTI_2_HEADER_BYTES};
use super::writer::{Extension, MOST_EXTENSION_BYTES};
use crate::error::{Error, Result, Setting};
use crate::voxels::{OutOfMemory, Samples};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Voxels are asked of the stream in pieces of this size, so that progress is seen within
/// a large volume, too.
const PIECE_BYTES: usize = 1024 * 1024;

/// Names that say that a file is an image, or a half of one.
const IMAGE_ENDINGS: [&str; 6] = [".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"];

/// Is told how many bytes of voxels were read since it was told last, and says whether to go on.
pub trait Progress: Send + Sync {
    /// `count` more bytes of voxels, decompressed, have been read.
    fn voxel_bytes_read(&self, count: u64);

    /// This thread has spent so long waiting for the disk, and so long decoding what it gave.
    fn time_spent(&self, _waiting: Duration, _decoding: Duration) {}

    /// Whether reading is to end early: asked before each mebibyte of a stream, and of a plain
    /// file before each volume. What was being read then fails as [`Error::cancelled`].
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Progress for () {
    fn voxel_bytes_read(&self, _count: u64) {}
}

/// Whether a file's name says that it is an image.
pub fn has_image_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    name.is_some_and(|name| IMAGE_ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// Whether a file's first bytes are those of a NIfTI header, whatever its name.
pub fn is_nifti(path: &Path) -> bool {
    let head = OpenFile::open(path).ok().and_then(|file| head(file).ok());
    head.is_some_and(|head| {
        head.get(344..348).is_some_and(|magic| magic == b"n+1\0" || magic == b"ni1\0")
            || head.get(4..8).is_some_and(|magic| magic == b"n+2\0" || magic == b"ni2\0")
    })
}

/// A NIfTI-1 single file whose header was read and found good. Its voxels stay in the file.
#[derive(Clone, Debug)]
pub struct Image {
    /// Where the file is, as it was given.
    pub path: PathBuf,
    /// What its header says.
    pub header: Header,
    encoding: Encoding,
}

impl Image {
    /// Opens the image at `path`: header only, nothing larger is read or allocated.
    ///
    /// # Errors
    /// A file that cannot be opened, was not fetched, is no NIfTI-1 single file, has a
    /// damaged header, or is too short for the voxels that its header claims.
    pub fn open(path: &Path) -> Result<Image> {
        let file = OpenFile::open(path)?;
        let (file_bytes, encoding) = (file.file_bytes, file.encoding);
        let header = head(file)
            .map_err(|error| stream_error(error, encoding))
            .and_then(|head| Header::parse(&head))
            .map_err(|error| beside_a_header(error, path).at(path))?;
        let image = Image { path: path.to_owned(), header, encoding };
        image.check_size(file_bytes).map_err(|error| error.at(path))?;
        Ok(image)
    }

    /// Refuses a file that cannot hold what its header claims.
    fn check_size(&self, file_bytes: u64) -> Result<()> {
        let offset = self.header.voxel_offset;
        let claimed_bytes = offset + self.header.voxel_bytes();
        if claimed_bytes <= self.encoding.most_content_bytes(file_bytes) {
            return Ok(());
        }
        let problem = match self.encoding {
            Encoding::Plain if offset <= file_bytes => {
                return Err(self.truncated(file_bytes - offset));
            }
            Encoding::Plain => format!(
                "truncated: its header has {} volumes, of which 0 are whole: vox_offset is {offset} \
                 and the file has {file_bytes} bytes",
                self.header.volumes
            ),
            Encoding::Gzip => format!(
                "truncated or damaged: its header claims {claimed_bytes} bytes, more than a gzip file \
                 of {file_bytes} can hold"
            ),
        };
        Err(Error::damaged(problem).remedy("copy or convert it again"))
    }

    /// Whether reading may begin at any volume without reading those before it.
    pub fn is_seekable(&self) -> bool {
        self.encoding == Encoding::Plain
    }

    /// The extensions of the header, in their order, and what breaks the list off, in words: one
    /// that is damaged, or so large that it is no note.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    pub fn extensions(&self) -> Result<(Vec<Extension>, Option<String>)> {
        let read = |content: Content| {
            let mut before_voxels = content.stream.take(self.header.voxel_offset);
            io::copy(&mut before_voxels.by_ref().take(HEADER_BYTES as u64), &mut io::sink())?;
            Extension::read_all(before_voxels, self.header.byte_order)
        };
        OpenFile::open(&self.path)?
            .into_content()
            .and_then(read)
            .map_err(|error| stream_error(error, self.encoding).at(&self.path))
    }

    /// The most bytes that the [extensions](Image::extensions) take.
    pub fn most_extension_bytes(&self) -> u64 {
        (self.header.voxel_offset - FIRST_VOXEL_OFFSET).min(MOST_EXTENSION_BYTES)
    }

    /// What to say of voxels that end after `voxel_bytes`.
    fn truncated(&self, voxel_bytes: u64) -> Error {
        Error::damaged(format!(
            "truncated: its header has {} volumes, of which {} are whole",
            self.header.volumes,
            voxel_bytes / self.header.volume_bytes() as u64
        ))
        .remedy("copy or convert it again")
        .at(&self.path)
    }
}

/// As many of the first 540 bytes of a file's content as there are.
fn head(file: OpenFile) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match file.into_content()?.stream.take(NIFTI_2_HEADER_BYTES as u64).read_to_end(&mut head) {
        Ok(_) => Ok(head),
        // A gzip stream that breaks off behind the header has a header to judge first.
        Err(_) if head.len() >= HEADER_BYTES => Ok(head),
        Err(error) => Err(error),
    }
}

/// What the content's stream says, in a user's words.
fn stream_error(error: io::Error, encoding: Encoding) -> Error {
    match (encoding, error.kind()) {
        (Encoding::Gzip, ErrorKind::UnexpectedEof) => {
            Error::damaged("truncated: the gzip stream ends early")
                .remedy("copy or download it again")
        }
        (Encoding::Gzip, ErrorKind::InvalidData) => {
            Error::damaged(format!("damaged gzip file: {error}"))
                .remedy("copy or download it again")
        }
        _ => Error::io("cannot read", error),
    }
}

/// The `.img` half of a pair has no header of its own: say so, rather than that it is no
/// NIfTI image.
fn beside_a_header(error: Error, path: &Path) -> Error {
    let name = path.to_string_lossy();
    let is_half = [".img", ".img.gz"].into_iter().any(|ending| {
        name.strip_suffix(ending).is_some_and(|stem| {
            [".hdr", ".hdr.gz"].iter().any(|hdr| Path::new(&format!("{stem}{hdr}")).exists())
        })
    });
    if is_half {
        Error::unsupported(
            "the voxels of a .hdr/.img pair, expected a single file: pairs are not read yet",
        )
        .remedy("convert it, with nibabel: nib.save(nib.load(FILE), 'run.nii.gz')")
    } else {
        error
    }
}

/// The volumes of one image, in order, each read once.
///
/// Holds the decoder's window and buffers (well under 1 MiB) and nothing of the voxels.
pub struct VolumeReader {
    image: Arc<Image>,
    content: Content,
    next_volume: usize,
}

impl VolumeReader {
    /// A reader of the volumes of `image`, from the first on.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    pub fn open(image: &Arc<Image>) -> Result<VolumeReader> {
        let offset = image.header.voxel_offset;
        let failed = |error| stream_error(error, image.encoding).at(&image.path);
        let mut file = OpenFile::open(&image.path)?;
        let to_skip = match file.encoding {
            Encoding::Plain => {
                file.reader.seek_relative(offset as i64).map_err(failed)?;
                0
            }
            Encoding::Gzip => offset,
        };
        let mut content = file.into_content().map_err(failed)?;
        let skipped = io::copy(&mut content.stream.by_ref().take(to_skip), &mut io::sink());
        if skipped.map_err(failed)? < to_skip {
            return Err(image.truncated(0));
        }
        Ok(VolumeReader { image: Arc::clone(image), content, next_volume: 0 })
    }

    /// The next `volumes` volumes, as stored, in the memory of `memory` if it is large
    /// enough. Behind the last volume of a gzip file the rest of the stream is read and
    /// checked as well.
    ///
    /// # Errors
    /// A file that ends before the volumes do, with the number of those that are whole; a
    /// damaged gzip stream; errors of the disk; that `progress` says it is cancelled.
    ///
    /// # Panics
    /// If fewer than `volumes` volumes are left: the header says how many there are.
    pub fn read(
        &mut self,
        volumes: usize,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let image = Arc::clone(&self.image);
        let header = &image.header;
        assert!(self.next_volume + volumes <= header.volumes, "volumes beyond the last");
        let (started, waited) = (Instant::now(), self.content.waited.so_far());
        let samples = memory.refilled(header.byte_order, volumes, header.voxels(), |memory| {
            fill(&mut *self.content.stream, memory, progress).map_err(|it| self.interrupted(it))
        });
        let samples = samples.map_err(|error: Error| match error.kind() {
            crate::error::ErrorKind::Cancelled => error,
            _ => error.at(&image.path),
        })?;
        let waiting = self.content.waited.so_far() - waited;
        progress.time_spent(waiting, started.elapsed().saturating_sub(waiting));
        self.next_volume += volumes;
        if self.next_volume == header.volumes && image.encoding == Encoding::Gzip {
            self.check_the_rest(progress)?;
        }
        Ok(samples)
    }

    /// What to say of a stream that broke off while it was read.
    fn interrupted(&self, interruption: Interruption) -> Error {
        match interruption {
            Interruption::Cancelled => Error::cancelled(),
            Interruption::Failed(error) => {
                stream_error(error, self.image.encoding).at(&self.image.path)
            }
            Interruption::Ended { bytes } => {
                let bytes_before = self.next_volume * self.image.header.volume_bytes();
                self.image.truncated((bytes_before + bytes) as u64)
            }
        }
    }

    /// Reads what follows the last volume of a gzip file, for the sake of its checksums.
    fn check_the_rest(&mut self, progress: &dyn Progress) -> Result<()> {
        let stream = &mut self.content.stream;
        let rest = loop {
            if progress.is_cancelled() {
                return Err(Error::cancelled());
            }
            match io::copy(&mut stream.by_ref().take(PIECE_BYTES as u64), &mut io::sink()) {
                Ok(0) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        rest.map_err(|error| {
            let error = match error.kind() {
                ErrorKind::UnexpectedEof => Error::damaged(
                    "truncated: the gzip stream ends behind the last volume, before its checksum",
                )
                .remedy("copy or download it again"),
                _ => stream_error(error, Encoding::Gzip),
            };
            error.at(&self.image.path)
        })
    }
}

/// Any part of the voxels of a plain file, read where it lies.
pub struct SlabReader {
    image: Arc<Image>,
    file: File,
}

impl SlabReader {
    /// A reader of an image that [is seekable](Image::is_seekable).
    ///
    /// # Errors
    /// Those of opening the file.
    ///
    /// # Panics
    /// If the image is not seekable.
    pub fn open(image: &Arc<Image>) -> Result<SlabReader> {
        assert!(image.is_seekable(), "a gzip file is read in order");
        // What the file is was found out when the image was opened; a slab of many images
        // would read all their beginnings again.
        let file = File::open(&image.path)
            .map_err(|error| Error::io("cannot open", error).at(&image.path))?;
        Ok(SlabReader { image: Arc::clone(image), file })
    }

    /// Of each of `volumes` the voxels in `voxels`, as stored, in the memory of `memory` if
    /// it is large enough.
    ///
    /// # Errors
    /// A file that has become shorter than it was; errors of the disk; that `progress` says it is
    /// cancelled.
    pub fn read(
        &self,
        volumes: Range<usize>,
        voxels: Range<usize>,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let header = &self.image.header;
        let sample_bytes = header.datatype.bytes();
        let started = Instant::now();
        let samples = memory.refilled(header.byte_order, volumes.len(), voxels.len(), |memory| {
            for (volume, row) in volumes.zip(memory.chunks_exact_mut(voxels.len() * sample_bytes)) {
                if progress.is_cancelled() {
                    return Err(Error::cancelled());
                }
                let sample = volume * header.voxels() + voxels.start;
                let position = header.voxel_offset + (sample * sample_bytes) as u64;
                self.file.read_exact_at(row, position).map_err(|error| match error.kind() {
                    ErrorKind::UnexpectedEof => {
                        self.image.truncated((volume * header.volume_bytes()) as u64)
                    }
                    _ => Error::io("cannot read", error).at(&self.image.path),
                })?;
                progress.voxel_bytes_read(row.len() as u64);
            }
            Ok(())
        });
        progress.time_spent(started.elapsed(), Duration::ZERO);
        samples
    }
}

impl From<OutOfMemory> for Error {
    fn from(OutOfMemory { bytes }: OutOfMemory) -> Error {
        Error::memory(format!("no memory for {} MiB of its voxels", bytes.div_ceil(1024 * 1024)))
            .remedy("use array mode, or fewer threads")
            .settings([Setting::Mode, Setting::Threads])
    }
}

/// Why a stream broke off.
enum Interruption {
    Cancelled,
    /// It ended after `bytes` bytes.
    Ended {
        bytes: usize,
    },
    Failed(io::Error),
}

/// Fills `memory` from `content`, telling `progress` on the way.
fn fill(
    content: &mut dyn Read,
    memory: &mut [u8],
    progress: &dyn Progress,
) -> std::result::Result<(), Interruption> {
    let mut bytes = 0;
    for piece in memory.chunks_mut(PIECE_BYTES) {
        if progress.is_cancelled() {
            return Err(Interruption::Cancelled);
        }
        let mut filled = 0;
        while filled < piece.len() {
            match content.read(&mut piece[filled..]) {
                Ok(0) => return Err(Interruption::Ended { bytes: bytes + filled }),
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(Interruption::Ended { bytes: bytes + filled });
                }
                Err(error) => return Err(Interruption::Failed(error)),
            }
        }
        bytes += filled;
        progress.voxel_bytes_read(filled as u64);
    }
    Ok(())
}
