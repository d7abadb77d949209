//! A scanner of XML that is read once, from its beginning to its end: tags one by one, and text in
//! pieces, so that what stands in an element is never held whole.
//!
//! Namespaces, external entities and encodings other than UTF-8 have no place in GIFTI.

use crate::error::Error;
use crate::formats::codec::Decoded;
use crate::voxels::OutOfMemory;
use gzip_stream::Surplus;
use std::io::{self, Read};

/// Text is read in pieces of this size.
const BUFFER_BYTES: usize = 64 * 1024;

/// The most bytes of a tag with its attributes: GIFTI's have some hundred.
const MOST_TAG_BYTES: usize = 64 * 1024;

/// The most bytes of what stands before the first samples: metadata and labels, of kilobytes.
const MOST_HEAD_BYTES: usize = 16 * 1024 * 1024;

/// The reason why a file breaks off.
#[derive(Debug)]
pub(super) enum Fault {
    /// The content cannot be read.
    Read(io::Error),
    /// The content ends within the XML.
    Ended,
    /// A fault of the content; the file is not named.
    Wrong(Error),
}

impl Fault {
    /// A file that no program should have written.
    pub fn damaged(problem: impl std::fmt::Display) -> Fault {
        Fault::Wrong(
            Error::damaged(format!("a damaged GIFTI file: {problem}"))
                .remedy("copy or convert it again"),
        )
    }
}

impl From<OutOfMemory> for Fault {
    fn from(it: OutOfMemory) -> Fault {
        Fault::Wrong(it.into())
    }
}

/// A tag, and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub kind: TagKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `<a>`
    Start,
    /// `</a>`
    End,
    /// `<a/>`
    Empty,
}

impl Tag {
    /// The value of an attribute, if it is there.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Whether it opens an element of this name, which may be empty.
    pub fn opens(&self, name: &str) -> bool {
        self.kind != TagKind::End && self.name == name
    }

    /// Whether it is the end of an element of this name.
    pub fn ends(&self, name: &str) -> bool {
        self.kind == TagKind::End && self.name == name
    }
}

/// The scanner of one content.
pub(super) struct Scanner {
    from: Box<dyn Decoded>,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// The bytes read so far, while they are kept.
    head: Option<Vec<u8>>,
}

impl Scanner {
    /// A scanner of a content from its beginning, which is kept until [`take_head`](Scanner::take_head).
    pub fn new(from: Box<dyn Decoded>) -> Scanner {
        Scanner { from, buffer: vec![0; BUFFER_BYTES], at: 0, end: 0, head: Some(Vec::new()) }
    }

    /// The bytes read so far, as they stand in the content.
    pub fn take_head(&mut self) -> Vec<u8> {
        self.head.take().unwrap_or_default()
    }

    /// The bytes found beside the content, once it was read to its end.
    pub fn surplus(&self) -> Surplus {
        self.from.surplus()
    }

    /// Reads what is left of the content, for the sake of its checksums.
    ///
    /// # Errors
    /// Those of reading.
    pub fn drain(&mut self, mut go_on: impl FnMut() -> Result<(), Fault>) -> Result<(), Fault> {
        loop {
            go_on()?;
            let count = self.unread()?.len();
            if count == 0 {
                return Ok(());
            }
            self.consume(count)?;
        }
    }

    /// The bytes that were read of the content and not consumed: none at its end.
    fn unread(&mut self) -> Result<&[u8], Fault> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
            self.end = loop {
                match self.from.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(Fault::Read(error)),
                    Ok(count) => break count,
                }
            };
        }
        Ok(&self.buffer[self.at..self.end])
    }

    fn consume(&mut self, count: usize) -> Result<(), Fault> {
        if let Some(head) = &mut self.head {
            if head.len() + count > MOST_HEAD_BYTES {
                return Err(Fault::damaged("more than 16 MiB before the first samples"));
            }
            head.extend_from_slice(&self.buffer[self.at..self.at + count]);
        }
        self.at += count;
        Ok(())
    }

    /// The next byte, which is consumed.
    fn next(&mut self) -> Result<u8, Fault> {
        let byte = *self.unread()?.first().ok_or(Fault::Ended)?;
        self.consume(1)?;
        Ok(byte)
    }

    /// The next bytes of the text in which the scanner stands: none where a tag begins.
    ///
    /// # Errors
    /// Those of reading; the content's end.
    pub fn text(&mut self) -> Result<&[u8], Fault> {
        let unread = self.unread()?;
        if unread.is_empty() {
            return Err(Fault::Ended);
        }
        let end = unread.iter().position(|&byte| byte == b'<').unwrap_or(unread.len());
        Ok(&unread[..end])
    }

    /// Consumes so many of the bytes that [`text`](Scanner::text) gave.
    ///
    /// # Errors
    /// Text of more than 16 MiB, while what was read is kept.
    pub fn consume_text(&mut self, count: usize) -> Result<(), Fault> {
        self.consume(count)
    }

    /// Passes over text up to the next tag.
    fn skip_text(&mut self) -> Result<(), Fault> {
        loop {
            match self.text()?.len() {
                0 => return Ok(()),
                count => self.consume(count)?,
            }
        }
    }

    /// The next tag; text, comments and declarations before it are passed over.
    ///
    /// # Errors
    /// Those of reading; the content's end; a tag that is none.
    pub fn tag(&mut self) -> Result<Tag, Fault> {
        loop {
            self.skip_text()?;
            if let Markup::Tag(tag) = self.markup()? {
                return Ok(tag);
            }
        }
    }

    /// The text up to the next tag, with what CDATA and entities stand for.
    ///
    /// # Errors
    /// As [`tag`](Scanner::tag); an entity that is unknown.
    pub fn text_and_tag(&mut self) -> Result<(String, Tag), Fault> {
        let mut text = Vec::new();
        loop {
            let mut raw = Vec::new();
            loop {
                let piece = self.text()?;
                let count = piece.len();
                raw.extend_from_slice(piece);
                if raw.len() > MOST_HEAD_BYTES {
                    return Err(Fault::damaged("a text of more than 16 MiB"));
                }
                match count {
                    0 => break,
                    count => self.consume(count)?,
                }
            }
            text.extend(decoded(&String::from_utf8_lossy(&raw))?.into_bytes());
            match self.markup()? {
                Markup::Tag(tag) => return Ok((String::from_utf8_lossy(&text).into_owned(), tag)),
                Markup::Characters(characters) => text.extend(characters),
                Markup::Nothing => {}
            }
            if text.len() > MOST_HEAD_BYTES {
                return Err(Fault::damaged("a text of more than 16 MiB"));
            }
        }
    }

    /// The markup that begins with the `<` at which the scanner stands.
    fn markup(&mut self) -> Result<Markup, Fault> {
        self.next()?;
        let mut inside = vec![self.next()?];
        match inside[0] {
            b'?' => {
                self.up_to(b"?>", &mut inside)?;
                return Ok(Markup::Nothing);
            }
            b'!' => return self.declaration(),
            _ => {}
        }
        let mut quote = None;
        while quote.is_some() || inside.last() != Some(&b'>') {
            let byte = self.next()?;
            match (quote, byte) {
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(it), _) if it == byte => quote = None,
                _ => {}
            }
            inside.push(byte);
            if inside.len() > MOST_TAG_BYTES {
                return Err(Fault::damaged("a tag of more than 64 KiB"));
            }
        }
        inside.pop();
        tag(&String::from_utf8_lossy(&inside)).map(Markup::Tag)
    }

    /// A comment, CDATA or the type of the document, behind `<!`.
    fn declaration(&mut self) -> Result<Markup, Fault> {
        let (mut inside, mut open) = (Vec::new(), 0_usize);
        loop {
            let byte = self.next()?;
            inside.push(byte);
            match byte {
                b'[' => open += 1,
                b']' => open = open.saturating_sub(1),
                _ => {}
            }
            match &inside[..] {
                b"--" => {
                    inside.clear();
                    self.up_to(b"-->", &mut inside)?;
                    return Ok(Markup::Nothing);
                }
                b"[CDATA[" => {
                    inside.clear();
                    self.up_to(b"]]>", &mut inside)?;
                    return Ok(Markup::Characters(inside));
                }
                // A type with declarations of its own between brackets ends behind these.
                _ if byte == b'>' && open == 0 => return Ok(Markup::Nothing),
                _ => {}
            }
            if inside.len() > MOST_TAG_BYTES {
                return Err(Fault::damaged("a declaration of more than 64 KiB"));
            }
        }
    }

    /// Reads up to a mark, which is not kept.
    fn up_to(&mut self, mark: &[u8], inside: &mut Vec<u8>) -> Result<(), Fault> {
        while !inside.ends_with(mark) {
            inside.push(self.next()?);
            if inside.len() > MOST_HEAD_BYTES {
                return Err(Fault::damaged("a text of more than 16 MiB"));
            }
        }
        inside.truncate(inside.len() - mark.len());
        Ok(())
    }
}

/// A piece of markup, from `<` to `>`.
enum Markup {
    Tag(Tag),
    Characters(Vec<u8>),
    Nothing,
}

/// The tag with this text between its brackets.
fn tag(text: &str) -> Result<Tag, Fault> {
    let (text, kind) = match (text.strip_prefix('/'), text.strip_suffix('/')) {
        (Some(text), _) => (text, TagKind::End),
        (None, Some(text)) => (text, TagKind::Empty),
        (None, None) => (text, TagKind::Start),
    };
    let end = text.find(|it: char| it.is_ascii_whitespace()).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        Fault::damaged(format!("its XML has the tag <{shown}>, which cannot be read"))
    };
    let is_of_name = |it: char| it.is_alphanumeric() || "_-:.".contains(it);
    if name.is_empty() || !name.chars().all(is_of_name) {
        return Err(wrong());
    }
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(Tag { name: name.to_owned(), attributes, kind });
        }
        let (name, behind) = rest.split_once('=').ok_or_else(wrong)?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|it| "\"'".contains(*it)).ok_or_else(wrong)?;
        let (value, behind) = behind[1..].split_once(quote).ok_or_else(wrong)?;
        attributes.push((name.trim_end().to_owned(), decoded(value)?));
        rest = behind;
    }
}

/// A text with the characters that its entities stand for.
fn decoded(text: &str) -> Result<String, Fault> {
    let mut pieces = text.split('&');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let wrong = || {
            let shown: String = piece.chars().take(20).collect();
            Fault::damaged(format!("its XML has the entity '&{shown}', which is unknown"))
        };
        let (entity, rest) = piece.split_once(';').ok_or_else(wrong)?;
        let number = |text: &str, radix| u32::from_str_radix(text, radix).ok();
        decoded.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => entity
                .strip_prefix('#')
                .and_then(|it| match it.strip_prefix('x') {
                    Some(it) => number(it, 16),
                    None => number(it, 10),
                })
                .and_then(char::from_u32)
                .ok_or_else(wrong)?,
        });
        decoded += rest;
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A content of which every read gives one byte.
    struct Trickle(io::Cursor<Vec<u8>>);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    impl Decoded for Trickle {}

    fn scanner(text: &str) -> Scanner {
        Scanner::new(Box::new(Trickle(io::Cursor::new(text.as_bytes().to_vec()))))
    }

    const TEXT: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE A SYSTEM \"x\" [<!ENTITY a \"b\">]>\n\
                        <!-- <B> --><A one = \"1 > 0\" two='&lt;&#65;&#x42;&quot;'>text &amp; \
                        <![CDATA[<C>&]]> more<!-- no --></A ><D/>";

    #[test]
    fn tags_and_texts_come_one_by_one_whatever_is_read_at_once() {
        let mut scanner = scanner(TEXT);
        let tag = scanner.tag().unwrap();
        assert_eq!((tag.name.as_str(), tag.kind), ("A", TagKind::Start));
        assert_eq!(tag.attribute("one"), Some("1 > 0"));
        assert_eq!(tag.attribute("two"), Some("<AB\""));
        assert_eq!(tag.attribute("three"), None);
        let (text, tag) = scanner.text_and_tag().unwrap();
        assert_eq!(text, "text & <C>& more");
        assert!(tag.ends("A"));
        assert!(scanner.tag().unwrap().opens("D"));
        assert!(matches!(scanner.tag(), Err(Fault::Ended)));
        assert_eq!(scanner.take_head(), TEXT.as_bytes());
    }

    #[test]
    fn what_is_no_xml_is_told_and_a_text_that_is_cut_has_ended() {
        for text in ["<>", "< a>", "<a b>", "<a b=c>", "<a b=\"&x;\">", "<a b=\"&\">", "<a$>"] {
            let fault = scanner(text).tag().unwrap_err();
            assert!(matches!(fault, Fault::Wrong(_)), "{text}");
        }
        for end in 0..TEXT.len() - 1 {
            let mut scanner = scanner(&TEXT[..end]);
            let fault = loop {
                if let Err(fault) = scanner.text_and_tag() {
                    break fault;
                }
            };
            assert!(matches!(fault, Fault::Ended), "{end}: {fault:?}");
        }
    }

    #[test]
    fn no_tag_and_no_declaration_is_held_beyond_its_bound() {
        for begin in ["<a b=\"", "<!DOCTYPE [", "<!x"] {
            let endless = [begin.as_bytes(), &vec![b' '; 2 * MOST_TAG_BYTES]].concat();
            let mut scanner = Scanner::new(Box::new(Trickle(io::Cursor::new(endless))));
            assert!(matches!(scanner.tag(), Err(Fault::Wrong(_))), "{begin}");
        }
    }
}
