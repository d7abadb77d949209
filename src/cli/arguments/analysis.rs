//! The options that change the number: which volumes, what is fitted, how runs are combined.

use super::at_least_zero;
use crate::confounds::Selection;
use crate::inputs;
use crate::modelling::{Dummies, NAMED, Named};
use crate::stats::definition::{Combine, Ddof};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::ops::Range;
use std::path::PathBuf;

/// What is computed, as it was typed.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct AnalysisArguments {
    /// Compute what a tool of the field computes, by its definition
    ///
    /// numpy (the default), fsl (fslmaths -Tmean -Tstd -div), afni (3dTstat -tsnr), afni-cvarinv,
    /// nipype (TSNR; with --detrend its regress_poly), sfnr (fBIRN). Sets ddof, trend, sign, what
    /// becomes of NaN and of undefined voxels; other options given as well go first.
    #[arg(long, value_name = "NAME", value_parser = named(), help_heading = "Definition")]
    pub definition: Option<Named>,

    /// How the runs become one map
    ///
    /// concat: the runs concatenated as they are, so that shifts between them count as noise.
    /// demean: each run without its own mean: the std within runs, pooled. average: the mean over
    /// runs of each run's own tSNR.
    #[arg(long, value_name = "HOW", value_enum, help_heading = "Definition")]
    pub combine: Option<CombineName>,

    /// Delta degrees of freedom: the variance divides by N - ddof [default: 0]
    ///
    /// 0 as numpy and Dask, 1 as AFNI and FSL. 'rank' divides by N less the means and regressors
    /// that were fitted.
    #[arg(long, value_name = "N|rank", value_parser = ddof, help_heading = "Definition")]
    pub ddof: Option<DdofChoice>,

    /// Take the mean from another image: of data that were demeaned or cleaned
    ///
    /// A map, or a run whose mean over time is taken.
    #[arg(long, value_name = "FILE", help_heading = "Definition")]
    pub mean_from: Option<PathBuf>,

    /// Remove a polynomial trend of this order from each run (0 to 9); the mean stays
    #[arg(long, value_name = "ORDER", value_parser = polynomial_order, help_heading = "Regression")]
    pub detrend: Option<usize>,

    /// Remove what is slower than this period: a discrete cosine set for each run, as SPM's
    #[arg(long, value_name = "SECONDS", value_parser = above_zero, help_heading = "Regression")]
    pub highpass: Option<f64>,

    /// Tables of confounds as fMRIPrep writes them, one for each run: repeat, or one quoted pattern
    ///
    /// Matched to the runs by BIDS entities, else by order. 'n/a' in the first row of a column
    /// that is regressed out counts as the value below it, for thresholds as 0.
    #[arg(long, value_name = "FILE", help_heading = "Regression")]
    pub confounds: Vec<PathBuf>,

    /// Columns to regress out of each run: names and patterns, as in 'trans_*,rot_*'
    #[arg(long, value_name = "NAMES", requires = "confounds", help_heading = "Regression")]
    pub confound_columns: Option<String>,

    /// Leave out the first volumes of every run, or those that are not yet steady
    ///
    /// 'auto' takes fMRIPrep's non_steady_state_outlier columns where --confounds are given, else
    /// the volumes among the first 50 whose global signal is an outlier (nipype's rule).
    #[arg(long, value_name = "N|auto", value_parser = dummies, help_heading = "Volumes")]
    pub dummy_scans: Option<Dummies>,

    /// Look at these volumes of every run only: FROM:TO, from 0, TO itself left out
    #[arg(long, value_name = "FROM:TO", value_parser = volume_range, help_heading = "Volumes")]
    pub volumes: Option<VolumeRange>,

    /// Lists of volumes to keep (1) or leave out (0), one for each run: AFNI's 1D form
    #[arg(long, value_name = "FILE", help_heading = "Volumes")]
    pub censor: Vec<PathBuf>,

    /// Leave out volumes with a framewise displacement above this (needs --confounds)
    #[arg(long, value_name = "MM", value_parser = above_zero, requires = "confounds",
          help_heading = "Volumes")]
    pub fd_thresh: Option<f64>,

    /// Leave out volumes with a standardized DVARS above this (needs --confounds)
    #[arg(long, value_name = "X", value_parser = above_zero, requires = "confounds",
          help_heading = "Volumes")]
    pub dvars_thresh: Option<f64>,

    /// Leave out so many volumes before each one that is left out by a list or threshold
    #[arg(long, value_name = "N", value_parser = at_least_zero, default_value_t = 0,
          hide_default_value = true, help_heading = "Volumes")]
    pub censor_before: usize,

    /// Leave out so many volumes after each one that is left out by a list or threshold
    #[arg(long, value_name = "N", value_parser = at_least_zero, default_value_t = 0,
          hide_default_value = true, help_heading = "Volumes")]
    pub censor_after: usize,

    /// Leave out runs that keep too few volumes, rather than fail
    #[arg(long, help_heading = "Volumes")]
    pub skip_short_runs: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum CombineName {
    Concat,
    Demean,
    Average,
}

impl From<CombineName> for Combine {
    fn from(name: CombineName) -> Combine {
        match name {
            CombineName::Concat => Combine::Concat,
            CombineName::Demean => Combine::Demean,
            CombineName::Average => Combine::Average,
        }
    }
}

/// [`Ddof`], as clap wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct DdofChoice(pub Ddof);

/// Volumes from the first on to before the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct VolumeRange {
    pub range: Range<usize>,
    text: String,
}

impl AnalysisArguments {
    /// The columns to regress out.
    pub fn selection(&self) -> crate::error::Result<Option<Selection>> {
        self.confound_columns.as_deref().map(Selection::parse).transpose()
    }

    /// The tables of confounds, patterns expanded.
    ///
    /// # Errors
    /// A pattern that nothing matches.
    pub fn confound_tables(&self) -> crate::error::Result<Vec<PathBuf>> {
        inputs::expand_files(&self.confounds)
    }

    /// The lists of volumes to keep, patterns expanded.
    ///
    /// # Errors
    /// A pattern that nothing matches.
    pub fn censor_lists(&self) -> crate::error::Result<Vec<PathBuf>> {
        inputs::expand_files(&self.censor)
    }

    /// The words that give these options to another run of this program.
    pub fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        let mut add = |option: &str, value: OsString| {
            let mut word = OsString::from(format!("--{option}="));
            word.push(value);
            words.push(word);
        };
        let number = |number: f64| OsString::from(number.to_string());
        self.definition.iter().for_each(|it| add("definition", it.name().into()));
        if let Some(name) = self.combine.and_then(|it| it.to_possible_value()) {
            add("combine", name.get_name().into());
        }
        match self.ddof {
            Some(DdofChoice(Ddof::Fixed(ddof))) => add("ddof", ddof.to_string().into()),
            Some(DdofChoice(Ddof::Rank)) => add("ddof", "rank".into()),
            None => {}
        }
        self.mean_from.iter().for_each(|it| add("mean-from", it.into()));
        self.detrend.iter().for_each(|it| add("detrend", it.to_string().into()));
        self.highpass.iter().for_each(|&it| add("highpass", number(it)));
        self.confounds.iter().for_each(|it| add("confounds", it.into()));
        self.confound_columns.iter().for_each(|it| add("confound-columns", it.into()));
        match self.dummy_scans {
            Some(Dummies::Count(count)) => add("dummy-scans", count.to_string().into()),
            Some(Dummies::Auto) => add("dummy-scans", "auto".into()),
            None => {}
        }
        self.volumes.iter().for_each(|it| add("volumes", it.text.clone().into()));
        self.censor.iter().for_each(|it| add("censor", it.into()));
        self.fd_thresh.iter().for_each(|&it| add("fd-thresh", number(it)));
        self.dvars_thresh.iter().for_each(|&it| add("dvars-thresh", number(it)));
        add("censor-before", self.censor_before.to_string().into());
        add("censor-after", self.censor_after.to_string().into());
        if self.skip_short_runs {
            words.push("--skip-short-runs".into());
        }
        words
    }
}

fn named() -> impl clap::builder::TypedValueParser<Value = Named> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    let parser = PossibleValuesParser::new(NAMED.map(Named::name));
    parser.map(|name| NAMED.into_iter().find(|it| it.name() == name).expect("a possible value"))
}

fn ddof(text: &str) -> Result<DdofChoice, String> {
    match text {
        "rank" => Ok(DdofChoice(Ddof::Rank)),
        _ => text
            .parse()
            .map(|ddof| DdofChoice(Ddof::Fixed(ddof)))
            .map_err(|_| "expected a whole number, or 'rank'".to_owned()),
    }
}

fn dummies(text: &str) -> Result<Dummies, String> {
    match text {
        "auto" => Ok(Dummies::Auto),
        _ => text
            .parse()
            .map(Dummies::Count)
            .map_err(|_| "expected a number of volumes, or 'auto'".to_owned()),
    }
}

fn polynomial_order(text: &str) -> Result<usize, String> {
    let order = text.parse().ok().filter(|order| *order <= 9);
    order.ok_or_else(|| "expected an order from 0 to 9".to_owned())
}

fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| *number > 0.0 && number.is_finite());
    number.ok_or_else(|| "expected a number above 0".to_owned())
}

fn volume_range(text: &str) -> Result<VolumeRange, String> {
    let expected = || "expected FROM:TO, as in 0:50 or 10: (volumes count from 0)".to_owned();
    let (from, to) = text.split_once(':').ok_or_else(expected)?;
    let volume = |text: &str, absent: usize| match text {
        "" => Ok(absent),
        _ => text.parse().map_err(|_| expected()),
    };
    let range = volume(from, 0)?..volume(to, usize::MAX)?;
    match range.is_empty() {
        true => Err("expected TO after FROM".to_owned()),
        false => Ok(VolumeRange { range, text: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        analysis: AnalysisArguments,
    }

    #[test]
    fn another_run_is_given_the_same_options() {
        let typed = [
            "tsnr",
            "--definition=nipype",
            "--combine=average",
            "--ddof=rank",
            "--mean-from=m.nii",
            "--detrend=3",
            "--highpass=128.5",
            "--confounds=a.tsv",
            "--confounds=b.tsv",
            "--confound-columns=trans_*,rot_*",
            "--dummy-scans=auto",
            "--volumes=3:",
            "--censor=a.1D",
            "--fd-thresh=0.5",
            "--dvars-thresh=1.5",
            "--censor-before=1",
            "--censor-after=2",
            "--skip-short-runs",
        ];
        let words = Command::parse_from(typed).analysis.words();
        assert_eq!(words, typed[1..]);
    }

    #[test]
    fn volumes_are_given_as_slices_are() {
        let range = |text| volume_range(text).map(|it| it.range);
        assert_eq!(range("2:5"), Ok(2..5));
        assert_eq!(range(":5"), Ok(0..5));
        assert_eq!(range("7:"), Ok(7..usize::MAX));
        for wrong in ["5", "5:5", "6:2", "-1:3", "a:b"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
