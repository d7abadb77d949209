//! `drift`: a mean signal that rises or falls along a run.

use super::{Computed, Finding, Look, Place, Rule, Severity, worst};
use crate::error::Setting;
use crate::quality::Trend;

pub(super) const RULE: Rule = Rule {
    name: "drift",
    severity: Severity::Warning,
    about: "a mean signal that changes by more than 4% along a straight line over a run, which is more than half of its variance; a note where something is fitted to the runs",
    look: Look::Judge { looked_for, find, needs: "20 used volumes of a run whose mean is above 0" },
};

fn looked_for(computed: &Computed) -> Option<String> {
    Some(format!("drifts of the signal{}", computed.in_runs(|it| it.trend.is_some())?))
}

fn find(computed: &Computed) -> Vec<Finding> {
    let severity = match computed.analysis.model.most_regressors() {
        0 => Severity::Warning,
        _ => Severity::Note,
    };
    let trends = computed.quality.runs.iter().enumerate();
    let found = trends.filter_map(|(run, it)| Some((run, it.trend.filter(Trend::is_drift)?)));
    let finding = |(run, trend): (usize, Trend)| {
        let name = computed.name_of_run(run);
        let direction = if trend.percent < 0.0 { "falls" } else { "rises" };
        let text = format!(
            "{name}: the signal {direction} by {:.1}% (± {:.1}) along the run, {:.0}% of the variance \
             of its mean ({})",
            trend.percent.abs(),
            trend.percent_error,
            100.0 * trend.share,
            computed.sample()
        );
        let finding = RULE.finding(text).severity(severity).place(Place::run(&name));
        let finding = match severity {
            Severity::Note => finding,
            _ => finding.remedy(
                "consider fitting a trend or a high-pass filter",
                [Setting::Detrend, Setting::Highpass],
            ),
        };
        let finding = finding
            .figure("percent", trend.percent)
            .figure("percent_error", trend.percent_error)
            .figure("share_of_variance", trend.share);
        (trend.percent.abs(), finding)
    };
    worst(found.map(finding).collect())
}
