//! What was learned from answers, and what later ones must agree with.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::pieces::{Piece, kind, length_of, pieces};

/// Where an answer has a numbered name first, its value is learned; from then on it must be the same, and requests
/// send it.
pub(super) struct Memory {
    known: HashMap<String, String>,
}

/// A recorded text that cannot be sent, or an answer that is another: where, wanted, found.
pub(super) type Difference = String;

impl Memory {
    pub(super) fn new<const N: usize>(known: [(&str, String); N]) -> Memory {
        Memory { known: known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    /// A value that is known already.
    pub(super) fn known(&self, name: &str) -> Result<&str, Difference> {
        let known = self.known.get(name).map(String::as_str);
        known.ok_or_else(|| format!("no answer before had the value of `{name}`"))
    }

    /// A recorded text with what is known in it.
    pub(super) fn filled(&self, text: &str) -> Result<String, Difference> {
        pieces(text)
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(*text),
                Piece::Name(name) => self.known(name),
            })
            .collect()
    }

    /// A recorded value with what is known in it.
    pub(super) fn filled_value(&self, value: &Value) -> Result<Value, Difference> {
        Ok(match value {
            Value::String(text) => self.filled(text)?.into(),
            Value::Array(values) => {
                values.iter().map(|value| self.filled_value(value)).collect::<Result<Vec<_>, _>>()?.into()
            }
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| Ok((key.clone(), self.filled_value(value)?));
                map.iter().map(entry).collect::<Result<Map<_, _>, Difference>>()?.into()
            }
            other => other.clone(),
        })
    }

    /// Compares a value with a recorded one, and learns. `at` says where it stands.
    pub(super) fn agree(&mut self, found: &Value, wanted: &Value, at: &str) -> Result<(), Difference> {
        match (found, wanted) {
            (Value::Number(found), Value::String(name)) if name == "{{#second}}" => {
                let is_second = found.as_i64().is_some_and(|second| second > 1_700_000_000);
                if is_second { Ok(()) } else { different(at, "a second", found) }
            }
            (Value::String(found), Value::String(wanted)) => self.agree_text(found, wanted, at),
            (Value::Array(found), Value::Array(wanted)) => {
                let longer = found.len().max(wanted.len());
                (0..longer)
                    .try_for_each(|n| self.agree_part(found.get(n), wanted.get(n), &format!("{at}[{n}]")))
            }
            (Value::Object(found), Value::Object(wanted)) => {
                let unwanted = found.keys().filter(|key| !wanted.contains_key(*key));
                wanted.keys().chain(unwanted).try_for_each(|key| {
                    self.agree_part(found.get(key), wanted.get(key), &format!("{at}[{key:?}]"))
                })
            }
            _ if found == wanted => Ok(()),
            _ => different(at, wanted, found),
        }
    }

    fn agree_part(
        &mut self,
        found: Option<&Value>,
        wanted: Option<&Value>,
        at: &str,
    ) -> Result<(), Difference> {
        match (found, wanted) {
            (Some(found), Some(wanted)) => self.agree(found, wanted, at),
            (found, wanted) => {
                let or_nothing = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
                different(at, or_nothing(wanted), or_nothing(found))
            }
        }
    }

    /// Compares a text with a recorded one, and learns.
    pub(super) fn agree_text(&mut self, found: &str, wanted: &str, at: &str) -> Result<(), Difference> {
        let mut rest = found;
        for piece in pieces(wanted) {
            let taken = match piece {
                Piece::Text(text) => rest.starts_with(text).then_some(text.len()),
                Piece::Name(name) => self.take(name, rest),
            };
            let Some(taken) = taken else { return self.different_text(found, wanted, at) };
            rest = &rest[taken..];
        }
        if rest.is_empty() { Ok(()) } else { self.different_text(found, wanted, at) }
    }

    /// How much of a text is the value of a name, which is learned if it is new and numbered.
    fn take(&mut self, name: &str, text: &str) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            return text.starts_with(known.as_str()).then_some(known.len());
        }
        let length = length_of(name, text)?;
        if name.contains(':') {
            let value = &text[..length];
            // Two tokens of one second may be alike, two of anything else may not.
            let is_taken = kind(name) != "token" && self.known.values().any(|known| known == value);
            if is_taken {
                return None;
            }
            self.known.insert(name.to_owned(), value.to_owned());
        }
        Some(length)
    }

    /// Says what was wanted with what is known in it, so that it can be read beside what was found.
    fn different_text(&self, found: &str, wanted: &str, at: &str) -> Result<(), Difference> {
        let wanted: String = pieces(wanted)
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => (*text).to_owned(),
                Piece::Name(name) => {
                    self.known.get(*name).cloned().unwrap_or_else(|| format!("{{{{{name}}}}}"))
                }
            })
            .collect();
        different(at, json!(wanted), json!(found))
    }
}

/// The one form of every difference.
pub(super) fn different<T>(
    at: &str,
    wanted: impl std::fmt::Display,
    found: impl std::fmt::Display,
) -> Result<T, Difference> {
    Err(format!("at {at}\n  wanted {wanted}\n  found  {found}"))
}

#[test]
fn a_difference_says_where_it_is() {
    let mut memory = Memory::new([]);
    let wanted = json!({"results": [{"id": "{{id:1}}", "name": "seed"}], "total": 1});
    let mut found = json!({"results": [{"id": "636a9db3bdeec4a0374030d4", "name": "seed"}], "total": 1});
    assert_eq!(memory.agree(&found, &wanted, "$"), Ok(()));
    found["results"][0]["name"] = "seeds".into();
    let said = "at $[\"results\"][0][\"name\"]\n  wanted \"seed\"\n  found  \"seeds\"";
    assert_eq!(memory.agree(&found, &wanted, "$"), Err(said.to_owned()));
    found["results"] = json!([]);
    let said = "at $[\"results\"][0]\n  wanted {\"id\":\"{{id:1}}\",\"name\":\"seed\"}\n  found  nothing";
    assert_eq!(memory.agree(&found, &wanted, "$"), Err(said.to_owned()));
    let said = "at $[\"links\"]\n  wanted nothing\n  found  []";
    assert_eq!(memory.agree(&json!({"links": []}), &json!({}), "$"), Err(said.to_owned()));
}

#[test]
fn what_was_learned_must_stay_the_same() {
    let (one, other) = ("636a9db3bdeec4a0374030d4", "636a9db3bdeec4a0374030d5");
    let mut memory = Memory::new([]);
    assert!(memory.filled("/apps/{{id:1}}").is_err(), "nothing is known yet");
    assert_eq!(memory.agree_text(one, "{{id:1}}", "$"), Ok(()));
    assert_eq!(memory.filled("/apps/{{id:1}}"), Ok(format!("/apps/{one}")));
    assert!(memory.agree_text(other, "{{id:1}}", "$").is_err(), "another id");
    assert!(memory.agree_text(one, "{{id:2}}", "$").is_err(), "an id that is something else's");
    assert_eq!(memory.agree_text(other, "{{id:2}}", "$"), Ok(()));
    assert!(memory.agree_text("12s", "{{took}}", "$").is_err(), "something else than the name says");
}
