//! `…/apps/{app}/functions`.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::app_in_group;
use super::working::{
    Refused, change, changeable, flags, id_of, is_older, name_of, not_found, object, put, required, set_id,
    shown,
};
use crate::appdir;
use crate::auth::{PartKind, PartRefusal, Snapshot};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::ObjectId;

/// The list of functions of the newer versions.
const LIST: &str = "functions/config.json";
/// What is true or false of a function.
const FLAGS: [&str; 3] = ["private", "disable_arg_logs", "run_as_system"];

/// `GET …/functions`: `[{_id, name, last_modified}]`.
pub(super) async fn list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let modified = app.deployment.0.created().0;
    let view = |(name, _): (String, Map<String, Value>)| {
        let id = id_of(&snapshot.config, "functions", &name);
        json!({ "_id": id, "name": name, "last_modified": modified })
    };
    let views: Vec<Value> = all(&snapshot).into_iter().map(view).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

pub(super) async fn one(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let (name, map) = find(&snapshot, &id).map_err(|refused| refused.failure(&call, &app))?;
    let source = snapshot.files.get(&source_path(&snapshot, &name)).cloned().unwrap_or_default();
    let mut view = Map::new();
    view.insert("_id".to_owned(), id.into());
    view.insert("name".to_owned(), name.into());
    view.insert("private".to_owned(), false.into());
    view.extend(map);
    view.insert("source".to_owned(), String::from_utf8_lossy(&source).into());
    view.insert("last_modified".to_owned(), app.deployment.0.created().0.into());
    Ok(reply::json(StatusCode::OK, &view))
}

pub(super) async fn create(call: Call, Path((group, app)): Path<(String, String)>, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let id = call.auth().dice().object_id(call.auth().clock().now());
    let made = change(&call, &app, |snapshot| {
        let name = required(&body, "name")?.to_owned();
        let source = required(&body, "source")?;
        function_name(&name)?;
        flags(&body, &FLAGS)?;
        if all(snapshot).iter().any(|(known, _)| *known == name) {
            return Err(PartRefusal::Exists { kind: PartKind::Function, name }.into());
        }
        put_function(snapshot, &name, None, kept(&name, &body))?;
        let path = source_path(snapshot, &name);
        snapshot.files.insert(path, source.as_bytes().to_vec());
        set_id(&mut snapshot.config, "functions", None, &name, id);
        Ok(json!({ "_id": id, "name": name }))
    });
    Ok(reply::json(StatusCode::CREATED, &made.await?))
}

pub(super) async fn update(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    change(&call, &app, |snapshot| {
        let (old, mut map) = find(snapshot, &id)?;
        let name = body.get("name").and_then(Value::as_str).unwrap_or(&old).to_owned();
        function_name(&name)?;
        flags(&body, &FLAGS)?;
        if name != old && all(snapshot).iter().any(|(known, _)| *known == name) {
            return Err(PartRefusal::Exists { kind: PartKind::Function, name }.into());
        }
        map.extend(kept(&name, &body));
        let before = source_path(snapshot, &old);
        let source = snapshot.files.remove(&before).unwrap_or_default();
        let source =
            body.get("source").and_then(Value::as_str).map_or(source, |text| text.as_bytes().to_vec());
        put_function(snapshot, &name, Some(&old), map)?;
        let path = source_path(snapshot, &name);
        snapshot.files.insert(path, source);
        if name != old {
            appdir::rename_function(&mut snapshot.config, &mut snapshot.files, &old, &name);
        }
        if let Ok(id) = id.parse::<ObjectId>() {
            set_id(&mut snapshot.config, "functions", Some(&old), &name, id);
        }
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn delete(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    change(&call, &app, |snapshot| {
        let (name, _) = find(snapshot, &id)?;
        let path = source_path(snapshot, &name);
        snapshot.files.remove(&path);
        remove(snapshot, &name)
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Every function with what is configured of it, in the order of the files.
pub(super) fn all(snapshot: &Snapshot) -> Vec<(String, Map<String, Value>)> {
    if is_older(snapshot) {
        let folders = snapshot.files.keys().filter_map(|path| {
            path.strip_prefix("functions/")?.strip_suffix("/config.json").map(|folder| (path, folder))
        });
        let read = |(path, folder): (&String, &str)| Some((folder.to_owned(), object(snapshot, path)?));
        return folders.filter(|(path, _)| !path.contains("/node_modules/")).filter_map(read).collect();
    }
    let named = |map: Map<String, Value>| Some((map.get("name")?.as_str()?.to_owned(), map));
    items(snapshot).unwrap_or_default().into_iter().filter_map(named).collect()
}

fn items(snapshot: &Snapshot) -> Result<Vec<Map<String, Value>>, Refused> {
    changeable(snapshot, LIST)
}

fn find(snapshot: &Snapshot, id: &str) -> Result<(String, Map<String, Value>), Refused> {
    let name = name_of(&snapshot.config, "functions", id);
    let found = name.and_then(|name| all(snapshot).into_iter().find(|(known, _)| *known == name));
    found.ok_or_else(|| not_found(PartKind::Function, id))
}

fn source_path(snapshot: &Snapshot, name: &str) -> String {
    if is_older(snapshot) { format!("functions/{name}/source.js") } else { format!("functions/{name}.js") }
}

fn put_function(
    snapshot: &mut Snapshot,
    name: &str,
    old: Option<&str>,
    map: Map<String, Value>,
) -> Result<(), Refused> {
    if is_older(snapshot) {
        if let Some(old) = old {
            remove(snapshot, old)?;
        }
        put(snapshot, format!("functions/{name}/config.json"), &map);
        return Ok(());
    }
    let mut items = items(snapshot)?;
    let is_old = |item: &Map<String, Value>| old.is_some() && item.get("name").and_then(Value::as_str) == old;
    match items.iter().position(is_old) {
        Some(index) => items[index] = map,
        None => items.push(map),
    }
    put(snapshot, LIST.to_owned(), &items);
    Ok(())
}

fn remove(snapshot: &mut Snapshot, name: &str) -> Result<(), Refused> {
    if is_older(snapshot) {
        snapshot.files.remove(&format!("functions/{name}/config.json"));
        return Ok(());
    }
    let mut items = items(snapshot)?;
    items.retain(|item| item.get("name").and_then(Value::as_str) != Some(name));
    put(snapshot, LIST.to_owned(), &items);
    Ok(())
}

/// What is kept of a body in the function's configuration.
fn kept(name: &str, body: &Map<String, Value>) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("name".to_owned(), name.into());
    for key in [
        "private",
        "can_evaluate",
        "disable_arg_logs",
        "run_as_system",
        "run_as_user_id",
        "run_as_user_id_script_source",
    ] {
        if let Some(value) = body.get(key).filter(|value| !value.is_null()) {
            map.insert(key.to_owned(), value.clone());
        }
    }
    map
}

/// Names may have folders.
fn function_name(name: &str) -> Result<(), Refused> {
    let is_word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    if name.len() <= 128 && name.split('/').all(is_word) && !name.starts_with("node_modules") {
        return Ok(());
    }
    let rule = "a function's name is ASCII letters, digits, `_` and `-`, in folders divided by `/`";
    Err(PartRefusal::Wrong(format!("`name`: {rule}")).into())
}
