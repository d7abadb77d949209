//! `motion`: how far the head moved from volume to volume, by tables of motion.

use super::{Computed, Finding, Look, Place, Rule, Severity, worst};
use crate::nuisance::{PreparedRun, Use};
use crate::numbers::figure;

pub(super) const RULE: Rule = Rule {
    name: "motion",
    severity: Severity::Warning,
    about: "framewise displacement above 0.5 mm: a warning where it is so in more than 5% of a run's used volumes, or above 2 mm in one, else a note",
    look: Look::Judge { looked_for, find, needs: "motion parameters or a table of confounds" },
};

/// A framewise displacement above this counts (Power et al. 2012).
const COUNTED_MM: f64 = 0.5;
/// One above this is large, as is
const LARGE_MM: f64 = 2.0;
/// more than this share of volumes with one that counts. Both are ours.
const LARGE_SHARE: f64 = 0.05;

fn looked_for(computed: &Computed) -> Option<String> {
    let runs = &computed.prepared.runs;
    let known = runs.iter().filter(|it| it.motion.is_some()).count();
    let of = if known < runs.len() {
        format!(" (in {known} of {} runs)", runs.len())
    } else {
        String::new()
    };
    (known > 0).then(|| format!("framewise displacement above {COUNTED_MM} mm{of}"))
}

/// The framewise displacement of the used volumes of a run that have one, with their numbers.
fn displacements(run: &PreparedRun) -> Vec<(usize, f64)> {
    let all =
        run.motion.iter().flat_map(|it| it.framewise_displacement.iter().copied().enumerate());
    all.filter(|(volume, mm)| run.uses.get(*volume) == Some(&Use::Used) && mm.is_finite()).collect()
}

fn find(computed: &Computed) -> Vec<Finding> {
    let of_run = |(number, run): (usize, &PreparedRun)| {
        let moved = displacements(run);
        let above = moved.iter().filter(|it| it.1 > COUNTED_MM).count();
        let &(volume, largest) = moved.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        if above == 0 {
            return None;
        }
        let mean = moved.iter().map(|it| it.1).sum::<f64>() / moved.len() as f64;
        let is_large = largest > LARGE_MM || above as f64 > LARGE_SHARE * moved.len() as f64;
        let is_fitted = run.regressors.iter().any(|it| it.starts_with("trans_"));
        let remedy = match is_fitted {
            true => "consider censoring these volumes",
            false => "consider censoring these volumes, or fitting motion parameters",
        };
        let name = computed.name_of_run(number);
        let text = format!(
            "{name}: the head moved by {} mm from volume to volume on average, {} mm at most, into volume \
             {volume} (counted from 0), and by more than {COUNTED_MM} mm into {above} of {} volumes",
            figure(mean),
            figure(largest),
            moved.len()
        );
        let finding = RULE
            .finding(text)
            .severity(if is_large { Severity::Warning } else { Severity::Note })
            .remedy(remedy, [])
            .place(Place { volume: Some(volume), ..Place::run(&name) })
            .figure("mean_mm", mean)
            .figure("largest_mm", largest)
            .figure("above_threshold", above)
            .figure("threshold_mm", COUNTED_MM);
        Some((largest, finding))
    };
    worst(computed.prepared.runs.iter().enumerate().filter_map(of_run).collect())
}
