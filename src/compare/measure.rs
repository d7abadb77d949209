//! A program run once, with what it used.

use crate::error::{Error, ErrorKind, Result};
use std::io::Read;
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

/// Runs `command` to its end. Its stdin is empty, and ends no earlier than it or this process.
///
/// # Errors
/// A program that cannot be started, or that fails: with the last line it said.
pub fn measure(command: &mut Command) -> Result<Measured> {
    let started = Instant::now();
    let failed = |error| Error::io("cannot run this program once more", error);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    // Open as long as we live: by its end a child knows of ours.
    let _stdin = child.stdin.take();
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        // To the end of what it says, which is the end of the program.
        stderr.read_to_string(&mut said).map_err(failed)?;
    }
    let used = child.wait4().map_err(failed)?;
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
