//! The range of values that spans the colours or an axis, and round ticks between them.

use crate::numbers::{figure, grouped};
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use std::str::FromStr;

/// The values at the two ends of a colour map or an axis; `low < high`, both finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    low: f64,
    high: f64,
}

/// The quantiles between which mean and std are shown: a few bright vessels or voxels of the rim
/// take no colours from the others.
const ROBUST: [f64; 2] = [0.02, 0.98];

impl FromStr for Range {
    type Err = String;

    /// `0:120`; the error says what was expected.
    fn from_str(text: &str) -> Result<Range, String> {
        let ends = text.split_once(':').and_then(|(low, high)| {
            Range::new(low.trim().parse().ok()?, high.trim().parse().ok()?)
        });
        let expected = "expected auto, or two numbers such as 0:120, the lower first";
        ends.ok_or_else(|| expected.to_owned())
    }
}

impl Range {
    /// The range from `low` to `high`; nothing if that is no range.
    pub fn new(low: f64, high: f64) -> Option<Range> {
        (low < high && (high - low).is_finite()).then_some(Range { low, high })
    }

    /// The range from the 2nd to the 98th percentile of the finite values: for mean and std.
    pub fn robust(values: &[f64]) -> Range {
        let [low, high] = quantiles(values, ROBUST).unwrap_or([0.0, 1.0]);
        Range::containing(low, high)
    }

    /// The range from 0 to the 98th percentile of the finite values: for tSNR, of which 0 is the least that
    /// makes sense. Where that percentile is not above 0, the values as they are.
    pub fn from_zero(values: &[f64]) -> Range {
        match quantiles(values, [ROBUST[1]]) {
            Some([high]) if high > 0.0 => Range::containing(0.0, high),
            _ => Range::robust(values),
        }
    }

    /// The range as far below `centre` as above, to the 98th percentile of the distances from it: for
    /// differences (about 0) and logarithms of ratios.
    pub fn symmetric(values: &[f64], centre: f64) -> Range {
        let distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
        let reach = quantiles(&distances, [ROBUST[1]]).map_or(1.0, |[reach]| reach);
        Range::new(centre - reach, centre + reach)
            .unwrap_or(Range { low: centre - 1.0, high: centre + 1.0 })
    }

    /// The range of which half of several reach lower, and half higher: for sets of values that are
    /// looked at together, of which a few may be odd. Nothing of nothing.
    pub fn shared(ranges: &[Range]) -> Option<Range> {
        let [low, high] = [|it: &Range| it.low, |it: &Range| it.high]
            .map(|end| ranges.iter().map(end).collect::<Vec<f64>>())
            .map(|ends| quantiles(&ends, [0.5]));
        Some(Range::containing(low?[0], high?[0]))
    }

    /// The range of all of several.
    pub fn union(self, other: Range) -> Range {
        Range { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Both values, and a little more if they are one.
    pub fn containing(low: f64, high: f64) -> Range {
        let margin = (low.abs() * 0.01).max(1e-9);
        Range::new(low, high)
            .or(Range::new(low - margin, low + margin))
            .unwrap_or(Range { low: 0.0, high: 1.0 })
    }

    /// The lower end.
    pub fn low(self) -> f64 {
        self.low
    }

    /// The upper end.
    pub fn high(self) -> f64 {
        self.high
    }

    /// Where a value lies, from 0 at the lower end to 1 at the upper; values beyond lie at the ends.
    pub fn fraction(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Round values within the range, at most `most` of them (two at least): multiples of 1, 2 or 5 times
    /// a power of ten, with what is written beside them.
    pub fn ticks(self, most: usize) -> Vec<(f64, String)> {
        let span = self.high - self.low;
        let power = (span / most.max(2) as f64).log10().floor() as i32;
        let steps = [(1.0, power), (2.0, power), (5.0, power), (1.0, power + 1), (2.0, power + 1)];
        for (digit, power) in steps {
            let step = digit * 10_f64.powi(power);
            let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
            // Beyond 2^53 steps from 0 neighbours cannot be told apart.
            if last - first < most.max(2) as f64 && first.abs().max(last.abs()) < 9e15 {
                let numbers = (0..).map(|it| first + f64::from(it)).take_while(|&it| it <= last);
                // `digit * n` is exact, so 0.3 is not 0.30000000000000004.
                let text = |multiple: f64| match power {
                    small if (-6..0).contains(&small) => {
                        let decimals = small.unsigned_abs() as usize;
                        format!("{:.decimals$}", digit * multiple / 10_f64.powi(-small))
                    }
                    large if (0..6).contains(&large) => grouped(&format!("{:.0}", step * multiple)),
                    other => match digit * multiple {
                        0.0 => "0".to_owned(),
                        digits => format!("{digits:.0}e{other}"),
                    },
                };
                return numbers.map(|it| (it * step, text(it + 0.0))).collect();
            }
        }
        vec![(self.low, figure(self.low)), (self.high, figure(self.high))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// numpy 2.4.6: `np.quantile(v, [0.02, 0.05, 0.25, 0.5, 0.75, 0.95, 0.98])` of
    /// `v = [(k * 7919 % 1009) / 7 for k in range(100)]`, NaN and infinity left out.
    #[test]
    fn a_robust_range_leaves_outliers_out_and_exists_for_any_values() {
        let mut values: Vec<f64> = (0..=100).map(f64::from).collect();
        values.push(1e9);
        assert!(Range::from_zero(&values).high() < 101.0);
        assert_eq!(Range::from_zero(&values).low(), 0.0);
        assert_eq!(Range::robust(&[]), Range { low: 0.0, high: 1.0 });
        let constant = Range::robust(&[5.0; 9]);
        assert!(constant.low() < 5.0 && 5.0 < constant.high());
        assert_eq!(
            Range::symmetric(&[-3.0, 1.0], 0.0).low(),
            -Range::symmetric(&[-3.0, 1.0], 0.0).high()
        );
        assert_eq!(Range::symmetric(&[0.0], 0.0), Range { low: -1.0, high: 1.0 });
        assert!(Range::from_zero(&[-2.0, -1.0]).high() <= -1.0);
        assert_eq!(
            [Range::new(1.0, 1.0), Range::new(f64::NAN, 1.0), Range::new(0.0, f64::INFINITY)],
            [None; 3]
        );
    }

    #[test]
    fn a_range_has_its_lower_end_first() {
        let range = |text: &str| text.parse().map(|it: Range| (it.low(), it.high())).ok();
        assert_eq!(range("0:120"), Some((0.0, 120.0)));
        assert_eq!(range("-2.5:1e3"), Some((-2.5, 1000.0)));
        for wrong in ["", "120", "120:0", "3:3", "0:inf", "nan:1", "a:b"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ticks_are_round() {
        let text = |low, high| -> Vec<String> {
            let ticks = Range::new(low, high).unwrap().ticks(6);
            ticks.into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(text(0.0, 87.3), ["0", "20", "40", "60", "80"]);
        assert_eq!(text(-0.35, 0.35), ["-0.2", "0.0", "0.2"]);
        assert_eq!(text(0.1, 0.32), ["0.10", "0.15", "0.20", "0.25", "0.30"]);
        assert_eq!(text(812.0, 11999.0), ["2,000", "4,000", "6,000", "8,000", "10,000"]);
        assert_eq!(text(0.0, 4e9), ["0", "1e9", "2e9", "3e9", "4e9"]);
        for (low, high) in [(1e15, 1e15 + 1.0), (-1e300, 1e300), (0.0, 1e-300), (3.0, 3.0 + 1e-12)]
        {
            let ticks = Range::new(low, high).unwrap().ticks(6);
            assert!(ticks.len() <= 6, "{ticks:?}");
            assert!(ticks.iter().all(|tick| (low..=high).contains(&tick.0)), "{ticks:?}");
        }
    }
}
