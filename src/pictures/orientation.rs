//! The directions in the body in which the voxel axes point.

/// The axis of the body that each voxel axis follows most closely.
///
/// The affine's columns are scaled to unit length and replaced by the nearest matrix with
/// orthonormal columns (its polar factor `A (AᵀA)^-½`); then, the clearest column first, each voxel
/// axis takes the body axis in which it has the largest component, of those not yet taken. This is
/// what nibabel's `io_orientation` does, so oblique, sheared and left-handed grids come out alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyOrientation {
    /// The axis of the body that each voxel axis lies along.
    pub axes: [BodyAxis; 3],
}

/// An axis of the body, in one of its two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyAxis {
    /// 0 runs from left to right, 1 from posterior to anterior, 2 from inferior to superior.
    pub number: usize,
    /// Whether the voxel index grows the other way: to the left, to posterior, to inferior.
    pub is_reversed: bool,
}

/// The share of the largest below which a singular value counts as 0: the singular values are roots of
/// the eigenvalues of `AᵀA`, which are exact to 2e-16 of the largest, and the root of that is 1e-8.
const SINGULAR: f64 = 1e-7;

impl BodyOrientation {
    /// The orientation of a grid, from the first three rows of its affine (voxel indices to
    /// millimetres; x to the right, y to anterior, z to superior).
    ///
    /// A voxel axis for which the affine names no direction takes what is left over, in order.
    pub fn of_affine(affine: &[[f64; 4]; 3]) -> BodyOrientation {
        let mut unit = [[0.0; 3]; 3];
        if affine.iter().flatten().all(|it| it.is_finite()) {
            for column in 0..3 {
                let length = affine.iter().map(|row| row[column].powi(2)).sum::<f64>().sqrt();
                if length > 0.0 {
                    (0..3).for_each(|row| unit[row][column] = affine[row][column] / length);
                }
            }
        }
        let mut nearest = nearest_orthogonal(&unit);
        let strongest = |matrix: &[[f64; 3]; 3], column: usize| {
            matrix.iter().map(|row| row[column].abs()).fold(0.0, f64::max)
        };
        let mut order = [0, 1, 2];
        // Components that differ by rounding alone are a tie, and the sort keeps its order.
        let rank = |column: &usize| (strongest(&nearest, *column) * 1e9).round();
        order.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
        let mut axes = [None; 3];
        for column in order {
            let most = strongest(&nearest, column);
            if most < 1e-8 {
                continue;
            }
            let row = (0..3).find(|&row| nearest[row][column].abs() >= most * (1.0 - 1e-9));
            let row = row.expect("one of the components is the largest");
            axes[column] = Some(BodyAxis { number: row, is_reversed: nearest[row][column] < 0.0 });
            nearest[row] = [0.0; 3];
        }
        for column in 0..3 {
            if axes[column].is_none() {
                let is_free = |number: &usize| axes.iter().flatten().all(|it| it.number != *number);
                let number = (0..3).find(is_free).expect("as many body axes as voxel axes");
                axes[column] = Some(BodyAxis { number, is_reversed: false });
            }
        }
        BodyOrientation { axes: axes.map(|axis| axis.expect("each has been filled")) }
    }

    /// The voxel axis that follows a body axis.
    pub fn voxel_axis(&self, body: usize) -> usize {
        self.axes.iter().position(|axis| axis.number == body).expect("a permutation")
    }

    /// Where the three voxel indices grow to, in letters: `RAS` is right, anterior, superior.
    pub fn codes(&self) -> String {
        let code =
            |axis: &BodyAxis| ["RAS", "LPI"][usize::from(axis.is_reversed)].as_bytes()[axis.number];
        self.axes.iter().map(|axis| char::from(code(axis))).collect()
    }
}

/// `A V S^-1 Vᵀ` over the singular values that are not 0: the polar factor of `A`.
fn nearest_orthogonal(matrix: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let mut square = [[0.0; 3]; 3];
    for (i, row) in square.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = matrix.iter().map(|row| row[i] * row[j]).sum();
        }
    }
    let (eigenvalues, vectors) = eigen(square);
    let greatest = eigenvalues.into_iter().fold(0.0, f64::max).sqrt();
    let mut nearest = [[0.0; 3]; 3];
    for (number, eigenvalue) in eigenvalues.into_iter().enumerate() {
        let singular = eigenvalue.max(0.0).sqrt();
        if singular <= greatest * SINGULAR {
            continue;
        }
        for (row, of) in nearest.iter_mut().zip(matrix) {
            let image: f64 = (0..3).map(|k| of[k] * vectors[k][number]).sum::<f64>() / singular;
            (0..3).for_each(|column| row[column] += image * vectors[column][number]);
        }
    }
    nearest
}

/// Eigenvalues and eigenvectors (as columns) of a symmetric matrix, by Jacobi's rotations.
fn eigen(mut matrix: [[f64; 3]; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    let mut vectors = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    // It converges quadratically; 3x3 matrices take four or five sweeps.
    for _ in 0..12 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if matrix[p][q] == 0.0 {
                continue;
            }
            let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
            let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
            let sine = tangent * cosine;
            let turn = |row: &mut [f64; 3]| {
                (row[p], row[q]) =
                    (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
            };
            matrix.iter_mut().for_each(turn);
            for column in [0, 1, 2] {
                let (a, b) = (matrix[p][column], matrix[q][column]);
                matrix[p][column] = cosine * a - sine * b;
                matrix[q][column] = sine * a + cosine * b;
            }
            vectors.iter_mut().for_each(turn);
        }
    }
    ([0, 1, 2].map(|it| matrix[it][it]), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes_of(matrix: [[f64; 3]; 3]) -> [(usize, i32); 3] {
        let affine = matrix.map(|row| [row[0], row[1], row[2], 17.0]);
        let sign = |axis: BodyAxis| if axis.is_reversed { -1 } else { 1 };
        BodyOrientation::of_affine(&affine).axes.map(|axis| (axis.number, sign(axis)))
    }

    /// Each of the 48 ways to lay three axes along those of the body, with unlike voxel sizes.
    #[test]
    fn all_48_orientations_along_the_axes_are_told_apart() {
        let mut seen = std::collections::BTreeSet::new();
        for permutation in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for signs in 0..8 {
                let sign = |axis: usize| if signs >> axis & 1 == 1 { -1 } else { 1 };
                let mut matrix = [[0.0; 3]; 3];
                for (axis, size) in [2.0, 3.0, 4.5].into_iter().enumerate() {
                    matrix[permutation[axis]][axis] = size * f64::from(sign(axis));
                }
                let expected = [0, 1, 2].map(|axis| (permutation[axis], sign(axis)));
                assert_eq!(axes_of(matrix), expected);
                let affine = matrix.map(|row| [row[0], row[1], row[2], 0.0]);
                seen.insert(BodyOrientation::of_affine(&affine).codes());
            }
        }
        assert_eq!(seen.len(), 48);
        assert!(seen.contains("RAS") && seen.contains("LPI") && seen.contains("SLA"));
    }

    /// nibabel 5.4.2, `nibabel.orientations.io_orientation`, of matrices drawn at random (numpy
    /// `default_rng(5)`): the first are rotations and reflections with unlike voxel sizes, the
    /// others sheared besides.
    #[test]
    fn oblique_and_sheared_grids_are_oriented_as_nibabel_orients_them() {
        let expected = [
            (
                [-3.7771, -0.6302, -0.9773, 1.9803, -3.0654, -0.3365, -2.6029, -1.4176, 1.1621],
                [(0, -1), (1, -1), (2, 1)],
            ),
            (
                [-0.7942, 3.8085, 0.1891, -1.4356, -1.45, -0.3518, -0.5216, -1.8084, 0.6804],
                [(1, -1), (0, 1), (2, 1)],
            ),
            (
                [-0.7333, 0.8223, 1.4861, 0.4596, -1.0506, 1.2621, 2.3081, 0.4704, 0.2208],
                [(2, 1), (1, -1), (0, 1)],
            ),
            (
                [-1.1988, 2.1808, -0.696, -1.2186, -1.7045, -1.027, -2.1946, -0.2448, 0.9505],
                [(2, -1), (0, 1), (1, -1)],
            ),
            (
                [-0.2954, 1.2093, -3.2889, -1.4951, -1.2026, 0.2962, -0.4192, 3.4365, 1.261],
                [(1, -1), (2, 1), (0, -1)],
            ),
            (
                [-1.3357, -0.2462, -0.8368, 0.1107, -2.2266, 0.5832, -0.2984, 0.2758, 3.9615],
                [(0, -1), (1, -1), (2, 1)],
            ),
            (
                [-0.274, -1.5437, -2.2125, 3.4533, -1.0999, 1.0851, -2.5716, -1.3125, 1.6928],
                [(1, 1), (2, -1), (0, -1)],
            ),
            (
                [-1.911, -0.0515, -0.3344, -0.4844, -0.6208, 1.2924, -0.0813, 4.9105, 0.1599],
                [(0, -1), (2, 1), (1, 1)],
            ),
            (
                [-1.5526, 1.6552, 0.5917, -2.1097, -1.7954, -0.1819, 0.7062, -1.7244, 0.7574],
                [(1, -1), (0, 1), (2, 1)],
            ),
            (
                [-2.2442, -0.4851, 1.7617, -1.1742, -0.7404, -2.973, 0.8201, -2.3876, 0.5639],
                [(0, -1), (2, -1), (1, -1)],
            ),
            (
                [-0.5188, -0.1013, 0.07, 0.0848, -0.6312, 0.3733, 0.0042, 0.2192, 1.1074],
                [(0, -1), (1, -1), (2, 1)],
            ),
            (
                [-1.4432, -1.0496, -4.1492, -3.0348, -0.9672, 2.2024, -1.1795, 3.7728, -0.5897],
                [(1, -1), (2, 1), (0, -1)],
            ),
            (
                [-0.1959, 1.527, -0.8289, -2.5615, 0.0743, 0.7456, 0.3798, 1.4615, -0.3457],
                [(1, -1), (2, 1), (0, -1)],
            ),
            (
                [0.2178, -4.6262, -0.7401, 3.2914, 1.8223, 0.6145, 1.5647, -2.1086, 3.362],
                [(1, 1), (0, -1), (2, 1)],
            ),
            (
                [-3.3927, 1.3725, -1.3083, -0.1605, -1.5932, -0.8113, -1.5374, -1.7689, 1.062],
                [(0, -1), (1, -1), (2, 1)],
            ),
            (
                [-1.6809, 3.493, 1.3657, -2.7224, 0.4288, -1.3134, 0.141, -2.5992, 2.7763],
                [(1, -1), (0, 1), (2, 1)],
            ),
            (
                [-0.4102, 1.8365, -0.877, -0.0117, -0.6391, 1.3767, -0.3352, 1.033, 3.9472],
                [(0, -1), (1, -1), (2, 1)],
            ),
            (
                [-3.5669, 0.5575, 0.349, -1.4689, -0.5514, 2.0827, 0.4857, -0.4627, 2.3702],
                [(0, -1), (1, -1), (2, 1)],
            ),
            (
                [-0.0681, 2.5184, -0.8454, -5.5942, 0.5257, 0.2702, 0.5985, 0.9448, 1.7379],
                [(1, -1), (0, 1), (2, 1)],
            ),
            (
                [-1.4911, -2.4155, -0.0058, 1.6472, 0.474, 0.2651, 2.168, -3.8221, -0.6948],
                [(2, 1), (0, -1), (1, 1)],
            ),
            (
                [0.9217, -1.9647, -2.5384, -1.0794, -2.9762, 1.8032, -1.2818, 1.2553, 0.3734],
                [(2, -1), (1, -1), (0, -1)],
            ),
            (
                [-0.5023, -2.7278, 2.0968, -0.9964, -4.2627, -1.2714, 0.8275, -1.3714, -0.1999],
                [(2, 1), (1, -1), (0, 1)],
            ),
            (
                [-0.6031, -1.6998, 0.1016, 0.1802, -1.8329, 0.8576, 1.0582, -0.0067, 2.0613],
                [(0, -1), (1, -1), (2, 1)],
            ),
            (
                [-2.6955, -0.0186, 1.3673, 1.3703, -2.1368, -0.8762, 1.7888, 1.2749, 0.8678],
                [(2, 1), (1, -1), (0, 1)],
            ),
        ];
        for (matrix, axes) in expected {
            let [a, b, c, d, e, f, g, h, i] = matrix;
            assert_eq!(axes_of([[a, b, c], [d, e, f], [g, h, i]]), axes, "{matrix:?}");
        }
    }

    /// nibabel 5.4.2 gives NaN for the axes that have no direction, and else the same.
    #[test]
    fn an_axis_without_a_direction_takes_what_is_left() {
        assert_eq!(axes_of([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0; 3]]), [(0, 1), (1, 1), (2, 1)]);
        assert_eq!(
            axes_of([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            [(0, 1), (1, 1), (2, 1)]
        );
        assert_eq!(axes_of([[0.0; 3], [0.0; 3], [0.0, -3.0, 0.0]]), [(0, 1), (2, -1), (1, 1)]);
        assert_eq!(axes_of([[0.0; 3]; 3]), [(0, 1), (1, 1), (2, 1)]);
        assert_eq!(axes_of([[f64::NAN; 3]; 3]), [(0, 1), (1, 1), (2, 1)]);
    }
}
