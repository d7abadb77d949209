//! What inputs are given to, a file each.

mod decoder;
mod labels;
mod maps;
mod modes;
mod options;
mod program;
mod tables;

use crate::bytes::{FLOAT32, FLOAT64, Header, INT16, Random, UINT16, mgh, with_mgh_footer};
use crate::driver::Target;
use tsnr::error::{Error, ErrorKind};

pub const ALL: &[Target] = &[
    decoder::TARGET,
    labels::TARGET,
    options::TARGET,
    tables::TARGET,
    modes::TARGET,
    program::TARGET,
    maps::TARGET,
];

/// What is put into images: fields of a header that mean something.
const WORDS_OF_IMAGES: &[&str] = &["n+1\0", "ni1\0", "n+2\0\r\n\x1a\n", "\x02\0", "\x10\0"];

/// Small runs of every sort: datatypes, byte orders, scalings, extensions, shapes.
fn images() -> Vec<Vec<u8>> {
    let mut random = Random::new("fuzz");
    let mut voxels = |count: usize| -> Vec<f64> {
        (0..count).map(|it| 100.0 + (it % 7) as f64 + 2.0 * random.normal()).collect()
    };
    let mut images = Vec::new();
    let types =
        [(2, 8), (INT16, 16), (8, 32), (FLOAT32, 32), (FLOAT64, 64), (256, 8), (UINT16, 16)];
    for (number, (datatype, bits)) in types.into_iter().enumerate() {
        let header = Header {
            big_endian: number % 2 == 1,
            slope: [1.0, 0.0, 0.5, f32::NAN, -2.0][number % 5],
            inter: [0.0, 7.0][number % 2],
            ..Header::new(datatype, bits, 3, 2, 2, 11)
        };
        let scale = if datatype == 256 { 0.5 } else { 1.0 };
        images.push(header.file(&voxels(132).iter().map(|it| it * scale).collect::<Vec<f64>>()));
    }
    // One slice, one volume, a fifth dimension, an extension.
    images.push(Header::new(INT16, 16, 4, 3, 1, 12).file(&voxels(144)));
    images.push(Header::new(INT16, 16, 4, 3, 2, 1).file(&voxels(24)));
    let mut five = Header::new(INT16, 16, 2, 2, 2, 1);
    five.dim[0] = 5;
    five.dim[5] = 12;
    images.push(five.file(&voxels(96)));
    let mut header = Header::new(FLOAT32, 32, 2, 2, 2, 10);
    header.vox_offset = 384.0;
    let extension = [&[1, 0, 0, 0, 32, 0, 0, 0, 6, 0, 0, 0][..], &[b'x'; 24]].concat();
    images.push([header.bytes(), extension, header.encode(&voxels(80))].concat());
    // FreeSurfer's.
    images.push(with_mgh_footer(&mgh(4, INT16, [3, 2, 2, 11], &voxels(132))));
    images.push(mgh(3, FLOAT32, [12, 1, 1, 9], &voxels(108)));
    // NIfTI-2, in both byte orders.
    for big_endian in [false, true] {
        let header = Header { big_endian, ..Header::new(INT16, 16, 3, 2, 2, 11) };
        images.push([header.nifti2_bytes(), vec![0; 4], header.encode(&voxels(132))].concat());
    }
    images
}

/// Sees that an error is the input's fault.
fn is_meant(error: &Error) {
    assert!(error.kind() != ErrorKind::Defect, "{error}");
    assert!(error.to_string().len() < 20_000, "an error of {} bytes", error.to_string().len());
}
