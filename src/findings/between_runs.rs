//! `between-runs`: shifts of the mean between runs, which count as noise where runs are concatenated.

use super::{Computed, Finding, Look, Rule, Severity};
use crate::error::Setting;
use crate::numbers::{figure, share};
use crate::pipeline::Analysis;
use crate::runs::one_run_by_files;
use crate::stats::formula::{Combine, Formula};
use crate::stats::quantiles::median_of_finite;
use crate::stats::sampling::Scope;
use crate::stats::summary::Summary;
use serde::Serialize;

pub(super) const RULE: Rule = Rule {
    name: "between-runs",
    severity: Severity::Warning,
    about: "the median tSNR of the concatenation and that without the runs' means differ by more than 10%",
    look: Look::After {
        looked_for: |computed| computed.between.map(|_| "variance between the runs".to_owned()),
        find,
    },
};

/// A difference between two medians that a person should know of, as a part of one: a convention. It
/// is a share of 17.4% of the variance, `1 - 1 / 1.1^2`.
const TELLING_DIFFERENCE: f64 = 0.1;

/// The variance between runs, and the medians with and without it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BetweenRuns {
    /// The median over voxels of the share of variance that lies between runs, 0 to 1.
    pub share: f64,
    /// The median tSNR of the runs concatenated as they are.
    pub concat_median: f64,
    /// The median tSNR of the same runs, each without its own mean.
    pub demean_median: f64,
}

impl BetweenRuns {
    /// The figures of maps of several runs concatenated as they are; `tsnr` and `share` are those of the
    /// same voxels, all of them with a tSNR, and `summary` is that of `tsnr`.
    pub fn from_shares(
        summary: &Summary,
        tsnr: &[f64],
        share: &[f64],
        analysis: &Analysis,
    ) -> Option<BetweenRuns> {
        let Analysis { definition, model, .. } = analysis;
        if definition.combine != Combine::Concat
            || model.runs().len() < 2
            || model.scope() != Scope::Run
        {
            return None;
        }
        let demean = Formula { combine: Combine::Demean, ..*definition };
        // Of the same squares, so that the ratio of the two is all that is needed.
        let freedom = demean.freedom(model) / definition.freedom(model);
        let demeaned = |(tsnr, share): (&f64, &f64)| tsnr * (freedom / (1.0 - share)).sqrt();
        Some(BetweenRuns {
            share: median_of_finite(share.iter().copied())?,
            concat_median: summary.distribution?.median,
            demean_median: median_of_finite(tsnr.iter().zip(share).map(demeaned))?,
        })
    }

    fn is_telling(&self) -> bool {
        let difference = (self.demean_median - self.concat_median).abs();
        difference > TELLING_DIFFERENCE * self.concat_median.abs()
    }
}

/// The variance of which a share lies between runs, in words: something fitted takes of that within them.
pub(crate) fn variance(is_something_fitted: bool) -> &'static str {
    match is_something_fitted {
        true => "the variance that is left",
        false => "the variance",
    }
}

fn find(computed: &Computed) -> Vec<Finding> {
    let Some(between) = computed.between.filter(BetweenRuns::is_telling) else {
        return Vec::new();
    };
    let fitted = computed.analysis.model.most_regressors() > 0;
    let text = format!(
        "{} of {} lies between the runs: the median tSNR is {} with the runs \
         concatenated as they are, {} with each run's own mean removed",
        share(between.share),
        variance(fitted),
        figure(between.concat_median),
        figure(between.demean_median)
    );
    // Between the echoes of a run, or two versions of it, lies no shift that is to be removed.
    let remedy = match one_run_by_files(&computed.prepared.session).as_slice() {
        [] => (
            "see first that the runs are realigned to each other, and if they are consider removing \
             each run's own mean (combine demean)",
            vec![Setting::Combine],
        ),
        _ => ("see first to the run that is taken several times (same-run)", vec![]),
    };
    let finding = RULE.finding(text).remedy(remedy.0, remedy.1);
    vec![
        finding
            .figure("share_of_variance", between.share)
            .figure("concat_median", between.concat_median)
            .figure("demean_median", between.demean_median),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maps::Wanted;
    use crate::stats::formula::Ddof;
    use crate::stats::sampling::Model;
    use crate::stats::signals::SignalsWanted;
    use std::sync::Arc;

    #[test]
    fn the_demeaned_median_follows_from_the_share() {
        // Two runs of 50 volumes; half of the variance lies between them.
        let analysis = |ddof| Analysis {
            definition: Formula { ddof, ..Formula::default() },
            model: Arc::new(Model::all([50, 50])),
            wanted: Wanted::default(),
            signals: SignalsWanted::default(),
        };
        let from_shares = |tsnr: &[f64], share: &[f64], analysis: &Analysis| {
            let summary = Summary::from_values(tsnr.iter().copied());
            BetweenRuns::from_shares(&summary, tsnr, share, analysis)
        };
        let of = |ddof| from_shares(&[30.0, 40.0, 50.0], &[0.5; 3], &analysis(ddof)).unwrap();
        let plain = of(Ddof::Fixed(0));
        assert_eq!((plain.share, plain.concat_median), (0.5, 40.0));
        assert!((plain.demean_median - 40.0 * 2.0_f64.sqrt()).abs() < 1e-12);
        assert!(plain.is_telling());
        // A tenth of the median is a share of 1 - 1 / 1.1^2 = 17.4%, and not less.
        for (share, is_telling) in [(0.17, false), (0.173, false), (0.174, true), (0.18, true)] {
            let analysis = analysis(Ddof::Fixed(0));
            let tsnr = [30.0, 40.0, 50.0];
            let found = from_shares(&tsnr, &[share; 3], &analysis).unwrap();
            assert_eq!(found.is_telling(), is_telling, "{share}");
        }
        let rank = of(Ddof::Rank).demean_median;
        assert!((rank - 40.0 * (2.0 * 98.0 / 99.0_f64).sqrt()).abs() < 1e-12);
        let one = Analysis { model: Arc::new(Model::all([100])), ..analysis(Ddof::Rank) };
        assert_eq!(from_shares(&[1.0], &[0.0], &one), None);
    }
}
