//! The content of a zstd file (RFC 8878): frames, each checked by its checksum when it has been read, if
//! it has one, and frames to be skipped.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, ErrorKind, Read};

/// Frames may have a window of so many bytes in any file: the greatest of zstd's levels up to 19, and
/// what RFC 8878 asks of every decoder.
const USUAL_WINDOW_BYTES: u64 = 8 * 1024 * 1024;
/// The greatest window that the first frame can claim.
const MOST_WINDOW_BYTES: u64 = 128 * 1024 * 1024;

/// Whether a file begins with a frame, or with one to be skipped, as pzstd writes it.
pub(super) fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(&[0x28, 0xB5, 0x2F, 0xFD])
        || matches!(head, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
}

/// The greatest window of a frame that will be decoded, by how the file begins.
pub(super) fn window_bytes(head: &[u8]) -> u64 {
    let first = first_window_bytes(head).unwrap_or(0);
    first.clamp(USUAL_WINDOW_BYTES, MOST_WINDOW_BYTES)
}

/// The window of the first frame that is no skipped one (RFC 8878, 3.1.1.1).
fn first_window_bytes(mut head: &[u8]) -> Option<u64> {
    while let [0x50..=0x5F, 0x2A, 0x4D, 0x18, length @ ..] = head {
        let length = u32::from_le_bytes(*length.first_chunk()?);
        head = head.get(8 + length as usize..)?;
    }
    let &descriptor = head.get(4)?;
    let is_single_segment = descriptor & 0x20 != 0;
    if !is_single_segment {
        let &window = head.get(5)?;
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    let dictionary_bytes = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size_bytes = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let size = head.get(5 + dictionary_bytes..)?.get(..size_bytes)?;
    let size = size.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
    Some(if size_bytes == 2 { size + 256 } else { size })
}

/// The content of the zstd file that `R` reads.
pub(super) struct Zstd<R> {
    source: Ending<R>,
    decoder: FrameDecoder,
    is_in_frame: bool,
}

impl<R: BufRead> Zstd<R> {
    /// The content of a file whose frames have a window of at most so many bytes.
    pub(super) fn new(inner: R, most_window_bytes: u64) -> Zstd<R> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(most_window_bytes);
        let source = Ending { inner, has_ended: false, failed_with: None };
        Zstd { source, decoder, is_in_frame: false }
    }

    /// Begins the next frame that is not skipped; false at the file's end.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.source.inner.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = (&mut self.source).take(length.into());
                    if io::copy(&mut skipped, &mut io::sink())? < length.into() {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(self.failure(error)),
            }
        }
    }

    /// An error of the decoder as what it comes of: the file's end, an error of reading it, or its bytes.
    fn failure(&mut self, error: FrameDecoderError) -> io::Error {
        if let Some(error) = self.source.failed_with.take() {
            return error;
        }
        if self.source.has_ended {
            return ErrorKind::UnexpectedEof.into();
        }
        let text = match error {
            FrameDecoderError::WindowSizeTooBig { requested, max } => format!(
                "a frame asks for a window of {} MiB, where {} MiB are allowed",
                requested.div_ceil(1 << 20),
                max >> 20
            ),
            FrameDecoderError::DictNotProvided { .. } => "it needs a dictionary".to_owned(),
            error => error.to_string().to_lowercase(),
        };
        io::Error::new(ErrorKind::InvalidData, text)
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_in_frame && !self.begin()? {
                return Ok(0);
            }
            self.is_in_frame = true;
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.source, one);
                decoded.map_err(|error| self.failure(error))?;
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let (stated, found) =
                (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
            if stated.is_some() && stated != found {
                return Err(io::Error::new(ErrorKind::InvalidData, "the checksum does not match"));
            }
            self.is_in_frame = false;
        }
    }
}

/// A reader that notes that it came to its end, or failed.
struct Ending<R> {
    inner: R,
    has_ended: bool,
    failed_with: Option<io::Error>,
}

impl<R: BufRead> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.has_ended |= count == 0 && !buffer.is_empty();
                Ok(count)
            }
            Err(error) => {
                let kind = error.kind();
                self.failed_with = Some(error);
                Err(kind.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_of_the_first_frame_is_told_by_its_header() {
        let mib = 1 << 20;
        // zstd 1.5.4: zstd --ultra -22 --long=27, and --ultra -22 of 150 bytes.
        let long = [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x88];
        assert_eq!(first_window_bytes(&long), Some(128 * mib));
        let single = [0x28, 0xB5, 0x2F, 0xFD, 0x24, 150];
        assert_eq!(first_window_bytes(&single), Some(150));
        let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9][..], &long].concat();
        assert_eq!(first_window_bytes(&skipped), Some(128 * mib));
        assert_eq!(first_window_bytes(&long[..5]), None);
        assert_eq!(window_bytes(&[]), 8 * mib);
        assert_eq!(window_bytes(&[0x28, 0xB5, 0x2F, 0xFD, 0x04, 0xFF]), 128 * mib);
    }
}
