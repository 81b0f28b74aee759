//! What an app does beyond its providers, read from the kept files of a deployment: triggers, values, environments,
//! the function that a new user meets.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::triggers::Triggers;
use crate::functions::{Environment, Finding, Program};
use crate::model::{AppConfig, BadJson, read_json};

/// The settings of custom user data, in the newer layouts.
pub(super) const CUSTOM_USER_DATA: &str = "auth/custom_user_data.json";

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
    /// Reads it, and says what of its files cannot be read: that is passed over.
    pub(super) fn read(config: &AppConfig, files: &[(String, Vec<u8>)]) -> (Behaviour, Vec<Finding>) {
        let (program, of_functions) = Program::read(files);
        let mut reading = Reading { files, findings: Vec::new() };
        let tag = config.root.get("environment").and_then(Value::as_str).unwrap_or_default().to_owned();
        let environment = match tag.as_str() {
            "" | "none" => "environments/no-environment.json".to_owned(),
            name => format!("environments/{name}.json"),
        };
        let environment =
            reading.one(&environment).and_then(|value| value.get("values")?.as_object().cloned());
        let behaviour = Behaviour {
            triggers: Triggers::of_files(&reading.all("triggers/")),
            values: reading.all("values/").iter().filter_map(named_value).collect(),
            program: Arc::new(program),
            environment: Arc::new(Environment { tag, values: environment.unwrap_or_default() }),
            on_user_creation: on_user_creation(config, reading.one(CUSTOM_USER_DATA).as_ref()),
        };
        (behaviour, reading.findings.into_iter().chain(of_functions).collect())
    }
}

/// Files of JSON, and which of them are none.
struct Reading<'a> {
    files: &'a [(String, Vec<u8>)],
    findings: Vec<Finding>,
}

impl Reading<'_> {
    fn one(&mut self, path: &str) -> Option<Value> {
        let (_, bytes) = self.files.iter().find(|(known, _)| known == path)?;
        self.read(path, bytes)
    }

    /// Those directly in a folder.
    fn all(&mut self, folder: &str) -> Vec<Value> {
        let is_inside = |path: &str| {
            path.strip_prefix(folder).is_some_and(|name| name.ends_with(".json") && !name.contains('/'))
        };
        let files = self.files;
        files
            .iter()
            .filter(|(path, _)| is_inside(path))
            .filter_map(|(path, bytes)| self.read(path, bytes))
            .collect()
    }

    fn read(&mut self, path: &str, bytes: &[u8]) -> Option<Value> {
        read_json(bytes)
            .map_err(|BadJson { line, message }| {
                let message = format!("{message}: the file is passed over");
                self.findings.push(Finding { file: path.to_owned(), line: Some(line), message });
            })
            .ok()
    }
}

fn named_value(value: &Value) -> Option<(String, NamedValue)> {
    let name = value.get("name")?.as_str()?.to_owned();
    let from_secret = value.get("from_secret").and_then(Value::as_bool).unwrap_or(false);
    let named = match (from_secret, value.get("value")?) {
        (true, Value::String(secret)) => NamedValue::Secret(secret.clone()),
        (_, value) => NamedValue::Plain(value.clone()),
    };
    Some((name, named))
}

fn on_user_creation(config: &AppConfig, newer: Option<&Value>) -> Option<String> {
    let settings = newer.or_else(|| config.root.get("custom_user_data_config"))?;
    let name = settings.get("on_user_creation_function_name")?.as_str()?;
    (!name.is_empty()).then(|| name.to_owned())
}
