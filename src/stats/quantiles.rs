//! Medians and quantiles, as numpy computes them by default, bit for bit.
//!
//! Of the n values in ascending order v_0 .. v_(n-1) the quantile q lies at the position
//! `h = (n - 1) * q`, and between two values on the line that joins them: Hyndman and Fan,
//! *Sample quantiles in statistical packages*, The American Statistician 50 (1996), definition
//! 7. NaN has no place in the order: leave it out before. The values are reordered, so that
//! nothing is copied.

/// The median: the value in the middle, of an even number of values the mean of the middle
/// two. None of no values.
pub fn median(values: &mut [f64]) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let found = of_ranks(values, &[last / 2, last.div_ceil(2)]);
    Some(if last % 2 == 0 { found[0] } else { (found[0] + found[1]) / 2.0 })
}

/// The [`median`] of those values that are finite.
pub fn median_of_finite(values: impl Iterator<Item = f64>) -> Option<f64> {
    median(&mut values.filter(|it| it.is_finite()).collect::<Vec<_>>())
}

/// The quantile `q`: that of 0 is the least value, that of 1 the greatest. None of no values.
///
/// That of 0.5 may differ from the [`median`] in the last bit, as in numpy.
///
/// # Panics
/// If `q` is not between 0 and 1.
pub fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    quantiles(values, [q]).map(|[it]| it)
}

/// Several quantiles of the same values, each that of [`quantile`].
///
/// # Panics
/// As [`quantile`].
pub fn quantiles<const N: usize>(values: &mut [f64], qs: [f64; N]) -> Option<[f64; N]> {
    let last = values.len().checked_sub(1)?;
    let places = qs.map(|q| position(last, q));
    // The last value stands for the one behind it.
    let ranks: Vec<usize> =
        places.iter().flat_map(|&(rank, _)| [rank, last.min(rank + 1)]).collect();
    let found = of_ranks(values, &ranks);
    let between = |at: usize| on_the_line(found[2 * at], found[2 * at + 1], places[at].1);
    Some(std::array::from_fn(between))
}

/// Where a quantile lies, if `last` is the rank of the greatest value: behind which value in ascending
/// order, and how far of the way to the next.
fn position(last: usize, q: f64) -> (usize, f64) {
    assert!((0.0..=1.0).contains(&q), "a quantile between 0 and 1, not {q}");
    let exact = last as f64 * q;
    (exact as usize, exact.fract())
}

/// The values that have these ranks in ascending order, counted from 0.
///
/// # Panics
/// If there are not so many values.
pub fn of_ranks(values: &mut [f64], ranks: &[usize]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by_key(|&it| ranks[it]);
    let (mut found, mut start) = (vec![f64::NAN; ranks.len()], 0);
    for index in order {
        // What lies below the rank before need not be looked at again.
        let here = ranks[index] - start;
        found[index] = *values[start..].select_nth_unstable_by(here, f64::total_cmp).1;
        start = ranks[index];
    }
    found
}

/// A value between two, taken from the nearer end as numpy does: so the result is `upper` exactly
/// at fraction 1 and never falls while the fraction grows.
fn on_the_line(lower: f64, upper: f64, fraction: f64) -> f64 {
    let distance = upper - lower;
    if fraction < 0.5 { lower + distance * fraction } else { upper - distance * (1.0 - fraction) }
}

/// [`quantiles`] of the values that are finite, which stay as they are.
pub fn quantiles_of_finite<const N: usize>(values: &[f64], qs: [f64; N]) -> Option<[f64; N]> {
    let mut finite: Vec<f64> = values.iter().copied().filter(|it| it.is_finite()).collect();
    quantiles(&mut finite, qs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 11] = [0.1, 7.3, -2.6, 1e3, 3.3, 3.3, 0.7, -1e-3, 12.9, 5.4, 88.8];
    const QS: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

    /// Expected figures of the first values of `VALUES`, by their number: quantiles at `QS`, and
    /// the median.
    ///
    /// numpy 2.4.6, v the first n values: np.quantile(v, [0, .05, .25, .5, .75, .95, 1]) and
    /// np.median(v).
    const EXPECTED: [(usize, [f64; 7], f64); 4] = [
        (11, [-2.6, -1.3005, 0.39999999999999997, 3.3, 10.1, 544.4, 1000.0], 3.3),
        (10, [-2.6, -1.43045, 0.25, 3.3, 6.825, 555.8049999999989, 1000.0], 3.3),
        (
            2,
            [
                0.1,
                0.4600000000000001,
                1.9000000000000001,
                3.6999999999999997,
                5.5,
                6.9399999999999995,
                7.3,
            ],
            3.6999999999999997,
        ),
        (1, [0.1; 7], 0.1),
    ];

    #[test]
    fn medians_and_quantiles_are_those_of_numpy_to_the_bit() {
        for (count, expected, expected_median) in EXPECTED {
            let mut values = VALUES;
            let values = &mut values[..count];
            assert_eq!(quantiles(values, QS), Some(expected), "{count} values");
            for (q, expected) in QS.into_iter().zip(expected) {
                assert_eq!(quantile(values, q), Some(expected), "{q} of {count} values");
            }
            assert_eq!(median(values), Some(expected_median), "{count} values");
        }
    }

    #[test]
    fn no_values_have_no_median_and_no_quantile() {
        assert_eq!(median(&mut []), None);
        assert_eq!(quantile(&mut [], 0.5), None);
        assert_eq!(quantiles(&mut [], [0.5]), None);
    }

    #[test]
    fn ranks_are_those_of_a_sorted_list_in_any_order() {
        let mut values: Vec<f64> = (0..997).map(|i| f64::from(i * 641 % 997) - 300.0).collect();
        let ranks = [996, 0, 1, 50, 498, 498, 995];
        assert_eq!(of_ranks(&mut values, &ranks), ranks.map(|rank| rank as f64 - 300.0));
    }
}
