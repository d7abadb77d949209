//! How many voxels have which value.

use super::chart::{Axis, Chart, WIDE};
use crate::numbers::{count, figure};
use crate::pictures::Range;
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use std::fmt::Write;

const BINS: usize = 60;

/// Counts of values in bins of equal width; what lies beyond the first or last is counted in it.
pub(super) struct Histogram {
    range: Range,
    pub(super) counts: Vec<usize>,
    median: Option<f64>,
}

/// The range of the bins for several sets of values: from 0, or the least where that is below, to
/// the greatest, but no farther than the outer fences (three times the distance between the quartiles
/// beyond them, Tukey 1977). Beyond lie constant noses and
/// clipped corners, which would press everything else into two bars.
pub(super) fn bins<'a>(sets: impl IntoIterator<Item = &'a [f64]>) -> Range {
    let ends = sets.into_iter().filter_map(|values| quantiles(values, [0.0, 0.25, 0.75, 1.0]));
    ends.map(|[least, q25, q75, most]| {
        let reach = 3.0 * (q75 - q25);
        Range::containing(least.max(q25 - reach).min(0.0), most.min(q75 + reach))
    })
    .reduce(Range::union)
    .unwrap_or(Range::containing(0.0, 1.0))
}

impl Histogram {
    /// The histogram of the finite values.
    pub(super) fn from_values(values: &[f64], range: Range) -> Histogram {
        let mut counts = vec![0; BINS];
        for value in values.iter().filter(|value| value.is_finite()) {
            counts[((range.fraction(*value) * BINS as f64) as usize).min(BINS - 1)] += 1;
        }
        Histogram { range, counts, median: quantiles(values, [0.5]).map(|[median]| median) }
    }

    fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// The share of the values in each bin, in percent.
    fn percents(&self) -> Vec<f64> {
        let total = self.total().max(1) as f64;
        self.counts.iter().map(|&count| 100.0 * count as f64 / total).collect()
    }

    fn most(&self) -> f64 {
        self.percents().into_iter().fold(0.0, f64::max)
    }
}

/// One distribution of `things` across the page; `name` says of what, to who does not see it.
pub(super) fn overall(histogram: &Histogram, label: &str, name: &str, things: &str) -> String {
    let total = histogram.total();
    let median = histogram.median.map_or("none".to_owned(), figure);
    let words = format!("median {median}, {} {things}", count(total));
    let range = histogram.range;
    let mut chart = Chart::new(
        WIDE,
        220.0,
        Axis { range, label },
        Axis {
            range: Range::containing(0.0, histogram.most() * 1.05),
            label: &format!("{things} (%)"),
        },
        &format!("Histogram of {label}. {name}: {words}"),
    );
    let width = (range.high() - range.low()) / BINS as f64;
    let edge = |bin: usize| range.low() + bin as f64 * width;
    let mut bars = String::new();
    for (bin, (percent, count)) in
        histogram.percents().into_iter().zip(&histogram.counts).enumerate()
    {
        let ([x, y], [right, bottom]) =
            (chart.at([edge(bin), percent]), chart.at([edge(bin + 1), 0.0]));
        if *count > 0 {
            let _ = write!(
                bars,
                "<rect class=\"filled\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\">\
                 <title>{} to {}: {}</title></rect>",
                (right - x - 0.6).max(0.6),
                (bottom - y).max(0.5),
                figure(edge(bin)),
                figure(edge(bin + 1)),
                format_args!("{} {things}", crate::numbers::count(*count))
            );
        }
    }
    chart.push(&bars);
    let [_, top, right, bottom] = chart.plot();
    if let Some(median) = histogram.median {
        let [x, _] = chart.at([median, 0.0]);
        chart.line("median", [x, top], [x, bottom]);
    }
    chart.text([right, top - 10.0], "end", &words);
    chart.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_counted_once() {
        let mut values: Vec<f64> = (0..10_000).map(|it| f64::from(it % 997) / 3.0 - 20.0).collect();
        values.extend([f64::NAN, f64::INFINITY, 1e12, -1e12]);
        let range = bins([&values[..500], &values[..]]);
        let histogram = Histogram::from_values(&values, range);
        assert_eq!(histogram.total(), 10_002);
        assert!((histogram.percents().iter().sum::<f64>() - 100.0).abs() < 1e-9);
        assert_eq!(Histogram::from_values(&[], bins([&[][..]])).total(), 0);
        assert_eq!(Histogram::from_values(&[7.0; 3], bins([&[7.0; 3][..]])).total(), 3);
    }
}
