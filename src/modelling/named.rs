//! The definitions of the field's tools, by name.

use super::{MeanKept, Request};
use crate::maps::WrittenUndefined;
use crate::stats::definition::{Combine, Ddof, Definition, NotFinite, Sign};
use crate::stats::sampling::Scope;

/// A definition that is known by the name of a tool or a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// `data.mean(-1) / data.std(-1)`, as in numpy and the Dask tutorial.
    Numpy,
    /// `fslmaths -Tmean`, `-Tstd`, `-div`, and niimath.
    Fsl,
    /// AFNI's `3dTstat -tsnr` (`-cvarinvNOD`).
    Afni,
    /// AFNI's `3dTstat -cvarinv`: the std about a straight line through all volumes.
    AfniCvarinv,
    /// nipype's `TSNR`, which MRIQC and fMRIPrep use.
    Nipype,
    /// The signal-to-fluctuation-noise ratio of Friedman and Glover 2006 (fBIRN).
    Sfnr,
}

/// All of them.
pub const NAMED: [Named; 6] =
    [Named::Numpy, Named::Fsl, Named::Afni, Named::AfniCvarinv, Named::Nipype, Named::Sfnr];

impl Named {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Named::Numpy => "numpy",
            Named::Fsl => "fsl",
            Named::Afni => "afni",
            Named::AfniCvarinv => "afni-cvarinv",
            Named::Nipype => "nipype",
            Named::Sfnr => "sfnr",
        }
    }

    /// What sets it apart, in a line.
    pub fn what_differs(self) -> &'static str {
        match self {
            Named::Numpy => "mean / std, ddof 0, nothing removed",
            Named::Fsl => "ddof 1; 0 where the std is 0",
            Named::Afni => "ddof 1; |mean|; NaN and Inf count as samples of 0",
            Named::AfniCvarinv => {
                "as afni, std about a straight line through all volumes; N - 1, not N - 2"
            }
            Named::Nipype => "ddof 0; NaN counts as 0; 0 where the std is at most 0.001",
            Named::Sfnr => {
                "std about a quadratic of each run, ddof 1; the mean is that of the data"
            }
        }
    }

    /// As a paper speaks of it.
    pub fn cited(self) -> &'static str {
        match self {
            Named::Numpy => "numpy's mean / std",
            Named::Fsl => "fslmaths -Tmean / -Tstd",
            Named::Afni => "AFNI's 3dTstat -tsnr",
            Named::AfniCvarinv => "AFNI's 3dTstat -cvarinv",
            Named::Nipype => "nipype's TSNR",
            Named::Sfnr => "SFNR (Friedman and Glover 2006)",
        }
    }

    /// The choices that make the number.
    pub fn definition(self) -> Definition {
        let numpy = Definition::default();
        let with_ddof_1 = Definition { ddof: Ddof::Fixed(1), ..numpy };
        match self {
            Named::Numpy => numpy,
            Named::Fsl | Named::Sfnr => with_ddof_1,
            Named::Afni | Named::AfniCvarinv => Definition {
                sign: Sign::Absolute,
                not_finite: NotFinite::Zero,
                combine: Combine::Concat,
                ..with_ddof_1
            },
            Named::Nipype => {
                Definition { not_finite: NotFinite::NanIsZero, least_std: 1e-3, ..numpy }
            }
        }
    }

    /// What is fitted, if nothing else is asked for.
    pub fn polynomial_order(self) -> usize {
        match self {
            Named::Sfnr => 2,
            Named::AfniCvarinv => 1,
            Named::Numpy | Named::Fsl | Named::Afni | Named::Nipype => 0,
        }
    }

    /// The request with the scope of this definition's fit.
    pub fn requested(self, request: Request) -> Request {
        match self {
            Named::AfniCvarinv => Request { scope: Scope::Concatenation, ..request },
            Named::Nipype if request.polynomial_order > 0 => {
                Request { scope: Scope::Concatenation, mean: MeanKept::LessPolynomials, ..request }
            }
            _ => request,
        }
    }

    /// What it writes for voxels that are undefined.
    pub fn undefined(self) -> WrittenUndefined {
        match self {
            Named::Numpy => WrittenUndefined::Division,
            Named::Fsl => WrittenUndefined::ZeroOrNan,
            Named::Afni | Named::AfniCvarinv | Named::Nipype | Named::Sfnr => {
                WrittenUndefined::Zero
            }
        }
    }
}
