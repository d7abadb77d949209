//! `gzip-surplus`: gzip files that hold more than their data, which are whole.

use super::{Computed, Finding, Look, Rule, Severity, odd_files};
use crate::formats::Oddity;

pub(super) const RULE: Rule = Rule {
    name: "gzip-surplus",
    severity: Severity::Warning,
    about: "zeros between the members of a gzip file, or bytes behind its end; its checksums are right",
    look: Look::After { looked_for, find },
};

fn looked_for(computed: &Computed) -> Option<String> {
    let mut images = computed.prepared.session.images();
    images.any(|it| !it.is_seekable()).then(|| "bytes beside the data of gzip files".to_owned())
}

fn find(computed: &Computed) -> Vec<Finding> {
    let found = odd_files(computed.prepared.session.images(), |oddity| match oddity {
        Oddity::Surplus(what) => Some(what),
        Oddity::Header(_) => None,
    });
    let remedy = "the data are whole by their checksums; see whether the copy was";
    found
        .map(|(what, files)| RULE.finding(format!("{what} (in {files})")).remedy(remedy, []))
        .collect()
}
