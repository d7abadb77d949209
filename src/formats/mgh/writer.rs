//! Maps as MGH images of one frame.

use super::footer;
use super::header::{FLOAT32, HEADER_BYTES, VERSION, at};
use crate::formats::{Geometry, MapFile, Orientation};
use std::io::{self, Write};

/// Writes a map, uncompressed: float32, whatever the precision that is asked for. The name and the line
/// of the file have no place there; its texts become command lines behind the voxels.
///
/// # Errors
/// Those of writing `to`.
pub(in crate::formats) fn write(
    geometry: &Geometry,
    to: &mut dyn Write,
    values: &mut dyn ExactSizeIterator<Item = f64>,
    file: &MapFile,
) -> io::Result<()> {
    to.write_all(&header(geometry))?;
    let mut to = io::BufWriter::with_capacity(64 * 1024, to);
    for value in values {
        to.write_all(&(value as f32).to_be_bytes())?;
    }
    footer::write(&mut to, &file.notes)?;
    to.flush()
}

/// The header, its fields of space made of the affine as nibabel makes them (`MGHImage`): the voxel
/// sizes are the lengths of its columns, and the centre is the position of half the lengths.
fn header(geometry: &Geometry) -> [u8; HEADER_BYTES] {
    let (affine, to_mm) = (&geometry.affine, geometry.unit.millimetres());
    let columns = [0, 1, 2].map(|axis| affine.0.map(|row| row[axis] * to_mm));
    let sizes = columns.map(|column| column.iter().map(|it| it * it).sum::<f64>().sqrt());
    let centre = affine.position(geometry.shape.map(|length| length as f64 / 2.0));
    let mut bytes = [0; HEADER_BYTES];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    let lengths = geometry.shape.into_iter().chain([1]);
    let int32 = |(index, number): (usize, i32)| (at::LENGTHS + 4 * index, number);
    let lengths = lengths.map(|length| length as i32).enumerate().map(int32);
    for (at, number) in [(0, VERSION), (at::TYPE, FLOAT32)].into_iter().chain(lengths) {
        put(at, &number.to_be_bytes());
    }
    let directions = [0, 1, 2]
        .map(|axis| (at::DIRECTIONS + 12 * axis, columns[axis].map(|it| it / sizes[axis])));
    let places = [(at::SIZES, sizes), (at::CENTRE, centre.map(|it| it * to_mm))];
    for (at, numbers) in places.into_iter().chain(directions) {
        put(at, &numbers.map(|it| (it as f32).to_be_bytes()).concat());
    }
    let is_known = geometry.orientation == Orientation::Known;
    put(at::GOOD_RAS, &i16::from(is_known).to_be_bytes());
    bytes
}
