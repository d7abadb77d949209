//! What the terminals at stdout and stderr show, if they are any: their colours and their width.

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
    /// In a file, or by a program.
    None,
    /// By a person, without colours.
    Plain,
    /// By a person, in these colours.
    Colored(Colors),
}

/// Terminals that show 24-bit colours and may come without `COLORTERM`, as over ssh.
const IN_TRUE_COLORS: [&str; 5] = ["direct", "kitty", "alacritty", "wezterm", "ghostty"];

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
    /// That at stderr, where the summary goes.
    pub fn of_stderr() -> Terminal {
        let (stderr, variable) = (std::io::stderr(), |name| std::env::var(name).ok());
        Terminal::from_environment(stderr.is_terminal(), is_colored(&stderr), &variable)
    }

    fn from_environment(
        is_terminal: bool,
        is_colored: bool,
        variable: &dyn Fn(&'static str) -> Option<String>,
    ) -> Terminal {
        let value = |name| variable(name).unwrap_or_default();
        let (term, colorterm) = (value("TERM"), value("COLORTERM"));
        let has_true_colors = matches!(&*colorterm, "truecolor" | "24bit")
            || IN_TRUE_COLORS.iter().any(|name| term.contains(name));
        match (is_terminal, is_colored) {
            (false, _) => Terminal::None,
            (true, true) if has_true_colors => Terminal::Colored(Colors::True),
            (true, true) if term.contains("256color") => Terminal::Colored(Colors::Palette),
            (true, _) => Terminal::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_drawn_in_the_colours_that_a_terminal_tells_of() {
        let of = |is_colored, term: &str, colorterm: &str| {
            let variable = |name| match name {
                "TERM" => Some(term.to_owned()),
                "COLORTERM" => Some(colorterm.to_owned()),
                _ => None,
            };
            Terminal::from_environment(true, is_colored, &variable)
        };
        let (exact, palette) =
            (Terminal::Colored(Colors::True), Terminal::Colored(Colors::Palette));
        assert_eq!(of(true, "xterm-256color", "truecolor"), exact);
        assert_eq!(of(true, "xterm-kitty", ""), exact);
        assert_eq!(of(true, "xterm-256color", ""), palette);
        assert_eq!(of(false, "xterm-256color", "truecolor"), Terminal::Plain);
        assert_eq!([of(true, "vt100", ""), of(true, "", "")], [Terminal::Plain; 2]);
        assert_eq!(Terminal::from_environment(false, true, &|_| None), Terminal::None);
    }
}
