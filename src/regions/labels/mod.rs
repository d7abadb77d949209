//! The names of the labels of an image, in the tables that the field has for them.
//!
//! Which table a file holds is told by its content: markup is FSL's XML; a first line with a
//! column `index` or `name` is BIDS's TSV; a first line that begins with a number is
//! FreeSurfer's colour table.

mod bids;
mod freesurfer;
mod fsl;

use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Many times the greatest table of the field: a file beyond it is something else.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// Names of the labels of an image, by the value of the label's voxels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelNames(BTreeMap<i64, String>);

impl FromIterator<(i64, String)> for LabelNames {
    fn from_iter<I: IntoIterator<Item = (i64, String)>>(names: I) -> LabelNames {
        LabelNames(names.into_iter().collect())
    }
}

/// A label that a table has.
struct Entry {
    /// The number of the line, from 1.
    line: usize,
    /// The value of its voxels.
    index: i64,
    /// The name; none where the table leaves it out.
    name: Option<String>,
}

impl LabelNames {
    /// The names in a table of any of the known formats.
    ///
    /// # Errors
    /// A file that cannot be read, is in none of the formats, or damaged, with the line.
    pub fn read(path: &Path) -> Result<LabelNames> {
        let read = || {
            let mut bytes = Vec::new();
            let file = File::open(path).map_err(|error| Error::io("cannot open", error))?;
            let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
            read.map_err(|error| Error::io("cannot read", error))?;
            if bytes.len() as u64 > MOST_BYTES {
                let problem =
                    format!("larger than {} MiB, expected a table of labels", MOST_BYTES >> 20);
                return Err(Error::format(problem).remedy(KNOWN_TABLES));
            }
            LabelNames::parse(&text(bytes)?)
        };
        read().map_err(|error: Error| error.at(path))
    }

    /// The names in the text of a table.
    ///
    /// # Errors
    /// As [`LabelNames::read`].
    pub fn parse(text: &str) -> Result<LabelNames> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let first = first.unwrap_or_default();
        let entries = if first.is_empty() {
            Vec::new()
        } else if first.starts_with('<') {
            fsl::entries(text)?
        } else if first.split('\t').any(|column| ["index", "name"].contains(&column)) {
            bids::entries(text)?
        } else if first.split_whitespace().next().is_some_and(|it| it.parse::<i64>().is_ok()) {
            freesurfer::entries(text)?
        } else {
            let start: String = first.chars().take(30).collect();
            let problem =
                format!("begins with '{}', expected a table of labels", start.escape_debug());
            return Err(Error::format(problem).remedy(KNOWN_TABLES));
        };
        if entries.is_empty() {
            return Err(Error::format("no label in it").remedy(KNOWN_TABLES));
        }
        LabelNames::of_entries(entries)
    }

    fn of_entries(entries: Vec<Entry>) -> Result<LabelNames> {
        let mut lines = BTreeMap::new();
        let mut names = BTreeMap::new();
        for Entry { line, index, name } in entries {
            if let Some(before) = lines.insert(index, line) {
                let problem = format!("label {index} was on line {before} already");
                return Err(on_line(line, problem).remedy("give each label one name"));
            }
            names.insert(index, name.unwrap_or_else(|| LabelNames::default_name(index)));
        }
        Ok(LabelNames(names))
    }

    /// The labels of the table and their names, in the order of their values.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &str)> {
        self.0.iter().map(|(&index, name)| (index, &**name))
    }

    /// The name of a label that has none: `label-7`.
    pub fn default_name(index: i64) -> String {
        format!("label-{index}")
    }
}

/// The remedy for a file that is no table of labels.
const KNOWN_TABLES: &str =
    "give a BIDS dseg.tsv, the XML of an FSL atlas or a FreeSurfer colour table";

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        on_line(line, "bytes that are no UTF-8 text").remedy(KNOWN_TABLES)
    })
}

fn on_line(line: usize, problem: impl std::fmt::Display) -> Error {
    Error::format(format!("line {line}: {problem}"))
}

/// The value of a label's voxels from what a table has in its place.
fn index(text: &str, line: usize) -> Result<i64> {
    text.trim().parse().map_err(|_| {
        on_line(line, format!("'{text}' is the index of a label, expected a whole number"))
            .remedy("correct the table")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(i64, String)> {
        let names = LabelNames::parse(text).unwrap();
        names.iter().map(|(index, name)| (index, name.to_owned())).collect()
    }

    fn error(text: &str) -> String {
        LabelNames::parse(text).unwrap_err().to_string()
    }

    fn owned(names: &[(i64, &str)]) -> Vec<(i64, String)> {
        names.iter().map(|&(index, name)| (index, name.to_owned())).collect()
    }

    #[test]
    fn a_bids_table_has_its_columns_in_any_order() {
        // The example of BIDS 1.10, "Common image-derived labels", with a column before the index.
        let table = "\u{feff}color\tname\tindex\tabbreviation\r\n\
                     #ff53bb\tGray Matter\t1\tGM\r\n\
                     #2f8bbe\tn/a\t2\tWM\r\n\
                     \r\n\
                     n/a\tBackground\t0\tBG\r\n";
        let expected = [(0, "Background"), (1, "Gray Matter"), (2, "label-2")];
        assert_eq!(names(table), owned(&expected));
    }

    #[test]
    fn a_damaged_bids_table_is_an_error_with_its_line() {
        let cases = [
            ("index\tcolor\n1\tred\n", "line 1: no column 'name', found: index, color"),
            ("name\tabbreviation\nGM\tG\n", "line 1: no column 'index', found: name, abbreviation"),
            ("index\tname\n1\tGM\n2\n", "line 3: 1 column, expected 2 as in the first line"),
            ("index\tname\n1\tGM\tx\n", "line 2: 3 columns, expected 2"),
            ("index\tname\n1.5\tGM\n", "line 2: '1.5' is the index of a label, expected a whole"),
            ("index\tname\n\n1\tGM\n1\tWM\n", "line 4: label 1 was on line 3 already"),
            ("index\tname\n99999999999999999999\tGM\n", "line 2: '99999999999999999999' is the"),
        ];
        for (table, says) in cases {
            assert!(error(table).starts_with(says), "{}", error(table));
        }
    }

    #[test]
    fn a_freesurfer_table_has_comments_and_colours() {
        let table = "#$Id: FreeSurferColorLUT.txt $\n\n\
                     #No. Label Name:                            R   G   B   A\n\n\
                     0   Unknown                                 0   0   0   0\n\
                     17  Left-Hippocampus                        220 216 20  0   1\n\
                     \t1035 ctx-lh-insula\t255 192 32 0 # cortex\n\
                     14175 wm_lh_S_temporal_inf                  141 60 20\n";
        let expected = [
            (0, "Unknown"),
            (17, "Left-Hippocampus"),
            (1035, "ctx-lh-insula"),
            (14175, "wm_lh_S_temporal_inf"),
        ];
        assert_eq!(names(table), owned(&expected));
    }

    #[test]
    fn a_damaged_freesurfer_table_is_an_error_with_its_line() {
        let cases = [
            ("1 A 0 0 0 0\n\nB 1 0 0 0 0\n", "line 3: 'B' is the index of a label"),
            ("1 A\n", "line 1: no colour behind 'A'"),
            ("1\n", "line 1: no name behind 1"),
            // A colour table of FSLeyes, and a name of two words.
            ("1 0.0 0.93 0.0 Frontal Pole\n", "line 1: '0.93' in place of a colour"),
            ("7 Frontal Pole 0 0 0 0\n", "line 1: 'Pole' in place of a colour"),
            ("# c\n3 A 0 0 0 0\n3 B 0 0 0 0\n", "line 3: label 3 was on line 2 already"),
        ];
        for (table, says) in cases {
            assert!(error(table).starts_with(says), "{}", error(table));
        }
    }

    /// The XML of an atlas of this type, as those that come with FSL are laid out.
    fn fsl(kind: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<atlas version=\"1.0\">\n\
             <header>\n<name>Some Atlas</name>\n{kind}\n<images>\n<imagefile>/a</imagefile>\n\
             </images>\n</header>\n<data>\n\
             <label index=\"0\" x=\"48\" y=\"94\" z=\"35\">Frontal Pole</label>\n\
             <label index=\"2\" x=\"25\" y=\"70\" z=\"32\">Inferior Temporal Gyrus,\n  \
             anterior &amp; posterior</label>\n<!-- <label index=\"9\">no</label> -->\n\
             </data>\n</atlas>\n"
        )
    }

    #[test]
    fn labels_of_a_probabilistic_fsl_atlas_lie_one_above_their_index() {
        // fslpy 3.29.1: label.value of each of AtlasDescription(FILE).labels.
        let second = "Inferior Temporal Gyrus, anterior & posterior";
        for kind in ["Probabilistic", "Probabalistic", " statistic "] {
            let expected = [(1, "Frontal Pole"), (3, second)];
            assert_eq!(names(&fsl(&format!("<type>{kind}</type>"))), owned(&expected), "{kind}");
        }
        let expected = [(0, "Frontal Pole"), (2, second)];
        assert_eq!(names(&fsl("<type>Label</type>")), owned(&expected));
    }

    #[test]
    fn a_damaged_fsl_atlas_is_an_error_with_its_line() {
        let label = fsl("<type>Label</type>");
        let cases = [
            (fsl(""), "line 2: an atlas without a <type>, expected"),
            (fsl("<type>Surface</type>"), "line 5: an atlas of type 'Surface', expected"),
            (label.replace("index=\"2\"", "number=\"2\""), "line 12: a <label> without an index"),
            (label.replace("\"2\"", "\"two\""), "line 12: 'two' is the index of a label"),
            (label.replace("\"2\"", "\"0\""), "line 12: label 0 was on line 11 already"),
            (label.replace("</data>", "</date>"), "line 15: malformed XML"),
            ("<html><body></body></html>".to_owned(), "line 1: <html>, expected <atlas>"),
            (label[..300].to_owned(), "line 1: malformed XML: the root node was opened but never"),
        ];
        for (table, says) in cases {
            assert!(error(&table).starts_with(says), "{}", error(&table));
        }
    }

    #[test]
    fn a_table_that_is_cut_off_anywhere_is_read_or_an_error() {
        let tables = [
            fsl("<type>Label</type>"),
            "index\tname\n1\tGrün\n2\tn/a\n".to_owned(),
            "# c\n1 A 0 0 0 0\n2 B 1 2 3\n".to_owned(),
        ];
        for table in tables {
            assert!(LabelNames::parse(&table).is_ok(), "{table}");
            for (end, _) in table.char_indices() {
                let cut = LabelNames::parse(&table[..end]);
                assert!(cut.is_err() || cut.is_ok_and(|names| names.iter().count() > 0));
            }
        }
    }

    #[test]
    fn an_entity_that_grows_without_end_is_refused() {
        let bomb = "<!DOCTYPE atlas [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><atlas>&b;</atlas>";
        assert!(error(bomb).contains("malformed XML"), "{}", error(bomb));
    }

    #[test]
    fn what_is_no_table_of_labels_is_said_with_what_would_be_one() {
        for text in
            ["", "\n# only a comment\n", "index\tname\n", "onset,duration\n0,1\n", "Frontal Pole\n"]
        {
            assert!(error(text).ends_with(KNOWN_TABLES), "{}", error(text));
        }
    }

    #[test]
    fn an_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.txt");
        let error = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            LabelNames::read(&path).unwrap_err().to_string()
        };
        let file = path.display().to_string();
        assert!(error(b"1 A 0 0 0 0\n1 B 0 0 0 0\n").starts_with(&format!("{file}: line 2: ")));
        let not_text = error(b"index\tname\n1\tgr\xfcn\n");
        assert!(not_text.starts_with(&format!("{file}: line 2: bytes that")), "{not_text}");
        let large = error(&vec![b'#'; MOST_BYTES as usize + 1]);
        assert!(large.starts_with(&format!("{file}: larger than 4 MiB")), "{large}");
        let missing = LabelNames::read(&folder.path().join("none.tsv")).unwrap_err().to_string();
        assert!(missing.contains("none.tsv: cannot open: No such file"), "{missing}");
    }
}
