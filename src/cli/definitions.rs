//! `--definitions`: what each tool of the field would say of the same runs.

use super::arguments::Arguments;
use super::choices::Chosen;
use super::outcome::{self, Outcome, Work};
use super::talk::Talk;
use super::{prepared, settings_within_memory};
use crate::error::{Error, Result};
use crate::maps::{MEAN, TSNR};
use crate::modelling::{NAMED, Request};
use crate::pipeline::{self, Analysis, Session};
use crate::stats::signals::SignalsWanted;
use crate::stats::summary::significant;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

/// Computes every definition and prints a line for each: its name, the median in the mask, and
/// what sets it apart. Options that are given beside apply to all; where one cannot be had with
/// them, its line says why.
pub(super) fn run(arguments: &Arguments, session: &Session, talk: Talk) -> Result<()> {
    let mut text = String::from("definition    median tSNR  voxels    what it is\n");
    for named in NAMED {
        let chosen = Chosen::of(arguments, Some(named));
        let (median, voxels, remark) = match chosen.request(arguments) {
            Ok(request) => {
                let outcome = outcome_of(arguments, session, &chosen, &request, talk)?;
                let median = outcome.summary().distribution.map(|it| significant(it.median));
                let median = median.unwrap_or("none".to_owned());
                (median, outcome.counts.defined.to_string(), named.what_differs().to_owned())
            }
            // What the first of them refuses, all would.
            Err(error) if named == NAMED[0] => return Err(error),
            Err(error) => ("-".to_owned(), "-".to_owned(), error.problem().to_owned()),
        };
        let name = named.name();
        let _ = writeln!(text, "{name:<13} {median:>11}  {voxels:>8}  {remark}");
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

/// What comes out of one definition.
fn outcome_of(
    arguments: &Arguments,
    session: &Session,
    chosen: &Chosen,
    request: &Request,
    talk: Talk,
) -> Result<Outcome> {
    let prepared = prepared(arguments, session, request)?;
    // Once: it holds for all of them.
    let is_first = chosen.named == Some(NAMED[0]);
    let warn = |it: &str| {
        if is_first {
            talk.warning(it)
        }
    };
    let mask = outcome::mask_of_file(arguments, &prepared)?;
    mask.iter().filter_map(|it| it.misplaced.as_deref()).for_each(warn);
    let for_the_mask = arguments.is_mask_automatic().then_some(MEAN);
    let analysis = Analysis {
        wanted: [TSNR].into_iter().chain(for_the_mask).collect(),
        signals: SignalsWanted::default(),
        ..super::analysis(arguments, chosen, &prepared, warn)?
    };
    let settings = settings_within_memory(arguments, &prepared.session, analysis)?;
    let maps = pipeline::compute(&prepared.session, &settings, Arc::new(()))?;
    let (prepared, settings) = (&prepared, &settings);
    Outcome::of(maps, mask, &Work { arguments, chosen, request, prepared, settings })
}
