//! The maps as the page's script shows them: three linked planes over the mean, and at the crosshair
//! the value in every map and run.
//!
//! A map's values keep four digits in every voxel as far as the page stays small. Where that would
//! take too much room, those of the runs have fewer, and then stand for blocks of voxels; the page says
//! so, and keeps the exact values at the places that findings show.

use super::packed::{Packed, deflated, packed};
use super::seen::Seen;
use crate::findings::Place;
use crate::maps::{BETWEEN, Extent, MapKind, RUN_TSNR, TSNR};
use crate::markup::{base64, escaped};
use crate::pictures::{Colormap, Range, View};
use serde::Serialize;
use std::fmt::Write;

/// The most bytes that the maps of all runs together and those of single runs take.
const MOST_OF_SESSION: usize = 4_000_000;
const MOST_OF_RUNS: usize = 3_000_000;
/// How exact a map may be, from the best on: its digits, and the voxels that share a value.
const EXACTNESS: [(u32, [usize; 3]); 9] = [
    (4, [1, 1, 1]),
    (3, [1, 1, 1]),
    (2, [1, 1, 1]),
    (2, [2, 2, 1]),
    (2, [2, 2, 2]),
    (2, [4, 4, 2]),
    (2, [4, 4, 4]),
    (2, [8, 8, 4]),
    (2, [8, 8, 8]),
];
/// Outside the mask a value has so many digits.
const DIGITS_OUTSIDE: u32 = 2;
/// The most places that findings show at which the exact values are kept.
const MOST_PLACES: usize = 200;
const COLORS: usize = 256;

/// Everything that the script needs to show maps.
#[derive(Serialize)]
struct ScriptMaps<'a> {
    shape: [usize; 3],
    /// The affine from voxel indices to millimetres.
    affine: [[f64; 4]; 3],
    is_oriented: bool,
    voxel_sizes: [f64; 3],
    views: [ViewOf; 3],
    /// The part of the grid that holds the head.
    head: [[usize; 2]; 3],
    /// A bit a voxel, deflated; none without a mask.
    inside: Option<String>,
    runs: &'a [String],
    palettes: [(&'static str, String); 3],
    maps: Vec<MapOf>,
    places: Vec<PlaceOf>,
    start: [usize; 3],
}

#[derive(Serialize)]
struct ViewOf {
    name: &'static str,
    /// The voxel axis across the slices, and those to the right and up, with whether their indices
    /// grow the other way.
    across: usize,
    right: (usize, bool),
    up: (usize, bool),
    sides: [&'static str; 2],
}

#[derive(Serialize)]
struct MapOf {
    name: String,
    /// The number of its run; none of a map of all runs.
    run: Option<usize>,
    palette: &'static str,
    range: [f64; 2],
    /// Voxels that share a value, along each axis.
    block: [usize; 3],
    /// The values of the voxels in the mask in their order, or of blocks in theirs.
    values: Packed,
    /// The values of the other voxels.
    outside: Option<Packed>,
}

#[derive(Serialize)]
struct PlaceOf {
    voxel: [usize; 3],
    /// The value in each map, to four digits.
    values: Vec<Option<String>>,
}

/// A map that is to be embedded.
struct ShownMap<'a> {
    name: String,
    run: Option<usize>,
    values: &'a [f64],
    palette: &'static str,
    range: Range,
    /// Whether it has values outside the mask.
    is_whole: bool,
}

/// The section with the planes and what moves them, hidden until a script shows it.
pub(super) fn section(page: &mut String, seen: &Seen) {
    let planes = View::ALL.map(|view| {
        format!(
            "<figure class=\"plane\"><canvas tabindex=\"0\" role=\"img\" aria-label=\"{0} slice\"></canvas>\
             <figcaption><label>{0} <input type=\"range\" min=\"0\" value=\"0\"></label> <output></output>\
             </figcaption></figure>",
            view.name()
        )
    });
    let unknown = match seen.grid.is_oriented() {
        true => String::new(),
        false => format!("<p class=\"unknown\">{}</p>", escaped(&seen.grid.sides_in_words())),
    };
    let _ = write!(
        page,
        "<section id=\"maps\" class=\"scripted\" hidden><h2>Maps</h2>\n<div class=\"viewer\"><div \
         class=\"planes\">{}</div>\n<div class=\"panel\"><label>map <select id=\"map\"></select></label>\
         <canvas id=\"colors\" width=\"256\" height=\"12\" role=\"img\" aria-label=\"colours\"></canvas>\
         <div class=\"ends\"><label>from <input id=\"low\" type=\"number\" step=\"any\"></label><label>to \
         <input id=\"high\" type=\"number\" step=\"any\"></label></div>\
         <label>over the mean <input id=\"opacity\" type=\"range\" min=\"0\" max=\"1\" step=\"0.05\" \
         value=\"0.8\"></label>\
         <span class=\"checks\"><label><input id=\"outline\" type=\"checkbox\" checked> edge of the mask</label>\
         <label><input id=\"only\" type=\"checkbox\" checked> only inside it</label>\
         <label><input id=\"field\" type=\"checkbox\"> whole field of view</label></span>\
         <p id=\"where\" aria-live=\"polite\"></p>\
         <div class=\"values\" tabindex=\"0\" role=\"region\" aria-label=\"Values at the crosshair\"><table \
         id=\"values\"><caption>Values at the crosshair</caption><tbody></tbody></table></div>\
         <p id=\"coarse\" class=\"faint\"></p></div></div>\n{unknown}<p class=\"faint\">Click, or arrow keys, \
         to move the crosshair; wheel, or Page Up and Page Down, to go through the slices.</p></section>\n",
        planes.concat()
    );
}

/// The element that holds the maps.
pub(super) fn data(seen: &Seen) -> String {
    let mut shown = vec![ShownMap {
        name: if seen.runs.is_empty() { "tSNR" } else { "tSNR of all runs" }.to_owned(),
        run: None,
        values: seen.tsnr,
        palette: "tsnr",
        range: seen.tsnr_range,
        is_whole: false,
    }];
    let whole = [("mean", seen.mean, "gray"), ("std", seen.std, "magma")];
    shown.extend(whole.map(|(name, values, palette)| ShownMap {
        name: name.to_owned(),
        run: None,
        values,
        palette,
        range: seen.range_of(values),
        is_whole: seen.inside.is_some(),
    }));
    let of_session = |kind: &MapKind| kind.extent == Extent::Session && *kind != TSNR;
    for map in seen.record.maps.iter().filter(|it| it.kind() == BETWEEN && of_session(&it.kind())) {
        shown.push(ShownMap {
            name: map.kind().title.to_owned(),
            run: None,
            values: map.values(),
            palette: "magma",
            range: Range::containing(0.0, 1.0),
            is_whole: false,
        });
    }
    let of_session = shown.len();
    let own = seen.record.maps.of_kind(RUN_TSNR).filter_map(|map| map.run());
    let own: Vec<usize> = own.collect();
    for (number, values) in seen.runs.iter().enumerate() {
        let run = own.get(number).copied().unwrap_or(number);
        shown.push(ShownMap {
            name: format!("tSNR of {}", seen.names[run]),
            run: Some(run),
            values,
            palette: "tsnr",
            range: seen.tsnr_range,
            is_whole: false,
        });
    }
    let (session, runs) = shown.split_at(of_session);
    let mut maps = embedded(session, seen, MOST_OF_SESSION);
    maps.extend(embedded(runs, seen, MOST_OF_RUNS));
    let orientation = seen.grid.orientation();
    let axis = |body: usize| {
        let axis = orientation.voxel_axis(body);
        (axis, orientation.axes[axis].is_reversed)
    };
    let view = |view: View| ViewOf {
        name: view.name(),
        across: view.voxel_axis(&seen.grid),
        right: axis(view.in_plane()[0]),
        up: axis(view.in_plane()[1]),
        sides: view.sides(&seen.grid),
    };
    let palette = |colormap: Colormap| {
        let color = |at: usize| colormap.color(at as f64 / (COLORS - 1) as f64);
        base64((0..COLORS).map(color).collect::<Vec<_>>().as_flattened())
    };
    let findings = seen.record.findings.iter();
    let mut voxels: Vec<[usize; 3]> =
        findings.filter_map(|it| voxel_of(it.place.as_ref()?, seen)).collect();
    voxels.dedup();
    voxels.truncate(MOST_PLACES);
    let at = |[x, y, z]: [usize; 3]| x + seen.grid.shape[0] * (y + seen.grid.shape[1] * z);
    let place = |voxel: [usize; 3]| PlaceOf {
        voxel,
        values: shown
            .iter()
            .map(|map| Some(map.values[at(voxel)]).filter(|it| it.is_finite()))
            .map(|value| value.map(|it| format!("{it:.3e}")))
            .collect(),
    };
    let maps = ScriptMaps {
        shape: seen.grid.shape,
        affine: seen.grid.affine,
        is_oriented: seen.grid.is_oriented(),
        voxel_sizes: seen.grid.voxel_sizes(),
        views: View::ALL.map(view),
        head: seen.head.ranges.clone().map(|it| [it.start, it.end]),
        inside: seen.inside.map(|inside| {
            let byte = |bits: &[bool]| {
                bits.iter().rev().fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit))
            };
            deflated(&inside.chunks(8).map(byte).collect::<Vec<_>>())
        }),
        runs: &seen.names,
        palettes: [
            ("tsnr", palette(seen.shown.colormap)),
            ("gray", palette(Colormap::Gray)),
            ("magma", palette(Colormap::Magma)),
        ],
        maps,
        places: voxels.into_iter().map(place).collect(),
        start: start(seen),
    };
    let text = serde_json::to_string(&maps).expect("plain data").replace('<', "\\u003c");
    format!("<script type=\"application/json\" id=\"volumes\">{text}</script>\n")
}

/// The voxel at which a place is seen: of a slice the voxel of the mask, or with a value, that is
/// nearest to the middle of all of them.
pub(super) fn voxel_of(place: &Place, seen: &Seen) -> Option<[usize; 3]> {
    let shape = seen.grid.shape;
    if seen.record.geometry.points.is_some() {
        return None;
    }
    match (place.voxel, place.slice) {
        (Some(voxel), _) => (0..3).all(|it| voxel[it] < shape[it]).then_some(voxel),
        (None, Some(slice)) => (slice < shape[2]).then(|| middle(seen, slice)),
        _ => None,
    }
}

fn middle(seen: &Seen, slice: usize) -> [usize; 3] {
    let [nx, ny, _] = seen.grid.shape;
    let first = slice * nx * ny;
    let counts = |at: &usize| match seen.inside {
        Some(inside) => inside[first + at],
        None => seen.tsnr[first + at].is_finite(),
    };
    let places: Vec<[usize; 2]> =
        (0..nx * ny).filter(counts).map(|at| [at % nx, at / nx]).collect();
    let centre = [0, 1].map(|axis| {
        let sum: usize = places.iter().map(|it| it[axis]).sum();
        sum as f64 / places.len() as f64
    });
    let distance = |place: &&[usize; 2]| {
        [0, 1].map(|axis| (place[axis] as f64 - centre[axis]).powi(2)).iter().sum::<f64>()
    };
    let nearest = places.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let [x, y] = nearest.copied().unwrap_or([nx / 2, ny / 2]);
    [x, y, slice]
}

/// Where the crosshair stands first: in the oddest slice, or in the middle of the head.
fn start(seen: &Seen) -> [usize; 3] {
    let head = &seen.head.ranges[2];
    middle(seen, seen.oddest_slice().map_or((head.start + head.end) / 2, |it| it.slice))
}

/// Maps as exact as they may be, all of them alike.
fn embedded(maps: &[ShownMap], seen: &Seen, most: usize) -> Vec<MapOf> {
    let mut made = Vec::new();
    for (number, (digits, block)) in EXACTNESS.into_iter().enumerate() {
        let Some(first) = maps.first() else { break };
        // The first tells whether all of them will do.
        let one = map_of(first, seen, digits, block);
        let is_last = number + 1 == EXACTNESS.len();
        if is_last || one.values.text_bytes() * maps.len() <= most {
            made.push(one);
            made.extend(maps[1..].iter().map(|map| map_of(map, seen, digits, block)));
            break;
        }
    }
    made
}

fn map_of(map: &ShownMap, seen: &Seen, digits: u32, block: [usize; 3]) -> MapOf {
    let (values, mut outside) = match (block, seen.inside) {
        ([1, 1, 1], Some(inside)) => {
            let of = |wanted: bool| {
                let voxels = map.values.iter().zip(inside);
                voxels.filter(move |(_, is_in)| **is_in == wanted).map(|it| *it.0)
            };
            let outside = map.is_whole.then(|| packed(of(false), DIGITS_OUTSIDE));
            (packed(of(true), digits), outside)
        }
        ([1, 1, 1], None) => (packed(map.values.iter().copied(), digits), None),
        _ => (packed(blocks(map.values, seen.grid.shape, block).into_iter(), digits), None),
    };
    if outside.as_ref().is_some_and(|it| it.text_bytes() > MOST_OF_SESSION / 2) {
        outside = None;
    }
    MapOf {
        name: map.name.clone(),
        run: map.run,
        palette: map.palette,
        range: [map.range.low(), map.range.high()],
        block,
        values,
        outside,
    }
}

/// The mean of the defined voxels of each block of a grid, first axis fastest.
fn blocks(values: &[f64], shape: [usize; 3], block: [usize; 3]) -> Vec<f64> {
    let coarse = [0, 1, 2].map(|axis| shape[axis].div_ceil(block[axis]));
    let mut sums = vec![(0.0, 0_u32); coarse.iter().product()];
    for (at, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let place = [at % shape[0], at / shape[0] % shape[1], at / (shape[0] * shape[1])];
        let [x, y, z] = [0, 1, 2].map(|axis| place[axis] / block[axis]);
        let (sum, count) = &mut sums[x + coarse[0] * (y + coarse[1] * z)];
        (*sum, *count) = (*sum + value, *count + 1);
    }
    let mean = |(sum, count)| if count > 0 { sum / f64::from(count) } else { f64::NAN };
    sums.into_iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_the_mean_of_its_defined_voxels() {
        let values = [1.0, 3.0, f64::NAN, 5.0, 7.0, 2.0];
        assert_eq!(blocks(&values, [3, 2, 1], [2, 2, 1])[..1], [(1.0 + 3.0 + 5.0 + 7.0) / 4.0]);
        let second = blocks(&values, [3, 2, 1], [2, 2, 1])[1];
        assert_eq!(second, 2.0);
        assert!(blocks(&[f64::NAN; 4], [2, 2, 1], [2, 2, 2])[0].is_nan());
    }
}
