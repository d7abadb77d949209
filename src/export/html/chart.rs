//! Two axes with round ticks, drawn as SVG.

use crate::markup::escaped;
use crate::pictures::Range;
use std::fmt::Write;

/// An axis: what it spans, and what it is called, with its unit.
pub(super) struct Axis<'a> {
    pub(super) range: Range,
    pub(super) label: &'a str,
}

/// A chart being drawn.
pub(super) struct Chart {
    svg: String,
    x: Range,
    y: Range,
    /// The sides of the plot within the picture: left, top, right, bottom.
    plot: [f64; 4],
}

/// The width of a chart that spans the page, in units that the browser scales.
pub(super) const WIDE: f64 = 1000.0;
/// The room above the plot, for the name of the y axis and a line of names.
const TOP: f64 = 38.0;
/// The room below the plot, for ticks and the name of the x axis.
const BOTTOM: f64 = 40.0;
/// The width of a digit at the size of the text.
const DIGIT: f64 = 7.0;

impl Chart {
    /// A chart of a width and of a height of its plot; `description` is for who does not see it.
    pub(super) fn new(width: f64, height: f64, x: Axis, y: Axis, description: &str) -> Chart {
        let ticks = y.range.ticks((height / 30.0) as usize);
        let longest = ticks.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(1);
        // Charts below each other begin at one place, unless a label is very long.
        let least = if width < WIDE { 0.0 } else { 7.0 * DIGIT };
        let plot = [(longest as f64 * DIGIT).max(least) + 12.0, TOP, width - 14.0, TOP + height];
        let class = if width < WIDE { "plot small" } else { "plot" };
        let svg = format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {:.0}\" role=\"img\" aria-label=\"{}\">",
            TOP + height + BOTTOM,
            escaped(description)
        );
        let mut chart = Chart { svg, x: x.range, y: y.range, plot };
        let [left, _, right, bottom] = plot;
        chart.text([0.0, 12.0], "start", y.label);
        chart.text([(left + right) / 2.0, bottom + 35.0], "middle", x.label);
        for (value, text) in ticks {
            let [_, at] = chart.at([x.range.low(), value]);
            chart.line("axis", [left, at], [right, at]);
            chart.text([left - 6.0, at + 4.0], "end", &text);
        }
        for (value, text) in x.range.ticks(((right - left) / 60.0) as usize) {
            let [at, _] = chart.at([value, y.range.low()]);
            chart.line("axis", [at, bottom], [at, bottom + 5.0]);
            // A long number at the end of the axis stays in the picture.
            let middle = at.min(width - text.chars().count() as f64 * DIGIT / 2.0);
            chart.text([middle, bottom + 18.0], "middle", &text);
        }
        chart.line("axis", [left, bottom], [right, bottom]);
        chart
    }

    /// Where a pair of values lies in the picture; beyond an axis, at its end.
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [left, top, right, bottom] = self.plot;
        [left + self.x.fraction(x) * (right - left), bottom - self.y.fraction(y) * (bottom - top)]
    }

    /// The plot's left, top, right and bottom.
    pub(super) fn plot(&self) -> [f64; 4] {
        self.plot
    }

    /// Adds an element.
    pub(super) fn push(&mut self, element: &str) {
        self.svg.push_str(element);
    }

    /// Writes text at a place in the picture; `anchor` is `start`, `middle` or `end`.
    pub(super) fn text(&mut self, [x, y]: [f64; 2], anchor: &str, text: &str) {
        let _ = write!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escaped(text)
        );
    }

    /// A line of a class between places in the picture.
    pub(super) fn line(&mut self, class: &str, from: [f64; 2], to: [f64; 2]) {
        let ([x1, y1], [x2, y2]) = (from, to);
        let _ = write!(
            self.svg,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    /// The finished element.
    pub(super) fn finish(self) -> String {
        self.svg + "</svg>\n"
    }
}
