//! A grid, and where it lies in space.

use super::plain_structure;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use twox_hash::XxHash3_64;

/// How far the positions of the same voxel in two images may lie apart, in millimetres,
/// before the images are said to lie differently. Float32 header fields of one geometry,
/// written by different tools, differ by about 1e-4 mm at the corners of a head-sized
/// grid; a shift of 0.01 mm is no rounding. What follows of runs is in `findings/affine_differs.rs`, of an
/// image beside them in `pipeline/on_grid.rs`.
pub const AFFINE_TOLERANCE_MM: f64 = 0.01;

/// The first three rows of the matrix from voxel indices `[i, j, k, 1]` to positions
/// `[x, y, z]`, in the spatial unit of the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine(pub [[f64; 4]; 3]);

impl Affine {
    /// The affine of a grid of which nothing is known but its voxel sizes: its centre at the
    /// origin and the first axis flipped, as nibabel takes it (`Nifti1Header.get_base_affine`). A
    /// size that is no positive number counts as 1.
    pub fn centred(shape: [usize; 3], voxel_sizes: [f32; 3]) -> Affine {
        let [dx, dy, dz] = positive(voxel_sizes);
        let centre = shape.map(|length| (length as f64 - 1.0) / 2.0);
        Affine([
            [-dx, 0.0, 0.0, dx * centre[0]],
            [0.0, dy, 0.0, -dy * centre[1]],
            [0.0, 0.0, dz, -dz * centre[2]],
        ])
    }

    /// The position of a voxel, indices first to third axis.
    pub fn position(&self, voxel: [f64; 3]) -> [f64; 3] {
        self.0.map(|row| row[0] * voxel[0] + row[1] * voxel[1] + row[2] * voxel[2] + row[3])
    }

    /// The affine from positions to voxel indices; none if that is not possible.
    pub fn inverse(&self) -> Option<Affine> {
        let [a, b, c] = self.0;
        let minor = |p: [f64; 4], q: [f64; 4], i: usize, j: usize| p[i] * q[j] - p[j] * q[i];
        let cofactors = [
            [minor(b, c, 1, 2), -minor(a, c, 1, 2), minor(a, b, 1, 2)],
            [-minor(b, c, 0, 2), minor(a, c, 0, 2), -minor(a, b, 0, 2)],
            [minor(b, c, 0, 1), -minor(a, c, 0, 1), minor(a, b, 0, 1)],
        ];
        let determinant = (0..3).map(|it| a[it] * cofactors[it][0]).sum::<f64>();
        let inverse = cofactors.map(|row| {
            let [x, y, z] = row.map(|it| it / determinant);
            [x, y, z, -(x * a[3] + y * b[3] + z * c[3])]
        });
        inverse.iter().flatten().all(|it| it.is_finite()).then_some(Affine(inverse))
    }

    /// Whether it gives each voxel axis a direction of its own: rows that were left at 0 do not.
    pub fn names_directions(&self) -> bool {
        let columns = [0, 1, 2].map(|column| self.0.map(|row| row[column]));
        let [a, b, c] = columns.map(|it| {
            let length = it.iter().map(|part| part * part).sum::<f64>().sqrt();
            it.map(|part| part / length)
        });
        let volume = a[0] * (b[1] * c[2] - b[2] * c[1])
            + a[1] * (b[2] * c[0] - b[0] * c[2])
            + a[2] * (b[0] * c[1] - b[1] * c[0]);
        // NaN, where a column is 0 or no number, is not above it.
        volume.abs() > 1e-6
    }

    /// The greatest distance between the two positions of a voxel of a grid of `shape`,
    /// in the unit of the affines. It is reached at a corner, so only those are looked at.
    pub fn greatest_displacement(&self, other: &Affine, shape: [usize; 3]) -> f64 {
        let last = shape.map(|length| length.saturating_sub(1) as f64);
        let mut greatest = 0.0_f64;
        for corner in 0..8 {
            let voxel =
                [0, 1, 2].map(|axis| if corner >> axis & 1 == 1 { last[axis] } else { 0.0 });
            let (a, b) = (self.position(voxel), other.position(voxel));
            let distance = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
            if distance.is_nan() {
                return f64::INFINITY;
            }
            greatest = greatest.max(distance);
        }
        greatest
    }
}

/// Voxel sizes, where one that is no positive number counts as 1 (nifti1_io does so too).
pub(super) fn positive(voxel_sizes: [f32; 3]) -> [f64; 3] {
    voxel_sizes.map(|size| {
        let size = f64::from(size).abs();
        if size > 0.0 && size.is_finite() { size } else { 1.0 }
    })
}

/// A grid, and where it lies in space.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// Lengths of the three spatial axes `[x, y, z]`, each at least 1.
    pub shape: [usize; 3],
    /// Where the grid lies in space.
    pub affine: Affine,
    /// The unit of positions and voxel sizes.
    pub unit: SpatialUnit,
    /// The voxel sizes along the three axes, as the image states them.
    pub voxel_sizes: [f32; 3],
    /// Whether it is known how the voxels lie in the body.
    pub orientation: Orientation,
    /// The points that stand in the place of voxels, where there is no grid: then its shape is their
    /// number, and nothing is meant by who is beside whom.
    pub points: Option<Arc<Points>>,
}

/// Points that lie on no grid, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Points {
    /// What they are.
    pub kind: PointsKind,
    /// How many there are.
    pub count: usize,
    /// The structures that they are of, in their order: all points have one.
    pub structures: Vec<Structure>,
    /// A hash of what says where each point lies: two files with one are of one space.
    pub mapping: u64,
}

impl Points {
    /// All vertices of a surface, of the structure that the file says, if it says one.
    pub fn of_surface(count: usize, structure: Option<&str>) -> Points {
        let mapping = XxHash3_64::oneshot(structure.unwrap_or_default().as_bytes());
        let structures = structure.map(|name| Structure { name: name.to_owned(), rows: 0..count });
        let structures = structures.into_iter().collect();
        Points { kind: PointsKind::Vertices, count, structures, mapping }
    }

    /// The name of the structure that the point at a place is of; empty if none is said.
    pub fn structure_of(&self, place: usize) -> &str {
        let at = self.structures.partition_point(|it| it.rows.end <= place);
        self.structures.get(at).map_or("", |it| &it.name)
    }

    /// Whether these are the points of another file: of one space, or vertices of as many of which either
    /// file does not say of what structure they are.
    pub fn are_those_of(&self, other: &Points) -> bool {
        let are_vertices = self.kind == PointsKind::Vertices && other.kind == PointsKind::Vertices;
        if !are_vertices {
            return self == other;
        }
        let [a, b] = [self, other].map(|it| plain_structure(it.structure_of(0)));
        self.count == other.count && (a.is_empty() || b.is_empty() || a == b)
    }

    /// How many there are and what they are, in words: `10242 vertices of CortexLeft`.
    pub fn in_words(&self) -> String {
        let (count, what) = (self.count, self.kind.in_words());
        match &self.structures[..] {
            [Structure { name, .. }] if self.kind == PointsKind::Vertices => {
                format!("{count} {what} of {name}")
            }
            _ => format!("{count} {what}"),
        }
    }
}

/// The points of a structure of the body, or a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// Its name, as the file has it: `CIFTI_STRUCTURE_CORTEX_LEFT`.
    pub name: String,
    /// The places of its points.
    pub rows: Range<usize>,
}

/// What points are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointsKind {
    /// Points on a surface, and voxels below it.
    Grayordinates,
    /// Regions, each of them one number.
    Parcels,
    /// The vertices of a surface.
    Vertices,
}

impl PointsKind {
    /// Many of them, in a word.
    pub fn in_words(self) -> &'static str {
        match self {
            PointsKind::Grayordinates => "grayordinates",
            PointsKind::Parcels => "parcels",
            PointsKind::Vertices => "vertices",
        }
    }
}

/// Whether it is known how the voxels of a grid lie in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// The image says so.
    Known,
    /// Nothing says so. The first axis is taken to run to the left, as nibabel takes it, which may
    /// be wrong.
    Unknown {
        /// The missing fact, in words: `no affine says how the voxels lie`.
        reason: &'static str,
    },
}

impl Orientation {
    /// The missing fact, in words, if the place is unknown.
    pub fn unknown_reason(self) -> Option<&'static str> {
        match self {
            Orientation::Known => None,
            Orientation::Unknown { reason } => Some(reason),
        }
    }
}

/// The unit of positions and voxel sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SpatialUnit {
    Unknown,
    Metre,
    Millimetre,
    Micrometre,
}

impl SpatialUnit {
    /// Millimetres in one unit; an unknown unit is taken for millimetres, as all tools do.
    pub fn millimetres(self) -> f64 {
        match self {
            SpatialUnit::Metre => 1e3,
            SpatialUnit::Millimetre | SpatialUnit::Unknown => 1.0,
            SpatialUnit::Micrometre => 1e-3,
        }
    }
}

impl fmt::Display for SpatialUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SpatialUnit::Unknown => "an unknown unit",
            SpatialUnit::Metre => "m",
            SpatialUnit::Millimetre => "mm",
            SpatialUnit::Micrometre => "um",
        })
    }
}

impl Geometry {
    /// The geometry of a grid without an affine; `reason` says what is missing.
    pub fn unoriented(
        shape: [usize; 3],
        voxel_sizes: [f32; 3],
        unit: SpatialUnit,
        reason: &'static str,
    ) -> Geometry {
        let affine = Affine::centred(shape, voxel_sizes);
        let orientation = Orientation::Unknown { reason };
        Geometry { shape, affine, unit, voxel_sizes, orientation, points: None }
    }

    /// The geometry of points that lie on no grid.
    pub fn of_points(points: Arc<Points>) -> Geometry {
        let shape = [points.count, 1, 1];
        let reason = "its points lie on no grid";
        let grid = Geometry::unoriented(shape, [1.0; 3], SpatialUnit::Unknown, reason);
        Geometry { points: Some(points), ..grid }
    }

    /// Whether another has the same grid, or the same points. A vector on a grid may be of vertices: NIfTI has
    /// no other place for them.
    pub fn is_of_one_grid_with(&self, other: &Geometry) -> bool {
        let are_one = match (&self.points, &other.points) {
            (Some(a), Some(b)) => a.are_those_of(b),
            (None, None) => true,
            (Some(points), None) | (None, Some(points)) => points.kind == PointsKind::Vertices,
        };
        self.shape == other.shape && are_one
    }

    /// The way in which another grid or other points differ, in words: `grid 5x4x3 differs from 5x4x4`.
    pub fn difference(&self, other: &Geometry) -> String {
        let [found, expected] = [self, other].map(Geometry::grid);
        match (&self.points, &other.points) {
            (Some(a), Some(b)) if a.in_words() == b.in_words() => {
                format!("its {found} are others than those")
            }
            (None, None) => format!("grid {found} differs from {expected}"),
            _ => format!("it has {found}, which differs from the {expected}"),
        }
    }

    /// The things of which a map has a value each, one or many of them in a word: `voxel`, `voxels`, and
    /// where there is no grid what the points are.
    pub fn thing(&self, count: usize) -> &'static str {
        let kind = self.points.as_ref().map(|it| it.kind);
        match (kind, count) {
            (None, 1) => "voxel",
            (None, _) => "voxels",
            (Some(PointsKind::Grayordinates), 1) => "grayordinate",
            (Some(PointsKind::Parcels), 1) => "parcel",
            (Some(PointsKind::Vertices), 1) => "vertex",
            (Some(kind), _) => kind.in_words(),
        }
    }

    /// Number of voxels of the grid.
    pub fn voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// The grid in words: `64x64x30`, or `91282 grayordinates`.
    pub fn grid(&self) -> String {
        if let Some(points) = &self.points {
            return points.in_words();
        }
        let [x, y, z] = self.shape;
        format!("{x}x{y}x{z}")
    }

    /// The greatest distance, in millimetres, between where this and another geometry of the same
    /// grid have a voxel; an unknown unit is taken for millimetres.
    pub fn greatest_displacement_mm(&self, other: &Geometry) -> f64 {
        let displacement = self.affine.greatest_displacement(&other.affine, self.shape);
        displacement * self.unit.millimetres()
    }

    /// Whether the grids differ, or have a voxel more than [`AFFINE_TOLERANCE_MM`] apart.
    pub fn lies_apart_from(&self, other: &Geometry) -> bool {
        self.shape != other.shape || self.greatest_displacement_mm(other) > AFFINE_TOLERANCE_MM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_affine_the_centre_is_the_origin_and_x_is_flipped() {
        let affine = Affine::centred([3, 5, 7], [2.0, 3.0, 4.0]);
        assert_eq!(affine.position([1.0, 2.0, 3.0]), [0.0; 3]);
        assert_eq!(affine.position([2.0, 2.0, 3.0]), [-2.0, 0.0, 0.0]);
        assert_eq!(
            Affine::centred([3, 5, 7], [0.0, f32::NAN, -4.0]),
            Affine::centred([3, 5, 7], [1.0, 1.0, 4.0])
        );
    }

    #[test]
    fn an_affine_of_zeros_or_with_parallel_axes_names_no_directions() {
        let straight = Affine::centred([3, 5, 7], [2.0, 3.0, 4.0]);
        assert!(straight.names_directions());
        let mut oblique = straight;
        oblique.0[1][0] = 0.3;
        assert!(oblique.names_directions());
        assert!(!Affine([[0.0; 4]; 3]).names_directions());
        let mut parallel = straight;
        (parallel.0[0][1], parallel.0[1][1]) = (5.0, 0.0);
        assert!(!parallel.names_directions());
        let mut unknown = straight;
        unknown.0[2][2] = f64::NAN;
        assert!(!unknown.names_directions());
    }

    // numpy 2.4.6: np.linalg.inv of the matrix with the row 0, 0, 0, 1 below.
    #[test]
    fn the_inverse_leads_back_to_the_voxel() {
        let affine =
            Affine([[-2.1, 0.15, 0.0, 4.0], [0.1, 2.4, -0.2, -3.0], [0.05, 0.3, 3.1, -2.5]]);
        let inverse = affine.inverse().unwrap();
        let expected = [
            -0.4747436384352449,
            0.02943410558298519,
            0.0018989745537409796,
            1.9920243068742878,
            0.020255728573237118,
            0.4120774781617927,
            0.026585643752373718,
            1.2216736295733637,
            0.00569692366122294,
            -0.040353209266995815,
            0.3199772123053551,
            0.6560957083175085,
        ];
        for (found, expected) in inverse.0.iter().flatten().zip(expected) {
            assert!((found - expected).abs() <= 1e-15, "{found} is not {expected}");
        }
        assert_eq!(Affine([[0.0; 4]; 3]).inverse(), None);
        assert_eq!(Affine([[f64::NAN; 4]; 3]).inverse(), None);
    }

    #[test]
    fn a_rotation_displaces_the_far_corner_most() {
        let straight = Affine::centred([3, 5, 7], [2.0, 3.0, 4.0]);
        let mut sheared = straight;
        sheared.0[0][2] = 0.5;
        assert_eq!(straight.greatest_displacement(&sheared, [3, 5, 7]), 3.0);
        assert_eq!(straight.greatest_displacement(&straight, [3, 5, 7]), 0.0);
    }
}
