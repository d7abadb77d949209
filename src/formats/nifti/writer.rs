//! Maps as little-endian NIfTI-1 single files with the geometry of an image.

use super::header::{FIRST_VOXEL_OFFSET, HEADER_BYTES, Header, LENGTH_IN_GLMIN};
use super::orientation::unit_code;
use crate::error::{Error, Result};
use crate::formats::{Encoding, Geometry, MapFile, MapPrecision, MapSink, Orientation};
use crate::voxels::ByteOrder;
use flate2::{Compression, write::GzEncoder};
use nifti::NiftiHeader;
use std::io::{self, Read, Write};
use std::path::Path;

/// The most bytes that `descrip` holds, a terminating zero kept (nifti1.h).
const MOST_DESCRIPTION_BYTES: usize = 79;

/// The most bytes that `intent_name` holds, likewise.
const MOST_NAME_BYTES: usize = 15;

/// A space that the image is aligned to (nifti1.h, `NIFTI_XFORM_ALIGNED_ANAT`).
const ALIGNED: i16 = 2;

/// The code of an extension that holds text (nifti1.h, `NIFTI_ECODE_COMMENT`).
const COMMENT: i32 = 6;

/// The most bytes of a file's extensions that are held: they are notes, of kilobytes.
pub(super) const MOST_EXTENSION_BYTES: u64 = 4 * 1024 * 1024;

impl Encoding {
    /// The encoding that the name of a file to be written asks for: `.nii` or `.nii.gz`, or nothing
    /// that can be written. The case of its letters does not matter.
    pub fn of_output_name(path: &Path) -> Option<Encoding> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        if name.ends_with(".nii.gz") {
            Some(Encoding::Gzip)
        } else {
            name.ends_with(".nii").then_some(Encoding::Plain)
        }
    }
}

/// A header extension: a code that says whose it is (nifti1.h, `NIFTI_ECODE_*`), and data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extension {
    code: i32,
    data: Vec<u8>,
}

impl Extension {
    /// The extensions in what stands between a header and its voxels, and what breaks the list off,
    /// in words, if something does. `esize` counts itself, the code and the data; what it claims is
    /// held only as far as it is there, and up to [`MOST_EXTENSION_BYTES`] of all.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn read_all(
        mut from: impl Read,
        order: ByteOrder,
    ) -> io::Result<(Vec<Extension>, Option<String>)> {
        let mut extensions = Vec::new();
        let mut next = |bytes: u64| {
            let mut read = Vec::new();
            from.by_ref().take(bytes).read_to_end(&mut read).map(|_| read)
        };
        let number = |bytes: &[u8]| {
            let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
            match order {
                ByteOrder::Little => i32::from_le_bytes(bytes),
                ByteOrder::Big => i32::from_be_bytes(bytes),
            }
        };
        let damaged = || Some("a damaged header extension".to_owned());
        let flag = next(4)?;
        if flag.len() < 4 || flag[0] == 0 {
            return Ok((extensions, None));
        }
        let mut room = MOST_EXTENSION_BYTES;
        loop {
            let head = next(8)?;
            if head.len() < 8 {
                return Ok((extensions, None));
            }
            let Some(size) = u64::try_from(number(&head)).ok().and_then(|it| it.checked_sub(8))
            else {
                return Ok((extensions, damaged()));
            };
            if size > room {
                let most = MOST_EXTENSION_BYTES / (1024 * 1024);
                let problem = format!("a header extension, with which they exceed {most} MiB,");
                return Ok((extensions, Some(problem)));
            }
            let data = next(size)?;
            if (data.len() as u64) < size {
                return Ok((extensions, damaged()));
            }
            room -= size;
            extensions.push(Extension { code: number(&head[4..]), data });
        }
    }

    /// The program whose extension it is, if it describes the time course of the run and so is wrong
    /// beside a map: DICOM's attributes (code 2) and AFNI's (code 4).
    fn describes_the_time_course(&self) -> Option<&'static str> {
        match self.code {
            2 => Some("DICOM (code 2)"),
            4 => Some("AFNI (code 4)"),
            _ => None,
        }
    }

    /// An extension that holds a text.
    fn comment(text: &str) -> Extension {
        Extension { code: COMMENT, data: text.as_bytes().to_vec() }
    }

    /// The text that it holds, if it is a comment, without the zeros that pad it.
    pub fn text(&self) -> Option<&str> {
        let text =
            (self.code == COMMENT).then(|| std::str::from_utf8(&self.data).ok()).flatten()?;
        Some(text.trim_end_matches('\0'))
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        // esize is a multiple of 16 (nifti1.h); a writer that broke the rule is mended.
        let size = (8 + self.data.len()).next_multiple_of(16);
        let padding = size - 8 - self.data.len();
        to.write_all(&(size as i32).to_le_bytes())?;
        to.write_all(&self.code.to_le_bytes())?;
        to.write_all(&self.data)?;
        to.write_all(&[0; 15][..padding])
    }

    fn bytes(&self) -> usize {
        (8 + self.data.len()).next_multiple_of(16)
    }
}

/// The writer of maps on one grid.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Sink {
    shape: [usize; 3],
    /// The fields that the grid gives, and zeros.
    fields: NiftiHeader,
    extensions: Vec<Extension>,
    left_out: Vec<String>,
}

impl Sink {
    /// Maps on the grid of an image. Kept: sform, qform, their codes, the voxel sizes, the spatial
    /// unit, `dim_info`, and those of `extensions` that do not describe the run. Everything that
    /// describes a time axis, another tool's scaling or display range is reset. `broken_off_by` is
    /// what broke the list of extensions off, in words.
    pub(super) fn of_image(
        image: &Header,
        extensions: Vec<Extension>,
        broken_off_by: Option<String>,
    ) -> Sink {
        let run = &image.fields;
        let [qfac, dx, dy, dz, ..] = run.pixdim;
        let fields = NiftiHeader {
            dim_info: run.dim_info,
            pixdim: [qfac, dx, dy, dz, 0.0, 0.0, 0.0, 0.0],
            xyzt_units: run.xyzt_units & 0b111,
            qform_code: run.qform_code,
            sform_code: run.sform_code,
            quatern_b: run.quatern_b,
            quatern_c: run.quatern_c,
            quatern_d: run.quatern_d,
            quatern_x: run.quatern_x,
            quatern_y: run.quatern_y,
            quatern_z: run.quatern_z,
            srow_x: run.srow_x,
            srow_y: run.srow_y,
            srow_z: run.srow_z,
            ..NiftiHeader::default()
        };
        let (of_the_run, extensions): (Vec<_>, Vec<_>) =
            extensions.into_iter().partition(|it| it.describes_the_time_course().is_some());
        let owners = of_the_run.iter().filter_map(Extension::describes_the_time_course);
        let mut left_out: Vec<String> = owners
            .map(|owner| {
                format!(
                    "its {owner} header extension describes the run and is not copied to the map"
                )
            })
            .collect();
        left_out.extend(broken_off_by.map(|what| format!("{what} is not copied to the map")));
        Sink { shape: image.geometry.shape, fields, extensions, left_out }
    }

    /// Maps on the grid of an image of another format: where its orientation is known, the affine is
    /// the sform, with the code of a space that it is aligned to, as nibabel writes it.
    ///
    /// # Errors
    /// An axis that is too long for `dim`.
    pub(in crate::formats) fn on_grid(geometry: &Geometry) -> Result<Sink> {
        if let Some(length) = geometry.shape.iter().find(|&&length| length > i16::MAX as usize) {
            return Err(Error::unsupported(format!(
                "an axis of {length} voxels, expected at most {} for a map in NIfTI-1",
                i16::MAX
            )));
        }
        let [dx, dy, dz] = geometry.voxel_sizes;
        let mut fields = NiftiHeader {
            pixdim: [1.0, dx, dy, dz, 0.0, 0.0, 0.0, 0.0],
            xyzt_units: unit_code(geometry.unit),
            qform_code: 0,
            sform_code: 0,
            srow_x: [0.0; 4],
            srow_y: [0.0; 4],
            srow_z: [0.0; 4],
            ..NiftiHeader::default()
        };
        if geometry.orientation == Orientation::Known {
            fields.sform_code = ALIGNED;
            [fields.srow_x, fields.srow_y, fields.srow_z] =
                geometry.affine.0.map(|row| row.map(|it| it as f32));
        }
        Ok(Sink { shape: geometry.shape, fields, extensions: Vec::new(), left_out: Vec::new() })
    }

    /// The header and extensions of a map.
    fn header(&self, file: &MapFile) -> MapHeader {
        let notes = file.notes.iter().map(|note| Extension::comment(note));
        let extensions: Vec<Extension> = notes.chain(self.extensions.iter().cloned()).collect();
        let extension_bytes: usize = extensions.iter().map(Extension::bytes).sum();
        // A vector that is too long for dim[1] is written as it is read.
        let ([x, y, z], glmin) = match self.shape {
            [length, 1, 1] if length > i16::MAX as usize => {
                ([LENGTH_IN_GLMIN as u16, 1, 1], length as i32)
            }
            shape => (shape.map(|length| length as u16), 0),
        };
        let (datatype, bitpix) = match file.precision {
            MapPrecision::Float32 => (16, 32),
            MapPrecision::Float64 => (64, 64),
        };
        let fields = NiftiHeader {
            sizeof_hdr: HEADER_BYTES as i32,
            regular: b'r',
            dim: [3, x, y, z, 1, 1, 1, 1],
            datatype,
            bitpix,
            vox_offset: FIRST_VOXEL_OFFSET as f32 + extension_bytes as f32,
            scl_slope: 1.0,
            scl_inter: 0.0,
            glmin,
            intent_name: fixed(file.name.as_bytes(), MOST_NAME_BYTES),
            descrip: fixed::<80>(file.description.as_bytes(), MOST_DESCRIPTION_BYTES).to_vec(),
            magic: *b"n+1\0",
            // The rest is zero: no intent, slice timing, display range, names.
            ..self.fields.clone()
        };
        MapHeader { fields, extensions }
    }
}

impl MapSink for Sink {
    fn write(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
    ) -> io::Result<()> {
        let voxels: usize = self.shape.iter().product();
        assert_eq!(values.len(), voxels, "a value for each voxel of the grid");
        match file.encoding {
            Encoding::Plain => self.write_plain(to, values, file),
            Encoding::Gzip => {
                // The gzip header carries no time stamp.
                let mut encoder = GzEncoder::new(to, Compression::fast());
                self.write_plain(&mut encoder, values, file)?;
                encoder.finish().map(drop)
            }
        }
    }

    fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

impl Sink {
    fn write_plain(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
    ) -> io::Result<()> {
        self.header(file).write(to)?;
        let mut bytes = Vec::with_capacity(64 * 1024);
        for value in values {
            match file.precision {
                MapPrecision::Float32 => bytes.extend_from_slice(&(value as f32).to_le_bytes()),
                MapPrecision::Float64 => bytes.extend_from_slice(&value.to_le_bytes()),
            }
            if bytes.len() > 64 * 1024 - 8 {
                to.write_all(&bytes)?;
                bytes.clear();
            }
        }
        to.write_all(&bytes)
    }
}

/// The header of a map, and its extensions.
struct MapHeader {
    fields: NiftiHeader,
    extensions: Vec<Extension>,
}

impl MapHeader {
    /// The header as it stands in the file, little-endian, in the order of nifti1.h, and what follows
    /// it before the voxels.
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let fields = &self.fields;
        let mut bytes = Vec::with_capacity(FIRST_VOXEL_OFFSET as usize);
        let mut put = |field: &[u8]| bytes.extend_from_slice(field);
        put(&fields.sizeof_hdr.to_le_bytes());
        put(&fields.data_type);
        put(&fields.db_name);
        put(&fields.extents.to_le_bytes());
        put(&fields.session_error.to_le_bytes());
        put(&[fields.regular, fields.dim_info]);
        fields.dim.iter().for_each(|length| put(&length.to_le_bytes()));
        put(&fields.intent_p1.to_le_bytes());
        put(&fields.intent_p2.to_le_bytes());
        put(&fields.intent_p3.to_le_bytes());
        put(&fields.intent_code.to_le_bytes());
        put(&fields.datatype.to_le_bytes());
        put(&fields.bitpix.to_le_bytes());
        put(&fields.slice_start.to_le_bytes());
        fields.pixdim.iter().for_each(|size| put(&size.to_le_bytes()));
        put(&fields.vox_offset.to_le_bytes());
        put(&fields.scl_slope.to_le_bytes());
        put(&fields.scl_inter.to_le_bytes());
        put(&fields.slice_end.to_le_bytes());
        put(&[fields.slice_code, fields.xyzt_units]);
        put(&fields.cal_max.to_le_bytes());
        put(&fields.cal_min.to_le_bytes());
        put(&fields.slice_duration.to_le_bytes());
        put(&fields.toffset.to_le_bytes());
        put(&fields.glmax.to_le_bytes());
        put(&fields.glmin.to_le_bytes());
        put(&fields.descrip);
        put(&fields.aux_file);
        put(&fields.qform_code.to_le_bytes());
        put(&fields.sform_code.to_le_bytes());
        for number in [fields.quatern_b, fields.quatern_c, fields.quatern_d] {
            put(&number.to_le_bytes());
        }
        for number in [fields.quatern_x, fields.quatern_y, fields.quatern_z] {
            put(&number.to_le_bytes());
        }
        for row in [fields.srow_x, fields.srow_y, fields.srow_z] {
            row.iter().for_each(|number| put(&number.to_le_bytes()));
        }
        put(&fields.intent_name);
        put(&fields.magic);
        put(&[u8::from(!self.extensions.is_empty()), 0, 0, 0]);
        debug_assert_eq!(bytes.len() as u64, FIRST_VOXEL_OFFSET);
        to.write_all(&bytes)?;
        self.extensions.iter().try_for_each(|extension| extension.write(to))
    }
}

/// The first `most` bytes of `text`, the rest zero.
fn fixed<const LENGTH: usize>(text: &[u8], most: usize) -> [u8; LENGTH] {
    let mut field = [0; LENGTH];
    let count = text.len().min(most);
    field[..count].copy_from_slice(&text[..count]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_end_where_damage_begins() {
        let mut bytes = vec![1, 0, 0, 0];
        bytes.extend(16_i32.to_le_bytes());
        bytes.extend(6_i32.to_le_bytes());
        bytes.extend(b"comment!");
        let whole = vec![Extension { code: 6, data: b"comment!".to_vec() }];
        let read = |bytes: &[u8]| Extension::read_all(bytes, ByteOrder::Little).unwrap();
        let damaged = Some("a damaged header extension".to_owned());
        assert_eq!(read(&bytes), (whole.clone(), None));
        for size in [99_i32, 7, -1] {
            let bytes = [&bytes[..], &size.to_le_bytes(), &4_i32.to_le_bytes()].concat();
            assert_eq!(read(&bytes), (whole.clone(), damaged.clone()), "{size}");
        }
        bytes[0] = 0;
        assert_eq!(read(&bytes), (vec![], None));
    }

    #[test]
    fn extensions_are_held_up_to_a_size_whatever_they_claim() {
        let extension = |data: u64| [(8 + data as i32).to_le_bytes(), 6_i32.to_le_bytes()].concat();
        let most = MOST_EXTENSION_BYTES;
        for (size, is_kept) in [(most - 8, true), (most, false), (i32::MAX as u64 - 8, false)] {
            let head = [vec![1, 0, 0, 0], extension(8), vec![0; 8], extension(size)].concat();
            let mut rest = io::repeat(b'c').take(size);
            let bytes = head.chain(&mut rest);
            let (kept, problem) = Extension::read_all(bytes, ByteOrder::Little).unwrap();
            assert_eq!(kept.len(), if is_kept { 2 } else { 1 }, "{size}");
            let is_said = problem.is_some_and(|it| it.contains("exceed 4 MiB"));
            assert_eq!(is_said, !is_kept, "{size}");
            assert_eq!(size - rest.limit(), if is_kept { size } else { 0 }, "bytes read");
        }
    }
}
