//! `custom-token`: people whom the app's own issuer knows, and Firebase's or Okta's.

use serde_json::{Map, Value};

use super::foreign_token::{self, Audience, BadKeys, Expect, Keys, verify};
use super::jwks::KeySets;
use super::metadata::{BadMetadata, MetadataField, MetadataRefusal, check_fields, map_metadata};
use super::person::Person;
use crate::model::{Secret, Timestamp};

/// The configuration of one app's provider, resolved.
pub struct CustomToken {
    keys: Keys,
    audience: Vec<String>,
    any_audience: bool,
    fields: Vec<MetadataField>,
}

/// A configuration that cannot work; the provider refuses every login until it is repaired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCustomToken {
    /// A value of the wrong kind.
    #[error("failed to understand `{0}`: expected {1}")]
    Value(&'static str, &'static str),
    /// No secret has this name.
    #[error("failed to find the secret `{0}`")]
    NoSecret(String),
    /// Keys that are of no use.
    #[error(transparent)]
    Keys(#[from] BadKeys),
    /// Fields that make no sense.
    #[error(transparent)]
    Metadata(#[from] BadMetadata),
}

/// Why a login is refused, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The token is not good.
    #[error("invalid custom auth token: {0}")]
    Token(#[from] foreign_token::Refusal),
    /// It lacks what is required, or says too much.
    #[error("invalid custom auth token: {0}")]
    Metadata(#[from] MetadataRefusal),
}

impl CustomToken {
    /// Reads the members of a provider: `config`, `secret_config` and `metadata_fields`. An app without an audience
    /// of its own wants its client app id.
    pub fn read(
        provider: &Map<String, Value>,
        client_app_id: &str,
        secret: impl Fn(&str) -> Option<Secret<String>>,
    ) -> Result<CustomToken, BadCustomToken> {
        let config = |name: &str| provider.get("config").and_then(|config| config.get(name));
        let keys = if flag("useJWKURI", config("useJWKURI"))? {
            Keys::Set(address(config("jwkURI"))?)
        } else {
            let names = list("secret_config.signingKeys", pointer(provider, "secret_config", "signingKeys"))?;
            let missing = |name: &String| BadCustomToken::NoSecret(name.clone());
            let secrets: Result<Vec<_>, _> =
                names.iter().map(|name| secret(name).ok_or_else(|| missing(name))).collect();
            match config("signingAlgorithm") {
                None | Some(Value::Null) => Keys::hs256(&secrets?)?,
                Some(Value::String(name)) if name == "HS256" || name.is_empty() => Keys::hs256(&secrets?)?,
                Some(Value::String(name)) if name == "RS256" => Keys::rs256(&secrets?)?,
                Some(_) => return Err(BadCustomToken::Value("signingAlgorithm", "HS256 or RS256")),
            }
        };
        let mut audience = list("audience", config("audience"))?;
        if audience.is_empty() {
            audience.push(client_app_id.to_owned());
        }
        let any_audience = flag("requireAnyAudience", config("requireAnyAudience"))?;
        Ok(CustomToken { keys, audience, any_audience, fields: fields(provider.get("metadata_fields"))? })
    }

    /// Who a token's bearer is.
    pub async fn prove(&self, token: &str, sets: &KeySets, now: Timestamp) -> Result<Person, Refusal> {
        let audience = if self.any_audience { Audience::Any } else { Audience::All };
        let expect =
            Expect { keys: &self.keys, issuers: None, audience: audience(&self.audience), nonce: None, now };
        let claims = verify(token, &expect, sets).await?;
        let data = map_metadata(&claims.all, &self.fields)?;
        Ok(Person { id: claims.subject, data })
    }
}

impl Refusal {
    /// Whether we could not find out, rather than that the token is bad.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Refusal::Token(token) if token.is_unavailable())
    }
}

fn pointer<'p>(provider: &'p Map<String, Value>, part: &str, name: &str) -> Option<&'p Value> {
    provider.get(part).and_then(|part| part.get(name))
}

/// A boolean, or its word, as the original's own description has it.
fn flag(name: &'static str, value: Option<&Value>) -> Result<bool, BadCustomToken> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(word)) if word == "true" => Ok(true),
        Some(Value::String(word)) if word == "false" || word.is_empty() => Ok(false),
        Some(_) => Err(BadCustomToken::Value(name, "true or false")),
    }
}

/// A list of texts, or one text with commas; empty texts do not count.
fn list(name: &'static str, value: Option<&Value>) -> Result<Vec<String>, BadCustomToken> {
    let texts: Vec<&str> = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.split(',').map(str::trim).collect(),
        Some(Value::Array(values)) => {
            let texts: Option<_> = values.iter().map(Value::as_str).collect();
            texts.ok_or(BadCustomToken::Value(name, "a list of texts"))?
        }
        Some(_) => return Err(BadCustomToken::Value(name, "a list of texts")),
    };
    Ok(texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect())
}

fn address(value: Option<&Value>) -> Result<String, BadCustomToken> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    let fits = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    if fits { Ok(text.to_owned()) } else { Err(BadCustomToken::Value("jwkURI", "an address, https://…")) }
}

fn fields(value: Option<&Value>) -> Result<Vec<MetadataField>, BadCustomToken> {
    let wrong = || BadCustomToken::Value("metadata_fields", "a list of {name, required, field_name}");
    let entries = match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(_) => return Err(wrong()),
    };
    let field = |entry: &Value| {
        let path = entry.get("name").and_then(Value::as_str).ok_or_else(wrong)?;
        let field_name = match entry.get("field_name") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name.as_str()).filter(|name| !name.is_empty()),
            Some(_) => return Err(wrong()),
        };
        let required = flag("metadata_fields.required", entry.get("required"))?;
        MetadataField::new(path, field_name, required).map_err(BadCustomToken::from)
    };
    let fields: Vec<MetadataField> = entries.iter().map(field).collect::<Result<_, _>>()?;
    check_fields(&fields)?;
    Ok(fields)
}

#[cfg(test)]
mod tests;
