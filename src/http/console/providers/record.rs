//! A provider's record, as an editor changes it.

use serde_json::{Map, Value, json};

use crate::auth::{Surroundings, concerns};
use crate::http::console::choices::{Choices, NewSecret};
use crate::http::console::json::pretty;
use crate::model::{AppConfig, Format, Provider, ProviderType, Secret, Settings};

/// What the API tells beside the names, and no file has.
const FUNCTION_IDS: [&str; 3] = ["confirmationFunctionId", "resetFunctionId", "authFunctionId"];
/// Where a configuration names a function.
const FUNCTION_NAMES: [&str; 3] = ["confirmationFunctionName", "resetFunctionName", "authFunctionName"];

/// A provider: `_id`, `name`, `type`, `disabled`, `config`, …
#[derive(Clone, Default)]
pub(super) struct Record(Map<String, Value>);

impl Record {
    /// One that the API told.
    pub(super) fn told(value: &Value) -> Record {
        let mut record = Record(value.as_object().cloned().unwrap_or_default());
        for key in FUNCTION_IDS {
            record.set_in("config", key, Value::Null);
        }
        record
    }

    /// One that is not there yet.
    pub(super) fn new(kind: ProviderType) -> Record {
        Record::told(&json!({ "name": kind.as_str(), "type": kind.as_str(), "disabled": true }))
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.0.get("_id").and_then(Value::as_str)
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.get("disabled") == Some(&Value::Bool(false))
    }

    /// Sets a section or takes it out, which null does.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        match value {
            Value::Null => drop(self.0.shift_remove(key)),
            value => drop(self.0.insert(key.to_owned(), value)),
        }
    }

    /// Sets a key of a section or takes it out, which null does. A section that has none is not there.
    pub(super) fn set_in(&mut self, section: &str, key: &str, value: Value) {
        let known = self.0.get(section).and_then(Value::as_object);
        let mut map = match (known, &value) {
            (None, Value::Null) => return,
            (known, _) => known.cloned().unwrap_or_default(),
        };
        match value {
            Value::Null => drop(map.shift_remove(key)),
            value => drop(map.insert(key.to_owned(), value)),
        }
        self.0.insert(section.to_owned(), Value::Object(map));
    }

    pub(super) fn section(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or(&Value::Null)
    }

    pub(super) fn config(&self, key: &str) -> &Value {
        &self.section("config")[key]
    }

    pub(super) fn config_text(&self, key: &str) -> &str {
        self.config(key).as_str().unwrap_or_default()
    }

    /// Whether a switch of `config` is on; descriptions of the original have it as a word, too.
    pub(super) fn config_flag(&self, key: &str) -> bool {
        *self.config(key) == true || *self.config(key) == "true"
    }

    /// The name of a secret in `secret_config`.
    pub(super) fn secret(&self, key: &str) -> &str {
        self.section("secret_config")[key].as_str().unwrap_or_default()
    }

    /// The patch that makes another record this one: what is not here goes as null, in `config` key by key.
    pub(super) fn in_place_of(&self, other: &Record) -> Value {
        let mut patch = with_nulls(&self.0, &other.0);
        let config = |record: &Record| record.section("config").as_object().cloned();
        if let (Some(here), Some(there)) = (config(self), config(other)) {
            patch.insert("config".to_owned(), Value::Object(with_nulls(&here, &there)));
        }
        Value::Object(patch)
    }

    /// As its file has it.
    pub(super) fn as_file(&self) -> String {
        let mut file = self.0.clone();
        file.shift_remove("_id");
        pretty(&Value::Object(file))
    }

    /// What keeps an enabled provider from letting anybody in. Secrets that are not there yet are no matter of this.
    pub(super) fn problems(&self, kind: ProviderType, choices: &Choices, new: &[NewSecret]) -> Vec<String> {
        let mut looked_at = self.clone();
        // Without a page for resets people come in all the same.
        if looked_at.config_text("resetPasswordUrl").is_empty() {
            looked_at.set_in("config", "resetPasswordUrl", "https://app.example/reset".into());
        }
        let found = looked_at.concerns(kind, choices, new);
        found.into_iter().filter(|(_, is_broken)| *is_broken).map(|(message, _)| message).collect()
    }

    /// What whoever enables it should know.
    pub(super) fn notes(&self, kind: ProviderType, choices: &Choices) -> Vec<String> {
        let of_secrets = |message: &str| message.starts_with("it needs the secret");
        let found = self.concerns(kind, choices, &[]).into_iter().map(|(message, _)| message);
        found.filter(|message| !of_secrets(message)).collect()
    }

    fn concerns(&self, kind: ProviderType, choices: &Choices, new: &[NewSecret]) -> Vec<(String, bool)> {
        let provider = Provider { rest: self.0.clone(), ..Provider::new(kind, !self.is_on()) };
        let names = FUNCTION_NAMES.map(|key| self.config_text(key));
        let known = names.into_iter().filter(|name| choices.function_id(name).is_some());
        let secret = |name: &str| -> Option<Secret<String>> {
            new.iter().find(|secret| secret.name == name).map(|secret| secret.value.clone())
        };
        let around = Surroundings { secret: &secret, knows_all_secrets: false, mails: None };
        let files: Vec<(String, Vec<u8>)> = known.flat_map(stand_in).collect();
        let found = concerns(&only(provider), &files, &around);
        found.into_iter().map(|concern| (concern.message, concern.is_broken)).collect()
    }
}

/// A map, and null for the keys that only the other one has.
fn with_nulls(map: &Map<String, Value>, other: &Map<String, Value>) -> Map<String, Value> {
    let mut whole = map.clone();
    for key in other.keys() {
        whole.entry(key.as_str()).or_insert(Value::Null);
    }
    whole
}

/// A function that is there, whatever it does.
fn stand_in(name: &str) -> [(String, Vec<u8>); 2] {
    [
        (format!("functions/{name}/config.json"), json!({ "name": name }).to_string().into_bytes()),
        (format!("functions/{name}/source.js"), b"exports = () => {};".to_vec()),
    ]
}

/// An app with one provider.
fn only(provider: Provider) -> AppConfig {
    AppConfig {
        format: Format::V20210101,
        name: "app".to_owned(),
        allowed_request_origins: Vec::new(),
        deployment_model: String::new(),
        location: String::new(),
        root: Map::new(),
        providers: vec![provider],
        settings: Settings::default(),
        ids: std::collections::BTreeMap::new(),
    }
}
