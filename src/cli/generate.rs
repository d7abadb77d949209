//! Completions for shells, and the man page, made from the arguments.

use super::arguments::CommandLine;
use super::print;
use crate::error::{Error, Result};
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "tsnr", &mut text);
    print(&String::from_utf8_lossy(&text))
}

/// Prints the man page of the program, or of one of its commands.
pub(super) fn man(name: Option<&str>) -> Result<()> {
    let mut command = CommandLine::command();
    command.build();
    let command = match name {
        None => command,
        Some(name) => {
            let found = command.get_subcommands().find(|it| it.get_name() == name);
            let known: Vec<&str> = command.get_subcommands().map(|it| it.get_name()).collect();
            let found = found.cloned().map(|it| it.display_name(format!("tsnr-{name}")));
            found.ok_or_else(|| {
                Error::usage(format!("no command '{name}'"))
                    .remedy(format!("there are {}", known.join(", ")))
            })?
        }
    };
    let mut text = Vec::new();
    let title = command.get_display_name().unwrap_or(command.get_name()).replace(' ', "-");
    let written = clap_mangen::Man::new(command).title(title).render(&mut text);
    written.map_err(|error| Error::io("cannot make the man page", error))?;
    print(&String::from_utf8_lossy(&text))
}
