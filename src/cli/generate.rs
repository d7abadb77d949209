//! Completions for shells, and the man page, made from the arguments.

use super::arguments::CommandLine;
use super::print;
use crate::error::{Error, Result};
use clap::{Command, CommandFactory};
use clap_complete::Shell;

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "tsnr", &mut text);
    print(&String::from_utf8_lossy(&text))
}

/// Prints the man page of the program, or of one of its commands.
pub(super) fn man(name: Option<&str>) -> Result<()> {
    let mut command = CommandLine::command().mut_subcommands(with_every_text);
    command = with_every_text(command);
    command.build();
    let command = match name {
        None => command,
        Some(name) => {
            let found = command.get_subcommands().find(|it| it.get_name() == name);
            let shown = command.get_subcommands().filter(|it| !it.is_hide_set());
            let known: Vec<&str> = shown.map(|it| it.get_name()).collect();
            let named = |it: Command| it.display_name(format!("tsnr-{name}")).bin_name("tsnr");
            let found = found.cloned().map(named);
            found.ok_or_else(|| {
                Error::usage(format!("no command '{name}'"))
                    .remedy(format!("there are {}", known.join(", ")))
            })?
        }
    };
    let mut text = Vec::new();
    let title = command.get_display_name().unwrap_or(command.get_name()).replace(' ', "-");
    let source = format!("{title} {}", env!("CARGO_PKG_VERSION"));
    let man = clap_mangen::Man::new(command).title(title).source(source);
    let written = man.render(&mut text);
    written.map_err(|error| Error::io("cannot make the man page", error))?;
    print(&String::from_utf8_lossy(&text))
}

/// A command of which the text of each argument is shown, also of those that the short help leaves out.
fn with_every_text(command: Command) -> Command {
    command.mut_args(|argument| argument.hide_short_help(false))
}
