//! The formula of the temporal signal-to-noise ratio: the choices that the field's tools make
//! differently, by name.

use super::sampling::Model;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How the runs of a session become one map. With `mean_r` and `R_r` the mean and the residual
/// sum of squares of run r (about its own mean, after the fit), `n_r` its volumes, `N` those of all
/// runs, and `mean` the mean over all of them:
///
/// | | numerator | std |
/// |---|---|---|
/// | `Concat` | `mean` | `sqrt( (sum_r R_r + sum_r n_r (mean_r - mean)^2) / (N - ddof) )` |
/// | `Demean` | `mean` | `sqrt( sum_r R_r / (N - ddof) )`: within runs, pooled |
/// | `Average` | | the mean over runs of `tSNR_r = mean_r / sqrt(R_r / (n_r - ddof))` |
/// | `Weighted` | | `sqrt( sum_r n_r tSNR_r^2 / N )`, which has no sign |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// The runs concatenated as they are: what differs between them counts as noise.
    Concat,
    /// Each run without its own mean before the std: what differs between them does not count.
    Demean,
    /// The average of the runs' own tSNR, each run with the same weight.
    Average,
    /// The tSNR that fixed effects over the runs meet, which weight each run by its inverse
    /// variance: the root mean square of the runs' own tSNR, each volume with the same weight.
    Weighted,
}

impl Combine {
    /// Whether the tSNR is made of the runs' own, each with a divisor of its own.
    pub fn is_of_the_runs_own(self) -> bool {
        matches!(self, Combine::Average | Combine::Weighted)
    }
}

/// The degrees of freedom that the divisor of the sum of squares takes off the number of volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "DdofForm", into = "DdofForm")]
pub enum Ddof {
    /// `N - ddof` whatever was fitted: 0 as numpy, 1 as AFNI and FSL.
    Fixed(usize),
    /// The number of volumes less that of all fitted parameters: the means that were taken out
    /// (one, or one a run) and the regressors.
    Rank,
}

impl fmt::Display for Ddof {
    /// `ddof 1`, `ddof rank`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ddof::Fixed(ddof) => write!(f, "ddof {ddof}"),
            Ddof::Rank => f.write_str("ddof rank"),
        }
    }
}

impl FromStr for Ddof {
    type Err = String;

    /// `1`, `rank`; the error says what was expected.
    fn from_str(text: &str) -> Result<Ddof, String> {
        let number = |_| "expected a whole number, or 'rank'".to_owned();
        if text == "rank" { Ok(Ddof::Rank) } else { text.parse().map(Ddof::Fixed).map_err(number) }
    }
}

/// The form of [`Ddof`] in JSON: a number, or `"rank"`.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum DdofForm {
    Number(usize),
    Word(String),
}

impl TryFrom<DdofForm> for Ddof {
    type Error = String;

    fn try_from(form: DdofForm) -> Result<Ddof, String> {
        match form {
            DdofForm::Number(ddof) => Ok(Ddof::Fixed(ddof)),
            DdofForm::Word(word) if word == "rank" => Ok(Ddof::Rank),
            DdofForm::Word(word) => Err(format!("ddof '{word}', expected a number or rank")),
        }
    }
}

impl From<Ddof> for DdofForm {
    fn from(ddof: Ddof) -> DdofForm {
        match ddof {
            Ddof::Fixed(ddof) => DdofForm::Number(ddof),
            Ddof::Rank => DdofForm::Word("rank".to_owned()),
        }
    }
}

/// Whether the sign of the mean is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// `mean / std`.
    Signed,
    /// `|mean| / std`.
    Absolute,
}

/// The treatment of samples that are NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NotFinite {
    /// A sample that is not finite makes its voxel undefined.
    Undefined,
    /// NaN counts as a sample of 0; an infinity makes its voxel undefined (nipype).
    NanIsZero,
    /// Both count as samples of 0 (AFNI).
    Zero,
}

/// The choices that make a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Formula {
    /// How the runs become one map.
    pub combine: Combine,
    /// The divisor of the sum of squares.
    pub ddof: Ddof,
    /// Whether the sign of the mean is kept.
    pub sign: Sign,
    /// The treatment of samples that are no numbers.
    pub not_finite: NotFinite,
    /// A voxel whose std is no more than this is undefined, in the units of the data: 0 but for
    /// nipype's 0.001.
    pub least_std: f64,
}

impl Default for Formula {
    /// numpy's: `data.mean(-1) / data.std(-1)` of the concatenated runs.
    fn default() -> Formula {
        Formula {
            combine: Combine::Concat,
            ddof: Ddof::Fixed(0),
            sign: Sign::Signed,
            not_finite: NotFinite::Undefined,
            least_std: 0.0,
        }
    }
}

impl Formula {
    /// The divisor of the squared deviations of all runs. Where each run has
    /// [its own](Combine::is_of_the_runs_own), that is [`freedom_of_run`](Formula::freedom_of_run).
    pub fn freedom(&self, model: &Model) -> f64 {
        let (volumes, runs) = (model.volumes() as f64, model.runs().len() as f64);
        match (self.ddof, self.combine) {
            (Ddof::Fixed(ddof), _) => volumes - ddof as f64,
            (Ddof::Rank, Combine::Demean) => volumes - runs - model.regressors() as f64,
            (Ddof::Rank, _) => volumes - 1.0 - model.regressors() as f64,
        }
    }

    /// The divisor of the squared deviations of one run, from its own mean.
    pub fn freedom_of_run(&self, model: &Model, run: usize) -> f64 {
        let sampling = &model.runs()[run];
        let volumes = sampling.used().len() as f64;
        match self.ddof {
            Ddof::Fixed(ddof) => volumes - ddof as f64,
            Ddof::Rank => volumes - 1.0 - sampling.rank() as f64,
        }
    }

    /// The two parts of the standard error of the tSNR, for noise that is normal and independent
    /// over time: the variance of the mean in units of that of the noise, `1 / N`, and that of the
    /// std relative to its square, `1 / (2 nu)`. `nu` is the divisor, at most the volumes less the
    /// regressors: a divisor that does not count them says nothing of what is left. A tSNR
    /// that is made of the runs' own has the sum of theirs, each times the square of its weight: as if
    /// all had the same tSNR.
    pub fn variances(&self, model: &Model) -> [f64; 2] {
        if !self.combine.is_of_the_runs_own() {
            let left = (model.volumes() - model.regressors()) as f64;
            return [1.0 / model.volumes() as f64, 0.5 / self.freedom(model).min(left)];
        }
        let runs = model.runs().len();
        (0..runs).fold([0.0, 0.0], |[mean, std], run| {
            let weight = match self.combine {
                Combine::Weighted => model.runs()[run].used().len() as f64 / model.volumes() as f64,
                _ => 1.0 / runs as f64,
            };
            let of_run = self.variances_of_run(model, run).map(|it| weight * weight * it);
            [mean + of_run[0], std + of_run[1]]
        })
    }

    /// The [variances](Formula::variances) of one run by itself.
    pub fn variances_of_run(&self, model: &Model, run: usize) -> [f64; 2] {
        let sampling = &model.runs()[run];
        let (volumes, left) = (sampling.used().len(), sampling.used().len() - sampling.rank());
        [1.0 / volumes as f64, 0.5 / self.freedom_of_run(model, run).min(left as f64)]
    }
}
