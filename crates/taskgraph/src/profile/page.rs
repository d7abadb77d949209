//! One page of HTML: figures, a timeline, memory and processors, operations, the graph.

use super::{Profile, Sample, Span, What};
use crate::drawing::names::CommonParts;
use crate::markup::{self, escaped, mebibytes, seconds};
use crate::outline::first_word;
use crate::palette::{Palette, ink_on};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The colour of reading, decoding, computing, idleness: of no operation.
const SHARES: [&str; 4] = ["#8f2d56", "#3d348b", "#4f772d", "#98a2b3"];
/// The colour of the phases of the main thread: of no operation.
const PHASE: &str = "#98a2b3";

/// The width of the plots, in units that the browser scales to the page.
const WIDTH: f64 = 1000.0;
const LEFT: f64 = 70.0;
const ROW: f64 = 26.0;
const PLOT: f64 = 90.0;
/// Narrower spans than this are drawn together with those that follow at once.
const NARROWEST: f64 = 0.4;

/// The rules that this page adds to the style of all.
const STYLE: &str = "\
.plot .on.white { fill: #fff; } .plot .on.black { fill: #000; } .curve { fill: none; stroke: var(--ink); stroke-width: 1.5; } .bar { display: flex; height: 1.4rem; border-radius: .3rem; overflow: hidden; }
.swatch { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin: 0 .35rem 0 1rem; }
";

pub(super) fn text(
    profile: &Profile,
    title: &str,
    caption: &str,
    picture: &str,
    operations: &[&str],
) -> String {
    let wall = profile.wall_seconds.max(1e-9);
    let tasks: Vec<&Span> =
        profile.spans.iter().filter(|span| matches!(span.what, What::Task { .. })).collect();
    let sum = |of: fn(&Span) -> f64| tasks.iter().map(|span| of(span)).sum::<f64>();
    let (busy, waiting, decoding) =
        (sum(|it| it.seconds), sum(|it| it.waiting), sum(|it| it.decoding));
    let bytes: u64 = tasks.iter().map(|span| span.bytes).sum();
    let workers = profile.workers().max(1);
    let peak = profile.samples.iter().map(|sample| sample.resident_bytes).max();
    let cpu = profile.samples.last().map(|sample| sample.cpu_seconds);

    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n\
         <style>{2}{STYLE}</style></head>\n<body>\n<h1>{0}</h1>\n<p class=\"faint\">{1}</p>\n\
         <div class=\"figures\">",
        escaped(title),
        escaped(caption),
        markup::STYLE,
    );
    let mut figure = |name: &str, value: String| {
        let _ = write!(page, "<div><b>{value}</b>{name}</div>");
    };
    figure("wall time", seconds(wall));
    if let Some(cpu) = cpu {
        figure("processor time", seconds(cpu));
    }
    if let Some(peak) = peak {
        figure("most memory seen", mebibytes(peak as f64));
    }
    figure("tasks", tasks.len().to_string());
    figure("read", mebibytes(bytes as f64));
    if let Some(bytes) = profile.storage_bytes {
        figure("from the disk, not its cache", mebibytes(bytes as f64));
    }
    figure("read a second", mebibytes(bytes as f64 / wall));
    page.push_str("</div>\n<h2>Where the workers' time went</h2>\n");
    let total = wall * workers as f64;
    let computing = (busy - waiting - decoding).max(0.0);
    let idle = (total - busy).max(0.0);
    let shares = [
        ("reading files", waiting),
        ("decompressing", decoding),
        ("computing", computing),
        ("idle", idle),
    ];
    page.push_str("<div class=\"bar\">");
    for ((name, share), color) in shares.iter().zip(SHARES) {
        let percent = 100.0 * share / total;
        let _ = write!(
            page,
            "<div style=\"width:{percent:.2}%;background:{color}\" title=\"{name}\"></div>"
        );
    }
    page.push_str("</div>\n<p>");
    for ((name, share), color) in shares.iter().zip(SHARES) {
        let _ = write!(
            page,
            "<span class=\"swatch\" style=\"background:{color}\"></span>{name} {:.0}% ({})",
            100.0 * share / total,
            seconds(*share)
        );
    }
    let _ = write!(
        page,
        "</p>\n<p class=\"faint\">Of {} {} for {} each. Idle is also the time before the first \
         task and after the last.</p>\n<h2>Timeline</h2>\n",
        workers,
        if workers == 1 { "worker" } else { "workers" },
        seconds(wall)
    );
    timeline(&mut page, profile, wall, operations);
    page.push_str("<h2>Memory held, and processors busy</h2>\n");
    if profile.samples.len() < 2 {
        page.push_str("<p class=\"faint\">Not known on this system.</p>\n");
    } else {
        let memory = |sample: &Sample| sample.resident_bytes as f64 / 1048576.0;
        let memory: Vec<_> = profile.samples.iter().map(|it| (it.at, memory(it))).collect();
        plot(&mut page, "MiB", &memory, wall);
        plot(&mut page, "busy", &processors(&profile.samples, wall), wall);
    }
    page.push_str("<h2>Operations</h2>\n");
    table_of_operations(&mut page, profile, &tasks);
    let _ =
        write!(page, "<h2>Graph</h2>\n<div class=\"scroll\">{picture}</div>\n</body>\n</html>\n");
    page
}

/// The processors that were busy, over stretches that are long against the clock of the system.
fn processors(samples: &[Sample], wall: f64) -> Vec<(f64, f64)> {
    let stretch = (wall / 100.0).max(0.02);
    let mut points = Vec::new();
    let mut from = samples[0];
    for &sample in samples {
        if sample.at - from.at >= stretch {
            let busy = (sample.cpu_seconds - from.cpu_seconds) / (sample.at - from.at);
            points.push(((sample.at + from.at) / 2.0, busy.max(0.0)));
            from = sample;
        }
    }
    points
}

fn axis(page: &mut String, wall: f64, height: f64) {
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|step| step * 10_f64.powf((wall / 5.0).log10().floor()))
        .into_iter()
        .find(|step| wall / step <= 8.0)
        .unwrap_or(wall);
    let mut at = 0.0;
    while at <= wall {
        let x = LEFT + at / wall * (WIDTH - LEFT - 20.0);
        let _ = write!(
            page,
            "<line class=\"axis\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{height:.1}\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            height + 16.0,
            seconds(at)
        );
        at += step;
    }
}

fn timeline(page: &mut String, profile: &Profile, wall: f64, operations: &[&str]) {
    let rows = profile.workers() + 1;
    let height = rows as f64 * ROW;
    let _ = write!(page, "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {:.0}\">", height + 22.0);
    axis(page, wall, height);
    let mut palette = Palette::new(operations);
    let common = CommonParts::from_texts(profile.outline.tasks.iter().map(|task| task.subject()));
    let short = |span: &Span| match span.what {
        What::Phase(name) => name.to_owned(),
        What::Task { task, .. } => {
            let task = &profile.outline.tasks[task];
            let subject = common.removed_from(&task.subject());
            format!("{} {subject}", task.operation()).trim_end().to_owned()
        }
    };
    for row in 0..rows {
        let name = if row == 0 { "main".to_owned() } else { format!("worker {}", row - 1) };
        let y = (row as f64 + 0.65) * ROW;
        let _ = write!(page, "<text x=\"0\" y=\"{y:.1}\">{name}</text>");
    }
    let scale = (WIDTH - LEFT - 20.0) / wall;
    let mut spans: Vec<(usize, &Span)> = profile
        .spans
        .iter()
        .map(|span| match span.what {
            What::Task { worker, .. } => (worker + 1, span),
            What::Phase(_) => (0, span),
        })
        .collect();
    spans.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.begin.total_cmp(&b.1.begin)));
    let mut index = 0;
    while index < spans.len() {
        let (row, span) = spans[index];
        let (mut end, mut count) = (span.begin + span.seconds, 1);
        // Spans too narrow to be told apart are one bar.
        while let Some(&(next_row, next)) = spans.get(index + count) {
            let is_narrow = next.seconds * scale < NARROWEST && span.seconds * scale < NARROWEST;
            if next_row != row || !is_narrow || (next.begin - end) * scale > NARROWEST {
                break;
            }
            end = next.begin + next.seconds;
            count += 1;
        }
        let (name, shown) = match count {
            1 => (profile.name(span).to_owned(), short(span)),
            count => (format!("{count} short tasks"), format!("{count} short tasks")),
        };
        let (x, width) = (LEFT + span.begin * scale, ((end - span.begin) * scale).max(NARROWEST));
        let y = row as f64 * ROW + 2.0;
        let color = match span.what {
            What::Phase(_) => PHASE,
            What::Task { .. } => palette.color(first_word(profile.name(span))),
        };
        let time = seconds(end - span.begin);
        let read = if span.bytes > 0 {
            format!(", {} read", mebibytes(span.bytes as f64))
        } else {
            String::new()
        };
        let _ = write!(
            page,
            "<g><title>{}, {time}{read}</title><rect x=\"{x:.2}\" y=\"{y:.1}\" width=\"{width:.2}\" \
             height=\"{:.1}\" rx=\"2\" fill=\"{color}\"/>",
            escaped(&name),
            ROW - 4.0
        );
        let room = (width / 7.2) as usize;
        if let Some(shown) = shown_within(room, &shown, &format!(", {time}{read}")) {
            let _ = write!(
                page,
                "<text class=\"on {}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                if ink_on(color) == "#ffffff" { "white" } else { "black" },
                x + 4.0,
                y + 15.0,
                escaped(&shown)
            );
        }
        page.push_str("</g>");
        index += count;
    }
    page.push_str("</svg>\n");
}

/// The text of a bar as far as there is room, in characters: the name with its figures, the name, or
/// its beginning.
fn shown_within(room: usize, name: &str, figures: &str) -> Option<String> {
    let length = name.chars().count();
    match room {
        enough if length + figures.chars().count() <= enough => Some(format!("{name}{figures}")),
        less if length <= less => Some(name.to_owned()),
        little if little >= 5 => Some(name.chars().take(little - 1).chain(['…']).collect()),
        _ => None,
    }
}

fn plot(page: &mut String, unit: &str, points: &[(f64, f64)], wall: f64) {
    let most = points.iter().map(|it| it.1).fold(0.0, f64::max).max(1e-9);
    let _ = write!(page, "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {:.0}\">", PLOT + 22.0);
    axis(page, wall, PLOT);
    let top = if most < 10.0 { format!("{most:.1}") } else { format!("{most:.0}") };
    let _ = write!(
        page,
        "<text x=\"0\" y=\"12\">{top} {unit}</text><text x=\"0\" y=\"{PLOT:.0}\">0</text>\
         <polyline class=\"curve\" points=\""
    );
    // As many points as can be told apart.
    let step = points.len().div_ceil(1000).max(1);
    for (at, value) in points.iter().step_by(step) {
        let x = LEFT + at / wall * (WIDTH - LEFT - 20.0);
        let _ = write!(page, "{x:.1},{:.1} ", PLOT - value / most * (PLOT - 4.0));
    }
    page.push_str("\"/></svg>\n");
}

fn table_of_operations(page: &mut String, profile: &Profile, tasks: &[&Span]) {
    let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for span in tasks {
        groups.entry(first_word(profile.name(span))).or_default().push(span.seconds);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    let sum = |times: &[f64]| times.iter().sum::<f64>();
    groups.sort_by(|a, b| sum(&b.1).total_cmp(&sum(&a.1)));
    page.push_str(
        "<table><tr><th>operation</th><th>tasks</th><th>total</th><th>mean</th><th>longest</th></tr>\n",
    );
    for (name, times) in groups {
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(name),
            times.len(),
            seconds(sum(&times)),
            seconds(sum(&times) / times.len() as f64),
            seconds(times.iter().copied().fold(0.0, f64::max)),
        );
    }
    page.push_str("</table>\n");
}

#[cfg(test)]
mod tests {
    use super::super::tests::recorded;

    #[test]
    fn a_bar_says_what_it_has_room_for() {
        let shown = |room| super::shown_within(room, "merge", ", 3 ms");
        assert_eq!(shown(11).unwrap(), "merge, 3 ms");
        assert_eq!(shown(10).unwrap(), "merge");
        assert_eq!(super::shown_within(5, "moments", "").unwrap(), "mome…");
        assert_eq!(shown(4), None);
    }

    #[test]
    fn a_page_names_every_operation_and_needs_nothing_else() {
        let page = recorded().page("a <title>", "caption", "<svg></svg>", &["nap"]);
        for expected in ["a &lt;title&gt;", "nap &quot;two&quot; &lt;&amp;&gt;", "<td>count</td>"] {
            assert!(page.contains(expected), "{expected}");
        }
        assert!(!page.contains("http"), "nothing is fetched");
    }
}
