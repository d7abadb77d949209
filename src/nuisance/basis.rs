//! An orthonormal basis of what is regressed out.

use std::ops::Range;

/// A column adds a dimension if more than this part of its variation (the norm of its deviations
/// from its mean) is left when the other columns are taken out. A column that others make up
/// leaves a few times 1e-16, more if its mean is far above its variation; one that they make up
/// but for 1e-6 is kept, and its direction is known to about 1e-16 / 1e-6.
pub const RANK_TOLERANCE: f64 = 1e-10;

/// A column whose deviations from its mean are below this part of its values is constant: that
/// is how far equal values may lie apart when each was rounded twice.
const CONSTANT_TOLERANCE: f64 = 4.0 * f64::EPSILON;

/// The part of the most that any column has left with which another has enough left, too: the first
/// of these is taken. Of columns that say the same, so the later ones are named as dependent.
const ENOUGH: f64 = 0.5;

/// The number of terms of a sum that are added one after the other.
const SUMMED_IN_ORDER: usize = 32;

/// Orthonormal vectors over the used volumes of a run, or of several, that are orthogonal to the
/// constant and span the given columns as they are after their means are removed.
///
/// With the projections `c_k = sum over t of q_k(t) y(t)` of a series y, from which any constant
/// may have been subtracted: the residuals of y on the constant and the columns have the sum of
/// squares `sum (y - mean(y))^2 - sum c_k^2`, and the mean of y is not touched.
#[derive(Clone, Debug)]
pub struct Basis {
    volumes: usize,
    /// `rank` values for each volume.
    rows: Vec<f64>,
    /// The columns that were kept, in the order of the basis vectors.
    kept: Vec<Kept>,
    dependent: Vec<usize>,
}

/// A column with a part in the basis.
#[derive(Clone, Debug)]
struct Kept {
    index: usize,
    /// The products of the column with the basis vectors up to the one that it added: a column of the
    /// triangular factor.
    products: Vec<f64>,
    /// The factor that makes the products those of the column as it was given.
    scale: f64,
}

/// A column in the making of a basis.
struct Candidate {
    index: usize,
    scale: f64,
    /// The deviations from the mean, of norm 1.
    unit: Vec<f64>,
    /// The rest of the columns beside the vectors found so far.
    rest: Vec<f64>,
}

impl Basis {
    /// The basis of columns over `volumes` used volumes, by modified Gram-Schmidt with column
    /// pivoting. Columns count alike whatever their units, as each is scaled to norm 1; those
    /// that add no dimension by [`RANK_TOLERANCE`] are left out.
    ///
    /// # Panics
    /// If a column has another length, or a value that is not finite.
    pub fn new(volumes: usize, columns: &[Vec<f64>]) -> Basis {
        let mut candidates: Vec<Candidate> = columns
            .iter()
            .enumerate()
            .filter_map(|(index, column)| {
                assert_eq!(column.len(), volumes, "a value for each used volume");
                Candidate::new(index, column)
            })
            .collect();
        let constant = vec![(volumes as f64).sqrt().recip(); volumes];
        let mut vectors = vec![constant];
        let mut kept = Vec::new();
        while let Some(pivot) = pivot(&candidates) {
            let Candidate { index, scale, unit, rest: mut vector } = candidates.remove(pivot);
            // Once more, for what rounding left in it of the others, and after a cancellation
            // of up to ten digits once again.
            for _ in 0..2 {
                normalize(&mut vector);
                vectors.iter().for_each(|other| remove(other, &mut vector));
            }
            normalize(&mut vector);
            candidates.iter_mut().for_each(|other| remove(&vector, &mut other.rest));
            vectors.push(vector);
            let products = vectors[1..].iter().map(|vector| product(vector, &unit)).collect();
            kept.push(Kept { index, products, scale });
        }
        let is_kept = |index: &usize| kept.iter().any(|kept| kept.index == *index);
        let dependent = (0..columns.len()).filter(|index| !is_kept(index)).collect();
        let row = |volume| vectors[1..].iter().map(move |vector| vector[volume]);
        Basis { volumes, rows: (0..volumes).flat_map(row).collect(), kept, dependent }
    }

    /// Number of basis vectors: of the dimensions that the columns span beside the constant.
    pub fn rank(&self) -> usize {
        self.kept.len()
    }

    /// Number of used volumes.
    pub fn volumes(&self) -> usize {
        self.volumes
    }

    /// The value of each basis vector at one used volume.
    pub fn row(&self, volume: usize) -> &[f64] {
        &self.rows[volume * self.rank()..][..self.rank()]
    }

    /// The columns, by their index, that add nothing: constant ones, and those that the others
    /// make up.
    pub fn dependent(&self) -> &[usize] {
        &self.dependent
    }

    /// The regression coefficient of each column as it was given, 0 for dependent ones, from a
    /// series' projections on the basis vectors: with the constant in the model, `beta` such
    /// that `y = mean(y) + sum beta_j (x_j - mean(x_j)) + residual`.
    ///
    /// # Panics
    /// If there are not as many projections as basis vectors.
    pub fn coefficients(&self, projections: &[f64]) -> Vec<f64> {
        assert_eq!(projections.len(), self.rank(), "a projection on each basis vector");
        let mut left = projections.to_vec();
        let mut coefficients = vec![0.0; self.kept.len() + self.dependent.len()];
        for (last, kept) in self.kept.iter().enumerate().rev() {
            let coefficient = left[last] / kept.products[last];
            for (left, product) in left.iter_mut().zip(&kept.products) {
                *left -= coefficient * product;
            }
            coefficients[kept.index] = coefficient / kept.scale;
        }
        coefficients
    }
}

impl Candidate {
    /// The column, unless it is constant.
    fn new(index: usize, column: &[f64]) -> Option<Candidate> {
        assert!(column.iter().all(|value| value.is_finite()), "finite values");
        let largest = column.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        // A power of two, so that nothing is rounded, and squares neither overflow nor vanish.
        let magnitude = f64::from_bits(largest.to_bits() & f64::INFINITY.to_bits());
        let magnitude = magnitude.max(f64::MIN_POSITIVE);
        let mut unit: Vec<f64> = column.iter().map(|value| value / magnitude).collect();
        let smallest = CONSTANT_TOLERANCE * norm(&unit);
        for _ in 0..2 {
            let mean = sum(0..unit.len(), &|at| unit[at]) / unit.len() as f64;
            unit.iter_mut().for_each(|value| *value -= mean);
        }
        let norm = norm(&unit);
        if norm <= smallest {
            return None;
        }
        normalize(&mut unit);
        Some(Candidate { index, scale: magnitude * norm, rest: unit.clone(), unit })
    }
}

/// The candidate that gives the next vector, if any adds a dimension.
fn pivot(candidates: &[Candidate]) -> Option<usize> {
    let norms: Vec<f64> = candidates.iter().map(|candidate| norm(&candidate.rest)).collect();
    let most = norms.iter().copied().fold(RANK_TOLERANCE, f64::max);
    let enough = RANK_TOLERANCE.max(ENOUGH * most);
    norms.iter().position(|&norm| norm > enough)
}

/// The sum in halves, of halves: rounding grows with the logarithm of the number of terms.
fn sum(terms: Range<usize>, term: &impl Fn(usize) -> f64) -> f64 {
    if terms.len() <= SUMMED_IN_ORDER {
        return terms.map(term).sum();
    }
    let [left, right] = halves(terms);
    if left.len() <= SUMMED_IN_ORDER || right.len() > 2 * SUMMED_IN_ORDER {
        return sum(left, term) + sum(right, term);
    }
    // Four sums side by side: each addition waits for the one before it, but for none of another sum.
    let [[a, b], [c, d]] = [halves(left), halves(right)];
    let quarters = [a, b, c, d];
    let shortest = quarters.iter().map(Range::len).min().unwrap_or(0);
    let mut sums = [-0.0; 4];
    for at in 0..shortest {
        for (sum, quarter) in sums.iter_mut().zip(&quarters) {
            *sum += term(quarter.start + at);
        }
    }
    for (sum, quarter) in sums.iter_mut().zip(quarters) {
        (quarter.start + shortest..quarter.end).for_each(|at| *sum += term(at));
    }
    let [a, b, c, d] = sums;
    (a + b) + (c + d)
}

fn halves(terms: Range<usize>) -> [Range<usize>; 2] {
    let middle = terms.start + terms.len() / 2;
    [terms.start..middle, middle..terms.end]
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    sum(0..a.len(), &|at| a[at] * b[at])
}

fn norm(vector: &[f64]) -> f64 {
    product(vector, vector).sqrt()
}

fn normalize(vector: &mut [f64]) {
    let norm = norm(vector);
    vector.iter_mut().for_each(|value| *value /= norm);
}

/// Takes out of `vector` its part along `unit`.
fn remove(unit: &[f64], vector: &mut [f64]) {
    let along = product(unit, vector);
    vector.iter_mut().zip(unit).for_each(|(value, unit)| *value -= along * unit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nuisance::{Volumes, polynomial_columns};
    use crate::recipe::Widening;
    use proptest::prelude::*;

    /// How far the products of basis vectors may lie from 0 and 1.
    const ORTHONORMAL: f64 = 1e-14;

    /// Numbers that look random and are the same in any language with floats of 64 bits:
    /// `((a * t + b) % m) / m` for t from 0.
    fn scattered(volumes: usize, [a, b, m]: [usize; 3]) -> Vec<f64> {
        (0..volumes).map(|t| ((a * t + b) % m) as f64 / m as f64).collect()
    }

    fn series(volumes: usize) -> Vec<f64> {
        scattered(volumes, [71, 3, 107]).iter().map(|value| value * 1000.0).collect()
    }

    fn vectors(basis: &Basis) -> Vec<Vec<f64>> {
        let vector = |k| (0..basis.volumes()).map(|volume| basis.row(volume)[k]).collect();
        (0..basis.rank()).map(vector).collect()
    }

    fn projections(basis: &Basis, series: &[f64]) -> Vec<f64> {
        vectors(basis).iter().map(|vector| product(vector, series)).collect()
    }

    /// The rest of a series beside the constant and the columns.
    fn residuals(basis: &Basis, series: &[f64]) -> Vec<f64> {
        let mean = series.iter().sum::<f64>() / series.len() as f64;
        let mut left: Vec<f64> = series.iter().map(|value| value - mean).collect();
        vectors(basis).iter().for_each(|vector| remove(vector, &mut left));
        left
    }

    #[test]
    fn sums_side_by_side_have_the_bits_of_sums_one_after_the_other() {
        fn in_halves(terms: &[f64]) -> f64 {
            if terms.len() <= SUMMED_IN_ORDER {
                return terms.iter().sum();
            }
            let (left, right) = terms.split_at(terms.len() / 2);
            in_halves(left) + in_halves(right)
        }
        let terms: Vec<f64> = scattered(700, [71, 3, 107]).iter().map(|it| it.sqrt()).collect();
        for count in 0..terms.len() {
            let found = sum(0..count, &|at| terms[at]);
            assert_eq!(found.to_bits(), in_halves(&terms[..count]).to_bits(), "{count}");
        }
    }

    #[track_caller]
    fn assert_orthonormal(basis: &Basis) {
        let constant = vec![(basis.volumes() as f64).sqrt().recip(); basis.volumes()];
        let vectors: Vec<Vec<f64>> = std::iter::once(constant).chain(vectors(basis)).collect();
        for (i, a) in vectors.iter().enumerate() {
            for (j, b) in vectors.iter().enumerate() {
                let off = (product(a, b) - f64::from(u8::from(i == j))).abs();
                assert!(off <= ORTHONORMAL, "vectors {i} and {j}: off by {off:e}");
            }
        }
    }

    /// A least squares problem and its solution.
    struct Expected<'a> {
        /// Sum of the squares of the residuals.
        sum_of_squares: f64,
        first_residuals: [f64; 3],
        coefficients: &'a [f64],
        /// How far the figures may lie off: residuals and the root of their sum of squares
        /// relative to the norm of the series' deviations, coefficients relative to themselves.
        tolerances: [f64; 2],
    }

    #[track_caller]
    fn assert_solves(columns: &[Vec<f64>], series: &[f64], expected: &Expected) {
        let basis = Basis::new(series.len(), columns);
        assert_orthonormal(&basis);
        assert_eq!((basis.rank(), basis.dependent()), (columns.len(), &[][..]));
        let size = norm(&residuals(&Basis::new(series.len(), &[]), series));
        let left = residuals(&basis, series);
        let [tolerance, relative] = expected.tolerances;
        let off = (norm(&left) - expected.sum_of_squares.sqrt()).abs() / size;
        assert!(off <= tolerance, "norm of the residuals: off by {off:e}");
        for (found, expected) in left.iter().zip(expected.first_residuals) {
            let off = (found - expected).abs() / size;
            assert!(off <= tolerance, "residual {found}: off by {off:e}");
        }
        let found = basis.coefficients(&projections(&basis, series));
        assert_eq!(found.len(), columns.len());
        for (found, expected) in found.iter().zip(expected.coefficients) {
            let off = (found / expected - 1.0).abs();
            assert!(off <= relative, "coefficient {found} is not {expected}: off by {off:e}");
        }
    }

    // Expected values of the next tests: mpmath 1.4.1 with 60 digits, on the same float64 columns
    // (Legendre polynomials: mp.legendre at exact positions), with y the series:
    // X = [1, columns]; b = mp.lu_solve(X.T * X, X.T * y); r = y - X * b
    // sum_of_squares = sum(v * v for v in r); first_residuals = r[:3]; coefficients = b[1:]

    #[test]
    fn columns_that_are_alike_but_for_a_millionth_are_both_taken_out() {
        let a = scattered(40, [37, 11, 101]);
        let b = scattered(40, [53, 7, 103]);
        let alike = |by: f64| -> Vec<f64> { a.iter().zip(&b).map(|(a, b)| a + by * b).collect() };
        let c = scattered(40, [29, 5, 97]).iter().map(|c| 3.0 * c + 500.0).collect();
        let columns = [a.clone(), alike(1e-6), c];
        let expected = Expected {
            sum_of_squares: 3538692.4654938965,
            first_residuals: [-515.830273730667, 119.11036636072704, -180.6105390902267],
            coefficients: &[-65338321.11539492, 65338454.46393747, -60.05130913695659],
            // The direction of the small difference is known to 1e-16 / 1e-6. (numpy 2.4.6's
            // lstsq is off by 3.4e-10 in the coefficients.)
            tolerances: [1e-10, 2e-9],
        };
        assert_solves(&columns, &series(40), &expected);

        let [a, _, c] = columns;
        let expected = Expected {
            sum_of_squares: 3538692.4655789286,
            first_residuals: [-515.8302737472778, 119.11036628865386, -180.61053942489312],
            coefficients: &[-6533845295.143053, 6533845428.491595, -60.05130910800243],
            tolerances: [1e-8, 5e-7],
        };
        assert_solves(&[a, alike(1e-8), c], &series(40), &expected);
    }

    #[test]
    fn polynomials_of_order_9_in_a_dozen_volumes_are_taken_out() {
        let expected = Expected {
            sum_of_squares: 204615.04439832608,
            first_residuals: [2.296465144762358, -20.438539788384986, 78.07981492192017],
            coefficients: &[
                175.72770124487704,
                343.73348086704317,
                394.3997690591081,
                336.2254618446569,
                400.7366221623602,
                -194.76949496904027,
                -48.20825281023344,
                -733.7744526580875,
                -773.2379526329762,
            ],
            tolerances: [1e-14, 5e-14],
        };
        assert_solves(&polynomial_columns(12, 9), &series(12), &expected);
    }

    #[test]
    fn polynomials_go_on_in_the_gaps_that_censoring_leaves() {
        let censored: Vec<usize> = (60..75).chain([100]).collect();
        let volumes = Volumes::all(184).drop_dummies(4).censor(&censored, Widening::default());
        let columns: Vec<Vec<f64>> =
            polynomial_columns(184, 9).iter().map(|column| volumes.picked(column)).collect();
        let expected = Expected {
            sum_of_squares: 12615968.982099373,
            first_residuals: [318.52797994182237, -40.44298662199672, -400.2867931726417],
            coefficients: &[
                -0.9495400888309075,
                31.491186966498685,
                16.06598431126986,
                -196.65644131431304,
                76.40966013914657,
                56.02366246445042,
                87.05850235254408,
                -34.147856518167636,
                -107.79026489513487,
            ],
            tolerances: [1e-14, 1e-12],
        };
        assert_solves(&columns, &volumes.picked(&series(184)), &expected);
    }

    #[test]
    fn a_column_far_above_its_variation_is_taken_out() {
        let small = scattered(40, [37, 11, 101]).iter().map(|a| 1e6 + a * 1e-3).collect();
        let expected = Expected {
            sum_of_squares: 3642588.3193851854,
            first_residuals: [-454.90078334495246, 144.93279200928325, -211.50557299550948],
            coefficients: &[112511.20652647546, 43.728059640971566],
            tolerances: [1e-13, 1e-11],
        };
        assert_solves(&[small, scattered(40, [53, 7, 103])], &series(40), &expected);
    }

    #[test]
    fn three_volumes_have_room_for_two_columns_beside_the_mean() {
        let expected = Expected {
            sum_of_squares: 44.642857142857146,
            first_residuals: [-3.5714285714285716, 5.357142857142857, -1.7857142857142858],
            coefficients: &[1.0714285714285714],
            tolerances: [1e-15, 1e-15],
        };
        let y = [10.0, 20.0, 15.0];
        assert_solves(&[vec![1.0, 2.0, 4.0]], &y, &expected);

        let columns = [[1.0, 2.0, 4.0], [0.0, 1.0, 0.0], [5.0, 1.0, 7.0], [1.0, 1.0, 2.0]];
        let basis = Basis::new(3, &columns.map(Vec::from));
        assert_orthonormal(&basis);
        assert_eq!((basis.rank(), basis.dependent()), (2, &[2, 3][..]));
        assert!(norm(&residuals(&basis, &y)) <= 1e-14);
    }

    // numpy 2.4.6: np.linalg.pinv(X) @ y, as in nipype 1.11.0's regress_poly, is within 3e-15 of
    // mpmath's values here.
    #[test]
    fn the_coefficients_give_the_mean_that_nipype_shifts() {
        let expected = Expected {
            sum_of_squares: 1567566.6438824334,
            first_residuals: [-243.50649350649348, 404.066985645933, 50.61517429938484],
            coefficients: &[239.45260347129505, 30.844155844155836],
            tolerances: [1e-14, 1e-14],
        };
        assert_solves(&polynomial_columns(20, 2), &series(20), &expected);
    }

    #[test]
    fn columns_that_add_nothing_are_named() {
        let a = scattered(40, [37, 11, 101]);
        let b = scattered(40, [53, 7, 103]);
        let of = |f: fn(f64, f64) -> f64| a.iter().zip(&b).map(|(&a, &b)| f(a, b)).collect();
        let columns: [Vec<f64>; 8] = [
            vec![0.1; 40],
            of(|a, _| a),
            of(|a, _| 7.0 - 3e9 * a),
            of(|_, b| b),
            of(|a, b| a - 2.0 * b + 1.0),
            vec![0.0; 40],
            of(|a, b| a * b),
            vec![-1e300; 40],
        ];
        let basis = Basis::new(40, &columns);
        assert_orthonormal(&basis);
        assert_eq!((basis.rank(), basis.dependent()), (3, &[0, 2, 4, 5, 7][..]));
        let coefficients = basis.coefficients(&projections(&basis, &a));
        for (index, coefficient) in coefficients.iter().enumerate() {
            let expected = f64::from(u8::from(index == 1));
            assert!((coefficient - expected).abs() <= 1e-14, "{index}: {coefficient}");
        }
    }

    #[test]
    fn columns_count_alike_whatever_their_units() {
        let columns = [[37, 11, 101], [53, 7, 103]].map(|it| scattered(40, it));
        let scaled = |index: usize, by: f64| columns[index].iter().map(move |value| value * by);
        let scaled = [scaled(0, 1e-300).collect(), scaled(1, 1e300).collect()];
        let [plain, scaled] = [&columns, &scaled].map(|columns| Basis::new(40, columns));
        assert_eq!(scaled.rank(), 2);
        for volume in 0..40 {
            for (found, expected) in scaled.row(volume).iter().zip(plain.row(volume)) {
                assert!((found - expected).abs() <= 1e-15);
            }
        }
        let [plain, scaled] =
            [plain, scaled].map(|basis| basis.coefficients(&projections(&basis, &series(40))));
        assert!((scaled[0] * 1e-300 / plain[0] - 1.0).abs() <= 1e-14);
        assert!((scaled[1] * 1e300 / plain[1] - 1.0).abs() <= 1e-14);
    }

    #[test]
    fn many_columns_over_a_long_run_are_orthonormal() {
        let mut columns = polynomial_columns(2000, 9);
        let modulus = 1009;
        columns.extend((1..50).map(|a| scattered(2000, [a * a * a, 7 * a, modulus])));
        let basis = Basis::new(2000, &columns);
        assert_orthonormal(&basis);
        assert_eq!(basis.rank() + basis.dependent().len(), columns.len());
        assert!(basis.rank() > 50, "{}", basis.rank());
    }

    #[test]
    fn no_columns_and_no_volumes_are_a_basis_of_rank_0() {
        for volumes in [0, 1, 5] {
            assert_eq!(Basis::new(volumes, &[]).rank(), 0);
            assert_eq!(Basis::new(volumes, &[vec![3.0; volumes]]).dependent(), [0]);
        }
        assert_eq!(Basis::new(5, &[]).row(4), [0.0; 0]);
        assert_eq!(Basis::new(1, &[]).coefficients(&[]), [0.0; 0]);
    }

    /// Rank, and sum of the squares of the residuals times `volumes`, of least squares on a
    /// constant and columns of integers, in exact arithmetic: with Z the deviations from the
    /// means times n, elimination without fractions (Bareiss 1968) in Z'Z, bordered by the
    /// series. A column without a pivot depends on those before it.
    fn exact_fit(columns: &[Vec<i64>], series: &[i64]) -> (usize, f64) {
        let n = series.len() as i128;
        let deviations = |column: &Vec<i64>| -> Vec<i128> {
            let sum: i128 = column.iter().map(|&value| i128::from(value)).sum();
            column.iter().map(|&value| n * i128::from(value) - sum).collect()
        };
        let all: Vec<Vec<i128>> =
            columns.iter().chain([&series.to_vec()]).map(deviations).collect();
        let product = |a: &[i128], b: &[i128]| a.iter().zip(b).map(|(a, b)| a * b).sum();
        let mut matrix: Vec<Vec<i128>> =
            all.iter().map(|a| all.iter().map(|b| product(a, b)).collect()).collect();
        let (mut rank, mut before) = (0, 1);
        for k in 0..columns.len() {
            let pivot = matrix[k].clone();
            // In a matrix Z'Z, what is left of a column is 0 if its square is.
            if pivot[k] == 0 {
                continue;
            }
            rank += 1;
            for row in &mut matrix[k + 1..] {
                let factor = row[k];
                for (value, above) in row.iter_mut().zip(&pivot) {
                    *value = (pivot[k] * *value - factor * above) / before;
                }
            }
            before = pivot[k];
        }
        let left = matrix[columns.len()][columns.len()];
        (rank, left as f64 / before as f64 / (n * n) as f64)
    }

    /// Columns of small integers and a series, over as many volumes.
    fn integers() -> impl Strategy<Value = (Vec<Vec<i64>>, Vec<i64>)> {
        (1..9_usize, 0..5_usize).prop_flat_map(|(volumes, columns)| {
            let column = || prop::collection::vec(-3..4_i64, volumes);
            let series = prop::collection::vec(-100..100_i64, volumes);
            (prop::collection::vec(column(), columns), series)
        })
    }

    fn floats(column: &[i64]) -> Vec<f64> {
        column.iter().map(|&value| value as f64).collect()
    }

    proptest! {
        #[test]
        fn rank_and_residuals_are_those_of_exact_arithmetic((columns, series) in integers()) {
            let (rank, sum_of_squares) = exact_fit(&columns, &series);
            let series = floats(&series);
            let basis = Basis::new(series.len(), &columns.iter().map(|it| floats(it)).collect::<Vec<_>>());
            assert_orthonormal(&basis);
            prop_assert_eq!(basis.rank(), rank);
            prop_assert_eq!(basis.rank() + basis.dependent().len(), columns.len());
            let found = norm(&residuals(&basis, &series));
            let off = (found - sum_of_squares.sqrt()).abs() / norm(&series).max(1.0);
            prop_assert!(off <= 1e-13, "{} is not the root of {}", found, sum_of_squares);
        }

        #[test]
        fn the_coefficients_make_the_fit((columns, series) in integers()) {
            let series = floats(&series);
            let columns: Vec<Vec<f64>> = columns.iter().map(|it| floats(it)).collect();
            let basis = Basis::new(series.len(), &columns);
            let coefficients = basis.coefficients(&projections(&basis, &series));
            for &index in basis.dependent() {
                prop_assert_eq!(coefficients[index], 0.0);
            }
            let mut left = residuals(&Basis::new(series.len(), &[]), &series);
            for (column, coefficient) in columns.iter().zip(coefficients) {
                let deviations = residuals(&Basis::new(series.len(), &[]), column);
                left.iter_mut().zip(deviations).for_each(|(left, it)| *left -= coefficient * it);
            }
            for (found, expected) in left.iter().zip(residuals(&basis, &series)) {
                prop_assert!((found - expected).abs() <= 1e-10, "{} is not {}", found, expected);
            }
        }

        #[test]
        fn nothing_is_left_of_the_columns_themselves(
            columns in prop::collection::vec(prop::collection::vec(-1e6..1e6_f64, 30), 1..20),
            nearness in 1e-8..1.0_f64,
        ) {
            let mut columns = columns;
            // One that is near the first.
            let near = columns[0].iter().zip(&columns[columns.len() - 1]);
            columns.push(near.map(|(a, b)| a + nearness * b).collect());
            let basis = Basis::new(30, &columns);
            assert_orthonormal(&basis);
            for column in &columns {
                let left = norm(&residuals(&basis, column)) / norm(column);
                prop_assert!(left <= 1e-14, "{:e} is left", left);
            }
        }
    }
}
