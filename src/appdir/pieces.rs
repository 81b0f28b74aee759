//! An app directory taken apart: what has a name and can be replaced or removed by itself, and everything else.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::convert::{LIST, is_function, json, object};
use super::entities::{ENDPOINTS, id_of, item_key};
use super::layout::{PROVIDERS, file_stem, old_provider};
use super::tree::Tree;
use super::write::text_of;
use crate::model::ObjectId;

/// Something that has a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Piece {
    pub(super) id: Option<ObjectId>,
    /// Its files.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What a list says of it, and which list.
    pub(super) item: Option<(String, Value)>,
}

/// A section and a name in it.
pub(super) type Key = (&'static str, String);

/// An app directory, taken apart.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// By section and name.
    pub(super) named: BTreeMap<Key, Piece>,
    /// The keys in the order of the lists.
    pub(super) order: Vec<Key>,
    /// Everything else.
    pub(super) others: BTreeMap<String, Vec<u8>>,
}

/// Sections whose parts are a JSON file each.
const FILES: [(&str, &str); 4] = [
    ("values", "values/"),
    ("triggers", "triggers/"),
    ("log_forwarders", "log_forwarders/"),
    ("custom_resolvers", "graphql/custom_resolvers/"),
];
/// Sections whose parts are a directory each.
const FOLDERS: [(&str, &str); 4] = [
    ("services", "services/"),
    ("data_sources", "data_sources/"),
    ("http_endpoints", "http_endpoints/"),
    ("http_endpoints", "https_endpoints/"),
];

impl Pieces {
    /// Takes a directory apart, whose functions stand in folders if it is of one of the older versions.
    pub(super) fn of(tree: &Tree, is_older: bool) -> Pieces {
        let mut pieces = Pieces::default();
        for (path, bytes) in &tree.0 {
            if !pieces.take_list(path, bytes) {
                match key_of(tree, path, bytes, is_older) {
                    Some(key) => pieces.take_file(key, path, bytes),
                    None => {
                        pieces.others.insert(path.clone(), bytes.clone());
                    }
                }
            }
        }
        pieces
    }

    fn take_file(&mut self, key: Key, path: &str, bytes: &[u8]) {
        let piece = self.named.entry(key).or_default();
        piece.id = piece.id.or_else(|| own_id(path, bytes));
        piece.files.insert(path.to_owned(), bytes.to_vec());
    }

    /// Takes a list of parts, if this is one whose every item can be told from the others.
    fn take_list(&mut self, path: &str, bytes: &[u8]) -> bool {
        let Some(items) = items(path, bytes) else { return false };
        let mut keys: Vec<&Key> = items.iter().map(|(key, _)| key).collect();
        keys.sort();
        keys.dedup();
        if keys.len() < items.len() {
            return false;
        }
        for (key, item) in items {
            let piece = self.named.entry(key.clone()).or_default();
            piece.id = piece.id.or_else(|| id_of(item.as_object()?));
            piece.item = Some((path.to_owned(), item));
            self.order.push(key);
        }
        true
    }

    /// Puts everything together again. A list that says what it said `before` keeps its text.
    pub(super) fn together(self, before: &Tree) -> Tree {
        let mut files = self.others;
        let mut lists: BTreeMap<String, Vec<(Key, Value)>> = BTreeMap::new();
        let place = |key: &Key| self.order.iter().position(|other| other == key).unwrap_or(usize::MAX);
        for (key, piece) in self.named {
            files.extend(piece.files);
            if let Some((list, item)) = piece.item {
                lists.entry(list).or_default().push((key, item));
            }
        }
        for (list, mut items) in lists {
            items.sort_by_cached_key(|(key, _)| place(key));
            let value = match list.as_str() {
                PROVIDERS => Value::Object(items.into_iter().map(|((_, name), item)| (name, item)).collect()),
                _ => items.into_iter().map(|(_, item)| item).collect(),
            };
            let bytes = match before.0.get(&list) {
                Some(text) if json(text).as_ref() == Some(&value) => text.clone(),
                _ => text_of(&value),
            };
            files.insert(list, bytes);
        }
        // An empty list is no list of anything, but it was a file.
        for list in [LIST].into_iter().chain(ENDPOINTS) {
            if before.0.contains_key(list) && !files.contains_key(list) {
                files.insert(
                    list.to_owned(),
                    match before.0.get(list) {
                        Some(text) if json(text) == Some(Value::Array(Vec::new())) => text.clone(),
                        _ => text_of(&Vec::<Value>::new()),
                    },
                );
            }
        }
        Tree(files)
    }
}

/// The items of a list, with what each is called.
fn items(path: &str, bytes: &[u8]) -> Option<Vec<(Key, Value)>> {
    if path == PROVIDERS {
        let map = object(bytes)?;
        let key = |name: &String, item: &Value| ("auth_providers", provider_name(name, item.as_object()));
        return Some(map.iter().map(|(name, item)| (key(name, item), item.clone())).collect());
    }
    if path != LIST && !ENDPOINTS.contains(&path) {
        return None;
    }
    let Value::Array(items) = json(bytes)? else { return None };
    let section = if path == LIST { "functions" } else { "endpoints" };
    let named = items.into_iter().map(|item| {
        let key = item_key(path, item.as_object()?)?;
        Some(((section, key.split_once('/')?.1.to_owned()), item))
    });
    named.collect()
}

/// What the file belongs to, if to something that has a name.
fn key_of(tree: &Tree, path: &str, bytes: &[u8], is_older: bool) -> Option<Key> {
    if let Some(name) = old_provider(path) {
        return Some(("auth_providers", provider_name(name, object(bytes).as_ref())));
    }
    for (section, start) in FILES {
        if let Some(name) = file_stem(path, start) {
            let said = object(bytes).and_then(|map| Some(map.get("name")?.as_str()?.to_owned()));
            let said = said.filter(|name| !name.is_empty() && section != "custom_resolvers");
            return Some((section, said.unwrap_or_else(|| name.to_owned())));
        }
    }
    for (section, start) in FOLDERS {
        if let Some((name, _)) = path.strip_prefix(start).and_then(|inside| inside.split_once('/')) {
            return Some((section, name.to_owned()));
        }
    }
    let inside = path.strip_prefix("functions/").filter(|inside| is_function(inside))?;
    let folder = inside.strip_suffix("/config.json").or_else(|| inside.strip_suffix("/source.js"));
    match folder {
        Some(folder) if is_older => {
            let config =
                tree.0.get(&format!("functions/{folder}/config.json")).and_then(|bytes| object(bytes));
            let said = config.and_then(|map| Some(map.get("name")?.as_str()?.to_owned()));
            Some(("functions", said.filter(|name| !name.is_empty()).unwrap_or_else(|| folder.to_owned())))
        }
        _ if is_older => None,
        _ => inside.strip_suffix(".js").map(|name| ("functions", name.to_owned())),
    }
}

fn provider_name(called: &str, map: Option<&Map<String, Value>>) -> String {
    let said = map.and_then(|map| map.get("type").or_else(|| map.get("name"))?.as_str());
    said.filter(|name| !name.is_empty()).unwrap_or(called).to_owned()
}

/// The id that a file says of that to which it belongs.
fn own_id(path: &str, bytes: &[u8]) -> Option<ObjectId> {
    let is_own = path.ends_with("/config.json") && !path.contains("/incoming_webhooks/")
        || FILES.iter().any(|(_, start)| path.starts_with(start))
        || old_provider(path).is_some();
    if is_own { id_of(&object(bytes)?) } else { None }
}
