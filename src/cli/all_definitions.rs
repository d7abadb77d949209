//! `--definitions`: what each tool of the field would say of the same runs.

use super::Process;
use super::messages::{Messages, printed};
use crate::analysis::{Observer, analyze};
use crate::error::{Error, ErrorKind, Result};
use crate::export::printable;
use crate::findings::Finding;
use crate::numbers::{count, figure_or_none};
use crate::recipe::{Recipe, Tool};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

/// Computes every definition and prints a line for each: its name, the median in the mask, and
/// what sets it apart, or what is changed of it. Options that are given beside apply to all; where one cannot be had with
/// them, its line says why.
pub(super) fn run(recipe: &Recipe, process: &Process) -> Result<()> {
    let mut text = String::from("definition    median tSNR  voxels    what it is\n");
    for tool in Tool::ALL {
        let mut of_tool = recipe.clone();
        of_tool.definition.tool = Some(tool);
        // What is found in the runs holds for all of them, and is told once.
        let is_first = tool == Tool::ALL[0];
        let observer: Arc<dyn Observer> = match is_first {
            true => Arc::new(Told(process.messages)),
            false => Arc::new(()),
        };
        let record = analyze(&of_tool, observer, &process.interruption.cancellation);
        let (median, voxels, remark) = match record {
            Ok(record) => {
                let median = record.summary().distribution.map(|it| it.median);
                let median = figure_or_none(median);
                let remark = match record.definition.modified_tool() {
                    None => tool.what_differs().to_owned(),
                    Some(tool) => record.definition.modified_from(tool.cited()),
                };
                (median, count(record.counts.defined), remark)
            }
            Err(error) if error.kind() == ErrorKind::Usage && !is_first => {
                ("-".to_owned(), "-".to_owned(), error.problem().to_owned())
            }
            Err(error) => return Err(error),
        };
        let name = tool.name();
        let _ = writeln!(text, "{name:<13} {median:>11}  {voxels:>8}  {}", printable(&remark));
    }
    print(&text)
}

/// Passes warnings on.
struct Told(Messages);

impl Observer for Told {
    fn found(&self, finding: &Finding) {
        self.0.finding(finding);
    }
}

/// Prints a text to stdout. Who closed the pipe has seen enough.
pub(super) fn print(text: &str) -> Result<()> {
    let (text, mut stdout) = (printed(text), io::stdout().lock());
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("cannot print", error))
        }
        _ => Ok(()),
    }
}
