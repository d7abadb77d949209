//! A surface of the cortex in a GIFTI file (`.surf.gii`): its vertices and its triangles.

use super::array::{Array, Order};
use super::document::Document;
use super::reader::{error_of, in_document, is_gifti};
use super::xml::Fault;
use crate::error::{Error, Result};
use crate::formats::codec::OpenFile;
use crate::voxels::{ByteOrder, OutOfMemory, Samples};
use std::path::Path;

/// No vertex of a body lies so far away, in mm: a kilometre.
const FARTHEST_MM: f64 = 1e6;

/// A surface of triangles.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// The position `[x, y, z]` of each vertex, in mm.
    pub points: Vec<[f32; 3]>,
    /// The vertices of each triangle, by their places in [`points`](Surface::points).
    pub triangles: Vec<[u32; 3]>,
    /// The structure that it is of, as the file has it (`CortexLeft`), if it says so.
    pub structure: Option<String>,
}

impl Surface {
    /// Reads the surface in the file at `path`. What is held are its vertices and triangles, twice while
    /// they are read.
    ///
    /// # Errors
    /// A file that cannot be read, is no GIFTI, is damaged, or has not one array of vertices
    /// (`POINTSET`) and one of triangles (`TRIANGLE`); a position that is no number; a triangle of a vertex
    /// that is not there. The file is named.
    pub fn read(path: &Path) -> Result<Surface> {
        let file = OpenFile::open(path)?;
        if !is_gifti(&file.head) {
            let what = "no GIFTI file, expected a surface";
            return Err(Error::format(what).remedy("give a .surf.gii").at(path));
        }
        let file_bytes = file.compression.most_content_bytes(file.version.bytes.unwrap_or(0));
        in_document(&file, |document, head| {
            let (mut points, mut triangles) = (None, None);
            let of_file = super::structure(&head.metadata);
            let mut structure = of_file.map(str::to_owned);
            while let Some(array) = document.next_array()? {
                let (name, is_points) = match array.intent.as_str() {
                    "POINTSET" => ("POINTSET", true),
                    "TRIANGLE" => ("TRIANGLE", false),
                    _ => continue,
                };
                if is_points && structure.is_none() {
                    structure = super::structure(&array.metadata).map(str::to_owned);
                }
                let is_second = if is_points { points.is_some() } else { triangles.is_some() };
                if is_second {
                    return Err(Fault::damaged(format!("two data arrays of {name}")));
                }
                let threes = threes(document, &array, file_bytes)?;
                match is_points {
                    true => points = Some(threes),
                    false => triangles = Some(threes),
                }
            }
            let missing = |name: &str, what: &str| {
                Fault::Wrong(
                    Error::format(format!(
                        "a GIFTI file without a data array of {name}, expected a surface, which has \
                         {what}"
                    ))
                    .remedy("give a .surf.gii"),
                )
            };
            let points = points.ok_or_else(|| missing("POINTSET", "vertices"))?;
            let triangles = triangles.ok_or_else(|| missing("TRIANGLE", "triangles"))?;
            let is_in_body = |it: &f64| it.abs() <= FARTHEST_MM;
            if let Some(place) = points.iter().position(|it| !it.iter().all(is_in_body)) {
                let [x, y, z] = points[place];
                let problem = format!("vertex {place} lies at {x} {y} {z}, which is in no body");
                return Err(Fault::damaged(problem));
            }
            let count = points.len();
            let corner = |it: f64| {
                let is_there = it >= 0.0 && it < count as f64 && it.fract() == 0.0;
                is_there.then_some(it as u32).ok_or_else(|| {
                    Fault::damaged(format!("a triangle has the vertex {it}, of {count}"))
                })
            };
            let triangle = |it: [f64; 3]| Ok([corner(it[0])?, corner(it[1])?, corner(it[2])?]);
            let triangles = triangles.into_iter().map(triangle);
            let triangles = triangles.collect::<std::result::Result<_, Fault>>()?;
            let points = points.into_iter().map(|it| it.map(|it| it as f32)).collect();
            Ok(Surface { points, triangles, structure })
        })
        .map_err(|fault| error_of(fault, file.compression, path))
    }
}

/// The rows of an array that has three columns.
fn threes(
    document: &mut Document,
    array: &Array,
    file_bytes: u64,
) -> std::result::Result<Vec<[f64; 3]>, Fault> {
    let [rows, columns] = array.rows_and_columns();
    if columns != 3 {
        let problem = format!(
            "data array {} of {} has {columns} columns, expected 3",
            document.begun(),
            array.intent
        );
        return Err(Fault::damaged(problem));
    }
    if array.least_bytes_in_file() > file_bytes || rows > u32::MAX as usize {
        let problem = format!("data array {} claims more than the file holds", document.begun());
        return Err(Fault::damaged(problem));
    }
    let none = Samples::none(array.datatype);
    let samples = none.refilled(ByteOrder::NATIVE, rows, 3, |bytes| {
        document.read_all(array, Order::RowMajor, bytes, |_| Ok(()))
    })?;
    let (mut threes, mut row) = (Vec::new(), Vec::new());
    let reserved = threes.try_reserve_exact(rows);
    reserved.map_err(|_| Fault::from(OutOfMemory { bytes: 24 * rows }))?;
    for number in 0..rows {
        samples.copy_to(number, 0..3, &mut row);
        threes.push([row[0], row[1], row[2]]);
    }
    Ok(threes)
}

#[cfg(test)]
mod tests {
    use super::*;

    // nibabel 5.4.2: nibabel.load(...).agg_data().
    #[test]
    fn a_surface_has_its_vertices_triangles_and_structure() {
        let read = |name: &str| Surface::read(Path::new(&format!("testdata/odd/{name}")));
        let surface = read("gifti_surface.surf.gii").unwrap();
        assert_eq!(surface.points[1..], [[10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 10.5]]);
        assert_eq!(surface.triangles, [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]);
        assert_eq!(surface.structure.as_deref(), Some("CortexLeft"));
        for (name, says) in [
            ("gifti.func.gii", "without a data array of POINTSET"),
            ("gifti_no_tag.func.gii", "cannot be read"),
            ("int16_le.nii", "no GIFTI file"),
            ("gifti_surface_corner.surf.gii", "the vertex 4, of 4"),
            ("gifti_surface_claims.surf.gii", "claims more than the file holds"),
        ] {
            let error = read(name).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains(name), "{says}: {error}");
        }
    }
}
