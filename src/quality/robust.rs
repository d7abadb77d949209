//! Centres and spreads that a few bad values do not move.

use crate::stats::quantiles::{median_of_finite, quantiles_of_finite};

/// The median of the values that are finite; NaN of none.
pub(super) fn median(values: &[f64]) -> f64 {
    median_of_finite(values.iter().copied()).unwrap_or(f64::NAN)
}

/// The std of a normal distribution with the median absolute deviation of the values; NaN of none.
pub(super) fn deviation(values: &[f64]) -> f64 {
    let centre = median(values);
    let distances: Vec<f64> = values.iter().map(|it| (it - centre).abs()).collect();
    median(&distances) / NORMAL_QUARTILE
}

/// The quartiles of the values that are finite.
pub(super) fn quartiles(values: &[f64]) -> Option<[f64; 3]> {
    quantiles_of_finite(values, [0.25, 0.5, 0.75])
}

/// The upper quartile of the standard normal distribution.
pub(super) const NORMAL_QUARTILE: f64 = 0.674_489_750_196_081_7;

/// The slope of a line through points by least squares, and the share of the variance of `y` that it
/// takes; nothing where it is not defined.
pub(super) fn line(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    let count = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / xx, xy * xy / (xx * yy)))
}

/// The quantile `q` of the values that are finite; NaN of none.
pub(super) fn quantile(values: &[f64], q: f64) -> f64 {
    quantiles_of_finite(values, [q]).map_or(f64::NAN, |it| it[0])
}
