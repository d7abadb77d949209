//! Surfaces that are given to draw points on.

use crate::error::{Error, Result};
use crate::formats::gifti::Surface;
use crate::formats::{Hemisphere, OnSurface, PointsPlaces, hemisphere, plain_structure};
use std::path::{Path, PathBuf};

/// A surface that is given, and the points of the runs that lie on it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlacedSurface {
    /// The place of these points in [`PointsPlaces::on_surfaces`].
    pub number: usize,
    /// The hemisphere that it is.
    pub hemisphere: Hemisphere,
    /// The surface.
    pub surface: Surface,
}

/// The surfaces in these files, each with the points that lie on it.
///
/// # Errors
/// Points that lie on no surface; a file that is no surface, or one of another structure or with another
/// number of vertices than those of the points; two of one structure.
pub(super) fn on_which_points_lie(
    paths: &[PathBuf],
    places: Option<&PointsPlaces>,
) -> Result<Vec<PlacedSurface>> {
    let mut found: Vec<PlacedSurface> = Vec::new();
    for path in paths {
        let all = places.map_or(&[][..], |it| &it.on_surfaces);
        if all.is_empty() {
            return Err(Error::mismatch(
                "a surface, where the runs have no points that lie on one",
            )
            .remedy("leave it out, or give CIFTI or GIFTI runs")
            .at(path));
        }
        let surface = Surface::read(path)?;
        let structure =
            surface.structure.as_deref().or_else(|| by_name(path)).ok_or_else(|| {
                Error::mismatch("a surface that does not say of which hemisphere it is")
                .remedy(
                    "say so, with Connectome Workbench: wb_command -set-structure FILE CORTEX_LEFT",
                )
                .at(path)
            })?;
        let number = number_of(all, structure, surface.points.len());
        let number = number.map_err(|error| error.at(path))?;
        let on = &all[number];
        if found.iter().any(|it| it.number == number) {
            return Err(Error::mismatch(format!("a second surface of {}", named(on)))
                .remedy("give one of each hemisphere")
                .at(path));
        }
        // Points of which no structure is said lie on what is given.
        let name = if on.structure.is_empty() { structure } else { &on.structure };
        let hemisphere = hemisphere(name).ok_or_else(|| {
            Error::unsupported(format!(
                "a surface of {name}, which is no hemisphere of the cortex and is not drawn"
            ))
            .remedy("give surfaces of the left and the right cortex")
            .at(path)
        })?;
        found.push(PlacedSurface { number, hemisphere, surface });
    }
    Ok(found)
}

/// The number of the points that lie on a surface of this structure and so many vertices.
fn number_of(all: &[OnSurface], structure: &str, vertices: usize) -> Result<usize> {
    let is_of = |it: &OnSurface| plain_structure(&it.structure) == plain_structure(structure);
    // Vertices of which the file does not say of what structure they are.
    let unsaid = || all.iter().position(|it| it.structure.is_empty());
    let Some(number) = all.iter().position(is_of).or_else(unsaid) else {
        let known: Vec<&str> = all.iter().map(|it| it.structure.as_str()).collect();
        return Err(Error::mismatch(format!(
            "a surface of {structure}, expected one of {}",
            known.join(", ")
        ))
        .remedy("give a surface on which points of the runs lie"));
    };
    let on = &all[number];
    match on.vertices == vertices {
        true => Ok(number),
        false => Err(Error::mismatch(format!(
            "a surface of {vertices} vertices, expected the {} of {}",
            on.vertices,
            named(on)
        ))
        .remedy("give one of the same mesh (fsLR 32k, fsaverage5, ...)")),
    }
}

/// The points on a surface, in words.
fn named(on: &OnSurface) -> &str {
    if on.structure.is_empty() { "the runs" } else { &on.structure }
}

/// The hemisphere that a file is of by its name, as BIDS, the HCP and FreeSurfer have it.
fn by_name(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let says = |of: [&str; 4]| {
        let [entity, part, first, freesurfer] = of;
        name.contains(entity)
            || name.contains(part)
            || name.starts_with(first)
            || name.starts_with(freesurfer)
    };
    match (says(["hemi-l", ".l.", "l.", "lh."]), says(["hemi-r", ".r.", "r.", "rh."])) {
        (true, false) => Some("CortexLeft"),
        (false, true) => Some("CortexRight"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_hemisphere() {
        for (name, expected) in [
            ("sub-01_hemi-L_midthickness.surf.gii", Some("CortexLeft")),
            ("100307.R.midthickness.32k_fs_LR.surf.gii", Some("CortexRight")),
            ("lh.pial.surf.gii", Some("CortexLeft")),
            ("R.surf.gii", Some("CortexRight")),
            ("pial.surf.gii", None),
        ] {
            assert_eq!(by_name(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_surface_is_of_the_structure_and_mesh_of_the_points() {
        let structure = "CIFTI_STRUCTURE_CORTEX_LEFT".to_owned();
        let all = [OnSurface { structure, vertices: 9, points: Vec::new() }];
        assert_eq!(number_of(&all, "CortexLeft", 9).unwrap(), 0);
        let error = |structure, count| number_of(&all, structure, count).unwrap_err().to_string();
        assert!(error("CortexRight", 9).starts_with("a surface of CortexRight, expected one of"));
        assert!(error("CortexLeft", 8).starts_with("a surface of 8 vertices, expected the 9"));
    }
}
