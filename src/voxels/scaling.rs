//! The rule that turns a stored number into the value it stands for.

/// `value = slope * stored + intercept`, in float64. Slope and intercept are finite and
/// the slope is not 0: a scaling that would destroy the data cannot be built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    slope: f64,
    intercept: f64,
}

impl Scaling {
    /// The stored number is the value.
    pub const IDENTITY: Scaling = Scaling { slope: 1.0, intercept: 0.0 };

    /// The scaling by a slope and an intercept, if both are finite and the slope is not 0.
    ///
    /// ```
    /// use tsnr::voxels::Scaling;
    /// assert_eq!(Scaling::new(0.5, -100.0).unwrap().apply(3.0), -98.5);
    /// assert_eq!(Scaling::new(0.0, 7.0), None);
    /// assert_eq!(Scaling::new(2.0, f64::NAN), None);
    /// ```
    pub fn new(slope: f64, intercept: f64) -> Option<Scaling> {
        let is_usable = slope != 0.0 && slope.is_finite() && intercept.is_finite();
        is_usable.then_some(Scaling { slope, intercept })
    }

    /// The value that a stored number stands for.
    #[inline]
    pub fn apply(self, stored: f64) -> f64 {
        self.slope * stored + self.intercept
    }

    /// Whether stored numbers are the values.
    pub fn is_identity(self) -> bool {
        self == Scaling::IDENTITY
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
