//! `--definitions`: what each tool of the field would say of the same runs.

use super::arguments::Arguments;
use super::choices::Chosen;
use super::outcome::{self, Outcome, Work};
use super::summary::significant;
use super::{asked_threads, prepared};
use crate::error::{Error, Result};
use crate::modelling::NAMED;
use crate::pipeline::{self, Analysis, Mode, Session, Settings};
use crate::stats::fold::Wanted;
use crate::stats::signals::SignalsWanted;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

/// Computes every definition and prints a line for each: its name, the median in the mask, and
/// what sets it apart. Options that are given beside apply to all.
pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<()> {
    let mut text = String::from("definition    median tSNR  voxels    what it is\n");
    for named in NAMED {
        let chosen = Chosen::of(arguments, Some(named));
        let request = chosen.request(arguments)?;
        let prepared = prepared(arguments, session, &request)?;
        let mask = outcome::mask_of_file(arguments, &prepared)?;
        let plain = super::analysis(arguments, &chosen, &prepared)?;
        let wanted = Wanted { mean: arguments.is_mask_automatic(), ..Wanted::default() };
        let signals = SignalsWanted::Beginning(0);
        let settings = Settings {
            mode: Mode::from(arguments.mode),
            threads: asked_threads(arguments),
            chunk_length: arguments.chunk_length,
            analysis: Analysis { wanted, signals, ..plain },
        };
        let maps = pipeline::compute(&prepared.session, &settings, Arc::new(()))?;
        let work = Work {
            arguments,
            chosen: &chosen,
            request: &request,
            prepared: &prepared,
            settings: &settings,
        };
        let outcome = Outcome::of(maps, mask, &work)?;
        let median = outcome.summary().distribution.as_ref().map(|it| significant(it.median));
        let _ = writeln!(
            text,
            "{:<13} {:>11}  {:>8}  {}",
            named.name(),
            median.as_deref().unwrap_or("none"),
            outcome.counts.defined,
            named.what_differs()
        );
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // Who closed the pipe has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("cannot print the table", error))
        }
        _ => Ok(()),
    }
}
