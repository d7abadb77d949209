//! Voxels as most formats store them, one volume behind another in a file, and their readers: of a
//! compressed file a stream, else any block.

use super::codec::{Compression, Content, Held, Once, OpenFile, Version};
use super::{BlockReader, Oddity, Progress, VolumeStream, Voxels};
use crate::error::{Error, Result};
use crate::voxels::{ByteOrder, Datatype, OutOfMemory, Samples};
use gzip_stream::Surplus;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Voxels are read in pieces of this size, so that progress is seen within a large volume, too.
const PIECE_BYTES: usize = 1024 * 1024;

/// The place of voxels in the content of a file, and how they are stored there: volume after volume
/// without a gap, the first axis fastest.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Where the first voxel lies, in bytes.
    pub offset: u64,
    /// The order of the bytes of each sample.
    pub byte_order: ByteOrder,
    /// The type of a sample.
    pub datatype: Datatype,
    /// Number of voxels in one volume.
    pub voxels: usize,
    /// Number of volumes.
    pub volumes: usize,
    /// Another size of a sample, if a further field of the header contradicts the type.
    pub other_size: Option<OtherSize>,
}

/// A size of a sample that contradicts its type.
#[derive(Clone, Debug)]
pub(super) struct OtherSize {
    /// The size, in bits.
    pub bits: i16,
    /// The fields that contradict each other, in words.
    pub contradiction: String,
}

impl Layout {
    /// Refuses lengths whose product in bytes no file can have.
    ///
    /// # Errors
    /// That, without the file's name.
    pub fn check(shape: [usize; 3], volumes: usize, datatype: Datatype, offset: u64) -> Result<()> {
        let mut lengths = shape.into_iter().chain([volumes]);
        let bytes = lengths
            .try_fold(datatype.bytes() as u64, |bytes, length| bytes.checked_mul(length as u64));
        let bytes = bytes.and_then(|bytes| bytes.checked_add(offset));
        if bytes.is_some_and(|bytes| bytes <= isize::MAX as u64) {
            return Ok(());
        }
        let [x, y, z] = shape;
        Err(Error::damaged(format!(
            "the header claims {x}x{y}x{z} of {volumes} volumes, more than any file holds"
        )))
    }

    fn volume_bytes(&self) -> usize {
        self.voxels * self.datatype.bytes()
    }

    /// Bytes of all voxels.
    pub fn voxel_bytes(&self) -> u64 {
        self.volume_bytes() as u64 * self.volumes as u64
    }

    /// Refuses voxels that take just so many bytes as another field says, where that contradicts the
    /// type: it is not known which of the two is right. The file is not named.
    fn check_other_size(&self, voxel_bytes: u64) -> Result<()> {
        let Some(OtherSize { bits, contradiction }) = &self.other_size else { return Ok(()) };
        let samples = self.voxels as u64 * self.volumes as u64;
        let by_bits = u64::try_from(*bits).ok().and_then(|bits| samples.checked_mul(bits));
        if by_bits != voxel_bytes.checked_mul(8) {
            return Ok(());
        }
        Err(Error::damaged(format!(
            "{contradiction}, and the voxels take as many bytes as the first says: it is not known \
             which is right"
        ))
        .remedy("convert it again"))
    }
}

/// The voxels of an image in the file that holds them.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    path: PathBuf,
    version: Version,
    compression: Compression,
    pub layout: Layout,
    /// The file of the header, where it is another.
    header_file: Option<HeaderFile>,
    /// The bytes of a gzip file beside its members, known once it was read to the end.
    surplus: Arc<OnceLock<Surplus>>,
    /// The content, if it can be read once only.
    once: Option<Arc<Streamed>>,
}

/// The content of a stream.
struct Streamed {
    /// What lies before the voxels, up to [`MOST_BYTES_BEFORE_VOXELS`].
    before_voxels: Held,
    /// The content from the first voxel on.
    voxels: Once<Content>,
}

/// So much of what lies before the voxels of a stream is held for those who ask for it: headers and
/// notes, of kilobytes.
const MOST_BYTES_BEFORE_VOXELS: u64 = 5 * 1024 * 1024;

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.voxels.fmt(f)
    }
}

impl Streamed {
    /// The stream of a file of which the head was read.
    fn new(head: &[u8], mut rest: Content, offset: u64) -> io::Result<Streamed> {
        let (before, behind) = head.split_at(head.len().min(offset as usize));
        let (mut before, behind) = (before.to_vec(), behind.to_vec());
        let left = offset - before.len() as u64;
        let kept = left.min(MOST_BYTES_BEFORE_VOXELS);
        rest.stream.by_ref().take(kept).read_to_end(&mut before)?;
        io::copy(&mut rest.stream.by_ref().take(left - kept), &mut io::sink())?;
        let waited = rest.waited.clone();
        let voxels = Once::new(waited, rest.behind(Held(Arc::new(behind))));
        Ok(Streamed { before_voxels: Held(Arc::new(before)), voxels })
    }
}

/// The file of a header, as it was when the image was opened.
#[derive(Clone, Debug)]
struct HeaderFile {
    path: PathBuf,
    version: Version,
}

impl Stored {
    /// The voxels in a file.
    ///
    /// # Errors
    /// A file that cannot hold what its header claims; it is named.
    pub fn in_file(mut file: OpenFile, layout: Layout) -> Result<Stored> {
        let rest = file.rest_of_stream();
        let OpenFile { path, version, compression, head, .. } = file;
        let once = rest.map(|rest| Streamed::new(&head, rest, layout.offset));
        let once = once.transpose().map_err(|error| compression.stream_error(error).at(&path))?;
        let (header_file, surplus, once) = (None, Arc::default(), once.map(Arc::new));
        let stored = Stored { path, version, compression, layout, header_file, surplus, once };
        stored.check_size().map_err(|error| error.at(&stored.path))?;
        Ok(stored)
    }

    /// These voxels, whose header is in another file: if that is written to, it is told as if they were.
    pub fn with_header_in(self, file: &OpenFile) -> Stored {
        let header_file = Some(HeaderFile { path: file.path.clone(), version: file.version });
        Stored { header_file, ..self }
    }

    /// The files of the image, that of the header first.
    pub fn files(&self) -> Vec<PathBuf> {
        let header = self.header_file.iter().map(|it| &it.path);
        header.chain([&self.path]).cloned().collect()
    }

    /// The content of the file that has the header, from its beginning; of what can be read once only, so
    /// much of what lies before the voxels as is held.
    ///
    /// # Errors
    /// Those of opening and reading the file; one that was written to since the image was opened.
    pub fn content_of_header(&self) -> Result<Box<dyn Read>> {
        if let Some(once) = &self.once {
            return Ok(Content::of_held(once.before_voxels.clone()));
        }
        let (path, version) = match &self.header_file {
            Some(HeaderFile { path, version }) => (path, version),
            None => (&self.path, &self.version),
        };
        Ok(Content::open(path, *version)?.stream)
    }

    /// Refuses an image that was written to since it was opened; `file` has its voxels.
    fn check(&self, file: &File) -> Result<()> {
        self.version.check(file).map_err(|error| error.at(&self.path))?;
        let Some(HeaderFile { path, version }) = &self.header_file else { return Ok(()) };
        let header = File::open(path).map_err(|error| Error::io("cannot open", error));
        header.and_then(|header| version.check(&header)).map_err(|error| error.at(path))
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether any block can be read without what lies before it.
    pub fn is_seekable(&self) -> bool {
        self.compression == Compression::None && self.once.is_none()
    }

    /// The name of the program that compressed the voxels, if any did.
    pub fn compressed_by(&self) -> Option<&'static str> {
        (self.compression != Compression::None).then(|| self.compression.name())
    }

    /// Of what can be read once only, how many bytes were taken of it so far.
    pub fn stream_bytes(&self) -> Option<u64> {
        self.once.as_ref().map(|once| once.voxels.bytes())
    }

    /// How many bytes are held of what can be read once only.
    pub fn held_bytes(&self) -> u64 {
        self.once.as_ref().map_or(0, |once| once.voxels.held_bytes())
    }

    /// A reader of the first volumes. Of what can be read once only they are read and held, to be read
    /// again.
    ///
    /// # Errors
    /// Those of opening and reading the file; memory that cannot be had.
    pub fn open_beginning(&self, volumes: usize, progress: &dyn Progress) -> Result<Voxels> {
        let Some(once) = &self.once else { return self.open_voxels() };
        let mut content = once.voxels.take().map_err(|error| error.at(&self.path))?;
        let bytes = volumes.min(self.layout.volumes) * self.layout.volume_bytes();
        let mut held = Vec::new();
        let no_memory = |_| Error::from(OutOfMemory { bytes }).at(&self.path);
        held.try_reserve_exact(bytes).map_err(no_memory)?;
        while held.len() < bytes {
            if progress.is_cancelled() {
                return Err(Error::cancelled());
            }
            let piece = (bytes - held.len()).min(PIECE_BYTES) as u64;
            match content.stream.by_ref().take(piece).read_to_end(&mut held) {
                Ok(0) => return Err(self.truncated(held.len() as u64).at(&self.path)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(self.truncated(held.len() as u64).at(&self.path));
                }
                Err(error) => return Err(self.stream_error(error)),
            }
        }
        let held = Held(Arc::new(held));
        let beginning = content.alone(held.clone());
        once.voxels.put_back(content.behind(held), bytes as u64);
        Ok(Voxels::Stream(Box::new(Stream {
            stored: self.clone(),
            content: beginning,
            is_at_voxels: true,
            next_volume: 0,
            is_beginning: true,
        })))
    }

    /// The readers of the voxels.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    pub fn open_voxels(&self) -> Result<Voxels> {
        if self.is_seekable() {
            return Ok(Voxels::Blocks(Box::new(Blocks::open(self)?)));
        }
        let content = match &self.once {
            Some(once) => once.voxels.take().map_err(|error| error.at(&self.path))?,
            None => Content::open(&self.path, self.version)?,
        };
        Ok(Voxels::Stream(Box::new(Stream {
            stored: self.clone(),
            content,
            is_at_voxels: self.once.is_some(),
            next_volume: 0,
            is_beginning: false,
        })))
    }

    /// What follows the voxels. Of a compressed file all before it is decompressed, and not held.
    ///
    /// # Errors
    /// Those of reading; a content that ends before.
    pub fn behind_voxels(&self) -> io::Result<Box<dyn Read>> {
        let offset = self.layout.offset + self.layout.voxel_bytes();
        if self.once.is_some() {
            return Err(ErrorKind::Unsupported.into());
        }
        if self.is_seekable() {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(offset))?;
            return Ok(Box::new(file));
        }
        let mut content = Content::open(&self.path, self.version).map_err(io::Error::other)?.stream;
        match io::copy(&mut content.by_ref().take(offset), &mut io::sink())? == offset {
            true => Ok(content),
            false => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The error of reading the content, with the file's name.
    pub fn stream_error(&self, error: io::Error) -> Error {
        self.compression.stream_error(error).at(&self.path)
    }

    /// The bytes of memory that a decoder of the file takes beyond a mebibyte.
    pub fn decoder_bytes(&self) -> u64 {
        self.compression.decoder_bytes(self.layout.offset + self.layout.voxel_bytes())
    }

    /// The bytes found beside the voxels, in words, once the file was read to its end.
    pub fn surplus(&self) -> impl Iterator<Item = Oddity> + use<> {
        Oddity::of_surplus(self.surplus.get().copied().unwrap_or_default())
    }

    /// The error of a file that was written to since it was opened, else `otherwise`.
    fn changed_or(&self, file: &File, otherwise: Error) -> Error {
        self.check(file).err().unwrap_or_else(|| otherwise.at(&self.path))
    }

    /// Refuses a file that cannot hold what its header claims.
    fn check_size(&self) -> Result<()> {
        let offset = self.layout.offset;
        let Some(file_bytes) = self.version.bytes else { return Ok(()) };
        let claimed_bytes = offset + self.layout.voxel_bytes();
        if self.is_seekable() && file_bytes > offset {
            self.layout.check_other_size(file_bytes - offset)?;
        }
        if claimed_bytes <= self.compression.most_content_bytes(file_bytes) {
            return Ok(());
        }
        let problem = match self.compression {
            Compression::None if offset <= file_bytes => {
                return Err(self.truncated(file_bytes - offset));
            }
            Compression::None => format!(
                "truncated: its header has {} volumes, of which 0 are whole: the voxels begin at byte \
                 {offset} and the file has {file_bytes} bytes",
                self.layout.volumes
            ),
            packed => format!(
                "truncated or damaged: its header claims {claimed_bytes} bytes, more than a {} file of \
                 {file_bytes} can hold",
                packed.name()
            ),
        };
        Err(Error::damaged(problem).remedy("copy or convert it again"))
    }

    /// The error of voxels that end after `voxel_bytes`; the file is not named.
    fn truncated(&self, voxel_bytes: u64) -> Error {
        Error::damaged(format!(
            "truncated: its header has {} volumes, of which {} are whole",
            self.layout.volumes,
            voxel_bytes / self.layout.volume_bytes() as u64
        ))
        .remedy("copy or convert it again")
    }
}

/// The volumes of a compressed file, in order.
///
/// Holds the decoder's window and buffers (well under 1 MiB) and nothing of the voxels.
struct Stream {
    stored: Stored,
    content: Content,
    is_at_voxels: bool,
    next_volume: usize,
    /// Whether the content is that of the first volumes only.
    is_beginning: bool,
}

impl Stream {
    /// Passes over what lies before the voxels, and holds nothing of it.
    fn skip_to_the_voxels(&mut self, progress: &dyn Progress) -> Result<()> {
        let mut left = self.stored.layout.offset;
        while left > 0 {
            if progress.is_cancelled() {
                return Err(Error::cancelled());
            }
            let piece = left.min(PIECE_BYTES as u64);
            match io::copy(&mut self.content.stream.by_ref().take(piece), &mut io::sink()) {
                Ok(skipped) if skipped == piece => left -= piece,
                Ok(_) => return Err(self.interrupted(Interruption::Ended { bytes: 0 })),
                Err(error) => return Err(self.interrupted(Interruption::Failed(error))),
            }
        }
        self.is_at_voxels = true;
        Ok(())
    }

    /// The error of a stream that broke off while it was read.
    fn interrupted(&self, interruption: Interruption) -> Error {
        let error = match interruption {
            Interruption::Cancelled => return Error::cancelled(),
            Interruption::Failed(error) => self.stored.compression.stream_error(error),
            Interruption::Ended { bytes } => {
                let bytes_before = self.next_volume * self.stored.layout.volume_bytes();
                self.stored.truncated((bytes_before + bytes) as u64)
            }
        };
        self.stored.changed_or(&self.content.file, error)
    }

    /// Reads what follows the last volume, for the sake of its checksums, and looks whether the file
    /// is still what it was.
    fn check_the_rest(&mut self, progress: &dyn Progress) -> Result<()> {
        let (stream, mut rest_bytes) = (&mut self.content.stream, 0);
        let rest = loop {
            if progress.is_cancelled() {
                return Err(Error::cancelled());
            }
            match io::copy(&mut stream.by_ref().take(PIECE_BYTES as u64), &mut io::sink()) {
                Ok(0) => break Ok(()),
                Ok(bytes) => rest_bytes += bytes,
                Err(error) => break Err(error),
            }
        };
        rest.map_err(|error| {
            let error = match error.kind() {
                ErrorKind::UnexpectedEof => Error::damaged(format!(
                    "truncated: the {} stream ends behind the last volume, before its checksum",
                    self.stored.compression.name()
                ))
                .remedy("copy or download it again"),
                _ => self.stored.compression.stream_error(error),
            };
            self.stored.changed_or(&self.content.file, error)
        })?;
        let stored = &self.stored;
        stored.check(&self.content.file)?;
        let other_size = stored.layout.check_other_size(stored.layout.voxel_bytes() + rest_bytes);
        other_size.map_err(|error| error.at(&stored.path))?;
        stored.surplus.get_or_init(|| self.content.stream.surplus());
        Ok(())
    }
}

impl VolumeStream for Stream {
    fn read(
        &mut self,
        volumes: usize,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let Layout { byte_order: order, voxels, .. } = self.stored.layout;
        let (started, waited) = (Instant::now(), self.content.waited.so_far());
        if !self.is_at_voxels {
            self.skip_to_the_voxels(progress)?;
        }
        let samples = memory.refilled(order, volumes, voxels, |memory| {
            fill(&mut *self.content.stream, memory, progress).map_err(|it| self.interrupted(it))
        });
        let samples = samples.map_err(|error| at(&self.stored.path, error))?;
        let waiting = self.content.waited.so_far() - waited;
        progress.time_spent(waiting, started.elapsed().saturating_sub(waiting));
        self.next_volume += volumes;
        if self.next_volume == self.stored.layout.volumes && !self.is_beginning {
            self.check_the_rest(progress)?;
        }
        Ok(samples)
    }
}

/// A reader of any part of the voxels of a plain file, where it lies.
struct Blocks {
    stored: Stored,
    file: File,
}

impl Blocks {
    fn open(stored: &Stored) -> Result<Blocks> {
        // What the file is was found out when the image was opened; a slab of many images
        // would read all their beginnings again.
        let file = File::open(&stored.path)
            .map_err(|error| Error::io("cannot open", error).at(&stored.path))?;
        Ok(Blocks { stored: stored.clone(), file })
    }

    /// The error of a file that cannot be read as far as it could be.
    fn interrupted(&self, error: io::Error) -> Error {
        self.stored.changed_or(&self.file, Error::io("cannot read", error))
    }
}

impl BlockReader for Blocks {
    fn read(
        &self,
        volumes: Range<usize>,
        voxels: Range<usize>,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let (stored, layout) = (&self.stored, &self.stored.layout);
        let sample_bytes = layout.datatype.bytes();
        let started = Instant::now();
        let samples = memory.refilled(layout.byte_order, volumes.len(), voxels.len(), |memory| {
            // Whole volumes follow one another without a gap.
            let is_whole = voxels.len() == layout.voxels;
            let volumes_at_once = if is_whole { volumes.len().max(1) } else { 1 };
            let bytes_at_once = (volumes_at_once * voxels.len() * sample_bytes).max(1);
            let firsts = volumes.step_by(volumes_at_once);
            for (volume, bytes) in firsts.zip(memory.chunks_exact_mut(bytes_at_once)) {
                let sample = volume * layout.voxels + voxels.start;
                let mut position = layout.offset + (sample * sample_bytes) as u64;
                for piece in bytes.chunks_mut(PIECE_BYTES) {
                    if progress.is_cancelled() {
                        return Err(Error::cancelled());
                    }
                    let read = self.file.read_exact_at(piece, position);
                    read.map_err(|error| self.interrupted(error))?;
                    position += piece.len() as u64;
                    progress.voxel_bytes_read(piece.len() as u64);
                }
            }
            Ok(())
        });
        progress.time_spent(started.elapsed(), Duration::ZERO);
        // Whoever writes to a file changes its time before its content.
        let samples = samples.map_err(|error| at(&stored.path, error))?;
        stored.check(&self.file).map(|()| samples)
    }
}

/// An error in reading a file, with its path, unless it is that of a cancellation.
fn at(path: &Path, error: Error) -> Error {
    match error.kind() {
        crate::error::ErrorKind::Cancelled => error,
        _ => error.at(path),
    }
}

/// Why a stream broke off.
enum Interruption {
    Cancelled,
    /// The file ended after `bytes` bytes.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{self, Source};
    use std::io::Write;

    /// A little-endian int16 image, of which each sample is its place.
    fn image(folder: &Path, [x, y, z, t]: [i16; 4]) -> Arc<dyn Source> {
        let mut head = [0; 352];
        head[..4].copy_from_slice(&348_i32.to_le_bytes());
        for (axis, length) in [4, x, y, z, t, 1, 1, 1].into_iter().enumerate() {
            head[40 + 2 * axis..][..2].copy_from_slice(&length.to_le_bytes());
        }
        head[70..74].copy_from_slice(&[4, 0, 16, 0]);
        head[344..347].copy_from_slice(b"n+1");
        let path = folder.join("run.nii");
        let mut file = File::create(&path).unwrap();
        file.write_all(&head).unwrap();
        let count = [x, y, z, t].into_iter().map(i64::from).product::<i64>();
        let samples: Vec<u8> = (0..count).flat_map(|it| (it as i16).to_le_bytes()).collect();
        file.write_all(&samples).unwrap();
        formats::open(&path).unwrap()
    }

    fn read(
        image: &Arc<dyn Source>,
        volumes: Range<usize>,
        voxels: Range<usize>,
    ) -> Result<Vec<i16>> {
        let Voxels::Blocks(blocks) = image.open_voxels()? else { panic!("a plain file") };
        let (shape, none) = ((volumes.len(), voxels.len()), Samples::none(image.datatype()));
        let Samples::Int16(array) = blocks.read(volumes, voxels, none, &())? else {
            panic!("another type");
        };
        assert_eq!(array.dim(), shape);
        Ok(array.into_iter().collect())
    }

    #[test]
    fn any_block_of_a_plain_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let small = image(folder.path(), [3, 2, 1, 4]);
        assert_eq!(read(&small, 1..3, 2..5).unwrap(), [8, 9, 10, 14, 15, 16]);
        assert_eq!(read(&small, 2..4, 0..6).unwrap(), (12..24).collect::<Vec<_>>());
        assert_eq!(read(&small, 2..2, 0..6).unwrap(), [0; 0]);
        assert_eq!(read(&small, 0..4, 3..3).unwrap(), [0; 0]);
        // More than is read at once.
        let large = image(folder.path(), [128, 128, 20, 3]);
        let place = |it: i64| it as i16;
        assert!(read(&large, 0..3, 0..327_680).unwrap().into_iter().eq((0..983_040).map(place)));
    }

    #[test]
    fn a_plain_file_that_has_become_another_is_told_with_its_sizes() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(folder.path(), [3, 2, 1, 4]);
        File::options().write(true).open(image.path()).unwrap().set_len(352 + 2 * 12 + 5).unwrap();
        for (volumes, voxels) in [(0..4, 0..6), (0..4, 0..2), (1..2, 4..6)] {
            let error = read(&image, volumes, voxels).unwrap_err().to_string();
            let says = "it had 400 bytes when it was opened and has 381 now";
            assert!(error.contains(says) && error.contains("run.nii: "), "{error}");
        }
    }
}
