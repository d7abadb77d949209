//! A grid in space, and the values on it.

use super::orientation::BodyOrientation;
use crate::error::{Error, Result};
use crate::numbers::millimetres;
use std::borrow::Cow;

/// The warning beside pictures of a grid of which it is not known how its voxels lie, as a
/// sentence: `reason` says what is missing.
pub fn unknown_sides(reason: &str) -> String {
    format!("Left and right are unknown: {reason}.")
}

/// A grid of voxels and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Voxels along `[x, y, z]`, of which the first is fastest in memory.
    pub shape: [usize; 3],
    /// The first three rows of the matrix from voxel indices `[i, j, k, 1]` to millimetres;
    /// x grows to the patient's right, y to anterior, z to superior.
    pub affine: [[f64; 4]; 3],
    /// The fact that is missing where the affine is a guess from the voxel sizes, in words: `no affine says
    /// how the voxels lie`. Where it is known, none.
    pub unknown_sides: Option<&'static str>,
}

impl Grid {
    /// How many voxels it has.
    pub fn voxel_count(&self) -> usize {
        self.shape.iter().product()
    }

    /// The distance between neighbouring voxels along each voxel axis, in millimetres; 1 where the
    /// affine gives none.
    pub fn voxel_sizes(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| {
            let size = self.affine.iter().map(|row| row[axis] * row[axis]).sum::<f64>().sqrt();
            if size > 0.0 && size.is_finite() { size } else { 1.0 }
        })
    }

    /// Whether the affine is known, and not a guess from the voxel sizes.
    pub fn is_oriented(&self) -> bool {
        self.unknown_sides.is_none()
    }

    /// The directions in the body in which its axes point.
    pub fn orientation(&self) -> BodyOrientation {
        BodyOrientation::of_affine(&self.affine)
    }

    /// Where left is in pictures of it, as a sentence for a reader.
    pub fn sides_in_words(&self) -> Cow<'static, str> {
        match self.unknown_sides {
            None => "The patient's left is at the left.".into(),
            Some(reason) => unknown_sides(reason).into(),
        }
    }

    /// Where a slice lies, as [`slice_position`](Grid::slice_position) has it, in words without the unit;
    /// no two slices lie at one place.
    pub fn place(&self, voxel_axis: usize, index: usize) -> String {
        let [here, next] = [index, index + 1].map(|it| self.slice_position(voxel_axis, it));
        millimetres(here, (next - here).abs())
    }

    /// Where the centre of a slice across a voxel axis lies along the body axis that the voxel
    /// axis follows, in millimetres. In an oblique grid other points of the slice lie elsewhere.
    pub fn slice_position(&self, voxel_axis: usize, index: usize) -> f64 {
        let mut voxel = self.shape.map(|length| length.saturating_sub(1) as f64 / 2.0);
        voxel[voxel_axis] = index as f64;
        let row = self.affine[self.orientation().axes[voxel_axis].number];
        row[0] * voxel[0] + row[1] * voxel[1] + row[2] * voxel[2] + row[3]
    }
}

/// One value for each voxel of a grid, NaN where it is undefined.
#[derive(Clone, Debug)]
pub struct Volume<'a> {
    grid: &'a Grid,
    values: Cow<'a, [f64]>,
}

impl<'a> Volume<'a> {
    /// Values on a grid, the first axis fastest.
    ///
    /// # Errors
    /// If there is not one value for each voxel.
    pub fn new(grid: &'a Grid, values: &'a [f64]) -> Result<Volume<'a>> {
        expect_one_each(grid, values.len(), "values")?;
        Ok(Volume { grid, values: Cow::Borrowed(values) })
    }

    /// The volume within a mask, undefined outside.
    ///
    /// # Errors
    /// If the mask is not one of this grid.
    pub fn within(self, mask: &[bool]) -> Result<Volume<'a>> {
        expect_one_each(self.grid, mask.len(), "voxels of the mask")?;
        if self.values.iter().zip(mask).all(|(value, is_in)| *is_in || value.is_nan()) {
            return Ok(self);
        }
        let masked = self.values.iter().zip(mask).map(|(&value, &is_in)| match is_in {
            true => value,
            false => f64::NAN,
        });
        Ok(Volume { grid: self.grid, values: masked.collect() })
    }

    /// The grid of the volume.
    pub fn grid(&self) -> &'a Grid {
        self.grid
    }

    /// The values of the volume, the first axis fastest.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values that are finite.
    pub fn defined(&self) -> Vec<f64> {
        self.values.iter().copied().filter(|value| value.is_finite()).collect()
    }
}

fn expect_one_each(grid: &Grid, found: usize, what: &str) -> Result<()> {
    if found == grid.voxel_count() {
        return Ok(());
    }
    let [x, y, z] = grid.shape;
    Err(Error::mismatch(format!(
        "{found} {what}, expected one for each voxel of a {x}x{y}x{z} grid"
    ))
    .remedy("give maps and masks of one grid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid of 2 mm, 3 mm and 4 mm along the body's axes.
    pub(crate) fn upright(shape: [usize; 3]) -> Grid {
        Grid {
            shape,
            affine: [[2.0, 0.0, 0.0, -10.0], [0.0, 3.0, 0.0, 5.0], [0.0, 0.0, 4.0, -8.0]],
            unknown_sides: None,
        }
    }

    #[test]
    fn a_slice_lies_where_its_centre_lies() {
        let grid = upright([3, 5, 7]);
        assert_eq!(grid.voxel_sizes(), [2.0, 3.0, 4.0]);
        assert_eq!(grid.slice_position(2, 3), 4.0);
        assert_eq!(grid.slice_position(0, 0), -10.0);
        let oblique = Grid {
            affine: [[2.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0], [0.0, 0.5, 4.0, 0.0]],
            ..grid
        };
        assert_eq!(oblique.slice_position(2, 1), 4.0 + 2.0 * 0.5);
        assert_eq!([0, 1].map(|index| oblique.place(2, index)), ["1", "5"]);
        // Voxels of 1 mm, whose centres are nearer along the axis of the body.
        let turned = Grid {
            affine: [[0.8, 0.6, 0.0, 0.0], [-0.6, 0.8, 0.0, 0.0], [0.0, 0.0, 0.05, 0.0]],
            ..oblique
        };
        let places: Vec<String> = (0..3).map(|index| turned.place(0, index)).collect();
        assert_eq!(places, ["1.2", "2.0", "2.8"]);
        assert_eq!(turned.place(2, 1), "0.05");
    }

    #[test]
    fn a_map_or_mask_of_another_grid_is_refused() {
        let grid = upright([2, 2, 1]);
        let error = Volume::new(&grid, &[1.0; 3]).unwrap_err().to_string();
        assert_eq!(
            error,
            "3 values, expected one for each voxel of a 2x2x1 grid; give maps and masks of one grid"
        );
        let volume = Volume::new(&grid, &[1.0, 2.0, f64::NAN, 4.0]).unwrap();
        assert!(volume.clone().within(&[true; 5]).is_err());
        assert_eq!(volume.defined(), [1.0, 2.0, 4.0]);
        assert_eq!(volume.within(&[false, true, true, true]).unwrap().defined(), [2.0, 4.0]);
    }
}
