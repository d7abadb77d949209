//! The options that change the number: which volumes, what is fitted, how runs are combined.

use super::{at_least_zero, named};
use crate::recipe::{Dummies, Tool};
use crate::stats::formula::{Combine, Ddof};
use clap::Args;
use std::ops::Range;
use std::path::PathBuf;

/// The choices that make the numbers, as they were typed.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct AnalysisArguments {
    /// The definition of a tool: numpy, fsl, afni, ...
    ///
    /// numpy (the default), fsl (fslmaths -Tmean -Tstd -div), afni (3dTstat -tsnr), afni-cvarinv,
    /// nipype (TSNR; with --detrend its regress_poly), sfnr (fBIRN), workbench (-cifti-reduce TSNR).
    /// Sets ddof, trend, sign, what becomes of NaN and of undefined voxels; other options given as
    /// well go first.
    #[arg(long, value_name = "NAME", value_parser = named::<Tool>(&TOOLS),
          hide_possible_values = true,
          help_heading = "Definition")]
    pub definition: Option<Tool>,

    /// Combine runs: concat, demean, average or weighted
    ///
    /// concat: the runs concatenated as they are, so that shifts between them count as noise.
    /// demean: each run without its own mean: the std within runs, pooled. average: the mean over
    /// runs of each run's own tSNR. weighted: their root mean square, each volume with the same
    /// weight, as fixed effects meet it. Runs have to be realigned to each other for all of them.
    #[arg(long, value_name = "HOW", value_parser = named::<Combine>(&["concat", "demean", "average", "weighted"]),
          hide_possible_values = true,
          help_heading = "Definition")]
    pub combine: Option<Combine>,

    /// Delta degrees of freedom: the variance divides by N - ddof [default: 0]
    ///
    /// 0 as numpy and Dask, 1 as AFNI and FSL. 'rank' divides by N less the means and regressors
    /// that were fitted: what white noise leaves. Noise that is slow, as in fMRI, leaves less to
    /// slow regressors, so that denoising gains by it all the same.
    #[arg(long, value_name = "N|rank", hide_short_help = true, help_heading = "Definition")]
    pub ddof: Option<Ddof>,

    /// Take the mean from another image: of data that were demeaned or cleaned
    ///
    /// A map, or a run whose mean over time is taken.
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Definition")]
    pub mean_from: Option<PathBuf>,

    /// Remove a polynomial trend of each run (0 to 9)
    ///
    /// The mean stays that of the data.
    #[arg(long, value_name = "ORDER", value_parser = polynomial_order, help_heading = "Definition")]
    pub detrend: Option<usize>,

    /// Remove what is slower than this period: a discrete cosine set for each run, as SPM's
    ///
    /// Short runs need --detrend 1 beside it: a single cosine leaves 1.4% of a linear drift.
    #[arg(long, value_name = "SECONDS", value_parser = above_zero, hide_short_help = true, help_heading = "Definition")]
    pub highpass: Option<f64>,

    /// The TR of all runs [default: that of the BIDS sidecar, else of the header]
    ///
    /// A high-pass filter needs it. It beats what the JSON beside a run states
    /// (RepetitionTime, by BIDS's inheritance), and that beats the header.
    #[arg(long, value_name = "SECONDS", value_parser = above_zero, hide_short_help = true, help_heading = "Definition")]
    pub tr: Option<f64>,

    /// Tables of confounds as fMRIPrep writes them, one for each run: repeat, or one quoted pattern
    ///
    /// Or motion files: SPM's rp_*.txt, FSL's *.par, AFNI's *.1D. Matched to the runs by BIDS
    /// entities, else by order. Several for each run (fMRIPrep's and tedana's) are taken side by side.
    /// 'n/a' in the first row of a column that is regressed out counts as the value below it, for
    /// thresholds as 0. By themselves they tell how the head moved.
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Definition")]
    pub confounds: Vec<PathBuf>,

    /// Columns to regress out of each run: names and patterns, as in 'trans_*,rot_*'
    ///
    /// A name must be in every run's table, a pattern in one at least.
    /// fMRIPrep's CompCor columns need its cosine* beside them.
    #[arg(long, value_name = "NAMES", hide_short_help = true, help_heading = "Definition")]
    pub confound_columns: Option<String>,

    /// Leave out first volumes, or those not yet steady
    ///
    /// 'auto' takes fMRIPrep's non_steady_state_outlier columns where --confounds are fMRIPrep's, else
    /// the volumes among the first 50 whose global signal is an outlier (nipype's rule).
    #[arg(long, value_name = "N|auto", help_heading = "Volumes")]
    pub dummy_scans: Option<Dummies>,

    /// Look at these volumes of every run only: FROM:TO, from 0, TO itself left out
    #[arg(long, value_name = "FROM:TO", value_parser = volume_range, hide_short_help = true, help_heading = "Volumes")]
    pub volumes: Option<Range<usize>>,

    /// Lists of volumes to keep (1) or leave out (0), one for each run: AFNI's 1D form
    ///
    /// Or one list of all runs, one after the other, as afni_proc.py writes it.
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Volumes")]
    pub censor: Vec<PathBuf>,

    /// Leave out volumes with a framewise displacement above this (needs --confounds)
    #[arg(long, value_name = "MM", value_parser = above_zero,
          hide_short_help = true, help_heading = "Volumes")]
    pub fd_thresh: Option<f64>,

    /// Leave out volumes with a standardized DVARS above this (needs --confounds)
    #[arg(long, value_name = "X", value_parser = above_zero,
          hide_short_help = true, help_heading = "Volumes")]
    pub dvars_thresh: Option<f64>,

    /// Leave out so many volumes before each one that is left out by a list or threshold
    #[arg(long, value_name = "N", value_parser = at_least_zero, default_value_t = 0,
          hide_default_value = true, hide_short_help = true, help_heading = "Volumes")]
    pub censor_before: usize,

    /// Leave out so many volumes after each one that is left out by a list or threshold
    #[arg(long, value_name = "N", value_parser = at_least_zero, default_value_t = 0,
          hide_default_value = true, hide_short_help = true, help_heading = "Volumes")]
    pub censor_after: usize,

    /// Leave out runs that keep too few volumes, rather than fail
    #[arg(long, hide_short_help = true, help_heading = "Volumes")]
    pub skip_short_runs: bool,
}

/// The names of the tools.
const TOOLS: [&str; 7] = ["numpy", "fsl", "afni", "afni-cvarinv", "nipype", "sfnr", "workbench"];

fn polynomial_order(text: &str) -> Result<usize, String> {
    let order = text.parse().ok().filter(|order| *order <= 9);
    order.ok_or_else(|| "expected an order from 0 to 9".to_owned())
}

pub(super) fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| *number > 0.0 && number.is_finite());
    number.ok_or_else(|| "expected a number above 0".to_owned())
}

fn volume_range(text: &str) -> Result<Range<usize>, String> {
    let expected = || "expected FROM:TO, as in 0:50 or 10: (volumes count from 0)".to_owned();
    let (from, to) = text.split_once(':').ok_or_else(expected)?;
    let volume = |text: &str, absent: usize| match text {
        "" => Ok(absent),
        _ => text.parse().map_err(|_| expected()),
    };
    let range = volume(from, 0)?..volume(to, usize::MAX)?;
    match range.is_empty() {
        true => Err("expected TO after FROM".to_owned()),
        false => Ok(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_given_as_slices_are() {
        let range = volume_range;
        assert_eq!(range("2:5"), Ok(2..5));
        assert_eq!(range(":5"), Ok(0..5));
        assert_eq!(range("7:"), Ok(7..usize::MAX));
        for wrong in ["5", "5:5", "6:2", "-1:3", "a:b"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
