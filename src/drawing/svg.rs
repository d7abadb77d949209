//! The picture as SVG: a rounded task, at its right the box of its value, from which edges lead to
//! the tasks that take it.

use super::layout::{Place, places};
use super::{Coloring, Folded, Node, Picture, shortened};
use crate::markup::{COLORS, escaped};
use std::collections::BTreeMap;
use std::fmt::Write;

/// From first to last: five samples of a perceptually uniform map (viridis).
const FIRST_TO_LAST: [[f64; 3]; 5] = [
    [72.0, 33.0, 115.0],
    [59.0, 82.0, 139.0],
    [33.0, 145.0, 140.0],
    [94.0, 201.0, 98.0],
    [220.0, 210.0, 40.0],
];

const STYLE: &str = "\
  :root { color-scheme: light dark; }
  svg { --paper: #ffffff; --ink: #1c2430; --faint: #667085; --line: #98a2b3; --value: #f2f4f7; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #12161c; --ink: #e6eaf0; --faint: #98a2b3; --line: #5b6675; --value: #232a34; }
  }
  text { font-family: system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: var(--ink); font-size: 13px; }
  .paper { fill: var(--paper); } .title { font-size: 18px; font-weight: 600; }
  .caption, .subject, .size { fill: var(--faint); } .subject, .size { font-size: 11px; }
  .operation { font-weight: 600; } .time { font-size: 11px; font-variant-numeric: tabular-nums; }
  .value { fill: var(--value); stroke: var(--line); } .wanted { stroke: var(--ink); stroke-width: 2; }
  .edge { fill: none; stroke: var(--line); stroke-width: 1.3; } .tip { fill: var(--line); }
";

/// Space around the picture.
const MARGIN: f64 = 28.0;
const HEAD: f64 = 66.0;
const LEGEND: f64 = 40.0;
/// Of a narrow value, without its size.
const VALUE: f64 = 14.0;
const LONGEST_SUBJECT: usize = 34;
const PADDING: f64 = 12.0;

/// The width of some text: sans-serif letters are rarely wider than 0.62 of their height.
fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.62
}

/// What is written on a node, and so how large it is.
struct Label {
    headline: String,
    subject: String,
    time: Option<String>,
    size: Option<String>,
    task_width: f64,
    value_width: f64,
    height: f64,
}

impl Label {
    fn new(node: &Node) -> Label {
        let subject = shortened(&node.subject, LONGEST_SUBJECT);
        let (headline, time) = (node.headline(), node.time());
        let size = node.size();
        let wide = [
            text_width(&headline, 13.0),
            text_width(&subject, 11.0),
            time.as_deref().map_or(0.0, |time| text_width(time, 11.0)),
        ];
        let lines = [!subject.is_empty(), time.is_some()].into_iter().filter(|it| *it).count();
        Label {
            task_width: wide.into_iter().fold(36.0, f64::max) + 2.0 * PADDING,
            value_width: size.as_deref().map_or(VALUE, |size| text_width(size, 11.0) + PADDING),
            height: 30.0 + 15.0 * lines as f64,
            headline,
            subject,
            time,
            size,
        }
    }
}

pub(super) fn text(picture: &Picture, folded: &Folded) -> String {
    let labels: Vec<Label> = folded.nodes.iter().map(Label::new).collect();
    let sizes: Vec<(f64, f64)> =
        labels.iter().map(|it| (it.task_width + it.value_width, it.height)).collect();
    let (places, (width, height)) = places(&sizes, &folded.edges);
    let legend = legend(folded);
    let legend_width: f64 =
        legend.keys().map(|name| text_width(name, 13.0) + 34.0).sum::<f64>() + 190.0;
    let head_width = text_width(&picture.title, 18.0).max(text_width(&picture.caption, 13.0));
    let full_width = width.max(legend_width).max(head_width) + 2.0 * MARGIN;
    let full_height = HEAD + height + LEGEND + 2.0 * MARGIN;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{full_width:.0}\" \
         height=\"{full_height:.0}\" viewBox=\"0 0 {full_width:.0} {full_height:.0}\" role=\"img\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"{:.0}\">{}</text>\n\
         <text class=\"caption\" x=\"{MARGIN}\" y=\"{:.0}\">{}</text>\n",
        escaped(&picture.title),
        MARGIN + 14.0,
        escaped(&picture.title),
        MARGIN + 38.0,
        escaped(&picture.caption),
    );
    let places: Vec<Place> =
        places.iter().map(|it| Place { x: it.x + MARGIN, y: it.y + MARGIN + HEAD }).collect();
    for &(from, to) in &folded.edges {
        edge(&mut svg, (places[from], sizes[from]), (places[to], sizes[to]));
    }
    let most = folded.nodes.iter().filter_map(|node| node.seconds).fold(0.0, f64::max);
    for (number, (node, label)) in folded.nodes.iter().zip(&labels).enumerate() {
        let color = match picture.coloring {
            Coloring::Kind => legend[node.operation.as_str()].to_owned(),
            Coloring::Order => color_of_order(node, picture.outline.tasks.len()),
        };
        // Where times are shown, the strength of the colour is the time's.
        let strength = match node.seconds {
            Some(seconds) if most > 0.0 => 0.08 + 0.40 * seconds / most,
            _ => 0.28,
        };
        draw(&mut svg, places[number], node, label, &color, strength);
    }
    let y = full_height - MARGIN;
    let mut x = MARGIN;
    if picture.coloring == Coloring::Kind {
        for (name, color) in &legend {
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"18\" height=\"12\" rx=\"6\" fill=\"{color}\" \
                 fill-opacity=\"0.28\" stroke=\"{color}\"/>\
                 <text x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
                y - 11.0,
                x + 23.0,
                escaped(name),
            );
            x += text_width(name, 13.0) + 34.0;
        }
    }
    let _ = writeln!(
        svg,
        "<rect class=\"value\" x=\"{x:.1}\" y=\"{:.1}\" width=\"14\" height=\"12\"/>\
         <text class=\"caption\" x=\"{:.1}\" y=\"{y:.1}\">value</text>\
         <rect class=\"value wanted\" x=\"{:.1}\" y=\"{:.1}\" width=\"14\" height=\"12\"/>\
         <text class=\"caption\" x=\"{:.1}\" y=\"{y:.1}\">wanted</text>\n</svg>",
        y - 11.0,
        x + 19.0,
        x + 72.0,
        y - 11.0,
        x + 91.0,
    );
    svg
}

/// A colour for each operation, in the order in which they first appear.
fn legend(folded: &Folded) -> BTreeMap<&str, &'static str> {
    let mut legend = BTreeMap::new();
    for node in &folded.nodes {
        let next = COLORS[legend.len() % COLORS.len()];
        legend.entry(node.operation.as_str()).or_insert(next);
    }
    legend
}

fn color_of_order(node: &Node, tasks: usize) -> String {
    let middle = node.tasks.iter().sum::<usize>() as f64 / node.tasks.len() as f64;
    let place = middle / (tasks.max(2) - 1) as f64 * (FIRST_TO_LAST.len() - 1) as f64;
    let below = (place as usize).min(FIRST_TO_LAST.len() - 2);
    let [r, g, b] = [0, 1, 2].map(|part| {
        let (low, high) = (FIRST_TO_LAST[below][part], FIRST_TO_LAST[below + 1][part]);
        (low + (high - low) * (place - below as f64)).round() as u8
    });
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn edge(svg: &mut String, from: (Place, (f64, f64)), to: (Place, (f64, f64))) {
    let (x1, y1) = (from.0.x + from.1.0, from.0.y + from.1.1 / 2.0);
    let (x2, y2) = (to.0.x - 6.0, to.0.y + to.1.1 / 2.0);
    let bend = ((x2 - x1) / 2.0).max(24.0);
    let _ = writeln!(
        svg,
        "<path class=\"edge\" d=\"M{x1:.1} {y1:.1} C{:.1} {y1:.1} {:.1} {y2:.1} {x2:.1} {y2:.1}\"/>\
         <path class=\"tip\" d=\"M{:.1} {y2:.1} l-7 -3.5 v7 z\"/>",
        x1 + bend,
        x2 - bend,
        to.0.x,
    );
}

fn draw(svg: &mut String, at: Place, node: &Node, label: &Label, color: &str, strength: f64) {
    let Place { x, y } = at;
    let name = format!("{} {}", node.operation, node.subject);
    let _ = write!(
        svg,
        "<g><title>{}</title>",
        escaped(&match node.tasks.len() {
            1 => name,
            count => format!("{name} ({count} tasks)"),
        })
    );
    if node.tasks.len() > 1 {
        // A second sheet behind the first: there are more of these.
        let _ = write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"12\" fill=\"none\" \
             stroke=\"{color}\" stroke-opacity=\"0.6\"/>",
            x + 5.0,
            y - 4.0,
            label.task_width - 6.0,
            label.height,
        );
    }
    let wanted = if node.is_wanted { " wanted" } else { "" };
    let (right, middle) = (x + label.task_width, y + label.height / 2.0);
    let value_height = if label.size.is_some() { 20.0 } else { VALUE };
    let _ = write!(
        svg,
        "<rect class=\"paper\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{0:.1}\" height=\"{1:.1}\" rx=\"14\"/>\
         <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{0:.1}\" height=\"{1:.1}\" rx=\"14\" fill=\"{color}\" \
         fill-opacity=\"{strength:.2}\" stroke=\"{color}\"/>\
         <rect class=\"value{wanted}\" x=\"{right:.1}\" y=\"{2:.1}\" width=\"{3:.1}\" \
         height=\"{value_height}\"/>",
        label.task_width,
        label.height,
        middle - value_height / 2.0,
        label.value_width,
    );
    if let Some(size) = &label.size {
        let _ = write!(
            svg,
            "<text class=\"size\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{size}</text>",
            right + label.value_width / 2.0,
            middle + 4.0,
        );
    }
    let centre = x + label.task_width / 2.0;
    let lines = [("subject", Some(label.subject.as_str())), ("time", label.time.as_deref())];
    let mut baseline = y + 20.0;
    let _ = write!(
        svg,
        "<text class=\"operation\" text-anchor=\"middle\" x=\"{centre:.1}\" y=\"{baseline:.1}\">{}</text>",
        escaped(&label.headline),
    );
    for (class, line) in lines {
        if let Some(line) = line.filter(|line| !line.is_empty()) {
            baseline += 15.0;
            let _ = write!(
                svg,
                "<text class=\"{class}\" text-anchor=\"middle\" x=\"{centre:.1}\" y=\"{baseline:.1}\">{}</text>",
                escaped(line),
            );
        }
    }
    svg.push_str("</g>\n");
}

#[cfg(test)]
mod tests {
    use crate::drawing::layout::tests::{array_mode, few_streams};
    use crate::drawing::{Coloring, Format, Picture};

    #[test]
    fn every_drawing_is_well_formed_and_names_its_tasks() {
        for outline in
            [array_mode(1, 3), array_mode(5, 1), array_mode(50, 100), few_streams(1, 50, 7)]
        {
            let seconds = vec![0.25; outline.tasks.len()];
            let odd = "a <run> & \"its\" \u{7} name";
            let picture = Picture::new(outline, odd, "caption").with_seconds(seconds);
            for coloring in [Coloring::Kind, Coloring::Order] {
                let text = picture.clone().colored_by(coloring).text(Format::Svg);
                let document = roxmltree::Document::parse(&text).expect("well-formed XML");
                let texts: Vec<_> = document.descendants().filter_map(|it| it.text()).collect();
                for expected in ["sqrt", "divide", "a <run> & \"its\"   name"] {
                    assert!(texts.contains(&expected), "{expected}: {texts:?}");
                }
                assert!(text.len() < 60_000, "{} bytes", text.len());
            }
            let json: serde_json::Value =
                serde_json::from_str(&picture.text(Format::Json)).expect("JSON");
            assert_eq!(json["tasks"][0]["seconds"], 0.25);
            assert_eq!(json["tasks"].as_array().unwrap().len(), picture.outline.tasks.len());
            let dot = picture.text(Format::Dot);
            assert_eq!(dot.matches('{').count(), dot.matches('}').count());
            assert!(picture.text(Format::Mermaid).contains("flowchart LR"));
        }
    }
}
