//! The samples of a DataArray, whatever their encoding: numbers in words, base 64, zlib inside base 64,
//! or the bytes of another file.

use super::array::{Array, Encoding};
use super::xml::{Fault, Scanner};
use crate::error::Error;
use crate::voxels::{ByteOrder, Datatype};
use flate2::{Decompress, FlushDecompress, Status};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};

/// So many bytes come out of base 64 at once, at least.
const STAGED_BYTES: usize = 24 * 1024;

/// The longest word that is a number.
const MOST_WORD_BYTES: usize = 400;

/// A reader of the samples of one array after the other.
#[derive(Default)]
pub(super) struct Decoder {
    array: Option<Begun>,
    base64: Base64,
}

/// An array whose samples are being read.
struct Begun {
    /// Its place in the file, from 1.
    number: usize,
    datatype: Datatype,
    byte_order: ByteOrder,
    samples: usize,
    /// How many bytes of its samples were read.
    read_bytes: usize,
    from: From,
}

/// Where the bytes of samples come from.
enum From {
    Words,
    Base64,
    Zlib(Box<Decompress>),
    File { file: File, path: PathBuf, offset: u64 },
}

/// The path of a file that an array names, which lies in the folder of its own or below it.
///
/// # Errors
/// A name that leads elsewhere; a stream, which lies in no folder.
pub(super) fn external_path(folder: Option<&Path>, name: &str) -> Result<PathBuf, Fault> {
    let inside = Path::new(name).components().all(|it| matches!(it, Component::Normal(_)));
    let refused = |problem: String, remedy: &str| {
        Err(Fault::Wrong(Error::unsupported(problem).remedy(remedy.to_owned())))
    };
    match folder {
        _ if !inside || name.is_empty() => refused(
            format!("its samples are in '{name}', expected a file in its own folder"),
            "bring both into one folder, and name it there by its name alone",
        ),
        None => refused(
            format!("a stream whose samples are in '{name}', expected samples in it"),
            "give the file itself",
        ),
        Some(folder) => Ok(folder.join(name)),
    }
}

impl Decoder {
    /// Begins with an array, the `number`th of its file.
    ///
    /// # Errors
    /// A file beside it that cannot be opened, or is too short for its samples.
    pub fn begin(
        &mut self,
        array: &Array,
        number: usize,
        folder: Option<&Path>,
    ) -> Result<(), Fault> {
        let from = match &array.encoding {
            Encoding::Ascii => From::Words,
            Encoding::Base64 => From::Base64,
            Encoding::ZlibBase64 => From::Zlib(Box::new(Decompress::new(true))),
            Encoding::External { name, offset } => {
                let path = external_path(folder, name)?;
                let opened = opened(&path, *offset, array.bytes() as u64);
                let file = opened.map_err(|error| Fault::Wrong(error.at(&path)))?;
                From::File { file, path, offset: *offset }
            }
        };
        self.base64 =
            Base64 { staged: std::mem::take(&mut self.base64.staged), ..Base64::default() };
        self.array = Some(Begun {
            number,
            datatype: array.datatype,
            byte_order: array.byte_order,
            samples: array.samples(),
            read_bytes: 0,
            from,
        });
        Ok(())
    }

    /// The next samples, in this machine's order of bytes.
    ///
    /// # Errors
    /// Those of reading; samples that are damaged or end before.
    ///
    /// # Panics
    /// If no array was begun.
    pub fn read(&mut self, scanner: &mut Scanner, samples: &mut [u8]) -> Result<(), Fault> {
        let begun = self.array.as_mut().expect("an array was begun");
        let size = begun.datatype.bytes();
        let base64 = &mut self.base64;
        let found = match &mut begun.from {
            From::Words => words(scanner, begun.datatype, samples, begun.number)?,
            From::Base64 => base64.read(scanner, samples, begun.number)?,
            From::Zlib(inflate) => inflated(inflate, base64, scanner, samples, begun.number)?,
            From::File { file, path, offset } => {
                let place = *offset + begun.read_bytes as u64;
                let read = file.read_exact_at(samples, place);
                read.map_err(|error| Fault::Wrong(Error::io("cannot read", error).at(path)))?;
                samples.len()
            }
        };
        begun.read_bytes += found;
        if found < samples.len() {
            return Err(Fault::damaged(format!(
                "data array {} ends after {} of its {} samples",
                begun.number,
                begun.read_bytes / size,
                begun.samples
            )));
        }
        let is_turned = begun.byte_order != ByteOrder::NATIVE && !matches!(begun.from, From::Words);
        if is_turned && size > 1 {
            samples.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        Ok(())
    }

    /// Sees that all samples were read and no more are there.
    ///
    /// # Errors
    /// Those of reading; more samples; a checksum that differs.
    pub fn end(&mut self, scanner: &mut Scanner) -> Result<(), Fault> {
        let Some(mut begun) = self.array.take() else { return Ok(()) };
        let number = begun.number;
        let mut more = [0; 8];
        let more = match &mut begun.from {
            From::Words => next_word(scanner, number)?.is_some(),
            From::Base64 => self.base64.read(scanner, &mut more[..1], number)? > 0,
            From::Zlib(inflate) => {
                inflated(inflate, &mut self.base64, scanner, &mut more[..1], number)? > 0
            }
            From::File { .. } => false,
        };
        match more {
            false => Ok(()),
            true => Err(Fault::damaged(format!(
                "data array {number} has more than its {} samples",
                begun.samples
            ))),
        }
    }
}

/// A file that has so many bytes from a place on.
fn opened(path: &Path, offset: u64, bytes: u64) -> crate::error::Result<File> {
    let metadata = fs::metadata(path).map_err(|error| Error::io("cannot open", error))?;
    if !metadata.is_file() {
        return Err(Error::unsupported("a pipe or device, expected a regular file"));
    }
    if offset.checked_add(bytes).is_none_or(|end| end > metadata.len()) {
        return Err(Error::damaged(format!(
            "truncated: {} bytes, where the GIFTI file beside it has samples of {bytes} from byte \
             {offset} on",
            metadata.len()
        ))
        .remedy("copy or convert both again"));
    }
    File::open(path).map_err(|error| Error::io("cannot open", error))
}

/// The bytes of a base 64 text (RFC 4648, section 4), with space anywhere in it.
#[derive(Default)]
struct Base64 {
    /// Bytes that came out and were not taken.
    staged: Vec<u8>,
    at: usize,
    /// The digits of a group of four that is not whole.
    bits: u32,
    digits: usize,
    /// How many `=` have filled a group.
    padding: usize,
    has_ended: bool,
}

const SPACE: u8 = 0xFE;
const WRONG: u8 = 0xFF;

/// The digit that each byte of base 64 stands for.
const DIGITS: [u8; 256] = {
    let mut digits = [WRONG; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digit = 0;
    while digit < 64 {
        digits[alphabet[digit] as usize] = digit as u8;
        digit += 1;
    }
    let mut space = 0;
    while space < 4 {
        digits[b" \t\r\n"[space] as usize] = SPACE;
        space += 1;
    }
    digits
};

impl Base64 {
    /// Fills `bytes` as far as the text goes; how far is the result.
    fn read(
        &mut self,
        scanner: &mut Scanner,
        bytes: &mut [u8],
        number: usize,
    ) -> Result<usize, Fault> {
        let mut filled = 0;
        while filled < bytes.len() {
            if self.at == self.staged.len() {
                self.stage(scanner, number)?;
                if self.staged.is_empty() {
                    break;
                }
            }
            let count = (bytes.len() - filled).min(self.staged.len() - self.at);
            bytes[filled..filled + count].copy_from_slice(&self.staged[self.at..self.at + count]);
            filled += count;
            self.at += count;
        }
        Ok(filled)
    }

    /// Decodes the next piece of the text: nothing at its end.
    fn stage(&mut self, scanner: &mut Scanner, number: usize) -> Result<(), Fault> {
        self.staged.clear();
        self.at = 0;
        while !self.has_ended && self.staged.len() < STAGED_BYTES {
            let text = scanner.text()?;
            if text.is_empty() {
                self.has_ended = true;
                // Padding may be left out; a single digit is no byte.
                match self.digits {
                    0 => {}
                    1 => return Err(wrong(number, "ends within a byte of base 64")),
                    _ if self.padding > 0 => {
                        return Err(wrong(number, "ends within the padding of base 64"));
                    }
                    digits => self.put_part(digits),
                }
                break;
            }
            let text = &text[..text.len().min(STAGED_BYTES * 4 / 3)];
            let count = text.len();
            self.decode(text).map_err(|byte| {
                wrong(number, &format!("has '{}', which is no base 64", byte.escape_ascii()))
            })?;
            scanner.consume_text(count)?;
        }
        Ok(())
    }

    /// The whole bytes of a group of so many digits.
    fn put_part(&mut self, digits: usize) {
        let bits = self.bits << (6 * (4 - digits));
        self.staged.extend_from_slice(&bits.to_be_bytes()[1..digits]);
        self.digits = 0;
    }

    /// Decodes a piece of text.
    ///
    /// # Errors
    /// The first byte that has no place in it.
    fn decode(&mut self, mut text: &[u8]) -> Result<(), u8> {
        while !text.is_empty() {
            if self.digits == 0 && self.padding == 0 {
                let mut read = 0;
                for four in text.chunks_exact(4) {
                    let [a, b, c, d] = [four[0], four[1], four[2], four[3]]
                        .map(|byte| u32::from(DIGITS[usize::from(byte)]));
                    if a | b | c | d >= 64 {
                        break;
                    }
                    let bits = a << 18 | b << 12 | c << 6 | d;
                    self.staged.extend_from_slice(&bits.to_be_bytes()[1..]);
                    read += 4;
                }
                text = &text[read..];
            }
            let Some((&byte, rest)) = text.split_first() else { break };
            text = rest;
            match DIGITS[usize::from(byte)] {
                SPACE => {}
                digit if digit < 64 && self.padding == 0 => {
                    (self.bits, self.digits) = (self.bits << 6 | u32::from(digit), self.digits + 1);
                    if self.digits == 4 {
                        self.put_part(4);
                        self.bits = 0;
                    }
                }
                WRONG if byte == b'=' && self.digits + self.padding >= 2 => {
                    self.padding += 1;
                    if self.digits + self.padding == 4 {
                        self.put_part(self.digits);
                        // No more digits may come, and no more padding.
                        self.padding = 4;
                    } else if self.padding > 4 {
                        return Err(byte);
                    }
                }
                _ => return Err(byte),
            }
        }
        Ok(())
    }
}

/// Fills `bytes` as far as a zlib stream goes; how far is the result.
fn inflated(
    inflate: &mut Decompress,
    base64: &mut Base64,
    scanner: &mut Scanner,
    bytes: &mut [u8],
    number: usize,
) -> Result<usize, Fault> {
    let mut filled = 0;
    while filled < bytes.len() {
        if base64.at == base64.staged.len() {
            base64.stage(scanner, number)?;
        }
        let input = &base64.staged[base64.at..];
        let before = (inflate.total_in(), inflate.total_out());
        let status = inflate
            .decompress(input, &mut bytes[filled..], FlushDecompress::None)
            .map_err(|_| wrong(number, "is no sound zlib stream"))?;
        let taken = (inflate.total_in() - before.0) as usize;
        let given = (inflate.total_out() - before.1) as usize;
        let is_at_end = input.is_empty();
        base64.at += taken;
        filled += given;
        match status {
            Status::StreamEnd => return Ok(filled),
            _ if is_at_end && given == 0 => {
                return Err(wrong(number, "is a zlib stream that ends early"));
            }
            _ => {}
        }
    }
    Ok(filled)
}

/// Fills `bytes` with numbers in words, as far as there are some; how far is the result.
fn words(
    scanner: &mut Scanner,
    datatype: Datatype,
    bytes: &mut [u8],
    number: usize,
) -> Result<usize, Fault> {
    let mut filled = 0;
    for bytes in bytes.chunks_exact_mut(datatype.bytes()) {
        let Some(word) = next_word(scanner, number)? else { break };
        parse(&word, datatype, bytes).ok_or_else(|| {
            let shown: String = word.chars().take(40).collect();
            wrong(number, &format!("has '{shown}', expected a number of type {datatype}"))
        })?;
        filled += bytes.len();
    }
    Ok(filled)
}

/// The next word of a text, if there is one.
fn next_word(scanner: &mut Scanner, number: usize) -> Result<Option<String>, Fault> {
    let mut word = Vec::new();
    loop {
        let text = scanner.text()?;
        if text.is_empty() {
            break;
        }
        let skipped = match word.is_empty() {
            true => text.iter().take_while(|it| it.is_ascii_whitespace()).count(),
            false => 0,
        };
        let rest = &text[skipped..];
        let count = rest.iter().take_while(|it| !it.is_ascii_whitespace()).count();
        let is_whole = count < rest.len();
        word.extend_from_slice(&rest[..count]);
        scanner.consume_text(skipped + count)?;
        if is_whole && !word.is_empty() {
            break;
        }
        if word.len() > MOST_WORD_BYTES {
            return Err(wrong(number, "has a word that is too long for a number"));
        }
    }
    Ok((!word.is_empty()).then(|| String::from_utf8_lossy(&word).into_owned()))
}

/// The number of a word, as its bytes; none of another word.
fn parse(word: &str, datatype: Datatype, bytes: &mut [u8]) -> Option<()> {
    macro_rules! parsed {
        ($number:ident) => {
            bytes.copy_from_slice(&word.parse::<$number>().ok()?.to_ne_bytes())
        };
    }
    match datatype {
        Datatype::Uint8 => parsed!(u8),
        Datatype::Int8 => parsed!(i8),
        Datatype::Uint16 => parsed!(u16),
        Datatype::Int16 => parsed!(i16),
        Datatype::Uint32 => parsed!(u32),
        Datatype::Int32 => parsed!(i32),
        Datatype::Uint64 => parsed!(u64),
        Datatype::Int64 => parsed!(i64),
        Datatype::Float32 => parsed!(f32),
        Datatype::Float64 => parsed!(f64),
    }
    Some(())
}

fn wrong(number: usize, problem: &str) -> Fault {
    Fault::damaged(format!("data array {number} {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::codec::Decoded;
    use std::io::{self, Read};

    /// A content that comes in pieces of a size.
    struct Pieces(io::Cursor<Vec<u8>>, usize);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(self.1);
            self.0.read(&mut buffer[..count])
        }
    }

    impl Decoded for Pieces {}

    fn base64(text: &str, piece: usize) -> Result<Vec<u8>, Fault> {
        let text = format!("{text}<").into_bytes();
        let mut scanner = Scanner::new(Box::new(Pieces(io::Cursor::new(text), piece)));
        let (mut base64, mut bytes) = (Base64::default(), vec![0; 100]);
        let count = base64.read(&mut scanner, &mut bytes, 1)?;
        bytes.truncate(count);
        Ok(bytes)
    }

    // The vectors of RFC 4648, section 10.
    #[test]
    fn base_64_is_decoded_whatever_space_is_in_it_and_whatever_is_read_at_once() {
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in vectors.into_iter().enumerate() {
            let spaced: String = text.chars().flat_map(|it| ['\n', it, ' ']).collect();
            for text in [text, &spaced, text.trim_end_matches('=')] {
                for piece in [1, 3, 64] {
                    assert_eq!(base64(text, piece).unwrap(), b"foobar"[..length], "{text}");
                }
            }
        }
        assert_eq!(base64("+//+", 9).unwrap(), [0xfb, 0xff, 0xfe]);
        for text in ["Z", "Zg=", "Zg==Zg==", "Zg===", "=", "Z===", "Zm9*", "Zm9v=", "Zm9vYg==="] {
            for piece in [1, 64] {
                assert!(base64(text, piece).is_err(), "{text}: {:?}", base64(text, piece));
            }
        }
    }

    #[test]
    fn words_are_numbers_of_the_type() {
        let mut bytes = [0; 4];
        for (word, number) in [("1.5", 1.5), ("-1e3", -1e3), ("inf", f32::INFINITY)] {
            parse(word, Datatype::Float32, &mut bytes).unwrap();
            assert_eq!(f32::from_ne_bytes(bytes), number);
        }
        parse("NaN", Datatype::Float32, &mut bytes).unwrap();
        assert!(f32::from_ne_bytes(bytes).is_nan());
        assert!(parse("256", Datatype::Uint8, &mut bytes[..1]).is_none());
        assert!(parse("1.5", Datatype::Int32, &mut bytes).is_none());
    }

    #[test]
    fn files_beside_are_in_the_folder_or_below_it() {
        let folder = Some(Path::new("/data"));
        let path = |name: &str| external_path(folder, name).ok();
        assert_eq!(path("run.bin"), Some(PathBuf::from("/data/run.bin")));
        assert_eq!(path("sub/run.bin"), Some(PathBuf::from("/data/sub/run.bin")));
        for name in ["", "/etc/passwd", "../run.bin", "sub/../../run.bin", "./run.bin"] {
            assert_eq!(path(name), None, "{name}");
        }
        assert!(external_path(None, "run.bin").is_err());
    }
}
