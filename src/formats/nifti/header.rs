//! A NIfTI-1 header, checked field by field.
//!
//! The `nifti` crate turns the 348 bytes into fields; which of them can be believed, and
//! what they mean together, is decided here. Field names are those of nifti1.h.

use super::encoding::{contradicting_bits, voxel_encoding};
use super::orientation;
use crate::error::{Error, Result};
use crate::formats::stored::{Layout, OtherSize};
use crate::formats::{Geometry, Time, TimeUnit, VoxelEncoding};
use crate::voxels::ByteOrder;
use nifti::NiftiHeader;

/// Bytes of a NIfTI-1 header, and the value of its `sizeof_hdr`.
pub(super) const HEADER_BYTES: usize = 348;
/// Where the voxels of a single file begin at the earliest: after the header and the four
/// bytes that tell of extensions.
pub(super) const FIRST_VOXEL_OFFSET: u64 = 352;
/// Bytes of a NIfTI-2 header, and the value of its `sizeof_hdr`.
pub(super) const NIFTI_2_HEADER_BYTES: usize = 540;

/// The value of `dim[1]` where a vector is too long for it, whose length FreeSurfer writes into `glmin`
/// (its `save_nifti.m`; nibabel's `Nifti1Header.get_data_shape` reads it so).
pub(super) const LENGTH_IN_GLMIN: i16 = -1;

/// The contents of a valid header.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub geometry: Geometry,
    pub time: Time,
    pub encoding: VoxelEncoding,
    /// The order of the bytes of each number in the file.
    pub byte_order: ByteOrder,
    /// Where the first voxel lies in the (decompressed) file, in bytes.
    pub voxel_offset: u64,
    /// The fields, mended where they cannot be.
    pub fields: NiftiHeader,
    /// The fields that contradict each other, and what was made of them, in words.
    pub mended: Vec<String>,
    /// The size of a sample in bits by `bitpix`, if that is not the datatype's.
    pub other_bits: Option<i16>,
    /// The header as it is stored.
    pub bytes: [u8; HEADER_BYTES],
}

impl Header {
    /// The header in the first bytes of a decompressed file; `head` holds as many of them
    /// as there are, up to 540.
    ///
    /// # Errors
    /// What makes the header unusable, without the file's name.
    pub(super) fn parse(head: &[u8]) -> Result<Header> {
        let byte_order = byte_order(head)?;
        check_magic(head)?;
        let field = |offset: usize| {
            let bytes = [head[offset], head[offset + 1]];
            match byte_order {
                ByteOrder::Little => i16::from_le_bytes(bytes),
                ByteOrder::Big => i16::from_be_bytes(bytes),
            }
        };
        // The crate keeps dimensions unsigned and guesses the byte order from dim[0], so
        // they are read here, before it sees them.
        let dim: [i16; 8] = std::array::from_fn(|axis| field(40 + 2 * axis));
        let mut fields = NiftiHeader::from_reader(&head[..HEADER_BYTES])
            .map_err(|error| Error::damaged(format!("damaged NIfTI-1 header: {error}")))?;
        let (shape, volumes) = shape(dim, fields.glmin)?;
        let encoding = voxel_encoding(&fields)?;
        let mut mended = orientation::mend(&mut fields);
        if dim[1] == LENGTH_IN_GLMIN {
            mended.push(format!(
                "dim[1] is -1, and the length {} was taken from glmin, as FreeSurfer writes long \
                 vectors",
                shape[0]
            ));
        }
        let other_bits = contradicting_bits(&fields, encoding.datatype);
        if let Some(bits) = other_bits {
            mended.push(format!(
                "bitpix {bits} contradicts datatype {} ({}), which was believed",
                fields.datatype, encoding.datatype
            ));
        }
        let header = Header {
            geometry: orientation::geometry(&fields, shape),
            time: time(&fields, dim, volumes),
            encoding,
            byte_order,
            voxel_offset: voxel_offset(fields.vox_offset)?,
            fields,
            mended,
            other_bits,
            bytes: std::array::from_fn(|at| head[at]),
        };
        Layout::check(shape, volumes, header.encoding.datatype, header.voxel_offset)?;
        Ok(header)
    }

    /// The place of the voxels in the file, and how they are stored.
    pub fn layout(&self) -> Layout {
        let (datatype, code) = (self.encoding.datatype, self.fields.datatype);
        Layout {
            offset: self.voxel_offset,
            byte_order: self.byte_order,
            datatype,
            voxels: self.geometry.voxels(),
            volumes: self.time.volumes,
            other_size: self.other_bits.map(|bits| OtherSize {
                bits,
                contradiction: format!("bitpix {bits} contradicts datatype {code} ({datatype})"),
            }),
        }
    }

    /// The image in the words of the program that wrote it (`descrip`).
    pub fn description(&self) -> String {
        text(&self.fields.descrip)
    }
}

/// The time of a header: the step of the axis that [`shape`] takes for time.
fn time(fields: &NiftiHeader, dim: [i16; 8], volumes: usize) -> Time {
    let unit = match fields.xyzt_units & 0b11_1000 {
        8 => TimeUnit::Second,
        16 => TimeUnit::Millisecond,
        24 => TimeUnit::Microsecond,
        _ => TimeUnit::Unknown,
    };
    let has_axis = dim[0] > 3;
    let time_axis = if dim[0] >= 5 && dim[4] == 1 { 5 } else { 4 };
    // Through the decimal form, so that 2.2 s is not 2.200000047683716 s.
    let step: Option<f64> = fields.pixdim[time_axis].to_string().parse().ok();
    let tr = step.map(|step| step * unit.seconds()).filter(|&tr| tr > 0.0 && tr.is_finite());
    let tr_seconds = tr.filter(|_| has_axis);
    Time { volumes, has_axis, tr_seconds, tr_place: "pixdim[4] in its header", unit }
}

/// A field of text up to its first zero byte.
fn text(field: &[u8]) -> String {
    let text = field.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).trim().to_owned()
}

/// Tells little from big endian by `sizeof_hdr`, and NIfTI-1 from what is none.
fn byte_order(head: &[u8]) -> Result<ByteOrder> {
    if head.is_empty() {
        return Err(Error::damaged("empty file, expected a NIfTI image"));
    }
    let size = |from_bytes: fn([u8; 4]) -> i32| {
        head.first_chunk().map(|&bytes: &[u8; 4]| from_bytes(bytes))
    };
    let (little, big) = (size(i32::from_le_bytes), size(i32::from_be_bytes));
    for (order, found) in [(ByteOrder::Little, little), (ByteOrder::Big, big)] {
        if found == Some(HEADER_BYTES as i32) {
            if head.len() < HEADER_BYTES {
                return Err(Error::damaged(format!(
                    "truncated: {} bytes, where a NIfTI-1 header alone takes {HEADER_BYTES}",
                    head.len()
                )));
            }
            return Ok(order);
        }
        if found == Some(NIFTI_2_HEADER_BYTES as i32) {
            return Err(nifti_2_error(head, order));
        }
    }
    let magic = head.get(344..348);
    if magic == Some(b"n+1\0") || magic == Some(b"ni1\0") {
        let size = little.unwrap_or_default();
        return Err(damaged(&format!("sizeof_hdr is {size}, expected 348")));
    }
    Err(Error::format("not a NIfTI image: expected a NIfTI-1 header at its beginning"))
}

/// The refusal of a NIfTI-2 file, CIFTI named as such (intent codes 3000 to 3099).
fn nifti_2_error(head: &[u8], order: ByteOrder) -> Error {
    let intent =
        head.get(504..508).and_then(|bytes| bytes.first_chunk()).map(|&bytes| match order {
            ByteOrder::Little => i32::from_le_bytes(bytes),
            ByteOrder::Big => i32::from_be_bytes(bytes),
        });
    match intent {
        Some(3000..=3099) => {
            Error::unsupported("a CIFTI-2 file, expected NIfTI-1: CIFTI is not read yet")
                .remedy("give the volume data of the same run")
        }
        _ => Error::unsupported("a NIfTI-2 image, expected NIfTI-1: NIfTI-2 is not read yet")
            .remedy(
                "convert it, with nibabel: nib.save(nib.Nifti1Image.from_image(nib.load(FILE)), \
                     'run.nii.gz')",
            ),
    }
}

fn check_magic(head: &[u8]) -> Result<()> {
    match &head[344..HEADER_BYTES] {
        b"n+1\0" => Ok(()),
        b"ni1\0" => Err(Error::unsupported(
            "the header of a .hdr/.img pair, expected a single file: pairs are not read yet",
        )
        .remedy("convert it, with nibabel: nib.save(nib.load(FILE), 'run.nii.gz')")),
        _ => Err(Error::format(
            "no NIfTI-1 magic after a header of 348 bytes (an ANALYZE 7.5 header?), expected \"n+1\"",
        )),
    }
}

/// Spatial shape and number of time points: 1 to 3 dimensions are one volume, time is the
/// fourth, or the fifth where the fourth is a singleton. Of a long vector `glmin` has the length.
fn shape(dim: [i16; 8], glmin: i32) -> Result<([usize; 3], usize)> {
    if !(1..=7).contains(&dim[0]) {
        return Err(damaged(&format!(
            "dim[0] is {}, expected the number of dimensions, 1 to 7",
            dim[0]
        )));
    }
    let used = dim[0] as usize;
    let mut lengths = [1; 8];
    for axis in 1..=used {
        lengths[axis] = match usize::try_from(dim[axis]) {
            Ok(length) if length > 0 => length,
            _ if axis == 1 && is_long_vector(dim) => {
                usize::try_from(glmin).ok().filter(|&length| length > 0).ok_or_else(|| {
                    damaged(&format!(
                        "dim[1] is -1 and glmin, where the length would be, is {glmin}"
                    ))
                })?
            }
            _ => {
                let problem = format!("dim[{axis}] is {}, expected a positive length", dim[axis]);
                return Err(damaged(&problem));
            }
        };
    }
    let length = |axis: usize| lengths[axis];
    let volumes = match [length(4), length(5), length(6), length(7)] {
        [t, 1, 1, 1] | [1, t, 1, 1] => t,
        _ => {
            let lengths: Vec<String> = dim[1..=used].iter().map(i16::to_string).collect();
            return Err(Error::unsupported(format!(
                "{} dimensions ({}), expected three of space and one of time",
                used,
                lengths.join("x")
            )));
        }
    };
    Ok(([length(1), length(2), length(3)], volumes))
}

/// Whether the length of the first axis stands in `glmin`.
fn is_long_vector(dim: [i16; 8]) -> bool {
    let is_one = |axis: usize| (dim[0] as usize) < axis || dim[axis] == 1;
    dim[1] == LENGTH_IN_GLMIN && is_one(2) && is_one(3)
}

/// nifti1.h: voxels of a single file begin at `vox_offset`, an integer of at least 352;
/// 0 is left by writers that never set it and means 352.
fn voxel_offset(vox_offset: f32) -> Result<u64> {
    if vox_offset == 0.0 {
        return Ok(FIRST_VOXEL_OFFSET);
    }
    if vox_offset >= FIRST_VOXEL_OFFSET as f32 && vox_offset.fract() == 0.0 {
        return Ok(vox_offset as u64);
    }
    Err(damaged(&format!(
        "vox_offset is {vox_offset}, expected a whole number of at least {FIRST_VOXEL_OFFSET}"
    )))
}

/// The error for a header that no program should have written.
pub(super) fn damaged(problem: &str) -> Error {
    Error::damaged(format!("{problem}: the header is damaged")).remedy("copy or convert it again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voxels::Datatype;

    /// A little-endian 4x3x2x5 int16 header with magic "n+1".
    fn head() -> Vec<u8> {
        let mut head = vec![0; 352];
        head[0..4].copy_from_slice(&348_i32.to_le_bytes());
        for (axis, length) in [4_i16, 4, 3, 2, 5, 1, 1, 1].into_iter().enumerate() {
            head[40 + 2 * axis..42 + 2 * axis].copy_from_slice(&length.to_le_bytes());
        }
        head[70..72].copy_from_slice(&4_i16.to_le_bytes());
        head[72..74].copy_from_slice(&16_i16.to_le_bytes());
        head[92..96].copy_from_slice(&2.2_f32.to_le_bytes());
        head[108..112].copy_from_slice(&352_f32.to_le_bytes());
        head[344..348].copy_from_slice(b"n+1\0");
        head
    }

    fn with(offset: usize, bytes: &[u8]) -> Result<Header> {
        let mut head = head();
        head[offset..offset + bytes.len()].copy_from_slice(bytes);
        Header::parse(&head)
    }

    #[test]
    fn a_plain_header_is_understood() {
        let header = Header::parse(&head()).unwrap();
        assert_eq!((header.geometry.shape, header.time.volumes), ([4, 3, 2], 5));
        assert_eq!(header.encoding.datatype, Datatype::Int16);
        assert_eq!((header.byte_order, header.voxel_offset), (ByteOrder::Little, 352));
        assert_eq!((header.time.tr_seconds, header.time.has_axis), (Some(2.2), true));
    }

    #[test]
    fn a_time_unit_of_milliseconds_is_honoured() {
        let header = with(123, &[2 + 16]).unwrap();
        assert_eq!(header.time.tr_seconds, Some(0.0022));
    }

    #[test]
    fn time_may_lie_in_the_fifth_dimension() {
        let header = with(40, &[5, 0, 4, 0, 3, 0, 2, 0, 1, 0, 7, 0]).unwrap();
        assert_eq!(header.time.volumes, 7);
        assert!(with(40, &[5, 0, 4, 0, 3, 0, 2, 0, 2, 0, 7, 0]).is_err());
    }

    #[test]
    fn a_description_ends_at_its_first_zero() {
        let header = with(148, b"tsnr 0.1.0: mean/std\0what was there before").unwrap();
        assert_eq!(header.description(), "tsnr 0.1.0: mean/std");
        assert_eq!(with(148, &[0xFF; 80]).unwrap().description(), "\u{fffd}".repeat(80));
    }

    #[test]
    fn unused_dimensions_may_be_zero() {
        assert_eq!(with(50, &[0; 6]).unwrap().time.volumes, 5);
    }

    #[test]
    fn a_damaged_field_is_named() {
        let damaged: [(usize, &[u8], &str); 8] = [
            (0, &[7, 0], "sizeof_hdr is 7"),
            (40, &[0, 0], "dim[0] is 0"),
            (40, &[9, 0], "dim[0] is 9"),
            (44, &[0, 0], "dim[2] is 0"),
            (46, &[0xFF, 0xFF], "dim[3] is -1"),
            (70, &[128, 0], "RGB24"),
            (108, &f32::NAN.to_le_bytes(), "vox_offset is NaN"),
            (344, b"ni1", ".hdr/.img pair"),
        ];
        for (offset, bytes, says) in damaged {
            let error = with(offset, bytes).unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
    }

    #[test]
    fn a_bitpix_that_contradicts_the_datatype_is_told_and_not_believed() {
        let header = with(72, &[0, 0]).unwrap();
        assert_eq!((header.encoding.datatype, header.other_bits), (Datatype::Int16, Some(0)));
        let says = "bitpix 0 contradicts datatype 4 (int16), which was believed";
        assert_eq!(header.mended, [says]);
        assert_eq!(Header::parse(&head()).unwrap().mended, [""; 0]);
    }

    #[test]
    fn the_length_of_a_long_vector_stands_in_glmin() {
        let vector = |glmin: i32| {
            let mut head = head();
            head[40..50].copy_from_slice(&[4, 0, 0xFF, 0xFF, 1, 0, 1, 0, 5, 0]);
            head[144..148].copy_from_slice(&glmin.to_le_bytes());
            Header::parse(&head)
        };
        let header = vector(163_842).unwrap();
        assert_eq!((header.geometry.shape, header.time.volumes), ([163_842, 1, 1], 5));
        assert!(header.mended[0].contains("the length 163842 was taken from glmin"));
        for glmin in [0, -7] {
            let error = vector(glmin).unwrap_err().to_string();
            assert!(error.contains("dim[1] is -1 and glmin"), "{error}");
        }
        assert!(with(42, &[0xFF, 0xFF]).unwrap_err().to_string().contains("dim[1] is -1"));
    }

    #[test]
    fn a_size_beyond_all_files_is_refused() {
        // float64 of 32767 along seven axes would need 2^108 bytes; four are the most that
        // a run has, and the offset may still push them over.
        let mut head = head();
        head[70..74].copy_from_slice(&[64, 0, 64, 0]);
        for axis in 1..5 {
            head[40 + 2 * axis..42 + 2 * axis].copy_from_slice(&i16::MAX.to_le_bytes());
        }
        head[108..112].copy_from_slice(&1e19_f32.to_le_bytes());
        assert!(Header::parse(&head).unwrap_err().to_string().contains("more than any file"));
    }
}
