//! The rule that turns a stored number into the value it stands for.

/// `value = slope * stored + intercept`, in float64. Slope and intercept are finite and
/// the slope is not 0: a scaling that would destroy the data cannot be built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    slope: f64,
    intercept: f64,
}

/// A header with a valid slope and an intercept that is NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InterceptNotFinite(pub f32);

impl Scaling {
    /// The stored number is the value.
    pub const IDENTITY: Scaling = Scaling { slope: 1.0, intercept: 0.0 };

    /// The scaling of a header's `scl_slope` and `scl_inter`, by nibabel's rules
    /// (`Nifti1Header.get_slope_inter`):
    ///
    /// | `scl_slope` | `scl_inter` | meaning |
    /// |---|---|---|
    /// | 0, NaN, infinite | anything | unscaled |
    /// | else | finite | `slope * stored + intercept` |
    /// | else | NaN, infinite | an error: the values cannot be known |
    ///
    /// ```
    /// use tsnr::voxels::Scaling;
    /// assert_eq!(Scaling::from_header(0.0, 7.0), Ok(Scaling::IDENTITY));
    /// assert_eq!(Scaling::from_header(f32::NAN, 7.0), Ok(Scaling::IDENTITY));
    /// assert_eq!(Scaling::from_header(f32::INFINITY, 7.0), Ok(Scaling::IDENTITY));
    /// assert_eq!(Scaling::from_header(0.5, -100.0).unwrap().apply(3.0), -98.5);
    /// assert!(Scaling::from_header(2.0, f32::NAN).is_err());
    /// ```
    ///
    /// # Errors
    /// [`InterceptNotFinite`] as in the table's last row.
    pub fn from_header(scl_slope: f32, scl_inter: f32) -> Result<Scaling, InterceptNotFinite> {
        if scl_slope == 0.0 || !scl_slope.is_finite() {
            Ok(Scaling::IDENTITY)
        } else if scl_inter.is_finite() {
            Ok(Scaling { slope: scl_slope.into(), intercept: scl_inter.into() })
        } else {
            Err(InterceptNotFinite(scl_inter))
        }
    }

    /// The value that a stored number stands for.
    #[inline]
    pub fn apply(self, stored: f64) -> f64 {
        self.slope * stored + self.intercept
    }

    /// The slope: what a difference between two stored numbers is multiplied by.
    pub fn slope(self) -> f64 {
        self.slope
    }

    /// The intercept: the value of a stored 0.
    pub fn intercept(self) -> f64 {
        self.intercept
    }
}
