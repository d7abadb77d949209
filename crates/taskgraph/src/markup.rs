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

    #[test]
    fn what_xml_has_no_place_for_is_escaped() {
        assert_eq!(escaped("a <b> & \"c\"\u{7}"), "a &lt;b&gt; &amp; &quot;c&quot; ");
    }
}
