//! Gzip files (RFC 1952): members one after another, each a header, a DEFLATE stream and a trailer.

use std::io::{self, BufRead, ErrorKind, Read};

use super::block::{
    Fault, HISTORY, INPUT_BYTES, INPUT_WANTED, Inflater, Input, InputBytes, OUTPUT_LIMIT, Output,
    OutputBytes, Pause,
};

/// The bytes that a piece of the content is decoded into: the history that it refers to, and room for it.
const WINDOW_BYTES: usize = size_of::<OutputBytes>();

/// Member flags (RFC 1952, 2.3.1).
const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// The part of the file that comes next.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// The header of the first member: a file has at least one.
    FirstHeader,
    Blocks,
    Trailer,
    /// After a member: another one, zeros up to the end of the file, or the end.
    NextMember,
    End,
}

/// The bytes of a gzip file beside its members, as far as it was read. They change nothing of the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surplus {
    /// Zeros lie between two members.
    pub zeros_between_members: bool,
    /// Bytes follow the last member that are neither another one nor zeros. They were not read.
    pub bytes_after_end: bool,
}

/// The two bytes that every member begins with (RFC 1952, 2.3.1).
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Decodes a gzip file from any reader, in bounded memory.
///
/// [`BufRead::fill_buf`] decodes and lends the next piece of the content. Every member's CRC-32 and
/// length are checked, after its content was handed out. Zeros may follow a member; the file ends
/// where whatever follows does not begin as a member does, as for `gzip -d`, and
/// [`surplus`](GzipReader::surplus) tells of it. The inner reader is read in large pieces, ahead of
/// what is decoded, so it needs no buffer of its own.
///
/// # Errors
///
/// All that can be decoded is handed out first. Then, again at each further call,
/// - [`ErrorKind::UnexpectedEof`] if the file ends inside a member or is empty,
/// - [`ErrorKind::InvalidData`] with the reason for whatever else is wrong with it.
///
/// An error of the inner reader is passed on once (an interrupted read is tried again); later calls
/// repeat its kind.
pub struct GzipReader<R> {
    inner: R,
    /// Bytes not yet decoded: `input[inflater.bits.position..input_end]`; then
    /// `INPUT_SLACK` bytes.
    input: Box<InputBytes>,
    input_end: usize,
    inner_at_end: bool,
    inflater: Inflater,
    /// The last [`HISTORY`] bytes handed out, or fewer, then those of this round; then `OUTPUT_SLACK` bytes.
    output: Box<OutputBytes>,
    /// The member's first byte in `output`, or 0 if that is gone.
    member_start: usize,
    decoded: usize,
    handed_out: usize,
    stage: Stage,
    surplus: Surplus,
    /// The CRC-32 of the content of all members before this one.
    crc_before: crc32fast::Hasher,
    /// The CRC-32 of the member's header, and then of its content so far.
    crc: crc32fast::Hasher,
    /// Length of the member so far, modulo 2^32.
    length: u32,
    failure: Option<(ErrorKind, &'static str)>,
    /// An error that came after content which has to be handed out first.
    delayed: Option<io::Error>,
}

impl<R: Read> GzipReader<R> {
    /// A reader of the content of the gzip file that `inner` yields. Allocates all it will ever need.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            input: zeros(),
            input_end: 0,
            inner_at_end: false,
            inflater: Inflater::new(),
            output: zeros(),
            member_start: 0,
            decoded: 0,
            handed_out: 0,
            stage: Stage::FirstHeader,
            surplus: Surplus::default(),
            crc_before: crc32fast::Hasher::new(),
            crc: crc32fast::Hasher::new(),
            length: 0,
            failure: None,
            delayed: None,
        }
    }

    /// The reader that the file comes from, which has been read ahead of what was decoded.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// The reader that the file comes from, as [`get_ref`](GzipReader::get_ref) has it.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// The bytes found beside the members so far.
    pub fn surplus(&self) -> Surplus {
        self.surplus
    }

    /// The CRC-32 of all that was decoded, over all members.
    pub(super) fn content_crc(&self) -> u32 {
        let mut all = self.crc_before.clone();
        if matches!(self.stage, Stage::Blocks | Stage::Trailer) {
            all.combine(&self.crc);
        }
        all.finalize()
    }

    /// Does the next piece of work; may or may not decode something.
    fn advance(&mut self) -> Result<(), Failure> {
        match self.stage {
            Stage::FirstHeader => self.header(),
            Stage::Blocks => self.blocks(),
            Stage::Trailer => self.trailer(),
            Stage::NextMember => self.next_member(),
            Stage::End => Ok(()),
        }
    }

    /// Reads until `wanted` bytes (at most [`INPUT_WANTED`]) lie ahead, or all that are left.
    fn want(&mut self, wanted: usize) -> Result<(), Failure> {
        let position = self.inflater.bits.position;
        if self.inner_at_end || self.input_end >= position + wanted {
            return Ok(());
        }
        self.inflater.bits.give_back_bytes();
        self.input.copy_within(self.inflater.bits.position..self.input_end, 0);
        self.input_end -= self.inflater.bits.position;
        self.inflater.bits.position = 0;
        while self.input_end < wanted && !self.inner_at_end {
            match self.inner.read(&mut self.input[self.input_end..INPUT_BYTES]) {
                Ok(0) => self.inner_at_end = true,
                Ok(count) => self.input_end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::Inner(error)),
            }
        }
        if self.inner_at_end {
            self.input[self.input_end..].fill(0);
        }
        Ok(())
    }

    /// The next byte, which the caller has aligned to; `None` at the end.
    fn byte(&mut self) -> Result<Option<u8>, Failure> {
        self.want(1)?;
        let position = self.inflater.bits.position;
        self.inflater.bits.position += usize::from(position < self.input_end);
        Ok((position < self.input_end).then(|| self.input[position]))
    }

    /// A byte of a member's header, counted in the header's own CRC.
    fn header_byte(&mut self) -> Result<u8, Failure> {
        let byte = self.byte()?.ok_or(Failure::End)?;
        self.crc.update(&[byte]);
        Ok(byte)
    }

    fn header_text(&mut self) -> Result<(), Failure> {
        while self.header_byte()? != 0 {}
        Ok(())
    }

    /// Reads a member's header (RFC 1952, 2.3) and makes ready for its content.
    fn header(&mut self) -> Result<(), Failure> {
        self.crc.reset();
        if [self.header_byte()?, self.header_byte()?] != MAGIC {
            return Err(Failure::Invalid("it does not begin as gzip does"));
        }
        let (method, flags) = (self.header_byte()?, self.header_byte()?);
        if method != 8 {
            return Err(Failure::Invalid("a compression method other than DEFLATE"));
        }
        if flags & RESERVED != 0 {
            return Err(Failure::Invalid("unknown header flags"));
        }
        // Time, extra flags, operating system.
        for _ in 0..6 {
            self.header_byte()?;
        }
        if flags & FEXTRA != 0 {
            for _ in 0..u16::from_le_bytes([self.header_byte()?, self.header_byte()?]) {
                self.header_byte()?;
            }
        }
        if flags & FNAME != 0 {
            self.header_text()?;
        }
        if flags & FCOMMENT != 0 {
            self.header_text()?;
        }
        if flags & FHCRC != 0 {
            let computed = self.crc.clone().finalize() as u16;
            if u16::from_le_bytes([self.header_byte()?, self.header_byte()?]) != computed {
                return Err(Failure::Invalid("the CRC of a header does not match"));
            }
        }
        self.crc.reset();
        self.length = 0;
        self.member_start = self.decoded;
        self.inflater.restart();
        self.stage = Stage::Blocks;
        Ok(())
    }

    /// Decodes the next bytes of the content.
    fn blocks(&mut self) -> Result<(), Failure> {
        self.want(INPUT_WANTED)?;
        if self.decoded >= OUTPUT_LIMIT {
            let moved = self.decoded - HISTORY;
            self.output.copy_within(moved..self.decoded, 0);
            self.member_start = self.member_start.saturating_sub(moved);
            (self.decoded, self.handed_out) = (HISTORY, HISTORY);
        }
        let input = Input { bytes: &self.input, end: self.input_end, at_end: self.inner_at_end };
        let mut output =
            Output { bytes: &mut self.output, position: self.decoded, floor: self.member_start };
        let counted = (&mut self.crc, &mut self.length);
        let result = decode(&mut self.inflater, &input, &mut output, counted);
        self.decoded = output.position;
        self.paused(result)
    }

    /// Goes on after some content was decoded, or could not be.
    fn paused(&mut self, result: Result<Pause, Fault>) -> Result<(), Failure> {
        match result {
            Ok(Pause::Finished) => {
                self.inflater.bits.align();
                self.stage = Stage::Trailer;
                Ok(())
            }
            Ok(Pause::NeedsInput | Pause::OutputFull) => Ok(()),
            Err(Fault::UnexpectedEnd) => Err(Failure::End),
            Err(Fault::Invalid(reason)) => Err(Failure::Invalid(reason)),
        }
    }

    /// Decodes content straight into the caller's memory, behind the first `filled` bytes of `buffer`: a
    /// history, after which all that was decoded has been handed out. Returns how many bytes are there then.
    /// It ends with the member, or where there is not enough room left.
    fn blocks_into(
        &mut self,
        buffer: &mut [u8],
        mut filled: usize,
    ) -> (usize, Result<(), Failure>) {
        // How far back the member reaches, which is what a match may refer to.
        let mut member = (self.decoded - self.member_start).min(HISTORY);
        let mut result = Ok(());
        while self.stage == Stage::Blocks && result.is_ok() {
            let Some(window) = buffer.get_mut(filled - HISTORY..filled - HISTORY + WINDOW_BYTES)
            else {
                break;
            };
            result = self.want(INPUT_WANTED);
            if result.is_err() {
                break;
            }
            let bytes = window.try_into().expect("the length of a window");
            let input =
                Input { bytes: &self.input, end: self.input_end, at_end: self.inner_at_end };
            let mut output = Output { bytes, position: HISTORY, floor: HISTORY - member };
            let counted = (&mut self.crc, &mut self.length);
            let paused = decode(&mut self.inflater, &input, &mut output, counted);
            let length = output.position - HISTORY;
            filled += length;
            member = HISTORY.min(member + length);
            result = self.paused(paused);
        }
        self.output[..HISTORY].copy_from_slice(&buffer[filled - HISTORY..filled]);
        (self.decoded, self.handed_out) = (HISTORY, HISTORY);
        self.member_start = HISTORY - member;
        (filled, result)
    }

    /// Remembers a failure for all further calls. An error of the inner reader comes back.
    fn failed(&mut self, failure: Failure) -> io::Result<()> {
        let (failure, error) = match failure {
            Failure::End => ((ErrorKind::UnexpectedEof, "the gzip file ends too early"), Ok(())),
            Failure::Invalid(reason) => ((ErrorKind::InvalidData, reason), Ok(())),
            Failure::Inner(error) => {
                ((error.kind(), "reading the gzip file failed before"), Err(error))
            }
        };
        self.failure = Some(failure);
        error
    }

    /// Fills as much of a long buffer as it can. After 32 KiB of content that is decoded elsewhere and
    /// copied, there is a history in the buffer, and the rest is decoded where it belongs.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let is_behind_history = filled >= HISTORY
                && self.handed_out == self.decoded
                && self.stage == Stage::Blocks
                && self.failure.is_none()
                && buffer.len() - filled >= WINDOW_BYTES - HISTORY;
            let error = if is_behind_history {
                let (end, result) = self.blocks_into(buffer, filled);
                filled = end;
                result.or_else(|failure| self.failed(failure)).err()
            } else {
                match self.lend_to(&mut buffer[filled..]) {
                    Ok(0) => break,
                    Ok(count) => {
                        filled += count;
                        None
                    }
                    Err(error) => Some(error),
                }
            };
            if let Some(error) = error {
                if filled == 0 {
                    return Err(error);
                }
                self.delayed = Some(error);
                break;
            }
        }
        Ok(filled)
    }

    /// Copies what is lent next, or as much of it as there is room for.
    fn lend_to(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let content = self.fill_buf()?;
        let count = content.len().min(buffer.len());
        buffer[..count].copy_from_slice(&content[..count]);
        self.consume(count);
        Ok(count)
    }

    /// Checks the member against its trailer (RFC 1952, 2.3.1).
    fn trailer(&mut self) -> Result<(), Failure> {
        if self.trailer_word()? != self.crc.clone().finalize() {
            return Err(Failure::Invalid("the CRC-32 of the content does not match"));
        }
        if self.trailer_word()? != self.length {
            return Err(Failure::Invalid("the length of the content does not match"));
        }
        self.crc_before.combine(&self.crc);
        self.stage = Stage::NextMember;
        Ok(())
    }

    fn trailer_word(&mut self) -> Result<u32, Failure> {
        let mut word = [0; 4];
        for byte in &mut word {
            *byte = self.byte()?.ok_or(Failure::End)?;
        }
        Ok(u32::from_le_bytes(word))
    }

    /// Passes over zeros behind a member, up to another one or to the end of the file.
    fn next_member(&mut self) -> Result<(), Failure> {
        let mut are_zeros_passed = false;
        loop {
            self.want(2)?;
            let position = self.inflater.bits.position;
            if position == self.input_end {
                break;
            }
            // Behind the end of the input there are zeros.
            match [self.input[position], self.input[position + 1]] {
                MAGIC => {
                    self.surplus.zeros_between_members |= are_zeros_passed;
                    return self.header();
                }
                [0, _] => self.inflater.bits.position += 1,
                _ => {
                    self.surplus.bytes_after_end = true;
                    break;
                }
            }
            are_zeros_passed = true;
        }
        self.stage = Stage::End;
        Ok(())
    }
}

/// Decodes the next bytes of a member, which are counted in its CRC-32 and its length.
fn decode(
    inflater: &mut Inflater,
    input: &Input,
    output: &mut Output,
    (crc, length): (&mut crc32fast::Hasher, &mut u32),
) -> Result<Pause, Fault> {
    let start = output.position;
    let result = inflater.run(input, output);
    let content = &output.bytes[start..output.position];
    crc.update(content);
    *length = length.wrapping_add(content.len() as u32);
    result
}

fn zeros<const N: usize>() -> Box<[u8; N]> {
    vec![0; N].try_into().expect("the length is N")
}

/// Why the file cannot be read on.
enum Failure {
    End,
    Invalid(&'static str),
    Inner(io::Error),
}

impl<R: Read> BufRead for GzipReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.handed_out == self.decoded && self.stage != Stage::End {
            if let Some(error) = self.delayed.take() {
                return Err(error);
            }
            if let Some((kind, reason)) = self.failure {
                return Err(io::Error::new(kind, reason));
            }
            if let Err(failure) = self.advance() {
                self.failed(failure)?;
            }
        }
        Ok(&self.output[self.handed_out..self.decoded])
    }

    fn consume(&mut self, count: usize) {
        assert!(count <= self.decoded - self.handed_out, "consume what was lent");
        self.handed_out += count;
    }
}

impl<R: Read> Read for GzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match buffer.len() < 2 * WINDOW_BYTES {
            true => self.lend_to(buffer),
            false => self.fill(buffer),
        }
    }
}
