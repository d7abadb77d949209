//! The descriptions of images for programs: one JSON object of the schema `tsnr-info/1`, described field
//! by field in `docs/schemas/tsnr-info-1.json`.

use crate::error::Error;
use crate::export::json::GridJson;
use crate::findings::Finding;
use crate::info::{Content, ImageInfo};
use crate::recipe::RecordedDefinition;
use serde::Serialize;
use std::path::Path;

/// The name and version of the schema. Fields may be added without a new version; those that are
/// there keep their meaning within one.
pub const SCHEMA: &str = "tsnr-info/1";

/// The JSON of images, and of the files that are none that can be read, indented.
pub fn text(images: &[ImageInfo], refused: &[Error]) -> String {
    let infos = InfoJson {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        images: images.iter().map(image).collect(),
        refused: refused.iter().map(self::refused).collect(),
    };
    serde_json::to_string_pretty(&infos).expect("plain data") + "\n"
}

/// Everything that was asked for.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "tsnr-info/1"))]
struct InfoJson<'a> {
    /// The name and version of the schema: `tsnr-info/1`.
    schema: &'static str,
    /// The version of tsnr.
    version: &'static str,
    /// The images, in the order in which they were given.
    images: Vec<ImageJson<'a>>,
    /// The files that cannot be read.
    refused: Vec<RefusedJson<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ImageJson<'a> {
    /// The path as it was given.
    path: String,
    /// The files that it is made of, that of the header first.
    files: Vec<String>,
    /// The size of these files in bytes; null of what can be read once only.
    bytes: Option<u64>,
    /// The format: `NIfTI-1`.
    format: &'static str,
    /// `gzip`, `bzip2` or `zstd`; null of a plain file.
    compression: Option<&'static str>,
    /// `little` or `big`; null where numbers are text, or the order differs within the file.
    byte_order: Option<&'static str>,
    /// `run` (two volumes or more), `volume` (one), `map` (one or several of tsnr) or `other`.
    content: &'static str,
    /// The kinds of maps of tsnr, with commas between, or the name of something that is no run; null of others.
    content_name: Option<String>,
    /// How many volumes it has.
    volumes: usize,
    /// Whether it has a time axis of its own.
    has_time_axis: bool,
    /// The repetition time of a run of it in seconds: by the JSON beside it, else by the image.
    tr_seconds: Option<f64>,
    /// The repetition time in seconds, by the image alone.
    tr_of_image_seconds: Option<f64>,
    /// The JSON that states the repetition time.
    tr_sidecar: Option<String>,
    /// The JSON files that describe the image, as BIDS has them.
    sidecars: Vec<String>,
    /// The grid; null where the voxels lie on none.
    grid: Option<GridJson>,
    /// The points in the place of voxels; null where there is a grid.
    points: Option<PointsJson<'a>>,
    /// How a sample is stored: `int16`.
    datatype: String,
    /// Value = slope * stored + intercept.
    slope: f64,
    /// The intercept of the scaling, in the units of the data.
    intercept: f64,
    /// The bytes of all voxels, decompressed.
    voxel_bytes: u64,
    /// Whether the file holds all its voxels; null where that is known only when they were read.
    complete: Option<bool>,
    /// The image in the words of the program that wrote it.
    description: &'a str,
    /// The statements that only its format has.
    particulars: Vec<ParticularJson<'a>>,
    /// The extensions of its header.
    extensions: Vec<ExtensionJson>,
    /// The definition of the tSNR that its header records; null if it records none that is known.
    definition: Option<&'a RecordedDefinition>,
    /// The labels that it names itself.
    labels: Vec<LabelJson<'a>>,
    /// The oddities of the image, most of them with what to do.
    findings: &'a [Finding],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PointsJson<'a> {
    /// `grayordinates`, `parcels` or `vertices`.
    kind: &'static str,
    /// How many there are.
    count: usize,
    /// The structures that they are of, in their order.
    structures: Vec<StructureJson<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StructureJson<'a> {
    /// The name, as the file has it.
    name: &'a str,
    /// The place of its first point, from 0.
    first: usize,
    /// How many points it has.
    count: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ParticularJson<'a> {
    /// The name in the format: `sform_code`.
    name: &'static str,
    /// The statement, in words.
    value: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ExtensionJson {
    /// The code that says whose it is (nifti1.h).
    code: i32,
    /// Whose it is, if the code is a known one.
    owner: Option<&'static str>,
    /// The bytes that it takes in the file.
    bytes: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LabelJson<'a> {
    /// The number.
    index: i64,
    /// The name.
    name: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusedJson<'a> {
    /// The path as it was given; null where it is not of one file.
    path: Option<String>,
    /// The fault.
    problem: &'a str,
    /// The next step.
    remedy: Option<&'a str>,
}

fn image(info: &ImageInfo) -> ImageJson<'_> {
    let path = |path: &Path| path.display().to_string();
    let (content, content_name) = match &info.content {
        Content::Run => ("run", None),
        Content::Volume => ("volume", None),
        Content::Maps(maps) => ("map", Some(maps.join(", "))),
        Content::Other(what) => ("other", Some((*what).to_owned())),
    };
    let points = info.geometry.points.as_deref();
    ImageJson {
        path: path(&info.path),
        files: info.files.iter().map(|it| path(it)).collect(),
        bytes: info.bytes,
        format: info.format,
        compression: info.compression,
        byte_order: info.byte_order.map(|it| it.name()),
        content,
        content_name,
        volumes: info.time.volumes,
        has_time_axis: info.time.has_axis,
        tr_seconds: info.tr_seconds,
        tr_of_image_seconds: info.time.tr_seconds,
        tr_sidecar: info.tr_sidecar.as_deref().map(path),
        sidecars: info.sidecars.iter().map(|it| path(it)).collect(),
        grid: points.is_none().then(|| (&info.geometry).into()),
        points: points.map(|it| PointsJson {
            kind: it.kind.in_words(),
            count: it.count,
            structures: it
                .structures
                .iter()
                .map(|it| StructureJson {
                    name: &it.name,
                    first: it.rows.start,
                    count: it.rows.len(),
                })
                .collect(),
        }),
        datatype: info.encoding.datatype.to_string(),
        slope: info.encoding.scaling.slope(),
        intercept: info.encoding.scaling.intercept(),
        voxel_bytes: info.voxel_bytes,
        complete: info.is_complete,
        description: &info.description,
        particulars: (info.particulars.iter())
            .map(|(name, value)| ParticularJson { name, value })
            .collect(),
        extensions: (info.extensions.iter())
            .map(|it| ExtensionJson { code: it.code, owner: it.owner, bytes: it.bytes })
            .collect(),
        definition: info.definition.as_ref(),
        labels: (info.labels.iter())
            .map(|(index, name)| LabelJson { index: *index, name })
            .collect(),
        findings: &info.findings,
    }
}

fn refused(error: &Error) -> RefusedJson<'_> {
    RefusedJson {
        path: error.path().map(|it| it.display().to_string()),
        problem: error.problem(),
        remedy: error.next_step(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::json::assert_published;

    #[test]
    fn the_published_schema_is_that_of_what_is_written() {
        assert_published::<InfoJson>("tsnr-info-1.json");
    }
}
