//! Specimens of GIFTI: series of vertices in every layout and encoding, labels, a surface, and what is
//! damaged.

use super::bytes::{FLOAT32, FLOAT64, Header, INT16, UINT16, gzip};
use super::{Specimens, noisy_bold};
use flate2::{Compression, write::ZlibEncoder};
use std::io::{self, Write};

/// Vertices and volumes of the series.
pub const VERTICES: usize = 60;
const VOLUMES: usize = 6;

/// How an array stands in a file.
#[derive(Clone, Copy)]
pub struct Array<'a> {
    pub intent: &'a str,
    pub datatype: i16,
    pub order: &'a str,
    pub lengths: &'a [usize],
    pub encoding: &'a str,
    pub big_endian: bool,
    /// The name of the array, if it has one.
    pub name: &'a str,
}

/// A volume in float32, packed.
pub const VOLUME: Array = Array {
    intent: "TIME_SERIES",
    datatype: FLOAT32,
    order: "RowMajorOrder",
    lengths: &[VERTICES],
    encoding: "GZipBase64Binary",
    big_endian: false,
    name: "",
};

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |three: &[u8]| {
        let bits =
            (0..3).fold(0_u32, |bits, it| bits << 8 | u32::from(*three.get(it).unwrap_or(&0)));
        let digit = |it: usize| char::from(DIGITS[(bits >> (18 - 6 * it) & 63) as usize]);
        (0..4).map(|it| if it <= three.len() { digit(it) } else { '=' }).collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory")
}

impl Array<'_> {
    fn bytes(&self, samples: &[f64]) -> Vec<u8> {
        let header = Header::new(self.datatype, 0, 1, 1, 1, 1);
        Header { big_endian: self.big_endian, ..header }.encode(samples)
    }

    /// The element of these samples; those in another file begin there at `offset`.
    pub fn element(&self, samples: &[f64], (beside, offset): (&str, usize)) -> String {
        let datatype = match self.datatype {
            2 => "UINT8",
            INT16 => "INT16",
            8 => "INT32",
            FLOAT32 => "FLOAT32",
            FLOAT64 => "FLOAT64",
            256 => "INT8",
            UINT16 => "UINT16",
            other => unreachable!("no specimen has samples of datatype {other}"),
        };
        let text = match self.encoding {
            "ASCII" => {
                let word = |it: &f64| match self.datatype {
                    FLOAT32 => (*it as f32).to_string(),
                    _ => it.round().to_string(),
                };
                samples.iter().map(word).collect::<Vec<_>>().join(" ")
            }
            "Base64Binary" => base64(&self.bytes(samples)),
            "GZipBase64Binary" => base64(&zlib(&self.bytes(samples))),
            _ => String::new(),
        };
        let lengths: String = (self.lengths.iter().enumerate())
            .map(|(axis, length)| format!(" Dim{axis}=\"{length}\""))
            .collect();
        let endian = if self.big_endian { "BigEndian" } else { "LittleEndian" };
        let metadata = match self.name {
            "" => "<MetaData/>".to_owned(),
            name => format!(
                "<MetaData><MD><Name><![CDATA[Name]]></Name><Value><![CDATA[{name}]]></Value></MD>\
                 </MetaData>"
            ),
        };
        format!(
            "<DataArray Intent=\"NIFTI_INTENT_{}\" DataType=\"NIFTI_TYPE_{datatype}\"\n  \
             ArrayIndexingOrder=\"{}\" Dimensionality=\"{}\"{lengths}\n  Encoding=\"{}\" \
             Endian=\"{endian}\" ExternalFileName=\"{beside}\" ExternalFileOffset=\"{offset}\">\n\
             {metadata}\n<Data>{text}</Data>\n</DataArray>\n",
            self.intent,
            self.order,
            self.lengths.len(),
            self.encoding,
        )
    }
}

/// A file of these elements, of the left cortex.
pub fn file(arrays: usize, labels: &str, elements: &str) -> String {
    let structure = ("AnatomicalStructurePrimary", "CortexLeft");
    file_of(arrays, &[structure, ("made by", "tsnr <test> & data")], labels, elements)
}

/// A file of these elements, with these metadata.
pub fn file_of(arrays: usize, metadata: &[(&str, &str)], labels: &str, elements: &str) -> String {
    let item = |(name, value): &(&str, &str)| {
        format!("<MD><Name><![CDATA[{name}]]></Name>\n<Value><![CDATA[{value}]]></Value></MD>\n")
    };
    let metadata: String = metadata.iter().map(item).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE GIFTI SYSTEM \
         \"http://www.nitrc.org/frs/download.php/115/gifti.dtd\">\n<!-- a test -->\n<GIFTI \
         Version=\"1.0\" NumberOfDataArrays=\"{arrays}\">\n<MetaData>{metadata}</MetaData>\n{labels}\
         {elements}</GIFTI>\n"
    )
}

/// An array each of some volumes.
pub fn volumes(array: &Array, samples: &[f64]) -> String {
    samples.chunks(array.lengths[0]).map(|it| array.element(it, ("", 0))).collect()
}

/// The same samples, `[vertex, t]`, t fastest.
fn turned(samples: &[f64]) -> Vec<f64> {
    let volumes = samples.len() / VERTICES;
    (0..samples.len()).map(|it| samples[it % volumes * VERTICES + it / volumes]).collect()
}

/// A mask of the vertices: the first 24 of them.
pub fn mask() -> String {
    let inside: Vec<f64> = (0..VERTICES).map(|it| f64::from(u8::from(it < 24))).collect();
    file(1, "", &Array { intent: "SHAPE", ..VOLUME }.element(&inside, ("", 0)))
}

/// Labels of the vertices.
pub fn label_file() -> String {
    let keys: Vec<f64> = (0..VERTICES).map(|it| (it / 20) as f64).collect();
    let label = |(key, name): (usize, &str)| {
        format!(
            "<Label Key=\"{key}\" Red=\"1\" Green=\"0\" Blue=\"0\" Alpha=\"1\">\
             <![CDATA[{name}]]></Label>\n"
        )
    };
    let table: String = ["???", "V1", "V2 & more"].into_iter().enumerate().map(label).collect();
    let array = Array { intent: "LABEL", datatype: 8, ..VOLUME };
    let table = format!("<LabelTable>\n{table}</LabelTable>\n");
    file(1, &table, &array.element(&keys, ("", 0)))
}

/// A surface of four vertices and four triangles, of which the last has this vertex.
pub fn surface(last: f64) -> String {
    let points = [0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 10.5];
    let triangles = [0.0, 1.0, 2.0, 0.0, 1.0, 3.0, 0.0, 2.0, 3.0, 1.0, 2.0, last];
    let lengths = &[4, 3];
    let points = Array { intent: "POINTSET", lengths, ..VOLUME }.element(&points, ("", 0));
    let triangle = Array { intent: "TRIANGLE", datatype: 8, lengths, ..VOLUME };
    file(2, "", &[points, triangle.element(&triangles, ("", 0))].concat())
}

/// A sheet of 4 x 8 vertices, bent, of a structure: `CortexLeft`.
pub fn sheet(structure: &str) -> String {
    let vertex = |it: usize| {
        let [row, column] = [it / 8, it % 8].map(|it| it as f64);
        [-30.0 - (row - 1.5).powi(2), 10.0 * column - 35.0, 12.0 * row - 18.0]
    };
    let points: Vec<f64> = (0..32).flat_map(vertex).collect();
    let of_cell = |it: usize| {
        let [a, b, c, d] = [it, it + 1, it + 8, it + 9].map(|it| it as f64);
        [a, b, c, b, d, c]
    };
    let cells = (0..24).filter(|it| it % 8 != 7);
    let triangles: Vec<f64> = cells.flat_map(of_cell).collect();
    let lengths = [[32, 3], [triangles.len() / 3, 3]];
    let of_points = Array { intent: "POINTSET", lengths: &lengths[0], ..VOLUME };
    let of_triangles = Array { intent: "TRIANGLE", datatype: 8, lengths: &lengths[1], ..VOLUME };
    let elements = [of_points.element(&points, ("", 0)), of_triangles.element(&triangles, ("", 0))];
    file_of(2, &[("AnatomicalStructurePrimary", structure)], "", &elements.concat())
}

pub(super) fn write_specimens(odd: &mut Specimens) -> io::Result<()> {
    let samples = noisy_bold("gifti", [VERTICES, VOLUMES]);
    let plain = file(VOLUMES, "", &volumes(&VOLUME, &samples));
    let mut same = |name: &str, content: &[u8], why: &str| {
        odd.row(name, "ok", "", "gifti", why);
        odd.file(name, content)
    };
    same("gifti.func.gii", plain.as_bytes(), "GIFTI, an array a volume, packed")?;
    let why = "the same, compressed as a whole by gzip";
    same("gifti_packed.func.gii.gz", &gzip(plain.as_bytes()), why)?;
    let big = Array { encoding: "Base64Binary", big_endian: true, ..VOLUME };
    let content = file(VOLUMES, "", &volumes(&big, &samples));
    same("gifti_big_endian.func.gii", content.as_bytes(), "base 64, big-endian")?;
    let words = Array { encoding: "ASCII", intent: "NONE", ..VOLUME };
    let content = file(VOLUMES, "", &volumes(&words, &samples));
    same("gifti_ascii.gii", content.as_bytes(), "numbers in words, without an intent")?;
    let one = &[VERTICES, VOLUMES];
    let rows = Array { lengths: one, ..VOLUME };
    let content = file(1, "", &rows.element(&turned(&samples), ("", 0)));
    same("gifti_rows.time.gii", content.as_bytes(), "one array, time fastest")?;
    let columns =
        Array { order: "ColumnMajorOrder", encoding: "Base64Binary", intent: "NORMAL", ..rows };
    let content = file(1, "", &columns.element(&samples, ("", 0)));
    // Lines of 76 characters, as many writers of base 64 have them.
    let (before, data) = content.split_once("<Data>").expect("data");
    let (data, behind) = data.split_once("</Data>").expect("its end");
    let lines: Vec<&str> =
        data.as_bytes().chunks(76).map(|it| str::from_utf8(it).expect("ASCII")).collect();
    let content = format!("{before}<Data>\n  {}\n</Data>{behind}", lines.join("\n  "));
    same("gifti_columns.shape.gii", content.as_bytes(), "one array, vertices fastest, in lines")?;
    let parts = Array { lengths: &[VERTICES, 3], ..VOLUME };
    let content: String =
        samples.chunks(3 * VERTICES).map(|it| parts.element(&turned(it), ("", 0))).collect();
    let content = file(2, "", &content);
    same("gifti_parts.func.gii", content.as_bytes(), "two arrays of three volumes, time fastest")?;
    let beside = Array { encoding: "ExternalFileBinary", ..VOLUME };
    let place = |volume: usize| ("gifti_external.dat", 16 + 4 * VERTICES * volume);
    let elements: String = (samples.chunks(VERTICES).enumerate())
        .map(|(volume, it)| beside.element(it, place(volume)))
        .collect();
    let content = file(VOLUMES, "", &elements);
    let name = "gifti_external.func.gii";
    odd.row(name, "ok", "", "gifti", "its samples are in a file beside it, from byte 16 on");
    odd.file(name, content)?;
    let held = [vec![0x55; 16], Array { encoding: "", ..VOLUME }.bytes(&samples)].concat();
    odd.no("gifti_external.dat", &held, "expected", "the samples of the file beside it")?;
    for (name, datatype, encoding) in [
        ("uint8", 2, "GZipBase64Binary"),
        ("int8", 256, "Base64Binary"),
        ("int16", INT16, "GZipBase64Binary"),
        ("uint16", UINT16, "ASCII"),
        ("int32", 8, "ASCII"),
        ("float64", FLOAT64, "GZipBase64Binary"),
    ] {
        let array = Array { datatype, encoding, big_endian: datatype == INT16, ..VOLUME };
        let scale = if array.datatype == 2 || datatype == 256 { 0.08 } else { 1.0 };
        let samples: Vec<f64> = samples.iter().map(|it| it * scale).collect();
        let content = file(VOLUMES, "", &volumes(&array, &samples));
        odd.ok(&format!("gifti_{name}.func.gii"), content, &format!("{name} samples in GIFTI"))?;
    }
    write_damaged(odd, &plain, &samples)
}

fn write_damaged(odd: &mut Specimens, plain: &str, samples: &[f64]) -> io::Result<()> {
    odd.no("gifti_labels.label.gii", label_file(), "holds labels", "labels are no run")?;
    odd.no("gifti_mask.shape.gii", mask(), "1 volume in all", "one number of each vertex")?;
    let says = "a surface (.surf.gii)";
    odd.no("gifti_surface.surf.gii", surface(3.0), says, "a surface is no run")?;
    let why = "a hemisphere of the mesh of cifti.dtseries.nii";
    for (name, structure) in [("left", "CortexLeft"), ("right", "CortexRight")] {
        odd.no(&format!("gifti_{name}.surf.gii"), sheet(structure), says, why)?;
    }
    let why = "a triangle of a fifth vertex of four";
    odd.no("gifti_surface_corner.surf.gii", surface(4.0), says, why)?;
    let claims = surface(3.0).replace("Dim0=\"4\"", "Dim0=\"400000000\"");
    odd.no("gifti_surface_claims.surf.gii", claims, says, "more vertices than it holds")?;
    let empty = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<GIFTI Version=\"1.0\" \
                 NumberOfDataArrays=\"0\"></GIFTI>\n";
    odd.no("gifti_empty.func.gii", empty, "without a data array", "a GIFTI without arrays")?;
    let array = Array { encoding: "Base64Binary", ..VOLUME };
    let base64 = file(VOLUMES, "", &volumes(&array, samples));
    let words = Array { encoding: "ASCII", ..VOLUME };
    let words = file(VOLUMES, "", &volumes(&words, samples));
    let cut = |text: &str, share: usize| text[..text.len() * share / 100].to_owned();
    odd.no("gifti_truncated.func.gii", cut(plain, 60), "are whole", "the rest is missing")?;
    let why = "the rest of the gzip stream is missing";
    let packed = gzip(plain.as_bytes());
    let half = &packed[..packed.len() / 2];
    odd.no("gifti_truncated.func.gii.gz", half, "truncated", why)?;
    let end = plain.len() - "</GIFTI>\n".len();
    odd.no("gifti_no_end.func.gii", &plain[..end], "before its last tag", "no last tag")?;
    let mut wrong = |name: &str, content: &str, from: &str, to: &str, says: &str, why: &str| {
        let changed = content.replacen(from, to, 1);
        assert_ne!(changed, content, "{name}");
        odd.no(&format!("gifti_{name}.func.gii"), changed, says, why)
    };
    let count = "NumberOfDataArrays=\"6\"";
    let of = |it: &str| format!("NumberOfDataArrays=\"{it}\"");
    wrong("more", plain, count, &of("5"), "and more are there", "one array too many")?;
    wrong("fewer", plain, count, &of("7"), "and 6 are there", "one array too few")?;
    let why = "more arrays than any file holds";
    wrong("huge_count", plain, count, &of("999999999999999999"), "more than any file", why)?;
    wrong("no_count", plain, count, "", "NumberOfDataArrays is ''", "no number of arrays")?;
    let dim = "Dim0=\"60\"";
    let why = "more vertices than the file has bytes for";
    wrong("claims", plain, dim, "Dim0=\"600000000\"", "the file can hold", why)?;
    wrong("no_length", plain, dim, "Dim0=\"0\"", "Dim0 of data array 1 is '0'", "no vertices")?;
    let why = "a volume of 61 vertices in a file of 60";
    let second = plain.replacen(dim, "Dim0=\"=60\"", 1);
    let second = second.replacen(dim, "Dim0=\"61\"", 1).replacen("\"=60\"", "\"60\"", 1);
    wrong("second", &second, "test", "Test", "data array 2 has 61 samples", why)?;
    wrong("short", plain, dim, "Dim0=\"61\"", "ends after 60 of its 61", "60 samples, not 61")?;
    wrong("long", plain, dim, "Dim0=\"59\"", "more than its 59", "60 samples, not 59")?;
    let why = "colours are no numbers";
    wrong("rgb", plain, "FLOAT32", "RGB24", "stores NIFTI_TYPE_RGB24", why)?;
    wrong("encoding", plain, "GZipBase64Binary", "Base85", "is 'Base85'", "no such encoding")?;
    let why = "base 64 that is no zlib stream";
    wrong("no_zlib", &base64, "Base64Binary", "GZipBase64Binary", "no sound zlib", why)?;
    let why = "a character that is no base 64";
    wrong("no_base64", &base64, "</Data>", "*</Data>", "no base 64", why)?;
    let why = "a word that is no number";
    wrong("no_number", &words, "<Data>", "<Data>x", "expected a number of type float32", why)?;
    wrong("no_tag", plain, "<Data>", "<Data", "cannot be read", "a tag that does not end")?;
    wrong("entity", plain, "TIME_SERIES", "&x;", "the entity '&x;", "an unknown entity")?;
    let crc = plain.rfind("</Data>").expect("data");
    let mut other = plain.as_bytes().to_vec();
    // Within the checksum of the last zlib stream.
    let place = crc - 4;
    other[place] = if other[place] == b'A' { b'B' } else { b'A' };
    odd.no("gifti_checksum.func.gii", other, "no sound zlib", "the checksum of the last volume")?;
    let outside = Array { encoding: "ExternalFileBinary", ..VOLUME };
    for (name, beside, says, why) in [
        ("outside", "../gifti_external.dat", "a file in its own folder", "its samples elsewhere"),
        ("absolute", "/etc/hostname", "a file in its own folder", "its samples elsewhere"),
    ] {
        let element = outside.element(&[], (beside, 0));
        let name = format!("gifti_{name}.func.gii");
        odd.no(&name, file(1, "", &element), says, why)?;
    }
    Ok(())
}
