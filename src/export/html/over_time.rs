//! What happened from volume to volume: the global signal and DVARS, run after run.

use super::chart::{Axis, Chart, WIDE};
use super::tables::table;
use crate::markup::escaped;
use crate::nuisance::Use;
use crate::numbers::{self, counted, figure};
use crate::pictures::Range;
use crate::record::{RunRecord, short_names};
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use std::fmt::Write;

/// Longer runs are drawn by the least and the greatest value of every few volumes.
const MOST_POINTS: usize = 800;
/// So many of a run's largest changes are named.
const NAMED: usize = 3;
/// So many values beyond the axis are marked.
const MOST_MARKS: usize = 60;

/// A quantity of each volume.
struct Series<'a> {
    label: &'a str,
    of: fn(&RunRecord) -> &[f64],
}

/// The charts, their legend, and the largest changes in words.
pub(super) fn charts(runs: &[RunRecord]) -> String {
    let signal = Series {
        label: "global signal: mean over the grid (unit of the data)",
        of: |run| &run.signals.global,
    };
    let dvars = Series {
        label: "DVARS: root mean square change from the volume before (unit of the data)",
        of: |run| &run.signals.dvars,
    };
    let charts: Vec<String> = [signal, dvars].iter().filter_map(|it| chart(runs, it)).collect();
    if charts.is_empty() {
        return "<p class=\"faint\">Not known for these runs.</p>\n".to_owned();
    }
    let mut text = format!("<div class=\"scroll\">{}</div>\n<p class=\"legend\">", charts.concat());
    text += "<span><i class=\"trace\"></i>value of each volume</span>";
    for (kind, class, words) in MARKED {
        let count: usize = runs.iter().map(|run| run.count(kind)).sum();
        if count > 0 {
            let _ = write!(
                text,
                "<span><i class=\"{class}\"></i>{} {words}</span>",
                numbers::count(count)
            );
        }
    }
    if text.contains("class=\"beyond\"") {
        text += "<span><i class=\"beyond\"></i>beyond the axis</span>";
    }
    text += "</p>\n";
    text + &largest_changes(runs)
}

/// How volumes that are not in the maps are marked and called.
const MARKED: [(Use, &str, &str); 3] = [
    (Use::Dummy, "dummy", "dropped as not yet steady"),
    (Use::Censored, "censored", "censored"),
    (Use::NotChosen, "unchosen", "not chosen"),
];

fn chart(runs: &[RunRecord], series: &Series) -> Option<String> {
    let values: Vec<f64> = runs.iter().flat_map(|run| (series.of)(run)).copied().collect();
    let range = sensible(&values)?;
    let total: usize = runs.iter().map(|run| run.uses.len()).sum();
    let mut chart = Chart::new(
        WIDE,
        150.0,
        Axis {
            range: Range::containing(0.0, total.max(1) as f64),
            label: "volume, counted from 0 through all runs",
        },
        Axis { range, label: series.label },
        &format!(
            "{} of {} in {}",
            series.label,
            counted(total, "volume"),
            counted(runs.len(), "run")
        ),
    );
    let [_, top, right, bottom] = chart.plot();
    let mut start = 0;
    for (run, name) in runs.iter().zip(short_names(runs)) {
        let length = run.uses.len();
        let ([left, _], [end, _]) =
            (chart.at([start as f64, 0.0]), chart.at([(start + length) as f64, 0.0]));
        bands(&mut chart, run, start);
        if start > 0 {
            chart.line("border", [left, top - 16.0], [left, bottom]);
        }
        let room = ((end - left) / 7.0) as usize;
        let shown: String = match name.chars().count() <= room {
            true => name,
            false if room >= 4 => name.chars().take(room - 1).chain(['…']).collect(),
            false => String::new(),
        };
        chart.text([(left + end) / 2.0, top - 6.0], "middle", &shown);
        let values = (series.of)(run);
        let points: Vec<[f64; 2]> = values
            .iter()
            .enumerate()
            .map(|(volume, value)| [(start + volume) as f64 + 0.5, *value])
            .collect();
        chart.curve(&thinned(&points), "class=\"trace\"");
        let beyond = points.iter().enumerate().filter(|(_, point)| {
            point[1].is_finite() && !(range.low()..=range.high()).contains(&point[1])
        });
        for (volume, point) in beyond.take(MOST_MARKS) {
            let [x, y] = chart.at(*point);
            // A triangle that points out of the plot.
            let tip = if point[1] > range.high() { -7.0 } else { 7.0 };
            chart.push(&format!(
                "<path class=\"beyond\" d=\"M{:.1} {y:.1} h8 l-4 {tip} z\"><title>{}, volume \
                 {volume}: {}</title></path>",
                x - 4.0,
                escaped(&run.name),
                figure(point[1])
            ));
        }
        start += length;
    }
    chart.line("axis", [right, top], [right, bottom]);
    Some(chart.finish())
}

/// A range for all runs that a few outliers do not stretch: the 1st to the 99th percentile and as
/// much again above and below, but no more than there are values.
fn sensible(values: &[f64]) -> Option<Range> {
    let [least, low, high, most] = quantiles(values, [0.0, 0.01, 0.99, 1.0])?;
    let span = high - low;
    let (low, high) = (least.max(low - span), most.min(high + span));
    let margin = 0.05 * (high - low);
    Some(Range::containing(low - margin, high + margin))
}

/// Volumes that are not in the maps, as coloured bands.
fn bands(chart: &mut Chart, run: &RunRecord, start: usize) {
    let [_, top, _, bottom] = chart.plot();
    let mut volume = 0;
    for alike in run.uses.chunk_by(|a, b| a == b) {
        let end = volume + alike.len();
        if let Some((_, class, words)) = MARKED.into_iter().find(|it| it.0 == alike[0]) {
            let ([left, _], [right, _]) =
                (chart.at([(start + volume) as f64, 0.0]), chart.at([(start + end) as f64, 0.0]));
            chart.push(&format!(
                "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top}\" width=\"{:.1}\" \
                 height=\"{:.1}\"><title>{}, volumes {volume} to {}: {words}</title></rect>",
                (right - left).max(1.5),
                bottom - top,
                escaped(&run.name),
                end - 1
            ));
        }
        volume = end;
    }
}

/// Fewer points that look alike: of every few the least and the greatest, in their order.
fn thinned(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let mut kept = Vec::new();
    for few in points.chunks((2 * points.len()).div_ceil(MOST_POINTS)) {
        let finite = few.iter().filter(|point| point[1].is_finite());
        let least = finite.clone().min_by(|a, b| a[1].total_cmp(&b[1]));
        let most = finite.max_by(|a, b| a[1].total_cmp(&b[1]));
        match (least, most) {
            (Some(a), Some(b)) if a[0] == b[0] => kept.push(*a),
            (Some(a), Some(b)) if a[0] < b[0] => kept.extend([*a, *b]),
            (Some(a), Some(b)) => kept.extend([*b, *a]),
            _ => kept.push(few[0]),
        }
    }
    kept
}

/// By run, since one bad run would take every place of a common list: the changes into the used
/// volumes that are the largest.
fn largest_changes(runs: &[RunRecord]) -> String {
    let row = |run: &RunRecord| {
        let used = |volume: usize| run.uses.get(volume) == Some(&Use::Used);
        let changes = run.signals.dvars.iter().copied().enumerate();
        let mut changes: Vec<(usize, f64)> =
            changes.filter(|(volume, value)| value.is_finite() && used(*volume)).collect();
        changes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let values: Vec<f64> = changes.iter().map(|it| it.1).collect();
        let named =
            changes.iter().take(NAMED).map(|(volume, it)| format!("{volume}: {}", figure(*it)));
        let median = quantiles(&values, [0.5]).map_or("–".to_owned(), |[median]| figure(median));
        [run.name.clone(), median, named.collect::<Vec<_>>().join(", ")]
    };
    table(["run", "median DVARS", "largest, volume: DVARS"], runs.iter().map(row))
        + "<p class=\"faint\">Of the volumes used. In each run the first volume is 0.</p>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, uses: Vec<Use>, dvars: Vec<f64>) -> RunRecord {
        let mut run = RunRecord::named(name, uses);
        run.signals.dvars = dvars;
        run
    }

    #[test]
    fn a_spike_is_named_and_does_not_flatten_the_rest() {
        let mut dvars: Vec<f64> = (0..300).map(|it| 10.0 + f64::from(it % 7)).collect();
        dvars[0] = f64::NAN;
        dvars[177] = 900.0;
        let mut volumes = vec![Use::Used; 300];
        volumes[..3].fill(Use::Dummy);
        volumes[5] = Use::Censored;
        let range = sensible(&dvars).unwrap();
        assert!(range.high() < 30.0, "{range:?}");
        let text = charts(&[run("run <1>", volumes, dvars)]);
        let row = "<td>run &lt;1&gt;</td><td>13.00</td><td>177: 900.0, 6: 16.00, 13: 16.00</td>";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("<title>run &lt;1&gt;, volumes 0 to 2: dropped as not yet steady"));
        assert!(text.contains("class=\"beyond\" d="));
        assert_eq!(text.matches("<svg").count(), 1, "the global signal is not known");
    }

    #[test]
    fn a_long_run_keeps_its_extremes() {
        let mut points: Vec<[f64; 2]> =
            (0..5000).map(|it| [f64::from(it), f64::from(it % 10)]).collect();
        points[3210][1] = 99.0;
        points[40][1] = f64::NAN;
        let thin = thinned(&points);
        assert!(thin.len() <= MOST_POINTS + 2, "{}", thin.len());
        assert!(thin.contains(&[3210.0, 99.0]) && thin.iter().any(|it| it[1] == 0.0));
        assert!(thin.is_sorted_by(|a, b| a[0] < b[0]));
    }

    #[test]
    fn unknown_is_said() {
        assert!(charts(&[run("a", vec![Use::Used; 3], vec![f64::NAN; 3])]).contains("Not known"));
        assert!(charts(&[]).contains("Not known"));
    }
}
