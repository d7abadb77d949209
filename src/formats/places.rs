//! Where points that are no voxels of a grid lie: on surfaces, and in some voxels of a volume.

use super::{Affine, Points};
use std::ops::Range;
use twox_hash::XxHash3_64;

/// The places of the points of an image that has no grid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointsPlaces {
    /// The surfaces on which points lie, each once.
    pub on_surfaces: Vec<OnSurface>,
    /// The volume in which the others lie, if there are any.
    pub in_volume: Option<InVolume>,
}

/// The points that lie on one surface.
#[derive(Clone, Debug, PartialEq)]
pub struct OnSurface {
    /// The structure of the body, as the file has it: `CIFTI_STRUCTURE_CORTEX_LEFT`.
    pub structure: String,
    /// How many vertices the whole surface has.
    pub vertices: usize,
    /// Vertices, each with the place of its point.
    pub points: Vec<(u32, u32)>,
}

/// The points that are voxels of a volume.
#[derive(Clone, Debug, PartialEq)]
pub struct InVolume {
    /// Voxels along the three axes of the whole volume.
    pub shape: [usize; 3],
    /// Where the volume lies, in mm.
    pub affine: Affine,
    /// Voxels, each with the place of its point.
    pub points: Vec<([u16; 3], u32)>,
}

/// The voxels around those that have points that belong to the part which holds them.
const MARGIN: usize = 3;

/// The positions of two volumes are one where they differ by no more, in mm.
const ROUNDING_MM: f64 = 1e-3;

impl PointsPlaces {
    /// All vertices of a surface, in their order.
    pub fn of_surface(points: &Points) -> PointsPlaces {
        let each = 0..points.count as u32;
        let on_surface = OnSurface {
            structure: points.structure_of(0).to_owned(),
            vertices: points.count,
            points: each.map(|it| (it, it)).collect(),
        };
        PointsPlaces { on_surfaces: vec![on_surface], in_volume: None }
    }

    /// A hash of which point lies where, in whatever order and with whatever digits a file says so.
    pub fn hash(&self) -> u64 {
        let mut bytes = Vec::new();
        let mut put = |number: i64| bytes.extend(number.to_le_bytes());
        let mut surfaces: Vec<&OnSurface> = self.on_surfaces.iter().collect();
        surfaces.sort_by_key(|it| plain_structure(&it.structure));
        for surface in surfaces {
            plain_structure(&surface.structure).bytes().for_each(|it| put(it.into()));
            put(surface.vertices as i64);
            let mut points = surface.points.clone();
            points.sort_unstable();
            points.iter().for_each(|&(vertex, point)| {
                put(vertex.into());
                put(point.into());
            });
        }
        if let Some(volume) = &self.in_volume {
            volume.shape.iter().for_each(|&it| put(it as i64));
            let affine = volume.affine.0.as_flattened();
            affine.iter().for_each(|it| put((it / ROUNDING_MM).round() as i64));
            let mut points = volume.points.clone();
            points.sort_unstable();
            for (voxel, point) in points {
                voxel.into_iter().for_each(|it| put(it.into()));
                put(point.into());
            }
        }
        XxHash3_64::oneshot(&bytes)
    }
}

impl InVolume {
    /// The part of the volume that holds its points, with a few voxels around them: along each axis the
    /// first voxel, and the one behind the last.
    pub fn part(&self) -> [Range<usize>; 3] {
        [0, 1, 2].map(|axis| {
            let along = || self.points.iter().map(|(voxel, _)| usize::from(voxel[axis]));
            let first = along().min().unwrap_or(0).saturating_sub(MARGIN);
            first..(along().max().unwrap_or(0) + 1 + MARGIN).min(self.shape[axis])
        })
    }
}

/// The name of a structure as all formats mean it: `cortexleft` of `CIFTI_STRUCTURE_CORTEX_LEFT` and of
/// `CortexLeft`.
pub fn plain_structure(name: &str) -> String {
    let name = name.strip_prefix("CIFTI_STRUCTURE_").unwrap_or(name);
    name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

/// The hemisphere that a structure of the cortex is.
pub fn hemisphere(structure: &str) -> Option<Hemisphere> {
    match plain_structure(structure).as_str() {
        "cortexleft" => Some(Hemisphere::Left),
        "cortexright" => Some(Hemisphere::Right),
        _ => None,
    }
}

/// A hemisphere of the cortex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hemisphere {
    /// That at the left of the body.
    Left,
    /// That at the right.
    Right,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structure_has_one_name_in_all_formats() {
        for name in ["CIFTI_STRUCTURE_CORTEX_LEFT", "CortexLeft", "CORTEX_LEFT"] {
            assert_eq!(plain_structure(name), "cortexleft");
        }
    }
}
