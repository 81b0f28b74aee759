//! Reading answers of the Admin API: what is not there reads as nothing.

use serde_json::Value;

/// The text of a key; empty when there is none.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The number of a key; 0 when there is none.
pub(super) fn number(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or_default()
}

/// The count of a key; 0 when there is none.
pub(super) fn count(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_default()
}

/// The items of an array; none when it is no array.
pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// As people read it; in one line where the indentation of what is deep would be most of it.
pub(super) fn pretty(value: &Value) -> String {
    let (pretty, plain) = (serde_json::to_string_pretty(value).unwrap_or_default(), value.to_string());
    if pretty.len() > 4096 && pretty.len() / 2 > plain.len() { plain } else { pretty }
}
