//! Names of files in messages: a few of many, and long ones without their middle.

use std::collections::HashSet;
use std::path::Path;

/// More files than this are counted, not named.
const MOST_NAMED: usize = 4;
/// Fewer are named once their names have so many characters.
const MOST_CHARACTERS: usize = 120;
/// A name of more characters loses those in its middle.
const LONGEST_NAME: usize = 64;

/// The names of some files without their folders: of many a few, and how many more there are.
pub fn names_of<P: AsRef<Path>>(files: &[P]) -> String {
    names_within(files, MOST_CHARACTERS)
}

/// The names of some files, as [`names_of`] has them, in about so many characters; one at least. Files of
/// one name are named with their folders.
pub fn names_within<P: AsRef<Path>>(files: &[P], most: usize) -> String {
    let (mut named, mut characters) = (Vec::new(), 0);
    let files_named = || files.iter().take(MOST_NAMED).map(AsRef::as_ref);
    let names: HashSet<String> = files_named().map(name_of).collect();
    // Files of one name are told apart by their folders.
    let are_told_apart = names.len() == files_named().count();
    for file in files_named() {
        let name = match are_told_apart {
            true => name_of(file),
            false => file.display().to_string(),
        };
        let name = shortened(&name, most);
        characters += name.chars().count();
        if !named.is_empty() && characters > most {
            break;
        }
        named.push(name);
    }
    if named.len() < files.len() {
        named.push(format!("and {} more", files.len() - named.len()));
    }
    named.join(", ")
}

/// The name of a file without its folder, and without its middle if it is long.
pub fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    shortened(&name, LONGEST_NAME)
}

/// A text of at most so many characters: `...` stands for the middle of a longer one.
pub fn shortened(text: &str, most: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(3);
    let (head, tail) = (kept - kept / 2, kept / 2);
    let part = |characters: &[char]| characters.iter().collect::<String>();
    part(&characters[..head]) + "..." + &part(&characters[characters.len() - tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_files_are_named_and_the_rest_is_counted() {
        assert_eq!(names_of(&["f/a.nii", "b.nii"]), "a.nii, b.nii");
        assert_eq!(names_of(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d, and 2 more");
        let long = "sub-01_".repeat(30) + "bold.nii";
        let names = names_of(&[&*long, &*long, &*long]);
        assert!(names.ends_with("bold.nii, and 2 more") && names.len() < 150, "{names}");
    }

    #[test]
    fn a_long_text_loses_its_middle() {
        assert_eq!(shortened("abcdefghij", 10), "abcdefghij");
        assert_eq!(shortened("abcdefghijk", 10), "abcd...ijk");
        assert_eq!(shortened("ä".repeat(100).as_str(), 9), "äää...äää");
    }
}
