//! One of the two maps that are compared.

use crate::error::{Error, Result};
use crate::formats::Source;
use crate::pipeline::{Beside, OffGrid, on_grid_of, single_volume};
use crate::recipe::{RecordedDefinition, is_tsnr, recorded_map};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A map, and what its header records.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DiffSide {
    /// The name of the map.
    pub name: String,
    /// The file of the map, as it was given.
    pub path: PathBuf,
    /// The values of the map, the first axis fastest; NaN where it has none, which its file says by 0, NaN or
    /// infinity.
    pub values: Vec<f64>,
    /// The definition that its header records, if one does.
    pub definition: Option<RecordedDefinition>,
}

impl DiffSide {
    /// The first map and its image, whose grid the other images must have.
    pub(super) fn first(
        path: &Path,
        name: String,
        beside: &mut Beside,
    ) -> Result<(DiffSide, Arc<dyn Source>)> {
        let (values, image) = single_volume(path, beside)?;
        Ok((DiffSide::new(&*image, name, values)?, image))
    }

    /// The second map; `beside` is told if it lies elsewhere in space.
    pub(super) fn second(
        path: &Path,
        name: String,
        first: &dyn Source,
        beside: &mut Beside,
    ) -> Result<DiffSide> {
        let (values, image) = on_grid_of(path, "map", first, OffGrid::Told, beside)?;
        DiffSide::new(&*image, name, values)
    }

    /// # Errors
    /// A map of something else than the tSNR, by its header.
    fn new(image: &dyn Source, name: String, values: Vec<f64>) -> Result<DiffSide> {
        let (notes, path) = (image.notes()?, image.path());
        let texts = || notes.iter().map(String::as_str);
        if let Some(other) = texts().filter_map(recorded_map).find(|it| !is_tsnr(it)) {
            let problem = format!("a map of '{other}' by its header, expected one of the tSNR");
            return Err(Error::mismatch(problem).remedy("give the map of the tSNR").at(path));
        }
        let or_nan = |value: f64| if value == 0.0 || !value.is_finite() { f64::NAN } else { value };
        Ok(DiffSide {
            name,
            path: path.to_owned(),
            values: values.into_iter().map(or_nan).collect(),
            definition: texts().find_map(RecordedDefinition::from_text),
        })
    }
}
