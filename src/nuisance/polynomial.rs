//! Polynomial trends.

/// The Legendre polynomials of order 1 to `order`, each over the `volumes` of a whole run, the
/// first of which lies at -1 and the last at 1. Order 0 is no column.
///
/// `P_0 = 1, P_1 = x, (k + 1) P_(k+1) = (2k + 1) x P_k - k P_(k-1)` (Abramowitz and Stegun
/// 22.7.10). Regressors scaled so are nipype's `regress_poly`'s.
pub fn polynomial_columns(volumes: usize, order: usize) -> Vec<Vec<f64>> {
    let last = volumes.saturating_sub(1).max(1) as f64;
    let position = |volume: usize| (2.0 * volume as f64 - last) / last;
    let positions: Vec<f64> = (0..volumes).map(position).collect();
    let mut columns = vec![vec![1.0; volumes], positions.clone()];
    for k in 1..order {
        let (before, below) = (&columns[k], &columns[k - 1]);
        let (k, terms) = (k as f64, positions.iter().zip(before).zip(below));
        let next = terms.map(|((x, p), q)| ((2.0 * k + 1.0) * x * p - k * q) / (k + 1.0));
        columns.push(next.collect());
    }
    columns.truncate(order + 1);
    columns.remove(0);
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 4e-15, "{found} is not {expected}");
        }
    }

    // Python 3.11.7, numpy 2.4.6:
    // [Legendre.basis(k)(np.linspace(-1, 1, n)) for k in range(1, order + 1)]
    #[test]
    fn columns_are_those_of_numpy() {
        let columns = polynomial_columns(5, 3);
        assert_eq!(columns.len(), 3);
        assert_near(&columns[0], &[-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_near(&columns[1], &[1.0, -0.125, -0.5, -0.125, 1.0]);
        assert_near(&columns[2], &[-1.0, 0.4375, 0.0, -0.4375, 1.0]);

        let at_17: Vec<f64> = polynomial_columns(184, 9).iter().map(|column| column[17]).collect();
        let expected = [
            -0.8142076502732241,
            0.494401146645167,
            -0.12810355965509923,
            -0.18827078796165053,
            0.3784075763104984,
            -0.40796197321311156,
            0.2925299167251133,
            -0.089620953684858,
            -0.1221942455384461,
        ];
        assert_near(&at_17, &expected);
    }

    #[test]
    fn order_0_is_no_column() {
        assert_eq!(polynomial_columns(7, 0), [[0.0; 0]; 0]);
    }

    #[test]
    fn the_shortest_runs_have_columns_too() {
        assert_eq!(polynomial_columns(0, 2), [[0.0; 0]; 2]);
        assert_eq!(polynomial_columns(1, 2), [[-1.0], [1.0]]);
        assert_eq!(polynomial_columns(2, 2), [[-1.0, 1.0], [1.0, 1.0]]);
    }
}
