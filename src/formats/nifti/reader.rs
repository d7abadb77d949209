//! An image opened for its header. A single file has header and voxels; of a pair each half is one.

use super::fields::Standard;
use super::header::{Header, is_pair, is_single};
use super::pair::{self, Half, Halves};
use super::writer::{Extension, MOST_EXTENSION_BYTES, Sink};
use crate::error::Result;
use crate::formats::codec::OpenFile;
use crate::formats::stored::Stored;
use crate::formats::{
    Geometry, HeaderExtension, Keep, MapSink, Oddity, Progress, Source, Time, VoxelEncoding, Voxels,
};
use crate::voxels::ByteOrder;
use std::borrow::Cow;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names that say that a file is an image, or a half of one.
pub(in crate::formats) const ENDINGS: [&str; 3] = [".nii", ".hdr", ".img"];

/// Whether a content's first bytes are those of a NIfTI header.
pub(in crate::formats) fn is_nifti(head: &[u8]) -> bool {
    is_single(head) || is_pair(head)
}

/// A NIfTI image whose header was read and found good. Its voxels stay in their file.
#[derive(Clone, Debug)]
pub struct Image {
    /// The path as it was given: of a pair, that of either half.
    path: PathBuf,
    header: Header,
    /// The bytes that stand behind the header in its own file at most, of a pair.
    most_behind_header: Option<u64>,
    stored: Stored,
}

impl Image {
    /// Opens the image at `path`, a single file or either half of a pair: header only, nothing larger is
    /// read or allocated.
    ///
    /// # Errors
    /// A file that cannot be opened, was not fetched, is no NIfTI image, has a damaged header, or is
    /// too short for the voxels that its header claims; a half without the other.
    pub fn open(path: &Path) -> Result<Image> {
        Image::in_file(OpenFile::open(path)?)
    }

    /// The image in a file that was opened.
    ///
    /// # Errors
    /// Those of [`open`](Image::open).
    pub(in crate::formats) fn in_file(file: OpenFile) -> Result<Image> {
        let (path, half) = (file.path.clone(), Half::by_name(&file.path));
        let (mut of_header, of_voxels) = match half {
            Some(Half::Voxels) if !is_single(&file.head) => {
                let Halves { header, .. } = pair::whole(&path, Half::Voxels)?;
                (OpenFile::open(&header)?, Some(file))
            }
            Some(Half::Header) if is_pair(&file.head) => {
                let Halves { voxels, .. } = pair::whole(&path, Half::Header)?;
                (file, Some(OpenFile::open(&voxels)?))
            }
            _ => (file, None),
        };
        let header = of_header
            .check_head(Standard::One.header_bytes())
            .and_then(|()| Header::parse(&of_header.head, &of_header.path))
            .and_then(|header| header.of_pair_if(of_voxels.is_some()))
            .map_err(|error| of_header.damage_or(error))
            .map_err(|error| error.at(&of_header.path))?;
        let most = of_header.compression.most_content_bytes(of_header.version.bytes.unwrap_or(0));
        let most_behind_header = of_voxels.as_ref().map(|_| most);
        let stored = match of_voxels {
            None => Stored::in_file(of_header, header.layout())?,
            Some(file) => Stored::in_file(file, header.layout())?.with_header_in(&of_header),
        };
        Ok(Image { path, header, most_behind_header, stored })
    }

    /// The extensions of the header, in their order, and what breaks the list off, in words: one
    /// that is damaged, or so large that it is no note.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    fn extensions(&self) -> Result<(Vec<Extension>, Option<String>)> {
        let end = self.most_behind_header.unwrap_or(self.header.voxel_offset);
        let mut before_voxels = self.stored.content_of_header()?.take(end);
        let header_bytes = self.header.bytes.len() as u64;
        io::copy(&mut before_voxels.by_ref().take(header_bytes), &mut io::sink())
            .and_then(|_| {
                Extension::read_all(before_voxels, self.header.byte_order, MOST_EXTENSION_BYTES)
            })
            .map_err(|error| self.stored.stream_error(error))
    }
}

impl Source for Image {
    fn path(&self) -> &Path {
        &self.path
    }

    fn files(&self) -> Vec<PathBuf> {
        self.stored.files()
    }

    fn format(&self) -> &'static str {
        self.header.standard.name()
    }

    fn compression(&self) -> Option<&'static str> {
        self.stored.compressed_by()
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(self.header.byte_order)
    }

    fn particulars(&self) -> Vec<(&'static str, String)> {
        self.header.particulars()
    }

    fn extensions(&self) -> Result<Vec<HeaderExtension>> {
        Ok(Image::extensions(self)?.0.iter().map(Extension::outline).collect())
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
        self.stored.is_seekable()
    }

    fn open_voxels(&self) -> Result<Voxels> {
        self.stored.open_voxels()
    }

    fn open_beginning(&self, volumes: usize, progress: &dyn Progress) -> Result<Voxels> {
        self.stored.open_beginning(volumes, progress)
    }

    fn stream_bytes(&self) -> Option<u64> {
        self.stored.stream_bytes()
    }

    fn held_bytes(&self) -> u64 {
        self.stored.held_bytes()
    }

    fn decoder_bytes(&self) -> u64 {
        self.stored.decoder_bytes()
    }

    fn header_bytes(&self) -> &[u8] {
        &self.header.bytes
    }

    fn oddities(&self) -> Vec<Oddity> {
        let mended = self.header.mended.iter().cloned().map(Oddity::Header);
        mended.chain(self.stored.surplus()).collect()
    }

    fn description(&self) -> Cow<'_, str> {
        self.header.description().into()
    }

    fn notes(&self) -> Result<Vec<String>> {
        let (extensions, _) = Image::extensions(self)?;
        Ok(extensions.iter().filter_map(Extension::text).map(str::to_owned).collect())
    }

    fn map_sink(&self, keep: Keep) -> Result<Arc<dyn MapSink>> {
        let (extensions, broken_off_by) = match keep {
            Keep::Geometry => (Vec::new(), None),
            Keep::Extensions => Image::extensions(self)?,
        };
        Ok(Arc::new(Sink::of_image(&self.header, extensions, broken_off_by)))
    }

    fn most_extension_bytes(&self) -> u64 {
        let first = self.header.standard.first_voxel_offset();
        let end = self.most_behind_header.unwrap_or(self.header.voxel_offset);
        end.saturating_sub(first).min(MOST_EXTENSION_BYTES)
    }
}
