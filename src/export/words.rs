//! Words that several exporters use.

use super::Context;
use crate::findings::Finding;
use crate::formats::{Geometry, MapFormat};
use crate::maps::Counts;
use crate::numbers::{count, counted};
use crate::pictures::Grid;
use crate::recipe::{COSINE, is_named, is_trend};
use crate::record::Record;
use std::ffi::OsString;

/// More runs than this are summed up, not listed.
pub(super) const MOST_RUNS_LISTED: usize = 16;

/// How many runs there are, and their lengths; a single one may be a series of files.
pub(crate) fn runs(lengths: &[usize], files: usize) -> String {
    let total = lengths.iter().sum();
    let (shortest, longest) = (lengths.iter().min(), lengths.iter().max());
    let (shortest, longest) = (*shortest.unwrap_or(&0), *longest.unwrap_or(&0));
    let number = count(lengths.len());
    match lengths {
        [length] => {
            let series =
                if files > 1 { format!(" in {} files", count(files)) } else { String::new() };
            format!("1: {}{series}", counted(*length, "volume"))
        }
        _ if shortest == longest => {
            format!("{number}: {} each = {}", counted(longest, "volume"), counted(total, "volume"))
        }
        lengths if lengths.len() <= MOST_RUNS_LISTED => {
            let listed: Vec<String> = lengths.iter().copied().map(count).collect();
            format!("{number}: {} = {}", listed.join(" + "), counted(total, "volume"))
        }
        _ => format!(
            "{number}: {} to {} each, {} in all",
            count(shortest),
            counted(longest, "volume"),
            count(total)
        ),
    }
}

/// The format in which the maps of a record are written.
pub(super) fn map_format(record: &Record, context: &Context) -> MapFormat {
    record.sink.format(context.format).expect("a format that was asked for before")
}

/// The name of a map within its file: its title, and where Workbench reads it in capital letters, as it names
/// the maps of its operators.
pub(super) fn map_name(title: &str, format: Option<MapFormat>) -> String {
    match format {
        Some(format) if format.is_workbenchs() => title.to_uppercase(),
        _ => title.to_owned(),
    }
}

/// How the maps of a record are stored, in words: the type of their values, and the format where one
/// was asked for, or they or the first run have another than NIfTI-1.
pub(super) fn stored(record: &Record, context: &Context) -> String {
    let (precision, format) = (context.precision.name(), map_format(record, context));
    let of_run = record.runs.first().and_then(|run| run.files.first()).map(|file| file.format);
    let usual = MapFormat::Nifti1;
    match context.format.is_some() || format != usual || of_run != Some(usual.name()) {
        true => format!("{}, {precision}", format.name()),
        false => precision.to_owned(),
    }
}

/// The voxels without a tSNR by the reason, in words.
pub(super) fn reasons(counts: Counts) -> Vec<(usize, &'static str)> {
    let reasons = [
        (counts.all_zero, "always 0"),
        (counts.constant, "constant but not 0"),
        (counts.not_finite, "not finite"),
    ];
    reasons.into_iter().filter(|(count, _)| *count > 0).collect()
}

/// The images beside the runs or maps that were resampled to their grid, by what was found.
pub(super) fn resampled(findings: &[Finding]) -> Vec<String> {
    let resampled = findings.iter().filter(|it| it.name == "image-resampled");
    let named = |it: &Finding| {
        let [image, file] = ["image", "file"].map(|key| it.data.get(key)?.as_str());
        Some(format!("{} {}", image?, file?))
    };
    resampled.filter_map(named).collect()
}

/// The line of the summary on images that were resampled, if there are any.
pub(super) fn resampled_line(findings: &[Finding]) -> Option<String> {
    match resampled(findings).as_slice() {
        [] => None,
        images => Some(format!("{}: each voxel from the nearest one", images.join(", "))),
    }
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

/// A text of several lines, each [`printable`].
pub fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// The width of a label in a summary, with the space behind it.
pub const LABEL_COLUMNS: usize = 13;

/// Lines of at most so many columns, broken at spaces; what goes on in a next line is indented. A
/// word that is longer than a line stays whole.
///
/// ```
/// assert_eq!(tsnr::export::hanging("runs  12 of them, all alike", 16, 6), "runs  12 of\n      them, all\n      alike");
/// ```
pub fn hanging(text: &str, columns: usize, indent: usize) -> String {
    // Half of a narrow terminal is for the text.
    let margin = " ".repeat(indent.min(columns / 2));
    let broken = |line: &str| {
        let (mut lines, mut room) = (String::new(), columns);
        for (number, word) in line.split_inclusive(' ').enumerate() {
            let length = word.trim_end().chars().count();
            if number > 0 && length > room && length > 0 {
                lines.truncate(lines.trim_end().len());
                lines = lines + "\n" + &margin;
                room = columns - margin.len();
            }
            lines += word;
            room = room.saturating_sub(word.chars().count());
        }
        lines
    };
    text.split('\n').map(broken).collect::<Vec<_>>().join("\n")
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
    fn lines_fit_at_any_width_and_words_stay_whole() {
        let text = "definition   tSNR = mean / std over all volumes; ddof 0\nwritten      a-very-long-name.nii (float32)";
        for columns in 1..120 {
            let lines = hanging(text, columns, LABEL_COLUMNS);
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&lines), words(text), "{columns}");
            let margin = " ".repeat(LABEL_COLUMNS.min(columns / 2));
            for line in lines.lines() {
                let fits = line.chars().count() <= columns;
                assert!(
                    fits || words(line).len() == 1 || line.starts_with("written"),
                    "{columns}: {line}"
                );
                assert_eq!(line.trim_end(), line);
                let is_first = ["definition", "written"].iter().any(|it| line.starts_with(it));
                assert!(is_first || line.starts_with(&margin), "{columns}: {line}");
            }
        }
        assert_eq!(hanging(text, 200, LABEL_COLUMNS), text);
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
