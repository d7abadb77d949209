//! The terminal at stderr, if it is one, and what it shows.

use crate::pictures::preview::Colors;
use std::io::IsTerminal;

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

impl Terminal {
    /// That at stderr, where the summary goes.
    pub fn of_stderr() -> Terminal {
        let variable = |name| std::env::var(name).ok();
        Terminal::from_environment(std::io::stderr().is_terminal(), &variable)
    }

    fn from_environment(
        is_terminal: bool,
        variable: &dyn Fn(&'static str) -> Option<String>,
    ) -> Terminal {
        let value = |name| variable(name).unwrap_or_default();
        let (term, colorterm) = (value("TERM"), value("COLORTERM"));
        // no-color.org: set to anything but nothing.
        let is_colored = value("NO_COLOR").is_empty() && term != "dumb";
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
    fn colours_are_for_terminals_that_tell_of_them_and_people_who_want_them() {
        let of = |is_terminal, term: &str, colorterm: &str, no_color: &str| {
            let variable = |name| match name {
                "TERM" => Some(term.to_owned()),
                "COLORTERM" => Some(colorterm.to_owned()),
                "NO_COLOR" => Some(no_color.to_owned()),
                _ => None,
            };
            Terminal::from_environment(is_terminal, &variable)
        };
        let (exact, palette) =
            (Terminal::Colored(Colors::True), Terminal::Colored(Colors::Palette));
        assert_eq!(of(true, "xterm-256color", "truecolor", ""), exact);
        assert_eq!(of(true, "xterm-kitty", "", ""), exact);
        assert_eq!(of(true, "xterm-256color", "", ""), palette);
        for [term, colorterm, no_color] in [
            ["xterm-256color", "truecolor", "1"],
            ["dumb", "truecolor", ""],
            ["vt100", "", ""],
            ["", "", ""],
        ] {
            assert_eq!(of(true, term, colorterm, no_color), Terminal::Plain, "{term}");
        }
        assert_eq!(of(false, "xterm-256color", "truecolor", ""), Terminal::None);
        assert_eq!(Terminal::from_environment(true, &|_| None), Terminal::Plain);
    }
}
