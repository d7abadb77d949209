//! A program run once, with what it used.

use crate::error::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::process::{Command, Stdio};
use std::time::Instant;
use wait4::Wait4;

/// The time, processor time and memory that one process used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The time from its start to its end, in seconds.
    pub wall_seconds: f64,
    /// Processor time of all its threads, user and system, in seconds.
    pub cpu_seconds: f64,
    /// The most memory that it held at once (maximum resident set), in bytes.
    pub peak_bytes: u64,
}

/// Runs `command` to its end. Its stdin is `told`, and ends no earlier than it or this process; its stdout
/// becomes the content of a file.
///
/// # Errors
/// A program that cannot be started, or that fails: with the last line it said.
pub fn measure(command: &mut Command, told: &str, mut stdout: &File) -> Result<Measured> {
    let failed = |error| Error::io("cannot run this program once more", error);
    let emptied =
        stdout.set_len(0).and_then(|()| stdout.rewind()).and_then(|()| stdout.try_clone());
    let started = Instant::now();
    let command = command.stdin(Stdio::piped()).stdout(emptied.map_err(failed)?);
    let mut child = command.stderr(Stdio::piped()).spawn().map_err(failed)?;
    // Open as long as we live: by its end a child knows of ours.
    let mut stdin = child.stdin.take();
    let is_told = stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(told.as_bytes()));
    if is_told.is_err() {
        // Who was not told everything would wait for the rest.
        stdin = None;
    }
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        // To the end of what it says, which is the end of the program.
        stderr.read_to_string(&mut said).map_err(failed)?;
    }
    let used = child.wait4().map_err(failed)?;
    drop(stdin);
    // Who ended before it was told everything says why.
    is_told.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Error::io("cannot tell a mode what to compute", error)),
    })?;
    let wall_seconds = started.elapsed().as_secs_f64();
    if !used.status.success() {
        let last = said.lines().last().unwrap_or("it said nothing");
        // What it explains itself, a full disk for example, is no defect; nor is its being killed.
        let explained = last.strip_prefix("tsnr: error: ");
        let kind = match (explained, used.status.code()) {
            (Some(_), _) | (_, None) => ErrorKind::Io,
            (None, Some(_)) => ErrorKind::Defect,
        };
        let last = explained.unwrap_or(last);
        return Err(Error::new(kind, format!("a mode failed ({}): {last}", used.status)));
    }
    Ok(Measured {
        wall_seconds,
        cpu_seconds: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak_bytes: used.rusage.maxrss,
    })
}
