//! Asking whoever sits at the terminal.

use std::io::{BufRead, IsTerminal, Write};

use super::failure::CliError;
use super::print;

/// Asks a question that `y` agrees to; where nobody can be asked, `--yes` must have said it.
pub(super) fn confirm(question: &str) -> Result<(), CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::NobodyToAsk);
    }
    let mut screen = std::io::stderr();
    let _ = write!(screen, "{} [y/N] ", print::plain(question));
    let _ = screen.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match (read, answer.trim().to_ascii_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Ok(()),
        _ => Err(CliError::Unconfirmed),
    }
}
