//! `…/secrets` of the Admin API, and ours by name. Their values come in and never go out.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{app_in_group, body};
use crate::auth::{Error, SecretName};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{Secret, SecretId};

/// `GET /api/passerby/v1/apps/{app}/secrets`: the names, in order.
pub(super) async fn names(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    Ok(reply::json(StatusCode::OK, &app.secret_names()))
}

#[derive(Serialize)]
struct SecretView {
    #[serde(rename = "_id")]
    id: SecretId,
    name: String,
}

impl From<SecretName> for SecretView {
    fn from(SecretName { id, name }: SecretName) -> SecretView {
        SecretView { id, name }
    }
}

/// `GET …/secrets`, in the order in which they came.
pub(super) async fn list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let views: Vec<SecretView> = app.secrets().into_iter().map(SecretView::from).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

/// Fields that are absent or empty change nothing.
#[derive(Deserialize)]
struct Fields {
    name: Option<String>,
    value: Option<String>,
}

/// `POST …/secrets`: a new one; its value may come later.
pub(super) async fn create(call: Call, Path((group, app)): Path<(String, String)>, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let Fields { name, value } = body(&call, request).await?;
    let name = name.ok_or_else(|| call.failed(Error::MissingParameter("name"), Some(&app)))?;
    let value = Secret::new(value.unwrap_or_default());
    let made = call.auth().make_secret(&app, &name, &value).await;
    let made = made.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::CREATED, &SecretView::from(made)))
}

/// `PUT …/secrets/{secret}`.
pub(super) async fn change(
    call: Call,
    Path((group, app, secret)): Path<(String, String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let Fields { name, value } = body(&call, request).await?;
    let name = name.filter(|name| !name.is_empty());
    let value = value.filter(|value| !value.is_empty()).map(Secret::new);
    let changed = call.auth().change_secret(&app, &secret, name.as_deref(), value.as_ref()).await;
    changed.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE …/secrets/{secret}`.
pub(super) async fn remove(call: Call, Path((group, app, secret)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    call.auth().delete_secret_of_id(&app, &secret).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
struct Set {
    name: String,
    value: String,
}

/// `POST` there: sets one.
pub(super) async fn set(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let Set { name, value } = body(&call, request).await?;
    let set = call.auth().set_secret(&app, &name, &Secret::new(value)).await;
    set.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
struct Delete {
    name: String,
}

/// `POST …/delete` there: removes one.
pub(super) async fn delete(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let Delete { name } = body(&call, request).await?;
    call.auth().delete_secret(&app, &name).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
