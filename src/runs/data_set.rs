//! The files of a data set that say what its runs are, and that no output may become.

use super::Entities;
use super::sidecar::{folders_of, is_name_of_bids};
use crate::error::{Error, Result};
use crate::paths::{directory_entry, folder_of};
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Files that describe a whole data set.
const OF_ALL: [&str; 4] =
    ["dataset_description.json", "participants.json", "participants.tsv", "samples.tsv"];

/// The suffixes of tables of a data set, and of the JSON files that describe their columns.
const TABLES: [&str; 5] = ["events", "physio", "scans", "sessions", "stim"];

/// Refuses outputs that would become a part of the data set of the `inputs`: a JSON from which one of
/// them would inherit by BIDS, or what says something of the whole data set; and outputs that would
/// replace what other people's data sets have of the latter.
///
/// # Errors
/// The first of them.
pub fn check_not_of_data_set(outputs: &[PathBuf], inputs: &[&Path]) -> Result<()> {
    outputs.iter().try_for_each(|output| {
        let name = output.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let problem = if is_of_data_set(name) && output.exists() {
            "this file says what is in a data set, and would be lost"
        } else if is_of_data_set(name) && lies_above(output, inputs.iter().copied()) {
            "a file of this name says what is in the data set of the inputs"
        } else if describes_one(output, name, inputs) {
            "a file of this name describes one of the inputs by BIDS's inheritance, and would be read with it"
        } else {
            return Ok(());
        };
        Err(Error::mismatch(problem).remedy("give another name").at(output))
    })
}

fn is_of_data_set(name: &str) -> bool {
    let entities = Entities::of_file_name(name);
    let is_table = [".json", ".tsv", ".tsv.gz"].contains(&entities.extension());
    OF_ALL.contains(&name) || (is_table && TABLES.contains(&entities.suffix()))
}

/// Whether an input would inherit from a JSON of this name.
fn describes_one(output: &Path, name: &str, inputs: &[&Path]) -> bool {
    if !is_name_of_bids(name) {
        return false;
    }
    let entities = Entities::of_file_name(name);
    let has_all = |input: &&&Path| {
        let input = input.file_name().unwrap_or_default().to_string_lossy();
        let input = Entities::of_file_name(&input);
        let is_had = |(key, value): (&str, &str)| input.get(key) == Some(value);
        input.suffix() == entities.suffix() && entities.pairs().all(is_had)
    };
    lies_above(output, inputs.iter().filter(has_all).copied())
}

/// Whether a file lies in the folder of an input, or above it in its data set.
fn lies_above<'a>(output: &Path, inputs: impl Iterator<Item = &'a Path>) -> bool {
    let folders: BTreeMap<&Path, &Path> = inputs.map(|it| (folder_of(it), it)).collect();
    let folders = folders.into_values().filter_map(|input| folders_of(input).ok());
    let folders: HashSet<PathBuf> = folders.flatten().collect();
    folders.contains(folder_of(&directory_entry(output)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_a_run_would_inherit_from_and_what_describes_a_data_set_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::create_dir_all(place("sub-1/func")).unwrap();
        fs::create_dir_all(place("out")).unwrap();
        for name in ["participants.tsv", "out/dataset_description.json", "out/a_events.tsv"] {
            fs::write(place(name), "").unwrap();
        }
        let run = place("sub-1/func/sub-1_task-rest_run-1_bold.nii.gz");
        let problem = |name: &str| {
            check_not_of_data_set(&[place(name)], &[&run]).err().map(|it| it.problem().to_owned())
        };
        for (name, says) in [
            ("task-rest_bold.json", "inheritance"),
            ("bold.json", "inheritance"),
            ("sub-1/sub-1_bold.json", "inheritance"),
            ("sub-1/func/sub-1_task-rest_run-1_bold.json", "inheritance"),
            ("participants.tsv", "would be lost"),
            ("out/dataset_description.json", "would be lost"),
            ("out/a_events.tsv", "would be lost"),
            ("dataset_description.json", "of the inputs"),
            ("sub-1/sub-1_scans.tsv", "of the inputs"),
        ] {
            assert!(
                problem(name).is_some_and(|it| it.contains(says)),
                "{name}: {:?}",
                problem(name)
            );
        }
        for name in [
            "task-nback_bold.json",
            "out/task-rest_bold.json",
            "out/participants.tsv",
            "tsnr_bold.json",
            "sub-1/func/sub-1_task-rest_run-1_desc-tsnr_bold.json",
            "sub-1/func/tsnr.json",
        ] {
            assert_eq!(problem(name), None, "{name}");
        }
    }
}
