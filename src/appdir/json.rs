//! JSON values that know where they stand, and how messages speak of them.

use serde_json::{Map, Number, Value};

use super::problem::{Findings, Problem};

/// A file's text, under its name.
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    /// The text of a file, or `None` after reporting that it is none.
    pub(super) fn new(file: &'a str, bytes: &'a [u8], findings: &mut Findings) -> Option<Source<'a>> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(Source { file, text: text.strip_prefix('\u{feff}').unwrap_or(text) }),
            Err(error) => {
                let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
                let message = "expected UTF-8 text, found other bytes".to_owned();
                let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
                let hint = utf16.then(|| "this looks like UTF-16: save the file as UTF-8".to_owned());
                findings
                    .error(Problem { line: Some(line), ..Problem::of_file(file, message) }.with_hint(hint));
                None
            }
        }
    }

    /// A finding at a byte of the text.
    pub(super) fn problem(&self, at: usize, json_path: Option<&str>, message: String) -> Problem {
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Problem {
            file: self.file.to_owned(),
            line: Some(1 + before.matches('\n').count()),
            column: Some(1 + before[line_start..].chars().count()),
            json_path: json_path.map(str::to_owned),
            message,
            hint: None,
        }
    }
}

/// A JSON value that knows where it stands.
#[derive(Debug)]
pub(super) struct Node {
    /// The byte at which it begins.
    pub(super) at: usize,
    pub(super) shape: Shape,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Shape {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
    /// No JSON at all; reported already.
    Broken,
}

/// One key of an object, with its value.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) key_at: usize,
    pub(super) node: Node,
}

impl Node {
    /// The plain value.
    pub(super) fn to_value(&self) -> Value {
        match &self.shape {
            Shape::Null | Shape::Broken => Value::Null,
            Shape::Bool(value) => Value::Bool(*value),
            Shape::Number(number) => Value::Number(number.clone()),
            Shape::Text(text) => Value::String(text.clone()),
            Shape::List(nodes) => Value::Array(nodes.iter().map(Node::to_value).collect()),
            Shape::Object(members) => {
                let pairs = members.iter().map(|m| (m.key.clone(), m.node.to_value()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// The value in a message.
    pub(super) fn describe(&self) -> String {
        match &self.shape {
            Shape::Null | Shape::Broken => "null".to_owned(),
            Shape::Bool(value) => value.to_string(),
            Shape::Number(number) => number.to_string(),
            Shape::Text(text) => quoted(text),
            Shape::List(_) => "a list".to_owned(),
            Shape::Object(_) => "an object".to_owned(),
        }
    }
}

/// A text in double quotes for a message, cut where it gets long.
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.escape_debug().to_string();
    match escaped.char_indices().nth(60) {
        Some((end, _)) => format!("\"{}…\"", &escaped[..end]),
        None => format!("\"{escaped}\""),
    }
}

/// A step of a JSON path: `.name`, or `["any text"]` where the key is no plain word.
pub(super) fn key_step(key: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    if !key.is_empty() && key.chars().all(is_word) { format!(".{key}") } else { format!("[{}]", quoted(key)) }
}

/// What to do about a placeholder such as `<boolean>`; `None` if `text` is none.
pub(super) fn placeholder_hint(text: &str) -> Option<String> {
    let name = text.strip_prefix('<')?.strip_suffix('>')?;
    let what = if name.to_lowercase().contains("bool") { "true or false" } else { "a value" };
    Some(format!("replace the placeholder with {what}"))
}
