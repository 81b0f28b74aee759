//! `…/apps/{app}/services`, their rules, and `…/schemas`: kept so that tools and round trips live. Nothing here reads
//! data.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::app_in_group;
use super::working::{
    Refused, change, file_name, id_of, is_free, is_older, merge, name_of, not_found, object, put, required,
    set_id, shown,
};
use crate::auth::{PartKind, PartRefusal, Snapshot};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::ObjectId;

const FOLDERS: [&str; 4] = ["services/", "data_sources/", "http_endpoints/", "https_endpoints/"];

/// A service.
pub(super) struct Service {
    pub(super) name: String,
    pub(super) kind: String,
    /// `config` of it.
    pub(super) config: Value,
    /// The folder of its files, with a `/` at the end.
    folder: String,
}

impl Service {
    /// Whether it is a database.
    pub(super) fn is_data_source(&self) -> bool {
        is_data_source(&self.kind)
    }
}

fn is_data_source(kind: &str) -> bool {
    kind.starts_with("mongodb") || kind.starts_with("datalake")
}

/// Every service by its path.
pub(super) fn all(snapshot: &Snapshot) -> Vec<Service> {
    let read = |path: &String| {
        let section = FOLDERS.iter().find(|section| path.starts_with(**section))?;
        let name =
            path.strip_prefix(section)?.strip_suffix("/config.json").filter(|name| !name.contains('/'))?;
        let map = object(snapshot, path)?;
        let said = |key: &str| map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        Some(Service {
            name: said("name").unwrap_or(name).to_owned(),
            kind: said("type").unwrap_or_default().to_owned(),
            config: map.get("config").cloned().unwrap_or_else(|| json!({})),
            folder: format!("{section}{name}/"),
        })
    };
    snapshot.files.keys().filter_map(read).collect()
}

fn find(snapshot: &Snapshot, id: &str) -> Result<Service, Refused> {
    let name = name_of(&snapshot.config, "services", id);
    let found = name.and_then(|name| all(snapshot).into_iter().find(|service| service.name == name));
    found.ok_or_else(|| not_found(PartKind::Service, id))
}

fn view(snapshot: &Snapshot, service: &Service, modified: i64) -> Value {
    json!({
        "_id": id_of(&snapshot.config, "services", &service.name),
        "name": service.name,
        "type": service.kind,
        "version": 1,
        "last_modified": modified,
    })
}

pub(super) async fn list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let modified = app.deployment.0.created().0;
    let views: Vec<Value> = all(&snapshot).iter().map(|s| view(&snapshot, s, modified)).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

pub(super) async fn one(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let service = find(&snapshot, &id).map_err(|refused| refused.failure(&call, &app))?;
    Ok(reply::json(StatusCode::OK, &view(&snapshot, &service, app.deployment.0.created().0)))
}

pub(super) async fn create(call: Call, Path((group, app)): Path<(String, String)>, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let id = call.auth().dice().object_id(call.auth().clock().now());
    let made = change(&call, &app, |snapshot| {
        let (name, kind) = (required(&body, "name")?.to_owned(), required(&body, "type")?);
        file_name(&name)?;
        if all(snapshot).iter().any(|service| service.name == name) {
            return Err(PartRefusal::Exists { kind: PartKind::Service, name }.into());
        }
        let mut map = Map::new();
        merge(&mut map, &body);
        for key in ["_id", "version", "last_modified"] {
            map.shift_remove(key);
        }
        let section = if is_data_source(kind) && !is_older(snapshot) { "data_sources" } else { "services" };
        let path = format!("{section}/{name}/config.json");
        is_free(snapshot, &path, PartKind::Service, &name)?;
        put(snapshot, path, &map);
        set_id(&mut snapshot.config, "services", None, &name, id);
        Ok(json!({ "_id": id, "name": name, "type": kind }))
    });
    Ok(reply::json(StatusCode::CREATED, &made.await?))
}

pub(super) async fn delete(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    change(&call, &app, |snapshot| {
        let folder = find(snapshot, &id)?.folder;
        snapshot.files.retain(|path, _| !path.starts_with(&folder));
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn config(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let service = find(&snapshot, &id).map_err(|refused| refused.failure(&call, &app))?;
    Ok(reply::json(StatusCode::OK, &service.config))
}

pub(super) async fn patch_config(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    change(&call, &app, |snapshot| {
        let path = format!("{}config.json", find(snapshot, &id)?.folder);
        let mut map = object(snapshot, &path).unwrap_or_default();
        let mut config = map.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
        merge(&mut config, &body);
        map.insert("config".to_owned(), Value::Object(config));
        put(snapshot, path, &map);
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GET …/services/{service}/default_rule`; without one, `null`.
pub(super) async fn default_rule(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let service = find(&snapshot, &id).map_err(|refused| refused.failure(&call, &app))?;
    let path = format!("{}default_rule.json", service.folder);
    let rule = object(&snapshot, &path).map(|rule| identified(&path, rule));
    Ok(reply::json(StatusCode::OK, &rule))
}

/// `POST|PUT …/default_rule`, `POST …/rules`, `PUT …/rules/{rule}`: the whole rule; answers it with its id.
pub(super) async fn put_rule(
    call: Call,
    (group, app, id): (String, String, String),
    request: Body,
    default: bool,
    done: StatusCode,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let kept = change(&call, &app, |snapshot| {
        let service = find(snapshot, &id)?;
        let path = if default {
            format!("{}default_rule.json", service.folder)
        } else {
            rule_path(snapshot, &service, &body)?
        };
        let mut rule = body.clone();
        rule.shift_remove("_id");
        put(snapshot, path.clone(), &rule);
        Ok(identified(&path, rule))
    })
    .await?;
    if done == StatusCode::NO_CONTENT {
        return Ok(reply::empty(done));
    }
    Ok(reply::json(done, &kept))
}

pub(super) async fn rules(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let service = find(&snapshot, &id).map_err(|refused| refused.failure(&call, &app))?;
    let below = snapshot.files.keys().filter(|path| path.starts_with(&service.folder));
    let is_rule = |path: &&String| path.ends_with("/rules.json") || path.contains("/rules/");
    let read = |path: &String| object(&snapshot, path).map(|rule| identified(path, rule));
    let found: Vec<Value> = below.filter(is_rule).filter_map(read).collect();
    Ok(reply::json(StatusCode::OK, &found))
}

pub(super) async fn delete_rule(
    call: Call,
    Path((group, app, id, rule)): Path<(String, String, String, String)>,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    change(&call, &app, |snapshot| {
        let folder = find(snapshot, &id)?.folder;
        let path =
            snapshot.files.keys().find(|path| path.starts_with(&folder) && path_id(path) == rule).cloned();
        let path = path.ok_or_else(|| not_found(PartKind::Rule, &rule))?;
        snapshot.files.remove(&path);
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn rule_path(snapshot: &Snapshot, service: &Service, rule: &Map<String, Value>) -> Result<String, Refused> {
    if !service.is_data_source() {
        let name = required(rule, "name")?;
        file_name(name)?;
        return Ok(format!("{}rules/{name}.json", service.folder));
    }
    let (database, collection) = (required(rule, "database")?, required(rule, "collection")?);
    file_name(database)?;
    file_name(collection)?;
    Ok(if is_older(snapshot) {
        format!("{}rules/{database}.{collection}.json", service.folder)
    } else {
        format!("{}{database}/{collection}/rules.json", service.folder)
    })
}

/// Rules and schemas have no id of their own: theirs is made of their place.
fn path_id(path: &str) -> String {
    let hash = crate::appdir::path_hash(path);
    let mut id = [0; 12];
    id.copy_from_slice(&hash[..12]);
    ObjectId(id).to_string()
}

fn identified(path: &str, mut map: Map<String, Value>) -> Value {
    map.insert("_id".to_owned(), path_id(path).into());
    Value::Object(map)
}

/// `GET …/schemas`.
pub(super) async fn schemas(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let found: Vec<Value> = snapshot.files.keys().filter_map(|path| schema(&snapshot, path)).collect();
    Ok(reply::json(StatusCode::OK, &found))
}

fn schema(snapshot: &Snapshot, path: &str) -> Option<Value> {
    let place = path.strip_prefix("data_sources/")?.strip_suffix("/schema.json")?;
    let mut parts = place.split('/');
    let (source, database, collection) = (parts.next()?, parts.next()?, parts.next()?);
    let relationships = object(snapshot, &path.replace("schema.json", "relationships.json"));
    Some(json!({
        "_id": path_id(path),
        "metadata": { "data_source": source, "database": database, "collection": collection },
        "schema": object(snapshot, path)?,
        "relationships": relationships.unwrap_or_default(),
    }))
}

pub(super) async fn one_schema(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let found = schema_path(&snapshot, &id).and_then(|path| schema(&snapshot, &path));
    let missing = || not_found(PartKind::Schema, &id).failure(&call, &app);
    Ok(reply::json(StatusCode::OK, &found.ok_or_else(missing)?))
}

fn schema_path(snapshot: &Snapshot, id: &str) -> Option<String> {
    snapshot.files.keys().find(|path| path.ends_with("/schema.json") && path_id(path) == id).cloned()
}

/// `POST …/schemas`, and `PUT …/schemas/{schema}` with `id`.
pub(super) async fn put_schema(
    call: Call,
    (group, app): (String, String),
    id: Option<String>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let kept = change(&call, &app, |snapshot| {
        let path = match &id {
            Some(id) => schema_path(snapshot, id).ok_or_else(|| not_found(PartKind::Schema, id))?,
            None => new_schema_path(&body)?,
        };
        put(snapshot, path.clone(), &body.get("schema").cloned().unwrap_or_else(|| json!({})));
        let relationships = body.get("relationships").cloned().unwrap_or_else(|| json!({}));
        put(snapshot, path.replace("schema.json", "relationships.json"), &relationships);
        Ok(json!({ "_id": path_id(&path), "metadata": body.get("metadata") }))
    })
    .await?;
    Ok(match id {
        Some(_) => reply::empty(StatusCode::NO_CONTENT),
        None => reply::json(StatusCode::CREATED, &kept),
    })
}

fn new_schema_path(body: &Map<String, Value>) -> Result<String, Refused> {
    let metadata = body.get("metadata").and_then(Value::as_object);
    let metadata = metadata.ok_or(PartRefusal::Missing("metadata"))?;
    let mut path = "data_sources".to_owned();
    for key in ["data_source", "database", "collection"] {
        let part = required(metadata, key)?;
        file_name(part)?;
        path = format!("{path}/{part}");
    }
    Ok(format!("{path}/schema.json"))
}

pub(super) async fn delete_schema(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    change(&call, &app, |snapshot| {
        let path = schema_path(snapshot, &id).ok_or_else(|| not_found(PartKind::Schema, &id))?;
        snapshot.files.remove(&path.replace("schema.json", "relationships.json"));
        snapshot.files.remove(&path);
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
