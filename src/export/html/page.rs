//! How the maps of a page are looked at, and the parts of the page of two maps.

use crate::error::{Error, Result};
use crate::export::words::grid;
use crate::findings::{Finding, Severity};
use crate::formats::Geometry;
use crate::markup::{self, escaped};
use crate::pictures::{Colormap, Grid, Mesh, Range, Slices, View, Volume};
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");
/// The label of axes of tSNR, with its unit.
pub(super) const TSNR: &str = "tSNR (no unit)";

/// How the maps are looked at, where that was chosen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The views from which slices are seen, each once.
    pub views: Vec<View>,
    /// The slices of each view that are shown of the maps of all runs together.
    pub slices: Option<Slices>,
    /// The tSNR at the ends of the colours.
    pub range: Option<Range>,
    /// The colours of the tSNR.
    pub colormap: Colormap,
    /// The surfaces on which points are drawn that lie on no grid, each with its number in
    /// [`on_surfaces`](crate::formats::PointsPlaces::on_surfaces).
    pub surfaces: Vec<(usize, Mesh)>,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown {
            views: vec![View::Axial],
            slices: None,
            range: None,
            colormap: Colormap::Viridis,
            surfaces: Vec::new(),
        }
    }
}

/// Refuses slices that a grid does not have.
///
/// # Errors
/// The first of them.
pub fn check_slices(geometry: &Geometry, shown: &Shown) -> Result<()> {
    let Some(slices) = &shown.slices else { return Ok(()) };
    if let Some(points) = &geometry.points {
        return match slices {
            Slices::List(_) => Err(Error::unsupported(format!(
                "slices are asked for by their indices, and {} lie on no grid",
                points.kind.in_words()
            ))
            .remedy("say how many are to be shown of the voxels below the cortex")),
            Slices::All | Slices::Count(_) => Ok(()),
        };
    }
    let grid = grid(geometry);
    shown.views.iter().try_for_each(|view| slices.check(*view, &grid))
}

/// The policy of the page: a browser may load nothing but the pictures inside, and run no script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A page up to its headline.
pub(super) fn head(title: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{0}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{1}{STYLE}</style></head>\n\
         <body>\n<h1>{0}</h1>\n",
        escaped(title),
        markup::STYLE
    )
}

/// A figure, what it is, and what must be known with it.
pub(super) fn key_figure(page: &mut String, value: &str, name: &str, note: &str) {
    let [value, name, note] = [value, name, note].map(escaped);
    let _ = write!(page, "<div><b>{value}</b>{name}<small>{note}</small></div>");
}

/// The findings as lists: warnings with what to do, then notes.
pub(super) fn findings(page: &mut String, findings: &[Finding]) {
    let (warnings, notes): (Vec<_>, Vec<_>) =
        findings.iter().partition(|it| it.severity >= Severity::Warning);
    for (class, findings) in [("warnings", warnings), ("notes faint", notes)] {
        if findings.is_empty() {
            continue;
        }
        let _ = writeln!(page, "<ul class=\"{class}\">");
        for finding in findings {
            let [name, text, remedy] = [finding.name, &finding.text, &finding.remedy].map(escaped);
            let _ = write!(page, "<li><b>{name}</b>: {text}");
            if !remedy.is_empty() {
                let _ = write!(page, "<br><span class=\"faint\">What to do: {remedy}</span>");
            }
            *page += "</li>\n";
        }
        *page += "</ul>\n";
    }
}

/// The values at the ends of the colours of a map of tSNR, and what they mean.
pub fn tsnr_range(tsnr: &Volume, chosen: Option<Range>) -> (Range, String) {
    match chosen {
        Some(range) => (range, TSNR.to_owned()),
        None => {
            (Range::from_zero(tsnr.values()), format!("{TSNR}, colours end at the 98th percentile"))
        }
    }
}

/// Where the voxel axes lead, in letters.
pub(super) fn directions(grid: &Grid) -> String {
    if grid.is_oriented() { grid.orientation().codes() } else { "unknown".to_owned() }
}
