//! The content of a bzip2 file: one or more streams, each checked by its CRC-32 when it has been read.

use bzip2::bufread::MultiBzDecoder;
use std::io::{self, BufRead, ErrorKind, Read};

/// The memory of a decoder of blocks of 900,000 bytes: four bytes for each of these, and tables.
pub(super) const DECODER_BYTES: u64 = 4 * 1024 * 1024;

/// The content of the bzip2 file that `R` reads.
pub(super) struct Bzip2<R>(MultiBzDecoder<R>);

impl<R: BufRead> Bzip2<R> {
    pub(super) fn new(inner: R) -> Bzip2<R> {
        Bzip2(MultiBzDecoder::new(inner))
    }
}

impl<R: BufRead> Read for Bzip2<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            // The crate's word for data that are none of bzip2.
            ErrorKind::InvalidInput => io::Error::new(ErrorKind::InvalidData, error),
            _ => error,
        })
    }
}
