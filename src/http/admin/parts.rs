//! Values, triggers and log forwarders: parts of an app that are one file each.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::app_in_group;
use super::query::Query;
use super::working::{
    Refused, change, file_name, flags, id_of, is_free, merge, name_of, not_found, object, put, required,
    set_id, shaped, shown,
};
use crate::auth::{PartKind, PartRefusal, Snapshot};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::ObjectId;

/// A kind of part: how its paths begin, in files and on the wire.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    kind: PartKind,
    /// The folder, which is also how keys of ids begin.
    folder: &'static str,
    /// What a list shows of each; everything when there is nothing here.
    listed: &'static [&'static str],
    /// What is true or false of each; no view is without it.
    flags: &'static [&'static str],
    /// What an update answers.
    updated: StatusCode,
}

pub(super) const VALUES: Parts = Parts {
    kind: PartKind::Value,
    folder: "values",
    listed: &["name", "private", "from_secret"],
    flags: &["private", "from_secret"],
    updated: StatusCode::NO_CONTENT,
};
pub(super) const TRIGGERS: Parts = Parts {
    kind: PartKind::Trigger,
    folder: "triggers",
    listed: &[],
    flags: &["disabled"],
    updated: StatusCode::NO_CONTENT,
};
pub(super) const LOG_FORWARDERS: Parts = Parts {
    kind: PartKind::LogForwarder,
    folder: "log_forwarders",
    listed: &[],
    flags: &["disabled"],
    updated: StatusCode::NO_CONTENT,
};

/// `GET …/{kind}[?type=]`.
pub(super) async fn list(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let wanted = Query::read(query).text("type").map(str::to_owned);
    let of_type = |map: &Map<String, Value>| {
        wanted.as_deref().is_none_or(|wanted| map.get("type").and_then(Value::as_str) == Some(wanted))
    };
    let found = all(&snapshot, parts).into_iter().filter(|(_, map)| of_type(map));
    let views: Vec<Value> = found
        .map(|(name, map)| {
            let mut view = view(&snapshot, parts, &name, map, app.deployment.0.created().0);
            if !parts.listed.is_empty() {
                let always = ["_id", "last_modified"];
                view.retain(|key, _| parts.listed.contains(&key.as_str()) || always.contains(&key.as_str()));
            }
            Value::Object(view)
        })
        .collect();
    Ok(reply::json(StatusCode::OK, &views))
}

pub(super) async fn one(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
    parts: Parts,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let (name, path) = find(&snapshot, parts, &id).map_err(|refused| refused.failure(&call, &app))?;
    let map = object(&snapshot, &path).unwrap_or_default();
    Ok(reply::json(StatusCode::OK, &view(&snapshot, parts, &name, map, app.deployment.0.created().0)))
}

pub(super) async fn create(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
    parts: Parts,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let now = call.auth().clock().now();
    let id = call.auth().dice().object_id(now);
    let made = change(&call, &app, |snapshot| {
        let name = required(&body, "name")?.to_owned();
        file_name(&name)?;
        if all(snapshot, parts).iter().any(|(known, _)| *known == name) {
            return Err(PartRefusal::Exists { kind: parts.kind, name }.into());
        }
        let path = format!("{}/{name}.json", parts.folder);
        is_free(snapshot, &path, parts.kind, &name)?;
        let map = stored(snapshot, parts, Map::new(), &body)?;
        put(snapshot, path, &map);
        set_id(&mut snapshot.config, parts.folder, None, &name, id);
        let mut view = view(snapshot, parts, &name, map, now.0);
        if !parts.listed.is_empty() {
            view.shift_remove("value");
        }
        Ok(view)
    });
    Ok(reply::json(StatusCode::CREATED, &made.await?))
}

/// `PUT …/{id}`: the whole, under its old name or a new one.
pub(super) async fn update(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
    request: Body,
    parts: Parts,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    change(&call, &app, |snapshot| {
        let (old, path) = find(snapshot, parts, &id)?;
        let name = body.get("name").and_then(Value::as_str).unwrap_or(&old).to_owned();
        file_name(&name)?;
        if name != old && all(snapshot, parts).iter().any(|(known, _)| *known == name) {
            return Err(PartRefusal::Exists { kind: parts.kind, name }.into());
        }
        let before = object(snapshot, &path).unwrap_or_default();
        let mut map = stored(snapshot, parts, before, &body)?;
        map.insert("name".to_owned(), name.as_str().into());
        snapshot.files.remove(&path);
        let path = if name == old { path } else { format!("{}/{name}.json", parts.folder) };
        is_free(snapshot, &path, parts.kind, &name)?;
        put(snapshot, path, &map);
        if let Ok(id) = id.parse::<ObjectId>() {
            set_id(&mut snapshot.config, parts.folder, Some(&old), &name, id);
        }
        Ok(())
    })
    .await?;
    Ok(reply::empty(parts.updated))
}

pub(super) async fn delete(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
    parts: Parts,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    change(&call, &app, |snapshot| {
        let (_, path) = find(snapshot, parts, &id)?;
        snapshot.files.remove(&path);
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `PUT …/triggers/{id}/resume`: a trigger that was suspended goes on. Ours never are.
pub(super) async fn resume(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    find(&snapshot, TRIGGERS, &id).map_err(|refused| refused.failure(&call, &app))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Every part of a kind by name.
pub(super) fn all(snapshot: &Snapshot, parts: Parts) -> Vec<(String, Map<String, Value>)> {
    let files = snapshot.files.keys().filter_map(|path| Some((path, called(path, parts.folder)?)));
    files
        .filter_map(|(path, called)| {
            let map = object(snapshot, path)?;
            Some((name_in(&map, called), map))
        })
        .collect()
}

/// What a file directly in a folder would be called.
fn called<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let stem = path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".json")?;
    (!stem.contains('/')).then_some(stem)
}

fn name_in(map: &Map<String, Value>, called: &str) -> String {
    let said = map.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    said.unwrap_or(called).to_owned()
}

/// Name and path of the part with an id.
fn find(snapshot: &Snapshot, parts: Parts, id: &str) -> Result<(String, String), Refused> {
    if id.parse::<ObjectId>().is_err() {
        let noun = if parts.folder == "triggers" { "trigger" } else { parts.folder.trim_end_matches('s') };
        return Err(
            PartRefusal::Wrong(format!("must provide valid {noun} id ({id}): invalid ObjectId")).into()
        );
    }
    let name = name_of(&snapshot.config, parts.folder, id).ok_or_else(|| not_found(parts.kind, id))?;
    let path = snapshot.files.keys().find(|path| {
        called(path, parts.folder)
            .is_some_and(|called| object(snapshot, path).is_some_and(|map| name_in(&map, called) == name))
    });
    path.map(|path| (name.clone(), path.clone())).ok_or_else(|| not_found(parts.kind, id))
}

fn view(
    snapshot: &Snapshot,
    parts: Parts,
    name: &str,
    mut map: Map<String, Value>,
    modified: i64,
) -> Map<String, Value> {
    let mut view = Map::new();
    view.insert("_id".to_owned(), json!(id_of(&snapshot.config, parts.folder, name)));
    view.insert("name".to_owned(), name.into());
    for key in ["_id", "id", "name"] {
        map.shift_remove(key);
    }
    view.extend(map);
    for flag in parts.flags {
        let is_set = view.get(*flag).and_then(Value::as_bool).unwrap_or(false);
        view.insert((*flag).to_owned(), is_set.into());
    }
    view.insert("last_modified".to_owned(), modified.into());
    if parts.folder == "triggers" {
        name_function_twice(snapshot, &mut view);
    }
    view
}

/// A trigger's function stands at the top in older clients and below `event_processors` in newer ones.
fn name_function_twice(snapshot: &Snapshot, view: &mut Map<String, Value>) {
    let pointer = "/event_processors/FUNCTION/config/function_name";
    let trigger = Value::Object(view.clone());
    let named = view.get("function_name").or_else(|| trigger.pointer(pointer)).and_then(Value::as_str);
    let Some(name) = named.filter(|name| !name.is_empty()).map(str::to_owned) else { return };
    let id = json!(id_of(&snapshot.config, "functions", &name));
    let config = json!({ "function_id": id, "function_name": name });
    view.insert("function_id".to_owned(), id);
    view.insert("function_name".to_owned(), name.into());
    let processors = view.entry("event_processors").or_insert_with(|| json!({}));
    if let Some(processors) = processors.as_object_mut() {
        processors.insert("FUNCTION".to_owned(), json!({ "config": config }));
    }
}

/// What is kept of a body: nothing that a file has no place for.
fn stored(
    snapshot: &Snapshot,
    parts: Parts,
    mut map: Map<String, Value>,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, Refused> {
    flags(body, parts.flags)?;
    if parts.folder == "triggers" {
        shaped(body, &["function_id", "function_name"], Value::is_string, "a text")?;
        shaped(body, &["config", "event_processors"], Value::is_object, "an object")?;
    }
    merge(&mut map, body);
    for key in ["_id", "id", "last_modified"] {
        map.shift_remove(key);
    }
    if parts.folder == "values" && !body.contains_key("value") && !map.contains_key("value") {
        return Err(PartRefusal::Missing("value").into());
    }
    if let Some(value) = body.get("value").filter(|_| parts.folder == "values") {
        // A value may well be null.
        map.insert("value".to_owned(), value.clone());
    }
    if parts.folder == "triggers" {
        name_function(snapshot, &mut map);
    }
    Ok(map)
}

/// A trigger keeps the name of its function, wherever and however a client gave it.
fn name_function(snapshot: &Snapshot, trigger: &mut Map<String, Value>) {
    let at = |pointer: &str| {
        Value::Object(trigger.clone()).pointer(pointer).and_then(Value::as_str).map(str::to_owned)
    };
    let below = "/event_processors/FUNCTION/config";
    let id = at("/function_id").or_else(|| at(&format!("{below}/function_id")));
    let by_id = id.and_then(|id| name_of(&snapshot.config, "functions", &id));
    let name = by_id.or_else(|| at("/function_name")).or_else(|| at(&format!("{below}/function_name")));
    let Some(name) = name.filter(|name| !name.is_empty()) else { return };
    trigger.shift_remove("function_id");
    let is_new = trigger.get("event_processors").is_some_and(Value::is_object);
    if is_new {
        trigger.shift_remove("function_name");
        trigger["event_processors"]["FUNCTION"] = json!({ "config": { "function_name": name } });
    } else {
        trigger.insert("function_name".to_owned(), name.into());
    }
}
