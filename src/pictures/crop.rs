//! The part of a grid that holds the head: what pictures show of it.

use super::volume::{Grid, Volume};
use crate::stats::quantiles::quantiles_of_finite as quantiles;
use std::ops::Range;

/// A box of voxels: of each voxel axis the indices that are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crop {
    /// The part of each voxel axis.
    pub ranges: [Range<usize>; 3],
}

/// A voxel is of the head where its mean is above this share of that of the brain,
const OF_THE_BRAIN: f64 = 0.25;
/// and a slice where so many of its voxels are: noise in the air is brighter here and there.
const OF_A_SLICE: f64 = 0.02;
/// The voxels that are shown around the head.
const MARGIN: usize = 2;

impl Crop {
    /// The whole grid.
    pub fn whole(grid: &Grid) -> Crop {
        Crop { ranges: grid.shape.map(|length| 0..length) }
    }

    /// The voxels of a map that have a value. The whole grid if there is none.
    pub fn of_values(map: &Volume) -> Crop {
        let has_value = |value: &f64| f64::from(u8::from(value.is_finite()));
        let values: Vec<f64> = map.values().iter().map(has_value).collect();
        let values = Volume::new(map.grid(), &values).expect("values of the same grid");
        let inside: Vec<bool> = values.values().iter().map(|it| *it > 0.0).collect();
        Crop::of_head(&values, Some(&inside))
    }

    /// The head in a mean over time, with everything that is inside a mask: from the first to the
    /// last slice along each axis that holds some of it. The whole grid if there is none.
    ///
    /// # Panics
    /// If the mask is of another grid.
    pub fn of_head(mean: &Volume, inside: Option<&[bool]>) -> Crop {
        let grid = mean.grid();
        let [nx, ny, nz] = grid.shape;
        let values = mean.values();
        assert!(inside.is_none_or(|it| it.len() == values.len()), "a mask of the grid");
        let brain: Option<f64> = match inside {
            Some(inside) => {
                let of_brain = values.iter().zip(inside).filter(|(_, is_in)| **is_in);
                quantiles(&of_brain.map(|it| *it.0).collect::<Vec<_>>(), [0.5]).map(|[it]| it)
            }
            None => quantiles(values, [0.95]).map(|[it]| it),
        };
        let least = OF_THE_BRAIN * brain.unwrap_or(f64::INFINITY);
        let mut counts = grid.shape.map(|length| vec![0_usize; length]);
        let mut is_inside = grid.shape.map(|length| vec![false; length]);
        for (at, value) in values.iter().enumerate() {
            let place = [at % nx, at / nx % ny, at / (nx * ny)];
            if *value > least {
                (0..3).for_each(|axis| counts[axis][place[axis]] += 1);
            }
            if inside.is_some_and(|it| it[at]) {
                (0..3).for_each(|axis| is_inside[axis][place[axis]] = true);
            }
        }
        let range = |axis: usize| {
            let length = grid.shape[axis];
            let enough = OF_A_SLICE * (nx * ny * nz / length.max(1)) as f64;
            let shows = |at: &usize| counts[axis][*at] as f64 > enough || is_inside[axis][*at];
            let first = (0..length).find(shows)?;
            let last = (0..length).rev().find(shows)?;
            Some(first.saturating_sub(MARGIN)..(last + 1 + MARGIN).min(length))
        };
        match [range(0), range(1), range(2)] {
            [Some(x), Some(y), Some(z)] => Crop { ranges: [x, y, z] },
            _ => Crop::whole(grid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_found_in_noise_and_the_mask_is_always_in() {
        let shape = [20, 16, 12];
        let grid = Grid { shape, affine: [[0.0; 4]; 3], unknown_sides: None };
        let mut values = vec![0.0; grid.voxel_count()];
        let at = |x: usize, y: usize, z: usize| x + 20 * (y + 16 * z);
        for (x, y, z) in
            (5..15).flat_map(|x| (4..10).flat_map(move |y| (3..8).map(move |z| (x, y, z))))
        {
            values[at(x, y, z)] = 100.0;
        }
        values[at(19, 15, 11)] = 90.0;
        let volume = Volume::new(&grid, &values).unwrap();
        assert_eq!(Crop::of_head(&volume, None).ranges, [3..17, 2..12, 1..10]);
        let mut inside = vec![false; values.len()];
        inside[at(5, 4, 3)] = true;
        inside[at(1, 4, 3)] = true;
        assert_eq!(Crop::of_head(&volume, Some(&inside)).ranges, [0..17, 2..12, 1..10]);
        let nothing = vec![0.0; values.len()];
        let volume = Volume::new(&grid, &nothing).unwrap();
        assert_eq!(Crop::of_head(&volume, None), Crop::whole(&grid));
    }
}
