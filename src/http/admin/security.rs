//! `…/security`: from where clients may come, and how long sessions last. Neither is ever part of a draft.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{app_in_group, body};
use crate::auth::{AccessEntry, Error};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::AllowedIpId;

#[derive(Serialize)]
struct AccessListView {
    current_ip: IpAddr,
    allowed_ips: Vec<EntryView>,
}

#[derive(Serialize)]
struct EntryView {
    #[serde(rename = "_id")]
    id: AllowedIpId,
    address: String,
    comment: String,
    /// Whether the administrator's own address is in it.
    includes_current: bool,
}

impl From<AccessEntry> for EntryView {
    fn from(AccessEntry { id, address, comment, includes_current }: AccessEntry) -> EntryView {
        EntryView { id, address, comment, includes_current }
    }
}

/// Where the administrator comes from; over the owner-only socket, from this machine.
fn current(call: &Call) -> IpAddr {
    call.address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// `GET …/security/access_list`, in the order in which it was listed.
pub(super) async fn access_list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let current_ip = current(&call);
    let entries = call.auth().access_list(&app, Some(current_ip));
    let allowed_ips = entries.into_iter().map(EntryView::from).collect();
    Ok(reply::json(StatusCode::OK, &AccessListView { current_ip, allowed_ips }))
}

#[derive(Deserialize)]
struct Entry {
    address: Option<String>,
    comment: Option<String>,
    /// The administrator's own address instead of `address`.
    #[serde(default)]
    use_current: bool,
}

impl Entry {
    fn address(&self, current: IpAddr) -> Option<String> {
        if self.use_current { Some(current.to_string()) } else { self.address.clone() }
    }
}

/// `POST …/security/access_list`.
pub(super) async fn allow(call: Call, Path((group, app)): Path<(String, String)>, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let entry: Entry = body(&call, request).await?;
    let current = current(&call);
    let missing = || call.failed(Error::MissingParameter("address"), Some(&app));
    let address = entry.address(current).ok_or_else(missing)?;
    let comment = entry.comment.unwrap_or_default();
    let made = call.auth().allow_ip(&app, &address, &comment, Some(current)).await;
    let made = made.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::CREATED, &EntryView::from(made)))
}

/// `PATCH …/security/access_list/{ip}`: what is absent stays.
pub(super) async fn change_allowed(
    call: Call,
    Path((group, app, ip)): Path<(String, String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let entry: Entry = body(&call, request).await?;
    let current = current(&call);
    let (address, comment) = (entry.address(current), entry.comment);
    let changed =
        call.auth().change_allowed_ip(&app, &ip, address.as_deref(), comment.as_deref(), Some(current)).await;
    let changed = changed.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &EntryView::from(changed)))
}

/// `DELETE …/security/access_list/{ip}`.
pub(super) async fn disallow(call: Call, Path((group, app, ip)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    call.auth().disallow_ip(&app, &ip).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Serialize)]
struct Expiration {
    expiration_time_seconds: i64,
}

/// `GET …/security/refresh_token_expiration`.
pub(super) async fn refresh_token_expiration(
    call: Call,
    Path((group, app)): Path<(String, String)>,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    Ok(reply::json(StatusCode::OK, &Expiration { expiration_time_seconds: app.session_seconds() }))
}

#[derive(Deserialize)]
struct NewExpiration {
    expiration_time_seconds: Option<i64>,
}

/// `PUT …/security/refresh_token_expiration`: for sessions that begin from now on.
pub(super) async fn set_refresh_token_expiration(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let NewExpiration { expiration_time_seconds } = body(&call, request).await?;
    let missing = || call.failed(Error::MissingParameter("expiration_time_seconds"), Some(&app));
    let seconds = expiration_time_seconds.ok_or_else(missing)?;
    call.auth().set_session_seconds(&app, seconds).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
