//! Some voxels of a map in a few figures.

use super::quantiles::{median, quantiles};

/// How many voxels there are, and how the values of those that have one are distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Voxels, whether they have a value or not.
    pub voxels: usize,
    /// Voxels whose value is NaN or infinite.
    pub undefined: usize,
    /// The distribution of the defined values, if there is one.
    pub distribution: Option<Distribution>,
}

/// Figures of the defined values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution {
    /// Arithmetic mean, whose last digits do not suffer from the number of voxels.
    pub mean: f64,
    /// The median, see [`median`].
    pub median: f64,
    /// The quantiles 0.05, 0.25, 0.75 and 0.95, as [`quantiles`] defines them.
    pub quantiles: [f64; 4],
}

impl Summary {
    /// The quantiles that it has.
    pub const QUANTILES: [f64; 4] = [0.05, 0.25, 0.75, 0.95];

    /// The summary of the values of some voxels.
    pub fn from_values(values: impl IntoIterator<Item = f64>) -> Summary {
        let mut undefined = 0;
        let is_defined = |value: &f64| {
            undefined += usize::from(!value.is_finite());
            value.is_finite()
        };
        let values = values.into_iter();
        // Room for all: a list that grows would take twice its length. What is not used is not mapped.
        let mut defined: Vec<f64> = Vec::with_capacity(values.size_hint().1.unwrap_or(0));
        defined.extend(values.filter(is_defined));
        let summary = Summary::from_finite(&mut defined);
        Summary { voxels: summary.voxels + undefined, undefined, ..summary }
    }

    /// The summary of values that are all finite, which are left in another order.
    pub fn from_finite(values: &mut [f64]) -> Summary {
        let mean = mean(values);
        let distribution = quantiles(values, Summary::QUANTILES).map(|quantiles| {
            let median = median(values).expect("a value, as there are quantiles");
            Distribution { mean, median, quantiles }
        });
        Summary { voxels: values.len(), undefined: 0, distribution }
    }
}

/// The mean from a sum that carries along what each addition rounded off: Neumaier,
/// *Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen*, ZAMM 54 (1974).
fn mean(values: &[f64]) -> f64 {
    let (mut sum, mut rounded_off) = (0.0_f64, 0.0);
    for &value in values {
        let next = sum + value;
        let (greater, less) = if sum.abs() >= value.abs() { (sum, value) } else { (value, sum) };
        rounded_off += (greater - next) + less;
        sum = next;
    }
    (sum + rounded_off) / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_numpy() {
        let values = [0.1, f64::NAN, 7.3, -2.6, 1e3, 3.3, f64::INFINITY, 3.3, 0.7, -1e-3, 12.9];
        let summary = Summary::from_values(values);
        assert_eq!((summary.voxels, summary.undefined), (11, 2));
        let found = summary.distribution.unwrap();
        // numpy 2.4.6, v the finite values: np.mean(v), np.median(v),
        // np.quantile(v, [.05, .25, .75, .95]).
        let expected = Distribution {
            mean: 113.88877777777778,
            median: 3.3,
            quantiles: [-1.5604, 0.1, 7.3, 605.1599999999996],
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn voxels_without_a_value_have_no_distribution() {
        let summary = Summary::from_values([f64::NAN, f64::NEG_INFINITY]);
        assert_eq!(summary, Summary { voxels: 2, undefined: 2, distribution: None });
        assert_eq!(
            Summary::from_values([]),
            Summary { voxels: 0, undefined: 0, distribution: None }
        );
    }

    #[test]
    fn the_mean_loses_nothing_to_a_large_value() {
        // Python 3.11: math.fsum([1e16, 1.0, 1.0, -1e16]) / 4.
        assert_eq!(mean(&[1e16, 1.0, 1.0, -1e16]), 0.5);
    }
}
