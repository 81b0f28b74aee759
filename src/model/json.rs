//! JSON as people write it into the files of an app.

use jsonc_parser::ParseOptions;
use serde_json::Value;

/// Why a file is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadJson {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, with the place.
    pub message: String,
}

/// Reads a file, which may have comments, commas before a closing bracket and a byte order mark.
pub fn read_json(bytes: &[u8]) -> Result<Value, BadJson> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text).or_else(|error: serde_json::Error| {
        let bad = BadJson { line: error.line(), message: error.to_string() };
        let lenient = jsonc_parser::parse_to_serde_value(text, &ParseOptions::default()).ok();
        // A text of comments alone, or of nothing, would be null.
        lenient.filter(|value: &Value| !value.is_null()).ok_or(bad)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_people_write_is_read_and_what_is_no_json_says_where() {
        let written = "\u{feff}{ // why\n \"a\": [1, /* two */ 2,],\r\n}";
        assert_eq!(read_json(written.as_bytes()), Ok(json!({ "a": [1, 2] })));
        let bad = read_json(b"{\n \"a\": }").unwrap_err();
        assert_eq!((bad.line, bad.to_string()), (2, "expected value at line 2 column 7".to_owned()));
        assert!(read_json(b"").is_err(), "nothing is no JSON");
    }
}
