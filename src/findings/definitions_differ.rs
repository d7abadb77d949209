//! `definitions-differ`: maps whose headers record other definitions, or other data.

use super::words::some_of;
use super::{Finding, Look, Pair, Rule, Severity};
use crate::recipe::FieldDifference;
use serde_json::Value;

pub(super) const DIFF_RULE: Rule = Rule {
    name: "definitions-differ",
    severity: Severity::Note,
    about: "fields of the recorded definitions that differ; a warning where the tSNR means something else by them",
    look: Look::Pair(find),
};

fn find(pair: &Pair) -> Vec<Finding> {
    let (meaning, told): (Vec<_>, Vec<_>) =
        pair.differences.iter().partition(|it| it.changes_meaning);
    let mut findings = Vec::new();
    if !meaning.is_empty() {
        let text = format!("the maps do not mean the same: {}", listed(meaning));
        findings.push(DIFF_RULE.finding(text).severity(Severity::Warning));
    }
    if !told.is_empty() {
        let text = format!("the maps were made differently: {}", listed(told));
        findings.push(DIFF_RULE.finding(text));
    }
    findings
}

/// The fields that differ, each with both values: `combine (A concat, B demean), ...`.
pub(crate) fn listed<'a>(differences: impl IntoIterator<Item = &'a FieldDifference>) -> String {
    let texts = differences.into_iter().map(|it| format!("{} ({})", it.field, values(it)));
    texts.collect::<Vec<_>>().join(", ")
}

fn values(FieldDifference { a, b, .. }: &FieldDifference) -> String {
    let (Some(of_a), Some(of_b)) = (names(a), names(b)) else {
        return format!("A {}, B {}", in_words(a), in_words(b));
    };
    let only = |side: &str, own: &[String], other: &[String]| {
        let own: Vec<String> = own.iter().filter(|it| !other.contains(it)).cloned().collect();
        (!own.is_empty()).then(|| format!("only in {side} {}", some_of(&own)))
    };
    let parts = [only("A", &of_a, &of_b), only("B", &of_b, &of_a)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.as_slice() {
        [] => "the same names, in other runs or in another order".to_owned(),
        parts => parts.join("; "),
    }
}

/// The names that a field has, each once, if names are what it has: a list, or lists by run.
fn names(value: &Value) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for value in value.as_array()? {
        match value {
            Value::String(name) => all.push(name.clone()),
            lists => all.extend(names(lists)?),
        }
    }
    let mut known = std::collections::HashSet::new();
    all.retain(|name| known.insert(name.clone()));
    Some(all)
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => some_of(&values.iter().map(in_words).collect::<Vec<_>>()),
        // Of regressors too many to be named.
        Value::Object(fields) => {
            let digest = fields.get("sha256").and_then(Value::as_str).unwrap_or_default();
            let count = fields.get("count").unwrap_or(&Value::Null);
            format!("{count} names of SHA-256 {:.8}...", digest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn difference(field: &str, a: Value, b: Value) -> FieldDifference {
        FieldDifference { field: field.to_owned(), a, b, changes_meaning: true }
    }

    #[test]
    fn fields_are_listed_with_both_values() {
        let differences = [
            difference("combine", json!("concat"), json!("demean")),
            difference("highpass_seconds", json!(null), json!(64.25)),
            difference("is_mean_replaced", json!(false), json!(true)),
            difference("tr_seconds", json!([1.5, 2.0]), json!([])),
        ];
        assert_eq!(
            listed(&differences),
            "combine (A concat, B demean), highpass_seconds (A none, B 64.25), \
             is_mean_replaced (A no, B yes), tr_seconds (A 1.5, 2.0, B none)"
        );
    }

    #[test]
    fn of_names_those_are_listed_that_one_side_alone_has() {
        let said = |a: Value, b: Value| values(&difference("regressors", a, b));
        assert_eq!(said(json!(["csf"]), json!([])), "only in A csf");
        let more = json!([["csf", "a"], ["csf", "b", "c", "d", "e"]]);
        assert_eq!(
            said(json!(["csf", "wm"]), more),
            "only in A wm; only in B a, b, c, d, and 1 more"
        );
        let alike = "the same names, in other runs or in another order";
        assert_eq!(said(json!(["a", "b"]), json!([["a"], ["a", "b"]])), alike);
        let digest = json!({"count": 9000, "sha256": "0123456789abcdef"});
        assert_eq!(said(digest, json!(["a"])), "A 9000 names of SHA-256 01234567..., B a");
    }
}
