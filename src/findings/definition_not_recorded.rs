//! `definition-not-recorded`: maps whose headers do not say what their tSNR means.

use super::{Finding, Look, Pair, Rule, Severity};
use crate::runs::name_of;

pub(super) const DIFF_RULE: Rule = Rule {
    name: "definition-not-recorded",
    severity: Severity::Note,
    about: "a map whose header records no definition: of another program, or another version",
    look: Look::Pair(find),
};

fn find(pair: &Pair) -> Vec<Finding> {
    let sides = pair.paths.iter().zip(pair.definitions);
    let unknown = sides.filter(|(_, definition)| definition.is_none());
    let finding = |(path, _): (&&std::path::Path, _)| {
        DIFF_RULE.finding(format!(
            "{}: no definition of tSNR is recorded in its header, so check that both maps mean the \
             same",
            name_of(path)
        ))
    };
    unknown.map(finding).collect()
}
