//! What is wrong with a file, said so that it can be repaired at once.

use std::fmt::{self, Write as _};

/// More than this many of a kind are not collected: whoever has them needs another tool than a list.
const MOST: usize = 100;

/// A finding in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file's path in the app directory; `.` for the directory itself.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// Where in the JSON value, such as `$.allowed_request_origins[2]`.
    pub json_path: Option<String>,
    /// What was expected and what was found.
    pub message: String,
    /// What was probably meant.
    pub hint: Option<String>,
}

impl Problem {
    /// A finding that concerns a file as a whole.
    pub(super) fn of_file(file: &str, message: String) -> Problem {
        Problem { file: file.to_owned(), line: None, column: None, json_path: None, message, hint: None }
    }

    /// The same finding, with what was probably meant.
    pub(super) fn with_hint(self, hint: Option<String>) -> Problem {
        Problem { hint, ..self }
    }
}

/// `auth/providers.json:3:17: $.anon-user.disabled: expected true or false, found "no"; did you mean false?`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_plain(f, &self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        if let Some(path) = &self.json_path {
            f.write_str(": ")?;
            write_plain(f, path)?;
        }
        f.write_str(": ")?;
        write_plain(f, &self.message)?;
        if let Some(hint) = &self.hint {
            f.write_str("; ")?;
            write_plain(f, hint)?;
        }
        Ok(())
    }
}

/// Writes text from files without letting them steer a terminal.
fn write_plain(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.chars()
        .try_for_each(|c| if c.is_control() { write!(f, "{}", c.escape_default()) } else { f.write_char(c) })
}

/// Everything that keeps a directory from being imported, not only the first of it. One to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// What reading has come upon so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What keeps the directory from being imported.
    pub(super) errors: Vec<Problem>,
    /// What was put right or left out.
    pub(super) warnings: Vec<Problem>,
}

impl Findings {
    pub(super) fn error(&mut self, problem: Problem) {
        if !self.is_full() {
            self.errors.push(problem);
        }
    }

    pub(super) fn warn(&mut self, problem: Problem) {
        if !self.has_warned_enough() {
            self.warnings.push(problem);
        }
    }

    /// Whether more warnings would be left out. Saying where one is takes time with the size of the file, so loops
    /// over what a file holds ask first.
    pub(super) fn has_warned_enough(&self) -> bool {
        self.warnings.len() >= MOST
    }

    /// Whether more errors would be left out, so that nobody need look for them.
    pub(super) fn is_full(&self) -> bool {
        self.errors.len() >= MOST
    }
}

/// The known word that was probably meant by `word`.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    // Nobody misspells this much, and the comparison takes time with the square of the length.
    if word.chars().count() > 64 {
        return None;
    }
    let word = plain(word);
    let scored = known.into_iter().filter_map(|candidate| {
        let spelling = plain(candidate);
        let distance = strsim::damerau_levenshtein(&word, &spelling);
        let is_part = word.chars().count() >= 4 && (spelling.contains(&word) || word.contains(&spelling));
        // As in "anonymous" for "anon-user".
        let begins_alike = spelling.split('_').any(|part| part.len() >= 4 && word.starts_with(part));
        (begins_alike || distance <= (spelling.chars().count() / 3).max(1) || is_part)
            .then_some((distance, candidate))
    });
    scored.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// The hint that names the nearest known word, in quotes as it stands in the file.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|candidate| format!("did you mean \"{candidate}\"?"))
}
