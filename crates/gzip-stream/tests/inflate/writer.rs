#![allow(dead_code)]
//! Writes DEFLATE streams that no compressor would: any code lengths, any symbols, now and then something wrong.

/// A small random generator (splitmix64), so that a seed is a whole test case.
pub struct Seed(pub u64);

impl Seed {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[derive(Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    bits: u32,
}

impl BitWriter {
    /// The low `count` bits of `value`, the lowest first.
    pub fn put(&mut self, value: u32, count: u32) {
        for n in 0..count {
            if self.bits.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> n & 1) as u8) << (self.bits % 8);
            self.bits += 1;
        }
    }

    /// A Huffman code, its first bit the highest of `count`.
    pub fn put_code(&mut self, code: u32, count: u32) {
        for n in (0..count).rev() {
            self.put(code >> n & 1, 1);
        }
    }

    pub fn align(&mut self) {
        self.put(0, (8 - self.bits % 8) % 8);
    }

    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// A gzip member around a DEFLATE stream; its trailer is right if zlib-rs decodes the stream.
pub fn gzip_member(stream: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut crc = flate2::Crc::new();
    if std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(stream), &mut content)
        .is_ok()
    {
        crc.update(&content);
    }
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend_from_slice(stream);
    file.extend_from_slice(&crc.sum().to_le_bytes());
    file.extend_from_slice(&crc.amount().to_le_bytes());
    file
}

/// Code lengths of a complete code over some of `symbols` symbols; now and then a damaged one.
fn code_lengths(seed: &mut Seed, symbols: usize, longest: u8, must_have: Option<usize>) -> Vec<u8> {
    let mut lengths = vec![0; symbols];
    // Splitting leaves of a tree keeps it complete.
    let mut leaves = vec![1, 1];
    let wanted = 2 + seed.below(symbols as u64 - 1) as usize;
    let deep = seed.below(2) == 0;
    for _ in 0..wanted * 2 {
        if leaves.len() >= wanted.min(symbols) {
            break;
        }
        let at = if deep {
            leaves.len() - 1 - seed.below(3.min(leaves.len() as u64)) as usize
        } else {
            seed.below(leaves.len() as u64) as usize
        };
        if leaves[at] < longest {
            leaves[at] += 1;
            leaves.push(leaves[at]);
        }
    }
    let mut places: Vec<usize> = (0..symbols).collect();
    for n in 0..leaves.len() {
        let other = n + seed.below((symbols - n) as u64) as usize;
        places.swap(n, other);
    }
    if let Some(symbol) = must_have
        && !places[..leaves.len()].contains(&symbol)
    {
        places[0] = symbol;
    }
    for (&place, &leaf) in places.iter().zip(&leaves) {
        lengths[place] = leaf;
    }
    match seed.below(30) {
        0 => {
            lengths[seed.below(symbols as u64) as usize] = seed.below(u64::from(longest) + 1) as u8
        }
        1 => {
            lengths.fill(0);
            lengths[must_have.unwrap_or(seed.below(symbols as u64) as usize)] =
                1 + seed.below(8) as u8 / 7;
        }
        2 => lengths.fill(0),
        _ => {}
    }
    lengths
}

/// The code of each symbol, its first bit the highest.
fn codes(lengths: &[u8]) -> Vec<u32> {
    let mut codes = vec![0; lengths.len()];
    let mut code = 0;
    for n in 1..=15 {
        for (symbol, _) in lengths.iter().enumerate().filter(|(_, length)| **length == n) {
            codes[symbol] = code & 0x7fff;
            code += 1;
        }
        code <<= 1;
    }
    codes
}

const EXTRA_OF_LENGTH: [u32; 31] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0, 0, 0];

fn put_symbols(
    bits: &mut BitWriter,
    seed: &mut Seed,
    symbol_lengths: &[u8],
    distance_lengths: &[u8],
) {
    let (symbol_codes, distance_codes) = (codes(symbol_lengths), codes(distance_lengths));
    let used =
        |lengths: &[u8]| -> Vec<usize> { (0..lengths.len()).filter(|&n| lengths[n] > 0).collect() };
    let (symbols, distances) = (used(symbol_lengths), used(distance_lengths));
    let near = seed.below(4) > 0;
    let mut written = 0u64;
    for _ in 0..seed.below(400) {
        if symbols.is_empty() {
            break;
        }
        let symbol = symbols[seed.below(symbols.len() as u64) as usize];
        if symbol == 256 || (symbol > 256 && near && (distances.is_empty() || written < 300)) {
            if written < 300 && symbols[0] < 256 {
                bits.put_code(symbol_codes[symbols[0]], symbol_lengths[symbols[0]].into());
                written += 1;
            }
            continue;
        }
        bits.put_code(symbol_codes[symbol], symbol_lengths[symbol].into());
        written += 1;
        if symbol > 256 {
            let extra = EXTRA_OF_LENGTH[symbol - 257];
            bits.put(seed.next() as u32, extra);
            let fitting: Vec<usize> =
                distances.iter().copied().filter(|&d| !near || d < 16).collect();
            if fitting.is_empty() {
                bits.put(seed.next() as u32, 1 + seed.below(3) as u32);
            } else {
                let distance = fitting[seed.below(fitting.len() as u64) as usize];
                bits.put_code(distance_codes[distance], distance_lengths[distance].into());
                bits.put(seed.next() as u32, (distance as u32 / 2).saturating_sub(1));
            }
        }
    }
    if symbol_lengths[256] > 0 && seed.below(40) > 0 {
        bits.put_code(symbol_codes[256], symbol_lengths[256].into());
    }
}

fn put_dynamic(bits: &mut BitWriter, seed: &mut Seed) {
    let most = if seed.below(50) == 0 { 32 } else { 30 };
    let symbol_count = 257 + seed.below(most) as usize;
    let distance_count = 1 + seed.below(most) as usize;
    let must_have = (seed.below(40) > 0).then_some(256);
    let symbol_lengths = code_lengths(seed, symbol_count, 15, must_have);
    let distance_lengths = if distance_count == 1 {
        vec![seed.below(3) as u8]
    } else {
        code_lengths(seed, distance_count, 15, None)
    };
    // All 19 code length symbols: 13 codes of 4 bits and 6 of 5; sometimes another code.
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let mut length_lengths: Vec<u8> = (0..19).map(|n| if n < 13 { 4 } else { 5 }).collect();
    if seed.below(20) == 0 {
        length_lengths = code_lengths(seed, 19, 7, None);
    }
    bits.put(symbol_count as u32 - 257, 5);
    bits.put(distance_count as u32 - 1, 5);
    bits.put(15, 4);
    for symbol in order {
        bits.put(length_lengths[symbol].into(), 3);
    }
    let length_codes = codes(&length_lengths);
    let all: Vec<u8> = symbol_lengths.iter().chain(&distance_lengths).copied().collect();
    let mut at = 0;
    while at < all.len() {
        let run = all[at..].iter().take_while(|&&length| length == all[at]).count();
        let previous = at > 0 && all[at - 1] == all[at];
        let (symbol, extra, extra_bits, taken) = if all[at] == 0 && run >= 11 && seed.below(4) > 0 {
            let taken = run.min(138);
            (18, taken - 11, 7, taken)
        } else if all[at] == 0 && run >= 3 && seed.below(4) > 0 {
            let taken = run.min(10);
            (17, taken - 3, 3, taken)
        } else if previous && run >= 3 || seed.below(3000) == 0 {
            let taken = run.clamp(3, 6);
            (16, taken - 3, 2, taken)
        } else {
            (usize::from(all[at]), 0, 0, 1)
        };
        bits.put_code(length_codes[symbol], length_lengths[symbol].into());
        bits.put(extra as u32, extra_bits);
        at += taken;
    }
    put_symbols(bits, seed, &symbol_lengths, &distance_lengths);
}

/// A DEFLATE stream of a few blocks of any kind.
pub fn any_stream(seed: u64) -> Vec<u8> {
    let mut seed = Seed(seed);
    let mut bits = BitWriter::default();
    let blocks = 1 + seed.below(4);
    for block in 0..blocks {
        bits.put(u32::from(block + 1 == blocks), 1);
        match seed.below(8) {
            0 => {
                bits.put(0, 2);
                bits.align();
                let length = seed.below(300) as u32;
                bits.put(length, 16);
                bits.put(if seed.below(10) == 0 { length } else { !length }, 16);
                for _ in 0..length {
                    bits.put(seed.next() as u32, 8);
                }
            }
            1 => {
                let mut lengths = vec![8; 288];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                if seed.below(3) > 0 {
                    // Leave out 286 and 287, as a compressor would.
                    lengths.truncate(286);
                }
                bits.put(1, 2);
                let distances = [5; 32];
                let usable = if seed.below(4) > 0 { 30 } else { 32 };
                put_symbols(&mut bits, &mut seed, &lengths, &distances[..usable]);
            }
            2 if seed.below(10) == 0 => bits.put(3, 2),
            _ => {
                bits.put(2, 2);
                put_dynamic(&mut bits, &mut seed);
            }
        }
    }
    bits.finish()
}
