//! The configuration that a request works on: the caller's open draft, or what is live. Every change is looked at as an
//! import would be before it is kept.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::appdir::{self, Export, Mode, Problem, Written};
use crate::auth::{App, Author, Error, PartKind, PartRefusal, Snapshot};
use crate::http::Failure;
use crate::http::call::Call;
use crate::model::{AppConfig, Format, ObjectId, read_json};

/// Why a change is not made.
pub(super) enum Refused {
    /// In a word.
    Error(Error),
    /// What the app's directory would have wrong.
    Problems(Vec<Problem>),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Error(error)
    }
}

impl From<PartRefusal> for Refused {
    fn from(refusal: PartRefusal) -> Refused {
        Refused::Error(Error::Part(refusal))
    }
}

impl Refused {
    pub(super) fn failure(self, call: &Call, app: &Arc<App>) -> Failure {
        match self {
            Refused::Error(error) => call.failed(error, Some(app)),
            Refused::Problems(problems) => {
                call.failed(Error::InvalidDirectory(problems.len()), Some(app)).with_problems(problems)
            }
        }
    }
}

/// What the caller sees of an app.
pub(super) async fn shown(call: &Call, app: &Arc<App>) -> Result<Snapshot, Failure> {
    let author = Author::of(call.admin()?);
    let shown = call.auth().shown(app, author).await.map_err(|e| call.failed(e, Some(app)))?;
    Ok(shown.snapshot)
}

/// Changes what the caller sees of an app.
pub(super) async fn change<T>(
    call: &Call,
    app: &Arc<App>,
    change: impl Fn(&mut Snapshot) -> Result<T, Refused>,
) -> Result<T, Failure> {
    let author = Author::of(call.admin()?);
    let whole = |snapshot: &mut Snapshot| {
        let done = change(snapshot)?;
        check(app, snapshot)?;
        Ok(done)
    };
    let changed: Result<T, Refused> = call.auth().change(app, author, whole).await;
    changed.map_err(|refused| refused.failure(call, app))
}

/// Refuses a configuration that could not be imported, and finds what has an id in it.
pub(super) fn check(app: &App, snapshot: &mut Snapshot) -> Result<(), Refused> {
    let written = written(app, snapshot, None, Mode::Faithful);
    let import = appdir::read(&written.tree, &snapshot.config.name);
    let import = import.map_err(|problems| Refused::Problems(problems.0))?;
    let had = std::mem::replace(&mut snapshot.config.ids, import.config.ids);
    snapshot.config.keep_ids(&had);
    Ok(())
}

/// A configuration as a directory, in a version or the one that came.
pub(super) fn written(app: &App, snapshot: &Snapshot, format: Option<Format>, mode: Mode) -> Written {
    let files: Vec<(String, Vec<u8>)> =
        snapshot.files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    appdir::write(&Export {
        config: &snapshot.config,
        files: &files,
        client_app_id: &app.client_app_id,
        app_id: app.id,
        group_id: app.group_id,
        format,
        mode,
    })
}

/// The id of a part, by kind and name.
pub(super) fn id_of(config: &AppConfig, kind: &str, name: &str) -> Option<ObjectId> {
    config.ids.get(&format!("{kind}/{name}")).copied().flatten()
}

/// The name of the part of a kind that has an id.
pub(super) fn name_of(config: &AppConfig, kind: &str, id: &str) -> Option<String> {
    let id: ObjectId = id.parse().ok()?;
    let of_kind = |key: &str| key.strip_prefix(kind)?.strip_prefix('/').map(str::to_owned);
    config
        .ids
        .iter()
        .find(|(key, known)| **known == Some(id) && of_kind(key).is_some())
        .and_then(|(key, _)| of_kind(key))
}

/// Gives a part its id; one that changes its name keeps it.
pub(super) fn set_id(config: &mut AppConfig, kind: &str, old: Option<&str>, name: &str, id: ObjectId) {
    if let Some(old) = old {
        config.ids.remove(&format!("{kind}/{old}"));
    }
    config.ids.insert(format!("{kind}/{name}"), Some(id));
}

/// The object in a file, if it is there and one.
pub(super) fn object(snapshot: &Snapshot, path: &str) -> Option<Map<String, Value>> {
    match read_json(snapshot.files.get(path)?) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

/// What is in a file that is to be changed, which would lose what cannot be read; nothing when it is not there.
pub(super) fn changeable<T: DeserializeOwned + Default>(
    snapshot: &Snapshot,
    path: &str,
) -> Result<T, Refused> {
    let Some(bytes) = snapshot.files.get(path) else { return Ok(T::default()) };
    let read = read_json(bytes).map_err(|error| error.to_string());
    let read = read.and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()));
    read.map_err(|why| {
        PartRefusal::Wrong(format!("{path}: {why}: it would be lost, so mend it first")).into()
    })
}

/// Refuses what would take the place of a file that is there.
pub(super) fn is_free(snapshot: &Snapshot, path: &str, kind: PartKind, name: &str) -> Result<(), Refused> {
    if snapshot.files.contains_key(path) {
        return Err(PartRefusal::Exists { kind, name: name.to_owned() }.into());
    }
    Ok(())
}

/// Writes a file of JSON.
pub(super) fn put(snapshot: &mut Snapshot, path: String, value: &impl serde::Serialize) {
    snapshot.files.insert(path, appdir::json_text(value));
}

/// Whether the app's directory is of one of the two older versions.
pub(super) fn is_older(snapshot: &Snapshot) -> bool {
    snapshot.config.format < Format::V20210101
}

/// A text that has to be there and hold something.
pub(super) fn required<'a>(body: &'a Map<String, Value>, key: &'static str) -> Result<&'a str, Refused> {
    let text = body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| PartRefusal::Missing(key).into())
}

/// What has to be true or false, where it is given at all.
pub(super) fn flags(body: &Map<String, Value>, keys: &[&str]) -> Result<(), Refused> {
    shaped(body, keys, Value::is_boolean, "true or false")
}

/// What has to be of a form, where it is given at all.
pub(super) fn shaped(
    body: &Map<String, Value>,
    keys: &[&str],
    form: fn(&Value) -> bool,
    expected: &str,
) -> Result<(), Refused> {
    let is_wrong = |key: &&&str| body.get(**key).is_some_and(|value| !value.is_null() && !form(value));
    match keys.iter().find(is_wrong) {
        Some(key) => Err(PartRefusal::Wrong(format!("`{key}`: expected {expected}")).into()),
        None => Ok(()),
    }
}

/// A name that may be a file's.
pub(super) fn file_name(name: &str) -> Result<(), Refused> {
    let is_good = (1..=128).contains(&name.len())
        && !name.starts_with('.')
        && name
            .chars()
            .all(|c| !c.is_control() && !matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'));
    if is_good {
        return Ok(());
    }
    Err(PartRefusal::Wrong(format!("`name`: {name:?} cannot be the name of a file")).into())
}

pub(super) fn not_found(kind: PartKind, name: &str) -> Refused {
    PartRefusal::NotFound { kind, name: name.to_owned() }.into()
}

/// Puts every key of `patch` into `into`; a null takes the key out.
pub(super) fn merge(into: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                into.shift_remove(key);
            }
            value => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}
