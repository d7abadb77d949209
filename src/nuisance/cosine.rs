//! The discrete cosine set that is SPM's high-pass filter.

use std::f64::consts::PI;

/// How many columns [`cosine_columns`] makes: `fix(2 * (n * TR) / cutoff + 1) - 1` as in SPM's
/// `spm_filter`, at most n - 1, beyond which cosines repeat. To be asked before the columns are
/// made: a cutoff near twice the TR makes as many columns as there are volumes.
///
/// In exact arithmetic that is nilearn's `floor(2 * n * high_pass * TR)`, with `high_pass` the
/// cutoff in Hz. Where a whole number of half periods fits into a run, rounding can part the
/// two: of 250 volumes at 0.72 s and 90 s, SPM makes 4 columns and nilearn 3.
///
/// # Panics
/// If the TR or the cutoff is not a positive number of seconds.
pub fn cosine_count(volumes: usize, tr_seconds: f64, cutoff_seconds: f64) -> usize {
    let is_time = |seconds: f64| seconds > 0.0 && seconds.is_finite();
    assert!(is_time(tr_seconds) && is_time(cutoff_seconds), "a TR and a cutoff above 0 s");
    // A float that is too large for an integer becomes the largest one.
    let with_constant = 2.0 * (volumes as f64 * tr_seconds) / cutoff_seconds + 1.0;
    (with_constant as usize - 1).min(volumes.saturating_sub(1))
}

/// The cosines slower than `cutoff_seconds`, each over the `volumes` of a whole run: columns 2
/// to k of SPM's `spm_dctmtx`, `sqrt(2/n) cos(pi (2t + 1) j / (2n))` for t from 0 and j from 1.
///
/// # Panics
/// As [`cosine_count`].
pub fn cosine_columns(volumes: usize, tr_seconds: f64, cutoff_seconds: f64) -> Vec<Vec<f64>> {
    let n = volumes as f64;
    let column = |j: usize| -> Vec<f64> {
        let value = |t: usize| {
            (2.0 / n).sqrt() * (PI * (2.0 * t as f64 + 1.0) * j as f64 / (2.0 * n)).cos()
        };
        (0..volumes).map(value).collect()
    };
    (1..=cosine_count(volumes, tr_seconds, cutoff_seconds)).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    // numpy 2.4.6, from SPM's formulae (spm_filter, spm_dctmtx) for 8 volumes, 2 s, 10 s:
    // k = int(np.trunc(2 * (n * TR) / cutoff + 1)); t = np.arange(n)
    // [np.sqrt(2 / n) * np.cos(np.pi * (2 * t + 1) * (j - 1) / (2 * n)) for j in range(2, k + 1)]
    // The same from nilearn 0.14.1: create_cosine_drift(1 / 10, t * 2.0)[:, :-1].T
    #[test]
    fn columns_are_those_of_spm() {
        let expected = [
            [
                0.4903926402016152,
                0.4157348061512726,
                0.27778511650980114,
                0.09754516100806417,
                -0.0975451610080641,
                -0.277785116509801,
                -0.4157348061512727,
                -0.4903926402016152,
            ],
            [
                0.46193976625564337,
                0.19134171618254492,
                -0.19134171618254486,
                -0.46193976625564337,
                -0.4619397662556434,
                -0.19134171618254517,
                0.191341716182545,
                0.46193976625564326,
            ],
            [
                0.4157348061512726,
                -0.0975451610080641,
                -0.4903926402016152,
                -0.2777851165098011,
                0.2777851165098009,
                0.4903926402016153,
                0.09754516100806396,
                -0.4157348061512721,
            ],
        ];
        let columns = cosine_columns(8, 2.0, 10.0);
        assert_eq!(columns.len(), 3);
        for (column, expected) in columns.iter().flatten().zip(expected.iter().flatten()) {
            assert!((column - expected).abs() <= 1e-15, "{column} is not {expected}");
        }
    }

    // As above, and nilearn's create_cosine_drift(1 / cutoff, t * TR).shape[1] - 1, which is the
    // same but for the last.
    #[test]
    fn the_number_of_columns_is_spms() {
        for (volumes, tr_seconds, cutoff_seconds, expected) in [
            (121, 2.5, 128.0, 4),
            (184, 2.5, 100.0, 9),
            (1200, 0.72, 128.0, 13),
            (173, 2.5, 128.0, 6),
            (76, 5.0, 90.0, 8),
            (64, 2.0, 1000.0, 0),
            (250, 0.72, 90.0, 4),
        ] {
            assert_eq!(cosine_count(volumes, tr_seconds, cutoff_seconds), expected);
            assert_eq!(cosine_columns(volumes, tr_seconds, cutoff_seconds).len(), expected);
        }
    }

    #[test]
    fn there_are_fewer_columns_than_volumes_whatever_the_cutoff() {
        assert_eq!(cosine_count(20, 2.0, 3.0), 19);
        assert_eq!(cosine_count(20, 1e300, 1e-300), 19);
        assert_eq!(cosine_count(1, 2.0, 0.1), 0);
        assert_eq!(cosine_columns(0, 2.0, 0.1), [[0.0; 0]; 0]);
    }
}
