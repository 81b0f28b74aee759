//! Rust source as words, without its comments.

/// A word, and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) what: What,
    pub(super) line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// An identifier, a keyword, or a number.
    Name(String),
    /// A string, without its quotes, as it is written.
    Text(String),
    /// `::`.
    Step,
    /// Any other character.
    Sign(char),
}

/// Takes a source apart.
pub(super) fn words(source: &str) -> Vec<Word> {
    let mut reader = Reader { rest: source, line: 1, words: Vec::new() };
    while !reader.rest.is_empty() {
        reader.word();
    }
    reader.words
}

struct Reader<'s> {
    rest: &'s str,
    line: usize,
    words: Vec<Word>,
}

impl<'s> Reader<'s> {
    fn word(&mut self) {
        let line = self.line;
        let rest = self.rest;
        let first = rest.chars().next().unwrap_or(' ');
        let what = if rest.starts_with("//") {
            self.take(rest.find('\n').unwrap_or(rest.len()));
            return;
        } else if rest.starts_with("/*") {
            self.take(block_comment(rest));
            return;
        } else if first.is_whitespace() {
            self.take(first.len_utf8());
            return;
        } else if let Some((open, close)) = raw_string(rest) {
            let end = rest[open..].find(&close).map_or(rest.len(), |at| open + at);
            let text = rest[open..end].to_owned();
            self.take((end + close.len()).min(rest.len()));
            What::Text(text)
        } else if first == '"' || rest.starts_with("b\"") {
            let open = rest.find('"').unwrap_or(0) + 1;
            let end = open + unescaped(&rest[open..], '"');
            let text = rest[open..end].to_owned();
            self.take((end + 1).min(rest.len()));
            What::Text(text)
        } else if let Some(length) = character(rest) {
            self.take(length);
            What::Text(String::new())
        } else if rest.starts_with("::") {
            self.take(2);
            What::Step
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            What::Name(self.take(end).to_owned())
        } else {
            self.take(first.len_utf8());
            What::Sign(first)
        };
        self.words.push(Word { what, line });
    }

    fn take(&mut self, length: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Where a raw string's text begins, and what closes it.
fn raw_string(rest: &str) -> Option<(usize, String)> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then(|| {
        let open = rest.len() - after.len() + hashes + 1;
        (open, format!("\"{}", "#".repeat(hashes)))
    })
}

/// The length of a character literal; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let open = if rest.starts_with("b'") { 2 } else { 1 };
    let text = rest.strip_prefix("b'").or_else(|| rest.strip_prefix('\''))?;
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == '\\' {
        return Some(open + unescaped(text, '\'') + 1);
    }
    (chars.next() == Some('\'')).then(|| open + first.len_utf8() + 1)
}

/// Where the first `end` stands that no backslash precedes.
fn unescaped(text: &str, end: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == end => return at,
            _ => {}
        }
    }
    text.len()
}
