//! The temporal signal-to-noise ratio: mean over standard deviation.

use super::definition::{Definition, Sign};
use serde::{Deserialize, Serialize};
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

/// The bits of a NaN whose lowest ones say why a voxel has no tSNR.
const MARKED_NAN: u64 = 0x7FF8_0000_0000_0000;

impl Undefined {
    /// A NaN that remembers the reason, and the sign of the voxel's mean.
    ///
    /// So a map of float64 knows as much as is ever asked of its undefined voxels. Nothing is
    /// computed with them, which would lose it.
    pub fn marked(self, mean: f64) -> f64 {
        let reason = match self {
            Undefined::AllZero => 1,
            Undefined::Constant => 2,
            Undefined::NotFinite => 3,
        };
        let sign = if mean < 0.0 { 1 << 63 } else { 0 };
        f64::from_bits(MARKED_NAN | sign | reason)
    }

    /// The reason that a NaN of a map remembers; none of a voxel that is [`outside`].
    fn of(marked: f64) -> Option<Undefined> {
        match marked.to_bits() & 0b111 {
            1 => Some(Undefined::AllZero),
            2 => Some(Undefined::Constant),
            4 => None,
            _ => Some(Undefined::NotFinite),
        }
    }
}

/// What stands in a map for a voxel outside the mask: written as 0, counted nowhere.
pub fn outside() -> f64 {
    f64::from_bits(MARKED_NAN | 4)
}

/// The value that stands in a written map for a voxel without a tSNR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WrittenUndefined {
    /// 0, whatever the reason.
    Zero,
    /// NaN, whatever the reason.
    Nan,
    /// What the division gives: NaN for 0/0 and for samples that are not finite, an infinity
    /// with the sign of the mean for a voxel that is constant (numpy).
    #[serde(rename = "numpy")]
    Division,
    /// 0 where the std is 0, NaN for samples that are not finite (FSL).
    #[serde(rename = "fsl")]
    ZeroOrNan,
}

impl WrittenUndefined {
    /// A value of a tSNR map as it is written.
    pub fn written(self, value: f64) -> f64 {
        if !value.is_nan() {
            return value;
        }
        let Some(reason) = Undefined::of(value) else { return 0.0 };
        match (self, reason) {
            (WrittenUndefined::Zero, _) => 0.0,
            (WrittenUndefined::ZeroOrNan, Undefined::AllZero | Undefined::Constant) => 0.0,
            (WrittenUndefined::Division, Undefined::Constant) => {
                f64::INFINITY.copysign(if value.is_sign_negative() { -1.0 } else { 1.0 })
            }
            _ => f64::NAN,
        }
    }
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

    /// Of the voxels of a map, which remember why they are undefined.
    pub fn of(map: impl IntoIterator<Item = f64>) -> Counts {
        let mut counts = Counts::default();
        for value in map {
            match Undefined::of(value) {
                _ if !value.is_nan() => counts.add(Ok(value)),
                Some(reason) => counts.add(Err(reason)),
                None => {}
            }
        }
        counts
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

    #[test]
    fn a_map_remembers_why_a_voxel_is_undefined() {
        use WrittenUndefined::{Division, Nan, Zero, ZeroOrNan};
        let map = [
            Undefined::AllZero.marked(0.0),
            Undefined::Constant.marked(5.0),
            Undefined::Constant.marked(-5.0),
            Undefined::NotFinite.marked(f64::NAN),
            2.5,
        ];
        let counts = Counts::of(map);
        assert_eq!((counts.defined, counts.all_zero, counts.constant), (1, 1, 2));
        assert_eq!(counts.not_finite, 1);
        let written = |how: WrittenUndefined| map.map(|it| how.written(it).to_string()).join(" ");
        assert_eq!(written(Zero), "0 0 0 0 2.5");
        assert_eq!(written(Nan), "NaN NaN NaN NaN 2.5");
        assert_eq!(written(Division), "NaN inf -inf NaN 2.5");
        assert_eq!(written(ZeroOrNan), "0 0 0 NaN 2.5");
    }
}
