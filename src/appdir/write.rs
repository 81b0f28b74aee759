//! From a configuration to a tree.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Serializer, Value, json};

use super::convert::{Content, convert, is_older};
use super::layout::{META, OLD_PROVIDERS, PROVIDERS, Part, SETTINGS, part};
use super::problem::{Findings, Problem};
use super::root::{self, keeps_origins_in_security};
use super::tree::{Tree, check_path};
use super::wire;
use crate::model::{AppConfig, AppId, ClientAppId, Format, GroupId, Provider, Settings, default_location};

/// For whom an app directory is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For somebody who keeps it: as it came, byte for byte where the version is the same, keys in their order.
    Faithful,
    /// For the original's tools: the ids of everything in its files.
    Plain,
    /// The same without ids, as the tools keep it in a repository.
    SourceControl,
    /// The same without the app's own id too, for apps that are to be made like it.
    Template,
}

/// An app, as it is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The configuration.
    pub config: &'a AppConfig,
    /// What is not interpreted yet, by path.
    pub files: &'a [(String, Vec<u8>)],
    /// The id by which clients know the app.
    pub client_app_id: &'a ClientAppId,
    /// The app's own id.
    pub app_id: AppId,
    /// The app's project.
    pub group_id: GroupId,
    /// The version to write; `None` for the one that came.
    pub format: Option<Format>,
    /// For whom it is written.
    pub mode: Mode,
}

/// An app directory, written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Its files.
    pub tree: Tree,
    /// Directories that have to be there although no file is in them, such as `values`.
    pub directories: Vec<String>,
    /// What has no place in the version that was written, and so stands where that version does not look.
    pub warnings: Vec<Problem>,
}

/// Writes an app directory: strict JSON, indented by four spaces. Secrets are never in it, and of `files` only what
/// belongs to an app.
pub fn write(export: &Export<'_>) -> Written {
    let config = export.config;
    let format = export.format.unwrap_or(config.format);
    let mut findings = Findings::default();
    let is_kept = |path: &str| part(path) == Part::Section && check_path(path).is_ok();
    let mut files: BTreeMap<String, Vec<u8>> =
        export.files.iter().filter(|(path, _)| is_kept(path)).cloned().collect();
    let mut root = config.root.clone();
    let mut content = Content { files: &mut files, root: &mut root, findings: &mut findings };
    convert(&mut content, config.format, format);
    let mut root = root_map(export, root, format);
    let directories = wire::dress(&mut files, &mut root, export, format);
    files.insert(format.root_file().to_owned(), text_of(&root));
    if format == Format::V20230101 {
        let meta = json!({
            "config_version": format.number(),
            "app_id": export.app_id,
            "group_id": export.group_id,
            "client_app_id": export.client_app_id,
        });
        files.insert(META.to_owned(), text_of(&meta));
    }
    files.extend(providers(export, format));
    // Defaults are not written: an app that uses none of our settings exports exactly as the original's tools wrote
    // it, and on import an absent file leaves the settings alone, which for a new app are the defaults.
    if config.settings != Settings::default() {
        files.insert(SETTINGS.to_owned(), text_of(&config.settings));
    }
    Written { tree: Tree(files), directories, warnings: findings.warnings }
}

/// The files of the providers.
fn providers(export: &Export<'_>, format: Format) -> Vec<(String, Vec<u8>)> {
    let providers = &export.config.providers;
    let map = |provider: &Provider| match export.mode {
        Mode::Faithful => provider_map(provider),
        mode => wire::provider_map(provider, mode),
    };
    if is_older(format) {
        let file =
            |provider: &Provider| (format!("{OLD_PROVIDERS}{}.json", provider.kind), text_of(&map(provider)));
        return providers.iter().map(file).collect();
    }
    if providers.is_empty() {
        return Vec::new();
    }
    let named: Map<_, _> =
        providers.iter().map(|provider| (provider.kind.to_string(), Value::Object(map(provider)))).collect();
    vec![(PROVIDERS.to_owned(), text_of(&named))]
}

/// The root as it came, changed only where it does not say already what the configuration says.
fn root_map(export: &Export<'_>, mut root: Map<String, Value>, format: Format) -> Map<String, Value> {
    let config = export.config;
    let mut set = |key: &str, value: Value| {
        root.insert(key.to_owned(), value);
    };
    // Version and id of the newest layout are in `.mdb/meta.json`; a root that had them nevertheless keeps them.
    let in_root =
        |key| format != Format::V20230101 || (format == config.format && config.root.contains_key(key));
    if in_root("config_version") {
        set("config_version", format.number().into());
    }
    if in_root("app_id") {
        set("app_id", export.client_app_id.as_str().into());
    }
    set("name", config.name.as_str().into());
    for (key, value, default) in [
        ("location", &config.location, default_location()),
        ("deployment_model", &config.deployment_model, root::DEPLOYMENT_MODEL),
    ] {
        if root::said(&config.root, key).unwrap_or(default) != value {
            set(key, value.as_str().into());
        }
    }
    for key in ["config_version", "app_id"] {
        if !in_root(key) {
            root.shift_remove(key);
        }
    }
    set_origins(&mut root, config, format);
    root
}

/// Puts the origins in the version's place, if they are not there already.
fn set_origins(root: &mut Map<String, Value>, config: &AppConfig, format: Format) {
    let said = root::origins(root, config.format).unwrap_or_default();
    let in_security = keeps_origins_in_security(format);
    if said == config.allowed_request_origins && in_security == keeps_origins_in_security(config.format) {
        return;
    }
    let origins = Value::from(config.allowed_request_origins.clone());
    if in_security {
        root.shift_remove("allowed_request_origins");
        match root.get_mut("security") {
            Some(Value::Object(security)) => {
                security.insert("allowed_request_origins".to_owned(), origins);
            }
            _ => {
                root.insert("security".to_owned(), json!({ "allowed_request_origins": origins }));
            }
        }
        return;
    }
    if let Some(Value::Object(security)) = root.get_mut("security") {
        security.shift_remove("allowed_request_origins");
        if security.is_empty() {
            root.shift_remove("security");
        }
    }
    root.insert("allowed_request_origins".to_owned(), origins);
}

/// A provider's file: its keys in the order in which they came, then those that it lacked.
pub(super) fn provider_map(provider: &Provider) -> Map<String, Value> {
    let mut map = Map::new();
    let always = ["name", "type", "disabled"];
    let keys = provider
        .key_order
        .iter()
        .map(String::as_str)
        .chain(always)
        .chain(provider.rest.keys().map(String::as_str));
    for key in keys {
        let value = match key {
            "name" | "type" => Some(provider.kind.as_str().into()),
            "disabled" => Some(provider.disabled.into()),
            "id" | "_id" => provider.id.map(|id| id.to_string().into()),
            _ => provider.rest.get(key).cloned(),
        };
        if let Some(value) = value
            && !map.contains_key(key)
        {
            map.insert(key.to_owned(), value);
        }
    }
    map
}

/// A file's text: four spaces, as nearly all files of the original have, and a final newline.
#[expect(clippy::expect_used, reason = "a value with text keys always has a JSON text, and memory takes it")]
pub fn text_of<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b"    "));
    value.serialize(&mut serializer).expect("written to memory");
    text.push(b'\n');
    text
}
