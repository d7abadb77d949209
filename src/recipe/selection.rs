//! The choice of the columns of a table that are wanted.

use crate::error::{Error, Result};
use glob::Pattern;
use std::collections::BTreeSet;
use std::fmt;

/// Names that differ from a wrong one in no more characters are suggested.
const MOST_EDITS: usize = 2;

/// The most columns or families of columns that are named in an error.
const MOST_NAMED: usize = 30;

/// Names of columns, and patterns for them, in which `*` stands for any characters, `?` for one,
/// and `[0-5]` for one of those: `trans_*,rot_*,a_comp_cor_0[0-5]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    patterns: Vec<Pattern>,
}

impl Selection {
    /// A selection from its parts, separated by commas.
    ///
    /// # Errors
    /// An empty part, or a malformed pattern.
    pub fn parse(text: &str) -> Result<Selection> {
        let pattern = |part: &str| {
            let part = part.trim();
            if part.is_empty() {
                return Err(Error::usage(format!("an empty name in '{text}', expected columns")));
            }
            Pattern::new(part).map_err(|error| {
                let (problem, at) = (error.msg, error.pos);
                Error::usage(format!("malformed pattern '{part}': {problem} at character {at}"))
            })
        };
        Ok(Selection { patterns: text.split(',').map(pattern).collect::<Result<_>>()? })
    }

    /// The selected of these names by their index, ascending. A pattern may select nothing.
    ///
    /// # Errors
    /// A name that is not there.
    pub(crate) fn indexes(&self, names: &[&str]) -> Result<Vec<usize>> {
        let mut indexes = BTreeSet::new();
        for pattern in &self.patterns {
            let mut found = selected_by(pattern, names).peekable();
            if found.peek().is_none() && !is_open(pattern) {
                return Err(nothing_matches(pattern.as_str(), names));
            }
            indexes.extend(found);
        }
        Ok(indexes.into_iter().collect())
    }

    /// Refuses a pattern that selects nothing of any of several tables' names.
    ///
    /// # Errors
    /// There is one; the first table's names are listed.
    pub(crate) fn check_patterns(&self, tables: &[Vec<&str>]) -> Result<()> {
        let matches_none = |pattern: &&Pattern| {
            tables.iter().all(|names| selected_by(pattern, names).next().is_none())
        };
        let mut open = self.patterns.iter().filter(|it| is_open(it));
        match (open.find(matches_none), tables.first()) {
            (Some(pattern), Some(names)) => Err(nothing_matches(pattern.as_str(), names)),
            _ => Ok(()),
        }
    }
}

/// Whether a part of a selection may stand for several names.
fn is_open(pattern: &Pattern) -> bool {
    pattern.as_str().contains(['*', '?', '['])
}

fn selected_by<'a>(pattern: &'a Pattern, names: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
    let is_match =
        |index: &usize| pattern.as_str() == names[*index] || pattern.matches(names[*index]);
    (0..names.len()).filter(is_match)
}

impl fmt::Display for Selection {
    /// The parts as they were given: `trans_*, rot_*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<&str> = self.patterns.iter().map(Pattern::as_str).collect();
        f.write_str(&parts.join(", "))
    }
}

fn nothing_matches(wanted: &str, names: &[&str]) -> Error {
    let mut near: Vec<(usize, &str)> =
        names.iter().map(|name| (edits(wanted, name), *name)).collect();
    near.retain(|(edits, name)| *edits <= MOST_EDITS && edits < &name.chars().count());
    near.sort();
    let error = Error::mismatch(format!("no column matches '{wanted}'"));
    if near.is_empty() {
        error.remedy(format!("there are {}", listed(&families(names))))
    } else {
        let near: Vec<String> = near.into_iter().map(|(_, name)| name.to_owned()).collect();
        error.remedy(format!("is it {}?", listed(&near)))
    }
}

/// How many characters must be put in, taken out or exchanged to make one word of the other
/// (Levenshtein 1966), as far as it matters: words whose lengths say that it is more than
/// [`MOST_EDITS`] are not compared.
fn edits(a: &str, b: &str) -> usize {
    let [a, b] = [a, b].map(|word| word.chars().collect::<Vec<char>>());
    if a.len().abs_diff(b.len()) > MOST_EDITS {
        return MOST_EDITS + 1;
    }
    // Edits from the part of a that was seen to each part of b.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (seen, a) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = seen + 1;
        for (at, b) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = row[at + 1];
            row[at + 1] = exchanged.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[b.len()]
}

/// The names, with `*` for those that begin alike and differ in a number at the end, or in
/// what fMRIPrep appends to derivatives and powers.
fn families(names: &[&str]) -> Vec<String> {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in names {
        let cut = ["_derivative", "_power"].iter().filter_map(|end| name.find(end)).min();
        let stem = name[..cut.unwrap_or(name.len())].trim_end_matches(|c: char| c.is_ascii_digit());
        match families.iter_mut().find(|(other, _)| *other == stem) {
            Some((_, members)) => members.push(name),
            None => families.push((stem, vec![name])),
        }
    }
    let family = |(stem, members): (&str, Vec<&str>)| match members[..] {
        [name] => name.to_owned(),
        _ => format!("{stem}*"),
    };
    families.into_iter().map(family).collect()
}

fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let text = names[..names.len() - more].join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 14] = [
        "global_signal",
        "csf",
        "csf_derivative1",
        "csf_power2",
        "csf_derivative1_power2",
        "std_dvars",
        "a_comp_cor_00",
        "a_comp_cor_01",
        "a_comp_cor_06",
        "trans_x",
        "trans_y",
        "trans_x_derivative1",
        "rot_x",
        "cosine00",
    ];

    fn selected(text: &str) -> Result<Vec<&str>> {
        let selection = Selection::parse(text)?;
        selection.check_patterns(&[NAMES.to_vec()])?;
        let indexes = selection.indexes(&NAMES)?;
        Ok(indexes.into_iter().map(|index| NAMES[index]).collect())
    }

    fn error(text: &str) -> String {
        selected(text).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_each_taken_once_in_the_order_of_the_file() {
        assert_eq!(selected("rot_x, csf,csf").unwrap(), ["csf", "rot_x"]);
        assert_eq!(
            selected("trans_*,*_x,a_comp_cor_0[0-5],trans_?").unwrap(),
            [
                "a_comp_cor_00",
                "a_comp_cor_01",
                "trans_x",
                "trans_y",
                "trans_x_derivative1",
                "rot_x"
            ]
        );
        assert_eq!(selected("*").unwrap(), NAMES);
        // A name is the whole name.
        assert_eq!(selected("csf").unwrap(), ["csf"]);
    }

    #[test]
    fn a_name_with_brackets_can_be_typed() {
        let selection = Selection::parse("motion[1]").unwrap();
        assert_eq!(selection.indexes(&["motion1", "motion[1]"]).unwrap(), [0, 1]);
    }

    #[test]
    fn a_pattern_may_select_nothing_of_a_table_and_a_name_must_be_there() {
        let selection = Selection::parse("cosine*,csf").unwrap();
        assert_eq!(selection.indexes(&["csf"]).unwrap(), [0]);
        let without = vec!["csf"];
        selection.check_patterns(&[without.clone(), NAMES.to_vec()]).unwrap();
        let error = selection.check_patterns(&[without]).unwrap_err().to_string();
        assert!(error.starts_with("no column matches 'cosine*'"), "{error}");
        let error = selection.indexes(&["cosine00"]).unwrap_err().to_string();
        assert!(error.starts_with("no column matches 'csf'"), "{error}");
    }

    #[test]
    fn near_names_are_suggested() {
        assert_eq!(error("csf,trnas_x"), "no column matches 'trnas_x'; is it trans_x?");
        assert_eq!(error("trans_z"), "no column matches 'trans_z'; is it trans_x, trans_y?");
        assert_eq!(
            error("global_signals"),
            "no column matches 'global_signals'; is it global_signal?"
        );
    }

    #[test]
    fn without_near_names_the_families_are_listed() {
        assert_eq!(
            error("white_matter*"),
            "no column matches 'white_matter*'; there are global_signal, csf*, std_dvars, \
             a_comp_cor_*, trans_x*, trans_y, rot_x, cosine00"
        );
        let many: Vec<String> = (0..5000).map(|index| format!("c{index}_")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let selection = Selection::parse("none*").unwrap();
        let error = selection.check_patterns(&[many]).unwrap_err().to_string();
        assert!(error.ends_with("c28_, c29_ and 4970 more"), "{error}");
    }

    #[test]
    fn malformed_selections_are_refused() {
        assert_eq!(error("csf,,rot_x"), "an empty name in 'csf,,rot_x', expected columns");
        assert_eq!(error(""), "an empty name in '', expected columns");
        assert!(error("a[0").starts_with("malformed pattern 'a[0': "), "{}", error("a[0"));
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("", ""), 0);
        assert_eq!(edits("rot_x", "rot_x"), 0);
        assert_eq!(edits("rot_x", "rot_y"), 1);
        assert_eq!(edits("rotx", "rot_x"), 1);
        assert_eq!(edits("ab", "ba"), 2);
        assert_eq!(edits("a", "abcdefgh"), MOST_EDITS + 1);
    }
}
