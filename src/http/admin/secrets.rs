//! `/api/passerby/v1/apps/{app}/secrets`: named secrets. Their values come in and never go out.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::Deserialize;

use super::body;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::Secret;

/// `GET …/secrets`: the names, in order.
pub(super) async fn list(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    Ok(reply::json(StatusCode::OK, &app.secret_names()))
}

#[derive(Deserialize)]
struct Set {
    name: String,
    value: String,
}

/// `POST …/secrets`: sets one.
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

/// `POST …/secrets/delete`: removes one.
pub(super) async fn delete(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let Delete { name } = body(&call, request).await?;
    call.auth().delete_secret(&app, &name).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
