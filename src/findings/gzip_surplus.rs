//! `gzip-surplus`: gzip files that hold more than their data, which are whole.

use super::{Computed, Finding, Look, Pair, Rule, Severity, odd_files, oddities};
use crate::formats::Oddity;
use std::path::Path;

pub(super) const RULE: Rule = Rule {
    name: "gzip-surplus",
    severity: Severity::Warning,
    about: "zeros between the members of a gzip file, or bytes behind its end; its checksums are right",
    look: Look::BeforeAndAfter {
        // What lies beside the runs was read before.
        before: |opened| found(opened.beside.oddities()),
        looked_for,
        find: |computed| found(oddities(computed.prepared.session.images())),
    },
};

pub(super) const DIFF_RULE: Rule =
    Rule { look: Look::Pair(|pair: &Pair| found(pair.beside.oddities())), ..RULE };

fn looked_for(computed: &Computed) -> Option<String> {
    let mut images = computed.prepared.session.images();
    images.any(|it| !it.is_seekable()).then(|| "bytes beside the data of gzip files".to_owned())
}

fn found<'a>(oddities: impl Iterator<Item = (&'a Path, Oddity)>) -> Vec<Finding> {
    let found = odd_files(oddities, |oddity| match oddity {
        Oddity::Surplus(what) => Some(what),
        Oddity::Header(_) => None,
    });
    let remedy = "the data are whole by their checksums; see whether the copy was";
    found
        .map(|(what, files)| RULE.finding(format!("{what} (in {files})")).remedy(remedy, []))
        .collect()
}
