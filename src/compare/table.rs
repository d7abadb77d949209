//! The outcome as a table for a person and as JSON for a program.

use super::{Difference, Measured};
use crate::stats::quantiles::median;
use serde_json::{Value, json};

/// One way to compute the map, and what became of it.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Its mode.
    pub mode: String,
    /// Its threads.
    pub threads: usize,
    /// Tasks of its graph.
    pub tasks: usize,
    /// The measurements of it, run by run.
    pub runs: Vec<Measured>,
    /// Its difference from the reference; none of the reference itself.
    pub difference: Option<Difference>,
    /// Why it was not run.
    pub skipped: Option<String>,
}

impl Contender {
    /// The median over the runs; NaN of none.
    fn median(&self, used: impl Fn(&Measured) -> f64) -> f64 {
        let mut used: Vec<f64> = self.runs.iter().map(used).collect();
        median(&mut used).unwrap_or(f64::NAN)
    }

    fn wall(&self) -> f64 {
        self.median(|run| run.wall_seconds)
    }

    fn cpu(&self) -> f64 {
        self.median(|run| run.cpu_seconds)
    }

    fn peak(&self) -> f64 {
        self.median(|run| run.peak_bytes as f64)
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
        let speed_up = first.map_or(f64::NAN, |first| first.wall() / it.wall());
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
            it.wall(),
            it.cpu(),
            it.peak() / 1048576.0,
            it.tasks,
            speed_up,
        );
    }
    text
}

/// `{"schema": "tsnr-compare/1", "session", "contenders": [{"mode", "threads", "tasks", "skipped",
/// "median": {"wall_seconds", "cpu_seconds", "peak_bytes"}, "runs": [the same, in order],
/// "difference": {"absolute", "relative", "ulps": the greatest over the voxels that both define,
/// "defined_by_one": how many voxels only one defines} or null for the reference}]}`.
pub fn as_json(session: Value, contenders: &[Contender]) -> String {
    let one = |wall: f64, cpu: f64, peak: f64| json!({"wall_seconds": wall, "cpu_seconds": cpu, "peak_bytes": peak as u64});
    let contender = |it: &Contender| {
        let runs = it.runs.iter();
        let runs = runs.map(|run| one(run.wall_seconds, run.cpu_seconds, run.peak_bytes as f64));
        let difference = it
            .difference
            .map(|it| json!({"absolute": it.absolute, "relative": it.relative, "ulps": it.ulps, "defined_by_one": it.defined_by_one}));
        json!({
            "mode": it.mode, "threads": it.threads, "tasks": it.tasks, "skipped": it.skipped,
            "median": one(it.wall(), it.cpu(), it.peak()),
            "runs": runs.collect::<Vec<_>>(),
            "difference": difference,
        })
    };
    let contenders: Vec<Value> = contenders.iter().map(contender).collect();
    let all = json!({"schema": "tsnr-compare/1", "session": session, "contenders": contenders});
    format!("{all:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_as_the_head() {
        let run = Measured { wall_seconds: 1.0, cpu_seconds: 2.0, peak_bytes: 3 << 20 };
        let reference = Contender {
            mode: "serial".to_owned(),
            threads: 1,
            tasks: 9,
            runs: vec![run; 3],
            difference: None,
            skipped: None,
        };
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
