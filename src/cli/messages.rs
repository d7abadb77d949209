//! Messages on stderr, for a person or as JSON. A stderr that is closed or full ends nothing ([`talker`]).

use super::talker;
use super::terminal::{columns_of_stderr, is_colored};
use crate::analysis::Observer;
use crate::error::{Error, ErrorKind, Setting};
use crate::export::{LABEL_COLUMNS, hanging, printable, printable_lines};
use crate::findings::{Finding, Severity};
use serde_json::json;
use std::fmt::Display;
use std::path::Path;

/// The messages to a person: how many, and in which form.
#[derive(Clone, Copy)]
pub(super) struct Messages {
    pub is_quiet: bool,
    pub is_json: bool,
}

impl Messages {
    /// Says why the run failed.
    pub fn error(self, error: &Error) {
        talker::hide();
        if self.is_json {
            return object(&json!({
                "level": "error",
                "kind": format!("{:?}", error.kind()),
                "path": error.path().map(|it| it.display().to_string()),
                "problem": error.problem(),
                "remedy": error.next_step(),
                "options": options(error.settings_to_change()),
                "text": with_options(error, error.settings_to_change()),
            }));
        }
        let text = with_options(error, error.settings_to_change());
        match error.kind() {
            ErrorKind::Defect => {
                told(ERROR, format_args!("{text}; this is a defect of tsnr: please report it"))
            }
            _ => told(ERROR, text),
        }
    }

    /// Says that an output is a FIFO which nobody reads yet, whatever is wanted, as all else waits.
    pub fn waits_for_reader(self, fifo: &Path) {
        let text =
            format!("{}: a FIFO that nobody reads: waiting a minute for a reader", fifo.display());
        match self.is_json {
            true => object(&json!({"level": "note", "text": text})),
            false => told(NOTE, text),
        }
    }

    /// Says that a signal ended the run.
    pub fn interrupted(self) {
        talker::hide();
        match self.is_json {
            true => object(&json!({"level": "error", "kind": "Cancelled", "text": "interrupted"})),
            false => interrupted_at_last(),
        }
    }

    /// Says what was found: a note only if anybody wants notes, and of those that are a line of the
    /// summary each as JSON only.
    pub fn finding(self, finding: &Finding) {
        if finding.is_in_summary() && !self.is_json {
            return;
        }
        let level = match finding.severity {
            Severity::Note if self.is_quiet => return,
            Severity::Note => "note",
            _ => "warning",
        };
        if self.is_json {
            let mut object = json!({"level": level});
            if let (Some(object), Ok(serde_json::Value::Object(fields))) =
                (object.as_object_mut(), serde_json::to_value(finding))
            {
                object.extend(fields);
                object.insert("options".to_owned(), options(&finding.settings).into());
            }
            return self::object(&object);
        }
        let text = with_options(finding.line(), &finding.settings);
        match finding.severity {
            Severity::Note => told(NOTE, text),
            _ => told(WARNING, text),
        }
    }

    /// Lines that are drawn in colours, as they are.
    pub fn drawn(self, text: String) {
        if !self.is_quiet && !text.is_empty() {
            talker::say(text);
        }
    }

    /// Lines of text.
    pub fn lines(self, text: impl Display) {
        match (self.is_quiet, self.is_json) {
            (true, _) => {}
            (false, true) => object(&json!({"level": "summary", "text": text.to_string()})),
            (false, false) => {
                talker::say(fitting(printable_lines(&text.to_string()), LABEL_COLUMNS))
            }
        }
    }
}

/// Findings are passed on.
impl Observer for Messages {
    fn found(&self, finding: &Finding) {
        self.finding(finding);
    }
}

/// Says that a signal ended the run, for who ends the process.
pub(super) fn interrupted_at_last() {
    talker::hide();
    told(ERROR, "interrupted");
}

/// Says as JSON what is wrong with the command line.
pub(super) fn wrong_command_line(said: &str) {
    let text = said.trim_end().trim_start_matches("error: ").replace('\u{a0}', " ");
    object(&json!({"level": "error", "kind": "Usage", "text": text}));
}

/// A text with the options that change what its remedy speaks of.
pub(super) fn with_options(text: impl Display, settings: &[Setting]) -> String {
    match options(settings).as_slice() {
        [] => text.to_string(),
        options => format!("{text} ({})", options.join(", ")),
    }
}

fn options(settings: &[Setting]) -> Vec<&'static str> {
    settings.iter().copied().map(option).collect()
}

/// How a setting is spelled on the command line.
fn option(setting: Setting) -> &'static str {
    match setting {
        Setting::AnyDefinition => "--any-definition",
        Setting::Combine => "--combine",
        Setting::Confounds => "--confounds",
        Setting::Ddof => "--ddof",
        Setting::Definition => "--definition",
        Setting::Detrend => "--detrend",
        Setting::DummyScans => "--dummy-scans",
        Setting::Highpass => "--highpass",
        Setting::MapFormat => "--output-format",
        Setting::Mask => "--mask",
        Setting::MaskThreshold => "--mask-threshold",
        Setting::MeanFrom => "--mean-from",
        Setting::MemoryLimit => "--mem-limit",
        Setting::Mode => "--mode",
        Setting::Resample => "--resample",
        Setting::SkipShortRuns => "--skip-short-runs",
        Setting::Threads => "--threads",
        Setting::Tr => "--tr",
    }
}

/// Says an object in one line. What JSON leaves as it is, and a terminal does not, is escaped.
fn object(object: &serde_json::Value) {
    let text = object.to_string();
    let escaped = |it: char| match it.is_control() {
        true => format!("\\u{:04x}", u32::from(it)),
        false => it.to_string(),
    };
    talker::say(text.chars().map(escaped).collect());
}

/// The beginning of a message, and its colour.
type Beginning = (&'static str, &'static str);
const ERROR: Beginning = ("error:", "\x1b[1;31m");
const WARNING: Beginning = ("warning:", "\x1b[1;33m");
const NOTE: Beginning = ("", "");

/// Says a message; in a terminal in lines that fit, and if it shows colours with a coloured beginning.
fn told((beginning, color): Beginning, text: impl Display) {
    let space = if beginning.is_empty() { "" } else { " " };
    // In one line, whatever stands in the names in it.
    let line = printable(&format!("tsnr: {beginning}{space}{text}"));
    let text = fitting(line, "tsnr: ".len());
    let is_colored = !color.is_empty() && is_colored(&std::io::stderr());
    talker::say(match is_colored {
        true => text.replacen(beginning, &format!("{color}{beginning}\x1b[0m"), 1),
        false => text,
    });
}

/// Lines that fit the terminal, if there is one; what goes on in a second line is indented.
fn fitting(text: String, indent: usize) -> String {
    match columns_of_stderr() {
        Some(columns) => hanging(&text, columns, indent),
        None => text,
    }
}
