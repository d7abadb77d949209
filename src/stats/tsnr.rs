//! The temporal signal-to-noise ratio: mean over standard deviation.

use super::definition::{Definition, Sign};
use std::ops::AddAssign;

/// Why a voxel has no tSNR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// Every sample is 0: 0/0, NaN in numpy. Background that was masked away.
    AllZero,
    /// Every sample is the same other number: a/0, infinite in numpy.
    Constant,
    /// NaN or infinity among the samples, or values so large that their squares are.
    NotFinite,
}

/// `mean / std` of one voxel, or why it is not defined.
///
/// # Errors
/// [`Undefined`] where the standard deviation is 0 (or as small as a definition says) or anything
/// is not finite.
pub fn tsnr(mean: f64, std: f64, definition: &Definition) -> Result<f64, Undefined> {
    let ratio = match definition.sign {
        Sign::Signed => mean / std,
        Sign::Absolute => mean.abs() / std,
    };
    if !mean.is_finite() || !std.is_finite() {
        Err(Undefined::NotFinite)
    } else if std <= definition.least_std {
        Err(if mean == 0.0 { Undefined::AllZero } else { Undefined::Constant })
    } else if ratio.is_finite() {
        Ok(ratio)
    } else {
        Err(Undefined::NotFinite)
    }
}

/// How many voxels have a tSNR, and why the others have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Voxels with a tSNR.
    pub defined: usize,
    /// See [`Undefined::AllZero`].
    pub all_zero: usize,
    /// See [`Undefined::Constant`].
    pub constant: usize,
    /// See [`Undefined::NotFinite`].
    pub not_finite: usize,
}

impl Counts {
    /// Voxels without a tSNR.
    pub fn undefined(&self) -> usize {
        self.all_zero + self.constant + self.not_finite
    }

    /// Counts one more voxel.
    pub fn add(&mut self, voxel: Result<f64, Undefined>) {
        match voxel {
            Ok(_) => self.defined += 1,
            Err(Undefined::AllZero) => self.all_zero += 1,
            Err(Undefined::Constant) => self.constant += 1,
            Err(Undefined::NotFinite) => self.not_finite += 1,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.defined += other.defined;
        self.all_zero += other.all_zero;
        self.constant += other.constant;
        self.not_finite += other.not_finite;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_voxels_are_told_apart() {
        let of = |mean, std| tsnr(mean, std, &Definition::default());
        assert_eq!(of(-6.0, 2.0), Ok(-3.0));
        assert_eq!(of(0.0, 2.0), Ok(0.0));
        assert_eq!(of(0.0, 0.0), Err(Undefined::AllZero));
        assert_eq!(of(5.0, 0.0), Err(Undefined::Constant));
        for (mean, std) in [(f64::NAN, f64::NAN), (f64::INFINITY, f64::NAN), (1.0, f64::INFINITY)] {
            assert_eq!(of(mean, std), Err(Undefined::NotFinite));
        }
        assert_eq!(of(1e300, 1e-300), Err(Undefined::NotFinite));
    }
}
