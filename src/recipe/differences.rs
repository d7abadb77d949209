//! The fields in which two recorded definitions differ, and which of them change what the number means.

use super::RecordedDefinition;
use serde::Serialize;
use serde_json::Value;

/// A field in which two recorded definitions differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FieldDifference {
    /// The name of the field.
    pub field: String,
    /// The value of the first.
    pub a: Value,
    /// The value of the second.
    pub b: Value,
    /// Whether the numbers mean something else by it; otherwise they are of other data.
    pub changes_meaning: bool,
}

/// The fields that make the number. By the others two maps may differ and mean the same.
const MEANING: [&str; 12] = [
    "map",
    "combine",
    "ddof",
    "sign",
    "not_finite",
    "least_std",
    "polynomial_order",
    "trend_through",
    "mean",
    "highpass_seconds",
    "is_mean_replaced",
    "regressors",
];

impl RecordedDefinition {
    /// The fields in which this and another definition differ, those that change the meaning first.
    pub fn differences(&self, other: &RecordedDefinition) -> Vec<FieldDifference> {
        let (a, b) = (self.fields(), other.fields());
        // One run's map and that of all runs are made by one definition.
        let is_tsnr = self.is_of_tsnr() && other.is_of_tsnr();
        let mut differences: Vec<FieldDifference> = a
            .iter()
            .filter_map(|(field, a)| {
                let b = b.get(field)?;
                (a != b).then(|| FieldDifference {
                    field: field.clone(),
                    a: a.clone(),
                    b: b.clone(),
                    changes_meaning: MEANING.contains(&field.as_str())
                        && !(is_tsnr && field == "map"),
                })
            })
            .collect();
        differences.sort_by_key(|it| !it.changes_meaning);
        differences
    }

    /// The fields that are compared, those of the definition beside the others.
    fn fields(&self) -> serde_json::Map<String, Value> {
        let object = |value: Value| match value {
            Value::Object(fields) => fields,
            _ => unreachable!("a struct is an object"),
        };
        let compared =
            RecordedDefinition { regressors: self.regressors.confounds(), ..self.clone() };
        let mut fields = object(serde_json::to_value(compared).expect("plain data"));
        let definition = fields.remove("definition").unwrap_or_default();
        fields.extend(object(definition));
        // The names that patterns selected are compared, and not the patterns; the tool is another
        // word for the other fields.
        for name in ["schema", "version", "tool", "confound_columns"] {
            fields.remove(name);
        }
        if self.definition.polynomial_order == 0 {
            // What runs through nothing means nothing.
            fields.insert("trend_through".to_owned(), Value::Null);
        }
        fields
    }
}
