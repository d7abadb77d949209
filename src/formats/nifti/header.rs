//! A header, checked field by field: which of its fields can be believed, and what they mean
//! together.

use super::encoding::{contradicting_bits, voxel_encoding};
use super::fields::{Fields, Standard};
use super::orientation;
use crate::error::{Error, Result};
use crate::formats::stored::{Layout, OtherSize};
use crate::formats::{Geometry, Time, TimeUnit, VoxelEncoding};
use crate::voxels::ByteOrder;
use std::path::Path;

/// The value of `dim[1]` where a vector is too long for it, whose length FreeSurfer writes into `glmin`
/// (its `save_nifti.m`; nibabel's `Nifti1Header.get_data_shape` reads it so).
pub(super) const LENGTH_IN_GLMIN: i64 = -1;

/// The contents of a valid header.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Header {
    pub standard: Standard,
    /// Whether the voxels are in a file of their own.
    pub is_of_pair: bool,
    pub geometry: Geometry,
    pub time: Time,
    pub encoding: VoxelEncoding,
    /// The order of the bytes of each number in the file.
    pub byte_order: ByteOrder,
    /// Where the first voxel lies in the (decompressed) file, in bytes.
    pub voxel_offset: u64,
    /// The fields, mended where they cannot be.
    pub fields: Fields,
    /// The fields that contradict each other, and what was made of them, in words.
    pub mended: Vec<String>,
    /// The size of a sample in bits by `bitpix`, if that is not the datatype's.
    pub other_bits: Option<i16>,
    /// The header as it is stored.
    pub bytes: Vec<u8>,
}

impl Header {
    /// The header in the first bytes of a decompressed file; `head` holds as many of them
    /// as there are, up to 540. A remedy may speak of its file, `path`.
    ///
    /// # Errors
    /// What makes the header unusable, without the file's name.
    pub(super) fn parse(head: &[u8], path: &Path) -> Result<Header> {
        Header::with_shape(head, path, shape)
    }

    /// The header of a CIFTI-2 file: its grid is a row for each of its points, `dim[6]`, and its volumes
    /// are what stands along a row, `dim[5]`.
    ///
    /// # Errors
    /// Those of [`parse`](Header::parse).
    pub fn of_matrix(head: &[u8], path: &Path) -> Result<Header> {
        Header::with_shape(head, path, |fields, _| {
            let length = |axis: usize| {
                let length = usize::try_from(fields.dim[axis]).ok().filter(|&it| it > 0);
                length.ok_or_else(|| {
                    damaged(&format!(
                        "dim[{axis}] is {}, expected a positive length",
                        fields.dim[axis]
                    ))
                })
            };
            Ok(([length(6)?, 1, 1], length(5)?))
        })
    }

    fn with_shape(
        head: &[u8],
        path: &Path,
        shape: impl Fn(&Fields, Standard) -> Result<([usize; 3], usize)>,
    ) -> Result<Header> {
        let (standard, byte_order) = standard(head)?;
        check_magic(head, standard, path)?;
        let is_of_pair = has_magic(head, standard.pair_magic());
        let mut fields = Fields::read(head, standard, byte_order);
        let (shape, volumes) = shape(&fields, standard)?;
        let encoding = voxel_encoding(&fields)?;
        let mut mended = orientation::mend(&mut fields, standard);
        if fields.dim[1] == LENGTH_IN_GLMIN {
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
            standard,
            is_of_pair,
            geometry: orientation::geometry(&fields, shape, standard),
            time: time(&fields, volumes),
            encoding,
            byte_order,
            voxel_offset: voxel_offset(fields.vox_offset, standard, is_of_pair)?,
            fields,
            mended,
            other_bits,
            bytes: head[..standard.header_bytes()].to_vec(),
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

    /// This header, if its voxels are where its magic says.
    ///
    /// # Errors
    /// That they are not, without the file's name.
    pub(super) fn of_pair_if(self, is_of_pair: bool) -> Result<Header> {
        if self.is_of_pair == is_of_pair {
            return Ok(self);
        }
        Err(match is_of_pair {
            true => Error::mismatch(
                "the header of a single file where that of a .hdr/.img pair is expected",
            )
            .remedy("bring the header of the pair, or name the single file .nii"),
            false => Error::unsupported(
                "the header of a .hdr/.img pair, whose name does not end in .hdr",
            )
            .remedy("give both halves their names: run.hdr and run.img"),
        })
    }

    /// Fields that only NIfTI has, by their names: how the voxels lie, and what the image is meant to be.
    pub fn particulars(&self) -> Vec<(&'static str, String)> {
        let fields = &self.fields;
        let form = |code: i32| match code {
            0 => "0, not set".to_owned(),
            1 => "1, scanner".to_owned(),
            2 => "2, aligned to another image".to_owned(),
            3 => "3, Talairach".to_owned(),
            4 => "4, MNI152".to_owned(),
            5 => "5, a template".to_owned(),
            other => other.to_string(),
        };
        let mut particulars =
            vec![("sform_code", form(fields.sform_code)), ("qform_code", form(fields.qform_code))];
        if fields.intent_code != 0 {
            let name = text(&fields.intent_name);
            let name = if name.is_empty() { name } else { format!(", {name}") };
            particulars.push(("intent_code", format!("{}{name}", fields.intent_code)));
        }
        particulars
    }

    /// The image in the words of the program that wrote it (`descrip`).
    pub fn description(&self) -> String {
        text(&self.fields.descrip)
    }
}

/// The time of a header: the step of the axis that [`shape`] takes for time.
fn time(fields: &Fields, volumes: usize) -> Time {
    let unit = match fields.xyzt_units & 0b11_1000 {
        8 => TimeUnit::Second,
        16 => TimeUnit::Millisecond,
        24 => TimeUnit::Microsecond,
        _ => TimeUnit::Unknown,
    };
    let has_axis = fields.dim[0] > 3;
    let time_axis = if fields.dim[0] >= 5 && fields.dim[4] == 1 { 5 } else { 4 };
    let step = decimal(fields.pixdim[time_axis]);
    let tr = Some(step * unit.seconds()).filter(|&tr| tr > 0.0 && tr.is_finite());
    let tr_seconds = tr.filter(|_| has_axis);
    Time { volumes, has_axis, tr_seconds, tr_place: "pixdim[4] in its header", unit }
}

/// The number that was meant where it was stored in 32 bits, now or once: 2.2, not 2.200000047683716.
fn decimal(number: f64) -> f64 {
    let short = number as f32;
    match f64::from(short) == number {
        true => short.to_string().parse().unwrap_or(number),
        false => number,
    }
}

/// A field of text up to its first zero byte.
fn text(field: &[u8]) -> String {
    let text = field.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).trim().to_owned()
}

/// Which standard a header follows, and its order of bytes, by `sizeof_hdr`.
fn standard(head: &[u8]) -> Result<(Standard, ByteOrder)> {
    if head.is_empty() {
        return Err(Error::damaged("empty file, expected a NIfTI image"));
    }
    let size = |from_bytes: fn([u8; 4]) -> i32| {
        head.first_chunk().map(|&bytes: &[u8; 4]| from_bytes(bytes))
    };
    let (little, big) = (size(i32::from_le_bytes), size(i32::from_be_bytes));
    for (order, found) in [(ByteOrder::Little, little), (ByteOrder::Big, big)] {
        for standard in [Standard::One, Standard::Two] {
            if found != Some(standard.header_bytes() as i32) {
                continue;
            }
            if head.len() < standard.header_bytes() {
                return Err(Error::damaged(format!(
                    "truncated: {} bytes, where a {} header alone takes {}",
                    head.len(),
                    standard.name(),
                    standard.header_bytes()
                )));
            }
            return Ok((standard, order));
        }
    }
    for standard in [Standard::One, Standard::Two] {
        let magic = [standard.single_magic(), standard.pair_magic()];
        if magic.iter().any(|it| has_magic(head, *it)) {
            let (size, expected) = (little.unwrap_or_default(), standard.header_bytes());
            return Err(damaged(&format!("sizeof_hdr is {size}, expected {expected}")));
        }
    }
    Err(Error::format("not a NIfTI image: expected a NIfTI header at its beginning"))
}

/// Whether this is the beginning of a single file.
pub(super) fn is_single(head: &[u8]) -> bool {
    [Standard::One, Standard::Two].iter().any(|it| has_magic(head, it.single_magic()))
}

/// Whether this is the beginning of the header of a pair.
pub(super) fn is_pair(head: &[u8]) -> bool {
    [Standard::One, Standard::Two].iter().any(|it| has_magic(head, it.pair_magic()))
}

/// Whether these bytes of a file's beginning are there.
fn has_magic(head: &[u8], (at, magic): (usize, &[u8])) -> bool {
    head.get(at..).is_some_and(|it| it.starts_with(magic))
}

fn check_magic(head: &[u8], standard: Standard, path: &Path) -> Result<()> {
    let magic = [standard.single_magic(), standard.pair_magic()];
    if magic.iter().any(|it| has_magic(head, *it)) {
        return Ok(());
    }
    Err(match standard {
        Standard::One => Error::unsupported(
            "a header of 348 bytes without the magic of NIfTI-1, as ANALYZE 7.5 has: nothing says \
             which side of the head is left, nor how the voxels lie",
        )
        .remedy(format!(
            "convert it, and look at the sides, with nibabel: \
             nib.save(nib.load('{}'), 'run.nii.gz')",
            path.display()
        )),
        // nifti2.h: the bytes behind the letters tell whether ends of lines were changed.
        Standard::Two if head[4..].starts_with(b"n+2") || head[4..].starts_with(b"ni2") => {
            Error::damaged(
                "the end of its NIfTI-2 magic was changed, as by a transfer that took it for text",
            )
            .remedy("copy it again, as binary")
        }
        Standard::Two => Error::format("a header of 540 bytes without the magic of NIfTI-2"),
    })
}

/// Spatial shape and number of time points: 1 to 3 dimensions are one volume, time is the
/// fourth, or the fifth where the fourth is a singleton. Of a long vector `glmin` has the length.
fn shape(fields: &Fields, standard: Standard) -> Result<([usize; 3], usize)> {
    let (dim, glmin) = (fields.dim, fields.glmin);
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
            _ if axis == 1 && standard == Standard::One && is_long_vector(dim) => {
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
            let lengths: Vec<String> = dim[1..=used].iter().map(i64::to_string).collect();
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
fn is_long_vector(dim: [i64; 8]) -> bool {
    let is_one = |axis: usize| (dim[0] as usize) < axis || dim[axis] == 1;
    dim[1] == LENGTH_IN_GLMIN && is_one(2) && is_one(3)
}

/// nifti1.h, nifti2.h: voxels of a single file begin at `vox_offset`, an integer of at least 352 or
/// 544; 0 is left by writers that never set it and means just that. Those of a pair have a file of
/// their own, in which it is any.
fn voxel_offset(vox_offset: f64, standard: Standard, is_of_pair: bool) -> Result<u64> {
    let first = if is_of_pair { 0 } else { standard.first_voxel_offset() };
    if vox_offset == 0.0 {
        return Ok(first);
    }
    if vox_offset >= first as f64 && vox_offset.fract() == 0.0 {
        return Ok(vox_offset as u64);
    }
    Err(damaged(&format!(
        "vox_offset is {vox_offset}, expected a whole number of at least {first}"
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
        for (axis, size) in [3.0_f32, 3.0, 4.0, 2.2].into_iter().enumerate() {
            head[80 + 4 * axis..84 + 4 * axis].copy_from_slice(&size.to_le_bytes());
        }
        head[108..112].copy_from_slice(&352_f32.to_le_bytes());
        head[344..348].copy_from_slice(b"n+1\0");
        head
    }

    fn parse(head: &[u8]) -> Result<Header> {
        Header::parse(head, Path::new("run.hdr"))
    }

    #[test]
    fn the_voxels_of_a_pair_begin_anywhere_in_their_file() {
        for (magic, offset, is_at) in [("ni1", 0.0_f32, 0), ("ni1", 16.0, 16), ("n+1", 0.0, 352)] {
            let mut head = head();
            head[344..347].copy_from_slice(magic.as_bytes());
            head[108..112].copy_from_slice(&offset.to_le_bytes());
            let header = parse(&head).unwrap();
            assert_eq!((header.is_of_pair, header.voxel_offset), (magic == "ni1", is_at));
        }
    }

    fn with(offset: usize, bytes: &[u8]) -> Result<Header> {
        changed(head(), offset, bytes)
    }

    /// The same header as NIfTI-2.
    fn head_of_two() -> Vec<u8> {
        let mut fields = Fields::read(&head(), Standard::One, ByteOrder::Little);
        fields.vox_offset = 544.0;
        fields.to_bytes(Standard::Two)
    }

    fn changed(mut head: Vec<u8>, offset: usize, bytes: &[u8]) -> Result<Header> {
        head[offset..offset + bytes.len()].copy_from_slice(bytes);
        parse(&head)
    }

    #[test]
    fn a_plain_header_is_understood() {
        let header = parse(&head()).unwrap();
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
    fn a_header_of_64_bits_says_the_same() {
        let header = parse(&head_of_two()).unwrap();
        assert_eq!((header.standard, header.voxel_offset), (Standard::Two, 544));
        assert_eq!((header.geometry.shape, header.time.tr_seconds), ([4, 3, 2], Some(2.2)));
        let long = changed(head_of_two(), 48, &70_000_i64.to_le_bytes()).unwrap();
        assert_eq!(long.time.volumes, 70_000);
        let damaged: [(usize, &[u8], &str); 6] = [
            (0, &[29, 2], "sizeof_hdr is 541, expected 540"),
            (8, b"\n\x1a\n\0", "transfer that took it for text"),
            (16, &[0], "dim[0] is 0"),
            (24, &(-1_i64).to_le_bytes(), "dim[1] is -1, expected a positive length"),
            (168, &543_i64.to_le_bytes(), "vox_offset is 543, expected a whole number of at least"),
            (24, &(i64::MAX / 24).to_le_bytes(), "more than any file holds"),
        ];
        for (offset, bytes, says) in damaged {
            let error = changed(head_of_two(), offset, bytes).unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
    }

    #[test]
    fn unused_dimensions_may_be_zero() {
        assert_eq!(with(50, &[0; 6]).unwrap().time.volumes, 5);
    }

    #[test]
    fn a_damaged_field_is_named() {
        let damaged: [(usize, &[u8], &str); 7] = [
            (0, &[7, 0], "sizeof_hdr is 7"),
            (40, &[0, 0], "dim[0] is 0"),
            (40, &[9, 0], "dim[0] is 9"),
            (44, &[0, 0], "dim[2] is 0"),
            (46, &[0xFF, 0xFF], "dim[3] is -1"),
            (70, &[128, 0], "RGB24"),
            (108, &f32::NAN.to_le_bytes(), "vox_offset is NaN"),
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
        assert_eq!(parse(&head()).unwrap().mended, [""; 0]);
    }

    #[test]
    fn the_length_of_a_long_vector_stands_in_glmin() {
        let vector = |glmin: i32| {
            let mut head = head();
            head[40..50].copy_from_slice(&[4, 0, 0xFF, 0xFF, 1, 0, 1, 0, 5, 0]);
            head[144..148].copy_from_slice(&glmin.to_le_bytes());
            parse(&head)
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
        assert!(parse(&head).unwrap_err().to_string().contains("more than any file"));
    }
}
