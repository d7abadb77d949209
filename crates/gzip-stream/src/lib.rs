//! A streaming gzip decoder: [`GzipReader`] turns a gzip file (RFC 1952) of DEFLATE blocks (RFC 1951) into its content,
//! in about 360 KiB of memory however long the file is; [`GzipFile`] has zlib-rs judge what that finds wrong.
//!
//! It accepts what zlib accepts, and says of a bad file whether it was cut short or is wrong. It refuses to know what
//! the content is, where the file lies, or any other framing (zlib, raw DEFLATE).
//!
//! | file | knows |
//! |---|---|
//! | `file` | who judges, and how to begin again |
//! | `reader` | members, their headers and trailers, both buffers, errors as the caller sees them |
//! | `block` | blocks; the fast loop, and the careful step for whatever that leaves |
//! | `tables` | Huffman codes, and the one table the fast loop asks |
//! | `bits` | the window on the input |
//!
//! # Why it is fast
//!
//! In noisy numbers of 16 bits, whether the next symbol is a literal or a match is a toss of a coin (65 to 35), which the
//! processor guesses wrong for every third symbol. So the fast loop does not ask. An entry of its table tells one or
//! two literals, or a whole match: 98.4% of the matches have length and distance codes that fit into 12 bits together.
//! Either way 8 bytes are loaded, those or the literals are stored, and the entry says how far to move on. What one
//! entry cannot tell, and matches longer than 8 bytes or from nearer than that, are marked in the table as slow: 1.7%
//! of the symbols. Codes too long for the table, ends of blocks, and the ends of the file are left to a decoder that
//! goes by the canonical code, one symbol at a time.
//!
//! Each idea's time as a fraction of the time before it (such numbers, 44 MB, one thread of an AMD EPYC of 2023,
//! fastest of 30 passes over a file in memory, the first row by whole processes):
//!
//! | idea | time |
//! |---|---|
//! | entries of whole matches, no branch between literal and match | 0.74 |
//! | slow entries marked in the table, no check of distances once 32 KiB are there, buffers of constant size | 0.86 |
//! | literals load in vain from near by, not from the start of the history | 0.98 |
//! | table indexes that need no scaling | 0.97 |
//! | filling the table by index, not by a zipped iterator | 0.95 |
//! | the copy of the fast loop with BMI2, which the one `unsafe` call is for | 0.96 |
//!
//! Left out: an unchecked load of what is copied (0.98: the one index check left in the loop), 11 instead of 12 bits of
//! index (1.00; 1.17 on float32), 10 bits (1.07), output buffers of 64 or 256 KiB (1.00), three literals an entry (0.1%
//! fewer steps). A literal and a length in one entry would leave the distance to be looked up, one load after
//! another, in 0.83 steps a symbol instead of 0.96.

mod bits;
mod block;
mod judged;
mod reader;
mod tables;

pub use judged::GzipFile;
pub use reader::{GzipReader, Surplus};

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
