//! `outlier-volume`: volumes that differ from those beside them by far more than others do.

use super::{Computed, Finding, Look, Place, Rule, Severity, worst};
use crate::numbers::figure;
use crate::quality::OutlierVolume;

pub(super) const RULE: Rule = Rule {
    name: "outlier-volume",
    severity: Severity::Warning,
    about: "a volume that differs from those beside it (DVARS) by far more than others do",
    look: Look::Judge {
        looked_for,
        find,
        needs: "20 changes from used volume to used volume in a run",
    },
};

/// More volumes of a run than this are counted, not named.
const MOST_NAMED: usize = 5;

fn looked_for(computed: &Computed) -> Option<String> {
    let in_runs = computed.in_runs(|it| it.changes.is_some())?;
    Some(format!("volumes that differ from those beside them, on {}{in_runs}", computed.sample()))
}

fn find(computed: &Computed) -> Vec<Finding> {
    let runs = computed.quality.runs.iter().enumerate();
    let of_run = |(run, it): (usize, &crate::quality::RunQuality)| {
        let outliers = &it.changes.as_ref()?.outliers;
        // Of equal ones the first.
        let by_size = |a: &&OutlierVolume, b: &&OutlierVolume| {
            a.share.total_cmp(&b.share).then(b.volume.cmp(&a.volume))
        };
        let worst = outliers.iter().max_by(by_size)?;
        let name = computed.name_of_run(run);
        let which = match outliers.as_slice() {
            [one] if one.is_step => format!("the signal jumps at volume {}", one.volume),
            [one] => format!("volume {} differs from those beside it", one.volume),
            many => {
                let named = many.iter().take(MOST_NAMED).map(|it| it.volume.to_string());
                let named = named.collect::<Vec<_>>().join(", ");
                let more = match many.len().saturating_sub(MOST_NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!(
                    "volumes {named}{more} differ from those beside them, most of all {}",
                    worst.volume
                )
            }
        };
        let text = format!(
            "{name}: {which} (counted from 0): DVARS is {} times the run's median ({})",
            figure(worst.times_median),
            computed.sample()
        );
        let remedy = match outliers.as_slice() {
            [one] if one.is_step => "look at what changed there, which censoring does not mend",
            _ => "look at them, and consider censoring them",
        };
        let volumes: Vec<usize> = outliers.iter().map(|it| it.volume).collect();
        let finding = RULE
            .finding(text)
            .remedy(remedy, [])
            .place(Place { volume: Some(worst.volume), ..Place::run(&name) })
            .figure("volumes", volumes)
            .figure("times_median_dvars", worst.times_median)
            .figure("share_of_variance", worst.share);
        Some((worst.share, finding))
    };
    worst(runs.filter_map(of_run).collect())
}
