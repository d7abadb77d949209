//! `outlier-slice`: slices that lose or gain signal at a volume or from one on, or are noisier than their neighbours.

use super::{Computed, Finding, Look, Place, Rule, Severity, worst};
use crate::numbers::{counted, figure};
use crate::quality::{ComparedSlice, OutlierSlice, RunQuality};
use crate::regions::NamedMask;
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    name: "outlier-slice",
    severity: Severity::Warning,
    about: "a slice whose mean at a volume is far from what it usually is and from what its neighbours do, or changes for good by more than 15%, or whose tSNR is below 70% of both its neighbours'",
    look: Look::Judge {
        looked_for,
        find,
        needs: "four slices along the third axis, 20 used volumes of a run, and data that have a mean",
    },
};

fn looked_for(computed: &Computed) -> Option<String> {
    if !computed.has_mean() {
        return None;
    }
    let at_volumes = computed.in_runs(|it| it.slices.is_some());
    let at_volumes = at_volumes.map(|it| format!("slices that lose or gain signal{it}"));
    let low = computed.quality.are_slices_compared.then(|| {
        let bright = match (computed.mask, computed.brain) {
            (Some(NamedMask { is_automatic: false, .. }), _) | (None, None) => "",
            _ => " and what hangs on it and is half as bright",
        };
        format!("slices whose tSNR is low beside their neighbours', {}{bright}", computed.place())
    });
    let all: Vec<String> = at_volumes.into_iter().chain(low).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

fn find(computed: &Computed) -> Vec<Finding> {
    let runs = computed.quality.runs.iter().enumerate();
    let at_volumes = runs.filter_map(|(run, it)| of_run(&computed.name_of_run(run), it));
    let mut found = worst(at_volumes.collect());
    found.extend(low_slices(&computed.quality.low_slices));
    found
}

fn of_run(name: &str, run: &RunQuality) -> Option<(f64, Finding)> {
    let outliers = run.slices.as_ref()?;
    let by_size = |a: &&OutlierSlice, b: &&OutlierSlice| {
        // Of equal ones the first.
        a.deviation
            .abs()
            .total_cmp(&b.deviation.abs())
            .then((b.volume, b.slice).cmp(&(a.volume, a.slice)))
    };
    let worst = outliers.iter().max_by(by_size)?;
    let is_like_worst = |it: &&OutlierSlice| {
        (it.volume, it.lasts, it.deviation < 0.0)
            == (worst.volume, worst.lasts, worst.deviation < 0.0)
    };
    let alike = outliers.iter().filter(is_like_worst).count();
    let percent = 100.0 * worst.deviation.abs();
    let volume = worst.volume;
    let what = match (worst.lasts, worst.deviation < 0.0) {
        (false, true) => {
            format!("{percent:.0}% less signal at volume {volume} than it usually has")
        }
        (false, false) => {
            format!("{percent:.0}% more signal at volume {volume} than it usually has")
        }
        (true, true) => format!("{percent:.0}% less signal from volume {volume} on than before"),
        (true, false) => {
            format!("{percent:.0}% less signal before volume {volume} than from it on")
        }
    };
    let with_others = match alike - 1 {
        0 => String::new(),
        1 => ", as has 1 other slice".to_owned(),
        others => format!(", as have {others} other slices"),
    };
    let volumes: BTreeSet<usize> = outliers.iter().map(|it| it.volume).collect();
    let slices: BTreeSet<usize> = outliers.iter().map(|it| it.slice).collect();
    let in_all = match volumes.len() {
        1 => String::new(),
        volumes => format!(
            "; {} at {} are unlike themselves",
            counted(slices.len(), "slice"),
            counted(volumes, "volume")
        ),
    };
    let text =
        format!("{name}: slice {} has {what}{with_others} (counted from 0){in_all}", worst.slice);
    let place = Place { volume: Some(volume), slice: Some(worst.slice), ..Place::run(name) };
    let remedy = match worst.lasts {
        true => "look at the slices, and consider leaving the run out",
        false => "look at the slices, and consider censoring the volumes",
    };
    let finding = RULE
        .finding(text)
        .remedy(remedy, [])
        .place(place)
        .figure("deviation", worst.deviation)
        .figure("slices", slices.into_iter().collect::<Vec<_>>())
        .figure("volumes", volumes.into_iter().collect::<Vec<_>>());
    Some((worst.deviation.abs(), finding))
}

/// Slices that are noisier than those beside them: the worst, and how many more there are.
fn low_slices(low: &[ComparedSlice]) -> Option<Finding> {
    let worst = low.iter().min_by(|a, b| a.part().total_cmp(&b.part()))?;
    let others = match low.len() - 1 {
        0 => String::new(),
        1 => "; 1 other slice is as low beside its own".to_owned(),
        others => format!("; {others} other slices are as low beside their own"),
    };
    let text = format!(
        "slice {} has a median tSNR of {} within runs, both slices beside it {} or more{others}",
        worst.slice,
        figure(worst.tsnr),
        figure(worst.beside)
    );
    let finding = RULE
        .finding(text)
        .remedy("look at the slice", [])
        .place(Place { slice: Some(worst.slice), ..Place::default() })
        .figure("median", worst.tsnr)
        .figure("median_beside", worst.beside)
        .figure("slices", low.iter().map(|it| it.slice).collect::<Vec<_>>());
    Some(finding)
}
