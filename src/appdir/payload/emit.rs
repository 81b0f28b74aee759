//! From a tree to an object.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{FILES, Shape};
use crate::appdir::convert::{LIST, below, is_function, json as json_of};
use crate::appdir::layout::{SECRETS, file_stem, folder_config};
use crate::appdir::problem::{Findings, Problems};
use crate::appdir::providers;
use crate::appdir::tree::Tree;
use crate::appdir::write::provider_map;
use crate::appdir::{read as read_tree, root};

/// An app directory as the object of its version: what `pull` answers for 20230101, and what a tool sends to `import`
/// for the others, with the secrets of its `secrets.json` in it.
pub fn payload_of(tree: &Tree) -> Result<Value, Problems> {
    // The whole directory has to be one that can be imported.
    let import = read_tree::read(tree, "app")?;
    let format = import.config.format;
    let mut findings = Findings::default();
    let files: BTreeMap<String, Vec<u8>> = import.files.into_iter().collect();
    let mut payload = root::read(tree, &mut findings).map;
    let shape = Shape::of(format);
    if shape != Shape::Newest {
        payload.insert("config_version".to_owned(), format.number().into());
    }
    let providers = providers::read(tree, format, &mut findings);
    let maps = providers.iter().map(|p| (p.kind.to_string(), Value::Object(provider_map(p))));
    let emit = Emit { files: &files };
    match shape {
        Shape::Newer => {
            let mut auth = Map::new();
            auth.insert("providers".to_owned(), Value::Object(maps.collect()));
            auth.extend(
                emit.single("auth/custom_user_data.json").map(|v| ("custom_user_data".to_owned(), v)),
            );
            payload.insert("auth".to_owned(), Value::Object(auth));
            payload.insert("functions".to_owned(), emit.function_tree());
            payload
                .insert("endpoints".to_owned(), json!({ "config": emit.list("http_endpoints/config.json") }));
            payload
                .extend(emit.single("sync/config.json").map(|v| ("sync".to_owned(), json!({ "config": v }))));
        }
        Shape::Older | Shape::Newest => {
            payload.insert("auth_providers".to_owned(), maps.map(|(_, map)| map).collect());
            let functions = if shape == Shape::Older { emit.folders() } else { emit.functions() };
            payload.insert("functions".to_owned(), functions);
        }
    }
    if shape == Shape::Newest {
        payload.insert("endpoints".to_owned(), emit.list("https_endpoints/config.json"));
        payload.insert("schemas".to_owned(), emit.all("schemas/"));
        for key in ["custom_user_data", "data_api_config"] {
            payload.insert(key.to_owned(), Value::Null);
        }
        for key in ["hosting", "sync"] {
            payload.entry(key).or_insert_with(|| json!({}));
        }
    }
    for key in FILES {
        payload.insert(key.to_owned(), emit.all(&format!("{key}/")));
    }
    for key in shape.services() {
        payload.insert((*key).to_owned(), emit.services(&format!("{key}/")));
    }
    for (key, path) in shape.singles() {
        payload.extend(emit.single(path).map(|value| ((*key).to_owned(), value)));
    }
    let mut graphql = Map::new();
    graphql.extend(emit.single("graphql/config.json").map(|value| ("config".to_owned(), value)));
    graphql.insert("custom_resolvers".to_owned(), emit.all("graphql/custom_resolvers/"));
    payload.insert("graphql".to_owned(), Value::Object(graphql));
    payload.insert("environments".to_owned(), emit.environments());
    if let Some(secrets) =
        tree.0.get(SECRETS).filter(|_| shape != Shape::Newest).and_then(|text| json_of(text))
    {
        payload.insert("secrets".to_owned(), secrets);
    }
    Ok(Value::Object(payload))
}

struct Emit<'a> {
    files: &'a BTreeMap<String, Vec<u8>>,
}

impl Emit<'_> {
    fn single(&self, path: &str) -> Option<Value> {
        json_of(self.files.get(path)?).filter(Value::is_object)
    }

    fn list(&self, path: &str) -> Value {
        self.files
            .get(path)
            .and_then(|bytes| json_of(bytes))
            .filter(Value::is_array)
            .unwrap_or_else(|| json!([]))
    }

    /// Everything that stands in a section as a file of its own.
    fn all(&self, section: &str) -> Value {
        let paths = below(self.files, section).filter(|path| file_stem(path, section).is_some());
        paths.filter_map(|path| json_of(self.files.get(path)?)).collect()
    }

    fn text(&self, path: &str) -> Option<Value> {
        Some(String::from_utf8_lossy(self.files.get(path)?).into())
    }

    fn folders(&self) -> Value {
        let folders = below(self.files, "functions/").filter_map(|path| folder_config(path, "functions/"));
        let item = |folder: &str| {
            let mut config = self.single(&format!("functions/{folder}/config.json"))?;
            config.as_object_mut()?.entry("name").or_insert_with(|| folder.into());
            Some(self.with_source(&format!("functions/{folder}/source.js"), config))
        };
        folders.filter(|folder| is_function(folder)).filter_map(item).collect()
    }

    fn with_source(&self, path: &str, config: Value) -> Value {
        let mut item = Map::new();
        item.insert("config".to_owned(), config);
        item.extend(self.text(path).map(|text| ("source".to_owned(), text)));
        Value::Object(item)
    }

    fn function_tree(&self) -> Value {
        let inside = below(self.files, "functions/").map(|path| &path["functions/".len()..]);
        let sources = inside.filter(|path| path.ends_with(".js") && is_function(path));
        let sources: Map<String, Value> = sources
            .filter_map(|path| Some((path.to_owned(), self.text(&format!("functions/{path}"))?)))
            .collect();
        json!({ "config": self.list(LIST), "sources": sources })
    }

    fn functions(&self) -> Value {
        let Value::Array(items) = self.list(LIST) else { return json!([]) };
        let with_source = |mut item: Value| {
            let path = format!("functions/{}.js", item.get("name")?.as_str()?);
            let source = self.text(&path);
            item.as_object_mut()?.extend(source.map(|text| ("source".to_owned(), text)));
            Some(item)
        };
        items.into_iter().filter_map(with_source).collect()
    }

    fn services(&self, section: &str) -> Value {
        let folders = below(self.files, section).filter_map(|path| folder_config(path, section));
        let folders: Vec<&str> = folders.filter(|folder| !folder.contains('/')).collect();
        folders.into_iter().filter_map(|name| self.service(section, name)).collect()
    }

    fn service(&self, section: &str, name: &str) -> Option<Value> {
        let folder = format!("{section}{name}/");
        let mut config = self.single(&format!("{folder}config.json"))?;
        config.as_object_mut()?.entry("name").or_insert_with(|| name.into());
        let mut item = Map::new();
        item.insert("config".to_owned(), config);
        item.extend(
            self.single(&format!("{folder}default_rule.json")).map(|v| ("default_rule".to_owned(), v)),
        );
        if section == "data_sources/" {
            item.insert("rules".to_owned(), self.collections(&folder));
        } else {
            let hooks = format!("{folder}incoming_webhooks/");
            let names = below(self.files, &hooks).filter_map(|path| folder_config(path, &hooks));
            let hook = |name: &str| {
                let mut config = self.single(&format!("{hooks}{name}/config.json"))?;
                config.as_object_mut()?.entry("name").or_insert_with(|| name.into());
                Some(self.with_source(&format!("{hooks}{name}/source.js"), config))
            };
            item.insert("incoming_webhooks".to_owned(), names.filter_map(hook).collect());
            item.insert("rules".to_owned(), self.all(&format!("{folder}rules/")));
        }
        Some(Value::Object(item))
    }

    /// The rules of a data source, each with its schema and relationships.
    fn collections(&self, folder: &str) -> Value {
        let mut rules: BTreeMap<(&str, &str), Map<String, Value>> = BTreeMap::new();
        let paths: Vec<&str> = below(self.files, folder).collect();
        for path in paths {
            let split: Vec<&str> = path[folder.len()..].split('/').collect();
            let [database, collection, file] = split[..] else { continue };
            let Some(value) = self.files.get(path).and_then(|bytes| json_of(bytes)) else { continue };
            let rule = rules.entry((database, collection)).or_insert_with(|| {
                let start = [("database", database), ("collection", collection)];
                start.into_iter().map(|(key, word)| (key.to_owned(), word.into())).collect()
            });
            match (file, value) {
                ("rules.json", Value::Object(given)) => rule.extend(given),
                ("schema.json" | "relationships.json", value) => {
                    rule.insert(file.trim_end_matches(".json").to_owned(), value);
                }
                _ => {}
            }
        }
        rules.into_values().map(Value::Object).collect()
    }

    fn environments(&self) -> Value {
        let files = below(self.files, "environments/").filter_map(|path| {
            let name = file_stem(path, "environments/")?;
            Some((format!("{name}.json"), self.single(path)?))
        });
        Value::Object(files.collect())
    }
}
