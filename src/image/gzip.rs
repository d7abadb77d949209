//! A gzip file (RFC 1952) as one checked stream of bytes.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// Decompresses every member of a gzip file, one after the other. Zero bytes may pad the
/// end, as tape and block tools leave them. Each member's CRC-32 and length are checked
/// when its last byte has been delivered: who reads to the end has read what was written.
///
/// # Errors
/// `UnexpectedEof` where the file ends inside a member; `InvalidData`, with a text for a
/// person, for everything else that no gzip program would write.
pub(super) struct Decoder<R> {
    state: State<R>,
}

enum State<R> {
    Member(Box<GzDecoder<R>>),
    End,
}

impl<R: BufRead> Decoder<R> {
    /// A decoder of `input`, which stands at the beginning of the first member.
    pub(super) fn new(input: R) -> Decoder<R> {
        Decoder { state: State::Member(Box::new(GzDecoder::new(input))) }
    }
}

impl<R: BufRead> Read for Decoder<R> {
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
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// flate2's verdict in a user's words; errors of the disk pass as they are.
fn in_words(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidInput if error.to_string().contains("checksum") => {
            invalid("the data do not match their CRC-32 checksum or length")
        }
        io::ErrorKind::InvalidInput if error.to_string().contains("header") => {
            invalid("a gzip header is malformed")
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
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

    fn decoded(file: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        // A tiny input buffer, so that every seam is crossed.
        Decoder::new(io::BufReader::with_capacity(3, file)).read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn members_follow_one_another_and_zeros_pad_the_end() {
        let file = [member(b"abc"), member(b""), member(b"def"), vec![0; 700]].concat();
        assert_eq!(decoded(&file).unwrap(), b"abcdef");
    }

    #[test]
    fn damage_is_named_for_what_it_is() {
        let intact = member(b"some content of a run");
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
            let error = decoded(&file).unwrap_err();
            assert!(error.to_string().contains(says), "{says}: {error}");
        }
    }

    #[test]
    fn a_stream_that_ends_early_is_an_unexpected_end_wherever_it_is_cut() {
        let intact = member(b"some content of a run");
        for length in 2..intact.len() {
            let error = decoded(&intact[..length]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "cut at {length}: {error}");
        }
    }
}
