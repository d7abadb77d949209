//! The definition as a map's header records it, and how two of them differ.
//!
//! A map carries its definition as JSON in a header extension: an object whose first key is
//! `tsnr`. It says what the number means and nothing of how it was made: no path, run, command,
//! thread, mode or date. `docs/map-header.md` describes it.

use super::{Tool, TsnrDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name and version of the form of a recorded definition.
pub const SCHEMA: &str = "tsnr-definition/1";

/// More bytes than this are not written into a header.
const MOST_BYTES: usize = 64 * 1024;

/// What a header records of a map: what it is, its definition, and what it was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RecordedDefinition {
    /// The name and version of this form, [`SCHEMA`].
    pub schema: String,
    /// The version of tsnr that made the map.
    pub version: String,
    /// The kind of map: `tsnr`, `mean`, ...
    pub map: String,
    /// The tool whose definition it is, if nothing of it was changed.
    pub tool: Option<Tool>,
    /// Everything that makes the number.
    pub definition: TsnrDefinition,
    /// What was fitted to each run beside its mean.
    pub regressors: Regressors,
    /// How many runs it is of.
    pub runs: usize,
    /// How many volumes of them were used.
    pub volumes: usize,
    /// Where it was looked at: `auto`, `file`, or everywhere.
    pub mask: Option<String>,
    /// The repetition times of the runs, each once.
    pub tr_seconds: Vec<f64>,
}

/// The names of what was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Regressors {
    /// The same in each run.
    Alike(Vec<String>),
    /// By run.
    ByRun(Vec<Vec<String>>),
    /// Too many names to be written: their number, and a SHA-256 of them.
    Digest {
        /// How many there are in all runs.
        count: usize,
        /// SHA-256 of the JSON of the names by run, in hexadecimal.
        sha256: String,
    },
}

/// The object that stands in the header.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    tsnr: T,
}

/// A field in which two recorded definitions differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// The name of the field.
    pub field: String,
    /// What the first has, as JSON.
    pub a: String,
    /// What the second has, as JSON.
    pub b: String,
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

impl Regressors {
    /// The names by run, once where all runs have the same.
    pub fn of_runs(names: Vec<Vec<String>>) -> Regressors {
        match names.split_first() {
            None => Regressors::Alike(Vec::new()),
            Some((first, others)) if others.iter().all(|it| it == first) => {
                Regressors::Alike(first.clone())
            }
            Some(_) => Regressors::ByRun(names),
        }
    }

    fn digest(&self) -> Regressors {
        let count = match self {
            Regressors::Alike(names) => names.len(),
            Regressors::ByRun(runs) => runs.iter().map(Vec::len).sum(),
            Regressors::Digest { count, .. } => *count,
        };
        let text = serde_json::to_string(self).expect("names are text");
        let hash = hmac_sha256::Hash::hash(text.as_bytes());
        let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Regressors::Digest { count, sha256 }
    }
}

impl RecordedDefinition {
    /// The text that stands in a header: an object whose first key is `tsnr`, of at most 64 KiB.
    pub fn to_text(&self) -> String {
        let text = |it: &RecordedDefinition| {
            serde_json::to_string(&Envelope { tsnr: it }).expect("a definition is text and numbers")
        };
        let whole = text(self);
        match whole.len() <= MOST_BYTES {
            true => whole,
            false => {
                let regressors = self.regressors.digest();
                let mut definition = self.definition.clone();
                // The names are in the digest.
                definition.confound_columns = definition.confound_columns.map(|_| String::new());
                text(&RecordedDefinition { regressors, definition, ..self.clone() })
            }
        }
    }

    /// The definition in a text of a header; none in one of another program, or of a version that
    /// is not known.
    pub fn from_text(text: &str) -> Option<RecordedDefinition> {
        let text = text.trim_end_matches(['\0', ' ', '\n']);
        if text.len() > MOST_BYTES || !text.trim_start().starts_with("{\"tsnr\"") {
            return None;
        }
        let envelope: Envelope<RecordedDefinition> = serde_json::from_str(text).ok()?;
        (envelope.tsnr.schema == SCHEMA).then_some(envelope.tsnr)
    }

    /// The fields in which this and another definition differ, those that change the meaning first.
    pub fn differences(&self, other: &RecordedDefinition) -> Vec<FieldDifference> {
        let (a, b) = (self.fields(), other.fields());
        let mut differences: Vec<FieldDifference> = a
            .iter()
            .filter_map(|(field, a)| {
                let b = b.get(field)?;
                (a != b).then(|| FieldDifference {
                    field: field.clone(),
                    a: a.to_string(),
                    b: b.to_string(),
                    changes_meaning: MEANING.contains(&field.as_str()),
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
        let to_value = |it: &RecordedDefinition| serde_json::to_value(it).expect("plain data");
        let mut fields = object(to_value(self));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Recipe;

    fn recorded(change: impl Fn(&mut Recipe), names: &[&str]) -> RecordedDefinition {
        let mut recipe = Recipe::of(["run.nii"]);
        change(&mut recipe);
        let definition = recipe.resolved().unwrap();
        let names = names.iter().map(|&it| it.to_owned()).collect();
        RecordedDefinition {
            schema: SCHEMA.to_owned(),
            version: "0.1.0".to_owned(),
            map: "tsnr".to_owned(),
            tool: definition.tool(),
            definition,
            regressors: Regressors::of_runs(vec![names]),
            runs: 1,
            volumes: 100,
            mask: None,
            tr_seconds: vec![2.0],
        }
    }

    #[test]
    fn a_definition_is_read_back_from_its_text() {
        let plain = recorded(|it| it.definition.tool = Some(Tool::Afni), &["trans_x"]);
        let text = plain.to_text();
        assert!(text.starts_with("{\"tsnr\":{\"schema\":\"tsnr-definition/1\""), "{text}");
        let back = RecordedDefinition::from_text(&format!("{text}\0\0")).unwrap();
        assert!(back.differences(&plain).is_empty());
        assert_eq!(back.to_text(), text);
        for other in ["", "a comment", "{\"tsnr\":3}", "{\"other\":{}}"] {
            assert_eq!(RecordedDefinition::from_text(other), None, "{other}");
        }
        let newer = text.replace("tsnr-definition/1", "tsnr-definition/9");
        assert_eq!(RecordedDefinition::from_text(&newer), None);
    }

    #[test]
    fn names_of_regressors_tell_definitions_apart_and_patterns_do_not() {
        let of = |columns: &str, names: &[&str]| {
            recorded(|it| it.confounds.columns = Some(columns.to_owned()), names)
        };
        let one = of("trans_x", &["trans_x"]);
        let same = of("trans_?", &["trans_x"]);
        assert!(one.differences(&same).is_empty());
        let more = of("trans_*,rot_*", &["trans_x", "rot_x"]);
        let differences = one.differences(&more);
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].field, "regressors");
        assert!(differences[0].changes_meaning);
    }

    #[test]
    fn what_maps_are_made_of_is_told_and_does_not_change_the_meaning() {
        let one = recorded(|_| (), &[]);
        let other = RecordedDefinition { runs: 2, volumes: 200, ..one.clone() };
        let differences = one.differences(&other);
        assert_eq!(differences.len(), 2);
        assert!(differences.iter().all(|it| !it.changes_meaning));
        let written = recorded(|it| it.definition.tool = Some(Tool::Numpy), &[]);
        assert!(one.differences(&written).iter().all(|it| !it.changes_meaning));
        let fsl = recorded(|it| it.definition.tool = Some(Tool::Fsl), &[]);
        assert_eq!(one.differences(&fsl)[0].field, "ddof");
    }

    #[test]
    fn many_regressors_are_recorded_by_their_digest() {
        let names: Vec<String> = (0..9000).map(|it| format!("a_comp_cor_{it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let many = recorded(|_| (), &names);
        let text = many.to_text();
        assert!(text.len() < 2000, "{}", text.len());
        let back = RecordedDefinition::from_text(&text).unwrap();
        assert!(matches!(back.regressors, Regressors::Digest { count: 9000, .. }));
        let others = RecordedDefinition::from_text(&recorded(|_| (), &names[1..]).to_text());
        assert_eq!(back.differences(&others.unwrap())[0].field, "regressors");
    }
}
