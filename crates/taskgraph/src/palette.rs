//! The colour of each operation, the same in every drawing and profile of a program.

/// A colour for each operation, then for others; neighbours differ also for the colour-blind (Okabe and
/// Ito 2008, the first seven).
const COLORS: [&str; 13] = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800", "#7a5195",
    "#2f7d8c", "#8c564b", "#a3b18a", "#c1121f", "#5b6cc4",
];

/// Colours by operation: those that a program names have theirs in every drawing; others follow in the
/// order in which they appear.
#[derive(Clone, Debug, Default)]
pub(crate) struct Palette {
    operations: Vec<String>,
}

impl Palette {
    /// The colours of these operations.
    pub fn new(operations: &[&str]) -> Palette {
        Palette { operations: operations.iter().map(|&it| it.to_owned()).collect() }
    }

    /// The colour of an operation.
    pub fn color(&mut self, operation: &str) -> &'static str {
        let known = self.operations.iter().position(|it| it == operation);
        let number = known.unwrap_or_else(|| {
            self.operations.push(operation.to_owned());
            self.operations.len() - 1
        });
        COLORS[number % COLORS.len()]
    }
}

/// The colour of text on a colour `#rrggbb`: white or black, whichever differs more.
pub(crate) fn ink_on(color: &str) -> &'static str {
    let light = luminance(color);
    if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 { "#ffffff" } else { "#000000" }
}

/// The relative luminance of the sRGB standard.
pub(crate) fn luminance(color: &str) -> f64 {
    let part = |at: usize| {
        let digits = color.get(at..at + 2).unwrap_or("0");
        let it = f64::from(u8::from_str_radix(digits, 16).unwrap_or(0)) / 255.0;
        if it <= 0.04045 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[cfg(test)]
pub(crate) fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    if a > b { a / b } else { b / a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_its_colour_whatever_else_is_drawn() {
        let (mut one, mut other) =
            (Palette::new(&["read", "merge"]), Palette::new(&["read", "merge"]));
        let merge = one.color("merge");
        assert_ne!(other.color("new"), merge);
        assert_eq!([other.color("merge"), other.color("new")], [merge, COLORS[2]]);
    }

    #[test]
    fn text_can_be_read_on_every_colour() {
        for color in COLORS {
            assert!(contrast(ink_on(color), color) >= 4.5, "{color}");
        }
        assert_eq!(luminance("#ffffff"), 1.0);
        // WebAIM's checker: 4.54 to 1.
        assert!((contrast("#767676", "#ffffff") - 4.54).abs() < 0.005);
    }
}
