//! Services: all together in the older versions; in the newer ones databases are data sources, and webhooks endpoints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Content, HTTP, below, object};
use crate::appdir::moves::Move;
use crate::appdir::write::text_of;

const SERVICES: &str = "services/";
const DATA_SOURCES: &str = "data_sources/";
/// What a collection has in a file of its own in the newer versions, and in its rule in the older ones.
const OF_RULES: [&str; 2] = ["schema", "relationships"];

/// Parts databases and webhooks from the other services.
pub(super) fn part(content: &mut Content<'_>) {
    let mut moves = Vec::new();
    for service in folders(content, SERVICES) {
        let from = format!("{SERVICES}{service}/");
        match kind(content, &from) {
            Some(DATA_SOURCES) => {
                moves.push(newer(content.files, &from, &format!("{DATA_SOURCES}{service}/")));
            }
            Some(place) => moves.push(folder(content.files, &from, &format!("{place}{service}/"))),
            None => {}
        }
    }
    content.make(moves);
}

/// Puts them together again.
pub(super) fn unite(content: &mut Content<'_>) {
    let mut moves = Vec::new();
    for place in [DATA_SOURCES, HTTP] {
        for service in folders(content, place) {
            let (from, to) = (format!("{place}{service}/"), format!("{SERVICES}{service}/"));
            if kind(content, &from) != Some(place) {
                content.stays(from.trim_end_matches('/'));
            } else if place == DATA_SOURCES {
                moves.push(older(content.files, &from, &to));
            } else {
                moves.push(folder(content.files, &from, &to));
            }
        }
    }
    content.make(moves);
}

/// The section of the newer versions in which a service stands, if it is not among the services there.
fn kind(content: &Content<'_>, folder: &str) -> Option<&'static str> {
    let config = content.object(&format!("{folder}config.json"))?;
    match config.get("type")?.as_str()? {
        "http" => Some(HTTP),
        kind if kind.starts_with("mongodb") => Some(DATA_SOURCES),
        _ => None,
    }
}

/// The folders in a section.
fn folders(content: &Content<'_>, section: &str) -> BTreeSet<String> {
    let inside = below(content.files, section).filter_map(|path| path[section.len()..].split_once('/'));
    inside.map(|(folder, _)| folder.to_owned()).collect()
}

/// A whole folder, as it is.
fn folder(files: &BTreeMap<String, Vec<u8>>, from: &str, to: &str) -> Move {
    let mut one = Move::default();
    for path in below(files, from) {
        one.file(files, path, format!("{to}{}", &path[from.len()..]));
    }
    one
}

/// A database with its rules in one file a collection, to one with a folder a collection.
fn newer(files: &BTreeMap<String, Vec<u8>>, from: &str, to: &str) -> Move {
    let mut one = Move::default();
    let mut seen = BTreeSet::new();
    for path in below(files, from) {
        let inside = &path[from.len()..];
        match rule_of(files, path, inside).filter(|(collection, _)| seen.insert(collection.clone())) {
            Some((collection, rule)) => {
                one.gone.push(path.to_owned());
                one.new.extend(in_parts(rule, &format!("{to}{collection}")));
            }
            None => one.file(files, path, format!("{to}{inside}")),
        }
    }
    one
}

/// The rule in a file of an older version, with its place in a newer one, `database/collection`.
fn rule_of(
    files: &BTreeMap<String, Vec<u8>>,
    path: &str,
    inside: &str,
) -> Option<(String, Map<String, Value>)> {
    let file = inside.strip_prefix("rules/")?.strip_suffix(".json")?;
    let rule = object(files.get(path)?)?;
    let word = |key: &str| rule.get(key)?.as_str().filter(|word| !word.is_empty() && !word.contains('/'));
    let place = format!("{}/{}", word("database")?, word("collection")?);
    (!file.contains('/')).then_some((place, rule))
}

/// The files of a collection's folder.
pub(in crate::appdir) fn in_parts(mut rule: Map<String, Value>, folder: &str) -> Vec<(String, Vec<u8>)> {
    let parts: Vec<(&str, Value)> =
        OF_RULES.iter().filter_map(|key| Some((*key, rule.shift_remove(*key)?))).collect();
    let mut files: Vec<(String, Vec<u8>)> =
        parts.iter().map(|(key, value)| (format!("{folder}/{key}.json"), text_of(value))).collect();
    // With both of them beside it, a folder needs no rules that say nothing.
    if files.len() < OF_RULES.len() || rule.keys().any(|key| key != "database" && key != "collection") {
        files.push((format!("{folder}/rules.json"), text_of(&rule)));
    }
    files
}

/// The other way.
fn older(files: &BTreeMap<String, Vec<u8>>, from: &str, to: &str) -> Move {
    let mut one = Move::default();
    let mut collections: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for path in below(files, from) {
        let inside = &path[from.len()..];
        match inside.split('/').collect::<Vec<_>>()[..] {
            [database, collection, "rules.json" | "schema.json" | "relationships.json"] => {
                collections.entry((database, collection)).or_default().push(path);
            }
            _ => {
                seen.insert(inside.to_owned());
                one.file(files, path, format!("{to}{inside}"));
            }
        }
    }
    for ((database, collection), paths) in collections {
        let file = format!("rules/{database}.{collection}.json");
        match united(files, database, collection, &paths).filter(|_| seen.insert(file.clone())) {
            Some(rule) => {
                one.gone.extend(paths.iter().map(|path| (*path).to_owned()));
                one.new.push((format!("{to}{file}"), text_of(&rule)));
            }
            None => {
                paths.iter().for_each(|path| one.file(files, path, format!("{to}{}", &path[from.len()..])));
            }
        }
    }
    one
}

/// The files of a collection as one rule; `None` if they would not come apart again as they are.
fn united(
    files: &BTreeMap<String, Vec<u8>>,
    database: &str,
    collection: &str,
    paths: &[&str],
) -> Option<Map<String, Value>> {
    let mut rule = Map::new();
    rule.insert("database".to_owned(), database.into());
    rule.insert("collection".to_owned(), collection.into());
    for path in paths {
        let value = super::json(files.get(*path)?)?;
        let (_, name) = path.rsplit_once('/')?;
        match (name, value) {
            ("rules.json", Value::Object(given)) => {
                let agrees = |key: &str| given.get(key).is_none_or(|value| rule.get(key) == Some(value));
                if !agrees("database")
                    || !agrees("collection")
                    || OF_RULES.iter().any(|key| given.contains_key(*key))
                {
                    return None;
                }
                let missing = std::mem::replace(&mut rule, given);
                missing.into_iter().for_each(|(key, value)| {
                    rule.entry(key).or_insert(value);
                });
            }
            ("rules.json", _) => return None,
            (name, value) => {
                rule.insert(name.trim_end_matches(".json").to_owned(), value);
            }
        }
    }
    Some(rule)
}
