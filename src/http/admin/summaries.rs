//! `GET /api/passerby/v1/apps` and `…/apps/{app}`: apps at a glance.

use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde::Serialize;

use super::query::Query;
use crate::auth::App;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{AnonymousUserExpiration, AppId, ClientAppId, Format, GroupId, ProviderType};

#[derive(Serialize)]
struct Summary<'a> {
    client_app_id: &'a ClientAppId,
    name: &'a str,
    #[serde(rename = "_id")]
    id: AppId,
    group_id: GroupId,
    /// The version in which its directory came.
    config_version: u32,
    /// The enabled ones.
    providers: Vec<ProviderType>,
    anonymous_user_expiration: AnonymousUserExpiration,
    /// When it was made, in seconds.
    created: i64,
    /// How many users it has, in the list only: counting takes time.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<u64>,
}

impl<'a> Summary<'a> {
    fn of(app: &'a App, users: Option<u64>) -> Summary<'a> {
        let config = &app.config;
        Summary {
            client_app_id: &app.client_app_id,
            name: &config.name,
            id: app.id,
            group_id: app.group_id,
            config_version: Format::number(config.format),
            providers: config.providers.iter().filter(|p| !p.disabled).map(|p| p.kind).collect(),
            anonymous_user_expiration: config.settings.anonymous_user_expiration,
            created: app.created.0,
            users,
        }
    }
}

/// Every app of the caller's projects by client app id, with how many users it has, unless `count=false`.
pub(super) async fn list(call: Call, RawQuery(query): RawQuery) -> Answer {
    let counts = Query::read(query).text("count") != Some("false");
    let admin = call.admin()?;
    let mut apps = call.auth().apps();
    apps.retain(|app| admin.role_in(app.group_id).is_some());
    let mut summaries = Vec::new();
    for app in &apps {
        let users = match counts {
            true => Some(call.auth().user_count(app).await.map_err(|e| call.failed(e, Some(app)))?),
            false => None,
        };
        summaries.push(Summary::of(app, users));
    }
    Ok(reply::json(StatusCode::OK, &summaries))
}

pub(super) async fn one(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    Ok(reply::json(StatusCode::OK, &Summary::of(&app, None)))
}
