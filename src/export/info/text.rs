//! The description of an image, in lines for a person.

use crate::export::words::grid;
use crate::export::{LABEL_COLUMNS, printable, sentence};
use crate::formats::{Geometry, HeaderExtension, SpatialUnit};
use crate::info::{Content, ImageInfo};
use crate::numbers::{count, counted, figure};
use crate::runs::name_of;

/// Of many names so many are listed, the rest is counted.
const MOST_NAMED: usize = 4;

/// The lines of an image: its path, and under it labels with their texts.
pub fn lines(info: &ImageInfo) -> String {
    let mut lines = vec![("format", format(info)), ("holds", content(info))];
    lines.push((if info.geometry.points.is_some() { "points" } else { "grid" }, space(info)));
    if info.geometry.points.is_none() {
        lines.extend(orientation(&info.geometry));
    }
    if info.content == Content::Run || (info.time.has_axis && info.tr_seconds.is_some()) {
        lines.push(("TR", repetition_time(info)));
    }
    lines.push(("samples", samples(info)));
    if !info.description.is_empty() {
        lines.push(("description", info.description.clone()));
    }
    lines.extend(info.particulars.iter().map(|(name, value)| (*name, value.clone())));
    if !info.extensions.is_empty() {
        lines.push(("extensions", extensions(&info.extensions)));
    }
    if let Some(recorded) = &info.definition {
        lines.push(("definition", sentence::short_tsnr(&recorded.definition)));
    }
    if !info.labels.is_empty() {
        let names: Vec<String> =
            info.labels.iter().map(|(index, name)| format!("{index} {name}")).collect();
        lines.push(("labels", some_of(&names)));
    }
    if !info.sidecars.is_empty() {
        let names: Vec<String> = info.sidecars.iter().map(|it| name_of(it)).collect();
        lines.push(("sidecars", some_of(&names)));
    }
    let odd = info.findings.iter().map(|finding| ("odd", finding.line()));
    let lines = lines.into_iter().chain(odd);
    // A label that is as wide as its column is kept apart.
    let apart = LABEL_COLUMNS - 1;
    let lines = lines.map(|(label, text)| format!("  {label:<apart$} {}", printable(&text)));
    let path = printable(&info.path.display().to_string());
    [path].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

fn format(info: &ImageInfo) -> String {
    let order = info.byte_order.map(|it| format!("{}-endian", it.name()));
    let files = match info.files.as_slice() {
        [_] => None,
        files => {
            let names = files.iter().filter_map(|it| it.file_name());
            let names: Vec<_> = names.map(|it| it.to_string_lossy().into_owned()).collect();
            Some(format!("in {}", names.join(" and ")))
        }
    };
    let bytes = match info.bytes {
        Some(bytes) => counted(bytes as usize, "byte"),
        None => "read once".to_owned(),
    };
    let parts = [Some(info.format), info.compression].into_iter().flatten().map(str::to_owned);
    parts.chain(order).chain(files).chain([bytes]).collect::<Vec<_>>().join(", ")
}

fn content(info: &ImageInfo) -> String {
    let volumes = info.time.volumes;
    match &info.content {
        Content::Run => {
            let seconds = info.tr_seconds.map(|tr| tr * volumes as f64);
            let length = seconds.map(|it| format!(", {} s", figure(it))).unwrap_or_default();
            format!("a run: {}{length}", counted(volumes, "volume"))
        }
        Content::Volume => "1 volume".to_owned(),
        Content::Maps(maps) => match &maps[..] {
            [map] => format!("the map '{map}' of tsnr"),
            maps => format!("the maps {} of tsnr", maps.join(", ")),
        },
        Content::Other(what) => (*what).to_owned(),
    }
}

fn space(info: &ImageInfo) -> String {
    let geometry = &info.geometry;
    let Some(points) = &geometry.points else {
        let [x, y, z] = geometry.voxel_sizes;
        let unit = match geometry.unit {
            SpatialUnit::Unknown => ", in an unknown unit".to_owned(),
            unit => format!(" {unit}"),
        };
        return format!("{} voxels of {x} x {y} x {z}{unit}", geometry.grid());
    };
    let of_structure = points.structures.iter().map(|it| match it.rows.len() {
        1 => it.name.clone(),
        rows => format!("{} {}", it.name.trim_start_matches("CIFTI_STRUCTURE_"), count(rows)),
    });
    let structures = some_of(&of_structure.collect::<Vec<_>>());
    format!("{} {}: {structures}", count(points.count), points.kind.in_words())
}

fn orientation(geometry: &Geometry) -> Vec<(&'static str, String)> {
    if let Some(reason) = geometry.orientation.unknown_reason() {
        return vec![("orientation", format!("unknown: {reason}"))];
    }
    let codes = grid(geometry).orientation().codes();
    // Without the zeros behind, and the sign of a zero.
    let number = |it: f64| ((it * 1e4).round() / 1e4 + 0.0).to_string();
    let rows = geometry.affine.0.map(|row| row.map(number).join(" ")).join("; ");
    vec![("orientation", format!("{codes}: the sides that the axes lead to")), ("affine", rows)]
}

fn repetition_time(info: &ImageInfo) -> String {
    match (info.tr_seconds, &info.tr_sidecar) {
        (None, _) => format!("unknown: {} states none", info.time.tr_place),
        (Some(seconds), Some(path)) => format!("{seconds} s by {}", name_of(path)),
        (Some(seconds), None) => format!("{seconds} s by {}", info.time.tr_place),
    }
}

fn samples(info: &ImageInfo) -> String {
    let (datatype, scaling) = (info.encoding.datatype, info.encoding.scaling);
    let scaled = match scaling.is_identity() {
        true => String::new(),
        false => format!(", value = {} * stored + {}", scaling.slope(), scaling.intercept()),
    };
    let complete = match info.is_complete {
        Some(true) => ", all there by the size of the file",
        _ => "; whether all are there is known when they were read",
    };
    let bytes = counted(info.voxel_bytes as usize, "byte");
    format!("{datatype}{scaled}, {bytes} of voxels{complete}")
}

fn extensions(extensions: &[HeaderExtension]) -> String {
    let each = extensions.iter().map(|HeaderExtension { code, owner, bytes }| {
        let owner = owner.map(|it| format!(" ({it})")).unwrap_or_default();
        format!("code {code}{owner}, {}", counted(*bytes as usize, "byte"))
    });
    some_of(&each.collect::<Vec<_>>())
}

/// The first of many names, and how many more there are.
fn some_of(names: &[String]) -> String {
    match names.len().checked_sub(MOST_NAMED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {} more", names[..MOST_NAMED].join(", "), count(more)),
    }
}
