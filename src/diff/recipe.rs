//! The request for a comparison of two maps, as plain data.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The request: two maps, where they are looked at, and regions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DiffRecipe {
    /// The first map, against which the second is held.
    pub a: PathBuf,
    /// The second map, on the same grid.
    pub b: PathBuf,
    /// The names of the maps; by their files if none are given.
    pub names: Option<[String; 2]>,
    /// Where the maps are looked at; everywhere if there is none.
    pub mask: Option<DiffMask>,
    /// A voxel of a mask image is inside from this value on; what is not 0 if there is none.
    pub mask_threshold: Option<f64>,
    /// Whether a mask and an atlas that lie elsewhere than the maps are resampled to their grid, each
    /// voxel from the nearest one.
    pub is_resampled: bool,
    /// An image of labels on the grid of the maps: each label but 0 is a region.
    pub atlas: Option<PathBuf>,
    /// The names of the labels.
    pub atlas_labels: Option<PathBuf>,
    /// Whether maps are compared whose headers record different definitions.
    pub is_any_definition_allowed: bool,
    /// Memory that may be used, in bytes; what the machine has if none is given.
    pub memory_limit: Option<u64>,
    /// Whether a page is to be made, for which memory is provided.
    pub is_reported: bool,
    /// The memory that a picture takes, in bytes; 0 without one.
    pub picture_bytes: u64,
}

/// Where two maps are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DiffMask {
    /// Where both maps have a value.
    Auto,
    /// An image on the grid of the maps: what is not 0 is inside.
    File(PathBuf),
}

impl DiffRecipe {
    /// The recipe of a plain comparison of B against A.
    pub fn new(a: impl Into<PathBuf>, b: impl Into<PathBuf>) -> DiffRecipe {
        DiffRecipe { a: a.into(), b: b.into(), ..DiffRecipe::default() }
    }

    /// The names of the maps: as they were given, else of their files, or their paths where the
    /// files have one name.
    pub(super) fn map_names(&self) -> [String; 2] {
        if let Some(names) = &self.names {
            return names.clone();
        }
        let paths = [&self.a, &self.b];
        let files =
            paths.map(|it| it.file_name().unwrap_or_default().to_string_lossy().into_owned());
        if files[0] == files[1] { paths.map(|it| it.display().to_string()) } else { files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_called_by_their_files_by_their_paths_or_as_one_says() {
        assert_eq!(DiffRecipe::new("x/a.nii", "y/b.nii").map_names(), ["a.nii", "b.nii"]);
        assert_eq!(DiffRecipe::new("x/a.nii", "y/a.nii").map_names(), ["x/a.nii", "y/a.nii"]);
        let names = Some(["before".to_owned(), "after".to_owned()]);
        let recipe = DiffRecipe { names, ..DiffRecipe::new("a.nii", "b.nii") };
        assert_eq!(recipe.map_names(), ["before", "after"]);
    }
}
