//! Functions: a folder each in the older versions, one list and a tree of sources in the newer ones.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Content, below, json, object};
use crate::appdir::moves::{Move, make};
use crate::appdir::write::text_of;

/// The newer versions' list.
pub(in crate::appdir) const LIST: &str = "functions/config.json";
const HOME: &str = "functions/";

/// From folders to the list.
pub(super) fn gather(content: &mut Content<'_>) {
    let Some(mut list) = list(content) else { return content.stays(LIST) };
    let mut names: BTreeSet<String> = list.iter().filter_map(|item| name(item).map(str::to_owned)).collect();
    let (mut moves, mut items) = (Vec::new(), Vec::new());
    for folder in folders(content) {
        let (config_path, source_path) =
            (format!("{HOME}{folder}/config.json"), format!("{HOME}{folder}/source.js"));
        let config = content.files.get(&config_path).map(|bytes| object(bytes));
        if matches!(config, Some(None)) {
            content.stays(&config_path);
            continue;
        }
        let mut config = config.flatten();
        let called =
            config.as_ref().and_then(|map| map.get("name")?.as_str()).filter(|name| !name.is_empty());
        let name = called.unwrap_or(&folder).to_owned();
        if !is_function(&name) || !names.insert(name.clone()) {
            content.stays(&config_path);
            continue;
        }
        if let Some(config) = &mut config {
            config.insert("name".to_owned(), name.as_str().into());
        }
        let mut one = Move::default();
        one.file(content.files, &source_path, format!("{HOME}{name}.js"));
        if config.is_some() {
            one.gone.push(config_path);
        }
        moves.push(one);
        items.push(config);
    }
    let made = content.make(moves);
    let before = list.len();
    list.extend(
        items.into_iter().zip(made).filter(|(_, made)| *made).filter_map(|(item, _)| item).map(Value::Object),
    );
    if list.len() > before {
        content.files.insert(LIST.to_owned(), text_of(&list));
    }
}

/// From the list to folders.
pub(super) fn scatter(content: &mut Content<'_>) {
    let Some(list) = list(content) else { return content.stays(LIST) };
    let mut names = BTreeSet::new();
    let (mut moves, mut left, mut items) = (Vec::new(), Vec::new(), Vec::new());
    for item in list {
        let called = name(&item).filter(|name| is_function(name)).map(str::to_owned);
        match called.filter(|name| names.insert(name.clone())) {
            Some(name) => {
                let mut one = source_move(content, &name);
                one.new.push((format!("{HOME}{name}/config.json"), text_of(&item)));
                moves.push(one);
                items.push(item);
            }
            None => left.push(item),
        }
    }
    let listed = moves.len();
    let bare: Vec<String> = sources(content).filter(|name| !names.contains(name)).collect();
    moves.extend(bare.iter().map(|name| source_move(content, name)));
    let made = make(content.files, moves);
    left.extend(items.into_iter().zip(&made).filter(|(_, made)| !**made).map(|(item, _)| item));
    for (name, _) in bare.iter().zip(&made[listed..]).filter(|(_, made)| !**made) {
        content.stays(&format!("{HOME}{name}.js"));
    }
    if left.is_empty() {
        content.files.remove(LIST);
    } else {
        content.files.insert(LIST.to_owned(), text_of(&left));
        content.stays(LIST);
    }
}

fn source_move(content: &Content<'_>, name: &str) -> Move {
    let mut one = Move::default();
    one.file(content.files, &format!("{HOME}{name}.js"), format!("{HOME}{name}/source.js"));
    one
}

/// The list as it stands; empty if there is none, `None` if it is no list or there can be none.
fn list(content: &Content<'_>) -> Option<Vec<Value>> {
    match content.files.get(LIST) {
        None => below(content.files, "functions/config.json/").next().is_none().then(Vec::new),
        Some(bytes) => match json(bytes)? {
            Value::Array(list) => Some(list),
            _ => None,
        },
    }
}

fn name(item: &Value) -> Option<&str> {
    item.get("name")?.as_str().filter(|name| !name.is_empty())
}

/// Whether a function may be called so: modules are none, and the list is none.
pub(in crate::appdir) fn is_function(name: &str) -> bool {
    !matches!(name.split('/').next(), Some("" | "node_modules" | "config.json"))
}

/// The folders that the older versions know as functions.
fn folders(content: &Content<'_>) -> BTreeSet<String> {
    let inside = below(content.files, HOME).map(|path| &path[HOME.len()..]);
    let folders = inside
        .filter_map(|path| path.strip_suffix("/config.json").or_else(|| path.strip_suffix("/source.js")));
    folders.filter(|folder| is_function(folder)).map(str::to_owned).collect()
}

/// The sources that the newer versions know as functions, by name.
fn sources<'a>(content: &'a Content<'_>) -> impl Iterator<Item = String> + 'a {
    let inside = below(content.files, HOME).map(|path| &path[HOME.len()..]);
    inside.filter_map(|path| path.strip_suffix(".js")).filter(|name| is_function(name)).map(str::to_owned)
}

/// The configuration of a function that came without one: the safe side, since those that authentication calls run as
/// the system anyway.
pub(in crate::appdir) fn default_config(name: &str) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("name".to_owned(), name.into());
    map.insert("private".to_owned(), true.into());
    map
}
