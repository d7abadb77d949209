//! Surfaces in GIFTI: read, with vertices and triangles that go together, or refused.

use super::{is_meant, vertices};
use crate::driver::{Reached, Target};
use std::fs;
use std::path::Path;
use tsnr::formats::gifti::Surface;

pub const TARGET: Target = Target {
    name: "surfaces",
    seeds,
    words: super::WORDS_OF_XML,
    longest: 1 << 13,
    most_memory: 64 << 20,
    run,
};

fn seeds() -> Vec<Vec<u8>> {
    let array = |intent: &str, datatype: &str, order: &str, data: &str| {
        format!(
            "<DataArray Intent=\"NIFTI_INTENT_{intent}\" DataType=\"NIFTI_TYPE_{datatype}\" \
             ArrayIndexingOrder=\"{order}\" Dimensionality=\"2\" Dim0=\"4\" Dim1=\"3\" \
             Encoding=\"ASCII\" Endian=\"LittleEndian\"><MetaData><MD><Name>\
             AnatomicalStructurePrimary</Name><Value>CortexLeft</Value></MD></MetaData><Data>{data}\
             </Data></DataArray>"
        )
    };
    let points = array("POINTSET", "FLOAT32", "RowMajorOrder", "0 0 0 1 0 0 0 1 0 0 0 1.5");
    let triangles = array("TRIANGLE", "INT32", "ColumnMajorOrder", "0 0 0 1 1 1 2 2 2 3 3 3");
    let file = |arrays: &str| {
        format!("<?xml version=\"1.0\"?><GIFTI NumberOfDataArrays=\"2\">{arrays}</GIFTI>")
            .into_bytes()
    };
    let packed = vertices("GZipBase64Binary", "RowMajorOrder");
    vec![file(&(points.clone() + &triangles)), file(&(triangles + &points)), packed]
}

fn run(input: &[u8], folder: &Path) -> Reached {
    let file = folder.join("run.surf.gii");
    fs::write(&file, input).expect("a file");
    match Surface::read(&file) {
        Ok(surface) => {
            let corners = surface.triangles.iter().flatten();
            assert!(corners.into_iter().all(|it| (*it as usize) < surface.points.len()));
            Reached::End
        }
        Err(error) => {
            is_meant(&error);
            let is_of_arrays = error.to_string().contains("array");
            if is_of_arrays { Reached::Content } else { Reached::Head }
        }
    }
}
