//! The arguments as they were typed, before they are understood.

use super::{CommandLine, without_orphans};
use crate::export::printable;
use crate::paths::with_home;
use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory};
use std::collections::HashSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The arguments of this process, with the home folder for `~/` where a shell leaves it: in quotes,
/// behind `=`, and behind `-o`.
pub(super) fn arguments() -> Vec<OsString> {
    let home = env::var_os("HOME").filter(|home| !home.is_empty());
    let expanded = |argument: OsString| match &home {
        Some(home) => with_home(&argument, home),
        None => argument,
    };
    env::args_os().map(expanded).collect()
}

/// The arguments with a negative number behind an option as its value: clap takes it for an option of its
/// own, and advises to make an input of it.
pub(super) fn with_negative_values(arguments: &[OsString], command: &Command) -> Vec<OsString> {
    let commands = std::iter::once(command).chain(command.get_subcommands());
    let options = commands.flat_map(Command::get_arguments);
    let options = options.filter(|it| it.get_action().takes_values());
    let named = |it: &Arg| {
        let [short, long] = [it.get_short().map(String::from), it.get_long().map(str::to_owned)];
        [short.map(|it| format!("-{it}")), long.map(|it| format!("--{it}"))]
    };
    let names: HashSet<OsString> = options.flat_map(named).flatten().map(OsString::from).collect();
    let is_negative = |it: &OsStr| {
        let number = it.as_bytes().strip_prefix(b"-").unwrap_or_default();
        number.first().is_some_and(|it| it.is_ascii_digit() || *it == b'.')
    };
    let mut joined: Vec<OsString> = Vec::with_capacity(arguments.len());
    let mut is_option = true;
    for argument in arguments {
        is_option &= argument != "--";
        match joined.last_mut().filter(|it| is_option && names.contains(*it)) {
            Some(option) if is_negative(argument) => {
                option.push(if option.as_bytes().starts_with(b"--") { "=" } else { "" });
                option.push(argument);
            }
            _ => joined.push(argument.clone()),
        }
    }
    joined
}

/// An error that names the argument that has to be UTF-8 and is not.
pub(super) fn not_utf8(arguments: &[OsString]) -> clap::Error {
    let command = without_orphans(CommandLine::command());
    // Names of inputs may be anything, so each is tried by itself.
    let lossy = |it: &OsString| OsString::from(it.to_string_lossy().into_owned());
    let is_refused = |&number: &usize| {
        let all = arguments.iter().enumerate();
        let alone = all.map(|(at, it)| if at == number { it.clone() } else { lossy(it) });
        let outcome = command.clone().try_get_matches_from(alone);
        outcome.is_err_and(|error| error.kind() == ErrorKind::InvalidUtf8)
    };
    let refused =
        (1..arguments.len()).filter(|&at| arguments[at].to_str().is_none()).find(is_refused);
    let named = match refused {
        Some(at) if at > 1 && arguments[at - 1].as_bytes().starts_with(b"-") => {
            format!("{:?}, behind {:?},", arguments[at], arguments[at - 1])
        }
        Some(at) => format!("{:?}", arguments[at]),
        None => "an argument".to_owned(),
    };
    let problem = format!("{named} is not UTF-8; only names of inputs may be anything else");
    without_orphans(CommandLine::command()).error(ErrorKind::InvalidUtf8, problem)
}

/// An error as it is of the arguments with their control characters escaped: clap repeats them.
pub(super) fn printable_error(
    command: Command,
    arguments: &[OsString],
    error: clap::Error,
) -> clap::Error {
    let escaped = arguments.iter().map(|it| OsString::from(printable(&it.to_string_lossy())));
    command.try_get_matches_from(escaped).err().unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_number_is_the_value_of_the_option_before_it() {
        let command = CommandLine::command();
        let joined = |text: &str| {
            let arguments: Vec<OsString> = text.split(' ').map(OsString::from).collect();
            let joined = with_negative_values(&arguments, &command);
            joined.join(OsStr::new(" ")).into_string().unwrap()
        };
        assert_eq!(joined("tsnr a.nii --ddof -1"), "tsnr a.nii --ddof=-1");
        assert_eq!(joined("tsnr --range -5:50 -o -1"), "tsnr --range=-5:50 -o-1");
        assert_eq!(joined("tsnr compare --threads -.5"), "tsnr compare --threads=-.5");
        for other in ["tsnr -1", "tsnr --dark -1", "tsnr --ddof -x", "tsnr -- --ddof -1"] {
            assert_eq!(joined(other), other);
        }
    }
}
