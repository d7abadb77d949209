//! The repetition time by the JSON beside a run, as BIDS has it.
//!
//! By the inheritance principle a JSON describes a run if it has the run's suffix and no entity
//! that the run has not, and lies in the run's folder or in one above it; what is nearer goes
//! first, and in one folder what has more entities. The folders above are those of a data set:
//! of the datatype (`func`), the session, the subject, and the root. A JSON with the very name of
//! the run describes it, whatever the name.

use super::Entities;
use crate::paths::folder_of;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A repetition time, and the file that states it.
#[derive(Clone, Debug, PartialEq)]
pub struct SidecarTr {
    /// The repetition time in seconds.
    pub seconds: f64,
    /// The JSON.
    pub path: PathBuf,
}

/// No JSON that describes a run is larger.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Folders of the runs of a subject or session.
const DATATYPES: [&str; 4] = ["func", "perf", "dwi", "fmap"];

/// JSON files beside runs. Each folder is listed once, and each file read once.
#[derive(Default)]
pub(super) struct Sidecars {
    folders: HashMap<PathBuf, Folder>,
    stated: HashMap<PathBuf, Option<f64>>,
}

/// The JSON files of a folder, found by what their names say: a run looks at those that describe
/// it, however many there are.
#[derive(Default)]
struct Folder {
    /// By the whole name, without its ending.
    by_stem: HashMap<String, PathBuf>,
    /// Those with names of BIDS, by number of entities, suffix and keys.
    by_keys: BTreeMap<(Reverse<usize>, String, Vec<String>), ByValues>,
}

/// JSON files whose names have the same keys, by their values.
type ByValues = HashMap<Vec<String>, Vec<PathBuf>>;

impl Sidecars {
    /// The repetition time of a run, if a JSON beside it states one that is a positive number.
    pub fn tr_of(&mut self, run: &Path, name: &str) -> Option<SidecarTr> {
        let entities = Entities::of_file_name(&format!("{name}.nii"));
        folders_of(run).into_iter().find_map(|folder| {
            let listed = self.folders.entry(folder).or_insert_with_key(|it| Folder::listed(it));
            listed.describing(name, &entities).find_map(|path| {
                let stated = self.stated.entry(path.clone());
                let seconds = (*stated.or_insert_with(|| repetition_time(path)))?;
                Some(SidecarTr { seconds, path: path.clone() })
            })
        })
    }
}

impl Folder {
    fn listed(folder: &Path) -> Folder {
        let mut listed = Folder::default();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".json").filter(|stem| !stem.is_empty()) else {
                continue;
            };
            let entities = Entities::of_file_name(&name);
            let suffix = entities.suffix();
            let is_of_bids = |part: &str| part == suffix || part.contains('-');
            if !suffix.is_empty() && stem.split('_').all(is_of_bids) {
                let (keys, values): (Vec<String>, Vec<String>) =
                    entities.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).unzip();
                let with_keys = (Reverse(keys.len()), suffix.to_owned(), keys);
                let by_values = listed.by_keys.entry(with_keys).or_default();
                by_values.entry(values).or_default().push(entry.path());
            }
            listed.by_stem.insert(stem.to_owned(), entry.path());
        }
        listed
    }

    /// The files that describe a run, what goes first first.
    fn describing(&self, name: &str, run: &Entities) -> impl Iterator<Item = &PathBuf> {
        let own = self.by_stem.get(name);
        let of_keys = self.by_keys.iter().filter(|((_, suffix, _), _)| suffix == run.suffix());
        let inherited = of_keys.filter_map(|((.., keys), by_values)| {
            let values = keys.iter().map(|key| run.get(key).map(str::to_owned));
            by_values.get(&values.collect::<Option<Vec<String>>>()?)
        });
        own.into_iter().chain(inherited.flatten().filter(move |path| Some(*path) != own))
    }
}

/// The folder of a run, and those above it that belong to its data set.
fn folders_of(run: &Path) -> Vec<PathBuf> {
    let Ok(mut folder) = fs::canonicalize(folder_of(run)) else { return Vec::new() };
    let mut folders = vec![folder.clone()];
    loop {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_inside = DATATYPES.contains(&&*name)
            || ["sub-", "ses-"].iter().any(|start| name.starts_with(start));
        let is_root = folder.join("dataset_description.json").exists();
        if !is_inside || is_root || !folder.pop() {
            return folders;
        }
        folders.push(folder.clone());
    }
}

/// What a JSON states as repetition time; nothing of one that cannot be read or is no JSON, which
/// is none of the run's faults.
fn repetition_time(path: &Path) -> Option<f64> {
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    let json: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    json.get("RepetitionTime")?.as_f64().filter(|&it| it > 0.0 && it.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tr(files: &[(&str, &str)], run: &str) -> Option<(f64, String)> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let run = folder.path().join(run);
        fs::create_dir_all(run.parent().unwrap()).unwrap();
        let name = run.file_name().unwrap().to_str().unwrap().trim_end_matches(".nii").to_owned();
        let found = Sidecars::default().tr_of(&run, &name)?;
        let root = fs::canonicalize(folder.path()).unwrap();
        let path = found.path.strip_prefix(root).unwrap().display().to_string();
        Some((found.seconds, path))
    }

    fn states(seconds: &str) -> String {
        format!("{{\"RepetitionTime\": {seconds}}}")
    }

    #[test]
    fn what_is_nearest_goes_first_and_what_has_most_entities() {
        let (one, two, three) = (states("1"), states("2"), states("3"));
        let run = "sub-1/ses-2/func/sub-1_ses-2_task-rest_run-1_bold.nii";
        let root = ("task-rest_bold.json", &*one);
        let expected = |seconds, path: &str| Some((seconds, path.to_owned()));
        assert_eq!(tr(&[root], run), expected(1.0, root.0));
        let session = ("sub-1/ses-2/sub-1_ses-2_bold.json", &*two);
        assert_eq!(tr(&[root, session], run), expected(2.0, session.0));
        let own = ("sub-1/ses-2/func/sub-1_ses-2_task-rest_run-1_bold.json", &*three);
        let less = ("sub-1/ses-2/func/sub-1_ses-2_task-rest_bold.json", &*two);
        assert_eq!(tr(&[root, less, own], run), expected(3.0, own.0));
        // One that states none leaves it to those above.
        let silent = (own.0, "{\"EchoTime\": 0.03}");
        assert_eq!(tr(&[root, silent], run), expected(1.0, root.0));
    }

    #[test]
    fn what_describes_others_or_nothing_is_passed_over() {
        let one = states("1");
        let run = "sub-1/func/sub-1_task-rest_bold.nii";
        for other in [
            "task-nback_bold.json",
            "sub-1/func/sub-1_task-rest_run-1_bold.json",
            "sub-1/func/sub-1_task-rest_sbref.json",
            "sub-1/func/old_bold.json",
            "sub-1/anat/sub-1_task-rest_bold.json",
        ] {
            assert_eq!(tr(&[(other, &one)], run), None, "{other}");
        }
        let own = "sub-1/func/sub-1_task-rest_bold.json";
        for text in ["", "[", "[2]", "{}", &states("0"), &states("-2"), &states("\"2\"")] {
            assert_eq!(tr(&[(own, text)], run), None, "{text}");
        }
        // Not of a data set: the folders above are none of the run's.
        assert_eq!(tr(&[("bold.json", &one)], "data/run-1_bold.nii"), None);
        assert_eq!(tr(&[("data/rest.json", &one)], "data/rest.nii").unwrap().0, 1.0);
    }
}
