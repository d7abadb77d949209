//! A row for each run: its tSNR as a box, its oddest slice, and what was left out of it.

use super::seen::Seen;
use super::time::DvarsShown;
use crate::markup::escaped;
use crate::nuisance::Use;
use crate::numbers::{count, figure};
use crate::pictures::Range;
use crate::quality::outlier_runs;
use crate::record::RunRecord;
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use std::fmt::Write;

/// The width of the boxes, in units that the browser scales.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 14.0;
/// A framewise displacement above this is marked (Power et al. 2012 censor at 0.5 mm).
const FD_MARKED_MM: f64 = 0.5;
/// The number of a run's largest changes that are named.
const NAMED: usize = 3;
/// Longer tables are scrolled.
const MOST_ROWS: usize = 24;

/// A column: its heading and, of each run, the text of a cell and whether it is marked.
struct Column {
    heading: &'static str,
    cells: Vec<(String, bool)>,
}

pub(super) fn section(page: &mut String, seen: &Seen) {
    let mut columns = match has_brain(seen) {
        true => vec![
            medians("median tSNR in the brain", seen, |run| run.brain_median_tsnr),
            medians("of all voxels", seen, |run| run.median_tsnr),
        ],
        false => vec![medians("median tSNR", seen, |run| run.median_tsnr)],
    };
    columns.extend([
        slices(seen),
        largest_changes(seen),
        displacement("mean FD (mm)", seen, |values| {
            values.iter().sum::<f64>() / values.len() as f64
        }),
        displacement("largest FD (mm)", seen, |values| values.iter().copied().fold(0.0, f64::max)),
        uses(seen, "volumes", None),
        uses(seen, "used", Some(Use::Used)),
        uses(seen, "dropped", Some(Use::Dummy)),
        uses(seen, "censored", Some(Use::Censored)),
        uses(seen, "not chosen", Some(Use::NotChosen)),
        Column {
            heading: "regressors",
            cells: each(seen, |run| count(run.regressors.len() - run.dependent_regressors.len())),
        },
        Column {
            heading: "TR (s)",
            cells: each(seen, |run| run.tr_seconds.map_or(NONE.to_owned(), |it| it.to_string())),
        },
    ]);
    // A column of nothing says nothing.
    columns.retain(|it| it.cells.iter().any(|(text, _)| text != "0" && text != NONE));
    let boxes = boxes(seen);
    let class = if seen.record.runs.len() > MOST_ROWS { "scroll long" } else { "scroll" };
    let _ = write!(
        page,
        "<section id=\"runs\"><h2>Runs</h2>\n<div class=\"{class}\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Runs\"><table class=\"runs\" data-cells=\"run\"><caption>A row a run{}; what is far \
         from the others is marked</caption>\n<thead><tr><th scope=\"col\">run</th>",
        if boxes.is_empty() {
            String::new()
        } else {
            let place = if has_brain(seen) { " in the brain" } else { "" };
            format!(", with its tSNR{place} from {} to {}", figure(0.0), figure(scale(seen).high()))
        }
    );
    if !boxes.is_empty() {
        *page += "<th scope=\"col\">tSNR</th>";
    }
    for column in &columns {
        let _ = write!(page, "<th scope=\"col\">{}</th>", column.heading);
    }
    *page += "</tr></thead>\n<tbody>\n";
    for (run, name) in seen.names.iter().enumerate() {
        let _ = write!(
            page,
            "<tr><th scope=\"row\"><a class=\"show\" href=\"#pictures\" data-run=\"{run}\">{}</a></th>",
            escaped(name)
        );
        if let Some(drawing) = boxes.get(run) {
            let _ = write!(page, "<td class=\"box\">{drawing}</td>");
        }
        for column in &columns {
            let (text, is_odd) = &column.cells[run];
            let class = if *is_odd { " class=\"odd\"" } else { "" };
            let _ = write!(page, "<td{class}>{}</td>", escaped(text));
        }
        *page += "</tr>\n";
    }
    *page += "</tbody></table></div></section>\n";
}

/// The text of a cell that has no figure.
const NONE: &str = "–";

fn each(seen: &Seen, text: impl Fn(&RunRecord) -> String) -> Vec<(String, bool)> {
    seen.record.runs.iter().map(|run| (text(run), false)).collect()
}

fn uses(seen: &Seen, heading: &'static str, wanted: Option<Use>) -> Column {
    let number = |run: &RunRecord| match wanted {
        Some(wanted) => run.count(wanted),
        None => run.uses.len(),
    };
    Column { heading, cells: each(seen, |run| count(number(run))) }
}

/// Whether the runs have medians in a brain beside those of all voxels.
fn has_brain(seen: &Seen) -> bool {
    seen.record.runs.iter().any(|run| run.brain_median_tsnr.is_some())
}

/// The runs, by their numbers, whose tSNR is far from that of the others.
pub(super) fn odd_runs(seen: &Seen) -> Vec<usize> {
    let figures: Vec<_> = seen.record.quality.runs.iter().map(|it| it.figure).collect();
    outlier_runs(&figures).into_iter().map(|it| it.run).collect()
}

/// The medians of the runs; those are marked that [`odd_runs`] are.
fn medians(heading: &'static str, seen: &Seen, of: fn(&RunRecord) -> Option<f64>) -> Column {
    let odd = odd_runs(seen);
    let cell = |(run, median): (usize, Option<f64>)| {
        (median.map_or(NONE.to_owned(), figure), odd.contains(&run))
    };
    Column { heading, cells: seen.record.runs.iter().map(of).enumerate().map(cell).collect() }
}

fn slices(seen: &Seen) -> Column {
    let cell = |run: usize| match seen.slices_of(run).and_then(|it| it.oddest()) {
        Some(it) => {
            let text = format!("{}: {} (beside {})", it.slice, figure(it.tsnr), figure(it.beside));
            (text, it.is_low())
        }
        None => (NONE.to_owned(), false),
    };
    Column { heading: "oddest slice: tSNR", cells: (0..seen.names.len()).map(cell).collect() }
}

/// A figure of the framewise displacement of each run, of all its volumes; more than half a
/// millimetre is marked.
fn displacement(heading: &'static str, seen: &Seen, of: fn(&[f64]) -> f64) -> Column {
    let cell = |run: &RunRecord| {
        let values = run.motion.iter().flat_map(|it| &it.framewise_displacement).copied();
        let values: Vec<f64> = values.filter(|it| it.is_finite()).collect();
        match values.is_empty() {
            true => (NONE.to_owned(), false),
            false => (figure(of(&values)), of(&values) > FD_MARKED_MM),
        }
    };
    Column { heading, cells: seen.record.runs.iter().map(cell).collect() }
}

/// The volumes into which each run changes most, from used to used, and their DVARS.
fn largest_changes(seen: &Seen) -> Column {
    let shown = DvarsShown::new(seen.record);
    let cell = |(run, values): (&RunRecord, Vec<f64>)| {
        let is_used = |at: usize| run.uses.get(at) == Some(&Use::Used);
        let mut changes: Vec<(usize, f64)> = values
            .into_iter()
            .enumerate()
            .skip(1)
            .filter(|(at, change)| change.is_finite() && is_used(*at) && is_used(at - 1))
            .collect();
        changes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let named = changes.iter().take(NAMED);
        let named = named.map(|(at, change)| format!("{at}: {}", figure(*change)));
        let named: Vec<String> = named.collect();
        (if named.is_empty() { NONE.to_owned() } else { named.join(", ") }, false)
    };
    Column {
        heading: match shown.unit {
            "standardised" => "largest DVARS, volume: standardised",
            _ => "largest DVARS, volume: /median",
        },
        cells: seen.record.runs.iter().zip(shown.values).map(cell).collect(),
    }
}

/// The scale of all boxes.
fn scale(seen: &Seen) -> Range {
    let maps = own(seen);
    let ends = maps.iter().filter_map(|values| quantiles(values, [0.95])).map(|[it]| it);
    Range::containing(0.0, ends.fold(0.0, f64::max))
}

/// The tSNR of each run by itself: in the brain where that is known and no mask was given.
fn own(seen: &Seen) -> Vec<Vec<f64>> {
    let maps = match seen.record.runs.len() {
        1 => vec![seen.tsnr],
        _ => seen.runs.clone(),
    };
    let brain = seen.record.brain.as_ref();
    let in_brain = |values: &[f64]| match brain {
        Some(brain) => brain.mask.mask.values_inside(values),
        None => values.to_vec(),
    };
    maps.into_iter().map(in_brain).collect()
}

/// A box plot of each run: quartile to quartile with the median, and a line of the middle 90%.
fn boxes(seen: &Seen) -> Vec<String> {
    let scale = scale(seen);
    let at = |value: f64| 1.0 + scale.fraction(value) * (WIDTH - 2.0);
    let drawing = |values: &Vec<f64>| match quantiles(values, [0.05, 0.25, 0.5, 0.75, 0.95]) {
        Some([q05, q25, median, q75, q95]) => {
            let middle = HEIGHT / 2.0;
            format!(
                "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"quartiles {} and {}, 90% \
                 from {} to {}\"><path class=\"whisker\" d=\"M{:.1} {middle}H{:.1}\"/><rect class=\"box\" \
                 x=\"{:.1}\" y=\"2\" width=\"{:.1}\" height=\"{:.0}\"/><path class=\"middle\" \
                 d=\"M{:.1} 1V{:.0}\"/></svg>",
                figure(q25),
                figure(q75),
                figure(q05),
                figure(q95),
                at(q05),
                at(q95),
                at(q25),
                (at(q75) - at(q25)).max(1.0),
                HEIGHT - 4.0,
                at(median),
                HEIGHT - 1.0
            )
        }
        None => NONE.to_owned(),
    };
    own(seen).iter().map(drawing).collect()
}
