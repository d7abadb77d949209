//! Huffman codes (RFC 1951, 3.2.2) as lookup tables.

/// Index bits of the table that decodes.
const INDEX_BITS: u32 = 12;
/// Index bits of the table of code lengths, whose codes have at most 7 bits.
const LENGTH_BITS: u32 = 7;
/// Bits of no meaning below the window that the tables are asked with: the index, times the size of an entry, is then
/// there without a shift, and a load without one is a cycle faster.
pub(super) const OFFSET: u32 = 2;
/// Longest code (RFC 1951, 3.2.7).
const MAX_BITS: usize = 15;
/// The symbol that ends a block.
pub(super) const END_OF_BLOCK: u16 = 256;

/// Base and extra bits of length symbols 257..=285 (RFC 1951, 3.2.5).
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// Base and extra bits of distance symbols 0..=29 (RFC 1951, 3.2.5).
const DISTANCES: [(u16, u8); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

/// Base and extra bits of length symbol `symbol`, which is above 256; 286 and 287 have no meaning.
pub(super) fn length_of(symbol: u16) -> Option<(u16, u8)> {
    LENGTHS.get(usize::from(symbol) - 257).copied()
}

/// Base and extra bits of distance symbol `symbol`; 30 and 31 have no meaning.
pub(super) fn distance_of(symbol: u16) -> Option<(u16, u8)> {
    DISTANCES.get(usize::from(symbol)).copied()
}

/// Which codes may leave bit patterns unused.
#[derive(Clone, Copy, PartialEq)]
enum Incomplete {
    /// No code at all, as zlib allows.
    Empty,
    /// No code at all, or one code of one bit, as zlib allows.
    EmptyOrSingle,
}

/// A canonical code in the form that decodes one symbol from any length: slow, small, complete.
#[derive(Clone)]
struct Canonical {
    /// `limit[n]`: first 16-bit pattern, first bit highest, that is no code of up to n bits.
    limit: [u32; MAX_BITS + 1],
    /// `start[n]`: where the symbols of n-bit codes begin in `sorted`.
    start: [u16; MAX_BITS + 2],
    /// Symbols by code length, then by value.
    sorted: [u16; 288],
    /// Code of each symbol, its first bit lowest.
    reversed: [u16; 288],
}

impl Canonical {
    const EMPTY: Self =
        Self { limit: [0; 16], start: [0; 17], sorted: [0; 288], reversed: [0; 288] };

    /// Assigns the codes of the given lengths.
    ///
    /// # Errors
    ///
    /// More codes than their lengths allow, or fewer in a way that zlib refuses.
    fn build(&mut self, lengths: &[u8], incomplete: Incomplete) -> Result<(), ()> {
        let mut count = [0u16; MAX_BITS + 1];
        for &length in lengths {
            count[usize::from(length)] += 1;
        }
        let (mut limit, mut start, mut longest) = (0, 0, 0);
        let mut next = [(0u32, 0u16); MAX_BITS + 1];
        for n in 1..=MAX_BITS {
            next[n] = (limit >> (16 - n), start);
            self.start[n] = start;
            start += count[n];
            limit += u32::from(count[n]) << (16 - n);
            self.limit[n] = limit;
            longest = if count[n] > 0 { n } else { longest };
        }
        let single = incomplete == Incomplete::EmptyOrSingle && longest == 1;
        if limit > 1 << 16 || (limit < 1 << 16 && longest > 0 && !single) {
            return Err(());
        }
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let (code, rank) = &mut next[usize::from(length)];
            self.sorted[usize::from(*rank)] = symbol as u16;
            self.reversed[symbol] = (*code as u16).reverse_bits() >> (16 - length);
            (*code, *rank) = (*code + 1, *rank + 1);
        }
        Ok(())
    }

    /// The symbol that `window` starts with, and the bits of its code; `None` if it starts with no code.
    fn symbol(&self, window: u64) -> Option<(u16, u32)> {
        let pattern = u32::from((window as u16).reverse_bits());
        let n = (1..=MAX_BITS).find(|&n| pattern < self.limit[n])?;
        let rank = (pattern - self.limit[n - 1]) >> (16 - n);
        Some((self.sorted[usize::from(self.start[n]) + rank as usize], n as u32))
    }
}

/// Fills the tables of 0 to [`INDEX_BITS`] - 1 index bits, one behind the other: what `entry` says of a symbol and its
/// bits, where those suffice to tell the symbol, else 0.
#[inline(always)]
fn fill_levels(
    levels: &mut [Entry; 1 << INDEX_BITS],
    code: &Canonical,
    entry: impl Fn(u16, u32) -> Entry,
) {
    levels[1] = 0;
    for n in 1..INDEX_BITS as usize {
        let half = 1 << (n - 1);
        levels.copy_within(half..2 * half, 2 * half);
        levels.copy_within(half..2 * half, 3 * half);
        for &symbol in &code.sorted[usize::from(code.start[n])..usize::from(code.start[n + 1])] {
            levels[1 << n | usize::from(code.reversed[usize::from(symbol)])] =
                entry(symbol, n as u32);
        }
    }
}

/// Writes wherever the index begins with the `bits` bits of `reversed` what `entry` makes of what the other bits tell.
#[inline(always)]
fn fill_stride(
    entries: &mut [Entry; 1 << INDEX_BITS],
    reversed: u16,
    bits: u32,
    levels: &[Entry; 1 << INDEX_BITS],
    entry: impl Fn(Entry) -> Entry,
) {
    let level = 1 << (INDEX_BITS - bits);
    let mut index = usize::from(reversed);
    for &rest in &levels[level..2 * level] {
        // The mask changes nothing but spares an index check.
        entries[index & ((1 << INDEX_BITS) - 1)] = entry(rest);
        index += 1 << bits;
    }
}

/// The code that the lengths of a block's other two codes are written in.
pub(super) struct LengthCode {
    /// Symbol and bits, by the next 7 bits.
    table: [(u8, u8); 1 << LENGTH_BITS],
}

impl LengthCode {
    /// # Errors
    ///
    /// Over-subscribed or incomplete code.
    pub(super) fn new(lengths: &[u8; 19]) -> Result<Self, ()> {
        let mut code = Canonical::EMPTY;
        code.build(lengths, Incomplete::Empty)?;
        // As zlib: where there is no code, every bit stands for a length of zero; the missing end of block is found later.
        let mut table = [(0, 1); 1 << LENGTH_BITS];
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            for entry in table[usize::from(code.reversed[symbol])..].iter_mut().step_by(1 << length)
            {
                *entry = (symbol as u8, length);
            }
        }
        Ok(Self { table })
    }

    /// The symbol that `window` starts with, and the bits of its code.
    pub(super) fn symbol(&self, window: u64) -> (u8, u32) {
        let (symbol, bits) = self.table[window as usize & ((1 << LENGTH_BITS) - 1)];
        (symbol, u32::from(bits))
    }
}

/// The meaning of the next bits, one symbol at a time.
#[derive(Debug, PartialEq)]
pub(super) enum Symbol {
    Literal(u8),
    EndOfBlock,
    Length { base: u16, extra_bits: u8 },
}

/// The meaning of the next bits, as far as [`INDEX_BITS`] of them tell: one or two literals, a
/// whole match, or a match whose distance is yet to be looked up.
///
/// | bits | meaning |
/// |---|---|
/// | 0..8 | bits to consume, extra bits included |
/// | 8..15 | bytes of output: the number of literals or the length of the match; 0: nothing is told; 1 and slow: see the last row |
/// | 15 | slow: not told to the end, or a match longer than 8 bytes or from no more than 8 bytes back |
/// | 16..24, 24..32 | first and second literal |
/// | 16..22 | match: where the extra bits of the distance begin |
/// | 27..32 | match: symbol of the distance plus 1, or 0 if that is not told |
/// | 16..21 | length symbol less 257, where its extra bits and distance are not told |
///
/// Entries of the distance code hold what is to be added to that of the length, 0 if it takes more bits to tell.
pub(super) type Entry = u32;

const OUTPUT_SHIFT: u32 = 8;
const ONE_LITERAL: Entry = 1 << OUTPUT_SHIFT;
const SLOW: Entry = 1 << 15;
const FIRST_LITERAL_SHIFT: u32 = 16;
const SECOND_LITERAL_SHIFT: u32 = 24;
const EXTRA_START_SHIFT: u32 = 16;
const DISTANCE_SHIFT: u32 = 27;

/// Matches of up to this length and from farther back are copied in one step.
const STEP: u16 = 8;
/// Longest match that an entry tells.
const LONGEST: u16 = 127;
/// Marks the length symbols whose extra bits are not told.
const ONLY_SYMBOL: Entry = SLOW | 1 << OUTPUT_SHIFT;
const LENGTH_SYMBOL_SHIFT: u32 = 16;

/// A match of `length` bytes, 0 if an entry cannot tell it, whose code and extra bits are `bits`; its distance is not
/// told.
#[inline(always)]
fn match_entry(bits: u32, length: u16) -> Entry {
    bits | SLOW | u32::from(length) << OUTPUT_SHIFT | (bits + OFFSET) << EXTRA_START_SHIFT
}

#[inline(always)]
pub(super) fn is_slow(entry: Entry) -> bool {
    entry & SLOW != 0
}

/// Number of literals or length of the match, of an entry that is not slow.
#[inline(always)]
pub(super) fn output_bytes(entry: Entry) -> usize {
    debug_assert!(!is_slow(entry));
    (entry >> OUTPUT_SHIFT) as usize & 0xff
}

/// The literals, followed by zeros.
#[inline(always)]
pub(super) fn literals(entry: Entry) -> u64 {
    u64::from(entry >> FIRST_LITERAL_SHIFT)
}

/// The two codes of a block.
///
/// `seconds` and `distances` hold a table for every number of index bits n, from `1 << n` on: what n bits tell.
pub(super) struct Tables {
    entries: [Entry; 1 << INDEX_BITS],
    /// One literal, in the place of the second.
    seconds: [Entry; 1 << INDEX_BITS],
    distances: [Entry; 1 << INDEX_BITS],
    /// Mask of the extra bits and base less 1, by distance symbol plus 1.
    distance_parts: [(u32, u32); 32],
    symbol_code: Canonical,
    distance_code: Canonical,
}

impl Tables {
    pub(super) fn new() -> Box<Self> {
        // A single literal has a zero there; what is then loaded in vain should be neither invalid nor just being
        // written.
        let mut distance_parts = [(0, 2000); 32];
        for (part, (base, extra)) in distance_parts[1..].iter_mut().zip(DISTANCES) {
            *part = ((1 << extra) - 1, u32::from(base) - 1);
        }
        Box::new(Self {
            distance_parts,
            entries: [SLOW; 1 << INDEX_BITS],
            seconds: [0; 1 << INDEX_BITS],
            distances: [0; 1 << INDEX_BITS],
            symbol_code: Canonical::EMPTY,
            distance_code: Canonical::EMPTY,
        })
    }

    #[inline(always)]
    pub(super) fn entry(&self, window: u64) -> Entry {
        self.entries[(window as usize & (((1 << INDEX_BITS) - 1) << OFFSET)) >> OFFSET]
    }

    /// Distance less 1 of the match that `window` starts with; below [`HISTORY`] even if the entry is no match.
    #[inline(always)]
    pub(super) fn distance_less_1(&self, entry: Entry, window: u64) -> usize {
        let (mask, base_less_1) = self.distance_parts[(entry >> DISTANCE_SHIFT) as usize];
        let extra = (window >> ((entry >> EXTRA_START_SHIFT) & 63)) as u32 & mask;
        (base_less_1 + extra) as usize
    }

    /// The slow entry that `window` starts with, with its distance told, and the length, if it is a match that the
    /// tables tell.
    #[inline(always)]
    pub(super) fn whole_match(&self, entry: Entry, window: u64) -> Option<(Entry, usize)> {
        if entry >> DISTANCE_SHIFT != 0 {
            let entry = entry & !SLOW;
            return Some((entry, output_bytes(entry)));
        }
        let (mut entry, mut length) = (entry, output_bytes(entry & !SLOW));
        if length == 1 {
            let (base, extra) = LENGTHS[(entry >> LENGTH_SYMBOL_SHIFT) as usize & 31];
            let (bits, extra) = (entry & 63, u32::from(extra));
            length = usize::from(base) + ((window >> OFFSET >> bits) as usize & ((1 << extra) - 1));
            entry = match_entry(bits + extra, 0);
        }
        let n = INDEX_BITS - 1;
        let addend =
            self.distances[1 << n | (window >> OFFSET >> (entry & 63)) as usize & ((1 << n) - 1)];
        if length == 0 || addend == 0 {
            return None;
        }
        Some((entry.wrapping_add(addend) & !SLOW, length))
    }

    /// The codes of a block with fixed codes (RFC 1951, 3.2.6).
    pub(super) fn build_fixed(&mut self) {
        let mut lengths = [8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.build(&lengths, &[5; 32]).expect("the fixed codes are complete");
    }

    /// # Errors
    ///
    /// What is wrong with the code lengths.
    pub(super) fn build(
        &mut self,
        symbol_lengths: &[u8],
        distance_lengths: &[u8],
    ) -> Result<(), &'static str> {
        self.symbol_code
            .build(symbol_lengths, Incomplete::EmptyOrSingle)
            .map_err(|()| "invalid literal/length code")?;
        self.distance_code
            .build(distance_lengths, Incomplete::EmptyOrSingle)
            .map_err(|()| "invalid distance code")?;
        fill_levels(&mut self.seconds, &self.symbol_code, |symbol, n| {
            if symbol < END_OF_BLOCK {
                n | ONE_LITERAL | u32::from(symbol) << SECOND_LITERAL_SHIFT
            } else {
                0
            }
        });
        fill_levels(&mut self.distances, &self.distance_code, |symbol, n| {
            let Some((_, extra)) = distance_of(symbol) else { return 0 };
            let is_near = DISTANCES[usize::from(symbol)].0 <= STEP;
            (n + u32::from(extra)
                + (n << EXTRA_START_SHIFT)
                + (u32::from(symbol + 1) << DISTANCE_SHIFT))
                .wrapping_sub(if is_near { 0 } else { SLOW })
        });
        self.entries.fill(SLOW);
        let code = &self.symbol_code;
        for &symbol in &code.sorted[..usize::from(code.start[INDEX_BITS as usize + 1])] {
            let reversed = code.reversed[usize::from(symbol)];
            let bits = u32::from(symbol_lengths[usize::from(symbol)]);
            if symbol < END_OF_BLOCK {
                let entry = bits | ONE_LITERAL | u32::from(symbol) << FIRST_LITERAL_SHIFT;
                fill_stride(&mut self.entries, reversed, bits, &self.seconds, |second| {
                    entry + second
                });
            } else if symbol > END_OF_BLOCK
                && let Some((base, extra)) = length_of(symbol)
            {
                let all_bits = bits + u32::from(extra);
                let told = if all_bits > INDEX_BITS { base } else { (LONGEST + 1).max(base) };
                let told = told.min(base + (1 << extra)) - base;
                if told < 1 << extra {
                    let symbol = u32::from(symbol - END_OF_BLOCK - 1);
                    let entry = bits | ONLY_SYMBOL | symbol << LENGTH_SYMBOL_SHIFT;
                    fill_stride(&mut self.entries, reversed, bits, &self.distances, |_| entry);
                }
                for value in 0..told {
                    let entry = match_entry(all_bits, base + value);
                    let slow = if base + value > STEP { SLOW } else { 0 };
                    let reversed = reversed | value << bits;
                    fill_stride(
                        &mut self.entries,
                        reversed,
                        all_bits,
                        &self.distances,
                        |distance| entry.wrapping_add(distance) | slow,
                    );
                }
            }
        }
        Ok(())
    }

    /// The literal, length or end that `window` starts with, and the bits of its code; `None` if it is no code or
    /// means nothing, with the bits it takes to know.
    pub(super) fn symbol(&self, window: u64) -> Result<(Symbol, u32), u32> {
        let (symbol, bits) = self.symbol_code.symbol(window).ok_or(1u32)?;
        Ok(match symbol {
            0..END_OF_BLOCK => (Symbol::Literal(symbol as u8), bits),
            END_OF_BLOCK => (Symbol::EndOfBlock, bits),
            _ => {
                let (base, extra_bits) = length_of(symbol).ok_or(bits)?;
                (Symbol::Length { base, extra_bits }, bits)
            }
        })
    }

    /// Base and extra bits of the distance that `window` starts with, and the bits of its code; if it is no code or
    /// means nothing, the bits it takes to know.
    pub(super) fn distance(&self, window: u64) -> Result<((u16, u8), u32), u32> {
        let (symbol, bits) = self.distance_code.symbol(window).ok_or(1u32)?;
        Ok((distance_of(symbol).ok_or(bits)?, bits))
    }
}
