//! An image opened for its header.

use super::fields::Standard;
use super::header::{Header, has_magic};
use super::writer::{Extension, MOST_EXTENSION_BYTES, Sink};
use crate::error::{Error, Result};
use crate::formats::codec::OpenFile;
use crate::formats::stored::Stored;
use crate::formats::{Geometry, Keep, MapSink, Oddity, Source, Time, VoxelEncoding, Voxels};
use std::borrow::Cow;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// Names that say that a file is an image, or a half of one.
pub(in crate::formats) const ENDINGS: [&str; 3] = [".nii", ".hdr", ".img"];

/// Whether a content's first bytes are those of a NIfTI header.
pub(in crate::formats) fn is_nifti(head: &[u8]) -> bool {
    [Standard::One, Standard::Two].iter().any(|standard| {
        has_magic(head, standard.single_magic()) || has_magic(head, standard.pair_magic())
    })
}

/// A NIfTI single file whose header was read and found good. Its voxels stay in the file.
#[derive(Clone, Debug)]
pub struct Image {
    header: Header,
    stored: Stored,
}

impl Image {
    /// Opens the image at `path`: header only, nothing larger is read or allocated.
    ///
    /// # Errors
    /// A file that cannot be opened, was not fetched, is no NIfTI single file, has a
    /// damaged header, or is too short for the voxels that its header claims.
    pub fn open(path: &Path) -> Result<Image> {
        Image::in_file(OpenFile::open(path)?)
    }

    /// The image in a file that was opened.
    ///
    /// # Errors
    /// Those of [`open`](Image::open).
    pub(in crate::formats) fn in_file(mut file: OpenFile) -> Result<Image> {
        let header = file
            .check_head(Standard::One.header_bytes())
            .and_then(|()| Header::parse(&file.head))
            .map_err(|error| file.damage_or(error))
            .map_err(|error| beside_a_header(error, &file.path).at(&file.path))?;
        let stored = Stored::in_file(&file, header.layout())?;
        Ok(Image { header, stored })
    }

    /// The extensions of the header, in their order, and what breaks the list off, in words: one
    /// that is damaged, or so large that it is no note.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    fn extensions(&self) -> Result<(Vec<Extension>, Option<String>)> {
        let mut before_voxels = self.stored.content()?.stream.take(self.header.voxel_offset);
        let header_bytes = self.header.bytes.len() as u64;
        io::copy(&mut before_voxels.by_ref().take(header_bytes), &mut io::sink())
            .and_then(|_| Extension::read_all(before_voxels, self.header.byte_order))
            .map_err(|error| self.stored.stream_error(error))
    }
}

impl Source for Image {
    fn path(&self) -> &Path {
        self.stored.path()
    }

    fn format(&self) -> &'static str {
        self.header.standard.name()
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
        let (extensions, _) = self.extensions()?;
        Ok(extensions.iter().filter_map(Extension::text).map(str::to_owned).collect())
    }

    fn map_sink(&self, keep: Keep) -> Result<Arc<dyn MapSink>> {
        let (extensions, broken_off_by) = match keep {
            Keep::Geometry => (Vec::new(), None),
            Keep::Extensions => self.extensions()?,
        };
        Ok(Arc::new(Sink::of_image(&self.header, extensions, broken_off_by)))
    }

    fn most_extension_bytes(&self) -> u64 {
        let first = self.header.standard.first_voxel_offset();
        (self.header.voxel_offset - first).min(MOST_EXTENSION_BYTES)
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
