//! Users of an app, in the Admin API and, with their sessions, in ours.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::query::Query;
use super::view::UserView;
use super::{app_in_group, body, session_id, user_id};
use crate::auth::{Error, SeenSession, TokenVerdict, UserChange};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{DeviceId, ProviderType, SessionId};

/// `GET …/users`: a page. docs/wire/admin-users.md lists its parameters.
pub(super) async fn list(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let query = Query::read(query).users(call.auth().clock().now());
    let (mut page, unplaced) = query.map_err(|e| call.failed(e, Some(&app)))?;
    if let Some(last) = page.after.filter(|_| unplaced) {
        let place = call.auth().place(&app, last, page.order).await;
        page.after_value = place.map_err(|e| call.failed(e, Some(&app)))?;
    }
    let users = call.auth().users(&app, page).await.map_err(|e| call.failed(e, Some(&app)))?;
    let views: Vec<UserView<'_>> = users.iter().map(|user| UserView::of(&app, user)).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

/// `GET …/users_count`: a bare number.
pub(super) async fn count(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let count = call.auth().user_count(&app).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &count))
}

/// `GET …/users/{user}`.
pub(super) async fn one(call: Call, Path((group, app, user)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let user =
        call.auth().user(&app, user_id(&call, &user)?).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &UserView::of(&app, &user)))
}

#[derive(Deserialize)]
struct NewUser {
    email: Option<String>,
    password: Option<String>,
}

/// `POST …/users`: a user with an address and a password, confirmed at once.
pub(super) async fn create(call: Call, Path((group, app)): Path<(String, String)>, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let NewUser { email, password } = body(&call, request).await?;
    let missing = |name| call.failed(Error::MissingParameter(name), Some(&app));
    let email = email.ok_or_else(|| missing("email"))?;
    let password = password.ok_or_else(|| missing("password"))?;
    let made = call.auth().make_email_user(&app, &email, &password).await;
    let user = made.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::CREATED, &UserView::of(&app, &user)))
}

#[derive(Deserialize)]
struct NewEmail {
    email: Option<String>,
}

/// `PATCH …/users/{user}/reset_email`.
pub(super) async fn reset_email(
    call: Call,
    Path((group, app, user)): Path<(String, String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let user = user_id(&call, &user)?;
    let NewEmail { email } = body(&call, request).await?;
    let email = email.ok_or_else(|| call.failed(Error::MissingParameter("email"), Some(&app)))?;
    call.auth().reset_email(&app, user, &email).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// What a user's device said of itself; empty where it said nothing.
#[derive(Serialize)]
struct DeviceView {
    #[serde(rename = "_id")]
    id: DeviceId,
    client_app_version: String,
    platform: String,
    platform_version: String,
}

impl DeviceView {
    fn of(id: DeviceId, details: Option<&Value>) -> DeviceView {
        let said = |name: &str| {
            let text = details.and_then(|details| details.get(name)).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        DeviceView {
            id,
            client_app_version: said("appVersion"),
            platform: said("platform"),
            platform_version: said("platformVersion"),
        }
    }
}

/// `GET …/users/{user}/devices`: those of the sessions that have not ended, each once, as the last session has it.
pub(super) async fn devices(call: Call, Path((group, app, user)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let user = user_id(&call, &user)?;
    call.auth().user(&app, user).await.map_err(|e| call.failed(e, Some(&app)))?;
    let sessions = call.auth().sessions_of(&app, user).await.map_err(|e| call.failed(e, Some(&app)))?;
    let mut views: BTreeMap<DeviceId, DeviceView> = BTreeMap::new();
    for SeenSession { session, device } in sessions {
        if let Some(id) = session.device {
            views.insert(id, DeviceView::of(id, device.as_ref()));
        }
    }
    Ok(reply::json(StatusCode::OK, &views.into_values().collect::<Vec<_>>()))
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
}

/// `POST …/users/verify_token`: what a good token says, or that it is over.
pub(super) async fn verify_token(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let Token { token } = body(&call, request).await?;
    let token = token.ok_or_else(|| call.failed(Error::MissingParameter("token"), Some(&app)))?;
    match call.auth().verify_token(&app, &token).map_err(|e| call.failed(e, Some(&app)))? {
        TokenVerdict::Good(claims) => Ok(reply::json(StatusCode::OK, &claims)),
        TokenVerdict::Expired => Ok(reply::json(StatusCode::OK, &"token expired")),
    }
}

/// `DELETE …/users/{user}` and `PUT …/users/{user}/enable|disable|logout`.
pub(super) async fn change(
    call: Call,
    Path((group, app, user)): Path<(String, String, String)>,
    change: UserChange,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let user = user_id(&call, &user)?;
    call.auth().change_user(&app, user, change).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// A user with what only we tell of it.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    user: UserView<'a>,
    /// Whether its identities are exactly one anonymous one.
    guest: bool,
    /// The last UTC day on which it is known to have been active, as `2026-11-24`.
    last_active_day: String,
    /// What the app keeps of the user.
    custom_data: Option<&'a Map<String, Value>>,
    /// What each provider tells of the person, in the order of the identities.
    identity_data: Vec<&'a Map<String, Value>>,
    /// Oldest first.
    sessions: Vec<SessionView>,
}

#[derive(Serialize)]
struct SessionView {
    #[serde(rename = "_id")]
    id: SessionId,
    creation_date: i64,
    provider_type: ProviderType,
    /// When it ends by itself; null for a guest's, which lives as long as the guest may.
    expires: Option<i64>,
    device_id: Option<DeviceId>,
    /// What the device said of itself.
    device: Option<Value>,
}

impl From<SeenSession> for SessionView {
    fn from(SeenSession { session, device }: SeenSession) -> SessionView {
        SessionView {
            id: session.id,
            creation_date: session.id.0.created().0,
            provider_type: session.provider,
            expires: session.expires.map(|at| at.0),
            device_id: session.device,
            device,
        }
    }
}

/// `GET /api/passerby/v1/apps/{app}/users/{user}`.
pub(super) async fn whole(call: Call, Path((app, user)): Path<(String, String)>) -> Answer {
    let app = call.app(&app)?;
    let user =
        call.auth().user(&app, user_id(&call, &user)?).await.map_err(|e| call.failed(e, Some(&app)))?;
    let sessions = call.auth().sessions_of(&app, user.id).await.map_err(|e| call.failed(e, Some(&app)))?;
    let whole = Whole {
        guest: user.guest,
        custom_data: user.custom_data.as_ref(),
        identity_data: user.identities.iter().map(|identity| &identity.data).collect(),
        last_active_day: user.last_active().to_string(),
        sessions: sessions.into_iter().map(SessionView::from).collect(),
        user: UserView::of(&app, &user),
    };
    Ok(reply::json(StatusCode::OK, &whole))
}

/// `DELETE /api/passerby/v1/apps/{app}/users/{user}/sessions/{session}`.
pub(super) async fn end_session(
    call: Call,
    Path((app, user, session)): Path<(String, String, String)>,
) -> Answer {
    let app = call.app(&app)?;
    let (user, session) = (user_id(&call, &user)?, session_id(&call, &session)?);
    call.auth().end_session(&app, user, session).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `PUT /api/passerby/v1/apps/{app}/users/{user}/custom_data`: a JSON object.
pub(super) async fn set_custom_data(call: Call, Path(path): Path<(String, String)>, request: Body) -> Answer {
    let data: Map<String, Value> = body(&call, request).await?;
    keep(&call, path, Some(data)).await
}

/// `DELETE /api/passerby/v1/apps/{app}/users/{user}/custom_data`.
pub(super) async fn remove_custom_data(call: Call, Path(path): Path<(String, String)>) -> Answer {
    keep(&call, path, None).await
}

async fn keep(call: &Call, (app, user): (String, String), data: Option<Map<String, Value>>) -> Answer {
    let app = call.app(&app)?;
    let user = user_id(call, &user)?;
    call.auth().set_custom_data(&app, user, data).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
