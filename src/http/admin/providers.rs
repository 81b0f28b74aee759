//! `…/apps/{app}/auth_providers`: the ways in.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::app_in_group;
use super::working::{Refused, change, id_of, merge, name_of, required, shown};
use crate::auth::{Error, PartRefusal, Snapshot};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{AppConfig, Provider, ProviderId, ProviderType};

/// What a provider has beside its name, type and state.
const SECTIONS: [&str; 5] =
    ["config", "secret_config", "metadata_fields", "domain_restrictions", "redirect_uris"];
/// Where a configuration names a function, and where it gives its id.
const FUNCTIONS: [(&str, &str); 3] = [
    ("confirmationFunctionName", "confirmationFunctionId"),
    ("resetFunctionName", "resetFunctionId"),
    ("authFunctionName", "authFunctionId"),
];

/// `GET …/auth_providers`: without their configuration, in the order in which they were made.
pub(super) async fn list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let partial: Vec<Value> = snapshot.config.providers.iter().map(partial).collect();
    Ok(reply::json(StatusCode::OK, &partial))
}

pub(super) async fn one(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let found = place(&snapshot, &id).map_err(|refused| refused.failure(&call, &app))?;
    Ok(reply::json(StatusCode::OK, &whole(&snapshot.config, &snapshot.config.providers[found])))
}

pub(super) async fn create(call: Call, Path((group, app)): Path<(String, String)>, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let id = ProviderId(call.auth().dice().object_id(call.auth().clock().now()));
    let made = change(&call, &app, |snapshot| {
        let provider = Provider { id: Some(id), ..read(&snapshot.config, &body)? };
        if snapshot.config.provider(provider.kind).is_some() {
            return Err(PartRefusal::ProviderExists(provider.kind).into());
        }
        let view = partial(&provider);
        snapshot.config.providers.push(provider);
        Ok(view)
    });
    Ok(reply::json(StatusCode::CREATED, &made.await?))
}

pub(super) async fn patch(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    change(&call, &app, |snapshot| {
        let found = place(snapshot, &id)?;
        let mut provider = snapshot.config.providers[found].clone();
        apply(&snapshot.config, &mut provider, &body)?;
        snapshot.config.providers[found] = provider;
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn set_disabled(
    call: Call,
    Path((group, app, id)): Path<(String, String, String)>,
    disabled: bool,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    change(&call, &app, |snapshot| {
        let found = place(snapshot, &id)?;
        snapshot.config.providers[found].disabled = disabled;
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE …/{provider}`: only once it is disabled, so that nobody is locked out by a slip.
pub(super) async fn delete(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    change(&call, &app, |snapshot| {
        let found = place(snapshot, &id)?;
        if !snapshot.config.providers[found].disabled {
            return Err(PartRefusal::ProviderEnabled.into());
        }
        snapshot.config.providers.remove(found);
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn place(snapshot: &Snapshot, id: &str) -> Result<usize, Refused> {
    let wanted: Option<ProviderId> = id.parse().ok();
    let found = snapshot.config.providers.iter().position(|p| p.id == wanted && wanted.is_some());
    found.ok_or_else(|| Error::ProviderNotFound(id.to_owned()).into())
}

fn partial(provider: &Provider) -> Value {
    json!({
        "_id": provider.id,
        "name": provider.kind.as_str(),
        "type": provider.kind.as_str(),
        "disabled": provider.disabled,
    })
}

fn whole(config: &AppConfig, provider: &Provider) -> Value {
    let mut view = partial(provider);
    for section in SECTIONS {
        if let Some(value) = provider.rest.get(section).filter(|value| !value.is_null()) {
            view[section] = value.clone();
        }
    }
    for (name, id) in FUNCTIONS {
        let function = view["config"].get(name).and_then(Value::as_str);
        if let Some(found) = function.and_then(|name| id_of(config, "functions", name)) {
            view["config"][id] = json!(found);
        }
    }
    view
}

/// A new provider.
fn read(config: &AppConfig, body: &Map<String, Value>) -> Result<Provider, Refused> {
    let kind = kind_of(required(body, "type")?)?;
    if kind == ProviderType::LocalUserpass && !body.get("config").is_some_and(Value::is_object) {
        return Err(PartRefusal::Missing("config").into());
    }
    let mut provider = Provider::new(kind, false);
    apply(config, &mut provider, body)?;
    Ok(provider)
}

fn kind_of(text: &str) -> Result<ProviderType, Refused> {
    let unknown = || PartRefusal::Wrong(format!("`type`: there is no auth provider type '{text}'"));
    text.parse().map_err(|_| unknown().into())
}

/// Merges `config` key by key and replaces every other section.
fn apply(app: &AppConfig, provider: &mut Provider, body: &Map<String, Value>) -> Result<(), Refused> {
    if let Some(text) = body.get("type").and_then(Value::as_str)
        && kind_of(text)? != provider.kind
    {
        return Err(PartRefusal::Wrong("`type`: an auth provider keeps its type".to_owned()).into());
    }
    match body.get("disabled") {
        None | Some(Value::Null) => {}
        Some(Value::Bool(disabled)) => provider.disabled = *disabled,
        Some(_) => return Err(PartRefusal::Wrong("`disabled`: expected true or false".to_owned()).into()),
    }
    for section in SECTIONS {
        match body.get(section) {
            None => {}
            // As an import drops it.
            Some(_)
                if section == "config"
                    && matches!(provider.kind, ProviderType::AnonUser | ProviderType::ApiKey) => {}
            Some(Value::Null) => {
                provider.rest.shift_remove(section);
            }
            Some(Value::Object(patch)) if section == "config" => {
                let stored = provider.rest.get("config").and_then(Value::as_object).cloned();
                let mut merged = stored.unwrap_or_default();
                merge(&mut merged, patch);
                name_functions(app, &mut merged);
                provider.rest.insert("config".to_owned(), Value::Object(merged));
            }
            Some(value) => {
                provider.rest.insert(section.to_owned(), value.clone());
            }
        }
    }
    Ok(())
}

/// Where a function is given by its id, that decides; only its name is kept, as files have it.
fn name_functions(app: &AppConfig, config: &mut Map<String, Value>) {
    for (name, id) in FUNCTIONS {
        let given = config.shift_remove(id);
        let named = given.as_ref().and_then(Value::as_str).and_then(|id| name_of(app, "functions", id));
        if let Some(function) = named {
            config.insert(name.to_owned(), function.into());
        }
    }
}
