//! `POST /app/{app}/auth/providers/{provider}/login`, and with `?link=true` the link.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::oauth;
use crate::auth::{App, LoggedIn, Login};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{DeviceId, UserId};

#[derive(Serialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
    user_id: UserId,
    device_id: DeviceId,
}

pub(super) async fn login(
    call: Call,
    Path((app, provider)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Answer {
    let app = call.client_app(&app)?;
    if asks_for_link(query.as_deref()) {
        // In a box, so that a login does not carry the room for a link.
        return Box::pin(link(&call, &app, provider, body)).await;
    }
    let body = call.object(body, &app).await?;
    let login = Login { provider, body, address: call.address };
    let logged_in = call.auth().log_in(&app, login).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(said(logged_in))
}

async fn link(call: &Call, app: &Arc<App>, provider: String, body: Body) -> Answer {
    let caller = call.access(Some(app.client_app_id.as_str())).await?;
    let login = Login { provider, body: call.object(body, app).await?, address: call.address };
    let linked = call.auth().link_credential(&caller, &login).await.map_err(|e| call.failed(e, Some(app)))?;
    Ok(said(linked))
}

/// A login by GET: at an OAuth provider the way to its issuer. At any other it is unsafe, since a prefetch makes users,
/// so only apps that ask for it have it.
pub(super) async fn get_login(
    call: Call,
    Path((app, provider)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    if provider.starts_with("oauth2-") {
        return oauth::depart(call, &app, &provider, &query.unwrap_or_default(), &headers).await;
    }
    let app = call.client_app(&app)?;
    if !app.config.settings.compat.get_login {
        return Ok(reply::only("POST"));
    }
    let login = Login { provider, body: serde_json::Map::new(), address: call.address };
    let logged_in = call.auth().log_in(&app, login).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(said(logged_in))
}

fn said(logged_in: LoggedIn) -> axum::response::Response {
    let LoggedIn { access_token, refresh_token, user, device } = logged_in;
    reply::json(StatusCode::OK, &Tokens { access_token, refresh_token, user_id: user, device_id: device })
}

fn asks_for_link(query: Option<&str>) -> bool {
    query.unwrap_or_default().split('&').any(|pair| pair == "link=true")
}
