//! Where a grid lies in space.

use nifti::NiftiHeader;

/// How far the positions of the same voxel in two images may lie apart, in millimetres,
/// before the images are said to lie differently. Float32 header fields of one geometry,
/// written by different tools, differ by about 1e-4 mm at the corners of a head-sized
/// grid; a shift of 0.01 mm is no rounding.
pub const AFFINE_TOLERANCE_MM: f64 = 0.01;

/// The first three rows of the matrix from voxel indices `[i, j, k, 1]` to positions
/// `[x, y, z]`, in the header's spatial unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine(pub [[f64; 4]; 3]);

impl Affine {
    /// The affine of a header: the sform if its code says so, else the qform, else the
    /// voxel sizes with the grid's centre at the origin and the first axis flipped, as in
    /// nibabel (`Nifti1Header.get_best_affine`).
    pub fn from_header(header: &NiftiHeader, shape: [usize; 3]) -> Affine {
        if header.sform_code > 0 {
            Affine([header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from)))
        } else if header.qform_code > 0 {
            from_quaternion(header)
        } else {
            from_voxel_sizes(header, shape)
        }
    }

    /// The position of a voxel, indices first to third axis.
    pub fn position(&self, voxel: [f64; 3]) -> [f64; 3] {
        self.0.map(|row| row[0] * voxel[0] + row[1] * voxel[1] + row[2] * voxel[2] + row[3])
    }

    /// Whether it gives each voxel axis a direction of its own: rows that were left at 0 do not.
    pub fn names_directions(&self) -> bool {
        let columns = [0, 1, 2].map(|column| self.0.map(|row| row[column]));
        let [a, b, c] = columns.map(|it| {
            let length = it.iter().map(|part| part * part).sum::<f64>().sqrt();
            it.map(|part| part / length)
        });
        let volume = a[0] * (b[1] * c[2] - b[2] * c[1])
            + a[1] * (b[2] * c[0] - b[0] * c[2])
            + a[2] * (b[0] * c[1] - b[1] * c[0]);
        // NaN, where a column is 0 or no number, is not above it.
        volume.abs() > 1e-6
    }

    /// The greatest distance between the two positions of a voxel of a grid of `shape`,
    /// in the unit of the affines. It is reached at a corner, so only those are looked at.
    pub fn greatest_displacement(&self, other: &Affine, shape: [usize; 3]) -> f64 {
        let last = shape.map(|length| length.saturating_sub(1) as f64);
        let mut greatest = 0.0_f64;
        for corner in 0..8 {
            let voxel =
                [0, 1, 2].map(|axis| if corner >> axis & 1 == 1 { last[axis] } else { 0.0 });
            let (a, b) = (self.position(voxel), other.position(voxel));
            let distance = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
            if distance.is_nan() {
                return f64::INFINITY;
            }
            greatest = greatest.max(distance);
        }
        greatest
    }
}

/// The voxel sizes; a size that is no positive number counts as 1 (nifti1_io does so too).
fn voxel_sizes(header: &NiftiHeader) -> [f64; 3] {
    [1, 2, 3].map(|axis| {
        let size = f64::from(header.pixdim[axis]).abs();
        if size > 0.0 && size.is_finite() { size } else { 1.0 }
    })
}

/// nifti1.h, "METHOD 2": a rotation from the quaternion, voxel sizes, and qfac for the
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
    let [dx, dy, dz] = voxel_sizes(header);
    let qfac = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let offset = [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from);
    Affine([0, 1, 2].map(|row| {
        [rotation[row][0] * dx, rotation[row][1] * dy, rotation[row][2] * dz * qfac, offset[row]]
    }))
}

fn from_voxel_sizes(header: &NiftiHeader, shape: [usize; 3]) -> Affine {
    let [dx, dy, dz] = voxel_sizes(header);
    let centre = shape.map(|length| (length as f64 - 1.0) / 2.0);
    Affine([
        [-dx, 0.0, 0.0, dx * centre[0]],
        [0.0, dy, 0.0, -dy * centre[1]],
        [0.0, 0.0, dz, -dz * centre[2]],
    ])
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
    fn without_codes_the_centre_is_the_origin_and_x_is_flipped() {
        let affine = Affine::from_header(&header(), [3, 5, 7]);
        assert_eq!(affine.position([1.0, 2.0, 3.0]), [0.0; 3]);
        assert_eq!(affine.position([2.0, 2.0, 3.0]), [-2.0, 0.0, 0.0]);
    }

    #[test]
    fn a_quaternion_turns_half_around_z_and_qfac_flips_the_slices() {
        let mut header = NiftiHeader { qform_code: 1, quatern_d: 1.0, ..header() };
        let upright = Affine::from_header(&header, [3, 5, 7]);
        assert_eq!(upright.position([1.0, 1.0, 1.0]), [-2.0, -3.0, 4.0]);
        header.pixdim[0] = -1.0;
        let flipped = Affine::from_header(&header, [3, 5, 7]);
        assert_eq!(flipped.position([1.0, 1.0, 1.0]), [-2.0, -3.0, -4.0]);
    }

    #[test]
    fn an_affine_of_zeros_or_with_parallel_axes_names_no_directions() {
        let straight = Affine::from_header(&header(), [3, 5, 7]);
        assert!(straight.names_directions());
        let mut oblique = straight;
        oblique.0[1][0] = 0.3;
        assert!(oblique.names_directions());
        assert!(!Affine([[0.0; 4]; 3]).names_directions());
        let mut parallel = straight;
        (parallel.0[0][1], parallel.0[1][1]) = (5.0, 0.0);
        assert!(!parallel.names_directions());
        let mut unknown = straight;
        unknown.0[2][2] = f64::NAN;
        assert!(!unknown.names_directions());
    }

    #[test]
    fn a_rotation_displaces_the_far_corner_most() {
        let straight = Affine::from_header(&header(), [3, 5, 7]);
        let mut sheared = straight;
        sheared.0[0][2] = 0.5;
        assert_eq!(straight.greatest_displacement(&sheared, [3, 5, 7]), 3.0);
        assert_eq!(straight.greatest_displacement(&straight, [3, 5, 7]), 0.0);
    }
}
