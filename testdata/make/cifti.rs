//! Specimens of CIFTI-2: series of points and of parcels, maps and labels beside them, and what is
//! damaged or no series.

use super::bytes::{FLOAT32, Header, gzip};
use super::{Specimens, noisy_bold};
use std::io;

/// Points, and time points, of the series.
pub const POINTS: usize = 60;
const VOLUMES: usize = 6;

/// A file of this header with an XML. The samples stand row behind row, a row a point.
pub fn file(
    header: &Header,
    intent: i32,
    [columns, rows]: [usize; 2],
    xml: &str,
    samples: &[f64],
) -> Vec<u8> {
    let mut head = header.nifti2_bytes();
    let number = |value: i64| match header.big_endian {
        true => value.to_be_bytes(),
        false => value.to_le_bytes(),
    };
    let short = |value: i32| match header.big_endian {
        true => value.to_be_bytes(),
        false => value.to_le_bytes(),
    };
    let dim = [6, 1, 1, 1, 1, columns as i64, rows as i64, 1];
    dim.iter()
        .enumerate()
        .for_each(|(axis, it)| head[16 + 8 * axis..][..8].copy_from_slice(&number(*it)));
    let size = (8 + xml.len()).next_multiple_of(16);
    head[168..176].copy_from_slice(&number(544 + size as i64));
    head[344..352].fill(0);
    head[504..508].copy_from_slice(&short(intent));
    let mut extension = [[1, 0, 0, 0], short(size as i32), short(32)].concat();
    extension.extend(xml.bytes());
    extension.resize(4 + size, 0);
    [head, extension, header.encode(samples)].concat()
}

/// The XML of a matrix whose rows and columns are so described.
fn xml(along: &str, across: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CIFTI Version=\"2\"><Matrix><MetaData><MD>\
         <Name>Provenance</Name><Value>made &amp; checked</Value></MD></MetaData>\n{along}\n{across}\n\
         </Matrix></CIFTI>"
    )
}

fn axis(number: usize, kind: &str, inside: &str) -> String {
    format!(
        "<MatrixIndicesMap AppliesToMatrixDimension=\"{number}\" \
         IndicesMapToDataType=\"CIFTI_INDEX_TYPE_{kind}\"{inside}</MatrixIndicesMap>"
    )
}

pub fn series() -> String {
    let attributes = format!(
        " NumberOfSeriesPoints=\"{VOLUMES}\" SeriesExponent=\"-2\" SeriesStart=\"0\" \
         SeriesStep=\"250\" SeriesUnit=\"SECOND\">"
    );
    axis(0, "SERIES", &attributes)
}

fn words(numbers: impl Iterator<Item = usize>) -> String {
    numbers.map(|it| it.to_string()).collect::<Vec<_>>().join(" ")
}

/// Left and right cortex and a nucleus, 24, 20 and 16 points.
pub fn models(number: usize) -> String {
    let surface = |name: &str, first: usize, count: usize| {
        format!(
            "<BrainModel IndexOffset=\"{first}\" IndexCount=\"{count}\" \
             ModelType=\"CIFTI_MODEL_TYPE_SURFACE\" BrainStructure=\"CIFTI_STRUCTURE_{name}\" \
             SurfaceNumberOfVertices=\"32\"><VertexIndices>{}</VertexIndices></BrainModel>",
            words((0..count).map(|it| it + it / 5))
        )
    };
    let voxels = (0..16).map(|it| format!("{} {} {}", it % 4, it / 4, 2)).collect::<Vec<_>>();
    let inside = format!(
        "><Volume VolumeDimensions=\"5,5,4\"><TransformationMatrixVoxelIndicesIJKtoXYZ \
         MeterExponent=\"-3\">-2 0 0 90 0 2 0 -126 0 0 2 -72 0 0 0 1\
         </TransformationMatrixVoxelIndicesIJKtoXYZ></Volume>{}{}<BrainModel IndexOffset=\"44\" \
         IndexCount=\"16\" ModelType=\"CIFTI_MODEL_TYPE_VOXELS\" \
         BrainStructure=\"CIFTI_STRUCTURE_THALAMUS_LEFT\"><VoxelIndicesIJK>{}</VoxelIndicesIJK>\
         </BrainModel>",
        surface("CORTEX_LEFT", 0, 24),
        surface("CORTEX_RIGHT", 24, 20),
        voxels.join("\n")
    );
    axis(number, "BRAIN_MODELS", &inside)
}

fn parcels() -> String {
    let parcel = |it: usize| {
        format!(
            "<Parcel Name=\"area {it}\"><Vertices BrainStructure=\"CIFTI_STRUCTURE_CORTEX_LEFT\">\
             {}</Vertices></Parcel>",
            words(4 * it..4 * it + 4)
        )
    };
    let surface = "><Surface BrainStructure=\"CIFTI_STRUCTURE_CORTEX_LEFT\" \
                   SurfaceNumberOfVertices=\"32\"/>";
    axis(1, "PARCELS", &format!("{surface}{}", (0..7).map(parcel).collect::<String>()))
}

pub fn scalars(names: &[&str]) -> String {
    let map = |it: &&str| format!("<NamedMap><MapName>{it}</MapName></NamedMap>");
    axis(0, "SCALARS", &format!(">{}", names.iter().map(map).collect::<String>()))
}

fn labels() -> String {
    let label = |(key, name): (usize, &str)| {
        format!("<Label Key=\"{key}\" Red=\"1\" Green=\"0\" Blue=\"0\" Alpha=\"1\">{name}</Label>")
    };
    let table: String = ["???", "V1", "V2"].into_iter().enumerate().map(label).collect();
    let map =
        format!("><NamedMap><MapName>areas</MapName><LabelTable>{table}</LabelTable></NamedMap>");
    axis(0, "LABELS", &map)
}

/// A mask on the points of the dense series: the left cortex.
pub fn mask() -> Vec<u8> {
    let inside: Vec<f64> = (0..POINTS).map(|it| f64::from(u8::from(it < 24))).collect();
    file(
        &Header::new(FLOAT32, 32, 1, 1, 1, 1),
        3006,
        [1, POINTS],
        &xml(&scalars(&["mask"]), &models(1)),
        &inside,
    )
}

/// Labels on the points of the dense series.
pub fn label_file() -> Vec<u8> {
    let keys: Vec<f64> = (0..POINTS).map(|it| (it / 20) as f64).collect();
    file(
        &Header::new(FLOAT32, 32, 1, 1, 1, 1),
        3007,
        [1, POINTS],
        &xml(&labels(), &models(1)),
        &keys,
    )
}

/// Samples of a run `[point, t]`, t fastest.
fn samples(seed: &str, points: usize) -> Vec<f64> {
    let noise = noisy_bold(seed, [points, VOLUMES]);
    (0..points * VOLUMES).map(|it| noise[it % VOLUMES * points + it / VOLUMES]).collect()
}

pub(super) fn write_specimens(odd: &mut Specimens) -> io::Result<()> {
    let float = Header::new(FLOAT32, 32, 1, 1, 1, 1);
    let shape = [VOLUMES, POINTS];
    let dense = xml(&series(), &models(1));
    let points = samples("cifti", POINTS);
    let plain = file(&float, 3002, shape, &dense, &points);
    odd.row("cifti.dtseries.nii", "ok", "", "cifti", "a dense series of CIFTI-2");
    odd.file("cifti.dtseries.nii", &plain)?;
    let turned = xml(&models(1), &series());
    let why = "the same, its axes in the other order, and an intent that says nothing";
    odd.row("cifti_unknown_intent.dtseries.nii", "ok", "", "cifti", why);
    odd.file("cifti_unknown_intent.dtseries.nii", file(&float, 3000, shape, &turned, &points))?;
    let scaled =
        Header { big_endian: true, slope: 0.5, inter: 10.0, ..Header::new(4, 16, 1, 1, 1, 1) };
    let why = "a dense series of big-endian int16 with a slope";
    odd.row("cifti_scaled.dtseries.nii", "ok", "", "cifti_scaled", why);
    odd.file("cifti_scaled.dtseries.nii", file(&scaled, 3002, shape, &dense, &points))?;
    let parcellated = xml(&series(), &parcels());
    let content = file(&float, 3004, [VOLUMES, 7], &parcellated, &samples("cifti parcels", 7));
    odd.row("cifti.ptseries.nii", "ok", "", "cifti_parcels", "a series of parcels");
    odd.file("cifti.ptseries.nii", content)?;

    odd.no("cifti_mask.dscalar.nii", mask(), "holds maps", "maps are no run")?;
    odd.no("cifti_labels.dlabel.nii", label_file(), "holds labels", "labels are no run")?;
    let one = dense.replace("Version=\"2\"", "Version=\"1\"");
    let content = file(&float, 3002, [POINTS, VOLUMES], &one, &points);
    odd.no("cifti1.dtseries.nii", content, "-cifti-version-convert", "CIFTI-1")?;
    let why = "its rows cannot be read in pieces";
    odd.no("cifti_packed.dtseries.nii.gz", gzip(&plain), "decompress it", why)?;
    let square = xml(&models(0), &models(1));
    let content = file(&float, 3001, [POINTS, POINTS], &square, &vec![0.0; POINTS * POINTS]);
    odd.no("cifti.dconn.nii", content, "brain models along a row", "connectivity is no series")?;
    let why = "a series of series";
    let content = file(
        &float,
        3002,
        [VOLUMES, VOLUMES],
        &xml(&series(), &series().replacen("\"0\"", "\"1\"", 1)),
        &points[..36],
    );
    odd.no("cifti_series.dtseries.nii", content, "rows of series", why)?;
    let mut wrong = |name: &str, xml: &str, says: &str, why: &str| {
        odd.no(
            &format!("cifti_{name}.dtseries.nii"),
            file(&float, 3002, shape, xml, &points),
            says,
            why,
        )
    };
    let cut = &dense[..dense.len() / 2];
    wrong("xml_cut", cut, "its XML cannot be read", "half of an XML")?;
    wrong("other_xml", "<GIFTI/>", "begins with <GIFTI>", "the XML of something else")?;
    let gap = dense.replace("IndexOffset=\"24\"", "IndexOffset=\"25\"");
    wrong("gap", &gap, "begins at row 25", "a row between two structures")?;
    let more = dense.replace("NumberOfSeriesPoints=\"6\"", "NumberOfSeriesPoints=\"7\"");
    wrong("lengths", &more, "dim is 6 1 1 1 1 6 60", "7 time points by the XML, 6 by dim")?;
    let none = dense.replace("NumberOfSeriesPoints=\"6\"", "NumberOfSeriesPoints=\"0\"");
    wrong("no_points", &none, "no length", "no time points")?;
    let huge = dense.replace("IndexCount=\"16\"", &format!("IndexCount=\"{}\"", u64::MAX));
    wrong("huge", &huge, "has no end", "more rows than 64 bits count")?;
    let once = dense.replace("AppliesToMatrixDimension=\"1\"", "AppliesToMatrixDimension=\"0\"");
    wrong("axis_twice", &once, "described twice", "both axes are described as the first")?;
    let mut other = plain.clone();
    other[548] = 6;
    odd.no("cifti_no_xml.dtseries.nii", other, "no extension of code 32", "its XML is a comment")?;
    let mut other = plain.clone();
    other[700] = 0xff;
    odd.no("cifti_not_utf8.dtseries.nii", other, "not UTF-8", "a byte of its XML is none")?;
    let mut other = plain.clone();
    other[56..64].fill(0);
    odd.no("cifti_dim5_zero.dtseries.nii", other, "dim[5] is 0", "no time points by dim")?;
    let cut = &plain[..plain.len() - 23 * 4 * VOLUMES - 7];
    odd.no("cifti_truncated.dtseries.nii", cut, "36 are whole", "36.7 of 60 rows")
}
