//! Bits of a DEFLATE stream, least significant first (RFC 1951, 3.1.1).

use super::block::InputBytes;

/// A window of up to 64 bits on the input, and where its next byte is.
///
/// The low `count` bits of `window` are yet to be consumed. Bits above them may already hold a copy of the input that
/// follows; loading those bytes again gives the same bits, so a refill needs no branch and no mask.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    pub(super) window: u64,
    pub(super) count: u8,
    pub(super) position: usize,
}

impl Bits {
    /// Brings at least 56 bits into the window; reads the 8 bytes at `position`.
    #[inline(always)]
    pub(super) fn refill(&mut self, input: &InputBytes) {
        let Some(word) = input[self.position..].first_chunk() else {
            unreachable!("8 bytes lie ahead")
        };
        debug_assert!(self.count < 64);
        self.window |= u64::from_le_bytes(*word) << (self.count & 63);
        self.position += usize::from((63 ^ self.count) >> 3);
        self.count |= 56;
    }

    #[inline(always)]
    pub(super) fn consume(&mut self, bits: u32) {
        self.window >>= bits & 63;
        self.count = self.count.wrapping_sub(bits as u8);
    }

    /// Consumes and returns `bits` (at most 16) bits of a window that has them.
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let value = (self.window as u32) & ((1 << bits) - 1);
        self.consume(bits);
        value
    }

    /// These bits with `offset` bits of no meaning below, and at least 56 in all.
    pub(super) fn raised(mut self, offset: u32, input: &InputBytes) -> Self {
        self.give_back_bytes();
        self.window <<= offset;
        self.count += offset as u8;
        self.refill(input);
        self
    }

    /// Undoes [`Bits::raised`].
    pub(super) fn lowered(mut self, offset: u32) -> Self {
        self.consume(offset);
        self
    }

    /// More bits were consumed than the input has up to `end`.
    pub(super) fn is_past(&self, end: usize) -> bool {
        self.position * 8 > end * 8 + usize::from(self.count)
    }

    /// Gives whole bytes back to the input; fewer than 8 bits stay.
    pub(super) fn give_back_bytes(&mut self) {
        self.position -= usize::from(self.count >> 3);
        self.count &= 7;
        self.window &= (1 << self.count) - 1;
    }

    /// Drops the rest of a started byte; the next bit is the first of `input[position]`.
    pub(super) fn align(&mut self) {
        self.give_back_bytes();
        (self.window, self.count) = (0, 0);
    }
}
