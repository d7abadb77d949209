//! Numbers as people read them: one rule for everything that is said, drawn or listed.
//!
//! | what | how | as in |
//! |---|---|---|
//! | a measured figure, [`figure`] | four significant digits, the whole part in full | `50.18`, `0.1235`, `12,346` |
//! | a count, [`count`] | in full | `552,960` |
//! | a share, [`share`] | whole percent, below 10% one decimal | `71%`, `5.1%` |
//! | a place, [`millimetres`] | whole millimetres, a decimal where voxels are smaller than one | `-12`, `3.4` |
//! | a time, [`seconds`]; memory, [`mebibytes`] | two or three digits and the unit | `578 ms`, `24 MiB` |
//! | memory that is needed or allowed, [`mebibytes_needed`] | whole, never less than it is | `1,280 MiB` |
//!
//! Thousands are separated by commas. What was given, such as a TR or a threshold, stands as it was
//! given. JSON and tables for programs hold whole numbers in float64 and are not rounded.

pub use taskgraph::markup::{grouped, mebibytes, seconds};

/// The significant digits of a measured figure.
const DIGITS: i32 = 4;

/// A measured figure: four significant digits as far as they lie behind the point, what lies before
/// it in full; far from 1 as a power of ten.
///
/// ```
/// use tsnr::numbers::figure;
/// assert_eq!([50.1822, 9.99996, 12345.6, 2e-7].map(figure), ["50.18", "10.00", "12,346", "2.000e-7"]);
/// ```
pub fn figure(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rounded first: 9.99996 is 10.00, and not 10.000.
    let rounded = format!("{value:.*e}", DIGITS as usize - 1);
    let Some(power) = rounded.split_once('e').and_then(|(_, power)| power.parse::<i32>().ok())
    else {
        return value.to_string();
    };
    if !(-4..7).contains(&power) {
        return rounded;
    }
    let decimals = (DIGITS - 1 - power).max(0) as usize;
    grouped(&format!("{value:.decimals$}"))
}

/// A figure that may be missing.
pub fn figure_or_none(value: Option<f64>) -> String {
    value.filter(|it| it.is_finite()).map_or("none".to_owned(), figure)
}

/// A count in full.
pub fn count(count: usize) -> String {
    grouped(&count.to_string())
}

/// Memory that is needed, or that there is, in whole MiB, rounded upwards.
pub fn mebibytes_needed(bytes: u64) -> String {
    format!("{} MiB", count(bytes.div_ceil(1024 * 1024) as usize))
}

/// A count of things with their name: `1 volume`, `1,432 volumes`.
pub fn counted(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", count(number))
}

/// A share of 1 in percent; only nothing is 0%, and only all of it 100%.
pub fn share(part: f64) -> String {
    let percent = 100.0 * part;
    match percent {
        some if some > 0.0 && some < 0.05 => "<0.1%".to_owned(),
        some if (99.5..100.0).contains(&some) => ">99%".to_owned(),
        few if few > 0.0 && few < 9.95 => format!("{few:.1}%"),
        many => format!("{many:.0}%"),
    }
}

/// A place on an axis in millimetres, without the unit: whole, or with as many decimals as tell
/// neighbours apart that lie a step from each other.
pub fn millimetres(place: f64, step: f64) -> String {
    let decimals = match step {
        far if far >= 1.0 => 0,
        near if near >= 0.1 => 1,
        _ => 2,
    };
    let text = format!("{place:.decimals$}");
    // No "-0".
    let is_zero = text.trim_start_matches(['-', '0', '.']).is_empty();
    if is_zero { text.replace('-', "") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_four_digits() {
        let shown = [52.1987, 0.123456, 1234567.0, 1e9, -3.0, 0.0, 5e-7, 99.996, -1432.4];
        let expected = [
            "52.20",
            "0.1235",
            "1,234,567",
            "1.000e9",
            "-3.000",
            "0",
            "5.000e-7",
            "100.0",
            "-1,432",
        ];
        assert_eq!(shown.map(figure), expected);
        assert_eq!([f64::NAN, f64::INFINITY].map(figure), ["NaN", "inf"]);
        assert_eq!(figure_or_none(Some(f64::NAN)), "none");
    }

    #[test]
    fn thousands_are_separated_and_one_thing_is_singular() {
        assert_eq!(
            [0, 999, 1000, 552_960, 12_345_678].map(count),
            ["0", "999", "1,000", "552,960", "12,345,678"]
        );
        assert_eq!(
            [1, 0, 1432].map(|it| counted(it, "voxel")),
            ["1 voxel", "0 voxels", "1,432 voxels"]
        );
    }

    #[test]
    fn a_share_is_0_or_100_percent_only_if_it_is() {
        let shown = [0.0, 1e-9, 0.0512, 0.0996, 0.714, 0.9951, 1.0].map(share);
        assert_eq!(shown, ["0%", "<0.1%", "5.1%", "10%", "71%", ">99%", "100%"]);
    }

    #[test]
    fn a_place_has_no_minus_nought() {
        assert_eq!([millimetres(-0.2, 2.0), millimetres(-12.25, 0.8)], ["0", "-12.2"]);
    }
}
