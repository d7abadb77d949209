//! A map as a NIfTI-1 image with the geometry of a reference image.

use super::file::Encoding;
use super::header::{FIRST_VOXEL_OFFSET, HEADER_BYTES, Header};
use crate::voxels::ByteOrder;
use flate2::{Compression, write::GzEncoder};
use nifti::NiftiHeader;
use std::io::{self, Write};

/// The most bytes that `descrip` holds, a terminating zero kept (nifti1.h).
const MOST_DESCRIPTION_BYTES: usize = 79;

/// How the values of a map are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapPrecision {
    /// 32-bit floats.
    Float32,
    /// 64-bit floats.
    Float64,
}

/// A header extension: a code that says whose it is (nifti1.h, `NIFTI_ECODE_*`), and data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    code: i32,
    data: Vec<u8>,
}

impl Extension {
    /// The extensions in the bytes between a header and its voxels, and whether damage
    /// breaks the list off: `esize` counts itself, the code and the data.
    pub(super) fn parse_all(bytes: &[u8], order: ByteOrder) -> (Vec<Extension>, bool) {
        let mut extensions = Vec::new();
        let Some((flag, mut rest)) = bytes.split_at_checked(4) else { return (extensions, false) };
        if flag[0] == 0 {
            return (extensions, false);
        }
        let number = |bytes: &[u8]| {
            let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
            match order {
                ByteOrder::Little => i32::from_le_bytes(bytes),
                ByteOrder::Big => i32::from_be_bytes(bytes),
            }
        };
        while rest.len() >= 8 {
            let size = usize::try_from(number(rest)).unwrap_or(0);
            if size < 8 || size > rest.len() {
                return (extensions, true);
            }
            extensions.push(Extension { code: number(&rest[4..]), data: rest[8..size].to_vec() });
            rest = &rest[size..];
        }
        (extensions, false)
    }

    /// Whose extension it is, if it describes the time course of the run and so is wrong
    /// beside a map: DICOM's attributes (code 2) and AFNI's (code 4).
    pub fn describes_the_time_course(&self) -> Option<&'static str> {
        match self.code {
            2 => Some("DICOM (code 2)"),
            4 => Some("AFNI (code 4)"),
            _ => None,
        }
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

/// The header of a map: the geometry of a reference image, and nothing of its time axis.
#[derive(Clone, Debug)]
pub struct MapHeader {
    fields: NiftiHeader,
    extensions: Vec<Extension>,
    precision: MapPrecision,
}

impl MapHeader {
    /// A header for maps on the grid of `reference`.
    ///
    /// Kept: sform, qform, their codes, the voxel sizes, the spatial unit, `dim_info`, and
    /// `extensions`. Everything that describes a run, a time axis, another tool's scaling
    /// or display range is reset.
    pub fn new(
        reference: &Header,
        extensions: Vec<Extension>,
        precision: MapPrecision,
    ) -> MapHeader {
        let run = &reference.fields;
        let [x, y, z] = reference.shape.map(|length| length as u16);
        let (datatype, bitpix) = match precision {
            MapPrecision::Float32 => (16, 32),
            MapPrecision::Float64 => (64, 64),
        };
        let extension_bytes: usize = extensions.iter().map(Extension::bytes).sum();
        let [qfac, dx, dy, dz, ..] = run.pixdim;
        let fields = NiftiHeader {
            sizeof_hdr: HEADER_BYTES as i32,
            regular: b'r',
            dim_info: run.dim_info,
            dim: [3, x, y, z, 1, 1, 1, 1],
            datatype,
            bitpix,
            pixdim: [qfac, dx, dy, dz, 0.0, 0.0, 0.0, 0.0],
            vox_offset: FIRST_VOXEL_OFFSET as f32 + extension_bytes as f32,
            scl_slope: 1.0,
            scl_inter: 0.0,
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
            magic: *b"n+1\0",
            // The rest is zero: no intent, slice timing, display range, names or notes.
            ..NiftiHeader::default()
        };
        MapHeader { fields, extensions, precision }
    }

    /// The same header for a map called `intent_name` (15 bytes count), described in
    /// `description` (79 bytes count).
    pub fn named(&self, intent_name: &str, description: &str) -> MapHeader {
        let mut header = self.clone();
        header.fields.intent_name = fixed(intent_name.as_bytes(), 15);
        header.fields.descrip =
            fixed::<80>(description.as_bytes(), MOST_DESCRIPTION_BYTES).to_vec();
        header
    }

    /// The header as it stands in the file, little-endian, in the order of nifti1.h.
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
        to.write_all(&bytes)
    }
}

/// The first `most` bytes of `text`, the rest zero.
fn fixed<const LENGTH: usize>(text: &[u8], most: usize) -> [u8; LENGTH] {
    let mut field = [0; LENGTH];
    let count = text.len().min(most);
    field[..count].copy_from_slice(&text[..count]);
    field
}

/// Writes the values of a map in the order of the file, first axis fastest, as a little-endian
/// single file. The same values and header give the same bytes: a gzip header carries no time stamp.
///
/// # Errors
/// Those of writing `to`.
///
/// # Panics
/// If the header's grid has another number of voxels.
pub fn write_map(
    to: &mut dyn Write,
    encoding: Encoding,
    header: &MapHeader,
    values: impl ExactSizeIterator<Item = f64>,
) -> io::Result<()> {
    match encoding {
        Encoding::Plain => write_plain(to, header, values),
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(to, Compression::fast());
            write_plain(&mut encoder, header, values)?;
            encoder.finish().map(drop)
        }
    }
}

fn write_plain(
    to: &mut dyn Write,
    header: &MapHeader,
    values: impl ExactSizeIterator<Item = f64>,
) -> io::Result<()> {
    let [_, x, y, z, ..] = header.fields.dim.map(usize::from);
    assert_eq!(values.len(), x * y * z, "a value for each voxel of the header's grid");
    header.write(to)?;
    for extension in &header.extensions {
        extension.write(to)?;
    }
    let mut bytes = Vec::with_capacity(64 * 1024);
    for value in values {
        match header.precision {
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
        assert_eq!(Extension::parse_all(&bytes, ByteOrder::Little), (whole.clone(), false));
        bytes.extend(99_i32.to_le_bytes());
        bytes.extend(4_i32.to_le_bytes());
        assert_eq!(Extension::parse_all(&bytes, ByteOrder::Little), (whole, true));
        bytes[0] = 0;
        assert_eq!(Extension::parse_all(&bytes, ByteOrder::Little), (vec![], false));
    }
}
