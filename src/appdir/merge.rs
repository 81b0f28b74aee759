//! An app directory laid over another.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::convert::{Content, LIST, convert, default_config, is_older, json, object};
use super::layout::{OLD_PROVIDERS, PROVIDERS, Part, SECRETS, SETTINGS, part};
use super::pieces::{Key, Piece, Pieces};
use super::problem::{Findings, Problem, Problems};
use super::tree::Tree;
use super::write::{provider_map, text_of};
use super::{Import, read};
use crate::model::{Format, ObjectId, Provider, ProviderType};

/// What becomes of that which is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// It stays.
    Merge,
    /// Of functions, providers, triggers, values, services and the like it goes; things are the same that have the same
    /// id.
    Replace,
    /// The same, but things are the same that have the same name.
    ReplaceByName,
}

/// Two directories made one.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// The directory, in the version of the one that was there; the secrets of the other are in it.
    pub tree: Tree,
    /// What has no place in that version, and so stands where it does not look.
    pub warnings: Vec<Problem>,
}

/// Root keys that an app keeps whatever is given: it is not another app, and it does not move.
const KEPT: [&str; 6] =
    ["config_version", "app_id", "name", "location", "deployment_model", "provider_region"];

/// Lays `given` over `current`, thing by thing. `ids` are those of the things in `current`, by kind and name, which
/// their files need not say.
///
/// What is one of a kind (custom user data, sync, hosting, environments, our settings, the root's keys) stays unless it
/// is given. The provider `api-key` is disabled rather than removed. A function without configuration gets one that
/// clients cannot call.
pub fn merge(
    current: &Tree,
    given: &Tree,
    strategy: Strategy,
    ids: &BTreeMap<String, Option<ObjectId>>,
) -> Result<Merge, Problems> {
    let here = read(current, "app")?;
    let there = read(given, "app")?;
    let format = here.config.format;
    let mut findings = Findings::default();
    let (given, given_root) = alike(given, there, format, &mut findings);
    let is_older = is_older(format);
    let mut ours = Pieces::of(current, is_older);
    let theirs = Pieces::of(&given, is_older);
    if strategy != Strategy::Merge {
        remove_absent(&mut ours, &theirs, is_older);
    }
    if strategy != Strategy::ReplaceByName {
        remove_renamed(&mut ours, &theirs, ids);
    }
    for key in &theirs.order {
        if !ours.order.contains(key) {
            ours.order.push(key.clone());
        }
    }
    for (key, piece) in theirs.named {
        let before = ours.named.remove(&key);
        let piece = laid_over(&key, before, piece, strategy, is_older);
        if piece.item.is_some() && !ours.order.contains(&key) {
            ours.order.push(key.clone());
        }
        ours.named.insert(key, piece);
    }
    for (path, bytes) in theirs.others {
        let is_taken = matches!(part(&path), Part::Section) || path == SETTINGS || path == SECRETS;
        if is_taken {
            put(&mut ours.others, path, bytes);
        }
    }
    lay_root(&mut ours.others, given_root, format);
    Ok(Merge { tree: ours.together(current), warnings: findings.warnings })
}

/// The given directory in the version of the other, and what its root says.
fn alike(
    given: &Tree,
    import: Import,
    format: Format,
    findings: &mut Findings,
) -> (Tree, Map<String, Value>) {
    let mut root = import.config.root;
    if import.config.format == format {
        return (given.clone(), root);
    }
    let mut files: BTreeMap<String, Vec<u8>> = import.files.into_iter().collect();
    convert(&mut Content { files: &mut files, root: &mut root, findings }, import.config.format, format);
    for path in [SETTINGS, SECRETS] {
        files.extend(given.0.get(path).map(|bytes| (path.to_owned(), bytes.clone())));
    }
    let said = super::root::origins(&root, import.config.format);
    if let Some(origins) = said.filter(|_| is_older(import.config.format) != is_older(format)) {
        root.shift_remove("security");
        root.shift_remove("allowed_request_origins");
        if is_older(format) {
            root.insert("security".to_owned(), serde_json::json!({ "allowed_request_origins": origins }));
        } else {
            root.insert("allowed_request_origins".to_owned(), origins.into());
        }
    }
    let providers = import.config.providers.iter();
    if is_older(format) {
        files.extend(
            providers.map(|p| (format!("{OLD_PROVIDERS}{}.json", p.kind), text_of(&provider_map(p)))),
        );
    } else {
        let named: Map<_, _> = providers.map(|p| (p.kind.to_string(), provider_map(p).into())).collect();
        files.insert(PROVIDERS.to_owned(), text_of(&named));
    }
    (Tree(files), root)
}

/// Removes what is not given, but for the provider that every app has.
fn remove_absent(ours: &mut Pieces, theirs: &Pieces, is_older: bool) {
    let built_in = ("auth_providers", ProviderType::ApiKey.to_string());
    let api_key = ours.named.get(&built_in).cloned();
    ours.named.retain(|key, _| theirs.named.contains_key(key));
    if let Some(piece) = api_key.filter(|_| !theirs.named.contains_key(&built_in)) {
        ours.named.insert(built_in, disabled(piece, is_older));
    }
}

fn disabled(mut piece: Piece, is_older: bool) -> Piece {
    if let Some((_, Value::Object(map))) = &mut piece.item {
        map.insert("disabled".to_owned(), true.into());
    }
    if is_older {
        let path = format!("{OLD_PROVIDERS}{}.json", ProviderType::ApiKey);
        let before = piece.files.get(&path).and_then(|bytes| object(bytes));
        let mut map = before.unwrap_or_else(|| provider_map(&Provider::new(ProviderType::ApiKey, false)));
        if map.insert("disabled".to_owned(), true.into()) != Some(Value::Bool(true)) {
            piece.files.insert(path, text_of(&map));
        }
    }
    piece
}

/// Removes what is given under another name, told by its id.
fn remove_renamed(ours: &mut Pieces, theirs: &Pieces, ids: &BTreeMap<String, Option<ObjectId>>) {
    let known = |key: &Key, piece: &Piece| {
        let kind = match key.0 {
            "data_sources" | "http_endpoints" => "services",
            kind => kind,
        };
        ids.get(&format!("{kind}/{}", key.1)).copied().flatten().or(piece.id)
    };
    let given: BTreeMap<ObjectId, &Key> =
        theirs.named.iter().filter_map(|(key, piece)| Some((piece.id?, key))).collect();
    ours.named.retain(|key, piece| {
        let new = known(key, piece).and_then(|id| given.get(&id));
        new.is_none_or(|new| new.0 != key.0 || new.1 == key.1 || theirs.named.contains_key(key))
    });
}

/// One thing over what it was before.
fn laid_over(key: &Key, before: Option<Piece>, given: Piece, strategy: Strategy, is_older: bool) -> Piece {
    let before = before.unwrap_or_default();
    let mut files = if strategy == Strategy::Merge { before.files.clone() } else { BTreeMap::new() };
    for (path, bytes) in given.files {
        let kept = before.files.get(&path).filter(|text| says_the_same(text, &bytes)).cloned();
        files.insert(path, kept.unwrap_or(bytes));
    }
    let mut item = given.item;
    if strategy == Strategy::Merge && item.is_none() {
        item = before.item;
    }
    if key.0 == "functions" {
        let config = format!("functions/{}/config.json", key.1);
        let is_listed = |path: &String| path.ends_with("/config.json");
        if !is_older && item.is_none() {
            item = Some((LIST.to_owned(), Value::Object(default_config(&key.1))));
        } else if is_older && !files.keys().any(is_listed) {
            files.insert(config, text_of(&default_config(&key.1)));
        }
    }
    Piece { id: before.id.or(given.id), files, item }
}

fn says_the_same(left: &[u8], right: &[u8]) -> bool {
    left == right || json(left).is_some_and(|value| json(right) == Some(value))
}

fn put(files: &mut BTreeMap<String, Vec<u8>>, path: String, bytes: Vec<u8>) {
    if !files.get(&path).is_some_and(|text| says_the_same(text, &bytes)) {
        files.insert(path, bytes);
    }
}

/// The given root's keys over those that are there.
fn lay_root(files: &mut BTreeMap<String, Vec<u8>>, given: Map<String, Value>, format: Format) {
    let path = format.root_file();
    let before = files.get(path).map(|bytes| root_of(path, bytes));
    let mut root = before.clone().unwrap_or_default();
    root.extend(given.into_iter().filter(|(key, value)| !KEPT.contains(&key.as_str()) && !value.is_null()));
    if before.as_ref() != Some(&root) && !(before.is_none() && root.is_empty()) {
        files.insert(path.to_owned(), text_of(&root));
    }
}

/// The root file, read as leniently as an import reads it.
fn root_of(path: &str, bytes: &[u8]) -> Map<String, Value> {
    let mut findings = Findings::default();
    let source = super::json::Source::new(path, bytes, &mut findings);
    let node = source.and_then(|source| super::parse::parse(&source, &mut findings));
    match node.map(|node| node.to_value()) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
