//! The picture as SVG: a rounded task, at its right the box of its data, from which edges lead to
//! the tasks that take them.

use super::layout::{DEPTH, Layout, Place, Way, layout};
use super::names::folded_at;
use super::{Coloring, Folded, Node, Picture, colors};
use crate::markup::escaped;
use std::fmt::Write;

const STYLE: &str = "\
  :root { color-scheme: light dark; }
  svg { --paper: #ffffff; --ink: #1c2430; --faint: #667085; --line: #98a2b3; --value: #f2f4f7; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #12161c; --ink: #e6eaf0; --faint: #98a2b3; --line: #5b6675; --value: #232a34; }
  }
  text { font-family: system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: var(--ink); font-size: 13px; }
  .paper { fill: var(--paper); } .title { font-size: 18px; font-weight: 600; }
  .caption, .size { fill: var(--faint); } .subject, .size { font-size: 11px; }
  .operation { font-weight: 600; } .time { font-size: 11px; font-variant-numeric: tabular-nums; }
  .value { fill: var(--value); stroke: var(--line); } .wanted { stroke: var(--ink); stroke-width: 2; }
  .legend { fill: var(--faint); font-size: 12px; } .outline { fill: var(--paper); stroke: var(--line); }
  .edge { fill: none; stroke: var(--line); stroke-width: 1.3; } .order { stroke-dasharray: 3 4; }
  .tip { fill: var(--line); }
";

/// The width that a browser shows side by side.
const PAGE_WIDTH: f64 = 1280.0;
/// Space around the picture.
const MARGIN: f64 = 28.0;
const HEAD: f64 = 66.0;
const LEGEND: f64 = 40.0;
/// The width of a value without its size.
const VALUE: f64 = 14.0;
const LONGEST_SUBJECT: usize = 34;
const PADDING: f64 = 12.0;
/// The opacity of the colour of a task: without times, and with them from least to most.
const PLAIN: f64 = 0.28;
const WEAKEST: f64 = 0.08;
const STRONGEST: f64 = 0.48;

/// The width of some text: sans-serif letters are rarely wider than 0.62 of their height.
fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.62
}

/// The text on a node, and the size that follows from it.
struct Label {
    headline: String,
    /// The subject, in lines.
    subject: Vec<String>,
    time: Option<String>,
    size: Option<String>,
    task_width: f64,
    value_width: f64,
    height: f64,
}

impl Label {
    fn new(node: &Node) -> Label {
        let subject = folded_at(&node.subject, LONGEST_SUBJECT);
        let (headline, time) = (node.headline(), node.time());
        let size = node.size();
        let wide = [
            // Bold letters are wider.
            text_width(&headline, 14.2),
            subject.iter().map(|line| text_width(line, 11.0)).fold(0.0, f64::max),
            time.as_deref().map_or(0.0, |time| text_width(time, 11.0)),
        ];
        let lines = subject.len() + usize::from(time.is_some());
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
    let all: Vec<(usize, usize)> = folded.edges.iter().chain(&folded.order).copied().collect();
    let (direction, Layout { places, ways, width, height }) = laid_out(&sizes, &all);
    let legend = legend(picture, folded);
    let legend_width: f64 = legend.iter().map(Sign::width).sum();
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
    let on_page = |it: Place| {
        let Place { x, y } = direction.turned(it);
        Place { x: x + MARGIN, y: y + MARGIN + HEAD }
    };
    for (number, way) in ways.iter().enumerate() {
        let class = if number < folded.edges.len() { "edge" } else { "edge order" };
        let (path, tip) = edge(way, on_page);
        let _ = writeln!(
            svg,
            "<path class=\"{class}\" d=\"{path}\"/><path class=\"tip\" d=\"M{tip} z\"/>"
        );
    }
    let most = folded.nodes.iter().filter_map(|node| node.seconds).fold(0.0, f64::max);
    let colors = colors::of_nodes(picture, folded);
    for (((node, label), place), color) in folded.nodes.iter().zip(&labels).zip(&places).zip(colors)
    {
        // Where times are shown, the strength of the colour is the time's.
        let strength = match node.seconds {
            Some(seconds) if most > 0.0 => WEAKEST + (STRONGEST - WEAKEST) * seconds / most,
            _ => PLAIN,
        };
        let name = match node.tasks.as_slice() {
            [only] => picture.outline.tasks[*only].name.clone(),
            tasks => format!("{} {} ({} tasks)", node.operation, node.subject, tasks.len()),
        };
        draw(&mut svg, on_page(*place), (node, &name), label, &color, strength);
    }
    let mut x = MARGIN;
    for sign in &legend {
        sign.draw(&mut svg, x, full_height - MARGIN);
        x += sign.width();
    }
    svg.push_str("</svg>\n");
    svg
}

/// A sign of the legend, with what it means.
struct Sign {
    shape: Shape,
    meaning: String,
}

enum Shape {
    /// A task of this colour, filled as strongly as this.
    Task(String, f64),
    Data,
    Wanted,
    Several,
    Order,
}

impl Sign {
    const WIDTH: f64 = 18.0;

    fn width(&self) -> f64 {
        Sign::WIDTH + 5.0 + text_width(&self.meaning, 12.0) + 14.0
    }

    fn draw(&self, svg: &mut String, x: f64, y: f64) {
        let (top, width) = (y - 11.0, Sign::WIDTH);
        let at = format!("x=\"{x:.1}\" y=\"{top:.1}\" height=\"12\"");
        let _ = match &self.shape {
            Shape::Task(color, strength) => write!(
                svg,
                "<rect {at} width=\"{width}\" rx=\"6\" fill=\"{color}\" \
                 fill-opacity=\"{strength}\" stroke=\"{color}\"/>"
            ),
            Shape::Data => write!(svg, "<rect class=\"value\" {at} width=\"{width}\"/>"),
            Shape::Wanted => write!(svg, "<rect class=\"value wanted\" {at} width=\"{width}\"/>"),
            Shape::Several => write!(
                svg,
                "<rect class=\"outline\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"12\" \
                 rx=\"6\"/><rect class=\"paper outline\" {at} width=\"{width}\" rx=\"6\"/>",
                x + 3.0,
                top - 3.0,
                width - 3.0,
            ),
            Shape::Order => {
                let y = top + 6.0;
                write!(svg, "<path class=\"edge order\" d=\"M{x:.1} {y:.1} h{width}\"/>")
            }
        };
        let _ = writeln!(
            svg,
            "<text class=\"legend\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            x + width + 5.0,
            escaped(&self.meaning)
        );
    }
}

/// The colours and shapes of this picture, with their meanings.
fn legend(picture: &Picture, folded: &Folded) -> Vec<Sign> {
    let task = |color: &str, strength: f64, meaning: &str| Sign {
        shape: Shape::Task(color.to_owned(), strength),
        meaning: meaning.to_owned(),
    };
    let mut signs: Vec<Sign> = match picture.coloring {
        Coloring::Kind => colors::of_operations(picture, folded)
            .into_iter()
            .map(|(operation, color)| task(color, PLAIN, operation))
            .collect(),
        Coloring::Order => [(0.0, "begun first"), (0.5, "midway"), (1.0, "last")]
            .map(|(place, meaning)| task(&colors::of_place(place), PLAIN, meaning))
            .into(),
    };
    if picture.seconds.is_some() {
        let faint = "#667085";
        signs.extend(
            [(WEAKEST, "took less"), (STRONGEST, "took longer")]
                .map(|(strength, meaning)| task(faint, strength, meaning)),
        );
    }
    let mut add =
        |shape: Shape, meaning: &str| signs.push(Sign { shape, meaning: meaning.to_owned() });
    if folded.nodes.iter().any(|node| node.tasks.len() > 1) {
        add(Shape::Several, "so many tasks alike");
    }
    if !folded.order.is_empty() {
        add(Shape::Order, "waits for it, takes nothing");
    }
    add(Shape::Data, "its data, with the size");
    add(Shape::Wanted, "a result");
    signs
}

/// Where the edges lead.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Direction {
    Right,
    Down,
}

impl Direction {
    /// A point of a layout, which leads to the right, in this direction.
    fn turned(self, at: Place) -> Place {
        match self {
            Direction::Right => at,
            Direction::Down => Place { x: at.y, y: at.x },
        }
    }
}

/// The nodes laid out to the right, or down if the page is too narrow for that and it helps.
fn laid_out(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> (Direction, Layout) {
    let right = layout(sizes, edges, 48.0);
    let turned: Vec<_> = sizes.iter().map(|&(width, height)| (height, width)).collect();
    let down = layout(&turned, edges, 30.0);
    if right.width <= PAGE_WIDTH || down.height >= right.width {
        return (Direction::Right, right);
    }
    (Direction::Down, Layout { width: down.height, height: down.width, ..down })
}

/// The path along a way, and the corners of the tip of its arrow.
fn edge(way: &Way, on_page: impl Fn(Place) -> Place) -> (String, String) {
    let text = |x: f64, y: f64| {
        let Place { x, y } = on_page(Place { x, y });
        format!("{x:.1} {y:.1}")
    };
    let way = match way {
        Way::Forward(way) => way,
        Way::Back(from, to) => {
            // A curve comes three quarters of the way to where it is bent to.
            let low = from.y.max(to.y) + DEPTH / 0.75;
            let (leave, enter) = (text(from.x, low), text(to.x, low));
            let path =
                format!("M{} C{leave} {enter} {}", text(from.x, from.y), text(to.x, to.y + 6.0));
            let (left, right) = (text(to.x - 3.5, to.y + 7.0), text(to.x + 3.5, to.y + 7.0));
            return (path, [text(to.x, to.y), left, right].join(" L"));
        }
    };
    let mut path = format!("M{}", text(way[0].x, way[0].y));
    for (number, pair) in way.windows(2).enumerate() {
        let (from, mut to) = (pair[0], pair[1]);
        if number + 2 == way.len() {
            to.x -= 6.0;
        }
        path += &match number % 2 {
            0 => {
                let bend = ((to.x - from.x) / 2.0).max(20.0);
                let (leave, enter) = (text(from.x + bend, from.y), text(to.x - bend, to.y));
                format!(" C{leave} {enter} {}", text(to.x, to.y))
            }
            _ => format!(" L{}", text(to.x, to.y)),
        };
    }
    let Place { x, y } = way[way.len() - 1];
    (path, [text(x, y), text(x - 7.0, y - 3.5), text(x - 7.0, y + 3.5)].join(" L"))
}

fn draw(
    svg: &mut String,
    at: Place,
    (node, name): (&Node, &str),
    label: &Label,
    color: &str,
    strength: f64,
) {
    let Place { x, y } = at;
    let _ = write!(svg, "<g><title>{}</title>", escaped(name));
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
    let subject = label.subject.iter().map(|line| ("subject", line.as_str()));
    let lines = subject.chain(label.time.as_deref().map(|time| ("time", time)));
    let mut baseline = y + 20.0;
    let _ = write!(
        svg,
        "<text class=\"operation\" text-anchor=\"middle\" x=\"{centre:.1}\" y=\"{baseline:.1}\">{}</text>",
        escaped(&label.headline),
    );
    for (class, line) in lines {
        baseline += 15.0;
        let _ = write!(
            svg,
            "<text class=\"{class}\" text-anchor=\"middle\" x=\"{centre:.1}\" y=\"{baseline:.1}\">{}</text>",
            escaped(line),
        );
    }
    svg.push_str("</g>\n");
}

#[cfg(test)]
mod tests {
    use crate::drawing::layout::tests::{chains, read_ahead};
    use crate::drawing::{Coloring, Format, Picture};
    use std::time::{Duration, Instant};

    #[test]
    fn a_graph_of_100_000_tasks_is_drawn_in_under_a_second() {
        let picture = Picture::new(chains(200, 500), "large", "caption");
        let draw = |_| {
            let started = Instant::now();
            assert!(picture.text(Format::Svg).contains("moments ×100000"));
            started.elapsed()
        };
        let best = (0..3).map(draw).min().expect("a time");
        assert!(best < Duration::from_secs(1), "{best:?}");
    }

    #[test]
    fn every_drawing_is_well_formed_and_names_its_tasks() {
        for outline in [chains(1, 3), chains(5, 1), chains(50, 100), read_ahead(1, 50, 7)] {
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
            let waits = picture.outline.tasks.iter().any(|task| !task.after.is_empty());
            let svg = picture.text(Format::Svg);
            assert_eq!(svg.contains("waits for it"), waits);
            assert_eq!(svg.contains("class=\"edge order\""), waits);
            assert_eq!(picture.text(Format::Dot).contains("[style=dashed]"), waits);
            assert_eq!(picture.text(Format::Mermaid).contains(" -.-> "), waits);
            let dot = picture.text(Format::Dot);
            assert_eq!(dot.matches('{').count(), dot.matches('}').count());
            assert!(picture.text(Format::Mermaid).contains("flowchart LR"));
        }
    }
}
