//! Dates in words.

use std::time::{SystemTime, UNIX_EPOCH};

/// A time in UTC, in words: `2026-01-31 12:00:00 UTC`.
pub(super) fn date(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH);
    in_words(since.map_or(0, |since| since.as_secs()))
}

/// The date and time of `seconds` after the beginning of 1970, in UTC.
fn in_words(seconds: u64) -> String {
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = calendar_date(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day, so many days after the first of 1970, in the Gregorian calendar: years are
/// counted from March, so that the leap day is a year's last (Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms", `civil_from_days`).
fn calendar_date(days: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    // From the first of March of the year 0.
    let days = days + 719_468;
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, later) = match month_from_march {
        early @ 0..10 => (early + 3, 0),
        late => (late - 9, 1),
    };
    (400 * era + year_of_era + later, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// coreutils 9.1: `date -u -d @SECONDS '+%F %T UTC'`.
    #[test]
    fn dates_are_those_of_the_calendar() {
        let seconds = [0, 951_782_399, 951_782_400, 4_107_542_400, 1_795_565_855];
        assert_eq!(
            seconds.map(in_words),
            [
                "1970-01-01 00:00:00 UTC",
                "2000-02-28 23:59:59 UTC",
                "2000-02-29 00:00:00 UTC",
                "2100-03-01 00:00:00 UTC",
                "2026-11-25 00:17:35 UTC",
            ]
        );
    }
}
