//! Where the points of a CIFTI-2 file lie, by its XML (CIFTI-2 specification, "Brain Models" and "Parcels").

use super::matrix::{child, count_in, damaged, is_of_axis, kind, structure_of};
use crate::error::Result;
use crate::formats::{Affine, InVolume, OnSurface, PointsPlaces};
use roxmltree::{Document, Node};

/// The places of the points that an XML describes, which was found good before.
///
/// # Errors
/// An XML that does not say where each point lies, or vertices and voxels that cannot be; without the
/// file's name.
pub(super) fn parse(text: &str) -> Result<PointsPlaces> {
    let document = Document::parse(text)
        .map_err(|error| damaged(format!("its XML cannot be read: {error}")))?;
    let mut maps = document.descendants().filter(|it| it.has_tag_name("MatrixIndicesMap"));
    match maps.find(|it| is_of_axis(*it, "1")) {
        Some(map) => of_map(map),
        None => Err(damaged("its XML does not say what dimension 1 is")),
    }
}

/// The places of the points that the element of an axis describes.
///
/// # Errors
/// Those of [`parse`].
pub(super) fn of_map(map: Node) -> Result<PointsPlaces> {
    let mut places = PointsPlaces {
        on_surfaces: Vec::new(),
        in_volume: child(map, "Volume").map(volume).transpose()?,
    };
    match kind(map) {
        "CIFTI_INDEX_TYPE_PARCELS" => parcels(map, &mut places)?,
        _ => brain_models(map, &mut places)?,
    }
    if places.in_volume.as_ref().is_some_and(|it| it.points.is_empty()) {
        places.in_volume = None;
    }
    Ok(places)
}

/// The volume, without a voxel.
fn volume(node: Node) -> Result<InVolume> {
    let dimensions = node.attribute("VolumeDimensions").unwrap_or_default();
    let lengths: Option<Vec<usize>> =
        dimensions.split(',').map(|it| it.trim().parse().ok()).collect();
    let shape: Option<[usize; 3]> = lengths.and_then(|it| it.try_into().ok());
    let is_possible =
        |it: &[usize; 3]| it.iter().all(|it| (1..=usize::from(u16::MAX)).contains(it));
    let shape = shape.filter(is_possible).ok_or_else(|| {
        damaged(format!("VolumeDimensions is '{dimensions}', expected three lengths"))
    })?;
    let matrix = child(node, "TransformationMatrixVoxelIndicesIJKtoXYZ")
        .ok_or_else(|| damaged("its volume has no TransformationMatrixVoxelIndicesIJKtoXYZ"))?;
    let exponent = matrix.attribute("MeterExponent").unwrap_or("-3");
    let exponent: i32 = exponent
        .trim()
        .parse()
        .map_err(|_| damaged(format!("MeterExponent is '{exponent}', expected a whole number")))?;
    let to_mm = 10_f64.powi(exponent.saturating_add(3));
    let words = matrix.text().unwrap_or_default().split_whitespace();
    let numbers: Option<Vec<f64>> = words.map(|it| it.parse().ok()).collect();
    let numbers: Option<[f64; 16]> = numbers.and_then(|it| it.try_into().ok());
    let numbers =
        numbers.filter(|it| it.iter().all(|it| (it * to_mm).is_finite())).ok_or_else(|| {
            damaged("the matrix of its volume is not 16 numbers, which TransformationMatrix has")
        })?;
    let row = |row: usize| [0, 1, 2, 3].map(|column| to_mm * numbers[4 * row + column]);
    Ok(InVolume { shape, affine: Affine([row(0), row(1), row(2)]), points: Vec::new() })
}

/// The places of the rows of a dense file.
fn brain_models(map: Node, places: &mut PointsPlaces) -> Result<()> {
    for model in map.children().filter(|it| it.has_tag_name("BrainModel")) {
        let name = structure_of(model);
        let (first, count) = (count_in(model, "IndexOffset")?, count_in(model, "IndexCount")?);
        let row = |place: usize| (first + place) as u32;
        let is_surface = child(model, "VertexIndices").is_some();
        let found = match is_surface {
            true => {
                let vertices = vertices_in(model)?;
                let listed = vertices_of(child(model, "VertexIndices"), name, vertices)?;
                let points = listed.iter().enumerate().map(|(place, it)| (*it, row(place)));
                places.on_surfaces.push(OnSurface {
                    structure: name.to_owned(),
                    vertices,
                    points: points.collect(),
                });
                listed.len()
            }
            false => {
                let listed = voxels_of(child(model, "VoxelIndicesIJK"), name, places)?;
                let points = listed.iter().enumerate().map(|(place, it)| (*it, row(place)));
                let points: Vec<_> = points.collect();
                places.in_volume.iter_mut().for_each(|it| it.points.extend(&points));
                listed.len()
            }
        };
        if found != count {
            let problem = format!("{name} has {count} points, and names the places of {found}");
            return Err(damaged(problem));
        }
    }
    Ok(())
}

/// No surface has more vertices: the finest meshes have some hundred thousand.
const MOST_VERTICES: usize = 1 << 24;

/// How many vertices the surface has that an element speaks of.
fn vertices_in(node: Node) -> Result<usize> {
    let vertices = count_in(node, "SurfaceNumberOfVertices")?;
    match vertices <= MOST_VERTICES {
        true => Ok(vertices),
        false => {
            let name = structure_of(node);
            Err(damaged(format!("SurfaceNumberOfVertices of {name} is {vertices}")))
        }
    }
}

/// The places of parcels: those of everything that they are made of.
fn parcels(map: Node, places: &mut PointsPlaces) -> Result<()> {
    for surface in map.children().filter(|it| it.has_tag_name("Surface")) {
        let structure = structure_of(surface).to_owned();
        let vertices = vertices_in(surface)?;
        places.on_surfaces.push(OnSurface { structure, vertices, points: Vec::new() });
    }
    for (row, parcel) in map.children().filter(|it| it.has_tag_name("Parcel")).enumerate() {
        let name = parcel.attribute("Name").unwrap_or("a parcel");
        for part in parcel.children().filter(|it| it.has_tag_name("Vertices")) {
            let structure = structure_of(part);
            let surface = places.on_surfaces.iter_mut().find(|it| it.structure == structure);
            let surface = surface.ok_or_else(|| {
                damaged(format!("{name} has vertices of {structure}, of which there is no Surface"))
            })?;
            let listed = vertices_of(Some(part), name, surface.vertices)?;
            surface.points.extend(listed.into_iter().map(|it| (it, row as u32)));
        }
        if let Some(node) = child(parcel, "VoxelIndicesIJK") {
            let listed = voxels_of(Some(node), name, places)?;
            let points: Vec<_> = listed.into_iter().map(|it| (it, row as u32)).collect();
            places.in_volume.iter_mut().for_each(|it| it.points.extend(&points));
        }
    }
    Ok(())
}

/// The vertices that an element lists, each of so many.
fn vertices_of(node: Option<Node>, name: &str, vertices: usize) -> Result<Vec<u32>> {
    let text = node.and_then(|it| it.text()).unwrap_or_default();
    let vertex = |word: &str| {
        let number = word.parse().ok().filter(|&it: &u32| (it as usize) < vertices);
        number.ok_or_else(|| {
            damaged(format!("{name} has the vertex '{word}', of a surface of {vertices}"))
        })
    };
    text.split_whitespace().map(vertex).collect()
}

/// The voxels that an element lists, each of the volume.
fn voxels_of(node: Option<Node>, name: &str, places: &PointsPlaces) -> Result<Vec<[u16; 3]>> {
    let text = node.and_then(|it| it.text()).unwrap_or_default();
    let Some(volume) = &places.in_volume else {
        return Err(damaged(format!("{name} is of voxels, and its XML has no Volume")));
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let voxel = |words: &[&str]| {
        let mut voxel = [0; 3];
        for (axis, word) in words.iter().enumerate() {
            let index = word.parse().ok().filter(|&it: &u16| usize::from(it) < volume.shape[axis]);
            voxel[axis] = index.ok_or_else(|| {
                let length = volume.shape[axis];
                damaged(format!("{name} has a voxel at '{word}' along an axis of {length}"))
            })?;
        }
        Ok(voxel)
    };
    let (threes, rest) = words.as_chunks::<3>();
    if !rest.is_empty() {
        return Err(damaged(format!("the voxels of {name} are not three numbers each")));
    }
    threes.iter().map(|it| voxel(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENSE: &str = r#"<CIFTI Version="2"><Matrix><MatrixIndicesMap AppliesToMatrixDimension="1" IndicesMapToDataType="CIFTI_INDEX_TYPE_BRAIN_MODELS">
      <Volume VolumeDimensions="4,5,6"><TransformationMatrixVoxelIndicesIJKtoXYZ MeterExponent="-3">-2 0 0 90  0 2 0 -126  0 0 2 -72  0 0 0 1</TransformationMatrixVoxelIndicesIJKtoXYZ></Volume>
      <BrainModel IndexOffset="0" IndexCount="2" BrainStructure="CIFTI_STRUCTURE_CORTEX_LEFT" SurfaceNumberOfVertices="4"><VertexIndices>0 2</VertexIndices></BrainModel>
      <BrainModel IndexOffset="2" IndexCount="2" BrainStructure="CIFTI_STRUCTURE_THALAMUS_LEFT"><VoxelIndicesIJK>1 2 3
      3 4 5</VoxelIndicesIJK></BrainModel></MatrixIndicesMap></Matrix></CIFTI>"#;
    const PARCELS: &str = r#"<CIFTI Version="2"><Matrix><MatrixIndicesMap AppliesToMatrixDimension="1" IndicesMapToDataType="CIFTI_INDEX_TYPE_PARCELS">
      <Surface BrainStructure="CIFTI_STRUCTURE_CORTEX_LEFT" SurfaceNumberOfVertices="9"/>
      <Parcel Name="V1"><Vertices BrainStructure="CIFTI_STRUCTURE_CORTEX_LEFT">1 3</Vertices></Parcel>
      <Parcel Name="V2"><Vertices BrainStructure="CIFTI_STRUCTURE_CORTEX_LEFT">8</Vertices></Parcel></MatrixIndicesMap></Matrix></CIFTI>"#;

    #[test]
    fn grayordinates_lie_on_surfaces_and_in_a_volume() {
        let places = parse(DENSE).unwrap();
        let [cortex] = &places.on_surfaces[..] else { panic!("one surface") };
        assert_eq!((cortex.vertices, &cortex.points[..]), (4, &[(0, 0), (2, 1)][..]));
        let volume = places.in_volume.unwrap();
        assert_eq!(volume.shape, [4, 5, 6]);
        assert_eq!(volume.affine.position([1.0, 2.0, 3.0]), [88.0, -122.0, -66.0]);
        assert_eq!(volume.points, [([1, 2, 3], 2), ([3, 4, 5], 3)]);
    }

    #[test]
    fn a_parcel_lies_wherever_its_vertices_lie() {
        let places = parse(PARCELS).unwrap();
        assert_eq!(places.on_surfaces[0].points, [(1, 0), (3, 0), (8, 1)]);
        assert_eq!(places.in_volume, None);
    }

    #[test]
    fn places_that_cannot_be_are_named() {
        for (from, to, says) in [
            ("0 2<", "0 4<", "the vertex '4', of a surface of 4"),
            ("0 2<", "0<", "has 2 points, and names the places of 1"),
            ("3 4 5<", "3 4<", "not three numbers each"),
            ("3 4 5<", "3 5 5<", "a voxel at '5' along an axis of 5"),
            ("4,5,6", "4,5", "VolumeDimensions is '4,5'"),
            ("-2 0 0 90", "-2 0 0", "is not 16 numbers"),
        ] {
            let error = parse(&DENSE.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
    }
}
