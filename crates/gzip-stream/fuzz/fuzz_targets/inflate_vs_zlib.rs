//! Any bytes, as a gzip file and as a DEFLATE stream inside one, must be judged as zlib-rs judges them.
#![no_main]

#[path = "../../tests/integration/inflate/common.rs"]
mod common;

use libfuzzer_sys::fuzz_target;

/// A longer content is a matter of seconds, not of other paths.
const LONGEST: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
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
    if expected.0.len() > LONGEST {
        return;
    }
    assert!(common::decoded(&file[..], usize::MAX) == expected, "one decoder disagrees");
    let trickle = common::Trickle { bytes: &file, sizes: &[1 + usize::from(kind)], turn: 0 };
    assert!(common::decoded(trickle, 1 + usize::from(kind) * 7) == expected, "pieces matter");
});
