//! An image of labels on another grid: each voxel takes the value of the nearest one.

use crate::error::{Error, Result};
use crate::formats::{Affine, Geometry, Orientation};

/// A place within so many voxels below the middle between two of them belongs to the upper one, as
/// one exactly there does: rounding must not decide.
const TIE: f64 = 1e-9;

/// The values of an image at the voxels of another grid, by both affines: that of the voxel whose
/// centre is nearest, the upper one of two equally near along an axis, and 0 outside. A voxel reaches
/// half its size beyond its centre, also at the faces of the grid.
///
/// # Errors
/// An image that does not say where its voxels lie, or has an affine that cannot be inverted.
pub fn nearest(values: &[f64], from: &Geometry, to: &Geometry) -> Result<Vec<f64>> {
    for geometry in [from, to] {
        if let Orientation::Unknown { reason } = geometry.orientation {
            return Err(Error::mismatch(format!(
                "{reason}, and two affines are needed to resample"
            ))
            .remedy("write its affine into its header, or resample by hand"));
        }
    }
    let millimetres = to.unit.millimetres() / from.unit.millimetres();
    let inverse = from.affine.inverse().ok_or_else(|| {
        Error::mismatch("its affine cannot be inverted, and it is needed to resample")
            .remedy("mend its affine")
    })?;
    let steps = step(&inverse, &to.affine, millimetres);
    let [nx, ny, nz] = to.shape;
    let mut result = Vec::with_capacity(nx * ny * nz);
    let place = |voxel: [f64; 3], axis: usize| {
        let row = steps.0[axis];
        let place = row[0] * voxel[0] + row[1] * voxel[1] + row[2] * voxel[2] + row[3];
        let nearest = (place + 0.5 + TIE).floor();
        (nearest >= 0.0 && nearest < from.shape[axis] as f64).then_some(nearest as usize)
    };
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                let voxel = [x as f64, y as f64, z as f64];
                let at = (place(voxel, 0), place(voxel, 1), place(voxel, 2));
                result.push(match at {
                    (Some(x), Some(y), Some(z)) => {
                        values[x + from.shape[0] * (y + from.shape[1] * z)]
                    }
                    _ => 0.0,
                });
            }
        }
    }
    Ok(result)
}

/// The affine from voxels of the one grid to those of the other: `inverse` of that one's affine
/// after the affine of this one, whose unit is so many of the other's.
fn step(inverse: &Affine, affine: &Affine, unit: f64) -> Affine {
    let cell = |row: usize, column: usize| {
        let product: f64 = (0..3).map(|it| inverse.0[row][it] * unit * affine.0[it][column]).sum();
        if column == 3 { product + inverse.0[row][3] } else { product }
    };
    Affine([0, 1, 2].map(|row| [0, 1, 2, 3].map(|column| cell(row, column))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::SpatialUnit;

    fn geometry(shape: [usize; 3], affine: [[f64; 4]; 3]) -> Geometry {
        Geometry {
            shape,
            affine: Affine(affine),
            unit: SpatialUnit::Millimetre,
            voxel_sizes: [1.0; 3],
            orientation: Orientation::Known,
            points: None,
        }
    }

    fn labels(shape: [usize; 3]) -> Vec<f64> {
        (0..shape.iter().product()).map(|it| f64::from((it * 7919 % 97) as u32)).collect()
    }

    // scipy 1.17.1, numpy 2.4.6, with the affines A and B and the values v, in Fortran's order:
    // M = np.linalg.inv(A) @ B
    // affine_transform(v, M[:3, :3], M[:3, 3], (5, 3, 4), order=0, mode="grid-constant")
    // nilearn 0.14.1's resample_to_img(interpolation="nearest") is the same but for the outer halves of
    // the outermost voxels, which mode="constant" cuts off.
    #[test]
    fn labels_are_those_of_scipy() {
        let from = geometry(
            [5, 4, 3],
            [[-2.1, 0.15, 0.0, 4.0], [0.1, 2.4, -0.2, -3.0], [0.05, 0.3, 3.1, -2.5]],
        );
        let to = geometry(
            [5, 3, 4],
            [[0.0, 1.7, 0.1, -4.2], [2.2, 0.0, 0.2, -3.3], [0.0, -0.1, 2.9, -2.2]],
        );
        let found = nearest(&labels([5, 4, 3]), &from, &to).unwrap();
        let expected = [
            54, 73, 92, 92, 14, 89, 11, 30, 30, 49, 27, 46, 65, 84, 49, 33, 52, 71, 90, 0, 68, 87,
            9, 28, 0, 6, 25, 44, 63, 0, 12, 31, 50, 69, 0, 47, 66, 85, 7, 0, 82, 4, 23, 42, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(found, expected.map(f64::from));
    }

    #[test]
    fn the_same_grid_is_as_it_was_and_another_unit_is_scaled() {
        let affine = [[-2.0, 0.0, 0.0, 4.0], [0.0, 2.0, 0.0, -3.0], [0.0, 0.0, 3.0, -2.0]];
        let grid = geometry([5, 4, 3], affine);
        let values = labels([5, 4, 3]);
        assert_eq!(nearest(&values, &grid, &grid).unwrap(), values);
        let metres = Geometry {
            unit: SpatialUnit::Metre,
            affine: Affine(affine.map(|row| row.map(|it| it / 1000.0))),
            ..grid.clone()
        };
        assert_eq!(nearest(&values, &metres, &grid).unwrap(), values);
        assert_eq!(nearest(&values, &grid, &metres).unwrap(), values);
    }

    #[test]
    fn a_voxel_reaches_half_its_size_beyond_the_face_and_ties_go_up() {
        let fine =
            geometry([4, 1, 1], [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
        let shifted = |by: f64| {
            let mut to = fine.clone();
            to.affine.0[0][3] = by;
            nearest(&[1.0, 2.0, 3.0, 4.0], &fine, &to).unwrap()
        };
        assert_eq!(shifted(-0.4), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(shifted(0.5), [2.0, 3.0, 4.0, 0.0]);
        assert_eq!(shifted(-0.6), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(shifted(1e9), [0.0; 4]);
    }

    #[test]
    fn an_image_that_says_not_where_it_lies_is_refused() {
        let known =
            geometry([2, 1, 1], [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
        let unknown =
            Geometry { orientation: Orientation::Unknown { reason: "no affine" }, ..known.clone() };
        let flat = geometry([2, 1, 1], [[0.0; 4]; 3]);
        for (from, to) in [(&unknown, &known), (&known, &unknown), (&flat, &known)] {
            assert!(nearest(&[1.0, 2.0], from, to).is_err());
        }
    }
}
