//! Runs beside each other: one whose tSNR is far from that of the others.

use super::Series;
use super::robust::{deviation, median, quartiles};

/// The fewest voxels of which a median is compared.
pub const FEWEST_SAMPLED: usize = 20;

/// A run's median tSNR in a sample of voxels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunFigure {
    /// The median over the voxels.
    pub median: f64,
    /// The standard error of its logarithm that the choice of voxels gives: 1.2533 times the spread of
    /// the logarithms over the root of their number, as of a normal distribution.
    pub log_error: f64,
}

/// The figure of a run: the median over the voxels of mean / std over time, after a fit of regressors
/// that are orthonormal and orthogonal to the constant, `rank` of them at each volume. Nothing of too
/// few voxels.
pub fn figure_of_run(series: &Series, rank: usize, weights: &[f64]) -> Option<RunFigure> {
    let count = series.volumes().len();
    if count < 2 + rank || series.voxels() < FEWEST_SAMPLED {
        return None;
    }
    let means = series.mean();
    let mut squares = vec![0.0; series.voxels()];
    let mut products = vec![vec![0.0; series.voxels()]; rank];
    for (at, row) in series.rows().enumerate() {
        for ((square, &value), mean) in squares.iter_mut().zip(row).zip(&means) {
            let distance = f64::from(value) - mean;
            *square += distance * distance;
        }
        for (products, weight) in products.iter_mut().zip(&weights[at * rank..]) {
            for ((product, &value), mean) in products.iter_mut().zip(row).zip(&means) {
                *product += weight * (f64::from(value) - mean);
            }
        }
    }
    for products in &products {
        for (square, product) in squares.iter_mut().zip(products) {
            *square -= product * product;
        }
    }
    let freedom = (count - rank) as f64;
    let tsnr =
        means.iter().zip(&squares).map(|(mean, square)| mean.abs() / (square / freedom).sqrt());
    let tsnr: Vec<f64> = tsnr.filter(|it| it.is_finite() && *it > 0.0).collect();
    if tsnr.len() < FEWEST_SAMPLED {
        return None;
    }
    let logs: Vec<f64> = tsnr.iter().map(|it| it.ln()).collect();
    let [lower, _, upper] = quartiles(&logs)?;
    let spread = (upper - lower) / (2.0 * super::robust::NORMAL_QUARTILE);
    let error = (std::f64::consts::FRAC_PI_2 / tsnr.len() as f64).sqrt() * spread;
    Some(RunFigure { median: median(&tsnr), log_error: error })
}

/// A run that is unlike the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutlierRun {
    /// The number of the run.
    pub run: usize,
    /// The median tSNR of the run.
    pub median: f64,
    /// The median of the others'.
    pub others: f64,
    /// How far it is from the others in logarithms, in their robust std; none of fewer than five runs.
    pub z_score: Option<f64>,
}

/// The fewest runs of which the spread is known.
const FEWEST_RUNS_WITH_SPREAD: usize = 5;
/// The least modified z-score (Iglewicz and Hoaglin 1993).
const LEAST_Z_SCORE: f64 = 3.5;
/// The least distance from the median of the others, as a part of that. Ours.
const LEAST_DISTANCE: f64 = 0.25;

/// The runs whose median is more than 25% from the median of the others, and of all; of five runs and more it also
/// has to be more than 3.5 robust std of the others' logarithms from it, of which the least is the
/// medians' own error. Of two runs it is the lower.
pub fn outlier_runs(figures: &[Option<RunFigure>]) -> Vec<OutlierRun> {
    let known: Vec<(usize, RunFigure)> =
        figures.iter().enumerate().filter_map(|(run, it)| Some((run, (*it)?))).collect();
    let centre_of_all = match known.len() {
        // Of two there is no middle.
        2 => f64::NEG_INFINITY,
        _ => median(&known.iter().map(|(_, it)| it.median.ln()).collect::<Vec<_>>()),
    };
    let outlier = |&(run, figure): &(usize, RunFigure)| {
        let others = known.iter().filter(|(other, _)| *other != run);
        let logs: Vec<f64> = others.clone().map(|(_, it)| it.median.ln()).collect();
        let centre = median(&logs);
        let distance = figure.median.ln() - centre;
        let others = centre.exp();
        let is_far = (figure.median / others - 1.0).abs() > LEAST_DISTANCE;
        let is_lower_of_two = known.len() > 2 || distance < 0.0;
        let z_score = (known.len() >= FEWEST_RUNS_WITH_SPREAD).then(|| {
            let own = known.iter().map(|(_, it)| it.log_error).fold(0.0, f64::max);
            distance.abs() / deviation(&logs).max(own)
        });
        // Of three runs of which one is bad, the others are far from each other two as well.
        let is_far = is_far && (figure.median / centre_of_all.exp() - 1.0).abs() > LEAST_DISTANCE;
        let is_outlier = is_far && is_lower_of_two && z_score.is_none_or(|it| it > LEAST_Z_SCORE);
        is_outlier.then_some(OutlierRun { run, median: figure.median, others, z_score })
    };
    if known.len() < 2 {
        return Vec::new();
    }
    known.iter().filter_map(outlier).collect()
}
