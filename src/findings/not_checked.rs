//! `not-checked`: rules that could not judge, and what they need.

use super::{Computed, Finding, Look, RULES, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "not-checked",
    severity: Severity::Note,
    about: "a rule that could not judge, and what it needs",
    look: Look::Before(|_| Vec::new()),
};

/// The rules that could not be looked for, and for lack of what: asked when all other rules were.
pub(super) fn find(computed: &Computed) -> Vec<Finding> {
    let finding = |rule: &Rule| match rule.look {
        Look::Judge { looked_for, needs, .. } if looked_for(computed).is_none() => {
            let text = format!("{} was not checked: it needs {needs}", rule.name);
            Some(RULE.finding(text).figure("rule", rule.name).figure("needs", needs))
        }
        _ => None,
    };
    RULES.iter().filter_map(finding).collect()
}
