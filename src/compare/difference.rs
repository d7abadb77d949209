//! How far two maps are from each other, and how far they may be.

use crate::stats::{FIT_TOLERANCE, TOLERANCE};
use serde::Serialize;

/// The properties of an analysis that decide how exactly its modes agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounding {
    /// Whether anything is fitted.
    pub is_fitted: bool,
    /// The largest magnitude of the intercepts of the runs, if any of them is scaled (slope not 1 or intercept
    /// not 0).
    pub intercept: Option<f64>,
}

/// How far the tSNR of a voxel may lie from that of another mode, absolute. With `a` its tSNR,
/// `std` its standard deviation, in the unit of the data, and `i` the largest magnitude of an intercept:
///
/// ```text
/// t * max(1, |a|), and of scaled runs 4 * eps * (|a| + i / std) * (1 + |a|) more
/// ```
///
/// `t` is [`TOLERANCE`], with regressors [`FIT_TOLERANCE`]: modes take their sums in another order,
/// which rounds the mean by a part of the std (the 1), and mean and std by a part of themselves.
///
/// Serial and delayed mode round each scaled sample `y = s * x + i`, array mode scales the moments.
/// With `eps = 2^-52` a sample is rounded by `eps / 2 * (|s * x| + |y|)` at most, so the root mean
/// square of the roundings is at most `eps * (|mean| + std + i / 2)`. That bounds the error of the
/// mean and that of the std, together an error of the tSNR of `eps * (|a| + 1 + i / (2 std)) *
/// (1 + |a|)`. Array mode rounds the mean once more as much, which makes 2; the documented multiple,
/// 4, leaves room for averages over runs that are unlike.
pub fn tolerance(tsnr: f64, std: f64, rounding: Rounding) -> f64 {
    let of_sums = if rounding.is_fitted { FIT_TOLERANCE } else { TOLERANCE };
    let tsnr = tsnr.abs();
    let of_scaling = match rounding.intercept {
        None => 0.0,
        Some(0.0) => tsnr,
        Some(intercept) => tsnr + intercept / std,
    };
    of_sums * tsnr.max(1.0) + 4.0 * f64::EPSILON * of_scaling * (1.0 + tsnr)
}

/// The greatest differences of a map from a reference, over the voxels that both define.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Difference {
    /// `|value - reference|`.
    pub absolute: f64,
    /// `|value - reference| / |reference|`; of a reference of 0 it is 0 or infinite (null in JSON).
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub relative: f64,
    /// Units in the last place: how many float64 numbers lie between the two, and one.
    pub ulps: u64,
    /// How many voxels only one of them defines.
    pub defined_by_one: usize,
}

/// A voxel in which a map is another than its reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disagreement {
    /// The place of the voxel in the order of the file.
    pub voxel: usize,
    /// The value of the map, NaN if undefined.
    pub value: f64,
    /// The value of the reference, NaN if undefined.
    pub reference: f64,
}

impl Difference {
    /// Compares `map` with `reference` in all voxels, and finds the first, if any, that only one of
    /// them defines or in which they lie further apart than `tolerance` gives for its place and the
    /// value of the reference. NaN is undefined.
    ///
    /// # Panics
    /// If they have not as many voxels.
    pub fn between(
        map: &[f64],
        reference: &[f64],
        tolerance: impl Fn(usize, f64) -> f64,
    ) -> (Difference, Option<Disagreement>) {
        assert_eq!(map.len(), reference.len(), "maps of one grid");
        let (mut greatest, mut first) = (Difference::default(), None);
        for (voxel, (&value, &reference)) in map.iter().zip(reference).enumerate() {
            if value == reference || (value.is_nan() && reference.is_nan()) {
                continue;
            }
            let absolute = (value - reference).abs();
            let is_near = absolute <= tolerance(voxel, reference);
            if !is_near {
                first = first.or(Some(Disagreement { voxel, value, reference }));
            }
            if absolute.is_nan() {
                greatest.defined_by_one += 1;
                continue;
            }
            greatest.absolute = greatest.absolute.max(absolute);
            greatest.relative = greatest.relative.max(absolute / reference.abs());
            greatest.ulps = greatest.ulps.max(place(value).abs_diff(place(reference)));
        }
        (greatest, first)
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

    const PLAIN: Rounding = Rounding { is_fitted: false, intercept: None };

    fn compared(map: &[f64], reference: &[f64]) -> (Difference, Option<Disagreement>) {
        Difference::between(map, reference, |_, tsnr| tolerance(tsnr, 1.0, PLAIN))
    }

    #[test]
    fn the_greatest_differences_are_found() {
        // numpy 2.4.6: np.nextafter(1.0, 2.0), and 100 + 3 * np.spacing(100.0).
        let reference = [1.0, 100.0, f64::NAN, -2.0];
        let map = [1.0000000000000002, 100.00000000000004, f64::NAN, -2.0];
        let (found, disagreement) = compared(&map, &reference);
        assert_eq!(disagreement, None);
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
        let (found, disagreement) = compared(&[1.0, 2.5, 4.0], &[1.0, 2.0, 3.0]);
        assert_eq!(disagreement, Some(Disagreement { voxel: 1, value: 2.5, reference: 2.0 }));
        assert_eq!((found.absolute, found.relative), (1.0, 1.0 / 3.0), "of all voxels");
        let (found, disagreement) = compared(&[f64::NAN, 2.0, 3.0], &[1.0, 2.0, f64::NAN]);
        let undefined = disagreement.unwrap();
        assert!(undefined.voxel == 0 && undefined.value.is_nan() && undefined.reference == 1.0);
        assert_eq!(found, Difference { defined_by_one: 2, ..Difference::default() });
        let no_tolerance = Difference::between(&[1.0], &[1.5], |_, _| f64::NAN).1;
        assert!(no_tolerance.is_some(), "a tolerance that is not known is none");
    }

    #[test]
    fn the_tolerance_is_as_documented() {
        let scaled = |intercept| Rounding { intercept: Some(intercept), ..PLAIN };
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-9 * expected;
        assert_eq!(tolerance(1e-6, 1.0, PLAIN), 1e-12);
        assert_eq!(tolerance(-200.0, 1.0, PLAIN), 2e-10);
        assert_eq!(tolerance(0.5, 1.0, Rounding { is_fitted: true, ..PLAIN }), 1e-10);
        // 1e-12 * 1e5 + 4 * 2^-52 * 1e5 * 100001, where the std does not matter.
        assert!(near(tolerance(1e5, f64::NAN, scaled(0.0)), 8.981873014843223e-6));
        // 1e-12 + 4 * 2^-52 * 1e6 / 0.5.
        assert!(near(tolerance(0.0, 0.5, scaled(1e6)), 1.777356839400251e-9));
    }
}
