//! `clipped`: samples at the limit of their type, or piled up at the greatest value of a run.

use super::words::voxels_have;
use super::{Computed, Finding, Look, Place, Rule, Severity};
use crate::error::Setting;
use crate::formats::Source;
use crate::numbers;
use crate::runs::{Run, name_of};
use crate::stats::peak::RunPeak;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) const RULE: Rule = Rule {
    name: "clipped",
    severity: Severity::Warning,
    about: "voxels in the mask with samples at the limit of unscaled integers, or many that share the greatest value of their run",
    look: Look::After {
        looked_for: |computed| {
            let mut images = computed.prepared.session.images();
            let has_limits = |image: &Arc<dyn Source>| {
                image.datatype().is_integer() && image.scaling().slope() == 1.0
            };
            let limits =
                if images.any(has_limits) { "at the limit of the stored integers or " } else { "" };
            Some(format!("samples {limits}that share the greatest value of their run"))
        },
        find,
    },
};

fn find(computed: &Computed) -> Vec<Finding> {
    let runs = computed.prepared.session.runs().iter().zip(computed.peaks);
    let piles: Vec<(&Run, &RunPeak, u64)> =
        runs.filter_map(|(run, peak)| Some((run, peak, peak.piled_up()?))).collect();
    let remedy = "look at the reconstruction, or leave them out with a mask";
    let finding = |text: String, voxels: usize, place: Place| {
        let finding = RULE.finding(text).remedy(remedy, [Setting::Mask]).place(place);
        finding.figure("voxels", voxels)
    };
    let at = |voxel: usize| Place::voxel(computed.position(voxel));
    let mut found = Vec::new();
    if let &[first, ..] = computed.at_limit {
        let voxels = computed.at_limit.len();
        let text = format!(
            "{} samples at the limit of the stored integers: they may be clipped",
            voxels_have(voxels)
        );
        let mut place = at(first);
        if let [run] = computed.prepared.session.runs() {
            place.run = Some(run.name());
        }
        found.push(finding(text, voxels, place));
    } else if let Some(&(first, RunPeak { value: Some(value), .. }, _)) = piles.first() {
        let voxels: BTreeSet<usize> =
            piles.iter().flat_map(|(_, it, _)| it.voxels.clone()).collect();
        let samples: u64 = piles.iter().map(|(.., samples)| samples).sum();
        let of_runs = match piles.len() {
            1 => format!("the greatest value of {}, {value}", name_of(first.path())),
            count => format!(
                "the greatest value of their run, in {count} runs, of which the first is {}, {value} \
                 there",
                name_of(first.path())
            ),
        };
        let text = format!(
            "{} {} samples of {of_runs}: they may be clipped",
            voxels_have(voxels.len()),
            numbers::count(samples as usize)
        );
        let mut place = at(voxels.first().copied().unwrap_or(0));
        place.run = Some(first.name());
        let finding = finding(text, voxels.len(), place);
        found.push(finding.figure("samples", samples).figure("value", *value));
    }
    found
}
