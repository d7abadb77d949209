//! Random inputs for every place that reads what others wrote: seeds, changed a little at random.
//!
//! ```text
//! cargo test --test fuzz                        # each target for some hundred inputs
//! cargo test --test fuzz -- tables --runs 9999  # one target for longer
//! .ci/fuzz 1000000                              # a million in all, led by what code they reach
//! ```
//!
//! A target fails on a panic, an error that calls itself a defect, an input that takes more processor
//! time than [`driver::LONGEST`], and one for which more memory is taken than the target allows. The
//! input is then kept in `target/fuzz/`, to be given as `--input FILE`. All is drawn from `--seed`, so a run can
//! be had again. With the flags of `.ci/fuzz` the compiler counts which edges of the program are taken;
//! an input that takes a new one is changed further. Without them only the seeds are.

mod coverage;
mod driver;
mod memory;
mod mutation;
mod targets;

/// The generator of the test data, by whose headers seeds are made.
#[allow(dead_code)]
#[path = "../../testdata/make/bytes.rs"]
mod bytes;

use std::path::PathBuf;
use std::process::ExitCode;

/// What is done where nothing is said: a smoke test.
const RUNS: usize = 200;

fn main() -> ExitCode {
    let mut options = driver::Options { runs: RUNS, seed: 1, input: None };
    let (mut filter, mut arguments) = (None, std::env::args().skip(1));
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|it| it.parse().ok());
        match argument.as_str() {
            "--runs" => options.runs = number().expect("--runs N"),
            "--seed" => options.seed = number().expect("--seed N") as u64,
            "--input" => options.input = arguments.next().map(PathBuf::from),
            // What the other test programs are told, which are run by the same command.
            option if option.starts_with('-') => return ExitCode::SUCCESS,
            name => filter = Some(name.to_owned()),
        }
    }
    let is_meant = |name: &str| filter.as_ref().is_none_or(|it| name == it);
    let targets = targets::ALL.iter().filter(|it| is_meant(it.name));
    let outcomes: Vec<bool> = targets.map(|target| driver::run(target, &options)).collect();
    if outcomes.iter().all(|it| *it) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
