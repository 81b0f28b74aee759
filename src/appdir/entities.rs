//! What in an app's files has a name and an id of its own: functions, values, triggers, services, and the like.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::convert::{LIST, is_function, json, object};
use super::layout::{file_stem, folder_config};
use crate::model::ObjectId;

/// The lists of endpoints of the newest two versions.
pub(super) const ENDPOINTS: [&str; 2] = ["http_endpoints/config.json", "https_endpoints/config.json"];

/// The ids of everything in an app's files that has one, by kind and name, such as `functions/a/b`; `None` where the
/// files say none. An id that came twice is the first one's.
pub fn entity_ids(files: &[(String, Vec<u8>)]) -> BTreeMap<String, Option<ObjectId>> {
    let mut ids = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut put = |key: String, map: &Map<String, Value>| {
        let id = id_of(map).filter(|id| seen.insert(*id));
        let known = ids.entry(key).or_insert(None);
        *known = known.or(id);
    };
    for (path, bytes) in files {
        if let Some((kind, called)) = head(path) {
            if let Some(map) = object(bytes) {
                put(format!("{kind}/{}", name_of(kind, called, &map)), &map);
            }
        } else if path == LIST || ENDPOINTS.contains(&path.as_str()) {
            let Some(Value::Array(items)) = json(bytes) else { continue };
            for item in items.iter().filter_map(Value::as_object) {
                if let Some(key) = item_key(path, item) {
                    put(key, item);
                }
            }
        } else if path.starts_with("environments/") {
            let values = object(bytes).and_then(|map| map.get("values")?.as_object().cloned());
            for name in values.iter().flat_map(Map::keys) {
                put(format!("environment_values/{name}"), &Map::new());
            }
        }
    }
    ids
}

/// What a file is the own file of: its kind, and what it would be called if it did not say.
pub(super) fn head(path: &str) -> Option<(&'static str, &str)> {
    for (kind, section) in [
        ("values", "values/"),
        ("triggers", "triggers/"),
        ("log_forwarders", "log_forwarders/"),
        ("custom_resolvers", "graphql/custom_resolvers/"),
    ] {
        if let Some(name) = file_stem(path, section) {
            return Some((kind, name));
        }
    }
    for section in ["services/", "data_sources/", "http_endpoints/", "https_endpoints/"] {
        if let Some(name) = folder_config(path, section).filter(|name| !name.contains('/')) {
            return Some(("services", name));
        }
    }
    let function = folder_config(path, "functions/").filter(|name| is_function(name))?;
    Some(("functions", function))
}

/// The name of what a file is the own file of.
pub(super) fn name_of(kind: &str, called: &str, map: &Map<String, Value>) -> String {
    // A resolver has no name: its file is called after its type and field.
    let said = map.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    said.filter(|_| kind != "custom_resolvers").unwrap_or(called).to_owned()
}

/// The key of an item of a list.
pub(super) fn item_key(list: &str, item: &Map<String, Value>) -> Option<String> {
    let word = |key: &str| item.get(key).and_then(Value::as_str);
    if list == LIST {
        return word("name").filter(|name| !name.is_empty()).map(|name| format!("functions/{name}"));
    }
    let method = word("http_method").unwrap_or("*");
    word("route").map(|route| format!("endpoints/{method} {route}"))
}

/// The id that something says of itself.
pub(super) fn id_of(map: &Map<String, Value>) -> Option<ObjectId> {
    let text = ["id", "_id"].iter().find_map(|key| map.get(*key)?.as_str())?;
    text.parse().ok()
}
