//! What changes between two app directories, for people and for the original's tools.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};
use similar::TextDiff;

use super::convert::{below, object};
use super::layout::{Part, SECRETS, part};
use super::tree::Tree;

/// Files larger than this are not compared line by line, which takes time with the square of what differs.
const MOST_BYTES: usize = 256 * 1024;
/// The same, in lines.
const MOST_LINES: usize = 5_000;
/// Lines around a change.
const CONTEXT: usize = 3;

/// A file as it is and as it would be; nothing where there is none.
pub struct Change {
    /// Its path in the directory.
    pub path: String,
    /// Its bytes now.
    pub before: Option<Vec<u8>>,
    /// Its bytes then.
    pub after: Option<Vec<u8>>,
}

/// The files that differ, by path.
pub fn changes(before: Tree, mut after: Tree) -> Vec<Change> {
    let mut changes = Vec::new();
    for (path, bytes) in before.0 {
        let becomes = after.0.remove(&path);
        if becomes.as_ref() != Some(&bytes) {
            changes.push(Change { path, before: Some(bytes), after: becomes });
        }
    }
    changes.extend(after.0.into_iter().map(|(path, bytes)| Change {
        path,
        before: None,
        after: Some(bytes),
    }));
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

/// The changes as unified diffs, one a file, by path; none when there is nothing to do. Of secrets only the names that
/// are set are told.
pub fn diff(before: &Tree, after: &Tree) -> Vec<String> {
    let paths: BTreeSet<&String> = before.0.keys().chain(after.0.keys()).collect();
    let told = paths.into_iter().filter(|path| part(path) != Part::Stranger);
    told.filter_map(|path| file_diff(path, before.0.get(path), after.0.get(path))).collect()
}

fn file_diff(path: &str, before: Option<&Vec<u8>>, after: Option<&Vec<u8>>) -> Option<String> {
    if path == SECRETS {
        return after.map(|bytes| secrets_diff(bytes));
    }
    if before == after {
        return None;
    }
    let (old, new) = (side("a", path, before), side("b", path, after));
    let text = |bytes: Option<&Vec<u8>>| match bytes {
        None => Some(String::new()),
        Some(bytes) if bytes.len() > MOST_BYTES || lines(bytes) > MOST_LINES => None,
        Some(bytes) => String::from_utf8(bytes.clone()).ok(),
    };
    let (Some(left), Some(right)) = (text(before), text(after)) else {
        let size = |bytes: Option<&Vec<u8>>| bytes.map_or(0, Vec::len);
        let (left, right) = (size(before), size(after));
        return Some(format!(
            "--- {old}\n+++ {new}\nFiles differ: {left} bytes before, {right} bytes after\n"
        ));
    };
    // A file that comes or goes empty has no line to show.
    if left == right {
        return Some(format!("--- {old}\n+++ {new}\n"));
    }
    let diff = TextDiff::from_lines(&left, &right);
    Some(diff.unified_diff().context_radius(CONTEXT).header(&old, &new).to_string())
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count()
}

fn side(side: &str, path: &str, bytes: Option<&Vec<u8>>) -> String {
    if bytes.is_some() { format!("{side}/{path}") } else { "/dev/null".to_owned() }
}

/// The names of secrets that are set, without a word of their values.
fn secrets_diff(bytes: &[u8]) -> String {
    let mut text = format!("--- a/{SECRETS}\n+++ b/{SECRETS}\nValues are not shown\n");
    for (name, value) in object(bytes).unwrap_or_default() {
        let keys = match value {
            Value::Object(owners) => owners
                .iter()
                .flat_map(|(owner, keys)| {
                    keys.as_object().into_iter().flatten().map(move |key| (owner, key.0))
                })
                .map(|(owner, key)| format!("{name}.{owner}.{key}"))
                .collect(),
            _ => vec![name],
        };
        keys.iter().for_each(|key| text.push_str(&format!("+{key}\n")));
    }
    text
}

/// What changes between two app directories, in the form in which a draft tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DraftDiff {
    /// As [`diff`] gives it, but for the files that are told below.
    pub diffs: Vec<String>,
    /// Files that are served, by path.
    pub hosting_files_diff: Changes<String>,
    /// Packages of `functions/package.json`, as `{name, version}`, and `previous_version` where one changed.
    pub dependencies_diff: Changes<Value>,
    /// What changes in the configuration of GraphQL.
    pub graphql_config_diff: FieldDiffs,
    /// Nothing here has such options.
    pub schema_options_diff: SchemaOptionsDiff,
}

/// What came, went and changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Changes<T> {
    /// What came.
    pub added: Vec<T>,
    /// What went.
    pub deleted: Vec<T>,
    /// What changed.
    pub modified: Vec<T>,
}

/// Fields that changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FieldDiffs {
    /// The fields.
    pub field_diffs: Vec<FieldDiff>,
}

/// One field that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldDiff {
    /// Its name, as the newer tools call it.
    pub field_name: String,
    /// The same, as the older ones do.
    pub field: String,
    /// The value before; null where there was none.
    pub previous: Value,
    /// The value after; null where there is none.
    pub updated: Value,
}

/// Options of schemas that changed: none ever do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SchemaOptionsDiff {
    /// Of validation through GraphQL.
    pub graphql_validation_diff: Vec<FieldDiff>,
    /// Of validation elsewhere.
    pub rest_validation_diff: Vec<FieldDiff>,
}

const HOSTED: &str = "hosting/files/";
const PACKAGES: &str = "functions/package.json";
const GRAPHQL: &str = "graphql/config.json";

/// The changes as a draft tells them.
pub fn draft_diff(before: &Tree, after: &Tree) -> DraftDiff {
    let without = |tree: &Tree| {
        let is_told = |path: &String| !path.starts_with(HOSTED);
        Tree(tree.0.iter().filter(|(path, _)| is_told(path)).map(|(p, b)| (p.clone(), b.clone())).collect())
    };
    DraftDiff {
        diffs: diff(&without(before), &without(after)),
        hosting_files_diff: hosting(before, after),
        dependencies_diff: packages(before, after),
        graphql_config_diff: FieldDiffs { field_diffs: fields(before, after) },
        schema_options_diff: SchemaOptionsDiff::default(),
    }
}

fn hosting(before: &Tree, after: &Tree) -> Changes<String> {
    let mut changes = Changes::default();
    let paths: BTreeSet<&str> = below(&before.0, HOSTED).chain(below(&after.0, HOSTED)).collect();
    for path in paths {
        let name = path["hosting/files".len()..].to_owned();
        match (before.0.get(path), after.0.get(path)) {
            (None, _) => changes.added.push(name),
            (_, None) => changes.deleted.push(name),
            (left, right) if left != right => changes.modified.push(name),
            _ => {}
        }
    }
    changes
}

fn packages(before: &Tree, after: &Tree) -> Changes<Value> {
    let versions = |tree: &Tree| -> Map<String, Value> {
        let package = tree.0.get(PACKAGES).and_then(|bytes| object(bytes));
        package.and_then(|map| map.get("dependencies")?.as_object().cloned()).unwrap_or_default()
    };
    let (left, right) = (versions(before), versions(after));
    let mut changes = Changes::default();
    for (name, version) in &right {
        match left.get(name) {
            None => changes.added.push(json!({ "name": name, "version": version })),
            Some(previous) if previous != version => changes
                .modified
                .push(json!({ "name": name, "version": version, "previous_version": previous })),
            Some(_) => {}
        }
    }
    let gone = left.iter().filter(|(name, _)| !right.contains_key(*name));
    changes.deleted = gone.map(|(name, version)| json!({ "name": name, "version": version })).collect();
    changes
}

fn fields(before: &Tree, after: &Tree) -> Vec<FieldDiff> {
    let config = |tree: &Tree| tree.0.get(GRAPHQL).and_then(|bytes| object(bytes)).unwrap_or_default();
    let (left, right) = (config(before), config(after));
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let changed = keys.into_iter().filter(|key| left.get(*key) != right.get(*key));
    let value = |map: &Map<String, Value>, key: &str| map.get(key).cloned().unwrap_or_default();
    changed
        .map(|key| FieldDiff {
            field_name: key.clone(),
            field: key.clone(),
            previous: value(&left, key),
            updated: value(&right, key),
        })
        .collect()
}
