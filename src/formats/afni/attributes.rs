//! The attributes of a `.HEAD`: type, name and count, each on a line, then so many numbers or characters.

use crate::error::{Error, Result};
use std::collections::HashMap;

/// The attributes of a dataset by their names: the text of each, numbers with spaces between them.
#[derive(Clone, Debug)]
pub(super) struct Attributes(HashMap<String, String>);

impl Attributes {
    /// The attributes in the text of a `.HEAD`.
    ///
    /// # Errors
    /// A text that is no `.HEAD`; the file is not named.
    pub fn parse(text: &str) -> Result<Attributes> {
        let (mut attributes, mut rest) = (HashMap::new(), text.trim_start());
        while !rest.is_empty() {
            let (kind, behind) = field(rest, "type")?;
            let (name, behind) = field(behind, "name")?;
            let (count, behind) = field(behind, "count")?;
            let count: usize = count.parse().map_err(|_| {
                damaged(&format!("the count of {name} is {count}, expected a whole number"))
            })?;
            let (value, behind) = match kind {
                "string-attribute" => characters(behind, count),
                _ => numbers(behind, count),
            }
            .ok_or_else(|| damaged(&format!("{name} ends before its {count} values")))?;
            attributes.insert(name.to_owned(), value.to_owned());
            rest = behind.trim_start();
        }
        Ok(Attributes(attributes))
    }

    /// The text of an attribute, if it is there.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim_end_matches(['~', '\0']))
    }

    /// The numbers of an attribute; none if it is not there.
    ///
    /// # Errors
    /// A word that is no number.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let words = self.0.get(name).map(|text| text.split_whitespace()).into_iter().flatten();
        let number = |word: &str| {
            word.parse().map_err(|_| damaged(&format!("{name} has '{word}', expected a number")))
        };
        words.map(number).collect()
    }
}

/// The error for a text that no program should have written.
pub(super) fn damaged(problem: &str) -> Error {
    Error::damaged(format!("{problem}: the AFNI header is damaged"))
        .remedy("copy or convert it again")
}

/// The value of a line `key = value`, and what follows the line.
fn field<'a>(text: &'a str, key: &str) -> Result<(&'a str, &'a str)> {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let value = line.trim().strip_prefix(key).and_then(|it| it.trim_start().strip_prefix('='));
    let value = value.ok_or_else(|| {
        let found: String = line.chars().take(40).collect();
        damaged(&format!("found '{}', expected '{key} = ...'", found.trim()))
    })?;
    Ok((value.trim(), rest))
}

/// The first `count` characters behind the quote that a text begins with, and the text behind them.
fn characters(text: &str, count: usize) -> Option<(&str, &str)> {
    let text = text.trim_start().strip_prefix('\'')?;
    match count {
        0 => Some(("", text.trim_start_matches('~'))),
        _ => text.split_at_checked(count),
    }
}

/// The first `count` words of a text, and the text behind them.
fn numbers(text: &str, count: usize) -> Option<(&str, &str)> {
    let mut end = 0;
    for _ in 0..count {
        let begin = end + text[end..].find(|it: char| !it.is_whitespace())?;
        end = text[begin..].find(char::is_whitespace).map_or(text.len(), |length| begin + length);
    }
    Some(text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_by_their_counts() {
        let text = "\n\ntype  = string-attribute\nname  = LABELS\ncount = 8\n'a'\n b~c~\n\
                    \ntype = integer-attribute\nname = RANK\ncount = 3\n 3 6\n   0\n\
                    \ntype = float-attribute\nname = NONE\ncount = 0\n";
        let attributes = Attributes::parse(text).unwrap();
        assert_eq!(attributes.text("LABELS"), Some("a'\n b~c"));
        assert_eq!(attributes.numbers("RANK").unwrap(), [3.0, 6.0, 0.0]);
        assert_eq!(attributes.numbers("NONE").unwrap(), [0.0; 0]);
        assert_eq!(attributes.numbers("MISSING").unwrap(), [0.0; 0]);
        for end in 1..text.len() - 1 {
            // However it is cut, it is read or refused.
            drop(Attributes::parse(&text[..end]));
        }
        assert!(Attributes::parse("type = a\nname = b\ncount = 99999999999\n1").is_err());
        assert!(Attributes::parse("a text").is_err());
    }
}
