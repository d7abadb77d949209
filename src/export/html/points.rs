//! The parts of the page of points that lie on no grid: hemispheres seen from their sides where surfaces were
//! given, the voxels below the cortex, and the distribution of the tSNR.

use super::drawn::Drawn;
use super::histogram::{self, Histogram, bins};
use super::page::TSNR;
use super::seen::Seen;
use crate::analysis::PlacedSurface;
use crate::error::Result;
use crate::export::words::grid;
use crate::formats::gifti::Surface;
use crate::formats::{Affine, Geometry, Hemisphere, InVolume, OnSurface, Orientation, SpatialUnit};
use crate::markup::{base64, escaped};
use crate::pictures::{BodySide, Colormap, Crop, Grid, HemisphereView, Mesh, Volume};
use std::fmt::Write;

/// The width of a hemisphere in pixels, twice what a screen shows, and that of a single run's.
const WIDTH: usize = 520;
const WIDTH_OF_RUN: usize = 260;
/// Hemispheres of more runs are not drawn.
const MOST_RUNS: usize = 24;

/// Surfaces as they are drawn, each with the number of its points among those of the runs.
///
/// # Errors
/// One whose triangles are not of its vertices.
pub fn meshes(surfaces: Vec<PlacedSurface>) -> Result<Vec<(usize, Mesh)>> {
    let mesh = |PlacedSurface { number, hemisphere, surface }| {
        let side = match hemisphere {
            Hemisphere::Left => BodySide::Left,
            Hemisphere::Right => BodySide::Right,
        };
        let Surface { points, triangles, .. } = surface;
        Ok((number, Mesh::new(side, points, triangles)?))
    };
    surfaces.into_iter().map(mesh).collect()
}

/// The maps of the voxels below the cortex, on the part of their volume that holds them.
pub(super) struct Below {
    grid: Grid,
    inside: Vec<bool>,
    mean: Vec<f64>,
    std: Vec<f64>,
    tsnr: Vec<f64>,
    runs: Vec<Vec<f64>>,
}

impl Below {
    /// The maps of a record whose points are partly voxels, if any of these has a tSNR.
    pub(super) fn new(seen: &Seen) -> Option<Below> {
        let volume = seen.record.places.as_ref()?.in_volume.as_ref()?;
        let is_defined = |(_, point): &([u16; 3], u32)| seen.tsnr[*point as usize].is_finite();
        if !volume.points.iter().any(is_defined) {
            return None;
        }
        let (first, grid) = part(volume);
        let place = |voxel: &[u16; 3]| {
            let [x, y, z] = [0, 1, 2].map(|axis| usize::from(voxel[axis]) - first[axis]);
            x + grid.shape[0] * (y + grid.shape[1] * z)
        };
        let places: Vec<(usize, usize)> =
            volume.points.iter().map(|(voxel, point)| (place(voxel), *point as usize)).collect();
        let count = grid.voxel_count();
        let scattered = |values: &[f64]| {
            let mut map = vec![f64::NAN; count];
            places.iter().for_each(|&(place, point)| map[place] = values[point]);
            map
        };
        let mut inside = vec![false; count];
        let is_inside = |point: usize| seen.inside.is_none_or(|it| it[point]);
        places.iter().for_each(|&(place, point)| inside[place] = is_inside(point));
        Some(Below {
            mean: scattered(seen.mean),
            std: scattered(seen.std),
            tsnr: scattered(seen.tsnr),
            runs: seen.runs.iter().map(|it| scattered(it)).collect(),
            inside,
            grid,
        })
    }

    /// These maps as the sections of a page show them.
    pub(super) fn seen<'a>(&'a self, whole: &'a Seen) -> Seen<'a> {
        let mean = Volume::new(&self.grid, &self.mean).expect("a map of the grid");
        Seen {
            record: whole.record,
            shown: whole.shown,
            context: whole.context,
            head: Crop::of_head(&mean, Some(&self.inside)),
            grid: self.grid.clone(),
            names: whole.names.clone(),
            inside: whole.inside.map(|_| &self.inside[..]),
            mean: &self.mean,
            std: &self.std,
            tsnr: &self.tsnr,
            runs: self.runs.iter().map(Vec::as_slice).collect(),
            tsnr_range: whole.tsnr_range,
            slices: Vec::new(),
        }
    }
}

/// The part of a volume that holds its points: its first voxel, and its grid.
fn part(volume: &InVolume) -> ([usize; 3], Grid) {
    let part = volume.part();
    let first = part.each_ref().map(|it| it.start);
    let origin = volume.affine.position(first.map(|it| it as f64));
    let Affine(mut affine) = volume.affine;
    (0..3).for_each(|row| affine[row][3] = origin[row]);
    let geometry = Geometry {
        shape: part.map(|it| it.len()),
        affine: Affine(affine),
        unit: SpatialUnit::Millimetre,
        voxel_sizes: [1.0; 3],
        orientation: Orientation::Known,
        points: None,
    };
    (first, grid(&geometry))
}

/// The section of the hemispheres, coloured by each map.
pub(super) fn surfaces(page: &mut String, seen: &Seen) {
    let places = seen.record.places.as_ref();
    let Some(surfaces) = places.map(|it| &it.on_surfaces).filter(|it| !it.is_empty()) else {
        return;
    };
    *page += "<section id=\"surfaces\"><h2>Cortex</h2>\n";
    let mut drawn: Vec<_> = seen.shown.surfaces.iter().collect();
    drawn.sort_by_key(|(number, _)| *number);
    let drawn: Vec<(&OnSurface, &Mesh)> =
        drawn.into_iter().map(|(number, mesh)| (&surfaces[*number], mesh)).collect();
    if drawn.is_empty() {
        *page += "<p class=\"faint\">Not drawn: no surface was given on which its vertices lie.</p>\
                  </section>\n";
        return;
    }
    *page += "<p class=\"faint\">Each hemisphere from outside and from the other one, superior up. Grey has no \
              value, as the medial wall.</p>\n";
    let tsnr = |title: String, values| Drawn {
        title,
        label: TSNR,
        values,
        colormap: seen.shown.colormap,
        range: seen.tsnr_range,
    };
    let together = if seen.runs.is_empty() { "tSNR" } else { "tSNR of all runs together" };
    row(page, &drawn, &tsnr(together.to_owned(), seen.tsnr), WIDTH);
    for (title, values, colormap) in [
        ("Mean over time", seen.mean, Colormap::Gray),
        ("Standard deviation over time", seen.std, Colormap::Magma),
    ] {
        let range = seen.range_of(values);
        let title = title.to_owned();
        row(
            page,
            &drawn,
            &Drawn { title, label: "unit of the data", values, colormap, range },
            WIDTH,
        );
    }
    if !seen.runs.is_empty() {
        *page += "<div class=\"small\" style=\"--width:520px\">";
        for (name, values) in seen.names.iter().zip(&seen.runs).take(MOST_RUNS) {
            row(page, &drawn, &tsnr(format!("tSNR of {name}"), values), WIDTH_OF_RUN);
        }
        *page += "</div>\n";
        if seen.runs.len() > MOST_RUNS {
            let _ = writeln!(
                page,
                "<p class=\"faint\">Of {} runs the first {MOST_RUNS} are drawn.</p>",
                seen.runs.len()
            );
        }
    }
    *page += "</section>\n";
}

/// The views of all hemispheres, coloured by one map.
fn row(page: &mut String, surfaces: &[(&OnSurface, &Mesh)], drawn: &Drawn, width: usize) {
    let _ = write!(
        page,
        "<figure class=\"slides hemispheres\"><figcaption><b>{}</b>{}</figcaption>\n<div \
         class=\"tiles\">",
        escaped(&drawn.title),
        drawn.scale()
    );
    for (on, mesh) in surfaces {
        let mut values = vec![f64::NAN; on.vertices];
        for &(vertex, point) in &on.points {
            values[vertex as usize] = drawn.values[point as usize];
        }
        let mut views = HemisphereView::ALL;
        // Of the right hemisphere the medial view stands beside that of the left.
        if mesh.side == BodySide::Right {
            views.reverse();
        }
        for view in views {
            let (file, height) = mesh.png(view, &values, drawn.colormap, drawn.range, width);
            let name = format!("{} {}", mesh.side.name(), view.name());
            let _ = write!(
                page,
                "<div class=\"tile\"><img alt=\"{}: {name}\" width=\"{width}\" height=\"{height}\" \
                 src=\"data:image/png;base64,{}\"><span>{name}</span></div>",
                escaped(&drawn.title),
                base64(&file)
            );
        }
    }
    *page += "</div></figure>\n";
}

/// The section of the distribution of the tSNR over all points.
pub(super) fn distribution(page: &mut String, seen: &Seen) {
    let kind = seen.record.geometry.points.as_ref().map_or("points", |it| it.kind.in_words());
    let histogram = Histogram::from_values(seen.tsnr, bins([seen.tsnr]));
    let _ = write!(
        page,
        "<section id=\"distribution\"><h2>Distribution</h2>\n<div class=\"scroll\" tabindex=\"0\" \
         role=\"region\" aria-label=\"Distribution of the tSNR\">{}</div></section>\n",
        histogram::overall(&histogram, TSNR, "All runs", kind)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_a_volume_lies_where_its_voxels_lie() {
        let volume = InVolume {
            shape: [20, 20, 9],
            affine: Affine([
                [-2.0, 0.0, 0.0, 90.0],
                [0.0, 2.0, 0.0, -126.0],
                [0.0, 0.0, 2.0, -72.0],
            ]),
            points: vec![([10, 5, 8], 0), ([12, 5, 2], 1)],
        };
        let (first, grid) = part(&volume);
        assert_eq!((first, grid.shape), ([7, 2, 0], [9, 7, 9]));
        assert_eq!([0, 1, 2].map(|row| grid.affine[row][3]), [76.0, -122.0, -72.0]);
    }
}
