//! The page of a session: what was found first, then the figures, maps, courses over time, runs and
//! slices that show it, and last where all of it comes from.

use super::page::directions;
use super::points::{self, Below};
use super::seen::Seen;
use super::{Shown, data_element, heat, runs, slides, tables, time, viewer};
use crate::error::Result;
use crate::export::graph::Subject;
use crate::export::words::{quoted, reasons};
use crate::export::{Context, date, json, sentence};
use crate::findings::between_runs::variance;
use crate::findings::{Finding, Place, Severity};
use crate::markup::{base64, escaped};
use crate::nuisance::Use;
use crate::numbers::{count, counted, figure, mebibytes, seconds, share};
use crate::quality::ComparedSlice;
use crate::record::{Record, RunRecord};
use crate::regions::Row;
use crate::stats::summary::Distribution;
use std::fmt::Write;
use taskgraph::drawing::{Coloring, Format};

const STYLE: &str = include_str!("session.css");
/// The most slices that stand side by side in a table.
const SLICES_IN_A_ROW: usize = 36;
/// The most runs whose figures are all said; of more only the range and the worst are.
const MOST_RUNS_SAID: usize = 8;
/// A table has a column for each of so many runs.
const MOST_RUN_COLUMNS: usize = 24;
/// The most odd slices that are listed of many runs.
const MOST_ODD_SLICES: usize = 12;

/// The page, as the text of an HTML file.
///
/// # Errors
/// Slices that the grid does not have.
///
/// # Panics
/// If the record lacks the maps of mean and std: its recipe asks for them with
/// [`is_reported`](crate::recipe::Computing::is_reported).
pub fn page(record: &Record, shown: &Shown, context: &Context) -> Result<String> {
    let seen = Seen::new(record, shown, context);
    let below = Below::new(&seen);
    let below = below.as_ref().map(|it| it.seen(&seen));
    // What can be shown as slices: the grid, or of points those below the cortex.
    let is_grid = record.geometry.points.is_none();
    let sliced = if is_grid { Some(&seen) } else { below.as_ref() };
    let sliced = sliced.filter(|_| seen.is_any_defined());
    let mut page = head(&record.title(), &heat::style(shown.colormap));
    bar(&mut page, &seen, sliced.is_some());
    page += "<main>\n";
    findings(&mut page, &seen);
    figures(&mut page, &seen);
    if seen.is_any_defined() && !is_grid {
        points::surfaces(&mut page, &seen);
        points::distribution(&mut page, &seen);
    }
    if let Some(sliced) = sliced {
        viewer::section(&mut page, sliced);
    }
    time::section(&mut page, &seen);
    runs::section(&mut page, &seen);
    if seen.is_any_defined() {
        slices(&mut page, &seen);
    }
    if has_regions(record) {
        regions(&mut page, &seen);
    }
    if let Some(sliced) = sliced {
        slides::section(&mut page, sliced)?;
    }
    details(&mut page, &seen);
    page += "</main>\n";
    page += &data_element(&json::embedded(record, context));
    if let Some(sliced) = sliced {
        page += &viewer::data(sliced);
    }
    let _ = write!(page, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    Ok(page)
}

/// The script of the page, which moves planes, cursor and tables.
const SCRIPT: &str = include_str!("session.js");

/// The policy of the page: a browser may load nothing but the pictures inside, and run no script but the
/// one whose hash this is.
fn policy() -> String {
    let hash = base64(&hmac_sha256::Hash::hash(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; img-src data:"
    )
}

fn head(title: &str, colors: &str) -> String {
    let escaped_title = escaped(title);
    // In a string of CSS: no quote, no backslash, no end of the element.
    let is_plain = |it: &char| !"\"\\<>\n".contains(*it) && !it.is_control();
    let subject: String = title.chars().filter(is_plain).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <title>{escaped_title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}{colors}\n\
         @page {{ margin: 16mm 12mm 15mm; @top-left {{ content: \"{subject}\"; font: 9px sans-serif }} \
         @bottom-right {{ content: counter(page) \" / \" counter(pages); font: 9px sans-serif }} }}\n\
         </style></head>\n<body>\n",
        policy()
    )
}

/// Whether there are regions to show: those that were asked for, or the structures of points.
fn has_regions(record: &Record) -> bool {
    let are_structures = record.geometry.points.is_some() && !record.regions.is_empty();
    record.recipe.regions.is_any_named() || are_structures
}

/// The bar that stays on top: the subject, how much there is, and where everything stands.
fn bar(page: &mut String, seen: &Seen, has_slices: bool) {
    let record = seen.record;
    let warnings = record.findings_from(Severity::Warning).count();
    let mut links = vec![("findings", format!("Findings <b class=\"badge\">{warnings}</b>"))];
    let mut link = |id, text: &str| links.push((id, text.to_owned()));
    let is_grid = record.geometry.points.is_none();
    if !is_grid && seen.is_any_defined() {
        if record.places.as_ref().is_some_and(|it| !it.on_surfaces.is_empty()) {
            link("surfaces", "Cortex");
        }
        link("distribution", "Distribution");
    }
    if has_slices {
        link("maps", "Maps");
    }
    link("time", "Time");
    link("runs", "Runs");
    if is_grid && seen.is_any_defined() {
        link("slices", "Slices");
    }
    if has_regions(record) {
        link("regions", "Regions");
    }
    if has_slices {
        link("pictures", "Pictures");
    }
    link("details", "Details");
    let links = links.iter().map(|(id, text)| match *id {
        "maps" => format!("<a class=\"scripted\" hidden href=\"#maps\">{text}</a>"),
        id => format!("<a href=\"#{id}\">{text}</a>"),
    });
    let buttons = [("json", "JSON"), ("tsv", "TSV"), ("print", "Print")].map(|(name, text)| {
        format!("<button type=\"button\" data-do=\"{name}\" hidden>{text}</button>")
    });
    let volumes = match (record.volumes_used, record.volumes()) {
        (used, all) if used == all => counted(all, "volume"),
        (used, all) => format!("{} of {} used", count(used), counted(all, "volume")),
    };
    let _ = writeln!(
        page,
        "<header class=\"bar\"><h1>{}</h1><span>{} · {volumes}</span><nav aria-label=\"Parts of the \
         page\">{}</nav><span class=\"buttons\">{}</span></header>",
        escaped(&record.title()),
        counted(record.runs.len(), "run"),
        links.collect::<String>(),
        buttons.concat()
    );
}

/// The section of what to look at, what was looked for, and what was not.
fn findings(page: &mut String, seen: &Seen) {
    let record = seen.record;
    let mut warnings: Vec<&Finding> = record.findings_from(Severity::Warning).collect();
    warnings.sort_by_key(|it| std::cmp::Reverse(it.severity));
    *page += "<section id=\"findings\">";
    if record.counts.defined == 0 {
        *page += "<h2 class=\"verdict look\">No voxel has a tSNR, so no map is drawn</h2>\n";
    } else if warnings.is_empty() {
        *page += "<h2 class=\"verdict\">Nothing was found of what was looked for</h2>\n";
    } else {
        let things = counted(warnings.len(), "thing");
        let _ = writeln!(page, "<h2 class=\"verdict look\">Look at {things}</h2>");
    }
    let mut cards = String::new();
    for finding in &warnings {
        let class = if finding.severity == Severity::Error { "error" } else { "warning" };
        let _ =
            writeln!(cards, "<article class=\"card {class}\">{}</article>", told(finding, seen));
    }
    let (unchecked, notes): (Vec<&Finding>, Vec<&Finding>) = record
        .findings
        .iter()
        .filter(|it| it.severity < Severity::Warning)
        .partition(|it| it.name == NOT_CHECKED);
    if !unchecked.is_empty() {
        cards += "<article class=\"card unchecked\"><p><b>Not checked</b></p><ul>";
        for finding in unchecked {
            let text = escaped(&seen.with_short_names(&finding.text));
            let _ = write!(cards, "<li>{text}{}</li>", remedy(finding));
        }
        cards += "</ul></article>\n";
    }
    if !cards.is_empty() {
        let _ = writeln!(page, "<div class=\"cards\">\n{cards}</div>");
    }
    let _ = writeln!(
        page,
        "<p class=\"looked\"><b>Looked for</b>: {}. <span class=\"faint\">Nothing else was: \
         whether the data are sound is for who looks at the maps and at the courses over time.</span></p>",
        escaped(&record.looked_for.join("; "))
    );
    if !notes.is_empty() {
        let _ = write!(page, "<details><summary>{}</summary><ul>", counted(notes.len(), "note"));
        for finding in notes {
            let _ = write!(page, "<li>{}</li>", told(finding, seen));
        }
        *page += "</ul></details>\n";
    }
    *page += "</section>\n";
}

/// The rule whose findings say what another one needs to look for something.
const NOT_CHECKED: &str = "not-checked";

/// A finding: its name, its sentence with the way to its place, and what to do.
fn told(finding: &Finding, seen: &Seen) -> String {
    let link = finding.place.as_ref().map(|place| show(place, seen)).unwrap_or_default();
    let (name, text) = (escaped(finding.name), escaped(&seen.with_short_names(&finding.text)));
    format!("<p><b>{name}</b>: {text}{link}</p>{}", remedy(finding))
}

fn remedy(finding: &Finding) -> String {
    match finding.remedy.as_str() {
        "" => String::new(),
        remedy => format!("<p class=\"faint\">What to do: {}</p>", escaped(remedy)),
    }
}

/// A link to where a place is seen.
fn show(place: &Place, seen: &Seen) -> String {
    // A point that lies on no grid is not shown by its place.
    if seen.record.geometry.points.is_some() && place.volume.is_none() && place.run.is_none() {
        return String::new();
    }
    let part = match place {
        Place { volume: Some(_), .. } => "time",
        _ if seen.record.geometry.points.is_some() => "runs",
        Place { slice: Some(_), .. } => "slices",
        Place { voxel: Some(_), .. } => "pictures",
        _ => "runs",
    };
    let mut data = String::new();
    if let Some(run) = place.run.as_deref().and_then(|name| seen.run_of(name)) {
        let _ = write!(data, " data-run=\"{run}\"");
    }
    if let Some(volume) = place.volume {
        let _ = write!(data, " data-volume=\"{volume}\"");
    }
    if let Some(slice) = place.slice {
        let _ = write!(data, " data-slice=\"{slice}\"");
    }
    if let Some([x, y, z]) = viewer::voxel_of(place, seen) {
        let _ = write!(data, " data-voxel=\"{x},{y},{z}\"");
    }
    format!(" <a class=\"show\" href=\"#{part}\"{data}>show</a>")
}

fn key_figure(page: &mut String, value: &str, name: &str, note: &str) {
    let [value, name, note] = [value, name, note].map(escaped);
    let _ = write!(page, "<div><b>{value}</b><span>{name}</span><small>{note}</small></div>");
}

/// The figures that a session is known by.
fn figures(page: &mut String, seen: &Seen) {
    let record = seen.record;
    *page += "<div class=\"figures\">";
    let spread = |it: &Distribution| {
        let [q05, q25, q75, q95] = it.quantiles.map(figure);
        format!("quartiles {q25} and {q75}; 90% from {q05} to {q95}")
    };
    let (brain, things) = (record.brain.as_ref(), record.geometry.thing(2));
    if let Some(it) = brain.and_then(|it| it.summary.distribution) {
        key_figure(page, &figure(it.median), "median tSNR in the brain", &spread(&it));
        let voxels = brain.map_or(0, |it| it.summary.voxels);
        key_figure(page, &count(voxels), "voxels in the brain", "by an automatic mask");
    }
    match record.summary().distribution {
        Some(it) => {
            let name = if brain.is_some() { "median tSNR of all voxels" } else { "median tSNR" };
            key_figure(page, &figure(it.median), name, &spread(&it));
            let undefined = match record.counts.undefined() {
                0 => "all have a tSNR".to_owned(),
                some => format!("{} more have no tSNR", count(some)),
            };
            let name = match &record.mask {
                Some(mask) => format!("{things} in the mask {}", name_of(&mask.name)),
                None => things.to_owned(),
            };
            key_figure(page, &count(record.counts.defined), &name, &undefined);
        }
        None => key_figure(page, "none", "median tSNR", "no voxel is defined"),
    }
    let tissues = &record.recipe.regions.tissues;
    let of_tissue = |name: &String| {
        let row = record.regions.iter().find(|row| row.name == *name && row.run == ALL)?;
        row.summary.distribution.map(|it| figure(it.median))
    };
    let medians: Vec<String> = tissues.iter().filter_map(|(name, _)| of_tissue(name)).collect();
    if medians.len() == tissues.len() && !medians.is_empty() {
        let names: Vec<&str> = tissues.iter().map(|(name, _)| name.as_str()).collect();
        key_figure(page, &medians.join(" / "), &names.join(" / "), "median tSNR of tissues");
    }
    type Median = fn(&RunRecord) -> Option<f64>;
    let of_all = if brain.is_some() {
        "median tSNR of each run, all voxels"
    } else {
        "median tSNR of each run"
    };
    let medians: [(&str, Median); 2] = [
        ("median tSNR of each run in the brain", |run| run.brain_median_tsnr),
        (of_all, |run| run.median_tsnr),
    ];
    for (name, of) in medians {
        let medians: Vec<f64> = record.runs.iter().filter_map(of).collect();
        if record.runs.len() > 1 && medians.len() == record.runs.len() {
            let (value, note) = of_runs(&seen.names, &medians, Worst::Lowest);
            key_figure(page, &value, name, &note);
        }
    }
    let left_out =
        [(Use::Dummy, "dropped"), (Use::Censored, "censored"), (Use::NotChosen, "not chosen")];
    let left_out: Vec<String> = left_out
        .into_iter()
        .filter(|(kind, _)| record.count(*kind) > 0)
        .map(|(kind, word)| format!("{} {word}", count(record.count(kind))))
        .collect();
    let used = format!("{} of {}", count(record.volumes_used), count(record.volumes()));
    key_figure(page, &used, "volumes used", &left_out.join(", "));
    let means: Vec<f64> = record.runs.iter().filter_map(mean_displacement).collect();
    if means.len() == record.runs.len() {
        let (value, note) = of_runs(&seen.names, &means, Worst::Highest);
        let name = if means.len() == 1 { "mean FD (mm)" } else { "mean FD of each run (mm)" };
        key_figure(page, &value, name, if means.len() == 1 { "" } else { &note });
    }
    if let Some(between) = &record.between_runs {
        let [with, without] = [between.concat_median, between.demean_median].map(figure);
        let of_what =
            format!("of {} lies between runs", variance(record.definition.fits_something()));
        let note = format!("median tSNR {with}; without it {without}");
        key_figure(page, &share(between.share), &of_what, &note);
    }
    *page += "</div>\n";
    if record.mask.is_none() && seen.is_any_defined() && record.geometry.points.is_none() {
        let brain = match brain {
            Some(brain) => format!(
                "that of the brain is by a mask made of the temporal mean ({})",
                escaped(&brain.mask.name)
            ),
            None => "no brain was found in the temporal mean".to_owned(),
        };
        let _ = writeln!(
            page,
            "<p class=\"faint\">No mask was given: the figures are of every voxel that varies, in the \
             brain or not; {brain}.</p>"
        );
    }
    let date = match seen.context.is_reproducible {
        true => String::new(),
        false => format!(", {}", date::date(record.provenance.began)),
    };
    let _ = writeln!(
        page,
        "<p class=\"faint\">tSNR as defined by <b>{}</b>. <span class=\"formula\">{}</span>. tsnr {}{}.</p>",
        escaped(&record.definition.title()),
        escaped(&sentence::line(record)),
        escaped(record.provenance.version),
        escaped(&date)
    );
}

/// The name of the file at a path.
fn name_of(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The name of all runs together in rows of regions.
const ALL: &str = "all";

/// The end of the figures of runs that is worse.
enum Worst {
    Lowest,
    Highest,
}

/// The mean framewise displacement of a run, where it is known.
fn mean_displacement(run: &RunRecord) -> Option<f64> {
    let values = run.motion.iter().flat_map(|it| &it.framewise_displacement).copied();
    let values: Vec<f64> = values.filter(|it| it.is_finite()).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The medians of runs as they are said, and which run is which: of many the range and the worst.
fn of_runs(names: &[String], medians: &[f64], worst: Worst) -> (String, String) {
    if medians.len() <= MOST_RUNS_SAID {
        let medians: Vec<String> = medians.iter().map(|it| figure(*it)).collect();
        return (medians.join(" · "), names.join(", "));
    }
    let mut order: Vec<usize> = (0..medians.len()).collect();
    order.sort_by(|&a, &b| medians[a].total_cmp(&medians[b]));
    let [least, most] = [order[0], order[order.len() - 1]].map(|run| figure(medians[run]));
    let word = match worst {
        Worst::Lowest => "lowest",
        Worst::Highest => {
            order.reverse();
            "highest"
        }
    };
    let worst: Vec<String> =
        order[..3].iter().map(|&run| format!("{} {}", names[run], figure(medians[run]))).collect();
    (format!("{least} to {most}"), format!("{word}: {}", worst.join(", ")))
}

/// Slice by run.
fn slices(page: &mut String, seen: &Seen) {
    let count = seen.grid.shape[2];
    if count < 2 {
        return;
    }
    let names: Vec<String> = match seen.names.as_slice() {
        [one] => vec![one.clone()],
        names => std::iter::once("all")
            .chain(names.iter().map(String::as_str))
            .map(str::to_owned)
            .collect(),
    };
    let _ = write!(
        page,
        "<section id=\"slices\"><h2>Slice by run</h2>\n<p class=\"faint\">Median tSNR of each slice \
         along the third voxel axis{}{}, in the colours of the maps.</p>\n",
        match seen.grid.is_oriented() {
            true => format!(" (to {})", direction(seen)),
            false => String::new(),
        },
        if seen.record.brain.is_some() { " in the brain" } else { "" }
    );
    if count * seen.slices.len() > heat::MOST_CELLS {
        many_slices(page, seen, &names);
    } else {
        for first in (0..count).step_by(SLICES_IN_A_ROW) {
            let last = (first + SLICES_IN_A_ROW).min(count);
            let columns: Vec<String> = (first..last).map(|it| it.to_string()).collect();
            let rows: Vec<(String, Vec<f64>)> = names
                .iter()
                .zip(&seen.slices)
                .map(|(name, slices)| (name.clone(), slices.medians[first..last].to_vec()))
                .collect();
            *page += &heat::table(&heat::Heat {
                caption: &format!("Median tSNR of slices {first} to {}", last - 1),
                corner: "run",
                columns: &columns,
                rows: &rows,
                range: seen.tsnr_range,
                kind: "slice",
                first,
            });
        }
    }
    *page += "</section>\n";
}

/// The slices of a great many runs: a picture, a line a run, and the oddest slices as a table.
fn many_slices(page: &mut String, seen: &Seen, names: &[String]) {
    let count = seen.grid.shape[2];
    let values: Vec<f64> = seen.slices.iter().flat_map(|it| it.medians.iter().copied()).collect();
    let picture = crate::pictures::pixels(&values, count, seen.shown.colormap, seen.tsnr_range);
    let _ = writeln!(
        page,
        "<img class=\"many\" alt=\"Median tSNR by slice, from left to right, and run, from top to \
         bottom\" style=\"height:{}px\" src=\"data:image/png;base64,{}\">",
        seen.slices.len().clamp(120, 600),
        base64(&picture)
    );
    let mut odd: Vec<(&String, &ComparedSlice)> = names
        .iter()
        .zip(&seen.slices)
        .flat_map(|(name, slices)| slices.compared.iter().map(move |it| (name, it)))
        .collect();
    odd.sort_by(|a, b| a.1.part().total_cmp(&b.1.part()));
    let row = |(name, odd): &(&String, &ComparedSlice)| {
        [(*name).clone(), odd.slice.to_string(), figure(odd.tsnr), figure(odd.beside)]
    };
    *page += &tables::captioned(
        "The slices with the least tSNR beside their neighbours'",
        ["run", "slice", "median tSNR", "its neighbours"],
        odd.iter().take(MOST_ODD_SLICES).map(row),
    );
}

/// Where the third voxel axis leads.
fn direction(seen: &Seen) -> &'static str {
    let axis = seen.grid.orientation().axes[2];
    let names = [["left", "right"], ["posterior", "anterior"], ["inferior", "superior"]];
    names[axis.number][usize::from(!axis.is_reversed)]
}

/// Region by run.
fn regions(page: &mut String, seen: &Seen) {
    let rows = &seen.record.regions;
    let maps = rows.chunk_by(|a, b| (a.index, &a.name) == (b.index, &b.name) && b.run != ALL);
    let maps: Vec<&[Row]> = maps.collect();
    let median = |row: &Row| row.summary.distribution.map_or(f64::NAN, |it| it.median);
    let each = maps.first().map_or(0, |it| it.len());
    *page += "<section id=\"regions\"><h2>Region by run</h2>\n";
    let is_table = each <= MOST_RUN_COLUMNS + 1 && maps.len() * each <= heat::MOST_CELLS;
    let mut columns = vec!["all".to_owned()];
    let of_row = |of: &&[Row]| -> (String, Vec<f64>) {
        let name = format!("{} ({})", of[0].name, count(voxels(&of[0])));
        let medians: Vec<f64> = of.iter().map(median).collect();
        match is_table {
            true => (name, medians),
            false => {
                let own = medians[1..].iter().copied().filter(|it| it.is_finite());
                let (least, most) = (own.clone().reduce(f64::min), own.reduce(f64::max));
                let ends = [least, most].map(|it| it.unwrap_or(f64::NAN));
                (name, [&medians[..1], &ends].concat())
            }
        }
    };
    match is_table {
        true => columns.extend(seen.names.iter().take(each.saturating_sub(1)).cloned()),
        false => columns.extend(["lowest run", "highest run"].map(str::to_owned)),
    }
    let rows: Vec<(String, Vec<f64>)> = maps.iter().map(of_row).collect();
    *page += &heat::table(&heat::Heat {
        caption: &format!(
            "Median tSNR of each region; in brackets how many of its {} have one",
            seen.record.geometry.thing(2)
        ),
        corner: "region",
        columns: &columns,
        rows: &rows,
        range: seen.tsnr_range,
        kind: "region",
        first: 0,
    });
    *page += "</section>\n";
}

fn voxels(row: &Row) -> usize {
    row.summary.voxels - row.summary.undefined
}

/// The details that are looked up, folded away.
fn details(page: &mut String, seen: &Seen) {
    let record = seen.record;
    *page += "<section id=\"details\"><h2>Details</h2>\n";
    let _ = writeln!(
        page,
        "<details open><summary>For a methods section</summary><p>{}</p></details>",
        escaped(&sentence::sentence(record))
    );
    *page += "<details><summary>Where it comes from</summary>\n";
    provenance(page, seen);
    *page += "</details>\n";
    if !seen.context.is_reproducible {
        computation(page, record);
    }
    *page += "</section>\n";
}

fn computation(page: &mut String, record: &Record) {
    let Some(profile) = &record.timings.profile else { return };
    let subject = Subject::from_record(record);
    let picture = subject.picture(Coloring::Kind).with_seconds(profile.task_seconds());
    // As a picture of its own, so that its style and the page's do not mix.
    let _ = writeln!(
        page,
        "<details class=\"computation\"><summary>How it was computed, and where the time went</summary>\n\
         {}<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Task graph\"><img \
         class=\"graph\" loading=\"lazy\" alt=\"The task graph: what was computed from what\" \
         src=\"data:image/svg+xml;base64,{}\"></div></details>",
        tables::phases(profile),
        base64(picture.text(Format::Svg).as_bytes())
    );
}

fn provenance(page: &mut String, seen: &Seen) {
    let Seen { record, grid, context, .. } = seen;
    let provenance = &record.provenance;
    let [x, y, z] = grid.shape;
    let [dx, dy, dz] = grid.voxel_sizes();
    let rows = grid.affine.map(|row| row.map(|it| format!("{it:.4}")).join(" "));
    let undefined: Vec<String> = reasons(record.counts)
        .iter()
        .map(|(voxels, reason)| format!("{} {reason}", count(*voxels)))
        .collect();
    let mut entries = vec![("program", format!("tsnr {}", provenance.version))];
    if !context.is_reproducible {
        let peak = provenance.peak_bytes;
        entries.extend([
            ("command", quoted(&context.command)),
            ("date", date::date(provenance.began)),
            (
                "computed by",
                format!("{} mode on {}", provenance.mode, counted(provenance.threads, "thread")),
            ),
            ("wall time", seconds(provenance.seconds)),
            ("most memory held", peak.map_or("not known".to_owned(), |it| mebibytes(it as f64))),
        ]);
        let written = [&context.images, &context.tables, &context.pictures];
        let written: Vec<String> =
            written.into_iter().flatten().map(|it| it.display().to_string()).collect();
        entries.push(("written", written.join(", ")));
    }
    entries
        .push(("definition", format!("{}: {}", record.definition.title(), sentence::line(record))));
    match &record.geometry.points {
        Some(_) => entries.push(("points", record.geometry.grid())),
        None => entries.extend([
            ("grid", format!("{x} x {y} x {z} voxels of {dx:.2} x {dy:.2} x {dz:.2} mm")),
            ("voxel axes lead to", directions(grid)),
            ("affine (mm)", rows.join("; ") + if grid.is_oriented() { "" } else { " (a guess)" }),
        ]),
    }
    entries.push(("looked at", record.place()));
    if !undefined.is_empty() {
        entries.push(("undefined voxels", undefined.join(", ")));
    }
    *page += &tables::entries(entries);
    *page += &tables::inputs(&record.runs);
}
