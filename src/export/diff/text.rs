//! The summary of a comparison, in a few lines for a person.

use crate::diff::DiffRecord;
use crate::export::words::resampled_line;
use crate::export::{LABEL_COLUMNS, printable, sentence};
use crate::numbers::{count, counted, figure, share};
use crate::recipe::RecordedDefinition;
use crate::stats::summary::Summary;
use std::path::PathBuf;

/// The names of the maps of [`Pairs`](crate::stats::paired::Pairs), as formulas.
pub(in crate::export) const FORMULAS: [&str; 4] = ["A", "B", "B - A", "B / A"];

/// The summary: what was compared and with what outcome, in lines of a label and its text.
/// `written` are all files that were written.
pub fn summary(record: &DiffRecord, written: &[PathBuf]) -> String {
    let (a, b, counts) = (&record.a, &record.b, record.counts);
    let mut lines = vec![
        (
            format!("tsnr {}", record.provenance.version),
            format!("{} (B) against {} (A)", b.name, a.name),
        ),
        ("grid".to_owned(), grid(record)),
        ("definition".to_owned(), definition(record)),
    ];
    if let Some(mask) = &record.mask {
        let voxels = counted(record.geometry.voxels(), "voxel");
        let text = format!("{} of {voxels}, {}", count(counts.voxels), mask.name);
        lines.push(("mask".to_owned(), text));
    }
    lines.extend(resampled_line(&record.findings).map(|it| ("resampled".to_owned(), it)));
    let missing = [
        (counts.neither(), "without a value in both"),
        (counts.only_a, "with one in A only"),
        (counts.only_b, "with one in B only"),
    ];
    let missing = missing.iter().filter(|(voxels, _)| *voxels > 0);
    let missing: String =
        missing.map(|(voxels, what)| format!(", {} {what}", count(*voxels))).collect();
    let (both, voxels) = (count(counts.both), counted(counts.voxels, "voxel"));
    let compared = format!("{both} of {voxels}{missing}");
    lines.push(("compared".to_owned(), compared));
    for (name, summary) in FORMULAS.iter().zip(&record.whole.summaries) {
        lines.push(((*name).to_owned(), distribution(summary)));
    }
    let higher = share(record.pairs.higher_count() as f64 / counts.both as f64);
    lines.push(("higher in B".to_owned(), format!("{higher} of the voxels")));
    if !written.is_empty() {
        let written: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
        lines.push(("written".to_owned(), written.join(", ")));
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|(label, value)| format!("{label:<0$}{1}", LABEL_COLUMNS, printable(value)))
        .collect();
    lines.join("\n")
}

fn grid(record: &DiffRecord) -> String {
    let grid = record.geometry.grid();
    if record.geometry.points.is_some() { grid } else { format!("{grid} voxels") }
}

fn distribution(summary: &Summary) -> String {
    let Some(it) = summary.distribution else { return "none: no voxel has a value".to_owned() };
    let [median, q25, q75] = [it.median, it.quantiles[1], it.quantiles[2]].map(figure);
    format!("median {median}, half of the voxels {q25} to {q75}")
}

/// The definitions of the maps, once if they mean one thing.
pub(super) fn definition(record: &DiffRecord) -> String {
    let [a, b] = [&record.a, &record.b].map(|side| short(side.definition.as_ref()));
    if record.is_alike() {
        return a;
    }
    let meaning = record.differences.iter().filter(|it| it.changes_meaning);
    let fields: Vec<&str> = meaning.map(|it| it.field.as_str()).collect();
    match fields.as_slice() {
        [] if a == b => a,
        [] => format!("A: {a}; B: {b}"),
        fields => format!("A: {a}; B: {b}; they differ in {}", fields.join(", ")),
    }
}

/// A recorded definition in its short form.
pub(in crate::export) fn short(definition: Option<&RecordedDefinition>) -> String {
    match definition {
        Some(recorded) => sentence::short_tsnr(&recorded.definition),
        None => "not recorded".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::tests::{record, record_of, recorded};
    use crate::recipe::Tool;

    #[test]
    fn a_comparison_is_said_in_a_few_lines() {
        let plain = recorded(|_| ());
        let text = summary(&record([Some(&plain), Some(&plain)]), &["d.html".into()]);
        let (first, others) = text.split_once('\n').unwrap();
        assert!(first.starts_with("tsnr ") && first.ends_with(" b.nii (B) against a.nii (A)"));
        assert_eq!(
            others,
            "grid         5x4x3 voxels\n\
             definition   mean/std, ddof 0, detrending none\n\
             compared     60 of 60 voxels\n\
             A            median 30.50, half of the voxels 15.75 to 45.25\n\
             B            median 61.00, half of the voxels 31.50 to 90.50\n\
             B - A        median 30.50, half of the voxels 15.75 to 45.25\n\
             B / A        median 2.000, half of the voxels 2.000 to 2.000\n\
             higher in B  100% of the voxels\n\
             written      d.html"
        );
    }

    #[test]
    fn definitions_that_look_alike_and_differ_are_told_apart() {
        let said = |a: Option<&RecordedDefinition>, b: Option<&RecordedDefinition>| {
            let text = summary(&record([a, b]), &[]);
            let line = text.lines().find(|line| line.starts_with("definition"));
            line.unwrap()["definition".len()..].trim().to_owned()
        };
        let plain = recorded(|_| ());
        let nipype = recorded(|it| it.definition.tool = Some(Tool::Nipype));
        let short = "mean/std, ddof 0, detrending none";
        assert_eq!(
            said(Some(&plain), Some(&nipype)),
            format!("A: {short}; B: {short}; they differ in least_std, not_finite")
        );
        assert_eq!(said(Some(&plain), None), format!("A: {short}; B: not recorded"));
        assert_eq!(said(None, None), "not recorded");
    }

    #[test]
    fn ratios_that_are_too_large_for_a_number_are_none() {
        let text = summary(&record_of([|_| 1e-300, |_| 1e300], [None, None]), &[]);
        assert!(text.contains("\nB / A        none: no voxel has a value\n"), "{text}");
    }
}
