//! Parts of an app that are one document: custom user data, and what belongs to sync, GraphQL, hosting and the data API,
//! which are kept so that tools and round trips live and do nothing here. Environment values, too, which are a few.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::app_in_group;
use super::working::{
    Refused, change, changeable, id_of, is_older, merge, name_of, not_found, object, put, required, set_id,
    shown,
};
use crate::auth::{PartKind, PartRefusal, Snapshot};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::ObjectId;

const CUSTOM_USER_DATA: &str = "auth/custom_user_data.json";
const OLD_CUSTOM_USER_DATA: &str = "custom_user_data_config";
/// Environments as the wire and the files call them.
const ENVIRONMENTS: [(&str, &str); 5] = [
    ("none", "no-environment"),
    ("development", "development"),
    ("testing", "testing"),
    ("qa", "qa"),
    ("production", "production"),
];

/// A document that is kept: its file, and what is answered when there is none.
#[derive(Clone, Copy)]
pub(super) struct Document {
    path: &'static str,
    absent: &'static str,
}

pub(super) const SYNC: Document = Document { path: "sync/config.json", absent: "{}" };
pub(super) const GRAPHQL: Document = Document { path: "graphql/config.json", absent: "{}" };
pub(super) const HOSTING: Document = Document {
    path: "hosting/config.json",
    absent: r#"{"enabled":false,"custom_domain":"","app_default_domain":""}"#,
};
pub(super) const DATA_API: Document = Document {
    path: "http_endpoints/data_api_config.json",
    absent: r#"{"disabled":true,"versions":[],"return_type":"JSON"}"#,
};
pub(super) const VALIDATION: Document = Document { path: "graphql/validation.json", absent: "{}" };

pub(super) async fn get(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    document: Document,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let absent = || serde_json::from_str(document.absent).unwrap_or_default();
    let found = object(&snapshot, document.path).unwrap_or_else(absent);
    Ok(reply::json(StatusCode::OK, &found))
}

/// The whole (`PUT`), or key by key (`PATCH`).
pub(super) async fn set(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
    document: Document,
    whole: bool,
    done: StatusCode,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let kept = change(&call, &app, |snapshot| {
        let mut after = if whole { Map::new() } else { changeable(snapshot, document.path)? };
        merge(&mut after, &body);
        put(snapshot, document.path.to_owned(), &after);
        Ok(after)
    })
    .await?;
    Ok(if done == StatusCode::NO_CONTENT { reply::empty(done) } else { reply::json(done, &kept) })
}

/// An answer that is the same for every app that is there.
pub(super) async fn fixed(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    status: StatusCode,
    answer: Value,
) -> Answer {
    app_in_group(&call, &group, &app)?;
    Ok(if answer.is_null() { reply::empty(status) } else { reply::json(status, &answer) })
}

/// Custom user data as files have it.
pub(super) fn custom_user_data(snapshot: &Snapshot) -> Map<String, Value> {
    let old = || snapshot.config.root.get(OLD_CUSTOM_USER_DATA)?.as_object().cloned();
    object(snapshot, CUSTOM_USER_DATA).or_else(old).unwrap_or_default()
}

/// `GET …/custom_user_data`: every key, also when it was never set.
pub(super) async fn get_custom_user_data(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let file = custom_user_data(&snapshot);
    let text = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or_default();
    let service = id_of(&snapshot.config, "services", text("mongo_service_name"));
    let service = service.map_or_else(|| text("mongo_service_id").to_owned(), |id| id.to_string());
    let mut view = json!({
        "mongo_service_id": service,
        "database_name": text("database_name"),
        "collection_name": text("collection_name"),
        "user_id_field": text("user_id_field"),
        "enabled": file.get("enabled").and_then(Value::as_bool).unwrap_or(false),
    });
    let function = text("on_user_creation_function_name");
    if let Some(id) = id_of(&snapshot.config, "functions", function) {
        view["on_user_creation_function_id"] = json!(id);
    }
    Ok(reply::json(StatusCode::OK, &view))
}

/// `PATCH …/custom_user_data`: key by key; ids become the names that files have.
pub(super) async fn set_custom_user_data(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    change(&call, &app, |snapshot| {
        let mut patch = body.clone();
        for (id, name, kind) in [
            ("mongo_service_id", "mongo_service_name", "services"),
            ("on_user_creation_function_id", "on_user_creation_function_name", "functions"),
        ] {
            let given = patch.get(id).and_then(Value::as_str).map(str::to_owned);
            if let Some(known) = given.as_deref().and_then(|given| name_of(&snapshot.config, kind, given)) {
                patch.shift_remove(id);
                patch.insert(name.to_owned(), known.into());
            } else if given.as_deref() == Some("") {
                patch.insert(id.to_owned(), Value::Null);
                patch.insert(name.to_owned(), Value::Null);
            } else if kind == "functions" && given.is_some() {
                return Err(not_found(PartKind::Function, given.as_deref().unwrap_or_default()));
            }
        }
        changeable::<Map<String, Value>>(snapshot, CUSTOM_USER_DATA)?;
        let mut map = custom_user_data(snapshot);
        merge(&mut map, &patch);
        if is_older(snapshot) {
            snapshot.config.root.insert(OLD_CUSTOM_USER_DATA.to_owned(), Value::Object(map));
        } else {
            put(snapshot, CUSTOM_USER_DATA.to_owned(), &map);
        }
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GET …/environment_values`.
pub(super) async fn environment_values(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let modified = app.deployment.0.created().0;
    let names = snapshot.config.ids.keys().filter_map(|key| key.strip_prefix("environment_values/"));
    let views: Vec<Value> = names.map(|name| environment_view(&snapshot, name, modified)).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

pub(super) async fn environment_value(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let name = environment_name(&snapshot, &id).map_err(|refused| refused.failure(&call, &app))?;
    Ok(reply::json(StatusCode::OK, &environment_view(&snapshot, &name, app.deployment.0.created().0)))
}

pub(super) async fn create_environment_value(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let now = call.auth().clock().now();
    let id = call.auth().dice().object_id(now);
    let made = change(&call, &app, |snapshot| {
        let name = required(&body, "name")?.to_owned();
        if id_of(&snapshot.config, "environment_values", &name).is_some() {
            return Err(PartRefusal::Exists { kind: PartKind::EnvironmentValue, name }.into());
        }
        put_environment_value(snapshot, &name, &body)?;
        set_id(&mut snapshot.config, "environment_values", None, &name, id);
        Ok(environment_view(snapshot, &name, now.0))
    });
    Ok(reply::json(StatusCode::CREATED, &made.await?))
}

pub(super) async fn update_environment_value(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let modified = call.auth().clock().now().0;
    let view = change(&call, &app, |snapshot| {
        let old = environment_name(snapshot, &id)?;
        let name = if body.contains_key("name") { required(&body, "name")? } else { &old }.to_owned();
        if name != old && id_of(&snapshot.config, "environment_values", &name).is_some() {
            return Err(PartRefusal::Exists { kind: PartKind::EnvironmentValue, name }.into());
        }
        remove_environment_value(snapshot, &old);
        put_environment_value(snapshot, &name, &body)?;
        if let Ok(id) = id.parse::<ObjectId>() {
            set_id(&mut snapshot.config, "environment_values", Some(&old), &name, id);
        }
        Ok(environment_view(snapshot, &name, modified))
    });
    Ok(reply::json(StatusCode::OK, &view.await?))
}

pub(super) async fn delete_environment_value(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    change(&call, &app, |snapshot| {
        let name = environment_name(snapshot, &id)?;
        remove_environment_value(snapshot, &name);
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn environment_name(snapshot: &Snapshot, id: &str) -> Result<String, Refused> {
    name_of(&snapshot.config, "environment_values", id)
        .ok_or_else(|| not_found(PartKind::EnvironmentValue, id))
}

fn environment_view(snapshot: &Snapshot, name: &str, modified: i64) -> Value {
    let value = |(wire, file): (&str, &str)| {
        let values = object(snapshot, &format!("environments/{file}.json"))?;
        Some((wire.to_owned(), values.get("values")?.get(name)?.clone()))
    };
    let values: Map<String, Value> = ENVIRONMENTS.into_iter().filter_map(value).collect();
    let id = id_of(&snapshot.config, "environment_values", name);
    json!({ "_id": id, "name": name, "last_modified": modified, "values": values })
}

/// A value that no environment gives stands as `null` in the one of no environment, so that it is there.
fn put_environment_value(
    snapshot: &mut Snapshot,
    name: &str,
    body: &Map<String, Value>,
) -> Result<(), Refused> {
    let values = body.get("values").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut nowhere = true;
    for (wire, file) in ENVIRONMENTS {
        let given = values.get(wire).or_else(|| values.get(file));
        let Some(value) = given else { continue };
        put_in(snapshot, file, name, value.clone())?;
        nowhere = false;
    }
    if nowhere {
        put_in(snapshot, "no-environment", name, Value::Null)?;
    }
    Ok(())
}

fn put_in(snapshot: &mut Snapshot, file: &str, name: &str, value: Value) -> Result<(), Refused> {
    let path = format!("environments/{file}.json");
    let mut map: Map<String, Value> = changeable(snapshot, &path)?;
    let values = map.entry("values").or_insert_with(|| json!({}));
    if let Some(values) = values.as_object_mut() {
        values.insert(name.to_owned(), value);
    }
    put(snapshot, path, &map);
    Ok(())
}

fn remove_environment_value(snapshot: &mut Snapshot, name: &str) {
    for (_, file) in ENVIRONMENTS {
        let path = format!("environments/{file}.json");
        let Some(mut map) = object(snapshot, &path) else { continue };
        let values = map.get_mut("values").and_then(Value::as_object_mut);
        if values.and_then(|values| values.shift_remove(name)).is_some() {
            put(snapshot, path, &map);
        }
    }
}
