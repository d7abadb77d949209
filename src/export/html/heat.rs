//! Tables whose cells have the colour of their value: slice by run, region by run.

use crate::markup::escaped;
use crate::pictures::{Colormap, Range};
use std::fmt::Write;

/// The number of colours that are told apart in a cell.
const LEVELS: usize = 32;
/// A table of more cells is a picture instead.
pub(super) const MOST_CELLS: usize = 6000;

/// A table of numbers by rows and columns.
pub(super) struct Heat<'a> {
    /// The caption of the table, a sentence.
    pub(super) caption: &'a str,
    /// The heading of the column that names the rows.
    pub(super) corner: &'a str,
    pub(super) columns: &'a [String],
    /// A heading, escaped here, and a value for each column; NaN is nothing.
    pub(super) rows: &'a [(String, Vec<f64>)],
    pub(super) range: Range,
    /// The kind of thing that a cell is of: an attribute of the table for the page's script.
    pub(super) kind: &'a str,
    /// The number of the first column in what the cells are of.
    pub(super) first: usize,
}

/// The colours of cells, as style: each with black or white letters, whichever differ more.
pub(super) fn style(colormap: Colormap) -> String {
    let mut text = String::new();
    for level in 0..LEVELS {
        let [r, g, b] = colormap.color(level as f64 / (LEVELS - 1) as f64);
        let ink = if is_light([r, g, b]) { "#000" } else { "#fff" };
        let _ = write!(text, ".h{level}{{background:#{r:02x}{g:02x}{b:02x};color:{ink}}}");
    }
    text
}

/// Whether black is read better than white on a colour: by the relative luminance of sRGB, at
/// which both have a contrast of 4.58.
fn is_light(color: [u8; 3]) -> bool {
    let [r, g, b] = color.map(|it| {
        let it = f64::from(it) / 255.0;
        if it <= 0.04045 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179
}

/// The table.
pub(super) fn table(heat: &Heat) -> String {
    let Heat { caption, corner, columns, rows, range, kind, first } = heat;
    let mut text = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table class=\"heat\" \
         data-cells=\"{kind}\" data-first=\"{first}\"><caption>{0}</caption>\n<thead><tr>\
         <th scope=\"col\">{1}</th>",
        escaped(caption),
        escaped(corner)
    );
    for column in *columns {
        let _ = write!(text, "<th scope=\"col\">{}</th>", escaped(column));
    }
    text += "</tr></thead>\n<tbody>\n";
    for (heading, values) in *rows {
        let _ = write!(text, "<tr><th scope=\"row\">{}</th>", escaped(heading));
        for value in values {
            match value.is_finite() {
                true => {
                    let level = (range.fraction(*value) * (LEVELS - 1) as f64).round();
                    let _ = write!(text, "<td class=\"h{level}\">{value:.0}</td>");
                }
                false => text += "<td></td>",
            }
        }
        text += "</tr>\n";
    }
    text + "</tbody></table></div>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_the_colour_of_its_value_and_letters_that_can_be_read() {
        let rows = [("all <3>".to_owned(), vec![0.0, 31.0, f64::NAN])];
        let columns = ["1", "2", "3"].map(str::to_owned);
        let heat = Heat {
            caption: "tSNR by slice",
            corner: "run",
            columns: &columns,
            rows: &rows,
            range: Range::containing(0.0, 31.0),
            kind: "slice",
            first: 0,
        };
        let text = table(&heat);
        assert!(text.contains("<th scope=\"row\">all &lt;3&gt;</th><td class=\"h0\">0</td>"));
        assert!(text.contains("<td class=\"h31\">31</td><td></td></tr>"), "{text}");
        let style = style(Colormap::Viridis);
        assert!(style.starts_with(".h0{background:#440154;color:#fff}"), "{style}");
        assert!(style.ends_with(".h31{background:#fde725;color:#000}"), "{style}");
    }
}
