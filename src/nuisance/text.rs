//! Small text files.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The most characters of what was found that an error says.
const MOST_QUOTED: usize = 40;

/// The content of a text file without a byte order mark, its lines ended by LF or CRLF.
///
/// # Errors
/// A file that cannot be read, has more than `most_bytes`, or is not UTF-8; `expected` says what
/// it should be.
pub fn read_text(path: &Path, most_bytes: u64, expected: &str) -> Result<String> {
    let file = File::open(path).map_err(|error| Error::io("cannot open", error).at(path))?;
    text_of(file, most_bytes, expected).map_err(|error| error.at(path))
}

fn text_of(source: impl Read, most_bytes: u64, expected: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let mut source = source.take(most_bytes + 1);
    source.read_to_end(&mut bytes).map_err(|error| Error::io("cannot read", error))?;
    if bytes.len() as u64 > most_bytes {
        return Err(Error::format(format!("more than {most_bytes} bytes, expected {expected}")));
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|_| Error::format(format!("no text in UTF-8, expected {expected}")))?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    // Lines that end as on old Macs, and as spreadsheets still save them.
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

/// A text that was found, in quotes, as far as a line of an error has room for it.
pub fn quoted(found: &str) -> String {
    let mut start: String = found.chars().take(MOST_QUOTED).collect();
    if start.len() < found.len() {
        start.push_str("...");
    }
    format!("'{}'", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(text_of("\u{feff}a\u{feff}".as_bytes(), 9, "a table").unwrap(), "a\u{feff}");
    }

    #[test]
    fn lines_may_end_with_carriage_returns_alone() {
        assert_eq!(text_of("a\rb\r".as_bytes(), 9, "a table").unwrap(), "a\nb\n");
        assert_eq!(text_of("a\r\nb".as_bytes(), 9, "a table").unwrap(), "a\r\nb");
    }

    #[test]
    fn a_file_that_does_not_end_is_refused() {
        assert_eq!(text_of("1234".as_bytes(), 4, "a table").unwrap(), "1234");
        let error = text_of(std::io::repeat(b'1'), 4, "a table").unwrap_err();
        assert_eq!(error.to_string(), "more than 4 bytes, expected a table");
    }

    #[test]
    fn what_was_found_is_quoted_in_one_short_line() {
        assert_eq!(quoted("n.a."), "'n.a.'");
        assert_eq!(quoted("\u{1b}[2J\0é"), r"'\u{1b}[2J\0é'");
        assert_eq!(quoted(&"é".repeat(50)), format!("'{}...'", "é".repeat(40)));
    }

    #[test]
    fn what_is_no_text_is_named() {
        let gzip: &[u8] = &[0x1f, 0x8b, 8, 0];
        let error = text_of(gzip, 9, "a table").unwrap_err();
        assert_eq!(error.to_string(), "no text in UTF-8, expected a table");
        let absent = read_text(Path::new("no such file"), 9, "a table").unwrap_err();
        assert_eq!(absent.to_string(), "no such file: cannot open: No such file or directory");
        let folder = read_text(Path::new("."), 9, "a table").unwrap_err();
        assert_eq!(folder.to_string(), ".: cannot read: Is a directory");
    }
}
