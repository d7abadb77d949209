//! Whether a voxel has a tSNR, why not, and what is written then.

use serde::{Deserialize, Serialize};

/// Whether a voxel has a tSNR, and why it has none: a byte, as it may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// The voxel has a tSNR.
    Defined = 0,
    /// The std is 0, and so is the mean: 0/0, NaN in numpy. Background that was masked away.
    AlwaysZero = 1,
    /// The std is 0 (or as small as a definition says) and the mean is above 0: infinite in numpy.
    /// For an average over runs also where it is so in one of them, whatever the mean.
    ConstantAbove = 2,
    /// The std is 0 as in [`ConstantAbove`](Status::ConstantAbove), and the mean is below 0.
    ConstantBelow = 3,
    /// NaN or infinity among the samples, or values so large that their squares are.
    NotFinite = 4,
    /// The voxel is not in the mask: counted nowhere, and written as 0.
    Outside = 5,
}

impl Status {
    /// The status of a voxel that does not vary, from its mean.
    pub fn constant(mean: f64) -> Status {
        if mean < 0.0 { Status::ConstantBelow } else { Status::ConstantAbove }
    }
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
    /// The result of the division: NaN for 0/0 and for samples that are not finite, an infinity
    /// with the sign of the mean for a voxel that is constant (numpy).
    #[serde(rename = "numpy")]
    Division,
    /// 0 where the std is 0, NaN for samples that are not finite (FSL).
    #[serde(rename = "fsl")]
    ZeroOrNan,
}

impl WrittenUndefined {
    /// A value of a map as it is written, where NaN has the reason that `status` says.
    #[inline]
    pub fn written(self, value: f64, status: Status) -> f64 {
        use Status::{AlwaysZero, ConstantAbove, ConstantBelow, Outside};
        if !value.is_nan() {
            return value;
        }
        match (self, status) {
            (_, Outside) | (WrittenUndefined::Zero, _) => 0.0,
            (WrittenUndefined::ZeroOrNan, AlwaysZero | ConstantAbove | ConstantBelow) => 0.0,
            (WrittenUndefined::Division, ConstantAbove) => f64::INFINITY,
            (WrittenUndefined::Division, ConstantBelow) => f64::NEG_INFINITY,
            _ => f64::NAN,
        }
    }
}

/// How many voxels have a tSNR, and why the others have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Voxels with a tSNR.
    pub defined: usize,
    /// Voxels of [`Status::AlwaysZero`].
    pub all_zero: usize,
    /// Voxels of [`Status::ConstantAbove`] and [`Status::ConstantBelow`].
    pub constant: usize,
    /// Voxels of [`Status::NotFinite`].
    pub not_finite: usize,
}

impl Counts {
    /// The counts of some voxels; those outside the mask are in none.
    pub fn from_statuses(voxels: &[Status]) -> Counts {
        let count = |wanted: Status| voxels.iter().filter(|&&status| status == wanted).count();
        Counts {
            defined: count(Status::Defined),
            all_zero: count(Status::AlwaysZero),
            constant: count(Status::ConstantAbove) + count(Status::ConstantBelow),
            not_finite: count(Status::NotFinite),
        }
    }

    /// Voxels without a tSNR.
    pub fn undefined(&self) -> usize {
        self.all_zero + self.constant + self.not_finite
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{AlwaysZero, ConstantAbove, ConstantBelow, Defined, NotFinite, Outside};

    #[test]
    fn what_is_written_for_undefined_voxels_depends_on_the_reason() {
        use WrittenUndefined::{Division, Nan, Zero, ZeroOrNan};
        let reasons = [AlwaysZero, ConstantAbove, ConstantBelow, NotFinite, Outside];
        let written = |how: WrittenUndefined| {
            reasons.map(|reason| how.written(f64::NAN, reason).to_string()).join(" ")
        };
        assert_eq!(written(Zero), "0 0 0 0 0");
        assert_eq!(written(Nan), "NaN NaN NaN NaN 0");
        assert_eq!(written(Division), "NaN inf -inf NaN 0");
        assert_eq!(written(ZeroOrNan), "0 0 0 NaN 0");
        for how in [Zero, Nan, Division, ZeroOrNan] {
            assert_eq!(how.written(2.5, Defined), 2.5);
            assert_eq!(how.written(2.5, ConstantAbove), 2.5, "a mean is one all the same");
        }
    }

    #[test]
    fn every_voxel_is_counted_but_those_outside() {
        let voxels =
            [Defined, AlwaysZero, ConstantAbove, ConstantBelow, NotFinite, Outside, Defined];
        let counts = Counts::from_statuses(&voxels);
        assert_eq!(counts, Counts { defined: 2, all_zero: 1, constant: 2, not_finite: 1 });
        assert_eq!(counts.undefined(), 4);
    }

    #[test]
    fn the_bytes_of_a_status_map_are_those_that_are_documented() {
        let voxels = [Defined, AlwaysZero, ConstantAbove, ConstantBelow, NotFinite, Outside];
        assert_eq!(voxels.map(|status| status as u8), [0, 1, 2, 3, 4, 5]);
        assert_eq!(size_of::<Status>(), 1);
        assert_eq!(Status::constant(-0.5), ConstantBelow);
        assert_eq!(Status::constant(0.5), ConstantAbove);
    }
}
