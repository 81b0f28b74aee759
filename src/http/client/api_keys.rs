//! `/auth/api_keys`: a user's own keys. All six routes take the refresh token, as the SDKs send it.

use axum::body::Body;
use http::StatusCode;
use serde_json::Value;

use super::{Scope, scope};
use crate::auth::{Caller, Error};
use crate::http::api_key::ApiKeyView;
use crate::http::call::{Answer, Call};
use crate::http::{Failure, reply};
use crate::model::UserId;

/// The caller, who is no guest.
async fn owner(call: &Call, path: &Scope) -> Result<(Caller, UserId), Failure> {
    let caller = call.refresh(scope(path)).await?;
    let owner = call.auth().key_owner(&caller).map_err(|e| call.failed(e, Some(&caller.app)))?;
    Ok((caller, owner))
}

fn key_id(path: &Scope) -> &str {
    path.0.get("id").map_or("", String::as_str)
}

pub(super) async fn create(call: Call, path: Scope, body: Body) -> Answer {
    let (Caller { app, .. }, owner) = owner(&call, &path).await?;
    let body = call.object(body, &app).await?;
    let name = match body.get("name") {
        Some(Value::String(name)) => name.as_str(),
        _ => return Err(call.failed(Error::NoApiKeyName, Some(&app))),
    };
    let made =
        call.auth().make_api_key(&app, Some(owner), name).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::CREATED, &ApiKeyView::of(made)))
}

pub(super) async fn list(call: Call, path: Scope) -> Answer {
    let (Caller { app, .. }, owner) = owner(&call, &path).await?;
    let keys = call.auth().api_keys(&app, Some(owner)).await.map_err(|e| call.failed(e, Some(&app)))?;
    let keys: Vec<ApiKeyView> = keys.into_iter().map(ApiKeyView::of).collect();
    Ok(reply::json(StatusCode::OK, &keys))
}

pub(super) async fn show(call: Call, path: Scope) -> Answer {
    let (Caller { app, .. }, owner) = owner(&call, &path).await?;
    let key = call.auth().own_api_key(&app, Some(owner), key_id(&path)).await;
    let key = key.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &ApiKeyView::of(key)))
}

pub(super) async fn delete(call: Call, path: Scope) -> Answer {
    let (caller, _) = owner(&call, &path).await?;
    let deleted = call.auth().delete_own_api_key(&caller, key_id(&path)).await;
    deleted.map_err(|e| call.failed(e, Some(&caller.app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn enable(call: Call, path: Scope) -> Answer {
    set(&call, &path, false).await
}

pub(super) async fn disable(call: Call, path: Scope) -> Answer {
    set(&call, &path, true).await
}

async fn set(call: &Call, path: &Scope, disabled: bool) -> Answer {
    let (Caller { app, .. }, owner) = owner(call, path).await?;
    let set = call.auth().set_api_key(&app, Some(owner), key_id(path), disabled).await;
    set.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
