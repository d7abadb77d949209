//! A comparison of the modes as a table for a person.

use super::{Difference, Measured};
use crate::numbers::counted;
use crate::stats::quantiles::median;

/// One way to compute the map, and what became of it.
#[derive(Clone, Debug)]
pub struct Contender {
    /// The name of the mode.
    pub mode: String,
    /// How many threads it has.
    pub threads: usize,
    /// Tasks of its graph.
    pub tasks: usize,
    /// The measurements of it, run by run.
    pub runs: Vec<Measured>,
    /// The difference of its map from the reference; none of the reference itself.
    pub difference: Option<Difference>,
    /// Why it was not run.
    pub skipped: Option<String>,
}

impl Contender {
    /// A mode with this number of threads and tasks, which was not run yet.
    pub fn new(mode: &str, threads: usize, tasks: usize) -> Contender {
        let (runs, difference, skipped) = Default::default();
        Contender { mode: mode.to_owned(), threads, tasks, runs, difference, skipped }
    }

    /// The mode and the threads, in words.
    pub(super) fn name(&self) -> String {
        format!("{} mode, {}", self.mode, counted(self.threads, "thread"))
    }

    /// The medians over its runs; times are NaN if there are none.
    pub(super) fn median(&self) -> Measured {
        let of = |used: fn(&Measured) -> f64| {
            let mut used: Vec<f64> = self.runs.iter().map(used).collect();
            median(&mut used).unwrap_or(f64::NAN)
        };
        Measured {
            wall_seconds: of(|run| run.wall_seconds),
            cpu_seconds: of(|run| run.cpu_seconds),
            peak_bytes: of(|run| run.peak_bytes as f64) as u64,
        }
    }
}

/// A table of at most 79 columns. Speed-up is the first one's wall time over the row's.
pub fn table(contenders: &[Contender]) -> String {
    let mut text = String::from(
        "mode    threads  wall s   CPU s peak MiB tasks  speed-up absolute relative  ULP\n",
    );
    let first = contenders.iter().find(|it| it.skipped.is_none());
    for it in contenders {
        let start = format!("{:<7} {:>7}", it.mode, it.threads);
        if let Some(reason) = &it.skipped {
            text += &format!("{start}   {reason}\n");
            continue;
        }
        let used = it.median();
        let speed_up =
            first.map_or(f64::NAN, |first| first.median().wall_seconds / used.wall_seconds);
        let difference = match it.difference {
            Some(it) if it.defined_by_one > 0 => {
                format!("{:>7} defined by one", it.defined_by_one)
            }
            Some(it) => {
                // Near 0 there are a great many numbers.
                let ulps = match it.ulps {
                    ulps @ ..10_000 => ulps.to_string(),
                    ulps => format!("{:.0e}", ulps as f64),
                };
                format!("{:>8.1e} {:>8.1e} {ulps:>4}", it.absolute, it.relative)
            }
            None => "reference".to_owned(),
        };
        text += &format!(
            "{start} {:>7.3} {:>7.3} {:>8.1} {:>5} {:>9.2} {difference}\n",
            used.wall_seconds,
            used.cpu_seconds,
            used.peak_bytes as f64 / 1048576.0,
            it.tasks,
            speed_up,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_as_the_head() {
        let run = Measured { wall_seconds: 1.0, cpu_seconds: 2.0, peak_bytes: 3 << 20 };
        let reference = Contender { runs: vec![run; 3], ..Contender::new("serial", 1, 9) };
        let difference =
            Some(Difference { absolute: 1e-13, relative: 2e-15, ulps: 12, defined_by_one: 0 });
        let half = Measured { wall_seconds: 0.5, ..run };
        let other = Contender {
            mode: "array".to_owned(),
            runs: vec![half],
            difference,
            ..reference.clone()
        };
        let skipped = Contender { skipped: Some("needs 9 MiB".to_owned()), ..reference.clone() };
        let with = |difference| Contender { difference: Some(difference), ..other.clone() };
        let far = with(Difference { absolute: 2.5, ulps: 195_584, ..Difference::default() });
        let unlike = with(Difference { defined_by_one: 60, ..Difference::default() });
        let table = table(&[reference, other, skipped, far, unlike]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0].len(), lines[2].len(), "{table}");
        assert!(lines[0].len() <= 79 && lines[2].contains(" 2.00 "), "{table}");
        assert!(lines[3].ends_with("needs 9 MiB"));
        assert!(lines[4].ends_with("   2.5e0    0.0e0  2e5") && lines[4].len() == lines[0].len());
        assert!(lines[5].ends_with(" 60 defined by one") && lines[5].len() <= 79, "{table}");
    }
}
