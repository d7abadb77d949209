//! Maps as CIFTI-2 files: the XML of the run, in which names of maps take the place of the series.

use super::matrix::Matrix;
use super::reader::XML;
use crate::error::{Error, Result, Setting};
use crate::formats::nifti::{
    Extension, Fields, MOST_DESCRIPTION_BYTES, Standard, datatype_of, fixed,
};
use crate::formats::{MapFile, MapFormat, MapSink, PointsKind};
use crate::markup::escaped;
use std::io::{self, Write};
use std::ops::Range;

/// The writer of maps of the points of a file.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    text: String,
    row_element: Range<usize>,
    kind: PointsKind,
    points: usize,
}

impl Sink {
    /// Maps of the points of a matrix. Kept is its XML, `text`, but for what it says of its rows.
    pub fn new(text: String, matrix: &Matrix) -> Sink {
        Sink {
            text,
            row_element: matrix.row_element.clone(),
            kind: matrix.points.kind,
            points: matrix.points.count,
        }
    }

    /// The XML for maps of these names.
    fn xml(&self, names: &[String]) -> String {
        let Range { start, end } = self.row_element;
        let named =
            |name: &String| format!("<NamedMap><MapName>{}</MapName></NamedMap>", escaped(name));
        format!(
            "{}<MatrixIndicesMap AppliesToMatrixDimension=\"0\" \
             IndicesMapToDataType=\"CIFTI_INDEX_TYPE_SCALARS\">{}</MatrixIndicesMap>{}",
            &self.text[..start],
            names.iter().map(named).collect::<String>(),
            &self.text[end..]
        )
    }

    fn write_plain(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
    ) -> io::Result<()> {
        let xml = Extension::new(XML, self.xml(&file.names).into_bytes());
        let notes = file.notes.iter().map(|note| Extension::comment(note));
        // The XML goes first: some readers look no further.
        let extensions: Vec<Extension> = [xml].into_iter().chain(notes).collect();
        let extension_bytes: usize = extensions.iter().map(Extension::bytes).sum();
        let (datatype, bitpix) = datatype_of(file.precision);
        let (intent_code, intent_name) = match self.kind {
            PointsKind::Grayordinates | PointsKind::Vertices => (3006, *b"ConnDenseScalar\0"),
            PointsKind::Parcels => (3008, *b"ConnParcelScalr\0"),
        };
        let fields = Fields {
            dim: [6, 1, 1, 1, 1, file.names.len() as i64, self.points as i64, 1],
            datatype,
            bitpix,
            pixdim: [1.0; 8],
            vox_offset: Standard::Two.first_voxel_offset() as f64 + extension_bytes as f64,
            scl_slope: 1.0,
            xyzt_units: 10,
            intent_code,
            intent_name,
            descrip: fixed(file.description.as_bytes(), MOST_DESCRIPTION_BYTES),
            ..Fields::default()
        };
        to.write_all(&fields.to_bytes(Standard::Two))?;
        to.write_all(&[1, 0, 0, 0])?;
        extensions.iter().try_for_each(|extension| extension.write(to))?;
        file.precision.write_values(to, values)
    }
}

impl MapSink for Sink {
    fn format(&self, asked: Option<MapFormat>) -> Result<MapFormat> {
        match asked {
            None => Ok(MapFormat::Cifti2),
            Some(asked) => Err(Error::unsupported(format!(
                "{} is asked for, and {} lie on no grid: their maps are CIFTI-2",
                asked.name(),
                self.kind.in_words()
            ))
            .remedy("ask for no format, and give names that end in .nii")
            .settings([Setting::MapFormat])),
        }
    }

    fn write(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
    ) -> io::Result<()> {
        assert_eq!(values.len(), self.points * file.names.len(), "a value for each point and map");
        file.encoding.write(to, |to| self.write_plain(to, values, file))
    }

    fn left_out(&self) -> &[String] {
        &[]
    }
}
