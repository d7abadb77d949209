#![allow(dead_code)]
//! The verdict of zlib-rs on the same bytes.

use std::io::{BufRead, ErrorKind, Read};

use flate2::{Decompress, FlushDecompress, Status};
use gzip_stream::GzipReader;

/// How reading a file ended: well, cut short, or on invalid data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Good,
    CutShort,
    Invalid,
}

/// Content and verdict of zlib-rs, member by member.
pub fn reference(file: &[u8]) -> (Vec<u8>, Verdict) {
    let mut content = Vec::new();
    let mut rest = file;
    loop {
        let mut member = Decompress::new_gzip(15);
        let start = content.len();
        loop {
            let (taken, made) = (member.total_in() as usize, member.total_out() as usize);
            content.resize(start + made + 70_000, 0);
            let status = member.decompress(
                &rest[taken..],
                &mut content[start + made..],
                FlushDecompress::None,
            );
            let made_now = member.total_out() as usize;
            content.truncate(start + made_now);
            match status {
                Ok(Status::StreamEnd) => break,
                Ok(_) if (member.total_in() as usize, made_now) == (taken, made) => {
                    return (content, Verdict::CutShort);
                }
                Ok(_) => {}
                Err(_) => return (content, Verdict::Invalid),
            }
        }
        rest = &rest[member.total_in() as usize..];
        rest = &rest[rest.iter().take_while(|&&byte| byte == 0).count()..];
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return (content, Verdict::Good);
        }
    }
}

/// Content and verdict of the reader under test; `piece` bytes are consumed at a time.
pub fn decoded(inner: impl Read, piece: usize) -> (Vec<u8>, Verdict) {
    let mut reader = GzipReader::new(inner);
    let mut content = Vec::new();
    loop {
        let verdict = match reader.fill_buf() {
            Ok([]) => Verdict::Good,
            Ok(lent) => {
                let count = lent.len().min(piece);
                content.extend_from_slice(&lent[..count]);
                reader.consume(count);
                continue;
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Verdict::CutShort,
            Err(error) if error.kind() == ErrorKind::InvalidData => Verdict::Invalid,
            Err(error) => panic!("an error of a third kind: {error}"),
        };
        let again = reader.fill_buf().map(<[u8]>::len).map_err(|error| error.kind());
        let expected = match verdict {
            Verdict::Good => Ok(0),
            Verdict::CutShort => Err(ErrorKind::UnexpectedEof),
            Verdict::Invalid => Err(ErrorKind::InvalidData),
        };
        assert_eq!(again, expected, "the verdict is repeated");
        return (content, verdict);
    }
}

/// Content and verdict of the reader under test, read `length` bytes at a time into one buffer, which
/// holds something else before.
pub fn decoded_into(inner: impl Read, length: usize) -> (Vec<u8>, Verdict) {
    let mut reader = GzipReader::new(inner);
    let mut content = Vec::new();
    let mut buffer = vec![0xa5; length];
    loop {
        let verdict = match reader.read(&mut buffer) {
            Ok(0) => Verdict::Good,
            Ok(count) => {
                content.extend_from_slice(&buffer[..count]);
                buffer[..count].fill(0xa5);
                continue;
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Verdict::CutShort,
            Err(error) if error.kind() == ErrorKind::InvalidData => Verdict::Invalid,
            Err(error) => panic!("an error of a third kind: {error}"),
        };
        return (content, verdict);
    }
}

/// Yields the bytes of a slice, `sizes` at a time in turn, with an interruption now and then.
pub struct Trickle<'a> {
    pub bytes: &'a [u8],
    pub sizes: &'a [usize],
    pub turn: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(7) {
            return Err(ErrorKind::Interrupted.into());
        }
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len()).min(self.bytes.len());
        buffer[..size].copy_from_slice(&self.bytes[..size]);
        self.bytes = &self.bytes[size..];
        Ok(size)
    }
}
