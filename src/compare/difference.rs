//! How far two maps are from each other.

/// The greatest differences of a map from a reference, over the voxels that both define.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Difference {
    /// `|value - reference|`.
    pub absolute: f64,
    /// `|value - reference| / |reference|`; of a reference of 0 it is 0 or infinite.
    pub relative: f64,
    /// Units in the last place: how many float64 numbers lie between the two, and one.
    pub ulps: u64,
}

/// A voxel in which a map is another than its reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disagreement {
    /// Its place in the order of the file.
    pub voxel: usize,
    /// The value of the map, NaN if undefined.
    pub value: f64,
    /// The value of the reference, NaN if undefined.
    pub reference: f64,
}

impl Difference {
    /// Compares `map` with `reference`. NaN is undefined: both have to be.
    ///
    /// # Errors
    /// The first voxel that only one of them defines, or in which the relative difference
    /// exceeds what `tolerance` gives for the reference.
    ///
    /// # Panics
    /// If they have not as many voxels.
    pub fn between(
        map: &[f64],
        reference: &[f64],
        tolerance: impl Fn(f64) -> f64,
    ) -> Result<Difference, Disagreement> {
        assert_eq!(map.len(), reference.len(), "maps of one grid");
        let mut greatest = Difference::default();
        for (voxel, (&value, &reference)) in map.iter().zip(reference).enumerate() {
            let disagreement = Disagreement { voxel, value, reference };
            if value.is_nan() != reference.is_nan() {
                return Err(disagreement);
            }
            if value.is_nan() || value == reference {
                continue;
            }
            let absolute = (value - reference).abs();
            let relative = absolute / reference.abs();
            if relative > tolerance(reference) {
                return Err(disagreement);
            }
            greatest.absolute = greatest.absolute.max(absolute);
            greatest.relative = greatest.relative.max(relative);
            greatest.ulps = greatest.ulps.max(place(value).abs_diff(place(reference)));
        }
        Ok(greatest)
    }
}

/// The place of a number among all float64 numbers in ascending order; both zeros have one place.
fn place(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(_: f64) -> f64 {
        f64::INFINITY
    }

    #[test]
    fn the_greatest_differences_are_found() {
        // numpy 2.4.6: np.nextafter(1.0, 2.0), and 100 + 3 * np.spacing(100.0).
        let reference = [1.0, 100.0, f64::NAN, -2.0];
        let map = [1.0000000000000002, 100.00000000000004, f64::NAN, -2.0];
        let found = Difference::between(&map, &reference, exact).unwrap();
        assert_eq!(found.ulps, 3);
        assert_eq!(found.absolute, 4.263256414560601e-14);
        assert_eq!(found.relative, 4.263256414560601e-16);
    }

    #[test]
    fn places_cross_zero_one_by_one() {
        let tiny = f64::from_bits(1);
        assert_eq!([place(-tiny), place(-0.0), place(0.0), place(tiny)], [-1, 0, 0, 1]);
        assert_eq!(place(1.0) - place(-1.0), 2 * place(1.0));
    }

    #[test]
    fn a_voxel_beyond_the_tolerance_or_defined_by_one_only_is_named() {
        let disagreement =
            |map: &[f64]| Difference::between(map, &[1.0, 2.0], |_| 1e-12).unwrap_err();
        assert_eq!(
            disagreement(&[1.0, 2.1]),
            Disagreement { voxel: 1, value: 2.1, reference: 2.0 }
        );
        let undefined = disagreement(&[f64::NAN, 2.0]);
        assert!(undefined.voxel == 0 && undefined.value.is_nan() && undefined.reference == 1.0);
        let infinite = Difference::between(&[1.0], &[0.0], |_| 1e-12).unwrap_err();
        assert_eq!(infinite.voxel, 0);
    }
}
