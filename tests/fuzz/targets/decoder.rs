//! Any bytes, as a gzip file and as a DEFLATE stream inside one, are judged as zlib-rs judges them.

#[path = "../../../crates/gzip-stream/tests/inflate/common.rs"]
mod common;

use crate::driver::{Reached, Target};
use common::Verdict;
use flate2::{Compression, write::DeflateEncoder};
use std::io::Write;
use std::path::Path;

/// A longer content is a matter of seconds, not of other paths.
const LONGEST: usize = 1 << 20;

pub const TARGET: Target =
    Target { name: "decoder", seeds, words: &[], longest: 1 << 14, most_memory: 256 << 20, run };

/// A byte that says what is done, and DEFLATE streams of every level.
fn seeds() -> Vec<Vec<u8>> {
    let text: Vec<u8> = (0..4000_u32).map(|it| (it * it / 97 % 251) as u8 >> (it % 3)).collect();
    let stream = |level: u32, content: &[u8]| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory")
    };
    let levels = [0, 1, 6, 9].into_iter();
    let streams = levels.flat_map(|it| [stream(it, &text), stream(it, &text[..60])]);
    let whole = crate::bytes::gzip(&text[..500]);
    let streams = streams.enumerate().map(|(number, it)| [vec![number as u8 * 4 + 1], it].concat());
    streams.chain([[&[0][..], &whole].concat(), [&[4][..], &whole, &whole].concat()]).collect()
}

fn run(input: &[u8], _: &Path) -> Reached {
    let Some((&kind, bytes)) = input.split_first() else { return Reached::Head };
    let file = if kind % 4 == 0 {
        bytes.to_vec()
    } else {
        // The checksums of whatever it decodes to, so that good streams stay good.
        let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        file.extend_from_slice(bytes);
        file.extend_from_slice(&[0; 8]);
        let content = common::reference(&file).0;
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        let end = file.len() - 8;
        file[end..end + 4].copy_from_slice(&crc.sum().to_le_bytes());
        file[end + 4..].copy_from_slice(&crc.amount().to_le_bytes());
        file
    };
    let expected = common::reference(&file);
    let reached = match expected.1 {
        Verdict::Good => Reached::End,
        _ if expected.0.is_empty() => Reached::Head,
        _ => Reached::Content,
    };
    if expected.0.len() > LONGEST {
        return reached;
    }
    assert!(common::decoded(&file[..], usize::MAX) == expected, "one decoder disagrees");
    let trickle = common::Trickle { bytes: &file, sizes: &[1 + usize::from(kind)], turn: 0 };
    assert!(common::decoded(trickle, 1 + usize::from(kind) * 7) == expected, "pieces matter");
    reached
}
