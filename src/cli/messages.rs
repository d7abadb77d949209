//! Messages on stderr, for a person or as JSON. A stderr that is closed or full ends nothing.

use crate::error::{Error, ErrorKind, Setting};
use crate::findings::{Finding, Severity};
use serde_json::json;
use std::fmt::Display;
use std::io::Write;

/// What a person is told, how much of it, and in which form.
#[derive(Clone, Copy)]
pub(super) struct Messages {
    pub is_quiet: bool,
    pub is_json: bool,
}

impl Messages {
    /// Why the run failed.
    pub fn error(self, error: &Error) {
        if self.is_json {
            return say(json!({
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
                say(format_args!("tsnr: error: {text}; this is a defect of tsnr: please report it"))
            }
            _ => say(format_args!("tsnr: error: {text}")),
        }
    }

    /// That a signal ended the run.
    pub fn interrupted(self) {
        match self.is_json {
            true => say(json!({"level": "error", "kind": "Cancelled", "text": "interrupted"})),
            false => interrupted_at_last(),
        }
    }

    /// Something that was found: a note only if anybody wants notes.
    pub fn finding(self, finding: &Finding) {
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
            return say(object);
        }
        let text = with_options(finding.line(), &finding.settings);
        match finding.severity {
            Severity::Note => say(format_args!("tsnr: {text}")),
            _ => say(format_args!("tsnr: warning: {text}")),
        }
    }

    /// Lines of text as they are.
    pub fn lines(self, text: impl Display) {
        match (self.is_quiet, self.is_json) {
            (true, _) => {}
            (false, true) => say(json!({"level": "summary", "text": text.to_string()})),
            (false, false) => say(text),
        }
    }
}

/// That a signal ended the run, said by who ends the process.
pub(super) fn interrupted_at_last() {
    say("tsnr: error: interrupted");
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
        Setting::Mask => "--mask",
        Setting::MeanFrom => "--mean-from",
        Setting::MemoryLimit => "--mem-limit",
        Setting::Mode => "--mode",
        Setting::SkipShortRuns => "--skip-short-runs",
        Setting::Threads => "--threads",
        Setting::Tr => "--tr",
    }
}

fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
