//! `outlier-run`: a run whose tSNR is far from that of the others.

use super::{Computed, Finding, Look, Place, Rule, Severity, worst};
use crate::numbers::figure;
use crate::quality::{OutlierRun, outlier_runs};

pub(super) const RULE: Rule = Rule {
    name: "outlier-run",
    severity: Severity::Warning,
    about: "a run whose median tSNR is more than 25% from that of the others, and of five runs and more by 3.5 robust std of their logarithms",
    look: Look::Judge { looked_for, find, needs: "two runs with a tSNR of their own" },
};

fn figures(computed: &Computed) -> Vec<Option<crate::quality::RunFigure>> {
    computed.quality.runs.iter().map(|it| it.figure).collect()
}

fn looked_for(computed: &Computed) -> Option<String> {
    let known = figures(computed).iter().flatten().count();
    let found = computed.in_runs(|it| it.figure.is_some())?;
    (known > 1).then(|| format!("runs whose tSNR is far from the others'{found}"))
}

fn find(computed: &Computed) -> Vec<Finding> {
    let finding = |it: OutlierRun| {
        let name = computed.name_of_run(it.run);
        let percent = 100.0 * (it.median / it.others - 1.0);
        let (less_or_more, percent) = match percent < 0.0 {
            true => ("less", -percent),
            false => ("more", percent),
        };
        let text = format!(
            "{name}: its median tSNR is {}, {percent:.0}% {less_or_more} than that of the others, {} \
             ({})",
            figure(it.median),
            figure(it.others),
            computed.sample()
        );
        let finding = RULE
            .finding(text)
            .remedy("look at the run, and consider leaving it out", [])
            .place(Place::run(&name))
            .figure("median", it.median)
            .figure("median_of_others", it.others)
            .figure("z_score", it.z_score);
        ((it.median / it.others).ln().abs(), finding)
    };
    worst(outlier_runs(&figures(computed)).into_iter().map(finding).collect())
}
