//! The definition as a map's header records it.
//!
//! A map carries its definition as JSON in a header extension: an object whose first key is
//! `tsnr`. It says what the number means and nothing of how it was made: no path, run, command,
//! thread, mode or date. `docs/map-header.md` describes it.

use super::{Tool, TsnrDefinition};
use serde::{Deserialize, Serialize};

/// The name and version of the form of a recorded definition.
pub const SCHEMA: &str = "tsnr-definition/1";

/// The name and version of the form of a [`RecordedPair`].
const PAIR_SCHEMA: &str = "tsnr-pair/1";

/// The first word of the name of a polynomial that is fitted to a run; its number follows.
pub(crate) const POLYNOMIAL: &str = "polynomial";
/// The first word of the name of a cosine that is fitted to a run; its number follows.
pub(crate) const COSINE: &str = "cosine";

/// More bytes than this are not written into a header.
const MOST_BYTES: usize = 64 * 1024;

/// The definition that a map's header records, with what the map is and what it was made of.
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
    /// The regressors that were fitted to each run beside its mean.
    pub regressors: Regressors,
    /// How many runs it is of.
    pub runs: usize,
    /// How many volumes of them were used.
    pub volumes: usize,
    /// Where it was looked at: `auto`, `file`, `file, resampled`, or everywhere.
    pub mask: Option<String>,
    /// The repetition times of the runs, each once.
    pub tr_seconds: Vec<f64>,
}

/// The names of what was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Regressors {
    /// One list for all runs.
    Alike(Vec<String>),
    /// The list of each run.
    ByRun(Vec<Vec<String>>),
    /// Too many names to be written: the number of the confounds, and a SHA-256 of them.
    Digest {
        /// How many confounds there are in all runs.
        count: usize,
        /// SHA-256 of the JSON of their names by run, in hexadecimal.
        sha256: String,
    },
}

/// The record in the header of a map that was made of two others: their difference or ratio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedPair {
    /// The name and version of this form: `tsnr-pair/1`.
    pub schema: String,
    /// The version of tsnr that made the map.
    pub version: String,
    /// The kind of map: `difference` or `ratio`.
    pub map: String,
    /// The record in the first map's header, if there is one.
    pub a: Option<RecordedDefinition>,
    /// The record in the second map's header, if there is one.
    pub b: Option<RecordedDefinition>,
}

/// The object that stands in the header.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    tsnr: T,
}

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

    /// The names of the confounds: without those of trends, of which the length of a run and its
    /// repetition time say how many a definition takes.
    pub(super) fn confounds(&self) -> Regressors {
        let confounds = |names: &Vec<String>| -> Vec<String> {
            names.iter().filter(|it| !is_trend(it)).cloned().collect()
        };
        match self {
            Regressors::Alike(names) => Regressors::Alike(confounds(names)),
            Regressors::ByRun(runs) => Regressors::of_runs(runs.iter().map(confounds).collect()),
            Regressors::Digest { .. } => self.clone(),
        }
    }

    /// The digest of the names of the confounds.
    fn digest(&self) -> Regressors {
        let confounds = self.confounds();
        let count = match &confounds {
            Regressors::Alike(names) => names.len(),
            Regressors::ByRun(runs) => runs.iter().map(Vec::len).sum(),
            Regressors::Digest { .. } => return confounds,
        };
        let text = serde_json::to_string(&confounds).expect("names are text");
        let hash = hmac_sha256::Hash::hash(text.as_bytes());
        let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Regressors::Digest { count, sha256 }
    }
}

impl RecordedDefinition {
    /// The text that stands in a header: an object whose first key is `tsnr`, of at most 64 KiB.
    pub fn to_text(&self) -> String {
        let whole = text_of(self);
        if whole.len() <= MOST_BYTES { whole } else { text_of(&self.shortened()) }
    }

    /// The record with a digest in the place of the names of regressors.
    fn shortened(&self) -> RecordedDefinition {
        let mut definition = self.definition.clone();
        // The names are in the digest.
        definition.confound_columns = definition.confound_columns.map(|_| String::new());
        RecordedDefinition { regressors: self.regressors.digest(), definition, ..self.clone() }
    }

    /// The definition in a text of a header; none in one of another program, or of a version that
    /// is not known.
    pub fn from_text(text: &str) -> Option<RecordedDefinition> {
        let recorded: RecordedDefinition = parsed(text)?;
        (recorded.schema == SCHEMA).then_some(recorded)
    }

    /// Whether the map is one of the tSNR, of all runs or of one.
    pub fn is_of_tsnr(&self) -> bool {
        is_tsnr(&self.map)
    }
}

impl RecordedPair {
    /// The record of a map of this kind, made by this version of tsnr of two maps whose headers
    /// record these definitions.
    pub fn new(map: &str, version: &str, [a, b]: [Option<&RecordedDefinition>; 2]) -> RecordedPair {
        RecordedPair {
            schema: PAIR_SCHEMA.to_owned(),
            version: version.to_owned(),
            map: map.to_owned(),
            a: a.cloned(),
            b: b.cloned(),
        }
    }

    /// The text that stands in a header: an object whose first key is `tsnr`, of at most 64 KiB.
    pub fn to_text(&self) -> String {
        let whole = text_of(self);
        if whole.len() <= MOST_BYTES {
            return whole;
        }
        let shortened = |it: &Option<RecordedDefinition>| it.as_ref().map(|it| it.shortened());
        text_of(&RecordedPair { a: shortened(&self.a), b: shortened(&self.b), ..self.clone() })
    }
}

/// The kind of map that a text of a header states, in any version of the form; none in a text of
/// another program.
pub fn recorded_map(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Kind {
        map: String,
    }
    parsed(text).map(|Kind { map }| map)
}

/// Whether a kind of map is that of the tSNR, of all runs or of one.
pub fn is_tsnr(map: &str) -> bool {
    ["tsnr", "run-tsnr"].contains(&map)
}

fn text_of(recorded: &impl Serialize) -> String {
    let envelope = Envelope { tsnr: recorded };
    serde_json::to_string(&envelope).expect("a definition is text and numbers")
}

/// The object in a text of a header, if tsnr wrote it in this form.
fn parsed<T: for<'a> Deserialize<'a>>(text: &str) -> Option<T> {
    let text = text.trim_end_matches(['\0', ' ', '\n']);
    if text.len() > MOST_BYTES || !text.trim_start().starts_with("{\"tsnr\"") {
        return None;
    }
    serde_json::from_str(text).ok().map(|Envelope { tsnr }| tsnr)
}

/// Whether a regressor is a trend that belongs to the definition, by its name.
pub(crate) fn is_trend(name: &str) -> bool {
    is_named(POLYNOMIAL, name) || is_named(COSINE, name)
}

/// Whether a regressor is one of this kind of trend, by its name.
pub(crate) fn is_named(kind: &str, name: &str) -> bool {
    let number = name.strip_prefix(kind).and_then(|it| it.strip_prefix(' '));
    number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Recipe;

    fn recorded(change: impl Fn(&mut Recipe), names: &[&str]) -> RecordedDefinition {
        let mut recipe = Recipe::new(["run.nii"]);
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
