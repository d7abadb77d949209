//! Words that several exporters use.

use crate::formats::Geometry;
use crate::maps::Counts;
use crate::pictures::Grid;
use crate::recipe::{COSINE, is_named, is_trend};
use crate::record::Record;
use std::ffi::OsString;

/// More runs than this are summed up, not listed.
pub(super) const MOST_RUNS_LISTED: usize = 16;

/// `1 volume`, `5 volumes`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// How many runs there are, and their lengths; a single one may be a series of files.
pub(crate) fn runs(lengths: &[usize], files: usize) -> String {
    let total: usize = lengths.iter().sum();
    match lengths {
        [length] => {
            let series = if files > 1 { format!(" in {files} files") } else { String::new() };
            format!("1: {length} volumes{series}")
        }
        lengths if lengths.len() <= MOST_RUNS_LISTED => {
            let listed: Vec<String> = lengths.iter().map(usize::to_string).collect();
            format!("{}: {} = {total} volumes", lengths.len(), listed.join(" + "))
        }
        lengths => {
            let (shortest, longest) = (lengths.iter().min(), lengths.iter().max());
            format!(
                "{}: {} to {} volumes each, {total} in all",
                lengths.len(),
                shortest.copied().unwrap_or_default(),
                longest.copied().unwrap_or_default()
            )
        }
    }
}

/// The voxels without a tSNR by the reason, in words.
pub(super) fn reasons(counts: Counts) -> Vec<(usize, &'static str)> {
    let reasons = [
        (counts.all_zero, "always 0"),
        (counts.constant, "constant but not 0"),
        (counts.not_finite, "with NaN or infinite samples"),
    ];
    reasons.into_iter().filter(|(count, _)| *count > 0).collect()
}

/// A text for a terminal: what would steer it, or turn the order of what is shown, is escaped.
pub fn printable(text: &str) -> String {
    let steers = |it: char| {
        it.is_control()
            || "\u{2028}\u{2029}\u{200e}\u{200f}".contains(it)
            || ('\u{202a}'..='\u{202e}').contains(&it)
            || ('\u{2066}'..='\u{2069}').contains(&it)
    };
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match steers(character) {
            true => printable.extend(character.escape_debug()),
            false => printable.push(character),
        }
    }
    printable
}

/// The command that was typed, as a shell would take it again; the program by its name.
pub fn command_line(words: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let typed = words.into_iter().skip(1).map(|it| it.to_string_lossy().into_owned());
    std::iter::once("tsnr".to_owned()).chain(typed).collect()
}

/// The words of a command in one line, quoted where a shell needs it.
pub(super) fn quoted(command: &[String]) -> String {
    let quoted = |word: &String| {
        let is_plain = |it: char| it.is_alphanumeric() || "-_./:=,+@%".contains(it);
        match !word.is_empty() && word.chars().all(is_plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        }
    };
    command.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Where the voxels of an image lie, in millimetres.
pub(crate) fn grid(geometry: &Geometry) -> Grid {
    let unit = geometry.unit.millimetres();
    Grid {
        shape: geometry.shape,
        affine: geometry.affine.0.map(|row| row.map(|it| it * unit)),
        unknown_sides: geometry.orientation.unknown_reason(),
    }
}

/// The fit to the runs of a record in words and numbers, if anything is fitted.
pub(super) fn fitted(record: &Record) -> Option<String> {
    use crate::stats::sampling::Scope;
    let (definition, runs) = (&record.definition, record.runs.len());
    let each = if runs == 1 { "" } else { " for each run" };
    // How many of a run's regressors a definition takes, counted as `--ddof rank` counts them.
    let counts = |is_counted: fn(&str) -> bool| {
        by_run(record.runs.iter().map(|run| {
            let is_independent = |name: &&String| !run.dependent_regressors.contains(name);
            run.regressors.iter().filter(is_independent).filter(|it| is_counted(it)).count()
        }))
    };
    let mut parts = Vec::new();
    match (definition.polynomial_order, definition.trend_through) {
        (0, _) => {}
        (order, Scope::Concatenation) if runs > 1 => {
            parts.push(format!("a polynomial of order {order} through all runs"));
        }
        (order, _) => parts.push(format!("a polynomial of order {order}{each}")),
    }
    if let Some(seconds) = definition.highpass_seconds {
        let cosines = counts(|name| is_named(COSINE, name));
        parts.push(format!("cosines slower than {seconds} s ({cosines})"));
    }
    if let Some(columns) = &definition.confound_columns {
        let confounds = counts(|name| !is_trend(name));
        parts.push(format!("the confounds {columns} ({confounds})"));
    }
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// Counts of runs: `4`, `4 for each run`, `4, 4, 3 by run`.
pub(super) fn by_run(counts: impl Iterator<Item = usize>) -> String {
    let counts: Vec<usize> = counts.collect();
    match counts.as_slice() {
        [] => String::new(),
        [one] => one.to_string(),
        [first, others @ ..] if others.iter().all(|it| it == first) => {
            format!("{first} for each run")
        }
        counts if counts.len() <= MOST_RUNS_LISTED => {
            let listed: Vec<String> = counts.iter().map(usize::to_string).collect();
            format!("{} by run", listed.join(", "))
        }
        counts => {
            let (least, most) = (counts.iter().min(), counts.iter().max());
            format!("{} to {} by run", least.unwrap_or(&0), most.unwrap_or(&0))
        }
    }
}

/// `2.5 and 5`; `2, 2.5 and 5`.
pub(super) fn in_a_row(numbers: &[f64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
    match numbers.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => numbers.join(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_nothing_else() {
        let shown = printable("a\u{1b}]0;x\u{7}\r\n\t\u{7f}\u{9b}31m\u{202e}é 脳 \\ 'b\" e\u{301}");
        let expected =
            r#"a\u{1b}]0;x\u{7}\r\n\t\u{7f}\u{9b}31m\u{202e}é 脳 \ 'b" e"#.to_owned() + "\u{301}";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_command_line_can_be_typed_again() {
        let typed = ["/usr/bin/tsnr", "func/*_bold.nii.gz", "-o", "it's.nii", "--range=0:90", ""];
        assert_eq!(
            quoted(&command_line(typed.iter().map(OsString::from))),
            r"tsnr 'func/*_bold.nii.gz' -o 'it'\''s.nii' --range=0:90 ''"
        );
    }
}
