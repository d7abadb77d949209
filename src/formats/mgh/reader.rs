//! An MGH image opened for its header and its footer.

use super::footer::{Footer, MOST_TAG_BYTES, command_lines};
use super::header::{HEADER_BYTES, Header};
use crate::error::Result;
use crate::formats::codec::OpenFile;
use crate::formats::stored::Stored;
use crate::formats::{
    Geometry, Keep, MapSink, Oddity, PointsPlaces, Progress, Source, Time, TimeUnit, VoxelEncoding,
    Voxels, gifti, nifti,
};
use crate::voxels::{ByteOrder, Scaling};
use std::path::Path;
use std::sync::Arc;

/// An MGH image whose header was read and found good. Its voxels stay in the file.
#[derive(Clone, Debug)]
pub struct Image {
    header: Header,
    time: Time,
    stored: Stored,
    tag_bytes: u64,
}

impl Image {
    /// Opens the image at `path`: its header and its footer. The footer of a compressed file is behind
    /// its voxels, which are decompressed to reach it, and not held; that of a stream is not known in
    /// time.
    ///
    /// # Errors
    /// A file that cannot be opened, was not fetched, has a damaged header, or is too short for the
    /// voxels that its header claims.
    pub fn open(path: &Path) -> Result<Image> {
        Image::in_file(OpenFile::open(path)?)
    }

    /// The image in a file that was opened.
    ///
    /// # Errors
    /// Those of [`open`](Image::open).
    pub(in crate::formats) fn in_file(mut file: OpenFile) -> Result<Image> {
        let header = file.check_head(HEADER_BYTES).and_then(|()| Header::parse(&file.head));
        let header = header.map_err(|error| error.at(&file.path))?;
        let stored = Stored::in_file(file, header.layout())?;
        // What breaks off is told when the voxels are read.
        let none = Footer { tr_milliseconds: 0.0, tag_bytes: 0 };
        let footer = stored.behind_voxels().and_then(Footer::read).unwrap_or(none);
        // Through the decimal form, so that 2.2 s is not 2.200000047683716 s.
        let milliseconds: Option<f64> = footer.tr_milliseconds.to_string().parse().ok();
        let tr_seconds = milliseconds.map(|it| it / 1e3);
        let has_axis = header.volumes > 1;
        let time = Time {
            volumes: header.volumes,
            has_axis,
            tr_seconds: tr_seconds.filter(|&tr| tr > 0.0 && tr.is_finite() && has_axis),
            tr_place: "the TR behind its voxels",
            unit: TimeUnit::Millisecond,
        };
        Ok(Image { header, time, stored, tag_bytes: footer.tag_bytes })
    }
}

impl Source for Image {
    fn path(&self) -> &Path {
        self.stored.path()
    }

    fn format(&self) -> &'static str {
        "MGH"
    }

    fn compression(&self) -> Option<&'static str> {
        self.stored.compressed_by()
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(ByteOrder::Big)
    }

    fn geometry(&self) -> &Geometry {
        &self.header.geometry
    }

    fn places(&self) -> Result<PointsPlaces> {
        let points = self.header.geometry.points.as_ref();
        Ok(points.map(|it| PointsPlaces::of_surface(it)).unwrap_or_default())
    }

    fn map_sink(&self, keep: Keep) -> Result<Arc<dyn MapSink>> {
        let geometry = &self.header.geometry;
        Ok(match geometry.points {
            Some(_) => Arc::new(gifti::Sink::new(geometry, &Vec::new(), keep)),
            None => Arc::new(nifti::Sink::on_grid(geometry)),
        })
    }

    fn time(&self) -> &Time {
        &self.time
    }

    fn voxel_encoding(&self) -> VoxelEncoding {
        VoxelEncoding { datatype: self.header.datatype, scaling: Scaling::IDENTITY }
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
        self.stored.surplus().collect()
    }

    fn notes(&self) -> Result<Vec<String>> {
        if self.stored.stream_bytes().is_some() {
            return Ok(Vec::new());
        }
        let lines = self.stored.behind_voxels().and_then(command_lines);
        lines.map_err(|error| self.stored.stream_error(error))
    }

    fn most_extension_bytes(&self) -> u64 {
        self.tag_bytes.min(MOST_TAG_BYTES)
    }
}
