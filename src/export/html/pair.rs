//! One page about two maps of one grid: before and after a correction, two protocols, two days.
//!
//! Both the difference `B - A` and the ratio `B / A` are those of the second map against the first,
//! so red is where the second is higher. Only voxels count in which both maps are defined.

use super::chart::{Axis, Chart};
use super::histogram::{self, Histogram, bins};
use super::page::{directions, findings, head, key_figure};
use super::{data_element, pair_maps, tables};
use crate::diff::{DiffRecord, PairedRegion};
use crate::error::Result;
use crate::export::diff::{json, text};
use crate::export::words::{grid, quoted};
use crate::export::{Context, date};
use crate::markup::{base64, escaped};
use crate::numbers::{count, counted, figure, share};
use crate::pictures::{Colormap, Grid, Range, pixels};
use crate::recipe::FieldDifference;
use crate::stats::paired::Pairs;
use crate::stats::summary::Summary;
use std::fmt::Write;

/// The bins of the scatter plot along each axis.
const BINS: usize = 128;
const SCATTER_WIDTH: f64 = 560.0;
const SCATTER_HEIGHT: f64 = 480.0;

/// The page of a comparison, as the text of an HTML file.
///
/// # Errors
/// A picture too large to be drawn.
pub fn page(record: &DiffRecord, context: &Context) -> Result<String> {
    let (grid, pairs) = (grid(&record.geometry), &record.pairs);
    let mut page = head(&record.title());
    verdict(&mut page, record, context);
    pair_maps::section(&mut page, record, &grid)?;
    page += "<h2>Voxel by voxel</h2>\n";
    page += &scatter(pairs);
    let _ = write!(
        page,
        "<h2>Distribution of the difference</h2>\n<div class=\"scroll\">{}</div>\n",
        histogram::overall(
            &Histogram::from_values(&pairs.difference, bins([&pairs.difference[..]])),
            "difference of tSNR, B - A (no unit)",
            "all voxels compared",
            "voxels",
        )
    );
    if !record.regions.is_empty() {
        page += "<h2>Regions</h2>\n";
        page += &regions(&record.regions);
    }
    provenance(&mut page, record, &grid, context);
    page += &data_element(&json::embedded(record, context));
    page += "</body>\n</html>\n";
    Ok(page)
}

fn verdict(page: &mut String, record: &DiffRecord, context: &Context) {
    let (a, b) = (&record.a, &record.b);
    let date = match context.is_reproducible {
        true => String::new(),
        false => format!(", {}", date::date(record.provenance.began)),
    };
    let _ = writeln!(
        page,
        "<p class=\"faint\">tsnr {}{}.</p>\n<dl><dt>A</dt><dd>{}</dd><dt>B</dt><dd>{}</dd></dl>",
        escaped(record.provenance.version),
        escaped(&date),
        escaped(&a.name),
        escaped(&b.name)
    );
    let [of_a, of_b] = [a, b].map(|side| escaped(&text::short(side.definition.as_ref())));
    *page += &match record.is_alike() {
        true => format!("<p>Both are defined as: {of_a}</p>\n"),
        false => format!(
            "<p class=\"verdict look\">Look at: the maps may not mean the same.</p>\n\
             <p>A is defined as: {of_a}<br>B is defined as: {of_b}</p>\n"
        ),
    };
    findings(page, &record.findings);
    differences(page, &record.differences);
    *page += "<div class=\"figures\">";
    for (summary, formula) in record.whole.summaries.iter().zip(text::FORMULAS) {
        let name = format!("median of {formula}");
        let middle = match summary.distribution.map(|it| it.quantiles) {
            Some([_, q25, q75, _]) => format!("half from {} to {}", figure(q25), figure(q75)),
            None => "no voxel has a value".to_owned(),
        };
        key_figure(page, &tables::known(median(summary)), &name, &middle);
    }
    let (higher, both) = (record.pairs.higher_count(), record.counts.both);
    let note = format!("of {} compared", count(both));
    key_figure(page, &share(higher as f64 / both as f64), "of the voxels higher in B", &note);
    *page += "</div>\n";
    let row = |(name, summary): (&str, &Summary)| {
        let known = tables::known;
        let quantile = |it: usize| known(summary.distribution.map(|them| them.quantiles[it]));
        let defined = summary.voxels - summary.undefined;
        [
            name.to_owned(),
            count(defined),
            quantile(0),
            quantile(1),
            known(median(summary)),
            quantile(2),
            quantile(3),
        ]
    };
    *page += &tables::table(
        ["tSNR", "voxels", "5%", "25%", "median", "75%", "95%"],
        text::FORMULAS.into_iter().zip(&record.whole.summaries).map(row),
    );
}

fn median(summary: &Summary) -> Option<f64> {
    summary.distribution.map(|it| it.median)
}

/// A value of a definition in words.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The fields of the definitions that differ, if any do.
fn differences(page: &mut String, differences: &[FieldDifference]) {
    if differences.is_empty() {
        return;
    }
    let row = |it: &FieldDifference| {
        let means = if it.changes_meaning { "yes" } else { "no" };
        [it.field.clone(), plain(&it.a), plain(&it.b), means.to_owned()]
    };
    let headings = ["field of the definition", "A", "B", "changes what tSNR means"];
    *page += &tables::table(headings, differences.iter().map(row));
}

/// How many voxels have which pair of values, in colours from few to many.
fn scatter(pairs: &Pairs) -> String {
    let range = bins([&pairs.a[..], &pairs.b[..]]);
    let place = |value: f64| ((range.fraction(value) * BINS as f64) as usize).min(BINS - 1);
    let mut counts = vec![0.0; BINS * BINS];
    for (a, b) in pairs.a.iter().zip(&pairs.b).filter(|(a, _)| a.is_finite()) {
        counts[(BINS - 1 - place(*b)) * BINS + place(*a)] += 1.0;
    }
    let most: f64 = counts.iter().copied().fold(1.0, f64::max);
    let logs: Vec<f64> = counts
        .iter()
        .map(|count: &f64| if *count > 0.0 { count.log10() } else { f64::NAN })
        .collect();
    let colors = Range::containing(0.0, most.log10().max(0.1));
    let picture = pixels(&logs, BINS, Colormap::Viridis, colors);
    let mut chart = Chart::new(
        SCATTER_WIDTH,
        SCATTER_HEIGHT,
        Axis { range, label: "tSNR of A (no unit)" },
        Axis { range, label: "tSNR of B (no unit)" },
        "How many voxels have which tSNR in A and in B; on the dashed line both are alike",
    );
    let [left, top, right, bottom] = chart.plot();
    chart.push(&format!(
        "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
        right - left,
        bottom - top,
        base64(&picture)
    ));
    let ends = [[range.low(); 2], [range.high(); 2]].map(|end| chart.at(end));
    chart.line("identity", ends[0], ends[1]);
    format!(
        "<div class=\"scatter\">{}</div>\n<p class=\"faint\">From violet, one voxel, to yellow, {}, \
          on a logarithmic scale. On the dashed line both are alike; above it B is higher. \
         Values beyond an end of an axis are counted at its end.</p>\n",
        chart.finish(),
        counted(most as usize, "voxel")
    )
}

/// The regions, those that changed most first, each with a bar as long as its change.
fn regions(regions: &[PairedRegion]) -> String {
    let change = |region: &PairedRegion| median(&region.summaries[2]);
    let size = |region: &&PairedRegion| change(region).map_or(-1.0, f64::abs);
    let mut sorted: Vec<&PairedRegion> = regions.iter().collect();
    sorted.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let most = sorted.first().map_or(0.0, size).max(f64::MIN_POSITIVE);
    let mut text =
        "<p class=\"faint\">Those that changed most first; a bar to the right is higher in \
                    B.</p>\n<div class=\"scroll\"><table>\n<thead><tr>"
            .to_owned();
    for heading in
        ["region", "voxels", "median of A", "median of B", "median of B - A", "", "B / A"]
    {
        let _ = write!(text, "<th scope=\"col\">{heading}</th>");
    }
    text += "</tr></thead>\n<tbody>\n";
    for region in sorted {
        let [a, b, difference, ratio] = region.summaries.each_ref().map(median).map(tables::known);
        let part = change(region).unwrap_or(0.0) / most;
        let (x, class) = if part < 0.0 { (50.0 + 50.0 * part, "lower") } else { (50.0, "higher") };
        let _ = writeln!(
            text,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{a}</td><td>{b}</td><td>{difference}</td><td>\
             <svg class=\"change\" viewBox=\"0 0 100 10\" aria-hidden=\"true\"><line x1=\"50\" x2=\"50\" \
             y2=\"10\"/><rect class=\"{class}\" x=\"{x:.1}\" y=\"1\" width=\"{:.1}\" height=\"8\"/></svg>\
             </td><td>{ratio}</td></tr>",
            escaped(&region.name),
            count(region.compared()),
            50.0 * part.abs()
        );
    }
    text + "</tbody></table></div>\n"
}

fn provenance(page: &mut String, record: &DiffRecord, grid: &Grid, context: &Context) {
    let [x, y, z] = grid.shape;
    let [dx, dy, dz] = grid.voxel_sizes();
    let place = match &record.mask {
        Some(mask) => format!("where both are defined in the mask {}", mask.name),
        None => "where both are defined".to_owned(),
    };
    let place = format!(
        "{place}: {} of {}",
        count(record.counts.both),
        counted(record.counts.voxels, "voxel")
    );
    let mut entries = vec![("program", format!("tsnr {}", record.provenance.version))];
    if !context.is_reproducible {
        entries.push(("command", quoted(&context.command)));
        entries.push(("date", date::date(record.provenance.began)));
    }
    entries.extend([
        ("grid", format!("{x} x {y} x {z} voxels of {dx:.2} x {dy:.2} x {dz:.2} mm")),
        ("voxel axes lead to", directions(grid)),
        ("looked at", place),
    ]);
    *page += "<h2>Provenance</h2>\n";
    *page += &tables::entries(entries);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::tests::{record, record_of, recorded};

    #[test]
    fn the_page_embeds_the_json_and_shows_what_differs() {
        let (a, b) = (recorded(|_| ()), recorded(|it| it.definition.detrend = Some(1)));
        let record = record([Some(&a), Some(&b)]);
        let mut context = Context::new();
        context.command = ["tsnr", "diff", "it's.nii"].map(str::to_owned).into();
        let text = page(&record, &context).unwrap();
        let (_, object) = text.split_once("id=\"tsnr\">").unwrap();
        let object: serde_json::Value =
            serde_json::from_str(object.split_once("</script>").unwrap().0).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json::text(&record, &context)).unwrap();
        assert_eq!(object, json);
        assert!(text.contains("Look at: the maps may not mean the same."));
        assert!(text.contains("<td>polynomial_order</td><td>0</td><td>1</td><td>yes</td>"));
        assert!(text.contains("<b>definitions-differ</b>: the maps do not mean the same: "));
        assert!(text.contains(&date::date(record.provenance.began)));
        context.is_reproducible = true;
        let text = page(&record, &context).unwrap();
        assert!(!text.contains(&date::date(record.provenance.began)));
        assert!(!text.contains("s.nii</dd>"), "no command");
        let alike = self::record([Some(&b), Some(&b)]);
        let text = page(&alike, &context).unwrap();
        assert!(text.contains("<p>Both are defined as: mean/std, ddof 0, detrending 1</p>"));
    }

    #[test]
    fn ratios_that_are_too_large_for_a_number_are_not_drawn() {
        let text = page(&record_of([|_| 1e-300, |_| 1e300], [None, None]), &Context::new());
        assert!(text.unwrap().contains("<td>B / A</td><td>0</td>"));
    }
}
