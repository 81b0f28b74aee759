//! `POST /auth/session` for a new access token, `DELETE /auth/session` to log out. Both take the refresh token.

use http::StatusCode;
use serde::Serialize;

use super::{Scope, scope};
use crate::http::call::{Answer, Call};
use crate::http::reply;

#[derive(Serialize)]
struct AccessToken {
    access_token: String,
}

pub(super) async fn refresh(call: Call, path: Scope) -> Answer {
    let caller = call.refresh(scope(&path)).await?;
    let access_token = call.auth().refresh(&caller).map_err(|e| call.failed(e, Some(&caller.app)))?;
    Ok(reply::json(StatusCode::CREATED, &AccessToken { access_token }))
}

pub(super) async fn log_out(call: Call, path: Scope) -> Answer {
    let caller = call.refresh(scope(&path)).await?;
    call.auth().log_out(&caller).await.map_err(|e| call.failed(e, Some(&caller.app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
