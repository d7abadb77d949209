//! The command line: what was typed, messages, progress, and the files that are written.
//!
//! A command line becomes a [`Recipe`], which the library computes; exporters make
//! bytes and text of the [`Record`](crate::Record), and here they become files. Exit codes: 0 when
//! every output is complete, 1 for a run that failed, 2 for a command line that cannot be
//! understood (clap's, in `arguments/`, or an error of the kind usage), 130 after Ctrl-C, 143 after
//! SIGTERM, 129 after a hang-up. This module does not compute.

mod arguments;
mod compare;
mod diff;
mod generate;
mod info;
mod messages;
mod outputs;
mod progress;
mod recipe;
mod run;
mod signals;
mod talker;
mod terminal;

use crate::error::{Error, ErrorKind, Result};
use crate::export::printable_lines;
use crate::output::{Batch, UnderWay, check_stdout};
use crate::recipe::Recipe;
use arguments::{CommandLine, Subcommand};
use messages::Messages;
use signals::Interruption;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

/// The surroundings of a command: whom it talks to, what ends it early, and the files that it
/// writes.
struct Process {
    started: Instant,
    messages: Messages,
    interruption: Interruption,
    under_way: UnderWay,
}

impl Process {
    /// Puts the files of a batch in their places, unless a signal came before.
    fn commit(&self, batch: Batch) -> Result<()> {
        if self.interruption.is_there() {
            return Err(Error::cancelled());
        }
        batch.commit(&|fifo| self.messages.waits_for_reader(fifo))
    }
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let started = Instant::now();
    let command = CommandLine::of_this_process();
    let messages = command.messages();
    let under_way = UnderWay::default();
    let interruption = match Interruption::watch(&under_way) {
        Ok(interruption) => interruption,
        Err(error) => {
            messages.error(&error);
            return ExitCode::FAILURE;
        }
    };
    let process = Process { started, messages, interruption, under_way };
    match dispatch(command, &process) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::Cancelled => {
            process.messages.interrupted();
            process.interruption.exit_code()
        }
        Err(error) => {
            process.messages.error(&error);
            if error.kind() == ErrorKind::Usage { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// The recipe that a command line asks to be computed, the first argument the program's name; none if
/// its command computes no maps. Nothing is read or done.
///
/// # Errors
/// What the program says before it ends: help, or what is wrong.
pub fn recipe_of(arguments: &[OsString]) -> std::result::Result<Option<Recipe>, String> {
    let command = CommandLine::understood(arguments).map_err(|error| error.render().to_string())?;
    Ok(match &command.command {
        None => Some(command.run.recipe()),
        Some(Subcommand::Run(arguments)) => Some(arguments.recipe()),
        Some(Subcommand::Compare(arguments)) => Some(arguments.recipe()),
        Some(_) => None,
    })
}

/// All options, hidden ones too: the name of the command that has it, and the option without its
/// dashes.
pub fn options() -> Vec<(String, String)> {
    CommandLine::options()
}

fn dispatch(command: CommandLine, process: &Process) -> Result<()> {
    match command.command {
        None => run::run(&command.run, process),
        Some(Subcommand::Run(arguments)) => run::run(&arguments, process),
        Some(Subcommand::Diff(arguments)) => diff::run(&arguments, process),
        Some(Subcommand::Info(arguments)) => info::run(&arguments, process),
        Some(Subcommand::Compare(arguments)) => compare::run(&arguments, process),
        Some(Subcommand::Recipe(arguments)) => recipe::run(&arguments, process),
        Some(Subcommand::Completions { shell }) => generate::completions(shell),
        Some(Subcommand::Man { command }) => generate::man(command.as_deref()),
    }
}

/// Prints a text to stdout. Who closed the pipe has seen enough.
fn print(text: &str) -> Result<()> {
    check_stdout()?;
    let (text, mut stdout) = (printable_lines(text), io::stdout().lock());
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("cannot print", error))
        }
        _ => Ok(()),
    }
}
