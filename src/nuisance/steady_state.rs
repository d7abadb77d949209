//! Volumes at the beginning of a run in which the magnetisation is not yet steady.

/// The number of volumes that are looked at, from the first.
const LOOKED_AT: usize = 50;

/// A volume with a modified z-score above this stands out (Iglewicz and Hoaglin 1993).
pub const LEAST_Z_SCORE: f64 = 3.5;

/// The third quartile of the standard normal distribution, by which a median absolute deviation
/// is made comparable to a std (Iglewicz and Hoaglin 1993).
const QUARTILE: f64 = 0.6745;

/// How many volumes at the beginning are not steady, from the mean signal of each volume of a
/// run: the leading ones among the first 50 whose modified z-score
/// `0.6745 |x - median| / median(|x - median|)` is above 3.5.
///
/// The rule is that of nipype 1.11's `is_outlier`, which MRIQC and fMRIPrep use, but for two
/// cases in which nipype flags every volume:
/// - At a score of 0/0 the count ends here, so that a constant signal has no such volume, and
///   one that is constant behind some other volumes has those.
/// - A signal that is not a number leads to no count: 0.
pub fn non_steady_volumes(mean_signal: &[f64]) -> usize {
    let signal = &mean_signal[..mean_signal.len().min(LOOKED_AT)];
    if !signal.iter().all(|value| value.is_finite()) {
        return 0;
    }
    let center = median(signal);
    let distances: Vec<f64> = signal.iter().map(|value| (value - center).abs()).collect();
    let spread = median(&distances);
    let stands_out = |&&distance: &&f64| QUARTILE * distance / spread > LEAST_Z_SCORE;
    distances.iter().take_while(stands_out).count()
}

/// The middle value, or the mean of the two in the middle; NaN of none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[middle],
        _ => sorted[middle - 1].midpoint(sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    /// A signal without trend: 1000 and up to 9.9 more, by a linear congruential generator.
    fn steady(volumes: usize) -> Vec<f64> {
        let mut state: u64 = 1;
        let mut next = || {
            state = (state * 1103515245 + 12345) % (1 << 31);
            1000.0 + ((state >> 16) % 100) as f64 / 10.0
        };
        (0..volumes).map(|_| next()).collect()
    }

    // Each count of this test is nipype 1.11.0's (Python 3.11.7, numpy 2.4.6), of the same values:
    // from nipype.algorithms.confounds import is_outlier; is_outlier(signal[:50])
    #[test]
    fn the_count_is_nipypes() {
        assert_eq!(steady(4), [1003.8, 1005.8, 1001.3, 1001.5]);
        assert_eq!(non_steady_volumes(&steady(60)), 0);
        for (added, expected) in [
            (&[300.0, 100.0][..], 2),
            (&[900.0, 300.0, 100.0, 40.0], 4),
            (&[15.0], 1),
            (&[0.0, 300.0], 0),
            (&[-300.0], 1),
        ] {
            let mut signal = steady(60);
            signal.iter_mut().zip(added).for_each(|(value, added)| *value += added);
            assert_eq!(non_steady_volumes(&signal), expected, "{added:?}");
        }
        let short = [2000.0, 1300.0, 1010.0, 1000.0, 1001.0, 1000.5, 1000.2];
        for (volumes, expected) in [(0, 0), (2, 0), (3, 0), (4, 1), (5, 2), (7, 3)] {
            assert_eq!(non_steady_volumes(&short[..volumes]), expected, "{volumes} volumes");
        }
        // A score of exactly 3.5 does not stand out.
        let edge = [1.0 + 3.5 / 0.6745, 0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 2.0];
        assert_eq!(non_steady_volumes(&edge), 0);
    }

    // nipype 1.11.0's is_outlier divides by zero and says 10, 10, 1 and 7.
    #[test]
    fn where_nipype_divides_zero_by_zero_the_count_ends() {
        assert_eq!(non_steady_volumes(&[5.0; 10]), 0);
        let constant_behind_one = [9.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0];
        assert_eq!(non_steady_volumes(&constant_behind_one), 1);
        assert_eq!(non_steady_volumes(&[5.0]), 0);
        assert_eq!(non_steady_volumes(&[9.0, 1.0, 2.0, f64::NAN, 3.0, 4.0, 5.0]), 0);
    }

    #[test]
    fn no_more_than_50_volumes_are_looked_at() {
        // The median of all 200 would make the first 50 stand out.
        let mut signal = steady(200);
        signal[..50].iter_mut().for_each(|value| *value += 500.0);
        assert_eq!(non_steady_volumes(&signal), 0);
    }
}
