//! The definitions of the field's tools, by name.

use super::{MeanKept, TsnrDefinition};
use crate::maps::WrittenUndefined;
use crate::stats::formula::{Combine, Ddof, Formula, NotFinite, Sign};
use crate::stats::sampling::Scope;
use serde::{Deserialize, Serialize};

/// A tool or paper whose definition of the tSNR is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// `data.mean(-1) / data.std(-1)`, as in numpy and the Dask lesson.
    Numpy,
    /// `fslmaths -Tmean`, `-Tstd`, `-div`, and niimath.
    Fsl,
    /// AFNI's `3dTstat -tsnr` (`-cvarinvNOD`).
    Afni,
    /// AFNI's `3dTstat -cvarinv`: the std about a straight line through all volumes.
    AfniCvarinv,
    /// nipype's `TSNR`, whose median MRIQC reports.
    Nipype,
    /// The signal-to-fluctuation-noise ratio of Friedman and Glover 2006 (fBIRN).
    Sfnr,
    /// Connectome Workbench's `wb_command -cifti-reduce IN TSNR OUT`, and `-volume-reduce`.
    Workbench,
}

impl Tool {
    /// The tools whose definitions are known.
    pub const ALL: [Tool; 7] = [
        Tool::Numpy,
        Tool::Fsl,
        Tool::Afni,
        Tool::AfniCvarinv,
        Tool::Nipype,
        Tool::Sfnr,
        Tool::Workbench,
    ];

    /// The name of the definition, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Numpy => "numpy",
            Tool::Fsl => "fsl",
            Tool::Afni => "afni",
            Tool::AfniCvarinv => "afni-cvarinv",
            Tool::Nipype => "nipype",
            Tool::Sfnr => "sfnr",
            Tool::Workbench => "workbench",
        }
    }

    /// The differences from other tools, in a line.
    pub fn what_differs(self) -> &'static str {
        match self {
            Tool::Numpy => "mean / std, ddof 0, nothing removed",
            Tool::Fsl => "ddof 1; 0 where the std is 0",
            Tool::Afni => "ddof 1; |mean|; NaN and Inf count as samples of 0",
            Tool::AfniCvarinv => {
                "as afni, std about a straight line through all volumes; N - 1, not N - 2"
            }
            Tool::Nipype => "ddof 0; NaN counts as 0; 0 where the std is at most 0.001",
            Tool::Sfnr => "std about a quadratic of each run, ddof 1; the mean is that of the data",
            Tool::Workbench => "ddof 1; NaN and Inf where there is no tSNR",
        }
    }

    /// The tool as a paper speaks of it.
    pub fn cited(self) -> &'static str {
        match self {
            Tool::Numpy => "numpy's mean / std",
            Tool::Fsl => "fslmaths -Tmean / -Tstd",
            Tool::Afni => "AFNI's 3dTstat -tsnr",
            Tool::AfniCvarinv => "AFNI's 3dTstat -cvarinv",
            Tool::Nipype => "nipype's TSNR",
            Tool::Sfnr => "SFNR (Friedman and Glover 2006)",
            Tool::Workbench => "Connectome Workbench's -cifti-reduce TSNR",
        }
    }

    /// Whether a polynomial of any order belongs to the tool's definition.
    pub(super) fn takes_an_order(self) -> bool {
        self == Tool::Nipype
    }

    /// Everything that makes the tool's number; with a polynomial of this order in the place of
    /// its own.
    pub fn definition(self, polynomial_order: Option<usize>) -> TsnrDefinition {
        let own_order = match self {
            Tool::Sfnr => 2,
            Tool::AfniCvarinv => 1,
            Tool::Numpy | Tool::Fsl | Tool::Afni | Tool::Nipype | Tool::Workbench => 0,
        };
        let polynomial_order = polynomial_order.unwrap_or(own_order);
        let regresses_polynomials = self == Tool::Nipype && polynomial_order > 0;
        let is_through_all = self == Tool::AfniCvarinv || regresses_polynomials;
        TsnrDefinition {
            formula: self.formula(),
            polynomial_order,
            trend_through: if is_through_all { Scope::Concatenation } else { Scope::Run },
            mean: match regresses_polynomials {
                true => MeanKept::LessPolynomials,
                false => MeanKept::Whole,
            },
            highpass_seconds: None,
            confound_columns: None,
            is_mean_replaced: false,
            undefined: match self {
                Tool::Numpy | Tool::Workbench => WrittenUndefined::Division,
                Tool::Fsl => WrittenUndefined::ZeroOrNan,
                Tool::Afni | Tool::AfniCvarinv | Tool::Nipype | Tool::Sfnr => {
                    WrittenUndefined::Zero
                }
            },
            based_on: Some(self),
        }
    }

    fn formula(self) -> Formula {
        let numpy = Formula::default();
        let with_ddof_1 = Formula { ddof: Ddof::Fixed(1), ..numpy };
        match self {
            Tool::Numpy => numpy,
            Tool::Fsl | Tool::Sfnr | Tool::Workbench => with_ddof_1,
            Tool::Afni | Tool::AfniCvarinv => Formula {
                sign: Sign::Absolute,
                not_finite: NotFinite::Zero,
                combine: Combine::Concat,
                ..with_ddof_1
            },
            Tool::Nipype => Formula { not_finite: NotFinite::NanIsZero, least_std: 1e-3, ..numpy },
        }
    }
}
