//! The fields of a header as its bytes have them: 348 of NIfTI-1, 540 of NIfTI-2. Names are those of
//! nifti1.h and nifti2.h. What they mean, and which can be believed, the other files decide.

use crate::formats::MapPrecision;
use crate::voxels::ByteOrder;

/// One of the two standards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::formats) enum Standard {
    /// NIfTI-1: lengths of 16 bits, other numbers of 32.
    #[default]
    One,
    /// NIfTI-2: lengths and other numbers of 64 bits.
    Two,
}

impl Standard {
    /// Bytes of a header, and the value of its `sizeof_hdr`.
    pub const fn header_bytes(self) -> usize {
        match self {
            Standard::One => 348,
            Standard::Two => 540,
        }
    }

    /// Where the voxels of a single file begin at the earliest: after the header and the four bytes
    /// that tell of extensions.
    pub const fn first_voxel_offset(self) -> u64 {
        self.header_bytes() as u64 + 4
    }

    /// The name of the format.
    pub const fn name(self) -> &'static str {
        match self {
            Standard::One => "NIfTI-1",
            Standard::Two => "NIfTI-2",
        }
    }

    /// The longest axis that `dim` holds.
    pub const fn longest_axis(self) -> u64 {
        match self {
            Standard::One => i16::MAX as u64,
            Standard::Two => i64::MAX as u64,
        }
    }

    /// The `magic` of a single file, and where it stands.
    pub const fn single_magic(self) -> (usize, &'static [u8]) {
        match self {
            Standard::One => (344, b"n+1\0"),
            Standard::Two => (4, b"n+2\0\r\n\x1a\n"),
        }
    }

    /// The `magic` of a pair, and where it stands.
    pub const fn pair_magic(self) -> (usize, &'static [u8]) {
        match self {
            Standard::One => (344, b"ni1\0"),
            Standard::Two => (4, b"ni2\0\r\n\x1a\n"),
        }
    }
}

/// The fields that are read or written. A number of 32 bits is its exact equal of 64.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::formats) struct Fields {
    pub dim_info: u8,
    pub dim: [i64; 8],
    pub intent_code: i32,
    pub datatype: i16,
    pub bitpix: i16,
    pub pixdim: [f64; 8],
    pub vox_offset: f64,
    pub scl_slope: f64,
    pub scl_inter: f64,
    pub xyzt_units: i32,
    /// Of NIfTI-1 only.
    pub glmin: i32,
    pub descrip: [u8; 80],
    pub qform_code: i32,
    pub sform_code: i32,
    /// `quatern_b`, `quatern_c`, `quatern_d`.
    pub quatern: [f64; 3],
    pub qoffset: [f64; 3],
    /// `srow_x`, `srow_y`, `srow_z`.
    pub srow: [[f64; 4]; 3],
    pub intent_name: [u8; 16],
}

impl Default for Fields {
    fn default() -> Fields {
        Fields {
            dim_info: 0,
            dim: [0; 8],
            intent_code: 0,
            datatype: 0,
            bitpix: 0,
            pixdim: [0.0; 8],
            vox_offset: 0.0,
            scl_slope: 0.0,
            scl_inter: 0.0,
            xyzt_units: 0,
            glmin: 0,
            descrip: [0; 80],
            qform_code: 0,
            sform_code: 0,
            quatern: [0.0; 3],
            qoffset: [0.0; 3],
            srow: [[0.0; 4]; 3],
            intent_name: [0; 16],
        }
    }
}

/// The datatype and the bits of values as they are stored.
pub(in crate::formats) fn datatype_of(precision: MapPrecision) -> (i16, i16) {
    match precision {
        MapPrecision::Float32 => (16, 32),
        MapPrecision::Float64 => (64, 64),
    }
}

impl Fields {
    /// The fields in the bytes of a header.
    ///
    /// # Panics
    /// If there are fewer bytes than a header has.
    pub fn read(head: &[u8], standard: Standard, order: ByteOrder) -> Fields {
        let from = Bytes { head, order };
        match standard {
            Standard::One => Fields {
                dim_info: head[39],
                dim: from.row(40, 2, |at| i64::from(from.i16(at))),
                intent_code: from.i16(68).into(),
                datatype: from.i16(70),
                bitpix: from.i16(72),
                pixdim: from.row(76, 4, |at| from.f32(at)),
                vox_offset: from.f32(108),
                scl_slope: from.f32(112),
                scl_inter: from.f32(116),
                xyzt_units: head[123].into(),
                glmin: from.i32(144),
                descrip: from.part(148),
                qform_code: from.i16(252).into(),
                sform_code: from.i16(254).into(),
                quatern: from.row(256, 4, |at| from.f32(at)),
                qoffset: from.row(268, 4, |at| from.f32(at)),
                srow: from.row(280, 16, |at| from.row(at, 4, |at| from.f32(at))),
                intent_name: from.part(328),
            },
            Standard::Two => Fields {
                dim_info: head[524],
                dim: from.row(16, 8, |at| from.i64(at)),
                intent_code: from.i32(504),
                datatype: from.i16(12),
                bitpix: from.i16(14),
                pixdim: from.row(104, 8, |at| from.f64(at)),
                vox_offset: from.i64(168) as f64,
                scl_slope: from.f64(176),
                scl_inter: from.f64(184),
                xyzt_units: from.i32(500),
                glmin: 0,
                descrip: from.part(240),
                qform_code: from.i32(344),
                sform_code: from.i32(348),
                quatern: from.row(352, 8, |at| from.f64(at)),
                qoffset: from.row(376, 8, |at| from.f64(at)),
                srow: from.row(400, 32, |at| from.row(at, 8, |at| from.f64(at))),
                intent_name: from.part(508),
            },
        }
    }

    /// The header of a little-endian single file with these fields; all others are zero: no slice
    /// timing, display range or names of files.
    pub fn to_bytes(&self, standard: Standard) -> Vec<u8> {
        let mut head = vec![0; standard.header_bytes()];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &(standard.header_bytes() as i32).to_le_bytes());
        let (at, magic) = standard.single_magic();
        put(at, magic);
        match standard {
            Standard::One => {
                let f32 = |number: f64| (number as f32).to_le_bytes();
                put(38, &[b'r', self.dim_info]);
                for (axis, length) in self.dim.into_iter().enumerate() {
                    put(40 + 2 * axis, &(length as i16).to_le_bytes());
                    put(76 + 4 * axis, &f32(self.pixdim[axis]));
                }
                put(68, &(self.intent_code as i16).to_le_bytes());
                put(70, &self.datatype.to_le_bytes());
                put(72, &self.bitpix.to_le_bytes());
                put(108, &f32(self.vox_offset));
                put(112, &f32(self.scl_slope));
                put(116, &f32(self.scl_inter));
                put(123, &[self.xyzt_units as u8]);
                put(144, &self.glmin.to_le_bytes());
                put(148, &self.descrip);
                put(252, &(self.qform_code as i16).to_le_bytes());
                put(254, &(self.sform_code as i16).to_le_bytes());
                for axis in 0..3 {
                    put(256 + 4 * axis, &f32(self.quatern[axis]));
                    put(268 + 4 * axis, &f32(self.qoffset[axis]));
                    for column in 0..4 {
                        put(280 + 16 * axis + 4 * column, &f32(self.srow[axis][column]));
                    }
                }
                put(328, &self.intent_name);
            }
            Standard::Two => {
                put(12, &self.datatype.to_le_bytes());
                put(14, &self.bitpix.to_le_bytes());
                for (axis, length) in self.dim.into_iter().enumerate() {
                    put(16 + 8 * axis, &length.to_le_bytes());
                    put(104 + 8 * axis, &self.pixdim[axis].to_le_bytes());
                }
                put(168, &(self.vox_offset as i64).to_le_bytes());
                put(176, &self.scl_slope.to_le_bytes());
                put(184, &self.scl_inter.to_le_bytes());
                put(240, &self.descrip);
                put(344, &self.qform_code.to_le_bytes());
                put(348, &self.sform_code.to_le_bytes());
                for axis in 0..3 {
                    put(352 + 8 * axis, &self.quatern[axis].to_le_bytes());
                    put(376 + 8 * axis, &self.qoffset[axis].to_le_bytes());
                    for column in 0..4 {
                        put(400 + 32 * axis + 8 * column, &self.srow[axis][column].to_le_bytes());
                    }
                }
                put(500, &self.xyzt_units.to_le_bytes());
                put(504, &self.intent_code.to_le_bytes());
                put(508, &self.intent_name);
                put(524, &[self.dim_info]);
            }
        }
        head
    }
}

/// The bytes of a header, and the order of those of a number.
struct Bytes<'a> {
    head: &'a [u8],
    order: ByteOrder,
}

impl Bytes<'_> {
    fn part<const LENGTH: usize>(&self, at: usize) -> [u8; LENGTH] {
        std::array::from_fn(|byte| self.head[at + byte])
    }

    fn number<const LENGTH: usize>(&self, at: usize) -> [u8; LENGTH] {
        let mut bytes = self.part(at);
        if self.order == ByteOrder::Big {
            bytes.reverse();
        }
        bytes
    }

    /// Numbers that follow one another.
    fn row<T, const LENGTH: usize>(
        &self,
        at: usize,
        bytes: usize,
        read: impl Fn(usize) -> T,
    ) -> [T; LENGTH] {
        std::array::from_fn(|place| read(at + place * bytes))
    }

    fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.number(at))
    }

    fn i32(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.number(at))
    }

    fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.number(at))
    }

    fn f32(&self, at: usize) -> f64 {
        f32::from_le_bytes(self.number(at)).into()
    }

    fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.number(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_from_the_bytes_of_both_versions() {
        let fields = Fields {
            dim_info: 57,
            dim: [3, 5, 4, 3, 1, 1, 1, 1],
            intent_code: 1001,
            datatype: 16,
            bitpix: 32,
            pixdim: [-1.0, 2.0, 2.5, 3.0, 0.5, 0.0, 0.0, 0.0],
            vox_offset: 560.0,
            scl_slope: 1.0,
            scl_inter: 0.25,
            xyzt_units: 10,
            glmin: 0,
            descrip: std::array::from_fn(|at| at as u8),
            qform_code: 1,
            sform_code: 4,
            quatern: [0.0, 0.5, 0.25],
            qoffset: [-90.0, -126.0, -72.0],
            srow: [[2.0, 0.0, 0.0, -90.0], [0.0, 2.5, 0.0, -126.0], [0.0, 0.0, 3.0, -72.0]],
            intent_name: *b"a name of 15 B.\0",
        };
        for standard in [Standard::One, Standard::Two] {
            let bytes = fields.to_bytes(standard);
            assert_eq!(bytes.len(), standard.header_bytes());
            assert_eq!(Fields::read(&bytes, standard, ByteOrder::Little), fields, "{standard:?}");
        }
    }
}
