//! EJSON values as text that JavaScript can read without loss.

use serde_json::{Map, Value, json};

/// The greatest whole number of which JavaScript knows every neighbour.
const MOST_EXACT: u64 = 9_007_199_254_740_991;

/// The text of a value. Bare whole numbers that JavaScript would round go as `$numberLong`.
pub(super) fn text(value: &Value) -> String {
    if has_wide(value) { widened(value).to_string() } else { value.to_string() }
}

fn has_wide(value: &Value) -> bool {
    match value {
        Value::Number(number) => is_wide(number),
        Value::Array(list) => list.iter().any(has_wide),
        Value::Object(map) => map.values().any(has_wide),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

fn is_wide(number: &serde_json::Number) -> bool {
    number.as_i64().is_some_and(|whole| whole.unsigned_abs() > MOST_EXACT)
}

fn widened(value: &Value) -> Value {
    match value {
        Value::Number(number) if is_wide(number) => json!({ "$numberLong": number.to_string() }),
        Value::Array(list) => list.iter().map(widened).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, inside)| (key.clone(), widened(inside))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_beyond_a_double_go_as_longs() {
        assert_eq!(text(&json!([1, 9_007_199_254_740_991_i64])), "[1,9007199254740991]");
        let wide = json!({ "a": [9_007_199_254_740_993_i64, i64::MIN] });
        assert_eq!(
            text(&wide),
            r#"{"a":[{"$numberLong":"9007199254740993"},{"$numberLong":"-9223372036854775808"}]}"#
        );
    }
}
