//! Text as pages and drawings need it: escaped, encoded, and quantities with their units.

/// Text between tags or in an attribute. Control characters, which XML has no place for, become
/// spaces.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Bytes in base 64 (RFC 4648, section 4), as a data URI holds them.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |number: usize| u32::from(three.get(number).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            text.push(match digit <= three.len() {
                true => char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]),
                false => '=',
            });
        }
    }
    text
}

/// A time in words.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        0.0 => "0".to_owned(),
        long if long >= 9.995 => format!("{long:.1} s"),
        middle if middle >= 0.9995 => format!("{middle:.2} s"),
        short if short >= 0.001 => format!("{:.0} ms", 1e3 * short),
        shorter => format!("{:.0} µs", 1e6 * shorter),
    }
}

/// An amount of memory in words.
pub fn mebibytes(bytes: f64) -> String {
    let mebibytes = bytes / 1048576.0;
    if mebibytes < 9.95 { format!("{mebibytes:.1} MiB") } else { format!("{mebibytes:.0} MiB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn base_64_is_that_of_the_standard() {
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, expected) in vectors.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), expected);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn what_xml_has_no_place_for_is_escaped() {
        assert_eq!(escaped("a <b> & \"c\"\u{7}"), "a &lt;b&gt; &amp; &quot;c&quot; ");
    }
}
