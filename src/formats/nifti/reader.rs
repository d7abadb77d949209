//! An image opened for its header, and its voxels: of a gzip file a stream, else any block.

use super::header::{FIRST_VOXEL_OFFSET, HEADER_BYTES, Header, NIFTI_2_HEADER_BYTES};
use super::writer::{Extension, MOST_EXTENSION_BYTES, Sink};
use crate::error::{Error, Result};
use crate::formats::codec::{Content, Encoding, OpenFile, Version};
use crate::formats::{
    BlockReader, Geometry, Keep, MapSink, Oddity, Progress, Source, Time, VolumeStream,
    VoxelEncoding, Voxels,
};
use crate::voxels::Samples;
use gzip_stream::Surplus;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Voxels are read in pieces of this size, so that progress is seen within a large volume, too.
const PIECE_BYTES: usize = 1024 * 1024;

/// Names that say that a file is an image, or a half of one.
pub(in crate::formats) const ENDINGS: [&str; 6] =
    [".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"];

/// Whether a file's first bytes are those of a NIfTI header, whatever its name.
pub(in crate::formats) fn is_nifti(path: &Path) -> bool {
    let head = OpenFile::open(path).ok().and_then(|file| head(file).ok());
    head.is_some_and(|head| {
        head.get(344..348).is_some_and(|magic| magic == b"n+1\0" || magic == b"ni1\0")
            || head.get(4..8).is_some_and(|magic| magic == b"n+2\0" || magic == b"ni2\0")
    })
}

/// A NIfTI-1 single file whose header was read and found good. Its voxels stay in the file.
#[derive(Clone, Debug)]
pub struct Image {
    path: PathBuf,
    header: Header,
    encoding: Encoding,
    version: Version,
    /// The bytes of a gzip file beside its members, known once it was read to the end.
    surplus: Arc<OnceLock<Surplus>>,
}

impl Image {
    /// Opens the image at `path`: header only, nothing larger is read or allocated.
    ///
    /// # Errors
    /// A file that cannot be opened, was not fetched, is no NIfTI-1 single file, has a
    /// damaged header, or is too short for the voxels that its header claims.
    pub fn open(path: &Path) -> Result<Image> {
        let file = OpenFile::open(path)?;
        let (version, encoding) = (file.version, file.encoding);
        let header = head(file)
            .map_err(|error| stream_error(error, encoding))
            .and_then(|head| Header::parse(&head))
            .map_err(|error| beside_a_header(error, path).at(path))?;
        let surplus = Arc::default();
        let image = Image { path: path.to_owned(), header, encoding, version, surplus };
        image.check_size(version.bytes).map_err(|error| error.at(path))?;
        Ok(image)
    }

    /// The content of the file, from its beginning.
    ///
    /// # Errors
    /// Those of opening and reading it; a file that was written to since the image was opened.
    fn content(&self) -> Result<Content> {
        let content = OpenFile::open(&self.path)?.into_content();
        let content = content.map_err(|error| stream_error(error, self.encoding).at(&self.path))?;
        self.version.check(&content.file).map_err(|error| error.at(&self.path))?;
        Ok(content)
    }

    /// The error of a file that was written to since it was opened, else `otherwise`.
    fn changed_or(&self, file: &File, otherwise: Error) -> Error {
        self.version.check(file).err().unwrap_or(otherwise).at(&self.path)
    }

    /// Refuses a file that cannot hold what its header claims.
    fn check_size(&self, file_bytes: u64) -> Result<()> {
        let offset = self.header.voxel_offset;
        let claimed_bytes = offset + self.voxel_bytes();
        if self.encoding == Encoding::Plain && file_bytes > offset {
            self.check_bits(file_bytes - offset)?;
        }
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
                self.volumes()
            ),
            Encoding::Gzip => format!(
                "truncated or damaged: its header claims {claimed_bytes} bytes, more than a gzip file \
                 of {file_bytes} can hold"
            ),
        };
        Err(Error::damaged(problem).remedy("copy or convert it again"))
    }

    /// Refuses voxels that take just so many bytes as `bitpix` says, where that contradicts the
    /// datatype: it is not known which of the two is right. The file is not named.
    fn check_bits(&self, voxel_bytes: u64) -> Result<()> {
        let Some(bits) = self.header.other_bits else { return Ok(()) };
        let samples = self.voxels() as u64 * self.volumes() as u64;
        let by_bits = u64::try_from(bits).ok().and_then(|bits| samples.checked_mul(bits));
        if by_bits != voxel_bytes.checked_mul(8) {
            return Ok(());
        }
        Err(Error::damaged(format!(
            "bitpix {bits} contradicts datatype {} ({}), and the voxels take as many bytes as bitpix \
             says: it is not known which is right",
            self.header.fields.datatype,
            self.datatype()
        ))
        .remedy("convert it again"))
    }

    /// The extensions of the header, in their order, and what breaks the list off, in words: one
    /// that is damaged, or so large that it is no note.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    fn extensions(&self) -> Result<(Vec<Extension>, Option<String>)> {
        let content = self.content()?;
        let mut before_voxels = content.stream.take(self.header.voxel_offset);
        io::copy(&mut before_voxels.by_ref().take(HEADER_BYTES as u64), &mut io::sink())
            .and_then(|_| Extension::read_all(before_voxels, self.header.byte_order))
            .map_err(|error| stream_error(error, self.encoding).at(&self.path))
    }

    /// The error of voxels that end after `voxel_bytes`.
    fn truncated(&self, voxel_bytes: u64) -> Error {
        Error::damaged(format!(
            "truncated: its header has {} volumes, of which {} are whole",
            self.volumes(),
            voxel_bytes / self.volume_bytes() as u64
        ))
        .remedy("copy or convert it again")
        .at(&self.path)
    }
}

impl Source for Image {
    fn path(&self) -> &Path {
        &self.path
    }

    fn geometry(&self) -> &Geometry {
        &self.header.geometry
    }

    fn time(&self) -> &Time {
        &self.header.time
    }

    fn voxel_encoding(&self) -> VoxelEncoding {
        self.header.encoding
    }

    fn is_seekable(&self) -> bool {
        self.encoding == Encoding::Plain
    }

    fn open_voxels(&self) -> Result<Voxels> {
        Ok(match self.encoding {
            Encoding::Plain => Voxels::Blocks(Box::new(Blocks::open(self)?)),
            Encoding::Gzip => Voxels::Stream(Box::new(Stream {
                image: self.clone(),
                content: self.content()?,
                is_at_voxels: false,
                next_volume: 0,
            })),
        })
    }

    fn header_bytes(&self) -> &[u8] {
        &self.header.bytes
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let stem = without_ending(&name, ".gz").unwrap_or(&name);
        without_ending(stem, ".nii").unwrap_or(stem).to_owned()
    }

    fn oddities(&self) -> Vec<Oddity> {
        let Surplus { zeros_between_members, bytes_after_end } =
            self.surplus.get().copied().unwrap_or_default();
        let surplus = [
            (zeros_between_members, "zeros between the members of the gzip file"),
            (bytes_after_end, "bytes behind the end of the gzip data, which are no gzip data"),
        ];
        let surplus = surplus.into_iter().filter(|(is_there, _)| *is_there);
        let surplus = surplus.map(|(_, what)| Oddity::Surplus(what.to_owned()));
        self.header.mended.iter().cloned().map(Oddity::Header).chain(surplus).collect()
    }

    fn description(&self) -> Cow<'_, str> {
        self.header.description().into()
    }

    fn notes(&self) -> Result<Vec<String>> {
        let (extensions, _) = self.extensions()?;
        Ok(extensions.iter().filter_map(Extension::text).map(str::to_owned).collect())
    }

    fn map_sink(&self, keep: Keep) -> Result<Arc<dyn MapSink>> {
        Ok(Arc::new(match keep {
            Keep::Geometry => Sink::of_image(&self.header, Vec::new(), None),
            Keep::Extensions => {
                let (extensions, broken_off_by) = self.extensions()?;
                Sink::of_image(&self.header, extensions, broken_off_by)
            }
        }))
    }

    fn most_extension_bytes(&self) -> u64 {
        (self.header.voxel_offset - FIRST_VOXEL_OFFSET).min(MOST_EXTENSION_BYTES)
    }
}

/// The first 540 bytes of a file's content, or all of a shorter one.
fn head(file: OpenFile) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match file.into_content()?.stream.take(NIFTI_2_HEADER_BYTES as u64).read_to_end(&mut head) {
        Ok(_) => Ok(head),
        // A gzip stream that breaks off behind the header has a header to judge first.
        Err(_) if head.len() >= HEADER_BYTES => Ok(head),
        Err(error) => Err(error),
    }
}

/// The error of the content's stream, in a user's words.
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

/// The volumes of a gzip file, in order.
///
/// Holds the decoder's window and buffers (well under 1 MiB) and nothing of the voxels.
struct Stream {
    image: Image,
    content: Content,
    is_at_voxels: bool,
    next_volume: usize,
}

impl Stream {
    /// Passes over what lies before the voxels, and holds nothing of it.
    fn skip_to_the_voxels(&mut self, progress: &dyn Progress) -> Result<()> {
        let mut left = self.image.header.voxel_offset;
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
            Interruption::Failed(error) => stream_error(error, self.image.encoding),
            Interruption::Ended { bytes } => {
                let bytes_before = self.next_volume * self.image.volume_bytes();
                self.image.truncated((bytes_before + bytes) as u64)
            }
        };
        self.image.changed_or(&self.content.file, error)
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
                ErrorKind::UnexpectedEof => Error::damaged(
                    "truncated: the gzip stream ends behind the last volume, before its checksum",
                )
                .remedy("copy or download it again"),
                _ => stream_error(error, Encoding::Gzip),
            };
            self.image.changed_or(&self.content.file, error)
        })?;
        let image = &self.image;
        let is_same = image.version.check(&self.content.file);
        is_same
            .and_then(|()| image.check_bits(image.voxel_bytes() + rest_bytes))
            .map_err(|error| error.at(&image.path))?;
        image.surplus.get_or_init(|| self.content.stream.surplus());
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
        let (order, voxels) = (self.image.header.byte_order, self.image.voxels());
        let (started, waited) = (Instant::now(), self.content.waited.so_far());
        if !self.is_at_voxels {
            self.skip_to_the_voxels(progress)?;
        }
        let samples = memory.refilled(order, volumes, voxels, |memory| {
            fill(&mut *self.content.stream, memory, progress).map_err(|it| self.interrupted(it))
        });
        let samples = samples.map_err(|error| at(&self.image.path, error))?;
        let waiting = self.content.waited.so_far() - waited;
        progress.time_spent(waiting, started.elapsed().saturating_sub(waiting));
        self.next_volume += volumes;
        if self.next_volume == self.image.volumes() {
            self.check_the_rest(progress)?;
        }
        Ok(samples)
    }
}

/// A reader of any part of the voxels of a plain file, where it lies.
struct Blocks {
    image: Image,
    file: File,
}

impl Blocks {
    fn open(image: &Image) -> Result<Blocks> {
        // What the file is was found out when the image was opened; a slab of many images
        // would read all their beginnings again.
        let file = File::open(&image.path)
            .map_err(|error| Error::io("cannot open", error).at(&image.path))?;
        Ok(Blocks { image: image.clone(), file })
    }

    /// The error of a file that cannot be read as far as it could be.
    fn interrupted(&self, error: io::Error) -> Error {
        self.image.changed_or(&self.file, Error::io("cannot read", error))
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
        let (image, header) = (&self.image, &self.image.header);
        let sample_bytes = image.datatype().bytes();
        let started = Instant::now();
        let samples = memory.refilled(header.byte_order, volumes.len(), voxels.len(), |memory| {
            // Whole volumes follow one another without a gap.
            let is_whole = voxels.len() == image.voxels();
            let volumes_at_once = if is_whole { volumes.len().max(1) } else { 1 };
            let bytes_at_once = (volumes_at_once * voxels.len() * sample_bytes).max(1);
            let firsts = volumes.step_by(volumes_at_once);
            for (volume, bytes) in firsts.zip(memory.chunks_exact_mut(bytes_at_once)) {
                let sample = volume * image.voxels() + voxels.start;
                let mut position = header.voxel_offset + (sample * sample_bytes) as u64;
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
        let samples = samples.and_then(|it| image.version.check(&self.file).map(|()| it));
        samples.map_err(|error| at(&image.path, error))
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

/// A name without this ending, whatever the case of its letters.
fn without_ending<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (stem, end) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    end.eq_ignore_ascii_case(ending).then_some(stem)
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
    use std::io::Write;

    /// A little-endian int16 image, of which each sample is its place.
    fn image(folder: &Path, [x, y, z, t]: [i16; 4]) -> Image {
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
        Image::open(&path).unwrap()
    }

    fn read(image: &Image, volumes: Range<usize>, voxels: Range<usize>) -> Result<Vec<i16>> {
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

    #[test]
    fn the_ending_of_a_name_is_no_part_of_it_whatever_its_letters() {
        for (name, stem) in [("a.nii.gz", "a"), ("A.NII.GZ", "A"), ("b.Nii", "b"), ("c", "c")] {
            let stem_found = without_ending(name, ".gz").unwrap_or(name);
            assert_eq!(without_ending(stem_found, ".nii").unwrap_or(stem_found), stem);
        }
        assert_eq!(without_ending("é", ".gz"), None);
    }
}
