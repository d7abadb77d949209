//! What inputs are given to, a file each.

mod decoder;
mod labels;
mod maps;
mod modes;
mod options;
mod program;
mod surfaces;
mod tables;

use crate::bytes::{FLOAT32, FLOAT64, Header, INT16, Random, UINT16, mgh, with_mgh_footer};
use crate::driver::Target;
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;
use tsnr::error::{Error, ErrorKind};

pub const ALL: &[Target] = &[
    decoder::TARGET,
    labels::TARGET,
    options::TARGET,
    tables::TARGET,
    modes::TARGET,
    program::TARGET,
    maps::TARGET,
    surfaces::TARGET,
];

/// What is put into images: fields of a header that mean something.
const WORDS_OF_IMAGES: &[&str] = &[
    "n+1\0",
    "ni1\0",
    "n+2\0\r\n\x1a\n",
    "ni2\0\r\n\x1a\n",
    "\x02\0",
    "\x10\0",
    "<![CDATA[",
    "</Data>",
];

/// What is put into GIFTI files.
const WORDS_OF_XML: &[&str] = &[
    "<DataArray ",
    "</DataArray>",
    "<Data>",
    "</Data>",
    "<MetaData>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "<!DOCTYPE a [",
    "&amp;",
    "&#x41;",
    "Dim0=\"9\"",
    "Dim1=\"1\"",
    "4294967296",
    "Base64Binary",
    "GZipBase64Binary",
    "ExternalFileBinary",
    "ColumnMajorOrder",
    "BigEndian",
    "NIFTI_TYPE_UINT8",
    "nan",
    "=",
];

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
    // Pairs, one half behind the other.
    let header =
        Header { magic: *b"ni1\0", vox_offset: 0.0, ..Header::new(INT16, 16, 3, 2, 2, 11) };
    images.push([header.bytes(), header.encode(&voxels(132))].concat());
    let mut two = header.nifti2_bytes();
    two[168..176].fill(0);
    images.push([two, header.encode(&voxels(132))].concat());
    images.push(cifti(&voxels(60)));
    // GIFTI, in words, base 64 and packed, vertices fastest and time fastest.
    images.push(vertices("ASCII", "ColumnMajorOrder"));
    images.push(vertices("Base64Binary", "RowMajorOrder"));
    images.push(vertices("GZipBase64Binary", "RowMajorOrder"));
    images
}

/// A series of 9 time points of 5 vertices, in three arrays.
fn vertices(encoding: &str, order: &str) -> Vec<u8> {
    let array = |first: u16, columns: u16| {
        let samples: Vec<i16> =
            (0..5 * columns).map(|it| (100 + (it + first) * it % 13) as i16).collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|it| it.to_be_bytes()).collect();
        let data = match encoding {
            "ASCII" => samples.iter().map(|it| format!("{it} ")).collect(),
            "Base64Binary" => tsnr::markup::base64(&bytes),
            _ => tsnr::markup::base64(&zlib(&bytes)),
        };
        format!(
            "<DataArray Intent=\"NIFTI_INTENT_TIME_SERIES\" DataType=\"NIFTI_TYPE_INT16\" \
             ArrayIndexingOrder=\"{order}\" Dimensionality=\"2\" Dim0=\"5\" Dim1=\"{columns}\" \
             Encoding=\"{encoding}\" Endian=\"BigEndian\"><MetaData/><Data>{data}</Data></DataArray>"
        )
    };
    // Arrays are as long as the first.
    let (arrays, structure) = ([array(1, 3), array(2, 3), array(3, 3)].concat(), "CortexLeft");
    format!(
        "<?xml version=\"1.0\"?>\n<GIFTI NumberOfDataArrays=\"3\"><MetaData><MD><Name>\
         AnatomicalStructurePrimary</Name><Value>{structure}</Value></MD></MetaData>{arrays}</GIFTI>"
    )
    .into_bytes()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory")
}

/// A series of 5 time points of 12 grayordinates.
fn cifti(samples: &[f64]) -> Vec<u8> {
    let axis = |number: usize, kind: &str| {
        format!(
            "<MatrixIndicesMap AppliesToMatrixDimension=\"{number}\" \
             IndicesMapToDataType=\"CIFTI_INDEX_TYPE_{kind}\""
        )
    };
    let model = |name: &str, first: usize, count: usize| {
        format!(
            "<BrainModel IndexOffset=\"{first}\" IndexCount=\"{count}\" \
             BrainStructure=\"CIFTI_STRUCTURE_{name}\"/>"
        )
    };
    let xml = format!(
        "<CIFTI Version=\"2\"><Matrix>{} NumberOfSeriesPoints=\"5\" SeriesExponent=\"0\" \
         SeriesStart=\"0\" SeriesStep=\"2\" SeriesUnit=\"SECOND\"/>{}>{}{}</MatrixIndicesMap>\
         </Matrix></CIFTI>",
        axis(0, "SERIES"),
        axis(1, "BRAIN_MODELS"),
        model("CORTEX_LEFT", 0, 7),
        model("THALAMUS_LEFT", 7, 5)
    );
    let header = Header::new(FLOAT32, 32, 1, 1, 1, 1);
    let mut head = header.nifti2_bytes();
    let size = (8 + xml.len()).next_multiple_of(16);
    for (axis, length) in [6_i64, 1, 1, 1, 1, 5, 12, 1].into_iter().enumerate() {
        head[16 + 8 * axis..][..8].copy_from_slice(&length.to_le_bytes());
    }
    head[168..176].copy_from_slice(&(544 + size as i64).to_le_bytes());
    head[504..508].copy_from_slice(&3002_i32.to_le_bytes());
    let mut extension = [[1, 0, 0, 0], (size as i32).to_le_bytes(), 32_i32.to_le_bytes()].concat();
    extension.extend(xml.bytes());
    extension.resize(4 + size, 0);
    [head, extension, header.encode(samples)].concat()
}

/// Sees that an error is the input's fault.
fn is_meant(error: &Error) {
    assert!(error.kind() != ErrorKind::Defect, "{error}");
    assert!(error.to_string().len() < 20_000, "an error of {} bytes", error.to_string().len());
}
