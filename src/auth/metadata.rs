//! Which claims of a custom token become data of the user.

use serde_json::{Map, Value};

/// The longest value, in characters of text or of JSON.
const LONGEST_VALUE: usize = 4096;
/// The longest `field_name`, in characters.
const LONGEST_NAME: usize = 63;

/// One entry of `metadata_fields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataField {
    /// `name` as it was written, for messages.
    path: String,
    /// The keys that lead to the claim.
    steps: Vec<String>,
    /// `name` as a single key, for claims whose name holds bare dots.
    whole: String,
    /// Under which name it is kept.
    field_name: String,
    /// Whether a token without it is refused.
    required: bool,
}

/// A mapping that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMetadata {
    /// A path that is empty, or has an empty step.
    #[error(
        "failed to understand the path `{0}`: expected keys with dots between them, a dot of a key as `\\.`"
    )]
    Path(String),
    /// A name that is empty or too long.
    #[error("failed to accept the field name `{0}`: expected 1 to 63 characters")]
    Name(String),
    /// Two fields of one name.
    #[error("failed to keep two fields under the name `{0}`")]
    Twice(String),
}

/// Why a token's metadata is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataRefusal {
    /// A required field is not there.
    #[error("expected field '{0}' to be in token metadata")]
    Missing(String),
    /// A value is too long.
    #[error("field '{0}' of token metadata is longer than {LONGEST_VALUE} characters")]
    TooLong(String),
}

impl MetadataField {
    /// `path` in dot notation, a literal dot escaped by a backslash; `field_name` by default the last key.
    pub fn new(path: &str, field_name: Option<&str>, required: bool) -> Result<MetadataField, BadMetadata> {
        let steps = steps(path);
        if steps.iter().any(String::is_empty) {
            return Err(BadMetadata::Path(path.to_owned()));
        }
        let field_name = match field_name {
            Some(name) if (1..=LONGEST_NAME).contains(&name.chars().count()) => name.to_owned(),
            Some(name) => return Err(BadMetadata::Name(name.to_owned())),
            None => steps.last().cloned().unwrap_or_default(),
        };
        let whole = steps.join(".");
        Ok(MetadataField { path: path.to_owned(), steps, whole, field_name, required })
    }

    /// The claim, by its path, else by the whole path as one key. `null` is there.
    fn find<'c>(&self, claims: &'c Map<String, Value>) -> Option<&'c Value> {
        let (first, rest) = self.steps.split_first()?;
        let follow = |start| rest.iter().try_fold(start, |value: &Value, step| value.as_object()?.get(step));
        claims.get(first).and_then(follow).or_else(|| claims.get(&self.whole))
    }
}

/// Refuses two fields that would be kept under one name.
pub fn check_fields(fields: &[MetadataField]) -> Result<(), BadMetadata> {
    let twice = fields
        .iter()
        .enumerate()
        .find(|(n, field)| fields[..*n].iter().any(|earlier| earlier.field_name == field.field_name));
    twice.map_or(Ok(()), |(_, field)| Err(BadMetadata::Twice(field.field_name.clone())))
}

/// What of the claims is kept, in the order of the fields.
pub fn map_metadata(
    claims: &Map<String, Value>,
    fields: &[MetadataField],
) -> Result<Map<String, Value>, MetadataRefusal> {
    let mut data = Map::new();
    for field in fields {
        let Some(value) = field.find(claims) else {
            if field.required {
                return Err(MetadataRefusal::Missing(field.path.clone()));
            }
            continue;
        };
        let fits = match value {
            Value::String(text) => text.len() <= LONGEST_VALUE || text.chars().count() <= LONGEST_VALUE,
            other => other.to_string().chars().count() <= LONGEST_VALUE,
        };
        if !fits {
            return Err(MetadataRefusal::TooLong(field.path.clone()));
        }
        data.insert(field.field_name.clone(), value.clone());
    }
    Ok(data)
}

/// Takes a path apart at its bare dots.
fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        let Some(step) = steps.last_mut() else { break };
        match c {
            '.' => steps.push(String::new()),
            '\\' => step.push(chars.next().unwrap_or('\\')),
            c => step.push(c),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims() -> Map<String, Value> {
        let claims = json!({
            "sub": "ann",
            "http://example.com/id": 7,
            "valid.json.key": { "nested_key": true },
            "location": { "primary": { "city": "Bern" }, "a.b": [1, 2], "a\\b": "slash" },
            "firebase": { "identities": { "email": ["ann@example.com"] } },
            "nothing": null,
            "name.first": "Ann",
        });
        claims.as_object().unwrap().clone()
    }

    fn field(path: &str, required: bool) -> MetadataField {
        MetadataField::new(path, None, required).unwrap()
    }

    #[test]
    fn a_path_finds_its_claim_and_names_it_by_its_last_key() {
        for (path, expected) in [
            ("sub", json!({ "sub": "ann" })),
            ("location.primary.city", json!({ "city": "Bern" })),
            ("location.primary", json!({ "primary": { "city": "Bern" } })),
            (r"http://example\.com/id", json!({ "http://example.com/id": 7 })),
            (r"valid\.json\.key.nested_key", json!({ "nested_key": true })),
            (r"location.a\.b", json!({ "a.b": [1, 2] })),
            (r"location.a\\b", json!({ r"a\b": "slash" })),
            ("firebase.identities.email", json!({ "email": ["ann@example.com"] })),
            ("name.first", json!({ "first": "Ann" })),
            ("nothing", json!({ "nothing": null })),
            ("location.a.b", json!({})),
            ("location.primary.city.x", json!({})),
            ("firebase.identities.email.0", json!({})),
            ("absent", json!({})),
        ] {
            let data = map_metadata(&claims(), &[field(path, false)]).unwrap();
            assert_eq!(Value::Object(data), expected, "{path}");
        }
    }

    #[test]
    fn fields_keep_their_order_and_names() {
        let fields = [
            MetadataField::new("location.primary.city", Some("name"), true).unwrap(),
            field("absent", false),
            field("sub", true),
        ];
        let data = map_metadata(&claims(), &fields).unwrap();
        assert_eq!(serde_json::to_string(&data).unwrap(), r#"{"name":"Bern","sub":"ann"}"#);
    }

    #[test]
    fn a_required_field_that_is_absent_is_refused() {
        let refusal = map_metadata(&claims(), &[field("location.zip", true)]).unwrap_err();
        assert_eq!(refusal.to_string(), "expected field 'location.zip' to be in token metadata");
    }

    #[test]
    fn a_value_of_more_than_4096_characters_is_refused() {
        for (value, fits) in [
            (json!("é".repeat(4096)), true),
            (json!("é".repeat(4097)), false),
            (json!(vec![1; 2047]), true),
            (json!(vec![1; 2048]), false),
        ] {
            let claims = json!({ "x": value });
            let mapped = map_metadata(claims.as_object().unwrap(), &[field("x", false)]);
            let expected = if fits { None } else { Some(MetadataRefusal::TooLong("x".to_owned())) };
            assert_eq!(mapped.err(), expected);
        }
    }

    #[test]
    fn a_mapping_that_makes_no_sense_is_refused() {
        for path in ["", ".", "a.", ".a", "a..b"] {
            assert_eq!(MetadataField::new(path, None, false), Err(BadMetadata::Path(path.to_owned())));
        }
        let long = "é".repeat(64);
        for name in ["", &long] {
            assert_eq!(MetadataField::new("a", Some(name), false), Err(BadMetadata::Name(name.to_owned())));
        }
        assert!(MetadataField::new("a", Some(&"é".repeat(63)), false).is_ok());
        let fields = [field("a.name", false), MetadataField::new("b", Some("name"), true).unwrap()];
        assert_eq!(check_fields(&fields), Err(BadMetadata::Twice("name".to_owned())));
        assert_eq!(check_fields(&fields[..1]), Ok(()));
    }
}
