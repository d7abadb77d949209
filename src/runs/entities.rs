//! A file name taken apart.

/// The parts of a file name. A name that is not BIDS's has parts too: what has no place among
/// them (`old` in `sub-01_old_bold.nii`) is passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entities {
    pairs: Vec<(String, String)>,
    suffix: String,
    extension: String,
}

impl Entities {
    /// The parts of a file name without its folder.
    pub fn of_file_name(name: &str) -> Entities {
        let last = name.rfind('_').map_or(0, |underscore| underscore + 1);
        let dot = name[last..].find('.').map_or(name.len(), |dot| last + dot);
        let (stem, extension) = name.split_at(dot);
        let mut entities = Entities { extension: extension.to_owned(), ..Entities::default() };
        for part in stem.split('_') {
            match part.split_once('-') {
                Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                    entities.pairs.push((key.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
        if !stem[last..].contains('-') {
            entities.suffix = stem[last..].to_owned();
        }
        entities
    }

    /// Keys and values, in the order of the name.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (&**key, &**value))
    }

    /// The value of a key, the first if the name has several.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs().find(|(found, _)| *found == key).map(|(_, value)| value)
    }

    /// The suffix, which is the kind of data: `bold`. Empty if the name ends with an entity.
    pub fn suffix(&self) -> &str {
        &self.suffix
    }

    /// The extension, from the first dot behind the last underscore: `.nii.gz`. Empty if there is none.
    pub fn extension(&self) -> &str {
        &self.extension
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_parts(name: &str, pairs: &[(&str, &str)], suffix: &str, extension: &str) {
        let entities = Entities::of_file_name(name);
        assert_eq!(Vec::from_iter(entities.pairs()), pairs);
        assert_eq!((entities.suffix(), entities.extension()), (suffix, extension), "{name}");
    }

    #[test]
    fn a_name_has_entities_a_suffix_and_an_extension() {
        assert_parts(
            "sub-01_ses-test_task-rest_run-02_desc-confounds_timeseries.tsv",
            &[
                ("sub", "01"),
                ("ses", "test"),
                ("task", "rest"),
                ("run", "02"),
                ("desc", "confounds"),
            ],
            "timeseries",
            ".tsv",
        );
        assert_parts("sub-01_bold.nii.gz", &[("sub", "01")], "bold", ".nii.gz");
    }

    #[test]
    fn a_name_that_is_not_bids_has_parts_too() {
        assert_parts("", &[], "", "");
        assert_parts("bold", &[], "bold", "");
        assert_parts("run1.5mm_x.nii", &[], "x", ".nii");
        assert_parts("sub-01_old_bold.nii", &[("sub", "01")], "bold", ".nii");
        assert_parts("run-1.1D", &[("run", "1")], "", ".1D");
        assert_parts("-x_y-_acq-a-b_é.nii", &[("acq", "a-b")], "é", ".nii");
    }

    #[test]
    fn a_value_is_found_by_its_key() {
        let entities = Entities::of_file_name("run-1_run-2_bold.nii");
        assert_eq!(entities.get("run"), Some("1"));
        assert_eq!(entities.get("task"), None);
    }
}
