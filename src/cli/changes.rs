//! What would change, file by file, as people read it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::failure::CliError;
use super::print::{self, Paint};
use crate::appdir::{self, Change, Tree};

/// The most characters of a line that are shown: bundles have all their code in one.
const WIDEST: usize = 300;

/// A file as the server told it: as it is and as it would be, in base64.
#[derive(Deserialize)]
pub(super) struct Told {
    path: String,
    before: Option<String>,
    after: Option<String>,
}

/// A change for programs.
#[derive(Serialize)]
pub(super) struct ChangeView<'a> {
    path: &'a str,
    change: &'static str,
    /// Unified; of files that are no text, only how large they are.
    diff: String,
}

impl TryFrom<Told> for Change {
    type Error = CliError;

    fn try_from(told: Told) -> Result<Change, CliError> {
        let decoded = |text: Option<String>| text.map(|text| STANDARD.decode(text)).transpose();
        let lost = |error: base64::DecodeError| CliError::Lost(error.into());
        let (before, after) = (decoded(told.before).map_err(lost)?, decoded(told.after).map_err(lost)?);
        Ok(Change { path: told.path, before, after })
    }
}

impl Change {
    /// `added`, `changed` or `removed`.
    pub(super) fn word(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        }
    }

    pub(super) fn view(&self) -> ChangeView<'_> {
        ChangeView { path: &self.path, change: self.word(), diff: self.diff() }
    }

    /// The unified difference; of files that are no text, only how large they are.
    fn diff(&self) -> String {
        let side = |bytes: &Option<Vec<u8>>| {
            Tree(bytes.iter().map(|bytes| (self.path.clone(), bytes.clone())).collect())
        };
        appdir::diff(&side(&self.before), &side(&self.after)).concat()
    }

    /// The difference for people, painted where standard output is a terminal.
    fn shown(&self) -> String {
        self.diff().lines().enumerate().map(|(place, line)| shown_line(place, line)).collect()
    }
}

fn shown_line(place: usize, line: &str) -> String {
    let cut = match line.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    };
    let plain = cut.split('\t').map(print::plain).collect::<Vec<_>>().join("\t");
    let paint = match line.chars().next() {
        _ if place < 2 => Some(Paint::Bold),
        Some('+') => Some(Paint::Green),
        Some('-') => Some(Paint::Red),
        Some('@') => Some(Paint::Bold),
        _ => None,
    };
    let painted = paint.map_or(plain.clone(), |paint| print::paint_out(&plain, paint));
    format!("{painted}\n")
}

/// Every change for people, with a line break at the end of each line.
pub(super) fn shown(changes: &[Change]) -> String {
    changes.iter().map(Change::shown).collect()
}

/// `1 file changed, 2 files added`, with the secrets that are set; empty when there is nothing.
pub(super) fn summary(changes: &[Change], secrets: usize) -> String {
    let mut parts = Vec::new();
    for word in ["changed", "added", "removed"] {
        match changes.iter().filter(|change| change.word() == word).count() {
            0 => {}
            number => parts.push(format!("{} {word}", print::count(number as u64, "file"))),
        }
    }
    if secrets > 0 {
        parts.push(format!("{} set", print::count(secrets as u64, "secret")));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: Option<&str>, after: Option<&str>) -> Change {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        Change { path: "functions/a\u{1b}.js".to_owned(), before: bytes(before), after: bytes(after) }
    }

    #[test]
    fn a_difference_steers_no_terminal_and_keeps_its_tabs() {
        let text = change(Some("a\n\tb\n"), Some("a\n\tb\u{1b}[2J\n")).shown();
        let path = "functions/a\u{fffd}.js";
        assert_eq!(text, format!("--- a/{path}\n+++ b/{path}\n@@ -1,2 +1,2 @@\n a\n-\tb\n+\tb\u{fffd}[2J\n"));
    }

    #[test]
    fn a_long_line_is_cut_and_a_file_that_is_no_text_is_named() {
        let text = change(None, Some(&"ä".repeat(1000))).shown();
        assert!(text.contains(&format!("+{}…\n", "ä".repeat(WIDEST - 1))), "{text}");
        let mut binary = change(Some("a"), None);
        binary.before = Some(vec![0xff; 2]);
        assert_eq!(
            binary.shown(),
            "--- a/functions/a\u{fffd}.js\n+++ /dev/null\nFiles differ: 2 bytes before, 0 bytes after\n"
        );
    }
}
