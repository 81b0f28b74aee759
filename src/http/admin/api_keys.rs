//! `…/api_keys`: keys of servers, each with a server user of its own.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::Deserialize;

use super::{app_in_group, body};
use crate::http::api_key::ApiKeyView;
use crate::http::call::{Answer, Call};
use crate::http::reply;

/// Project, app and key.
type Named = Path<(String, String, String)>;

/// `GET …/api_keys`: all, by ascending id.
pub(super) async fn list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let keys = call.auth().api_keys(&app, None).await.map_err(|e| call.failed(e, Some(&app)))?;
    let views: Vec<ApiKeyView> = keys.into_iter().map(ApiKeyView::of).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

#[derive(Deserialize)]
struct New {
    #[serde(default)]
    name: String,
}

/// `POST …/api_keys`: makes one, and its user with it. Its value is told here and never again.
pub(super) async fn create(call: Call, Path((group, app)): Path<(String, String)>, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let New { name } = body(&call, request).await?;
    let made = call.auth().make_api_key(&app, None, &name).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::CREATED, &ApiKeyView::of(made)))
}

/// `GET …/api_keys/{key}`.
pub(super) async fn one(call: Call, Path((group, app, key)): Named) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let key = call.auth().own_api_key(&app, None, &key).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &ApiKeyView::of(key)))
}

/// `DELETE …/api_keys/{key}`: with its user.
pub(super) async fn remove(call: Call, Path((group, app, key)): Named) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    call.auth().delete_server_key(&app, &key).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `PUT …/api_keys/{key}/enable|disable`.
pub(super) async fn set(call: Call, Path((group, app, key)): Named, disabled: bool) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let set = call.auth().set_api_key(&app, None, &key, disabled).await;
    set.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
