//! Names short enough to be read in a picture.

use std::collections::BTreeSet;

/// The parts that all subjects have in common and a picture leaves out: of their first
/// words, between underscores, at the beginning and at the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CommonParts {
    leading: String,
    trailing: String,
}

impl CommonParts {
    /// The common parts of the first words of these texts. At least one part of each is left.
    pub fn from_texts<S: AsRef<str>>(texts: impl Iterator<Item = S>) -> CommonParts {
        let first = |text: S| text.as_ref().split_whitespace().next().map(str::to_owned);
        // What follows in a chain is no subject.
        let words: BTreeSet<String> = texts.filter_map(first).filter(|it| it != "then").collect();
        let parts: Vec<Vec<&str>> = words.iter().map(|word| word.split('_').collect()).collect();
        let [first, others @ ..] = parts.as_slice() else { return CommonParts::default() };
        if others.is_empty() {
            return CommonParts::default();
        }
        let fewest = parts.iter().map(Vec::len).min().unwrap_or(1);
        let leading =
            (0..fewest - 1).take_while(|&at| others.iter().all(|it| it[at] == first[at])).count();
        let trailing = (1..fewest - leading)
            .take_while(|at| others.iter().all(|it| it[it.len() - at] == first[first.len() - at]))
            .count();
        CommonParts {
            leading: first[..leading].iter().map(|part| format!("{part}_")).collect(),
            trailing: first[first.len() - trailing..].iter().map(|it| format!("_{it}")).collect(),
        }
    }

    /// The text without them.
    pub fn removed_from(&self, text: &str) -> String {
        let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
        let word = word.strip_prefix(&self.leading).unwrap_or(word);
        let word = word.strip_suffix(&self.trailing).unwrap_or(word);
        format!("{word}{rest}")
    }
}

/// Lines of at most so many characters, broken at spaces; a longer word loses its middle.
pub(super) fn folded_at(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(|word| shortened(word, most)) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                *line += " ";
                *line += &word;
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A text of at most `most` characters, the middle left out.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most {
        return text.to_owned();
    }
    let tail = (most - 1) * 3 / 5;
    let head = most - 1 - tail;
    let end = &characters[characters.len() - tail..];
    characters[..head].iter().chain(&['…']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_common_parts(texts: &[&str]) -> Vec<String> {
        let common = CommonParts::from_texts(texts.iter().copied());
        texts.iter().map(|text| common.removed_from(text)).collect()
    }

    #[test]
    fn what_all_names_share_is_left_out() {
        let texts = ["day-1_site-north_part-1_raw", "", "day-1_site-north_part-2_raw [0..8)"];
        assert_eq!(without_common_parts(&texts), ["part-1", "", "part-2 [0..8)"]);
    }

    #[test]
    fn something_is_left_of_every_name() {
        for texts in [
            &["a_b_c"][..],
            &["a_b_c [0..8)", "a_b_c [8..16)"],
            &["of rows [0..9)", "part_1 [0..9)"],
            &["a", "b"],
            &[],
        ] {
            assert_eq!(without_common_parts(texts), texts);
        }
        assert_eq!(without_common_parts(&["a_b", "a_b_b"]), ["b", "b_b"]);
        assert_eq!(without_common_parts(&["a_x_a", "a_a"]), ["x_a", "a"]);
    }

    #[test]
    fn a_reach_of_numbers_is_folded_and_not_cut() {
        let reach = "rows [0..32768) … [98304..122880)";
        assert_eq!(folded_at(reach, 24), ["rows [0..32768) …", "[98304..122880)"]);
        assert_eq!(folded_at("", 34), Vec::<String>::new());
        assert_eq!(folded_at("day-01_run-1_data", 11), ["day-…1_data"]);
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shortened("day-01_run-1_data", 17), "day-01_run-1_data");
        assert_eq!(shortened("day-01_run-1_data", 11), "day-…1_data");
        assert_eq!(shortened("day-01_run-1_data", 11).chars().count(), 11);
    }
}
