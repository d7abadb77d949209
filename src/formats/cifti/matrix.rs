//! The XML of a CIFTI-2 file (CIFTI-2 specification, "The CIFTI XML").

use super::places;
use crate::error::{Error, Result};
use crate::formats::{Points, PointsKind, Structure, TimeUnit};
use roxmltree::{Document, Node};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use twox_hash::XxHash3_64;

/// The two axes of a matrix, as its XML has them.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    /// The element that says what stands along a row, in bytes of the XML.
    pub row_element: Range<usize>,
    pub row: Row,
    /// The points or parcels of which there is a row each.
    pub points: Arc<Points>,
}

/// The axis along a row: time points, or maps.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row {
    /// Time points, and their step.
    Series { points: usize, tr_seconds: Option<f64>, unit: TimeUnit },
    /// Maps, by their names.
    Scalars(Vec<String>),
    /// Maps of labels: of the first what each label is called.
    Labels { maps: usize, names: Vec<(i64, String)> },
}

impl Row {
    /// How many time points or maps a row has.
    pub fn length(&self) -> usize {
        match self {
            Row::Series { points, .. } => *points,
            Row::Scalars(names) => names.len(),
            Row::Labels { maps, .. } => *maps,
        }
    }
}

impl Matrix {
    /// The matrix that an XML describes. `path` is for remedies.
    ///
    /// # Errors
    /// A text that is no XML of CIFTI-2, or describes another sort of matrix; without the file's name.
    pub fn parse(text: &str, path: &Path) -> Result<Matrix> {
        let document = Document::parse(text)
            .map_err(|error| damaged(format!("its XML cannot be read: {error}")))?;
        let root = document.root_element();
        if !root.has_tag_name("CIFTI") {
            return Err(damaged(format!("its XML begins with <{}>", root.tag_name().name())));
        }
        let version = root.attribute("Version").unwrap_or_default();
        match version.split('.').next() {
            Some("2") => {}
            Some("1") => {
                return Err(Error::unsupported("a CIFTI-1 file, expected CIFTI-2").remedy(
                    format!(
                        "convert it, with Connectome Workbench: wb_command -file-convert \
                     -cifti-version-convert '{}' 2 OUT.dtseries.nii",
                        path.display()
                    ),
                ));
            }
            _ => return Err(damaged(format!("its XML is of version '{version}', expected 2"))),
        }
        let matrix = child(root, "Matrix").ok_or_else(|| damaged("its XML has no Matrix"))?;
        let maps: Vec<Node> =
            matrix.children().filter(|it| it.has_tag_name("MatrixIndicesMap")).collect();
        let of_axis = |axis: &str| {
            let mut found = maps.iter().filter(|it| is_of_axis(**it, axis));
            match (found.next(), found.next()) {
                (Some(map), None) => Ok(*map),
                (None, _) => Err(damaged(format!("its XML does not say what dimension {axis} is"))),
                (Some(_), Some(_)) => Err(damaged(format!("dimension {axis} is described twice"))),
            }
        };
        if maps.iter().any(|it| it.attribute("AppliesToMatrixDimension") == Some("2")) {
            return Err(unsupported("three dimensions".to_owned()));
        }
        let (along, across) = (of_axis("0")?, of_axis("1")?);
        let row = match kind(along) {
            "CIFTI_INDEX_TYPE_SERIES" => series(along)?,
            "CIFTI_INDEX_TYPE_SCALARS" => {
                Row::Scalars(named_maps(along).map(name_of_map).collect())
            }
            "CIFTI_INDEX_TYPE_LABELS" => Row::Labels {
                maps: named_maps(along).count(),
                names: named_maps(along).next().map(labels).unwrap_or_default(),
            },
            other => return Err(unsupported(format!("{} along a row", in_words(other)))),
        };
        if row.length() == 0 {
            return Err(damaged("its rows have no length"));
        }
        let structures = match kind(across) {
            "CIFTI_INDEX_TYPE_BRAIN_MODELS" => (PointsKind::Grayordinates, brain_models(across)?),
            "CIFTI_INDEX_TYPE_PARCELS" => (PointsKind::Parcels, parcels(across)),
            other => return Err(unsupported(format!("rows of {}", in_words(other)))),
        };
        let (kind, (count, structures)) = structures;
        if count == 0 {
            return Err(damaged(format!("its XML has no {}", kind.in_words())));
        }
        // Programs write one space in many ways; what does not say where its points lie is compared as text.
        let mapping = match places::of_map(across) {
            Ok(places) => places.hash(),
            Err(_) => XxHash3_64::oneshot(as_one_text(across).as_bytes()),
        };
        let points = Arc::new(Points { kind, count, structures, mapping });
        Ok(Matrix { row_element: along.range(), row, points })
    }
}

impl Matrix {
    /// The maps along a row by their names, where it is no series.
    pub fn particulars(&self) -> Vec<(&'static str, String)> {
        match &self.row {
            Row::Series { .. } => Vec::new(),
            Row::Scalars(names) => vec![("MapName", names.join(", "))],
            Row::Labels { maps, .. } => vec![("label maps", maps.to_string())],
        }
    }
}

/// The step of a series in seconds: `SeriesStep` times ten to the power of `SeriesExponent`.
fn series(node: Node) -> Result<Row> {
    let attribute = |name: &str| {
        node.attribute(name).ok_or_else(|| damaged(format!("its series has no {name}")))
    };
    let number = |name: &str| {
        let text = attribute(name)?;
        let wrong = || damaged(format!("{name} of its series is '{text}', expected a number"));
        text.trim().parse::<f64>().map_err(|_| wrong())
    };
    let text = attribute("NumberOfSeriesPoints")?;
    let points = text.trim().parse().map_err(|_| {
        damaged(format!("NumberOfSeriesPoints is '{text}', expected a whole number"))
    })?;
    // Through the decimal form, so that 72 times 10^-2 is 0.72.
    let (step, exponent) = (number("SeriesStep")?, number("SeriesExponent")?);
    let step: f64 = format!("{step}e{exponent}").parse().unwrap_or(f64::NAN);
    let is_time = attribute("SeriesUnit")? == "SECOND";
    let unit = if is_time { TimeUnit::Second } else { TimeUnit::Unknown };
    let tr_seconds = (is_time && step > 0.0 && step.is_finite()).then_some(step);
    Ok(Row::Series { points, tr_seconds, unit })
}

/// The structures of a dense file, each with its rows, and how many rows there are.
fn brain_models(node: Node) -> Result<(usize, Vec<Structure>)> {
    let mut structures: Vec<Structure> = Vec::new();
    for model in node.children().filter(|it| it.has_tag_name("BrainModel")) {
        let name = structure_of(model);
        let (first, count) = (count_in(model, "IndexOffset")?, count_in(model, "IndexCount")?);
        let end = first.checked_add(count).ok_or_else(|| damaged(format!("{name} has no end")))?;
        structures.push(Structure { name: name.to_owned(), rows: first..end });
    }
    structures.sort_by_key(|it| it.rows.start);
    let mut end = 0;
    for Structure { name, rows } in &structures {
        if rows.start != end {
            let problem = format!("{name} begins at row {}, expected {end}", rows.start);
            return Err(damaged(problem));
        }
        end = rows.end;
    }
    Ok((end, structures))
}

/// The parcels, a row each.
fn parcels(node: Node) -> (usize, Vec<Structure>) {
    let parcels = node.children().filter(|it| it.has_tag_name("Parcel"));
    let parcel = |(row, it): (usize, Node)| {
        let name = it.attribute("Name").map_or_else(|| format!("parcel-{row}"), str::to_owned);
        Structure { name, rows: row..row + 1 }
    };
    let structures: Vec<Structure> = parcels.enumerate().map(parcel).collect();
    (structures.len(), structures)
}

/// Whether an element says what stands along an axis.
pub(super) fn is_of_axis(map: Node, axis: &str) -> bool {
    let axes = map.attribute("AppliesToMatrixDimension").unwrap_or_default();
    axes.split(',').any(|it| it.trim() == axis)
}

/// The name of the structure that an element is of.
pub(super) fn structure_of<'a>(node: Node<'a, 'a>) -> &'a str {
    node.attribute("BrainStructure").unwrap_or("UNKNOWN")
}

/// A count that an element of a structure states.
///
/// # Errors
/// An attribute that is missing, or no whole number; without the file's name.
pub(super) fn count_in(node: Node, attribute: &str) -> Result<usize> {
    let text = node.attribute(attribute).unwrap_or_default();
    text.trim().parse().map_err(|_| {
        let name = structure_of(node);
        damaged(format!("{attribute} of {name} is '{text}', expected a whole number"))
    })
}

/// The sort of an axis.
pub(super) fn kind<'a>(axis: Node<'a, 'a>) -> &'a str {
    axis.attribute("IndicesMapToDataType").unwrap_or_default()
}

fn named_maps<'a>(node: Node<'a, 'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(|it| it.has_tag_name("NamedMap"))
}

fn name_of_map(map: Node) -> String {
    child(map, "MapName").and_then(|it| it.text()).unwrap_or_default().trim().to_owned()
}

/// The labels of a map, by their keys.
fn labels(map: Node) -> Vec<(i64, String)> {
    let table = child(map, "LabelTable");
    let labels = table.into_iter().flat_map(|it| it.children());
    let label = |it: Node| {
        let key = it.attribute("Key")?.trim().parse().ok()?;
        Some((key, it.text().unwrap_or_default().trim().to_owned()))
    };
    labels.filter(|it| it.has_tag_name("Label")).filter_map(label).collect()
}

pub(super) fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.children().find(|it| it.has_tag_name(name))
}

/// A tree as one text, in which neither the order of attributes nor space counts.
fn as_one_text(tree: Node) -> String {
    let mut text = String::new();
    // One after the other, however deep: what others wrote may be deeper than a stack.
    for node in tree.descendants() {
        match node.text().filter(|_| node.is_text()) {
            Some(words) => words.split_whitespace().for_each(|word| text.extend([word, " "])),
            None if node.is_element() => {
                text.extend(["<", node.tag_name().name()]);
                let mut attributes: Vec<(&str, &str)> =
                    node.attributes().map(|it| (it.name(), it.value())).collect();
                attributes.sort_unstable();
                attributes.iter().for_each(|(name, value)| text.extend([" ", name, "=", value]));
                text.push('>');
            }
            None => {}
        }
    }
    text
}

/// A sort of axis by its attribute.
fn in_words(kind: &str) -> String {
    let name = kind.strip_prefix("CIFTI_INDEX_TYPE_").unwrap_or(kind);
    name.to_lowercase().replace('_', " ")
}

fn unsupported(what: String) -> Error {
    Error::unsupported(format!(
        "a CIFTI-2 file with {what}, expected a dense or parcellated series (dtseries, ptseries)"
    ))
}

pub(super) fn damaged(problem: impl Into<String>) -> Error {
    let problem = problem.into();
    Error::damaged(format!("a damaged CIFTI-2 file: {problem}")).remedy("copy or convert it again")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODELS: &str = r#"<MatrixIndicesMap AppliesToMatrixDimension="1" IndicesMapToDataType="CIFTI_INDEX_TYPE_BRAIN_MODELS">
      <BrainModel IndexOffset="0" IndexCount="2" ModelType="CIFTI_MODEL_TYPE_SURFACE" BrainStructure="CIFTI_STRUCTURE_CORTEX_LEFT" SurfaceNumberOfVertices="4"><VertexIndices>0 2</VertexIndices></BrainModel>
      <BrainModel IndexOffset="2" IndexCount="1" ModelType="CIFTI_MODEL_TYPE_VOXELS" BrainStructure="CIFTI_STRUCTURE_THALAMUS_LEFT"><VoxelIndicesIJK>1 2 3</VoxelIndicesIJK></BrainModel>
      </MatrixIndicesMap>"#;
    const SERIES: &str = r#"<MatrixIndicesMap AppliesToMatrixDimension="0" IndicesMapToDataType="CIFTI_INDEX_TYPE_SERIES" NumberOfSeriesPoints="5" SeriesExponent="-2" SeriesStart="0" SeriesStep="72" SeriesUnit="SECOND"/>"#;

    fn parse(version: &str, maps: &str) -> Result<Matrix> {
        let text = format!(r#"<CIFTI Version="{version}"><Matrix>{maps}</Matrix></CIFTI>"#);
        Matrix::parse(&text, Path::new("run.dtseries.nii"))
    }

    #[test]
    fn axes_are_understood_in_either_order() {
        for maps in [[SERIES, MODELS], [MODELS, SERIES]] {
            let matrix = parse("2", &maps.concat()).unwrap();
            let tr_seconds = Some(0.72);
            let series = Row::Series { points: 5, tr_seconds, unit: TimeUnit::Second };
            assert_eq!(matrix.row, series);
            let start = r#"<CIFTI Version="2"><Matrix>"#.len();
            let element = matrix.row_element.start - start..matrix.row_element.end - start;
            assert_eq!(&maps.concat()[element], SERIES);
            assert_eq!((matrix.points.count, matrix.points.structures.len()), (3, 2));
            assert_eq!(matrix.points.structures[1].rows, 2..3);
        }
    }

    #[test]
    fn spaces_are_one_if_their_trees_are() {
        let mapping = |models: &str| parse("2", &[SERIES, models].concat()).unwrap().points;
        let turned = MODELS
            .replace(r#"IndexOffset="0" IndexCount="2""#, r#"IndexCount="2" IndexOffset="0""#);
        assert_eq!(mapping(MODELS), mapping(&turned.replace("0 2<", "0\n2 <")));
        assert_ne!(mapping(MODELS), mapping(&MODELS.replace("0 2<", "0 3<")));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |version: &str, maps: &str| parse(version, maps).unwrap_err().to_string();
        let both = [SERIES, MODELS].concat();
        assert!(error("1", &both).contains("-cifti-version-convert 'run.dtseries.nii' 2"));
        for (from, to, says) in [
            (r#"NumberOfSeriesPoints="5""#, "", "no NumberOfSeriesPoints"),
            (r#"SeriesStep="72""#, r#"SeriesStep="x""#, "SeriesStep of its series is 'x'"),
            ("TYPE_SERIES", "TYPE_PARCELS", "parcels along a row"),
            ("TYPE_BRAIN_MODELS", "TYPE_SERIES", "rows of series"),
            (r#"IndexOffset="2""#, r#"IndexOffset="3""#, "begins at row 3, expected 2"),
            (r#"IndexCount="1""#, r#"IndexCount="-1""#, "IndexCount of CIFTI_STRUCTURE_THALAMUS"),
            (r#"Dimension="1""#, r#"Dimension="0,1""#, "dimension 0 is described twice"),
            (r#"Dimension="1""#, r#"Dimension="2""#, "three dimensions"),
            ("</BrainModel>", "</Other>", "cannot be read"),
        ] {
            let found = error("2", &both.replacen(from, to, 1));
            assert!(found.contains(says), "{says}: {found}");
        }
    }
}
