//! Where the grid of a header lies in space.

use crate::formats::geometry::{Affine, Geometry, Orientation, SpatialUnit, positive};
use nifti::NiftiHeader;

/// The missing fact where both codes are 0, or the form that counts names no directions.
const NO_FORM: &str = "neither sform nor qform says how the voxels lie";

/// The geometry of a header on a grid of `shape`: the sform if its code says so, else the qform,
/// else the voxel sizes alone, as in nibabel (`Nifti1Header.get_best_affine`).
pub(super) fn geometry(header: &NiftiHeader, shape: [usize; 3]) -> Geometry {
    let affine = if header.sform_code > 0 {
        Affine([header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from)))
    } else if header.qform_code > 0 {
        from_quaternion(header)
    } else {
        return Geometry::unoriented(shape, voxel_sizes(header), unit(header), NO_FORM);
    };
    Geometry {
        shape,
        affine,
        unit: unit(header),
        voxel_sizes: voxel_sizes(header),
        orientation: match affine.names_directions() {
            true => Orientation::Known,
            false => Orientation::Unknown { reason: NO_FORM },
        },
    }
}

fn voxel_sizes(header: &NiftiHeader) -> [f32; 3] {
    [1, 2, 3].map(|axis| header.pixdim[axis].abs())
}

/// The spatial unit of `xyzt_units`.
fn unit(header: &NiftiHeader) -> SpatialUnit {
    match header.xyzt_units & 0b111 {
        1 => SpatialUnit::Metre,
        2 => SpatialUnit::Millimetre,
        3 => SpatialUnit::Micrometre,
        _ => SpatialUnit::Unknown,
    }
}

/// A spatial unit as `xyzt_units` has it.
pub(super) fn unit_code(unit: SpatialUnit) -> u8 {
    match unit {
        SpatialUnit::Unknown => 0,
        SpatialUnit::Metre => 1,
        SpatialUnit::Millimetre => 2,
        SpatialUnit::Micrometre => 3,
    }
}

/// The qform (nifti1.h, "METHOD 2"): a rotation from the quaternion, voxel sizes, and qfac for the
/// third axis. `pixdim[0]` of -1 means qfac -1, everything else 1.
fn from_quaternion(header: &NiftiHeader) -> Affine {
    let [mut b, mut c, mut d] =
        [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from);
    let squares = b * b + c * c + d * d;
    let a = if squares > 1.0 {
        // Rounding in float32 can push a half turn beyond 1.
        let norm = squares.sqrt();
        (b, c, d) = (b / norm, c / norm, d / norm);
        0.0
    } else {
        (1.0 - squares).sqrt()
    };
    let rotation = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
        [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
        [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ];
    let [dx, dy, dz] = positive(voxel_sizes(header));
    let qfac = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let offset = [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from);
    Affine([0, 1, 2].map(|row| {
        [rotation[row][0] * dx, rotation[row][1] * dy, rotation[row][2] * dz * qfac, offset[row]]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> NiftiHeader {
        NiftiHeader {
            sform_code: 0,
            qform_code: 0,
            pixdim: [0.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0],
            ..NiftiHeader::default()
        }
    }

    #[test]
    fn without_codes_the_orientation_is_unknown() {
        let geometry = geometry(&header(), [3, 5, 7]);
        assert_eq!(geometry.affine, Affine::centred([3, 5, 7], [2.0, 3.0, 4.0]));
        assert_eq!(geometry.orientation, Orientation::Unknown { reason: NO_FORM });
    }

    #[test]
    fn a_form_of_zeros_leaves_the_orientation_unknown() {
        let header = NiftiHeader {
            sform_code: 1,
            srow_x: [0.0; 4],
            srow_y: [0.0; 4],
            srow_z: [0.0; 4],
            ..header()
        };
        let geometry = geometry(&header, [3, 5, 7]);
        assert_eq!(geometry.affine, Affine([[0.0; 4]; 3]));
        assert_eq!(geometry.orientation, Orientation::Unknown { reason: NO_FORM });
    }

    #[test]
    fn a_quaternion_turns_half_around_z_and_qfac_flips_the_slices() {
        let mut header = NiftiHeader { qform_code: 1, quatern_d: 1.0, ..header() };
        let upright = geometry(&header, [3, 5, 7]);
        assert_eq!(upright.affine.position([1.0, 1.0, 1.0]), [-2.0, -3.0, 4.0]);
        assert_eq!(upright.orientation, Orientation::Known);
        header.pixdim[0] = -1.0;
        let flipped = geometry(&header, [3, 5, 7]);
        assert_eq!(flipped.affine.position([1.0, 1.0, 1.0]), [-2.0, -3.0, -4.0]);
    }

    #[test]
    fn units_are_read_as_they_are_written() {
        for code in 0..4 {
            let header = NiftiHeader { xyzt_units: code | 8, ..header() };
            assert_eq!(unit_code(unit(&header)), code);
        }
    }
}
