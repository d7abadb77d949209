//! The temporal signal-to-noise ratio: mean over standard deviation.

use super::formula::{Formula, Sign};
use crate::maps::Status;

/// `mean / std` of one voxel, or why it is not defined.
///
/// # Errors
/// The voxel's [`Status`] where the standard deviation is 0 (or as small as a definition says) or
/// anything is not finite.
pub fn tsnr(mean: f64, std: f64, definition: &Formula) -> Result<f64, Status> {
    let ratio = match definition.sign {
        Sign::Signed => mean / std,
        Sign::Absolute => mean.abs() / std,
    };
    if !mean.is_finite() || !std.is_finite() {
        Err(Status::NotFinite)
    } else if std <= definition.least_std {
        Err(if mean == 0.0 { Status::AlwaysZero } else { Status::constant(mean) })
    } else if ratio.is_finite() {
        Ok(ratio)
    } else {
        Err(Status::NotFinite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_voxels_are_told_apart() {
        let of = |mean, std| tsnr(mean, std, &Formula::default());
        assert_eq!(of(-6.0, 2.0), Ok(-3.0));
        assert_eq!(of(0.0, 2.0), Ok(0.0));
        assert_eq!(of(0.0, 0.0), Err(Status::AlwaysZero));
        assert_eq!(of(5.0, 0.0), Err(Status::ConstantAbove));
        assert_eq!(of(-5.0, 0.0), Err(Status::ConstantBelow));
        for (mean, std) in [(f64::NAN, f64::NAN), (f64::INFINITY, f64::NAN), (1.0, f64::INFINITY)] {
            assert_eq!(of(mean, std), Err(Status::NotFinite));
        }
        assert_eq!(of(1e300, 1e-300), Err(Status::NotFinite));
    }
}
