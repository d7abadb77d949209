//! Numbers as decimals of a few digits, packed: how a page holds maps and courses, so that its script
//! shows the very digits that they have. How many these are is said in `viewer.rs`, and of figures in text in
//! `src/numbers.rs`.
//!
//! ```text
//! code  0                          no value
//!       1                          0
//!       2 + d (9 10^(n-1)) + m     (10^(n-1) + m) 10^(low + d - (n-1))
//! ```
//!
//! for `n` digits and decades from `low` on; where there are negative values, theirs follow those of
//! all decades. A code's bytes stand apart, the lowest of all numbers first, since the higher ones are
//! much alike; all are deflated (RFC 1951) and written in base 64.

use crate::markup::base64;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use std::io::Write;

/// Packed numbers, as the script reads them.
#[derive(Debug, Serialize)]
pub(super) struct Packed {
    /// The digits of each number.
    pub(super) digits: u32,
    low: i32,
    decades: u32,
    /// Bytes of a code.
    bytes: usize,
    data: String,
}

/// The digits of a number, from 10^(n-1) up to 10^n, and its decade: the power of ten of the first.
fn parts(magnitude: f64, digits: u32) -> (u32, i32) {
    let top = 10_f64.powi(digits as i32);
    let mut decade = magnitude.log10().floor() as i32;
    let scaled = |decade: i32| {
        let power = digits as i32 - 1 - decade;
        if power.abs() > 300 { f64::NAN } else { magnitude * 10_f64.powi(power) }
    };
    let mut mantissa = scaled(decade);
    if mantissa < top / 10.0 || mantissa >= top {
        decade += if mantissa < top / 10.0 { -1 } else { 1 };
        mantissa = scaled(decade);
    }
    let is_plain = (top / 10.0..top).contains(&mantissa);
    // Near the middle between two, the product's own rounding would decide.
    if !is_plain || (mantissa.fract() - 0.5).abs() < 1e-6 {
        let text = format!("{magnitude:.*e}", digits as usize - 1);
        let (shown, decade) = text.split_once('e').expect("an exponent");
        let shown: String = shown.chars().filter(char::is_ascii_digit).collect();
        return (shown.parse().expect("digits"), decade.parse().expect("a whole number"));
    }
    match mantissa.round() {
        full if full >= top => ((top / 10.0) as u32, decade + 1),
        mantissa => (mantissa as u32, decade),
    }
}

/// Numbers with so many digits, one at least; what is not finite is none.
pub(super) fn packed(values: impl Iterator<Item = f64> + Clone, digits: u32) -> Packed {
    let finite = values.clone().filter(|it| it.is_finite() && *it != 0.0);
    let (mut least, mut most, mut is_signed) = (f64::INFINITY, 0.0_f64, false);
    for value in finite {
        least = least.min(value.abs());
        most = most.max(value.abs());
        is_signed |= value < 0.0;
    }
    let (low, high) = match most > 0.0 {
        true => (parts(least, digits).1, parts(most, digits).1),
        false => (0, 0),
    };
    let decades = (high - low + 1) as u32;
    let in_decade = 9 * 10_u32.pow(digits - 1);
    let of_sign = decades * in_decade;
    let most_code = 1 + of_sign * if is_signed { 2 } else { 1 };
    let bytes = (4 - most_code.leading_zeros() as usize / 8).max(1);
    let code = |value: f64| -> u32 {
        if !value.is_finite() {
            return 0;
        }
        if value == 0.0 {
            return 1;
        }
        let (mantissa, decade) = parts(value.abs(), digits);
        let place = (decade - low) as u32 * in_decade + mantissa - 10_u32.pow(digits - 1);
        2 + place + if value < 0.0 { of_sign } else { 0 }
    };
    let codes: Vec<u32> = values.map(code).collect();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    for byte in 0..bytes {
        let plane: Vec<u8> = codes.iter().map(|code| (code >> (8 * byte)) as u8).collect();
        encoder.write_all(&plane).expect("memory takes any bytes");
    }
    let data = base64(&encoder.finish().expect("memory takes any bytes"));
    Packed { digits, low, decades, bytes, data }
}

/// Bytes, deflated and in base 64.
pub(super) fn deflated(bytes: &[u8]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).expect("memory takes any bytes");
    base64(&encoder.finish().expect("memory takes any bytes"))
}

impl Packed {
    /// The bytes of its text in the page.
    pub(super) fn text_bytes(&self) -> usize {
        self.data.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts that the script makes of packed numbers.
    fn unpacked(packed: &Packed, count: usize) -> Vec<String> {
        let digit = |it: u8| match it {
            b'A'..=b'Z' => it - b'A',
            b'a'..=b'z' => it - b'a' + 26,
            b'0'..=b'9' => it - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        let text = packed.data.trim_end_matches('=').as_bytes();
        let mut bits = 0_u32;
        let mut bytes = Vec::new();
        for (number, it) in text.iter().enumerate() {
            bits = bits << 6 | u32::from(digit(*it));
            if number % 4 > 0 {
                bytes.push((bits >> (2 * (3 - number % 4))) as u8);
            }
        }
        let mut planes = Vec::new();
        let mut decoder = flate2::write::DeflateDecoder::new(&mut planes);
        decoder.write_all(&bytes).unwrap();
        decoder.finish().unwrap();
        let in_decade = 9 * 10_u32.pow(packed.digits - 1);
        let of = |at: usize| {
            let byte = |plane: usize| u32::from(planes[plane * count + at]) << (8 * plane);
            match (0..packed.bytes).map(byte).sum::<u32>() {
                0 => "none".to_owned(),
                1 => "0".to_owned(),
                code => {
                    let place = (code - 2) % (packed.decades * in_decade);
                    let sign = if code - 2 == place { "" } else { "-" };
                    let (decade, rest) = (place / in_decade, place % in_decade);
                    let power = packed.low + decade as i32 - (packed.digits as i32 - 1);
                    format!("{sign}{}e{power}", 10_u32.pow(packed.digits - 1) + rest)
                }
            }
        };
        (0..count).map(of).collect()
    }

    #[test]
    fn every_number_keeps_its_digits() {
        let mut values =
            vec![0.0, f64::NAN, 1.0, 9.9996, 50.18499999, 50.185, 1e-3, 99995.0, 1234.5];
        let mut state = 1_u64;
        values.extend((0..2000).map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / 2_f64.powi(53) * 10_f64.powi((state % 7) as i32 - 2)
        }));
        for sign in [1.0, -1.0] {
            values[20] *= sign;
            for digits in [4, 3, 2] {
                let packed = packed(values.iter().copied(), digits);
                for (value, found) in values.iter().zip(unpacked(&packed, values.len())) {
                    let expected = format!("{value:.*e}", digits as usize - 1);
                    match found.parse::<f64>() {
                        Ok(found) => {
                            assert_eq!(found, expected.parse::<f64>().unwrap(), "{value}");
                        }
                        Err(_) => assert!(value.is_nan()),
                    }
                }
            }
        }
        let extreme = [1e-300, f64::MAX, 5e-324, f64::INFINITY];
        let packed = packed(extreme.into_iter(), 4);
        assert_eq!(unpacked(&packed, 4), ["1000e-303", "1798e305", "4941e-327", "none"]);
    }
}
