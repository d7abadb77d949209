//! Regions, each with the voxels of a grid that belong to it.

use super::LabelNames;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

/// Whole numbers beyond it are not told apart in float64.
const GREATEST_LABEL: f64 = 9007199254740992.0;

/// Probabilities that were resampled overshoot 0 and 1; beyond this they are something else.
const OVERSHOOT: f64 = 0.5;

/// Some voxels of a grid that have a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The label of its voxels, or its number among slices (from 0) or probability maps
    /// (from 1); of the whole grid 1.
    pub index: i64,
    /// The name of the region.
    pub name: String,
    /// The voxels of the region, first axis fastest, in ascending order.
    pub voxels: Vec<usize>,
}

/// Regions of one grid, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions {
    shape: [usize; 3],
    regions: Vec<Region>,
}

impl Regions {
    /// No region yet, of a grid `[x, y, z]`.
    pub fn none(shape: [usize; 3]) -> Regions {
        Regions { shape, regions: Vec::new() }
    }

    /// The regions of a label image in the order of their labels.
    ///
    /// Voxels with the label 0 are background and in no region, whatever name it has. A region
    /// that has a name and no voxel is listed, without voxels; one that has voxels and no name
    /// is called `label-N`.
    ///
    /// # Errors
    /// A voxel whose value is not a whole number, so that it is no label.
    ///
    /// # Panics
    /// If the grid has another number of voxels.
    pub fn labelled(shape: [usize; 3], labels: &[f64], names: &LabelNames) -> Result<Regions> {
        assert_eq!(labels.len(), shape.iter().product::<usize>(), "voxels of the grid");
        let mut voxels: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (voxel, &label) in labels.iter().enumerate() {
            // NaN and infinity have no fraction that equals 0.
            if label.fract() != 0.0 || label.abs() > GREATEST_LABEL {
                return Err(unexpected(voxel, shape, label, "the whole number of a region")
                    .remedy("give a label image; maps of probabilities are given as such"));
            }
            if label != 0.0 {
                voxels.entry(label as i64).or_default().push(voxel);
            }
        }
        let mut names: BTreeMap<i64, &str> =
            names.iter().filter(|&(index, _)| index != 0).collect();
        for &index in names.keys() {
            voxels.entry(index).or_default();
        }
        let region = |(index, voxels)| {
            let name = names.remove(&index).map(str::to_owned);
            Region { index, name: name.unwrap_or_else(|| LabelNames::default_name(index)), voxels }
        };
        Ok(Regions { shape, regions: voxels.into_iter().map(region).collect() })
    }

    /// The whole grid as one region.
    pub fn whole(shape: [usize; 3], name: &str) -> Regions {
        let voxels = (0..shape.iter().product()).collect();
        Regions { shape, regions: vec![Region { index: 1, name: name.to_owned(), voxels }] }
    }

    /// Some ranges of voxels as regions, numbered from 1.
    pub fn of_ranges<'a>(
        shape: [usize; 3],
        ranges: impl Iterator<Item = (&'a str, Range<usize>)>,
    ) -> Regions {
        let region = |(index, (name, voxels)): (i64, (&str, Range<usize>))| Region {
            index,
            name: name.to_owned(),
            voxels: voxels.collect(),
        };
        Regions { shape, regions: (1..).zip(ranges).map(region).collect() }
    }

    /// Each slice of the third axis as a region: `slice-0` and so on.
    pub fn slices(shape: [usize; 3]) -> Regions {
        let [nx, ny, nz] = shape;
        let slice = |z: usize| Region {
            index: z as i64,
            name: format!("slice-{z}"),
            voxels: (z * nx * ny..(z + 1) * nx * ny).collect(),
        };
        Regions { shape, regions: (0..nz).map(slice).collect() }
    }

    /// Adds the voxels of a map whose probability is `threshold` or more, such as 0.5; NaN is
    /// less. A voxel may belong to several such regions, or to none. The number of voxels is returned.
    ///
    /// # Errors
    /// A threshold that is not above 0 and at most 1; a voxel whose value is far from any
    /// probability, as a percentage is.
    ///
    /// # Panics
    /// If the grid has another number of voxels.
    pub fn add_probable(
        &mut self,
        name: &str,
        probabilities: &[f64],
        threshold: f64,
    ) -> Result<usize> {
        assert_eq!(probabilities.len(), self.shape.iter().product::<usize>(), "voxels of the grid");
        if !(threshold > 0.0 && threshold <= 1.0) {
            let problem = format!("a threshold of {threshold}, expected one above 0 and at most 1");
            return Err(Error::mismatch(problem).remedy("0.5 takes what is more likely than not"));
        }
        let mut voxels = Vec::new();
        for (voxel, &probability) in probabilities.iter().enumerate() {
            if (probability - 0.5).abs() > 0.5 + OVERSHOOT {
                return Err(unexpected(
                    voxel,
                    self.shape,
                    probability,
                    "a probability from 0 to 1",
                )
                .remedy("divide percentages by 100"));
            }
            if probability >= threshold {
                voxels.push(voxel);
            }
        }
        let (index, count) = (self.regions.len() as i64 + 1, voxels.len());
        self.regions.push(Region { index, name: name.to_owned(), voxels });
        Ok(count)
    }

    /// The grid, `[x, y, z]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The regions, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter()
    }
}

fn unexpected(voxel: usize, [nx, ny, _]: [usize; 3], value: impl Display, expected: &str) -> Error {
    let (x, y, z) = (voxel % nx, voxel / nx % ny, voxel / nx / ny);
    Error::format(format!("voxel ({x}, {y}, {z}) is {value}, expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(regions: &Regions) -> Vec<(i64, &str, &[usize])> {
        regions.iter().map(|it| (it.index, &*it.name, &*it.voxels)).collect()
    }

    #[test]
    fn labels_with_and_without_names_and_voxels_are_listed_in_order() {
        let names = LabelNames::parse("index\tname\n9\tabsent\n0\tair\n2\ttwo\n").unwrap();
        let labels = [0.0, 2.0, -0.0, 7.0, 2.0, -3.0, 7.0, 0.0];
        let regions = Regions::labelled([2, 2, 2], &labels, &names).unwrap();
        let expected: [(i64, &str, &[usize]); 4] = [
            (-3, "label--3", &[5]),
            (2, "two", &[1, 4]),
            (7, "label-7", &[3, 6]),
            (9, "absent", &[]),
        ];
        assert_eq!(listed(&regions), expected);
    }

    #[test]
    fn a_label_that_is_no_whole_number_names_its_voxel() {
        for value in [0.25, f64::NAN, f64::INFINITY, 1e300] {
            let mut labels = [1.0; 24];
            labels[1 + 2 * (2 + 3 * 3)] = value;
            let error = Regions::labelled([2, 3, 4], &labels, &LabelNames::default()).unwrap_err();
            let says =
                format!("voxel (1, 2, 3) is {value}, expected the whole number of a region; ");
            assert!(error.to_string().starts_with(&says), "{error}");
        }
    }

    #[test]
    fn slices_are_numbered_from_0() {
        let regions = Regions::slices([2, 1, 2]);
        let expected: [(i64, &str, &[usize]); 2] =
            [(0, "slice-0", &[0, 1]), (1, "slice-1", &[2, 3])];
        assert_eq!(listed(&regions), expected);
    }

    #[test]
    fn the_whole_grid_is_one_region() {
        let expected: [(i64, &str, &[usize]); 1] = [(1, "all voxels", &[0, 1, 2, 3])];
        assert_eq!(listed(&Regions::whole([2, 1, 2], "all voxels")), expected);
    }

    #[test]
    fn a_voxel_is_of_each_tissue_that_is_as_likely_as_the_threshold() {
        let mut regions = Regions::none([4, 1, 1]);
        regions.add_probable("grey", &[0.5, 0.49, 1.02, f64::NAN], 0.5).unwrap();
        regions.add_probable("white", &[0.5, 0.5, -0.02, 0.0], 0.5).unwrap();
        let expected: [(i64, &str, &[usize]); 2] = [(1, "grey", &[0, 2]), (2, "white", &[0, 1])];
        assert_eq!(listed(&regions), expected);
    }

    #[test]
    fn percentages_and_thresholds_that_mean_nothing_are_refused() {
        let mut regions = Regions::none([1, 1, 2]);
        let error = regions.add_probable("grey", &[0.0, 37.0], 0.5).unwrap_err().to_string();
        let says =
            "voxel (0, 0, 1) is 37, expected a probability from 0 to 1; divide percentages by 100";
        assert_eq!(error, says);
        for threshold in [0.0, -1.0, 1.1, f64::NAN] {
            let error = regions.add_probable("grey", &[0.0, 1.0], threshold).unwrap_err();
            assert!(error.to_string().starts_with("a threshold of "), "{error}");
        }
        assert_eq!(regions.iter().count(), 0);
    }
}
