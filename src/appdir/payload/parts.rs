//! What stands in lists: functions, services with their rules and webhooks, secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::read::Reading;
use crate::appdir::convert::in_parts;
use crate::appdir::json::Shape as Kind;
use crate::appdir::spot::Spot;
use crate::appdir::write::text_of;

/// Values of secrets by their keys in `secret_config`, by who has them.
pub(super) type Given = BTreeMap<String, Vec<(String, Vec<String>)>>;

impl Reading<'_> {
    /// `[{"config": {…}, "source": "…"}]`, or for the newest shape `[{…, "source": "…"}]`.
    pub(super) fn function_list(&mut self, list: &Spot<'_>, is_flat: bool) {
        let mut configs = Vec::new();
        for item in list.list(self.findings).unwrap_or_default() {
            let Some(config) = (if is_flat { Some(item.clone()) } else { self.needed(&item, "config") })
            else {
                continue;
            };
            let Some(name) = self.name(&config, "functions/", true) else { continue };
            let source = item.given("source").and_then(|source| source.text(self.findings));
            let source_path =
                if is_flat { format!("functions/{name}.js") } else { format!("functions/{name}/source.js") };
            if let Some(source) = source {
                self.put(&source_path, source.as_bytes().to_vec(), &item);
            }
            let mut value = config.node().to_value();
            if is_flat {
                value.as_object_mut().map(|map| map.shift_remove("source"));
                configs.push(value);
            } else {
                self.put(&format!("functions/{name}/config.json"), text_of(&value), &config);
            }
        }
        if !configs.is_empty() {
            self.put("functions/config.json", text_of(&configs), list);
        }
    }

    /// `{"config": [{…}], "sources": {"a/b.js": "…"}}`.
    pub(super) fn function_tree(&mut self, functions: &Spot<'_>) {
        if let Some(config) = functions.given("config")
            && let Some(items) = config.list(self.findings)
        {
            for item in &items {
                item.object(self.findings);
            }
            if !items.is_empty() {
                self.put("functions/config.json", text_of(&config.node().to_value()), &config);
            }
        }
        let Some(sources) = functions.given("sources") else { return };
        for (path, source) in sources.object(self.findings).unwrap_or_default() {
            if let Some(text) = source.text(self.findings) {
                self.put(&format!("functions/{path}"), text.as_bytes().to_vec(), &source);
            }
        }
    }

    /// `[{"config": {…}, "default_rule": {…}, "incoming_webhooks": […], "rules": […]}]`, each a directory.
    pub(super) fn services(&mut self, section: &str, list: &Spot<'_>, given: &mut Given) {
        for item in list.list(self.findings).unwrap_or_default() {
            let Some(config) = self.needed(&item, "config") else { continue };
            let Some(name) = self.name(&config, section, false) else { continue };
            let folder = format!("{section}/{name}");
            let mut value = config.node().to_value();
            if let (Some(map), Some(secrets)) = (value.as_object_mut(), given.remove(&name)) {
                self.name_secrets(&name, map, secrets);
            }
            self.put(&format!("{folder}/config.json"), text_of(&value), &config);
            if let Some(rule) =
                item.given("default_rule").filter(|rule| !super::is_absent(&rule.node().to_value()))
            {
                rule.object(self.findings);
                self.put(&format!("{folder}/default_rule.json"), text_of(&rule.node().to_value()), &rule);
            }
            let rules = item.given("rules").and_then(|rules| rules.list(self.findings));
            for (index, rule) in rules.into_iter().flatten().enumerate() {
                self.rule(section == "data_sources", &folder, &rule, index);
            }
            let hooks = item.given("incoming_webhooks").and_then(|hooks| hooks.list(self.findings));
            for hook in hooks.into_iter().flatten() {
                self.webhook(&folder, &hook);
            }
        }
    }

    fn rule(&mut self, in_folders: bool, folder: &str, rule: &Spot<'_>, index: usize) {
        if rule.object(self.findings).is_none() {
            return;
        }
        let value = rule.node().to_value();
        let word =
            |key: &str| value.get(key)?.as_str().filter(|word| !word.is_empty() && !word.contains('/'));
        match (word("database"), word("collection"), &value) {
            (Some(database), Some(collection), Value::Object(map)) if in_folders => {
                for (path, bytes) in in_parts(map.clone(), &format!("{folder}/{database}/{collection}")) {
                    self.put(&path, bytes, rule);
                }
            }
            (Some(database), Some(collection), _) => {
                self.put(&format!("{folder}/rules/{database}.{collection}.json"), text_of(&value), rule);
            }
            _ => {
                let name = word("name").map_or_else(|| format!("rule-{index}"), str::to_owned);
                self.put(&format!("{folder}/rules/{name}.json"), text_of(&value), rule);
            }
        }
    }

    fn webhook(&mut self, folder: &str, hook: &Spot<'_>) {
        let Some(config) = self.needed(hook, "config") else { return };
        let Some(name) = self.name(&config, folder, false) else { return };
        let folder = format!("{folder}/incoming_webhooks/{name}");
        self.put(&format!("{folder}/config.json"), text_of(&config.node().to_value()), &config);
        if let Some(source) = hook.given("source").and_then(|source| source.text(self.findings)) {
            self.put(&format!("{folder}/source.js"), source.as_bytes().to_vec(), hook);
        }
    }

    /// `{"name": {"key": "value", "keys": ["…", "…"]}}`. Of a value nothing is ever repeated.
    pub(super) fn secrets(&mut self, owners: Option<Spot<'_>>) -> Given {
        let mut given = Given::new();
        for (owner, keys) in owners.and_then(|owners| owners.object(self.findings)).unwrap_or_default() {
            for (key, value) in keys.object(self.findings).unwrap_or_default() {
                let texts: Option<Vec<String>> = match &value.node().shape {
                    Kind::Text(text) => Some(vec![text.clone()]),
                    Kind::List(nodes) => {
                        nodes.iter().map(|node| Some(text(&node.shape)?.to_owned())).collect()
                    }
                    _ => None,
                };
                match texts {
                    Some(texts) => given.entry(owner.to_owned()).or_default().push((key.to_owned(), texts)),
                    None => {
                        let message = "expected a text or a list of texts, found something else".to_owned();
                        self.findings.error(value.problem(message));
                    }
                }
            }
        }
        given
    }

    /// Gives secrets the names that their owner's `secret_config` has for them, else `__owner_key`, which it has then.
    pub(super) fn name_secrets(
        &mut self,
        owner: &str,
        map: &mut Map<String, Value>,
        secrets: Vec<(String, Vec<String>)>,
    ) {
        if !map.get("secret_config").is_some_and(Value::is_object) {
            map.insert("secret_config".to_owned(), Value::Object(Map::new()));
        }
        let Some(Value::Object(config)) = map.get_mut("secret_config") else { return };
        for (key, values) in secrets {
            let said: Vec<String> = match config.get(&key) {
                Some(Value::String(name)) => vec![name.clone()],
                Some(Value::Array(names)) => {
                    names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                }
                _ => Vec::new(),
            };
            let names = match said.len() == values.len() && !said.iter().any(String::is_empty) {
                true => said,
                false => minted(owner, &key, values.len()),
            };
            if !config.contains_key(&key) || names != names_in(config.get(&key)) {
                config.insert(key.clone(), in_form(&key, &names));
            }
            self.secrets.extend(names.into_iter().zip(values));
        }
    }
}

fn text(shape: &Kind) -> Option<&str> {
    match shape {
        Kind::Text(text) => Some(text),
        _ => None,
    }
}

/// `__owner_key`, numbered when there are several.
pub(super) fn minted(owner: &str, key: &str, count: usize) -> Vec<String> {
    match count {
        1 => vec![format!("__{owner}_{key}")],
        _ => (1..=count).map(|number| format!("__{owner}_{key}_{number}")).collect(),
    }
}

fn names_in(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Signing keys are a list even when there is one.
fn in_form(key: &str, names: &[String]) -> Value {
    match names {
        [name] if key != "signingKeys" => name.as_str().into(),
        names => names.into(),
    }
}
