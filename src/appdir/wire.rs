//! Files as the original's tools want them, beyond what an app directory needs.
//!
//! They compare some files as text, load a list as empty only if its directory is there, and expect ids in the files of
//! a plain export and none in the others.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::convert::{LIST, is_older, json as json_of};
use super::entities::{ENDPOINTS, head, item_key, name_of};
use super::moves::{Move, make};
use super::root;
use super::write::{Export, Mode, text_of};
use crate::model::{Format, ObjectId, Provider};

/// The order of a provider's keys.
const PROVIDER_KEYS: [&str; 9] = [
    "id",
    "name",
    "type",
    "disabled",
    "config",
    "secret_config",
    "metadata_fields",
    "redirect_uris",
    "domain_restrictions",
];
/// The order of keys of everything else; those of one kind have no other.
const KEYS: [&str; 5] = ["id", "name", "type", "config", "secret_config"];
/// The order of the root's keys.
const ROOT_KEYS: [&str; 10] = [
    "config_version",
    "app_id",
    "name",
    "location",
    "provider_region",
    "deployment_model",
    "environment",
    "security",
    "custom_user_data_config",
    "sync",
];
/// What the tools call the environments.
const ENVIRONMENTS: [&str; 5] = ["no-environment", "development", "testing", "qa", "production"];
/// Directories that have to be there.
const DIRECTORIES: [&str; 2] = ["values", "graphql/custom_resolvers"];

/// Makes files and root what the mode wants, and says which directories have to be there without a file.
pub(super) fn dress(
    files: &mut BTreeMap<String, Vec<u8>>,
    root: &mut Map<String, Value>,
    export: &Export<'_>,
    format: Format,
) -> Vec<String> {
    if export.mode == Mode::Faithful {
        return Vec::new();
    }
    let ids = &export.config.ids;
    for (path, bytes) in files.iter_mut().filter(|(path, _)| is_configuration(path)) {
        if let Some(mut value) = json_of(bytes) {
            set_ids(path, &mut value, export.mode, ids);
            *bytes = text_of(&value);
        }
    }
    let mut missing = Vec::new();
    let nothing = json!({ "values": {} });
    missing.extend(ENVIRONMENTS.iter().map(|name| (format!("environments/{name}.json"), text_of(&nothing))));
    if !is_older(format) {
        missing.push(("auth/custom_user_data.json".to_owned(), text_of(&json!({ "enabled": false }))));
    }
    let absent = missing.into_iter().filter(|(path, _)| !files.contains_key(path));
    let moves = absent.map(|file| Move { gone: Vec::new(), new: vec![file] }).collect();
    make(files, moves);
    dress_root(root, export, format);
    let is_empty = |directory: &str| !files.keys().any(|path| path.starts_with(directory));
    DIRECTORIES.iter().filter(|name| is_empty(&format!("{name}/"))).map(|name| (*name).to_owned()).collect()
}

/// A provider's file.
pub(super) fn provider_map(provider: &Provider, mode: Mode) -> Map<String, Value> {
    let mut map = super::write::provider_map(provider);
    map.shift_remove("_id");
    match provider.id.filter(|_| mode == Mode::Plain) {
        Some(id) => map.insert("id".to_owned(), id.to_string().into()),
        None => map.shift_remove("id"),
    };
    map.retain(|_, value| !value.is_null());
    in_order(map, &PROVIDER_KEYS)
}

/// Whether a file is JSON that configures something, rather than something that the app only holds.
fn is_configuration(path: &str) -> bool {
    let is_functions = path == LIST || (head(path).is_some_and(|(kind, _)| kind == "functions"));
    let sections = [
        "auth/",
        "data_sources/",
        "environments/",
        "graphql/",
        "http_endpoints/",
        "https_endpoints/",
        "log_forwarders/",
        "services/",
        "sync/",
        "triggers/",
        "values/",
    ];
    let is_inside = path.ends_with(".json") && sections.iter().any(|section| path.starts_with(section));
    is_functions || is_inside || path == "data_api_config.json"
}

/// Sets the ids that a file holds, or takes them out.
fn set_ids(path: &str, value: &mut Value, mode: Mode, ids: &BTreeMap<String, Option<ObjectId>>) {
    let id_of = |key: Option<String>| ids.get(&key?).copied().flatten().filter(|_| mode == Mode::Plain);
    match value {
        Value::Array(items) if path == LIST || ENDPOINTS.contains(&path) => {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                let id = id_of(item_key(path, item));
                set_id(item, id, mode);
            }
        }
        Value::Object(map) => match head(path) {
            Some((kind, called)) => {
                let id = id_of(Some(format!("{kind}/{}", name_of(kind, called, map))));
                set_id(map, id, mode);
                if kind == "services" {
                    map.shift_remove("version");
                }
                if kind == "triggers" && mode != Mode::Plain {
                    forget_functions(map);
                }
            }
            // Rules and webhooks have ids too, which are kept in nothing but their files.
            None if is_below_service(path) && mode != Mode::Plain => set_id(map, None, mode),
            None => {}
        },
        _ => {}
    }
}

fn is_below_service(path: &str) -> bool {
    ["services/", "data_sources/", "http_endpoints/", "https_endpoints/"]
        .iter()
        .any(|section| path.starts_with(section))
        && !path.ends_with("/schema.json")
        && !path.ends_with("/relationships.json")
}

fn set_id(map: &mut Map<String, Value>, id: Option<ObjectId>, mode: Mode) {
    let came = map.shift_remove("_id");
    map.shift_remove("last_modified");
    if mode != Mode::Plain {
        map.shift_remove("id");
    } else if let Some(id) = id.map(|id| Value::from(id.to_string())).or(came) {
        map.insert("id".to_owned(), id);
    }
    *map = in_order(std::mem::take(map), &KEYS);
}

/// Takes the ids of functions out of a trigger that names them.
fn forget_functions(trigger: &mut Map<String, Value>) {
    let forget = |map: &mut Map<String, Value>| {
        if map.get("function_name").and_then(Value::as_str).is_some_and(|name| !name.is_empty()) {
            map.shift_remove("function_id");
        }
    };
    forget(trigger);
    for processor in trigger.get_mut("event_processors").and_then(Value::as_object_mut).into_iter().flatten()
    {
        if let Some(config) = processor.1.get_mut("config").and_then(Value::as_object_mut) {
            forget(config);
        }
    }
}

fn dress_root(root: &mut Map<String, Value>, export: &Export<'_>, format: Format) {
    let config = export.config;
    root.insert("location".to_owned(), config.location.as_str().into());
    root.insert("deployment_model".to_owned(), config.deployment_model.as_str().into());
    root.retain(|_, value| !value.is_null());
    if root.get("hosting").is_some_and(|hosting| hosting.get("enabled") != Some(&Value::Bool(true))) {
        root.shift_remove("hosting");
    }
    if export.mode == Mode::Template {
        root.shift_remove("app_id");
    }
    if is_older(format) {
        let origins = &config.allowed_request_origins;
        let security = root.entry("security").or_insert_with(|| json!({}));
        if origins.is_empty()
            && let Value::Object(security) = security
        {
            security.shift_remove("allowed_request_origins");
        }
        root.entry("custom_user_data_config").or_insert_with(|| json!({ "enabled": false }));
        root.entry("sync").or_insert_with(|| json!({ "development_mode_enabled": false }));
    } else if root::origins(root, format).is_none() {
        root.insert("allowed_request_origins".to_owned(), json!([]));
    }
    *root = in_order(std::mem::take(root), &ROOT_KEYS);
}

/// The map with these keys first.
fn in_order(mut map: Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    let mut ordered: Map<String, Value> =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), map.shift_remove(*key)?))).collect();
    ordered.extend(map);
    ordered
}
