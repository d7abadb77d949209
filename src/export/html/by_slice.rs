//! tSNR of each slice of the scan: bands of a multiband scan and lost slices show.

use super::chart::{Axis, Chart, WIDE};
use crate::markup::{COLORS, escaped};
use crate::numbers::{figure, millimetres};
use crate::pictures::{Grid, Range};
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use std::fmt::Write;

/// The quartiles of each slice along the third voxel axis; NaN where nothing is defined.
fn quartiles(grid: &Grid, values: &[f64]) -> Vec<[f64; 3]> {
    let size = (grid.shape[0] * grid.shape[1]).max(1);
    let of = |slice| quantiles(slice, [0.25, 0.5, 0.75]).unwrap_or([f64::NAN; 3]);
    values.chunks(size).map(of).collect()
}

/// Where the third voxel axis leads.
fn direction(grid: &Grid) -> &'static str {
    let axis = grid.orientation().axes[2];
    let names = [["left", "right"], ["posterior", "anterior"], ["inferior", "superior"]];
    names[axis.number][usize::from(!axis.is_reversed)]
}

/// The chart, or nothing if there is but one slice. `runs` are single runs by name.
pub(super) fn chart(grid: &Grid, tsnr: &[f64], runs: &[(&str, &[f64])]) -> Option<String> {
    let count = grid.shape[2];
    if count < 2 {
        return None;
    }
    let all = quartiles(grid, tsnr);
    let of_runs: Vec<Vec<f64>> = runs
        .iter()
        .map(|(_, values)| quartiles(grid, values).iter().map(|it| it[1]).collect())
        .collect();
    let shown: Vec<f64> = all.iter().flatten().chain(of_runs.iter().flatten()).copied().collect();
    let [low, high] = quantiles(&shown, [0.0, 1.0])?;
    let mut label = "slice: index along the third voxel axis".to_owned();
    if grid.is_oriented() {
        let [first, last] = [0, count - 1]
            .map(|slice| millimetres(grid.slice_position(2, slice), grid.voxel_sizes()[2]));
        label += &format!(", to {} ({first} mm to {last} mm)", direction(grid));
    }
    let mut chart = Chart::new(
        WIDE,
        220.0,
        Axis { range: Range::containing(-0.5, count as f64 - 0.5), label: &label },
        Axis { range: Range::containing(low.min(0.0), high * 1.05), label: "tSNR (no unit)" },
        "tSNR by slice: median and quartiles, and medians of single runs",
    );
    // Each slice is a step of its own, so that a lost one has an edge at both sides.
    let mut bars = String::new();
    for (slice, [q25, median, q75]) in all.iter().copied().enumerate() {
        if median.is_nan() {
            continue;
        }
        let place = match grid.is_oriented() {
            true => format!(
                ", {} mm",
                millimetres(grid.slice_position(2, slice), grid.voxel_sizes()[2])
            ),
            false => String::new(),
        };
        let ([left, top], [right, bottom]) =
            (chart.at([slice as f64 - 0.5, q75]), chart.at([slice as f64 + 0.5, q25]));
        let _ = write!(
            bars,
            "<rect class=\"band\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\">\
             <title>slice {slice}{place}: median {}, quartiles {} and {}</title></rect>",
            left + 0.5,
            right - left - 1.0,
            (bottom - top).max(1.0),
            figure(median),
            figure(q25),
            figure(q75)
        );
    }
    chart.push(&bars);
    let points = |medians: &[f64]| -> Vec<[f64; 2]> {
        medians.iter().enumerate().map(|(slice, median)| [slice as f64, *median]).collect()
    };
    for (number, medians) in of_runs.iter().enumerate() {
        chart.curve(&points(medians), &stroke(number));
    }
    let medians: Vec<f64> = all.iter().map(|it| it[1]).collect();
    chart.curve(&points(&medians), "class=\"strong\"");
    let what = if runs.is_empty() { "median" } else { "median of all runs together" };
    let mut legend =
        format!("<p class=\"legend\"><span><i class=\"strong\"></i>{what}, with quartiles</span>");
    for (number, (name, _)) in runs.iter().enumerate() {
        let _ = write!(
            legend,
            "<span><svg width=\"26\" height=\"8\" aria-hidden=\"true\"><line x2=\"26\" y1=\"4\" y2=\"4\" {}/>\
             </svg>{}</span>",
            stroke(number),
            escaped(name)
        );
    }
    Some(format!("<div class=\"scroll\">{}</div>{legend}</p>\n", chart.finish()))
}

/// How the line of a run looks: seven colours, solid and then dashed.
fn stroke(number: usize) -> String {
    let dashes = ["none", "7 3", "2 3"][number / COLORS.len() % 3];
    let color = COLORS[number % COLORS.len()];
    format!("fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\" stroke-dasharray=\"{dashes}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_slice_has_a_median_of_its_own() {
        let grid = Grid {
            shape: [4, 4, 3],
            affine: [[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, -3.0, 9.0]],
            unknown_sides: None,
        };
        let mut values = vec![50.0; 48];
        values[16..32].fill(5.0);
        values[40] = f64::NAN;
        assert_eq!(quartiles(&grid, &values), [[50.0; 3], [5.0; 3], [50.0; 3]]);
        let chart = chart(&grid, &values, &[("run-1", &values)]).unwrap();
        assert!(chart.contains("slice 1, 6 mm: median 5.000"), "{chart}");
        assert!(chart.contains("to inferior (9 mm to 3 mm)"), "{chart}");
        assert!(super::chart(&Grid { shape: [4, 12, 1], ..grid }, &values, &[]).is_none());
    }
}
