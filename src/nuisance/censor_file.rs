//! A list of volumes to censor.

use super::text::{quoted, read_text};
use crate::error::{Error, Result};
use std::path::Path;

/// No list may be larger: it has room for millions of volumes.
const MOST_BYTES: u64 = 16 << 20;

const EXPECTED: &str = "a list of 0 and 1, one for each volume";

/// The volumes of `run`, which has so many, that a file in AFNI's 1D form censors, ascending.
///
/// It holds a number for each volume, 0 to censor it and 1 to keep it: one number a line, or all
/// in one line, separated by spaces, tabs or commas. `3@0` is three numbers 0. What follows a
/// `#` in its line is passed over, and so are blank lines.
///
/// # Errors
/// What cannot be read; another value than 0 and 1; more than one number in a line of several;
/// more or fewer numbers than the run has volumes.
pub fn censored_volumes(path: &Path, run: &Path, volumes: usize) -> Result<Vec<usize>> {
    let text = read_text(path, MOST_BYTES, EXPECTED)?;
    parsed(&text, run, volumes).map_err(|error| error.at(path))
}

/// The volumes of each of several runs, which have so many, that one file censors: as
/// [`censored_volumes`], with the runs one after the other in their order.
///
/// # Errors
/// As [`censored_volumes`].
pub fn censored_of_all(path: &Path, volumes: &[usize]) -> Result<Vec<Vec<usize>>> {
    let text = read_text(path, MOST_BYTES, EXPECTED)?;
    let all = volumes.iter().sum();
    let (censored, count) = listed(&text, all).map_err(|error| error.at(path))?;
    if count != all {
        let runs = volumes.len();
        return Err(Error::mismatch(format!(
            "{count} numbers, but the {runs} runs have {all} volumes together"
        ))
        .remedy("give a list for each run, or one of all runs in their order")
        .at(path));
    }
    let mut first = 0;
    let of_run = |&volumes: &usize| {
        let run = first..first + volumes;
        first = run.end;
        let ours = censored.iter().filter(|it| run.contains(it));
        ours.map(|volume| volume - run.start).collect()
    };
    Ok(volumes.iter().map(of_run).collect())
}

fn parsed(text: &str, run: &Path, volumes: usize) -> Result<Vec<usize>> {
    let (censored, count) = listed(text, volumes)?;
    if count != volumes {
        let run = run.display();
        let problem = format!("{count} numbers, but {run} has {volumes} volumes");
        return Err(Error::mismatch(problem).remedy("give one number for each volume of this run"));
    }
    Ok(censored)
}

/// The censored of the first `volumes` volumes, and how many numbers there are.
fn listed(text: &str, volumes: usize) -> Result<(Vec<usize>, usize)> {
    let mut censored = Vec::new();
    let mut count: usize = 0;
    let rows: Vec<(usize, &str)> = rows(text).collect();
    for &(line, row) in &rows {
        let words: Vec<&str> = words(row).collect();
        if words.len() > 1 && rows.len() > 1 {
            let problem = format!("line {line} of several has {} numbers", words.len());
            return Err(Error::format(problem).remedy("give one number a line, or one line"));
        }
        for word in words {
            let (repeats, keeps) = repeated(word).ok_or_else(|| {
                Error::format(format!("line {line}: found {}, expected 0 or 1", quoted(word)))
                    .remedy("0 censors a volume, 1 keeps it")
            })?;
            let end = count.saturating_add(repeats);
            // No more than the run has, however many the file claims.
            if keeps == Keeps::No {
                censored.extend(count.min(volumes)..end.min(volumes));
            }
            count = end;
        }
    }
    Ok((censored, count))
}

/// The lines that hold numbers, each with its number in the file.
fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered
        .map(|(line, text)| (line, text.split('#').next().unwrap_or_default()))
        .filter(|(_, text)| words(text).next().is_some())
}

fn words(row: &str) -> impl Iterator<Item = &str> {
    row.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty())
}

/// Whether a number keeps its volumes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Yes,
    No,
}

/// A number, and how often it is there.
fn repeated(word: &str) -> Option<(usize, Keeps)> {
    let (repeats, number) = word.split_once('@').unwrap_or(("1", word));
    let keeps = match number.parse() {
        Ok(0.0) => Keeps::No,
        Ok(1.0) => Keeps::Yes,
        _ => return None,
    };
    Some((repeats.parse().ok()?, keeps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn censored(text: &str, volumes: usize) -> Result<Vec<usize>> {
        parsed(text, Path::new("bold.nii"), volumes)
    }

    #[track_caller]
    fn assert_error(text: &str, volumes: usize, expected: &str) {
        assert_eq!(censored(text, volumes).unwrap_err().to_string(), expected, "{text:?}");
    }

    #[test]
    fn a_number_a_line_censors_or_keeps_a_volume() {
        assert_eq!(censored("1\n0\n1\n0\n", 4).unwrap(), [1, 3]);
        assert_eq!(censored("  0.000\r\n1.0e0 # kept\r\n\r\n0", 3).unwrap(), [0, 2]);
        assert_eq!(censored("# made by 1d_tool.py\n\n1\n1", 2).unwrap(), [0; 0]);
    }

    #[test]
    fn a_row_of_numbers_is_a_list_too() {
        assert_eq!(censored("# <matrix>\n 0 1 1\t0\n", 4).unwrap(), [0, 3]);
        assert_eq!(censored("1,0,1", 3).unwrap(), [1]);
    }

    #[test]
    fn repetitions_are_expanded() {
        assert_eq!(censored("2@0 3@1 1@0", 6).unwrap(), [0, 1, 5]);
        assert_eq!(censored("2@0\n1\n0@0\n2@0", 5).unwrap(), [0, 1, 3, 4]);
    }

    #[test]
    fn one_list_of_all_runs_is_cut_where_they_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("censor.1D");
        std::fs::write(&path, "1\n0\n1\n0\n0\n1\n").unwrap();
        assert_eq!(censored_of_all(&path, &[2, 0, 4]).unwrap(), [vec![1], vec![], vec![1, 2]]);
        let error = censored_of_all(&path, &[2, 5]).unwrap_err().to_string();
        assert!(error.contains("6 numbers, but the 2 runs have 7 volumes together"), "{error}");
    }

    #[test]
    fn a_claim_of_many_volumes_takes_no_memory() {
        assert_error(
            "18446744073709551615@0 1",
            3,
            "18446744073709551615 numbers, but bold.nii has 3 volumes; give one number for each \
             volume of this run",
        );
    }

    #[test]
    fn what_is_neither_0_nor_1_is_named_with_its_line() {
        for word in ["2", "-1", "0.5", "nan", "x", "@0", "2@", "1@1@1", "-1@0", "1.5@0"] {
            let expected =
                format!("line 3: found '{word}', expected 0 or 1; 0 censors a volume, 1 keeps it");
            assert_error(&format!("1\n\n{word}\n"), 2, &expected);
        }
    }

    #[test]
    fn a_matrix_is_refused() {
        assert_error(
            "1\n1 0\n",
            3,
            "line 2 of several has 2 numbers; give one number a line, or one line",
        );
    }

    #[test]
    fn another_number_of_volumes_is_refused() {
        let remedy = "give one number for each volume of this run";
        assert_error("1\n1\n", 3, &format!("2 numbers, but bold.nii has 3 volumes; {remedy}"));
        assert_error("", 3, &format!("0 numbers, but bold.nii has 3 volumes; {remedy}"));
        assert_error("0\n0\n1\n", 1, &format!("3 numbers, but bold.nii has 1 volumes; {remedy}"));
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "([01@#.,\t\n -]|99@0|\\PC){0,40}", volumes in 0..200_usize) {
            if let Ok(censored) = censored(&text, volumes) {
                prop_assert!(censored.is_sorted() && censored.iter().all(|&it| it < volumes));
            }
        }
    }
}
