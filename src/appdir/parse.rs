//! JSON as people write it: comments and commas before a closing bracket pass with a warning, a byte order mark and
//! CRLF without one. Everything else that is not JSON is an error with its place, and where the rest can still be
//! read, it is, so that one look shows all that is wrong.

use std::collections::HashMap;

use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::tokens::Token;
use jsonc_parser::{ParseStringErrorKind, Scanner, ScannerOptions};

use super::json::{Member, Node, Shape, Source, key_step, placeholder_hint, quoted};
use super::problem::{Findings, nearest};

/// How deep values may lie. The store reads configurations with a parser that stops at 128 with its own layers on top.
const DEEPEST: usize = 64;

/// Plain JSON: of JSON5's extras only comments are scanned.
const STRICT: ScannerOptions = ScannerOptions {
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads a text as one JSON value. `None` means that nothing of it could be read; every problem is in `findings`.
pub(super) fn parse(source: &Source<'_>, findings: &mut Findings) -> Option<Node> {
    let mut parser = Parser::new(source, findings);
    let node = parser.document().ok();
    let Parser { comments, trailing_commas, .. } = parser;
    let asides = [
        (comments, "comments are no JSON: passed over, and gone on export"),
        (trailing_commas, "a comma before a closing bracket is no JSON: passed over, and gone on export"),
    ];
    for (places, message) in asides {
        if let Some(at) = places {
            findings.warn(source.problem(at, None, message.to_owned()));
        }
    }
    node
}

/// The text cannot be read beyond this; reported already.
struct Stop;

/// What stands next in the text.
#[derive(Clone)]
enum Next<'a> {
    Token(Token<'a>),
    /// Not a token of JSON, and what is wrong with it if that is clear.
    Bad(Option<&'static str>),
    End,
}

struct Parser<'a, 'f> {
    source: &'a Source<'a>,
    findings: &'f mut Findings,
    /// Scans the text from `base` on.
    scanner: Scanner<'a>,
    base: usize,
    next: Next<'a>,
    /// Where `next` begins.
    at: usize,
    path: String,
    depth: usize,
    /// Where the first comment is.
    comments: Option<usize>,
    /// Where the first comma before a closing bracket is.
    trailing_commas: Option<usize>,
}

impl<'a, 'f> Parser<'a, 'f> {
    fn new(source: &'a Source<'a>, findings: &'f mut Findings) -> Parser<'a, 'f> {
        Parser {
            source,
            findings,
            scanner: Scanner::new(source.text, &STRICT),
            base: 0,
            next: Next::End,
            at: 0,
            path: "$".to_owned(),
            depth: 0,
            comments: None,
            trailing_commas: None,
        }
    }

    fn document(&mut self) -> Result<Node, Stop> {
        self.advance();
        if matches!(self.next, Next::End) {
            return Err(self.stop("expected a JSON object, found an empty file".to_owned(), None));
        }
        let node = self.value()?;
        if !matches!(self.next, Next::End) {
            return Err(self.unexpected("the end of the file", None));
        }
        Ok(node)
    }

    /// Moves on to the next token that is no comment.
    fn advance(&mut self) {
        loop {
            let scanned = self.scanner.scan();
            self.at = self.base + self.scanner.token_start();
            self.next = match scanned {
                Ok(Some(Token::CommentLine(_) | Token::CommentBlock(_))) => {
                    self.comments.get_or_insert(self.at);
                    continue;
                }
                Ok(Some(token)) => Next::Token(token),
                Ok(None) => Next::End,
                Err(error) => Next::Bad(fault(error.kind())),
            };
            return;
        }
    }

    /// Moves on to what follows `end`, a byte of the text.
    fn resume_at(&mut self, end: usize) {
        self.base = end;
        self.scanner = Scanner::new(&self.source.text[end..], &STRICT);
        self.advance();
    }

    fn report(&mut self, at: usize, message: String, hint: Option<String>) {
        if !self.findings.is_full() {
            let problem = self.source.problem(at, Some(&self.path), message).with_hint(hint);
            self.findings.error(problem);
        }
    }

    fn stop(&mut self, message: String, hint: Option<String>) -> Stop {
        self.report(self.at, message, hint);
        Stop
    }

    fn unexpected(&mut self, expected: &str, hint: Option<String>) -> Stop {
        let found = self.found();
        self.stop(format!("expected {expected}, found {found}"), hint)
    }

    /// What stands next, for a message.
    fn found(&self) -> String {
        match &self.next {
            Next::End => "the end of the file".to_owned(),
            Next::Token(Token::String(text)) => quoted(text),
            Next::Token(token) => format!("`{}`", token.as_str()),
            Next::Bad(Some(fault)) => (*fault).to_owned(),
            Next::Bad(None) => {
                let first = self.source.text[self.at..].chars().next();
                first.map_or_else(|| "the end of the file".to_owned(), |c| format!("`{}`", c.escape_debug()))
            }
        }
    }

    fn value(&mut self) -> Result<Node, Stop> {
        let at = self.at;
        let shape = match self.next.clone() {
            Next::Token(Token::OpenBrace) => return self.nested(Parser::object),
            Next::Token(Token::OpenBracket) => return self.nested(Parser::list),
            Next::Token(Token::String(text)) => {
                self.check_text(&text)?;
                Shape::Text(text.into_owned())
            }
            Next::Token(Token::Boolean(value)) => Shape::Bool(value),
            Next::Token(Token::Null) => Shape::Null,
            Next::Token(Token::Number(digits)) => match serde_json::from_str(digits) {
                Ok(number) => Shape::Number(number),
                Err(_) => {
                    self.report(at, format!("expected a number that JSON can hold, found `{digits}`"), None);
                    Shape::Broken
                }
            },
            Next::Token(Token::Word(_)) | Next::Bad(None) => return self.broken(),
            _ => return Err(self.unexpected("a value", None)),
        };
        self.advance();
        Ok(Node { at, shape })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Shape, Stop>) -> Result<Node, Stop> {
        let at = self.at;
        if self.depth == DEEPEST {
            return Err(self.stop(format!("expected values at most {DEEPEST} deep, found deeper ones"), None));
        }
        self.depth += 1;
        self.advance();
        let shape = read(self)?;
        self.depth -= 1;
        self.advance();
        Ok(Node { at, shape })
    }

    /// Reads members up to the closing brace, which stays next.
    fn object(&mut self) -> Result<Shape, Stop> {
        let mut members: Vec<Member> = Vec::new();
        let mut first_at: HashMap<String, usize> = HashMap::new();
        let parent = self.path.len();
        loop {
            let key_at = self.at;
            let key = match self.next.clone() {
                Next::Token(Token::CloseBrace) => return Ok(Shape::Object(members)),
                Next::Token(Token::String(key)) => key.into_owned(),
                Next::Token(Token::Word(word)) => word.to_owned(),
                _ => return Err(self.unexpected("a key in double quotes or `}`", None)),
            };
            self.path.push_str(&key_step(&key));
            self.check_key(&key)?;
            if let Some(first) = first_at.insert(key.clone(), key_at) {
                let line = 1 + self.source.text[..first].matches('\n').count();
                let message =
                    format!("expected each key once, found {} again (first on line {line})", quoted(&key));
                self.report(key_at, message, None);
                if self.findings.is_full() {
                    return Err(Stop);
                }
            }
            self.advance();
            if !matches!(self.next, Next::Token(Token::Colon)) {
                return Err(self.unexpected("`:` after the key", None));
            }
            self.advance();
            let node = self.value()?;
            members.push(Member { key, key_at, node });
            self.path.truncate(parent);
            self.separator(&Token::CloseBrace)?;
        }
    }

    /// Reads elements up to the closing bracket, which stays next.
    fn list(&mut self) -> Result<Shape, Stop> {
        let mut nodes = Vec::new();
        let parent = self.path.len();
        while !matches!(self.next, Next::Token(Token::CloseBracket)) {
            self.path.push_str(&format!("[{}]", nodes.len()));
            nodes.push(self.value()?);
            self.path.truncate(parent);
            self.separator(&Token::CloseBracket)?;
        }
        Ok(Shape::List(nodes))
    }

    /// Passes the comma between two values, if `close` does not follow.
    fn separator(&mut self, close: &Token<'_>) -> Result<(), Stop> {
        let at = self.at;
        match &self.next {
            Next::Token(token) if token == close => Ok(()),
            Next::Token(Token::Comma) => {
                self.advance();
                if matches!(&self.next, Next::Token(token) if token == close) {
                    self.trailing_commas.get_or_insert(at);
                }
                Ok(())
            }
            Next::Token(Token::String(_) | Token::OpenBrace) => {
                let found = self.found();
                self.report(at, format!("expected `,` or `{}`, found {found}", close.as_str()), comma_hint());
                if self.findings.is_full() { Err(Stop) } else { Ok(()) }
            }
            _ => Err(self.unexpected(&format!("`,` or `{}`", close.as_str()), None)),
        }
    }

    /// Refuses a key without quotes, but reads on.
    fn check_key(&mut self, key: &str) -> Result<(), Stop> {
        match self.next {
            Next::Token(Token::Word(_)) => {
                let message = format!("expected a key in double quotes, found `{key}`");
                self.report(self.at, message, Some(format!("write \"{key}\"")));
                Ok(())
            }
            _ => self.check_text(key),
        }
    }

    /// Refuses control characters inside a text that stands next.
    fn check_text(&mut self, text: &str) -> Result<(), Stop> {
        let raw = &self.source.text[self.at..self.base + self.scanner.token_end()];
        if raw.contains(['\n', '\r']) {
            let message = "expected a text that ends on its line, found a line break in it".to_owned();
            return Err(self.stop(message, Some("is its closing quote missing?".to_owned())));
        }
        if raw.contains(|c: char| c < ' ') {
            let hint = Some("write it with a backslash, such as \\t".to_owned());
            self.report(self.at, "expected a text, found a control character in it".to_owned(), hint);
        }
        // PostgreSQL has no place for it, and no name or address needs one.
        if text.contains('\0') {
            self.report(self.at, "expected a text, found U+0000 in it".to_owned(), None);
        }
        Ok(())
    }

    /// Reports what stands where a value should, and reads on behind it.
    fn broken(&mut self) -> Result<Node, Stop> {
        let at = self.at;
        let rest = &self.source.text[at..];
        let line = rest.lines().next().unwrap_or_default();
        let ends_word = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | ']' | '}' | '[' | '{' | '"');
        let (length, message, hint) = match (line.chars().next(), line.find('>')) {
            (Some('<'), Some(close)) => {
                let text = &line[..=close];
                (
                    close + 1,
                    format!("expected a value, found the placeholder `{text}`"),
                    placeholder_hint(text),
                )
            }
            (Some('\''), _) => {
                let close = line[1..].find('\'').map_or(line.len(), |end| end + 2);
                let hint = Some("texts stand in double quotes".to_owned());
                (close, format!("expected a value, found `{}`", &line[..close]), hint)
            }
            (Some(c), _) if c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_') => {
                let word = &line[..line.find(ends_word).unwrap_or(line.len())];
                (word.len(), format!("expected a value, found `{word}`"), word_hint(word))
            }
            _ => return Err(self.unexpected("a value", None)),
        };
        self.report(at, message, hint);
        self.resume_at(at + length);
        if self.findings.is_full() { Err(Stop) } else { Ok(Node { at, shape: Shape::Broken }) }
    }
}

fn comma_hint() -> Option<String> {
    Some("is the comma before it missing?".to_owned())
}

/// What was meant by a bare word.
fn word_hint(word: &str) -> Option<String> {
    let meant = match word.to_lowercase().as_str() {
        "yes" | "on" => "true",
        "no" | "off" => "false",
        "none" | "nil" | "undefined" | "nan" => "null",
        _ => match nearest(word, ["true", "false", "null"]) {
            Some(meant) => meant,
            None if word.starts_with(char::is_alphabetic) => return Some(format!("write \"{word}\"")),
            None => return None,
        },
    };
    Some(format!("did you mean {meant}?"))
}

/// What is wrong with something that could not be scanned, where that says more than its first character.
fn fault(kind: &ParseErrorKind) -> Option<&'static str> {
    match kind {
        ParseErrorKind::String(ParseStringErrorKind::UnterminatedStringLiteral) => {
            Some("a text that never ends")
        }
        ParseErrorKind::String(_) => Some("a text with an escape that JSON does not have"),
        ParseErrorKind::UnterminatedCommentBlock => Some("a comment that never ends"),
        _ => None,
    }
}
