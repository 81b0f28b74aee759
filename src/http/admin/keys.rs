//! `/api/passerby/v1/apps/{app}/keys`: signing keys. Nothing here shows one.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::Deserialize;

use super::body;
use crate::auth::{Error, KeyPurpose};
use crate::http::call::{Answer, Call};
use crate::http::reply;

/// `GET …/keys`: by purpose, oldest first.
pub(super) async fn list(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    Ok(reply::json(StatusCode::OK, &app.signing_keys()))
}

#[derive(Deserialize)]
struct Rotate {
    /// `access`, `access-original` or `refresh`.
    purpose: String,
}

/// `POST …/keys/rotate`: answers the new key.
pub(super) async fn rotate(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let rotate: Rotate = body(&call, request).await?;
    let purpose: Result<KeyPurpose, String> = rotate.purpose.parse();
    let purpose = purpose.map_err(|said| call.failed(Error::BadParameter(said), Some(&app)))?;
    let key = call.auth().rotate_key(&app, purpose).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::CREATED, &key))
}

#[derive(Deserialize)]
struct Retire {
    id: String,
    /// Agrees to the end of the sessions that a refresh key signed.
    #[serde(default)]
    end_sessions: bool,
}

/// `POST …/keys/retire`.
pub(super) async fn retire(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let Retire { id, end_sessions } = body(&call, request).await?;
    call.auth().retire_key(&app, &id, end_sessions).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
