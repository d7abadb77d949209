//! The terminals at stdout and stderr, if they are any: their colours and their width.

use crate::pictures::preview::Colors;
use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use std::io::IsTerminal;
use terminal_size::{Width, terminal_size_of};

/// The width where a terminal does not tell its own.
const COLUMNS: usize = 80;

/// Where the summary is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terminal {
    /// No terminal: a file, or a program.
    None,
    /// A terminal without colours.
    Plain,
    /// A terminal that shows these colours.
    Colored(Colors),
}

/// Whether what is written to a stream is coloured, as help and usage errors are: if it is a terminal
/// that shows colours, unless `NO_COLOR`, `CLICOLOR` or `CLICOLOR_FORCE` say otherwise.
pub(super) fn is_colored(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// The width of the terminal at stderr; none if there is no terminal.
pub(super) fn columns_of_stderr() -> Option<usize> {
    let stderr = std::io::stderr();
    let told = || terminal_size_of(&stderr).map(|(Width(columns), _)| usize::from(columns));
    stderr.is_terminal().then(|| told().unwrap_or(COLUMNS))
}

impl Terminal {
    /// The terminal at stderr, where the summary goes.
    pub fn of_stderr() -> Terminal {
        let stderr = std::io::stderr();
        let [term, colorterm] =
            ["TERM", "COLORTERM"].map(|name| std::env::var(name).unwrap_or_default());
        match (stderr.is_terminal(), Colors::of_terminal(&term, &colorterm)) {
            (false, _) => Terminal::None,
            (true, Some(colors)) if is_colored(&stderr) => Terminal::Colored(colors),
            (true, _) => Terminal::Plain,
        }
    }
}
