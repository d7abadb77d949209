//! The section of what happened from volume to volume, all runs on one axis: global signal, DVARS,
//! motion, the carpet and the mean of each slice, with the volumes that were left out.

use super::carpet::Carpet;
use super::packed::{Packed, packed};
use super::runs::odd_runs;
use super::seen::Seen;
use crate::markup::{base64, escaped};
use crate::nuisance::Use;
use crate::numbers::{count, counted, figure};
use crate::pictures::{Colormap, Range, pixels};
use crate::record::{Record, RunRecord};
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use serde::Serialize;
use std::fmt::Write;

/// The width of the drawing, in units that the browser scales; the volumes lie between `LEFT` and `RIGHT`.
const WIDTH: f64 = 1200.0;
const LEFT: f64 = 128.0;
const RIGHT: f64 = 1196.0;
/// The room above the first course, for the names of the runs.
const HEAD: f64 = 20.0;
/// The height of a course, and the gap below it.
const COURSE: f64 = 52.0;
const GAP: f64 = 12.0;
const CARPET: f64 = 190.0;
const SLICES: f64 = 100.0;
/// The width of a letter of a name, which is bold.
const LETTER: f64 = 8.0;
/// The room below everything, for volumes and seconds.
const FOOT: f64 = 34.0;
/// Courses of more volumes are drawn by the least and the greatest value of every few.
const MOST_POINTS: usize = 1100;
/// The most columns of carpet and slices; of more volumes the mean of every few is shown.
const MOST_COLUMNS: usize = 1600;
/// The number of colours for a carpet's parts, and the most letters of a part's name.
const PART_COLORS: usize = 4;
const PART_LETTERS: usize = 8;
/// The most volumes in all of which the script is told the parameters of motion.
const MOST_TOLD_VOLUMES: usize = 20_000;
/// Runs narrower than this have no border.
const NARROW: f64 = 8.0;
/// The most values beyond the axis that are marked.
const MOST_MARKS: usize = 60;
/// A slice whose mean is below this share of the brightest's is air.
const AIR: f64 = 0.05;

/// Quantities of each volume that share an axis.
struct Course {
    /// The label beside the course, in lines.
    label: Vec<String>,
    lines: Vec<Line>,
    /// The value beyond which a volume is censored, if that was asked for.
    threshold: Option<f64>,
}

/// A quantity of each volume.
struct Line {
    name: &'static str,
    /// The values of each run.
    values: Vec<Vec<f64>>,
}

/// The values that the script says of a volume.
#[derive(Serialize)]
struct Courses<'a> {
    width: f64,
    left: f64,
    right: f64,
    runs: Vec<RunOf<'a>>,
    rows: Vec<RowOf>,
}

#[derive(Serialize)]
struct RunOf<'a> {
    name: &'a str,
    volumes: usize,
    tr: Option<f64>,
    /// First, last, and why.
    left_out: Vec<(usize, usize, &'static str)>,
}

#[derive(Serialize)]
struct RowOf {
    name: &'static str,
    values: Packed,
}

/// How volumes that are not in the maps are marked and called.
const MARKED: [(Use, &str, &str); 3] = [
    (Use::Dummy, "dummy", "dropped as not yet steady"),
    (Use::Censored, "censored", "censored"),
    (Use::NotChosen, "unchosen", "not chosen"),
];

/// The section, with what its script needs.
pub(super) fn section(page: &mut String, seen: &Seen) {
    let runs = &seen.record.runs;
    let courses = courses(seen.record);
    *page += "<section id=\"time\"><h2>Over time</h2>\n";
    if courses.is_empty() {
        *page += "<p class=\"faint\">Not known for these runs.</p></section>\n";
        return;
    }
    *page += "<p id=\"moment\" class=\"faint\" aria-live=\"polite\"></p>\n<div class=\"scroll\" \
              tabindex=\"0\" role=\"region\" aria-label=\"Courses over time\">";
    drawing(page, seen, &courses);
    *page += "</div>\n<p class=\"legend\"><span><i class=\"trace\"></i>value of each volume</span>";
    for (kind, class, words) in MARKED {
        let volumes: usize = runs.iter().map(|run| run.count(kind)).sum();
        if volumes > 0 {
            let _ =
                write!(page, "<span><i class=\"{class}\"></i>{} {words}</span>", count(volumes));
        }
    }
    if page.contains("class=\"beyond\"") {
        *page += "<span><i class=\"beyond\"></i>beyond the axis</span>";
    }
    *page += "</p></section>\n";
    let run = |(run, name)| {
        let run: &RunRecord = run;
        let alike = alike(run).into_iter();
        let left_out =
            alike.filter_map(|(first, last, of)| Some((first, last, marked(of)?.2))).collect();
        RunOf { name, volumes: run.uses.len(), tr: run.tr_seconds, left_out }
    };
    let row = |line: &Line| RowOf {
        name: line.name,
        values: packed(line.values.iter().flatten().copied(), 4),
    };
    let told = match seen.record.volumes() {
        few if few <= MOST_TOLD_VOLUMES => &courses[..],
        _ => &courses[..courses.len().min(3)],
    };
    let courses = Courses {
        width: WIDTH,
        left: LEFT,
        right: RIGHT,
        runs: runs.iter().zip(seen.names.iter().map(String::as_str)).map(run).collect(),
        rows: told.iter().flat_map(|it| &it.lines).map(row).collect(),
    };
    let text = serde_json::to_string(&courses).expect("plain data").replace('<', "\\u003c");
    let _ = writeln!(page, "<script type=\"application/json\" id=\"courses\">{text}</script>");
}

/// The courses that are known of the volumes of any run.
fn courses(record: &Record) -> Vec<Course> {
    let line = |name, of: &dyn Fn(&RunRecord) -> Vec<f64>| {
        let padded = |run: &RunRecord| {
            let mut values = of(run);
            values.resize(run.uses.len(), f64::NAN);
            values
        };
        Line { name, values: record.runs.iter().map(padded).collect() }
    };
    let course = |label: [&str; 2], lines: Vec<Line>, threshold: Option<f64>| Course {
        label: label.map(str::to_owned).into(),
        lines,
        threshold,
    };
    let parameter = |number: usize, scale: f64| {
        let of = move |run: &RunRecord| {
            let parameters = run.motion.as_ref().and_then(|it| it.parameters.as_ref());
            parameters.map_or(Vec::new(), |it| it[number].iter().map(|it| it * scale).collect())
        };
        line(MOTION[number], &of)
    };
    let displacement = |run: &RunRecord| {
        run.motion.as_ref().map_or(Vec::new(), |it| it.framewise_displacement.clone())
    };
    let volumes = &record.recipe.volumes;
    let dvars = DvarsShown::new(record);
    let degrees = 1.0_f64.to_degrees();
    let mut courses = vec![
        course(
            ["global signal", "% of its mean"],
            vec![line("global signal %", &global_signal)],
            None,
        ),
        course(["DVARS", dvars.unit], vec![Line { name: "DVARS", values: dvars.values }], None),
        course(["FD", "mm"], vec![line("FD mm", &displacement)], volumes.fd_threshold_mm),
        course(["translation", "mm: x, y, z"], (0..3).map(|it| parameter(it, 1.0)).collect(), None),
        course(
            ["rotation", "degrees: x, y, z"],
            (3..6).map(|it| parameter(it, degrees)).collect(),
            None,
        ),
    ];
    let is_known = |it: &Line| it.values.iter().flatten().any(|value| value.is_finite());
    courses.iter_mut().for_each(|course| course.lines.retain(is_known));
    courses.retain(|it| !it.lines.is_empty());
    courses
}

/// The names that the script has for the parameters of motion.
const MOTION: [&str; 6] = ["x mm", "y mm", "z mm", "about x °", "about y °", "about z °"];

/// The values of the volumes that are in the maps.
fn of_used(run: &RunRecord, values: &[f64]) -> Vec<f64> {
    let used = values.iter().zip(&run.uses).filter(|(_, it)| **it == Use::Used);
    used.map(|(value, _)| *value).collect()
}

/// The global signal as the change from its mean over the volumes used, in percent: in the mask if
/// that was known before the pass, else over the grid.
fn global_signal(run: &RunRecord) -> Vec<f64> {
    let signal = run.signals.in_mask.as_ref().map_or(&run.signals.global, |it| &it.global);
    let used = of_used(run, signal);
    let mean = used.iter().sum::<f64>() / used.len() as f64;
    signal.iter().map(|it| 100.0 * (it / mean - 1.0)).collect()
}

/// DVARS as the page shows it: standardised, or where that is not known of all runs over its median.
pub(super) struct DvarsShown {
    /// The unit in which the course is measured.
    pub(super) unit: &'static str,
    /// The values of each run, one a volume.
    pub(super) values: Vec<Vec<f64>>,
}

impl DvarsShown {
    pub(super) fn new(record: &Record) -> DvarsShown {
        let runs = record.runs.iter().zip(&record.quality.runs);
        let standardised = runs.map(|(run, quality)| {
            let mut values = quality.standardised_dvars.clone()?;
            values.resize(run.uses.len(), f64::NAN);
            Some(values)
        });
        match standardised.collect() {
            Some(values) => DvarsShown { unit: "standardised", values },
            None => DvarsShown {
                unit: "/ its median",
                values: record.runs.iter().map(relative_dvars).collect(),
            },
        }
    }
}

/// The DVARS of a run over its median of the volumes used, in the mask or over the grid as the global
/// signal; NaN where it is not known.
fn relative_dvars(run: &RunRecord) -> Vec<f64> {
    let dvars = run.signals.in_mask.as_ref().map_or(&run.signals.dvars, |it| &it.dvars);
    let used = of_used(run, dvars);
    let median = quantiles(&used, [0.5]).map_or(f64::NAN, |[it]| it);
    let mut values: Vec<f64> = dvars.iter().map(|it| it / median).collect();
    values.resize(run.uses.len(), f64::NAN);
    values
}

fn marked(of: Use) -> Option<(Use, &'static str, &'static str)> {
    MARKED.into_iter().find(|it| it.0 == of)
}

/// Volumes of one use that follow one another: first, last, use.
fn alike(run: &RunRecord) -> Vec<(usize, usize, Use)> {
    let mut first = 0;
    let span = |alike: &[Use]| {
        first += alike.len();
        (first - alike.len(), first - 1, alike[0])
    };
    run.uses.chunk_by(|a, b| a == b).map(span).collect()
}

/// The drawing, as far as it has come.
struct Drawing {
    svg: String,
    top: f64,
    /// Volumes of all runs, one at least.
    total: f64,
}

impl Drawing {
    fn x(&self, volume: f64) -> f64 {
        LEFT + volume / self.total * (RIGHT - LEFT)
    }

    fn text(&mut self, [x, y]: [f64; 2], anchor: &str, class: &str, text: &str) {
        let text = escaped(text);
        let _ = write!(
            self.svg,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }

    fn label(&mut self, lines: &[String]) {
        for (number, line) in lines.iter().enumerate() {
            let class = if number == 0 { "name" } else { "" };
            self.text([0.0, self.top + 12.0 + 13.0 * number as f64], "start", class, line);
        }
    }
}

fn drawing(page: &mut String, seen: &Seen, courses: &[Course]) {
    let runs = &seen.record.runs;
    let lengths: Vec<usize> = runs.iter().map(|run| run.uses.len()).collect();
    let total: usize = lengths.iter().sum();
    let mut drawing = Drawing { svg: String::new(), top: HEAD, total: total.max(1) as f64 };
    for it in courses {
        course(&mut drawing, seen, it);
    }
    let columns = TimeColumns::new(&lengths);
    if let Some(carpet) = Carpet::new(seen, &columns.spans, is_upwards(seen)) {
        let raster = Raster {
            label: match carpet.parts.is_empty() {
                true => &["carpet", "z of sampled", "voxels: black", "low, white high"],
                // Beside them stand the names of the parts.
                false => &["carpet", "z: −2 to 2"],
            },
            height: CARPET,
            values: &carpet.values,
            rows: carpet.rows,
            colormap: Colormap::Gray,
            range: Range::containing(-2.0, 2.0),
        };
        let top = drawing.top;
        image(&mut drawing, seen, &raster, carpet.parts.is_empty());
        parts(&mut drawing, top, &carpet);
    }
    if let Some((values, most)) = slices(seen, &columns) {
        let ends = format!("±{}%", figure(most));
        let raster = Raster {
            label: &["slice mean", "blue low,", "red high", &ends],
            height: SLICES,
            values: &values,
            rows: seen.grid.shape[2],
            colormap: Colormap::Difference,
            range: Range::containing(-most, most),
        };
        image(&mut drawing, seen, &raster, true);
    }
    let bottom = drawing.top - GAP;
    let bands = frame(&mut drawing, seen, bottom);
    let _ = write!(
        page,
        "<svg id=\"courses-drawing\" class=\"plot\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" \
         aria-label=\"{} of {} in {}\">{bands}{}<line class=\"cursor\" y1=\"{HEAD}\" y2=\"{bottom:.0}\"/></svg>",
        bottom + FOOT,
        courses.iter().map(|it| it.label[0].as_str()).collect::<Vec<_>>().join(", "),
        counted(total, "volume"),
        counted(runs.len(), "run"),
        drawing.svg
    );
}

/// One course: of each of its lines one a run, with marks where a value lies beyond the axis.
fn course(drawing: &mut Drawing, seen: &Seen, course: &Course) {
    let values: Vec<f64> =
        course.lines.iter().flat_map(|it| it.values.iter().flatten().copied()).collect();
    let Some(range) = sensible(&values) else { return };
    let range =
        course.threshold.map_or(range, |it| range.union(Range::containing(range.low(), it * 1.1)));
    let (top, bottom) = (drawing.top, drawing.top + COURSE);
    let y = |value: f64| bottom - range.fraction(value) * COURSE;
    drawing.label(&course.label);
    for (value, text) in range.ticks(3) {
        let at = y(value);
        let _ = write!(drawing.svg, "<path class=\"axis\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/>");
        drawing.text([LEFT - 4.0, at + 3.5], "end", "tick", &text);
    }
    if let Some(threshold) = course.threshold {
        let at = y(threshold);
        let _ = write!(
            drawing.svg,
            "<path class=\"threshold\" d=\"M{LEFT} {at:.1}H{RIGHT}\"><title>threshold {threshold}</title></path>"
        );
    }
    let few = (2.0 * drawing.total / MOST_POINTS as f64).ceil() as usize;
    for (number, line) in course.lines.iter().enumerate() {
        let mut start = 0;
        for (run, values) in line.values.iter().enumerate() {
            let points: Vec<[f64; 2]> = values
                .iter()
                .enumerate()
                .map(|(at, it)| [(start + at) as f64 + 0.5, *it])
                .collect();
            for piece in thinned(&points, few).split(|it| !it[1].is_finite()) {
                if piece.is_empty() {
                    continue;
                }
                let mut path = String::new();
                for (number, [volume, value]) in piece.iter().enumerate() {
                    let step = if number == 0 { 'M' } else { 'L' };
                    let _ = write!(path, "{step}{:.1} {:.1}", drawing.x(*volume), y(*value));
                }
                if piece.len() == 1 {
                    // A line of one point would not be seen.
                    path += "h1";
                }
                let _ = write!(drawing.svg, "<path class=\"trace t{number}\" d=\"{path}\"/>");
            }
            let beyond = points.iter().enumerate().filter(|(_, point)| {
                point[1].is_finite() && !(range.low()..=range.high()).contains(&point[1])
            });
            for (volume, [at, value]) in beyond.take(MOST_MARKS) {
                // A triangle that points out of the plot.
                let (from, tip) = if *value > range.high() { (top, -6.0) } else { (bottom, 6.0) };
                let _ = write!(
                    drawing.svg,
                    "<path class=\"beyond\" d=\"M{:.1} {from:.1}h7l-3.5 {tip}z\"><title>{}, volume \
                     {volume}: {} {}</title></path>",
                    drawing.x(*at) - 3.5,
                    escaped(&seen.record.runs[run].name),
                    line.name,
                    figure(*value)
                );
            }
            start += values.len();
        }
    }
    drawing.top = bottom + GAP;
}

/// Fewer points that look alike: of every few the least and the greatest, in their order.
fn thinned(points: &[[f64; 2]], few: usize) -> Vec<[f64; 2]> {
    if few <= 2 {
        return points.to_vec();
    }
    let mut kept = Vec::new();
    for few in points.chunks(few) {
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

/// A range for all runs that a few outliers do not stretch: the 1st to the 99th percentile and as
/// much again above and below, but no more than there are values.
fn sensible(values: &[f64]) -> Option<Range> {
    let [least, low, high, most] = quantiles(values, [0.0, 0.01, 0.99, 1.0])?;
    let span = high - low;
    let (low, high) = (least.max(low - span), most.min(high + span));
    let margin = 0.05 * (high - low);
    Some(Range::containing(low - margin, high + margin))
}

/// Pixels over the volumes.
struct Raster<'a> {
    label: &'a [&'a str],
    height: f64,
    /// Row by row from the top.
    values: &'a [f64],
    rows: usize,
    colormap: Colormap,
    range: Range,
}

/// The parts of a carpet that begins at `top`: a bar of a colour with the name beside each, and a line
/// between them.
fn parts(drawing: &mut Drawing, top: f64, carpet: &Carpet) {
    let mut first = 0;
    for (number, (name, rows)) in carpet.parts.iter().enumerate() {
        let place = |row: usize| top + CARPET * row as f64 / carpet.rows as f64;
        let (from, to) = (place(first), place(first + rows));
        let _ = write!(
            drawing.svg,
            "<rect class=\"part p{}\" x=\"{:.1}\" y=\"{from:.1}\" width=\"5\" height=\"{:.1}\"><title>{}</title></rect>",
            number % PART_COLORS,
            LEFT - 6.0,
            to - from,
            escaped(name)
        );
        if first > 0 {
            let _ =
                write!(drawing.svg, "<path class=\"between\" d=\"M{LEFT} {from:.1}H{RIGHT}\"/>");
        }
        if to - from >= 12.0 {
            let shown: String = match name.chars().count() {
                0..=PART_LETTERS => name.clone(),
                _ => name.chars().take(PART_LETTERS - 1).chain(['…']).collect(),
            };
            drawing.text([LEFT - 10.0, (from + to) / 2.0 + 4.0], "end", "tick", &shown);
        }
        first += rows;
    }
}

/// Pixels, with what they are beside them, and what lies at the bottom if that is to be said.
fn image(drawing: &mut Drawing, seen: &Seen, raster: &Raster, is_bottom_told: bool) {
    let Raster { label, height, values, rows, colormap, range } = raster;
    let label: Vec<String> = label.iter().map(|&it| it.to_owned()).collect();
    drawing.label(&label);
    let bottom = match seen.grid.is_oriented() {
        true => ["left", "posterior", "inferior"][seen.grid.orientation().axes[2].number],
        false => "first slice",
    };
    if is_bottom_told {
        drawing.text([LEFT - 4.0, drawing.top + height - 2.0], "end", "tick", bottom);
    }
    let picture = pixels(values, values.len() / rows, *colormap, *range);
    let _ = write!(
        drawing.svg,
        "<image x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height}\" preserveAspectRatio=\"none\" \
         href=\"data:image/png;base64,{}\"/>",
        drawing.top,
        RIGHT - LEFT,
        base64(&picture)
    );
    drawing.top += height + GAP;
}

/// The names and borders of the runs, the volumes that were left out, and the axis below. What is to
/// lie behind everything is returned.
fn frame(drawing: &mut Drawing, seen: &Seen, bottom: f64) -> String {
    let mut bands = String::new();
    let (mut start, odd) = (0, odd_runs(seen));
    for (number, (run, name)) in seen.record.runs.iter().zip(&seen.names).enumerate() {
        let length = run.uses.len();
        let (left, right) = (drawing.x(start as f64), drawing.x((start + length) as f64));
        for (first, last, of) in alike(run) {
            let Some((_, class, words)) = marked(of) else { continue };
            let (from, to) =
                (drawing.x((start + first) as f64), drawing.x((start + last + 1) as f64));
            let _ = write!(
                bands,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{HEAD}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}, \
                 volumes {first} to {last}: {words}</title></rect>",
                (to - from).max(1.5),
                bottom - HEAD,
                escaped(&run.name)
            );
        }
        // Of a great many runs the borders would hide what lies between them.
        if start > 0 && right - left > NARROW {
            let _ = write!(
                drawing.svg,
                "<path class=\"border\" d=\"M{left:.1} 4V{:.1}\"/>",
                bottom + 4.0
            );
        }
        let room = ((right - left - 8.0) / LETTER).max(0.0) as usize;
        let shown: String = match name.chars().count() <= room {
            true => name.clone(),
            false if room >= 4 => name.chars().take(room - 1).chain(['…']).collect(),
            false => String::new(),
        };
        let class = if odd.contains(&number) { "name odd" } else { "name" };
        drawing.text([(left + right) / 2.0, 12.0], "middle", class, &shown);
        let ticks = Range::containing(0.0, length as f64).ticks(((right - left) / 90.0) as usize);
        for (volume, text) in ticks.iter().filter(|_| right - left > 60.0) {
            let at = drawing.x(start as f64 + volume + 0.5);
            if *volume >= length as f64 || at > right - 18.0 {
                continue;
            }
            let _ = write!(drawing.svg, "<path class=\"axis\" d=\"M{at:.1} {bottom:.1}v5\"/>");
            drawing.text([at, bottom + 16.0], "middle", "tick", text);
            if let Some(tr) = run.tr_seconds {
                let seconds = format!("{} s", count((volume * tr).round() as usize));
                drawing.text([at, bottom + 29.0], "middle", "tick", &seconds);
            }
        }
        start += length;
    }
    drawing.text([0.0, bottom + 16.0], "start", "tick", "volume");
    bands
}

/// The volumes that share a column of an image: those of one run, a few that follow one another.
struct TimeColumns {
    /// Run, first volume, and the one after the last.
    spans: Vec<(usize, usize, usize)>,
}

impl TimeColumns {
    fn new(lengths: &[usize]) -> TimeColumns {
        let total: usize = lengths.iter().sum();
        let few = total.div_ceil(MOST_COLUMNS).max(1);
        let of_run = |(run, &length): (usize, &usize)| {
            (0..length).step_by(few).map(move |first| (run, first, (first + few).min(length)))
        };
        TimeColumns { spans: lengths.iter().enumerate().flat_map(of_run).collect() }
    }
}

/// Whether higher slices are drawn above: where the third voxel axis leads up, or is not known.
fn is_upwards(seen: &Seen) -> bool {
    !(seen.grid.is_oriented() && seen.grid.orientation().axes[2].is_reversed)
}

/// The mean of each slice as its change from its mean over the volumes used, in percent, row by row
/// from the top, and the change at the ends of the colours.
fn slices(seen: &Seen, columns: &TimeColumns) -> Option<(Vec<f64>, f64)> {
    let count = seen.grid.shape[2];
    let runs = &seen.record.runs;
    let is_known = |run: &RunRecord| run.signals.slice_means.dim() == (run.uses.len(), count);
    if count < 2 || !runs.iter().all(is_known) {
        return None;
    }
    let means: Vec<Vec<f64>> = runs
        .iter()
        .map(|run| {
            let of = |slice: usize| {
                let used = of_used(run, &run.signals.slice_means.column(slice).to_vec());
                used.iter().sum::<f64>() / used.len() as f64
            };
            (0..count).map(of).collect()
        })
        .collect();
    let brightest = means.iter().flatten().copied().fold(0.0, f64::max);
    let mut order: Vec<usize> = (0..count).collect();
    if is_upwards(seen) {
        order.reverse();
    }
    let mut values = Vec::with_capacity(count * columns.spans.len());
    for slice in order {
        for &(run, from, to) in &columns.spans {
            let mean = means[run][slice];
            let of = runs[run].signals.slice_means.column(slice);
            let changes = (from..to).map(|at| 100.0 * (of[at] / mean - 1.0));
            // Of several the one that differs most: a single lost slice is to be seen.
            let most = changes.reduce(|a, b| if a.abs() >= b.abs() { a } else { b });
            values.push(most.filter(|_| mean > AIR * brightest).unwrap_or(f64::NAN));
        }
    }
    let magnitudes: Vec<f64> = values.iter().map(|it| it.abs()).collect();
    let [most] = quantiles(&magnitudes, [0.99])?;
    Some((values, most.max(0.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(uses: Vec<Use>, dvars: Vec<f64>) -> RunRecord {
        let mut run = RunRecord::named("run <1>", uses);
        run.signals.dvars = dvars;
        run
    }

    #[test]
    fn a_spike_does_not_flatten_the_rest() {
        let mut dvars: Vec<f64> = (0..300).map(|it| 10.0 + f64::from(it % 7)).collect();
        dvars[0] = f64::NAN;
        dvars[177] = 900.0;
        let range = sensible(&dvars).unwrap();
        assert!(range.high() < 30.0, "{range:?}");
        let run = run(vec![Use::Used; 300], dvars);
        let relative = relative_dvars(&run);
        assert!((relative[177] - 900.0 / 13.0).abs() < 1e-12 && relative[0].is_nan());
    }

    #[test]
    fn a_long_run_keeps_its_extremes() {
        let mut points: Vec<[f64; 2]> =
            (0..5000).map(|it| [f64::from(it), f64::from(it % 10)]).collect();
        points[3210][1] = 99.0;
        points[40][1] = f64::NAN;
        let thin = thinned(&points, 10);
        assert!(thin.len() <= 1000, "{}", thin.len());
        assert!(thin.contains(&[3210.0, 99.0]) && thin.iter().any(|it| it[1] == 0.0));
        assert!(thin.is_sorted_by(|a, b| a[0] < b[0]));
    }

    #[test]
    fn volumes_of_one_use_are_told_together() {
        let mut uses = vec![Use::Used; 9];
        uses[..3].fill(Use::Dummy);
        uses[5] = Use::Censored;
        let run = run(uses, Vec::new());
        let left_out: Vec<_> =
            alike(&run).into_iter().filter(|it| it.2 != Use::Used).map(|it| (it.0, it.1)).collect();
        assert_eq!(left_out, [(0, 2), (5, 5)]);
    }

    #[test]
    fn columns_are_of_one_run_each() {
        let columns = TimeColumns::new(&[1000, 1001]);
        assert_eq!(columns.spans.len(), 500 + 501);
        assert_eq!(columns.spans[499..501], [(0, 998, 1000), (1, 0, 2)]);
        assert_eq!(columns.spans[1000], (1, 1000, 1001));
    }
}
