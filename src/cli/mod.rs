//! The command line: what was typed, messages, progress, and the files that are written.
//!
//! What was typed becomes a [`Recipe`](crate::Recipe), which the library computes; exporters make
//! bytes and text of the [`Record`](crate::Record), and here they become files. Exit codes: 0 when
//! every output is complete, 1 for a run that failed, 2 for a command line that cannot be
//! understood, 130 after Ctrl-C, 143 after SIGTERM, 129 after a hang-up. This module does not
//! compute.

mod all_definitions;
mod arguments;
mod compare;
mod diff;
mod generate;
mod messages;
mod outputs;
mod progress;
mod recipe;
mod run;
mod signals;
mod talker;
mod terminal;

use crate::error::{ErrorKind, Result};
use crate::output::UnderWay;
use arguments::{CommandLine, Subcommand};
use messages::Messages;
use signals::Interruption;
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

fn dispatch(command: CommandLine, process: &Process) -> Result<()> {
    match command.command {
        None => run::run(&command.run, process),
        Some(Subcommand::Run(arguments)) => run::run(&arguments, process),
        Some(Subcommand::Diff(arguments)) => diff::run(&arguments, process),
        Some(Subcommand::Compare(arguments)) => compare::run(&arguments, process),
        Some(Subcommand::Recipe(arguments)) => recipe::run(&arguments, process),
        Some(Subcommand::Completions { shell }) => generate::completions(shell),
        Some(Subcommand::Man { command }) => generate::man(command.as_deref()),
    }
}
