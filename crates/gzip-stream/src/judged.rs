//! A gzip file (RFC 1952) as one checked stream of bytes, with zlib-rs as the judge of what is wrong with it.

use super::reader::{GzipReader, MAGIC, Surplus};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, Write};

/// The judge takes the file in pieces of this size.
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// The content of a gzip file, from a reader that can begin again.
///
/// [`GzipReader`] decodes it. Whatever that finds wrong is for zlib-rs to judge: the file is
/// decoded again from its beginning, and zlib-rs either says what is wrong or goes on where the
/// other stopped, if what was delivered is what it finds up to there (by length and CRC-32): a file
/// may be written anew while it is read. Each member's CRC-32 and length are checked when its last
/// byte has been delivered: who reads to the end has read what was written.
///
/// # Errors
/// `UnexpectedEof` where the file ends inside a member; `InvalidData`, with a text for a person,
/// for everything else that no gzip program would write, and for a file that is another one at the
/// second look; errors of the inner reader.
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

    /// The bytes found beside the members so far.
    pub fn surplus(&self) -> Surplus {
        match &self.state {
            Decoding::Fast(reader) => reader.surplus(),
            Decoding::Reference(members) => members.surplus,
            Decoding::Failed(_) => Surplus::default(),
        }
    }

    /// Goes on with zlib-rs behind what has been delivered, which is all that was decoded, if it comes
    /// so far.
    fn ask_the_reference(&mut self) -> io::Result<()> {
        let failed = Decoding::Failed(ErrorKind::Other);
        let Decoding::Fast(reader) = std::mem::replace(&mut self.state, failed) else {
            unreachable!("the reference is asked once");
        };
        let crc = reader.content_crc();
        let members = members_behind(reader.into_inner(), self.delivered_bytes, crc);
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

/// The members of a file, from the place in their content at which so many bytes, of this CRC-32,
/// were delivered.
fn members_behind<R: Read + Seek>(
    mut inner: R,
    delivered_bytes: u64,
    delivered_crc: u32,
) -> io::Result<Members<BufReader<R>>> {
    inner.rewind()?;
    let mut members = Members::new(BufReader::with_capacity(READ_BUFFER_BYTES, inner));
    let mut again = Checksum::default();
    let bytes = io::copy(&mut members.by_ref().take(delivered_bytes), &mut again)?;
    if (bytes, again.0.finalize()) != (delivered_bytes, delivered_crc) {
        return Err(invalid("it is another file than it was when it was first read"));
    }
    Ok(members)
}

/// Takes the CRC-32 of what is written to it.
#[derive(Default)]
struct Checksum(crc32fast::Hasher);

impl Write for Checksum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

/// Every member of a gzip file, one after the other, decoded by zlib-rs. Zeros may follow each, and
/// anything the last.
struct Members<R> {
    state: State<R>,
    surplus: Surplus,
}

enum State<R> {
    Member(Box<GzDecoder<Ahead<R>>>),
    End,
}

impl<R: BufRead> Members<R> {
    /// The members of `input`, which stands at the beginning of the first.
    fn new(input: R) -> Members<R> {
        let input = Ahead { input, byte: None };
        let state = State::Member(Box::new(GzDecoder::new(input)));
        Members { state, surplus: Surplus::default() }
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
            if input.is_at_a_member(&mut self.surplus)? {
                self.state = State::Member(Box::new(GzDecoder::new(input)));
            }
        }
        Ok(0)
    }
}

/// A reader of which one byte was looked at before it is read.
struct Ahead<R> {
    input: R,
    byte: Option<u8>,
}

impl<R: BufRead> Ahead<R> {
    /// Passes over zeros; true at another member, false at the end of the file.
    fn is_at_a_member(&mut self, surplus: &mut Surplus) -> io::Result<bool> {
        let mut are_zeros_passed = false;
        let first = loop {
            let Some(&byte) = self.input.fill_buf()?.first() else { return Ok(false) };
            self.input.consume(1);
            if byte != 0 {
                break byte;
            }
            are_zeros_passed = true;
        };
        let second = self.input.fill_buf()?.first().copied();
        let is_member = [Some(first), second] == MAGIC.map(Some);
        surplus.zeros_between_members |= is_member && are_zeros_passed;
        surplus.bytes_after_end |= !is_member;
        self.byte = Some(first);
        Ok(is_member)
    }
}

impl<R: BufRead> BufRead for Ahead<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &self.byte {
            Some(byte) => Ok(std::slice::from_ref(byte)),
            None => self.input.fill_buf(),
        }
    }

    fn consume(&mut self, count: usize) {
        match self.byte {
            Some(_) if count > 0 => self.byte = None,
            Some(_) => {}
            None => self.input.consume(count),
        }
    }
}

impl<R: BufRead> Read for Ahead<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let lent = self.fill_buf()?;
        let count = lent.len().min(buffer.len());
        buffer[..count].copy_from_slice(&lent[..count]);
        self.consume(count);
        Ok(count)
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

    /// The content of a file by zlib-rs alone, and as the program decodes it, and what lay beside it.
    fn decoded(file: &[u8]) -> [io::Result<(Vec<u8>, Surplus)>; 2] {
        let mut by_reference = Vec::new();
        // A tiny input buffer, so that every seam is crossed.
        let mut members = Members::new(BufReader::with_capacity(3, file));
        let reference = members.read_to_end(&mut by_reference);
        let mut on_disk = tempfile::tempfile().unwrap();
        on_disk.write_all(file).unwrap();
        let mut content = Vec::new();
        let mut decoder = GzipFile::new(on_disk).unwrap();
        let read = decoder.read_to_end(&mut content);
        [
            reference.map(|_| (by_reference, members.surplus)),
            read.map(|_| (content, decoder.surplus())),
        ]
    }

    #[test]
    fn members_follow_one_another_and_zeros_pad_the_end() {
        let file = [member(b"abc"), member(b""), member(b"def"), vec![0; 700]].concat();
        for read in decoded(&file) {
            assert_eq!(read.unwrap(), (b"abcdef".to_vec(), Surplus::default()));
        }
    }

    #[test]
    fn what_lies_beside_the_members_is_passed_over_and_told() {
        let (abc, def, zeros) = (member(b"abc"), member(b"def"), vec![0; 700]);
        let between = Surplus { zeros_between_members: true, bytes_after_end: false };
        let behind = Surplus { zeros_between_members: false, bytes_after_end: true };
        let both = Surplus { zeros_between_members: true, bytes_after_end: true };
        for (parts, content, surplus) in [
            (vec![&abc[..], &zeros, &def], "abcdef", between),
            (vec![&abc, &zeros[..1], &def, &zeros], "abcdef", between),
            (vec![&abc, b"garbage"], "abc", behind),
            (vec![&abc, &zeros, b"garbage", &def], "abc", behind),
            (vec![&abc, &zeros, &def, b"\x1f"], "abcdef", both),
            (vec![&abc, b"\x1f", &def], "abc", behind),
        ] {
            for read in decoded(&parts.concat()) {
                assert_eq!(read.unwrap(), (content.as_bytes().to_vec(), surplus), "{parts:?}");
            }
        }
    }

    /// One file up to the first look at its beginning, and another one from there on.
    struct Rewritten {
        files: [io::Cursor<Vec<u8>>; 2],
        rewinds: usize,
    }

    impl Read for Rewritten {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.files[usize::from(self.rewinds > 1)].read(buffer)
        }
    }

    impl Seek for Rewritten {
        fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
            self.rewinds += 1;
            self.files[usize::from(self.rewinds > 1)].seek(to)
        }
    }

    #[test]
    fn a_file_that_is_another_one_at_the_second_look_gives_no_mixture() {
        let old = [vec![1; 1000], (0..=255).collect()].concat();
        let mut one_byte = old.clone();
        one_byte[700] ^= 1;
        let cut = [&member(&old[..500])[..], &member(&old[500..])[..40]].concat();
        for new in [one_byte, old[..400].to_vec()] {
            let files = [cut.clone(), member(&new)].map(io::Cursor::new);
            let mut content = Vec::new();
            let read = GzipFile::new(Rewritten { files, rewinds: 0 }).unwrap();
            let error = { read }.read_to_end(&mut content).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            assert!(error.to_string().contains("another file"), "{error}");
            assert!(old.starts_with(&content));
        }
        // Where the file is whole by then, all of it is read.
        let files = [cut, member(&old)].map(io::Cursor::new);
        let mut content = Vec::new();
        GzipFile::new(Rewritten { files, rewinds: 0 }).unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content, old);
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
        let Decoding::Fast(reader) = &mut decoder.state else { panic!("nothing is wrong") };
        let lent = reader.fill_buf().unwrap().to_vec();
        reader.consume(lent.len());
        decoder.delivered_bytes += lent.len() as u64;
        first.extend(lent);
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
            ([&intact[..], b"\x1f\x8b\x07garbage"].concat(), "header"),
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
