//! The blocks of a DEFLATE stream (RFC 1951, 3.2.3), decoded from a window on the input to a window on the output.

use std::hint::select_unpredictable;

use super::bits::Bits;
use super::tables::{self, LengthCode, Symbol, Tables};

/// How far back a match may reach (RFC 1951, 2).
pub(super) const HISTORY: usize = 32 << 10;
/// Writable bytes behind the output's limit: a longest match, and what a copy of 16 bytes at a time writes too much.
pub(super) const OUTPUT_SLACK: usize = 258 + 32;
/// Bytes that a block's header and one symbol surely fit into: fewer than this and more to come, and the caller has to
/// bring more. (A header takes at most 14 + 19 * 3 + 316 * 14 bits.)
pub(super) const INPUT_WANTED: usize = 1 << 10;
/// Readable bytes wanted behind the end of the input: what the end is overrun by until it is noticed.
pub(super) const INPUT_SLACK: usize = INPUT_WANTED;
/// The fast loop stops this close to the end of the input; more than it and the symbol after it read ahead.
const FAST_INPUT: usize = 32;

/// Bytes of input held at most.
pub(super) const INPUT_BYTES: usize = 128 << 10;
/// Where decoding stops to hand out what it has.
pub(super) const OUTPUT_LIMIT: usize = HISTORY + (128 << 10);
/// The input's buffer; its size is part of the type so that index checks compare with a constant.
pub(super) type InputBytes = [u8; INPUT_BYTES + INPUT_SLACK];
/// The output's buffer.
pub(super) type OutputBytes = [u8; OUTPUT_LIMIT + OUTPUT_SLACK];

/// Input as the decoder sees it: `bytes[..end]`, then at least [`INPUT_SLACK`] bytes, zero if `at_end`.
pub(super) struct Input<'a> {
    pub(super) bytes: &'a InputBytes,
    pub(super) end: usize,
    /// Nothing follows `end`.
    pub(super) at_end: bool,
}

/// Output as the decoder sees it: decoded up to `position`; a match may reach back to `floor`.
pub(super) struct Output<'a> {
    pub(super) bytes: &'a mut OutputBytes,
    pub(super) position: usize,
    pub(super) floor: usize,
}

/// Why decoding paused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pause {
    NeedsInput,
    OutputFull,
    /// The last block is over.
    Finished,
}

/// Why decoding cannot go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    UnexpectedEnd,
    Invalid(&'static str),
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    BlockStart,
    Stored { remaining: usize },
    Coded,
    BlockEnd,
}

/// The decoder of one DEFLATE stream after another.
pub(super) struct Inflater {
    pub(super) bits: Bits,
    tables: Box<Tables>,
    /// The tables are those of the fixed codes.
    tables_are_fixed: bool,
    is_last_block: bool,
    state: State,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self {
            bits: Bits::default(),
            tables: Tables::new(),
            tables_are_fixed: false,
            is_last_block: false,
            state: State::BlockStart,
        }
    }

    /// Expects a new stream.
    pub(super) fn restart(&mut self) {
        (self.is_last_block, self.state) = (false, State::BlockStart);
    }

    /// Decodes until the output is full, the input used up, or the stream over.
    ///
    /// # Errors
    ///
    /// The stream is invalid or ends too early; all that was decoded before stands in the output.
    pub(super) fn run(&mut self, input: &Input, output: &mut Output) -> Result<Pause, Fault> {
        loop {
            if output.position >= OUTPUT_LIMIT && self.state != State::BlockEnd {
                return Ok(Pause::OutputFull);
            }
            match self.state {
                State::BlockEnd if self.is_last_block => return Ok(Pause::Finished),
                State::BlockEnd => self.state = State::BlockStart,
                State::BlockStart => {
                    if !input.at_end && input.end - self.bits.position.min(input.end) < INPUT_WANTED
                    {
                        return Ok(Pause::NeedsInput);
                    }
                    let header = self.block_header(input.bytes);
                    if self.bits.is_past(input.end) {
                        return Err(Fault::UnexpectedEnd);
                    }
                    self.state = header.map_err(Fault::Invalid)?;
                }
                State::Stored { remaining } => {
                    let from = self.bits.position;
                    let length =
                        remaining.min(input.end - from).min(OUTPUT_LIMIT - output.position);
                    output.bytes[output.position..][..length]
                        .copy_from_slice(&input.bytes[from..][..length]);
                    output.position += length;
                    self.bits.position += length;
                    self.state = State::Stored { remaining: remaining - length };
                    if length == remaining {
                        self.state = State::BlockEnd;
                    } else if self.bits.position == input.end {
                        return if input.at_end {
                            Err(Fault::UnexpectedEnd)
                        } else {
                            Ok(Pause::NeedsInput)
                        };
                    }
                }
                State::Coded => {
                    self.fast(input, output)?;
                    if output.position < OUTPUT_LIMIT {
                        if !input.at_end && self.bits.position + FAST_INPUT > input.end {
                            return Ok(Pause::NeedsInput);
                        }
                        if self.symbol(input, output)? {
                            self.state = State::BlockEnd;
                        }
                    }
                }
            }
        }
    }

    /// Reads a block's header, which may end behind the input.
    fn block_header(&mut self, input: &InputBytes) -> Result<State, &'static str> {
        let bits = &mut self.bits;
        bits.refill(input);
        self.is_last_block = bits.take(1) == 1;
        match bits.take(2) {
            0 => {
                bits.align();
                bits.refill(input);
                let (length, complement) = (bits.take(16), bits.take(16));
                bits.align();
                if length != !complement & 0xffff {
                    return Err("invalid stored block lengths");
                }
                return Ok(State::Stored { remaining: length as usize });
            }
            1 => {
                if !self.tables_are_fixed {
                    self.tables.build_fixed();
                    self.tables_are_fixed = true;
                }
                return Ok(State::Coded);
            }
            2 => {}
            _ => return Err("invalid block type"),
        }
        let symbol_count = bits.take(5) as usize + 257;
        let distance_count = bits.take(5) as usize + 1;
        let length_count = bits.take(4) as usize + 4;
        if symbol_count > 286 || distance_count > 30 {
            return Err("too many length or distance symbols");
        }
        let mut code_lengths = [0; 19];
        for &symbol in
            &[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15][..length_count]
        {
            bits.refill(input);
            code_lengths[symbol] = bits.take(3) as u8;
        }
        let length_code =
            LengthCode::new(&code_lengths).map_err(|()| "invalid code of code lengths")?;
        let mut lengths = [0u8; 286 + 30];
        let lengths = &mut lengths[..symbol_count + distance_count];
        let mut filled = 0;
        while filled < lengths.len() {
            bits.refill(input);
            let (symbol, code_bits) = length_code.symbol(bits.window);
            bits.consume(code_bits);
            let (repeated, times) = match symbol {
                0..=15 => (symbol, 1),
                16 => (lengths[..filled].last().copied().unwrap_or(u8::MAX), 3 + bits.take(2)),
                17 => (0, 3 + bits.take(3)),
                _ => (0, 11 + bits.take(7)),
            };
            let run =
                lengths.get_mut(filled..filled + times as usize).filter(|_| repeated != u8::MAX);
            run.ok_or("invalid repeat of a code length")?.fill(repeated);
            filled += times as usize;
        }
        if lengths[usize::from(tables::END_OF_BLOCK)] == 0 {
            return Err("no code for the end of the block");
        }
        self.tables_are_fixed = false;
        let (symbol_lengths, distance_lengths) = lengths.split_at(symbol_count);
        self.tables.build(symbol_lengths, distance_lengths)?;
        Ok(State::Coded)
    }

    /// Decodes one symbol, with its match if it is a length; true if it ends the block. Knows no tables, needs no room
    /// ahead, and notices where the input ends.
    #[cold]
    fn symbol(&mut self, input: &Input, output: &mut Output) -> Result<bool, Fault> {
        self.bits.refill(input.bytes);
        let found = self.tables.symbol(self.bits.window);
        match checked(&mut self.bits, input, found, "invalid literal or length")? {
            Symbol::Literal(byte) => {
                output.bytes[output.position] = byte;
                output.position += 1;
            }
            Symbol::EndOfBlock => return Ok(true),
            Symbol::Length { base, extra_bits } => {
                let length = usize::from(base) + self.bits.take(u32::from(extra_bits)) as usize;
                copy_coded_match(&self.tables, &mut self.bits, length, input, output)?;
            }
        }
        Ok(false)
    }

    /// Decodes while input and output are far from their ends, up to what the table does not tell.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "calls a copy for newer processors")
    )]
    fn fast(&mut self, input: &Input, output: &mut Output) -> Result<(), Fault> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2") {
            // SAFETY: the processor has these features, which is all that the call asks for.
            return unsafe { self.fast_bmi2(input, output) };
        }
        self.fast_portable(input, output)
    }

    /// [`Inflater::fast_portable`] with shifts that take any register for their count.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "bmi1,bmi2")]
    #[inline(never)]
    fn fast_bmi2(&mut self, input: &Input, output: &mut Output) -> Result<(), Fault> {
        self.fast_portable(input, output)
    }

    #[inline(always)]
    fn fast_portable(&mut self, input: &Input, output: &mut Output) -> Result<(), Fault> {
        if output.position - output.floor >= HISTORY {
            self.steps::<true>(input, output)
        } else {
            self.steps::<false>(input, output)
        }
    }

    /// The fast loop. `FULL`: the whole history is there, so that no distance reaches too far back.
    #[inline(always)]
    fn steps<const FULL: bool>(&mut self, input: &Input, output: &mut Output) -> Result<(), Fault> {
        let Some(input_limit) = input.end.checked_sub(FAST_INPUT) else { return Ok(()) };
        // Spares the loop an index check.
        assert!(input_limit <= INPUT_BYTES - FAST_INPUT);
        if self.bits.position > input_limit {
            return Ok(());
        }
        let mut bits = self.bits.raised(tables::OFFSET, input.bytes);
        let floor = output.floor;
        let output_limit = if FULL { OUTPUT_LIMIT } else { OUTPUT_LIMIT.min(floor + HISTORY) };
        let mut position = output.position;
        let (tables, bytes) = (&*self.tables, &mut *output.bytes);
        let mut result = Ok(());
        let mut next = tables.entry(bits.window);
        while bits.position <= input_limit && position < output_limit {
            let mut entry = next;
            if tables::is_slow(entry) {
                let Some((whole, length)) = tables.whole_match(entry, bits.window) else { break };
                entry = whole;
                let distance = tables.distance_less_1(entry, bits.window) + 1;
                if distance > position - floor {
                    result = Err(Fault::Invalid("distance too far back"));
                    break;
                }
                bits.consume(entry);
                next = tables.entry(bits.window);
                bits.refill(input.bytes);
                copy_match(bytes, position, distance, length);
                position += length;
                continue;
            }
            let mut distance = tables.distance_less_1(entry, bits.window) + 1;
            bits.consume(entry);
            next = tables.entry(bits.window);
            bits.refill(input.bytes);
            let length = tables::output_bytes(entry);
            let is_match = length > 2;
            // For literals, bytes from somewhere else are loaded and not used: no branch to be guessed wrong.
            if !FULL {
                distance = select_unpredictable(is_match, distance, position - floor);
                if distance > position - floor {
                    result = Err(Fault::Invalid("distance too far back"));
                    break;
                }
            }
            let copied = load(bytes, position.wrapping_sub(distance));
            store(bytes, position, select_unpredictable(is_match, copied, tables::literals(entry)));
            position += length;
        }
        (self.bits, output.position) = (bits.lowered(tables::OFFSET), position);
        result
    }
}

/// Consumes what was looked up, and tells an invalid pattern from one that the input's end cut off.
fn checked<T>(
    bits: &mut Bits,
    input: &Input,
    found: Result<(T, u32), u32>,
    invalid: &'static str,
) -> Result<T, Fault> {
    let (symbol, length) = match found {
        Ok((symbol, length)) => (Ok(symbol), length),
        Err(length) => (Err(Fault::Invalid(invalid)), length),
    };
    bits.consume(length);
    if bits.is_past(input.end) { Err(Fault::UnexpectedEnd) } else { symbol }
}

/// Decodes a distance and copies the match.
#[cold]
fn copy_coded_match(
    tables: &Tables,
    bits: &mut Bits,
    length: usize,
    input: &Input,
    output: &mut Output,
) -> Result<(), Fault> {
    bits.refill(input.bytes);
    let (base, extra_bits) =
        checked(bits, input, tables.distance(bits.window), "invalid distance")?;
    let distance = usize::from(base) + bits.take(u32::from(extra_bits)) as usize;
    if bits.is_past(input.end) {
        return Err(Fault::UnexpectedEnd);
    }
    if distance > output.position - output.floor {
        return Err(Fault::Invalid("distance too far back"));
    }
    copy_match(output.bytes, output.position, distance, length);
    output.position += length;
    Ok(())
}

/// Copies `length` bytes from `distance` back to `position`, and up to 32 bytes more of no meaning.
#[inline(always)]
fn copy_match(bytes: &mut OutputBytes, position: usize, distance: usize, length: usize) {
    let (mut from, mut to, mut distance) = (position - distance, position, distance);
    copy_16(bytes, from, to);
    if length <= 16 && distance >= length {
        return;
    }
    let end = position + length;
    if let Some(pattern) = repeated(bytes, from, distance) {
        // A load of what was stored just before, in other pieces, would have to wait for it.
        while to < end {
            bytes[to..to + 16].copy_from_slice(&pattern);
            to += 16;
        }
        return;
    }
    while distance < 16 && to < end {
        copy_16(bytes, from, to);
        to += distance;
        distance *= 2;
    }
    from = to.wrapping_sub(distance);
    while to < end {
        copy_16(bytes, from, to);
        from += 16;
        to += 16;
    }
}

/// 16 bytes of what repeats every `distance` bytes from `from` on, where that divides 8.
#[inline(always)]
fn repeated(bytes: &OutputBytes, from: usize, distance: usize) -> Option<[u8; 16]> {
    let word = match distance {
        1 => u64::from(bytes[from]) * 0x0101_0101_0101_0101,
        2 => u64::from(u16::from_le_bytes(*bytes[from..].first_chunk()?)) * 0x0001_0001_0001_0001,
        4 => u64::from(u32::from_le_bytes(*bytes[from..].first_chunk()?)) * 0x0000_0001_0000_0001,
        8 => load(bytes, from),
        _ => return None,
    };
    let mut pattern = [0; 16];
    pattern[..8].copy_from_slice(&word.to_le_bytes());
    pattern[8..].copy_from_slice(&word.to_le_bytes());
    Some(pattern)
}

#[inline(always)]
fn copy_16(bytes: &mut OutputBytes, from: usize, to: usize) {
    let Some(&chunk) = bytes[from..].first_chunk::<16>() else { unreachable!("inside the output") };
    bytes[to..to + 16].copy_from_slice(&chunk);
}

#[inline(always)]
fn load(bytes: &OutputBytes, from: usize) -> u64 {
    let Some(&chunk) = bytes[from..].first_chunk() else { unreachable!("inside the output") };
    u64::from_le_bytes(chunk)
}

#[inline(always)]
fn store(bytes: &mut OutputBytes, to: usize, chunk: u64) {
    bytes[to..to + 8].copy_from_slice(&chunk.to_le_bytes());
}
