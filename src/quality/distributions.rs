//! Tails of distributions, for tests at small probabilities.

/// The probability that a chi-squared variable with these degrees of freedom, above 0, is larger
/// than `x`.
///
/// The regularized upper incomplete gamma function `Q(degrees / 2, x / 2)`: by its series below
/// `a + 1`, and else by its continued fraction (Press et al., *Numerical Recipes*, section 6.2).
pub(super) fn chi_squared_above(x: f64, degrees: f64) -> f64 {
    let (a, x) = (degrees / 2.0, x / 2.0);
    if x.is_nan() || x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (1.0 - front * sum).max(0.0);
    }
    // Lentz's method.
    let tiny = f64::MIN_POSITIVE / f64::EPSILON;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut fraction = d;
    for step in 1..10_000 {
        let step = f64::from(step);
        let numerator = -step * (step - a);
        b += 2.0;
        let away_from_0 = |it: f64| if it.abs() < tiny { tiny } else { it };
        d = 1.0 / away_from_0(numerator * d + b);
        c = away_from_0(b + numerator / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 4.0 * f64::EPSILON {
            break;
        }
    }
    front * fraction
}

/// The natural logarithm of the gamma function of a number above 0: Stirling's series, for which small
/// numbers are raised first.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0];
    let sum = series.iter().rev().fold(0.0, |sum, term| sum * square + term) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + sum - product.ln()
}

/// The value that a standard normal variable is above with this small probability: that whose square
/// a chi-squared variable of one degree is above twice as often.
pub(super) fn normal_above(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 40.0_f64);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        match chi_squared_above(middle * middle, 1.0) > 2.0 * probability {
            true => low = middle,
            false => high = middle,
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1: `scipy.stats.chi2.sf(x, df)`.
    const CHI_SQUARED: [(f64, f64, f64); 7] = [
        (3.84, 1.0, 0.050_043_521_248_705_19),
        (30.0, 5.0, 1.474_858_103_844_307_3e-5),
        (2.0, 5.0, 0.849_145_036_084_609_6),
        (700.0, 500.0, 7.728_992_111_216_604e-9),
        (480.0, 500.0, 0.732_349_930_145_984_2),
        (9000.0, 8000.0, 1.439_802_883_770_913e-14),
        (12.5, 0.7, 2.109_993_366_057_224e-4),
    ];

    #[test]
    fn tails_are_those_of_scipy() {
        for (x, degrees, expected) in CHI_SQUARED {
            let found = chi_squared_above(x, degrees);
            assert!((found / expected - 1.0).abs() < 1e-9, "{x} {degrees}: {found} {expected}");
        }
        assert_eq!(chi_squared_above(0.0, 3.0), 1.0);
        // scipy.stats.norm.isf(p).
        for (probability, expected) in
            [(0.025, 1.959_963_984_540_054_5), (1e-7, 5.199_337_582_192_816_5)]
        {
            assert!((normal_above(probability) - expected).abs() < 1e-9);
        }
    }
}
