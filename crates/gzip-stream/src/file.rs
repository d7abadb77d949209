//! A gzip file (RFC 1952) as one checked stream of bytes, with zlib-rs as the judge of what is wrong with it.

use super::GzipReader;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek};

/// The judge takes the file in pieces of this size.
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// The content of a gzip file, from a reader that can begin again.
///
/// [`GzipReader`] decodes it. Whatever that finds wrong is for zlib-rs to judge: the file is decoded again from its
/// beginning, and zlib-rs either says what is wrong or goes on where the other stopped. Each member's CRC-32 and length
/// are checked when its last byte has been delivered: who reads to the end has read what was written.
///
/// # Errors
/// `UnexpectedEof` where the file ends inside a member; `InvalidData`, with a text for a person, for everything else
/// that no gzip program would write; errors of the inner reader.
pub struct GzipFile<R> {
    state: Decoding<R>,
    delivered_bytes: u64,
}

enum Decoding<R> {
    Fast(Box<GzipReader<R>>),
    Reference(Box<Members<BufReader<R>>>),
    Failed(ErrorKind),
}

impl<R: Read + Seek> GzipFile<R> {
    /// The content of the file that `inner` reads, from the file's beginning.
    ///
    /// # Errors
    /// Those of seeking there.
    pub fn new(mut inner: R) -> io::Result<GzipFile<R>> {
        inner.rewind()?;
        let state = Decoding::Fast(Box::new(GzipReader::new(inner)));
        Ok(GzipFile { state, delivered_bytes: 0 })
    }

    /// Goes on with zlib-rs behind what has been delivered, if it comes so far.
    fn ask_the_reference(&mut self) -> io::Result<()> {
        let failed = Decoding::Failed(ErrorKind::Other);
        let Decoding::Fast(reader) = std::mem::replace(&mut self.state, failed) else {
            unreachable!("the reference is asked once");
        };
        let members = members_behind(reader.into_inner(), self.delivered_bytes);
        match members {
            Ok(members) => self.state = Decoding::Reference(Box::new(members)),
            Err(error) => {
                self.state = Decoding::Failed(error.kind());
                return Err(error);
            }
        }
        Ok(())
    }
}

/// The members of a file, from the place in their content at which so many bytes were delivered.
fn members_behind<R: Read + Seek>(
    mut inner: R,
    delivered_bytes: u64,
) -> io::Result<Members<BufReader<R>>> {
    inner.rewind()?;
    let mut members = Members::new(BufReader::with_capacity(READ_BUFFER_BYTES, inner));
    io::copy(&mut members.by_ref().take(delivered_bytes), &mut io::sink())?;
    Ok(members)
}

impl<R: Read + Seek> Read for GzipFile<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Decoding::Fast(reader) = &mut self.state {
            match reader.read(buffer) {
                Ok(count) => {
                    self.delivered_bytes += count as u64;
                    return Ok(count);
                }
                Err(error) => match error.kind() {
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                        self.ask_the_reference()?
                    }
                    _ => return Err(error),
                },
            }
        }
        match &mut self.state {
            Decoding::Reference(members) => members.read(buffer),
            Decoding::Failed(kind) => Err((*kind).into()),
            Decoding::Fast(_) => unreachable!("the reference was asked"),
        }
    }
}

/// Every member of a gzip file, one after the other, decoded by zlib-rs. Zero bytes may pad
/// the end, as tape and block tools leave them.
struct Members<R> {
    state: State<R>,
}

enum State<R> {
    Member(Box<GzDecoder<R>>),
    End,
}

impl<R: BufRead> Members<R> {
    /// The members of `input`, which stands at the beginning of the first.
    fn new(input: R) -> Members<R> {
        Members { state: State::Member(Box::new(GzDecoder::new(input))) }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let State::Member(member) = &mut self.state {
            let count = member.read(buffer).map_err(in_words)?;
            if count > 0 {
                return Ok(count);
            }
            let State::Member(member) = std::mem::replace(&mut self.state, State::End) else {
                unreachable!("the state was a member");
            };
            let mut input = member.into_inner();
            if another_member_follows(&mut input)? {
                self.state = State::Member(Box::new(GzDecoder::new(input)));
            }
        }
        Ok(0)
    }
}

/// Skips zero padding; true at the magic of another member, false at the end of the file.
fn another_member_follows(input: &mut impl BufRead) -> io::Result<bool> {
    let mut padded = false;
    loop {
        let bytes = input.fill_buf()?;
        let Some(&next) = bytes.first() else { return Ok(false) };
        if next != 0 {
            let another = next == 0x1F && !padded;
            return if another {
                Ok(true)
            } else {
                Err(invalid("bytes that are no gzip data follow the end"))
            };
        }
        padded = true;
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        input.consume(zeros);
    }
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, problem)
}

/// flate2's verdict in a user's words; errors of the disk pass as they are.
fn in_words(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::InvalidInput if error.to_string().contains("checksum") => {
            invalid("the data do not match their CRC-32 checksum or length")
        }
        ErrorKind::InvalidInput if error.to_string().contains("header") => {
            invalid("a gzip header is malformed")
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            invalid("the compressed data are malformed")
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn member(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// The content of a file by zlib-rs alone, and as the program decodes it.
    fn decoded(file: &[u8]) -> [io::Result<Vec<u8>>; 2] {
        let mut by_reference = Vec::new();
        // A tiny input buffer, so that every seam is crossed.
        let reference =
            Members::new(BufReader::with_capacity(3, file)).read_to_end(&mut by_reference);
        let mut on_disk = tempfile::tempfile().unwrap();
        on_disk.write_all(file).unwrap();
        let mut content = Vec::new();
        let read = GzipFile::new(on_disk).unwrap().read_to_end(&mut content);
        [reference.map(|_| by_reference), read.map(|_| content)]
    }

    #[test]
    fn members_follow_one_another_and_zeros_pad_the_end() {
        let file = [member(b"abc"), member(b""), member(b"def"), vec![0; 700]].concat();
        for content in decoded(&file) {
            assert_eq!(content.unwrap(), b"abcdef");
        }
    }

    #[test]
    fn the_reference_goes_on_where_the_other_stopped() {
        let content: Vec<u8> =
            (0..200_000_u32).flat_map(|it| it.wrapping_mul(it).to_le_bytes()).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&member(&content)).unwrap();
        let mut decoder = GzipFile::new(file).unwrap();
        let mut first = vec![0; 123_457];
        decoder.read_exact(&mut first).unwrap();
        decoder.ask_the_reference().unwrap();
        let mut rest = Vec::new();
        decoder.read_to_end(&mut rest).unwrap();
        assert!([first, rest].concat() == content);
    }

    #[test]
    fn damage_is_named_for_what_it_is() {
        let intact = member(b"some content of a file");
        let length = intact.len();
        let mut wrong_crc = intact.clone();
        wrong_crc[length - 8] ^= 1;
        let mut wrong_length = intact.clone();
        wrong_length[length - 1] ^= 1;
        let mut wrong_deflate = intact.clone();
        wrong_deflate[10] = 0xFF;
        for (file, says) in [
            (wrong_crc, "CRC-32"),
            (wrong_length, "length"),
            (wrong_deflate, "malformed"),
            ([&intact[..], b"garbage"].concat(), "follow the end"),
            ([&intact[..], &[0; 9], b"garbage"].concat(), "follow the end"),
        ] {
            for content in decoded(&file) {
                let error = content.unwrap_err();
                assert!(error.to_string().contains(says), "{says}: {error}");
            }
        }
    }

    #[test]
    fn a_stream_that_ends_early_is_an_unexpected_end_wherever_it_is_cut() {
        let intact = member(b"some content of a file");
        for length in 2..intact.len() {
            for content in decoded(&intact[..length]) {
                let error = content.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "cut at {length}: {error}");
            }
        }
    }
}
