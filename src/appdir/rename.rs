//! A function that is called otherwise: what names it in the rest of an app's configuration.

use std::collections::BTreeMap;

use serde_json::Value;

use super::convert::json;
use super::entities::{ENDPOINTS, head};
use super::write::text_of;
use crate::model::AppConfig;

/// Where the `config` of a provider names a function.
const OF_PROVIDERS: [&str; 3] = ["/confirmationFunctionName", "/resetFunctionName", "/authFunctionName"];
/// Where custom user data name one, which are a file in the newer versions and a key of the root in the older ones.
const OF_CUSTOM_USER_DATA: [&str; 1] = ["/on_user_creation_function_name"];
const OLD_CUSTOM_USER_DATA: &str = "custom_user_data_config";
/// Where endpoints and resolvers name one.
const OF_CALLERS: [&str; 1] = ["/function_name"];
/// Where a trigger names one, in both of its forms.
const OF_TRIGGERS: [&str; 2] = ["/function_name", "/event_processors/FUNCTION/config/function_name"];
/// Where a log forwarder names one.
const OF_FORWARDERS: [&str; 1] = ["/action/name"];

/// Makes everything that refers to the function `old` refer to `new`, in the configuration and the files of any version.
/// The function itself stays where it is, and so do sources and rules that call a function by its name: the original
/// kept ids for the former and found the latter by name.
pub fn rename_function(config: &mut AppConfig, files: &mut BTreeMap<String, Vec<u8>>, old: &str, new: &str) {
    for config in config.providers.iter_mut().filter_map(|provider| provider.rest.get_mut("config")) {
        put(config, &OF_PROVIDERS, old, new);
    }
    if let Some(data) = config.root.get_mut(OLD_CUSTOM_USER_DATA) {
        put(data, &OF_CUSTOM_USER_DATA, old, new);
    }
    for (path, bytes) in files {
        let places = places(path);
        let Some(mut value) = (!places.is_empty()).then(|| json(bytes)).flatten() else { continue };
        let changed = match &mut value {
            Value::Array(items) => {
                items.iter_mut().fold(false, |any, item| put(item, places, old, new) | any)
            }
            one => put(one, places, old, new),
        };
        if changed {
            *bytes = text_of(&value);
        }
    }
}

/// Where a file may name functions.
fn places(path: &str) -> &'static [&'static str] {
    if path == "auth/custom_user_data.json" {
        return &OF_CUSTOM_USER_DATA;
    }
    if ENDPOINTS.contains(&path) {
        return &OF_CALLERS;
    }
    match head(path) {
        Some(("triggers", _)) => &OF_TRIGGERS,
        Some(("custom_resolvers", _)) => &OF_CALLERS,
        Some(("log_forwarders", _)) => &OF_FORWARDERS,
        _ => &[],
    }
}

/// Whether any of the places named `old`, and now names `new`.
fn put(value: &mut Value, places: &[&str], old: &str, new: &str) -> bool {
    let mut changed = false;
    for place in places {
        if let Some(name) = value.pointer_mut(place).filter(|name| name.as_str() == Some(old)) {
            *name = new.into();
            changed = true;
        }
    }
    changed
}
