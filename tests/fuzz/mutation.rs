//! Inputs that are like known ones.

/// A small random generator (splitmix64), so that a seed is a whole run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is above 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// Numbers at which something changes.
const NUMBERS: &[i64] = &[
    0,
    1,
    2,
    -1,
    3,
    7,
    8,
    127,
    128,
    255,
    256,
    348,
    352,
    540,
    32767,
    32768,
    65535,
    65536,
    -32768,
    i32::MAX as i64,
    i32::MIN as i64,
    i64::MAX,
];

/// The same of floats.
const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e-30,
    1e30,
    -1e30,
    352.0,
    1e300,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    2.5,
];

/// One of the inputs, changed in one to four places. No longer than `longest` bytes.
pub fn mutated(inputs: &[Vec<u8>], words: &[&str], longest: usize, random: &mut Random) -> Vec<u8> {
    let mut input = random.one_of(inputs).clone();
    for _ in 0..1 + random.below(2) * random.below(4) {
        change(&mut input, inputs, words, random);
    }
    input.truncate(longest);
    input
}

fn change(input: &mut Vec<u8>, inputs: &[Vec<u8>], words: &[&str], random: &mut Random) {
    if input.is_empty() {
        input.push(random.next() as u8);
        return;
    }
    // Heads are short, and decide the most.
    let reach = if random.below(4) == 0 { input.len().min(360) } else { input.len() };
    let at = random.below(reach);
    match random.below(if words.is_empty() { 8 } else { 10 }) {
        0 => input[at] ^= 1 << random.below(8),
        1 => input[at] = random.next() as u8,
        2 => {
            let number = *random.one_of(NUMBERS);
            let bytes = match random.below(6) {
                0 => (number as i16).to_le_bytes().to_vec(),
                1 => (number as i16).to_be_bytes().to_vec(),
                2 => (number as i32).to_le_bytes().to_vec(),
                3 => number.to_le_bytes().to_vec(),
                4 => number.to_string().into_bytes(),
                _ => vec![number as u8],
            };
            write(input, at & !1, &bytes);
        }
        3 => {
            let number = *random.one_of(FLOATS);
            let bytes = match random.below(4) {
                0 => (number as f32).to_le_bytes().to_vec(),
                1 => (number as f32).to_be_bytes().to_vec(),
                2 => number.to_le_bytes().to_vec(),
                _ => number.to_string().into_bytes(),
            };
            write(input, at & !3, &bytes);
        }
        4 => {
            let end = at + random.below(input.len() - at).min(64);
            input.drain(at..end);
        }
        5 => {
            let end = at + random.below(input.len() - at).min(64);
            let copy = input[at..end].to_vec();
            let to = random.below(input.len());
            input.splice(to..to, copy);
        }
        6 => {
            let other = random.one_of(inputs);
            if !other.is_empty() {
                let from = random.below(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
        7 => input.truncate(at.max(1)),
        8 => {
            let word = random.one_of(words).as_bytes().to_vec();
            input.splice(at..at, word);
        }
        _ => {
            let word = random.one_of(words).as_bytes().to_vec();
            write(input, at, &word);
        }
    }
}

fn write(input: &mut [u8], at: usize, bytes: &[u8]) {
    let end = (at + bytes.len()).min(input.len());
    input[at..end].copy_from_slice(&bytes[..end - at]);
}
