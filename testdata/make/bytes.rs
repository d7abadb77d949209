//! The bytes under the test data: NIfTI headers and voxels in both byte orders, gzip members,
//! FreeSurfer's MGH, and the random numbers. Knows no specimen.

use flate2::{Compression, write::GzEncoder};
use std::array::from_fn;
use std::io::{Read, Write};

pub const INT16: i16 = 4;
pub const FLOAT32: i16 = 16;
pub const FLOAT64: i16 = 64;
pub const UINT16: i16 = 512;
/// Where voxels start in a single file without extensions: the header and the 4-byte flag.
pub const VOXELS_AT: usize = 352;

macro_rules! bytes {
    ($value:expr, $big_endian:expr) => {
        if $big_endian { $value.to_be_bytes().to_vec() } else { $value.to_le_bytes().to_vec() }
    };
}

/// The fields of a NIfTI-1 header that the specimens set; the others are 0.
#[derive(Clone, Default)]
pub struct Header {
    pub big_endian: bool,
    pub sizeof_hdr: i32,
    pub dim: [i16; 8],
    pub datatype: i16,
    pub bitpix: i16,
    pub slice_end: i16,
    pub pixdim: [f32; 8],
    pub vox_offset: f32,
    pub slope: f32,
    pub inter: f32,
    pub slice_code: u8,
    pub xyzt_units: u8,
    pub cal_max: f32,
    pub slice_duration: f32,
    pub toffset: f32,
    pub descrip: &'static str,
    pub aux_file: &'static str,
    pub qform_code: i16,
    pub sform_code: i16,
    pub quaternion: [f32; 3],
    pub translation: [f32; 3],
    pub glmin: i32,
    pub magic: [u8; 4],
}

impl Header {
    /// A run of 4 x 4 x 6 mm voxels and TR 2.5 s, oblique, with a qform and an sform that agree.
    pub fn new(datatype: i16, bitpix: i16, x: i16, y: i16, z: i16, t: i16) -> Self {
        Header {
            sizeof_hdr: 348,
            dim: [4, x, y, z, t, 1, 1, 1],
            datatype,
            bitpix,
            pixdim: [1.0, 4.0, 4.0, 6.0, 2.5, 0.0, 0.0, 0.0],
            vox_offset: VOXELS_AT as f32,
            slope: 1.0,
            xyzt_units: 2 + 8, // mm, s
            descrip: "tsnr test data",
            qform_code: 1,
            sform_code: 1,
            quaternion: [0.125, -0.0625, 0.03125], // 16.5 degrees in all
            translation: [-37.5, -41.25, -22.0],
            magic: *b"n+1\0",
            ..Header::default()
        }
    }

    /// An int16 run on the 5 x 4 x 3 grid of most specimens.
    pub fn int16(t: i16) -> Self {
        Header::new(INT16, 16, 5, 4, 3, t)
    }

    /// The rows of the affine that the quaternion, pixdim and the translation make.
    pub fn affine(&self) -> [[f32; 4]; 3] {
        let [b, c, d] = self.quaternion.map(f64::from);
        let a = (1.0 - b * b - c * c - d * d).sqrt();
        let rotation = [
            [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
            [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
            [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ];
        let element = |row: usize, column: usize| match column {
            3 => self.translation[row],
            _ => (rotation[row][column] * f64::from(self.pixdim[column + 1])) as f32,
        };
        from_fn(|row| from_fn(|column| element(row, column)))
    }

    /// The 348 bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0; 348];
        let mut put = |at: usize, field: &[u8]| out[at..at + field.len()].copy_from_slice(field);
        let shorts = |values: &[i16]| -> Vec<u8> {
            values.iter().flat_map(|value| bytes!(value, self.big_endian)).collect()
        };
        let floats = |values: &[f32]| -> Vec<u8> {
            values.iter().flat_map(|value| bytes!(value, self.big_endian)).collect()
        };
        put(0, &bytes!(self.sizeof_hdr, self.big_endian));
        put(40, &shorts(&self.dim));
        put(70, &shorts(&[self.datatype, self.bitpix]));
        put(76, &floats(&self.pixdim));
        put(108, &floats(&[self.vox_offset, self.slope, self.inter]));
        put(120, &shorts(&[self.slice_end]));
        put(122, &[self.slice_code, self.xyzt_units]);
        put(124, &floats(&[self.cal_max, 0.0, self.slice_duration, self.toffset]));
        put(148, self.descrip.as_bytes());
        put(228, self.aux_file.as_bytes());
        put(252, &shorts(&[self.qform_code, self.sform_code]));
        put(256, &floats(&self.quaternion));
        put(268, &floats(&self.translation));
        put(280, &floats(self.affine().as_flattened()));
        put(144, &bytes!(self.glmin, self.big_endian));
        put(344, &self.magic);
        out
    }

    /// The 540 bytes of the same header in NIfTI-2.
    pub fn nifti2_bytes(&self) -> Vec<u8> {
        let mut out = vec![0; 540];
        let mut put = |at: usize, field: &[u8]| out[at..at + field.len()].copy_from_slice(field);
        let doubles = |values: &[f32]| -> Vec<u8> {
            values.iter().flat_map(|&value| bytes!(f64::from(value), self.big_endian)).collect()
        };
        let words = |values: &[i32]| -> Vec<u8> {
            values.iter().flat_map(|value| bytes!(value, self.big_endian)).collect()
        };
        put(0, &words(&[540]));
        put(4, if self.magic == *b"ni1\0" { b"ni2\0\r\n\x1a\n" } else { b"n+2\0\r\n\x1a\n" });
        put(12, &bytes!(self.datatype, self.big_endian));
        put(14, &bytes!(self.bitpix, self.big_endian));
        put(16, &self.dim.map(|length| bytes!(i64::from(length), self.big_endian)).concat());
        put(104, &doubles(&self.pixdim));
        put(168, &bytes!(544_i64, self.big_endian)); // vox_offset
        put(176, &doubles(&[self.slope, self.inter]));
        put(344, &words(&[self.qform_code, self.sform_code].map(i32::from)));
        put(352, &doubles(&self.quaternion));
        put(376, &doubles(&self.translation));
        put(400, &doubles(self.affine().as_flattened()));
        put(500, &words(&[self.xyzt_units.into()]));
        out
    }

    /// Voxels as the datatype stores them: rounded and saturated if it is an integer type.
    pub fn encode(&self, voxels: &[f64]) -> Vec<u8> {
        let encode_one = |&value: &f64| match self.datatype {
            2 => bytes!((value.round() as u8), self.big_endian),
            INT16 => bytes!((value.round() as i16), self.big_endian),
            8 => bytes!((value.round() as i32), self.big_endian),
            FLOAT32 => bytes!((value as f32), self.big_endian),
            FLOAT64 => bytes!(value, self.big_endian),
            256 => bytes!((value.round() as i8), self.big_endian),
            UINT16 => bytes!((value.round() as u16), self.big_endian),
            768 => bytes!((value.round() as u32), self.big_endian),
            1024 => bytes!((value.round() as i64), self.big_endian),
            1280 => bytes!((value.round() as u64), self.big_endian),
            other => unreachable!("no specimen has voxels of datatype {other}"),
        };
        voxels.iter().flat_map(encode_one).collect()
    }

    /// A whole single file: header, empty extension flag, voxels.
    pub fn file(&self, voxels: &[f64]) -> Vec<u8> {
        [self.bytes(), vec![0; 4], self.encode(voxels)].concat()
    }
}

/// splitmix64 (Steele, Lea & Flood 2014), seeded by the FNV-1a hash of a name.
pub struct Random(u64);

impl Random {
    pub fn new(name: &str) -> Self {
        let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Random(name.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Mean 0, standard deviation 1: the sum of twelve uniform numbers, less 6.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform(0.0, 1.0)).sum::<f64>() - 6.0
    }
}

/// One gzip member, without name or time.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("writing to memory")
}

/// Three members, cut inside the header and between the two bytes of a voxel.
pub fn gzip_in_members(content: &[u8]) -> Vec<u8> {
    [gzip(&content[..101]), gzip(&content[101..477]), gzip(&content[477..])].concat()
}

/// A member whose second deflate block, at half of the content, has the reserved type 3.
pub fn gzip_with_bad_block(content: &[u8]) -> Vec<u8> {
    let half = content.len() / 2;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&content[..half]).and_then(|()| encoder.flush()).expect("writing to memory");
    let second_block = encoder.get_ref().len(); // a flush ends on a byte
    encoder.write_all(&content[half..]).expect("writing to memory");
    let mut member = encoder.finish().expect("writing to memory");
    member[second_block] |= 0b110;
    member
}

/// A copy with all bits flipped in one byte, counted from the end.
pub fn with_flipped_byte(file: &[u8], from_end: usize) -> Vec<u8> {
    let mut file = file.to_vec();
    let at = file.len() - from_end;
    file[at] ^= 0xff;
    file
}

/// Content as bzip2 packs it.
pub fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = bzip2::read::BzEncoder::new(content, bzip2::Compression::best());
    encoder.read_to_end(&mut packed).expect("read from memory");
    packed
}

/// Content as a zstd frame with a checksum.
pub fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Where the voxels of MGH begin.
pub const MGH_VOXELS_AT: usize = 284;

/// A run in FreeSurfer's MGH, which is big-endian, where a [`Header`] puts it; `code` is that of the
/// datatype, and no footer follows.
pub fn mgh(code: i32, datatype: i16, lengths: [i32; 4], voxels: &[f64]) -> Vec<u8> {
    let run = Header { big_endian: true, ..Header::new(datatype, 0, 1, 1, 1, 1) };
    let mut out = vec![0; MGH_VOXELS_AT];
    let mut put = |at: usize, field: &[u8]| out[at..at + field.len()].copy_from_slice(field);
    put(0, &1_i32.to_be_bytes());
    put(4, &lengths.map(i32::to_be_bytes).concat());
    put(20, &code.to_be_bytes());
    put(28, &1_i16.to_be_bytes());
    let sizes = [run.pixdim[1], run.pixdim[2], run.pixdim[3]];
    put(30, &sizes.map(f32::to_be_bytes).concat());
    let affine = run.affine();
    for axis in 0..3 {
        put(42 + 12 * axis, &affine.map(|row| (row[axis] / sizes[axis]).to_be_bytes()).concat());
    }
    let centre = affine.map(|row| {
        let half = |axis: usize| lengths[axis] as f32 / 2.0;
        (row[0] * half(0) + row[1] * half(1) + row[2] * half(2) + row[3]).to_be_bytes()
    });
    put(78, &centre.concat());
    out.extend(run.encode(voxels));
    out
}

/// An MGH image and its footer: TR 2500 ms, flip angle 1.2, TE 30 ms, TI 0, field of view 20.
pub fn with_mgh_footer(image: &[u8]) -> Vec<u8> {
    [image, &[2500.0_f32, 1.2, 30.0, 0.0, 20.0].map(f32::to_be_bytes).concat()].concat()
}
