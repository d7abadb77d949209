//! The repetition time, and when slices were excited, by the JSON beside a run, as BIDS has it.
//!
//! By the inheritance principle a JSON describes a run if it has the run's suffix and no entity
//! that the run has not, and lies in the run's folder or in one above it; what is nearer goes
//! first, and in one folder what has more entities. The folders above are those of a data set:
//! of the datatype (`func`), the session, the subject, and the root. A JSON with the very name of
//! the run describes it, whatever the name.

use super::{Entities, shortened};
use crate::paths::folder_of;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A repetition time, and the file that states it.
#[derive(Clone, Debug, PartialEq)]
pub struct SidecarTr {
    /// The repetition time in seconds.
    pub seconds: f64,
    /// The JSON.
    pub path: PathBuf,
}

/// A file or folder beside a run that may state its repetition time, and cannot be read; or one that states
/// what is no positive number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadSidecar {
    /// The JSON, or the folder that cannot be looked into.
    pub path: PathBuf,
    /// Why not.
    pub problem: String,
}

/// The names of the files that belong to a file by BIDS: its description, the directions of diffusion,
/// the labels of a segmentation.
pub fn described_by(file: &Path) -> impl Iterator<Item = PathBuf> {
    let stem = file.with_extension("");
    let ending = stem.extension().unwrap_or_default();
    let is_gzip = ["nii", "hdr", "img"].iter().any(|it| ending.eq_ignore_ascii_case(it));
    let stem = if is_gzip { stem } else { file.to_owned() };
    let labels = stem.to_string_lossy().contains("_dseg").then_some("tsv");
    let endings = ["json", "bval", "bvec"].into_iter().chain(labels);
    endings.map(move |ending| stem.with_extension(ending))
}

/// The statements of the files beside a run on its times.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stated {
    /// The repetition time, if a JSON states one that is a positive number.
    pub tr: Option<SidecarTr>,
    /// The time at which each slice was excited, in seconds, by the first that states it; empty if none does.
    pub slice_times: Vec<f64>,
    /// The first that would have gone before, and cannot be read or states what is no time.
    pub unread: Option<UnreadSidecar>,
    /// All that describe the run, whatever they state.
    pub files: Vec<PathBuf>,
}

/// No JSON that describes a run is larger.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Folders of the runs of a subject or session.
const DATATYPES: [&str; 4] = ["func", "perf", "dwi", "fmap"];

/// JSON files beside runs. Each folder is listed once, and each file read once.
#[derive(Default)]
pub(super) struct Sidecars {
    folders: HashMap<PathBuf, Folder>,
    found: HashMap<PathBuf, Result<Times, String>>,
}

/// The times of a run that a JSON states.
#[derive(Debug, Default)]
struct Times {
    tr_seconds: Option<f64>,
    /// What is wrong with the repetition time, if one is stated that is none.
    tr_problem: Option<String>,
    slices: Vec<f64>,
}

/// The JSON files of a folder, found by what their names say: a run looks at those that describe
/// it, however many there are.
#[derive(Default)]
struct Folder {
    /// The files by their whole names, without the endings.
    by_stem: HashMap<String, PathBuf>,
    /// The files with names of BIDS, by number of entities, suffix and keys.
    by_keys: BTreeMap<(Reverse<usize>, String, Vec<String>), ByValues>,
    /// Why it cannot be looked into.
    problem: Option<String>,
}

/// JSON files whose names have the same keys, by their values.
type ByValues = HashMap<Vec<String>, Vec<PathBuf>>;

impl Sidecars {
    /// The statements of the JSON files beside a run.
    pub fn of_run(&mut self, run: &Path, name: &str) -> Stated {
        let entities = Entities::of_file_name(&format!("{name}.nii"));
        let mut stated = Stated::default();
        let unread = |path: &Path, problem: &String| {
            Some(UnreadSidecar { path: path.to_owned(), problem: problem.clone() })
        };
        let folders = folders_of(run).unwrap_or_else(|error| {
            stated.unread = unread(folder_of(run), &error.to_string());
            Vec::new()
        });
        for folder in folders {
            let listed =
                self.folders.entry(folder.clone()).or_insert_with(|| Folder::listed(&folder));
            let goes_first = stated.tr.is_none() && stated.unread.is_none();
            if let Some(problem) = listed.problem.as_ref().filter(|_| goes_first) {
                stated.unread = unread(&folder, problem);
            }
            for path in listed.describing(name, &entities) {
                stated.files.push(path.clone());
                if stated.tr.is_some() && !stated.slice_times.is_empty() {
                    continue;
                }
                let found = self.found.entry(path.clone());
                match found.or_insert_with(|| times(path)) {
                    Ok(times) => {
                        let told = times.tr_problem.as_ref();
                        let told = told.filter(|_| stated.tr.is_none() && stated.unread.is_none());
                        stated.unread =
                            stated.unread.take().or_else(|| told.and_then(|it| unread(path, it)));
                        let tr = |seconds| SidecarTr { seconds, path: path.clone() };
                        stated.tr = stated.tr.or_else(|| times.tr_seconds.map(tr));
                        if stated.slice_times.is_empty() {
                            stated.slice_times.clone_from(&times.slices);
                        }
                    }
                    Err(problem) if stated.tr.is_none() && stated.unread.is_none() => {
                        stated.unread = unread(path, problem);
                    }
                    Err(_) => {}
                }
            }
        }
        stated
    }
}

impl Folder {
    fn listed(folder: &Path) -> Folder {
        let mut listed = Folder::default();
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.unwrap_or_else(|error| {
            listed.problem = Some(error.to_string());
            Vec::new()
        });
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".json").filter(|stem| !stem.is_empty()) else {
                continue;
            };
            let entities = Entities::of_file_name(&name);
            if is_name_of_bids(&name) {
                let suffix = entities.suffix();
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

/// Whether a name is that of a JSON as BIDS has them: entities, and a suffix.
pub(super) fn is_name_of_bids(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".json") else { return false };
    let entities = Entities::of_file_name(name);
    let suffix = entities.suffix();
    let is_of_bids = |part: &str| part == suffix || part.contains('-');
    !suffix.is_empty() && stem.split('_').all(is_of_bids)
}

/// The folder of a run, and those above it that belong to its data set.
pub(super) fn folders_of(run: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folder = fs::canonicalize(folder_of(run))?;
    let mut folders = vec![folder.clone()];
    loop {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_inside = DATATYPES.contains(&&*name)
            || ["sub-", "ses-"].iter().any(|start| name.starts_with(start));
        let is_root = folder.join("dataset_description.json").exists();
        if !is_inside || is_root || !folder.pop() {
            return Ok(folders);
        }
        folders.push(folder.clone());
    }
}

/// The repetition time that a JSON states, what is wrong if that is no positive number, and the times of its
/// slices; of one that cannot be read or is no JSON, why. A link to what was not fetched states nothing.
fn times(path: &Path) -> Result<Times, String> {
    let text = match text_of(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Times::default()),
        Err(error) => return Err(error.to_string()),
    };
    let json: Result<Value, _> = serde_json::from_str(text.trim_start_matches('\u{feff}'));
    let json = json.map_err(|error| format!("no JSON: {error}"))?;
    let tr = json.get("RepetitionTime");
    let seconds = tr.and_then(Value::as_f64).filter(|&it| it > 0.0 && it.is_finite());
    let no_tr = |it: &Value| {
        let found = shortened(&it.to_string(), 30);
        format!("its RepetitionTime is {found}, expected a number of seconds above 0")
    };
    let slices = json.get("SliceTiming").and_then(Value::as_array);
    let slices = slices.and_then(|it| it.iter().map(Value::as_f64).collect::<Option<Vec<_>>>());
    Ok(Times {
        tr_seconds: seconds,
        tr_problem: tr.filter(|_| seconds.is_none()).map(no_tr),
        slices: slices.unwrap_or_default(),
    })
}

fn text_of(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // What is no file, a FIFO for example, would be waited for.
    if fs::metadata(path)?.is_file() {
        File::open(path)?.take(MOST_BYTES).read_to_string(&mut text)?;
        return Ok(text);
    }
    Err(io::Error::other("no file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(files: &[(&str, &str)], run: &str) -> (Option<(f64, String)>, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let run = folder.path().join(run);
        fs::create_dir_all(run.parent().unwrap()).unwrap();
        let name = run.file_name().unwrap().to_str().unwrap().trim_end_matches(".nii").to_owned();
        let stated = Sidecars::default().of_run(&run, &name);
        let root = fs::canonicalize(folder.path()).unwrap();
        let inside = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
        let unread = stated.unread.map(|it| format!("{}: {}", inside(&it.path), it.problem));
        (stated.tr.map(|it| (it.seconds, inside(&it.path))), unread)
    }

    fn tr(files: &[(&str, &str)], run: &str) -> Option<(f64, String)> {
        stated(files, run).0
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
        for text in ["[2]", "{}"] {
            assert_eq!(stated(&[(own, text)], run), (None, None), "{text}");
        }
        // What is no time is told, and what lies above is used.
        for found in ["0", "-2", "\"2\"", "null", "[2]"] {
            let (tr, unread) = stated(&[(own, &states(found)), ("task-rest_bold.json", &one)], run);
            assert_eq!(tr, Some((1.0, "task-rest_bold.json".to_owned())));
            let says = format!("{own}: its RepetitionTime is {found}, expected a number");
            assert!(unread.as_ref().is_some_and(|it| it.starts_with(&says)), "{unread:?}");
        }
        // One that is no JSON is told, and what lies above is used.
        for text in ["", "[", "{\"RepetitionTime\": 1,}"] {
            let (tr, unread) = stated(&[(own, text), ("task-rest_bold.json", &one)], run);
            assert_eq!(tr, Some((1.0, "task-rest_bold.json".to_owned())));
            let says = format!("{own}: no JSON: ");
            assert!(unread.as_ref().is_some_and(|it| it.starts_with(&says)), "{unread:?}");
        }
        // Not of a data set: the folders above are none of the run's.
        assert_eq!(tr(&[("bold.json", &one)], "data/run-1_bold.nii"), None);
        assert_eq!(tr(&[("data/rest.json", &one)], "data/rest.nii").unwrap().0, 1.0);
    }
}
