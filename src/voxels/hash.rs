//! A hash of bytes, to tell data apart; whoever wants to can make two that have one hash.

/// The primes of XXH64.
const PRIMES: [u64; 5] = [
    0x9E37_79B1_85EB_CA87,
    0xC2B2_AE3D_27D4_EB4F,
    0x1656_67B1_9E37_79F9,
    0x85EB_CA77_C2B2_AE63,
    0x27D4_EB2F_1656_67C5,
];

/// XXH64 with seed 0 (Y. Collet, the xxHash fast digest algorithm, version 0.1.1).
pub fn xxh64(bytes: &[u8]) -> u64 {
    let [p1, p2, p3, p4, p5] = PRIMES;
    let (stripes, mut rest) = bytes.as_chunks::<32>();
    let mut hash = if stripes.is_empty() {
        p5
    } else {
        let mut lanes = [p1.wrapping_add(p2), p2, 0, p1.wrapping_neg()];
        for stripe in stripes {
            for (lane, bytes) in lanes.iter_mut().zip(stripe.as_chunks::<8>().0) {
                *lane = round(*lane, u64::from_le_bytes(*bytes));
            }
        }
        let turned = |lane: usize| lanes[lane].rotate_left([1, 7, 12, 18][lane]);
        let merged = (0..4).map(turned).fold(0, u64::wrapping_add);
        lanes
            .iter()
            .fold(merged, |hash, &lane| (hash ^ round(0, lane)).wrapping_mul(p1).wrapping_add(p4))
    };
    hash = hash.wrapping_add(bytes.len() as u64);
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        hash ^= round(0, u64::from_le_bytes(*word));
        hash = hash.rotate_left(27).wrapping_mul(p1).wrapping_add(p4);
        rest = after;
    }
    if let Some((half, after)) = rest.split_first_chunk::<4>() {
        hash ^= u64::from(u32::from_le_bytes(*half)).wrapping_mul(p1);
        hash = hash.rotate_left(23).wrapping_mul(p2).wrapping_add(p3);
        rest = after;
    }
    for &byte in rest {
        hash ^= u64::from(byte).wrapping_mul(p5);
        hash = hash.rotate_left(11).wrapping_mul(p1);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(p2);
    hash = (hash ^ (hash >> 29)).wrapping_mul(p3);
    hash ^ (hash >> 32)
}

fn round(lane: u64, word: u64) -> u64 {
    let [p1, p2, ..] = PRIMES;
    lane.wrapping_add(word.wrapping_mul(p2)).rotate_left(31).wrapping_mul(p1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// python-xxhash 4.1.0: `xxh64_intdigest(bytes((i * 131 + 7) % 256 for i in range(n)))`.
    #[test]
    fn hashes_are_those_of_xxhash() {
        let expected = [
            (0, 0xef46_db37_51d8_e999),
            (1, 0xa96c_7f0c_e858_bbb7),
            (3, 0xbed4_3740_ee63_32bb),
            (4, 0xfa21_2ae4_4b3b_b23d),
            (8, 0x994b_676b_71ce_94dd),
            (15, 0x09e6_451e_d2ff_8b1d),
            (31, 0x6711_d55e_306b_5d8f),
            (32, 0x07f7_b8e3_bc5d_6e25),
            (33, 0x09f8_5eeb_4e1c_be9f),
            (63, 0xb7c9_968c_066c_b6a5),
            (100, 0x9dda_da11_d3dc_2d8f),
            (4103, 0x8536_c521_5941_513e),
        ];
        for (length, expected) in expected {
            let bytes: Vec<u8> = (0..length).map(|i: usize| (i * 131 + 7) as u8).collect();
            assert_eq!(xxh64(&bytes), expected, "{length} bytes");
        }
    }
}
