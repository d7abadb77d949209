//! Text as pages and drawings need it: escaped, and quantities with their units.
//!
//! Public for who puts a drawing or a profile into a page of their own.

/// Colours that differ also for the colour-blind (Okabe and Ito 2008), the darkest left out.
pub const COLORS: [&str; 7] =
    ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800"];

/// The style of every page: on light and dark screens, and on paper.
pub const STYLE: &str = "
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2430; --faint: #667085; --line: #d0d5dd; }
@media (prefers-color-scheme: dark) { :root { --paper: #12161c; --ink: #e6eaf0; --faint: #98a2b3; --line: #39424f; } }
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, 'Segoe UI', Helvetica, Arial, sans-serif;
  max-width: 1100px; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
p { margin: .2rem 0; } .faint { color: var(--faint); }
.figures { display: flex; flex-wrap: wrap; gap: 1.8rem; margin: 1rem 0; }
.figures b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th { font-weight: 600; }
th, td { text-align: right; padding: .2rem .8rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; } .plot { width: 100%; } .scroll { overflow-x: auto; }
.plot text { fill: var(--faint); font-size: 12px; font-family: inherit; }
.axis { stroke: var(--line); }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } svg, table { break-inside: avoid; } }
";

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

/// A number in digits with its thousands separated: `552960.5` becomes `552,960.5`.
pub fn grouped(number: &str) -> String {
    let (sign, rest) = number.split_at(usize::from(number.starts_with('-')));
    let whole = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    let mut grouped = sign.to_owned();
    for (place, digit) in rest[..whole].char_indices() {
        if place > 0 && (whole - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &rest[whole..]
}

/// A time in words.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        0.0 => "0 s".to_owned(),
        long if long >= 99.95 => format!("{} s", grouped(&format!("{long:.0}"))),
        long if long >= 9.995 => format!("{long:.1} s"),
        middle if middle >= 0.9995 => format!("{middle:.2} s"),
        short if short >= 0.001 => format!("{:.0} ms", 1e3 * short),
        shorter => format!("{:.0} µs", 1e6 * shorter),
    }
}

/// An amount of memory in words.
pub fn mebibytes(bytes: f64) -> String {
    let mebibytes = bytes / 1048576.0;
    match mebibytes {
        few if few < 9.95 => format!("{few:.1} MiB"),
        many => format!("{} MiB", grouped(&format!("{many:.0}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let shown = ["7", "123", "-1234", "1234567.891", "12345e3"].map(grouped);
        assert_eq!(shown, ["7", "123", "-1,234", "1,234,567.891", "12,345e3"]);
        assert_eq!([seconds(1234.5), seconds(0.0123)], ["1,234 s", "12 ms"]);
        assert_eq!(mebibytes(2e9), "1,907 MiB");
    }

    #[test]
    fn what_xml_has_no_place_for_is_escaped() {
        assert_eq!(escaped("a <b> & \"c\"\u{7}"), "a &lt;b&gt; &amp; &quot;c&quot; ");
    }
}
