//! What an app does beyond its providers, read from the kept files of a deployment: triggers, values, environments,
//! the function that a new user meets.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::triggers::Triggers;
use crate::functions::{Environment, Program};
use crate::model::AppConfig;

/// The behaviour of one deployment.
#[derive(Debug, Default)]
pub(super) struct Behaviour {
    pub(super) triggers: Triggers,
    /// Named values, some of which are a secret's.
    pub(super) values: BTreeMap<String, NamedValue>,
    /// The app's functions.
    pub(super) program: Arc<Program>,
    /// The environment and its values.
    pub(super) environment: Arc<Environment>,
    /// The function that is called before a user is made.
    pub(super) on_user_creation: Option<String>,
}

/// A named value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum NamedValue {
    /// The value itself.
    Plain(Value),
    /// The name of the secret that has it.
    Secret(String),
}

impl Behaviour {
    /// Reads it; what cannot be read is passed over, as `check` says.
    pub(super) fn read(config: &AppConfig, files: &[(String, Vec<u8>)]) -> Behaviour {
        let tag = config.root.get("environment").and_then(Value::as_str).unwrap_or_default().to_owned();
        let file = match tag.as_str() {
            "" | "none" => "environments/no-environment.json".to_owned(),
            name => format!("environments/{name}.json"),
        };
        let values_of = json(files, &file).and_then(|v| v.get("values")?.as_object().cloned());
        Behaviour {
            triggers: Triggers::read(files),
            values: values(files),
            program: Arc::new(Program::read(files).0),
            environment: Arc::new(Environment { tag, values: values_of.unwrap_or_default() }),
            on_user_creation: on_user_creation(config, files),
        }
    }
}

fn json(files: &[(String, Vec<u8>)], path: &str) -> Option<Value> {
    let (_, bytes) = files.iter().find(|(p, _)| p == path)?;
    serde_json::from_slice(bytes).ok()
}

fn values(files: &[(String, Vec<u8>)]) -> BTreeMap<String, NamedValue> {
    let of_values = files.iter().filter(|(path, _)| path.starts_with("values/") && path.ends_with(".json"));
    let read = of_values.filter_map(|(_, bytes)| {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let name = value.get("name")?.as_str()?.to_owned();
        let from_secret = value.get("from_secret").and_then(Value::as_bool).unwrap_or(false);
        let named = match (from_secret, value.get("value")?) {
            (true, Value::String(secret)) => NamedValue::Secret(secret.clone()),
            (_, value) => NamedValue::Plain(value.clone()),
        };
        Some((name, named))
    });
    read.collect()
}

fn on_user_creation(config: &AppConfig, files: &[(String, Vec<u8>)]) -> Option<String> {
    let newer = json(files, "auth/custom_user_data.json");
    let settings = newer.as_ref().or_else(|| config.root.get("custom_user_data_config"))?;
    let name = settings.get("on_user_creation_function_name")?.as_str()?;
    (!name.is_empty()).then(|| name.to_owned())
}
